//! What to do next: facts about a search, each with a sentence.
//!
//! Advice on a parameter is about the field of the type whose value it is: the elements of a list are one field. There is one piece of
//! advice a field at most, the first of: avoid a region, fix it, widen its range. An attribute to write is whole: the words that it had,
//! with one of them changed.
//!
//! Each rule says when it speaks; where there are too few trials for a rule, it is silent. Advice is of the first objective.
//!
//! | advice | rule |
//! | --- | --- |
//! | widen a range | of 50 complete trials or more, most of the best tenth lie in the outermost tenth of it, two fifths of these in the outermost twentieth; or at its last level |
//! | go on, or stop | the best value moved in the last third of 30 trials by more than 1 % of its distance from the median, or did not |
//! | fix a parameter | of 50 complete trials or more; a forest gains at most half as much from it as from a shuffled copy by chance, and that is 3 % at most (after Kursa and Rudnicki 2010), for every objective; and no measure of importance gives it half of an even share |
//! | avoid a region | failures are three times as frequent in it, at a level of 1 % by Fisher's exact test, corrected for the regions looked at |
//! | mistrust the best value | the config was run several times, and their mean is worse by half its standard error, 5 repeats in all at least; or the value lies outside of what Gaussian processes expect of the config, with 95 % (see [`Expectation`]) |
//! | duplicates | a fifth of at least 20 complete trials had the parameters of an earlier one |
//! | pruning | of 30 ended trials nine tenths were pruned; or none, though they reported |

mod attribute;
mod budget;
mod failures;
mod field;
mod idle;
mod range;
mod wider;
mod words;

use super::importance::Data;
use super::{Expectation, Subject};
use field::Field;

/// Something to do next, or to know of a search.
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_core::report::advice::Advice;
///
/// #[derive(Debug, Clone, SearchSpace)]
/// struct Net {
///     #[search_space(range = 1e-5..=1e-2, log)]
///     learning_rate: f64,
///     #[search_space(range = 1..=8)]
///     layers: usize,
/// }
///
/// // The best rate lies beyond the range.
/// let loss = |net: &Net| (net.learning_rate.log10() + 1.0).powi(2) + 0.1 * (net.layers as f64 - 4.0).powi(2);
/// let study = Study::<Net>::minimize().sampler(Tpe::default()).seed(1).run(80, |net| loss(&net))?;
/// let advice = study.advice()?;
/// let widen = advice.iter().find(|advice| matches!(advice, Advice::Widen { .. })).unwrap();
/// assert!(widen.to_string().ends_with("write `#[search_space(range = 1e-5..=0.1, log)]`"), "{widen}");
/// # Ok::<(), hpo_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Advice {
    /// There are too few complete trials for most rules.
    TooFew {
        /// How many there are.
        complete: u64,
        /// How many it takes.
        needed: u64,
    },
    /// The best configs sit at an edge of a range.
    Widen {
        /// The parameter, or several that are values of one field: `layers.*.units`.
        path: String,
        /// Whether it is the upper edge.
        is_upper: bool,
        /// How many of its values in the best trials are there.
        at_edge: u64,
        /// How many values it has in the best trials: the tenth with the best values of the first objective.
        best: u64,
        /// How many of the best trials have it.
        trials: u64,
        /// A wider range in words.
        range: String,
        /// What to write instead; none if the space is not recorded as that of a type.
        attribute: Option<String>,
        /// Over which field of which type, unless `path` says so.
        over: Option<String>,
    },
    /// The best value still moved in the last third.
    GoOn {
        /// The best value before the last third.
        from: f64,
        /// The best value.
        to: f64,
        /// How many trials the last third is.
        trials: u64,
    },
    /// The best value did not move any more.
    Stop {
        /// The best value.
        best: f64,
        /// Since how many complete trials it has not moved by 1 % of its distance from the median.
        trials: u64,
    },
    /// A parameter does not matter, to no objective and by no measure of importance.
    Fix {
        /// The parameter, or several that are values of one field: `layers.*.units`.
        path: String,
        /// What a forest gains from it, as a share of all its gains.
        share: f64,
        /// What it gains from a shuffled copy at most, but for one case in twenty.
        shuffled: f64,
        /// Its value in the best trial in words; none if it was not active there.
        value: Option<String>,
        /// What to write to leave it that value; none if it was not active there, or the space is not recorded as that of a type.
        attribute: Option<String>,
        /// Over which field of which type, unless `path` says so.
        over: Option<String>,
    },
    /// Failures are frequent in one region.
    Avoid {
        /// The parameter, or several that are values of one field: `layers.*.units`.
        path: String,
        /// The region in words.
        region: String,
        /// How many trials in it failed.
        failed: u64,
        /// How many trials of the region have ended.
        ended: u64,
        /// How many trials elsewhere failed.
        failed_elsewhere: u64,
        /// How many trials elsewhere have ended.
        ended_elsewhere: u64,
    },
    /// The best value is better than what is to be expected of its config.
    Mistrust(Expectation),
    /// Many trials had the parameters of an earlier one.
    Duplicates {
        /// How many.
        repeated: u64,
        /// How many trials are complete.
        complete: u64,
    },
    /// Nearly every trial was pruned.
    PrunedMost {
        /// How many.
        pruned: u64,
        /// How many are complete or pruned.
        ended: u64,
    },
    /// No trial was pruned, though they reported.
    PrunedNone {
        /// How many are complete and reported more than once.
        reported: u64,
    },
}

/// Complete trials from which on most rules speak.
const FEWEST: u64 = 50;

impl Advice {
    /// All advice on a study as it stands, the first objective being meant.
    ///
    /// Of each rule that has too few trials nothing is said, but for one [`TooFew`](Self::TooFew).
    #[must_use]
    pub fn on(subject: &Subject<'_>) -> Vec<Self> {
        Self::with(subject, Expectation::of(subject).as_ref())
    }

    /// The same, with what is to be expected of the best config, which is dear to compute.
    pub(super) fn with(subject: &Subject<'_>, expectation: Option<&Expectation>) -> Vec<Self> {
        let Ok(data) = Data::of(subject, 0) else {
            return Vec::new();
        };
        let complete = data.losses.len() as u64;
        let mut advice = Vec::new();
        if complete < FEWEST {
            advice.push(Advice::TooFew { complete, needed: FEWEST });
        }
        // One piece of advice a field: what fails is not to be sought, and what does not matter need not be.
        let mut fields = Field::all(subject);
        let mut tell = |found: Vec<Advice>, fields: &mut Vec<Field<'_>>| {
            fields.retain(|field| found.iter().all(|one| one.path() != Some(&field.path)));
            advice.extend(found);
        };
        tell(failures::avoid(subject, &fields).into_iter().collect(), &mut fields);
        if complete >= FEWEST {
            tell(idle::fix(subject, &data, &fields), &mut fields);
            tell(range::widen(subject, &data, &fields), &mut fields);
        }
        advice.extend(expectation.filter(|found| found.is_lucky()).cloned().map(Advice::Mistrust));
        advice.extend(budget::curve(subject, &data));
        advice.extend(budget::duplicates(subject));
        advice.extend(budget::pruning(subject));
        advice
    }
}

impl Advice {
    /// The field that it is about, if it is about one.
    fn path(&self) -> Option<&String> {
        match self {
            Advice::Widen { path, .. } | Advice::Fix { path, .. } | Advice::Avoid { path, .. } => Some(path),
            _ => None,
        }
    }
}

/// A number with four digits that count.
pub(super) fn short(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return number.to_string();
    }
    let rounded: f64 = format!("{number:.3e}").parse().unwrap_or(number);
    if (1e-3..1e6).contains(&number.abs()) { rounded.to_string() } else { format!("{rounded:e}") }
}
