//! Pruners: who judges a trial before its end.
//!
//! A pruner is a function of the trials as they stand. It keeps nothing but caches, and dropping
//! those changes nothing. There are two kinds, under one trait:
//!
//! - A **stopping** pruner judges each report ([`Pruner::judge`]): the trial goes on, or ends as
//!   pruned with the reason.
//! - A **scheduling** one ([`Schedule`]) allots each trial a budget in advance, pauses it there,
//!   and later promotes the best: they go on from where they stopped, with more.
//!
//! | stopping pruner | stops a trial that is |
//! | --- | --- |
//! | [`Median`], [`Percentile`] | worse than most complete trials were at the same step |
//! | [`Threshold`] | outside fixed bounds |
//! | [`Patient`] | no longer improving, by itself or before another pruner is asked |
//! | [`SuccessiveHalving`] | not among the best share at steps that grow by a factor |
//! | [`Hyperband`] | the same, in several brackets with different first steps |
//! | [`Wilcoxon`] | worse than the best trial on the same folds or instances |
//! | [`Nop`] | (none) |
//!
//! All of them judge as Optuna 5.0's do; where one does not, the head of its file says so.
//!
//! Each is made by its builder, which checks the settings once:
//! `Asha::builder(27).factor(3).build()?`. Required settings are arguments of `builder`; where
//! there are none, there is a `default()`. In JSON a pruner is its settings, named by
//! [`PrunerConfig`].
//!
//! [`Trial::report`](crate::study::Trial::report) hands the verdict to the objective, through `?`.

mod asha;
mod brackets;
mod plan;
mod rungs;
mod completed;
mod interval;
mod settings;
mod words;
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
pub use brackets::{Brackets, BracketsBuilder};
pub use config::{PrunerConfig, PrunerConfigError};
pub use hyperband::{Hyperband, HyperbandBuilder};
pub use median::{Median, MedianBuilder};
pub use nop::Nop;
pub use patient::{Patient, PatientBuilder};
pub use percentile::{Percentile, PercentileBuilder};
pub use plan::{Plan, Round};
pub use rungs::{RungResults, RungTable, rung_step};
pub use successive_halving::{SuccessiveHalving, SuccessiveHalvingBuilder};
pub use threshold::{Threshold, ThresholdBuilder};
pub use wilcoxon::{Wilcoxon, WilcoxonBuilder};

use crate::trial::{Direction, ParamMap, Trials};

/// Judges trials before their end.
pub trait Pruner: Debug + Send + Sync {
    /// Judges a running trial by its reports, the newest included. The value judged is that of the
    /// last step, whatever the order in which the reports came.
    ///
    /// The answer depends on nothing but the arguments.
    fn judge(&self, context: PruneContext<'_>, number: u64) -> Judgement;

    /// What summaries call it: `median`, `hyperband`, ...
    fn name(&self) -> &'static str;

    /// Its name and settings, as JSON has them. Default: `None`, for a pruner that is not of this
    /// library.
    fn config(&self) -> Option<PrunerConfig> {
        None
    }

    /// The settings that a study records, by name. A study that is taken up with others uses those,
    /// and says so. Default: none.
    fn settings(&self) -> Map<String, Json> {
        Map::new()
    }

    /// Its schedule, if it allots budgets rather than to judge reports.
    fn schedule(&self) -> Option<&dyn Schedule> {
        None
    }
}

/// What points to a pruner is one.
macro_rules! pruner_by {
    ($pointer:ident) => {
        impl<P: Pruner + ?Sized> Pruner for $pointer<P> {
            fn judge(&self, context: PruneContext<'_>, number: u64) -> Judgement {
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

/// Allots budgets: how far a trial may go before it is compared with others, and who goes on after
/// that.
///
/// The rounds of a trial are counted from 0: it is in round `n` after `n` promotions
/// ([`Trials::promotions`]). At the end of its budget its value is noted as that of rung `n`, and
/// it is paused.
pub trait Schedule {
    /// The budget of a trial in its present round.
    fn budget(&self, context: PruneContext<'_>, number: u64) -> Budget;

    /// What is to be done next, when a worker is free. `most` is how many trials the study shall
    /// have in all.
    fn next(&self, context: PruneContext<'_>, most: Option<u64>) -> NextJob;

    /// How many trials it has work for; `None`: as many as there are. Default: `None`.
    fn trials(&self) -> Option<u64> {
        None
    }

    /// What the whole search will cost, in words, where that is known beforehand.
    fn plan(&self) -> Option<String> {
        None
    }
}

/// A setting of a pruner that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {pruner} pruner: `{setting}` {problem}")]
#[non_exhaustive]
pub struct PrunerError {
    /// The pruner's name.
    pub pruner: &'static str,
    /// The setting.
    pub setting: &'static str,
    /// What is wrong with it, and what to write: `is 1: write at least 2`.
    pub problem: String,
}

impl PrunerError {
    /// What is wrong with a setting.
    #[must_use]
    pub fn new(pruner: &'static str, setting: &'static str, problem: impl Into<String>) -> Self {
        Self { pruner, setting, problem: problem.into() }
    }
}

/// The trials of a study, as a pruner sees them.
#[derive(Clone, Copy, Debug)]
pub struct PruneContext<'a> {
    /// All trials.
    pub trials: &'a Trials,
    /// Whether small or large reports are good.
    pub direction: Direction,
    /// The study's name.
    pub study: &'a str,
    space: Option<&'a ParamMap>,
}

/// The fold of the trials, the space within which they are seen, and the direction.
type ContextId = (u64, Option<u64>, Direction);

impl<'a> PruneContext<'a> {
    /// All of these trials.
    #[must_use]
    pub fn new(trials: &'a Trials, direction: Direction, study: &'a str) -> Self {
        Self { trials, direction, study, space: None }
    }

    /// Those of them that are of a space.
    #[must_use]
    pub(crate) fn within(self, space: &'a ParamMap) -> Self {
        Self { space: Some(space).filter(|space| space.sets_aside()), ..self }
    }

    /// Whether a trial is of the study's present space: trials are compared with these only.
    #[must_use]
    pub fn counts(&self, number: u64) -> bool {
        self.space.is_none_or(|space| space.counts(&self.trials.params(number)))
    }

    /// What a cache of trials may be used for: this fold of them, in this space, by this direction.
    fn id(&self) -> ContextId {
        (self.trials.id(), self.space.map(ParamMap::id), self.direction)
    }

    /// The last step that a trial has reported, and its value there.
    #[must_use]
    pub fn last_report(&self, number: u64) -> Option<(u64, f64)> {
        self.trials.reports(number).last().copied()
    }

    /// The best value that a trial has reported; `None` if it has reported nothing but NaN.
    #[must_use]
    pub fn best_report(&self, number: u64) -> Option<f64> {
        best_of(self.direction, self.trials.reports(number))
    }
}

/// The best value of some reports, NaN left out.
fn best_of(direction: Direction, reports: &[(u64, f64)]) -> Option<f64> {
    // Comparisons with NaN are false: it is passed over. A loop of one comparison a report; trials
    // may have many.
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

/// Whether `a` is strictly worse than `b`. Zeros of both signs are equal, and NaN is neither better
/// nor worse.
fn is_worse(direction: Direction, a: f64, b: f64) -> bool {
    match direction {
        Direction::Minimize => a > b,
        Direction::Maximize => a < b,
    }
}

/// What becomes of a trial that has reported.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a trial that is to stop goes on unless somebody stops it"]
pub enum Verdict {
    /// It goes on.
    Continue,
    /// It ends as pruned, for this reason: `rung 9: 14th of 27`.
    Stop(String),
    /// It has come to the end of its budget: it is paused with the reported value, and may be
    /// promoted later.
    Pause(f64),
}

/// A verdict, and the rungs that the trial reached with the report judged: they are noted on the
/// trial before the verdict is carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// What becomes of the trial.
    pub verdict: Verdict,
    /// Rungs, from 0, and its values there.
    pub rungs: Vec<(u32, f64)>,
}

impl Judgement {
    /// It goes on.
    #[must_use]
    pub fn go_on() -> Self {
        Self { verdict: Verdict::Continue, rungs: Vec::new() }
    }

    /// It stops, for a reason in words.
    #[must_use]
    pub fn stop(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Stop(reason.into()), rungs: Vec::new() }
    }
}

/// How far a trial may go: in epochs, trees, iterations, folds, or whatever the steps of its
/// reports count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// The step at which an earlier round of the trial ended; 0 in its first one.
    pub from: u64,
    /// The last step of this round.
    pub to: u64,
    /// The last step of a trial that is promoted to the end.
    pub most: u64,
    /// The round, from 0: how often the trial was promoted.
    pub round: u32,
}

impl Budget {
    /// A budget of the first or a later round: steps after `from` up to `to`, of `most` in all.
    #[must_use]
    pub fn new(from: u64, to: u64, most: u64, round: u32) -> Self {
        Self { from, to, most, round }
    }

    /// Whether the trial is complete at the end of this round.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.to >= self.most
    }

    /// The share of a full evaluation that this round reaches: above 0, at most 1. For a resource
    /// such as a share of the training rows.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.is_final() { 1.0 } else { self.to as f64 / self.most as f64 }
    }
}

/// What a schedule wants done next.
#[derive(Clone, Debug, PartialEq)]
pub enum NextJob {
    /// This paused trial is promoted: it goes on.
    Promote(u64),
    /// This paused trial will never be promoted: it ends as pruned, for this reason.
    Discard(u64, String),
    /// There is nobody to promote: a new trial, if more are wanted; else running trials may bring
    /// something.
    New,
}
