//! Scaling of features, learned from the training rows only.
//!
//! The estimators store their scaler in the fitted model: the test rows of a fold cannot leak into
//! it, and predictions take raw features.

use hpo_core::SearchSpace;
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

use crate::spread;

/// The method of scaling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SearchSpace, Serialize, Deserialize)]
pub enum Scaling {
    /// Features are not scaled.
    None,
    /// Scales to mean 0 and standard deviation 1.
    #[default]
    #[search_space(default)]
    Standard,
    /// Scales the range of the training rows to 0..1.
    MinMax,
}

/// A learned scale, per column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaler {
    shift: Array1<f64>,
    width: Array1<f64>,
}

impl Scaling {
    /// Learns the scale of each column. A column that is constant, except for rounding, is only
    /// shifted.
    #[must_use]
    pub fn fit(self, records: &Array2<f64>) -> Scaler {
        let columns = records.ncols();
        let (shift, width) = match self {
            Scaling::None => (Array1::zeros(columns), Array1::ones(columns)),
            Scaling::Standard => {
                let units: Array1<f64> = records.columns().into_iter().map(spread::unit).collect();
                let records = records / &units;
                let mean = records.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(columns));
                (mean * &units, records.std_axis(Axis(0), 0.0) * &units)
            }
            Scaling::MinMax => {
                let least = records.fold_axis(Axis(0), f64::INFINITY, |a, b| a.min(*b));
                let most = records.fold_axis(Axis(0), f64::NEG_INFINITY, |a, b| a.max(*b));
                let width = &most - &least;
                (least, width)
            }
        };
        let widths = records.columns().into_iter().zip(width);
        let width = widths.map(|(column, width)| {
            let is_scaled = self != Scaling::None && !spread::is_constant(column);
            if is_scaled && width > 0.0 { width.min(f64::MAX) } else { 1.0 }
        });
        let width = width.collect();
        Scaler { shift, width }
    }
}

impl Scaler {
    /// Transforms rows to the learned scale.
    ///
    /// # Panics
    /// If the number of columns differs from the training rows.
    #[must_use]
    pub fn transform(&self, records: &Array2<f64>) -> Array2<f64> {
        (records - &self.shift) / &self.width
    }

    /// Inverts [`transform`](Self::transform) for a single column.
    pub(crate) fn undo(&self, column: usize, values: &Array1<f64>) -> Array1<f64> {
        values.mapv(|value| value * self.width[column] + self.shift[column])
    }
}
