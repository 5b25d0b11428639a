//! The oracle: ask, report and tell over a sampler and a storage, untyped. Every run goes through it.

mod ask;
mod queue;
mod report;

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value as Json;

pub(super) use ask::{LEFT_OPEN, Noted, overridden};
pub(super) use queue::{BASELINE, queued};

use crate::checkpoint::Checkpoints;
use crate::error::{Error, Result};
use crate::pruner::{Budget, Pruner};
use crate::sampler::{Duplicates, Sampler};
use crate::space::{Params, Slots, Value};
use crate::storage::{Step, Storage, StorageError, StudyId};
use crate::trial::attribute_keys::FAILURES;
use crate::trial::{
    Direction, Event, Given, NewTrial, Outcome, ParamId, ParamMap, QUEUED, Rejected, Scope, State, Timestamp,
    TrialRecord, Trials, constraint_attribute,
};

/// Ask, report and tell over a sampler and a storage.
pub struct Oracle {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) study: StudyId,
    pub(super) name: String,
    pub(super) directions: Vec<Direction>,
    pub(super) metrics: Vec<String>,
    pub(super) sampler: Arc<dyn Sampler>,
    pub(super) duplicates: Duplicates,
    pub(super) pruner: Option<Arc<dyn Pruner>>,
    /// The objective of which the reports are.
    pub(super) judged: usize,
    pub(super) checkpoints: Checkpoints,
    pub(super) seed: u64,
    pub(super) map: ParamMap,
    pub(super) feasible: fn(&Params) -> bool,
    /// Held from the choice of a number to the record of its parameters: proposals see each other.
    pub(super) asking: Mutex<Noted>,
}

/// A trial to evaluate.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Its number.
    pub number: u64,
    /// Its parameters.
    pub params: Params,
    /// How far it may go, where a schedule says so.
    pub budget: Option<Budget>,
    /// Who chose the parameters and why, in one line: as [`TrialRecord::explain`].
    pub explanation: Cow<'static, str>,
}

/// An answer to [`Oracle::ask`](Oracle::ask).
#[derive(Clone, Debug)]
pub enum Asked {
    /// Evaluate this.
    Trial(Ticket),
    /// There are as many trials as were asked for.
    Enough,
    /// Every config has been tried.
    Exhausted,
    /// Nothing to do for now: the ends of running trials may bring a promotion.
    Wait,
    /// A paused trial has ended as pruned, for this reason: it will not be promoted. Ask again.
    Dropped(u64, String),
}

impl Oracle {
    /// Ends a trial. When this returns, the end is kept.
    ///
    /// # Errors
    /// If the trial is not running, the values are not one an objective, or the storage fails.
    pub fn tell(&self, number: u64, outcome: Outcome<'_>) -> Result<()> {
        let event = Event::Finished { outcome, at: Timestamp::now() };
        Ok(self.storage.record(self.study, number, &event)?)
    }

    /// Ends a trial as failed, or returns it to the queue if it has failed no more than `retries` times; whether it ended.
    ///
    /// # Errors
    /// As [`tell`](Self::tell).
    pub fn fail(&self, number: u64, message: &str, retries: u32) -> Result<bool> {
        if retries == 0 {
            self.tell(number, Outcome::Failed(message))?;
            return Ok(true);
        }
        let failures = 1 + self.attribute(number, FAILURES)?.and_then(|count| count.as_u64()).unwrap_or(0);
        self.note(number, Scope::System, FAILURES, &Json::from(failures))?;
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

    /// Writes a note on a trial, over the former one of its key.
    ///
    /// # Errors
    /// If the trial has ended, or the storage fails.
    pub fn note(&self, number: u64, scope: Scope, key: &str, value: &Json) -> Result<()> {
        Ok(self.storage.record(self.study, number, &Event::Attribute { scope, key, value })?)
    }

    /// Notes by how much a trial breaks a constraint, over the former value of the same name: above 0 it is broken.
    ///
    /// # Errors
    /// If the value is NaN, the trial has ended, or the storage fails.
    pub fn constraint(&self, number: u64, name: &str, value: f64) -> Result<()> {
        check_constraint(number, name, value)?;
        // Notes are JSON, which knows no infinities.
        let value = Json::from(value.clamp(f64::MIN, f64::MAX));
        self.note(number, Scope::System, &constraint_attribute(name), &value)
    }

    /// Queues a config: it is evaluated before anything is sampled.
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

    /// Queues a config unless some trial, ended or not, has it; `None` if one has.
    ///
    /// # Errors
    /// As [`enqueue`](Self::enqueue).
    pub fn enqueue_new(&self, params: &Params) -> Result<Option<u64>> {
        let params = &self.own(params)?;
        if !(self.feasible)(params) {
            return Err(Error::Infeasible { config: params.to_json().to_string() });
        }
        loop {
            let next = self.look(Trials::len)?;
            if self.has_tried(params)? {
                return Ok(None);
            }
            let new = queued(params, self.stored(params), QUEUED);
            let step = Step::Create { new, at: Timestamp::now() };
            match self.storage.append(self.study, Some(next), &[step]) {
                // Another trial was made meanwhile: it may have this config.
                Err(StorageError::Rejected(Rejected::NotNext { .. })) => {}
                appended => return Ok(Some(appended?)),
            }
        }
    }

    /// Queues the config with which the study begins, unless it has trials by now.
    pub(super) fn enqueue_first(&self, params: &Params) -> Result<()> {
        let new = queued(params, self.stored(params), BASELINE);
        match self.storage.append(self.study, Some(0), &[Step::Create { new, at: Timestamp::now() }]) {
            Ok(_) | Err(StorageError::Rejected(Rejected::NotNext { .. })) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Adds a trial that was evaluated elsewhere.
    ///
    /// # Errors
    /// If the config lies outside the space, the values are not one an objective, or the storage fails.
    pub fn add_trial(&self, params: &Params, values: &[f64]) -> Result<u64> {
        let (given, objectives) = (values.len(), self.directions.len());
        if given != objectives {
            return Err(Error::ValueCount { given, objectives });
        }
        let (state, params, values) = (State::Complete, self.stored(&self.own(params)?), values.to_vec());
        let given = Given { state, params, values, reports: Vec::new() };
        Ok(self.storage.create_trial(self.study, NewTrial { given: Some(given), ..NewTrial::default() })?)
    }

    /// Whether some trial, ended or not, has this config.
    ///
    /// # Errors
    /// If the config lies outside the space, or the storage fails.
    pub fn has_tried(&self, params: &Params) -> Result<bool> {
        let params = &self.own(params)?;
        let mut noted = self.lock();
        self.storage.read(self.study, &mut |trials| noted.follow(trials, &self.map))?;
        Ok(noted.tried.contains(params))
    }

    /// Whether small or large reports are good.
    pub(super) fn judged_direction(&self) -> Direction {
        self.directions[self.judged]
    }

    /// The study's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One direction an objective.
    #[must_use]
    pub fn directions(&self) -> &[Direction] {
        &self.directions
    }

    /// What the values are called, one name an objective; empty where nobody has said it.
    #[must_use]
    pub fn metric_names(&self) -> &[String] {
        &self.metrics
    }

    /// The parameters of the space.
    #[must_use]
    pub fn slots(&self) -> &Arc<Slots> {
        self.map.slots()
    }

    /// The seed of all random streams.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The pruner, if there is one.
    #[must_use]
    pub fn pruner(&self) -> Option<&dyn Pruner> {
        self.pruner.as_deref()
    }

    /// The sampler.
    #[must_use]
    pub fn sampler(&self) -> &dyn Sampler {
        &*self.sampler
    }

    /// A trial by its number.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn trial(&self, number: u64) -> Result<Option<TrialRecord>> {
        self.look(|trials| TrialRecord::of(trials, &self.map, number))
    }

    /// All trials, by number.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn trials(&self) -> Result<Vec<TrialRecord>> {
        self.look(|trials| (0..trials.len()).filter_map(|number| TrialRecord::of(trials, &self.map, number)).collect())
    }

    /// The best `count` complete trials that keep their constraints, best first; with several objectives those that none
    /// dominates, by number.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn best_trials(&self, count: usize) -> Result<Vec<TrialRecord>> {
        self.look(|trials| {
            let numbers = trials.best_among(&self.directions, self.counting(trials));
            numbers.into_iter().take(count).filter_map(|number| TrialRecord::of(trials, &self.map, number)).collect()
        })
    }

    /// The [hypervolume](crate::trial::hypervolume) of all complete trials that keep their constraints, by a value an objective that every good trial beats.
    ///
    /// # Errors
    /// If the reference has not one number an objective, or the storage fails.
    pub fn hypervolume(&self, reference: &[f64]) -> Result<f64> {
        let objectives = self.directions.len();
        if reference.len() != objectives || reference.iter().any(|value| value.is_nan()) {
            let problem =
                format!("is {reference:?}: give {objectives} numbers, one an objective, that good trials beat");
            return Err(Error::Setting { setting: "reference", problem });
        }
        self.look(|trials| {
            let kept = self.counting(trials).filter(|number| trials.violation(*number) <= 0.0);
            let points: Vec<&[f64]> = kept.map(|number| trials.values(number)).collect();
            crate::trial::hypervolume(&self.directions, &points, reference)
        })
    }

    /// The complete trials that are of the space.
    pub(super) fn counting<'t>(&'t self, trials: &'t Trials) -> impl Iterator<Item = u64> + use<'t> {
        trials.complete().filter(|number| self.map.counts(&trials.params(*number)))
    }

    /// Looks at the fold of all trials.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Trials) -> T) -> Result<T> {
        let (mut look, mut seen) = (Some(look), None);
        self.storage.read(self.study, &mut |trials| seen = look.take().map(|look| look(trials)))?;
        Ok(seen.expect("a storage shows the trials just once"))
    }

    /// The same point in the study's own space: values of another one would be taken for other parameters.
    fn own(&self, params: &Params) -> Result<Params> {
        if Arc::ptr_eq(params.slots(), self.slots()) || params.slots().space() == self.slots().space() {
            return Ok(params.clone());
        }
        Ok(Params::from_json(self.slots(), &params.to_json())?)
    }

    /// An error if a trial is not running.
    pub(super) fn expect_running(&self, number: u64) -> Result<()> {
        let expected = State::Running;
        let rejected = match self.look(|trials| trials.state(number))? {
            Some(State::Running) => return Ok(()),
            None => Rejected::NoSuchTrial { number },
            Some(state) if state.is_finished() => Rejected::Finished { number, state },
            Some(state) => Rejected::WrongState { number, state, expected },
        };
        Err(StorageError::Rejected(rejected).into())
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Noted> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn attribute(&self, number: u64, key: &str) -> Result<Option<Json>> {
        self.look(|trials| trials.attributes(number)?.system.get(key).cloned())
    }

    /// Parameters as the storage numbers them.
    fn stored(&self, params: &Params) -> Vec<(ParamId, Value)> {
        let mut stored = Vec::new();
        self.map.store(params, &mut stored);
        stored
    }
}

/// What is no number keeps no constraint, and breaks none by any amount.
pub(super) fn check_constraint(number: u64, name: &str, value: f64) -> Result<()> {
    if value.is_nan() { Err(Error::ConstraintNotANumber { number, name: name.to_owned() }) } else { Ok(()) }
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
