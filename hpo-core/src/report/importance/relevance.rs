//! The relevance of parameters to a Gaussian process.
//!
//! The process is that of the sampler `Gp` (automatic relevance determination: one length scale per
//! parameter, Rasmussen and Williams 2006, section 5.1). It is fitted to the trials again,
//! whichever sampler proposed them. Length scales by themselves rank parameters badly: they measure
//! how quickly the function changes, not by how much, and favor nonlinear parameters. So each
//! trial's parameter is moved over its range instead, with all others fixed. The measure is the
//! variance of the predicted mean under this change, averaged over the trials: the method VAR of
//! [Paananen, Piironen, Andersen and Vehtari, AISTATS
//! 2019](https://proceedings.mlr.press/v89/paananen19a.html), who show that ranking by length
//! scales fails. With independent parameters this is the total effect of [Homma and Saltelli
//! 1996](https://doi.org/10.1016/0951-8320(96)00002-6), interactions included.
//!
//! The choices made here are:
//! - A parameter is moved uniformly over its range, on the scale of the search space, however the
//!   sampler distributed it.
//! - An inactive parameter has no effect, so a parameter of a branch counts in proportion to the
//!   trials in that branch. While a parameter that decides on others is moved, those are placed in
//!   the middle of their range, where the kernel places inactive parameters.
//! - Values worse than the median count by their rank, as in the sampler's output transform, so one
//!   crash does not hide all other effects.
//! - Hyperparameters are not fitted once, but averaged over several noise variances and priors of
//!   the length scales, weighted by their likelihood.
//! - Beyond 100 trials, a random sample is used:
//!   [`Importances::trials`](super::Importances::trials) has its size.

use super::data::Data;
use super::fanova::sample;
use super::{ImportanceError, RawImportances};
use crate::rng::Rng;
use crate::setting::Owner;

/// The effect of each parameter on the prediction of a Gaussian process, alone and in interactions
/// with others ([Paananen et al. 2019](https://proceedings.mlr.press/v89/paananen19a.html)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relevance {
    /// The size of the random sample that is used if there are more trials, from 10 to 1,000. The
    /// cost grows with its cube. The default is 100.
    pub sample: u32,
    /// The seed of the sample; the default is 0.
    pub seed: u64,
}

impl Default for Relevance {
    fn default() -> Self {
        Self { sample: 100, seed: 0 }
    }
}

/// The least share of the variance that a process has to predict in leave-one-out cross-validation,
/// for it to be used.
pub(in crate::report) const LEAST_FORESEEN: f64 = 0.1;

impl Relevance {
    /// The fewest trials to which a process is fitted.
    pub const FEWEST: u64 = 10;

    /// The maximum number of parameters: with more, a hundred trials say nothing about length
    /// scales.
    pub const MOST_PARAMS: u64 = 200;

    /// Measures the relevances; reduces `data` to a sample if there are too many trials.
    pub(super) fn measure(self, data: &mut Data) -> Result<RawImportances, ImportanceError> {
        Owner::Measure("relevance").count("sample", self.sample, Self::FEWEST..=1_000)?;
        let params = data.columns.len() as u64;
        if params > Self::MOST_PARAMS {
            return Err(ImportanceError::TooManyParams { found: params, most: Self::MOST_PARAMS });
        }
        let rows = data.losses.len();
        if rows > self.sample as usize {
            data.retain_rows(&sample(rows, self.sample as usize, &mut Rng::derive(self.seed, 0)));
        }
        // All trials of the sample may have equal values.
        data.check(Self::FEWEST)?;
        let trials = data.losses.len() as u64;
        let all: Vec<usize> = (0..data.losses.len()).collect();
        let surrogate =
            data.surrogate(&all).filter(|surrogate| surrogate.foreseen() >= LEAST_FORESEEN);
        let mut weights = surrogate.ok_or(ImportanceError::Unforeseen { trials })?.sensitivities();
        for (weight, column) in weights.iter_mut().zip(&data.columns) {
            if column.is_constant() {
                *weight = 0.0;
            }
        }
        if weights.iter().sum::<f64>() <= 0.0 {
            return Err(ImportanceError::Unforeseen { trials });
        }
        Ok(RawImportances { weights, ..RawImportances::default() })
    }
}
