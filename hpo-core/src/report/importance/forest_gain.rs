//! The gain of a random forest from each parameter, and from a shuffled copy of it.

use super::data::Data;
use super::fanova::{sample, table};
use super::forest::{TrainingTable, Tree};
use crate::rng::Rng;

/// The number of trees, each with newly shuffled copies.
const TREES: u32 = 48;
/// The maximum depth of a tree; deeper splits follow noise.
const DEPTH: u32 = 8;
/// The maximum number of trials; beyond it, a sample is used.
const MOST_TRIALS: usize = 500;

/// The quantile, over the trees, of the gain from a copy.
const QUANTILE: f64 = 0.95;

/// Returns two numbers per parameter: the mean gain of the forest from it; and the 95 % quantile,
/// over the trees, of the gain from a copy whose values are shuffled among the trials that have the
/// parameter. Both are shares of all gains.
pub(in crate::report) fn gains(data: &Data) -> Vec<(f64, f64)> {
    let mut data = data.clone();
    let mut rng = Rng::derive(0, 0);
    let rows = data.losses.len();
    if rows > MOST_TRIALS {
        data.retain_rows(&sample(rows, MOST_TRIALS, &mut rng));
    }
    let plain = table(&data);
    let shares: Vec<Vec<f64>> =
        (0..TREES).map(|_| shares(&with_copies(&plain, &data, &mut rng), &mut rng)).collect();
    let count = data.columns.len();
    let of_copy = |index: usize| {
        let mut gains: Vec<f64> = shares.iter().map(|shares| shares[count + index]).collect();
        gains.sort_unstable_by(f64::total_cmp);
        gains[(QUANTILE * (gains.len() - 1) as f64) as usize]
    };
    let mean =
        |index: usize| shares.iter().map(|shares| shares[index]).sum::<f64>() / shares.len() as f64;
    (0..count).map(|index| (mean(index), of_copy(index))).collect()
}

/// Returns one tree's gain from each feature, as a share of all its gains.
fn shares(table: &TrainingTable, rng: &mut Rng) -> Vec<f64> {
    let gains = Tree::grown(table, DEPTH, rng).gains;
    let all = gains.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    gains.into_iter().map(|gain| gain / all).collect()
}

fn with_copies(plain: &TrainingTable, data: &Data, rng: &mut Rng) -> TrainingTable {
    let mut table = plain.clone();
    for (index, column) in data.columns.iter().enumerate() {
        let active: Vec<usize> =
            (0..column.values.len()).filter(|row| column.values[*row].is_some()).collect();
        let mut copy = plain.positions[index].clone();
        for index in (1..active.len()).rev() {
            let other = rng.below_or_at(index as u64) as usize;
            copy.swap(active[index], active[other]);
        }
        table.features.push(plain.features[index]);
        table.positions.push(copy);
    }
    table
}
