//! Requests and answers as JSON.
//!
//! Parameters are written as in lines: name, number and distribution, since each process numbers
//! them in its own order.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::space::{Domain, Space, Value};
use crate::storage::log::{Answer, Creation, OwnedEvent, Request, StudyLog, TrialRequest, quoted};
use crate::storage::optuna::{self, JsonNumber};
use crate::storage::{Next, StorageError, StudyId, StudyRecord};
use crate::trial::{
    AttributeScope, Attributes, Direction, InitialTrial, NewTrial, Param, ParamId, State,
    StateError, Timestamp,
};

/// A real number, written as text if JSON has no number for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Real(pub(super) f64);

impl Serialize for Real {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() {
            return serializer.serialize_f64(self.0);
        }
        let mut token = Vec::new();
        optuna::push_real(&mut token, self.0);
        serializer.serialize_str(&String::from_utf8_lossy(&token))
    }
}

impl<'de> Deserialize<'de> for Real {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        JsonNumber::deserialize(deserializer).map(|number| Real(number.real()))
    }
}

/// A request with its sender.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Envelope {
    /// The name of the client.
    pub(super) guest: String,
    /// The number of the request, from 1.
    pub(super) key: u64,
    /// All requests below this number have been answered.
    pub(super) settled: u64,
    /// The server that may have carried the request out already; `None` when it is sent for the
    /// first time.
    #[serde(default)]
    pub(super) tried: Option<String>,
    pub(super) request: WireRequest,
}

/// The greeting of a server.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Hello {
    /// The version of these requests.
    pub(super) version: u64,
    /// A random name of the running server.
    pub(super) instance: String,
    /// The interval of signs of life, in milliseconds.
    pub(super) beat_ms: u64,
}

/// The first line of a page of lines.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PageHead {
    pub(super) epoch: String,
    pub(super) next: usize,
    pub(super) more: bool,
    pub(super) objectives: usize,
}

/// A study without its trials.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireStudy {
    id: u64,
    name: String,
    directions: Vec<Direction>,
    attributes: WireAttributes,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireAttributes {
    user: std::collections::BTreeMap<String, Json>,
    system: std::collections::BTreeMap<String, Json>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum WireRequest {
    CreateStudy {
        name: String,
        directions: Vec<Direction>,
        attributes: WireAttributes,
        /// Paths, and domains as spaces of a single parameter.
        params: Vec<(String, String)>,
        past: Vec<WireTrialRequest>,
    },
    DeleteStudy {
        study: u64,
    },
    SetAttribute {
        study: u64,
        scope: WireScope,
        key: String,
        value: Json,
    },
    Amend {
        seen: WireStudy,
        attributes: WireAttributes,
    },
    Trials {
        study: u64,
        request: WireTrialRequest,
    },
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WireScope {
    User,
    System,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum WireTrialRequest {
    Create { given: Option<WireTrial>, attributes: WireAttributes, at: i64 },
    Next { most: Option<u64>, at: i64 },
    Record { number: u64, event: WireEvent, is_new: bool },
    Recover { at: i64 },
    Append { first: Option<u64>, steps: Vec<WireTrialRequest> },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireTrial {
    state: State,
    params: Vec<WireParam>,
    values: Vec<Real>,
    reports: Vec<(u64, Real)>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WireParam {
    name: String,
    value: JsonNumber,
    distribution: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum WireEvent {
    Sampled { params: Vec<WireParam>, seen: u64, explanation: String },
    Started { at: i64 },
    Reported { step: u64, value: Real },
    Attribute { scope: WireScope, key: String, value: Json },
    Requeued,
    Paused,
    Finished { state: State, values: Vec<Real>, message: String, at: i64 },
}

/// The answer to a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WireAnswer {
    Done,
    Number(u64),
    Amended(bool),
    Queued(u64),
    New(u64),
    Enough,
    Recovered(Vec<u64>),
}

/// An error with the text for people and the facts for this library.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct WireError {
    /// The problem.
    pub(super) error: String,
    /// The action to take.
    pub(super) remedy: String,
    /// The facts, if a caller may depend on them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cause: Option<Cause>,
}

/// The errors on which callers depend.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Cause {
    State(StateError),
    NoSuchStudy(String),
    StudyExists(String),
    Lost(String),
    /// The request may have been carried out by a server that has ended.
    Restarted(String),
    /// The same request may succeed later.
    Transient,
}

impl Cause {
    /// Returns the facts of an error; `None` if callers do not depend on them.
    pub(super) fn of(error: &StorageError) -> Option<Self> {
        Some(match error {
            StorageError::State(state) => Cause::State(state.clone()),
            StorageError::NoSuchStudy { study, .. } => Cause::NoSuchStudy(study.clone()),
            StorageError::StudyExists { name, .. } => Cause::StudyExists(name.clone()),
            StorageError::Lost { problem, .. } => Cause::Lost(problem.clone()),
            StorageError::Database { is_transient: true, .. } => Cause::Transient,
            _ => return None,
        })
    }
}

impl From<&Attributes> for WireAttributes {
    fn from(attributes: &Attributes) -> Self {
        Self { user: attributes.user.clone(), system: attributes.system.clone() }
    }
}

impl From<WireAttributes> for Attributes {
    fn from(WireAttributes { user, system }: WireAttributes) -> Self {
        Self { user, system }
    }
}

impl From<AttributeScope> for WireScope {
    fn from(scope: AttributeScope) -> Self {
        match scope {
            AttributeScope::User => WireScope::User,
            AttributeScope::System => WireScope::System,
        }
    }
}

impl From<WireScope> for AttributeScope {
    fn from(scope: WireScope) -> Self {
        match scope {
            WireScope::User => AttributeScope::User,
            WireScope::System => AttributeScope::System,
        }
    }
}

impl From<&StudyRecord> for WireStudy {
    fn from(record: &StudyRecord) -> Self {
        Self {
            id: record.id.0,
            name: record.name.clone(),
            directions: record.directions.clone(),
            attributes: (&record.attributes).into(),
        }
    }
}

impl From<WireStudy> for StudyRecord {
    fn from(WireStudy { id, name, directions, attributes }: WireStudy) -> Self {
        Self { id: StudyId(id), name, directions, attributes: attributes.into() }
    }
}

impl From<Answer> for WireAnswer {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Done => WireAnswer::Done,
            Answer::Number(number) => WireAnswer::Number(number),
            Answer::Amended(is_done) => WireAnswer::Amended(is_done),
            Answer::Next(Next::Queued(number)) => WireAnswer::Queued(number),
            Answer::Next(Next::New(number)) => WireAnswer::New(number),
            Answer::Next(Next::Enough) => WireAnswer::Enough,
            Answer::Recovered(numbers) => WireAnswer::Recovered(numbers),
        }
    }
}

impl WireAnswer {
    /// Returns the answer to this request; `None` if it is the answer to another kind.
    pub(super) fn to(self, request: &Request) -> Option<Answer> {
        let Request::Trials { request, .. } = request else {
            return match (self, request) {
                (WireAnswer::Number(number), Request::CreateStudy(_)) => {
                    Some(Answer::Number(number))
                }
                (WireAnswer::Amended(is_done), Request::Amend { .. }) => {
                    Some(Answer::Amended(is_done))
                }
                (
                    WireAnswer::Done,
                    Request::DeleteStudy { .. } | Request::SetStudyAttribute { .. },
                ) => Some(Answer::Done),
                _ => None,
            };
        };
        match (self, request) {
            (
                WireAnswer::Number(number),
                TrialRequest::Create { .. } | TrialRequest::Append { .. },
            ) => Some(Answer::Number(number)),
            (WireAnswer::Queued(number), TrialRequest::Next { .. }) => {
                Some(Answer::Next(Next::Queued(number)))
            }
            (WireAnswer::New(number), TrialRequest::Next { .. }) => {
                Some(Answer::Next(Next::New(number)))
            }
            (WireAnswer::Enough, TrialRequest::Next { .. }) => Some(Answer::Next(Next::Enough)),
            (WireAnswer::Done, TrialRequest::Record { .. }) => Some(Answer::Done),
            (WireAnswer::Recovered(numbers), TrialRequest::Recover { .. }) => {
                Some(Answer::Recovered(numbers))
            }
            _ => None,
        }
    }
}

impl WireRequest {
    /// Writes a request. `declared`: the parameters of its study, as this process numbers them.
    pub(super) fn of(request: &Request, declared: &[Param]) -> Result<Self, StateError> {
        Ok(match request {
            Request::CreateStudy(creation) => Self::creation(creation)?,
            Request::DeleteStudy { study } => WireRequest::DeleteStudy { study: *study },
            Request::SetStudyAttribute { study, scope, key, value } => WireRequest::SetAttribute {
                study: *study,
                scope: (*scope).into(),
                key: key.clone(),
                value: value.clone(),
            },
            Request::Amend { seen, attributes } => {
                WireRequest::Amend { seen: seen.into(), attributes: attributes.into() }
            }
            Request::Trials { study, request, .. } => WireRequest::Trials {
                study: *study,
                request: WireTrialRequest::of(request, declared)?,
            },
        })
    }

    fn creation(creation: &Creation) -> Result<Self, StateError> {
        let Creation { name, directions, attributes, params, past } = creation;
        let domain =
            |param: &Param| (param.path.clone(), Space::Leaf(param.domain.clone()).to_json());
        Ok(WireRequest::CreateStudy {
            name: name.clone(),
            directions: directions.clone(),
            attributes: attributes.into(),
            params: params.iter().map(domain).collect(),
            past: past
                .iter()
                .map(|request| WireTrialRequest::of(request, params))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Reads a new study.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub(super) fn into_creation(
        name: String,
        directions: Vec<Direction>,
        attributes: WireAttributes,
        params: Vec<(String, String)>,
        past: Vec<WireTrialRequest>,
    ) -> Result<Creation, String> {
        let param = |(path, space): (String, String)| match Space::from_json(&space) {
            Ok(Space::Leaf(domain)) => Ok(Param { path, domain }),
            _ => Err(format!("the parameter `{path}` has no valid domain")),
        };
        let params: Vec<Param> = params.into_iter().map(param).collect::<Result<_, _>>()?;
        let mut log = StudyLog::new(0, directions.len(), &params);
        let past = past.into_iter().map(|request| request.resolve(&mut log));
        let past = past.collect::<Result<_, _>>()?;
        Ok(Creation { name, directions, attributes: attributes.into(), params, past })
    }
}

impl WireTrialRequest {
    fn of(request: &TrialRequest, declared: &[Param]) -> Result<Self, StateError> {
        Ok(match request {
            TrialRequest::Create { new, at } => WireTrialRequest::Create {
                given: new
                    .given
                    .as_ref()
                    .map(|given| WireTrial::of(given, declared))
                    .transpose()?,
                attributes: (&new.attributes).into(),
                at: at.0,
            },
            TrialRequest::Next { most, at } => WireTrialRequest::Next { most: *most, at: at.0 },
            TrialRequest::Record { number, change, is_new } => WireTrialRequest::Record {
                number: *number,
                event: WireEvent::of(change, *number, declared)?,
                is_new: *is_new,
            },
            TrialRequest::Recover { at } => WireTrialRequest::Recover { at: at.0 },
            TrialRequest::Append { first, steps } => WireTrialRequest::Append {
                first: *first,
                steps: steps
                    .iter()
                    .map(|step| Self::of(step, declared))
                    .collect::<Result<_, _>>()?,
            },
        })
    }

    /// Returns the request, with the parameters as the fold of the study numbers them.
    ///
    /// # Errors
    /// A sentence that says what is wrong with a parameter.
    pub(super) fn resolve(self, log: &mut StudyLog) -> Result<TrialRequest, String> {
        Ok(match self {
            WireTrialRequest::Create { given, attributes, at } => TrialRequest::Create {
                new: NewTrial {
                    given: given.map(|given| given.resolve(log)).transpose()?,
                    attributes: attributes.into(),
                },
                at: Timestamp(at),
            },
            WireTrialRequest::Next { most, at } => TrialRequest::Next { most, at: Timestamp(at) },
            WireTrialRequest::Record { number, event, is_new } => {
                TrialRequest::Record { number, change: event.resolve(log)?, is_new }
            }
            WireTrialRequest::Recover { at } => TrialRequest::Recover { at: Timestamp(at) },
            WireTrialRequest::Append { first, steps } => {
                let is_step = |step: &WireTrialRequest| {
                    matches!(
                        step,
                        WireTrialRequest::Create { .. } | WireTrialRequest::Record { .. }
                    )
                };
                if !steps.iter().all(is_step) {
                    return Err("trials are added by `create` and `record` alone".to_owned());
                }
                let steps = steps.into_iter().map(|step| step.resolve(log));
                TrialRequest::Append { first, steps: steps.collect::<Result<_, _>>()? }
            }
        })
    }

    /// Returns true if the request names parameters.
    pub(super) fn has_params(&self) -> bool {
        match self {
            WireTrialRequest::Create { given, .. } => given.is_some(),
            WireTrialRequest::Record { event, .. } => matches!(event, WireEvent::Sampled { .. }),
            WireTrialRequest::Append { .. } => true,
            WireTrialRequest::Next { .. } | WireTrialRequest::Recover { .. } => false,
        }
    }
}

impl WireTrial {
    fn of(given: &InitialTrial, declared: &[Param]) -> Result<Self, StateError> {
        Ok(Self {
            state: given.state,
            params: params(&given.params, 0, declared)?,
            values: given.values.iter().copied().map(Real).collect(),
            reports: given.reports.iter().map(|(step, value)| (*step, Real(*value))).collect(),
        })
    }

    fn resolve(self, log: &mut StudyLog) -> Result<InitialTrial, String> {
        Ok(InitialTrial {
            state: self.state,
            params: resolved(self.params, log)?,
            values: self.values.into_iter().map(|value| value.0).collect(),
            reports: self.reports.into_iter().map(|(step, value)| (step, value.0)).collect(),
        })
    }
}

impl WireEvent {
    fn of(event: &OwnedEvent, number: u64, declared: &[Param]) -> Result<Self, StateError> {
        Ok(match event {
            OwnedEvent::Sampled { params: chosen, seen, explanation } => WireEvent::Sampled {
                params: params(chosen, number, declared)?,
                seen: *seen,
                explanation: explanation.clone(),
            },
            OwnedEvent::Started { at } => WireEvent::Started { at: at.0 },
            OwnedEvent::Reported { step, value } => {
                WireEvent::Reported { step: *step, value: Real(*value) }
            }
            OwnedEvent::Attribute { scope, key, value } => WireEvent::Attribute {
                scope: (*scope).into(),
                key: key.clone(),
                value: value.clone(),
            },
            OwnedEvent::Requeued => WireEvent::Requeued,
            OwnedEvent::Paused => WireEvent::Paused,
            OwnedEvent::Finished { state, values, message, at } => WireEvent::Finished {
                state: *state,
                values: values.iter().copied().map(Real).collect(),
                message: message.clone(),
                at: at.0,
            },
        })
    }

    fn resolve(self, log: &mut StudyLog) -> Result<OwnedEvent, String> {
        Ok(match self {
            WireEvent::Sampled { params, seen, explanation } => {
                OwnedEvent::Sampled { params: resolved(params, log)?, seen, explanation }
            }
            WireEvent::Started { at } => OwnedEvent::Started { at: Timestamp(at) },
            WireEvent::Reported { step, value } => OwnedEvent::Reported { step, value: value.0 },
            WireEvent::Attribute { scope, key, value } => {
                OwnedEvent::Attribute { scope: scope.into(), key, value }
            }
            WireEvent::Requeued => OwnedEvent::Requeued,
            WireEvent::Paused => OwnedEvent::Paused,
            WireEvent::Finished { state, values, message, at } => {
                if !state.is_finished() {
                    return Err("a trial ends as complete, pruned or failed".to_owned());
                }
                let values = values.into_iter().map(|value| value.0).collect();
                OwnedEvent::Finished { state, values, message, at: Timestamp(at) }
            }
        })
    }
}

fn params(
    chosen: &[(ParamId, Value)],
    number: u64,
    declared: &[Param],
) -> Result<Vec<WireParam>, StateError> {
    let param = |(id, value): &(ParamId, Value)| {
        let undeclared = StateError::Undeclared { number, param: id.0 };
        let Param { path, domain } = declared.get(id.0 as usize).ok_or(undeclared)?;
        Ok(WireParam {
            name: path.clone(),
            value: number_of(*value),
            distribution: quoted(&distribution(domain)),
        })
    };
    chosen.iter().map(param).collect()
}

fn resolved(params: Vec<WireParam>, log: &mut StudyLog) -> Result<Vec<(ParamId, Value)>, String> {
    let params = params.into_iter();
    params.map(|param| log.resolve(&param.name, param.value, &param.distribution)).collect()
}

fn number_of(value: Value) -> JsonNumber {
    match value {
        Value::Float(float) => JsonNumber::Real(float),
        Value::Int(integer) => JsonNumber::Integer(integer.into()),
        Value::Unsigned(integer) => JsonNumber::Integer(integer.into()),
        Value::Choice(index) => JsonNumber::Integer(index.into()),
    }
}

fn distribution(domain: &Domain) -> String {
    optuna::distribution(domain)
}

impl Serialize for JsonNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            JsonNumber::Integer(integer) => {
                match (u64::try_from(integer), i64::try_from(integer)) {
                    (Ok(integer), _) => serializer.serialize_u64(integer),
                    (_, Ok(integer)) => serializer.serialize_i64(integer),
                    _ => serializer.serialize_str(&integer.to_string()),
                }
            }
            JsonNumber::Real(real) => Real(real).serialize(serializer),
        }
    }
}
