//! The supervised models of linfa, each as a typed search space that can be fitted.
//!
//! A config is a plain struct with linfa's defaults; ranges are those of common practice, and each says so where a bound
//! has another reason. Whatever a model learns from rows beside its weights (a scale, the classes that there are) is part
//! of the fitted model. A config, the rows and a seed make the same model in every run, which not all of linfa does by
//! itself: see [`tree`].

pub mod ada_boost;
pub mod bayes;
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

pub use ada_boost::AdaBoost;
pub use bayes::{BernoulliNb, GaussianNb, MultinomialNb};
pub use elastic_net::{ElasticNet, Ridge};
pub use forest::RandomForest;
pub use ftrl::Ftrl;
pub use linear::Linear;
pub use logistic::Logistic;
pub use neighbours::NearestNeighbours;
pub use pls::Pls;
pub use svm::{Kernel, Svc, Svr};
pub use tree::Tree;

use crate::data::{self, DataError, Table};
use crate::metric::Told;
use crate::scale::{Scaler, Scaling};

/// Why a model could not be fitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// The rows cannot be learnt from.
    #[error(transparent)]
    Data(#[from] DataError),
    /// linfa refused the settings, or its solver failed.
    #[error("linfa's {estimator} was not fitted")]
    Linfa {
        /// Which model.
        estimator: &'static str,
        /// What linfa says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The solver ran away.
    #[error("{estimator} has weights that are not finite: scale the features, or write a narrower range")]
    Diverged {
        /// Which model.
        estimator: &'static str,
    },
}

/// The settings of a classifier: a search space, each point of which can be fitted.
pub trait Classify: SearchSpace + Clone + Debug + Send + Sync + 'static {
    /// Fits to rows whose classes are `0..classes`, at least two, each of them there.
    ///
    /// # Errors
    /// If linfa refuses the settings, or its solver fails.
    fn learn(&self, train: &Table<usize>, classes: usize, seed: u64) -> Result<Box<dyn Probabilities>, FitError>;

    /// How complex a model these settings make, in a unit of the estimator's own: larger is more complex. For the choice
    /// of the [simplest of the good ones](crate::one_se).
    fn complexity(&self) -> f64;

    /// The estimator's name in summaries.
    fn name(&self) -> &'static str;

    /// Known good configs, for a search to begin with. Default: none, then it begins with the space's own defaults.
    #[must_use]
    fn starters() -> Vec<Self> {
        Vec::new()
    }

    /// Fits to rows of any classes. A class that is not among them is never told.
    ///
    /// # Errors
    /// If the rows cannot be learnt from, linfa refuses the settings, or its solver fails.
    fn fit(&self, train: &Table<usize>, seed: u64) -> Result<FittedClassifier, FitError> {
        data::check_classes(train)?;
        let classes = data::classes(&train.targets);
        let place = |class: &usize| classes.binary_search(class).expect("every class was listed");
        let numbered = Table::new(train.records.clone(), train.targets.mapv(|class| place(&class)));
        let model = self.learn(&numbered, classes.len(), seed)?;
        Ok(FittedClassifier { classes, model })
    }
}

/// The settings of a regression: a search space, each point of which can be fitted.
pub trait Regress: SearchSpace + Clone + Debug + Send + Sync + 'static {
    /// Fits to rows that were checked.
    ///
    /// # Errors
    /// If linfa refuses the settings, or its solver fails.
    fn learn(&self, train: &Table<f64>, seed: u64) -> Result<Box<dyn Values>, FitError>;

    /// How complex a model these settings make, in a unit of the estimator's own: larger is more complex.
    fn complexity(&self) -> f64;

    /// The estimator's name in summaries.
    fn name(&self) -> &'static str;

    /// Known good configs, for a search to begin with. Default: none, then it begins with the space's own defaults.
    #[must_use]
    fn starters() -> Vec<Self> {
        Vec::new()
    }

    /// Fits to any rows.
    ///
    /// # Errors
    /// If the rows cannot be learnt from, linfa refuses the settings, or its solver fails.
    fn fit(&self, train: &Table<f64>, seed: u64) -> Result<FittedRegressor, FitError> {
        data::check_numbers(train)?;
        Ok(FittedRegressor { model: self.learn(train, seed)? })
    }
}

/// A fitted model of the classes `0..`.
pub trait Probabilities: Debug + Send + Sync {
    /// How sure it is of each class (columns) for each row: from 0 to 1, each row sums to 1.
    fn probabilities(&self, records: &Array2<f64>) -> Array2<f64>;
}

/// A fitted model of numbers.
pub trait Values: Debug + Send + Sync {
    /// The number told for each row.
    fn values(&self, records: &Array2<f64>) -> Array1<f64>;
}

/// A fitted classifier.
#[derive(Debug)]
pub struct FittedClassifier {
    classes: Vec<usize>,
    model: Box<dyn Probabilities>,
}

impl FittedClassifier {
    /// The surest class of each row; of several such the first.
    ///
    /// # Panics
    /// If the rows have another number of features than those of the training.
    #[must_use]
    pub fn predict(&self, records: &Array2<f64>) -> Array1<usize> {
        self.tell(records).surest()
    }

    /// How sure it is of each class, for each row.
    ///
    /// # Panics
    /// As [`predict`](Self::predict).
    #[must_use]
    pub fn tell(&self, records: &Array2<f64>) -> Told {
        Told { classes: self.classes.clone(), probabilities: self.model.probabilities(records) }
    }

    /// The classes that it knows, in ascending order.
    #[must_use]
    pub fn classes(&self) -> &[usize] {
        &self.classes
    }
}

/// A fitted regression.
#[derive(Debug)]
pub struct FittedRegressor {
    model: Box<dyn Values>,
}

impl FittedRegressor {
    /// The number told for each row.
    ///
    /// # Panics
    /// If the rows have another number of features than those of the training.
    #[must_use]
    pub fn predict(&self, records: &Array2<f64>) -> Array1<f64> {
        self.model.values(records)
    }
}

/// A model of features on a learnt scale.
#[derive(Debug)]
pub(crate) struct Scaled<M> {
    scaler: Scaler,
    model: M,
}

/// Fits a model to rows on a scale, and keeps the scale with it.
pub(crate) fn scaled<T: Clone, M>(
    scaling: Scaling,
    train: &Table<T>,
    fit: impl FnOnce(&Table<T>) -> Result<M, FitError>,
) -> Result<Scaled<M>, FitError> {
    let scaler = scaling.fit(&train.records);
    let model = fit(&data::with_records(train, scaler.transform(&train.records)))?;
    Ok(Scaled { scaler, model })
}

impl<M: Probabilities> Probabilities for Scaled<M> {
    fn probabilities(&self, records: &Array2<f64>) -> Array2<f64> {
        self.model.probabilities(&self.scaler.transform(records))
    }
}

impl<M: Values> Values for Scaled<M> {
    fn values(&self, records: &Array2<f64>) -> Array1<f64> {
        self.model.values(&self.scaler.transform(records))
    }
}

/// What linfa says, with the name of the model.
pub(crate) fn linfa_error<E: std::error::Error + Send + Sync + 'static>(
    estimator: &'static str,
) -> impl Fn(E) -> FitError {
    move |error| FitError::Linfa { estimator, source: Box::new(error) }
}

/// Divides each row by its sum; a row of zeros becomes even.
pub(crate) fn normalized(mut sureness: Array2<f64>) -> Array2<f64> {
    let even = 1.0 / sureness.ncols() as f64;
    for mut row in sureness.rows_mut() {
        let sum = row.sum();
        row.mapv_inplace(|value| if sum > 0.0 { value / sum } else { even });
    }
    sureness
}
