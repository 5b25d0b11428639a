//! The live handle of a running trial.

use std::cell::Cell;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::outcome::{Cause, TrialError};
use super::{Oracle, Ticket};
use crate::error::Error;
use crate::rng::Rng;
use crate::space::Params;
use crate::storage::StorageError;
use crate::trial::Scope;

/// A running trial, as its objective sees it.
#[derive(Debug)]
pub struct Trial<'a> {
    oracle: &'a Oracle,
    ticket: &'a Ticket,
    control: Control<'a>,
    started: Instant,
    last_step: Cell<Option<u64>>,
}

/// What may end a trial from outside, and who hears of its reports.
#[derive(Clone, Copy)]
pub(super) struct Control<'a> {
    pub(super) limit: Option<Duration>,
    pub(super) interrupted: &'a dyn Fn() -> bool,
    pub(super) heard: &'a dyn Fn(u64, u64, f64),
}

impl<'a> Trial<'a> {
    pub(super) fn new(oracle: &'a Oracle, ticket: &'a Ticket, control: Control<'a>) -> Self {
        Self {
            oracle,
            ticket,
            control,
            started: Instant::now(),
            last_step: Cell::new(None),
        }
    }

    /// Its number, from 0, unique in the study.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.ticket.number
    }

    /// Its parameters, untyped.
    #[must_use]
    pub fn params(&self) -> &Params {
        &self.ticket.params
    }

    /// A seed for whatever the objective draws: the same for the same study seed and trial number.
    #[must_use]
    pub fn seed(&self) -> u64 {
        use rand::Rng as _;
        self.rng().next_u64()
    }

    /// A random stream for whatever the objective draws; another than that of which the config was drawn.
    #[must_use]
    pub fn rng(&self) -> Rng {
        Rng::derive(!self.oracle.seed(), self.ticket.number)
    }

    /// How long it has been running.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Notes a value on the way: after an epoch, a fold, a round. Steps count from 0 or 1; a repeated step replaces its value.
    ///
    /// # Errors
    /// When the trial shall end here: it was interrupted, or took longer than it may. Hand the error on with `?`.
    pub fn report(&mut self, step: u64, value: f64) -> Result<(), TrialError> {
        self.check()?;
        self.oracle
            .report(self.ticket.number, step, value)
            .map_err(storage_cause)?;
        self.last_step.set(Some(step));
        (self.control.heard)(self.ticket.number, step, value);
        self.check()
    }

    /// Asks whether the trial shall end here, without a report.
    ///
    /// # Errors
    /// When it shall, as in [`report`](Self::report).
    pub fn check(&self) -> Result<(), TrialError> {
        if (self.control.interrupted)() {
            return Err(TrialError(Cause::Interrupted));
        }
        match self.control.limit {
            Some(limit) if self.started.elapsed() > limit => {
                Err(TrialError(Cause::TimedOut(limit)))
            }
            _ => Ok(()),
        }
    }

    /// Writes a note on the trial: anything that serialises, under a name of its own.
    ///
    /// # Errors
    /// If the value cannot be written as JSON, or the storage fails.
    pub fn set_attribute(&mut self, key: &str, value: impl Serialize) -> Result<(), TrialError> {
        let value = serde_json::to_value(value)?;
        self.oracle
            .note(self.ticket.number, Scope::User, key, &value)
            .map_err(storage_cause)
    }

    /// The last step reported.
    #[must_use]
    pub fn last_step(&self) -> Option<u64> {
        self.last_step.get()
    }
}

/// A broken rule is the objective's fault and fails the trial; anything else is the storage's and ends the run.
fn storage_cause(error: Error) -> TrialError {
    match error {
        Error::Storage(StorageError::Rejected(rejected)) => TrialError::from(rejected),
        Error::Storage(error) => TrialError(Cause::Storage(error)),
        error => TrialError::from(error),
    }
}

impl std::fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
