//! The importance of each parameter, as shares of 1, by one of several measures.
//!
//! The importance of a parameter is:
//! - by [`Fanova`], the default, its share of the variance of a random forest, alone and in pairs.
//!   The cost is a forest; a large study is sampled.
//! - by [`PedAnova`], the difference between the best trials and all of them. The cost is one pass
//!   over the trials per parameter.
//! - by [`Relevance`], its effect on the prediction of a Gaussian process, interactions included.
//!   The cost is a few fits to 100 trials at most: about a second.
//!
//! All measures consider one objective at a time, and the complete trials with a finite value. They
//! describe the region that the search has visited: a parameter that hardly varied there has little
//! importance, and one that had a single value has a share of 0.
//!
//! The default was chosen by `tests/benches/importance_truth.rs`, on 13 spaces with known effects;
//! `docs/report.md` has the figures.

mod data;
mod error;
mod fanova;
mod forest;
mod forest_gain;
mod marginal;
mod parzen;
mod ped_anova;
mod gp;
mod relevance;

pub use error::ImportanceError;
pub use fanova::Fanova;
pub use ped_anova::PedAnova;
pub(super) use relevance::LEAST_FORESEEN;
pub use relevance::Relevance;

use super::StudyView;
use super::figure::Measured;
pub(super) use data::{Data, ParamColumn, ParamScale};
pub(super) use fanova::sample;
pub(super) use forest_gain::gains;
pub(super) use gp::nearest;

/// A measure of importance, with its settings.
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_core::sampler::Random;
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
/// for measure in [
///     Measure::default(),
///     Measure::Gp(Relevance::default()),
///     Measure::PedAnova(PedAnova::default()),
/// ] {
///     let importances = study.importances(&measure, 0)?;
///     assert_eq!(importances.of[0].path, "learning_rate");
///     assert!(importances.of[0].share > 0.8);
/// }
/// # Ok::<(), hpo_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// The difference between the best trials and the others.
    PedAnova(PedAnova),
    /// The share of the variance of a random forest.
    Fanova(Fanova),
    /// The effect on the prediction of a Gaussian process.
    Gp(Relevance),
}

/// The importance of each parameter of a study for one objective.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Importances {
    /// The measure that was used.
    pub measure: Measure,
    /// The objective, counted from 0.
    pub objective: usize,
    /// The number of trials on which the measure is based.
    pub trials: u64,
    /// The number of complete trials: more than [`trials`](Self::trials) if some were left out, or
    /// a sample was taken.
    pub complete: u64,
    /// The number of complete trials that were left out because their value is infinite, or absurd
    /// compared with all others.
    pub infinite: u64,
    /// The parameters, the most important first.
    pub of: Vec<Importance>,
    /// The pairs of parameters that explain something beyond their single effects, the strongest
    /// first. Only [`Fanova`] measures them, for its ten most important parameters.
    pub interactions: Vec<Interaction>,
    /// The share of the variance that single parameters explain; the rest is due to interactions.
    /// `None` unless the measure is [`Fanova`].
    pub alone: Option<f64>,
}

/// The importance of one parameter.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Importance {
    /// The dotted path of the parameter.
    pub path: String,
    /// The importance, from 0 to 1; the shares of all parameters sum to 1.
    pub share: f64,
    /// The number of trials in which the parameter was active.
    pub trials: u64,
}

/// The importance of the interaction of two parameters.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Interaction {
    /// The dotted paths of the two parameters, the more important one first.
    pub paths: [String; 2],
    /// The share of all variance that the pair explains beyond the two single effects, from 0 to 1.
    pub share: f64,
}

impl Default for Measure {
    fn default() -> Self {
        Measure::Fanova(Fanova::default())
    }
}

/// Returns the importances for the first objective by each measure, the default one first. A
/// measure that fails is left out.
pub(super) fn measured(view: &StudyView<'_>) -> Vec<Measured> {
    let Ok(data) = Data::of(view, 0) else { return Vec::new() };
    let measured = Measure::ALL
        .into_iter()
        .filter_map(|measure| Some((measure, measure.of_data(data.clone()).ok()?)));
    let shares = |importances: Importances| {
        importances.of.into_iter().map(|own| (own.path, own.share)).collect()
    };
    measured
        .map(|(measure, importances)| Measured {
            name: measure.name().to_owned(),
            asks: measure.asks().to_owned(),
            shares: shares(importances),
        })
        .collect()
}

/// The result of a measure: one weight per column, in any unit.
#[derive(Clone, Debug, Default)]
struct RawImportances {
    weights: Vec<f64>,
    interactions: Vec<(usize, usize, f64)>,
    alone: Option<f64>,
}

impl Measure {
    /// The fewest complete trials with a finite value for which importance is measured. With fewer
    /// than 50, the best tenth used by [`PedAnova`] is only a handful of trials, and its shares are
    /// rough.
    pub const FEWEST: u64 = 4;

    /// All measures with their default settings, the default measure first.
    pub const ALL: [Self; 3] = [
        Measure::Fanova(Fanova { trees: 64, depth: 64, sample: 1_000, seed: 0 }),
        Measure::Gp(Relevance { sample: 100, seed: 0 }),
        Measure::PedAnova(PedAnova { target: 0.1, region: 1.0, is_local: true }),
    ];

    /// Returns a plain description of what it measures.
    #[must_use]
    pub fn asks(&self) -> &'static str {
        match self {
            Measure::Fanova(_) => {
                "how much of the variance of all trials, good and bad, the parameter explains by \
                 itself"
            }
            Measure::Gp(_) => {
                "how far the result is expected to move when the parameter alone is changed; an \
                 interaction of two parameters counts for both"
            }
            Measure::PedAnova(_) => {
                "how far the values of the parameter in the best tenth of the trials differ from \
                 those in all trials; where a sampler has concentrated, they differ little, and \
                 the most important parameter may seem unimportant"
            }
        }
    }

    /// Returns the name of the measure: `ped-anova`, `fanova` or `gp`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Measure::PedAnova(_) => "ped-anova",
            Measure::Fanova(_) => "fanova",
            Measure::Gp(_) => "gp",
        }
    }

    /// Returns the importance of each parameter for one objective of a study, counted from 0.
    ///
    /// # Errors
    /// Fails if there is nothing to measure: no such objective, too few complete trials, no
    /// parameter that varies, or the same value for all trials or for all that count as the best;
    /// or if a setting is out of range.
    pub fn importances(
        &self,
        view: &StudyView<'_>,
        objective: usize,
    ) -> Result<Importances, ImportanceError> {
        self.of_data(Data::of(view, objective)?)
    }

    /// Returns the importances from columns that are already read.
    pub(super) fn of_data(&self, mut data: Data) -> Result<Importances, ImportanceError> {
        data.check(Self::FEWEST)?;
        let raw = match self {
            Measure::PedAnova(measure) => measure.measure(&data)?,
            Measure::Fanova(measure) => measure.measure(&mut data)?,
            Measure::Gp(measure) => measure.measure(&mut data)?,
        };
        Ok(raw.into_importances(self, &data))
    }
}

impl RawImportances {
    /// Returns the result with paths instead of columns, normalized and sorted.
    fn into_importances(self, measure: &Measure, data: &Data) -> Importances {
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
        // The sort is stable, so equal shares stay in the order of the space.
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
