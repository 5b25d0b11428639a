//! Encodings of categories as numbers.

use hpo_core::SearchSpace;
use hpo_core::rand::SeedableRng;
use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::features::Targets;

/// The encoding of categories as numbers.
#[derive(Clone, Copy, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub enum CategoryEncoding {
    /// The number of the category; -1 for a gap.
    Ordinal,
    /// One column of zeros and ones for each frequent category; the others and gaps share zeros.
    #[search_space(default)]
    OneHot {
        /// The largest number of columns: of more categories, the most frequent ones get one.
        #[search_space(range = 2..=64, log, default = 32)]
        most: usize,
    },
    /// The mean of the target in the category (for classes, the share of each), smoothed towards
    /// that of all rows ([Micci-Barreca 2001](https://doi.org/10.1145/507533.507538)). For training
    /// rows, it is computed from other rows only.
    TargetMean {
        /// The number of rows of the overall mean that are added to each category.
        #[search_space(range = 1.0..=100.0, log, default = 10.0)]
        smoothing: f64,
    },
}

/// A learned encoding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum FittedCategories {
    Ordinal,
    /// The column of each category that has one.
    OneHot {
        columns: Vec<Option<usize>>,
        count: usize,
    },
    /// The means of each category, and those of gaps.
    TargetMean {
        means: Vec<Vec<f64>>,
        gap: Vec<f64>,
    },
}

/// The number of parts from which out-of-fold means are computed.
const PARTS: usize = 5;

impl CategoryEncoding {
    /// Learns the encoding, and returns the encoded training rows, column by column.
    pub(crate) fn fit(
        self,
        values: &[f64],
        count: usize,
        targets: &Targets,
        seed: u64,
    ) -> (FittedCategories, Vec<Vec<f64>>) {
        let fitted = match self {
            CategoryEncoding::Ordinal => FittedCategories::Ordinal,
            CategoryEncoding::OneHot { most } => one_hot(values, count, most),
            CategoryEncoding::TargetMean { smoothing } => {
                let all: Vec<usize> = (0..values.len()).collect();
                let fitted = target_means(values, count, targets, &all, smoothing);
                let prepared = out_of_fold(values, count, targets, smoothing, seed);
                return (fitted, prepared);
            }
        };
        let prepared = fitted.transform(values);
        (fitted, prepared)
    }
}

impl FittedCategories {
    /// Returns the number of encoded columns.
    pub(crate) fn columns(&self) -> usize {
        match self {
            FittedCategories::Ordinal => 1,
            FittedCategories::OneHot { count, .. } => *count,
            FittedCategories::TargetMean { gap, .. } => gap.len(),
        }
    }

    /// Encodes any rows, column by column.
    pub(crate) fn transform(&self, values: &[f64]) -> Vec<Vec<f64>> {
        match self {
            FittedCategories::Ordinal => {
                let code = |value: &f64| if value.is_nan() { -1.0 } else { *value };
                vec![values.iter().map(code).collect()]
            }
            FittedCategories::OneHot { columns, count } => {
                let mut encoded = vec![vec![0.0; values.len()]; *count];
                for (row, value) in values.iter().enumerate() {
                    if let Some(column) = category(*value).and_then(|code| *columns.get(code)?) {
                        encoded[column][row] = 1.0;
                    }
                }
                encoded
            }
            FittedCategories::TargetMean { means, gap } => {
                let own =
                    |value: f64| category(value).and_then(|code| means.get(code)).unwrap_or(gap);
                let column =
                    |output: usize| values.iter().map(|value| own(*value)[output]).collect();
                (0..gap.len()).map(column).collect()
            }
        }
    }
}

/// Returns the number of a category; `None` for a gap.
fn category(value: f64) -> Option<usize> {
    (!value.is_nan()).then_some(value as usize)
}

fn one_hot(values: &[f64], count: usize, most: usize) -> FittedCategories {
    let mut rows = vec![0_usize; count];
    values.iter().filter_map(|value| category(*value)).for_each(|code| rows[code] += 1);
    let mut order: Vec<usize> = (0..count).filter(|code| rows[*code] > 0).collect();
    order.sort_by_key(|code| std::cmp::Reverse(rows[*code]));
    order.truncate(most);
    let mut columns = vec![None; count];
    order.iter().enumerate().for_each(|(column, code)| columns[*code] = Some(column));
    FittedCategories::OneHot { columns, count: order.len() }
}

/// Returns the smoothed means of some rows. Classes have one mean each, except that the first of
/// two says nothing new.
fn target_means(
    values: &[f64],
    count: usize,
    targets: &Targets,
    rows: &[usize],
    smoothing: f64,
) -> FittedCategories {
    let outputs = if targets.outputs() == 2 { 1 } else { targets.outputs() };
    let add = |sums: &mut [f64], row: usize| match targets {
        Targets::Numbers(numbers) => sums[0] += numbers[row],
        Targets::Classes { codes, count: 2 } => sums[0] += codes[row] as f64,
        Targets::Classes { codes, .. } => sums[codes[row]] += 1.0,
    };
    let mut sums = vec![vec![0.0; outputs]; count + 1];
    let mut counts = vec![0.0; count + 1];
    let mut total = vec![0.0; outputs];
    for row in rows {
        let place = category(values[*row]).unwrap_or(count);
        add(&mut sums[place], *row);
        add(&mut total, *row);
        counts[place] += 1.0;
    }
    let all = rows.len().max(1) as f64;
    let mean = |(sums, count): (Vec<f64>, f64)| {
        let own = sums.iter().zip(&total);
        own.map(|(sum, total)| (sum + smoothing * total / all) / (count + smoothing)).collect()
    };
    let mut means: Vec<Vec<f64>> = sums.into_iter().zip(counts).map(mean).collect();
    let gap = means.pop().expect("gaps have a place of their own");
    FittedCategories::TargetMean { means, gap }
}

/// Encodes each part of the rows by the means of the other parts.
fn out_of_fold(
    values: &[f64],
    count: usize,
    targets: &Targets,
    smoothing: f64,
    seed: u64,
) -> Vec<Vec<f64>> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.shuffle(&mut StdRng::seed_from_u64(seed));
    let mut columns = Vec::new();
    for part in 0..PARTS {
        let (own, others): (Vec<_>, Vec<_>) =
            order.iter().enumerate().partition(|(place, _)| place % PARTS == part);
        let rows = |part: Vec<(usize, &usize)>| part.into_iter().map(|(_, row)| *row).collect();
        let (own, others): (Vec<usize>, Vec<usize>) = (rows(own), rows(others));
        let fitted = target_means(values, count, targets, &others, smoothing);
        let own_values: Vec<f64> = own.iter().map(|row| values[*row]).collect();
        let encoded = fitted.transform(&own_values);
        columns.resize(encoded.len(), vec![0.0; values.len()]);
        for (column, encoded) in columns.iter_mut().zip(encoded) {
            own.iter().zip(encoded).for_each(|(row, value)| column[*row] = value);
        }
    }
    columns
}
