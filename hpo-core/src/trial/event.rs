//! The events of a trial, and the errors of those that are refused.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::param::ParamId;
use super::{State, Timestamp};
use crate::space::{Value, counted};

/// The attributes of a trial or a study, written by users and libraries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes {
    /// The attributes of the user.
    pub user: BTreeMap<String, Json>,
    /// The attributes of libraries.
    pub system: BTreeMap<String, Json>,
}

impl Attributes {
    /// Returns the attributes of one scope.
    #[must_use]
    pub fn scope(&self, scope: AttributeScope) -> &BTreeMap<String, Json> {
        match scope {
            AttributeScope::User => &self.user,
            AttributeScope::System => &self.system,
        }
    }

    /// Writes an attribute, replacing any value of its key.
    pub fn insert(&mut self, scope: AttributeScope, key: &str, value: Json) {
        let attributes = match scope {
            AttributeScope::User => &mut self.user,
            AttributeScope::System => &mut self.system,
        };
        attributes.insert(key.to_owned(), value);
    }

    /// Writes attributes, replacing any values of their keys.
    pub fn extend(&mut self, other: &Self) {
        self.user.extend(other.user.clone());
        self.system.extend(other.system.clone());
    }

    /// Returns all attributes with their scopes.
    pub fn iter(&self) -> impl Iterator<Item = (AttributeScope, &str, &Json)> {
        let user = self.user.iter().map(|(key, value)| (AttributeScope::User, key.as_str(), value));
        user.chain(
            self.system.iter().map(|(key, value)| (AttributeScope::System, key.as_str(), value)),
        )
    }

    /// Returns true if there are no attributes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.user.is_empty() && self.system.is_empty()
    }
}

/// The initial data of a trial to be created.
#[derive(Clone, Debug, Default)]
pub struct NewTrial {
    /// The data that the trial begins with. `None`: it begins running, with parameters to be
    /// sampled.
    pub given: Option<InitialTrial>,
    /// The initial user and system attributes.
    pub attributes: Attributes,
}

/// The data of an enqueued or an imported trial.
#[derive(Clone, Debug)]
pub struct InitialTrial {
    /// `Waiting` for an enqueued trial, a finished state for an imported one.
    pub state: State,
    /// The parameters, all of them declared.
    pub params: Vec<(ParamId, Value)>,
    /// The values, one per objective, if it is complete.
    pub values: Vec<f64>,
    /// The reports, as pairs of a step and a value.
    pub reports: Vec<(u64, f64)>,
}

/// A change of a trial. The data is borrowed: the fold copies the parts that it stores.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A sampler chose the parameters.
    Sampled {
        /// The active parameters, all of them declared, in the order of the space.
        params: &'a [(ParamId, Value)],
        /// The number of changes of the study that the sampler had seen:
        /// [`Trials::ordinal`](super::Trials::ordinal).
        seen: u64,
        /// The sampler that chose them and why, in one line; empty if not known.
        explanation: &'a str,
    },
    /// A waiting trial was taken by a worker, or a paused one was promoted.
    Started {
        /// The time of the start.
        at: Timestamp,
    },
    /// An intermediate value was reported.
    Reported {
        /// The step, from 0; a repeated step replaces the value.
        step: u64,
        /// The value; NaN and infinities are allowed.
        value: f64,
    },
    /// An attribute was written; a repeated key replaces the value.
    Attribute {
        /// The scope of the attribute.
        scope: AttributeScope,
        /// The key of the attribute.
        key: &'a str,
        /// The value of the attribute.
        value: &'a Json,
    },
    /// A running trial goes back to the queue, with its parameters. It keeps its reports up to its
    /// [checkpoint](super::CHECKPOINT). Without a checkpoint all reports are removed, since it
    /// starts again from the beginning.
    Requeued,
    /// A running trial has reached the end of its budget. It keeps its reports, and is
    /// [started](Event::Started) again if it is promoted.
    Paused,
    /// The trial ended with an outcome.
    Finished {
        /// The outcome of the trial.
        outcome: Outcome<'a>,
        /// The time of the end.
        at: Timestamp,
    },
}

/// The outcome of a trial that has ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome<'a> {
    /// The trial completed with its values, one per objective; infinities are allowed, NaN is not.
    Complete(&'a [f64]),
    /// A pruner stopped the trial, for this reason.
    Pruned(&'a str),
    /// The trial failed, with this message.
    Failed(&'a str),
}

impl Outcome<'_> {
    /// Returns the state in which the trial ends.
    #[must_use]
    pub fn state(self) -> State {
        match self {
            Outcome::Complete(_) => State::Complete,
            Outcome::Pruned(_) => State::Pruned,
            Outcome::Failed(_) => State::Failed,
        }
    }
}

/// The owner of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeScope {
    /// An attribute of the user.
    User,
    /// An attribute of this library, or of another library on the same storage.
    System,
}

/// A change that the rules forbid.
#[derive(Clone, Debug, PartialEq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StateError {
    /// The trial does not exist.
    #[error("there is no trial {number}")]
    NoSuchTrial {
        /// The number of the trial that was requested.
        number: u64,
    },
    /// The trial has ended; ended trials never change.
    #[error("trial {number} has ended as {state:?} and cannot change any more")]
    Finished {
        /// The number of the trial.
        number: u64,
        /// The state in which it ended.
        state: State,
    },
    /// The trial is in another state than the change requires.
    #[error("trial {number} is {state:?}, not {expected:?}")]
    WrongState {
        /// The number of the trial.
        number: u64,
        /// The present state of the trial.
        state: State,
        /// The state that the change requires.
        expected: State,
    },
    /// A new trial requested another number than the next one.
    #[error("the next trial is number {next}, not {number}: others were made meanwhile")]
    NotNext {
        /// The number that was requested.
        number: u64,
        /// The next free number.
        next: u64,
    },
    /// The parameters have been chosen already; they are chosen only once.
    #[error("trial {number} has its parameters already")]
    AlreadySampled {
        /// The number of the trial.
        number: u64,
    },
    /// Another worker chose the same parameters after this one had read the history.
    #[error(
        "trial {number} has the parameters that trial {by} was given in the meantime: choose again"
    )]
    DuplicateParams {
        /// The number of the trial.
        number: u64,
        /// The other trial with the same parameters.
        by: u64,
    },
    /// The number of values differs from the number of objectives.
    #[error(
        "trial {number} has {}, and the study has {}",
        counted(found, "value"),
        counted(expected, "objective")
    )]
    ValueCount {
        /// The number of the trial.
        number: u64,
        /// The number of values given.
        found: usize,
        /// The number of objectives.
        expected: usize,
    },
    /// A value is not a number.
    #[error("trial {number} has NaN as a value: report it as failed")]
    NotANumber {
        /// The number of the trial.
        number: u64,
    },
    /// A parameter was not declared.
    #[error("trial {number} has a parameter that was not declared: number {param}")]
    Undeclared {
        /// The number of the trial.
        number: u64,
        /// The number of the parameter.
        param: u32,
    },
}

impl StateError {
    /// Returns true if another process has chosen the trial's parameters, or ended it.
    pub(crate) fn is_end_or_choice(&self) -> bool {
        matches!(self, StateError::AlreadySampled { .. } | StateError::Finished { .. })
    }
}
