//! From observations to configs ranked by acquisition value, with a cache of the fits from one ask
//! to the next.

use std::sync::{Arc, OnceLock};

use super::acquisition::Acquisition;
use super::config::GpBuilder;
use super::constrained::{ConstrainedAcquisition, Constraints};
use super::search::{BEST, Search};
use super::training_data::{TrainingData, TrainingSet, thinned};
use super::trust_region::TrustRegion;
use crate::gp::encoding::Encoding;
use crate::gp::fit::{self, LengthScalePrior};
use crate::gp::kernel::Hyperparameters;
use crate::gp::output_transform::{Outputs, moments};
use crate::gp::posterior::Posterior;
use crate::numeric::cholesky::Cholesky;
use crate::sampler::AskContext;
use crate::space::{FlatSpace, Params};
use crate::trial::History;

/// The number of results up to which the hyperparameters are fitted after each trial.
const ALWAYS_FITTED: usize = 60;

/// The largest number of results to which hyperparameters are fitted.
const MOST_FITTED: usize = 120;

/// Beyond [`ALWAYS_FITTED`], a fit with one of the two length scale priors is due after 4 % more
/// results, or after this number of results if that is fewer.
const MOST_BETWEEN: usize = 25;

/// The largest number of results that the model is conditioned on, not counting those since the
/// last fit.
const MOST_MODELLED: usize = 500;

/// The largest number of results in the coarse model, by which many candidates are screened.
const MOST_COARSE: usize = 128;

/// The number of fits that are cached: warped losses, plain losses and violations, each with both
/// length scale priors.
const MOST_FITS: usize = 6;

/// The encoding, and a cache of the latest computations, each with all its inputs.
#[derive(Debug)]
pub(super) struct Model {
    encoding: Arc<Encoding>,
    /// The latest fits, the newest first.
    fits: Vec<Arc<Fit>>,
    ranked: Option<Ranked>,
}

/// The quantity that a process models.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Target {
    Losses(Outputs),
    Violations,
}

/// Hyperparameters fitted to some results, and the Cholesky factor of the points that the model is
/// conditioned on.
#[derive(Debug)]
struct Fit {
    points: Vec<Vec<f64>>,
    values: Vec<f64>,
    lengths: LengthScalePrior,
    noise: Option<f64>,
    hyper: Hyperparameters,
    /// The leave-one-out rank correlation of the better half of these values, computed on demand.
    loo_rank_correlation: OnceLock<f64>,
    held: Vec<Vec<f64>>,
    /// `None` if the covariances cannot be factored.
    base: Option<Cholesky>,
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
        Self { encoding: Arc::new(Encoding::new(flat)), fits: Vec::new(), ranked: None }
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
        let judge =
            conditioned.judge(&view, &prepared.held, settings.acquisition.of_trial(ask.number));
        let best = view.best(&prepared.held);
        let around = nearest.and(best.first());
        let region = around.map(|center| {
            TrustRegion::of_trial(view.encoding.columns(), center, &prepared.fit.hyper, ask)
        });
        let coarse =
            conditioned.quick.as_ref().map(|losses| ConstrainedAcquisition { losses, ..judge });
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
        let mut settled = settled(data, &rows, lengths);
        if let Some(most) = nearest {
            rows = rows.nearest(&self.encoding, most);
            // The nearest results change with the best one, and then the fit changes too.
            settled = None;
        }
        let settled = settled.as_ref().unwrap_or(&rows);
        let losses = Target::Losses(settings.outputs.of_trial(ask.number));
        let fit = self.fit(losses, settled, settings.noise, lengths);
        let violation_fit = (!rows.violations.is_empty())
            .then(|| self.fit(Target::Violations, settled, None, LengthScalePrior::Short));
        let held = held(settled, &rows);
        Some(Prepared { rows, held, losses, fit, violation_fit })
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
        let settled = settled(data, &rows, lengths);
        let losses = Target::Losses(settings.outputs.of_trial(ask.number));
        let fit = self.fit(losses, settled.as_ref().unwrap_or(&rows), settings.noise, lengths);
        Some(fit.loo_rank_correlation(&self.encoding))
    }

    /// Returns the fit to these rows, from the cache if possible.
    fn fit(
        &mut self,
        target: Target,
        rows: &TrainingSet,
        noise: Option<f64>,
        lengths: LengthScalePrior,
    ) -> Arc<Fit> {
        let order = rows.order();
        let which = thinned(&order, MOST_FITTED);
        let (points, values) = (borrowed(&rows.points, &which), target.values(rows, &which));
        let held = borrowed(&rows.points, &thinned(&order, MOST_MODELLED));
        let same = |fit: &&Arc<Fit>| {
            let settings = fit.lengths == lengths && fit.noise == noise;
            settings && fit.values == values && fit.points == points && fit.held == held
        };
        if let Some(fit) = self.fits.iter().find(same) {
            return Arc::clone(fit);
        }
        let hyper = fit::fit(&self.encoding, &points, &values, noise, lengths);
        let base = Posterior::base(&self.encoding, &hyper, &held);
        let owned = |points: Vec<&[f64]>| points.into_iter().map(<[f64]>::to_vec).collect();
        let (points, held, loo_rank_correlation) = (owned(points), owned(held), OnceLock::new());
        let fit = Arc::new(Fit {
            points,
            values,
            lengths,
            noise,
            hyper,
            loo_rank_correlation,
            held,
            base,
        });
        self.fits.truncate(MOST_FITS - 1);
        self.fits.insert(0, Arc::clone(&fit));
        fit
    }
}

impl Fit {
    fn loo_rank_correlation(&self, encoding: &Encoding) -> f64 {
        *self.loo_rank_correlation.get_or_init(|| {
            let points: Vec<&[f64]> = self.points.iter().map(Vec::as_slice).collect();
            let posterior = Posterior::new(encoding, &self.hyper, &points, &self.values);
            posterior.map_or(-1.0, |posterior| posterior.loo_rank_correlation(&self.values))
        })
    }
}

/// The training rows with the fits to them.
struct Prepared {
    rows: TrainingSet,
    /// The indices of the rows that the model is conditioned on.
    held: Vec<usize>,
    losses: Target,
    fit: Arc<Fit>,
    violation_fit: Option<Arc<Fit>>,
}

/// The processes conditioned on the results.
struct Conditioned<'a> {
    exact: Posterior<'a>,
    violations: Option<Posterior<'a>>,
    /// The losses given fewer results, a coarse model for screening candidates; `None` if there are
    /// few results anyway.
    quick: Option<Posterior<'a>>,
    /// True if no result that the model is conditioned on keeps the constraints.
    is_infeasible: bool,
}

impl Prepared {
    /// Conditions the processes on the results. Returns `None` if the covariances cannot be
    /// factored.
    fn condition<'a>(&'a self, view: &TrainingView<'a>) -> Option<Conditioned<'a>> {
        let exact = view.posterior(self.losses, &self.fit, &self.held, self.fit.base.as_ref())?;
        let posterior = |fit: &'a Arc<Fit>| {
            view.posterior(Target::Violations, fit, &self.held, fit.base.as_ref())
        };
        let violations = self.violation_fit.as_ref().and_then(posterior);
        let is_infeasible =
            violations.is_some() && self.held.iter().all(|row| self.rows.violations[*row] > 0.0);
        let is_large = self.held.len() > MOST_COARSE && !is_infeasible;
        let quick = if is_large {
            view.posterior(self.losses, &self.fit, &self.coarse(), None)
        } else {
            None
        };
        Some(Conditioned { exact, violations, quick, is_infeasible })
    }

    /// Returns the indices of the rows for the coarse model, which selects the candidates that the
    /// exact model evaluates.
    fn coarse(&self) -> Vec<usize> {
        let order = picked(&self.rows.order(), &self.held);
        thinned(&order, MOST_COARSE).into_iter().map(|index| self.held[index]).collect()
    }
}

impl Conditioned<'_> {
    fn judge(
        &self,
        view: &TrainingView<'_>,
        held: &[usize],
        acquisition: Acquisition,
    ) -> ConstrainedAcquisition<'_> {
        match self.violations.as_ref().map(|violations| view.constraints(violations, held)) {
            // First of all some trial has to keep the constraints: search for the smallest
            // violation.
            Some(constraints) if self.is_infeasible => ConstrainedAcquisition {
                losses: constraints.violations,
                constraints: None,
                acquisition,
            },
            constraints => ConstrainedAcquisition { losses: &self.exact, constraints, acquisition },
        }
    }
}

/// The training data from which posteriors with given hyperparameters are made.
struct TrainingView<'a> {
    encoding: &'a Encoding,
    rows: &'a TrainingSet,
    pending: &'a [Vec<f64>],
}

impl<'a> TrainingView<'a> {
    /// Returns the posterior given some of the rows, and the pending points.
    fn posterior(
        &self,
        target: Target,
        fit: &'a Fit,
        which: &[usize],
        base: Option<&Cholesky>,
    ) -> Option<Posterior<'a>> {
        let mut points = borrowed(&self.rows.points, which);
        points.extend(self.pending.iter().map(Vec::as_slice));
        let values = target.values(self.rows, which);
        let posterior = base
            .and_then(|base| Posterior::extended(self.encoding, &fit.hyper, base, &points, &values))
            .or_else(|| Posterior::new(self.encoding, &fit.hyper, &points, &values))?;
        let is_broken = |row: usize| {
            self.rows.violations.get(which[row]).is_some_and(|violation| *violation > 0.0)
        };
        if target == Target::Violations || (0..which.len()).all(is_broken) {
            return Some(posterior);
        }
        // A config that violates constraints cannot be the incumbent.
        Some(posterior.improving_on(|row| !is_broken(row)))
    }

    fn constraints<'p>(&self, violations: &'p Posterior<'p>, which: &[usize]) -> Constraints<'p> {
        let known = picked(&self.rows.violations, which);
        let (mean, deviation) = moments(&known);
        Constraints { violations, limit: -mean / deviation }
    }

    /// Returns the points around which to search: those with the lowest losses, feasible ones
    /// first.
    fn best(&self, which: &[usize]) -> Vec<&'a [f64]> {
        let broken =
            |index: usize| self.rows.violations.get(index).copied().unwrap_or(-1.0).max(0.0);
        let mut order = which.to_vec();
        let losses = &self.rows.losses;
        order.sort_by(|a, b| {
            broken(*a).total_cmp(&broken(*b)).then(losses[*a].total_cmp(&losses[*b]))
        });
        order.truncate(BEST);
        borrowed(&self.rows.points, &order)
    }
}

impl Target {
    /// Returns the standardized targets of some rows.
    fn values(self, rows: &TrainingSet, which: &[usize]) -> Vec<f64> {
        match self {
            Target::Losses(outputs) => outputs.standardized(&picked(&rows.losses, which)),
            // As long as every trial kept its constraints, there is nothing to model.
            Target::Violations if rows.violations.is_empty() => vec![0.0; which.len()],
            Target::Violations => Outputs::Plain.standardized(&picked(&rows.violations, which)),
        }
    }
}

/// Returns the rows at the last fit with this length scale prior. `None` if those rows have changed
/// since, because the forecasts of stopped trials are now different.
fn settled(
    data: &TrainingData<'_>,
    all: &TrainingSet,
    lengths: LengthScalePrior,
) -> Option<TrainingSet> {
    let settled = data.first(last_due(data.len(), lengths));
    settled.filter(|settled| all.points.starts_with(&settled.points))
}

/// Returns the indices of the rows that the model is conditioned on: some of those at the last fit,
/// and all since.
fn held(settled: &TrainingSet, all: &TrainingSet) -> Vec<usize> {
    let mut held = thinned(&settled.order(), MOST_MODELLED);
    held.extend(settled.losses.len()..all.losses.len());
    held
}

fn picked(values: &[f64], which: &[usize]) -> Vec<f64> {
    which.iter().map(|index| values[*index]).collect()
}

fn borrowed<'a>(points: &'a [Vec<f64>], which: &[usize]) -> Vec<&'a [f64]> {
    which.iter().map(|index| points[*index].as_slice()).collect()
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
    use crate::space::Space;

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

    /// Losses and violations may be equal, and yet be fitted differently: their fits must not be
    /// confused in the cache.
    #[test]
    fn fits_with_another_noise_are_others() {
        let flat =
            FlatSpace::new(&Space::from_json(r#"{"float": {"low": 0, "high": 1}}"#).unwrap())
                .unwrap();
        let points: Vec<Vec<f64>> = (0..6).map(|i| vec![f64::from(i) / 5.0, 0.0]).collect();
        let values = [1.0, -0.5, 1.0, -0.5, 1.0, -0.5];
        let rows = TrainingSet { points, losses: values.to_vec(), violations: values.to_vec() };
        let (mut warm, mut cold) = (Model::new(&flat), Model::new(&flat));
        let plain = Target::Losses(Outputs::Plain);
        let fixed = warm.fit(plain, &rows, Some(0.01), LengthScalePrior::Short);
        let violations = warm.fit(Target::Violations, &rows, None, LengthScalePrior::Short);
        assert_eq!(fixed.hyper.noise, [0.01]);
        assert_eq!(
            violations.hyper,
            cold.fit(Target::Violations, &rows, None, LengthScalePrior::Short).hyper
        );
        assert!(
            Arc::ptr_eq(&fixed, &warm.fit(plain, &rows, Some(0.01), LengthScalePrior::Short)),
            "an equal one is kept"
        );
    }
}
