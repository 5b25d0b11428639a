//! A run: trials one after another, or side by side, until there are enough of them.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::ask::{Control, Trial};
use super::callback::{Callback, Flow, Notice};
use super::interrupt::Watch;
use super::oracle::{Asked, Oracle, Ticket};
use super::outcome::{Cause, TrialError};
use super::workers;
use crate::error::{Error, Result};
use crate::storage::StorageError;
use crate::trial::{Outcome, Rejected, State, TrialRecord};

/// How a run is to go.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) workers: usize,
    pub(crate) timeout: Option<Duration>,
    pub(crate) trial_timeout: Option<Duration>,
    pub(crate) retries: u32,
    pub(crate) consecutive_failures: Option<u64>,
    pub(crate) signals: bool,
    pub(crate) callbacks: Vec<Arc<dyn Callback>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            workers: 1,
            timeout: None,
            trial_timeout: None,
            retries: 0,
            consecutive_failures: None,
            signals: true,
            callbacks: Vec::new(),
        }
    }
}

/// How a run went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Run {
    /// Trials that completed in this run.
    pub complete: u64,
    /// Trials that were pruned in this run.
    pub pruned: u64,
    /// Trials that failed in this run.
    pub failed: u64,
    /// Why it ended.
    pub ended: Ended,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// The study has as many trials as were asked for.
    Enough,
    /// The space is finite, and every config of it has been tried.
    Exhausted,
    /// The time was up.
    TimedOut,
    /// A callback, the objective or another thread asked for it.
    Stopped,
    /// Ctrl-C, or a request to terminate.
    Interrupted,
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { complete, pruned, failed, .. } = self;
        write!(f, "{complete} complete, {pruned} pruned, {failed} failed: ")?;
        f.write_str(match self.ended {
            Ended::Enough => "all trials done",
            Ended::Exhausted => "every config of the space has been tried",
            Ended::TimedOut => "the time is up",
            Ended::Stopped => "stopped on request",
            Ended::Interrupted => "interrupted; the same call goes on from here",
        })
    }
}

/// The untyped objective.
pub(crate) type Evaluate<'a> = dyn Fn(&Ticket, &mut Trial<'_>) -> Result<Vec<f64>, TrialError> + Sync + 'a;

/// A run under way, shared by its workers.
pub(super) struct Runner<'a> {
    oracle: &'a Oracle,
    settings: &'a Settings,
    evaluate: &'a Evaluate<'a>,
    target: u64,
    stop: &'a AtomicBool,
    watch: Watch,
    started: Instant,
    counts: [AtomicU64; 3],
    state: Mutex<Shared>,
    /// Held while callbacks are told something.
    telling: Mutex<()>,
}

/// What workers change under a lock.
#[derive(Default)]
struct Shared {
    ended: Option<Ended>,
    error: Option<Error>,
    failures_in_a_row: u64,
    best: Option<TrialRecord>,
}

impl<'a> Runner<'a> {
    pub(super) fn new(
        oracle: &'a Oracle,
        settings: &'a Settings,
        evaluate: &'a Evaluate<'a>,
        target: u64,
        stop: &'a AtomicBool,
    ) -> Self {
        Self {
            oracle,
            settings,
            evaluate,
            target,
            stop,
            watch: Watch::start(settings.signals),
            started: Instant::now(),
            counts: Default::default(),
            state: Mutex::default(),
            telling: Mutex::default(),
        }
    }

    /// Runs to the end.
    pub(super) fn run(self) -> Result<Run> {
        self.announce()?;
        workers::run(self.settings.workers, &|| self.work());
        let shared = std::mem::take(&mut *self.shared());
        let [complete, pruned, failed] = [0, 1, 2].map(|index: usize| self.counts[index].load(Ordering::Relaxed));
        let run = Run { complete, pruned, failed, ended: shared.ended.unwrap_or(Ended::Enough) };
        self.tell_callbacks(&Notice::Ended { run: &run, elapsed: self.started.elapsed() });
        shared.error.map_or(Ok(run), Err)
    }

    /// One worker: trials until there is a reason to end.
    fn work(&self) {
        let _alarm = Alarm(self.stop);
        while self.reason_to_end().is_none() {
            let asked = self.oracle.ask(Some(self.target));
            let done = match asked {
                Ok(Asked::Trial(ticket)) => self.trial(&ticket).or_else(unless_ended_by_others),
                Ok(Asked::Enough) => return self.end(Ended::Enough),
                Ok(Asked::Exhausted) => return self.end(Ended::Exhausted),
                Err(error) => Err(error),
            };
            if let Err(error) = done {
                return self.give_up(error);
            }
        }
    }

    fn reason_to_end(&self) -> Option<Ended> {
        let reason = if self.watch.interrupted() {
            Some(Ended::Interrupted)
        } else if self.stop.load(Ordering::Relaxed) {
            Some(Ended::Stopped)
        } else if self.settings.timeout.is_some_and(|timeout| self.started.elapsed() >= timeout) {
            Some(Ended::TimedOut)
        } else {
            None
        };
        reason.inspect(|reason| self.end(*reason))
    }

    /// Evaluates one trial and tells its end.
    fn trial(&self, ticket: &Ticket) -> Result<()> {
        match self.evaluate(ticket) {
            Ok(values) => {
                self.oracle.tell(ticket.number, Outcome::Complete(&values))?;
                self.ended(ticket.number, State::Complete, "")
            }
            Err(TrialError(Cause::Pruned(reason))) => {
                self.oracle.tell(ticket.number, Outcome::Pruned(&reason))?;
                self.ended(ticket.number, State::Pruned, &reason)
            }
            Err(TrialError(Cause::Interrupted)) => {
                self.returned();
                self.oracle.requeue(ticket.number)
            }
            Err(TrialError(Cause::Fatal(error))) => {
                // The storage may be what failed: then the trial cannot be ended, and the first error says why.
                let _ = self.oracle.tell(ticket.number, Outcome::Failed(&error.to_string()));
                Err(*error)
            }
            Err(error) => {
                let message = error.to_string();
                if self.oracle.fail(ticket.number, &message, self.settings.retries)? {
                    return self.ended(ticket.number, State::Failed, &message);
                }
                self.returned();
                Ok(())
            }
        }
    }

    /// The objective's values; its panics, its NaN and its lateness are failures like any other.
    fn evaluate(&self, ticket: &Ticket) -> Result<Vec<f64>, TrialError> {
        let control = Control {
            oracle: Some(self.oracle),
            limit: self.settings.trial_timeout,
            interrupted: &|| self.watch.interrupted(),
            heard: &|number, step, value| {
                let notice = Notice::Reported { number, execution: 0, step, value, metrics: &[] };
                self.tell_callbacks(&notice);
            },
        };
        let mut trial = Trial::new(ticket, self.oracle.seed(), control);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            self.tell_callbacks(&Notice::TrialStarted { number: ticket.number, round: 0, params: &ticket.params });
            (self.evaluate)(ticket, &mut trial)
        }));
        match outcome.unwrap_or_else(|panic| Err(TrialError::failed(panic_message(&*panic)))) {
            Ok(values) => {
                trial.in_time()?;
                check_values(values, self.oracle.directions().len())
            }
            // Whatever an objective with an error type of its own has made of it.
            Err(TrialError(Cause::Failed(_))) if trial.was_interrupted() => Err(TrialError(Cause::Interrupted)),
            Err(error) => Err(error),
        }
    }

    /// Counts an ended trial and tells the callbacks.
    fn ended(&self, number: u64, state: State, message: &str) -> Result<()> {
        let index = match state {
            State::Complete => 0,
            State::Pruned => 1,
            _ => 2,
        };
        self.counts[index].fetch_add(1, Ordering::Relaxed);
        if !self.settings.callbacks.is_empty() {
            self.tell_end(number)?;
        }
        let Some(most) = self.settings.consecutive_failures else {
            return Ok(());
        };
        let mut shared = self.shared();
        shared.failures_in_a_row = if state == State::Failed { shared.failures_in_a_row + 1 } else { 0 };
        if shared.failures_in_a_row >= most {
            return Err(Error::ConsecutiveFailures { count: most, message: message.to_owned() });
        }
        Ok(())
    }

    fn tell_end(&self, number: u64) -> Result<()> {
        let Some(trial) = self.oracle.trial(number)?.filter(|trial| trial.state.is_finished()) else {
            return Ok(());
        };
        let finished = self.oracle.look(|trials| trials.finished().len() as u64)?;
        let mut shared = self.shared();
        let improved = match self.oracle.directions() {
            [direction] => trial.is_better(*direction, shared.best.as_ref()),
            _ => false,
        };
        if improved {
            shared.best = Some(trial.clone());
        }
        let best = shared.best.as_ref();
        let notice = Notice::TrialEnded { trial: &trial, best, improved, finished, target: self.target };
        // Told under the lock: never an older best after a newer one.
        self.tell_callbacks(&notice);
        Ok(())
    }

    fn announce(&self) -> Result<()> {
        if self.settings.callbacks.is_empty() {
            return Ok(());
        }
        if let [_] = self.oracle.directions() {
            self.shared().best = self.oracle.best_trials(1)?.pop();
        }
        let trials = self.oracle.look(|trials| trials.finished().len() as u64)?;
        let (study, directions, slots) = (self.oracle.name(), self.oracle.directions(), self.oracle.slots());
        self.tell_callbacks(&Notice::Started { study, directions, slots, trials, target: self.target });
        Ok(())
    }

    fn tell_callbacks(&self, notice: &Notice<'_>) {
        if self.settings.callbacks.is_empty() {
            return;
        }
        let _one_at_a_time = self.telling.lock().unwrap_or_else(PoisonError::into_inner);
        for callback in &self.settings.callbacks {
            if callback.notice(notice) == Flow::Stop {
                self.stop.store(true, Ordering::Relaxed);
            }
        }
    }

    /// The first reason stands.
    fn end(&self, reason: Ended) {
        self.shared().ended.get_or_insert(reason);
    }

    /// A trial went back to the queue: not all are done, whatever another worker has found.
    fn returned(&self) {
        self.shared().ended = None;
    }

    /// The first error stands, and ends the run for all workers.
    fn give_up(&self, error: Error) {
        self.stop.store(true, Ordering::Relaxed);
        let mut shared = self.shared();
        shared.ended.get_or_insert(Ended::Stopped);
        shared.error.get_or_insert(error);
    }

    fn shared(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the run for all workers if one of them panics, outside of any trial.
struct Alarm<'a>(&'a AtomicBool);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// A trial that somebody else has ended meanwhile is no reason to end the run: their end stands.
fn unless_ended_by_others(error: Error) -> Result<()> {
    match error {
        Error::Storage(StorageError::Rejected(Rejected::Finished { number, state })) => {
            tracing::warn!(number, %state, "the trial was ended by somebody else; what this run found is dropped");
            Ok(())
        }
        error => Err(error),
    }
}

/// As many values as objectives, none of them NaN.
pub(super) fn check_values(values: Vec<f64>, objectives: usize) -> Result<Vec<f64>, TrialError> {
    if values.len() != objectives {
        let reason = format!("the objective gave {} values, the study has {objectives} objectives", values.len());
        return Err(TrialError::failed(reason));
    }
    if values.iter().any(|value| value.is_nan()) {
        return Err(TrialError::failed("the objective gave NaN"));
    }
    Ok(values)
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("without a message"))
}
