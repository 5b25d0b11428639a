//! The oracle between ask and tell: reports and their decisions, budgets, pauses and promotions.

use serde_json::Value as Json;

use super::Oracle;
use crate::artifact::{Artifact, ArtifactError};
use crate::checkpoint::{Checkpoint, CheckpointKey, CheckpointKind};
use crate::error::{Error, Result};
use crate::pruner::{Budget, Decision, NextJob, PruneContext, Schedule, StepDecision};
use crate::storage::StorageError;
use crate::trial::attribute_keys::{CHECKPOINT, DEATHS, STOPPED};
use crate::trial::{
    AttributeScope, Event, Outcome, State, StateError, Timestamp, Trials, rung_attribute,
};

impl Oracle {
    /// Records an intermediate value of a trial, and returns the decision on it. Only the reports
    /// change: the caller carries the decision out.
    ///
    /// # Errors
    /// If the trial is not running, or the storage fails.
    pub fn report_step(&self, number: u64, step: u64, value: f64) -> Result<Decision> {
        self.storage.record(self.study, number, &Event::Reported { step, value })?;
        let Some(pruner) = &self.pruner else {
            return Ok(Decision::Continue);
        };
        if let Some(schedule) = pruner.schedule() {
            let budget =
                self.with_trials(|trials| schedule.budget(self.context(trials), number))?;
            let is_over = !budget.is_final() && step >= budget.to;
            return Ok(if is_over { Decision::Pause(value) } else { Decision::Continue });
        }
        let StepDecision { action: decision, rungs } =
            self.with_trials(|trials| pruner.judge(self.context(trials), number))?;
        if let (Decision::Stop(reason), false) = (&decision, rungs.is_empty()) {
            // A rung is judged once. If the worker dies before it ends the trial, the next one has
            // to know the decision.
            self.note(number, AttributeScope::System, STOPPED, &Json::from(reason.as_str()))?;
        }
        for (rung, value) in rungs {
            self.record_rung(number, rung, value)?;
        }
        Ok(decision)
    }

    /// Returns the budget of a trial in its present round; `None` without a schedule.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn budget(&self, number: u64) -> Result<Option<Budget>> {
        let Some(schedule) = self.schedule() else {
            return Ok(None);
        };
        self.with_trials(|trials| Some(schedule.budget(self.context(trials), number)))
    }

    /// Takes the values of a trial at the end of its round. The trial completes, or is paused if it
    /// may still be promoted. Returns its new state.
    ///
    /// # Errors
    /// If the trial is not running, the number of values differs from that of the objectives, the
    /// value to be compared is NaN, or the storage fails.
    pub fn end_round(&self, number: u64, values: &[f64]) -> Result<State> {
        let (given, objectives) = (values.len(), self.directions.len());
        if given != objectives {
            return Err(Error::ValueCount { given, objectives });
        }
        match self.budget(number)? {
            Some(budget) if !budget.is_final() => {
                let value = values[self.pruning_objective];
                if value.is_nan() {
                    return Err(StorageError::State(StateError::NotANumber { number }).into());
                }
                self.pause(number, budget, value)?;
                Ok(State::Paused)
            }
            _ => {
                self.tell(number, Outcome::Complete(values))?;
                Ok(State::Complete)
            }
        }
    }

    /// Pauses a trial at the end of its round, with the value by which it is compared.
    pub(super) fn pause(&self, number: u64, budget: Budget, value: f64) -> Result<()> {
        let reported = self.with_trials(|trials| {
            self.context(trials).last_report(number).is_some_and(|(step, _)| step >= budget.to)
        })?;
        if !reported {
            // An objective that reports nothing has its value at the end of the budget.
            self.storage.record(self.study, number, &Event::Reported { step: budget.to, value })?;
        }
        self.record_rung(number, budget.round, value)?;
        self.storage.record(self.study, number, &Event::Paused)?;
        Ok(())
    }

    /// Returns the checkpoint of a trial's best value, or else its last one, if it is kept. Returns
    /// `None` also for a trial with several executions outside a schedule, because none of their
    /// checkpoints belongs to the trial.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn checkpoint(&self, number: u64) -> Result<Option<Checkpoint>> {
        let Some(step) = self.with_trials(|trials| trials.checkpoint(number))? else {
            return Ok(None);
        };
        for kind in [CheckpointKind::Best, CheckpointKind::Step(step)] {
            if let Some(found) =
                self.checkpoints.load(CheckpointKey { trial: number, execution: 0, kind })?
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Returns the artifacts of a trial, by name.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub fn artifacts(&self, number: u64) -> Result<Vec<Artifact>> {
        self.with_trials(|trials| trials.attributes(number).map(Artifact::all).unwrap_or_default())
    }

    /// Returns the contents of a trial's artifact by its name; `None` if there is none.
    ///
    /// # Errors
    /// If the study has no folder for artifacts, or the storage or the file cannot be read.
    pub fn artifact(&self, number: u64, name: &str) -> Result<Option<Vec<u8>>> {
        let folder = self.artifacts.as_deref().ok_or(ArtifactError::NoFolder)?;
        let found = self.artifacts(number)?.into_iter().rfind(|artifact| artifact.name == name);
        Ok(found.map(|artifact| artifact.read(folder)).transpose()?.flatten())
    }

    /// Keeps a file of a running trial. A further one of the same name replaces it.
    pub(in crate::study) fn keep_artifact(
        &self,
        number: u64,
        name: &str,
        bytes: &[u8],
    ) -> Result<()> {
        let folder = self.artifacts.as_deref().ok_or(ArtifactError::NoFolder)?;
        self.expect_running(number)?;
        let known = self.artifacts(number)?.into_iter().rfind(|artifact| artifact.name == name);
        if let Some(artifact) = known.filter(|artifact| artifact.encoding.is_none()) {
            return Ok(artifact.write(folder, bytes)?);
        }
        let artifact = Artifact::new(name)?;
        artifact.write(folder, bytes)?;
        let (key, value) = artifact.to_attribute();
        self.note(number, AttributeScope::System, &key, &value)
            .inspect_err(|_| artifact.discard(folder))
    }

    /// Records that a trial has a checkpoint of a step. The count of dead workers is reset, because
    /// the trial has progressed since.
    pub(in crate::study) fn record_checkpoint(&self, number: u64, step: u64) -> Result<()> {
        self.note(number, AttributeScope::System, CHECKPOINT, &Json::from(step))?;
        match self.attribute(number, DEATHS)?.and_then(|deaths| deaths.as_u64()) {
            None | Some(0) => Ok(()),
            Some(_) => self.note(number, AttributeScope::System, DEATHS, &Json::from(0)),
        }
    }

    /// Returns the cost of the whole search in words, if it is known beforehand.
    #[must_use]
    pub fn plan(&self) -> Option<String> {
        self.schedule()?.plan()
    }

    /// Carries out the next step of the schedule: a trial is promoted, or dropped.
    pub(super) fn next_turn(&self, most: Option<u64>) -> Result<NextJob> {
        let Some(schedule) = self.schedule() else {
            return Ok(NextJob::New);
        };
        loop {
            let turn = self.with_trials(|trials| schedule.next(self.context(trials), most))?;
            let (number, event) = match &turn {
                NextJob::New => return Ok(turn),
                NextJob::Promote(number) => (*number, Event::Started { at: Timestamp::now() }),
                NextJob::Discard(number, reason) => (
                    *number,
                    Event::Finished { outcome: Outcome::Pruned(reason), at: Timestamp::now() },
                ),
            };
            match self.storage.record(self.study, number, &event) {
                Ok(()) => return Ok(turn),
                // Another worker was faster.
                Err(StorageError::State(
                    StateError::WrongState { .. } | StateError::Finished { .. },
                )) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Returns true if the ends of running trials may give the schedule something to do.
    pub(super) fn may_promote(&self) -> Result<bool> {
        if self.schedule().is_none() {
            return Ok(false);
        }
        self.with_trials(|trials| !trials.running().is_empty())
    }

    /// Returns the largest number of trials: `most`, or fewer if the schedule has no work for them.
    pub(super) fn most(&self, most: Option<u64>) -> Option<u64> {
        let planned = self.schedule().and_then(Schedule::trials);
        planned.into_iter().chain(most).min()
    }

    pub(super) fn schedule(&self) -> Option<&dyn Schedule> {
        self.pruner.as_ref()?.schedule()
    }

    fn context<'a>(&'a self, trials: &'a Trials) -> PruneContext<'a> {
        PruneContext::new(trials, self.directions[self.pruning_objective], &self.name)
            .within(&self.map)
    }

    /// Records the value of a trial at a rung. Attributes are JSON, which has no infinities: the
    /// largest numbers stand for them, and compare alike.
    fn record_rung(&self, number: u64, rung: u32, value: f64) -> Result<()> {
        let value = Json::from(value.clamp(f64::MIN, f64::MAX));
        self.note(number, AttributeScope::System, &rung_attribute(rung), &value)
    }
}
