//! Absurdly good values, which are no results and count as those of a failed trial.

use crate::numeric::ordinary::{self, Ordinary};

/// Makes those points infinitely bad that have an absurdly good loss. Small is good.
pub(super) fn penalized(mut points: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    for row in point_indices(&points) {
        points[row].fill(f64::INFINITY);
    }
    points
}

/// Returns the indices of points with an absurdly good loss. Points are in the order in which they
/// arrived.
pub(super) fn point_indices<P: AsRef<[f64]>>(points: &[P]) -> Vec<usize> {
    let count = points.first().map_or(0, |point| point.as_ref().len());
    let losses = |objective: usize| {
        points.iter().map(|point| point.as_ref()[objective]).collect::<Vec<f64>>()
    };
    let mut rows: Vec<usize> =
        (0..count).flat_map(|objective| loss_indices(&losses(objective))).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// Returns the indices of absurdly good losses. Losses are in the order in which they arrived.
pub(super) fn loss_indices(losses: &[f64]) -> Vec<usize> {
    if !losses.iter().any(|loss| ordinary::is_suspect(*loss)) {
        return Vec::new();
    }
    let Some(ordinary) = Ordinary::of(losses) else { return Vec::new() };
    let is_absurd = |row: &usize| {
        ordinary::is_suspect(losses[*row]) && ordinary.clipped(losses[*row]).is_none()
    };
    (0..losses.len()).filter(is_absurd).collect()
}
