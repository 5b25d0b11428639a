//! Settings of runs that studies and tuners have in common, and their builder methods.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use super::callback::Callback;
use crate::error::{Error, Result};
use crate::pruner::Pruner;
use crate::setting::{self, MOST_TRIALS};
use crate::study::resources::{MOST_WORKERS, Resources, WorkerResources, shares};

/// The settings of a run.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) seed: Option<u64>,
    pub(crate) workers: Option<usize>,
    pub(crate) per_trial: Option<Resources>,
    pub(crate) machine: Option<Resources>,
    pub(crate) shares: Vec<WorkerResources>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) trial_timeout: Option<Duration>,
    pub(crate) retries: u32,
    pub(crate) tolerance: Tolerance,
    pub(crate) signals: bool,
    pub(crate) callbacks: Vec<Arc<dyn Callback>>,
    pub(crate) pruner: Option<Arc<dyn Pruner>>,
    /// The number of trials whose best checkpoints are kept.
    pub(crate) keep_checkpoints: Option<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: None,
            workers: None,
            per_trial: None,
            machine: None,
            shares: Vec::new(),
            timeout: None,
            trial_timeout: None,
            retries: 0,
            tolerance: Tolerance::default(),
            signals: true,
            callbacks: Vec::new(),
            pruner: None,
            keep_checkpoints: None,
        }
    }
}

impl Settings {
    /// Checks the settings, and divides the machine among the workers.
    pub(crate) fn check(&mut self) -> Result<()> {
        if self.workers == Some(0) {
            return refuse("workers", "is 0: at least one must do the work");
        }
        within("workers", self.workers.unwrap_or(1), 1..=MOST_WORKERS as u64)?;
        within("retries", self.retries, 0..=MOST_TRIALS)?;
        if self.tolerance == Tolerance::of(0) {
            return refuse(
                "max_consecutive_failures",
                "is 0: a run would end before it starts; write at least 1",
            );
        }
        self.shares = shares(self.workers, self.per_trial, self.machine)?;
        Ok(())
    }
}

/// Returns an error unless a count is within its bounds.
pub(crate) fn within(
    setting: &'static str,
    given: impl TryInto<u64>,
    bounds: RangeInclusive<u64>,
) -> Result<()> {
    setting::count(given, bounds).map_err(|problem| Error::Setting { setting, problem })
}

/// A setting that makes no sense.
pub(crate) fn refuse<T>(setting: &'static str, problem: &str) -> Result<T> {
    Err(Error::Setting { setting, problem: problem.to_owned() })
}

/// Defines the builder methods for settings that studies and tuners share, in a builder with a
/// field `settings`. `$many` is the builder after several threads are allowed to call the
/// objective, which its method `parallel` makes.
macro_rules! run_settings {
    ($many:ty) => {
        /// Sets the seed of all random streams. Default: the recorded one; for a new study, one
        /// from the operating system.
        pub fn seed(mut self, seed: u64) -> Self {
            self.settings.seed = Some(seed);
            self
        }

        /// Sets the number of trials that run side by side, each on its own thread, from 1 to
        /// 10,000. Default: 1, on the calling thread; or as many as the
        /// [resources](Self::resources_per_trial) allow.
        pub fn workers(mut self, workers: usize) -> $many {
            self.settings.workers = Some(workers);
            self.parallel()
        }

        /// Sets the resources of a trial. As many trials run side by side as the machine can hold.
        /// The objective finds its part in [`Trial::share`](crate::study::Trial::share). Default:
        /// none; see [`workers`](Self::workers).
        pub fn resources_per_trial(mut self, resources: $crate::study::Resources) -> $many {
            self.settings.per_trial = Some(resources);
            self.parallel()
        }

        /// Sets the resources of the machine. Default: the processors that this process may use, no
        /// graphics card.
        pub fn machine(mut self, resources: $crate::study::Resources) -> Self {
            self.settings.machine = Some(resources);
            self
        }

        /// Sets the number of failures in a row, at least 1, after which a run ends with an error
        /// that quotes the first of them; `u64::MAX` for never. Trials count in the order in which
        /// they began, retries once. Default: 10 at the start of a run, 25 after that: with a space
        /// of which a third fails, this practically never happens. By default a run also ends with
        /// this error if the study has two failed trials or more, and no others.
        pub fn max_consecutive_failures(mut self, failures: u64) -> Self {
            self.settings.tolerance = $crate::study::Tolerance::of(failures);
            self
        }

        /// Sets the time from the start of a run after which no more trials start. Running ones end
        /// as usual. Default: no limit.
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.settings.timeout = Some(timeout);
            self
        }

        /// Sets the time after which a trial counts as failed. It ends at its next report, since a
        /// thread cannot be killed. Default: no limit.
        pub fn trial_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.settings.trial_timeout = Some(timeout);
            self
        }

        /// Sets whether Ctrl-C (and a request to terminate) ends a run gracefully: no more trials
        /// start, and running ones end at their next report. A line on standard error says so; a
        /// second signal ends the process at once. Default: true. Set it to false if your program
        /// handles these signals itself.
        pub fn ctrl_c(mut self, graceful: bool) -> Self {
            self.settings.signals = graceful;
            self
        }

        /// Adds a callback, which receives the notices of runs. It may be called several times.
        pub fn callback(mut self, callback: impl $crate::study::Callback + 'static) -> Self {
            self.settings.callbacks.push(std::sync::Arc::new(callback));
            self
        }

        /// Sets the number of trials whose best checkpoints are kept, once they are complete.
        /// Default: 10.
        pub fn keep_checkpoints(mut self, trials: usize) -> Self {
            self.settings.keep_checkpoints = Some(trials);
            self
        }
    };
}

pub(crate) use run_settings;

/// The numbers of failures in a row after which a run gives up.
///
/// If one in three trials fails, the first ten all fail once in 59,049 runs, and 25 in a row
/// practically never do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tolerance {
    /// The limit as long as all trials of the run have failed.
    pub(super) at_first: u64,
    /// The limit after a trial of the run has not failed.
    pub(super) later: u64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { at_first: 10, later: 25 }
    }
}

impl Tolerance {
    /// Returns a tolerance with the same number at first and later.
    pub(crate) fn of(failures: u64) -> Self {
        Self { at_first: failures, later: failures }
    }
}
