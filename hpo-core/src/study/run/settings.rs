//! How runs are to go: the settings that studies and tuners have in common, and the words for them.

use std::sync::Arc;
use std::time::Duration;

use super::callback::Callback;
use crate::error::{Error, Result};
use crate::numeric::count::{self, MOST_TRIALS};
use crate::pruner::Pruner;
use crate::study::resources::{MOST_WORKERS, Resources, Share, shares};

/// How a run is to go.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) seed: Option<u64>,
    pub(crate) workers: Option<usize>,
    pub(crate) per_trial: Option<Resources>,
    pub(crate) machine: Option<Resources>,
    pub(crate) shares: Vec<Share>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) trial_timeout: Option<Duration>,
    pub(crate) retries: u32,
    pub(crate) tolerance: Tolerance,
    pub(crate) signals: bool,
    pub(crate) callbacks: Vec<Arc<dyn Callback>>,
    pub(crate) pruner: Option<Arc<dyn Pruner>>,
    /// The best checkpoints of how many trials are kept.
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
    /// Checks the settings, and shares the machine out.
    pub(crate) fn check(&mut self) -> Result<()> {
        if self.workers == Some(0) {
            return refuse("workers", "is 0: at least one must do the work");
        }
        count::within("workers", self.workers.unwrap_or(1), 1..=MOST_WORKERS as u64)?;
        count::within("retries", self.retries, 0..=MOST_TRIALS)?;
        if self.tolerance == Tolerance::of(0) {
            return refuse("max_consecutive_failures", "is 0: a run would end before it starts; write at least 1");
        }
        self.shares = shares(self.workers, self.per_trial, self.machine)?;
        Ok(())
    }
}

/// A setting that makes no sense.
pub(crate) fn refuse<T>(setting: &'static str, problem: &str) -> Result<T> {
    Err(Error::Setting { setting, problem: problem.to_owned() })
}

/// The words for settings that studies and tuners share, in a builder with a field `settings`.
/// `$many` is the builder once several threads may call the objective, which its `parallel` makes.
macro_rules! run_settings {
    ($many:ty) => {
        /// The seed of all random streams. Default: the recorded one; at first, one from the operating system.
        pub fn seed(mut self, seed: u64) -> Self {
            self.settings.seed = Some(seed);
            self
        }

        /// How many trials run side by side, each on its own thread, from 1 to 10,000. Default: 1, the calling thread; or as many
        /// as the [resources](Self::resources_per_trial) allow.
        pub fn workers(mut self, workers: usize) -> $many {
            self.settings.workers = Some(workers);
            self.parallel()
        }

        /// What a trial uses of the machine: so many trials run side by side as it can hold. The objective finds its part in
        /// [`Trial::share`](crate::study::Trial::share). Default: nothing is said; see [`workers`](Self::workers).
        pub fn resources_per_trial(mut self, resources: $crate::study::Resources) -> $many {
            self.settings.per_trial = Some(resources);
            self.parallel()
        }

        /// What the machine has. Default: the processors that this process may use, no graphics card.
        pub fn machine(mut self, resources: $crate::study::Resources) -> Self {
            self.settings.machine = Some(resources);
            self
        }

        /// After how many failures in a row a run ends with an error that quotes the first of them, at least 1; `u64::MAX` for
        /// never. Trials count in the order in which they began, retries once. Default: 10 while no trial of the study has come
        /// to anything, 25 after that: a space of which a third fails practically never comes to that. A run of two trials or
        /// more that ends with nothing but failures, in a study of nothing else, is such an error too.
        pub fn max_consecutive_failures(mut self, failures: u64) -> Self {
            self.settings.tolerance = $crate::study::Tolerance::of(failures);
            self
        }

        /// When to start no more trials, from the start of a run. Running ones end as usual. Default: never.
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.settings.timeout = Some(timeout);
            self
        }

        /// How long a trial may take before it counts as failed. It ends at its next report; a thread cannot be killed.
        /// Default: for ever.
        pub fn trial_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.settings.trial_timeout = Some(timeout);
            self
        }

        /// Whether Ctrl-C (and a request to terminate) ends a run gracefully: no more trials are begun, and running ones end at
        /// their next report. A line on standard error says so; a second signal ends the process at once. Default: yes. Say no
        /// if your program handles these signals itself.
        pub fn ctrl_c(mut self, graceful: bool) -> Self {
            self.settings.signals = graceful;
            self
        }

        /// Who listens to the runs. May be called several times.
        pub fn callback(mut self, callback: impl $crate::study::Callback + 'static) -> Self {
            self.settings.callbacks.push(std::sync::Arc::new(callback));
            self
        }

        /// The best checkpoints of how many trials are kept, once they are complete. Default: 10.
        pub fn keep_checkpoints(mut self, trials: usize) -> Self {
            self.settings.keep_checkpoints = Some(trials);
            self
        }
    };
}

pub(crate) use run_settings;

/// After how many failures in a row a run gives up.
///
/// Of trials that fail one in three, ten at first fail once in 59,049 runs, and 25 in a row practically never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tolerance {
    /// As long as no trial of the study has come to anything.
    pub(super) at_first: u64,
    /// After that.
    pub(super) later: u64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { at_first: 10, later: 25 }
    }
}

impl Tolerance {
    /// The same number at first and later.
    pub(crate) fn of(failures: u64) -> Self {
        Self { at_first: failures, later: failures }
    }
}
