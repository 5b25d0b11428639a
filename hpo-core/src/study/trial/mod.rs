//! The handle of a running trial.

mod artifact;
mod checkpoint;
mod metrics;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use serde::Serialize;

pub use checkpoint::Steps;

use checkpoint::ExecutionCheckpoint;
use metrics::Metrics;

use super::oracle::{Oracle, TrialJob, check_constraint};
use super::outcome::{Cause, TrialEnd, TrialError};
use super::resources::WorkerResources;
use crate::artifact::ArtifactError;
use crate::checkpoint::Checkpoints;
use crate::error::{Error, Result};
use crate::pruner::Decision;
use crate::rng::Rng;
use crate::space::Params;
use crate::storage::StorageError;
use crate::trial::{AttributeScope, Direction, Objective};

/// A running trial, as its objective sees it.
#[derive(Debug)]
pub struct Trial<'a> {
    job: &'a TrialJob,
    seed: u64,
    control: TrialControl<'a>,
    started: Instant,
    metrics: Metrics,
    round: ExecutionCheckpoint,
    /// True if the trial must stop training and complete with its present result.
    ending: Arc<AtomicBool>,
    /// True if that was so in any execution.
    ended_early: Cell<bool>,
    /// The reason why the trial was told to end, whatever its objective makes of it.
    stop_cause: RefCell<Option<Cause>>,
    /// True if the objective went on after that.
    ignored_stop: Cell<bool>,
}

/// The environment of a trial: what may end it, and the receivers of its reports.
#[derive(Clone, Copy)]
pub(crate) struct TrialControl<'a> {
    /// The oracle of the study; `None` for a fit outside a search, whose reports are dropped.
    pub(crate) oracle: Option<&'a Oracle>,
    pub(crate) checkpoints: &'a Checkpoints,
    pub(crate) share: &'a WorkerResources,
    pub(crate) limit: Option<Duration>,
    pub(crate) interrupted: &'a dyn Fn() -> bool,
    /// The program that runs the search, if it is another one than this.
    pub(crate) driver: Option<&'a dyn Driver>,
    /// Receives each report. Returns true if the trial must stop training.
    pub(crate) on_report: &'a dyn Fn(&Report<'_>) -> bool,
}

/// A program that runs a search and has started this one to evaluate a trial.
pub(crate) trait Driver {
    /// The direction of the objective by which trials are pruned.
    fn direction(&self) -> Direction;
    /// Returns the step of the checkpoint from which the trial continues.
    fn resumed_step(&self) -> Option<u64>;
    /// Sends word that there is a checkpoint of a step.
    fn checkpoint(&self, step: u64);
    /// Sends the violation of a constraint.
    fn constraint(&self, name: &str, value: f64);
    /// Sends an attribute of the trial.
    fn attribute(&self, key: &str, value: &serde_json::Value);
    /// Keeps a file with the trial.
    fn artifact(&self, name: &str, bytes: &[u8]) -> Result<(), ArtifactError>;
}

/// A report as it is passed on to the callbacks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report<'r> {
    pub(crate) number: u64,
    pub(crate) execution: u32,
    pub(crate) step: u64,
    pub(crate) value: f64,
    pub(crate) metrics: &'r [(&'r str, f64)],
}

impl<'a> Trial<'a> {
    pub(crate) fn new(job: &'a TrialJob, seed: u64, control: TrialControl<'a>) -> Self {
        Self {
            job,
            seed,
            control,
            started: Instant::now(),
            metrics: Metrics::default(),
            round: ExecutionCheckpoint::default(),
            ending: Arc::default(),
            ended_early: Cell::default(),
            stop_cause: RefCell::default(),
            ignored_stop: Cell::default(),
        }
    }

    /// Returns the number of the trial, from 0, unique in the study.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.job.number
    }

    /// Returns the parameters as an untyped point.
    #[must_use]
    pub fn params(&self) -> &Params {
        &self.job.params
    }

    /// Returns the explanation of the parameters in one line: the sampler's name and its reason, or
    /// another origin, such as `queued by hand`.
    #[must_use]
    pub fn explain(&self) -> &str {
        &self.job.explanation
    }

    /// Returns the index of the execution of this config, from 0. A tuner may ask for several.
    #[must_use]
    pub fn execution(&self) -> u32 {
        self.metrics.execution
    }

    /// Returns a seed for the objective's own random numbers. It is the same for the same study
    /// seed, trial number and execution.
    #[must_use]
    pub fn seed(&self) -> u64 {
        use rand::Rng as _;
        self.rng().next_u64()
    }

    /// Returns a random stream for the objective, other than the one from which the config was
    /// drawn.
    #[must_use]
    pub fn rng(&self) -> Rng {
        Rng::retry(!self.seed, self.job.number, self.metrics.execution)
    }

    /// Returns the part of the machine that is reserved for the trial.
    #[must_use]
    pub fn share(&self) -> &WorkerResources {
        self.control.share
    }

    /// Returns the number of promotions of the trial: 0 in its first round.
    #[must_use]
    pub fn round(&self) -> u32 {
        self.job.budget.map_or(0, |budget| budget.round)
    }

    /// Returns the time since this round of the trial started.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Reports an intermediate value, after an epoch, a fold, or a round. Steps count from 1 (or
    /// 0); a repeated step replaces its value.
    ///
    /// # Errors
    /// If the trial must end here: a pruner has stopped it, its budget is used up, it was
    /// interrupted, or took too long. Pass the error on with `?`.
    pub fn report(&mut self, step: u64, value: f64) -> Result<(), TrialEnd> {
        self.still_runs()?;
        self.reported(step, value, &[])
    }

    /// Does the same as [`report`](Self::report), and passes named metrics of the step on to the
    /// callbacks: logs and TensorBoard show them. For an objective of a study; that of a tuner
    /// [logs](Self::log) its metrics.
    ///
    /// # Errors
    /// See [`report`](Self::report).
    pub fn report_with(
        &mut self,
        step: u64,
        value: f64,
        metrics: &[(&str, f64)],
    ) -> Result<(), TrialEnd> {
        self.still_runs()?;
        self.metrics.log_all(metrics);
        self.record_best(step, value)?;
        self.reported(step, value, metrics)
    }

    /// Returns the metric that the tuner of the trial expects; `None` in a study without a tuner.
    #[must_use]
    pub fn objective(&self) -> Option<&Objective> {
        self.metrics.objective.as_ref()
    }

    /// Declares that the training has ended before its budget, by the objective's own early
    /// stopping: the trial is complete with the value that it has, and not paused.
    pub fn end_early(&self) {
        self.ending.store(true, std::sync::atomic::Ordering::Relaxed);
        self.ended_early.set(true);
    }

    /// Logs named metrics after a step. A tuner's objective is reported at this step, as the mean
    /// over the executions so far; the trial's value is its best over all steps.
    ///
    /// # Errors
    /// See [`report`](Self::report).
    pub fn log(&mut self, step: u64, metrics: &[(&str, f64)]) -> Result<(), TrialEnd> {
        self.still_runs()?;
        self.metrics.log_all(metrics);
        let objective = self.metrics.objective.as_ref();
        let value = metrics
            .iter()
            .find(|(name, _)| objective.is_some_and(|objective| objective.name == *name));
        let Some((_, value)) = value else {
            self.forward(&self.report_of(step, f64::NAN, metrics));
            return self.ends_now();
        };
        let mean = self.metrics.mean_at(step, *value);
        self.record_best(step, *value)?;
        self.reported(step, mean, metrics)
    }

    /// Records a named metric, such as the one that a tuner optimises. Of several values of a name
    /// the last one counts. For the tuner's objective the best one counts, and for metrics
    /// [logged](Self::log) together with it, the values of its step.
    pub fn metric(&mut self, name: &str, value: f64) {
        self.metrics.log(name, value);
    }

    /// Reports the violation of a constraint that is only known after the evaluation: it is
    /// violated above 0, and kept otherwise. A repeated name replaces its value; over several
    /// executions the mean counts.
    ///
    /// A trial that violates a constraint completes like any other, and samplers learn from it, but
    /// it is never the best one. A constraint that can be checked from the config alone belongs in
    /// the type: configs that break `#[search_space(constraint = ..)]` are never evaluated.
    ///
    /// ```
    /// use hpo_core::prelude::*;
    ///
    /// #[derive(Debug, Clone, SearchSpace)]
    /// struct Net {
    ///     #[search_space(range = 1..=100)]
    ///     units: u32,
    /// }
    ///
    /// let study = Study::<Net>::maximize().seed(1).open()?;
    /// study.optimize(20, |net, trial| {
    ///     let megabytes = 1.5 * f64::from(net.units);               // as measured
    ///     trial.constraint("memory", megabytes - 60.0)?;
    ///     Ok::<_, TrialError>(f64::from(net.units))
    /// })?;
    /// assert!(study.best_config()?.units <= 40);
    /// # Ok::<(), hpo_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the value is NaN, or the storage fails.
    pub fn constraint(&mut self, name: &str, value: f64) -> Result<(), TrialEnd> {
        check_constraint(self.job.number, name, value).map_err(|error| TrialEnd::failed(&error))?;
        let mean = self.metrics.mean_constraint(name, value);
        if let Some(oracle) = self.control.oracle {
            return self.stored(oracle.constraint(self.job.number, name, mean));
        }
        self.control.driver.inspect(|driver| driver.constraint(name, mean));
        Ok(())
    }

    /// Checks if the trial must end here, without a report.
    ///
    /// # Errors
    /// If it must, as in [`report`](Self::report).
    pub fn check(&self) -> Result<(), TrialEnd> {
        self.still_runs()?;
        self.ends_now()
    }

    fn ends_now(&self) -> Result<(), TrialEnd> {
        if (self.control.interrupted)() {
            return Err(self.stop_with(Cause::Interrupted));
        }
        self.in_time()
    }

    /// Makes the objective's own decision to stop early, as an error to be passed on with `?` or
    /// `return Err(..)`. The trial counts as pruned, not as failed, whatever the error type that
    /// wraps it.
    ///
    /// ```
    /// # use hpo_core::prelude::*;
    /// # #[derive(SearchSpace, Clone, Debug)]
    /// # struct Config { #[search_space(range = 0.0..=1.0)] rate: f64 }
    /// # let study = Study::<Config>::minimize().seed(1).open()?;
    /// let run = study.optimize(20, |config, trial| -> Result<f64, Box<dyn std::error::Error>> {
    ///     if config.rate > 0.5 {
    ///         return Err(trial.prune("it will not converge").into());
    ///     }
    ///     Ok(config.rate)
    /// })?;
    /// assert!(run.pruned > 0 && run.failed == 0);
    /// # Ok::<(), hpo_core::Error>(())
    /// ```
    #[must_use = "pass it on: return Err(trial.prune(..).into())"]
    pub fn prune(&self, reason: impl Into<String>) -> TrialEnd {
        self.stop_with(Cause::Pruned(reason.into()))
    }

    /// Sets an attribute of the trial: any value that can be serialised, under its own key.
    ///
    /// # Errors
    /// If the value cannot be written as JSON, or the storage fails.
    pub fn set_attribute(&mut self, key: &str, value: impl Serialize) -> Result<(), TrialEnd> {
        let value = serde_json::to_value(value).map_err(|error| TrialEnd::failed(&error))?;
        let Some(oracle) = self.control.oracle else {
            self.control.driver.inspect(|driver| driver.attribute(key, &value));
            return Ok(());
        };
        self.stored(oracle.note(self.job.number, AttributeScope::User, key, &value))
    }

    pub(crate) fn in_time(&self) -> Result<(), TrialEnd> {
        match self.control.limit {
            Some(limit) if self.started.elapsed() > limit => {
                Err(self.stop_with(Cause::TimedOut(limit)))
            }
            _ => Ok(()),
        }
    }

    /// Returns the outcome of an objective, or of one of its executions. If the trial was told to
    /// end, that reason takes precedence over the objective's own error or value.
    pub(crate) fn with_stop_cause<T>(
        &self,
        outcome: Result<T, TrialError>,
    ) -> Result<T, TrialError> {
        let stop_cause = self.stop_cause.take();
        match (&outcome, stop_cause) {
            (Err(TrialError(Cause::Failed(_))), Some(stop_cause))
            | (
                Ok(_),
                Some(
                    stop_cause @ (Cause::Pruned(_)
                    | Cause::Paused(_)
                    | Cause::TimedOut(_)
                    | Cause::Fatal(_)),
                ),
            ) => Err(TrialError(stop_cause)),
            // A value that exists when the run is interrupted is kept.
            _ => outcome,
        }
    }

    /// Returns true if the objective went on after it had been told to end.
    pub(crate) fn ignored_stop(&self) -> bool {
        self.ignored_stop.get()
    }

    /// Returns true if a callback has ended the trial, or one of its executions, before its budget
    /// was used up.
    pub(crate) fn has_ended_early(&self) -> bool {
        self.ended_early.get()
    }

    /// Sets the metric that a tuner expects, and the number of executions.
    pub(crate) fn expect(&mut self, objective: &Objective, executions: u32) {
        self.metrics.objective = Some(objective.clone());
        self.round.executions = executions;
    }

    /// Ends an execution. Returns its score, or the names of the metrics that it did report.
    pub(crate) fn end_execution(&mut self) -> Result<f64, Vec<String>> {
        let earlier = self.round.earlier_best.take();
        self.round.next_execution();
        // The request to end concerned this execution only.
        self.ending = Arc::default();
        self.metrics.end_execution(earlier)
    }

    fn reported(&mut self, step: u64, value: f64, metrics: &[(&str, f64)]) -> Result<(), TrialEnd> {
        self.ends_now()?;
        if metrics.is_empty() {
            self.record_best(step, value)?;
        }
        let decision = match self.control.oracle {
            Some(oracle) => self.stored(oracle.report_step(self.job.number, step, value))?,
            None => Decision::Continue,
        };
        let report = self.report_of(step, value, metrics);
        self.forward(&report);
        match decision {
            Decision::Continue => {}
            // An objective that knows its budget ends by itself when the step is done.
            Decision::Pause(_)
                if self.round.is_known
                    && self.job.budget.is_some_and(|budget| step == budget.to) => {}
            Decision::Pause(value) => return Err(self.stop_with(Cause::Paused(value))),
            Decision::Stop(reason) => return Err(self.stop_with(Cause::Pruned(reason))),
        }
        self.ends_now()
    }

    fn report_of<'r>(&self, step: u64, value: f64, metrics: &'r [(&'r str, f64)]) -> Report<'r> {
        Report { number: self.job.number, execution: self.metrics.execution, step, value, metrics }
    }

    fn forward(&self, report: &Report<'_>) {
        if (self.control.on_report)(report) {
            self.end_early();
        }
    }

    /// Tells the trial to end. A decision is final: later causes do not replace it.
    fn stop_with(&self, cause: Cause) -> TrialEnd {
        let end = TrialEnd(cause.again());
        let mut stop_cause = self.stop_cause.borrow_mut();
        if !matches!(*stop_cause, Some(Cause::Pruned(_) | Cause::Paused(_) | Cause::Fatal(_))) {
            *stop_cause = Some(cause);
        }
        end
    }

    /// Converts an answer of the storage. A broken rule is the objective's fault and fails the
    /// trial. Any other error ends the run, whatever the objective makes of it.
    pub(super) fn stored<T>(&self, answer: Result<T>) -> Result<T, TrialEnd> {
        answer.map_err(|error| match error {
            Error::Storage(StorageError::State(rejected)) => TrialEnd::failed(&rejected),
            error => self.stop_with(Cause::Fatal(Box::new(error))),
        })
    }

    /// Returns an error if the trial was told to end before, and goes on all the same.
    fn still_runs(&self) -> Result<(), TrialEnd> {
        let stop_cause = self.stop_cause.borrow();
        self.ignored_stop.set(self.ignored_stop.get() || stop_cause.is_some());
        match &*stop_cause {
            Some(stop_cause @ (Cause::Pruned(_) | Cause::Paused(_) | Cause::Fatal(_))) => {
                Err(TrialEnd(stop_cause.again()))
            }
            // Other causes are found again by the next check.
            _ => Ok(()),
        }
    }

    /// Returns the means of all metrics over the executions.
    pub(crate) fn means(&self) -> BTreeMap<String, f64> {
        let executions = f64::from(self.metrics.execution.max(1));
        self.metrics.sums.iter().map(|(name, sum)| (name.clone(), sum / executions)).collect()
    }
}

impl std::fmt::Debug for TrialControl<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrialControl").field("limit", &self.limit).finish_non_exhaustive()
    }
}
