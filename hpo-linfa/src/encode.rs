//! Encoding of categories as numbers, learned from the training rows only.

use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

use crate::data::DataError;

/// The encoding of categories as numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// One column of zeros and ones for each category; all zeros for a category that did not occur
    /// in training.
    #[default]
    OneHot,
    /// The rank of the category among those seen in training; -1 for one that did not occur.
    Ordinal,
}

/// Learned categories. Encoded columns come after all others, in the order in which they were
/// given.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoder {
    encoding: Encoding,
    /// The columns that are not encoded.
    rest: Vec<usize>,
    /// The encoded columns, with their categories in ascending order.
    columns: Vec<(usize, Vec<f64>)>,
}

impl Encoder {
    /// Learns the categories of some columns, given by number from 0.
    ///
    /// # Errors
    /// If a column does not exist.
    pub fn fit(
        encoding: Encoding,
        records: &Array2<f64>,
        columns: &[usize],
    ) -> Result<Self, DataError> {
        if let Some(column) = columns.iter().find(|column| **column >= records.ncols()) {
            return Err(DataError::NoColumn { column: *column, columns: records.ncols() });
        }
        let categories = |column: usize| {
            let mut values = records.column(column).to_vec();
            values.sort_by(f64::total_cmp);
            values.dedup();
            (column, values)
        };
        Ok(Self {
            encoding,
            rest: (0..records.ncols()).filter(|column| !columns.contains(column)).collect(),
            columns: columns.iter().map(|column| categories(*column)).collect(),
        })
    }

    /// Encodes these columns of any rows.
    ///
    /// # Panics
    /// If the rows have fewer columns than those of the training.
    #[must_use]
    pub fn transform(&self, records: &Array2<f64>) -> Array2<f64> {
        let mut encoded = records.select(Axis(1), &self.rest);
        for (column, categories) in &self.columns {
            for added in self.encode(&records.column(*column).to_owned(), categories) {
                encoded
                    .push_column(added.view())
                    .expect("a column of the same rows has their number");
            }
        }
        // Columns were added one by one. Restore the row-major layout of other tables.
        encoded.as_standard_layout().into_owned()
    }

    fn encode(&self, values: &Array1<f64>, categories: &[f64]) -> Vec<Array1<f64>> {
        match self.encoding {
            Encoding::OneHot => {
                let indicator =
                    |category: &f64| values.mapv(|value| f64::from(u8::from(value == *category)));
                categories.iter().map(indicator).collect()
            }
            Encoding::Ordinal => {
                let rank = |value: f64| categories.iter().position(|category| *category == value);
                vec![values.mapv(|value| rank(value).map_or(-1.0, |rank| rank as f64))]
            }
        }
    }
}
