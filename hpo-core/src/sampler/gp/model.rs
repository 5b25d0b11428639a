//! From observations to configs ranked by acquisition value, with a cache of the fits from one ask
//! to the next.

use std::sync::Arc;

use super::conditioned::{Prepared, PreparedConstraint, TrainingView};
use super::config::GpBuilder;
use super::fits::{Fits, MOST_MODELLED};
use super::search::Search;
use super::target::Target;
use super::training_data::{TrainingData, TrainingSet, picked, thinned};
use super::trust_region::TrustRegion;
use crate::gp::encoding::Encoding;
use crate::gp::fit::LengthScalePrior;
use crate::sampler::AskContext;
use crate::space::{FlatSpace, Params};
use crate::trial::History;

/// The number of results up to which the hyperparameters are fitted after each trial.
const ALWAYS_FITTED: usize = 60;

/// Beyond [`ALWAYS_FITTED`], a fit with one of the two length scale priors is due after 4 % more
/// results, or after this number of results if that is fewer.
const MOST_BETWEEN: usize = 25;

/// The encoding, and a cache of the latest computations, each with all its inputs.
#[derive(Debug)]
pub(super) struct Model {
    encoding: Arc<Encoding>,
    fits: Fits,
    ranked: Option<Ranked>,
}

/// The candidates of one ask, the best first.
#[derive(Debug)]
struct Ranked {
    /// Cache key: history, number of changes seen, trial number, seed.
    key: (u64, u64, u64, u64),
    configs: Arc<Vec<Params>>,
}

impl Model {
    pub(super) fn new(flat: &Arc<FlatSpace>) -> Self {
        Self { encoding: Arc::new(Encoding::new(flat)), fits: Fits::default(), ranked: None }
    }

    pub(super) fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// Returns configs ranked by acquisition value, at least one; `None` if there is no model. With
    /// `nearest`, the model is conditioned on this number of results around the best one, and only
    /// a region there is searched.
    pub(super) fn ranked(
        &mut self,
        settings: &GpBuilder,
        nearest: Option<usize>,
        history: History<'_>,
        data: &TrainingData<'_>,
        ask: AskContext,
    ) -> Option<Arc<Vec<Params>>> {
        let key = (history.id(), history.moment(), ask.number, ask.seed);
        if let Some(ranked) = self.ranked.as_ref().filter(|ranked| ranked.key == key) {
            return Some(Arc::clone(&ranked.configs));
        }
        let prepared = self.prepare(settings, nearest, data, ask)?;
        let view =
            TrainingView { encoding: &self.encoding, rows: &prepared.rows, pending: &data.pending };
        let conditioned = prepared.condition(&view)?;
        let (judge, coarse) = conditioned.judges(settings.acquisition.of_trial(ask.number));
        let best = view.best(&prepared.held);
        let around = nearest.and(best.first());
        let region = around.map(|center| {
            TrustRegion::of_trial(view.encoding.columns(), center, &prepared.fit.hyper, ask)
        });
        let search = Search { encoding: view.encoding, history, judge, coarse, region };
        let configs = Arc::new(search.ranked(&best, AskContext { attempt: 0, ..ask }));
        self.ranked = Some(Ranked { key, configs: Arc::clone(&configs) });
        Some(configs)
    }

    /// Chooses the results that the model is conditioned on, and fits its hyperparameters. `None`
    /// if there are no results.
    fn prepare(
        &mut self,
        settings: &GpBuilder,
        nearest: Option<usize>,
        data: &TrainingData<'_>,
        ask: AskContext,
    ) -> Option<Prepared> {
        let mut rows = data.all()?;
        let lengths = LengthScalePrior::of_trial(ask.number);
        let mut settled = settled(data, lengths);
        if let Some(most) = nearest {
            rows = rows.nearest(&self.encoding, most);
            // The nearest results change with the best one, and then the fit changes too.
            settled = None;
        }
        let losses = Target::Losses(settings.outputs.of_trial(ask.number));
        let seen = settled.as_ref().unwrap_or(&rows);
        let fit = self.fits.fit(&self.encoding, losses, seen, settings.noise, lengths);
        let held = held(seen, &rows, losses);
        let constraints = self.prepare_constraints(&rows, seen);
        Some(Prepared { rows, held, losses, fit, constraints })
    }

    /// Fits a process to each constraint.
    fn prepare_constraints(
        &mut self,
        rows: &TrainingSet,
        settled: &TrainingSet,
    ) -> Vec<PreparedConstraint> {
        let prepared = |index: usize| {
            let target = Target::Constraint(index);
            let lengths = LengthScalePrior::Long;
            let fit = self.fits.fit(&self.encoding, target, settled, None, lengths);
            PreparedConstraint { index, held: held(settled, rows, target), fit }
        };
        // One of which these rows say nothing has no model here.
        let has_values = |index: &usize| !Target::Constraint(*index).known(rows).is_empty();
        (0..rows.constraints.len()).filter(has_values).map(prepared).collect()
    }

    /// Returns the leave-one-out rank correlation of the model behind a trial's proposal.
    pub(super) fn loo_rank_correlation(
        &mut self,
        settings: &GpBuilder,
        data: &TrainingData<'_>,
        ask: AskContext,
    ) -> Option<f64> {
        let rows = data.all()?;
        let lengths = LengthScalePrior::of_trial(ask.number);
        let settled = settled(data, lengths);
        let losses = Target::Losses(settings.outputs.of_trial(ask.number));
        let settled = settled.as_ref().unwrap_or(&rows);
        let fit = self.fits.fit(&self.encoding, losses, settled, settings.noise, lengths);
        Some(fit.loo_rank_correlation(&self.encoding))
    }
}

/// Returns the rows at the last fit with this length scale prior.
fn settled(data: &TrainingData<'_>, lengths: LengthScalePrior) -> Option<TrainingSet> {
    data.first(last_due(data.len(), lengths))
}

/// Returns the indices of the rows that a model is conditioned on: some of those at the last fit,
/// and all since, as far as they have a value.
fn held(settled: &TrainingSet, all: &TrainingSet, target: Target) -> Vec<usize> {
    let known = target.known(settled);
    let order = picked(&settled.order(), &known);
    let some = thinned(&order, MOST_MODELLED).into_iter().map(|index| known[index]);
    let since = target.known(all).into_iter().filter(|row| *row >= settled.losses.len());
    some.chain(since).collect()
}

/// Returns the last number of results, up to `count`, at which hyperparameters are fitted with a
/// prior. Beyond [`ALWAYS_FITTED`] the two priors take turns, so that both fits are never due at
/// once.
fn last_due(count: usize, lengths: LengthScalePrior) -> usize {
    let turn = usize::from(lengths == LengthScalePrior::Long);
    let mut last = count.min(ALWAYS_FITTED);
    let (mut due, mut index) = (last, 0);
    while due <= count {
        if index % 2 == turn {
            last = due;
        }
        due += due.div_ceil(24).clamp(1, MOST_BETWEEN);
        index += 1;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_beliefs_are_fitted_always_at_first_and_then_in_turn() {
        let due = |count| {
            [LengthScalePrior::Short, LengthScalePrior::Long]
                .map(|lengths| last_due(count, lengths))
        };
        for count in 1..=ALWAYS_FITTED {
            assert_eq!(due(count), [count; 2]);
        }
        assert_eq!([63, 67, 71, 75].map(due), [[60, 63], [66, 63], [66, 69], [72, 75]]);
        for count in ALWAYS_FITTED + 1..2_000 {
            let (before, now) = (due(count - 1), due(count));
            assert!(
                before[0] == now[0] || before[1] == now[1],
                "both are due after {count} results"
            );
            for last in now {
                assert!(
                    last <= count && count - last < (count / 8).min(2 * MOST_BETWEEN),
                    "{count}: {now:?}"
                );
            }
        }
    }
}
