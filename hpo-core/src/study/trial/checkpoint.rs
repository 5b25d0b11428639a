//! The rounds of a trial: its budget, its checkpoints, and its continuation from them.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::{Driver, Trial};
use crate::checkpoint::{Checkpoint, CheckpointError, CheckpointKey, CheckpointKind};
use crate::pruner::Budget;
use crate::study::outcome::{Cause, TrialEnd};
use crate::trial::{AttributeScope, CHECKPOINT, Direction};

/// The state of the present round of an execution.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and any of them may hold beside the others"
)]
pub(super) struct ExecutionCheckpoint {
    /// The number of executions of the config in this trial; 0 if not set, which means one.
    pub(super) executions: u32,
    /// True if the objective has asked for its budget.
    pub(super) is_known: bool,
    /// The step of the restored checkpoint, after which the trial continues.
    restored: Option<u64>,
    /// The best value of the steps up to that one.
    pub(super) earlier_best: Option<f64>,
    /// The best step of this execution and its value.
    best: Option<(u64, f64)>,
    /// The checkpoint that was saved last.
    saved: Option<Checkpoint>,
    /// True if some execution of this round continued from a checkpoint.
    is_resumed: bool,
    /// True if its steps have been requested.
    is_walked: bool,
    /// True if the checkpoint of the best step was saved in this round.
    is_best_saved: bool,
}

/// An iterator over the remaining steps of a trial: `for epoch in trial.steps(50)`. It ends early
/// when a callback asks for that.
#[derive(Clone, Debug)]
pub struct Steps {
    rest: RangeInclusive<u64>,
    ending: Arc<AtomicBool>,
}

impl Iterator for Steps {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        if self.ending.load(Ordering::Relaxed) { None } else { self.rest.next() }
    }
}

impl Trial<'_> {
    /// Returns the remaining steps, counted from 1: up to the budget of the schedule, or up to
    /// `most` without a schedule. They begin after the [restored](Self::restore) checkpoint, and
    /// end early when a callback such as early stopping asks for that.
    ///
    /// ```
    /// # use hpo_core::prelude::*;
    /// # #[derive(SearchSpace, Clone, Debug)]
    /// # struct Config { #[search_space(range = 0.0..=1.0)] rate: f64 }
    /// # let study = Study::<Config>::minimize().seed(1).open()?;
    /// study.optimize(5, |config, trial| {
    ///     let mut weight: f64 = trial.restore()?.unwrap_or(0.0);
    ///     for epoch in trial.steps(20) {
    ///         weight += config.rate * (1.0 - weight);
    ///         trial.report(epoch, (1.0 - weight).abs())?;
    ///         trial.checkpoint(epoch, &weight)?;
    ///     }
    ///     Ok::<_, TrialError>((1.0 - weight).abs())
    /// })?;
    /// # Ok::<(), hpo_core::Error>(())
    /// ```
    pub fn steps(&mut self, most: u64) -> Steps {
        let budget = self.budget(most);
        self.round.is_walked = true;
        let from = self.round.restored.unwrap_or(0);
        // The range is empty if the checkpoint is already that of the last step.
        Steps { rest: from.saturating_add(1)..=budget.to, ending: Arc::clone(&self.ending) }
    }

    /// Returns the budget of this round: the schedule's, or all steps up to `most` without a
    /// schedule. Use it for resources that are not used step by step: a number of trees
    /// ([`Budget::to`]), a share of the rows ([`Budget::share`]).
    pub fn budget(&mut self, most: u64) -> Budget {
        self.round.is_known = true;
        self.job.budget.unwrap_or_else(|| Budget::new(0, most, most, 0))
    }

    /// Returns true if the trial must stop training and complete with its present result.
    /// [`steps`](Self::steps) checks this itself.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    /// Saves the state of the model after a step as JSON: everything needed to continue from there.
    /// Call it after the step's report. A trial that is interrupted between the two then repeats
    /// the step, and its curve has no gap. The checkpoint replaces the former one; that of the best
    /// step is kept separately.
    ///
    /// With several executions, a trial continues only from the ends of its rounds.
    ///
    /// # Errors
    /// If the state cannot be written as JSON, or the file cannot be written.
    pub fn checkpoint(&mut self, step: u64, state: &impl Serialize) -> Result<(), TrialEnd> {
        self.keep(Checkpoint::encode(step, state)?)
    }

    /// Does the same as [`checkpoint`](Self::checkpoint), for a state in its own binary format.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn checkpoint_bytes(&mut self, step: u64, state: &[u8]) -> Result<(), TrialEnd> {
        self.keep(Checkpoint { step, bytes: state.into() })
    }

    /// Returns the state from which to continue, if the trial was paused or interrupted and has a
    /// checkpoint. Returns `None` for a new trial, and if the checkpoint was deleted. Call it
    /// before [`steps`](Self::steps).
    ///
    /// # Errors
    /// If the checkpoint is damaged, or belongs to another version or another model. The trial
    /// fails with that error; a retry starts from the beginning.
    pub fn restore<T: DeserializeOwned>(&mut self) -> Result<Option<T>, TrialEnd> {
        let Some(checkpoint) = self.restore_bytes()? else {
            return Ok(None);
        };
        match checkpoint.decode() {
            Ok(state) => Ok(Some(state)),
            Err(error) => self.unusable(error),
        }
    }

    /// Does the same as [`restore`](Self::restore), for a state saved by
    /// [`checkpoint_bytes`](Self::checkpoint_bytes).
    ///
    /// # Errors
    /// See [`restore`](Self::restore).
    pub fn restore_bytes(&mut self) -> Result<Option<Checkpoint>, TrialEnd> {
        if self.round.is_walked {
            let words = "`restore` was called after `steps`, which start at the restored step: \
                 call it before";
            return Err(TrialEnd(Cause::Failed(words.to_owned())));
        }
        let Some(kind) = self.resumed_kind()? else {
            return Ok(None);
        };
        let found = match self.control.checkpoints.load(self.key(kind)) {
            Ok(found) => found,
            Err(error) => return self.unusable(error),
        };
        // A checkpoint after the end of this round is of no use to it.
        let most = self.job.budget.map_or(u64::MAX, |budget| budget.to);
        let Some(found) = found.filter(|found| found.step <= most) else {
            return Ok(None);
        };
        (self.round.restored, self.round.is_resumed) = (Some(found.step), true);
        // With several executions the reports are their means, and belong to no single one.
        if let Some(oracle) = self.control.oracle.filter(|_| self.round.executions <= 1) {
            let reports =
                self.stored(oracle.with_trials(|trials| trials.reports(self.job.number).to_vec()))?;
            for (step, value) in reports.into_iter().filter(|(step, _)| *step <= found.step) {
                self.round.update_best(self.direction(), step, value);
            }
            self.round.earlier_best = self.round.best.map(|(_, value)| value);
        }
        Ok(Some(found))
    }

    /// Forgets the restored checkpoint, for a model that cannot use it: [`steps`](Self::steps)
    /// begin at 1 again, and the trial counts as fitted again. Its earlier reports are replaced
    /// step by step. Does nothing if no checkpoint was restored.
    pub fn start_over(&mut self) {
        self.round.start_over();
    }

    /// Returns the direction of the value that the trial reports: that of the tuner's objective, or
    /// of the study's objective by which trials are pruned.
    #[must_use]
    pub fn direction(&self) -> Direction {
        let objective = self.metrics.objective.as_ref().map(|objective| objective.direction);
        let pruning_direction = || match self.control.oracle {
            Some(oracle) => Some(oracle.pruning_direction()),
            None => self.control.driver.map(Driver::direction),
        };
        objective.or_else(pruning_direction).unwrap_or(Direction::Minimize)
    }

    /// Returns the state with the best reported value of this execution, to which early stopping
    /// returns. Returns `None` without one.
    ///
    /// # Errors
    /// If the checkpoint is damaged, or of another model.
    pub fn best_checkpoint<T: DeserializeOwned>(&self) -> Result<Option<T>, TrialEnd> {
        let is_ours = self.round.is_best_saved || self.round.is_resumed;
        let found = if is_ours {
            self.control.checkpoints.load(self.key(CheckpointKind::Best))?
        } else {
            None
        };
        Ok(found.map(|found| found.decode()).transpose()?)
    }

    /// Records the value of a step. If it is the best one so far, its checkpoint is kept
    /// separately.
    pub(super) fn record_best(&mut self, step: u64, value: f64) -> Result<(), TrialEnd> {
        if self.round.update_best(self.direction(), step, value)
            && let Some(saved) = self.round.saved.clone().filter(|saved| saved.step == step)
        {
            self.control.checkpoints.save(self.key(CheckpointKind::Best), &saved)?;
            self.round.is_best_saved = true;
        }
        Ok(())
    }

    /// Returns true if the trial had a partial budget, and ended without asking for it.
    pub(crate) fn has_ignored_budget(&self) -> bool {
        self.job.budget.is_some_and(|budget| !budget.is_final()) && !self.round.is_known
    }

    /// Returns true if the trial was promoted but started again from the beginning, so that its
    /// earlier rounds were wasted.
    pub(crate) fn is_refitted(&self) -> bool {
        self.job.budget.is_some_and(|budget| budget.from > 0) && !self.round.is_resumed
    }

    fn keep(&mut self, checkpoint: Checkpoint) -> Result<(), TrialEnd> {
        let (checkpoints, step) = (self.control.checkpoints, checkpoint.step);
        if self.round.best.is_some_and(|(best, _)| best == step) {
            checkpoints.save(self.key(CheckpointKind::Best), &checkpoint)?;
            self.round.is_best_saved = true;
        }
        if self.round.executions <= 1 {
            // The former one stays until the trial has recorded the new one. So the recorded one
            // always exists, even after a kill.
            checkpoints.save(self.key(CheckpointKind::Step(step)), &checkpoint)?;
            if let Some(oracle) = self.control.oracle {
                self.stored(oracle.record_checkpoint(self.job.number, step))?;
            }
            self.control.driver.inspect(|driver| driver.checkpoint(step));
            let former = self.round.saved.as_ref().map(|saved| saved.step).or(self.round.restored);
            if let Some(former) = former.filter(|former| *former != step) {
                checkpoints.remove_one(self.key(CheckpointKind::Step(former)))?;
            }
        } else if let Some(budget) = self.job.budget.filter(|budget| budget.to == step) {
            checkpoints.save(self.key(CheckpointKind::Round(budget.round)), &checkpoint)?;
            // The trial continues from the end of all executions.
            if let Some(oracle) =
                self.control.oracle.filter(|_| self.metrics.execution + 1 == self.round.executions)
            {
                self.stored(oracle.record_checkpoint(self.job.number, step))?;
            }
        }
        self.round.saved = Some(checkpoint);
        Ok(())
    }

    /// Returns the kind of the checkpoint from which this round continues; `None` if there is none.
    fn resumed_kind(&self) -> Result<Option<CheckpointKind>, TrialEnd> {
        let Some(oracle) = self.control.oracle else {
            return Ok(self
                .control
                .driver
                .and_then(Driver::resumed_step)
                .map(CheckpointKind::Step));
        };
        // Only a recorded checkpoint belongs to the trial: other files may be of an earlier search.
        let step = self.stored(oracle.with_trials(|trials| trials.checkpoint(self.job.number)))?;
        Ok(match step {
            Some(_) if self.round.executions > 1 => {
                self.round().checked_sub(1).map(CheckpointKind::Round)
            }
            step => step.map(CheckpointKind::Step),
        })
    }

    fn key(&self, kind: CheckpointKind) -> CheckpointKey {
        CheckpointKey { trial: self.job.number, execution: self.metrics.execution, kind }
    }

    /// Fails with the error of an unusable checkpoint, and forgets it if the error is lasting, so
    /// that a retry does not try it again.
    fn unusable<T>(&self, error: CheckpointError) -> Result<T, TrialEnd> {
        if let Some(oracle) = self.control.oracle.filter(|_| error.is_lasting()) {
            self.stored(oracle.note(
                self.job.number,
                AttributeScope::System,
                CHECKPOINT,
                &Json::Null,
            ))?;
        }
        Err(error.into())
    }
}

impl ExecutionCheckpoint {
    /// Resets the round for the next execution, which starts from the beginning.
    pub(super) fn next_execution(&mut self) {
        let Self { executions, is_known, is_resumed, .. } = *self;
        *self = Self { executions, is_known, is_resumed, ..Self::default() };
    }

    fn start_over(&mut self) {
        let Self { executions, is_known, .. } = *self;
        *self = Self { executions, is_known, ..Self::default() };
    }

    /// Records a value. Returns true if it is the best one so far.
    fn update_best(&mut self, direction: Direction, step: u64, value: f64) -> bool {
        let is_best =
            !value.is_nan() && self.best.is_none_or(|(_, best)| direction.is_better(value, best));
        if is_best {
            self.best = Some((step, value));
        }
        is_best
    }
}
