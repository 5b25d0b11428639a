//! One trial of a run: its objective is called, and its end is recorded.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use super::callback::{Flow, RunEvent};
use super::{Evaluate, GONE_ON, Runner, unless_ended_by_others};
use crate::error::{Error, Result};
use crate::study::oracle::TrialJob;
use crate::study::outcome::{Cause, TrialError, check_values};
use crate::study::resources::WorkerResources;
use crate::study::trial::{Report, Trial, TrialControl};
use crate::trial::attribute_keys::{IGNORED_BUDGET, REFITTED, WENT_ON};
use crate::trial::{AttributeScope, Outcome, State};

/// The result of a successful evaluation.
struct Evaluated {
    values: Vec<f64>,
    /// True if a callback has ended it early: then there is nothing to continue.
    is_early: bool,
}

/// The number of times that an objective may return one trial to the queue in a run.
const MOST_RETURNS: u32 = 25;

const TOO_MANY_RETURNS: &str = "its objective returned it to the queue 25 times in one run: return \
                                TrialError::interrupted() only for what may work next time";

impl Runner<'_> {
    /// Evaluates one trial and records its end.
    pub(super) fn trial(
        &self,
        job: &TrialJob,
        share: &WorkerResources,
        evaluate: &mut Evaluate<'_>,
    ) -> Result<()> {
        let (number, position) = (job.number, self.shared().streak.begin());
        self.shared().running.insert(number);
        let evaluated = match self.evaluate(job, share, evaluate) {
            Err(TrialError(Cause::Interrupted)) if !self.may_return(number) => {
                Err(TrialError::failed(TOO_MANY_RETURNS))
            }
            evaluated => evaluated,
        };
        self.shared().running.remove(&number);
        let message = evaluated.as_ref().err().map(ToString::to_string).unwrap_or_default();
        match self.finish(job, evaluated).or_else(unless_ended_by_others)? {
            Some(State::Failed) => {
                self.shared().failure.get_or_insert((number, message));
                self.ended(number, State::Failed)?;
                self.give_up_after_failures(position, number)
            }
            Some(state) => {
                self.shared().streak.record_success(position);
                if state == State::Paused { Ok(()) } else { self.ended(number, state) }
            }
            None => {
                self.shared().streak.remove(position);
                Ok(())
            }
        }
    }

    /// Records the end of a trial and returns its state; `None` if it went back to the queue, or
    /// another process has ended it.
    fn finish(
        &self,
        job: &TrialJob,
        evaluated: Result<Evaluated, TrialError>,
    ) -> Result<Option<State>> {
        let number = job.number;
        match evaluated {
            Ok(Evaluated { values, is_early: false }) => self.end_round(job, &values).map(Some),
            Ok(Evaluated { values, .. }) => {
                self.oracle.tell(number, Outcome::Complete(&values))?;
                Ok(Some(State::Complete))
            }
            Err(TrialError(Cause::Paused(value))) if !value.is_nan() => {
                let mut values = vec![f64::NAN; self.oracle.directions().len()];
                values[self.oracle.pruning_objective] = value;
                self.end_round(job, &values).map(Some)
            }
            Err(TrialError(Cause::Pruned(reason))) => {
                self.oracle.tell(number, Outcome::Pruned(&reason))?;
                Ok(Some(State::Pruned))
            }
            Err(TrialError(Cause::Interrupted)) => {
                self.returned();
                self.oracle.requeue(number).map(|()| None)
            }
            Err(TrialError(Cause::Fatal(error))) => {
                // If the storage failed, the trial cannot be ended, and the first error says why.
                // An error of the program is not the config's fault: the trial is run again once
                // the program is corrected.
                let _ = match *error {
                    Error::ValueCount { .. } => self.oracle.requeue(number),
                    _ => self.oracle.tell(number, Outcome::Failed(&error.to_string())),
                };
                Err(*error)
            }
            Err(error) => {
                if self.oracle.fail(number, &error.to_string(), self.settings.retries)? {
                    return Ok(Some(State::Failed));
                }
                self.returned();
                Ok(None)
            }
        }
    }

    /// Returns true if a trial may go back to the queue. An objective that returns it each time
    /// would keep the run busy for ever.
    fn may_return(&self, number: u64) -> bool {
        if self.watch.interrupted() {
            return true;
        }
        let mut shared = self.shared();
        let returns = shared.returns.entry(number).or_default();
        *returns += 1;
        *returns <= MOST_RETURNS
    }

    /// Ends the round of a trial, which is then complete or paused.
    fn end_round(&self, job: &TrialJob, values: &[f64]) -> Result<State> {
        let number = job.number;
        let state = self.oracle.end_round(number, values)?;
        if state == State::Paused {
            let (step, value) =
                (job.budget.map_or(0, |budget| budget.to), values[self.oracle.pruning_objective]);
            let _ = self.notify(&RunEvent::TrialPaused { number, step, value });
        }
        Ok(state)
    }

    /// Returns the objective's values. Panics, NaN and timeouts are failures like any other.
    fn evaluate(
        &self,
        job: &TrialJob,
        share: &WorkerResources,
        evaluate: &mut Evaluate<'_>,
    ) -> Result<Evaluated, TrialError> {
        let control = TrialControl {
            oracle: Some(self.oracle),
            checkpoints: &self.oracle.checkpoints,
            share,
            limit: self.settings.trial_timeout,
            interrupted: &|| self.watch.interrupted(),
            driver: None,
            on_report: &|report| self.on_report(report),
        };
        let mut trial = Trial::new(job, self.oracle.seed(), control);
        let round = job.budget.map_or(0, |budget| budget.round);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let _ = self.notify(&RunEvent::TrialStarted {
                number: job.number,
                round,
                params: &job.params,
            });
            evaluate(job, &mut trial)
        }));
        let outcome =
            outcome.unwrap_or_else(|panic| Err(TrialError::failed(panic_message(&*panic))));
        if trial.ignored_stop() {
            self.record_ignored_stop(job.number)?;
        }
        match trial.with_stop_cause(outcome) {
            Ok(values) => {
                trial.in_time()?;
                let values = check_values(values, self.oracle.directions().len())?;
                self.record_waste(&trial, trial.has_ignored_budget())?;
                Ok(Evaluated { values, is_early: trial.has_ended_early() })
            }
            Err(error) => {
                if let TrialError(Cause::Paused(_)) = &error {
                    self.record_waste(&trial, false)?;
                }
                Err(error)
            }
        }
    }

    /// Records that the objective drops the error of `Trial::report`. The run reports it at its
    /// end, and logs the first case at once.
    fn record_ignored_stop(&self, number: u64) -> Result<(), TrialError> {
        if self.gone_on.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!(number, "{GONE_ON}");
        }
        self.oracle
            .note(number, AttributeScope::System, WENT_ON, &true.into())
            .map_err(TrialError::fatal)
    }

    /// Records that a trial has trained more than necessary, which summaries mention.
    fn record_waste(&self, trial: &Trial<'_>, has_ignored_budget: bool) -> Result<(), TrialError> {
        let note = |key| {
            self.oracle
                .note(trial.number(), AttributeScope::System, key, &true.into())
                .map_err(TrialError::fatal)
        };
        if trial.is_refitted() {
            note(REFITTED)?;
        }
        if has_ignored_budget {
            tracing::warn!(
                number = trial.number(),
                "trained without asking for a budget: see Trial::steps and Trial::budget"
            );
            note(IGNORED_BUDGET)?;
        }
        Ok(())
    }

    fn on_report(&self, report: &Report<'_>) -> bool {
        let Report { number, execution, step, value, metrics } = *report;
        self.notify(&RunEvent::Reported { number, execution, step, value, metrics })
            == Flow::EndTrial
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("without a message"))
}
