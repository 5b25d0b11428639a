//! Estimators of tables: gaps, categories and numbers as they are, in one search space.
//!
//! Trees use gaps and categories directly; other estimators get them through a [`Pipeline`].

mod chosen;
mod classifier;
mod fitted;
mod pipeline;
mod regressor;

use std::fmt::Debug;

use hpo_core::SearchSpace;
use serde::Serialize;

pub use self::classifier::TableClassifier;
pub use self::fitted::FittedEstimator;
pub use self::pipeline::{FittedPipeline, Pipeline};
pub use self::regressor::{RegressionEstimator, TableRegressor};

use crate::context::FitContext;
use crate::estimator::FitError;
use crate::features::{Features, Targets};
use crate::stages::Stages;

/// The settings of an estimator of tables: a search space in which each point can be fitted.
pub trait TableEstimator: SearchSpace + Serialize + Clone + Debug + Send + Sync + 'static {
    /// Fits the model. `rounds` is the number of rounds of an estimator that is trained in rounds.
    ///
    /// # Errors
    /// If the settings are refused, a solver fails, or the time of the context is over.
    fn fit(
        &self,
        features: &Features,
        targets: &Targets,
        rounds: usize,
        context: FitContext<'_>,
    ) -> Result<FittedEstimator, FitError>;

    /// Fits the model to training rows, and predicts test rows after several numbers of rounds.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    fn stages(
        &self,
        train: (&Features, &Targets),
        test: (&Features, &Targets),
        context: FitContext<'_>,
    ) -> Result<Stages, FitError>;

    /// Returns the estimator's name in summaries.
    fn name(&self) -> &'static str;

    /// Returns known good configs that a search tries first, for this number of rows.
    fn starters(rows: usize) -> Vec<Self>;
}
