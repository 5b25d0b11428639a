//! The state that is kept between asks, and the choice of a config from it.
//!
//! All of it is a function of the trials that have ended. New trials are added incrementally.

use std::sync::Arc;

use super::above::Above;
use super::candidates::Candidates;
use super::column::Column;
use super::config::{Bandwidth, GoodWeights, TpeBuilder};
use super::constrained::{Constraints, Ratio, log_relative_ratio};
use super::estimator::Estimator;
use super::kernel_settings::KernelSettings;
use super::split::{PENDING, Ranked, TrialOrder};
use crate::numeric::ordinary::Ordinary;
use crate::rng::Rng;
use crate::space::{FlatSpace, Params};
use crate::trial::{History, State, View};

/// The largest number of running trials that count as bad, the latest ones.
const MOST_LIES: usize = 64;

/// Both densities for a study, as far as its history was read.
#[derive(Debug)]
pub(super) struct Model {
    settings: TpeBuilder,
    id: u64,
    flat: Arc<FlatSpace>,
    columns: Arc<[Column]>,
    /// The number of ended trials that have been read.
    read: usize,
    ranking: TrialOrder,
    rest: Above,
    good: Below,
    constraints: Constraints,
}

/// The density of the good trials.
#[derive(Debug)]
struct Below {
    /// In the order in which they ended.
    trials: Vec<Ranked>,
    density: Estimator,
}

impl Model {
    /// Creates a model without trials.
    pub(super) fn new(history: History<'_>, settings: TpeBuilder) -> Self {
        let flat = Arc::clone(history.flat());
        let columns: Arc<[Column]> = flat.iter().map(Column::new).collect();
        let density = Estimator::new(&columns, settings.shape(), true);
        Self {
            settings,
            id: history.id(),
            rest: Above::new(&columns, settings.shape()),
            constraints: Constraints::new(&columns, settings.shape()),
            flat,
            columns,
            read: 0,
            ranking: TrialOrder::default(),
            good: Below { trials: Vec::new(), density },
        }
    }

    /// Returns true if the model can be updated to this history: it has read a prefix of it.
    pub(super) fn precedes(&self, history: History<'_>) -> bool {
        self.id == history.id()
            && Arc::ptr_eq(&self.flat, history.flat())
            && self.read <= history.finished().len()
    }

    /// Returns true if there are no parameters to choose.
    pub(super) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Returns the number of results, including those of unfinished trials with reports.
    pub(super) fn results(&self, history: History<'_>) -> usize {
        self.ranking.results() + history.pending().filter(is_told).count()
    }

    /// Returns how many of `results` results are good: a share of `good_share`, rounded up, from 1
    /// to `most_good`.
    pub(super) fn below_count(&self, results: f64) -> usize {
        below_count(&self.settings, results)
    }

    /// Reads the trials that have ended since the last call.
    pub(super) fn read(&mut self, history: History<'_>) {
        for number in &history.finished()[self.read..] {
            let trial = history.trial(*number);
            let ranked = Ranked::new(trial, self.read as u32, history);
            self.read += 1;
            if !trial.constraints().is_empty() && trial.state() != Some(State::Failed) {
                let point = point(&self.flat, &self.columns, trial);
                self.constraints.add(*number, trial.constraints(), point);
            }
            self.ranking.insert(ranked);
            if !self.rest.add(ranked) {
                self.rest.thin();
                self.ranking.ended().iter().for_each(|ranked| {
                    self.rest.add(*ranked);
                });
            }
        }
    }

    /// Chooses a config for a trial.
    pub(super) fn choose(&mut self, history: History<'_>, rng: &mut Rng) -> Params {
        let under_way: Vec<View<'_>> = history.pending().collect();
        let told = under_way.iter().filter(|trial| is_told(trial));
        let told: Vec<Ranked> = told.map(|trial| Ranked::new(*trial, PENDING, history)).collect();
        let results = self.ranking.results() + told.len();
        let count = self.below_count(results as f64);
        let ratios = self.ratios(history);
        // The good trials, and the next one, on which they improve.
        let order = self.ranking.order(history, &told, count + 1);
        self.part(history, &order, count);
        let Self { settings, flat, columns, rest, good, .. } = self;
        let is_lie =
            |trial: &&View<'_>| good.trials.iter().all(|ranked| ranked.number != trial.number());
        let lies = under_way.iter().filter(|trial| settings.liar && is_lie(trial));
        let lies: Vec<Vec<f64>> = lies.map(|trial| point(flat, columns, *trial)).collect();
        let lies: Vec<&[f64]> =
            lies.iter().rev().take(MOST_LIES).rev().map(Vec::as_slice).collect();
        let mut drawn = Candidates::draw(flat, columns, &good.density, settings.candidates, rng);
        for ratio in &ratios {
            drawn.draw_more(&ratio.kept, settings.candidates, rng);
        }
        let share = good.trials.len() as f64 / results.max(1) as f64;
        rest.with(&lies, |rest| {
            if !ratios.is_empty() {
                let objective = (&good.density, rest, share.min(1.0));
                let is_allowed = |index: usize| history.allows(&drawn.params(index));
                return drawn.params(best_of_ratios(&drawn, objective, &ratios, is_allowed));
            }
            let best = drawn.params(drawn.best_candidate(&good.density, rest, &|_| true));
            if history.allows(&best) {
                return best;
            }
            // Checking the constraint for every candidate beforehand would cost more than it saves.
            let is_allowed = |index: usize| history.allows(&drawn.params(index));
            drawn.params(drawn.best_candidate(&good.density, rest, &is_allowed))
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
    fn part(&mut self, history: History<'_>, order: &[Ranked], count: usize) {
        let mut good = order[..count.min(order.len())].to_vec();
        good.sort_unstable_by_key(|ranked| (ranked.index, ranked.number));
        let better = match self.settings.good_weights {
            GoodWeights::Improvement if history.directions().len() == 1 => {
                improvements(&good, order.get(count))
            }
            _ => None,
        };
        let point =
            |ranked: &Ranked| point(&self.flat, &self.columns, history.trial(ranked.number));
        self.rest.put_aside(&good, point);
        if good != self.good.trials {
            // Row 0 is the prior's.
            let before = &self.good.trials;
            let gone = (1..=before.len()).rev().filter(|row| !good.contains(&before[row - 1]));
            let new = (1..=good.len()).filter(|row| !before.contains(&good[row - 1]));
            let (gone, new): (Vec<usize>, Vec<_>) =
                (gone.collect(), new.map(|row| (row, point(&good[row - 1]))).collect());
            self.good.density.exchange(&gone, &new);
            self.good.trials = good;
        }
        let weight = |index: usize| better.as_ref().map_or(1.0, |better| better[index]);
        self.good.density.weigh(self.settings.prior_weight, weight);
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
    (good, rest, share): (&Estimator, &Estimator, f64),
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
        log_relative_ratio(share, log_ratio(good, rest))
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
fn is_told(trial: &View<'_>) -> bool {
    !trial.reports().is_empty()
}

/// Returns a trial's encoded parameters, shape `(d,)`; NaN for inactive ones.
fn point(flat: &FlatSpace, columns: &[Column], trial: View<'_>) -> Vec<f64> {
    let mut point = vec![f64::NAN; columns.len()];
    for (parameter, value) in trial.params() {
        if let Some(place) = columns[parameter as usize].place(flat.parameter(parameter), value) {
            point[parameter as usize] = place;
        }
    }
    point
}

/// Returns each trial's improvement on the next one, scaled to a mean of 1; `None` if the
/// improvements cannot be computed.
fn improvements(good: &[Ranked], next: Option<&Ranked>) -> Option<Vec<f64>> {
    let losses: Vec<f64> = good.iter().chain([next?]).map(Ranked::loss).collect::<Option<_>>()?;
    let ordinary = Ordinary::of(&losses)?;
    let drawn_in = |loss: &f64| loss.clamp(ordinary.best, ordinary.worst);
    let threshold = losses.last().map(drawn_in)?;
    let better: Vec<f64> =
        losses[..good.len()].iter().map(|loss| (threshold - drawn_in(loss)).max(0.0)).collect();
    let mean = better.iter().sum::<f64>() / better.len() as f64;
    (mean > 0.0 && mean.is_finite())
        .then(|| better.into_iter().map(|better| better / mean).collect())
}

impl TpeBuilder {
    pub(super) fn shape(&self) -> KernelSettings {
        let Self { prior_weight, ends, .. } = *self;
        match self.bandwidth {
            Bandwidth::Magic => {
                KernelSettings { floor: 0.01, cells: 0.0, magic: 1.0, prior_weight, ends }
            }
            Bandwidth::Floor(floor) => {
                KernelSettings { floor, cells: 0.5, magic: 0.5, prior_weight, ends }
            }
        }
    }
}
