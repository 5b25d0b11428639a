//! How much each parameter mattered: a share each, by one of several measures.
//!
//! | measure | what it asks | cost |
//! | --- | --- | --- |
//! | [`Fanova`], the default | how much of the variance of a random forest each parameter explains, alone and in pairs | a forest; of large studies a sample is taken |
//! | [`PedAnova`] | what sets the best trials apart from all of them | one pass over the trials a parameter |
//! | [`Relevance`] | how far each parameter moves what a Gaussian process expects, interactions included | a few fits to 100 trials at most: a second |
//!
//! All look at one objective at a time, at complete trials with a finite value. They answer for the region in which the search
//! has looked: a parameter that hardly varied there cannot have mattered, and one that had a single value has a share of 0.
//!
//! The default was chosen by `tests/benches/importance_truth.rs`, on 13 spaces whose effects are known; `docs/report.md` has the figures.

mod data;
mod error;
mod fanova;
mod forest;
mod gains;
mod marginal;
mod parzen;
mod ped_anova;
mod process;
mod relevance;

pub use error::ImportanceError;
pub use fanova::Fanova;
pub use ped_anova::PedAnova;
pub(super) use relevance::LEAST_FORESEEN;
pub use relevance::Relevance;

use super::Subject;
use super::figure::Measured;
pub(super) use data::{Column, Data, Scale};
pub(super) use fanova::sample;
pub(super) use gains::gains;
pub(super) use process::nearest;

/// A way to measure importance, with its settings.
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_core::report::importance::{Measure, PedAnova, Relevance};
///
/// #[derive(Debug, Clone, SearchSpace)]
/// struct Net {
///     #[search_space(range = 1e-5..=1e-1, log)]
///     learning_rate: f64,
///     #[search_space(range = 1..=4)]
///     layers: usize,
/// }
///
/// let loss = |net: &Net| (net.learning_rate.log10() + 3.0).powi(2) + 0.01 * net.layers as f64;
/// let study = Study::<Net>::minimize().sampler(Random).seed(1).run(100, |net| loss(&net))?;
/// for measure in [Measure::default(), Measure::Gp(Relevance::default()), Measure::PedAnova(PedAnova::default())] {
///     let importances = study.importances(&measure, 0)?;
///     assert_eq!(importances.of[0].path, "learning_rate");
///     assert!(importances.of[0].share > 0.8);
/// }
/// # Ok::<(), hpo_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// What sets the best trials apart.
    PedAnova(PedAnova),
    /// What explains the variance of a random forest.
    Fanova(Fanova),
    /// What moves the expectation of a Gaussian process.
    Gp(Relevance),
}

/// How much each parameter mattered.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Importances {
    /// How it was measured.
    pub measure: Measure,
    /// For which objective, counted from 0.
    pub objective: usize,
    /// How many trials it rests on.
    pub trials: u64,
    /// How many trials are complete: more than [`trials`](Self::trials) if some were left out, or a sample was taken.
    pub complete: u64,
    /// How many of these were left out since their value is infinite, or absurd beside all others.
    pub infinite: u64,
    /// The parameters, the most important first.
    pub of: Vec<Importance>,
    /// Pairs that matter together beyond what each of the two does, the strongest first. [`Fanova`] alone tells them, of its ten
    /// most important parameters.
    pub interactions: Vec<Interaction>,
    /// The share of the variance that parameters explain one by one, of [`Fanova`] alone; the rest is in interactions.
    pub alone: Option<f64>,
}

/// How much one parameter mattered.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Importance {
    /// The dotted path of the parameter.
    pub path: String,
    /// From 0 to 1; the shares of all parameters sum to 1.
    pub share: f64,
    /// In how many of the trials the parameter was active.
    pub trials: u64,
}

/// How much two parameters mattered together.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Interaction {
    /// The dotted paths of the two, the more important first.
    pub paths: [String; 2],
    /// The share of all variance that the pair explains beyond what each of the two does, from 0 to 1.
    pub share: f64,
}

impl Default for Measure {
    fn default() -> Self {
        Measure::Fanova(Fanova::default())
    }
}

/// What each measure says of the first objective, the default one first; without those that tell nothing.
pub(super) fn measured(subject: &Subject<'_>) -> Vec<Measured> {
    let Ok(data) = Data::of(subject, 0) else { return Vec::new() };
    let told = Measure::ALL.into_iter().filter_map(|measure| Some((measure, measure.of_data(data.clone()).ok()?)));
    let shares = |found: Importances| found.of.into_iter().map(|own| (own.path, own.share)).collect();
    told.map(|(measure, found)| Measured {
        name: measure.name().to_owned(),
        asks: measure.asks().to_owned(),
        shares: shares(found),
    })
    .collect()
}

/// What a measure has found: something a column, in any unit.
#[derive(Clone, Debug, Default)]
struct Found {
    weights: Vec<f64>,
    interactions: Vec<(usize, usize, f64)>,
    alone: Option<f64>,
}

impl Measure {
    /// The fewest complete trials with a finite value of which importance can be told at all. With fewer than 50, the tenth that
    /// [`PedAnova`] asks for is a handful of trials, and its shares are rough.
    pub const FEWEST: u64 = 4;

    /// Each with its settings at their defaults, the default measure first.
    pub const ALL: [Self; 3] = [
        Measure::Fanova(Fanova { trees: 64, depth: 64, sample: 1_000, seed: 0 }),
        Measure::Gp(Relevance { sample: 100, seed: 0 }),
        Measure::PedAnova(PedAnova { target: 0.1, region: 1.0, is_local: true }),
    ];

    /// What it asks, in plain words.
    #[must_use]
    pub fn asks(&self) -> &'static str {
        match self {
            Measure::Fanova(_) => {
                "how much of the variance of all trials the parameter explains by itself, among bad ones as among good ones"
            }
            Measure::Gp(_) => {
                "how far the result is expected to move when the parameter alone is changed; what two do together counts for both"
            }
            Measure::PedAnova(_) => {
                "how different the parameter is in the best tenth of the trials; where a sampler has concentrated, the others differ little from \
                 these, and what mattered most may be missing"
            }
        }
    }

    /// Its name: `ped-anova`, `fanova` or `gp`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Measure::PedAnova(_) => "ped-anova",
            Measure::Fanova(_) => "fanova",
            Measure::Gp(_) => "gp",
        }
    }

    /// How much each parameter mattered for one objective of a study, counted from 0.
    ///
    /// # Errors
    /// If there is nothing to measure: no such objective, too few complete trials, no parameter, the same value for all of
    /// them or for all that count as the best; or if a setting makes no sense.
    pub fn importances(&self, subject: &Subject<'_>, objective: usize) -> Result<Importances, ImportanceError> {
        self.of_data(Data::of(subject, objective)?)
    }

    /// The same, of trials that were gathered before.
    pub(super) fn of_data(&self, mut data: Data) -> Result<Importances, ImportanceError> {
        data.check(Self::FEWEST)?;
        let found = match self {
            Measure::PedAnova(measure) => measure.found(&data)?,
            Measure::Fanova(measure) => measure.found(&mut data)?,
            Measure::Gp(measure) => measure.found(&mut data)?,
        };
        Ok(found.told(self, &data))
    }
}

impl Found {
    /// With names instead of columns, normalised and sorted.
    fn told(self, measure: &Measure, data: &Data) -> Importances {
        let sum: f64 = self.weights.iter().sum();
        let mut of: Vec<Importance> = data
            .columns
            .iter()
            .zip(&self.weights)
            .map(|(column, weight)| Importance {
                path: column.path.clone(),
                share: weight / sum,
                trials: column.active() as u64,
            })
            .collect();
        // Stable: equal ones stay in the order of the space.
        of.sort_by(|a, b| b.share.total_cmp(&a.share));
        let path = |column: usize| data.columns[column].path.clone();
        let mut interactions = self.interactions;
        interactions.sort_by(|a, b| b.2.total_cmp(&a.2));
        Importances {
            measure: *measure,
            objective: data.objective,
            trials: data.losses.len() as u64,
            complete: data.complete,
            infinite: data.infinite,
            of,
            interactions: interactions
                .into_iter()
                .map(|(a, b, share)| Interaction { paths: [path(a), path(b)], share })
                .collect(),
            alone: self.alone,
        }
    }
}
