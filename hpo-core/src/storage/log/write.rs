//! Writer of log lines, byte for byte in Optuna's spelling.

use std::io::Write as _;

use serde_json::Value as Json;

use crate::space::{Domain, Value};
use crate::storage::optuna::{self, push_json, push_real, push_time};
use crate::trial::{
    AttributeScope, Attributes, Direction, FIXED_PARAMS, InitialTrial, Param, State, Timestamp,
};

/// The system attribute that ends a trial's parameters: the number of changes that its sampler had
/// seen.
pub(in crate::storage) const SEEN: &str = "hpo:seen";
/// The system attribute before the end of a failed or pruned trial: the reason.
pub(in crate::storage) const MESSAGE: &str = "hpo:message";

/// The key after the worker's name in the first line of a group, whose lines are valid only
/// together. Its value is the number of bytes that follow the line and belong to the group.
pub(in crate::storage) const GROUP: &str = r#","hpo:group":""#;

/// The placeholder for the digits of that number.
const UNKNOWN: &str = "000000000000";

/// Lines to be written, all by one worker.
#[derive(Debug)]
pub(in crate::storage) struct Lines {
    pub(in crate::storage) bytes: Vec<u8>,
    worker: String,
    /// The numbers of new trials in the whole storage; empty if each is the next one.
    new_trials: std::vec::IntoIter<u64>,
    group: Group,
}

/// The state of the group of lines that is being added.
#[derive(Debug, Default)]
enum Group {
    #[default]
    None,
    /// The next line is the first of a group.
    Begins,
    /// A group has begun; the digits of its length begin at this byte.
    Open(usize),
}

/// The part of a parameter's lines that is the same for every trial.
#[derive(Clone, Debug)]
pub(in crate::storage) struct ParamEncoding {
    domain: Domain,
    head: Vec<u8>,
    /// The distribution as a JSON string.
    pub(in crate::storage) distribution: String,
}

impl ParamEncoding {
    fn new(param: &Param) -> Self {
        let mut head = br#","param_name":"#.to_vec();
        push_json(&mut head, &param.path);
        head.extend_from_slice(br#","param_value_internal":"#);
        Self {
            domain: param.domain.clone(),
            head,
            distribution: quoted(&optuna::distribution(&param.domain)),
        }
    }

    /// Returns the encoding of a parameter, computed again if its domain has changed.
    pub(in crate::storage) fn of<'a>(
        known: &'a mut Vec<Option<Self>>,
        index: usize,
        param: &Param,
    ) -> &'a Self {
        if known.len() <= index {
            known.resize(index + 1, None);
        }
        let entry = &mut known[index];
        if entry.as_ref().is_none_or(|encoding| encoding.domain != param.domain) {
            *entry = None;
        }
        entry.get_or_insert_with(|| Self::new(param))
    }
}

/// Returns a text as a JSON string.
pub(in crate::storage) fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

impl Lines {
    pub(in crate::storage) fn new(worker: &str, new_trials: Vec<u64>) -> Self {
        let new_trials = new_trials.into_iter();
        Self { bytes: Vec::new(), worker: worker.to_owned(), new_trials, group: Group::None }
    }

    /// Sets the worker of the next lines.
    pub(in crate::storage) fn write_as(&mut self, worker: &str) {
        if self.worker != worker {
            worker.clone_into(&mut self.worker);
        }
    }

    /// Returns the worker of the next lines.
    pub(in crate::storage) fn worker(&self) -> &str {
        &self.worker
    }

    /// Begins a group: lines that are valid only together.
    pub(in crate::storage) fn begin_group(&mut self) {
        self.group = Group::Begins;
    }

    /// Ends the group, and writes its length into its first line.
    pub(in crate::storage) fn end_group(&mut self) {
        if let Group::Open(start) = std::mem::take(&mut self.group) {
            let first =
                self.bytes[start..].iter().position(|byte| *byte == b'\n').unwrap_or_default();
            let length = self.bytes.len() - (start + first + 1);
            let digits = format!("{length:0width$}", width = UNKNOWN.len());
            self.bytes[start..start + UNKNOWN.len()].copy_from_slice(digits.as_bytes());
        }
    }

    /// Removes all lines after the first `length` bytes.
    pub(in crate::storage) fn cut(&mut self, length: usize) {
        self.bytes.truncate(length);
        self.group = Group::None;
    }

    pub(in crate::storage) fn create_study(&mut self, name: &str, directions: &[Direction]) {
        self.begin(0);
        self.key("study_name");
        push_json(&mut self.bytes, name);
        self.key("directions");
        let codes: Vec<u8> = directions
            .iter()
            .map(|direction| match direction {
                Direction::Minimize => 1,
                Direction::Maximize => 2,
            })
            .collect();
        push_json(&mut self.bytes, &codes);
        self.end();
    }

    pub(in crate::storage) fn delete_study(&mut self, study: u64) {
        self.begin(1);
        self.integer("study_id", study);
        self.end();
    }

    pub(in crate::storage) fn study_attribute(
        &mut self,
        study: u64,
        scope: AttributeScope,
        key: &str,
        value: &Json,
    ) {
        self.begin(if scope == AttributeScope::User { 2 } else { 3 });
        self.integer("study_id", study);
        self.attribute(scope, key, value);
    }

    pub(in crate::storage) fn create_trial(&mut self, study: u64, at: Timestamp) {
        self.begin_trial(study);
        self.timestamp("datetime_start", at);
        self.end();
    }

    /// Writes a trial with all its contents. `declared`: the parameters of its study.
    pub(in crate::storage) fn create_with_contents(
        &mut self,
        study: u64,
        initial: &InitialTrial,
        attributes: &Attributes,
        declared: &[Param],
        at: Timestamp,
    ) {
        self.begin_trial(study);
        if initial.state == State::Waiting {
            self.key("datetime_start");
            self.bytes.extend_from_slice(b"null");
        } else {
            self.timestamp("datetime_start", at);
        }
        self.integer("state", u64::from(optuna::state_code(initial.state)));
        self.initial_values(initial);
        if initial.state.is_finished() {
            self.timestamp("datetime_complete", at);
        }
        self.initial_params(initial, declared);
        self.key("user_attrs");
        push_json(&mut self.bytes, &attributes.user);
        self.key("system_attrs");
        self.initial_system_attributes(initial, attributes, declared);
        self.key("intermediate_values");
        self.object(&initial.reports, |lines, (step, value)| {
            push_json(&mut lines.bytes, &step.to_string());
            lines.bytes.push(b':');
            push_real(&mut lines.bytes, *value);
        });
        self.end();
    }

    fn initial_values(&mut self, initial: &InitialTrial) {
        let values: Vec<f64> = match initial.state {
            State::Complete => initial.values.clone(),
            State::Pruned => last_report(&initial.reports).into_iter().collect(),
            _ => Vec::new(),
        };
        self.key("value");
        match values.as_slice() {
            [value] => push_real(&mut self.bytes, *value),
            _ => self.bytes.extend_from_slice(b"null"),
        }
        self.values(if values.len() > 1 { &values } else { &[] });
    }

    fn initial_params(&mut self, initial: &InitialTrial, declared: &[Param]) {
        let path = |lines: &mut Self, index: u32| {
            push_json(&mut lines.bytes, &declared[index as usize].path);
            lines.bytes.push(b':');
        };
        self.key("distributions");
        self.object(&initial.params, |lines, (id, _)| {
            path(lines, id.0);
            let text = optuna::distribution(&declared[id.0 as usize].domain);
            push_json(&mut lines.bytes, &text);
        });
        self.key("params");
        self.object(&initial.params, |lines, (id, value)| {
            path(lines, id.0);
            lines.internal(*value);
        });
    }

    /// Writes the system attributes. They repeat the parameters of a queued trial, because Optuna's
    /// samplers look for them there.
    fn initial_system_attributes(
        &mut self,
        initial: &InitialTrial,
        attributes: &Attributes,
        declared: &[Param],
    ) {
        let mut system = attributes.system.clone();
        if initial.state == State::Waiting && !initial.params.is_empty() {
            let fixed = initial.params.iter().map(|(id, value)| {
                let Param { path, domain } = &declared[id.0 as usize];
                (path.clone(), domain.label(*value).to_json())
            });
            system.entry(FIXED_PARAMS.to_owned()).or_insert_with(|| Json::Object(fixed.collect()));
        }
        push_json(&mut self.bytes, &system);
    }

    pub(in crate::storage) fn param(&mut self, trial: u64, encoding: &ParamEncoding, value: Value) {
        self.begin(5);
        self.integer("trial_id", trial);
        self.bytes.extend_from_slice(&encoding.head);
        self.internal(value);
        self.key("distribution");
        self.bytes.extend_from_slice(encoding.distribution.as_bytes());
        self.end();
    }

    pub(in crate::storage) fn state(
        &mut self,
        trial: u64,
        state: State,
        values: &[f64],
        at: Option<Timestamp>,
    ) {
        self.begin(6);
        self.integer("trial_id", trial);
        self.integer("state", u64::from(optuna::state_code(state)));
        self.values(values);
        if let Some(at) = at {
            let key = if state.is_finished() { "datetime_complete" } else { "datetime_start" };
            self.timestamp(key, at);
        }
        if state == State::Paused {
            // Optuna has no such state: to it, the trial waits in the queue. It ignores this key.
            self.key("hpo:paused");
            self.bytes.extend_from_slice(b"true");
        }
        self.end();
    }

    pub(in crate::storage) fn report(&mut self, trial: u64, step: u64, value: f64) {
        self.begin(7);
        self.integer("trial_id", trial);
        self.integer("step", step);
        self.key("intermediate_value");
        push_real(&mut self.bytes, value);
        self.end();
    }

    pub(in crate::storage) fn trial_attribute(
        &mut self,
        trial: u64,
        scope: AttributeScope,
        key: &str,
        value: &Json,
    ) {
        self.begin(if scope == AttributeScope::User { 8 } else { 9 });
        self.integer("trial_id", trial);
        self.attribute(scope, key, value);
    }

    fn attribute(&mut self, scope: AttributeScope, key: &str, value: &Json) {
        self.key(if scope == AttributeScope::User { "user_attr" } else { "system_attr" });
        self.bytes.push(b'{');
        push_json(&mut self.bytes, key);
        self.bytes.push(b':');
        push_json(&mut self.bytes, value);
        self.bytes.push(b'}');
        self.end();
    }

    fn begin(&mut self, code: u8) {
        // Writing to memory cannot fail.
        let _ = write!(self.bytes, r#"{{"op_code":{code},"worker_id":"{}""#, self.worker);
        if matches!(self.group, Group::Begins) {
            self.bytes.extend_from_slice(GROUP.as_bytes());
            self.group = Group::Open(self.bytes.len());
            let _ = write!(self.bytes, "{UNKNOWN}\"");
        }
    }

    fn begin_trial(&mut self, study: u64) {
        self.begin(4);
        self.integer("study_id", study);
        if let Some(id) = self.new_trials.next() {
            self.integer("trial_id", id);
        }
    }

    fn end(&mut self) {
        self.bytes.extend_from_slice(b"}\n");
    }

    fn key(&mut self, key: &str) {
        self.bytes.extend_from_slice(b",\"");
        self.bytes.extend_from_slice(key.as_bytes());
        self.bytes.extend_from_slice(b"\":");
    }

    fn integer(&mut self, key: &str, number: u64) {
        self.key(key);
        push_json(&mut self.bytes, &number);
    }

    fn timestamp(&mut self, key: &str, at: Timestamp) {
        self.key(key);
        self.bytes.push(b'"');
        push_time(&mut self.bytes, at);
        self.bytes.push(b'"');
    }

    fn values(&mut self, values: &[f64]) {
        self.key("values");
        if values.is_empty() {
            self.bytes.extend_from_slice(b"null");
            return;
        }
        for (index, value) in values.iter().enumerate() {
            self.bytes.push(if index == 0 { b'[' } else { b',' });
            push_real(&mut self.bytes, *value);
        }
        self.bytes.push(b']');
    }

    /// Writes a parameter's value as Optuna stores it: integers exact, choices by index.
    fn internal(&mut self, value: Value) {
        match value {
            Value::Float(float) => push_real(&mut self.bytes, float),
            Value::Int(integer) => push_json(&mut self.bytes, &integer),
            Value::Unsigned(integer) => push_json(&mut self.bytes, &integer),
            Value::Choice(index) => push_json(&mut self.bytes, &index),
        }
    }

    fn object<T>(&mut self, entries: &[T], mut entry: impl FnMut(&mut Self, &T)) {
        self.bytes.push(b'{');
        for (index, item) in entries.iter().enumerate() {
            if index > 0 {
                self.bytes.push(b',');
            }
            entry(self, item);
        }
        self.bytes.push(b'}');
    }
}

/// Returns the value that Optuna gives to a pruned trial: its last report, unless that is NaN.
pub(in crate::storage) fn last_report(reports: &[(u64, f64)]) -> Option<f64> {
    reports
        .iter()
        .max_by_key(|(step, _)| *step)
        .map(|(_, value)| *value)
        .filter(|value| !value.is_nan())
}
