//! The settings that all trials of a run share.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};

use hpo_core::space::FlatSpace;

use super::constraint::Constraint;
use super::folder::Folders;
use super::interrupt::Interrupt;
use super::limits::Limits;
use super::metrics::Metrics;
use super::placement::Placement;
use super::process::{Shim, Shims};
use super::template::{self, Template};
use super::view::View;

/// The settings of all programs of a run, and the shims that start them.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) template: Template,
    pub(crate) metrics: Metrics,
    pub(crate) constraints: Vec<Constraint>,
    pub(crate) limits: Limits,
    /// The objective whose reports a pruner judges, counted from 0.
    pub(crate) pruning_objective: usize,
    pub(crate) steps: Steps,
    pub(crate) placement: Placement,
    pub(crate) folders: Arc<Folders>,
    pub(crate) interrupt: Interrupt,
    pub(crate) view: Arc<View>,
    pub(crate) shims: Shims,
    /// The file of the program, if it was found in `PATH`.
    pub(crate) program: Option<PathBuf>,
    /// Variables that all programs get.
    pub(crate) variables: BTreeMap<String, String>,
    /// Variables that a program gets only with a value of this run.
    pub(crate) own_variables: Vec<String>,
    /// The variable of each parameter.
    pub(crate) names: Vec<Option<String>>,
    /// The shim of each worker, while none of its programs runs.
    pub(crate) idle_shims: Mutex<HashMap<usize, Shim>>,
    /// The number of times that the shim of a trial was killed, by trial.
    pub(crate) lost_shims: Mutex<HashMap<u64, u32>>,
    /// The number of processes that the kernel has killed for want of memory, when last looked at.
    pub(crate) out_of_memory_kills: AtomicU64,
    /// True once the run has said that a program does not flush its output.
    pub(crate) has_noted_buffer: AtomicBool,
}

/// The steps of a trial.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Steps {
    /// As far as the program likes.
    Unknown,
    /// To this step, unless a pruner stops it.
    Fixed(u64),
    /// As far as the schedule says.
    Scheduled,
}

/// The variables that have a meaning of their own.
pub(crate) const RESERVED: [&str; 14] = [
    "HPO_CONFIG",
    "HPO_RESULT",
    "HPO_TRIAL",
    "HPO_TRIAL_DIR",
    "HPO_STUDY",
    "HPO_STORAGE",
    "HPO_TOKEN",
    "HPO_CHECKPOINT_DIR",
    "HPO_STEPS_FROM",
    "HPO_STEPS_TO",
    "HPO_STEPS_MOST",
    "HPO_ROUND",
    "HPO_SEED",
    "HPO_WORKER",
];

impl Programs {
    /// Returns the names of the parameters' variables.
    pub(crate) fn names(flat: &Arc<FlatSpace>) -> Vec<Option<String>> {
        template::variables(flat, &RESERVED)
    }

    /// Returns the variables that a run sets itself, and those of its storage. Those that it has
    /// inherited, from a run that started it, say nothing about its own trials, and a storage or a
    /// token may be a secret.
    pub(crate) fn own_variables(names: &[Option<String>]) -> Vec<String> {
        names.iter().flatten().cloned().chain(RESERVED.map(str::to_owned)).collect()
    }
}
