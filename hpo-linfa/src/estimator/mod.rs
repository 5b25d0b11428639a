//! The supervised models of linfa, each as a typed search space that can be fitted.
//!
//! A config is a plain struct with linfa's defaults. Ranges follow common practice; a bound with
//! another reason says so. Everything that a model learns from rows besides its weights (a scale,
//! the list of classes) is part of the fitted model. The same config, rows and seed give the same
//! model in every run, which not all of linfa guarantees: see [`tree`].

pub mod ada_boost;
pub mod bayes;
pub mod dense;
pub mod elastic_net;
pub mod forest;
pub mod ftrl;
pub mod linear;
pub mod logistic;
pub mod neighbours;
pub mod one_vs_rest;
pub mod pls;
pub mod svm;
pub mod tree;

use std::fmt::Debug;

use hpo_core::SearchSpace;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

pub use ada_boost::AdaBoost;
pub use bayes::{BernoulliNb, GaussianNb, MultinomialNb};
pub use dense::{Dense, DenseModel};
pub use elastic_net::{ElasticNet, Ridge};
pub use forest::RandomForest;
pub use ftrl::Ftrl;
pub use linear::Linear;
pub use logistic::Logistic;
pub use neighbours::NearestNeighbours;
pub use pls::Pls;
pub use svm::{Kernel, Svc, Svr};
pub use tree::Tree;

use crate::data::{self, DataError, Dataset};
use crate::metric::Probabilities;
use crate::scale::{Scaler, Scaling};

/// The reason why a model could not be fitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// The table cannot be used for training.
    #[error(transparent)]
    Data(#[from] DataError),
    /// linfa refused the settings, or its solver failed.
    #[error("linfa's {estimator} was not fitted")]
    Linfa {
        /// The name of the model.
        estimator: &'static str,
        /// The error of linfa.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The solver panicked: it did not expect such rows.
    #[error("the fit panicked")]
    Panicked,
    /// The time of the fit was over.
    #[error("the time is over")]
    OutOfTime,
    /// The estimator cannot predict such targets.
    #[error("{estimator} cannot predict such targets: choose one for classes, or for numbers")]
    WrongTarget {
        /// The name of the model.
        estimator: &'static str,
    },
    /// The solver diverged to weights that are not finite.
    #[error(
        "{estimator} has weights that are not finite: scale the features, or write a narrower range"
    )]
    Diverged {
        /// The name of the model.
        estimator: &'static str,
    },
}

/// The settings of a classifier: a search space in which each point can be fitted.
pub trait Classify: SearchSpace + Clone + Debug + Send + Sync + 'static {
    /// Fits the model to rows whose classes are `0..classes`, at least two, where each class
    /// occurs.
    ///
    /// # Errors
    /// If linfa refuses the settings, or its solver fails.
    fn fit_model(
        &self,
        train: &Dataset<usize>,
        classes: usize,
        seed: u64,
    ) -> Result<Box<dyn PredictProba>, FitError>;

    /// Returns the complexity of a model with these settings, in a unit of the estimator's own:
    /// larger is more complex. Used to choose the [simplest of the good configs](crate::one_se).
    fn complexity(&self) -> f64;

    /// Returns the estimator's name in summaries.
    fn name(&self) -> &'static str;

    /// Returns known good configs that a search tries first. Default: none; then the search starts
    /// with the space's own defaults.
    #[must_use]
    fn starters() -> Vec<Self> {
        Vec::new()
    }

    /// Fits the model to rows of any classes. A class that does not occur in them is never
    /// predicted.
    ///
    /// # Errors
    /// If the rows cannot be used for training, linfa refuses the settings, or its solver fails.
    fn fit(&self, train: &Dataset<usize>, seed: u64) -> Result<FittedClassifier, FitError> {
        data::check_classes(train)?;
        let classes = data::classes(&train.targets);
        let place = |class: &usize| classes.binary_search(class).expect("every class was listed");
        let numbered =
            Dataset::new(train.records.clone(), train.targets.mapv(|class| place(&class)));
        let model = self.fit_model(&numbered, classes.len(), seed)?;
        Ok(FittedClassifier { classes, model })
    }
}

/// The settings of a regression: a search space in which each point can be fitted.
pub trait Regress: SearchSpace + Clone + Debug + Send + Sync + 'static {
    /// Fits the model to rows that were checked.
    ///
    /// # Errors
    /// If linfa refuses the settings, or its solver fails.
    fn fit_model(
        &self,
        train: &Dataset<f64>,
        seed: u64,
    ) -> Result<Box<dyn PredictValues>, FitError>;

    /// Returns the complexity of a model with these settings, in a unit of the estimator's own:
    /// larger is more complex.
    fn complexity(&self) -> f64;

    /// Returns the estimator's name in summaries.
    fn name(&self) -> &'static str;

    /// Returns known good configs that a search tries first. Default: none; then the search starts
    /// with the space's own defaults.
    #[must_use]
    fn starters() -> Vec<Self> {
        Vec::new()
    }

    /// Fits the model to any rows.
    ///
    /// # Errors
    /// If the rows cannot be used for training, linfa refuses the settings, or its solver fails.
    fn fit(&self, train: &Dataset<f64>, seed: u64) -> Result<FittedRegressor, FitError> {
        data::check_numbers(train)?;
        Ok(FittedRegressor { model: self.fit_model(train, seed)? })
    }
}

/// A fitted model of the classes `0..`.
pub trait PredictProba: Debug + Send + Sync {
    /// Returns the probability of each class for each row: shape `(rows, classes)`, from 0 to 1;
    /// each row sums to 1.
    fn predict_proba(&self, records: &Array2<f64>) -> Array2<f64>;
}

/// A fitted model of numbers.
pub trait PredictValues: Debug + Send + Sync {
    /// Returns the predicted number for each row.
    fn predict_values(&self, records: &Array2<f64>) -> Array1<f64>;
}

/// A fitted classifier of any estimator.
#[derive(Debug)]
pub struct FittedClassifier {
    classes: Vec<usize>,
    model: Box<dyn PredictProba>,
}

impl FittedClassifier {
    /// Returns the most probable class of each row; among equals the first.
    ///
    /// # Panics
    /// If the rows have another number of features than those of the training.
    #[must_use]
    pub fn predict(&self, records: &Array2<f64>) -> Array1<usize> {
        self.predict_proba(records).argmax()
    }

    /// Returns the probability of each class for each row.
    ///
    /// # Panics
    /// As [`predict`](Self::predict).
    #[must_use]
    pub fn predict_proba(&self, records: &Array2<f64>) -> Probabilities {
        Probabilities {
            classes: self.classes.clone(),
            probabilities: self.model.predict_proba(records),
        }
    }

    /// Returns the classes of the training rows, in ascending order.
    #[must_use]
    pub fn classes(&self) -> &[usize] {
        &self.classes
    }
}

/// A fitted regression of any estimator.
#[derive(Debug)]
pub struct FittedRegressor {
    model: Box<dyn PredictValues>,
}

impl FittedRegressor {
    /// Returns the predicted number for each row.
    ///
    /// # Panics
    /// If the rows have another number of features than those of the training.
    #[must_use]
    pub fn predict(&self, records: &Array2<f64>) -> Array1<f64> {
        self.model.predict_values(records)
    }
}

/// A model of features on a learned scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scaled<M> {
    scaler: Scaler,
    model: M,
}

/// Fits a model to scaled rows, and stores the scale with it.
pub(crate) fn scaled<T: Clone, M>(
    scaling: Scaling,
    train: &Dataset<T>,
    fit: impl FnOnce(&Dataset<T>) -> Result<M, FitError>,
) -> Result<Scaled<M>, FitError> {
    let scaler = scaling.fit(&train.records);
    let model = fit(&data::with_records(train, scaler.transform(&train.records)))?;
    Ok(Scaled { scaler, model })
}

impl<M: PredictProba> PredictProba for Scaled<M> {
    fn predict_proba(&self, records: &Array2<f64>) -> Array2<f64> {
        self.model.predict_proba(&self.scaler.transform(records))
    }
}

impl<M: PredictValues> PredictValues for Scaled<M> {
    fn predict_values(&self, records: &Array2<f64>) -> Array1<f64> {
        self.model.predict_values(&self.scaler.transform(records))
    }
}

/// Returns a function that adds the name of the model to an error of linfa.
pub(crate) fn linfa_error<E: std::error::Error + Send + Sync + 'static>(
    estimator: &'static str,
) -> impl Fn(E) -> FitError {
    move |error| FitError::Linfa { estimator, source: Box::new(error) }
}

/// Divides each row by its sum; a row of zeros becomes uniform.
pub(crate) fn normalized(mut confidence: Array2<f64>) -> Array2<f64> {
    let even = 1.0 / confidence.ncols() as f64;
    for mut row in confidence.rows_mut() {
        let sum = row.sum();
        row.mapv_inplace(|value| if sum > 0.0 { value / sum } else { even });
    }
    confidence
}
