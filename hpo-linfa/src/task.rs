//! The differences between classification and regression, as far as a search is concerned.

use std::fmt::Debug;
use std::marker::PhantomData;

use hpo_core::SearchSpace;
use hpo_core::trial::Objective;
use ndarray::Array2;

use crate::data::{self, DataError, Dataset};
use crate::estimator::{Classify, FitError, FittedClassifier, FittedRegressor, Regress};
use crate::metric::{Metric, RegressionMetric};

/// The kind of learning: classification or regression.
pub trait Task: Sized + 'static {
    /// The type of a row's target.
    type Target: data::Target + Debug + Send + Sync;
    /// The config type, which defines the search space.
    type Config: SearchSpace + Clone + Debug + Send + Sync + 'static;
    /// The type of the metric.
    type Metric: Copy + Debug + Default + Send + Sync;
    /// The type of the fitted model.
    type Fitted: Debug + Send + Sync;
    /// The type of the predictions.
    type Predictions;

    /// Checks that a table can be used for training.
    ///
    /// # Errors
    /// The first problem found, and its place.
    fn check(table: &Dataset<Self::Target>) -> Result<(), DataError>;

    /// Returns the classes by which folds are stratified, if there are any.
    fn classes(table: &Dataset<Self::Target>) -> Option<&[usize]>;

    /// Returns the name and direction of a metric.
    fn objective(metric: Self::Metric) -> Objective;

    /// Fits a config to the training rows.
    ///
    /// # Errors
    /// If linfa refuses it, or its solver fails.
    fn fit(
        config: &Self::Config,
        train: &Dataset<Self::Target>,
        seed: u64,
    ) -> Result<Self::Fitted, FitError>;

    /// Predicts the target of each row.
    fn predict(fitted: &Self::Fitted, records: &Array2<f64>) -> Self::Predictions;

    /// Scores a fitted model on other rows.
    fn score(metric: Self::Metric, fitted: &Self::Fitted, test: &Dataset<Self::Target>) -> f64;

    /// Returns the complexity of a config; larger is more complex.
    fn complexity(config: &Self::Config) -> f64;

    /// Returns the name of a config's estimator.
    fn name(config: &Self::Config) -> &'static str;

    /// Returns the configs that a search tries first.
    fn starters() -> Vec<Self::Config>;
}

/// Classification by a classifier of type `C`.
#[derive(Clone, Copy, Debug)]
pub struct Classification<C>(PhantomData<C>);

/// Regression by an estimator of type `C`.
#[derive(Clone, Copy, Debug)]
pub struct Regression<C>(PhantomData<C>);

impl<C: Classify> Task for Classification<C> {
    type Target = usize;
    type Config = C;
    type Metric = Metric;
    type Fitted = FittedClassifier;
    type Predictions = ndarray::Array1<usize>;

    fn check(table: &Dataset<usize>) -> Result<(), DataError> {
        data::check_classes(table)
    }

    fn classes(table: &Dataset<usize>) -> Option<&[usize]> {
        table.targets.as_slice()
    }

    fn objective(metric: Metric) -> Objective {
        metric.objective()
    }

    fn fit(config: &C, train: &Dataset<usize>, seed: u64) -> Result<FittedClassifier, FitError> {
        config.fit(train, seed)
    }

    fn predict(fitted: &FittedClassifier, records: &Array2<f64>) -> Self::Predictions {
        fitted.predict(records)
    }

    fn score(metric: Metric, fitted: &FittedClassifier, test: &Dataset<usize>) -> f64 {
        metric.score(&test.targets, &fitted.predict_proba(&test.records))
    }

    fn complexity(config: &C) -> f64 {
        config.complexity()
    }

    fn name(config: &C) -> &'static str {
        config.name()
    }

    fn starters() -> Vec<C> {
        C::starters()
    }
}

impl<C: Regress> Task for Regression<C> {
    type Target = f64;
    type Config = C;
    type Metric = RegressionMetric;
    type Fitted = FittedRegressor;
    type Predictions = ndarray::Array1<f64>;

    fn check(table: &Dataset<f64>) -> Result<(), DataError> {
        data::check_numbers(table)
    }

    fn classes(_: &Dataset<f64>) -> Option<&[usize]> {
        None
    }

    fn objective(metric: RegressionMetric) -> Objective {
        metric.objective()
    }

    fn fit(config: &C, train: &Dataset<f64>, seed: u64) -> Result<FittedRegressor, FitError> {
        config.fit(train, seed)
    }

    fn predict(fitted: &FittedRegressor, records: &Array2<f64>) -> Self::Predictions {
        fitted.predict(records)
    }

    fn score(metric: RegressionMetric, fitted: &FittedRegressor, test: &Dataset<f64>) -> f64 {
        metric.score(&test.targets, &fitted.predict(&test.records))
    }

    fn complexity(config: &C) -> f64 {
        config.complexity()
    }

    fn name(config: &C) -> &'static str {
        config.name()
    }

    fn starters() -> Vec<C> {
        C::starters()
    }
}
