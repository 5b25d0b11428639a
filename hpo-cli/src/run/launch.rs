//! The start of a trial's program: its words, its variables, its folder, and the shim that runs it.

use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};

use hpo_core::prelude::*;
use hpo_core::pruner::Budget;
use hpo_core::space::Params;

use super::evaluation::{End, Evaluation};
use super::folder::Folder;
use super::process::{Shim, Start};
use super::programs::{Programs, Steps};
use crate::copy::Named;

/// The variable with the name of this worker, which `hpo launch` sets.
const WORKER: &str = "HPO_WORKER";

/// The attribute of a trial with the name of its worker, which `hpo top` shows.
pub(crate) const WORKER_ATTRIBUTE: &str = "worker";

/// The number of times that a trial is started again after its shim was killed.
const MOST_LOST: u32 = 2;

impl Programs {
    /// Runs the program of a trial to its end, and returns its values.
    ///
    /// # Errors
    /// The reason why there are none.
    pub(crate) fn evaluate(
        &self,
        params: &Params,
        trial: &mut Trial<'_>,
    ) -> Result<Vec<f64>, TrialError> {
        let from = trial.restore_bytes()?.map_or(0, |checkpoint| checkpoint.step);
        let budget = match self.steps {
            Steps::Unknown => None,
            Steps::Fixed(steps) => Some(Budget::new(from, steps, steps, 0)),
            Steps::Scheduled => Some(trial.budget(u64::MAX)),
        };
        let number = trial.number();
        let folder = self.folders.trial(number, &Named::config(params));
        let folder = folder.map_err(|error| {
            TrialError::failed(format!("cannot write the folder of the trial: {error}"))
        })?;
        if let Ok(name) = std::env::var(WORKER) {
            trial.set_attribute(WORKER_ATTRIBUTE, name)?;
        }
        let start = self.start(params, trial, &folder, (from, budget));
        let worker = trial.share().worker;
        let mut shim = self.shim(worker).map_err(|error| no_shim(&error))?;
        let end = match shim.start(start) {
            Ok(()) => Evaluation::new(self, trial, folder, budget).run(&mut shim),
            Err(_) => End::Lost,
        };
        match end {
            End::Lost => {
                self.shims.clean_up(shim);
                Err(self.shim_lost(number))
            }
            End::Settled(outcome) => {
                self.idle_shims().insert(worker, shim);
                outcome
            }
        }
    }

    /// Ends all shims, whose programs have ended, and removes the last folders.
    pub(crate) fn close(&self) {
        for (_, shim) in self.idle_shims().drain() {
            self.shims.stop(shim);
        }
        self.folders.sweep();
    }

    fn start(
        &self,
        params: &Params,
        trial: &Trial<'_>,
        folder: &Folder,
        (from, budget): (u64, Option<Budget>),
    ) -> Start {
        let mut variables = self.variables.clone();
        let values = params.iter().zip(params.labels());
        variables.extend(values.filter_map(|((slot, _), (_, label))| {
            Some((self.names[slot as usize].clone()?, label.to_string()))
        }));
        let path = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
        let mut insert = |name: &str, value: String| variables.insert(name.to_owned(), value);
        insert("HPO_CONFIG", path(folder.config()));
        insert("HPO_RESULT", path(folder.result()));
        insert("HPO_TRIAL", trial.number().to_string());
        insert("HPO_TRIAL_DIR", path(folder.path().to_owned()));
        insert("HPO_CHECKPOINT_DIR", path(folder.checkpoints()));
        insert("HPO_STEPS_FROM", from.to_string());
        if let Some(budget) = budget {
            insert("HPO_STEPS_TO", budget.to.to_string());
            insert("HPO_STEPS_MOST", budget.most.to_string());
            insert("HPO_ROUND", budget.round.to_string());
        }
        if let Some(cards) = self.placement.cards(&trial.share().gpus) {
            insert("CUDA_VISIBLE_DEVICES", cards);
        }
        Start {
            words: self.template.words(params),
            program: self.program.clone(),
            removed: self.own_variables.clone(),
            variables,
            stderr: folder.stderr(),
            data: self.limits.data(),
        }
    }

    fn shim(&self, worker: usize) -> std::io::Result<Shim> {
        if let Some(shim) = self.idle_shims().remove(&worker) {
            return Ok(shim);
        }
        let shim = self.shims.start()?;
        match self.placement.pin(shim.id(), worker) {
            Ok(()) => Ok(shim),
            Err(error) => {
                self.shims.stop(shim);
                Err(error)
            }
        }
    }

    /// Returns what becomes of a trial whose shim was killed: it is started again, but not forever.
    fn shim_lost(&self, number: u64) -> TrialError {
        let mut lost = self.lost_shims.lock().unwrap_or_else(PoisonError::into_inner);
        let times = lost.entry(number).or_default();
        *times += 1;
        if *times > MOST_LOST {
            let words = format!("the process that watched it was killed {times} times");
            return TrialError::failed(words);
        }
        TrialError::interrupted()
    }

    fn idle_shims(&self) -> MutexGuard<'_, HashMap<usize, Shim>> {
        self.idle_shims.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_shim(error: &std::io::Error) -> TrialError {
    TrialError::failed(format!("cannot start the process that watches a trial: {error}"))
}
