//! Generalised linear models of the Tweedie family: normal, Poisson, gamma and what lies between.

use hpo_core::SearchSpace;
use linfa::prelude::{Fit, Predict};
use linfa_linear::TweedieRegressor;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::{FitError, Regress, Values, linfa_error, scaled};
use crate::data::Table;
use crate::scale::Scaling;

/// A generalised linear model. Features are standardised first; the link is the identity for power 0, else the logarithm.
/// Targets below 0 are for power 0 only, targets of 0 for powers below 2: elsewhere such data make a failed trial.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct Tweedie {
    /// How the variance grows with the mean: 0 is normal, 1 Poisson, 2 gamma.
    #[search_space(choices = [0.0, 1.0, 1.5, 2.0], ordered, default = 1.0)]
    pub power: f64,
    /// The price of the squared weights.
    #[search_space(range = 1e-4..=1e2, log, default = 1.0)]
    pub alpha: f64,
}

impl Regress for Tweedie {
    fn learn(&self, train: &Table<f64>, _: u64) -> Result<Box<dyn Values>, FitError> {
        let params = TweedieRegressor::params().power(self.power).alpha(self.alpha);
        let fit = |train: &Table<f64>| params.fit(train).map_err(linfa_error("TweedieRegressor"));
        Ok(Box::new(scaled(Scaling::Standard, train, fit)?))
    }

    fn complexity(&self) -> f64 {
        1.0 / self.alpha
    }
}

impl Values for TweedieRegressor<f64> {
    fn values(&self, records: &Array2<f64>) -> Array1<f64> {
        self.predict(records)
    }
}
