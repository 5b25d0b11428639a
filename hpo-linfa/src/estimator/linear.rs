//! Ordinary least squares on standardised features.

use hpo_core::SearchSpace;
use linfa::prelude::{Fit, Predict};
use linfa_linear::{FittedLinearRegression, LinearRegression};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::{FitError, PredictValues, Regress, linfa_error, scaled};
use crate::data::Dataset;
use crate::scale::Scaling;

/// Ordinary least squares on standardised features; there is almost nothing to tune.
#[derive(Clone, Debug, PartialEq, Eq, SearchSpace, Serialize, Deserialize)]
pub struct Linear {
    /// True if the model has a constant term.
    #[search_space(default = true)]
    pub intercept: bool,
}

impl Regress for Linear {
    fn fit_model(&self, train: &Dataset<f64>, _: u64) -> Result<Box<dyn PredictValues>, FitError> {
        let params = LinearRegression::new().with_intercept(self.intercept);
        let model = scaled(Scaling::Standard, train, |train| {
            let model = params.fit(train).map_err(linfa_error("LinearRegression"))?;
            let finite = model.params().iter().all(|weight| weight.is_finite());
            if finite {
                Ok(model)
            } else {
                Err(FitError::Diverged { estimator: "LinearRegression" })
            }
        })?;
        Ok(Box::new(model))
    }

    fn name(&self) -> &'static str {
        "linear regression"
    }

    fn complexity(&self) -> f64 {
        1.0
    }
}

impl PredictValues for FittedLinearRegression<f64> {
    fn predict_values(&self, records: &Array2<f64>) -> Array1<f64> {
        self.predict(records)
    }
}
