//! Asynchronous successive halving as it was published: trials pause at each rung, and the best of those there go on.
//!
//! From [Li et al. 2020](https://arxiv.org/abs/1810.05934), algorithm 2. A free worker promotes a trial that is among the
//! best `1 / factor` of a rung, looking from the highest rung down; if there is none, it begins a new one. So no worker ever
//! waits for another, and none of the training is thrown away. For the variant that stops trials rather than to pause them, see
//! [`SuccessiveHalving`](super::SuccessiveHalving).
//!
//! | setting | default | range | source |
//! | --- | --- | --- | --- |
//! | `max_resource` | none | from 1 | |
//! | `min_resource` | 1 | 1 to `max_resource` | the paper's experiments |
//! | `factor` | 4 | from 2 | the paper's experiments; Optuna |

use super::rungs::check_ladder;
use super::{Budget, Judgement, Pruner, PrunerError, Race, Schedule, Standings, Turn, rung_step};
use crate::trial::State;

/// Asynchronous successive halving by pause and promotion.
#[derive(Debug)]
pub struct Asha {
    max: u64,
    min: u64,
    factor: u64,
    standings: Standings,
}

impl Asha {
    /// Trials go to step `max_resource` at most.
    ///
    /// ```
    /// # use hpo_core::prelude::*;
    /// use hpo_core::pruner::Asha;
    /// # #[derive(SearchSpace, Clone, Debug)]
    /// # struct Config { #[search_space(range = 0.0..=1.0)] rate: f64 }
    /// let study = Study::<Config>::minimize().seed(1).pruner(Asha::new(27).factor(3)).open()?;
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
    #[must_use]
    pub fn new(max_resource: u64) -> Self {
        Self { max: max_resource, min: 1, factor: 4, standings: Standings::default() }
    }

    /// The step of the first rung, at least 1. Default: 1.
    #[must_use]
    pub fn min_resource(self, steps: u64) -> Self {
        Self { min: steps, ..self }
    }

    /// One in how many trials of a rung is promoted, at least 2. Default: 4.
    #[must_use]
    pub fn factor(self, factor: u64) -> Self {
        Self { factor, ..self }
    }

    /// The steps of the rungs, below the last step.
    fn rungs(&self) -> Vec<u64> {
        let steps = (0..64).map_while(|rung| rung_step(self.min, self.factor, rung).filter(|step| *step < self.max));
        steps.collect()
    }
}

impl Pruner for Asha {
    fn judge(&self, _: Race<'_>, _: u64) -> Judgement {
        Judgement::go_on()
    }

    fn name(&self) -> &'static str {
        "asha"
    }

    fn check(&self) -> Result<(), PrunerError> {
        check_ladder(self.name(), self.min, self.max, self.factor)
    }

    fn schedule(&self) -> Option<&dyn Schedule> {
        Some(self)
    }
}

impl Schedule for Asha {
    fn budget(&self, race: Race<'_>, number: u64) -> Budget {
        let round = race.trials.promotions(number);
        let mut rungs = self.rungs().into_iter().skip((round as usize).saturating_sub(1));
        let from = if round == 0 { 0 } else { rungs.next().unwrap_or(self.max) };
        Budget::new(from, rungs.next().unwrap_or(self.max), self.max, round)
    }

    fn next(&self, race: Race<'_>, _: Option<u64>) -> Turn {
        let is_there = |number: u64, rung| {
            race.trials.state(number) == Some(State::Paused) && race.trials.promotions(number) == rung
        };
        for rung in (0..self.rungs().len() as u32).rev() {
            let best = self.standings.look(
                race,
                |_| 0,
                (0, rung),
                |standing| {
                    let most = standing.ranked().len() / self.factor as usize;
                    let mut best = standing.ranked()[..most].iter().map(|(_, number)| *number);
                    best.find(|number| is_there(*number, rung))
                },
            );
            if let Some(number) = best {
                return Turn::Promote(number);
            }
        }
        Turn::Fresh
    }
}
