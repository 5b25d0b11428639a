//! CMA-ES: evolution of a normal distribution over numbers, jointly with a categorical distribution
//! over choices.
//!
//! N. Hansen, *The CMA Evolution Strategy: A Tutorial* ([2016](https://arxiv.org/abs/1604.00772)),
//! with the margin of *CMA-ES with Margin* ([2022](https://arxiv.org/abs/2205.13482)) for integers
//! and grids, and the categorical part of *`CatCMA` with Margin*
//! ([2025](https://arxiv.org/abs/2504.07884)). After each generation of trials, the distribution
//! moves to the better half, and adapts to the shape of the steps that led there. There is no model
//! and no other state than that distribution: an ask costs microseconds, whatever the number of
//! trials. The sampler is at its best with hundreds to thousands of trials, and parameters that are
//! mostly numbers.
//!
//! Notation, as in the tutorial, with `n` numeric coordinates and generations of `lambda` trials:
//!
//! | here | there | shape |
//! | --- | --- | --- |
//! | `SearchDistribution::mean` | `m` | (n,) |
//! | `SearchDistribution::sigma` | `sigma`, the step size | |
//! | `SearchDistribution::covariance` | `C`, packed, or its diagonal if n > 200 | (n, n) or (n,) |
//! | `SearchDistribution::stretch` | `A`, the diagonal matrix of CMA-ES with Margin | (n,) |
//! | `SearchDistribution::path_sigma` | `p_sigma`, evolution path of the step size | (n,) |
//! | `SearchDistribution::path` | `p_c`, evolution path of the covariance | (n,) |
//! | `Run::population` | `lambda` | |
//! | half of `population`, rounded down | `mu`, the number of better trials | |
//! | `Rates::weights` | `w`, recombination weights by rank | (lambda,) |
//! | `Rates::mu_eff` | `mu_eff`, variance effective selection mass | |
//! | `Rates::c_one`, `c_mu` | `c_1`, `c_mu`, rates of the rank-one and rank-mu updates | |
//! | `Rates::c_sigma`, `d_sigma` | `c_sigma`, `d_sigma`, cumulation and damping of `sigma` | |
//! | `Rates::c_path` | `c_c`, cumulation of the covariance's path | |
//! | `Step::y` | `y = (x - m) / sigma`, divided by `stretch` | (n,) |
//! | `SearchDistribution::expected` | mean length of N(0, I), over informed coordinates | |
//! | `Choices::shares` | `q` of `CatCMA`, probabilities of the choices | one list per choice |
//!
//! | setting | default | range | source |
//! | --- | --- | --- | --- |
//! | `startup` | 0 | 0 and up | Optuna takes 1; 2012.06932 begins where another search was best |
//! | `population` | `4 + floor(3 ln d)` | 4 to 100,000 | the tutorial, equation 48 |
//! | `width` | 1/6 | above 0, up to 1 | Optuna |
//! | `restarts` | BIPOP | or IPOP, or the same | Hansen 2009, Auger and Hansen 2005 |
//!
//! `d` is the number of active parameters. BIPOP restarts with growing and small populations in
//! turn, IPOP with growing ones.
//!
//! Choices that the papers leave open, and deviations:
//! - **A generation is a run of ended trials**, in the order in which they ended, from any source
//!   (`evolution.rs`): queued trials and those of many workers do no harm.
//! - **Only values are used of a draw.** A value with levels counts as the middle of its level,
//!   wherever it was before rounding.
//! - **Inactive parameters** are not updated: their means and variances stay, and the expected
//!   length of the path counts only the informed coordinates. Their covariances with active ones
//!   fade.
//! - Equally good trials share their weights. Pruned trials are worse than all complete ones,
//!   failed trials and infinite values are worse than pruned ones; within either kind all are
//!   equal.
//! - A point outside the cube is drawn again, up to ten times, then moved onto the border. There is
//!   no penalty.
//! - A prior determines a parameter's initial mean and width.
//! - Numbers with two values are choices. With more than 200 numbers, only variances are learned,
//!   no covariances.
//! - After a rejected proposal, another one is drawn; after 30, random ones.
//!
//! Measurements of these choices are in `sampler/cmaes/ABLATIONS.md`.

mod categorical;
mod encoding;
mod config;
mod covariance;
mod evolution;
mod margin;
mod distribution;
mod rates;
mod fitness;

pub use config::{CmaesBuilder, Restarts};

use super::share::Share;
use super::{AskContext, Proposal, SampleError, Sampler, SamplerConfig, initial_design};
use crate::trial::{History, HistoryCache, SpaceKey};
use evolution::Evolution;

/// The number of draws from the distribution for one trial; after them, configs are random.
const MOST_DRAWS: u32 = 30;

/// CMA-ES over the whole mixed and conditional space: many trials, each proposed in microseconds,
/// with one objective.
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_core::sampler::Cmaes;
///
/// #[derive(Debug, Clone, SearchSpace)]
/// struct Wing {
///     #[search_space(range = -5.0..=5.0)]
///     sweep: f64,
///     #[search_space(range = -5.0..=5.0)]
///     taper: f64,
///     #[search_space(range = 1..=9)]
///     ribs: u8,
/// }
///
/// let drag = |wing: &Wing| {
///     let (x, y) = (wing.sweep - 2.0, wing.taper + 1.0);
///     (x + y).powi(2) + 100.0 * (x - y).powi(2) + f64::from(wing.ribs.abs_diff(7))
/// };
/// let search = Study::<Wing>::minimize().sampler(Cmaes::default()).seed(1);
/// let study = search.run(500, |wing| drag(&wing))?;
/// assert!(study.best_value()? < 1e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "CmaesBuilder", into = "CmaesBuilder")]
pub struct Cmaes {
    settings: CmaesBuilder,
    /// The trials from which it learns; `None` for all.
    own: Option<Share>,
    /// The state of the search, by history and seed.
    cache: HistoryCache<((u64, SpaceKey), u64), Evolution>,
}

impl Cmaes {
    /// Returns a builder with every setting at its default.
    pub fn builder() -> CmaesBuilder {
        CmaesBuilder::default()
    }

    fn with(settings: CmaesBuilder) -> Self {
        Self { settings, own: None, cache: HistoryCache::default() }
    }

    /// Restricts the trials from which it learns: a distribution that follows the best configs of
    /// another sampler stays where that one is.
    pub(super) fn learning_from(self, own: Share) -> Self {
        Self { own: Some(own), ..self }
    }

    /// Runs `read` on the state of the search, which is first updated to the history.
    fn with_evolution<T>(
        &self,
        history: History<'_>,
        seed: u64,
        read: impl FnOnce(&Evolution) -> T,
    ) -> T {
        self.cache.fold(
            (history.key(), seed),
            history.finished(),
            || Evolution::new(history.flat_space(), self.settings, self.own, seed),
            |evolution, number| evolution.read(history, *number),
            |evolution| read(evolution),
        )
    }
}

impl Sampler for Cmaes {
    fn sample(&self, history: History<'_>, ask: AskContext) -> Result<Proposal, SampleError> {
        let objectives = history.directions().len();
        if objectives != 1 {
            let reason =
                format!("it has {objectives} objectives, and CMA-ES takes only one: use `nsga2`");
            return Err(SampleError::Unsuitable { sampler: self.name(), reason });
        }
        if ask.attempt >= MOST_DRAWS {
            return Ok(Proposal::Config(history.flat_space().draw(&mut ask.rng())));
        }
        match self.with_evolution(history, ask.seed, |evolution| evolution.draw(&mut ask.rng())) {
            Some(params) => Ok(Proposal::Config(params)),
            None if ask.attempt == 0 => {
                Ok(Proposal::Config(initial_design::allowed(history, ask.number, ask.seed)))
            }
            None => Ok(Proposal::Config(history.flat_space().draw(&mut ask.rng()))),
        }
    }

    fn name(&self) -> &'static str {
        "cmaes"
    }

    fn config(&self) -> Option<SamplerConfig> {
        Some(SamplerConfig::Cmaes(self.clone()))
    }

    fn explain(&self, history: History<'_>, ask: AskContext) -> Option<String> {
        if ask.attempt >= MOST_DRAWS {
            return Some(format!(
                "cmaes: drawn at random, since {} of its draws were turned down",
                ask.attempt
            ));
        }
        let summary = self.with_evolution(history, ask.seed, Evolution::summary);
        Some(match summary {
            Some(summary) => format!("cmaes: {summary}"),
            None => format!(
                "cmaes: one of the first trials, it begins after {}",
                crate::space::counted(self.settings.startup, "trial")
            ),
        })
    }
}
