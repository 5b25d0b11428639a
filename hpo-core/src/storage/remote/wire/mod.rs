//! Requests and answers as JSON.

mod trials;
mod values;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub(super) use trials::WireTrialRequest;
pub(super) use values::WireStudy;
use values::{WireAttributes, WireScope};

use crate::space::Space;
use crate::storage::log::{Answer, Creation, Request, StudyLog, TrialRequest};
use crate::storage::{Next, StorageError};
use crate::trial::{Direction, Param, StateError};

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
    /// What is wrong, as a sentence.
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
