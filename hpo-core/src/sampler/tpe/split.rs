//! The order of the results, from the best: the first of them are good.
//!
//! Feasible trials come first, then those that were stopped before they reported anything, then
//! infeasible ones by their violation. Failed ones are never good, nor are those with an absurdly
//! good loss (`numeric/ordinary.rs`).
//!
//! Trials that ran for different numbers of steps are compared by their forecasts
//! (`sampler/learning_curve.rs`): a value after three epochs is not comparable to one after thirty.
//! With several objectives the order is front by front, and within a front by decreasing crowding
//! distance.

use crate::numeric::{ordinary, pareto};
use crate::sampler::absurd;
use crate::sampler::learning_curve::{Curve, LearningCurves};
use crate::trial::{Direction, History, State, VisibleTrials};

/// The trials that have ended, sorted.
#[derive(Clone, Debug, Default)]
pub(super) struct TrialOrder {
    /// The trials in the order in which they ended.
    ended: Vec<RankedTrial>,
    /// Indices into `ended`, by rank. Trials that were stopped early are after the complete ones:
    /// how they compare is computed on demand.
    order: Vec<u32>,
    results: usize,
    partial: usize,
}

/// A trial with the key by which it is ranked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RankedTrial {
    key: ResultKey,
    /// The index in the order in which trials ended; [`PENDING`] for one that has not ended.
    pub(super) index: u32,
    pub(super) number: u64,
}

/// The index of trials that have not ended.
pub(super) const PENDING: u32 = u32::MAX;

/// The result of a trial, with losses of which small is good.
#[derive(Clone, Copy, Debug, PartialEq)]
enum ResultKey {
    Complete(f64),
    /// The last step, and the loss there.
    Partial(u64, f64),
    Silent,
    Infeasible(f64),
    Failed,
}

impl RankedTrial {
    /// Creates the entry of a trial that has ended or has reports.
    pub(super) fn new(trial: VisibleTrials<'_>, index: u32, history: History<'_>) -> Self {
        let sign = sign(history.directions()[0]);
        let loss = |value: f64| if value.is_nan() { f64::INFINITY } else { sign * value };
        let key = match trial.state() {
            None | Some(State::Failed) => ResultKey::Failed,
            Some(_) if trial.violation() > 0.0 => ResultKey::Infeasible(trial.violation()),
            Some(State::Complete) => ResultKey::Complete(
                trial.values().first().map_or(f64::INFINITY, |value| loss(*value)),
            ),
            Some(_) => trial
                .reports()
                .last()
                .map_or(ResultKey::Silent, |(step, value)| ResultKey::Partial(*step, loss(*value))),
        };
        Self { key, index, number: trial.number() }
    }

    /// Returns the loss; `None` unless the trial is complete and feasible.
    pub(super) fn loss(&self) -> Option<f64> {
        if let ResultKey::Complete(loss) = self.key { Some(loss) } else { None }
    }

    /// Returns the last step of a trial that was stopped early; `None` for others.
    pub(super) fn step(&self) -> Option<u64> {
        if let ResultKey::Partial(step, _) = self.key { Some(step) } else { None }
    }

    fn is_result(&self) -> bool {
        self.key != ResultKey::Failed
    }

    fn is_before(&self, other: &Self) -> bool {
        self.key.order().partial_cmp(&other.key.order()).is_some_and(std::cmp::Ordering::is_lt)
            || (self.key.order() == other.key.order()
                && (self.index, self.number) < (other.index, other.number))
    }
}

impl ResultKey {
    fn order(self) -> (u8, u64, f64) {
        match self {
            Self::Complete(loss) => (0, 0, loss),
            Self::Partial(step, loss) => (1, u64::MAX - step, loss),
            Self::Silent => (2, 0, 0.0),
            Self::Infeasible(violation) => (3, 0, violation),
            Self::Failed => (4, 0, 0.0),
        }
    }
}

impl TrialOrder {
    pub(super) fn insert(&mut self, ranked: RankedTrial) {
        self.results += usize::from(ranked.is_result());
        self.partial += usize::from(ranked.step().is_some());
        let at = self.order.partition_point(|other| self.ended[*other as usize].is_before(&ranked));
        self.order.insert(at, self.ended.len() as u32);
        self.ended.push(ranked);
    }

    /// Returns the number of leading trials with an absurdly good loss, which is no result.
    fn absurd_count(&self) -> usize {
        let first = self.order.first().and_then(|index| self.ended[*index as usize].loss());
        if !first.is_some_and(ordinary::is_suspect) {
            return 0;
        }
        let losses: Vec<f64> = self.ended.iter().filter_map(RankedTrial::loss).collect();
        absurd::loss_indices(&losses).len()
    }

    /// Returns all trials that have ended, in the order in which they did.
    pub(super) fn ended(&self) -> &[RankedTrial] {
        &self.ended
    }

    /// Returns the number of results. Failed trials have none.
    pub(super) fn results(&self) -> usize {
        self.results
    }

    /// Returns the results, the best one first, including the unfinished trials `pending`. If no
    /// comparison is needed, only the first `most` are returned.
    pub(super) fn order(
        &self,
        history: History<'_>,
        pending: &[RankedTrial],
        most: usize,
    ) -> Vec<RankedTrial> {
        let is_plain = self.partial == 0 && pending.is_empty() && history.directions().len() == 1;
        let absurd = if history.directions().len() == 1 { self.absurd_count() } else { 0 };
        let results = &self.order[absurd..self.results];
        let most = if is_plain { most.min(results.len()) } else { results.len() };
        let mut all: Vec<RankedTrial> =
            results[..most].iter().map(|index| self.ended[*index as usize]).collect();
        if is_plain {
            return all;
        }
        for ranked in pending {
            let at = all.partition_point(|other| other.is_before(ranked));
            all.insert(at, *ranked);
        }
        // Reports are of one objective only: with several, only complete trials are compared.
        let is_single = history.directions().len() == 1;
        let comparable = all.partition_point(|ranked| {
            ranked.loss().is_some() || is_single && ranked.step().is_some()
        });
        let compared = if is_single {
            by_forecast(history, &all[..comparable])
        } else {
            by_fronts(history, &all[..comparable])
        };
        all[..comparable].copy_from_slice(&compared);
        all
    }
}

/// Sorts trials by their losses, with forecasts for those that were stopped early.
fn by_forecast(history: History<'_>, ranked: &[RankedTrial]) -> Vec<RankedTrial> {
    let sign = sign(history.directions()[0]);
    let curve = |ranked: &RankedTrial| {
        let trial = history.trial(ranked.number);
        Curve { reports: trial.reports(), value: trial.values().first().copied(), sign }
    };
    let curves: Vec<Curve<'_>> =
        ranked.iter().map(curve).filter(|curve| !curve.reports.is_empty()).collect();
    let learning_curves = LearningCurves::new(&curves);
    let forecast = |ranked: &RankedTrial| {
        learning_curves.forecast(&curve(ranked)).map(|forecast| forecast.loss)
    };
    let loss =
        |ranked: &RankedTrial| ranked.loss().or_else(|| forecast(ranked)).unwrap_or(f64::INFINITY);
    let mut losses: Vec<f64> = ranked.iter().map(loss).collect();
    for row in absurd::loss_indices(&losses) {
        losses[row] = f64::INFINITY;
    }
    let mut order: Vec<(f64, RankedTrial)> =
        losses.into_iter().zip(ranked.iter().copied()).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    order.into_iter().map(|(_, ranked)| ranked).collect()
}

/// Sorts complete trials by their fronts.
fn by_fronts(history: History<'_>, ranked: &[RankedTrial]) -> Vec<RankedTrial> {
    let losses = |ranked: &RankedTrial| -> Vec<f64> {
        let values = history.trial(ranked.number).values();
        history
            .directions()
            .iter()
            .zip(values)
            .map(|(direction, value)| sign(*direction) * value)
            .collect()
    };
    let points = absurd::penalized(ranked.iter().map(losses).collect());
    let fronts = pareto::fronts(&points);
    let mut order: Vec<usize> = (0..ranked.len()).collect();
    order.sort_by_key(|index| fronts[*index]);
    let mut sorted = Vec::with_capacity(ranked.len());
    for front in order.chunk_by(|a, b| fronts[*a] == fronts[*b]) {
        let room = pareto::crowding(&front.iter().map(|index| &points[*index]).collect::<Vec<_>>());
        let mut front: Vec<(f64, usize)> = room.into_iter().zip(front.iter().copied()).collect();
        front.sort_by(|a, b| b.0.total_cmp(&a.0));
        sorted.extend(front.into_iter().map(|(_, index)| ranked[index]));
    }
    sorted
}

/// Returns 1 if small values are good, -1 if large values are good.
fn sign(direction: Direction) -> f64 {
    match direction {
        Direction::Minimize => 1.0,
        Direction::Maximize => -1.0,
    }
}
