//! What a tuner tunes: a model that is built from a config, and fitted to data.

use std::path::Path;

use crate::space::SearchSpace;
use crate::study::{Trial, TrialError};

/// A model that is built from a config, and fitted to data.
///
/// `fit` trains, measures, and reports by name what it measured: [`Trial::metric`] at the end, or [`Trial::log`] after
/// every epoch. One of these names is the tuner's objective.
///
/// How far to train is for the tuner to say, if it is one that saves training: `for epoch in trial.steps(50)` walks up to
/// the budget of the trial's round, or to 50 where there is none; for trees, rows or iterations there is
/// [`Trial::budget`]. A model that can go on from where it stopped keeps its state by [`Trial::checkpoint`] and takes it up
/// by [`Trial::restore`], any `serde` type; one that cannot is fitted again from the beginning.
///
/// ```
/// use hpo_core::prelude::*;
///
/// #[derive(Debug, Clone, SearchSpace)]
/// struct Ridge {
///     #[search_space(range = 1e-4..=1e2, log)]
///     penalty: f64,
/// }
///
/// /// Fits `y = slope * x` to pairs.
/// struct RidgeModel;
///
/// impl HyperModel for RidgeModel {
///     type Config = Ridge;
///     type Data = [(f64, f64)];
///     type Model = f64;                       // the penalty
///     type Fitted = f64;                      // the slope
///     type Error = TrialError;
///
///     fn build(&self, config: &Ridge) -> Result<f64, TrialError> {
///         Ok(config.penalty)
///     }
///
///     fn fit(&self, _: &Ridge, penalty: f64, data: &[(f64, f64)], trial: &mut Trial<'_>) -> Result<f64, TrialError> {
///         let (train, test) = data.split_at(data.len() / 2);
///         let xy: f64 = train.iter().map(|(x, y)| x * y).sum();
///         let xx: f64 = train.iter().map(|(x, _)| x * x).sum();
///         let slope = xy / (xx + penalty);
///         trial.metric("val_mse", test.iter().map(|(x, y)| (y - slope * x).powi(2)).sum());
///         Ok(slope)
///     }
/// }
///
/// let data = [(1.0, 2.1), (2.0, 3.9), (3.0, 6.0), (4.0, 8.1)];
/// let mut tuner = RandomSearch::new(RidgeModel).objective("val_mse").max_trials(20).seed(1).build()?;
/// tuner.search(&data[..])?;
/// let best = tuner.best_models(1)?;
/// assert!((*best[0] - 2.0).abs() < 0.1);
/// # Ok::<(), hpo_core::Error>(())
/// ```
pub trait HyperModel: Sync {
    /// What may be tuned.
    type Config: SearchSpace;
    /// What it is fitted to; shared by all workers.
    type Data: Sync + ?Sized;
    /// The model as built, not fitted yet: a parameter set, a network with fresh weights.
    type Model;
    /// The fitted model: what a user wants back.
    type Fitted: Send + Sync;
    /// What can go wrong; any error will do. [`TrialError`] itself is the simplest: anything becomes one through `?`.
    type Error: Into<TrialError>;

    /// Builds a model from a config.
    ///
    /// # Errors
    /// If there is no such model: the trial fails, the search goes on.
    fn build(&self, config: &Self::Config) -> Result<Self::Model, Self::Error>;

    /// Fits a model, and reports its metrics.
    ///
    /// # Errors
    /// If it cannot be fitted: the trial fails, the search goes on. What `trial` returns is to be handed on with `?`.
    fn fit(
        &self,
        config: &Self::Config,
        model: Self::Model,
        data: &Self::Data,
        trial: &mut Trial<'_>,
    ) -> Result<Self::Fitted, Self::Error>;

    /// The names of the metrics that `fit` reports. If given, a wrong objective is refused before any training.
    fn metrics(&self) -> &[&str] {
        &[]
    }

    /// Writes a fitted model into an empty folder of its own; `false` if it cannot be kept on disk (the default).
    ///
    /// # Errors
    /// If it cannot be written: the search ends.
    fn save(&self, _fitted: &Self::Fitted, _folder: &Path) -> Result<bool, Self::Error> {
        Ok(false)
    }

    /// Reads a fitted model back from its folder; `None` if it is not kept on disk (the default).
    ///
    /// # Errors
    /// If what is there cannot be read.
    fn load(&self, _config: &Self::Config, _folder: &Path) -> Result<Option<Self::Fitted>, Self::Error> {
        Ok(None)
    }
}
