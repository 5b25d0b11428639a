//! A trial's rounds: how far it may go, and how it goes on from where it stopped.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::Trial;
use crate::checkpoint::{Checkpoint, CheckpointError, Key, Kind};
use crate::pruner::Budget;
use crate::study::outcome::{Cause, TrialEnd};
use crate::trial::{CHECKPOINT, Direction, Scope};

/// What is known of the present round of an execution.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and any of them may hold beside the others"
)]
pub(super) struct Round {
    /// How often the config is fitted in this trial; 0 if nobody said so: then once.
    pub(super) executions: u32,
    /// Whether the objective has asked how far it may go.
    pub(super) is_known: bool,
    /// The step from which it goes on.
    restored: Option<u64>,
    /// The best value of the steps before that.
    pub(super) earlier_best: Option<f64>,
    /// The best step of this execution, and its value.
    best: Option<(u64, f64)>,
    /// The checkpoint saved last.
    saved: Option<Checkpoint>,
    /// Whether some execution of this round went on from a checkpoint.
    is_resumed: bool,
    /// Whether its steps have been given out.
    is_walked: bool,
    /// Whether the checkpoint of the best step was kept in this round.
    is_best_saved: bool,
}

/// The steps that a trial has before it: `for epoch in trial.steps(50)`. Ends early when a callback asks for that.
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
    /// The steps that are to be done, counted from 1: up to the budget that a schedule has allotted, or up to `most` if there
    /// is none. They begin after the checkpoint that was [restored](Self::restore), and end early when a callback such as
    /// early stopping asks for that.
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
        // An empty range where the checkpoint is of the last step already.
        Steps { rest: from.saturating_add(1)..=budget.to, ending: Arc::clone(&self.ending) }
    }

    /// How far the trial is to go in this round: as a schedule has allotted, or all the way to `most` if there is none. For
    /// resources that are not walked step by step: a number of trees ([`Budget::to`]), a share of the rows
    /// ([`Budget::share`]).
    pub fn budget(&mut self, most: u64) -> Budget {
        self.round.is_known = true;
        self.ticket.budget.unwrap_or_else(|| Budget::new(0, most, most, 0))
    }

    /// Whether the trial shall train no further, and complete with what it has: [`steps`](Self::steps) looks at this itself.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    /// Keeps the state of the model after a step, as JSON: all that is needed to go on from there. To be called after the
    /// step's report, so that a trial that breaks off between the two does the step again rather than to leave a gap. It takes
    /// the place of the former one; that of the best step is kept apart.
    ///
    /// With several executions, a trial goes on from the ends of its rounds only.
    ///
    /// # Errors
    /// If the state cannot be written as JSON, or the file cannot be written.
    pub fn checkpoint(&mut self, step: u64, state: &impl Serialize) -> Result<(), TrialEnd> {
        self.keep(Checkpoint::encode(step, state)?)
    }

    /// As [`checkpoint`](Self::checkpoint), for a state that has a form of its own.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn checkpoint_bytes(&mut self, step: u64, state: &[u8]) -> Result<(), TrialEnd> {
        self.keep(Checkpoint { step, bytes: state.into() })
    }

    /// The state from which to go on, if the trial was paused or broken off and has a checkpoint; `None` for a fresh trial, and
    /// where the checkpoint is gone. To be called before [`steps`](Self::steps).
    ///
    /// # Errors
    /// If the checkpoint is damaged, of another version or of another model. The trial fails with that; should it be tried
    /// again, it begins anew.
    pub fn restore<T: DeserializeOwned>(&mut self) -> Result<Option<T>, TrialEnd> {
        let Some(checkpoint) = self.restore_bytes()? else {
            return Ok(None);
        };
        match checkpoint.decode() {
            Ok(state) => Ok(Some(state)),
            Err(error) => self.unusable(error),
        }
    }

    /// As [`restore`](Self::restore), for a state that was kept by [`checkpoint_bytes`](Self::checkpoint_bytes).
    ///
    /// # Errors
    /// As [`restore`](Self::restore).
    pub fn restore_bytes(&mut self) -> Result<Option<Checkpoint>, TrialEnd> {
        if self.round.is_walked {
            let words = "`restore` was called after `steps`, which begin where it ends: call it before";
            return Err(TrialEnd(Cause::Failed(words.to_owned())));
        }
        let Some(kind) = self.resumed_kind()? else {
            return Ok(None);
        };
        let found = match self.control.checkpoints.load(self.key(kind)) {
            Ok(found) => found,
            Err(error) => return self.unusable(error),
        };
        // A checkpoint beyond this round's end is of no use to it.
        let most = self.ticket.budget.map_or(u64::MAX, |budget| budget.to);
        let Some(found) = found.filter(|found| found.step <= most) else {
            return Ok(None);
        };
        (self.round.restored, self.round.is_resumed) = (Some(found.step), true);
        // With several executions the reports are their means: no one's own.
        if let Some(oracle) = self.control.oracle.filter(|_| self.round.executions <= 1) {
            let reports = self.stored(oracle.look(|trials| trials.reports(self.ticket.number).to_vec()))?;
            for (step, value) in reports.into_iter().filter(|(step, _)| *step <= found.step) {
                self.round.note(self.direction(), step, value);
            }
            self.round.earlier_best = self.round.best.map(|(_, value)| value);
        }
        Ok(Some(found))
    }

    /// The state with the best reported value of this execution: what early stopping goes back to.
    ///
    /// # Errors
    /// If the checkpoint is damaged, or of another model.
    pub fn best_checkpoint<T: DeserializeOwned>(&self) -> Result<Option<T>, TrialEnd> {
        let is_ours = self.round.is_best_saved || self.round.is_resumed;
        let found = if is_ours { self.control.checkpoints.load(self.key(Kind::Best))? } else { None };
        Ok(found.map(|found| found.decode()).transpose()?)
    }

    /// Notes the value of a step; if that is the best one so far, its checkpoint is kept apart.
    pub(super) fn note_best(&mut self, step: u64, value: f64) -> Result<(), TrialEnd> {
        if self.round.note(self.direction(), step, value)
            && let Some(saved) = self.round.saved.clone().filter(|saved| saved.step == step)
        {
            self.control.checkpoints.save(self.key(Kind::Best), &saved)?;
            self.round.is_best_saved = true;
        }
        Ok(())
    }

    /// Whether it was given a part of the training, and came to an end without asking how much.
    pub(crate) fn has_ignored_budget(&self) -> bool {
        self.ticket.budget.is_some_and(|budget| !budget.is_final()) && !self.round.is_known
    }

    /// Whether an earlier round was given away: promoted, and begun anew.
    pub(crate) fn is_refitted(&self) -> bool {
        self.ticket.budget.is_some_and(|budget| budget.from > 0) && !self.round.is_resumed
    }

    fn keep(&mut self, checkpoint: Checkpoint) -> Result<(), TrialEnd> {
        let (checkpoints, step) = (self.control.checkpoints, checkpoint.step);
        if self.round.best.is_some_and(|(best, _)| best == step) {
            checkpoints.save(self.key(Kind::Best), &checkpoint)?;
            self.round.is_best_saved = true;
        }
        if self.round.executions <= 1 {
            // The former one stays until the trial has noted the new one: whenever a kill comes, the one noted is there.
            checkpoints.save(self.key(Kind::Step(step)), &checkpoint)?;
            if let Some(oracle) = self.control.oracle {
                self.stored(oracle.note_checkpoint(self.ticket.number, step))?;
            }
            let former = self.round.saved.as_ref().map(|saved| saved.step).or(self.round.restored);
            if let Some(former) = former.filter(|former| *former != step) {
                checkpoints.remove_one(self.key(Kind::Step(former)))?;
            }
        } else if let Some(budget) = self.ticket.budget.filter(|budget| budget.to == step) {
            checkpoints.save(self.key(Kind::Round(budget.round)), &checkpoint)?;
            // What all executions have come to is what the trial goes on from.
            if let Some(oracle) = self.control.oracle.filter(|_| self.metrics.execution + 1 == self.round.executions) {
                self.stored(oracle.note_checkpoint(self.ticket.number, step))?;
            }
        }
        self.round.saved = Some(checkpoint);
        Ok(())
    }

    /// Which checkpoint this round goes on from, if there is one.
    fn resumed_kind(&self) -> Result<Option<Kind>, TrialEnd> {
        let Some(oracle) = self.control.oracle else {
            return Ok(None);
        };
        // Only what the trial has noted is its own: other files may be of an earlier search.
        let step = self.stored(oracle.look(|trials| trials.checkpoint(self.ticket.number)))?;
        Ok(match step {
            Some(_) if self.round.executions > 1 => self.round().checked_sub(1).map(Kind::Round),
            step => step.map(Kind::Step),
        })
    }

    fn key(&self, kind: Kind) -> Key {
        Key { trial: self.ticket.number, execution: self.metrics.execution, kind }
    }

    fn direction(&self) -> Direction {
        let objective = self.metrics.objective.as_ref().map(|objective| objective.direction);
        let judged = || Some(self.control.oracle?.judged_direction());
        objective.or_else(judged).unwrap_or(Direction::Minimize)
    }

    /// A checkpoint that cannot be used is not tried a second time.
    fn unusable<T>(&self, error: CheckpointError) -> Result<T, TrialEnd> {
        if let Some(oracle) = self.control.oracle.filter(|_| error.is_lasting()) {
            self.stored(oracle.note(self.ticket.number, Scope::System, CHECKPOINT, &Json::Null))?;
        }
        Err(error.into())
    }
}

impl Round {
    /// The next execution of the same round begins anew.
    pub(super) fn next_execution(&mut self) {
        let Self { executions, is_known, is_resumed, .. } = *self;
        *self = Self { executions, is_known, is_resumed, ..Self::default() };
    }

    /// Notes a value; whether it is the best one so far.
    fn note(&mut self, direction: Direction, step: u64, value: f64) -> bool {
        let is_best = !value.is_nan() && self.best.is_none_or(|(_, best)| direction.is_better(value, best));
        if is_best {
            self.best = Some((step, value));
        }
        is_best
    }
}
