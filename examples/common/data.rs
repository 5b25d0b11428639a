//! Data as linfa wants it: iris, stratified splits, and scaling that never sees a test row.

use hpo_core::rand::SeedableRng;
use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::seq::SliceRandom;
use ndarray::{Array1, Array2, Axis};

/// Rows of features with a class each, as linfa takes them.
pub type Table = linfa::Dataset<f64, usize, ndarray::Ix1>;

/// Fisher's iris: 150 flowers, 4 lengths and widths in cm, 3 species of 50 flowers each.
#[must_use]
pub fn iris() -> Table {
    linfa_datasets::iris()
}

/// A table cut in two.
#[derive(Clone, Debug)]
pub struct Split {
    /// What a model is fitted to.
    pub train: Table,
    /// What it is measured on.
    pub test: Table,
}

/// Cuts a table into `k` test parts of which every row is in just one; each class is spread evenly over the parts.
///
/// # Panics
/// If `k` is less than 2: there would be nothing left to fit to.
#[must_use]
pub fn stratified_folds(table: &Table, k: usize, seed: u64) -> Vec<Split> {
    assert!(k >= 2, "cross-validation needs at least 2 folds, not {k}");
    let fold_of = assign_folds(table, k, seed);
    (0..k)
        .map(|fold| {
            let (test, train): (Vec<_>, Vec<_>) = (0..fold_of.len()).partition(|row| fold_of[*row] == fold);
            Split { train: rows(table, &train), test: rows(table, &test) }
        })
        .collect()
}

/// Deals the shuffled rows of each class to the folds in turn. The dealing goes on from class to class, so that the
/// folds differ by one row at most.
fn assign_folds(table: &Table, k: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..table.targets.len()).collect();
    order.shuffle(&mut StdRng::seed_from_u64(seed));
    order.sort_by_key(|row| table.targets[*row]);
    let mut fold_of = vec![0; order.len()];
    for (place, row) in order.into_iter().enumerate() {
        fold_of[row] = place % k;
    }
    fold_of
}

fn rows(table: &Table, rows: &[usize]) -> Table {
    Table::new(table.records.select(Axis(0), rows), table.targets.select(Axis(0), rows))
}

/// Scaling to mean 0 and standard deviation 1, as learnt from one table.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaler {
    mean: Array1<f64>,
    deviation: Array1<f64>,
}

impl Scaler {
    /// Learns the means and deviations of the columns. A constant column is left at its distance from the mean.
    ///
    /// # Panics
    /// If the table has no rows.
    #[must_use]
    pub fn fit(table: &Table) -> Self {
        let mean = table.records.mean_axis(Axis(0)).expect("a table to learn from has rows");
        let deviation = table.records.std_axis(Axis(0), 0.0);
        Self { mean, deviation: deviation.mapv(|width| if width > 0.0 { width } else { 1.0 }) }
    }

    /// The features of any table on the learnt scale.
    #[must_use]
    pub fn transform(&self, records: &Array2<f64>) -> Array2<f64> {
        (records - &self.mean) / &self.deviation
    }

    /// The same table on the learnt scale.
    #[must_use]
    pub fn scale(&self, table: &Table) -> Table {
        Table::new(self.transform(&table.records), table.targets.clone())
    }
}

impl Split {
    /// Both parts on the scale of the training part: the test part has no say in it.
    #[must_use]
    pub fn scaled(&self) -> Self {
        let scaler = Scaler::fit(&self.train);
        Self { train: scaler.scale(&self.train), test: scaler.scale(&self.test) }
    }
}
