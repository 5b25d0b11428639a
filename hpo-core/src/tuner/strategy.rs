//! The presets: what each brings along, and its own settings.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{HyperModel, TunerBuilder};
use crate::error::Result;
use crate::pruner::{Brackets, Plan, Pruner};
use crate::sampler::{Grid, Random, Sampler};

/// A tuner that draws configs at random.
pub type RandomSearch<M> = TunerBuilder<M, Random>;

/// A tuner that tries the points of a grid, one after another, until none is left.
pub type GridSearch<M> = TunerBuilder<M, Grid>;

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
///     fn fit(&self, config: &Rate, start: f64, _: &(), trial: &mut Trial<'_>) -> Result<f64, TrialError> {
///         let mut place = trial.restore()?.unwrap_or(start);
///         for epoch in trial.steps(100) {
///             place += config.rate * (3.0 - place);
///             trial.log(epoch, &[("val_loss", (3.0 - place).abs())])?;
///             trial.checkpoint(epoch, &place)?;
///         }
///         Ok(place)
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
pub type Hyperband<M> = TunerBuilder<M, Brackets>;

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

impl Strategy for Brackets {
    fn parts(self) -> Result<Parts> {
        let plan = self.table()?;
        let trials = plan.iterations.map(|iterations| iterations.saturating_mul(plan.configs()));
        let settings = self.settings();
        Ok(Parts { sampler: Arc::new(Random), pruner: Some(Arc::new(self)), trials, settings })
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
        Self::with(model, Grid::default())
    }

    /// How many points stand for a continuous parameter, ends included, at least 2. Default: 10.
    pub fn points(mut self, points: u32) -> Self {
        self.strategy = Grid::new(points);
        self
    }
}

impl<M: HyperModel> Hyperband<M> {
    /// Hyperband: all brackets once, with the defaults of [`Brackets`].
    pub fn new(model: M) -> Self {
        Self::with(model, Brackets::new())
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
        Ok(self.strategy.table()?)
    }
}

impl<M: HyperModel, S: Sampling> TunerBuilder<M, S> {
    /// Who judges trials before their end. Default: nobody.
    pub fn pruner(mut self, pruner: impl Pruner + 'static) -> Self {
        self.settings.pruner = Some(Arc::new(pruner));
        self
    }
}
