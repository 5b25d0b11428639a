//! The state that is kept between asks, and the choice of a config from it.
//!
//! All of it is a function of the trials that have ended. New trials are added incrementally.

use std::sync::Arc;

use super::above::Above;
use super::candidates::Candidates;
use super::column::ParamColumn;
use super::config::{Bandwidth, GoodWeights, TpeBuilder};
use super::constrained::{Constraints, Ratio, log_relative_ratio};
use super::estimator::Estimator;
use super::kernel_settings::KernelSettings;
use super::split::{PENDING, RankedTrial, TrialOrder};
use crate::numeric::ordinary::Ordinary;
use crate::rng::Rng;
use crate::space::{FlatSpace, Params};
use crate::trial::{History, State, VisibleTrials};

/// The largest number of running trials that count as bad, the latest ones.
const MOST_PENDING: usize = 64;

/// Both densities for the trials of a study that were read.
#[derive(Debug)]
pub(super) struct Model {
    settings: TpeBuilder,
    flat: Arc<FlatSpace>,
    columns: Arc<[ParamColumn]>,
    /// The number of ended trials that have been read.
    read: u32,
    ranking: TrialOrder,
    above: Above,
    below: Below,
    constraints: Constraints,
}

/// The density of the good trials.
#[derive(Debug)]
struct Below {
    /// In the order in which they ended.
    trials: Vec<RankedTrial>,
    density: Estimator,
}

impl Model {
    /// Creates a model without trials.
    pub(super) fn new(flat: &Arc<FlatSpace>, settings: TpeBuilder) -> Self {
        let columns: Arc<[ParamColumn]> = flat.iter().map(ParamColumn::new).collect();
        let density = Estimator::new(&columns, settings.kernel_settings(), true);
        Self {
            settings,
            above: Above::new(&columns, settings.kernel_settings()),
            constraints: Constraints::new(&columns, settings.kernel_settings()),
            flat: Arc::clone(flat),
            columns,
            read: 0,
            ranking: TrialOrder::default(),
            below: Below { trials: Vec::new(), density },
        }
    }

    /// Returns true if there are no parameters to choose.
    pub(super) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Returns the number of results, including those of unfinished trials with reports.
    pub(super) fn results(&self, history: History<'_>) -> usize {
        self.ranking.results() + history.pending().filter(has_reports).count()
    }

    /// Returns how many of `results` results are good: a share of `good_share`, rounded up, from 1
    /// to `most_good`.
    pub(super) fn below_count(&self, results: f64) -> usize {
        below_count(&self.settings, results)
    }

    /// Reads the next trial that has ended.
    pub(super) fn read(&mut self, history: History<'_>, number: u64) {
        let trial = history.trial(number);
        let ranked = RankedTrial::new(trial, self.read, history);
        self.read += 1;
        if !trial.constraints().is_empty() && trial.state() != Some(State::Failed) {
            let point = point(&self.flat, trial);
            self.constraints.add(number, trial.constraints(), point);
        }
        self.ranking.insert(ranked);
        if !self.above.add(ranked) {
            self.above.thin();
            self.ranking.ended().iter().for_each(|ranked| {
                self.above.add(*ranked);
            });
        }
    }

    /// Chooses a config for a trial.
    pub(super) fn choose(&mut self, history: History<'_>, rng: &mut Rng) -> Params {
        let mut pending: Vec<VisibleTrials<'_>> = history.pending().collect();
        // The latest ones count: paused trials must not take the places of running ones.
        pending.sort_by_key(|trial| trial.state() != Some(State::Paused));
        let reported = pending.iter().filter(|trial| has_reports(trial));
        let reported: Vec<RankedTrial> =
            reported.map(|trial| RankedTrial::new(*trial, PENDING, history)).collect();
        let results = self.ranking.results() + reported.len();
        let count = self.below_count(results as f64);
        let ratios = self.ratios(history);
        // The good trials, and the next one, on which they improve.
        let order = self.ranking.order(history, &reported, count + 1);
        self.split(history, &order, count);
        let Self { settings, flat, columns, above, below, .. } = self;
        let counts_as_bad = |trial: &&VisibleTrials<'_>| {
            below.trials.iter().all(|ranked| ranked.number != trial.number())
        };
        let pending_points = pending.iter().filter(|trial| settings.liar && counts_as_bad(trial));
        let pending_points: Vec<Vec<f64>> =
            pending_points.map(|trial| point(flat, *trial)).collect();
        let pending_points: Vec<&[f64]> =
            pending_points.iter().rev().take(MOST_PENDING).rev().map(Vec::as_slice).collect();
        let mut drawn =
            Candidates::draw(flat, columns, history, &below.density, settings.candidates, rng);
        for ratio in &ratios {
            drawn.draw_more(&ratio.kept, settings.candidates, rng);
        }
        let share = below.trials.len() as f64 / results.max(1) as f64;
        above.with_pending(&pending_points, |above| {
            if !ratios.is_empty() {
                let objective = (&below.density, above, share.min(1.0));
                let is_allowed = |index: usize| history.allows(&drawn.params(index));
                return drawn.params(best_of_ratios(&drawn, objective, &ratios, is_allowed));
            }
            let best = drawn.params(drawn.best_candidate(&below.density, above, &|_| true));
            if history.allows(&best) {
                return best;
            }
            // Checking the constraint for every candidate beforehand would cost more than it saves.
            let is_allowed = |index: usize| history.allows(&drawn.params(index));
            drawn.params(drawn.best_candidate(&below.density, above, &is_allowed))
        })
    }

    /// Returns the densities by constraint; none if no trial broke one, or if there are several
    /// objectives.
    fn ratios(&mut self, history: History<'_>) -> Vec<Ratio> {
        if history.constraint_count() == 0 || history.directions().len() > 1 {
            return Vec::new();
        }
        let settings = self.settings;
        self.constraints.ratios(|count| below_count(&settings, count as f64))
    }

    /// Splits the trials into the good ones, the first `count` of `order`, and the rest.
    fn split(&mut self, history: History<'_>, order: &[RankedTrial], count: usize) {
        let mut good = order[..count.min(order.len())].to_vec();
        good.sort_unstable_by_key(|ranked| (ranked.index, ranked.number));
        let better = match self.settings.good_weights {
            GoodWeights::Improvement if history.directions().len() == 1 => {
                improvements(&good, order.get(count))
            }
            _ => None,
        };
        let point = |ranked: &RankedTrial| point(&self.flat, history.trial(ranked.number));
        self.above.put_aside(&good, point);
        if good != self.below.trials {
            // Row 0 is the prior's.
            let before = &self.below.trials;
            let gone = (1..=before.len()).rev().filter(|row| !good.contains(&before[row - 1]));
            let new = (1..=good.len()).filter(|row| !before.contains(&good[row - 1]));
            let (gone, new): (Vec<usize>, Vec<_>) =
                (gone.collect(), new.map(|row| (row, point(&good[row - 1]))).collect());
            self.below.density.exchange(&gone, &new);
            self.below.trials = good;
        }
        let weight = |index: usize| better.as_ref().map_or(1.0, |better| better[index]);
        self.below.density.weigh(self.settings.prior_weight, weight);
    }
}

fn below_count(settings: &TpeBuilder, results: f64) -> usize {
    let share = (settings.good_share * results - 1e-9).ceil() as usize;
    share.clamp(1, settings.most_good as usize)
}

/// Returns the allowed candidate that maximizes the product of all relative density ratios; the
/// first one if none is allowed. The objective's are l(x), g(x) and the share of l.
fn best_of_ratios(
    drawn: &Candidates<'_>,
    (below, above, share): (&Estimator, &Estimator, f64),
    ratios: &[Ratio],
    is_allowed: impl Fn(usize) -> bool,
) -> usize {
    let log_density = |density: &Estimator, index: usize| {
        density.log_density(drawn.point(index), f64::INFINITY).unwrap_or(0.0)
    };
    let value = |index: usize| -> f64 {
        let log_ratio =
            |l: &Estimator, g: &Estimator| log_density(l, index) - log_density(g, index);
        let constraint = |ratio: &Ratio| {
            log_relative_ratio(ratio.share(), log_ratio(&ratio.kept, &ratio.broken))
        };
        log_relative_ratio(share, log_ratio(below, above))
            + ratios.iter().map(constraint).sum::<f64>()
    };
    let allowed = (0..drawn.len()).filter(|index| is_allowed(*index));
    let best = allowed.map(|index| (value(index), index)).max_by(|a, b| {
        // The first of equal ones.
        a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))
    });
    best.map_or(0, |(_, index)| index)
}

/// Returns true if a trial that has not ended has reported something.
fn has_reports(trial: &VisibleTrials<'_>) -> bool {
    !trial.reports().is_empty()
}

/// Returns a trial's encoded parameters, shape `(d,)`; NaN for inactive ones.
fn point(flat: &FlatSpace, trial: VisibleTrials<'_>) -> Vec<f64> {
    let mut point = vec![f64::NAN; flat.len()];
    for (parameter, value) in trial.params() {
        if let Some(position) = flat.parameter(parameter).coordinate(value) {
            point[parameter as usize] = position;
        }
    }
    point
}

/// Returns each trial's improvement on the next one, scaled to a mean of 1; `None` if the
/// improvements cannot be computed.
fn improvements(good: &[RankedTrial], next: Option<&RankedTrial>) -> Option<Vec<f64>> {
    let losses: Vec<f64> =
        good.iter().chain([next?]).map(RankedTrial::loss).collect::<Option<_>>()?;
    let ordinary = Ordinary::of(&losses)?;
    let clamped = |loss: &f64| loss.clamp(ordinary.best, ordinary.worst);
    let threshold = losses.last().map(clamped)?;
    let better: Vec<f64> =
        losses[..good.len()].iter().map(|loss| (threshold - clamped(loss)).max(0.0)).collect();
    let mean = better.iter().sum::<f64>() / better.len() as f64;
    (mean > 0.0 && mean.is_finite())
        .then(|| better.into_iter().map(|better| better / mean).collect())
}

impl TpeBuilder {
    pub(super) fn kernel_settings(&self) -> KernelSettings {
        let Self { prior_weight, ends, .. } = *self;
        match self.bandwidth {
            Bandwidth::Magic => KernelSettings {
                floor: 0.01,
                cells: 0.0,
                magic: 1.0,
                prior_weight,
                boundary_mass: ends,
            },
            Bandwidth::Floor(floor) => {
                KernelSettings { floor, cells: 0.5, magic: 0.5, prior_weight, boundary_mass: ends }
            }
        }
    }
}
