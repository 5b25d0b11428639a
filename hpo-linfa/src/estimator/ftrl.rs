//! Follow the regularised leader ([McMahan et al. 2013](https://doi.org/10.1145/2487575.2488200)):
//! a logistic model that learns batch by batch, with a learning rate for each feature.

use hpo_core::SearchSpace;
use hpo_core::rand::SeedableRng;
use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::seq::SliceRandom;
use linfa::dataset::Pr;
use linfa::prelude::{FitWith, ParamGuard, Predict};
use linfa_ftrl::FtrlParams;
use ndarray::{Array1, Array2, Axis, concatenate};
use rand_xoshiro_06::Xoshiro256Plus;
use rand_xoshiro_06::rand_core::SeedableRng as _;
use serde::{Deserialize, Serialize};

use super::one_vs_rest::{Membership, OneVsRest};
use super::{Classify, FitError, PredictProba, linfa_error, scaled};
use crate::data::{self, Dataset};
use crate::scale::Scaling;

/// The number of rows of a batch.
const BATCH: usize = 32;

/// Follow the regularised leader (FTRL); with several classes, one model per class.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct Ftrl {
    /// The scaling of the features.
    #[search_space(choices = [Scaling::Standard, Scaling::MinMax], default = Scaling::Standard)]
    pub scaling: Scaling,
    /// The learning rate of a feature at its first step.
    #[search_space(range = 1e-3..=1.0, log, default = 0.005)]
    pub alpha: f64,
    /// The offset in the decay of the learning rates: with a larger one they decay later.
    #[search_space(range = 0.0..=1.0, default = 0.0)]
    pub beta: f64,
    /// The L1 penalty on the weights.
    #[search_space(range = 0.0..=1.0, default = 0.5)]
    pub l1: f64,
    /// The L2 penalty on the weights.
    #[search_space(range = 0.0..=1.0, default = 0.5)]
    pub l2: f64,
    /// The number of passes over all rows.
    #[search_space(range = 1..=50, log, default = 10)]
    pub passes: usize,
}

#[derive(Debug)]
struct Follower(linfa_ftrl::Ftrl<f64>);

impl Classify for Ftrl {
    fn fit_model(
        &self,
        train: &Dataset<usize>,
        classes: usize,
        seed: u64,
    ) -> Result<Box<dyn PredictProba>, FitError> {
        let model = scaled(self.scaling, train, |train| {
            OneVsRest::fit(train, classes, |class, members| {
                self.follow(members, seed.wrapping_add(class as u64))
            })
        })?;
        Ok(Box::new(model))
    }

    fn name(&self) -> &'static str {
        "FTRL"
    }

    fn complexity(&self) -> f64 {
        self.alpha * self.passes as f64 / (1.0 + self.l1 + self.l2)
    }
}

impl Ftrl {
    fn follow(&self, train: &Dataset<bool>, seed: u64) -> Result<Follower, FitError> {
        let first = Xoshiro256Plus::seed_from_u64(seed);
        let params = FtrlParams::new(self.alpha, self.beta, self.l1, self.l2, first);
        let params = params.check().map_err(linfa_error("Ftrl"))?;
        let train = data::with_records(train, with_constant(&train.records));
        let mut order: Vec<usize> = (0..train.targets.len()).collect();
        let mut rng = StdRng::seed_from_u64(seed);
        let mut model = None;
        for _ in 0..self.passes {
            order.shuffle(&mut rng);
            for rows in order.chunks(BATCH) {
                let batch = data::select(&train, rows);
                model = Some(params.fit_with(model, &batch).map_err(linfa_error("Ftrl"))?);
            }
        }
        model.map(Follower).ok_or(FitError::Diverged { estimator: "Ftrl" })
    }
}

/// Adds a feature that is always 1, since linfa's model has no constant term.
fn with_constant(records: &Array2<f64>) -> Array2<f64> {
    concatenate![Axis(1), *records, Array2::ones((records.nrows(), 1))]
}

impl Membership for Follower {
    fn confidence(&self, records: &Array2<f64>) -> Array1<f64> {
        let told: Array1<Pr> = self.0.predict(&with_constant(records));
        told.mapv(|sure| f64::from(*sure))
    }
}
