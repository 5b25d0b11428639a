//! What a run tells to whoever listens.

use std::time::Duration;

use super::Run;
use crate::space::Params;
use crate::trial::TrialRecord;

/// Something that happened in a run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Notice<'a> {
    /// The run begins.
    Started {
        /// The study's name.
        study: &'a str,
        /// How many trials it has already.
        trials: u64,
        /// How many it shall have; `u64::MAX` if it goes on until the space is exhausted.
        target: u64,
    },
    /// A trial begins.
    TrialStarted {
        /// Its number.
        number: u64,
        /// Its parameters.
        params: &'a Params,
    },
    /// A trial reported a value on its way.
    Reported {
        /// Its number.
        number: u64,
        /// The step.
        step: u64,
        /// The value.
        value: f64,
    },
    /// A trial ended.
    TrialEnded {
        /// The trial.
        trial: &'a TrialRecord,
        /// The best trial so far, of a study with one objective.
        best: Option<&'a TrialRecord>,
        /// Whether that is this one.
        improved: bool,
        /// How many trials have ended.
        finished: u64,
        /// How many there shall be; `u64::MAX` if as many as there are configs.
        target: u64,
    },
    /// The run has ended.
    Ended {
        /// How.
        run: &'a Run,
        /// How long it took.
        elapsed: Duration,
    },
}

/// What a callback wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Flow {
    /// Go on.
    Continue,
    /// Start no more trials; the running ones end as usual.
    Stop,
}

/// Listens to a run. Any `Fn(&Notice) -> Flow` is one. Called from the workers' threads, one call at a time.
///
/// A panic while a trial runs (`TrialStarted`, `Reported`) makes it a failed one; any other ends the run, and is the caller's.
pub trait Callback: Send + Sync {
    /// Told as it happens.
    fn notice(&self, notice: &Notice<'_>) -> Flow;
}

impl<F: Fn(&Notice<'_>) -> Flow + Send + Sync> Callback for F {
    fn notice(&self, notice: &Notice<'_>) -> Flow {
        self(notice)
    }
}
