//! The proposal of the next trial: from the queue, or by a proposal of the sampler.
//!
//! A proposal is made for the number that the storage will most likely allot next. So an exhausted
//! space is detected before a trial without parameters exists. If another process was faster, the
//! proposal is made again for the number that was allotted.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use serde_json::Value as Json;

use super::{AskOutcome, Oracle, TrialJob};
use crate::error::{Error, Result};
use crate::pruner::NextJob;
use crate::sampler::{self, Duplicates, SampleError, Suggested};
use crate::space::{FixedParams, Params, Value};
use crate::storage::{Next, StorageError};
use crate::trial::attribute_keys::{FIXED_PARAMS, STOPPED};
use crate::trial::{
    Event, History, Outcome, ParamId, ParamMap, QUEUED, SeenConfigs, StateError, Trials,
};

/// The start of the explanation of a trial that was queued with only some of its parameters; the
/// explanation of the others follows.
pub(in crate::study) const LEFT_OPEN: &str = "queued by hand; what was left open by ";

/// The trials of the study that the duplicate policy knows.
#[derive(Debug, Default)]
pub(in crate::study) struct AskCache {
    pub(in crate::study) tried: SeenConfigs,
    /// All trials below this number are known, except the unsampled ones.
    below: u64,
    unsampled: Vec<u64>,
    /// A buffer kept between calls, so that recording a proposal needs no new allocation.
    stored: Vec<(ParamId, Value)>,
}

/// The limits of a request for a trial.
struct StopCondition {
    /// The largest number of trials in the study; `None` without a limit.
    most: Option<u64>,
    /// True if every config has been tried.
    is_exhausted: bool,
    /// True if the schedule was asked since the last trial stopped running.
    is_still: bool,
}

/// A proposal for trial `number`, if there is a config left, and the number of changes that its
/// sampler had seen.
struct Proposed {
    number: u64,
    choice: Result<Option<Suggested>, SampleError>,
    seen: u64,
}

impl Oracle {
    /// Returns the next trial to evaluate, unless `most` have been taken already.
    ///
    /// # Errors
    /// If the storage fails, the sampler cannot work with the space, or no config keeps the
    /// constraint.
    pub fn ask(&self, most: Option<u64>) -> Result<AskOutcome> {
        let mut goal =
            StopCondition { most: self.most(most), is_exhausted: false, is_still: false };
        let mut cache = self.lock();
        loop {
            match self.next_turn(goal.most)? {
                NextJob::Promote(number) => match self.resumed(number)? {
                    Some(asked) => return Ok(asked),
                    None => continue,
                },
                NextJob::Discard(number, reason) => return Ok(AskOutcome::Dropped(number, reason)),
                NextJob::New => {}
            }
            let prefetched = self.prefetched(&mut cache, goal.most)?;
            match prefetched.as_ref().map(|prefetched| &prefetched.choice) {
                Some(Ok(None)) if self.schedule().is_some() => {
                    // No more trials will come: the schedule has to do with the existing ones.
                    (goal.most, goal.is_exhausted) = (Some(self.with_trials(Trials::len)?), true);
                    continue;
                }
                Some(Ok(None)) => return Ok(AskOutcome::Exhausted),
                Some(Err(error)) => return Err(error.clone().into()),
                _ => {}
            }
            let asked = match self.storage.next_trial(self.study, goal.most)? {
                Next::Enough => self.enough(&mut goal)?,
                Next::New(number) => self.sampled(number, &mut cache, prefetched, None)?,
                Next::Queued(number) => self.queued(number, &mut cache)?,
            };
            if let Some(asked) = asked {
                return Ok(asked);
            }
        }
    }

    /// Returns the answer when no new trial is wanted; `None` if the schedule must be asked again.
    fn enough(&self, goal: &mut StopCondition) -> Result<Option<AskOutcome>> {
        if self.may_promote()? {
            return Ok(Some(AskOutcome::Wait));
        }
        if self.schedule().is_some() && !goal.is_still {
            // A trial may have been paused since the schedule was asked. With no trial running,
            // this cannot happen again.
            goal.is_still = true;
            return Ok(None);
        }
        Ok(Some(if goal.is_exhausted { AskOutcome::Exhausted } else { AskOutcome::Enough }))
    }

    /// Returns a promoted trial, to be continued with its parameters. If they are not a point of
    /// the space any more, the trial fails and `None` is returned.
    fn resumed(&self, number: u64) -> Result<Option<AskOutcome>> {
        match self.with_trials(|trials| self.point(trials, number))? {
            Ok(params) => self.known_job(number, params),
            Err(reason) => {
                self.tell(number, Outcome::Failed(&reason))?;
                Ok(None)
            }
        }
    }

    /// Returns the parameters that a trial has already, or the reason why they are not a point of
    /// the space.
    fn point(&self, trials: &Trials, number: u64) -> Result<Params, String> {
        let stored = trials.params(number);
        if let Some(unfit) = self.map.unfit(&stored) {
            return Err(format!(
                "it is of an earlier space of the study: {}",
                unfit.reason(trials.declared())
            ));
        }
        self.map
            .params(stored)
            .ok_or_else(|| "its parameters are not a point of the study's space".to_owned())
    }

    /// Returns the job of a trial that had its parameters before.
    fn known_job(&self, number: u64, params: Params) -> Result<Option<AskOutcome>> {
        let explanation = self.with_trials(|trials| trials.explain(number).to_owned())?.into();
        let budget = self.budget(number)?;
        Ok(Some(AskOutcome::Trial(TrialJob { number, params, budget, explanation })))
    }

    /// Makes a proposal for the next trial, unless one is queued or there are enough.
    fn prefetched(&self, cache: &mut AskCache, most: Option<u64>) -> Result<Option<Proposed>> {
        let mut prefetched = None;
        self.storage.read(self.study, &mut |trials| {
            cache.update(trials, &self.map);
            let waiting = trials.waiting().len() as u64;
            if waiting == 0 && most.is_none_or(|most| trials.len() < most) {
                prefetched = Some(self.propose(trials, cache, trials.len()));
            }
        })?;
        Ok(prefetched)
    }

    fn propose(&self, trials: &Trials, cache: &AskCache, number: u64) -> Proposed {
        let history = History::new(trials, &self.map, &cache.tried, &self.directions)
            .under(self.feasible)
            .fixing(&self.fixed);
        let mut feasible = |params: &Params| (self.feasible)(params);
        let choice = sampler::propose(
            &*self.sampler,
            history,
            number,
            self.seed,
            self.duplicates,
            &mut feasible,
        );
        Proposed { number, choice, seen: history.moment() }
    }

    /// Records the parameters of a running trial, from the `prefetched` proposal if that was made
    /// for its number, or else from a new one. If the fixed parameters are invalid, the trial fails
    /// and `None` is returned.
    fn sampled(
        &self,
        number: u64,
        cache: &mut AskCache,
        prefetched: Option<Proposed>,
        fixed: Option<&Json>,
    ) -> Result<Option<AskOutcome>> {
        let mut prefetched = prefetched.filter(|prefetched| prefetched.number == number);
        loop {
            let proposed = match prefetched.take() {
                Some(prefetched) => prefetched,
                None => self.propose_now(number, cache)?,
            };
            let seen = proposed.seen;
            let choice = match self.resolve(number, proposed.choice, fixed)? {
                ControlFlow::Continue(choice) => choice,
                ControlFlow::Break(asked) => return Ok(asked),
            };
            match self.record_params(number, cache, choice, seen, fixed.is_some()) {
                // Another process chose the same config at the same time.
                Err(Error::Storage(StorageError::State(StateError::DuplicateParams {
                    ..
                }))) => {}
                // Another library took the trial meanwhile.
                Err(Error::Storage(StorageError::State(lost))) if lost.is_end_or_choice() => {
                    return Ok(None);
                }
                recorded => return recorded.map(Some),
            }
        }
    }

    /// Returns the choice to be recorded, or else the outcome of the trial.
    fn resolve(
        &self,
        number: u64,
        choice: Result<Option<Suggested>, SampleError>,
        fixed: Option<&Json>,
    ) -> Result<ControlFlow<Option<AskOutcome>, Suggested>> {
        let choice = match choice {
            Ok(Some(choice)) => choice,
            Ok(None) => {
                self.tell(
                    number,
                    Outcome::Failed("other workers tried the last configs just before this trial"),
                )?;
                return Ok(ControlFlow::Break(Some(AskOutcome::Exhausted)));
            }
            Err(error) => {
                self.tell(number, Outcome::Failed(&error.to_string()))?;
                return Err(error.into());
            }
        };
        let Some(fixed) = fixed else { return Ok(ControlFlow::Continue(choice)) };
        match overridden(&choice, fixed, &self.fixed, self.feasible) {
            Ok(choice) => Ok(ControlFlow::Continue(choice)),
            Err(problem) => {
                self.tell(number, Outcome::Failed(&problem))?;
                Ok(ControlFlow::Break(None))
            }
        }
    }

    /// Records the parameters of a running trial.
    fn record_params(
        &self,
        number: u64,
        cache: &mut AskCache,
        choice: Suggested,
        seen: u64,
        is_fixed: bool,
    ) -> Result<AskOutcome> {
        let Suggested { params, explanation } = choice;
        cache.write(&params, &self.map, |stored| {
            let event = Event::Sampled { params: stored, seen, explanation: &explanation };
            match self.duplicates {
                Duplicates::Avoid if !is_fixed => {
                    self.storage.record_new(self.study, number, &event)
                }
                _ => self.storage.record(self.study, number, &event),
            }
        })?;
        cache.insert(number, &params);
        let budget = self.budget(number)?;
        Ok(AskOutcome::Trial(TrialJob { number, params, budget, explanation }))
    }

    fn propose_now(&self, number: u64, cache: &mut AskCache) -> Result<Proposed> {
        let mut proposed = None;
        self.storage.read(self.study, &mut |trials| {
            cache.update(trials, &self.map);
            proposed = Some(self.propose(trials, cache, number));
        })?;
        Ok(proposed.expect("a storage shows the trials just once"))
    }

    /// Returns a trial from the queue. If it is not a point of the space, the trial fails and
    /// `None` is returned.
    fn queued(&self, number: u64, cache: &mut AskCache) -> Result<Option<AskOutcome>> {
        let (sampled, params) =
            self.with_trials(|trials| (trials.is_sampled(number), self.point(trials, number)))?;
        if let Some(reason) = self.attribute(number, STOPPED)?.as_ref().and_then(Json::as_str) {
            self.tell(number, Outcome::Pruned(reason))?;
            return Ok(None);
        }
        if !sampled {
            let fixed = self.attribute(number, FIXED_PARAMS)?;
            return self.sampled(number, cache, None, fixed.as_ref());
        }
        let problem = match params {
            Ok(params) if (self.feasible)(&params) => return self.known_job(number, params),
            Ok(_) => {
                "its parameters, as they were queued, break the constraint of the study's space"
                    .to_owned()
            }
            Err(reason) => reason,
        };
        self.tell(number, Outcome::Failed(&problem))?;
        Ok(None)
    }
}

/// Returns a proposal with some of its parameters fixed, as Optuna enqueues trials, or the reason
/// why the result is not a config to evaluate.
pub(in crate::study) fn overridden(
    proposed: &Suggested,
    fixed: &Json,
    kept: &FixedParams,
    feasible: impl Fn(&Params) -> bool,
) -> Result<Suggested, String> {
    let mut is_whole = true;
    let params = proposed.params.flat_space().try_fill(|id, parameter| {
        let Some(given) = fixed.get(parameter.path()) else {
            is_whole = false;
            let open = proposed.params.value(id).or_else(|| kept.get(id));
            return Ok(open.unwrap_or_else(|| parameter.default_value()));
        };
        let refused = || {
            format!(
                "the parameter `{}` was queued as {given}: it may be {}",
                parameter.path(),
                parameter.domain()
            )
        };
        parameter.parse(given).ok_or_else(refused)
    })?;
    if feasible(&params) {
        let rest = || format!("{LEFT_OPEN}{}", proposed.explanation).into();
        return Ok(Suggested {
            params,
            explanation: if is_whole { QUEUED.into() } else { rest() },
        });
    }
    Err("its parameters, as they were queued, break the constraint of the study's space".to_owned())
}

impl AskCache {
    /// Adds the trials that others have sampled since.
    pub(in crate::study) fn update(&mut self, trials: &Trials, map: &ParamMap) {
        self.tried.update(trials, map);
        if self.below == trials.len() && self.unsampled.is_empty() {
            return;
        }
        let tried = &mut self.tried;
        let mut is_open = |number: &u64| {
            if trials.is_sampled(*number)
                && let Some(params) = map.params(trials.params(*number))
            {
                tried.insert(&params);
                return false;
            }
            // Other libraries choose one parameter after the other. A trial that has ended will get
            // no more of them.
            trials.state(*number).is_some_and(|state| !state.is_finished())
        };
        self.unsampled.retain(&mut is_open);
        self.unsampled.extend((self.below..trials.len()).filter(|number| is_open(number)));
        self.below = trials.len();
    }

    /// Adds a trial of this process.
    fn insert(&mut self, number: u64, params: &Params) {
        self.tried.insert(params);
        match self.below.cmp(&number) {
            Ordering::Equal => self.below += 1,
            Ordering::Greater => self.unsampled.retain(|other| *other != number),
            Ordering::Less => {}
        }
    }

    /// Passes the parameters to `record`, with the numbers that the storage gives them.
    fn write(
        &mut self,
        params: &Params,
        map: &ParamMap,
        record: impl FnOnce(&[(ParamId, Value)]) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        self.stored.clear();
        map.store(params, &mut self.stored);
        record(&self.stored)
    }
}
