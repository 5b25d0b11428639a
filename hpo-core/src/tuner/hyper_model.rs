//! The model of a tuner: it is built from a config and fitted to data.

use std::path::Path;

use crate::space::SearchSpace;
use crate::study::{Trial, TrialError};

/// A model that is built from a config and fitted to data.
///
/// `fit` trains the model, evaluates it, and reports its metrics by name: [`Trial::metric`] at the
/// end, or [`Trial::log`] after every epoch. One of these names is the tuner's objective.
///
/// A tuner that saves training decides how far to train: `for epoch in trial.steps(50)` runs up to
/// the budget of the trial's round, or to 50 if there is none; for trees, rows or iterations there
/// is [`Trial::budget`]. A model that can continue training saves its state with
/// [`Trial::checkpoint`] and restores it with [`Trial::restore`], as any `serde` type. A model that
/// cannot is fitted again from the beginning.
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
///     fn fit(
///         &self,
///         _: &Ridge,
///         penalty: f64,
///         data: &[(f64, f64)],
///         trial: &mut Trial<'_>,
///     ) -> Result<f64, TrialError> {
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
/// let mut tuner =
///     RandomSearch::new(RidgeModel).objective("val_mse").max_trials(20).seed(1).build()?;
/// tuner.search(&data[..])?;
/// let best = tuner.best_models(1)?;
/// assert!((*best[0] - 2.0).abs() < 0.1);
/// # Ok::<(), hpo_core::Error>(())
/// ```
pub trait HyperModel: Sync {
    /// The config type, which defines the search space.
    type Config: SearchSpace;
    /// The data that models are fitted to, shared by all workers.
    type Data: Sync + ?Sized;
    /// The model as built, not fitted yet: a parameter set, or a network with initial weights.
    type Model;
    /// The fitted model that the tuner returns.
    type Fitted: Send + Sync;
    /// The error type; any error type can be used. [`TrialError`] itself is the simplest: any error
    /// becomes one through `?`.
    type Error: Into<TrialError>;

    /// Builds a model from a config.
    ///
    /// # Errors
    /// If the model cannot be built: the trial fails and the search continues.
    fn build(&self, config: &Self::Config) -> Result<Self::Model, Self::Error>;

    /// Fits a model and reports its metrics.
    ///
    /// # Errors
    /// If the model cannot be fitted: the trial fails and the search continues. Errors returned by
    /// `trial` must be passed on with `?`.
    fn fit(
        &self,
        config: &Self::Config,
        model: Self::Model,
        data: &Self::Data,
        trial: &mut Trial<'_>,
    ) -> Result<Self::Fitted, Self::Error>;

    /// Returns the names of the metrics that `fit` reports. If given, a wrong objective is refused
    /// before any training.
    fn metrics(&self) -> &[&str] {
        &[]
    }

    /// Writes a fitted model into an empty folder of its own. Returns false if the model cannot be
    /// kept on disk (the default).
    ///
    /// # Errors
    /// If the model cannot be written: the search ends.
    fn save(&self, _fitted: &Self::Fitted, _folder: &Path) -> Result<bool, Self::Error> {
        Ok(false)
    }

    /// Reads a fitted model back from its folder. Returns `None` if the model is not kept on disk
    /// (the default).
    ///
    /// # Errors
    /// If the files in the folder cannot be read.
    fn load(
        &self,
        _config: &Self::Config,
        _folder: &Path,
    ) -> Result<Option<Self::Fitted>, Self::Error> {
        Ok(None)
    }
}

/// A model may be borrowed, so that several tuners search it.
impl<M: HyperModel> HyperModel for &M {
    type Config = M::Config;
    type Data = M::Data;
    type Model = M::Model;
    type Fitted = M::Fitted;
    type Error = M::Error;

    fn build(&self, config: &Self::Config) -> Result<Self::Model, Self::Error> {
        M::build(self, config)
    }

    fn fit(
        &self,
        config: &Self::Config,
        model: Self::Model,
        data: &Self::Data,
        trial: &mut Trial<'_>,
    ) -> Result<Self::Fitted, Self::Error> {
        M::fit(self, config, model, data, trial)
    }

    fn metrics(&self) -> &[&str] {
        M::metrics(self)
    }

    fn save(&self, fitted: &Self::Fitted, folder: &Path) -> Result<bool, Self::Error> {
        M::save(self, fitted, folder)
    }

    fn load(
        &self,
        config: &Self::Config,
        folder: &Path,
    ) -> Result<Option<Self::Fitted>, Self::Error> {
        M::load(self, config, folder)
    }
}
