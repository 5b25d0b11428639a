//! What is kept between asks, and how a config is chosen from it.
//!
//! All of it is a function of the trials that have ended: new ones are added, and nothing is computed anew that stays.

use std::sync::Arc;

use super::branch::{Branch, Branches};
use super::column::Column;
use super::config::{Bandwidth, GoodWeights, TpeBuilder};
use super::draw::Candidates;
use super::estimator::Estimator;
use super::kernels::Shape;
use super::ranking::{PENDING, Ranked, Ranking};
use super::rest::Rest;
use crate::rng::Rng;
use crate::space::{Params, Slots};
use crate::trial::{History, View};

/// The most trials under way that count as bad, the latest ones.
const MOST_LIES: usize = 64;

/// Branches among which one is chosen.
const BRANCHES: usize = 8;

/// One in so many results is one of the better ones, by which branches are chosen.
const BETTER: usize = 4;

/// The most of these.
const MOST_BETTER: usize = 50;

/// What a trial tells about configs of another branch that have the same parameters.
const KIN: f64 = 0.5;

/// Both densities of a study as seen so far.
#[derive(Debug)]
pub(super) struct Model {
    settings: TpeBuilder,
    id: u64,
    slots: Arc<Slots>,
    columns: Arc<[Column]>,
    branches: Branches,
    /// How many of the ended trials have been read.
    read: usize,
    ranking: Ranking,
    rest: Rest,
    good: Good,
}

/// The density of good trials.
#[derive(Debug)]
struct Good {
    /// In the order of ends.
    trials: Vec<Ranked>,
    density: Estimator,
}

impl Model {
    /// Of no trials yet.
    pub(super) fn new(history: History<'_>, settings: TpeBuilder) -> Self {
        let slots = Arc::clone(history.slots());
        let columns: Arc<[Column]> = slots.iter().map(Column::new).collect();
        let density = Estimator::new(&columns, settings.shape(), true);
        Self {
            settings,
            id: history.id(),
            branches: Branches::new(&slots),
            rest: Rest::new(&columns, settings.shape()),
            slots,
            columns,
            read: 0,
            ranking: Ranking::default(),
            good: Good { trials: Vec::new(), density },
        }
    }

    /// Whether it may go on from what it has read.
    pub(super) fn precedes(&self, history: History<'_>) -> bool {
        self.id == history.id() && Arc::ptr_eq(&self.slots, history.slots()) && self.read <= history.finished().len()
    }

    /// Whether there is nothing to choose.
    pub(super) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// The number of results, those of trials that are at rest included.
    pub(super) fn results(&self, history: History<'_>) -> usize {
        self.ranking.results() + history.pending().filter(is_told).count()
    }

    /// How many of so many results are good.
    pub(super) fn good_count(&self, results: f64) -> usize {
        let share = (self.settings.good_share * results - 1e-9).ceil() as usize;
        share.clamp(1, self.settings.most_good as usize)
    }

    /// Reads the trials that have ended since.
    pub(super) fn read(&mut self, history: History<'_>) {
        for number in &history.finished()[self.read..] {
            let (trial, index) = (history.trial(*number), self.read as u32);
            let point = self.point(trial);
            let branch = self.branches.of(&point);
            self.read += 1;
            self.ranking.insert(Ranked::new(trial, index, branch, history));
            if !self.rest.add(*number, branch, &point) {
                self.thin(history);
            }
        }
    }

    fn thin(&mut self, history: History<'_>) {
        self.rest.thin();
        for number in &history.finished()[..self.read] {
            let point = self.point(history.trial(*number));
            let branch = self.branches.of(&point);
            self.rest.add(*number, branch, &point);
        }
    }

    /// A config for a trial.
    pub(super) fn choose(&mut self, history: History<'_>, rng: &mut Rng) -> Params {
        let under_way = self.under_way(history);
        let told: Vec<Ranked> = under_way.iter().filter_map(|trial| trial.ranked).collect();
        let results = self.ranking.results() + told.len();
        // In one branch the good ones and the next are enough.
        let most = if self.branches.is_one() { self.good_count(results as f64) + 1 } else { results };
        let order = self.ranking.order(history, &told, most);
        let drawn = self.draw_branches(history, &order, rng);
        let numbers: Vec<u32> = drawn.into_iter().map(|branch| self.branches.number(branch)).collect();
        let number = chosen_branch(&numbers, &order, rng);
        let kinship = (!self.branches.is_one()).then(|| self.branches.kinship(number, KIN));
        let good = self.split(&order, results, kinship.as_deref());
        let better = match self.settings.good_weights {
            GoodWeights::Even => None,
            GoodWeights::Improvement if history.directions().len() > 1 => None,
            GoodWeights::Improvement => improvements(&good, &order),
        };
        self.part(history, good);
        let kin = |ranked: &Ranked| kinship.as_ref().map_or(1.0, |kinship| kinship[ranked.branch as usize]);
        let trials = &self.good.trials;
        let weight = |_, index: usize| kin(&trials[index]) * better.as_ref().map_or(1.0, |better| better[index]);
        self.good.density.weigh(self.settings.prior_weight, weight);
        self.best_of_drawn(history, number, &under_way, kinship.as_deref(), rng)
    }

    /// The likeliest of a number of configs of a branch to be good.
    fn best_of_drawn(
        &mut self,
        history: History<'_>,
        branch: u32,
        under_way: &[UnderWay],
        kinship: Option<&[f64]>,
        rng: &mut Rng,
    ) -> Params {
        let (good, branch) = (&self.good, self.branches.get(branch));
        let count = self.settings.candidates;
        let drawn = Candidates::draw(&self.slots, &self.columns, branch, &good.density, count, rng);
        let lies = under_way.iter().filter(|trial| good.trials.iter().all(|other| Some(*other) != trial.ranked));
        let lies: Vec<&UnderWay> = if self.settings.liar { lies.collect() } else { Vec::new() };
        let lies = &lies[lies.len().saturating_sub(MOST_LIES)..];
        let lies = lies.iter().map(|trial| (trial.branch, &*trial.point));
        self.rest.with(lies, kinship, |rest| {
            let best = drawn.params(drawn.likeliest(&good.density, rest, &|_| true));
            if history.allows(&best) {
                return best;
            }
            // To ask for each of them from the start would cost more than it saves.
            let is_allowed = |index: usize| history.allows(&drawn.params(index));
            drawn.params(drawn.likeliest(&good.density, rest, &is_allowed))
        })
    }

    /// The good ones of the results, in the order of ends. With weights for the branches, the share is that of all weights.
    fn split(&self, order: &[Ranked], results: usize, kinship: Option<&[f64]>) -> Vec<Ranked> {
        let mut good = match kinship {
            None => order[..self.good_count(results as f64).min(order.len())].to_vec(),
            Some(kinship) => {
                let weight = |ranked: &Ranked| kinship[ranked.branch as usize];
                let kin = || order.iter().filter(|ranked| weight(ranked) >= NO_KIN);
                let mut left = self.good_count(kin().map(weight).sum()) as f64;
                let enough = |ranked: &&Ranked| {
                    let is_good = left > 1e-9;
                    left -= weight(ranked);
                    is_good
                };
                kin().take(2 * self.settings.most_good as usize).take_while(enough).copied().collect()
            }
        };
        good.sort_unstable_by_key(|ranked| (ranked.index, ranked.number));
        good
    }

    /// A few branches, drawn from those of the better trials.
    fn draw_branches(&self, history: History<'_>, order: &[Ranked], rng: &mut Rng) -> Vec<Branch> {
        let mut density = Estimator::new(&self.columns, self.settings.shape(), true);
        if self.branches.is_one() {
            return vec![self.branches.draw(&self.columns, &density, rng)];
        }
        let decided = |ranked: &Ranked| self.branches.decided(&self.point(history.trial(ranked.number)));
        density.replace(&order[..top(order)].iter().map(decided).collect::<Vec<_>>());
        density.weigh(self.settings.prior_weight, |_, _| 1.0);
        (0..BRANCHES).map(|_| self.branches.draw(&self.columns, &density, rng)).collect()
    }

    /// Tells the good trials from the rest.
    fn part(&mut self, history: History<'_>, good: Vec<Ranked>) {
        let point = |ranked: &Ranked| point(&self.slots, &self.columns, history.trial(ranked.number));
        self.rest.put_aside(&good, point);
        if good != self.good.trials {
            let points: Vec<Vec<f64>> = good.iter().map(point).collect();
            self.good.density.replace(&points);
            self.good.trials = good;
        }
    }

    /// The trials that have not ended.
    fn under_way(&mut self, history: History<'_>) -> Vec<UnderWay> {
        let pending = history.pending().map(|trial| {
            let point = self.point(trial);
            let branch = self.branches.of(&point);
            let ranked = is_told(&trial).then(|| Ranked::new(trial, PENDING, branch, history));
            UnderWay { branch, point, ranked }
        });
        pending.collect()
    }

    fn point(&self, trial: View<'_>) -> Vec<f64> {
        point(&self.slots, &self.columns, trial)
    }
}

/// One of these branches, each with a chance as large as the share of its trials that are among the better ones.
fn chosen_branch(numbers: &[u32], order: &[Ranked], rng: &mut Rng) -> u32 {
    if let [number] = numbers {
        return *number;
    }
    let chance = |index: usize| {
        if numbers[..index].contains(&numbers[index]) {
            return 0.0;
        }
        let of = |order: &[Ranked]| order.iter().filter(|ranked| ranked.branch == numbers[index]).count() as f64;
        (of(&order[..top(order)]) + 0.5) / (of(order) + 1.0)
    };
    let chances: Vec<f64> = (0..numbers.len()).map(chance).collect();
    let mut left = rng.unit() * chances.iter().sum::<f64>();
    let chosen = chances.iter().position(|chance| {
        left -= chance;
        left < 0.0
    });
    numbers[chosen.unwrap_or(0)]
}

/// A trial that has not ended.
#[derive(Debug)]
struct UnderWay {
    branch: u32,
    point: Vec<f64>,
    /// If it has told something.
    ranked: Option<Ranked>,
}

/// Whether a trial that has not ended has told something.
fn is_told(trial: &View<'_>) -> bool {
    !trial.reports().is_empty()
}

/// How many of the results are the better ones, by which branches are chosen.
fn top(order: &[Ranked]) -> usize {
    order.len().div_ceil(BETTER).min(MOST_BETTER)
}

/// Trials of branches that weigh less take no part.
const NO_KIN: f64 = 0.01;

/// A trial's parameters by slot; NaN for those that it does not have.
fn point(slots: &Slots, columns: &[Column], trial: View<'_>) -> Vec<f64> {
    let mut point = vec![f64::NAN; columns.len()];
    for (slot, value) in trial.params() {
        if let Some(place) = columns[slot as usize].place(slots.slot(slot), value) {
            point[slot as usize] = place;
        }
    }
    point
}

/// How much better each is than the first that is not good, 1 on average; `None` if that is not to be told.
fn improvements(good: &[Ranked], order: &[Ranked]) -> Option<Vec<f64>> {
    let threshold = order.iter().find(|ranked| !good.contains(ranked))?.loss()?;
    let better: Option<Vec<f64>> =
        good.iter().map(|ranked| ranked.loss().map(|loss| (threshold - loss).max(0.0))).collect();
    let better = better?;
    let mean = better.iter().sum::<f64>() / better.len() as f64;
    (mean > 0.0 && mean.is_finite()).then(|| better.into_iter().map(|better| better / mean).collect())
}

impl TpeBuilder {
    pub(super) fn shape(&self) -> Shape {
        let Self { prior_weight, ends, .. } = *self;
        match self.bandwidth {
            Bandwidth::Magic => Shape { floor: 0.01, cells: 0.0, is_magic: true, prior_weight, ends },
            Bandwidth::Floor(floor) => Shape { floor, cells: 0.5, is_magic: false, prior_weight, ends },
        }
    }
}
