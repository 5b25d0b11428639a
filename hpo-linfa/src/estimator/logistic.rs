//! Logistic regression: binary with two classes, multinomial with more.

use hpo_core::SearchSpace;
use linfa::prelude::Fit;
use linfa_logistic::{
    FittedLogisticRegression, LogisticRegression, MultiFittedLogisticRegression,
    MultiLogisticRegression,
};
use ndarray::{Array2, Axis, concatenate};
use serde::{Deserialize, Serialize};

use super::{Classify, FitError, Probabilities, linfa_error, scaled};
use crate::data::Dataset;
use crate::scale::Scaling;

/// Logistic regression with an L2 penalty.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct Logistic {
    /// The scaling of the features.
    pub scaling: Scaling,
    /// The L2 penalty, relative to the sum of the rows' losses.
    #[search_space(range = 1e-4..=1e3, log, default = 1.0)]
    pub alpha: f64,
    /// True if the model has a constant term.
    #[search_space(default = true)]
    pub intercept: bool,
}

/// The largest number of steps of the solver: linfa's default.
const STEPS: u64 = 100;

impl Classify for Logistic {
    fn learn(
        &self,
        train: &Dataset<usize>,
        classes: usize,
        _: u64,
    ) -> Result<Box<dyn Probabilities>, FitError> {
        let error = linfa_error("LogisticRegression");
        Ok(if classes == 2 {
            let params =
                LogisticRegression::default().alpha(self.alpha).with_intercept(self.intercept);
            let params = params.max_iterations(STEPS);
            Box::new(scaled(self.scaling, train, |train| params.fit(train).map_err(error))?)
        } else {
            let params =
                MultiLogisticRegression::default().alpha(self.alpha).with_intercept(self.intercept);
            let params = params.max_iterations(STEPS);
            Box::new(scaled(self.scaling, train, |train| params.fit(train).map_err(error))?)
        })
    }

    fn name(&self) -> &'static str {
        "logistic regression"
    }

    fn complexity(&self) -> f64 {
        1.0 / self.alpha
    }
}

impl Probabilities for FittedLogisticRegression<f64, usize> {
    fn probabilities(&self, records: &Array2<f64>) -> Array2<f64> {
        // linfa returns the probability of its positive class, which may be either of the two: it
        // takes the one with more rows.
        let told = self.predict_probabilities(records).insert_axis(Axis(1));
        match self.labels().pos.class {
            0 => concatenate![Axis(1), told, 1.0 - &told],
            _ => concatenate![Axis(1), 1.0 - &told, told],
        }
    }
}

impl Probabilities for MultiFittedLogisticRegression<f64, usize> {
    fn probabilities(&self, records: &Array2<f64>) -> Array2<f64> {
        self.predict_probabilities(records)
    }
}
