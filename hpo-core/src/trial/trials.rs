//! All trials of one study, in columns, as the fold of their events.
//!
//! The columns are append-only where it matters: parameters are stored in one arena in the order in
//! which they were sampled, and finished trials are listed in the order in which they ended. Adding
//! a result takes time proportional to its own parameters, however many trials there are. Every
//! change has an ordinal, by which an earlier version can be reconstructed.

mod pause;
mod queries;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};

use self::pause::Pause;
use super::attribute_keys::EXPLANATION;
use super::event::{Attributes, Event, InitialTrial, NewTrial, Outcome, StateError};
use super::explanations::Explanations;
use super::param::{Param, ParamId};
use super::param_map::ParamMap;
use super::param_store::Arena;
use super::rungs::Rungs;
use super::sorted_ids::SortedIds;
use super::violations::Violations;
use super::{AttributeScope, State, Timestamp};
use crate::space::{Domain, Value};

/// The id of a fold. Each clone gets a new one, because the two may differ from then on.
#[derive(Debug)]
struct Identity(u64);

impl Default for Identity {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// All trials of one study.
#[derive(Clone, Debug, Default)]
pub struct Trials {
    objectives: usize,
    params: Vec<Param>,
    by_path: HashMap<String, ParamId>,
    entries: Vec<TrialEntry>,
    /// The values of all trials, one per objective, interleaved; NaN where a trial has no value.
    values: Vec<f64>,
    /// The parameters of all trials; those of one trial are contiguous.
    arena: Arena,
    reports: HashMap<u64, Vec<(u64, f64)>>,
    rungs: Rungs,
    explanations: Explanations,
    violations: Violations,
    attributes: HashMap<u64, Attributes>,
    messages: HashMap<u64, String>,
    finished: Vec<u64>,
    pauses: Vec<Pause>,
    waiting: SortedIds,
    running: SortedIds,
    paused: SortedIds,
    ordinal: u64,
    identity: Identity,
    /// Trials that do not belong to the space through which these are read.
    aside: HashSet<u64>,
}

/// The fixed-size data of a trial.
#[derive(Clone, Copy, Debug)]
struct TrialEntry {
    state: State,
    /// The index of its first parameter in the arena.
    start: u32,
    len: u32,
    /// The ordinals of its creation, sampling and end; `u64::MAX` if they have not happened.
    created: u64,
    sampled: u64,
    finished: u64,
    /// The number of changes that its sampler had seen.
    seen: u64,
    /// [`UNKNOWN`] if not known. An `Option` would make the row larger than a cache line.
    started_at: Timestamp,
    finished_at: Timestamp,
}

const NEVER: u64 = u64::MAX;
const UNKNOWN: Timestamp = Timestamp(i64::MIN);

impl Trials {
    /// Creates an empty set of trials for a study with this number of objectives.
    #[must_use]
    pub fn new(objectives: usize) -> Self {
        Self { objectives, ..Self::default() }
    }

    /// Declares a parameter and returns its number, a new one if the path is new. The last domain
    /// is used for everything written from now on. Choices are only appended, so that the indices
    /// in old trials keep their meaning.
    pub fn declare(&mut self, path: &str, domain: &Domain) -> ParamId {
        if let Some(id) = self.by_path.get(path) {
            let known = &mut self.params[id.0 as usize].domain;
            match (known, domain) {
                (Domain::Categorical(known), Domain::Categorical(now)) => known.join(now),
                (known, _) if known != domain => known.clone_from(domain),
                _ => {}
            }
            return *id;
        }
        let id = ParamId(self.params.len() as u32);
        self.params.push(Param { path: path.to_owned(), domain: domain.clone() });
        self.by_path.insert(path.to_owned(), id);
        id
    }

    /// Adds a trial and returns its number. It runs since `at`, unless it comes with another state.
    ///
    /// # Errors
    /// If the data of the new trial violates a rule.
    pub fn create(&mut self, new: NewTrial, at: Timestamp) -> Result<u64, StateError> {
        self.check_new(&new)?;
        let number = self.entries.len() as u64;
        let created = self.tick();
        self.entries.push(TrialEntry {
            state: State::Running,
            start: 0,
            len: 0,
            created,
            sampled: NEVER,
            finished: NEVER,
            seen: created,
            started_at: at,
            finished_at: UNKNOWN,
        });
        self.values.extend(std::iter::repeat_n(f64::NAN, self.objectives));
        self.running.insert(number);
        self.keep_attributes(number, new.attributes);
        if let Some(given) = new.given {
            self.keep_given(number, given, created, at);
        }
        Ok(number)
    }

    /// Checks that a trial may be added.
    ///
    /// # Errors
    /// The rule that it violates.
    pub fn check_new(&self, new: &NewTrial) -> Result<(), StateError> {
        let Some(given) = &new.given else {
            return Ok(());
        };
        let number = self.len();
        self.check_declared(number, &given.params)?;
        if given.state == State::Complete {
            self.check_values(number, &given.values)?;
        }
        Ok(())
    }

    /// Checks that the next trial gets this number.
    ///
    /// # Errors
    /// [`StateError::NotNext`] if it gets another one.
    pub fn check_next(&self, number: u64) -> Result<(), StateError> {
        let next = self.len();
        if number == next { Ok(()) } else { Err(StateError::NotNext { number, next }) }
    }

    /// Checks that an event is allowed now.
    ///
    /// # Errors
    /// The rule that it violates.
    pub fn check(&self, number: u64, event: &Event<'_>) -> Result<(), StateError> {
        let entry = self.entries.get(number as usize).ok_or(StateError::NoSuchTrial { number })?;
        let state = entry.state;
        if state.is_finished() {
            return Err(StateError::Finished { number, state });
        }
        let expect = |expected| {
            if state == expected {
                Ok(())
            } else {
                Err(StateError::WrongState { number, state, expected })
            }
        };
        match event {
            Event::Sampled { .. } if entry.sampled != NEVER => {
                Err(StateError::AlreadySampled { number })
            }
            Event::Sampled { params, .. } => self.check_declared(number, params),
            Event::Started { .. } if state == State::Paused => Ok(()),
            Event::Started { .. } => expect(State::Waiting),
            Event::Requeued | Event::Paused | Event::Reported { .. } => expect(State::Running),
            Event::Finished { outcome: Outcome::Complete(values), .. } => {
                expect(State::Running)?;
                self.check_values(number, values)
            }
            Event::Attribute { .. } | Event::Finished { .. } => Ok(()),
        }
    }

    /// Checks that no other trial has the same parameters, among those sampled after the first
    /// `seen` changes, which the sampler could not know. Use this for events that are about to be
    /// written, not for recorded ones.
    ///
    /// # Errors
    /// [`StateError::DuplicateParams`] if another trial has them.
    pub fn check_taken(
        &self,
        number: u64,
        params: &[(ParamId, Value)],
        seen: u64,
    ) -> Result<(), StateError> {
        let ended_since = |other: &&u64| self.entries[**other as usize].finished >= seen;
        let recent = self.finished.iter().rev().take_while(ended_since);
        let open = self.running().iter().chain(self.waiting()).chain(self.paused());
        let is_same = |other: &&u64| {
            let entry = &self.entries[**other as usize];
            entry.sampled != NEVER
                && entry.sampled >= seen
                && self.params(**other).eq(params.iter().copied())
        };
        match open.chain(recent).filter(|other| **other != number).find(is_same) {
            Some(by) => Err(StateError::DuplicateParams { number, by: *by }),
            None => Ok(()),
        }
    }

    /// Applies an event. This is the only way to change a trial.
    ///
    /// # Errors
    /// As [`check`](Self::check); in that case nothing changes.
    pub fn apply(&mut self, number: u64, event: &Event<'_>) -> Result<(), StateError> {
        self.check(number, event)?;
        let ordinal = self.tick();
        match *event {
            Event::Sampled { params, seen, explanation } => {
                self.keep_params(number, params, ordinal);
                self.explanations.record(number, explanation);
                self.entries[number as usize].seen = seen;
            }
            Event::Started { at } => self.start(number, at),
            Event::Reported { step, value } => self.keep_report(number, step, value),
            Event::Attribute { scope, key, value } => {
                let attributes = self.attributes.entry(number).or_default();
                attributes.insert(scope, key, value.clone());
                if scope == AttributeScope::System {
                    self.rungs.record(number, key, value);
                    self.violations.update(number, key, &attributes.system);
                }
            }
            Event::Requeued => self.requeue(number),
            Event::Paused => self.pause(number),
            Event::Finished { outcome, at } => match outcome {
                Outcome::Complete(values) => self.finish(number, State::Complete, values, at),
                Outcome::Pruned(reason) | Outcome::Failed(reason) => {
                    if !reason.is_empty() {
                        self.messages.insert(number, reason.to_owned());
                    }
                    self.finish(number, outcome.state(), &[], at);
                }
            },
        }
        Ok(())
    }

    /// Adds one parameter to a trial that has not ended, for libraries that define their space
    /// while a trial runs.
    ///
    /// # Errors
    /// If the trial has ended, or does not exist.
    pub fn add_param(
        &mut self,
        number: u64,
        param: ParamId,
        value: Value,
    ) -> Result<(), StateError> {
        let state = self.state(number).ok_or(StateError::NoSuchTrial { number })?;
        if state.is_finished() {
            return Err(StateError::Finished { number, state });
        }
        let ordinal = self.tick();
        let TrialEntry { start, len, .. } = self.entries[number as usize];
        let (start, len) = (start as usize, len as usize);
        let known = self.arena.slice(start..start + len).position(|(id, _)| id == param);
        if let Some(place) = known {
            self.arena.set(start + place, (param, value));
            return Ok(());
        }
        let start = if start + len == self.arena.len() && len > 0 {
            start
        } else {
            let moved = self.arena.len();
            self.arena.repeat(start..start + len);
            moved
        };
        self.arena.push((param, value));
        let entry = &mut self.entries[number as usize];
        (entry.start, entry.len, entry.sampled) = (start as u32, len as u32 + 1, ordinal);
        Ok(())
    }

    /// Returns the same trials as read through a space that has changed since. Parameters that were
    /// added later get the values assumed for them, and removed parameters are left out. Trials
    /// that belong to another space are set aside: they are still included, but are neither
    /// [complete](Self::complete) nor [best](Self::best) ones.
    #[must_use]
    pub fn seen_through(&self, map: &ParamMap) -> Self {
        let mut seen = self.clone();
        for number in (0..self.len()).filter(|number| self.is_sampled(*number)) {
            let stored = self.params(number);
            if let Some(unfit) = map.unfit(&stored) {
                let reason = format!("set aside: {}", unfit.reason(&self.params));
                seen.messages.entry(number).or_insert(reason);
                seen.aside.insert(number);
                continue;
            }
            let mut params: Vec<(ParamId, Value)> =
                stored.clone().filter(|(id, _)| !map.is_removed(*id)).collect();
            params.extend(
                map.lacking(stored.clone()).map(|(parameter, value)| map.param(parameter, value)),
            );
            if params.len() != stored.len() || params.iter().copied().ne(stored) {
                let ordinal = seen.entries[number as usize].sampled;
                seen.keep_params(number, &params, ordinal);
            }
        }
        seen
    }

    /// Sets the number of changes that a trial's sampler had seen, for storages that keep it apart
    /// from the parameters.
    pub fn set_seen(&mut self, number: u64, seen: u64) {
        if let Some(entry) = self.entries.get_mut(number as usize) {
            entry.seen = seen;
        }
    }

    /// Sets the explanation of a trial's parameters, for storages that keep it apart from them.
    pub fn set_explanation(&mut self, number: u64, explanation: &str) {
        if number < self.len() {
            self.explanations.record(number, explanation);
        }
    }

    /// Sets the message of a trial that ended, for storages that keep it apart from the end.
    pub fn set_message(&mut self, number: u64, message: &str) {
        self.messages.insert(number, message.to_owned());
    }

    /// Sets the times of a trial's start and end, for storages that supply both.
    pub fn set_times(&mut self, number: u64, started: Option<Timestamp>, ended: Option<Timestamp>) {
        if let Some(entry) = self.entries.get_mut(number as usize) {
            entry.started_at = started.unwrap_or(UNKNOWN);
            entry.finished_at = ended.unwrap_or(UNKNOWN);
        }
    }

    fn keep_attributes(&mut self, number: u64, mut attributes: Attributes) {
        for (key, value) in &attributes.system {
            self.rungs.record(number, key, value);
            self.violations.update(number, key, &attributes.system);
        }
        if let Some(text) = attributes.system.remove(EXPLANATION) {
            self.explanations.record(number, text.as_str().unwrap_or_default());
        }
        if !attributes.is_empty() {
            self.attributes.insert(number, attributes);
        }
    }

    /// Stores the data that a new trial brings along.
    fn keep_given(&mut self, number: u64, given: InitialTrial, created: u64, at: Timestamp) {
        // A queued trial may have no parameters yet: they are sampled when it is taken. An ended
        // one keeps exactly the parameters that it has, even if these are none.
        if given.state.is_finished() || !given.params.is_empty() {
            self.keep_params(number, &given.params, created);
        }
        for (step, value) in given.reports {
            self.keep_report(number, step, value);
        }
        match given.state {
            State::Running => {}
            State::Waiting => {
                self.entries[number as usize].started_at = UNKNOWN;
                self.set_state(number, State::Waiting);
            }
            State::Paused => self.pause(number),
            state => self.finish(number, state, &given.values, at),
        }
    }

    fn tick(&mut self) -> u64 {
        self.ordinal += 1;
        self.ordinal - 1
    }

    fn check_declared(&self, number: u64, params: &[(ParamId, Value)]) -> Result<(), StateError> {
        match params.iter().find(|(id, _)| id.0 as usize >= self.params.len()) {
            Some((id, _)) => Err(StateError::Undeclared { number, param: id.0 }),
            None => Ok(()),
        }
    }

    fn check_values(&self, number: u64, values: &[f64]) -> Result<(), StateError> {
        if values.len() != self.objectives {
            return Err(StateError::ValueCount {
                number,
                found: values.len(),
                expected: self.objectives,
            });
        }
        if values.iter().any(|value| value.is_nan()) {
            return Err(StateError::NotANumber { number });
        }
        Ok(())
    }

    fn keep_params(&mut self, number: u64, params: &[(ParamId, Value)], ordinal: u64) {
        let entry = &mut self.entries[number as usize];
        entry.start = self.arena.len() as u32;
        entry.len = params.len() as u32;
        entry.sampled = ordinal;
        self.arena.extend(params);
    }

    fn start(&mut self, number: u64, at: Timestamp) {
        let entry = &mut self.entries[number as usize];
        entry.started_at = at;
        if entry.state == State::Paused {
            self.rungs.promote(number);
        }
        self.set_state(number, State::Running);
    }

    fn pause(&mut self, number: u64) {
        if let Some((step, _)) = self.reports(number).last() {
            let (step, after) = (*step, self.finished.len());
            self.pauses.push(Pause { number, step, after });
        }
        self.set_state(number, State::Paused);
    }

    /// Puts a trial back into the queue. Steps beyond the checkpoint are run again, so their
    /// reports from the interrupted attempt are removed.
    fn requeue(&mut self, number: u64) {
        if let Some(step) = self.checkpoint(number) {
            if let Some(reports) = self.reports.get_mut(&number) {
                reports.retain(|(reported, _)| *reported <= step);
            }
        } else {
            self.reports.remove(&number);
            self.rungs.restart(number);
        }
        self.set_state(number, State::Waiting);
    }

    fn keep_report(&mut self, number: u64, step: u64, value: f64) {
        let reports = self.reports.entry(number).or_default();
        match reports.binary_search_by_key(&step, |report| report.0) {
            Ok(place) => reports[place].1 = value,
            Err(place) => reports.insert(place, (step, value)),
        }
    }

    fn set_state(&mut self, number: u64, state: State) {
        let entry = &mut self.entries[number as usize];
        match entry.state {
            State::Running => self.running.remove(number),
            State::Waiting => self.waiting.remove(number),
            State::Paused => self.paused.remove(number),
            _ => {}
        }
        entry.state = state;
        match state {
            State::Running => self.running.insert(number),
            State::Waiting => self.waiting.insert(number),
            State::Paused => self.paused.insert(number),
            _ => {}
        }
    }

    fn finish(&mut self, number: u64, state: State, values: &[f64], at: Timestamp) {
        self.set_state(number, state);
        let ordinal = self.ordinal - 1;
        let entry = &mut self.entries[number as usize];
        (entry.finished, entry.finished_at) = (ordinal, at);
        if state == State::Complete {
            let start = number as usize * self.objectives;
            self.values[start..start + values.len()].copy_from_slice(values);
        }
        self.finished.push(number);
    }
}
