//! The tree-structured Parzen estimator over the whole conditional space.
//!
//! J. Bergstra, R. Bardenet, Y. Bengio and B. Kégl (2011), *Algorithms for Hyper-Parameter
//! Optimization*; S. Watanabe ([2023](https://arxiv.org/abs/2304.11127)), *Tree-Structured Parzen
//! Estimator: Understanding Its Algorithm Components*. The results are split into a few good ones
//! (below) and the rest (above, `split.rs`), and each part gets a density: a mixture with one
//! product of kernels per trial, over all parameters together (`estimator.rs`, `kernels.rs`).
//! Candidates are drawn from the density of the good trials, and the one that maximizes l(x) / g(x)
//! is proposed (`candidates.rs`). An ask costs microseconds, even after ten thousand trials
//! (`above.rs`).
//!
//! Notation, as in these papers, with `d` parameters and `n` results:
//!
//! | here | there | shape |
//! | --- | --- | --- |
//! | `point`, one [`Encoded`](column::Encoded) per parameter | `x` | (d,) |
//! | `good_share` | `gamma`, the quantile of the split | |
//! | `Model::below_count` | number of results with `y <= y*`: `gamma n`, 1 to `most_good` | |
//! | not stored: `Model::part` splits by rank | `y*`, the `gamma`-quantile of the losses | |
//! | `Model::good`, its `density` | `l(x)`, density of the good trials | d columns of rows |
//! | `Model::rest`, its `density` | `g(x)`, density of the other trials | d columns of rows |
//! | `Estimator::weights` | `w`, weights of the kernels, not normalized | (rows,), padded |
//! | `TruncatedNormals::widths` | `b`, bandwidths of one parameter | (rows,) |
//! | `Candidates::best_candidate` | argmax of `l(x) / g(x)` | |
//!
//! Row 0 of a density is the prior, each other row a trial.
//!
//! | setting | default | range | source |
//! | --- | --- | --- | --- |
//! | `startup` | 10 results | 0 and up | Optuna and the paper |
//! | `candidates` | 24 | 1 to 10,000 | Optuna and the paper |
//! | `good_share` | 0.1 | over 0, at most 1 | Optuna; the paper takes 0.15 |
//! | `most_good` | 25 | 1 and up | Optuna and the paper |
//! | `good_weights` | even | or by improvement | Optuna; the paper takes the latter |
//! | `bandwidth` | a floor of 0.05 | or 0.001 to 1, or magic | measured; paper 0.03, Optuna magic |
//! | `ends` | 0.5 | 0 to 1 | measured; 0 elsewhere |
//! | `prior_weight` | 1 | over 0 | Optuna and the paper |
//! | `liar` | yes | or no | Optuna 5.0 |
//! | `quasi_random` | yes | or no | measured; no elsewhere |
//!
//! Choices that the papers leave open, and deviations, with measurements in `ABLATIONS.md`:
//! - With [`Tpe::optuna`] the densities are Optuna 5.0's on a space without branches (`tests.rs`).
//! - The density over a conditional space is one mixture of all trials. On a parameter that a trial
//!   does not have, its kernel is the prior's. So trials of all branches inform the parameters that
//!   the branches share, the parameters of a branch stay together, and candidates of all branches
//!   compete. A candidate that leaves its trial's branch follows another good trial there.
//! - Half of the draws that would fall outside a range lie at its end, so that an optimum there is
//!   found; the densities are those of truncated kernels.
//! - Kernels may become as narrow as the floor, but with few trials no narrower than half of
//!   Optuna's minimum. For a parameter with few values, the minimum is all of Optuna's, and half
//!   the distance between two values.
//! - A user's prior is the prior kernel of the good trials only.
//! - Trials that were stopped, are paused or still run count by their forecasts (`split.rs`): a
//!   report is never taken for a final value. Failed ones are bad.
//! - With one objective, each constraint has two densities of its own (`constrained.rs`). With
//!   several, infeasible trials rank after all feasible ones, by their violation.
//! - With several objectives, good trials are those of the first fronts, within a front by
//!   decreasing crowding distance.
//! - If more than 2,000 trials are kept for the densities, every other one is left out of g(x).
//! - After a rejected proposal, new candidates are drawn.

mod truncated_normals;
mod column;
mod config;
mod candidates;
mod constrained;
mod estimator;
mod kernels;
mod kernel_settings;
mod model;
mod split;
mod above;
mod column_store;
#[cfg(test)]
mod tests;

pub use config::{Bandwidth, GoodWeights, TpeBuilder};

use super::{AskContext, Proposal, SampleError, Sampler, SamplerConfig, initial_design};
use crate::space::Params;
use crate::trial::{History, HistoryCache, SpaceKey};
use model::Model;

/// The tree-structured Parzen estimator: many trials, each chosen in microseconds, with one
/// objective or several.
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_core::sampler::Tpe;
///
/// #[derive(Debug, Clone, SearchSpace)]
/// enum Model {
///     Linear,
///     Forest {
///         #[search_space(range = 2..=32, log)]
///         depth: usize,
///     },
/// }
///
/// let loss = |model: &Model| match model {
///     Model::Linear => 0.5,
///     Model::Forest { depth } => (*depth as f64 / 9.0).ln().abs(),
/// };
/// let search = Study::<Model>::minimize().sampler(Tpe::default()).seed(1);
/// let study = search.run(25, |model| loss(&model))?;
/// assert!(study.best_value()? < 0.2);
///
/// // As Optuna 5.0 has it, or with settings of one's own.
/// let optuna = Tpe::optuna();
/// let greedy = Tpe::builder().candidates(100).good_share(0.15).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "TpeBuilder", into = "TpeBuilder")]
pub struct Tpe {
    settings: TpeBuilder,
    model: HistoryCache<(u64, SpaceKey), Model>,
}

impl Tpe {
    /// Returns a builder with every setting at its default.
    pub fn builder() -> TpeBuilder {
        TpeBuilder::default()
    }

    /// Creates a sampler with Optuna 5.0's settings. On a space without branches its densities are
    /// Optuna's.
    #[must_use]
    pub fn optuna() -> Self {
        Self::with(TpeBuilder::optuna())
    }

    fn with(settings: TpeBuilder) -> Self {
        Self { settings, model: HistoryCache::default() }
    }

    /// Runs `work` on the model, which is first updated to the history.
    fn with_model<T>(&self, history: History<'_>, work: impl FnOnce(&mut Model) -> T) -> T {
        self.model.fold(
            history.key(),
            history.finished(),
            || Model::new(history.flat_space(), self.settings),
            |model, number| model.read(history, *number),
            work,
        )
    }

    fn is_early(&self, model: &Model, history: History<'_>) -> bool {
        model.results(history) < self.settings.startup.max(1) as usize || model.is_empty()
    }

    fn first(&self, history: History<'_>, ask: AskContext) -> Params {
        if self.settings.quasi_random && ask.attempt == 0 {
            return initial_design::allowed(history, ask.number, ask.seed);
        }
        history.flat_space().draw(&mut ask.rng())
    }
}

impl Sampler for Tpe {
    fn sample(&self, history: History<'_>, ask: AskContext) -> Result<Proposal, SampleError> {
        let chosen = self.with_model(history, |model| {
            (!self.is_early(model, history)).then(|| model.choose(history, &mut ask.rng()))
        });
        Ok(Proposal::Config(chosen.unwrap_or_else(|| self.first(history, ask))))
    }

    fn name(&self) -> &'static str {
        "tpe"
    }

    fn config(&self) -> Option<SamplerConfig> {
        Some(SamplerConfig::Tpe(self.clone()))
    }

    fn explain(&self, history: History<'_>, ask: AskContext) -> Option<String> {
        self.with_model(history, |model| {
            let results = model.results(history);
            let good = model.below_count(results as f64);
            if self.is_early(model, history) {
                return Some(format!(
                    "tpe: one of the first, {results} results of {}",
                    self.settings.startup
                ));
            }
            let again = if ask.attempt > 0 {
                format!(", {} turned down", ask.attempt)
            } else {
                String::new()
            };
            let candidates = self.settings.candidates;
            Some(format!(
                "tpe: the likeliest of {candidates} candidates, {good} good of {results} \
                results{again}"
            ))
        })
    }
}
