//! The relevance of parameters to a Gaussian process.
//!
//! The process is that of the sampler `Gp` (automatic relevance determination: a length scale for each parameter, as
//! Rasmussen and Williams 2006 have it in section 5.1), fitted to the trials anew, whoever sampled them. A length scale by itself ranks badly: it tells
//! how fast the function turns, not how far it goes, and favours what is not linear. So each trial's parameter is moved over its range
//! instead, all others staying, and the variance of what the process expects is taken in the mean over the trials: the method VAR of
//! [Paananen, Piironen, Andersen and Vehtari, AISTATS 2019](https://proceedings.mlr.press/v89/paananen19a.html), who show that of the
//! length scales to fail. With independent parameters that is the total effect of
//! [Homma and Saltelli 1996](https://doi.org/10.1016/0951-8320(96)00002-6), interactions included.
//!
//! What is chosen here:
//! - The parameter is moved evenly over its range, on the scale on which it is searched, as the space and not the sampler has it.
//! - Where a parameter is not active it moves nothing: one of a branch counts by its trials. While a parameter that decides on others is
//!   moved, these stand in the middle of what they may be, which is where the kernel puts inactive ones.
//! - Values worse than the median count by their rank, as in the sampler's warped outputs: a crash does not drown the rest.
//! - Hyperparameters are averaged over noises and beliefs about length scales, by their likelihood, rather than fitted once.
//! - Of more than 100 trials a random sample is taken: their number is told by [`Importances::trials`](super::Importances::trials).

use super::data::Data;
use super::fanova::sample;
use super::{Found, ImportanceError};
use crate::numeric::count;
use crate::rng::Rng;

/// How far each parameter moves what a Gaussian process expects, alone and together with others
/// ([Paananen et al. 2019](https://proceedings.mlr.press/v89/paananen19a.html)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relevance {
    /// Of how many trials a sample is taken if there are more, from 10 to 1,000: the cost grows with the cube. The default is 100.
    pub sample: u32,
    /// What the sample comes from; the default is 0.
    pub seed: u64,
}

impl Default for Relevance {
    fn default() -> Self {
        Self { sample: 100, seed: 0 }
    }
}

/// The share of the variance of results left out that a process has to foresee, to be asked at all.
pub(in crate::report) const LEAST_FORESEEN: f64 = 0.1;

impl Relevance {
    /// The fewest trials from which a process is made.
    pub const FEWEST: u64 = 10;

    /// The most parameters: with more, a hundred trials say nothing of length scales.
    pub const MOST_PARAMS: u64 = 200;

    /// Takes a sample of `data` if there are too many trials.
    pub(super) fn found(self, data: &mut Data) -> Result<Found, ImportanceError> {
        if u64::from(self.sample) < Self::FEWEST {
            return Err(ImportanceError::Sample { needed: Self::FEWEST });
        }
        count::within("sample", self.sample, Self::FEWEST..=1_000)?;
        let params = data.columns.len() as u64;
        if params > Self::MOST_PARAMS {
            return Err(ImportanceError::TooManyParams { found: params, most: Self::MOST_PARAMS });
        }
        let rows = data.losses.len();
        if rows > self.sample as usize {
            data.keep(&sample(rows, self.sample as usize, &mut Rng::derive(self.seed, 0)));
        }
        // The sample may be of equal values.
        data.check(Self::FEWEST)?;
        let trials = data.losses.len() as u64;
        let all: Vec<usize> = (0..data.losses.len()).collect();
        let surrogate = data.surrogate(&all).filter(|surrogate| surrogate.foreseen() >= LEAST_FORESEEN);
        let mut weights = surrogate.ok_or(ImportanceError::Unforeseen { trials })?.sensitivities();
        for (weight, column) in weights.iter_mut().zip(&data.columns) {
            if column.is_constant() {
                *weight = 0.0;
            }
        }
        if weights.iter().sum::<f64>() <= 0.0 {
            return Err(ImportanceError::Unforeseen { trials });
        }
        Ok(Found { weights, ..Found::default() })
    }
}
