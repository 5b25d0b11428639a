//! The order of the results, from the best: which trials are good, and which are not.
//!
//! Feasible complete trials come first, by value; then pruned ones, the one that came furthest first; then infeasible ones by
//! how much they broke; and failed ones, which are never good.

use crate::trial::{Direction, State, View};

/// The results in order, and who of them is good.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranking {
    /// By rank.
    ranked: Vec<Ranked>,
    results: usize,
}

/// A result and what it is ranked by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ranked {
    key: Key,
    /// The place in the order of ends.
    pub(super) index: u32,
    pub(super) number: u64,
}

/// Small is good: the kind of end, then two figures.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Key(End, f64, f64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Complete,
    Pruned,
    Infeasible,
    Failed,
}

impl Ranked {
    /// Of an ended trial.
    pub(super) fn new(trial: View<'_>, index: u32, direction: Direction) -> Self {
        let loss = |value: f64| match direction {
            Direction::Minimize => value,
            Direction::Maximize => -value,
        };
        let key = match trial.state() {
            Some(State::Complete | State::Pruned) if trial.violation() > 0.0 => {
                Key(End::Infeasible, trial.violation(), 0.0)
            }
            Some(State::Complete) => {
                Key(End::Complete, trial.values().first().map_or(f64::INFINITY, |v| loss(*v)), 0.0)
            }
            Some(State::Pruned) => match trial.reports().last() {
                Some((step, value)) => {
                    let value = if value.is_nan() { f64::INFINITY } else { loss(*value) };
                    Key(End::Pruned, -(*step as f64), value)
                }
                None => Key(End::Pruned, 1.0, 0.0),
            },
            _ => Key(End::Failed, 0.0, 0.0),
        };
        Self { key, index, number: trial.number() }
    }

    /// Its loss, if it is complete and feasible.
    pub(super) fn loss(&self) -> Option<f64> {
        (self.key.0 == End::Complete).then_some(self.key.1)
    }

    fn is_before(&self, other: &Self) -> bool {
        let (a, b) = (self.key, other.key);
        let order = a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2));
        order.then(self.index.cmp(&other.index)).is_lt()
    }
}

impl Ranking {
    pub(super) fn insert(&mut self, ranked: Ranked) {
        self.results += usize::from(ranked.key.0 != End::Failed);
        let at = self.ranked.partition_point(|other| other.is_before(&ranked));
        self.ranked.insert(at, ranked);
    }

    /// The number of results; failed trials have none.
    pub(super) fn results(&self) -> usize {
        self.results
    }

    /// The best of the results, from the first.
    pub(super) fn best(&self, count: usize) -> &[Ranked] {
        &self.ranked[..count.min(self.results)]
    }

    /// The next one after so many.
    pub(super) fn next(&self, count: usize) -> Option<&Ranked> {
        self.ranked.get(count)
    }
}
