//! Naive Bayes: features are assumed to be independent within a class.
//!
//! The smoothing follows scikit-learn. Probabilities are computed from the joint log-likelihoods
//! after subtracting the largest one: linfa's own are NaN for a row that is far from all classes.

use std::fmt::Debug;

use hpo_core::SearchSpace;
use linfa::prelude::Fit;
use linfa_bayes::NaiveBayes;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::{Classify, FitError, PredictProba, linfa_error, normalized, scaled};
use crate::data::Dataset;
use crate::scale::Scaling;

/// Naive Bayes in which each feature of a class is normally distributed. Features are standardised
/// first.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct GaussianNb {
    /// The amount added to all variances, as a share of the largest one.
    #[search_space(range = 1e-12..=1.0, log, default = 1e-9)]
    pub var_smoothing: f64,
}

/// Naive Bayes in which each feature of a class is above a threshold or not. Features are
/// standardised first.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct BernoulliNb {
    /// The pseudo-count of each outcome (additive smoothing).
    #[search_space(range = 1e-3..=100.0, log, default = 1.0)]
    pub alpha: f64,
    /// The threshold, in standard deviations from the mean.
    #[search_space(range = -1.5..=1.5, default = 0.0)]
    pub threshold: f64,
}

/// Naive Bayes in which the features of a class are the counts of one multinomial draw. It is made
/// for counts; other features are scaled to 0..1 by the training rows first, and a value that is
/// below 0 after that, in a new row, counts as 0.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct MultinomialNb {
    /// The pseudo-count of each feature (additive smoothing).
    #[search_space(range = 1e-3..=100.0, log, default = 1.0)]
    pub alpha: f64,
}

#[derive(Debug)]
struct Bayes<M> {
    model: M,
    classes: usize,
}

impl<M> PredictProba for Bayes<M>
where
    M: for<'a> NaiveBayes<'a, f64, usize> + Debug + Send + Sync,
{
    fn predict_proba(&self, records: &Array2<f64>) -> Array2<f64> {
        let by_class = self.model.joint_log_likelihood(records.view());
        shares_of(Array2::from_shape_fn((records.nrows(), self.classes), |(row, class)| {
            by_class[&class][row]
        }))
    }
}

/// Returns each class's probability in a row, from the joint log-likelihoods.
fn shares_of(mut joint: Array2<f64>) -> Array2<f64> {
    for mut row in joint.rows_mut() {
        let largest = row.fold(f64::NEG_INFINITY, |a, b| a.max(*b));
        row.mapv_inplace(|value| (value - largest).exp());
    }
    normalized(joint.mapv(|value| if value.is_nan() { 0.0 } else { value }))
}

impl Classify for GaussianNb {
    fn fit_model(
        &self,
        train: &Dataset<usize>,
        classes: usize,
        _: u64,
    ) -> Result<Box<dyn PredictProba>, FitError> {
        let params =
            linfa_bayes::GaussianNb::<f64, usize>::params().var_smoothing(self.var_smoothing);
        let model = scaled(Scaling::Standard, train, |train| {
            let model = params.fit(train).map_err(linfa_error("GaussianNb"))?;
            Ok(Bayes { model, classes })
        })?;
        Ok(Box::new(model))
    }

    fn name(&self) -> &'static str {
        "Gaussian naive Bayes"
    }

    fn complexity(&self) -> f64 {
        1.0 / self.var_smoothing
    }
}

impl Classify for BernoulliNb {
    fn fit_model(
        &self,
        train: &Dataset<usize>,
        classes: usize,
        _: u64,
    ) -> Result<Box<dyn PredictProba>, FitError> {
        let params = linfa_bayes::BernoulliNb::<f64, usize>::params()
            .alpha(self.alpha)
            .binarize(Some(self.threshold));
        let model = scaled(Scaling::Standard, train, |train| {
            let model = params.fit(train).map_err(linfa_error("BernoulliNb"))?;
            Ok(Bayes { model, classes })
        })?;
        Ok(Box::new(model))
    }

    fn name(&self) -> &'static str {
        "Bernoulli naive Bayes"
    }

    fn complexity(&self) -> f64 {
        1.0 / self.alpha
    }
}

/// A fitted multinomial model, with one row per class.
#[derive(Debug)]
struct Counts {
    /// The logarithms of the classes' shares.
    prior: Array1<f64>,
    /// The logarithms of the features' shares within each class.
    shares: Array2<f64>,
}

impl Counts {
    /// Fits the model of
    /// [McCallum & Nigam 1998](https://www.cs.cmu.edu/~knigam/papers/multinomial-aaaiws98.pdf).
    fn fit_model(train: &Dataset<usize>, classes: usize, alpha: f64) -> Self {
        let mut counts = Array2::from_elem((classes, train.records.ncols()), alpha);
        let mut rows = Array1::<f64>::zeros(classes);
        for (features, class) in train.records.rows().into_iter().zip(&train.targets) {
            rows[*class] += 1.0;
            counts.row_mut(*class).zip_mut_with(&features, |count, value| *count += value.max(0.0));
        }
        let prior = (&rows / rows.sum()).ln();
        Self { prior, shares: normalized(counts).ln() }
    }
}

impl PredictProba for Counts {
    fn predict_proba(&self, records: &Array2<f64>) -> Array2<f64> {
        shares_of(records.mapv(|value| value.max(0.0)).dot(&self.shares.t()) + &self.prior)
    }
}

impl Classify for MultinomialNb {
    fn fit_model(
        &self,
        train: &Dataset<usize>,
        classes: usize,
        _: u64,
    ) -> Result<Box<dyn PredictProba>, FitError> {
        let fit = |train: &Dataset<usize>| Ok(Counts::fit_model(train, classes, self.alpha));
        Ok(Box::new(scaled(Scaling::MinMax, train, fit)?))
    }

    fn name(&self) -> &'static str {
        "multinomial naive Bayes"
    }

    fn complexity(&self) -> f64 {
        1.0 / self.alpha
    }
}
