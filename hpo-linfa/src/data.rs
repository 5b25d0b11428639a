//! Tables of rows as linfa takes them, cut by row numbers, and checked before a search trains on them.

use hpo_core::space::counted;
use linfa::Dataset;
use ndarray::{Array1, Array2, Axis, Ix1};

use crate::split::Plan;

/// Rows of features with a target each. The targets of a classification are its classes: any whole numbers.
pub type Table<T> = Dataset<f64, T, Ix1>;

/// A table cut in two.
#[derive(Clone, Debug)]
pub struct Fold<T> {
    /// What a model is fitted to.
    pub train: Table<T>,
    /// What it is measured on.
    pub test: Table<T>,
}

/// What is wrong with a table.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// There is nothing to learn from.
    #[error("the data has {} and {}: it needs at least one of each", counted(rows, "row"), counted(columns, "feature"))]
    Empty {
        /// How many rows there are.
        rows: usize,
        /// How many features a row has.
        columns: usize,
    },
    /// Features and targets do not belong together.
    #[error(
        "the data has {} and {}: each row needs just one target",
        counted(rows, "row of features"),
        counted(targets, "target")
    )]
    Lengths {
        /// How many rows there are.
        rows: usize,
        /// How many targets there are.
        targets: usize,
    },
    /// A feature that no model can use.
    #[error("row {row}, counted from 0, has {value} for feature {}: fill the gap, or leave the row out", named(*column, name.as_deref()))]
    Feature {
        /// The row, from 0.
        row: usize,
        /// The feature, from 0.
        column: usize,
        /// Its name, if the table names its features.
        name: Option<String>,
        /// NaN or an infinity.
        value: f64,
    },
    /// A target that no model can learn.
    #[error("row {row}, counted from 0, has {value} for its target: leave the row out")]
    Target {
        /// The row, from 0.
        row: usize,
        /// NaN or an infinity.
        value: f64,
    },
    /// There is nothing to tell apart.
    #[error(
        "all {rows} rows to learn from are of class {class}: a classifier needs at least two classes (stratified folds have all that there are)"
    )]
    OneClass {
        /// The only class.
        class: usize,
        /// How many rows there are.
        rows: usize,
    },
    /// There is no such column to encode.
    #[error("feature {column} cannot be encoded: there are {columns}, counted from 0")]
    NoColumn {
        /// What was asked for.
        column: usize,
        /// How many features there are.
        columns: usize,
    },
}

fn named(column: usize, name: Option<&str>) -> String {
    name.map_or_else(|| column.to_string(), |name| format!("{column} (`{name}`)"))
}

/// What may be learnt: a class, or a number.
pub trait Target: Clone {
    /// As a number; one that is not finite cannot be learnt.
    fn number(&self) -> f64;
}

impl Target for usize {
    fn number(&self) -> f64 {
        *self as f64
    }
}

impl Target for f64 {
    fn number(&self) -> f64 {
        *self
    }
}

/// The rows of these numbers, in their order, with the names of the features. Row weights, if there are any, are left behind.
///
/// # Panics
/// If there is no such row.
#[must_use]
pub fn select<T: Clone>(table: &Table<T>, rows: &[usize]) -> Table<T> {
    let selected = Table::new(table.records.select(Axis(0), rows), table.targets.select(Axis(0), rows));
    selected.with_feature_names(table.feature_names().to_vec())
}

/// The table with other features; where there are as many, they keep their names.
#[must_use]
pub fn with_records<T: Clone>(table: &Table<T>, records: Array2<f64>) -> Table<T> {
    let names = if records.ncols() == table.records.ncols() { table.feature_names().to_vec() } else { Vec::new() };
    Table::new(records, table.targets.clone()).with_feature_names(names)
}

/// All splits of a plan, as copies: made once, used by every trial. What no model can learn from is told here, by its row in the
/// table: in a fold, rows have other numbers.
///
/// # Errors
/// If the table is empty, or has features or targets that are not finite.
///
/// # Panics
/// If the plan was made for a longer table.
pub fn folds<T: Target>(table: &Table<T>, plan: &Plan) -> Result<Vec<Fold<T>>, DataError> {
    check_records(table)?;
    check_targets(table)?;
    let cut =
        |split: &crate::split::Split| Fold { train: select(table, &split.train), test: select(table, &split.test) };
    Ok(plan.splits().iter().map(cut).collect())
}

/// The classes of a table, each once, in ascending order.
#[must_use]
pub fn classes(targets: &Array1<usize>) -> Vec<usize> {
    let mut classes = targets.to_vec();
    classes.sort_unstable();
    classes.dedup();
    classes
}

/// Whether a table can be learnt as a classification.
///
/// # Errors
/// What is wrong, and where.
pub fn check_classes(table: &Table<usize>) -> Result<(), DataError> {
    check_records(table)?;
    match classes(&table.targets)[..] {
        [class] => Err(DataError::OneClass { class, rows: table.targets.len() }),
        _ => Ok(()),
    }
}

/// Whether a table can be learnt as a regression.
///
/// # Errors
/// What is wrong, and where.
pub fn check_numbers(table: &Table<f64>) -> Result<(), DataError> {
    check_records(table)?;
    check_targets(table)
}

fn check_targets<T: Target>(table: &Table<T>) -> Result<(), DataError> {
    match table.targets.iter().map(Target::number).enumerate().find(|(_, value)| !value.is_finite()) {
        Some((row, value)) => Err(DataError::Target { row, value }),
        None => Ok(()),
    }
}

fn check_records<T>(table: &Table<T>) -> Result<(), DataError> {
    let (rows, columns) = table.records.dim();
    let targets = table.targets.len();
    if rows != targets {
        return Err(DataError::Lengths { rows, targets });
    }
    if rows == 0 || columns == 0 {
        return Err(DataError::Empty { rows, columns });
    }
    match table.records.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((row, column), value)) => {
            let name = table.feature_names().get(column).cloned();
            Err(DataError::Feature { row, column, name, value: *value })
        }
        None => Ok(()),
    }
}
