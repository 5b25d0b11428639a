//! A table prepared for a search: checked, split, and with its categories encoded for each fold.

use crate::data::{self, Dataset, Fold, Target};
use crate::encode::{Encoder, Encoding};
use crate::error::Error;
use crate::split::Splits;
use crate::task::Task;

/// A table prepared for a search: the data of a tuner's `search`.
#[derive(Debug)]
pub struct Prepared<T> {
    /// All rows, with categories encoded.
    pub(crate) all: Dataset<T>,
    pub(crate) folds: Vec<Fold<T>>,
    pub(crate) encoder: Option<Encoder>,
}

/// The columns that hold categories, and their encoding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Categories {
    /// The columns, counted from 0.
    pub columns: Vec<usize>,
    /// The encoding of all of these columns.
    pub encoding: Encoding,
}

impl<T: Target> Prepared<T> {
    /// Checks and splits a table. `seed` is the seed of the splits.
    ///
    /// # Errors
    /// If the table cannot be used for training, or cannot be split in this way.
    pub fn new<K: Task<Target = T>>(
        table: &Dataset<T>,
        splits: Splits,
        categories: &Categories,
        seed: u64,
    ) -> Result<Self, Error> {
        K::check(table)?;
        let plan = splits.plan(table.targets.len(), K::classes(table), seed)?;
        let folds = data::folds(table, &plan)?;
        if categories.columns.is_empty() {
            return Ok(Self { all: table.clone(), folds, encoder: None });
        }
        let encoder = Encoder::fit(categories.encoding, &table.records, &categories.columns)?;
        let folds = folds.iter().map(|fold| encoded(fold, categories)).collect::<Result<_, _>>()?;
        Ok(Self { all: apply(&encoder, table), folds, encoder: Some(encoder) })
    }

    /// Returns the folds, in the order in which they are run.
    #[must_use]
    pub fn folds(&self) -> &[Fold<T>] {
        &self.folds
    }
}

/// Encodes both parts by the categories of the training part only, so that nothing leaks from the
/// test part.
fn encoded<T: Clone>(fold: &Fold<T>, categories: &Categories) -> Result<Fold<T>, Error> {
    let encoder = Encoder::fit(categories.encoding, &fold.train.records, &categories.columns)?;
    Ok(Fold { train: apply(&encoder, &fold.train), test: apply(&encoder, &fold.test) })
}

fn apply<T: Clone>(encoder: &Encoder, table: &Dataset<T>) -> Dataset<T> {
    data::with_records(table, encoder.transform(&table.records))
}
