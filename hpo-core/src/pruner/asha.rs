//! Asynchronous successive halving (ASHA) as published: trials pause at each rung, and the best
//! trials of the rung are promoted.
//!
//! From [Li et al. 2020](https://arxiv.org/abs/1810.05934), algorithm 2. A free worker promotes a
//! trial that is among the best `1 / factor` of a rung, searching from the highest rung down. If
//! there is no such trial, the worker starts a new one. So no worker ever waits for another, and no
//! training is thrown away. [`SuccessiveHalving`](super::SuccessiveHalving) is the variant that
//! stops trials instead of pausing them.

use serde_json::{Map, Value as Json};

use super::rungs::check_rung_settings;
use super::settings::{count, named};
use super::{
    Budget, NextJob, PruneContext, Pruner, PrunerConfig, RungTable, Schedule, StepDecision,
    rung_step,
};
use crate::setting::{SettingError, is_its_settings};
use crate::trial::State;

/// Asynchronous successive halving by pause and promotion.
///
/// | setting | default | range | source |
/// | --- | --- | --- | --- |
/// | `max_resource` | none | from 1 | |
/// | `min_resource` | 1 | 1 to `max_resource` | the paper's experiments |
/// | `factor` | 4 | from 2 | the paper's experiments; Optuna |
///
/// ```
/// # use hpo_core::prelude::*;
/// use hpo_core::pruner::Asha;
/// # #[derive(SearchSpace, Clone, Debug)]
/// # struct Config { #[search_space(range = 0.0..=1.0)] rate: f64 }
/// let asha = Asha::builder(27).factor(3).build()?;
/// let study = Study::<Config>::minimize().seed(1).pruner(asha).open()?;
/// study.optimize(20, |config, trial| {
///     let mut loss: f64 = trial.restore()?.unwrap_or(1.0);
///     for epoch in trial.steps(27) {
///         loss *= 1.0 - 0.1 * config.rate;
///         trial.report(epoch, loss)?;
///         trial.checkpoint(epoch, &loss)?;
///     }
///     Ok::<_, TrialError>(loss)
/// })?;
/// assert!(study.best_trial()?.reports.len() == 27);
/// # Ok::<(), hpo_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "AshaBuilder", into = "AshaBuilder")]
pub struct Asha {
    settings: AshaBuilder,
    /// The steps of the rungs, without the last step (`max_resource`).
    rungs: Vec<u64>,
    rung_table: RungTable,
}

/// Settings of an [`Asha`], not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "nothing happens before `build`"]
pub struct AshaBuilder {
    max_resource: u64,
    #[serde(default = "count::<1>")]
    min_resource: u64,
    #[serde(default = "count::<4>")]
    factor: u64,
}

is_its_settings!(Asha, AshaBuilder);

impl AshaBuilder {
    /// Sets the step of the first rung: 1 to `max_resource`. Default 1.
    pub fn min_resource(self, steps: u64) -> Self {
        Self { min_resource: steps, ..self }
    }

    /// Sets the share of a rung that is promoted: one in `factor` trials. Default 4, at least 2.
    pub fn factor(self, factor: u64) -> Self {
        Self { factor, ..self }
    }

    /// Checks the settings and returns the pruner.
    ///
    /// # Errors
    /// Returns the first setting that is out of its range.
    pub fn build(self) -> Result<Asha, SettingError> {
        check_rung_settings("asha", self.min_resource, self.max_resource, self.factor)?;
        Ok(Asha::with(self))
    }
}

impl Asha {
    /// Returns a builder of a schedule whose trials run to step `max_resource` at most (at least
    /// 1), with the other settings at their defaults.
    pub fn builder(max_resource: u64) -> AshaBuilder {
        AshaBuilder { max_resource, min_resource: 1, factor: 4 }
    }

    fn with(settings: AshaBuilder) -> Self {
        let AshaBuilder { max_resource, min_resource, factor } = settings;
        let steps = (0..64).map_while(|rung| rung_step(min_resource, factor, rung));
        let rungs = steps.take_while(|step| *step < max_resource).collect();
        Self { settings, rungs, rung_table: RungTable::default() }
    }
}

impl Asha {
    /// Returns a trial to promote although it is not among the best of a rung. There are two cases:
    /// a trial that was paused beyond all rungs, under other settings; and, when all requested
    /// trials exist, none is running or waiting and none is complete, the best of those that have
    /// advanced furthest, so that a search always ends with a result.
    fn fallback_promotion(&self, context: PruneContext<'_>, most: Option<u64>) -> Option<u64> {
        let trials = context.trials;
        let paused = || trials.paused().iter().copied().filter(|number| context.counts(*number));
        if let Some(number) =
            paused().find(|number| trials.promotions(*number) as usize >= self.rungs.len())
        {
            return Some(number);
        }
        let is_over = most.is_some_and(|most| trials.len() >= most);
        let is_complete = |number: &u64| {
            trials.state(*number) == Some(State::Complete) && context.counts(*number)
        };
        if !is_over || !trials.running().is_empty() || !trials.waiting().is_empty() {
            return None;
        }
        if trials.finished().iter().any(is_complete) {
            return None;
        }
        let farthest = paused().map(|number| trials.promotions(number)).max()?;
        self.rung_table.look(
            context,
            |_| 0,
            (0, farthest),
            |results| {
                let mut ranked = results.ranked().iter().map(|(_, number)| *number);
                ranked.find(|number| {
                    trials.state(*number) == Some(State::Paused)
                        && trials.promotions(*number) == farthest
                })
            },
        )
    }
}

impl Pruner for Asha {
    fn judge(&self, _: PruneContext<'_>, _: u64) -> StepDecision {
        StepDecision::go_on()
    }

    fn name(&self) -> &'static str {
        "asha"
    }

    fn config(&self) -> Option<PrunerConfig> {
        Some(PrunerConfig::Asha(self.clone()))
    }

    fn settings(&self) -> Map<String, Json> {
        named(&self.settings)
    }

    fn schedule(&self) -> Option<&dyn Schedule> {
        Some(self)
    }
}

impl Schedule for Asha {
    fn budget(&self, context: PruneContext<'_>, number: u64) -> Budget {
        let (round, most) = (context.trials.promotions(number), self.settings.max_resource);
        let end = |round: u32| self.rungs.get(round as usize).copied().unwrap_or(most);
        let from = round.checked_sub(1).map_or(0, end);
        Budget::new(from, end(round), most, round)
    }

    fn next(&self, context: PruneContext<'_>, most: Option<u64>) -> NextJob {
        let is_there = |number: u64, rung| {
            context.trials.state(number) == Some(State::Paused)
                && context.trials.promotions(number) == rung
        };
        for rung in (0..self.rungs.len() as u32).rev() {
            let best = self.rung_table.look(
                context,
                |_| 0,
                (0, rung),
                |results| {
                    let most = results.ranked().len() / self.settings.factor as usize;
                    let mut best = results.ranked()[..most].iter().map(|(_, number)| *number);
                    best.find(|number| is_there(*number, rung))
                },
            );
            if let Some(number) = best {
                return NextJob::Promote(number);
            }
        }
        self.fallback_promotion(context, most).map_or(NextJob::New, NextJob::Promote)
    }
}
