//! Bayesian optimization with a Gaussian process over the whole conditional space.
//!
//! J. Snoek, H. Larochelle and R. P. Adams ([2012](https://arxiv.org/abs/1206.2944)), *Practical
//! Bayesian Optimization of Machine Learning Algorithms*. Before each trial, a process is fitted to
//! all results so far (`gp/fit.rs`, `gp/kernel.rs`), with all branches of the tree together:
//! results for a parameter above a choice inform all of its variants (`gp/encoding.rs`). The config
//! with the highest acquisition value (`acquisition.rs`) is searched for among points that fill the
//! space, and from the best ones uphill (`search.rs`). The sampler is at its best where trials are
//! expensive: with ten to a few hundred of them.
//!
//! | setting | default | range | source |
//! | --- | --- | --- | --- |
//! | `startup` | by the space, 4 to 12 | 0 and up | measured; Vizier takes 1, Ax 5, Optuna 10 |
//! | `noise` | fitted, log-normal prior (-4, 1) | 1e-10 to 10 | `BoTorch`; Keras Tuner fixes 1e-4 |
//! | `acquisition` | both in turn, 3 to 1 | or one of them | measured; see below |
//! | `outputs` | warped and plain in turn | or one of them | measured; Vizier warps |
//!
//! By default, `startup` is the larger of twice the mean number of active parameters, from 4 to 10,
//! and three per branch, up to 12. Three of four trials maximize the log expected improvement, as
//! `BoTorch` and Optuna do; the fourth minimizes a lower bound with `beta` 2, where Keras Tuner
//! takes 2.6. Keras Tuner only standardizes its outputs.
//!
//! Choices that the papers leave open, and deviations:
//! - The first trials visit every branch in turn (`sampler/initial_design.rs`). After them the
//!   model is used, as soon as there is one finite value.
//! - Two priors of the length scales take turns, four trials each (`gp/fit.rs`): short length
//!   scales miss no mode, long ones fit no noise.
//! - Hyperparameters are always fitted from fixed starting points: after each trial up to 60, then
//!   for the two priors in turn whenever there are 4 % more results, and at least after each 25.
//!   Each fit uses the trials that existed at that point, so that the proposal remains a function
//!   of the history.
//! - Each reported constraint has a process of its own (`constrained.rs`), given its values with
//!   their slack (`constraint_values.rs`) and always with the prior of long length scales. Its
//!   hyperparameters are fitted when those for this prior are due.
//! - The space's own constraint is known: candidates that break it are replaced by others, and a
//!   climb that leaves it ends on its boundary (`search.rs`).
//! - The fit uses at most 120 results, the model that screens the candidates at most 128, and the
//!   one that evaluates the best 64 of these at most 500. Half of the results used are the best
//!   ones, the others are spread evenly over the rest.
//! - A proposal that was rejected is followed by the next best config that was not tried; after 64,
//!   by random ones.
//! - Failed, pruned, paused and running trials take part: see `training_data.rs` and
//!   `gp/posterior.rs`.
//! - If the covariance matrix cannot be factored even with a noise of 1 %, it proposes configs as
//!   for the first trials.
//!
//! Measurements of these choices are in `sampler/ABLATIONS.md`.

mod acquisition;
mod config;
mod conditioned;
mod constrained;
mod constraint_values;
mod fits;
mod model;
mod target;
mod training_data;
mod trust_region;
mod search;
#[cfg(test)]
mod tests;

pub use crate::gp::output_transform::Outputs;
pub use acquisition::Acquisition;
pub use config::{GpBuilder, Startup};

use super::{AskContext, Proposal, SampleError, Sampler, SamplerConfig, initial_design};
use crate::gp::encoding::Encoding;
use crate::space::Params;
use crate::trial::{History, HistoryCache, SpaceKey};
use model::Model;
use search::MOST_RANKED;
use training_data::TrainingData;

/// Bayesian optimization with a Gaussian process: few trials, each well chosen. Several objectives
/// are scalarized, with other weights for each trial.
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_core::sampler::{Acquisition, Gp, Outputs, Startup};
///
/// #[derive(Debug, Clone, SearchSpace)]
/// struct Oven {
///     #[search_space(range = 100.0..=250.0)]
///     degrees: f64,
///     #[search_space(range = 5.0..=60.0, log)]
///     minutes: f64,
/// }
///
/// let burnt = |oven: &Oven| {
///     ((oven.degrees - 180.0) / 50.0).powi(2) + (oven.minutes / 25.0).ln().powi(2)
/// };
/// let study =
///     Study::<Oven>::minimize().sampler(Gp::default()).seed(1).run(20, |oven| burnt(&oven))?;
/// assert!(study.best_value()? < 0.01);
///
/// // Keras Tuner's habit.
/// let keras = Gp::builder()
///     .noise(1e-4)
///     .acquisition(Acquisition::LowerBound { beta: 2.6 })
///     .outputs(Outputs::Plain)
///     .startup(Startup::PerParameter(3))
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "GpBuilder", into = "GpBuilder")]
pub struct Gp {
    settings: GpBuilder,
    /// The number of results around the best one that the model uses; `None` for all.
    nearest: Option<usize>,
    model: HistoryCache<SpaceKey, Model>,
}

impl Gp {
    /// Returns a builder with every setting at its default.
    pub fn builder() -> GpBuilder {
        GpBuilder::default()
    }

    fn with(settings: GpBuilder) -> Self {
        Self { settings, nearest: None, model: HistoryCache::default() }
    }

    /// Restricts the sampler to the neighborhood of the best config: the model uses at most
    /// `results` results there, so that the cost of a proposal does not depend on the number of
    /// trials.
    pub(super) fn local(self, results: usize) -> Self {
        Self { nearest: Some(results), ..self }
    }

    /// Returns the number of trials before the model is used.
    fn startup(&self, encoding: &Encoding) -> usize {
        match self.settings.startup {
            Startup::Few => {
                let by_parameter = (2.0 * encoding.active()).round().clamp(4.0, 10.0) as usize;
                by_parameter.max(3 * encoding.branches()).min(12)
            }
            Startup::PerParameter(count) => {
                (count as usize).saturating_mul(encoding.flat_space().len().max(1))
            }
            Startup::Trials(count) => count as usize,
        }
    }

    /// Returns the leave-one-out rank correlation of the better half of the results, for the model
    /// behind a trial's proposal: from -1 to 1, where 0 is chance. `None` as long as there is no
    /// model.
    pub(super) fn loo_rank_correlation(
        &self,
        history: History<'_>,
        ask: AskContext,
    ) -> Option<f64> {
        self.with_model(history, ask, |model, data| {
            model.loo_rank_correlation(&self.settings, data, ask)
        })
    }

    /// Calls `work` with the model and its training data. Returns `None` if there are too few
    /// results for a model.
    fn with_model<T>(
        &self,
        history: History<'_>,
        ask: AskContext,
        work: impl FnOnce(&mut Model, &TrainingData<'_>) -> Option<T>,
    ) -> Option<T> {
        let new = || Model::new(history.flat_space());
        self.model.with(history.space_key(), new, |model| {
            let encoding = model.encoding();
            let data = TrainingData::new(history, encoding, ask);
            let is_early = data.trials() < self.startup(encoding) || encoding.columns().is_empty();
            if is_early { None } else { work(model, &data) }
        })
    }
}

impl Sampler for Gp {
    fn sample(&self, history: History<'_>, ask: AskContext) -> Result<Proposal, SampleError> {
        let ranked = self.with_model(history, ask, |model, data| {
            model.ranked(&self.settings, self.nearest, history, data, ask)
        });
        let Some(ranked) = ranked else {
            return Ok(Proposal::Config(first(history, ask)));
        };
        Ok(Proposal::Config(match ask.attempt {
            0 => ranked[0].clone(),
            attempt => {
                let mut others = ranked[1..].iter().filter(|params| !history.tried(params));
                let next = others.nth(attempt as usize - 1);
                next.cloned().unwrap_or_else(|| history.flat_space().draw(&mut ask.rng()))
            }
        }))
    }

    fn name(&self) -> &'static str {
        "gp"
    }

    fn config(&self) -> Option<SamplerConfig> {
        Some(SamplerConfig::Gp(self.clone()))
    }

    fn explain(&self, history: History<'_>, ask: AskContext) -> Option<String> {
        let told = self.with_model(history, ask, |model, data| {
            model.ranked(&self.settings, self.nearest, history, data, ask)?;
            Some((data.trials(), data.is_infeasible(), data.has_constraints()))
        });
        Some(match told {
            None => "gp: a first trial, to fill the space before there is a model".to_owned(),
            Some((results, ..)) if ask.attempt > MOST_RANKED as u32 => {
                format!(
                    "gp: drawn at random, since the best configs by {results} results were turned \
                     down"
                )
            }
            Some((results, true, _)) => {
                format!(
                    "gp: the probability to keep the constraints, which none of {results} results \
                     keeps"
                )
            }
            Some((results, false, has_constraints)) => {
                let acquisition = match self.settings.acquisition.of_trial(ask.number) {
                    _ if has_constraints => {
                        "log expected improvement and the probability to keep the constraints"
                            .to_owned()
                    }
                    acquisition => acquisition.to_string(),
                };
                let outputs = self.settings.outputs.of_trial(ask.number);
                match self.nearest {
                    Some(nearest) => {
                        let nearest = nearest.min(results);
                        format!(
                            "gp: {acquisition}, {outputs} outputs, near the best config by the \
                             {nearest} results around it"
                        )
                    }
                    None => format!("gp: {acquisition}, {outputs} outputs, {results} results"),
                }
            }
        })
    }
}

/// Returns a config for a trial before there is a model.
fn first(history: History<'_>, ask: AskContext) -> Params {
    match ask.attempt {
        0 => initial_design::allowed(history, ask.number, ask.seed),
        _ => history.flat_space().draw(&mut ask.rng()),
    }
}
