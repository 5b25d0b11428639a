//! The lines of a fold, kept in memory for those who follow it over a network.
//!
//! They are written here again, from what was read: each storage numbers trials in its own way, and
//! a database has changes of other libraries that are no lines. A follower that folds these lines
//! with the same code gets the same trials. The number of a trial is the one in its study.

use serde_json::{Map, Value as Json};

use super::record::{Change, TrialTemplate};
use super::write::SEEN;
use crate::storage::optuna::{JsonNumber, push_json, push_real, push_time, state_code};
use crate::trial::{AttributeScope, EXPLANATION, State, Timestamp};

/// A function that returns true if the last line of a parameter had this distribution, so that the
/// next one need not repeat it.
pub(super) type IsKnown<'a> = &'a dyn Fn(&str, &str) -> bool;

/// The lines of a fold from its beginning.
#[derive(Debug)]
pub(in crate::storage) struct KeptLines {
    /// A random number of the fold. A fold that is read again has another one, and its lines may
    /// differ.
    pub(in crate::storage) epoch: u64,
    text: Vec<u8>,
}

impl KeptLines {
    pub(super) fn new() -> Self {
        Self { epoch: rand::random(), text: Vec::new() }
    }

    /// Returns whole lines after the first `start` bytes: at most `most` bytes of them, but at
    /// least one line if there is one. Also returns true if there are more.
    pub(in crate::storage) fn after(&self, start: usize, most: usize) -> (&[u8], bool) {
        let rest = self.text.get(start..).unwrap_or_default();
        if rest.len() <= most {
            return (rest, false);
        }
        let is_end = |byte: &u8| *byte == b'\n';
        let end = rest[..most].iter().rposition(is_end).or_else(|| rest.iter().position(is_end));
        (&rest[..end.map_or(rest.len(), |end| end + 1)], true)
    }

    /// Adds the line of a new trial.
    pub(super) fn create(
        &mut self,
        is_known: IsKnown<'_>,
        worker: &str,
        started: Option<Timestamp>,
        template: Option<&TrialTemplate<'_>>,
    ) {
        self.begin(4, worker);
        self.raw(r#","study_id":0,"datetime_start":"#);
        self.time(started);
        if let Some(template) = template {
            self.template(is_known, template);
        }
        self.raw("}\n");
    }

    /// Adds the line of a change of trial `number`.
    pub(super) fn change(
        &mut self,
        is_known: IsKnown<'_>,
        worker: &str,
        number: u64,
        change: &Change<'_>,
    ) {
        match change {
            Change::Param { name, value, distribution, .. } => {
                self.begin_change(5, worker, number);
                self.key("param_name", name);
                self.raw(r#","param_value_internal":"#);
                self.number(*value);
                if !distribution.is_empty() && !is_known(name, distribution) {
                    self.raw(r#","distribution":"#);
                    self.raw(distribution);
                }
            }
            Change::State { state, values, at, .. } => {
                self.begin_change(6, worker, number);
                self.state(*state, values.as_deref(), *at);
            }
            Change::Report { step, value, .. } => {
                self.begin_change(7, worker, number);
                self.key("step", step);
                self.raw(r#","intermediate_value":"#);
                push_real(&mut self.text, *value);
            }
            Change::Seen { seen, .. } => {
                self.begin_change(9, worker, number);
                self.system_attribute(SEEN, &Json::from(*seen));
            }
            Change::Explained { explanation, .. } => {
                self.begin_change(9, worker, number);
                self.system_attribute(EXPLANATION, &Json::from(&**explanation));
            }
            Change::TrialAttributes { scope, attributes, .. } => {
                let (code, key) = match scope {
                    AttributeScope::User => (8, "user_attr"),
                    AttributeScope::System => (9, "system_attr"),
                };
                self.begin_change(code, worker, number);
                self.key(key, attributes);
            }
            _ => return,
        }
        self.raw("}\n");
    }

    fn begin(&mut self, code: u8, worker: &str) {
        self.raw(r#"{"op_code":"#);
        push_json(&mut self.text, &code);
        self.key("worker_id", worker);
    }

    fn begin_change(&mut self, code: u8, worker: &str, number: u64) {
        self.begin(code, worker);
        self.key("trial_id", &number);
    }

    fn state(&mut self, state: State, values: Option<&[f64]>, at: Option<Timestamp>) {
        self.key("state", &state_code(state));
        self.raw(r#","values":"#);
        match values {
            Some(values) => self.list(values),
            None => self.raw("null"),
        }
        if let Some(at) = at {
            let finished = state.is_finished();
            self.raw(if finished { r#","datetime_complete":"# } else { r#","datetime_start":"# });
            self.time(Some(at));
        }
        if state == State::Paused {
            self.raw(r#","hpo:paused":true"#);
        }
    }

    fn template(&mut self, is_known: IsKnown<'_>, template: &TrialTemplate<'_>) {
        let TrialTemplate { state, params, values, reports, user, system, ended } = template;
        self.key("state", &state_code(*state));
        self.raw(r#","values":"#);
        self.list(values);
        if ended.is_some() {
            self.raw(r#","datetime_complete":"#);
            self.time(*ended);
        }
        self.raw(r#","distributions":"#);
        let is_new = |(name, _, distribution): &&(String, JsonNumber, &str)| {
            !distribution.is_empty() && !is_known(name, distribution)
        };
        self.object(params.iter().filter(is_new), |lines, (name, _, distribution)| {
            push_json(&mut lines.text, name);
            lines.raw(":");
            lines.raw(distribution);
        });
        self.raw(r#","params":"#);
        self.object(params.iter(), |lines, (name, value, _)| {
            push_json(&mut lines.text, name);
            lines.raw(":");
            lines.number(*value);
        });
        self.key("user_attrs", user);
        self.key("system_attrs", system);
        self.raw(r#","intermediate_values":"#);
        self.object(reports.iter(), |lines, (step, value)| {
            push_json(&mut lines.text, &step.to_string());
            lines.raw(":");
            push_real(&mut lines.text, *value);
        });
    }

    fn system_attribute(&mut self, key: &str, value: &Json) {
        let attributes = Map::from_iter([(key.to_owned(), value.clone())]);
        self.key("system_attr", &attributes);
    }

    fn raw(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    fn key<T: serde::Serialize + ?Sized>(&mut self, key: &str, value: &T) {
        self.raw(",\"");
        self.raw(key);
        self.raw("\":");
        push_json(&mut self.text, value);
    }

    fn number(&mut self, number: JsonNumber) {
        match number {
            JsonNumber::Integer(integer) => self.raw(&integer.to_string()),
            JsonNumber::Real(real) => push_real(&mut self.text, real),
        }
    }

    fn time(&mut self, at: Option<Timestamp>) {
        match at {
            Some(at) => {
                self.raw("\"");
                push_time(&mut self.text, at);
                self.raw("\"");
            }
            None => self.raw("null"),
        }
    }

    fn list(&mut self, values: &[f64]) {
        self.raw("[");
        for (index, value) in values.iter().enumerate() {
            self.raw(if index == 0 { "" } else { "," });
            push_real(&mut self.text, *value);
        }
        self.raw("]");
    }

    fn object<T>(&mut self, entries: impl Iterator<Item = T>, mut entry: impl FnMut(&mut Self, T)) {
        self.raw("{");
        for (index, item) in entries.enumerate() {
            self.raw(if index == 0 { "" } else { "," });
            entry(self, item);
        }
        self.raw("}");
    }
}
