//! Linear regression with a penalty on the weights: elastic net
//! ([Zou & Hastie 2005](https://doi.org/10.1111/j.1467-9868.2005.00503.x)), and ridge, its special
//! case without an L1 penalty.

use hpo_core::SearchSpace;
use linfa::prelude::Fit;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::{FitError, PredictValues, Regress, Scaled, linfa_error, scaled};
use crate::data::Dataset;
use crate::scale::Scaling;
use crate::spread;

/// Linear regression with L1 and L2 penalties. Features and target are standardised first.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct ElasticNet {
    /// The penalty, relative to the mean of the squared errors, on a target of mean 0 and standard
    /// deviation 1.
    #[search_space(range = 1e-4..=1e2, log, default = 0.01)]
    pub penalty: f64,
    /// The share of the penalty on the absolute weights (L1), rather than on their squares.
    #[search_space(range = 0.0..=1.0, default = 0.5)]
    pub l1_ratio: f64,
}

/// Linear regression with an L2 penalty. Features are standardised first.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct Ridge {
    /// The penalty, relative to the mean of the squared errors.
    #[search_space(range = 1e-4..=1e2, log, default = 1.0)]
    pub penalty: f64,
}

impl Regress for ElasticNet {
    fn fit_model(&self, train: &Dataset<f64>, _: u64) -> Result<Box<dyn PredictValues>, FitError> {
        Ok(Box::new(self.learn_weights(train)?))
    }

    fn name(&self) -> &'static str {
        "elastic net"
    }

    fn complexity(&self) -> f64 {
        1.0 / self.penalty
    }
}

impl Regress for Ridge {
    fn fit_model(
        &self,
        train: &Dataset<f64>,
        seed: u64,
    ) -> Result<Box<dyn PredictValues>, FitError> {
        ElasticNet { penalty: self.penalty, l1_ratio: 0.0 }.fit_model(train, seed)
    }

    fn name(&self) -> &'static str {
        "ridge"
    }

    fn complexity(&self) -> f64 {
        1.0 / self.penalty
    }
}

impl ElasticNet {
    pub(crate) fn learn_weights(&self, train: &Dataset<f64>) -> Result<Scaled<Weights>, FitError> {
        let params =
            linfa_elasticnet::ElasticNet::params().penalty(self.penalty).l1_ratio(self.l1_ratio);
        let numbers: Vec<f64> = train.targets.to_vec();
        let (center, spread) = spread::center_and_spread(&numbers);
        let targets = train.targets.mapv(|target| (target - center) / spread);
        let train = Dataset::new(train.records.clone(), targets);
        scaled(Scaling::Standard, &train, |train| {
            let model = params.fit(train).map_err(linfa_error("ElasticNet"))?;
            let intercept = model.intercept() * spread + center;
            Ok(Weights { weights: model.hyperplane() * spread, intercept })
        })
    }
}

/// The weights of a linear model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Weights {
    weights: Array1<f64>,
    intercept: f64,
}

impl PredictValues for Weights {
    fn predict_values(&self, records: &Array2<f64>) -> Array1<f64> {
        records.dot(&self.weights) + self.intercept
    }
}
