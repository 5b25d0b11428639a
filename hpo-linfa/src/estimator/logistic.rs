//! Logistic regression: binary with two classes, multinomial with more.

use hpo_core::SearchSpace;
use linfa::prelude::Fit;
use linfa_logistic::{LogisticRegression, MultiLogisticRegression};
use ndarray::{Array1, Array2, Axis, concatenate};
use serde::{Deserialize, Serialize};

use super::{Classify, FitError, PredictProba, Scaled, linfa_error, scaled};
use crate::data::{self, Dataset};
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

/// The largest product of rows, features and classes of a fit to a table: linfa's solver cannot be
/// interrupted, and takes up to a quarter of a minute for so many (6 million: at most 9 seconds).
const MOST_PRODUCTS: usize = 10_000_000;

/// Returns as many rows as a fit can afford, at least one of each class.
pub(super) fn affordable(train: &Dataset<usize>, classes: usize, seed: u64) -> Dataset<usize> {
    let per_row = (train.records.ncols() + 1) * classes.max(1);
    data::drawn(train, (MOST_PRODUCTS / per_row).max(classes), seed)
}

impl Classify for Logistic {
    fn fit_model(
        &self,
        train: &Dataset<usize>,
        classes: usize,
        _: u64,
    ) -> Result<Box<dyn PredictProba>, FitError> {
        Ok(Box::new(self.learn_scores(train, classes)?))
    }

    fn name(&self) -> &'static str {
        "logistic regression"
    }

    fn complexity(&self) -> f64 {
        1.0 / self.alpha
    }
}

impl Logistic {
    /// Fits the weights of the scores of the classes.
    pub(crate) fn learn_scores(
        &self,
        train: &Dataset<usize>,
        classes: usize,
    ) -> Result<Scaled<Softmax>, FitError> {
        let error = linfa_error("LogisticRegression");
        scaled(self.scaling, train, |train| {
            if classes > 2 {
                let params = MultiLogisticRegression::default()
                    .alpha(self.alpha)
                    .with_intercept(self.intercept)
                    .max_iterations(STEPS);
                let model = params.fit(train).map_err(error)?;
                let intercepts = model.intercept().clone();
                return Ok(Softmax { weights: model.params().clone(), intercepts });
            }
            let params = LogisticRegression::default()
                .alpha(self.alpha)
                .with_intercept(self.intercept)
                .max_iterations(STEPS);
            let model = params.fit(train).map_err(error)?;
            // linfa's positive class may be either of the two: it takes the one with more rows.
            let sign = if model.labels().pos.class == 0 { -1.0 } else { 1.0 };
            let weights = model.params().mapv(|weight| sign * weight).insert_axis(Axis(1));
            Ok(Softmax { weights, intercepts: Array1::from_elem(1, sign * model.intercept()) })
        })
    }
}

/// The weights of a linear score per class; for two classes, of the second one only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Softmax {
    /// The weights: shape `(features, scores)`.
    weights: Array2<f64>,
    intercepts: Array1<f64>,
}

impl PredictProba for Softmax {
    fn predict_proba(&self, records: &Array2<f64>) -> Array2<f64> {
        let scores = records.dot(&self.weights) + &self.intercepts;
        if scores.ncols() == 1 {
            let second = scores.mapv(|score| 1.0 / (1.0 + (-score).exp()));
            return concatenate![Axis(1), 1.0 - &second, second];
        }
        let mut probabilities = scores;
        for mut row in probabilities.rows_mut() {
            let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            row.mapv_inplace(|score| (score - most).exp());
            let sum = row.sum();
            row /= sum;
        }
        probabilities
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fit_of_many_classes_is_to_fewer_rows_of_which_each_class_has_one() {
        let targets = Array1::from_shape_fn(4000, |row| row % 1000);
        let train = Dataset::new(Array2::zeros((4000, 99)), targets);
        let drawn = affordable(&train, 1000, 0);
        assert_eq!(data::classes(&drawn.targets).len(), 1000);
        assert!((1000..2000).contains(&drawn.targets.len()), "{}", drawn.targets.len());
        assert_eq!(affordable(&train, 2, 0).targets.len(), 4000);
    }
}
