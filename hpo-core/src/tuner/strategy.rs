//! The presets: their samplers, pruners and settings.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{HyperModel, TunerBuilder};
use crate::error::{Error, Result};
use crate::pruner::{HyperbandSchedule, HyperbandScheduleBuilder, Plan, Pruner};
use crate::sampler::{Acquisition, Gp, Grid, GridBuilder, Random, Sampler, Startup};
use crate::setting::SettingError;

/// A tuner that draws configs at random.
pub type RandomSearch<M> = TunerBuilder<M, Random>;

/// A tuner that tries the points of a grid, one after another, until none is left.
pub type GridSearch<M> = TunerBuilder<M, GridBuilder>;

/// A tuner that starts many trials with little training and continues with the best of them.
///
/// `fit` trains for [`Trial::steps`](crate::study::Trial::steps), or for a
/// [budget](crate::study::Trial::budget) of another kind: trees, or a share of the rows. If it also
/// keeps [checkpoints](crate::study::Trial::checkpoint), a promoted trial continues from its own.
/// Otherwise it is fitted again from the beginning, and the summary says so.
///
/// ```
/// use hpo_core::prelude::*;
///
/// #[derive(Debug, Clone, SearchSpace)]
/// struct Rate {
///     #[search_space(range = 1e-3..=1.0, log)]
///     rate: f64,
/// }
///
/// /// Walks towards 3 by gradient steps.
/// struct Walk;
///
/// impl HyperModel for Walk {
///     type Config = Rate;
///     type Data = ();
///     type Model = f64;
///     type Fitted = f64;
///     type Error = TrialError;
///
///     fn build(&self, _: &Rate) -> Result<f64, TrialError> {
///         Ok(0.0)
///     }
///
///     fn fit(
///         &self,
///         config: &Rate,
///         start: f64,
///         (): &(),
///         trial: &mut Trial<'_>,
///     ) -> Result<f64, TrialError> {
///         let mut place = trial.restore()?.unwrap_or(start);
///         for epoch in trial.steps(100) {
///             place += config.rate * (3.0 - place);
///             trial.log(epoch, &[("val_loss", (3.0 - place).abs())])?;
///             trial.checkpoint(epoch, &place)?;
///         }
///         // The model of the best epoch, not of the last one.
///         Ok(trial.best_checkpoint()?.unwrap_or(place))
///     }
/// }
///
/// let builder = Hyperband::new(Walk).objective("val_loss").max_epochs(9).seed(1);
/// println!("{}", builder.plan()?);
/// let mut tuner = builder.build()?;
/// tuner.search(&())?;
/// assert!((tuner.best_models(1)?[0].as_ref() - 3.0).abs() < 0.5);
/// # Ok::<(), hpo_core::Error>(())
/// ```
pub type Hyperband<M> = TunerBuilder<M, HyperbandScheduleBuilder>;

/// A tuner that fits a Gaussian process to the scores so far, and tries the most promising config.
///
/// It has the interface of Keras Tuner's without its faults: no config is tried twice, choices have
/// no order, and inactive parameters are ignored. Its defaults are those of
/// [`Gp`](crate::sampler::Gp) rather than Keras Tuner's, which never uses its model within 10
/// trials of four parameters. [`alpha`](Self::alpha), [`beta`](Self::beta) and
/// [`num_initial_points`](Self::num_initial_points) restore Keras Tuner's values one by one.
///
/// ```
/// # use hpo_core::prelude::*;
/// # #[derive(Debug, Clone, SearchSpace)]
/// # struct Rate { #[search_space(range = 1e-3..=1.0, log)] rate: f64 }
/// # struct Model;
/// # impl HyperModel for Model {
/// #     type Config = Rate;
/// #     type Data = ();
/// #     type Model = ();
/// #     type Fitted = ();
/// #     type Error = TrialError;
/// #     fn build(&self, _: &Rate) -> Result<(), TrialError> { Ok(()) }
/// #     fn fit(
/// #         &self,
/// #         config: &Rate,
/// #         _: (),
/// #         _: &(),
/// #         trial: &mut Trial<'_>,
/// #     ) -> Result<(), TrialError> {
/// #         trial.metric("val_loss", (config.rate.ln() + 3.0).powi(2));
/// #         Ok(())
/// #     }
/// # }
/// let mut tuner =
///     BayesianOptimization::new(Model).objective("val_loss").max_trials(15).seed(1).build()?;
/// tuner.search(&())?;
/// assert!(tuner.oracle().best_trials(1)?[0].values[0] < 0.01);
///
/// // As Keras Tuner does it.
/// let keras = BayesianOptimization::new(Model)
///     .objective("val_loss")
///     .alpha(1e-4)
///     .beta(2.6)
///     .num_initial_points(3)
///     .build()?;
/// # Ok::<(), hpo_core::Error>(())
/// ```
pub type BayesianOptimization<M> = TunerBuilder<M, Bayesian>;

/// The settings of [`BayesianOptimization`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Bayesian {
    alpha: Option<f64>,
    beta: Option<f64>,
    initial_points: Option<u32>,
}

/// The components of a preset.
#[derive(Debug)]
pub struct StrategyParts {
    /// The sampler that chooses the configs.
    pub sampler: Arc<dyn Sampler>,
    /// The pruner, if the preset has one.
    pub pruner: Option<Arc<dyn Pruner>>,
    /// The number of trials, if the user gives none.
    pub trials: Option<u64>,
    /// The settings of the preset, by name. A search that is continued with new settings uses
    /// those, and reports it.
    pub settings: Vec<(&'static str, Json)>,
}

/// A search strategy: the part in which tuners differ.
pub trait Strategy {
    /// Returns the components of the strategy.
    ///
    /// # Errors
    /// If a setting is invalid.
    fn parts(self) -> Result<StrategyParts>;
}

/// A strategy that may be combined with the user's own pruner.
pub trait Sampling: Strategy {}

impl<S: Sampler + 'static> Strategy for S {
    fn parts(self) -> Result<StrategyParts> {
        let settings = vec![("sampler", Json::from(self.name()))];
        Ok(StrategyParts { sampler: Arc::new(self), pruner: None, trials: None, settings })
    }
}

impl<S: Sampler + 'static> Sampling for S {}

impl Strategy for GridBuilder {
    fn parts(self) -> Result<StrategyParts> {
        self.build()?.parts()
    }
}

impl Sampling for GridBuilder {}

impl Strategy for HyperbandScheduleBuilder {
    fn parts(self) -> Result<StrategyParts> {
        let brackets = self.build().map_err(|error| in_epochs(&error))?;
        let plan = brackets.table();
        let trials = plan.iterations.map(|iterations| iterations.saturating_mul(plan.configs()));
        let settings = vec![("sampler", Json::from(Random.name()))];
        Ok(StrategyParts {
            sampler: Arc::new(Random),
            pruner: Some(Arc::new(brackets)),
            trials,
            settings,
        })
    }
}

/// Renames the settings in an error of the brackets to those of the tuner.
fn in_epochs(error: &SettingError) -> Error {
    let setting = match error.setting {
        "max_resource" => "max_epochs",
        "min_resource" => "min_epochs",
        "iterations" => "hyperband_iterations",
        other => other,
    };
    Error::Setting { setting, problem: error.problem.replace("max_resource", "max_epochs") }
}

impl Strategy for Bayesian {
    fn parts(self) -> Result<StrategyParts> {
        let Self { alpha, beta, initial_points } = self;
        let mut builder = Gp::builder();
        if let Some(alpha) = alpha {
            builder = builder.noise(alpha);
        }
        if let Some(beta) = beta {
            builder = builder.acquisition(Acquisition::LowerBound { beta });
        }
        if let Some(points) = initial_points {
            builder = builder.startup(Startup::Trials(points));
        }
        let gp = builder.build().map_err(|error| {
            let setting = if error.setting == "beta" { "beta" } else { "alpha" };
            Error::Setting { setting, problem: error.problem }
        })?;
        let settings = vec![
            ("sampler", Json::from(gp.name())),
            ("alpha", alpha.into()),
            ("beta", beta.into()),
            ("num_initial_points", initial_points.into()),
        ];
        Ok(StrategyParts { sampler: Arc::new(gp), pruner: None, trials: None, settings })
    }
}

impl Sampling for Bayesian {}

impl<M: HyperModel> BayesianOptimization<M> {
    /// Creates a Bayesian optimisation of 10 trials, unless [`max_trials`](Self::max_trials) is
    /// given.
    pub fn new(model: M) -> Self {
        Self::with(model, Bayesian::default()).max_trials(10)
    }

    /// Sets the variance of the noise of a score, in units of the scores' own variance, above 0.
    /// Default: fitted; Keras Tuner's is 1e-4.
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.strategy.alpha = Some(alpha);
        self
    }

    /// Selects the lower confidence bound as acquisition function, with this number of standard
    /// deviations, at least 0; a larger one explores more. Default: expected improvement; Keras
    /// Tuner's is 2.6.
    pub fn beta(mut self, beta: f64) -> Self {
        self.strategy.beta = Some(beta);
        self
    }

    /// Sets the number of trials before the model is used. Default: twice the mean number of active
    /// parameters, from 4 to 10, and three per branch; Keras Tuner's is three times the number of
    /// parameters.
    pub fn num_initial_points(mut self, points: u32) -> Self {
        self.strategy.initial_points = Some(points);
        self
    }
}

impl<M: HyperModel> RandomSearch<M> {
    /// Creates a random search of 10 trials, unless [`max_trials`](Self::max_trials) is given.
    pub fn new(model: M) -> Self {
        Self::with(model, Random).max_trials(10)
    }
}

impl<M: HyperModel> GridSearch<M> {
    /// Creates a grid search over all points of the grid, unless
    /// [`max_trials`](TunerBuilder::max_trials) is given.
    pub fn new(model: M) -> Self {
        Self::with(model, Grid::builder())
    }

    /// Points on every continuous parameter, ends included: 1 to 100,000. Default: 10.
    pub fn points(mut self, points: u32) -> Self {
        self.strategy = self.strategy.points(points);
        self
    }

    /// The most values of a range of integers or steps, ends included: 1 to 100,000. Default: all.
    pub fn levels(mut self, most: u32) -> Self {
        self.strategy = self.strategy.levels(most);
        self
    }
}

impl<M: HyperModel> Hyperband<M> {
    /// Creates a Hyperband search: all brackets once, with the defaults of [`HyperbandSchedule`].
    pub fn new(model: M) -> Self {
        Self::with(model, HyperbandSchedule::builder())
    }

    /// Sets the last epoch of a trial that is promoted to the end, at least 1. For other models
    /// this is the number of trees, or whatever their steps count. Default: 100.
    pub fn max_epochs(mut self, epochs: u64) -> Self {
        self.strategy = self.strategy.max_resource(epochs);
        self
    }

    /// Sets the smallest number of epochs of a first round, at least 1. Default: 1.
    pub fn min_epochs(mut self, epochs: u64) -> Self {
        self.strategy = self.strategy.min_resource(epochs);
        self
    }

    /// Sets the reduction factor: one of this many trials is promoted, at least 2. Default: 3.
    pub fn factor(mut self, factor: u64) -> Self {
        self.strategy = self.strategy.factor(factor);
        self
    }

    /// Sets the number of times that all brackets are run, at least 1. Default: 1.
    pub fn hyperband_iterations(mut self, iterations: u64) -> Self {
        self.strategy = self.strategy.iterations(Some(iterations));
        self
    }

    /// Repeats the brackets until the time is up or a callback ends the search.
    pub fn endless(mut self) -> Self {
        self.strategy = self.strategy.iterations(None);
        self
    }

    /// Returns the brackets and their cost, before any training.
    ///
    /// # Errors
    /// If a setting is invalid.
    pub fn plan(&self) -> Result<Plan> {
        let brackets = self.strategy.build().map_err(|error| in_epochs(&error))?;
        Ok(brackets.table().clone())
    }
}

impl<M: HyperModel, S: Sampling> TunerBuilder<M, S> {
    /// Sets the pruner. Default: none.
    pub fn pruner(mut self, pruner: impl Pruner + 'static) -> Self {
        self.settings.pruner = Some(Arc::new(pruner));
        self
    }
}
