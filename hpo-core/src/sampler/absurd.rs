//! Values that are no results: absurdly good ones, which count as those of a failed trial.

use crate::numeric::ordinary::{self, Ordinary};

/// Points of several losses, small being good; those that have an absurdly good one are infinitely bad.
pub(super) fn spoiled(mut points: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    for row in rows(&points) {
        points[row].fill(f64::INFINITY);
    }
    points
}

/// Which points, given in the order in which they came, have an absurdly good loss.
pub(super) fn rows<P: AsRef<[f64]>>(points: &[P]) -> Vec<usize> {
    let count = points.first().map_or(0, |point| point.as_ref().len());
    let losses = |objective: usize| points.iter().map(|point| point.as_ref()[objective]).collect::<Vec<f64>>();
    let mut rows: Vec<usize> = (0..count).flat_map(|objective| found(&losses(objective))).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// Which of the losses, given in the order in which they came, are absurdly good.
pub(super) fn found(losses: &[f64]) -> Vec<usize> {
    if !losses.iter().any(|loss| ordinary::is_suspect(*loss)) {
        return Vec::new();
    }
    let Some(ordinary) = Ordinary::of(losses) else { return Vec::new() };
    let is_absurd = |row: &usize| ordinary::is_suspect(losses[*row]) && ordinary.tamed(losses[*row]).is_none();
    (0..losses.len()).filter(is_absurd).collect()
}
