//! What can happen to a trial, and when it is refused.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::param::ParamId;
use super::{State, Timestamp};
use crate::space::{Value, counted};

/// Notes of users and libraries on a trial or a study.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes {
    /// The user's.
    pub user: BTreeMap<String, Json>,
    /// The libraries'.
    pub system: BTreeMap<String, Json>,
}

impl Attributes {
    /// The notes of one scope.
    #[must_use]
    pub fn scope(&self, scope: Scope) -> &BTreeMap<String, Json> {
        match scope {
            Scope::User => &self.user,
            Scope::System => &self.system,
        }
    }

    /// Writes a note, over the former one of its key.
    pub fn insert(&mut self, scope: Scope, key: &str, value: Json) {
        let notes = match scope {
            Scope::User => &mut self.user,
            Scope::System => &mut self.system,
        };
        notes.insert(key.to_owned(), value);
    }

    /// Writes notes, over the former ones of their keys.
    pub fn extend(&mut self, notes: &Self) {
        self.user.extend(notes.user.clone());
        self.system.extend(notes.system.clone());
    }

    /// All notes.
    pub fn iter(&self) -> impl Iterator<Item = (Scope, &str, &Json)> {
        let user = self.user.iter().map(|(key, value)| (Scope::User, key.as_str(), value));
        user.chain(self.system.iter().map(|(key, value)| (Scope::System, key.as_str(), value)))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.user.is_empty() && self.system.is_empty()
    }
}

/// A trial about to exist.
#[derive(Clone, Debug, Default)]
pub struct NewTrial {
    /// How the trial begins: `None`, running, its parameters to be sampled; else with all of this at once.
    pub given: Option<Given>,
    /// Its first user and system attributes.
    pub attributes: Attributes,
}

/// What an enqueued or an imported trial brings along.
#[derive(Clone, Debug)]
pub struct Given {
    /// Waiting for an enqueued trial, a finished state for an imported one.
    pub state: State,
    /// Its parameters, all of them declared.
    pub params: Vec<(ParamId, Value)>,
    /// Its values, one an objective, if complete.
    pub values: Vec<f64>,
    /// Its reports.
    pub reports: Vec<(u64, f64)>,
}

/// A change of a trial. Borrowed: the fold copies what it keeps.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A sampler chose its parameters.
    Sampled {
        /// The active parameters, all of them declared, in the order of the space.
        params: &'a [(ParamId, Value)],
        /// How many changes of the study the sampler had seen: [`Trials::ordinal`](super::Trials::ordinal).
        seen: u64,
        /// Who chose them and why, in one line; empty if nothing is known of that.
        explanation: &'a str,
    },
    /// A waiting trial is taken, or a paused one promoted.
    Started {
        /// When.
        at: Timestamp,
    },
    /// A value on the way.
    Reported {
        /// The step, from 0 up; a repeated step replaces the value.
        step: u64,
        /// The value; NaN and infinities are data.
        value: f64,
    },
    /// A note on the trial; a repeated key replaces it.
    Attribute {
        /// Whose note it is.
        scope: Scope,
        /// Its name.
        key: &'a str,
        /// What it says.
        value: &'a Json,
    },
    /// A running trial goes back to the queue, with its parameters. It keeps its reports up to its
    /// [checkpoint](super::CHECKPOINT); without one they are gone, since it begins anew.
    Requeued,
    /// A running trial has come to the end of its budget. It keeps its reports, and is [started](Event::Started) again if it
    /// is promoted.
    Paused,
    /// The end.
    Finished {
        /// How it ended.
        outcome: Outcome<'a>,
        /// When.
        at: Timestamp,
    },
}

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome<'a> {
    /// With its values, one an objective; infinities are values, NaN is not.
    Complete(&'a [f64]),
    /// Stopped by a pruner, with the reason in words.
    Pruned(&'a str),
    /// By a failure, with its message.
    Failed(&'a str),
}

impl Outcome<'_> {
    /// The state in which the trial ends.
    #[must_use]
    pub fn state(self) -> State {
        match self {
            Outcome::Complete(_) => State::Complete,
            Outcome::Pruned(_) => State::Pruned,
            Outcome::Failed(_) => State::Failed,
        }
    }
}

/// Whose attribute it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The user's.
    User,
    /// The library's, or that of another library on the same storage.
    System,
}

/// A change that the rules forbid.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejected {
    /// There is no such trial.
    #[error("there is no trial {number}")]
    NoSuchTrial {
        /// The number asked for.
        number: u64,
    },
    /// The trial has ended; ended trials never change.
    #[error("trial {number} has ended as {state:?} and cannot change any more")]
    Finished {
        /// The trial.
        number: u64,
        /// How it ended.
        state: State,
    },
    /// The trial is in another state than the change asks for.
    #[error("trial {number} is {state:?}, not {expected:?}")]
    WrongState {
        /// The trial.
        number: u64,
        /// Its state.
        state: State,
        /// The state asked for.
        expected: State,
    },
    /// A new trial was to get another number than the next one.
    #[error("the next trial is number {next}, not {number}: others were made meanwhile")]
    NotNext {
        /// The number asked for.
        number: u64,
        /// The number that it would get.
        next: u64,
    },
    /// Parameters are chosen once.
    #[error("trial {number} has its parameters already")]
    AlreadySampled {
        /// The trial.
        number: u64,
    },
    /// Another worker has chosen the same parameters, after this one had looked.
    #[error("trial {number} has just the parameters that trial {by} was given meanwhile: choose again")]
    Taken {
        /// The trial.
        number: u64,
        /// The other one.
        by: u64,
    },
    /// Too many or too few values.
    #[error("trial {number} gives {}, the study has {}", counted(found, "value"), counted(expected, "objective"))]
    ValueCount {
        /// The trial.
        number: u64,
        /// The values given.
        found: usize,
        /// The objectives.
        expected: usize,
    },
    /// A value that is not a number.
    #[error("trial {number} gives NaN as a value: report it as failed")]
    NotANumber {
        /// The trial.
        number: u64,
    },
    /// A parameter that was not declared.
    #[error("trial {number} has a parameter that was not declared: number {param}")]
    Undeclared {
        /// The trial.
        number: u64,
        /// The parameter.
        param: u32,
    },
}

impl Rejected {
    /// Whether somebody else has chosen the trial's parameters, or ended it.
    pub(crate) fn is_end_or_choice(&self) -> bool {
        matches!(self, Rejected::AlreadySampled { .. } | Rejected::Finished { .. })
    }
}
