//! Requests of threads to a storage, in a form that outlives their calls.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::space::Value;
use crate::storage::{NewStudy, Next, Step, StudyRecord};
use crate::trial::{
    AttributeScope, Attributes, Direction, Event, NewTrial, Outcome, Param, ParamId, State,
    Timestamp,
};

/// A change that a thread asks for.
#[derive(Clone, Debug)]
pub(in crate::storage) enum Request {
    CreateStudy(Box<Creation>),
    DeleteStudy {
        study: u64,
    },
    SetStudyAttribute {
        study: u64,
        scope: AttributeScope,
        key: String,
        value: Json,
    },
    /// Changes attributes only if the study is still as it was `seen`.
    Amend {
        seen: StudyRecord,
        attributes: Attributes,
    },
    /// Changes trials. `by` is the guest for whom a server writes; `None` for this worker.
    Trials {
        study: u64,
        request: TrialRequest,
        by: Option<Arc<str>>,
    },
}

/// A new study with all its contents.
#[derive(Clone, Debug)]
pub(in crate::storage) struct Creation {
    pub(in crate::storage) name: String,
    pub(in crate::storage) directions: Vec<Direction>,
    pub(in crate::storage) attributes: Attributes,
    pub(in crate::storage) params: Vec<Param>,
    pub(in crate::storage) past: Vec<TrialRequest>,
}

impl From<&NewStudy<'_>> for Creation {
    fn from(new: &NewStudy<'_>) -> Self {
        Self {
            name: new.name.to_owned(),
            directions: new.directions.to_vec(),
            attributes: new.attributes.clone(),
            params: new.params.clone(),
            past: new.past.iter().map(TrialRequest::from).collect(),
        }
    }
}

/// A change of the trials of a study.
#[derive(Clone, Debug)]
pub(in crate::storage) enum TrialRequest {
    Create {
        new: NewTrial,
        at: Timestamp,
    },
    Next {
        most: Option<u64>,
        at: Timestamp,
    },
    /// Records an event. If `is_new` is true, a config that others have chosen meanwhile is
    /// refused.
    Record {
        number: u64,
        change: OwnedEvent,
        is_new: bool,
    },
    Recover {
        at: Timestamp,
    },
    /// Makes several changes, all or none, of trials that they create themselves. The trials are
    /// numbered from 0 in `steps`.
    Append {
        first: Option<u64>,
        steps: Vec<TrialRequest>,
    },
}

impl From<&Step<'_>> for TrialRequest {
    fn from(step: &Step<'_>) -> Self {
        match step {
            Step::Create { new, at } => TrialRequest::Create { new: new.clone(), at: *at },
            Step::Change { trial, event } => TrialRequest::Record {
                number: *trial as u64,
                change: OwnedEvent::from(event),
                is_new: false,
            },
        }
    }
}

impl TrialRequest {
    /// Adds `first` to the number of a recorded trial.
    pub(in crate::storage) fn shifted(self, first: u64) -> Self {
        match self {
            TrialRequest::Record { number, change, is_new } => {
                TrialRequest::Record { number: number + first, change, is_new }
            }
            request => request,
        }
    }

    /// Splits the request into the part that is checked first and the steps after it.
    pub(in crate::storage) fn split(self) -> (Self, Vec<Self>) {
        match self {
            TrialRequest::Append { first, steps } => {
                (TrialRequest::Append { first, steps: Vec::new() }, steps)
            }
            request => (request, Vec::new()),
        }
    }

    /// Returns the largest number of trials that the request may create.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(in crate::storage) fn new_trials(&self) -> usize {
        match self {
            TrialRequest::Create { .. } | TrialRequest::Next { .. } => 1,
            TrialRequest::Append { steps, .. } => steps.iter().map(TrialRequest::new_trials).sum(),
            TrialRequest::Record { .. } | TrialRequest::Recover { .. } => 0,
        }
    }
}

#[cfg(feature = "postgres")]
impl TrialRequest {
    /// Returns true if the request may set a trial running that was not.
    pub(in crate::storage) fn starts_a_trial(&self) -> bool {
        match self {
            TrialRequest::Append { steps, .. } => steps.iter().any(TrialRequest::starts_a_trial),
            TrialRequest::Next { .. }
            | TrialRequest::Record { change: OwnedEvent::Started { .. }, .. } => true,
            TrialRequest::Create { new, .. } => {
                new.given.as_ref().is_none_or(|given| given.state == State::Running)
            }
            _ => false,
        }
    }
}

/// The answer to a request.
#[derive(Debug)]
pub(in crate::storage) enum Answer {
    Done,
    /// The number of a new study or trial, or of the first of several.
    Number(u64),
    /// True if the conditional change was made.
    Amended(bool),
    Next(Next),
    Recovered(Vec<u64>),
}

impl Request {
    /// Returns the guest for whom a server writes; `None` for this worker.
    pub(in crate::storage) fn by(&self) -> Option<&str> {
        match self {
            Request::Trials { by, .. } => by.as_deref(),
            _ => None,
        }
    }

    /// Returns true if the answer must wait for the disk.
    pub(in crate::storage) fn is_durable(&self) -> bool {
        match self {
            Request::Trials { request: TrialRequest::Next { .. }, .. } => false,
            Request::Trials { request: TrialRequest::Record { change, .. }, .. } => {
                matches!(change, OwnedEvent::Finished { .. })
            }
            _ => true,
        }
    }

    /// Returns true if the caller will evaluate a trial because of this request.
    pub(super) fn begins_trial(&self) -> bool {
        let Request::Trials { request, .. } = self else { return false };
        matches!(
            request,
            TrialRequest::Next { .. }
                | TrialRequest::Record { change: OwnedEvent::Sampled { .. }, .. }
        )
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl Request {
    /// Returns the study, and the trial if the request concerns a certain one, if the request may
    /// be repeated after a server has lost it. That is a request for a trial, or one that begins or
    /// ends a trial.
    pub(in crate::storage) fn repeatable(&self) -> Option<(u64, Option<u64>)> {
        match self {
            Request::Trials { study, request: TrialRequest::Next { .. }, .. } => {
                Some((*study, None))
            }
            Request::Trials {
                study, request: TrialRequest::Record { number, change, .. }, ..
            } => matches!(change, OwnedEvent::Finished { .. } | OwnedEvent::Sampled { .. })
                .then_some((*study, Some(*number))),
            _ => None,
        }
    }
}

/// An event that owns its data.
#[derive(Clone, Debug)]
pub(in crate::storage) enum OwnedEvent {
    Sampled { params: Vec<(ParamId, Value)>, seen: u64, explanation: String },
    Started { at: Timestamp },
    Reported { step: u64, value: f64 },
    Attribute { scope: AttributeScope, key: String, value: Json },
    Requeued,
    Paused,
    Finished { state: State, values: Vec<f64>, message: String, at: Timestamp },
}

impl From<&Event<'_>> for OwnedEvent {
    fn from(event: &Event<'_>) -> Self {
        match *event {
            Event::Sampled { params, seen, explanation } => OwnedEvent::Sampled {
                params: params.to_vec(),
                seen,
                explanation: explanation.to_owned(),
            },
            Event::Started { at } => OwnedEvent::Started { at },
            Event::Reported { step, value } => OwnedEvent::Reported { step, value },
            Event::Attribute { scope, key, value } => {
                OwnedEvent::Attribute { scope, key: key.to_owned(), value: value.clone() }
            }
            Event::Requeued => OwnedEvent::Requeued,
            Event::Paused => OwnedEvent::Paused,
            Event::Finished { outcome, at } => {
                let (values, message) = match outcome {
                    Outcome::Complete(values) => (values.to_vec(), ""),
                    Outcome::Pruned(message) | Outcome::Failed(message) => (Vec::new(), message),
                };
                OwnedEvent::Finished {
                    state: outcome.state(),
                    values,
                    message: message.to_owned(),
                    at,
                }
            }
        }
    }
}

impl OwnedEvent {
    /// Returns the event with borrowed data.
    pub(super) fn event(&self) -> Event<'_> {
        match self {
            OwnedEvent::Sampled { params, seen, explanation } => {
                Event::Sampled { params, seen: *seen, explanation }
            }
            OwnedEvent::Started { at } => Event::Started { at: *at },
            OwnedEvent::Reported { step, value } => Event::Reported { step: *step, value: *value },
            OwnedEvent::Attribute { scope, key, value } => {
                Event::Attribute { scope: *scope, key, value }
            }
            OwnedEvent::Requeued => Event::Requeued,
            OwnedEvent::Paused => Event::Paused,
            OwnedEvent::Finished { state, values, message, at } => Event::Finished {
                outcome: match state {
                    State::Complete => Outcome::Complete(values),
                    State::Pruned => Outcome::Pruned(message),
                    _ => Outcome::Failed(message),
                },
                at: *at,
            },
        }
    }
}
