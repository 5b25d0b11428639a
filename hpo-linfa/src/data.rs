//! Tables of rows in linfa's form, split by row numbers, and checked before a search.

use hpo_core::rand::SeedableRng;
use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::seq::index;
use hpo_core::space::counted;
use ndarray::{Array1, Array2, Axis, Ix1};

use crate::split::SplitPlan;

/// Rows of features with one target each. The targets of a classification are its classes: any
/// whole numbers.
pub type Dataset<T> = linfa::Dataset<f64, T, Ix1>;

/// A table split into a training and a test part.
#[derive(Clone, Debug)]
pub struct Fold<T> {
    /// The rows that a model is fitted to.
    pub train: Dataset<T>,
    /// The rows that a model is scored on.
    pub test: Dataset<T>,
}

/// A problem with a table.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The table has no rows or no features.
    #[error(
        "the data has {} and {}: it needs at least one of each",
        counted(rows, "row"),
        counted(columns, "feature")
    )]
    Empty {
        /// The number of rows.
        rows: usize,
        /// The number of features of a row.
        columns: usize,
    },
    /// The numbers of rows and targets differ.
    #[error(
        "the data has {} and {}: each row needs just one target",
        counted(rows, "row of features"),
        counted(targets, "target")
    )]
    Lengths {
        /// The number of rows of features.
        rows: usize,
        /// The number of targets.
        targets: usize,
    },
    /// A feature is NaN or infinite.
    #[error("row {row}, counted from 0, has {value} for feature {}: fill the gap, or leave the \
        row out", named(*column, name.as_deref()))]
    Feature {
        /// The row, counted from 0.
        row: usize,
        /// The feature, counted from 0.
        column: usize,
        /// The name of the feature, if the table names its features.
        name: Option<String>,
        /// The value: NaN or an infinity.
        value: f64,
    },
    /// A target is NaN or infinite.
    #[error("row {row}, counted from 0, has {value} for its target: leave the row out")]
    Target {
        /// The row, counted from 0.
        row: usize,
        /// The value: NaN or an infinity.
        value: f64,
    },
    /// All rows have the same class.
    #[error(
        "all {rows} rows to learn from are of class {class}: a classifier needs at least two \
         classes (stratified folds have all that there are)"
    )]
    OneClass {
        /// The only class in the rows.
        class: usize,
        /// The number of rows.
        rows: usize,
    },
    /// A column to encode does not exist.
    #[error("feature {column} cannot be encoded: there are {columns}, counted from 0")]
    NoColumn {
        /// The column requested, from 0.
        column: usize,
        /// The number of features.
        columns: usize,
    },
}

fn named(column: usize, name: Option<&str>) -> String {
    name.map_or_else(|| column.to_string(), |name| format!("{column} (`{name}`)"))
}

/// The target of a row: a class or a number.
pub trait Target: Clone {
    /// Returns the target as a number; one that is not finite cannot be learned.
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

/// Returns the rows with these numbers, in their order, with the names of the features. Row weights
/// are dropped.
///
/// # Panics
/// If a row does not exist.
#[must_use]
pub fn select<T: Clone>(table: &Dataset<T>, rows: &[usize]) -> Dataset<T> {
    let selected =
        Dataset::new(table.records.select(Axis(0), rows), table.targets.select(Axis(0), rows));
    selected.with_feature_names(table.feature_names().to_vec())
}

/// Returns the table with other features. They keep their names if their number is the same.
#[must_use]
pub fn with_records<T: Clone>(table: &Dataset<T>, records: Array2<f64>) -> Dataset<T> {
    let names = if records.ncols() == table.records.ncols() {
        table.feature_names().to_vec()
    } else {
        Vec::new()
    };
    Dataset::new(records, table.targets.clone()).with_feature_names(names)
}

/// Returns all splits of a plan as copies, made once and used by every trial. Invalid values are
/// reported here by their row in the table, because rows have other numbers in a fold.
///
/// # Errors
/// If the table is empty, or has features or targets that are not finite.
///
/// # Panics
/// If the plan was made for a longer table.
pub fn folds<T: Target>(table: &Dataset<T>, plan: &SplitPlan) -> Result<Vec<Fold<T>>, DataError> {
    check_records(table)?;
    check_targets(table)?;
    let cut = |split: &crate::split::Split| Fold {
        train: select(table, &split.train),
        test: select(table, &split.test),
    };
    Ok(plan.splits().iter().map(cut).collect())
}

/// Returns the classes of a table, each once, in ascending order.
#[must_use]
pub fn classes(targets: &Array1<usize>) -> Vec<usize> {
    let mut classes = targets.to_vec();
    classes.sort_unstable();
    classes.dedup();
    classes
}

/// Draws at most `most` rows, and at least one of each class.
pub(crate) fn drawn(table: &Dataset<usize>, most: usize, seed: u64) -> Dataset<usize> {
    let rows = table.targets.len();
    if rows <= most {
        return table.clone();
    }
    let mut drawn = some_rows(rows, most, seed);
    for class in classes(&table.targets) {
        if !drawn.iter().any(|row| table.targets[*row] == class) {
            drawn.extend(table.targets.iter().position(|target| *target == class));
        }
    }
    select(table, &drawn)
}

/// Draws some of the numbers from 0, in ascending order.
pub(crate) fn some_rows(rows: usize, most: usize, seed: u64) -> Vec<usize> {
    let mut drawn = index::sample(&mut StdRng::seed_from_u64(seed), rows, most).into_vec();
    drawn.sort_unstable();
    drawn
}

/// Checks that a table can be used for classification.
///
/// # Errors
/// The first problem found, and its place.
pub fn check_classes(table: &Dataset<usize>) -> Result<(), DataError> {
    check_records(table)?;
    match classes(&table.targets)[..] {
        [class] => Err(DataError::OneClass { class, rows: table.targets.len() }),
        _ => Ok(()),
    }
}

/// Checks that a table can be used for regression.
///
/// # Errors
/// The first problem found, and its place.
pub fn check_numbers(table: &Dataset<f64>) -> Result<(), DataError> {
    check_records(table)?;
    check_targets(table)
}

fn check_targets<T: Target>(table: &Dataset<T>) -> Result<(), DataError> {
    match table.targets.iter().map(Target::number).enumerate().find(|(_, value)| !value.is_finite())
    {
        Some((row, value)) => Err(DataError::Target { row, value }),
        None => Ok(()),
    }
}

fn check_records<T>(table: &Dataset<T>) -> Result<(), DataError> {
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
