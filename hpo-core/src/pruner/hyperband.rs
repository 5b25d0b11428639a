//! Hyperband that stops trials: L. Li et al., *Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization* (JMLR 18,
//! 2018), in the form of Optuna 5.0's `HyperbandPruner`: several successive halvings side by side, each with another first
//! rung.
//!
//! With `n` brackets, bracket `b` leaves `b` rungs out at the bottom, and gets `ceil(n * factor^(n-1-b) / (n-b))` of every round
//! of trials. The bracket of a trial follows from the CRC-32 of `{study}_{number}`, so that all workers, Optuna's too, agree on it
//! without a word. Trials are compared within their bracket only.
//!
//! Deviations:
//!
//! - The number of brackets, one more than the highest power of the factor by which `min_resource` fits into
//!   `max_resource`, is counted in whole numbers. Optuna takes a logarithm in floating point, which loses the last
//!   bracket at 243 and 59,049 by 3, 59,049 by 9, and 1,000 and 1,000,000 by 10.
//! - Samplers see all trials, not only those of the same bracket.

use super::ended::Reach;
use super::successive_halving::Ladder;
use super::{Judgement, Pruner, PrunerError, Race, Standings, rung_step};
use crate::numeric::crc32;

/// Hyperband: several successive halvings side by side, from one that stops early to one that stops nobody before the end.
///
/// | setting | default | range | source |
/// | --- | --- | --- | --- |
/// | `min_resource` | 1 | from 1, in steps | Optuna |
/// | `max_resource` | one more than the last step of the first complete trial that has reports; nothing stops before | from `min_resource`, in steps | Optuna (`"auto"`) |
/// | `reduction_factor` | 3 | from 2 | Li et al. |
/// | `bootstrap_count` | 0 | from 0, and 0 without a `max_resource`: the first so many trials at each rung stop there | Optuna |
///
/// Optuna takes the furthest of the trials that are complete when it first asks. With one worker that asks after each report this
/// is the first one.
///
/// ```
/// use hpo_core::pruner::{Hyperband, Pruner};
///
/// let pruner = Hyperband::default().max_resource(100);    // 5 brackets of 81, 34, 15, 8 and 5 trials
/// assert_eq!(pruner.brackets(100), [81, 34, 15, 8, 5]);
/// assert!(pruner.check().is_ok());
/// ```
#[derive(Debug)]
pub struct Hyperband {
    min_resource: u64,
    max_resource: Option<u64>,
    reduction_factor: u64,
    bootstrap_count: u64,
    reach: Reach,
    standings: Standings,
}

impl Default for Hyperband {
    fn default() -> Self {
        Self {
            min_resource: 1,
            max_resource: None,
            reduction_factor: 3,
            bootstrap_count: 0,
            reach: Reach::default(),
            standings: Standings::default(),
        }
    }
}

impl Hyperband {
    /// The step of the first rung of the bracket that stops first. Default 1.
    #[must_use]
    pub fn min_resource(mut self, steps: u64) -> Self {
        self.min_resource = steps;
        self
    }

    /// How many steps a trial takes that is not stopped. Default: from the first complete trial.
    #[must_use]
    pub fn max_resource(mut self, steps: u64) -> Self {
        self.max_resource = Some(steps);
        self
    }

    /// The factor from rung to rung, and how many of the trials at one make room for one that goes on. Default 3, at least 2.
    #[must_use]
    pub fn reduction_factor(mut self, factor: u64) -> Self {
        self.reduction_factor = factor;
        self
    }

    /// So many trials stop at each rung before one goes on, to give later ones something to be compared with. Default 0.
    #[must_use]
    pub fn bootstrap_count(mut self, count: u64) -> Self {
        self.bootstrap_count = count;
        self
    }

    /// How many trials of each round go to each bracket, for trials of so many steps.
    #[must_use]
    pub fn brackets(&self, max_resource: u64) -> Vec<u64> {
        let factor = self.reduction_factor.max(2);
        let fits = |power: &u32| rung_step(self.min_resource, factor, *power).is_some_and(|step| step <= max_resource);
        let count = (0..64).take_while(fits).count() as u32;
        // Beyond all integers the first bracket takes everybody, however large it is.
        let trials = |halvings: u32| u64::from(count).saturating_mul(factor.saturating_pow(halvings));
        (0..count).rev().map(|halvings| trials(halvings).div_ceil(u64::from(halvings) + 1)).collect()
    }
}

impl Pruner for Hyperband {
    fn judge(&self, race: Race<'_>, number: u64) -> Judgement {
        let guessed = || self.reach.last_step(race).map(|step| step.saturating_add(1));
        let brackets = self.max_resource.or_else(guessed).map_or_else(Vec::new, |most| self.brackets(most));
        if brackets.is_empty() {
            return Judgement::go_on();
        }
        let bracket_of = |number| bracket_of(&brackets, race.study, number);
        let bracket = bracket_of(number);
        let ladder = Ladder {
            min_resource: self.min_resource,
            reduction_factor: self.reduction_factor,
            min_early_stopping_rate: bracket,
            bootstrap_count: self.bootstrap_count,
        };
        ladder.climb(race, number, &self.standings, bracket, bracket_of)
    }

    fn name(&self) -> &'static str {
        "hyperband"
    }

    fn check(&self) -> Result<(), PrunerError> {
        match self.max_resource {
            None if self.bootstrap_count > 0 => {
                let problem = format!(
                    "is {}, which asks for brackets from the first trial on: write a `max_resource` too, or 0",
                    self.bootstrap_count
                );
                return Err(PrunerError::new(self.name(), "bootstrap_count", problem));
            }
            Some(most) if most < self.min_resource => {
                let problem = format!("is {most}, below `min_resource`: write at least {}", self.min_resource);
                return Err(PrunerError::new(self.name(), "max_resource", problem));
            }
            _ => {}
        }
        let ladder = Ladder {
            min_resource: self.min_resource,
            reduction_factor: self.reduction_factor,
            min_early_stopping_rate: 0,
            bootstrap_count: self.bootstrap_count,
        };
        ladder.check(self.name())
    }
}

/// The bracket of a trial: a place in a round, by its name.
fn bracket_of(brackets: &[u64], study: &str, number: u64) -> u32 {
    let round = brackets.iter().fold(0, |sum: u64, trials| sum.saturating_add(*trials));
    let mut place = u64::from(crc32(format!("{study}_{number}").as_bytes())) % round;
    let mut bracket = 0;
    for trials in brackets {
        if place < *trials {
            break;
        }
        place -= trials;
        bracket += 1;
    }
    bracket
}
