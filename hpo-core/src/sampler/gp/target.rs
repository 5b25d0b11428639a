//! The quantities that processes model.

use super::constraint_values::ConstraintValues;
use super::training_data::{TrainingSet, picked};
use crate::gp::output_transform::Outputs;

/// The quantity that a process models.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Target {
    Losses(Outputs),
    /// The constraint of this index.
    Constraint(usize),
}

impl Target {
    /// Returns the standardized targets of some rows.
    pub(super) fn values(self, rows: &TrainingSet, which: &[usize]) -> Vec<f64> {
        match self {
            Target::Losses(outputs) => outputs.standardized(&picked(&rows.losses, which)),
            Target::Constraint(index) => {
                ConstraintValues::new(&picked(&rows.constraints[index], which)).values
            }
        }
    }

    /// Returns the indices of the rows that have a value.
    pub(super) fn known(self, rows: &TrainingSet) -> Vec<usize> {
        match self {
            Target::Losses(_) => (0..rows.points.len()).collect(),
            Target::Constraint(index) => {
                let column = &rows.constraints[index];
                (0..column.len()).filter(|row| !column[*row].is_nan()).collect()
            }
        }
    }
}
