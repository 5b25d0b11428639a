//! Partial least squares
//! ([Wegelin 2000](https://stat.uw.edu/sites/default/files/files/reports/2000/tr371.pdf)):
//! regression on a few directions in which features and target vary together.

use hpo_core::SearchSpace;
use linfa::prelude::{Fit, Predict};
use linfa_pls::PlsRegression;
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

use super::{FitError, PredictValues, Regress, linfa_error};
use crate::data::Dataset;

/// Partial least squares. linfa standardises features and target itself.
#[derive(Clone, Debug, PartialEq, Eq, SearchSpace, Serialize, Deserialize)]
pub struct Pls {
    /// The number of directions, at most the number of features.
    #[search_space(range = 1..=20, log, default = 2)]
    pub components: usize,
}

impl Regress for Pls {
    fn fit_model(&self, train: &Dataset<f64>, _: u64) -> Result<Box<dyn PredictValues>, FitError> {
        let components = self.components.min(train.records.ncols());
        let targets = train.targets.clone().insert_axis(Axis(1));
        let params = PlsRegression::params(components);
        let model = params
            .fit(&linfa::Dataset::new(train.records.clone(), targets))
            .map_err(linfa_error("PlsRegression"))?;
        let finite = model.coefficients().iter().all(|weight| weight.is_finite());
        if finite {
            Ok(Box::new(model))
        } else {
            Err(FitError::Diverged { estimator: "PlsRegression" })
        }
    }

    fn name(&self) -> &'static str {
        "PLS"
    }

    fn complexity(&self) -> f64 {
        self.components as f64
    }
}

impl PredictValues for PlsRegression<f64> {
    fn predict_values(&self, records: &Array2<f64>) -> Array1<f64> {
        let told: Array2<f64> = self.predict(records);
        told.index_axis_move(Axis(1), 0)
    }
}
