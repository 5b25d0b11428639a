//! The live handle of a running trial.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::outcome::{Cause, TrialError};
use super::{Oracle, Ticket};
use crate::error::Error;
use crate::rng::Rng;
use crate::space::Params;
use crate::storage::StorageError;
use crate::trial::{Objective, Scope};

/// A running trial, as its objective sees it.
#[derive(Debug)]
pub struct Trial<'a> {
    ticket: &'a Ticket,
    seed: u64,
    control: Control<'a>,
    started: Instant,
    metrics: Metrics,
}

/// What may end a trial from outside, and who hears of its reports.
#[derive(Clone, Copy)]
pub(crate) struct Control<'a> {
    /// `None` for a fit outside a search: what it reports goes nowhere.
    pub(crate) oracle: Option<&'a Oracle>,
    pub(crate) limit: Option<Duration>,
    pub(crate) interrupted: &'a dyn Fn() -> bool,
    pub(crate) heard: &'a dyn Fn(u64, u64, f64),
}

/// The named metrics of a trial, over its executions.
#[derive(Debug, Default)]
struct Metrics {
    /// The metric that stands for the trial's value, where a tuner asks for one.
    objective: Option<Objective>,
    /// Which run of the same config this is, from 0.
    execution: u32,
    /// Of this execution: the last value of each metric, and the best one of the objective.
    last: BTreeMap<String, f64>,
    best: Option<f64>,
    /// Of all executions: sums and counts by step, so that a report is their mean.
    steps: BTreeMap<u64, (f64, u32)>,
    /// Of the ended executions: sums by name.
    sums: BTreeMap<String, f64>,
}

impl<'a> Trial<'a> {
    pub(crate) fn new(ticket: &'a Ticket, seed: u64, control: Control<'a>) -> Self {
        Self { ticket, seed, control, started: Instant::now(), metrics: Metrics::default() }
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

    /// Which run of the same config this is, from 0: a tuner may ask for several.
    #[must_use]
    pub fn execution(&self) -> u32 {
        self.metrics.execution
    }

    /// A seed for whatever the objective draws: the same for the same study seed, trial number and execution.
    #[must_use]
    pub fn seed(&self) -> u64 {
        use rand::Rng as _;
        self.rng().next_u64()
    }

    /// A random stream for whatever the objective draws; another than that of which the config was drawn.
    #[must_use]
    pub fn rng(&self) -> Rng {
        Rng::retry(!self.seed, self.ticket.number, self.metrics.execution)
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
        if let Some(oracle) = self.control.oracle {
            oracle.report(self.ticket.number, step, value).map_err(storage_cause)?;
        }
        (self.control.heard)(self.ticket.number, step, value);
        self.check()
    }

    /// Notes named metrics after a step. A tuner's objective is reported at this step, as the mean over the executions
    /// so far; the trial's value is its best over all steps.
    ///
    /// # Errors
    /// As [`report`](Self::report).
    pub fn log(&mut self, step: u64, metrics: &[(&str, f64)]) -> Result<(), TrialError> {
        for (name, value) in metrics {
            self.metric(name, *value);
        }
        let objective = self.metrics.objective.as_ref();
        let value = metrics.iter().find(|(name, _)| objective.is_some_and(|objective| objective.name == *name));
        match value {
            Some((_, value)) => {
                let mean = self.metrics.mean_at(step, *value);
                self.report(step, mean)
            }
            None => self.check(),
        }
    }

    /// Notes a named metric, such as the one that a tuner optimises. Of several values of a name the last counts; of
    /// the tuner's objective, the best.
    pub fn metric(&mut self, name: &str, value: f64) {
        self.metrics.note(name, value);
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
            Some(limit) if self.started.elapsed() > limit => Err(TrialError(Cause::TimedOut(limit))),
            _ => Ok(()),
        }
    }

    /// Writes a note on the trial: anything that serialises, under a name of its own.
    ///
    /// # Errors
    /// If the value cannot be written as JSON, or the storage fails.
    pub fn set_attribute(&mut self, key: &str, value: impl Serialize) -> Result<(), TrialError> {
        let value = serde_json::to_value(value)?;
        let Some(oracle) = self.control.oracle else {
            return Ok(());
        };
        oracle.note(self.ticket.number, Scope::User, key, &value).map_err(storage_cause)
    }

    pub(crate) fn expect(&mut self, objective: &Objective) {
        self.metrics.objective = Some(objective.clone());
    }

    /// Ends an execution: its score, or the names of the metrics that it did report.
    pub(crate) fn end_execution(&mut self) -> Result<f64, Vec<String>> {
        self.metrics.end_execution()
    }

    /// The means of all metrics over the executions.
    pub(crate) fn means(&self) -> BTreeMap<String, f64> {
        let executions = f64::from(self.metrics.execution.max(1));
        self.metrics.sums.iter().map(|(name, sum)| (name.clone(), sum / executions)).collect()
    }
}

impl Metrics {
    fn note(&mut self, name: &str, value: f64) {
        if let Some(objective) = self.objective.as_ref().filter(|objective| objective.name == name) {
            let best = self.best.filter(|best| !objective.direction.is_better(value, *best));
            self.best = Some(best.unwrap_or(value));
        }
        match self.last.get_mut(name) {
            Some(last) => *last = value,
            None => {
                self.last.insert(name.to_owned(), value);
            }
        }
    }

    fn mean_at(&mut self, step: u64, value: f64) -> f64 {
        let (sum, count) = self.steps.entry(step).or_default();
        (*sum, *count) = (*sum + value, *count + 1);
        *sum / f64::from(*count)
    }

    fn end_execution(&mut self) -> Result<f64, Vec<String>> {
        let last = std::mem::take(&mut self.last);
        let score = self.best.take().ok_or_else(|| last.keys().cloned().collect::<Vec<_>>())?;
        let objective = self.objective.as_ref().map(|objective| objective.name.as_str());
        for (name, value) in last {
            let value = if Some(name.as_str()) == objective { score } else { value };
            *self.sums.entry(name).or_default() += value;
        }
        self.execution += 1;
        Ok(score)
    }
}

/// A broken rule is the objective's fault and fails the trial; anything else is the storage's and ends the run.
fn storage_cause(error: Error) -> TrialError {
    match error {
        Error::Storage(StorageError::Rejected(rejected)) => TrialError::from(rejected),
        error => TrialError::fatal(error),
    }
}

impl std::fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("limit", &self.limit).finish_non_exhaustive()
    }
}
