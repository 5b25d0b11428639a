//! What classification and regression differ in, as far as a search is concerned.

use std::fmt::Debug;
use std::marker::PhantomData;

use hpo_core::SearchSpace;
use hpo_core::trial::Objective;
use ndarray::Array2;

use crate::data::{self, DataError, Table};
use crate::estimator::{Classify, FitError, FittedClassifier, FittedRegressor, Regress};
use crate::metric::{Metric, RegressionMetric};

/// What a search learns: classes, or numbers.
pub trait Task: Sized + 'static {
    /// What a row has for its target.
    type Target: data::Target + Debug + Send + Sync;
    /// What may be tuned.
    type Config: SearchSpace + Clone + Debug + Send + Sync + 'static;
    /// What a prediction is worth.
    type Metric: Copy + Debug + Default + Send + Sync;
    /// The fitted model.
    type Fitted: Debug + Send + Sync;
    /// What is told of rows.
    type Told;

    /// Whether a table can be learnt.
    ///
    /// # Errors
    /// What is wrong, and where.
    fn check(table: &Table<Self::Target>) -> Result<(), DataError>;

    /// The classes by which folds are stratified, if there are any.
    fn classes(table: &Table<Self::Target>) -> Option<&[usize]>;

    /// Name and direction of a metric.
    fn objective(metric: Self::Metric) -> Objective;

    /// Fits a config.
    ///
    /// # Errors
    /// If linfa refuses it, or its solver fails.
    fn fit(config: &Self::Config, train: &Table<Self::Target>, seed: u64) -> Result<Self::Fitted, FitError>;

    /// What a fitted model tells of rows.
    fn predict(fitted: &Self::Fitted, records: &Array2<f64>) -> Self::Told;

    /// What a fitted model is worth on other rows.
    fn score(metric: Self::Metric, fitted: &Self::Fitted, test: &Table<Self::Target>) -> f64;

    /// How complex a config is.
    fn complexity(config: &Self::Config) -> f64;

    /// The name of a config's estimator.
    fn name(config: &Self::Config) -> &'static str;

    /// Configs to begin with.
    fn starters() -> Vec<Self::Config>;
}

/// Learning classes by a classifier of type `C`.
#[derive(Clone, Copy, Debug)]
pub struct Classification<C>(PhantomData<C>);

/// Learning numbers by a regression of type `C`.
#[derive(Clone, Copy, Debug)]
pub struct Regression<C>(PhantomData<C>);

impl<C: Classify> Task for Classification<C> {
    type Target = usize;
    type Config = C;
    type Metric = Metric;
    type Fitted = FittedClassifier;
    type Told = ndarray::Array1<usize>;

    fn check(table: &Table<usize>) -> Result<(), DataError> {
        data::check_classes(table)
    }

    fn classes(table: &Table<usize>) -> Option<&[usize]> {
        table.targets.as_slice()
    }

    fn objective(metric: Metric) -> Objective {
        metric.objective()
    }

    fn fit(config: &C, train: &Table<usize>, seed: u64) -> Result<FittedClassifier, FitError> {
        config.fit(train, seed)
    }

    fn predict(fitted: &FittedClassifier, records: &Array2<f64>) -> Self::Told {
        fitted.predict(records)
    }

    fn score(metric: Metric, fitted: &FittedClassifier, test: &Table<usize>) -> f64 {
        metric.score(&test.targets, &fitted.tell(&test.records))
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
    type Told = ndarray::Array1<f64>;

    fn check(table: &Table<f64>) -> Result<(), DataError> {
        data::check_numbers(table)
    }

    fn classes(_: &Table<f64>) -> Option<&[usize]> {
        None
    }

    fn objective(metric: RegressionMetric) -> Objective {
        metric.objective()
    }

    fn fit(config: &C, train: &Table<f64>, seed: u64) -> Result<FittedRegressor, FitError> {
        config.fit(train, seed)
    }

    fn predict(fitted: &FittedRegressor, records: &Array2<f64>) -> Self::Told {
        fitted.predict(records)
    }

    fn score(metric: RegressionMetric, fitted: &FittedRegressor, test: &Table<f64>) -> f64 {
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
