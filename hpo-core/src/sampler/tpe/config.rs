//! The settings of the sampler, checked when it is built.

use super::Tpe;
use crate::setting::{MOST_TRIALS, Owner, SettingError, is_its_settings};

/// The weights of the good trials in their density.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoodWeights {
    /// All good trials and the prior have the same weight.
    #[default]
    Even,
    /// Each good trial is weighted by its improvement on the best of the others. The prior weighs
    /// as much as the mean. With several objectives, the weights are even.
    Improvement,
}

/// The lower limit of the kernels' bandwidths.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bandwidth {
    /// 1 / (number of kernels + 1), but at least 0.01: Optuna's "magic clip".
    Magic,
    /// This share of the range, from 0.001 to 1; with few kernels, at least half of
    /// [`Magic`](Self::Magic). For a parameter with few values, at least all of `Magic`, and half
    /// the distance between two values.
    Floor(f64),
}

const OWNER: Owner = Owner::Sampler("tpe");

/// Settings of a [`Tpe`], not yet checked.
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

impl Default for TpeBuilder {
    fn default() -> Self {
        Self { bandwidth: Bandwidth::Floor(0.05), ends: 0.5, quasi_random: true, ..Self::optuna() }
    }
}

impl TpeBuilder {
    /// Returns the settings of Optuna 5.0's sampler.
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

    /// Sets the number of results before the model is used. Default: 10.
    pub fn startup(self, results: u32) -> Self {
        Self { startup: results, ..self }
    }

    /// Sets the number of candidates that are drawn from the density of the good trials; the one
    /// that maximizes l(x) / g(x) is proposed. From 1 to 10,000, default 24. More candidates make
    /// the search greedier.
    pub fn candidates(self, candidates: u32) -> Self {
        Self { candidates, ..self }
    }

    /// Sets the share of the results that is called good, rounded up. Over 0, at most 1, default
    /// 0.1.
    pub fn good_share(self, share: f64) -> Self {
        Self { good_share: share, ..self }
    }

    /// Sets the largest number of results that are called good. From 1, default 25.
    pub fn most_good(self, most: u32) -> Self {
        Self { most_good: most, ..self }
    }

    /// Sets the weights of the good trials. Default: [`GoodWeights::Even`].
    pub fn good_weights(self, weights: GoodWeights) -> Self {
        Self { good_weights: weights, ..self }
    }

    /// Sets the lower limit of the kernels' bandwidths. Default: a [`Floor`](Bandwidth::Floor) of
    /// 0.05.
    pub fn bandwidth(self, bandwidth: Bandwidth) -> Self {
        Self { bandwidth, ..self }
    }

    /// Sets the weight of the prior, in trials, which is also the smoothing of choices: the more,
    /// the more probable are choices other than a trial's own. Over 0, default 1.
    pub fn prior_weight(self, weight: f64) -> Self {
        Self { prior_weight: weight, ..self }
    }

    /// Sets whether running trials count as bad, so that other workers search elsewhere (constant
    /// liar). Default: true.
    pub fn liar(self, liar: bool) -> Self {
        Self { liar, ..self }
    }

    /// Sets how often a draw that would fall outside its range is placed at the end of the range,
    /// rather than drawn within. From 0 to 1, default 0.5. An optimum often lies at an end.
    pub fn ends(self, share: f64) -> Self {
        Self { ends: share, ..self }
    }

    /// Sets whether the first trials visit every branch and fill the space evenly, instead of being
    /// random. Default: true.
    pub fn quasi_random(self, quasi_random: bool) -> Self {
        Self { quasi_random, ..self }
    }

    /// Checks the settings and returns the sampler.
    ///
    /// # Errors
    /// Returns the first setting that is out of its range.
    pub fn build(self) -> Result<Tpe, SettingError> {
        let Self { good_share, prior_weight, ends, .. } = self;
        OWNER.count("startup", self.startup, 0..=MOST_TRIALS)?;
        OWNER.count("most_good", self.most_good, 1..=MOST_TRIALS)?;
        OWNER.count("candidates", self.candidates, 1..=10_000)?;
        let is_share = good_share > 0.0 && good_share <= 1.0;
        OWNER.require("good_share", is_share, good_share, "write a number above 0, at most 1")?;
        if let Bandwidth::Floor(floor) = self.bandwidth {
            let is_share = (0.001..=1.0).contains(&floor);
            OWNER.require("bandwidth", is_share, floor, "write a floor from 0.001 to 1")?;
        }
        let is_share = (0.0..=1.0).contains(&ends);
        OWNER.require("ends", is_share, ends, "write a number from 0 to 1")?;
        let is_weight = prior_weight > 0.0 && prior_weight.is_finite();
        OWNER.require("prior_weight", is_weight, prior_weight, "write a finite number above 0")?;
        Ok(Tpe::with(self))
    }
}

is_its_settings!(Tpe, TpeBuilder, default);
