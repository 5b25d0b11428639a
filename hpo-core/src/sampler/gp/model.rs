//! From observations to configs in the order of their worth, and what is kept of that from one ask to the next.

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
use crate::sampler::Ask;
use crate::space::{Params, Slots};
use crate::trial::History;

/// Results up to which the hyperparameters are fitted after each trial.
const ALWAYS_FITTED: usize = 60;

/// The most results to which hyperparameters are fitted.
const MOST_FITTED: usize = 120;

/// Beyond these, one of the beliefs about length scales is due whenever there are 4 % more results, or so many.
const MOST_BETWEEN: usize = 25;

/// The most results that the model holds, but for those since the last fit.
const MOST_MODELLED: usize = 500;

/// The most results that a model holds by which many configs are looked through.
const MOST_COARSE: usize = 128;

/// Fits that are kept: of warped and plain losses and of strains, each with both beliefs.
const MOST_FITS: usize = 6;

/// What was computed last, each with all that it is a function of.
#[derive(Debug)]
pub(super) struct Model {
    encoding: Arc<Encoding>,
    /// The last ones, the newest first.
    fits: Vec<Arc<Fit>>,
    ranked: Option<Ranked>,
}

/// What is modelled.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Target {
    Losses(Outputs),
    Violations,
}

/// Hyperparameters fitted to some results, and the factor of those that the model holds.
#[derive(Debug)]
struct Fit {
    points: Vec<Vec<f64>>,
    values: Vec<f64>,
    lengths: LengthScalePrior,
    noise: Option<f64>,
    hyper: Hyperparameters,
    /// How well the process orders the better half of these values, once it was asked for.
    loo_rank_correlation: OnceLock<f64>,
    held: Vec<Vec<f64>>,
    /// `None` where the numbers do not allow it.
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
    pub(super) fn new(slots: &Arc<Slots>) -> Self {
        Self { encoding: Arc::new(Encoding::new(slots)), fits: Vec::new(), ranked: None }
    }

    pub(super) fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// Configs in the order of their worth, at least one; `None` if there is no model. With `nearest`, by so many results around the
    /// best one alone, and from a region there.
    pub(super) fn ranked(
        &mut self,
        settings: &GpBuilder,
        nearest: Option<usize>,
        history: History<'_>,
        data: &TrainingData<'_>,
        ask: Ask,
    ) -> Option<Arc<Vec<Params>>> {
        let key = (history.id(), history.moment(), ask.number, ask.seed);
        if let Some(ranked) = self.ranked.as_ref().filter(|ranked| ranked.key == key) {
            return Some(Arc::clone(&ranked.configs));
        }
        let prepared = self.prepare(settings, nearest, data, ask)?;
        let view = TrainingView { encoding: &self.encoding, rows: &prepared.rows, pending: &data.pending };
        let conditioned = prepared.condition(&view)?;
        let judge = conditioned.judge(&view, &prepared.held, settings.acquisition.of_trial(ask.number));
        let best = view.best(&prepared.held);
        let around = nearest.and(best.first());
        let region =
            around.map(|center| TrustRegion::of_trial(view.encoding.columns(), center, &prepared.fit.hyper, ask));
        let coarse = conditioned.quick.as_ref().map(|losses| ConstrainedAcquisition { losses, ..judge });
        let search = Search { encoding: view.encoding, history, judge, coarse, region };
        let configs = Arc::new(search.ranked(&best, Ask { attempt: 0, ..ask }));
        self.ranked = Some(Ranked { key, configs: Arc::clone(&configs) });
        Some(configs)
    }

    /// Chooses the results that the model holds, and fits its hyperparameters. `None` if there are no results.
    fn prepare(
        &mut self,
        settings: &GpBuilder,
        nearest: Option<usize>,
        data: &TrainingData<'_>,
        ask: Ask,
    ) -> Option<Prepared> {
        let mut rows = data.all()?;
        let lengths = LengthScalePrior::of_trial(ask.number);
        let mut settled = settled(data, &rows, lengths);
        if let Some(most) = nearest {
            rows = rows.nearest(&self.encoding, most);
            // Which ones these are changes with the best: each time the fit is another.
            settled = None;
        }
        let settled = settled.as_ref().unwrap_or(&rows);
        let losses = Target::Losses(settings.outputs.of_trial(ask.number));
        let fit = self.fit(losses, settled, settings.noise, lengths);
        let violation_fit =
            (!rows.violations.is_empty()).then(|| self.fit(Target::Violations, settled, None, LengthScalePrior::Short));
        let held = held(settled, &rows);
        Some(Prepared { rows, held, losses, fit, violation_fit })
    }

    /// How well the process of a trial's proposal orders the better half of what it was fitted to.
    pub(super) fn loo_rank_correlation(
        &mut self,
        settings: &GpBuilder,
        data: &TrainingData<'_>,
        ask: Ask,
    ) -> Option<f64> {
        let rows = data.all()?;
        let lengths = LengthScalePrior::of_trial(ask.number);
        let settled = settled(data, &rows, lengths);
        let losses = Target::Losses(settings.outputs.of_trial(ask.number));
        let fit = self.fit(losses, settled.as_ref().unwrap_or(&rows), settings.noise, lengths);
        Some(fit.loo_rank_correlation(&self.encoding))
    }

    /// The fit to these rows.
    fn fit(&mut self, target: Target, rows: &TrainingSet, noise: Option<f64>, lengths: LengthScalePrior) -> Arc<Fit> {
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
        let fit = Arc::new(Fit { points, values, lengths, noise, hyper, loo_rank_correlation, held, base });
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

/// The results that the model holds, and its hyperparameters.
struct Prepared {
    rows: TrainingSet,
    /// The rows that the model holds, by index.
    held: Vec<usize>,
    losses: Target,
    fit: Arc<Fit>,
    violation_fit: Option<Arc<Fit>>,
}

/// The processes conditioned on the results.
struct Conditioned<'a> {
    exact: Posterior<'a>,
    violations: Option<Posterior<'a>>,
    /// The losses by fewer results, where there are many.
    quick: Option<Posterior<'a>>,
    /// Whether no result that the model holds has kept the constraints.
    is_infeasible: bool,
}

impl Prepared {
    /// Conditions the processes on the results. `None` if the numbers do not allow it.
    fn condition<'a>(&'a self, view: &TrainingView<'a>) -> Option<Conditioned<'a>> {
        let exact = view.posterior(self.losses, &self.fit, &self.held, self.fit.base.as_ref())?;
        let posterior = |fit: &'a Arc<Fit>| view.posterior(Target::Violations, fit, &self.held, fit.base.as_ref());
        let violations = self.violation_fit.as_ref().and_then(posterior);
        let is_infeasible = violations.is_some() && self.held.iter().all(|row| self.rows.violations[*row] > 0.0);
        let is_large = self.held.len() > MOST_COARSE && !is_infeasible;
        let quick = if is_large { view.posterior(self.losses, &self.fit, &self.coarse(), None) } else { None };
        Some(Conditioned { exact, violations, quick, is_infeasible })
    }

    /// Some of the rows that the model holds, by index: enough to pick those of many configs that are worth a closer look.
    fn coarse(&self) -> Vec<usize> {
        let order = picked(&self.rows.order(), &self.held);
        thinned(&order, MOST_COARSE).into_iter().map(|index| self.held[index]).collect()
    }
}

impl Conditioned<'_> {
    fn judge(&self, view: &TrainingView<'_>, held: &[usize], acquisition: Acquisition) -> ConstrainedAcquisition<'_> {
        match self.violations.as_ref().map(|violations| view.constraints(violations, held)) {
            // First of all some trial has to keep the constraints: the less they are broken, the nearer that is.
            Some(constraints) if self.is_infeasible => {
                ConstrainedAcquisition { losses: constraints.violations, constraints: None, acquisition }
            }
            constraints => ConstrainedAcquisition { losses: &self.exact, constraints, acquisition },
        }
    }
}

/// All rows, through the eyes of a fit.
struct TrainingView<'a> {
    encoding: &'a Encoding,
    rows: &'a TrainingSet,
    pending: &'a [Vec<f64>],
}

impl<'a> TrainingView<'a> {
    /// The process given some of the rows, and what is under way.
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
        let is_broken = |row: usize| self.rows.violations.get(which[row]).is_some_and(|violation| *violation > 0.0);
        if target == Target::Violations || (0..which.len()).all(is_broken) {
            return Some(posterior);
        }
        // What breaks the constraints is nothing to be improved on.
        Some(posterior.improving_on(|row| !is_broken(row)))
    }

    fn constraints<'p>(&self, violations: &'p Posterior<'p>, which: &[usize]) -> Constraints<'p> {
        let known = picked(&self.rows.violations, which);
        let (mean, deviation) = moments(&known);
        Constraints { violations, limit: -mean / deviation }
    }

    /// The points around which to look: those with the lowest losses, of such that kept the constraints if any did.
    fn best(&self, which: &[usize]) -> Vec<&'a [f64]> {
        let broken = |index: usize| self.rows.violations.get(index).copied().unwrap_or(-1.0).max(0.0);
        let mut order = which.to_vec();
        let losses = &self.rows.losses;
        order.sort_by(|a, b| broken(*a).total_cmp(&broken(*b)).then(losses[*a].total_cmp(&losses[*b])));
        order.truncate(BEST);
        borrowed(&self.rows.points, &order)
    }
}

impl Target {
    /// What the process sees of some rows.
    fn values(self, rows: &TrainingSet, which: &[usize]) -> Vec<f64> {
        match self {
            Target::Losses(outputs) => outputs.standardized(&picked(&rows.losses, which)),
            // As long as every trial kept its constraints, there is nothing to see.
            Target::Violations if rows.violations.is_empty() => vec![0.0; which.len()],
            Target::Violations => Outputs::Plain.standardized(&picked(&rows.violations, which)),
        }
    }
}

/// The rows at the last fit with this belief; `None` if they are not what they were then, since what trials that were stopped would have come to
/// is seen otherwise now.
fn settled(data: &TrainingData<'_>, all: &TrainingSet, lengths: LengthScalePrior) -> Option<TrainingSet> {
    let settled = data.first(last_due(data.len(), lengths));
    settled.filter(|settled| all.points.starts_with(&settled.points))
}

/// Which rows the model holds: some of those at the last fit, and all since.
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

/// The last count of results, up to this one, at which hyperparameters are fitted with a belief. Beyond [`ALWAYS_FITTED`] the two
/// take turns, so that not all fits fall due at once.
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
        let due = |count| [LengthScalePrior::Short, LengthScalePrior::Long].map(|lengths| last_due(count, lengths));
        for count in 1..=ALWAYS_FITTED {
            assert_eq!(due(count), [count; 2]);
        }
        assert_eq!([63, 67, 71, 75].map(due), [[60, 63], [66, 63], [66, 69], [72, 75]]);
        for count in ALWAYS_FITTED + 1..2_000 {
            let (before, now) = (due(count - 1), due(count));
            assert!(before[0] == now[0] || before[1] == now[1], "both are due after {count} results");
            for last in now {
                assert!(last <= count && count - last < (count / 8).min(2 * MOST_BETWEEN), "{count}: {now:?}");
            }
        }
    }

    /// Losses and strains may be equal, and yet not fitted alike: what is kept of the one must not answer for the other.
    #[test]
    fn fits_with_another_noise_are_others() {
        let slots = Slots::new(&Space::from_json(r#"{"float": {"low": 0, "high": 1}}"#).unwrap()).unwrap();
        let points: Vec<Vec<f64>> = (0..6).map(|i| vec![f64::from(i) / 5.0, 0.0]).collect();
        let values = [1.0, -0.5, 1.0, -0.5, 1.0, -0.5];
        let rows = TrainingSet { points, losses: values.to_vec(), violations: values.to_vec() };
        let (mut warm, mut cold) = (Model::new(&slots), Model::new(&slots));
        let plain = Target::Losses(Outputs::Plain);
        let fixed = warm.fit(plain, &rows, Some(0.01), LengthScalePrior::Short);
        let violations = warm.fit(Target::Violations, &rows, None, LengthScalePrior::Short);
        assert_eq!(fixed.hyper.noise, [0.01]);
        assert_eq!(violations.hyper, cold.fit(Target::Violations, &rows, None, LengthScalePrior::Short).hyper);
        assert!(
            Arc::ptr_eq(&fixed, &warm.fit(plain, &rows, Some(0.01), LengthScalePrior::Short)),
            "an equal one is kept"
        );
    }
}
