//! The settings of the sampler, checked once.

use super::Tpe;
use crate::numeric::count::{self, CountError, MOST_TRIALS};

/// What a good trial weighs in the density of good ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoodWeights {
    /// All the same, the prior as much.
    #[default]
    Even,
    /// By how much it is better than the best of the others, the prior as much as the mean.
    Improvement,
}

/// How narrow a kernel may become.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bandwidth {
    /// One over the number of kernels plus one, but not below one over a hundred: Optuna's "magic clip".
    Magic,
    /// This share of the range, from 0.001 to 1, and as long as there are few kernels half of what magic says. Where a parameter has
    /// few values, all of that, and at least half the distance of two values.
    Floor(f64),
}

/// Settings of a [`Tpe`] that are yet to be checked.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use = "nothing happens before `build`"]
pub struct TpeBuilder {
    pub(super) startup: u32,
    pub(super) candidates: u32,
    pub(super) good_share: f64,
    pub(super) most_good: u32,
    pub(super) good_weights: GoodWeights,
    pub(super) bandwidth: Bandwidth,
    pub(super) prior_weight: f64,
    pub(super) liar: bool,
    pub(super) quasi_random: bool,
    pub(super) ends: f64,
}

/// A setting out of its range.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TpeError {
    /// A count beyond its bounds.
    #[error(transparent)]
    Count(#[from] CountError),
    /// No candidate, or so many that an ask takes seconds.
    #[error("of {candidates} candidates none can be chosen in time: give 1 to 10000")]
    Candidates {
        /// What was given.
        candidates: u32,
    },
    /// The share is none.
    #[error("{share} is no share of the trials that can be called good: give a number over 0, at most 1")]
    GoodShare {
        /// What was given.
        share: f64,
    },
    /// Nothing may be good.
    #[error("at most 0 good trials leave nothing to learn from: give 1 or more")]
    MostGood,
    /// The floor is no share.
    #[error("{floor} of a range is no width of a kernel: give a number from 0.001 to 1")]
    Bandwidth {
        /// What was given.
        floor: f64,
    },
    /// The share is none.
    #[error("{share} is no share of the draws beyond a range: give a number from 0 to 1")]
    Ends {
        /// What was given.
        share: f64,
    },
    /// The weight is none.
    #[error("a prior cannot weigh {weight} trials: give a finite number over 0")]
    PriorWeight {
        /// What was given.
        weight: f64,
    },
}

impl Default for TpeBuilder {
    fn default() -> Self {
        Self { bandwidth: Bandwidth::Floor(0.05), ends: 0.5, quasi_random: true, ..Self::optuna() }
    }
}

impl TpeBuilder {
    /// The settings of Optuna 5.0's sampler.
    pub(super) fn optuna() -> Self {
        Self {
            startup: 10,
            candidates: 24,
            good_share: 0.1,
            most_good: 25,
            good_weights: GoodWeights::Even,
            bandwidth: Bandwidth::Magic,
            prior_weight: 1.0,
            liar: true,
            quasi_random: false,
            ends: 0.0,
        }
    }

    /// How many results precede the model: default 10.
    pub fn startup(self, results: u32) -> Self {
        Self { startup: results, ..self }
    }

    /// How many configs are drawn from the good ones' density, of which the one that is likest to be good is taken: from 1 to
    /// 10,000, default 24. More make the search greedier.
    pub fn candidates(self, candidates: u32) -> Self {
        Self { candidates, ..self }
    }

    /// Which share of the results is called good, rounded up: over 0, at most 1.
    pub fn good_share(self, share: f64) -> Self {
        Self { good_share: share, ..self }
    }

    /// How many results are called good at most: from 1.
    pub fn most_good(self, most: u32) -> Self {
        Self { most_good: most, ..self }
    }

    /// What a good trial weighs among the good ones.
    pub fn good_weights(self, weights: GoodWeights) -> Self {
        Self { good_weights: weights, ..self }
    }

    /// How narrow a kernel may become.
    pub fn bandwidth(self, bandwidth: Bandwidth) -> Self {
        Self { bandwidth, ..self }
    }

    /// How many trials the prior weighs, and how much other choices than its own count for a trial: over 0, default 1.
    pub fn prior_weight(self, weight: f64) -> Self {
        Self { prior_weight: weight, ..self }
    }

    /// Whether trials under way count as bad, so that other workers look elsewhere: default yes.
    pub fn liar(self, liar: bool) -> Self {
        Self { liar, ..self }
    }

    /// How often a value that would fall beyond its range is drawn at the end of it, rather than drawn within: from 0 to 1. An
    /// optimum often lies at an end.
    pub fn ends(self, share: f64) -> Self {
        Self { ends: share, ..self }
    }

    /// Whether the first trials visit every branch and fill the space evenly, rather than being random ones.
    pub fn quasi_random(self, quasi_random: bool) -> Self {
        Self { quasi_random, ..self }
    }

    /// The sampler.
    ///
    /// # Errors
    /// The first setting out of its range.
    pub fn build(self) -> Result<Tpe, TpeError> {
        let Self { candidates, good_share: share, prior_weight: weight, .. } = self;
        count::within("startup", self.startup, 0..=MOST_TRIALS)?;
        count::within("most_good", self.most_good, 0..=MOST_TRIALS)?;
        if !(1..=10_000).contains(&candidates) {
            return Err(TpeError::Candidates { candidates });
        }
        if !(share > 0.0 && share <= 1.0) {
            return Err(TpeError::GoodShare { share });
        }
        if self.most_good == 0 {
            return Err(TpeError::MostGood);
        }
        if let Bandwidth::Floor(floor) = self.bandwidth
            && !(0.001..=1.0).contains(&floor)
        {
            return Err(TpeError::Bandwidth { floor });
        }
        if !(0.0..=1.0).contains(&self.ends) {
            return Err(TpeError::Ends { share: self.ends });
        }
        if !(weight > 0.0 && weight.is_finite()) {
            return Err(TpeError::PriorWeight { weight });
        }
        Ok(Tpe::with(self))
    }
}

impl TryFrom<TpeBuilder> for Tpe {
    type Error = TpeError;

    fn try_from(settings: TpeBuilder) -> Result<Self, TpeError> {
        settings.build()
    }
}

impl From<Tpe> for TpeBuilder {
    fn from(tpe: Tpe) -> Self {
        tpe.settings
    }
}
