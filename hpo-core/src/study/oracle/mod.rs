//! The oracle: untyped ask, report and tell over a sampler and a storage. Every run goes through
//! it.

mod ask;
mod queue;
mod report;

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value as Json;

pub(super) use ask::{AskCache, LEFT_OPEN, overridden};
pub(super) use queue::{BASELINE, queued};

use crate::checkpoint::Checkpoints;
use crate::error::{Error, Result};
use crate::pruner::{Budget, Pruner};
use crate::sampler::{Duplicates, Sampler};
use crate::space::{FixedParams, FlatSpace, Params, Value};
use crate::storage::{Step, Storage, StorageError, StudyId};
use crate::sync::lock;
use crate::trial::attribute_keys::FAILURES;
use crate::trial::{
    AttributeScope, Direction, Event, InitialTrial, NewTrial, Outcome, ParamId, ParamMap, QUEUED,
    State, StateError, Timestamp, TrialRecord, Trials, constraint_attribute,
};

/// The untyped engine of a study: ask, report and tell over a sampler and a storage.
pub struct Oracle {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) study: StudyId,
    pub(super) name: String,
    pub(super) directions: Vec<Direction>,
    pub(super) metrics: Vec<String>,
    pub(super) sampler: Arc<dyn Sampler>,
    pub(super) duplicates: Duplicates,
    pub(super) pruner: Option<Arc<dyn Pruner>>,
    /// The objective whose values the reports are, counted from 0.
    pub(super) pruning_objective: usize,
    pub(super) checkpoints: Checkpoints,
    /// The folder of artifacts, if there is one.
    pub(super) artifacts: Option<PathBuf>,
    pub(super) seed: u64,
    pub(super) map: ParamMap,
    pub(super) feasible: fn(&Params) -> bool,
    /// The parameters that proposals keep at one value.
    pub(super) fixed: FixedParams,
    /// A lock held from the choice of a number until its parameters are recorded, so that proposals
    /// see each other.
    pub(super) asking: Mutex<AskCache>,
}

/// A trial to evaluate, with its parameters.
#[derive(Clone, Debug)]
pub struct TrialJob {
    /// The number of the trial.
    pub number: u64,
    /// The parameters of the trial.
    pub params: Params,
    /// The budget of the trial in this round; `None` without a schedule.
    pub budget: Option<Budget>,
    /// The explanation of the parameters, in one line, as in [`TrialRecord::explain`].
    pub explanation: Cow<'static, str>,
}

/// The answer to [`Oracle::ask`](Oracle::ask).
#[derive(Clone, Debug)]
pub enum AskOutcome {
    /// A trial to evaluate now.
    Trial(TrialJob),
    /// The study has as many trials as were asked for.
    Enough,
    /// Every config of the space has been tried.
    Exhausted,
    /// There is nothing to do for now, but the ends of running trials may bring a promotion.
    Wait,
    /// A paused trial has ended as pruned, for this reason, and will not be promoted. Ask again.
    Dropped(u64, String),
}

impl Oracle {
    /// Ends a trial. The end is durable when the call returns.
    ///
    /// # Errors
    /// If the trial is not running, the number of values differs from that of the objectives, or
    /// the storage fails.
    pub fn tell(&self, number: u64, outcome: Outcome<'_>) -> Result<()> {
        let event = Event::Finished { outcome, at: Timestamp::now() };
        Ok(self.storage.record(self.study, number, &event)?)
    }

    /// Ends a trial as failed, or returns it to the queue if it has failed at most `retries` times.
    /// Returns true if it has ended.
    ///
    /// # Errors
    /// See [`tell`](Self::tell).
    pub fn fail(&self, number: u64, message: &str, retries: u32) -> Result<bool> {
        if retries == 0 {
            self.tell(number, Outcome::Failed(message))?;
            return Ok(true);
        }
        let failures =
            1 + self.attribute(number, FAILURES)?.and_then(|count| count.as_u64()).unwrap_or(0);
        self.note(number, AttributeScope::System, FAILURES, &Json::from(failures))?;
        if failures > u64::from(retries) {
            self.tell(number, Outcome::Failed(message))?;
            return Ok(true);
        }
        self.requeue(number)?;
        Ok(false)
    }

    /// Returns a running trial to the queue, with its parameters.
    ///
    /// # Errors
    /// If the trial is not running, or the storage fails.
    pub fn requeue(&self, number: u64) -> Result<()> {
        Ok(self.storage.record(self.study, number, &Event::Requeued)?)
    }

    /// Sets an attribute of a trial, and replaces the former value of its key.
    ///
    /// # Errors
    /// If the trial has ended, or the storage fails.
    pub fn note(&self, number: u64, scope: AttributeScope, key: &str, value: &Json) -> Result<()> {
        Ok(self.storage.record(self.study, number, &Event::Attribute { scope, key, value })?)
    }

    /// Records the violation of a constraint by a trial, and replaces the former value of the same
    /// name. The constraint is violated if the value is above 0.
    ///
    /// # Errors
    /// If the value is NaN, the trial has ended, or the storage fails.
    pub fn constraint(&self, number: u64, name: &str, value: f64) -> Result<()> {
        check_constraint(number, name, value)?;
        // Attributes are JSON, which has no infinities.
        let value = Json::from(value.clamp(f64::MIN, f64::MAX));
        self.note(number, AttributeScope::System, &constraint_attribute(name), &value)
    }

    /// Queues a config, which is evaluated before anything is sampled. Returns the number of its
    /// trial.
    ///
    /// # Errors
    /// If the config lies outside the space or breaks the constraint, or the storage fails.
    pub fn enqueue(&self, params: &Params) -> Result<u64> {
        let params = &self.own(params)?;
        if !(self.feasible)(params) {
            return Err(Error::Infeasible { config: params.to_json().to_string() });
        }
        Ok(self.storage.create_trial(self.study, queued(params, self.stored(params), QUEUED))?)
    }

    /// Queues a config unless some trial, ended or not, has it; returns `None` then.
    ///
    /// # Errors
    /// See [`enqueue`](Self::enqueue).
    pub fn enqueue_new(&self, params: &Params) -> Result<Option<u64>> {
        let params = &self.own(params)?;
        if !(self.feasible)(params) {
            return Err(Error::Infeasible { config: params.to_json().to_string() });
        }
        loop {
            let next = self.with_trials(Trials::len)?;
            if self.has_tried(params)? {
                return Ok(None);
            }
            let new = queued(params, self.stored(params), QUEUED);
            let step = Step::Create { new, at: Timestamp::now() };
            match self.storage.append(self.study, Some(next), &[step]) {
                // Another trial was created meanwhile, and may have this config.
                Err(StorageError::State(StateError::NotNext { .. })) => {}
                appended => return Ok(Some(appended?)),
            }
        }
    }

    /// Queues the config with which the study begins, unless the study has trials by now.
    pub(super) fn enqueue_first(&self, params: &Params) -> Result<()> {
        let new = queued(params, self.stored(params), BASELINE);
        match self.storage.append(
            self.study,
            Some(0),
            &[Step::Create { new, at: Timestamp::now() }],
        ) {
            Ok(_) | Err(StorageError::State(StateError::NotNext { .. })) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Adds a trial that was evaluated elsewhere, and returns its number.
    ///
    /// # Errors
    /// If the config lies outside the space, the number of values differs from that of the
    /// objectives, or the storage fails.
    pub fn add_trial(&self, params: &Params, values: &[f64]) -> Result<u64> {
        let (given, objectives) = (values.len(), self.directions.len());
        if given != objectives {
            return Err(Error::ValueCount { given, objectives });
        }
        let (state, params, values) =
            (State::Complete, self.stored(&self.own(params)?), values.to_vec());
        let given = InitialTrial { state, params, values, reports: Vec::new() };
        Ok(self
            .storage
            .create_trial(self.study, NewTrial { given: Some(given), ..NewTrial::default() })?)
    }

    /// Returns true if some trial, ended or not, has this config.
    ///
    /// # Errors
    /// If the config lies outside the space, or the storage fails.
    pub fn has_tried(&self, params: &Params) -> Result<bool> {
        let params = &self.own(params)?;
        let mut cache = self.lock();
        self.storage.read(self.study, &mut |trials| cache.update(trials, &self.map))?;
        Ok(cache.tried.contains(params))
    }

    /// Returns the direction of the objective whose values are reported.
    pub(super) fn pruning_direction(&self) -> Direction {
        self.directions[self.pruning_objective]
    }

    /// Returns the name of the study.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the directions, one per objective.
    #[must_use]
    pub fn directions(&self) -> &[Direction] {
        &self.directions
    }

    /// Returns the names of the values, one per objective; empty if none were given.
    #[must_use]
    pub fn metric_names(&self) -> &[String] {
        &self.metrics
    }

    /// Returns the parameters of the space.
    #[must_use]
    pub fn flat_space(&self) -> &Arc<FlatSpace> {
        self.map.flat_space()
    }

    /// Returns the seed of all random streams.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns the pruner; `None` without one.
    #[must_use]
    pub fn pruner(&self) -> Option<&dyn Pruner> {
        self.pruner.as_deref()
    }

    /// Returns the sampler of the study.
    #[must_use]
    pub fn sampler(&self) -> &dyn Sampler {
        &*self.sampler
    }

    /// Returns a trial by its number; `None` if there is none.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn trial(&self, number: u64) -> Result<Option<TrialRecord>> {
        self.with_trials(|trials| TrialRecord::of(trials, &self.map, number))
    }

    /// Returns all trials, by number.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn trials(&self) -> Result<Vec<TrialRecord>> {
        self.with_trials(|trials| {
            (0..trials.len())
                .filter_map(|number| TrialRecord::of(trials, &self.map, number))
                .collect()
        })
    }

    /// Returns the best `count` complete trials that keep their constraints, best first. With
    /// several objectives these are the nondominated trials, by number.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn best_trials(&self, count: usize) -> Result<Vec<TrialRecord>> {
        self.with_trials(|trials| {
            let numbers = trials.best_among(&self.directions, self.counting(trials));
            numbers
                .into_iter()
                .take(count)
                .filter_map(|number| TrialRecord::of(trials, &self.map, number))
                .collect()
        })
    }

    /// Returns the [hypervolume](crate::trial::hypervolume) of all complete trials that keep their
    /// constraints. `reference` has one value per objective that every good trial beats.
    ///
    /// # Errors
    /// If `reference` does not have one number per objective, or the storage fails.
    pub fn hypervolume(&self, reference: &[f64]) -> Result<f64> {
        let objectives = self.directions.len();
        if reference.len() != objectives || reference.iter().any(|value| value.is_nan()) {
            let problem = format!(
                "is {reference:?}: give {objectives} numbers, one per objective, that good trials \
                 beat"
            );
            return Err(Error::Setting { setting: "reference", problem });
        }
        self.with_trials(|trials| {
            let kept = self.counting(trials).filter(|number| trials.violation(*number) <= 0.0);
            let points: Vec<&[f64]> = kept.map(|number| trials.values(number)).collect();
            crate::trial::hypervolume(&self.directions, &points, reference)
        })
    }

    /// Returns the complete trials that belong to the space.
    pub(super) fn counting<'t>(
        &'t self,
        trials: &'t Trials,
    ) -> impl Iterator<Item = u64> + use<'t> {
        trials.complete().filter(|number| self.map.counts(&trials.params(*number)))
    }

    /// Passes the present trials to `read`, and returns its result.
    pub(crate) fn with_trials<T>(&self, read: impl FnOnce(&Trials) -> T) -> Result<T> {
        let (mut read, mut result) = (Some(read), None);
        self.storage
            .read(self.study, &mut |trials| result = read.take().map(|read| read(trials)))?;
        Ok(result.expect("a storage shows the trials just once"))
    }

    /// Returns the same point in the study's own space: the parameters of another space may have
    /// other numbers.
    fn own(&self, params: &Params) -> Result<Params> {
        if Arc::ptr_eq(params.flat_space(), self.flat_space())
            || params.flat_space().space() == self.flat_space().space()
        {
            return Ok(params.clone());
        }
        Ok(Params::from_json(self.flat_space(), &params.to_json())?)
    }

    /// Returns an error if a trial is not running.
    pub(super) fn expect_running(&self, number: u64) -> Result<()> {
        let expected = State::Running;
        let rejected = match self.with_trials(|trials| trials.state(number))? {
            Some(State::Running) => return Ok(()),
            None => StateError::NoSuchTrial { number },
            Some(state) if state.is_finished() => StateError::Finished { number, state },
            Some(state) => StateError::WrongState { number, state, expected },
        };
        Err(StorageError::State(rejected).into())
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, AskCache> {
        lock(&self.asking)
    }

    pub(super) fn attribute(&self, number: u64, key: &str) -> Result<Option<Json>> {
        self.with_trials(|trials| trials.attributes(number)?.system.get(key).cloned())
    }

    /// Completes the parameters of a trial that is written to the storage by hand, as the storage
    /// numbers them: parameters that the space no longer tunes get the values that they have now.
    pub fn complete_params(&self, stored: &mut Vec<(ParamId, Value)>) {
        self.map.complete(stored);
    }

    /// Returns the parameters with the numbers that the storage gives them.
    fn stored(&self, params: &Params) -> Vec<(ParamId, Value)> {
        let mut stored = Vec::new();
        self.map.store(params, &mut stored);
        stored
    }
}

/// Refuses NaN, which is neither a violation nor its absence.
pub(super) fn check_constraint(number: u64, name: &str, value: f64) -> Result<()> {
    if value.is_nan() {
        Err(Error::ConstraintNotANumber { number, name: name.to_owned() })
    } else {
        Ok(())
    }
}

impl fmt::Debug for Oracle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Oracle")
            .field("study", &self.name)
            .field("storage", &self.storage)
            .field("sampler", &self.sampler)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
