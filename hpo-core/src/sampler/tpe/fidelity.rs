//! One order of trials that went differently far.
//!
//! A value after three epochs is no value after thirty. So a trial that was stopped, or is paused, is compared with others where
//! both have been: complete trials stand in the order of their values, and each of the rest is set among those that came as far,
//! behind as many of them as were better at that step. The idea is that of successive halving's rungs (L. Li et al.,
//! [2018](https://arxiv.org/abs/1810.05934)); a complete trial that was lucky to be promoted does not stand before one that was
//! better and stopped.

use super::ranking::Ranked;
use crate::trial::{Direction, History};

/// Steps up to which each is a rung of its own; of more, those are that a geometric series has.
const MOST_RUNGS: usize = 12;

/// Complete trials in order, then those that came less far, the furthest first, to one order.
pub(super) fn merged(history: History<'_>, ranked: &[Ranked]) -> Vec<Ranked> {
    let complete = ranked.partition_point(|ranked| ranked.loss().is_some());
    let partial = ranked[complete..].partition_point(|ranked| ranked.step().is_some());
    let (partial, others) = ranked[complete..].split_at(partial);
    let mut steps: Vec<u64> = partial.iter().filter_map(Ranked::step).collect();
    steps.dedup();
    let is_fine = steps.len() <= MOST_RUNGS;
    let rung = |ranked: &Ranked| ranked.step().map_or(0, |step| if is_fine { step } else { rung_below(step) });
    let mut order = ranked[..complete].to_vec();
    for group in partial.chunk_by(|a, b| rung(a) == rung(b)) {
        order = with_group(history, &order, group, rung(&group[0]));
    }
    order.extend_from_slice(others);
    order
}

/// Sets a group of trials that came to the same rung among those that came further.
fn with_group(history: History<'_>, order: &[Ranked], group: &[Ranked], rung: u64) -> Vec<Ranked> {
    let at = |ranked: &Ranked| loss_at(history, ranked.number, rung);
    let mut known: Vec<f64> = order.iter().filter_map(at).collect();
    known.sort_unstable_by(f64::total_cmp);
    let mut group: Vec<(f64, Ranked)> =
        group.iter().map(|ranked| (at(ranked).unwrap_or(f64::INFINITY), *ranked)).collect();
    group.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut merged = Vec::with_capacity(order.len() + group.len());
    let mut others = order;
    for (loss, ranked) in group {
        let better = known.partition_point(|known| *known < loss);
        // Those that reported nothing on their way stand where they stand.
        let place = if known.is_empty() { order.len() } else { better * order.len() / known.len() };
        let (before, after) = others.split_at(place.saturating_sub(order.len() - others.len()).min(others.len()));
        merged.extend_from_slice(before);
        merged.push(ranked);
        others = after;
    }
    merged.extend_from_slice(others);
    merged
}

/// A trial's loss at a step: the last one reported up to it.
fn loss_at(history: History<'_>, number: u64, step: u64) -> Option<f64> {
    let reports = history.trial(number).reports();
    let (_, value) = reports[..reports.partition_point(|(at, _)| *at <= step)].last()?;
    Some(if value.is_nan() { f64::INFINITY } else { loss(history.directions()[0], *value) })
}

/// A value turned so that small is good.
pub(super) fn loss(direction: Direction, value: f64) -> f64 {
    match direction {
        Direction::Minimize => value,
        Direction::Maximize => -value,
    }
}

/// The largest of 0, 1, 2, 3, 4, 6, 8, 12, 16, ... that is no larger.
fn rung_below(step: u64) -> u64 {
    let Some(power) = step.checked_ilog2() else {
        return 0;
    };
    let power = 1_u64 << power;
    if step >= power + power / 2 { power + power / 2 } else { power }
}

#[cfg(test)]
mod tests {
    use super::rung_below;

    #[test]
    fn rungs_grow_by_halves_and_thirds() {
        let found: Vec<u64> = (0..=13).map(rung_below).collect();
        assert_eq!(found, [0, 1, 2, 3, 4, 4, 6, 6, 8, 8, 8, 8, 12, 12]);
        assert_eq!(rung_below(u64::MAX), (1 << 63) + (1 << 62));
    }
}
