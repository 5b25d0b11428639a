//! Whole studies as plain data: the format of `hpo export` and `hpo import`, and of copies between
//! two storages.
//!
//! A file contains everything that a storage shows of a study: parameters, values, reports,
//! attributes, messages, explanations, times, and the order in which trials were created, sampled
//! and ended. It is one JSON object with the key `hpo-export`; numbers that JSON cannot represent
//! are the texts `inf`, `-inf` and `nan`.

mod extract;
mod format;
mod restore;
mod rows;

use std::collections::BTreeMap;

use hpo_core::space::Space;
use hpo_core::storage::{IDENTITY, new_identity};
use hpo_core::trial::{CHECKPOINT, Direction, State};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub(crate) use extract::extract;
pub(crate) use format::{Moment, Named, Real};
pub(crate) use restore::{append, restore};
pub(crate) use rows::{Targets, read as read_rows};

/// The version of the format that is written.
pub(crate) const VERSION: u32 = 1;

/// An exported file of studies.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Document {
    #[serde(rename = "hpo-export")]
    pub(crate) version: u32,
    pub(crate) studies: Vec<StudyCopy>,
}

/// A study with all its trials.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StudyCopy {
    pub(crate) name: String,
    pub(crate) directions: Vec<Direction>,
    #[serde(flatten)]
    pub(crate) attributes: AttributesCopy,
    /// The parameters as last declared, in the order of their first appearance.
    pub(crate) params: Vec<ParamCopy>,
    /// The trials, by number.
    pub(crate) trials: Vec<TrialCopy>,
    /// True if it is to be another study than the original.
    #[serde(skip)]
    is_separate: bool,
}

impl StudyCopy {
    /// Returns the id of the study, which also names its checkpoints.
    pub(crate) fn identity(&self) -> Option<&str> {
        self.attributes.system.get(IDENTITY)?.as_str()
    }

    /// Gives it a new id, so that it is another study, without checkpoints so far.
    pub(crate) fn separate(&mut self) {
        self.attributes.system.insert(IDENTITY.to_owned(), new_identity(&self.name).into());
        self.is_separate = true;
    }

    /// Returns true if it uses the same checkpoints as the original, which has some.
    pub(crate) fn shares_checkpoints(&self) -> bool {
        !self.is_separate
            && self.trials.iter().any(|trial| trial.attributes.system.contains_key(CHECKPOINT))
    }
}

/// A parameter as a space of one leaf at its path.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ParamCopy {
    pub(crate) path: String,
    pub(crate) domain: Space,
}

/// The attributes of a study or a trial.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct AttributesCopy {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) user: BTreeMap<String, Json>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) system: BTreeMap<String, Json>,
}

/// A trial with all its data.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TrialCopy {
    pub(crate) state: State,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) values: Vec<Real>,
    /// The active parameters in order; `None` before they were chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) params: Option<Named>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) reports: Vec<(u64, Real)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) started: Option<Moment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) finished: Option<Moment>,
    #[serde(default)]
    pub(crate) explanation: String,
    /// The number of changes in `ordinals`, of all trials, that its sampler had seen.
    #[serde(default)]
    pub(crate) seen: u64,
    /// The positions of its creation, sampling and end among all such changes of the study, counted
    /// from 0.
    pub(crate) ordinals: [Option<u64>; 3],
    /// The number of times it was paused and started again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) promotions: u32,
    #[serde(flatten)]
    pub(crate) attributes: AttributesCopy,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}
