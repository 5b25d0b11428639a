//! Features on one scale, as learnt from the training rows alone.
//!
//! The estimators hold their scaler within the fitted model: so a fold's test rows cannot leak into it, and whoever
//! predicts gives raw features.

use hpo_core::SearchSpace;
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

use crate::spread;

/// Which scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SearchSpace, Serialize, Deserialize)]
pub enum Scaling {
    /// As they are.
    None,
    /// To mean 0 and standard deviation 1.
    #[default]
    #[search_space(default)]
    Standard,
    /// From 0 to 1, as far as the training rows reach.
    MinMax,
}

/// A learnt scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaler {
    shift: Array1<f64>,
    width: Array1<f64>,
}

impl Scaling {
    /// Learns the scale of each column. A column that is constant, but for rounding, is only shifted.
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
    /// Any rows on the learnt scale.
    ///
    /// # Panics
    /// If they have another number of columns.
    #[must_use]
    pub fn transform(&self, records: &Array2<f64>) -> Array2<f64> {
        (records - &self.shift) / &self.width
    }

    /// What [`transform`](Self::transform) has undone, for a single column.
    pub(crate) fn undo(&self, column: usize, values: &Array1<f64>) -> Array1<f64> {
        values.mapv(|value| value * self.width[column] + self.shift[column])
    }
}
