//! Evolution of a search distribution: CMA-ES over numbers, jointly with a categorical distribution over choices.
//!
//! N. Hansen, *The CMA Evolution Strategy: A Tutorial* ([2016](https://arxiv.org/abs/1604.00772)), with the margin of *CMA-ES with
//! Margin* ([2022](https://arxiv.org/abs/2205.13482)) for integers and grids, and the categorical part of *`CatCMA` with Margin*
//! ([2025](https://arxiv.org/abs/2504.07884)). After each generation of trials, the distribution moves to where the better
//! half was, and takes on the shape of the steps that led there. Nothing is modelled and nothing kept but that distribution: an
//! ask costs microseconds, whatever the number of trials. It is at its best where there are hundreds to thousands of them, of
//! parameters that are numbers for the most part.
//!
//! | parameter | default | range | source |
//! | --- | --- | --- | --- |
//! | `startup` | 0 | 0 and up | Optuna takes 1; 2012.06932 begins where another search was best |
//! | `population` | `4 + floor(3 ln d)`, with `d` active parameters | 4 to 100,000 | the tutorial, equation 48 |
//! | `width` | 1/6 | above 0, up to 1 | Optuna |
//! | `restarts` | growing and small populations in turn | or growing ones, or the same | Hansen 2009 (BIPOP), Auger and Hansen 2005 (IPOP) |
//!
//! What it does where the papers say nothing, or otherwise:
//! - **A generation is a run of ended trials**, in the order of their ends, whoever proposed them (`evolution.rs`): queued trials
//!   and those of many workers do no harm.
//! - **Values are all that is kept of a draw.** One with levels counts as the middle of its level, wherever it lay before it was
//!   rounded.
//! - **Inactive parameters** learn nothing: their means and variances stay, and the length that the path is expected to have counts
//!   the informed coordinates alone. Their covariances with the active ones fade.
//! - Equally good trials share their weights. Pruned trials are worse than all complete ones, failed ones and infinite values worse
//!   than pruned ones; within either kind they are equally bad.
//! - A point outside the cube is drawn again, up to ten times, then moved onto its border. There is no penalty.
//! - A prior gives a parameter's first mean and width.
//! - Numbers of two values are choices; of more than 200 numbers, variances are learnt but no covariances.
//! - A proposal that was turned down is followed by another draw, after 30 by random ones.
//!
//! What was measured of these choices stands in `sampler/cmaes/ABLATIONS.md`.

mod categorical;
mod encoding;
mod config;
mod covariance;
mod evolution;
mod margin;
mod distribution;
mod rates;
mod fitness;

use std::sync::{Arc, Mutex, PoisonError};

pub use config::{CmaesBuilder, CmaesError, Restarts};

use super::{Ask, Proposal, SampleError, Sampler, SamplerConfig, initial_design};
use crate::trial::History;
use evolution::Evolution;

/// Draws from the distribution before random ones take their place.
const MOST_DRAWS: u32 = 30;

/// CMA-ES over the whole mixed and conditional space: many trials, each proposed in microseconds. One objective.
///
/// ```
/// use hpo_core::prelude::*;
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
/// let study = Study::<Wing>::minimize().sampler(Cmaes::default()).seed(1).run(500, |wing| drag(&wing))?;
/// assert!(study.best_value()? < 1e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "CmaesBuilder", into = "CmaesBuilder")]
pub struct Cmaes {
    settings: CmaesBuilder,
    cache: Mutex<Option<Box<Cache>>>,
}

/// How far the fold of one history has come.
#[derive(Debug)]
struct Cache {
    history: u64,
    evolution: Evolution,
}

impl Cmaes {
    /// Every setting at its default.
    pub fn builder() -> CmaesBuilder {
        CmaesBuilder::default()
    }

    fn with(settings: CmaesBuilder) -> Self {
        Self { settings, cache: Mutex::new(None) }
    }

    /// Looks at the search as it stands after these trials.
    fn look<T>(&self, history: History<'_>, seed: u64, look: impl FnOnce(&Evolution) -> T) -> T {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let goes_on = |cache: &Cache| {
            let Cache { history: id, evolution } = cache;
            *id == history.id()
                && evolution.seed() == seed
                && Arc::ptr_eq(evolution.slots(), history.slots())
                && evolution.read <= history.finished().len()
        };
        if !cache.as_deref().is_some_and(goes_on) {
            *cache = None;
        }
        let cache = cache.get_or_insert_with(|| {
            let evolution = Evolution::new(history.slots(), self.settings, seed);
            Box::new(Cache { history: history.id(), evolution })
        });
        cache.evolution.advance(history);
        look(&cache.evolution)
    }
}

impl Clone for Cmaes {
    fn clone(&self) -> Self {
        Self::with(self.settings)
    }
}

impl PartialEq for Cmaes {
    fn eq(&self, other: &Self) -> bool {
        self.settings == other.settings
    }
}

impl Sampler for Cmaes {
    fn sample(&self, history: History<'_>, ask: Ask) -> Result<Proposal, SampleError> {
        let objectives = history.directions().len();
        if objectives != 1 {
            let reason = format!("it has {objectives} objectives, and the distribution follows one: take `nsga2`");
            return Err(SampleError::Unsuitable { sampler: self.name(), reason });
        }
        if ask.attempt >= MOST_DRAWS {
            return Ok(Proposal::Config(history.slots().draw(&mut ask.rng())));
        }
        match self.look(history, ask.seed, |evolution| evolution.draw(&mut ask.rng())) {
            Some(params) => Ok(Proposal::Config(params)),
            None if ask.attempt == 0 => {
                Ok(Proposal::Config(initial_design::config(history.slots(), ask.number, ask.seed)))
            }
            None => Ok(Proposal::Config(history.slots().draw(&mut ask.rng()))),
        }
    }

    fn name(&self) -> &'static str {
        "cmaes"
    }

    fn config(&self) -> Option<SamplerConfig> {
        Some(SamplerConfig::Cmaes(self.clone()))
    }

    fn explain(&self, history: History<'_>, ask: Ask) -> Option<String> {
        if ask.attempt >= MOST_DRAWS {
            return Some(format!("cmaes: drawn at random, since {} of its draws were turned down", ask.attempt));
        }
        let words = self.look(history, ask.seed, Evolution::words);
        Some(match words {
            Some(words) => format!("cmaes: {words}"),
            None => format!(
                "cmaes: one of the first trials, it begins after {}",
                crate::space::counted(self.settings.startup, "trial")
            ),
        })
    }
}
