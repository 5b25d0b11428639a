//! A run: trials one after another, or side by side, until there are enough of them.

mod callback;
mod failures;
mod interrupt;
#[cfg(feature = "progress")]
mod progress;
mod settings;
mod events;
mod trial;
mod unoptimized;
mod workers;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

pub use callback::{Callback, Flow, RunEvent};
#[cfg(feature = "progress")]
pub use progress::Progress;

pub(crate) use settings::{Settings, Tolerance, refuse, run_settings, within};

#[doc(hidden)]
pub use interrupt::Watch;

use failures::FailureStreak;
use unoptimized::ProposalTime;

use super::oracle::{AskOutcome, Oracle, TrialJob};
use super::outcome::TrialError;
use super::resources::WorkerResources;
use super::trial::Trial;
use crate::error::{Error, Result};
use crate::storage::StorageError;
use crate::sync::lock;
use crate::terminal::one_line;
use crate::trial::{State, StateError, TrialRecord};

/// The time that a worker waits before it asks for work again.
const WAIT: Duration = Duration::from_millis(5);

/// The number of such waits after which a worker looks for trials whose worker has died: about
/// every second.
const WAITS_TO_RECOVER: u32 = 200;

/// The interval at which a run checks for a signal.
const SIGNAL_POLL: Duration = Duration::from_millis(50);

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Run {
    /// The number of trials that completed in this run.
    pub complete: u64,
    /// The number of trials that were pruned in this run.
    pub pruned: u64,
    /// The number of trials that failed in this run.
    pub failed: u64,
    /// The first failure of this run: the number of the trial and its message.
    pub failure: Option<(u64, String)>,
    /// The number of trials of this run that went on after they had been told to end, by a pruner,
    /// the end of their budget, a time limit or an interruption. Their objective drops the error of
    /// [`Trial::report`]. They ended for the reason they were given.
    pub gone_on: u64,
    /// The number of trials of the study that are paused now; another run may promote them.
    pub paused: u64,
    /// The reason why the run ended.
    pub ended: Ended,
}

/// The reason why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// The study has as many trials as were asked for.
    Enough,
    /// The space is finite, and every config of it has been tried.
    Exhausted,
    /// The time limit of the run was reached.
    TimedOut,
    /// A callback, the objective or another thread asked for it.
    Stopped,
    /// Ctrl-C was pressed, or termination was requested.
    Interrupted,
    /// An error ended the run. It is returned in place of the [`Run`], so only callbacks see this.
    Failed,
}

impl Run {
    /// Returns true if Ctrl-C or a request to terminate ended the run. Then a program should not go
    /// on to other work.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.ended == Ended::Interrupted
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { complete, pruned, failed, paused, failure, gone_on, .. } = self;
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
            Ended::Interrupted => "interrupted; the same call continues from here",
            Ended::Failed => "ended by an error",
        })?;
        if let Some((trial, message)) = failure {
            write!(f, ". The first failure, in trial {trial}: {}", one_line(message))?;
        }
        if *gone_on > 0 {
            write!(f, ". The objective {GONE_ON} ({gone_on} trials)")
        } else {
            Ok(())
        }
    }
}

/// The untyped objective, as one worker calls it.
pub(crate) type Evaluate<'a> =
    dyn FnMut(&TrialJob, &mut Trial<'_>) -> Result<Vec<f64>, TrialError> + 'a;

/// The untyped objective, as several workers call it at once.
pub(crate) type SharedEvaluate<'a> =
    dyn Fn(&TrialJob, &mut Trial<'_>) -> Result<Vec<f64>, TrialError> + Sync + 'a;

/// The message about an objective whose trials go on after they have been told to end.
pub(super) const GONE_ON: &str = "continued after the trial was ended: return the error of \
    Trial::report, as in `trial.report(step, value)?`";

/// A run in progress, shared by its workers.
pub(super) struct Runner<'a> {
    oracle: &'a Oracle,
    settings: &'a Settings,
    target: u64,
    stop: &'a AtomicBool,
    watch: Watch,
    started: Instant,
    proposals: ProposalTime,
    counts: [AtomicU64; 3],
    /// The number of trials that went on after they had been told to end.
    gone_on: AtomicU64,
    /// The number of workers that evaluate a trial or ask for one.
    active: AtomicUsize,
    state: Mutex<Shared>,
    /// A lock held while callbacks are called.
    notifying: Mutex<()>,
}

/// The state that workers change under a lock.
#[derive(Default)]
pub(super) struct Shared {
    ended: Option<Ended>,
    error: Option<Error>,
    streak: FailureStreak,
    /// The numbers of the trials that are being evaluated here.
    running: BTreeSet<u64>,
    /// The number of times that objectives returned each trial to the queue.
    returns: HashMap<u64, u32>,
    failure: Option<(u64, String)>,
    best: Option<TrialRecord>,
}

impl Shared {
    /// Returns true if the run has come to its end, rather than to a limit or an error.
    fn is_through(&self) -> bool {
        self.error.is_none()
            && matches!(self.ended, None | Some(Ended::Enough | Ended::Exhausted | Ended::TimedOut))
    }
}

impl<'a> Runner<'a> {
    pub(super) fn new(
        oracle: &'a Oracle,
        settings: &'a Settings,
        target: u64,
        stop: &'a AtomicBool,
    ) -> Self {
        Self {
            oracle,
            settings,
            target,
            stop,
            watch: Watch::start(settings.signals),
            started: Instant::now(),
            proposals: ProposalTime::of(settings.shares.len()),
            counts: Default::default(),
            gone_on: AtomicU64::default(),
            active: AtomicUsize::default(),
            state: Mutex::default(),
            notifying: Mutex::default(),
        }
    }

    /// Runs to the end, on this thread alone.
    pub(super) fn alone(self, evaluate: &mut Evaluate<'_>) -> Result<Run> {
        self.run(|runner| {
            runner.settings.shares.iter().take(1).for_each(|share| runner.work(share, evaluate));
        })
    }

    /// Runs to the end, with one worker per share of the machine.
    pub(super) fn side_by_side(self, evaluate: &SharedEvaluate<'_>) -> Result<Run> {
        self.run(|runner| {
            workers::side_by_side(&runner.settings.shares, &|share| {
                runner.work(share, &mut |job, trial| evaluate(job, trial));
            });
        })
    }

    fn run(self, work: impl FnOnce(&Self)) -> Result<Run> {
        self.announce()?;
        let send_heartbeat = || self.send_heartbeat();
        let interval = self.oracle.storage.heartbeat();
        let heartbeat =
            interval.map(|interval| workers::PeriodicTask { interval, action: &send_heartbeat });
        let answer_signal =
            || self.watch.announce(|| self.shared().running.iter().copied().collect());
        let signal_poll = workers::PeriodicTask { interval: SIGNAL_POLL, action: &answer_signal };
        let signal_poll = self.settings.signals.then_some(&signal_poll);
        workers::beside(heartbeat.as_ref(), || workers::beside(signal_poll, || work(&self)));
        let [complete, pruned, failed] =
            [0, 1, 2].map(|index: usize| self.counts[index].load(Ordering::Relaxed));
        if self.shared().is_through()
            && let Err(error) = self.give_up_at_the_end()
        {
            self.give_up(error);
        }
        let shared = std::mem::take(&mut *self.shared());
        let paused = self.oracle.with_trials(|trials| trials.paused().len() as u64).unwrap_or(0);
        let ended = if shared.error.is_some() {
            Ended::Failed
        } else {
            shared.ended.unwrap_or(Ended::Enough)
        };
        let gone_on = self.gone_on.load(Ordering::Relaxed);
        let run = Run { complete, pruned, failed, failure: shared.failure, gone_on, paused, ended };
        let _ = self.notify(&RunEvent::Ended { run: &run, elapsed: self.started.elapsed() });
        shared.error.map_or(Ok(run), Err)
    }

    /// Shows other processes that this one is alive, and takes back the trials of dead ones.
    fn send_heartbeat(&self) {
        let (storage, study) = (&self.oracle.storage, self.oracle.study);
        match storage.beat().and_then(|()| storage.recover(study)) {
            Ok(numbers) if numbers.is_empty() => {}
            Ok(numbers) => tracing::warn!(
                ?numbers,
                "trials of dead workers are put back into the \
                queue"
            ),
            Err(error) => tracing::warn!(%error, "the storage missed a heartbeat"),
        }
    }

    /// Runs one worker: evaluates trials until there is a reason to end.
    fn work(&self, share: &WorkerResources, evaluate: &mut Evaluate<'_>) {
        let _alarm = Alarm(self.stop);
        let mut waited = 0;
        while self.reason_to_end().is_none() {
            // A worker that is about to ask counts too: its trial may be worth waiting for.
            let is_alone = self.active.fetch_add(1, Ordering::SeqCst) == 0;
            let asked = self.proposals.measure(|| self.oracle.ask(Some(self.target)));
            waited = if matches!(asked, Ok(AskOutcome::Wait)) { waited + 1 } else { 0 };
            let done = match asked {
                Ok(AskOutcome::Trial(job)) => self.trial(&job, share, evaluate),
                Ok(AskOutcome::Dropped(number, _)) => self.ended(number, State::Pruned),
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

    /// Returns the reason to end after an answer without a trial; `None` if the worker must ask
    /// again after a while.
    fn without_trial(
        &self,
        asked: Result<AskOutcome>,
        is_alone: bool,
        waited: u32,
    ) -> Result<Option<Ended>> {
        match asked? {
            // Another worker may have died since: then there is work left.
            AskOutcome::Enough if self.has_recovered()? => Ok(None),
            AskOutcome::Enough => Ok(Some(Ended::Enough)),
            AskOutcome::Exhausted => Ok(Some(Ended::Exhausted)),
            _ if is_alone && !self.is_awaited(waited)? => Ok(Some(Ended::Enough)),
            _ => {
                std::thread::sleep(WAIT);
                Ok(None)
            }
        }
    }

    /// Returns true if another process is running a trial. Takes back the trials of dead processes
    /// from time to time.
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

    /// Ends the run for a reason. The first reason is kept.
    fn end(&self, reason: Ended) {
        self.shared().ended.get_or_insert(reason);
    }

    /// Withdraws the end of the run, because a trial went back to the queue and not all are done.
    pub(super) fn returned(&self) {
        self.shared().ended = None;
    }

    /// Ends the run for all workers with an error. The first error is kept.
    fn give_up(&self, error: Error) {
        self.stop.store(true, Ordering::Relaxed);
        let mut shared = self.shared();
        shared.ended.get_or_insert(Ended::Stopped);
        shared.error.get_or_insert(error);
    }

    pub(super) fn shared(&self) -> MutexGuard<'_, Shared> {
        lock(&self.state)
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

/// Ignores the error that another process has ended a trial meanwhile: its end is kept, and the run
/// goes on.
pub(super) fn unless_ended_by_others<T: Default>(error: Error) -> Result<T> {
    match error {
        Error::Storage(StorageError::State(StateError::Finished { number, state })) => {
            tracing::warn!(number, %state, "another process ended the trial; the result of this \
                run is dropped");
            Ok(T::default())
        }
        error => Err(error),
    }
}
