//! Advice on the next step of a search: facts, each with a sentence.
//!
//! Advice on a parameter is about the field of the type that it belongs to: all elements of a list
//! are one field. A field gets at most one piece of advice, the first that applies of: avoid a
//! region, fix it, widen its range. An attribute in a piece of advice is complete: the recorded one
//! with one word changed.
//!
//! Each rule below names its condition. A rule with too few trials gives no advice. Advice is about
//! the first objective.
//!
//! - **Widen a range**: at least 50 complete trials; most values of the best tenth lie in the
//!   outermost tenth of the range, and two fifths of these in the outermost twentieth, or at the
//!   last level.
//! - **Go on, or stop**: at least 30 complete trials; the best value moved in the last third of
//!   them by more than 1 % of its distance from the median, or did not.
//! - **Fix a parameter**: at least 50 complete trials; a forest gains at most half as much from the
//!   parameter as from a shuffled copy by chance, and the latter is at most 3 % (after Kursa and
//!   Rudnicki 2010), for every objective; and no measure of importance gives it half of an even
//!   share.
//! - **Avoid a region**: failures are three times as frequent in it, at a level of 1 % by Fisher's
//!   exact test, corrected for the number of regions tested.
//! - **Mistrust the best value**: the config was run several times, at least 5 repeats in the whole
//!   study, and the mean of its other runs is worse by half its standard error; or the value lies
//!   outside the 95 % interval that Gaussian processes predict for the config (see
//!   [`ValueEstimate`]).
//! - **Duplicates**: a fifth of at least 20 complete trials had the parameters of an earlier one.
//! - **Pruning**: of at least 30 ended trials, more than nine tenths were pruned; or none was,
//!   although at least 30 complete ones reported.

mod attribute;
mod budget;
mod failures;
mod field;
mod range;
mod sentence;
mod unimportant;
mod wider;

use super::importance::Data;
use super::{StudyView, ValueEstimate};
use field::Field;

/// A piece of advice on a study; its `Display` is one sentence.
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_core::sampler::Tpe;
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
/// let loss = |net: &Net| {
///     (net.learning_rate.log10() + 1.0).powi(2) + 0.1 * (net.layers as f64 - 4.0).powi(2)
/// };
/// let study = Study::<Net>::minimize().sampler(Tpe::default()).seed(1).run(80, |net| loss(&net))?;
/// let advice = study.advice()?;
/// let widen = advice.iter().find(|advice| matches!(advice, Advice::Widen { .. })).unwrap();
/// let text = widen.to_string();
/// assert!(text.ends_with("write `#[search_space(range = 1e-5..=0.1, log)]`"), "{text}");
/// # Ok::<(), hpo_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Advice {
    /// The study has too few complete trials for most rules.
    TooFew {
        /// The number of complete trials with a finite value that is not absurd.
        complete: u64,
        /// The number of trials that most rules need.
        needed: u64,
    },
    /// The best configs lie at an edge of a range.
    Widen {
        /// The path of the parameter, or of several that are values of one field: `layers.*.units`.
        path: String,
        /// True for the upper edge, false for the lower one.
        is_upper: bool,
        /// The number of its values at that edge, among the best trials.
        at_edge: u64,
        /// The number of its values in the best trials: the tenth with the best values of the first
        /// objective.
        best: u64,
        /// The number of the best trials in which the parameter is active.
        trials: u64,
        /// A wider range in words.
        range: String,
        /// The attribute to write instead; `None` if the space does not record a type.
        attribute: Option<String>,
        /// The field and type to write it over; `None` if `path` says so.
        over: Option<String>,
    },
    /// The best value still moved in the last third of the trials.
    GoOn {
        /// The best value before the last third of the trials.
        from: f64,
        /// The best value of all trials.
        to: f64,
        /// The number of trials in the last third.
        trials: u64,
    },
    /// The best value did not move in the last third of the trials.
    Stop {
        /// The best value of the study.
        best: f64,
        /// The number of the latest complete trials in which it did not move by more than 1 % of
        /// its distance from the median.
        trials: u64,
    },
    /// A parameter does not matter to any objective, by any measure of importance.
    Fix {
        /// The path of the parameter, or of several that are values of one field: `layers.*.units`.
        path: String,
        /// The gain of a forest from the parameter, as a share of all its gains.
        share: f64,
        /// The gain from a shuffled copy that only one tree in twenty exceeds, as a share of all
        /// gains.
        shuffled: f64,
        /// The parameter's value in the best trial in words; `None` if it was inactive there.
        value: Option<String>,
        /// The attribute that fixes the field to that value; `None` if it was inactive there, or
        /// the space does not record a type.
        attribute: Option<String>,
        /// The field and type to write it over; `None` if `path` says so.
        over: Option<String>,
    },
    /// Trials fail more often in one region than elsewhere.
    Avoid {
        /// The path of the parameter, or of several that are values of one field: `layers.*.units`.
        path: String,
        /// The region in words.
        region: String,
        /// The number of failed trials within the region.
        failed: u64,
        /// The number of ended trials within the region.
        ended: u64,
        /// The number of failed trials elsewhere.
        failed_elsewhere: u64,
        /// The number of ended trials elsewhere.
        ended_elsewhere: u64,
    },
    /// The best value is better than its config can be expected to be.
    Mistrust(ValueEstimate),
    /// Many trials had the parameters of an earlier one.
    Duplicates {
        /// The number of complete trials that repeat an earlier one.
        repeated: u64,
        /// The number of complete trials.
        complete: u64,
    },
    /// Nearly every trial was pruned.
    PrunedMost {
        /// The number of pruned trials.
        pruned: u64,
        /// The number of complete or pruned trials.
        ended: u64,
    },
    /// No trial was pruned, although they reported.
    PrunedNone {
        /// The number of complete trials that reported more than once.
        reported: u64,
    },
}

/// The number of complete trials that most rules need.
const FEWEST: u64 = 50;

impl Advice {
    /// Returns all advice on a study in its present state, about its first objective.
    ///
    /// A rule with too few trials is silent, except for one [`TooFew`](Self::TooFew).
    #[must_use]
    pub fn on(view: &StudyView<'_>) -> Vec<Self> {
        Self::with(view, ValueEstimate::of(view).as_ref())
    }

    /// Returns all advice, given the expectation for the best config, which is expensive to
    /// compute.
    pub(super) fn with(view: &StudyView<'_>, expectation: Option<&ValueEstimate>) -> Vec<Self> {
        let Ok(data) = Data::of(view, 0) else {
            return Vec::new();
        };
        let complete = data.losses.len() as u64;
        let mut advice = Vec::new();
        if complete < FEWEST {
            advice.push(Advice::TooFew { complete, needed: FEWEST });
        }
        // One piece of advice per field: a region that fails should not be explored, and the range
        // of a parameter that does not matter need not be widened.
        let mut fields = Field::all(view);
        let mut add = |new: Vec<Advice>, fields: &mut Vec<Field<'_>>| {
            fields.retain(|field| new.iter().all(|one| one.path() != Some(&field.path)));
            advice.extend(new);
        };
        add(failures::avoid(view, &fields).into_iter().collect(), &mut fields);
        if complete >= FEWEST {
            add(unimportant::fix(view, &data, &fields), &mut fields);
            add(range::widen(view, &data, &fields), &mut fields);
        }
        advice.extend(
            expectation.filter(|estimate| estimate.is_lucky()).cloned().map(Advice::Mistrust),
        );
        advice.extend(budget::curve(view, &data));
        advice.extend(budget::duplicates(view));
        advice.extend(budget::pruning(view));
        advice
    }
}

impl Advice {
    /// Returns the path of the field that it is about, if any.
    fn path(&self) -> Option<&String> {
        match self {
            Advice::Widen { path, .. } | Advice::Fix { path, .. } | Advice::Avoid { path, .. } => {
                Some(path)
            }
            _ => None,
        }
    }
}
