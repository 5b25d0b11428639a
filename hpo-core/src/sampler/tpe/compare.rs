//! One order of trials that no single value compares.
//!
//! Trials that went differently far are compared by what each would have come to (`sampler/fidelity.rs`): a value after
//! three epochs is no value after thirty. With several objectives, front after front, and on a front those first that have room
//! around them.

use super::ranking::Ranked;
use crate::numeric::pareto;
use crate::sampler::absurd;
use crate::sampler::fidelity::{Curve, Fidelity};
use crate::trial::{Direction, History};

/// Trials in the order of their values, those that came less far by their forecasts.
pub(super) fn by_forecast(history: History<'_>, ranked: &[Ranked]) -> Vec<Ranked> {
    let sign = sign(history.directions()[0]);
    let curve = |ranked: &Ranked| {
        let trial = history.trial(ranked.number);
        Curve { reports: trial.reports(), value: trial.values().first().copied(), sign }
    };
    let curves: Vec<Curve<'_>> = ranked.iter().map(curve).filter(|curve| !curve.reports.is_empty()).collect();
    let fidelity = Fidelity::new(&curves);
    let forecast = |ranked: &Ranked| fidelity.forecast(&curve(ranked)).map(|forecast| forecast.loss);
    let loss = |ranked: &Ranked| ranked.loss().or_else(|| forecast(ranked)).unwrap_or(f64::INFINITY);
    let mut losses: Vec<f64> = ranked.iter().map(loss).collect();
    for row in absurd::found(&losses) {
        losses[row] = f64::INFINITY;
    }
    let mut order: Vec<(f64, Ranked)> = losses.into_iter().zip(ranked.iter().copied()).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    order.into_iter().map(|(_, ranked)| ranked).collect()
}

/// Complete trials in the order of their fronts.
pub(super) fn by_fronts(history: History<'_>, ranked: &[Ranked]) -> Vec<Ranked> {
    let losses = |ranked: &Ranked| -> Vec<f64> {
        let values = history.trial(ranked.number).values();
        history.directions().iter().zip(values).map(|(direction, value)| sign(*direction) * value).collect()
    };
    let points = absurd::spoiled(ranked.iter().map(losses).collect());
    let fronts = pareto::fronts(&points);
    let mut order: Vec<usize> = (0..ranked.len()).collect();
    order.sort_by_key(|index| fronts[*index]);
    let mut found = Vec::with_capacity(ranked.len());
    for front in order.chunk_by(|a, b| fronts[*a] == fronts[*b]) {
        let room = pareto::crowding(&front.iter().map(|index| &points[*index]).collect::<Vec<_>>());
        let mut front: Vec<(f64, usize)> = room.into_iter().zip(front.iter().copied()).collect();
        front.sort_by(|a, b| b.0.total_cmp(&a.0));
        found.extend(front.into_iter().map(|(_, index)| ranked[index]));
    }
    found
}

/// 1, or -1 where large values are good.
pub(super) fn sign(direction: Direction) -> f64 {
    match direction {
        Direction::Minimize => 1.0,
        Direction::Maximize => -1.0,
    }
}
