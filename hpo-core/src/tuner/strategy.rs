//! The presets: what each brings along, and its own settings.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{HyperModel, TunerBuilder};
use crate::error::{Error, Result};
use crate::pruner::{Brackets, BracketsBuilder, Plan, Pruner, PrunerError};
use crate::sampler::{Acquisition, Gp, GpError, Grid, GridBuilder, Random, Sampler, Startup};

/// A tuner that draws configs at random.
pub type RandomSearch<M> = TunerBuilder<M, Random>;

/// A tuner that tries the points of a grid, one after another, until none is left.
pub type GridSearch<M> = TunerBuilder<M, GridBuilder>;

/// A tuner that begins many trials with little training, and goes on with the best of them.
///
/// `fit` trains for [`Trial::steps`](crate::study::Trial::steps), or for a [budget](crate::study::Trial::budget) of another
/// kind: trees, a share of the rows. Where it also keeps [checkpoints](crate::study::Trial::checkpoint), a promoted trial goes on
/// from its own; else it is fitted again from the beginning, and the summary says so.
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
///     fn fit(&self, config: &Rate, start: f64, (): &(), trial: &mut Trial<'_>) -> Result<f64, TrialError> {
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
pub type Hyperband<M> = TunerBuilder<M, BracketsBuilder>;

/// A tuner that fits a Gaussian process to the scores so far, and tries what it promises most of.
///
/// Keras Tuner's habit, with its faults left out: no config is tried twice, choices have no order, and what is not active in
/// a branch takes no part. Its defaults are those of [`Gp`](crate::sampler::Gp) rather than Keras Tuner's, which never comes
/// to use its model within 10 trials of four parameters: with [`alpha`](Self::alpha), [`beta`](Self::beta) and
/// [`num_initial_points`](Self::num_initial_points) one goes back to those, each by itself.
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
/// #     fn fit(&self, config: &Rate, _: (), _: &(), trial: &mut Trial<'_>) -> Result<(), TrialError> {
/// #         trial.metric("val_loss", (config.rate.ln() + 3.0).powi(2));
/// #         Ok(())
/// #     }
/// # }
/// let mut tuner = BayesianOptimization::new(Model).objective("val_loss").max_trials(15).seed(1).build()?;
/// tuner.search(&())?;
/// assert!(tuner.oracle().best_trials(1)?[0].values[0] < 0.01);
///
/// // As Keras Tuner does it.
/// let keras = BayesianOptimization::new(Model).objective("val_loss").alpha(1e-4).beta(2.6).num_initial_points(3).build()?;
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

/// What a preset brings along.
#[derive(Debug)]
pub struct Parts {
    /// Who chooses the configs.
    pub sampler: Arc<dyn Sampler>,
    /// Who judges the trials, if the preset says so.
    pub pruner: Option<Arc<dyn Pruner>>,
    /// How many trials there shall be, if the user does not say.
    pub trials: Option<u64>,
    /// Its settings, by name: a search that is taken up with others uses those, and says so.
    pub settings: Vec<(&'static str, Json)>,
}

/// A way to search: the part in which tuners differ.
pub trait Strategy {
    /// What it brings along.
    ///
    /// # Errors
    /// If one of its settings makes no sense.
    fn parts(self) -> Result<Parts>;
}

/// Searches on the user's own sampler, and under the user's own pruner.
pub trait Sampling: Strategy {}

impl<S: Sampler + 'static> Strategy for S {
    fn parts(self) -> Result<Parts> {
        let settings = vec![("sampler", Json::from(self.name()))];
        Ok(Parts { sampler: Arc::new(self), pruner: None, trials: None, settings })
    }
}

impl<S: Sampler + 'static> Sampling for S {}

impl Strategy for GridBuilder {
    fn parts(self) -> Result<Parts> {
        self.build()?.parts()
    }
}

impl Sampling for GridBuilder {}

impl Strategy for BracketsBuilder {
    fn parts(self) -> Result<Parts> {
        let brackets = self.build().map_err(|error| in_epochs(&error))?;
        let plan = brackets.table();
        let trials = plan.iterations.map(|iterations| iterations.saturating_mul(plan.configs()));
        let settings = vec![("sampler", Json::from(Random.name()))];
        Ok(Parts { sampler: Arc::new(Random), pruner: Some(Arc::new(brackets)), trials, settings })
    }
}

/// The settings of the brackets in the words of the tuner.
fn in_epochs(error: &PrunerError) -> Error {
    let setting = match error.setting {
        "max_resource" => "max_epochs",
        "min_resource" => "min_epochs",
        "iterations" => "hyperband_iterations",
        other => other,
    };
    Error::Setting { setting, problem: error.problem.replace("max_resource", "max_epochs") }
}

impl Strategy for Bayesian {
    fn parts(self) -> Result<Parts> {
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
            let setting = if matches!(error, GpError::Beta { .. }) { "beta" } else { "alpha" };
            Error::Setting { setting, problem: format!("makes no sense: {error}") }
        })?;
        let settings = vec![
            ("sampler", Json::from(gp.name())),
            ("alpha", alpha.into()),
            ("beta", beta.into()),
            ("num_initial_points", initial_points.into()),
        ];
        Ok(Parts { sampler: Arc::new(gp), pruner: None, trials: None, settings })
    }
}

impl Sampling for Bayesian {}

impl<M: HyperModel> BayesianOptimization<M> {
    /// Bayesian optimisation: 10 trials, unless [`max_trials`](Self::max_trials) says otherwise.
    pub fn new(model: M) -> Self {
        Self::with(model, Bayesian::default()).max_trials(10)
    }

    /// The variance of the noise of a score, in units of the scores' own variance: above 0. Default: fitted; Keras Tuner's is
    /// 1e-4.
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.strategy.alpha = Some(alpha);
        self
    }

    /// How many standard deviations below its mean a config is judged by: large to explore, from 0. Default: the expected
    /// improvement decides; Keras Tuner's is 2.6.
    pub fn beta(mut self, beta: f64) -> Self {
        self.strategy.beta = Some(beta);
        self
    }

    /// How many trials precede the model. Default: twice the parameters that are active on average, from 4 to 10, and three a
    /// branch; Keras Tuner's is three times the number of parameters.
    pub fn num_initial_points(mut self, points: u32) -> Self {
        self.strategy.initial_points = Some(points);
        self
    }
}

impl<M: HyperModel> RandomSearch<M> {
    /// Random search: 10 trials, unless [`max_trials`](Self::max_trials) says otherwise.
    pub fn new(model: M) -> Self {
        Self::with(model, Random).max_trials(10)
    }
}

impl<M: HyperModel> GridSearch<M> {
    /// Grid search: all points of the grid, unless [`max_trials`](TunerBuilder::max_trials) says otherwise.
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
    /// Hyperband: all brackets once, with the defaults of [`Brackets`].
    pub fn new(model: M) -> Self {
        Self::with(model, Brackets::builder())
    }

    /// The last epoch of a trial that is promoted to the end, at least 1: or the number of trees, or whatever the steps of the
    /// model count. Default: 100.
    pub fn max_epochs(mut self, epochs: u64) -> Self {
        self.strategy = self.strategy.max_resource(epochs);
        self
    }

    /// The fewest epochs of a first round, at least 1. Default: 1.
    pub fn min_epochs(mut self, epochs: u64) -> Self {
        self.strategy = self.strategy.min_resource(epochs);
        self
    }

    /// One in how many trials is promoted, at least 2. Default: 3.
    pub fn factor(mut self, factor: u64) -> Self {
        self.strategy = self.strategy.factor(factor);
        self
    }

    /// How often all brackets are gone through, at least 1. Default: 1.
    pub fn hyperband_iterations(mut self, iterations: u64) -> Self {
        self.strategy = self.strategy.iterations(Some(iterations));
        self
    }

    /// Goes through the brackets again and again, until the time is up or a callback ends it.
    pub fn endless(mut self) -> Self {
        self.strategy = self.strategy.iterations(None);
        self
    }

    /// The brackets, and what they cost: before anything is trained.
    ///
    /// # Errors
    /// If a setting makes no sense.
    pub fn plan(&self) -> Result<Plan> {
        let brackets = self.strategy.build().map_err(|error| in_epochs(&error))?;
        Ok(brackets.table().clone())
    }
}

impl<M: HyperModel, S: Sampling> TunerBuilder<M, S> {
    /// Who judges trials before their end. Default: nobody.
    pub fn pruner(mut self, pruner: impl Pruner + 'static) -> Self {
        self.settings.pruner = Some(Arc::new(pruner));
        self
    }
}
