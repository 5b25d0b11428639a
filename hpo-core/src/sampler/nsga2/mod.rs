//! A genetic algorithm for one objective or several: the best trials so far are crossed and
//! mutated.
//!
//! K. Deb, A. Pratap, S. Agarwal and T. Meyarivan, *A Fast and Elitist Multiobjective Genetic
//! Algorithm: NSGA-II* ([2002](https://doi.org/10.1109/4235.996017)). Trials are ranked by their
//! nondominated fronts, and within a front by crowding distance (`population.rs`,
//! `numeric/pareto.rs`); the better of two random ones becomes a parent. There is no model: the
//! algorithm is at its best with hundreds of trials or more, several objectives, and choices of all
//! kinds.
//!
//! | setting | default | range | source |
//! | --- | --- | --- | --- |
//! | `population` | 30 | 2 to 10,000 | measured; Optuna takes 50, the paper 100 |
//! | `startup` | 20 | 1 and up | measured; the paper and Optuna take the population |
//! | `generation` | 1 trial | 1 and up, or `population` | measured; the paper takes `population` |
//! | `crossover` | 0.9 | 0 to 1 | the paper, section IV |
//! | `mutation` | one parameter on average | 0 to 1 | the paper, section IV |
//! | `blend` | numbers are blended | or swapped | measured; the paper blends, Optuna swaps |
//!
//! Choices that the paper leaves open, and deviations:
//! - **The population follows from the history**: it consists of the best of all trials that have
//!   ended, from any source. With a generation of one trial, each child may be a parent as
//!   soon as it has ended (a steady state).
//! - **Conditional spaces**: a child is made from its root down. A choice comes from either parent.
//!   Below it, a parameter that only one parent has comes from that parent, and one that neither
//!   has is drawn. So a child is always a point of the space.
//! - Blending is simulated binary crossover ([Deb and Agrawal
//!   1995](https://www.complex-systems.com/abstracts/v09_i02_a02/)) on the parameter's scale, with
//!   an index of 5. Half of the mutations of a number are polynomial with an index of 5, in the
//!   other half it is drawn again.
//! - Trials that violate constraints rank after all that keep them, by their violation; failed and
//!   pruned ones have no offspring.
//! - The first trials, until `startup` have completed, are spread evenly over branches and numbers
//!   (`sampler/initial_design.rs`).
//!
//! Measurements of these choices are in `sampler/nsga2/ABLATIONS.md`.

mod crossover;
mod config;
mod population;

pub use config::Nsga2Builder;

use super::{AskContext, Proposal, SampleError, Sampler, SamplerConfig, initial_design};
use crate::space::Params;
use crate::trial::{History, HistoryCache, SpaceKey};
use population::Population;

/// The number of children that are bred for one trial; after them, configs are random.
const MOST_BRED: u32 = 50;

/// NSGA-II over the whole mixed and conditional space, for any number of objectives.
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_core::sampler::Nsga2;
///
/// #[derive(Debug, Clone, SearchSpace)]
/// struct Beam {
///     #[search_space(range = 10.0..=50.0)]
///     diameter: f64,
///     #[search_space(range = 200.0..=1000.0)]
///     length: f64,
/// }
///
/// let weight = |beam: &Beam| 7.8e-6 * 0.785 * beam.diameter.powi(2) * beam.length;
/// let sag = |beam: &Beam| {
///     64.0 * 1000.0 * beam.length.powi(3) / (3.0 * 207_000.0 * 3.14 * beam.diameter.powi(4))
/// };
/// let study = Study::<Beam>::directions([Direction::Minimize; 2])
///     .sampler(Nsga2::default())
///     .seed(1)
///     .open()?;
/// study.optimize(200, |beam, _| [weight(&beam), sag(&beam)])?;
/// let front = study.best_trials(usize::MAX)?;
/// assert!(front.len() > 10);
/// assert!(study.hypervolume(&[3.0, 2.0])? > 4.0);
/// # Ok::<(), hpo_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Nsga2Builder", into = "Nsga2Builder")]
pub struct Nsga2 {
    settings: Nsga2Builder,
    /// The population for one history.
    cache: HistoryCache<(u64, SpaceKey), Population>,
}

impl Nsga2 {
    /// Returns a builder with every setting at its default.
    pub fn builder() -> Nsga2Builder {
        Nsga2Builder::default()
    }

    fn with(settings: Nsga2Builder) -> Self {
        Self { settings, cache: HistoryCache::default() }
    }

    /// Runs `read` on the population, which is first updated to the history.
    fn with_population<T>(&self, history: History<'_>, read: impl FnOnce(&Population) -> T) -> T {
        self.cache.fold(
            history.key(),
            history.finished(),
            || Population::new(history.flat_space(), self.settings),
            |population, number| population.read(history, *number),
            |population| read(population),
        )
    }

    /// Returns a config for a trial: one of the initial design, or a child.
    fn config(&self, history: History<'_>, population: &Population, ask: AskContext) -> Params {
        let flat = history.flat_space();
        match ask.attempt {
            MOST_BRED.. => flat.draw(&mut ask.rng()),
            _ if !population.parents.is_empty() => {
                crossover::child(population, &self.settings, &mut ask.rng())
            }
            0 => initial_design::allowed(history, ask.number, ask.seed),
            _ => flat.draw(&mut ask.rng()),
        }
    }
}

impl Sampler for Nsga2 {
    fn sample(&self, history: History<'_>, ask: AskContext) -> Result<Proposal, SampleError> {
        Ok(Proposal::Config(
            self.with_population(history, |population| self.config(history, population, ask)),
        ))
    }

    fn name(&self) -> &'static str {
        "nsga2"
    }

    fn config(&self) -> Option<SamplerConfig> {
        Some(SamplerConfig::Nsga2(self.clone()))
    }

    fn explain(&self, history: History<'_>, ask: AskContext) -> Option<String> {
        if ask.attempt >= MOST_BRED {
            return Some(format!(
                "nsga2: drawn at random, since {} of its children were turned down",
                ask.attempt
            ));
        }
        Some(self.with_population(history, |population| match population.parents.len() {
            0 => format!("nsga2: one of the first {} trials", self.settings.startup),
            parents => {
                let first = population.parents.iter().filter(|parent| parent.front == 0).count();
                format!("nsga2: a child of {parents} parents, {first} of them on the first front")
            }
        }))
    }
}
