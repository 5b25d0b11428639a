//! Features and targets as numbers, with gaps: what estimators of tables learn from.

use serde::{Deserialize, Serialize};

/// The features of some rows. Gaps are NaN; a category is its number among the categories of its
/// column.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// The number of rows.
    pub rows: usize,
    /// The features, each with a value per row.
    pub columns: Vec<Feature>,
}

/// One feature of a table, with a value per row.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// The name.
    pub name: String,
    /// The number of categories; `None` for numbers.
    pub categories: Option<usize>,
    /// The value of each row: a number, the number of a category from 0, or NaN for a gap.
    pub values: Vec<f64>,
}

/// The targets of some rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// The class of each row, from 0.
    Classes {
        /// The class of each row.
        codes: Vec<usize>,
        /// The number of classes, including those that no row has.
        count: usize,
    },
    /// The number of each row.
    Numbers(Vec<f64>),
}

/// The kind of learning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Learning {
    /// The target is one of several classes.
    Classification,
    /// The target is a number.
    Regression,
}

impl Features {
    /// Returns the rows with these numbers, in their order.
    ///
    /// # Panics
    /// If a row does not exist.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let column = |column: &Feature| Feature {
            name: column.name.clone(),
            categories: column.categories,
            values: rows.iter().map(|row| column.values[*row]).collect(),
        };
        Self { rows: rows.len(), columns: self.columns.iter().map(column).collect() }
    }
}

impl Targets {
    /// Returns the number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Targets::Classes { codes, .. } => codes.len(),
            Targets::Numbers(numbers) => numbers.len(),
        }
    }

    /// Returns true if there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the rows with these numbers, in their order.
    ///
    /// # Panics
    /// If a row does not exist.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        match self {
            Targets::Classes { codes, count } => Targets::Classes {
                codes: rows.iter().map(|row| codes[*row]).collect(),
                count: *count,
            },
            Targets::Numbers(numbers) => {
                Targets::Numbers(rows.iter().map(|row| numbers[*row]).collect())
            }
        }
    }

    /// Returns these rows followed by others of the same kind; rows of another kind are left out.
    #[must_use]
    pub(crate) fn joined(mut self, others: &Self) -> Self {
        match (&mut self, others) {
            (Targets::Classes { codes, .. }, Targets::Classes { codes: others, .. }) => {
                codes.extend_from_slice(others);
            }
            (Targets::Numbers(numbers), Targets::Numbers(others)) => {
                numbers.extend_from_slice(others);
            }
            _ => {}
        }
        self
    }

    /// Returns the number of values that a model predicts for a row: the probability of each class,
    /// or one number.
    #[must_use]
    pub fn outputs(&self) -> usize {
        match self {
            Targets::Classes { count, .. } => *count,
            Targets::Numbers(_) => 1,
        }
    }
}
