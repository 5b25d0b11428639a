//! What is kept between asks: both densities, and the ranking by which they are told apart.
//!
//! All of it is a function of the trials that have ended; new ones are added, and nothing else of it is computed anew. Of very
//! many trials that are not good some are left out, by a hash of their number, so that an ask costs the same for ever.

use std::sync::Arc;

use super::column::Column;
use super::config::{Bandwidth, GoodWeights, TpeBuilder};
use super::estimator::Estimator;
use super::kernels::Shape;
use super::ranking::{Ranked, Ranking};
use crate::numeric::mix;
use crate::space::{Slots, Value};
use crate::trial::{History, View};

/// The most trials in the density of those that are not good. From more, every other one is left out.
const MOST_BAD: usize = 2000;

/// The most trials under way that are taken into account, the latest ones.
const MOST_PENDING: usize = 64;

/// Trials, the latest ones, that weigh the most.
const RECENT: usize = 25;

/// Both densities of a study as seen so far.
#[derive(Debug)]
pub(super) struct Model {
    settings: TpeBuilder,
    id: u64,
    slots: Arc<Slots>,
    columns: Arc<[Column]>,
    /// How many of the ended trials have been read.
    read: usize,
    ranking: Ranking,
    good: Vec<Ranked>,
    good_density: Estimator,
    bad_density: Estimator,
    /// The row of each trial in the bad density, by its place in the order of ends; 0 if it was left out.
    rows: Vec<u32>,
    kept: usize,
    /// A trial is kept if so many bits of its hash are zero.
    level: u32,
}

impl Model {
    /// Of no trials yet.
    pub(super) fn new(history: History<'_>, settings: TpeBuilder) -> Self {
        let slots = Arc::clone(history.slots());
        let columns: Arc<[Column]> = slots.iter().map(Column::new).collect();
        let [good_density, bad_density] =
            [true, false].map(|believes| Estimator::new(&columns, settings.shape(), believes));
        Self {
            settings,
            id: history.id(),
            slots,
            columns,
            read: 0,
            ranking: Ranking::default(),
            good: Vec::new(),
            good_density,
            bad_density,
            rows: Vec::new(),
            kept: 0,
            level: 0,
        }
    }

    /// Whether it may go on from what it has read.
    pub(super) fn precedes(&self, history: History<'_>) -> bool {
        self.id == history.id() && Arc::ptr_eq(&self.slots, history.slots()) && self.read <= history.finished().len()
    }

    /// The space's parameters, by slot.
    pub(super) fn columns(&self) -> Arc<[Column]> {
        Arc::clone(&self.columns)
    }

    pub(super) fn results(&self) -> usize {
        self.ranking.results()
    }

    /// How many of the results are good.
    pub(super) fn good_count(&self) -> usize {
        let share = (self.settings.good_share * self.results() as f64).ceil() as usize;
        share.min(self.settings.most_good as usize).min(self.results())
    }

    /// The density of good trials.
    pub(super) fn good(&self) -> &Estimator {
        &self.good_density
    }

    /// Reads the trials that have ended since.
    pub(super) fn read(&mut self, history: History<'_>) {
        let new = &history.finished()[self.read..];
        if new.is_empty() {
            return;
        }
        for number in new {
            self.add(history, *number);
        }
        self.split(history);
    }

    fn add(&mut self, history: History<'_>, number: u64) {
        let trial = history.trial(number);
        let index = self.read as u32;
        self.read += 1;
        self.ranking.insert(Ranked::new(trial, index, history.directions()[0]));
        self.rows.push(0);
        if !is_kept(number, self.level) {
            return;
        }
        self.keep(trial, index);
        if self.kept > MOST_BAD {
            self.thin(history);
        }
    }

    fn keep(&mut self, trial: View<'_>, index: u32) {
        let row = self.bad_density.push();
        self.rows[index as usize] = row as u32;
        self.kept += 1;
        self.bad_density.put(row, &self.point(trial));
    }

    /// Leaves every other trial out.
    fn thin(&mut self, history: History<'_>) {
        self.level += 1;
        self.kept = 0;
        self.bad_density = Estimator::new(&self.columns, self.settings.shape(), false);
        self.rows.fill(0);
        for (index, number) in history.finished()[..self.read].iter().enumerate() {
            if is_kept(*number, self.level) {
                self.keep(history.trial(*number), index as u32);
            }
        }
        for good in &self.good {
            take(&mut self.bad_density, self.rows[good.index as usize]);
        }
    }

    /// Tells good from bad anew.
    fn split(&mut self, history: History<'_>) {
        let good = self.ranking.best(self.good_count()).to_vec();
        for ranked in self.good.iter().filter(|ranked| !good.contains(ranked)) {
            let row = self.rows[ranked.index as usize] as usize;
            if row > 0 {
                self.bad_density.put(row, &self.point(history.trial(ranked.number)));
            }
        }
        for ranked in good.iter().filter(|ranked| !self.good.contains(ranked)) {
            take(&mut self.bad_density, self.rows[ranked.index as usize]);
        }
        if good != self.good {
            self.good = good;
            self.rebuild_good(history);
        }
        self.weigh();
    }

    fn rebuild_good(&mut self, history: History<'_>) {
        let mut good = self.good.clone();
        good.sort_unstable_by_key(|ranked| ranked.index);
        self.good_density = Estimator::new(&self.columns, self.settings.shape(), true);
        for ranked in good {
            let row = self.good_density.push();
            self.good_density.put(row, &self.point(history.trial(ranked.number)));
        }
    }

    fn weigh(&mut self) {
        let prior = self.settings.prior_weight;
        let improvements = match self.settings.good_weights {
            GoodWeights::Even => None,
            GoodWeights::Improvement => self.improvements(),
        };
        match improvements {
            Some(weights) => self.good_density.weigh(prior, |index| weights[index]),
            None => self.good_density.weigh(prior, |_| 1.0),
        }
    }

    /// How much better than the first that is not good, in the order of ends, 1 on average; `None` if that is not to be told.
    fn improvements(&self) -> Option<Vec<f64>> {
        let threshold = self.ranking.next(self.good.len())?.loss()?;
        let mut good = self.good.clone();
        good.sort_unstable_by_key(|ranked| ranked.index);
        let better: Vec<f64> =
            good.iter().map(|ranked| ranked.loss().map(|loss| threshold - loss)).collect::<Option<_>>()?;
        let mean = better.iter().sum::<f64>() / better.len() as f64;
        (mean > 0.0 && mean.is_finite()).then(|| better.into_iter().map(|better| better / mean).collect())
    }

    /// The logarithm of how much likelier each of these points is good than bad, the trials under way counting as bad.
    pub(super) fn worths(&mut self, history: History<'_>, points: &[f64]) -> Vec<f64> {
        let pending = if self.settings.liar { self.pending(history) } else { Vec::new() };
        for point in &pending {
            let row = self.bad_density.push();
            self.bad_density.put(row, point);
        }
        let count = self.bad_density.len();
        let recent = self.settings.recent;
        self.bad_density.weigh(self.settings.prior_weight, |index| if recent { by_age(index, count) } else { 1.0 });
        let bad = self.bad_density.log_densities(points);
        for _ in &pending {
            self.bad_density.pop();
        }
        let good = self.good_density.log_densities(points);
        good.into_iter().zip(bad).map(|(good, bad)| good - bad).collect()
    }

    fn pending(&self, history: History<'_>) -> Vec<Vec<f64>> {
        let mut pending: Vec<Vec<f64>> = history.pending().map(|trial| self.point(trial)).collect();
        pending.drain(..pending.len().saturating_sub(MOST_PENDING));
        pending
    }

    /// A trial's parameters by slot; NaN for those that it does not have.
    fn point(&self, trial: View<'_>) -> Vec<f64> {
        let mut point = vec![f64::NAN; self.columns.len()];
        for (slot, value) in trial.params() {
            let place = |value: Value| self.columns[slot as usize].place(self.slots.slot(slot), value);
            if let Some(place) = place(value) {
                point[slot as usize] = place;
            }
        }
        point
    }
}

fn take(density: &mut Estimator, row: u32) {
    if row > 0 {
        density.take(row as usize);
    }
}

fn is_kept(number: u64, level: u32) -> bool {
    mix(number).trailing_zeros() >= level
}

/// Optuna's weights of so many trials: the latest 25 weigh 1, those before less the older they are.
pub(super) fn by_age(index: usize, count: usize) -> f64 {
    let old = count.saturating_sub(RECENT);
    if index >= old {
        return 1.0;
    }
    let first = 1.0 / count as f64;
    if old == 1 { first } else { first + (1.0 - first) * index as f64 / (old - 1) as f64 }
}

impl TpeBuilder {
    pub(super) fn shape(&self) -> Shape {
        let prior_weight = self.prior_weight;
        match self.bandwidth {
            Bandwidth::Magic => Shape { floor: 0.01, magic: true, prior_weight },
            Bandwidth::Floor(floor) => Shape { floor, magic: false, prior_weight },
        }
    }
}
