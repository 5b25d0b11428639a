//! The Gaussian process of a study's trials.

use super::data::{Data, ParamColumn, ParamScale};
use crate::gp::{Axis, Surrogate};

impl Data {
    /// Returns the process fitted to the given rows, or `None` if it cannot be fitted numerically.
    pub(crate) fn surrogate(&self, rows: &[usize]) -> Option<Surrogate> {
        let mut below = self.descendants();
        let axes = self
            .columns
            .iter()
            .zip(&mut below)
            .map(|(column, below)| axis(column, std::mem::take(below)));
        let position = |row: usize| {
            self.columns.iter().map(move |own| own.values[row].map(|x| own.scale.position(x)))
        };
        let points: Vec<Vec<Option<f64>>> =
            rows.iter().map(|row| position(*row).collect()).collect();
        let losses: Vec<f64> = rows.iter().map(|row| self.losses[*row]).collect();
        Surrogate::new(axes.collect(), &points, &losses)
    }
}

fn axis(column: &ParamColumn, below: Vec<usize>) -> Axis {
    let is_conditional = column.parent.is_some() || column.active() < column.values.len();
    Axis { kind: column.scale.kind(), is_conditional, below }
}

/// Returns all rows in order of their distance from row `from`, which comes first. Every parameter
/// has the same weight.
pub(crate) fn nearest(data: &Data, from: usize) -> Vec<usize> {
    let distance = |row: usize| -> f64 {
        let term =
            |column: &ParamColumn| match (column.values[from], column.values[row], column.scale) {
                (None, None, _) => 0.0,
                (Some(a), Some(b), ParamScale::Choices(_)) => f64::from(u8::from(a != b)),
                (Some(a), Some(b), scale) => (scale.position(a) - scale.position(b)).powi(2),
                _ => 0.25,
            };
        data.columns.iter().map(term).sum()
    };
    let distances: Vec<f64> = (0..data.losses.len()).map(distance).collect();
    let mut order: Vec<usize> = (0..distances.len()).filter(|row| *row != from).collect();
    order.sort_by(|a, b| distances[*a].total_cmp(&distances[*b]));
    order.insert(0, from);
    order
}
