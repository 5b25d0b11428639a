//! What a run tells to whoever listens.

use std::sync::Arc;
use std::time::Duration;

use super::Run;
use crate::space::{Params, Slots};
use crate::trial::{Direction, TrialRecord};

/// Something that happened in a run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Notice<'a> {
    /// The run begins.
    Started {
        /// The study's name.
        study: &'a str,
        /// One direction an objective.
        directions: &'a [Direction],
        /// What the values are called, one name an objective; empty where nobody has said it.
        metrics: &'a [String],
        /// The space.
        slots: &'a Arc<Slots>,
        /// What the search will cost in all, in words, where a schedule knows that beforehand.
        plan: Option<&'a str>,
        /// How many trials it has already.
        trials: u64,
        /// How many it shall have; `u64::MAX` if it goes on until the space is exhausted.
        target: u64,
    },
    /// A trial begins, or goes on after its promotion.
    TrialStarted {
        /// Its number.
        number: u64,
        /// How often it was promoted.
        round: u32,
        /// Its parameters.
        params: &'a Params,
    },
    /// A trial reported a value on its way: an epoch ended, a fold, a round.
    Reported {
        /// Its number.
        number: u64,
        /// Which run of the same config this is, from 0.
        execution: u32,
        /// The step.
        step: u64,
        /// The value; NaN where metrics were logged without the objective among them.
        value: f64,
        /// What was logged by name at this step, in the order of the names; empty for a plain report.
        metrics: &'a [(&'a str, f64)],
    },
    /// A trial has come to the end of its budget, and waits for its promotion.
    TrialPaused {
        /// Its number.
        number: u64,
        /// The step that it has reached.
        step: u64,
        /// Its value there.
        value: f64,
    },
    /// A trial is the best one so far, of a study with one objective. Told before its `TrialEnded`.
    Improved {
        /// The trial.
        trial: &'a TrialRecord,
        /// The best one before, if there was one.
        former: Option<&'a TrialRecord>,
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
    /// Asked of a trial's report: this trial trains no further, and completes with what it has:
    /// [`Trial::steps`](super::Trial::steps) yields no more, [`Trial::is_ending`](super::Trial::is_ending) says so.
    EndTrial,
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
