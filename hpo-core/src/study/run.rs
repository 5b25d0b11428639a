//! A run: trials one after another, or side by side, until there are enough of them.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::ask::{Control, Report, Trial};
use super::callback::{Flow, Notice};
use super::interrupt::Watch;
use super::judging::{IGNORED_BUDGET, REFITTED};
use super::oracle::{Asked, Oracle, Ticket};
use super::outcome::{Cause, TrialError};
use super::resources::Share;
use super::settings::Settings;
use super::workers;
use crate::checkpoint::Kind;
use crate::error::{Error, Result};
use crate::storage::StorageError;
use crate::trial::{Outcome, Rejected, Scope, State, TrialRecord};

/// How long a worker waits before it looks again whether there is something to do.
const WAIT: Duration = Duration::from_millis(5);

/// After how many such waits it looks for trials whose worker has died: about every second.
const WAITS_TO_RECOVER: u32 = 200;

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
    /// Trials of the study that are paused now: another run may promote them.
    pub paused: u64,
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
        let Self { complete, pruned, failed, paused, .. } = self;
        write!(f, "{complete} complete, {pruned} pruned, {failed} failed")?;
        if *paused > 0 {
            write!(f, ", {paused} paused")?;
        }
        f.write_str(": ")?;
        f.write_str(match self.ended {
            Ended::Enough => "all trials done",
            Ended::Exhausted => "every config of the space has been tried",
            Ended::TimedOut => "the time is up",
            Ended::Stopped => "stopped on request",
            Ended::Interrupted => "interrupted; the same call goes on from here",
        })
    }
}

/// What became of an evaluation that went well.
struct Evaluated {
    values: Vec<f64>,
    /// Whether a callback has ended it: then there is nothing to go on with.
    is_early: bool,
}

/// The best checkpoints of how many trials are kept, unless somebody says otherwise.
const KEPT_CHECKPOINTS: usize = 10;

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
    /// How many trials are being evaluated here.
    active: AtomicUsize,
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
            active: AtomicUsize::default(),
            state: Mutex::default(),
            telling: Mutex::default(),
        }
    }

    /// Runs to the end.
    pub(super) fn run(self) -> Result<Run> {
        self.announce()?;
        let beat = || self.beat();
        let interval = self.oracle.storage.heartbeat();
        let heartbeat = interval.map(|interval| workers::Heartbeat { interval, beat: &beat });
        workers::run(&self.settings.shares, heartbeat.as_ref(), &|share| self.work(share));
        let shared = std::mem::take(&mut *self.shared());
        let [complete, pruned, failed] = [0, 1, 2].map(|index: usize| self.counts[index].load(Ordering::Relaxed));
        let paused = self.oracle.look(|trials| trials.paused().len() as u64).unwrap_or(0);
        let run = Run { complete, pruned, failed, paused, ended: shared.ended.unwrap_or(Ended::Enough) };
        let _ = self.tell_callbacks(&Notice::Ended { run: &run, elapsed: self.started.elapsed() });
        shared.error.map_or(Ok(run), Err)
    }

    /// Shows other processes that this one is alive, and takes back the trials of those that are not.
    fn beat(&self) {
        let (storage, study) = (&self.oracle.storage, self.oracle.study);
        match storage.beat().and_then(|()| storage.recover(study)) {
            Ok(numbers) if numbers.is_empty() => {}
            Ok(numbers) => tracing::warn!(?numbers, "trials of dead workers are taken back"),
            Err(error) => tracing::warn!(%error, "the storage missed a heartbeat"),
        }
    }

    /// One worker: trials until there is a reason to end.
    fn work(&self, share: &Share) {
        let _alarm = Alarm(self.stop);
        let mut waited = 0;
        while self.reason_to_end().is_none() {
            // Whoever is about to ask counts too: what it does may be worth waiting for.
            let is_alone = self.active.fetch_add(1, Ordering::SeqCst) == 0;
            let asked = self.oracle.ask(Some(self.target));
            waited = if matches!(asked, Ok(Asked::Wait)) { waited + 1 } else { 0 };
            let done = match asked {
                Ok(Asked::Trial(ticket)) => self.trial(&ticket, share).or_else(unless_ended_by_others),
                Ok(Asked::Dropped(number, reason)) => self.ended(number, State::Pruned, &reason),
                other => {
                    self.active.fetch_sub(1, Ordering::SeqCst);
                    match self.without_trial(other, is_alone, waited) {
                        Ok(Some(ended)) => return self.end(ended),
                        Ok(None) => continue,
                        Err(error) => return self.give_up(error),
                    }
                }
            };
            self.active.fetch_sub(1, Ordering::SeqCst);
            if let Err(error) = done {
                return self.give_up(error);
            }
        }
    }

    /// What an answer without a trial means for a worker: its end, or another question after a while.
    fn without_trial(&self, asked: Result<Asked>, is_alone: bool, waited: u32) -> Result<Option<Ended>> {
        match asked? {
            // Somebody may have died since: then there is work left.
            Asked::Enough if self.has_recovered()? => Ok(None),
            Asked::Enough => Ok(Some(Ended::Enough)),
            Asked::Exhausted => Ok(Some(Ended::Exhausted)),
            _ if is_alone && !self.is_awaited(waited)? => Ok(Some(Ended::Enough)),
            _ => {
                std::thread::sleep(WAIT);
                Ok(None)
            }
        }
    }

    /// Whether another process is running a trial; now and then, those of dead ones are taken back.
    fn is_awaited(&self, waited: u32) -> Result<bool> {
        let (storage, study) = (&self.oracle.storage, self.oracle.study);
        if waited.is_multiple_of(WAITS_TO_RECOVER) && !storage.recover(study)?.is_empty() {
            return Ok(true);
        }
        Ok(storage.is_awaited(study)?)
    }

    fn has_recovered(&self) -> Result<bool> {
        let (storage, study) = (&self.oracle.storage, self.oracle.study);
        Ok(storage.is_shared() && !storage.recover(study)?.is_empty())
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
    fn trial(&self, ticket: &Ticket, share: &Share) -> Result<()> {
        match self.evaluate(ticket, share) {
            Ok(Evaluated { values, is_early: false }) => self.end_round(ticket, &values),
            Ok(Evaluated { values, .. }) => {
                self.oracle.tell(ticket.number, Outcome::Complete(&values))?;
                self.ended(ticket.number, State::Complete, "")
            }
            Err(TrialError(Cause::Paused(value))) if !value.is_nan() => {
                let mut values = vec![f64::NAN; self.oracle.directions().len()];
                values[self.oracle.judged] = value;
                self.end_round(ticket, &values)
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

    /// A trial has come to the end of its round: it is complete, or paused.
    fn end_round(&self, ticket: &Ticket, values: &[f64]) -> Result<()> {
        let number = ticket.number;
        match self.oracle.end_round(number, values)? {
            State::Paused => {
                let (step, value) = (ticket.budget.map_or(0, |budget| budget.to), values[self.oracle.judged]);
                let _ = self.tell_callbacks(&Notice::TrialPaused { number, step, value });
                self.shared().failures_in_a_row = 0;
                Ok(())
            }
            state => self.ended(number, state, ""),
        }
    }

    /// The objective's values; its panics, its NaN and its lateness are failures like any other.
    fn evaluate(&self, ticket: &Ticket, share: &Share) -> Result<Evaluated, TrialError> {
        let control = Control {
            oracle: Some(self.oracle),
            checkpoints: &self.oracle.checkpoints,
            share,
            limit: self.settings.trial_timeout,
            interrupted: &|| self.watch.interrupted(),
            heard: &|report| self.heard(report),
        };
        let mut trial = Trial::new(ticket, self.oracle.seed(), control);
        let round = ticket.budget.map_or(0, |budget| budget.round);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let _ = self.tell_callbacks(&Notice::TrialStarted { number: ticket.number, round, params: &ticket.params });
            (self.evaluate)(ticket, &mut trial)
        }));
        match outcome.unwrap_or_else(|panic| Err(TrialError::failed(panic_message(&*panic)))) {
            Ok(values) => {
                trial.in_time()?;
                let values = check_values(values, self.oracle.directions().len())?;
                self.note_waste(&trial, trial.has_ignored_budget())?;
                Ok(Evaluated { values, is_early: trial.has_ended_early() })
            }
            Err(error) => {
                let error = trial.as_told(error);
                if let TrialError(Cause::Paused(_)) = &error {
                    self.note_waste(&trial, false)?;
                }
                Err(error)
            }
        }
    }

    /// What has cost more training than it need have: summaries say so.
    fn note_waste(&self, trial: &Trial<'_>, has_ignored_budget: bool) -> Result<(), TrialError> {
        let note = |key| self.oracle.note(trial.number(), Scope::System, key, &true.into()).map_err(TrialError::fatal);
        if trial.is_refitted() {
            note(REFITTED)?;
        }
        if has_ignored_budget {
            tracing::warn!(
                number = trial.number(),
                "trained without asking how far: see Trial::steps and Trial::budget"
            );
            note(IGNORED_BUDGET)?;
        }
        Ok(())
    }

    fn heard(&self, report: &Report<'_>) -> bool {
        let Report { number, execution, step, value, metrics } = *report;
        self.tell_callbacks(&Notice::Reported { number, execution, step, value, metrics }) == Flow::EndTrial
    }

    /// Counts an ended trial and tells the callbacks.
    fn ended(&self, number: u64, state: State, message: &str) -> Result<()> {
        let index = match state {
            State::Complete => 0,
            State::Pruned => 1,
            _ => 2,
        };
        self.counts[index].fetch_add(1, Ordering::Relaxed);
        self.sweep()?;
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

    /// Deletes the checkpoints that nobody will need: of trials that are complete and among the best, all but the best one; of
    /// other ended trials, all.
    fn sweep(&self) -> Result<()> {
        let checkpoints = &self.oracle.checkpoints;
        let holders = checkpoints.holders();
        if holders.is_empty() {
            return Ok(());
        }
        let keep = self.settings.keep_checkpoints.unwrap_or(KEPT_CHECKPOINTS);
        let (best, ended) = self.oracle.look(|trials| {
            let best = trials.best_among(self.oracle.directions(), self.oracle.counting(trials));
            let best: Vec<u64> = best.into_iter().take(keep).collect();
            let is_open = |number: &u64| trials.state(*number).is_some_and(|state| !state.is_finished());
            (best, holders.into_iter().filter(|number| !is_open(number)).collect::<Vec<_>>())
        })?;
        for number in ended {
            checkpoints.remove(number, |kind| kind != Kind::Best || !best.contains(&number))?;
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
            let _ = self.tell_callbacks(&Notice::Improved { trial: &trial, former: shared.best.as_ref() });
            shared.best = Some(trial.clone());
        }
        let best = shared.best.as_ref();
        let notice = Notice::TrialEnded { trial: &trial, best, improved, finished, target: self.target };
        // Told under the lock: never an older best after a newer one.
        let _ = self.tell_callbacks(&notice);
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
        let plan = self.oracle.plan();
        let (plan, target) = (plan.as_deref(), self.target);
        let _ = self.tell_callbacks(&Notice::Started { study, directions, slots, plan, trials, target });
        Ok(())
    }

    /// Tells all callbacks; what they want of the trial. That no more trials be started is seen to here.
    fn tell_callbacks(&self, notice: &Notice<'_>) -> Flow {
        let mut wanted = Flow::Continue;
        if self.settings.callbacks.is_empty() {
            return wanted;
        }
        let _one_at_a_time = self.telling.lock().unwrap_or_else(PoisonError::into_inner);
        for callback in &self.settings.callbacks {
            match callback.notice(notice) {
                Flow::Continue => {}
                Flow::Stop => self.stop.store(true, Ordering::Relaxed),
                Flow::EndTrial => wanted = Flow::EndTrial,
            }
        }
        wanted
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
