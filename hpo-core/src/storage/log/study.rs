//! The trials of one study, and the parts of its lines that do not yet make an event.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value as Json;

#[cfg(feature = "http")]
use super::kept_lines::{IsKnown, KeptLines};
use super::record::{Change, TrialTemplate};
use super::workers::is_ours;
use super::write::{MESSAGE, ParamEncoding, SEEN};
use crate::space::{Domain, Value};
use crate::storage::optuna::{self, JsonNumber};
use crate::trial::{
    AttributeScope, Attributes, EXPLANATION, Event, FIXED_PARAMS, InitialTrial, NewTrial, Outcome,
    Param, ParamId, State, Timestamp, Trials,
};

/// The part of a study's log that has been read.
#[derive(Debug)]
pub(in crate::storage) struct StudyLog {
    /// The number of the study in the whole storage.
    pub(in crate::storage) study: u64,
    pub(in crate::storage) trials: Trials,
    /// The number of each trial in the whole storage.
    pub(in crate::storage) ids: Vec<u64>,
    /// The worker of each running trial.
    owners: HashMap<u64, Arc<str>>,
    /// The worker of the last line, which mostly writes the next one too.
    last_worker: Arc<str>,
    /// The encoding of each parameter, indexed by [`ParamId`].
    pub(super) encodings: Vec<Option<ParamEncoding>>,
    /// Parameters written by this library whose trial has no line of [`SEEN`] yet.
    staged: HashMap<u64, Vec<(ParamId, Value)>>,
    /// Messages of trials whose end has not been read yet.
    messages: HashMap<u64, String>,
    known: Vec<Known>,
    /// The likely index in `known` of the next parameter: after the last one.
    guess: usize,
    /// The lines of the fold, for those who follow it over a network.
    #[cfg(feature = "http")]
    kept: Option<KeptLines>,
}

/// The distribution of a parameter as last read.
#[derive(Debug)]
struct Known {
    name: String,
    /// The JSON string as written in the line.
    raw: String,
    id: ParamId,
    domain: Domain,
    /// The indices of its choices among those declared.
    choices: Vec<u32>,
}

impl StudyLog {
    /// Creates a study without trials, with these declared parameters.
    pub(in crate::storage) fn new(study: u64, objectives: usize, declared: &[Param]) -> Self {
        let mut trials = Trials::new(objectives);
        for param in declared {
            trials.declare(&param.path, &param.domain);
        }
        Self {
            study,
            trials,
            ids: Vec::new(),
            owners: HashMap::new(),
            last_worker: "".into(),
            encodings: Vec::new(),
            staged: HashMap::new(),
            messages: HashMap::new(),
            known: Vec::new(),
            guess: 0,
            #[cfg(feature = "http")]
            kept: None,
        }
    }

    /// Makes the fold, which must be empty, keep its lines.
    pub(in crate::storage) fn keep_lines(&mut self) {
        #[cfg(feature = "http")]
        {
            self.kept = Some(KeptLines::new());
        }
    }

    /// Returns the lines of the fold, if it keeps them.
    #[cfg(feature = "http")]
    pub(in crate::storage) fn kept_lines(&self) -> Option<&KeptLines> {
        self.kept.as_ref()
    }

    /// Returns the number of a parameter and its value, as a line writes them. `distribution` is a
    /// JSON string. The distribution does not count as read: no line has it yet.
    #[cfg(feature = "http")]
    pub(in crate::storage) fn resolve(
        &mut self,
        name: &str,
        value: JsonNumber,
        distribution: &str,
    ) -> Result<(ParamId, Value), String> {
        let is_it = |known: &&Known| known.name == name && known.raw == distribution;
        if let Some(known) = self.known.iter().find(is_it) {
            return known.value(value);
        }
        self.learn(name, distribution)?.value(value)
    }

    /// Adds a trial and returns its number in the study. It is running and without parameters
    /// unless `template` says otherwise.
    pub(in crate::storage) fn create(
        &mut self,
        worker: &str,
        id: u64,
        started: Option<Timestamp>,
        template: Option<TrialTemplate<'_>>,
    ) -> Result<u64, String> {
        #[cfg(feature = "http")]
        self.keep(|is_known, lines| lines.create(is_known, worker, started, template.as_ref()));
        let number = if let Some(template) = template {
            self.create_from(worker, started, template)?
        } else {
            let number = self.trials.create(NewTrial::default(), started.unwrap_or(Timestamp(0)));
            number.expect("a trial that brings nothing breaks no rule")
        };
        self.ids.push(id);
        if self.trials.state(number) == Some(State::Running) {
            self.own(number, worker);
        }
        Ok(number)
    }

    /// Applies a change of a trial. Skips changes that the rules forbid, as Optuna does (for the
    /// loser of a race for a queued trial).
    pub(in crate::storage) fn apply(
        &mut self,
        worker: &str,
        number: u64,
        change: Change<'_>,
    ) -> Result<(), String> {
        #[cfg(feature = "http")]
        self.keep(|is_known, lines| lines.change(is_known, worker, number, &change));
        match change {
            Change::Param { name, value, distribution, .. } => {
                self.param(number, worker, &name, value, distribution)?;
            }
            Change::State { state, values, at, .. } => {
                self.state(number, worker, state, values, at);
            }
            Change::Seen { seen, .. } => self.seen(number, seen),
            Change::Explained { explanation, .. } => self.explained(number, &explanation),
            Change::Report { step, value, .. } => {
                if let Ok(step) = u64::try_from(step) {
                    let _ = self.trials.apply(number, &Event::Reported { step, value });
                }
            }
            Change::TrialAttributes { scope, attributes, .. } => {
                for (key, value) in &attributes {
                    self.apply_attribute(number, scope, key, value);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Returns true if `distribution` equals the last one read for this name, so that a line need
    /// not repeat it.
    #[cfg(any(feature = "sqlite", feature = "postgres", feature = "http"))]
    pub(in crate::storage) fn has_read(&self, name: &str, distribution: &str) -> bool {
        let known = self.known.get(self.guess).filter(|known| known.name == name);
        let known = known.or_else(|| self.known.iter().find(|known| known.name == name));
        known.is_some_and(|known| known.raw == distribution)
    }

    /// Returns the running trials with the names of their workers.
    pub(in crate::storage) fn running(&self) -> impl Iterator<Item = (u64, &str)> {
        let is_running = |number: &&u64| self.trials.state(**number) == Some(State::Running);
        let running = self.trials.running().iter().filter(is_running);
        running.filter_map(|number| Some((*number, &**self.owners.get(number)?)))
    }

    /// Adds to the kept lines, if there are any.
    #[cfg(feature = "http")]
    fn keep(&mut self, add: impl FnOnce(IsKnown<'_>, &mut KeptLines)) {
        if let Some(mut lines) = self.kept.take() {
            add(&|name, distribution| self.has_read(name, distribution), &mut lines);
            self.kept = Some(lines);
        }
    }

    fn own(&mut self, number: u64, worker: &str) {
        if *self.last_worker != *worker {
            self.last_worker = worker.into();
        }
        self.owners.insert(number, Arc::clone(&self.last_worker));
    }

    /// Adds a trial with the contents of a template.
    fn create_from(
        &mut self,
        worker: &str,
        started: Option<Timestamp>,
        template: TrialTemplate<'_>,
    ) -> Result<u64, String> {
        let mut params = Vec::with_capacity(template.params.len());
        for (name, value, distribution) in &template.params {
            params.push(self.value(name, *value, distribution)?);
        }
        let mut attributes = Attributes {
            user: template.user.into_iter().collect(),
            system: template.system.into_iter().collect(),
        };
        if is_ours(worker) && !params.is_empty() {
            // This was written for Optuna only and repeats the parameters.
            attributes.system.remove(FIXED_PARAMS);
        }
        let message = attributes.system.remove(MESSAGE);
        let reports = template.reports.into_iter();
        let mut given = InitialTrial {
            state: template.state,
            params,
            values: template.values,
            reports: reports
                .filter_map(|(step, value)| Some((u64::try_from(step).ok()?, value)))
                .collect(),
        };
        let broken = given.state == State::Complete && !self.are_values(&given.values);
        if broken {
            given.state = State::Failed;
        }
        let ended = template.ended;
        let new = NewTrial { given: Some(given), attributes };
        let at = ended.or(started).unwrap_or(Timestamp(0));
        let number = self.trials.create(new, at).map_err(|no| no.to_string())?;
        self.trials.set_times(number, started, ended);
        match message.as_ref().and_then(Json::as_str) {
            Some(message) => self.trials.set_message(number, message),
            None if broken => self.trials.set_message(number, NOT_VALUES),
            None => {}
        }
        Ok(number)
    }

    /// Adds a parameter. Those of this library are collected until a line of [`SEEN`]; others count
    /// at once.
    fn param(
        &mut self,
        number: u64,
        worker: &str,
        name: &str,
        value: JsonNumber,
        distribution: &str,
    ) -> Result<(), String> {
        let (id, value) = self.value(name, value, distribution)?;
        if !is_ours(worker) {
            // A parameter that the rules refuse is skipped.
            let _ = self.trials.add_param(number, id, value);
            return Ok(());
        }
        let staged = self.staged.entry(number).or_default();
        match staged.iter_mut().find(|entry| entry.0 == id) {
            Some(entry) => entry.1 = value,
            None => staged.push((id, value)),
        }
        Ok(())
    }

    /// Records the collected parameters of a trial, now that all of them have been read.
    fn seen(&mut self, number: u64, seen: u64) {
        let params = self.staged.remove(&number).unwrap_or_default();
        // The line before has set the explanation.
        let sampled = Event::Sampled { params: &params, seen, explanation: "" };
        let _ = self.trials.apply(number, &sampled);
    }

    /// Sets the explanation of the parameters that are about to be complete.
    fn explained(&mut self, number: u64, explanation: &str) {
        if !self.trials.is_sampled(number) {
            self.trials.set_explanation(number, explanation);
        }
    }

    /// Applies an attribute, or a part of an event that has no place in Optuna's records.
    fn apply_attribute(&mut self, number: u64, scope: AttributeScope, key: &str, value: &Json) {
        if scope == AttributeScope::System && key == SEEN {
            self.seen(number, value.as_u64().unwrap_or(0));
        } else if scope == AttributeScope::System && key == EXPLANATION {
            self.explained(number, value.as_str().unwrap_or_default());
        } else if scope == AttributeScope::System && key == MESSAGE {
            let message = value.as_str().unwrap_or_default();
            self.messages.insert(number, message.to_owned());
        } else {
            let _ = self.trials.apply(number, &Event::Attribute { scope, key, value });
        }
    }

    /// Applies a change of state: a trial is taken, put back, or has ended.
    fn state(
        &mut self,
        number: u64,
        worker: &str,
        state: State,
        values: Option<Vec<f64>>,
        at: Option<Timestamp>,
    ) {
        let at = at.unwrap_or(Timestamp(0));
        match state {
            State::Running => {
                if self.trials.apply(number, &Event::Started { at }).is_ok() {
                    self.own(number, worker);
                }
            }
            State::Waiting | State::Paused => {
                let event = if state == State::Paused { Event::Paused } else { Event::Requeued };
                if self.trials.apply(number, &event).is_ok() {
                    self.owners.remove(&number);
                    self.staged.remove(&number);
                }
            }
            _ => self.end(number, state, &values.unwrap_or_default(), at),
        }
    }

    fn end(&mut self, number: u64, state: State, values: &[f64], at: Timestamp) {
        let message = self.messages.remove(&number).unwrap_or_default();
        let outcome = match state {
            State::Complete if self.are_values(values) => Outcome::Complete(values),
            State::Complete => Outcome::Failed(NOT_VALUES),
            State::Pruned => Outcome::Pruned(&message),
            _ => Outcome::Failed(&message),
        };
        let _ = self.trials.apply(number, &Event::Finished { outcome, at });
        self.owners.remove(&number);
        self.staged.remove(&number);
    }

    fn are_values(&self, values: &[f64]) -> bool {
        values.len() == self.trials.objectives() && !values.iter().any(|value| value.is_nan())
    }

    fn value(
        &mut self,
        name: &str,
        value: JsonNumber,
        raw: &str,
    ) -> Result<(ParamId, Value), String> {
        let index = self.known_index(name, raw)?;
        self.guess = index + 1;
        self.known[index].value(value)
    }

    /// Returns the index of the parameter in `known`, after parsing its distribution.
    fn known_index(&mut self, name: &str, raw: &str) -> Result<usize, String> {
        let is = |known: &Known| known.name == name;
        let guess = if self.known.get(self.guess).is_some_and(is) {
            Some(self.guess)
        } else {
            self.known.iter().position(is)
        };
        if let Some(index) = guess.filter(|index| raw.is_empty() || self.known[*index].raw == raw) {
            return Ok(index);
        }
        if raw.is_empty() {
            return Err(format!(
                "the parameter `{name}` has no `distribution`, here or earlier in the log"
            ));
        }
        let known = self.learn(name, raw)?;
        Ok(if let Some(index) = guess {
            self.known[index] = known;
            index
        } else {
            self.known.push(known);
            self.known.len() - 1
        })
    }

    fn learn(&mut self, name: &str, raw: &str) -> Result<Known, String> {
        let text: String = serde_json::from_str(raw)
            .map_err(|error| format!("the distribution of `{name}` is not a string: {error}"))?;
        let domain = optuna::domain(&text)?;
        let id = match self.trials.param_id(name) {
            // Declared here and written as declared: defaults and priors, which Optuna cannot
            // express, are kept.
            Some(id) if self.is_spelled(id, &text) => id,
            _ => self.trials.declare(name, &domain),
        };
        let declared = &self.trials.declared()[id.0 as usize].domain;
        let choices = match (&domain, declared) {
            (Domain::Categorical(read), Domain::Categorical(declared)) => read
                .choices
                .iter()
                .map(|label| declared.index_of(label).unwrap_or_default())
                .collect(),
            _ => Vec::new(),
        };
        Ok(Known { name: name.to_owned(), raw: raw.to_owned(), id, domain, choices })
    }

    fn is_spelled(&self, id: ParamId, text: &str) -> bool {
        optuna::distribution(&self.trials.declared()[id.0 as usize].domain) == text
    }
}

impl Known {
    /// Returns the value that a number in a line means.
    fn value(&self, number: JsonNumber) -> Result<(ParamId, Value), String> {
        let odd = || {
            let Self { name, raw, .. } = self;
            format!("the parameter `{name}` cannot be {number:?}: its distribution is {raw}")
        };
        match number.value(&self.domain).ok_or_else(odd)? {
            Value::Choice(index) => {
                let choice = self.choices.get(index as usize).ok_or_else(odd)?;
                Ok((self.id, Value::Choice(*choice)))
            }
            value => Ok((self.id, value)),
        }
    }
}

/// The message of a trial that its writer called complete, against the rules.
const NOT_VALUES: &str =
    "it was written as complete, but its values are not one number per objective";
