//! Pruners, which judge trials before their end.
//!
//! A pruner is a function of the present trials. It keeps only caches, and dropping them changes no
//! result. There are two kinds, under one trait:
//!
//! - A **stopping** pruner judges each report ([`Pruner::judge`]): the trial goes on, or ends as
//!   pruned with a reason.
//! - A **scheduling** pruner ([`Schedule`]) allots each trial a budget in advance, pauses it there,
//!   and later promotes the best trials, which continue where they stopped, with a larger budget.
//!
//! | stopping pruner | stops a trial that is |
//! | --- | --- |
//! | [`Median`], [`Percentile`] | worse than most complete trials were at the same step |
//! | [`Threshold`] | outside fixed bounds |
//! | [`Patient`] | no longer improving; it can ask another pruner instead of stopping the trial |
//! | [`SuccessiveHalving`] | not among the best fraction at steps that grow by a factor |
//! | [`Hyperband`] | the same, in several brackets with different first steps |
//! | [`Wilcoxon`] | worse than the best trial on the same folds or instances |
//! | [`Nop`] | (it stops no trial) |
//!
//! All stopping pruners judge as those of Optuna 5.0 do; the head of each file lists its
//! deviations.
//!
//! Each pruner is made by its builder, which checks the settings once:
//! `Asha::builder(27).factor(3).build()?`. Required settings are arguments of `builder`; if there
//! are none, the pruner implements `Default`. In JSON a pruner is its settings, under its name in
//! [`PrunerConfig`].
//!
//! [`Trial::report`](crate::study::Trial::report) passes the decision to the objective as an error,
//! through `?`.

mod asha;
mod hyperband_schedule;
mod plan;
mod rungs;
mod completed;
mod interval;
mod settings;
mod nop;
mod median;
mod percentile;
mod threshold;
mod patient;
mod successive_halving;
mod hyperband;
mod wilcoxon;
mod config;

use std::fmt::Debug;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

pub use asha::{Asha, AshaBuilder};
pub use config::PrunerConfig;
pub use hyperband::{Hyperband, HyperbandBuilder};
pub use hyperband_schedule::{HyperbandSchedule, HyperbandScheduleBuilder};
pub use median::{Median, MedianBuilder};
pub use nop::Nop;
pub use patient::{Patient, PatientBuilder};
pub use percentile::{Percentile, PercentileBuilder};
#[doc(hidden)]
pub use plan::{Plan, Round};
#[doc(hidden)]
pub use rungs::{RungResults, RungTable, rung_step};
pub use successive_halving::{SuccessiveHalving, SuccessiveHalvingBuilder};
pub use threshold::{Threshold, ThresholdBuilder};
pub use wilcoxon::{Wilcoxon, WilcoxonBuilder};

use crate::trial::{Direction, ParamMap, Trials};

/// A pruner: judges trials before their end.
pub trait Pruner: Debug + Send + Sync {
    /// Judges a running trial by its reports, including the newest. The value judged is that of the
    /// last step, in whatever order the reports were made.
    ///
    /// The result depends only on the arguments.
    fn judge(&self, context: PruneContext<'_>, number: u64) -> StepDecision;

    /// Returns the name of the pruner in summaries: `median`, `hyperband`, ...
    fn name(&self) -> &'static str;

    /// Returns the name and settings of the pruner, for JSON. Default: `None`, for a pruner that is
    /// not part of this library.
    fn config(&self) -> Option<PrunerConfig> {
        None
    }

    /// Returns the settings that a study records, by name. A study that is resumed with other
    /// settings uses the new ones, and logs the change. Default: none.
    fn settings(&self) -> Map<String, Json> {
        Map::new()
    }

    /// Returns the schedule, if the pruner allots budgets instead of judging reports. Default:
    /// `None`.
    fn schedule(&self) -> Option<&dyn Schedule> {
        None
    }
}

/// Implements [`Pruner`] for a pointer to a pruner.
macro_rules! pruner_by {
    ($pointer:ident) => {
        impl<P: Pruner + ?Sized> Pruner for $pointer<P> {
            fn judge(&self, context: PruneContext<'_>, number: u64) -> StepDecision {
                (**self).judge(context, number)
            }

            fn name(&self) -> &'static str {
                (**self).name()
            }

            fn config(&self) -> Option<PrunerConfig> {
                (**self).config()
            }

            fn settings(&self) -> Map<String, Json> {
                (**self).settings()
            }

            fn schedule(&self) -> Option<&dyn Schedule> {
                (**self).schedule()
            }
        }
    };
}

pruner_by!(Box);
pruner_by!(Arc);

/// A schedule: allots budgets, which say how far a trial may go before it is compared with others,
/// and decides which trials are promoted.
///
/// The rounds of a trial are counted from 0: it is in round `n` after `n` promotions
/// ([`Trials::promotions`]). At the end of its budget, its value is recorded as that of rung `n`,
/// and the trial is paused.
pub trait Schedule {
    /// Returns the budget of a trial in its present round.
    fn budget(&self, context: PruneContext<'_>, number: u64) -> Budget;

    /// Returns the next job for a free worker. `most` is the total number of trials requested for
    /// the study; `None` if there is no limit.
    fn next(&self, context: PruneContext<'_>, most: Option<u64>) -> NextJob;

    /// Returns the number of trials that the schedule can use; `None` if it can use any number.
    /// Default: `None`.
    fn trials(&self) -> Option<u64> {
        None
    }

    /// Returns a description of the cost of the whole search, if it is known beforehand. Default:
    /// `None`.
    fn plan(&self) -> Option<String> {
        None
    }
}

/// The trials of a study, as a pruner sees them.
#[derive(Clone, Copy, Debug)]
pub struct PruneContext<'a> {
    /// All trials of the study, including those outside the present search space.
    pub trials: &'a Trials,
    /// The direction of the reports: minimize if smaller values are better, or maximize.
    pub direction: Direction,
    /// The name of the study.
    pub study: &'a str,
    space: Option<&'a ParamMap>,
}

/// The identity of a context: the ID of the fold of trials, the ID of the search space, and the
/// direction.
type ContextId = (u64, Option<u64>, Direction);

impl<'a> PruneContext<'a> {
    /// Returns a context in which all trials count.
    #[must_use]
    pub fn new(trials: &'a Trials, direction: Direction, study: &'a str) -> Self {
        Self { trials, direction, study, space: None }
    }

    /// Restricts the context to the trials of a search space.
    #[must_use]
    pub(crate) fn within(self, space: &'a ParamMap) -> Self {
        Self { space: Some(space).filter(|space| space.sets_aside()), ..self }
    }

    /// Returns true if a trial belongs to the study's present search space. Trials are compared
    /// only with these.
    #[must_use]
    pub fn counts(&self, number: u64) -> bool {
        self.space.is_none_or(|space| space.counts(&self.trials.params(number)))
    }

    /// Returns the identity of the context. A cache of trials is valid for one identity only.
    fn id(&self) -> ContextId {
        (self.trials.id(), self.space.map(ParamMap::id), self.direction)
    }

    /// Returns the last step that a trial has reported, and its value there.
    #[must_use]
    pub fn last_report(&self, number: u64) -> Option<(u64, f64)> {
        self.trials.reports(number).last().copied()
    }

    /// Returns the best value that a trial has reported; `None` if it has reported only NaN, or
    /// nothing.
    #[must_use]
    pub fn best_report(&self, number: u64) -> Option<f64> {
        best_of(self.direction, self.trials.reports(number))
    }
}

/// Returns the best value of the reports, ignoring NaN; `None` if no value is left.
fn best_of(direction: Direction, reports: &[(u64, f64)]) -> Option<f64> {
    // Comparisons with NaN are false, so it is skipped. This is a loop with one comparison per
    // report, since trials may have many reports.
    let values = || reports.iter().map(|(_, value)| *value);
    let (worst, best) = match direction {
        Direction::Minimize => {
            (f64::INFINITY, values().fold(f64::INFINITY, |a, b| if b < a { b } else { a }))
        }
        Direction::Maximize => {
            (f64::NEG_INFINITY, values().fold(f64::NEG_INFINITY, |a, b| if b > a { b } else { a }))
        }
    };
    (best != worst || values().any(|value| value == worst)).then_some(best)
}

/// Returns true if `a` is strictly worse than `b`. Zeros of both signs are equal, and NaN is
/// neither better nor worse.
fn is_worse(direction: Direction, a: f64, b: f64) -> bool {
    match direction {
        Direction::Minimize => a > b,
        Direction::Maximize => a < b,
    }
}

/// The decision about a trial that has reported.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a trial that should stop continues unless the caller stops it"]
pub enum Decision {
    /// The trial goes on.
    Continue,
    /// The trial ends as pruned, for this reason: `rung 9: 14th of 27`.
    Stop(String),
    /// The trial has reached the end of its budget. It is paused with the reported value, and may
    /// be promoted later.
    Pause(f64),
}

/// A decision, and the rungs that the trial reached with the judged report. The rungs are stored on
/// the trial before the decision takes effect.
#[derive(Clone, Debug, PartialEq)]
pub struct StepDecision {
    /// The decision about the trial.
    pub action: Decision,
    /// The rungs that the trial reached, from 0, each with its value there.
    pub rungs: Vec<(u32, f64)>,
}

impl StepDecision {
    /// Returns the decision that the trial goes on.
    #[must_use]
    pub fn go_on() -> Self {
        Self { action: Decision::Continue, rungs: Vec::new() }
    }

    /// Returns the decision that the trial stops, with a reason for the user.
    #[must_use]
    pub fn stop(reason: impl Into<String>) -> Self {
        Self { action: Decision::Stop(reason.into()), rungs: Vec::new() }
    }
}

/// The budget of a trial: how far it may go, in epochs, trees, iterations, folds, or whatever the
/// steps of its reports count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// The step at which the previous round of the trial ended; 0 in the first round.
    pub from: u64,
    /// The last step of this round.
    pub to: u64,
    /// The last step of a trial that is promoted through all rounds.
    pub most: u64,
    /// The round, from 0: the number of times that the trial was promoted.
    pub round: u32,
}

impl Budget {
    /// Returns the budget of round `round`: the steps after `from` up to and including `to`, of
    /// `most` in all.
    #[must_use]
    pub fn new(from: u64, to: u64, most: u64, round: u32) -> Self {
        Self { from, to, most, round }
    }

    /// Returns true if the trial is complete at the end of this round.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.to >= self.most
    }

    /// Returns the fraction of a full evaluation that this round reaches: above 0, at most 1. It
    /// can scale a resource such as the number of training rows.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.is_final() { 1.0 } else { self.to as f64 / self.most as f64 }
    }
}

/// The next job of a schedule.
#[derive(Clone, Debug, PartialEq)]
pub enum NextJob {
    /// Promote this paused trial: it goes on in its next round.
    Promote(u64),
    /// End this paused trial as pruned, for this reason: it will never be promoted.
    Discard(u64, String),
    /// No trial can be promoted: start a new one if more are requested, or else wait for the
    /// running ones.
    New,
}
