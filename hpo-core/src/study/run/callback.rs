//! Callbacks: the events of a run, and the trait of their receivers.

use std::sync::Arc;
use std::time::Duration;

use super::Run;
use crate::space::{FlatSpace, Params};
use crate::trial::{Direction, TrialRecord};

/// An event of a run, as callbacks receive it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum RunEvent<'a> {
    /// The run begins, before its first trial.
    Started {
        /// The name of the study.
        study: &'a str,
        /// The directions, one per objective.
        directions: &'a [Direction],
        /// The names of the values, one per objective; empty if none were given.
        metrics: &'a [String],
        /// The parameters of the space.
        flat: &'a Arc<FlatSpace>,
        /// The total cost of the search in words, if a schedule knows it beforehand.
        plan: Option<&'a str>,
        /// The number of finished trials that the study has already.
        trials: u64,
        /// The number of trials at which the run ends; `u64::MAX` if it goes on until the space is
        /// exhausted.
        target: u64,
    },
    /// A trial begins, or continues after its promotion.
    TrialStarted {
        /// The number of the trial.
        number: u64,
        /// The number of its promotions.
        round: u32,
        /// The parameters of the trial.
        params: &'a Params,
    },
    /// A trial reported an intermediate value, after an epoch, a fold, or a round.
    Reported {
        /// The number of the trial.
        number: u64,
        /// The index of the execution of this config, from 0.
        execution: u32,
        /// The step of the report.
        step: u64,
        /// The reported value; NaN if metrics were logged without the objective.
        value: f64,
        /// The metrics logged at this step, in the order given; empty for a plain report.
        metrics: &'a [(&'a str, f64)],
    },
    /// A trial has reached the end of its budget, and waits for its promotion.
    TrialPaused {
        /// The number of the trial.
        number: u64,
        /// The step that it has reached.
        step: u64,
        /// The value at that step.
        value: f64,
    },
    /// A trial is the best one so far, in a study with one objective. This comes before its
    /// `TrialEnded`.
    Improved {
        /// The new best trial.
        trial: &'a TrialRecord,
        /// The best trial before; `None` for the first.
        former: Option<&'a TrialRecord>,
    },
    /// A trial has ended as complete, pruned or failed.
    TrialEnded {
        /// The trial that has ended.
        trial: &'a TrialRecord,
        /// The best trial so far; `None` with several objectives, or if none has completed.
        best: Option<&'a TrialRecord>,
        /// True if the trial is the new best one.
        improved: bool,
        /// The number of trials that have ended.
        finished: u64,
        /// The number of trials at which the run ends; `u64::MAX` if it goes on until the space is
        /// exhausted.
        target: u64,
    },
    /// The run has ended, after its last trial.
    Ended {
        /// The result of the run.
        run: &'a Run,
        /// The duration of the run.
        elapsed: Duration,
    },
    /// The program goes on with work of its own after the run ([`Study::announce`]), such as
    /// measuring the best configs again.
    ///
    /// [`Study::announce`]: crate::Study::announce
    Continued {
        /// The work, in words.
        work: &'a str,
    },
}

/// The request of a callback to the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Flow {
    /// Go on with the run.
    Continue,
    /// Start no more trials; the running ones end as usual.
    Stop,
    /// End the trial of a report: it stops training, and completes with its present result.
    /// [`Trial::steps`](super::Trial::steps) yields no more steps, and
    /// [`Trial::is_ending`](super::Trial::is_ending) returns true.
    EndTrial,
}

/// A receiver of the events of a run. Any `Fn(&RunEvent) -> Flow` is one. It is called from the
/// workers' threads, one call at a time.
///
/// A panic while a trial runs (`TrialStarted`, `Reported`) makes the trial a failed one. Any other
/// panic ends the run, and reaches the caller.
pub trait Callback: Send + Sync {
    /// Receives an event as it happens, and returns what the run must do.
    fn notice(&self, event: &RunEvent<'_>) -> Flow;
}

impl<F: Fn(&RunEvent<'_>) -> Flow + Send + Sync> Callback for F {
    fn notice(&self, event: &RunEvent<'_>) -> Flow {
        self(event)
    }
}

impl Callback for Box<dyn Callback> {
    fn notice(&self, event: &RunEvent<'_>) -> Flow {
        (**self).notice(event)
    }
}
