//! fANOVA: the share of the variance of a random forest that each parameter explains.
//!
//! [Hutter, Hoos and Leyton-Brown, ICML 2014](https://proceedings.mlr.press/v32/hutter14.html): a
//! regression forest is fitted to the values of the trials. The mean prediction of a tree over all
//! other parameters is a function of one parameter, or of a pair; the variance of that function
//! over the space is what the parameter or the pair explains. For trees this is computed exactly,
//! as each of their leaves is a box.
//!
//! The forest is that of Optuna's `FanovaImportanceEvaluator`: 64 trees of depth 64 at most, each
//! grown on a bootstrap sample down to single trials, with all parameters tried at each split. The
//! differences are:
//! - A parameter is measured on the scale on which it is searched, possibly a logarithmic one, and
//!   each level of an integer has the same share. Optuna uses the plain range, most of which is the
//!   highest decade.
//! - Choices are split one versus the rest, and each has the same share of the space. Optuna's
//!   one-hot columns also span mixtures that no config can have. So for a choice that matters only
//!   through an interaction, Optuna reports twice our share (0.09 versus 0.04 in
//!   `tests/golden/importance.py`, where the truth is 0).
//! - Inactive parameters are placed in the middle of their range, or at the first choice, as in
//!   SMAC. Optuna leaves out each parameter that is inactive in some trial.
//! - Beyond 1,000 trials, a random sample is used:
//!   [`Importances::trials`](super::Importances::trials) has its size.

use super::data::{Data, ParamColumn, ParamScale};
use super::forest::{TrainingTable, Tree};
use super::marginal::Marginals;
use super::{ImportanceError, Measure, RawImportances};
use crate::rng::Rng;
use crate::setting::Owner;

/// The share of the variance of a random forest that each parameter explains ([Hutter et al.
/// 2014](https://proceedings.mlr.press/v32/hutter14.html)), alone and in pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fanova {
    /// The number of trees, from 1 to 10,000; the default is 64.
    pub trees: u32,
    /// The maximum depth of a tree; the default is 64.
    pub depth: u32,
    /// The size of the random sample that is used if there are more trials, from 4 to 100,000; the
    /// default is 1,000.
    pub sample: u32,
    /// The seed of the sample and the forest; the default is 0.
    pub seed: u64,
}

impl Default for Fanova {
    fn default() -> Self {
        Self { trees: 64, depth: 64, sample: 1_000, seed: 0 }
    }
}

/// The number of most important parameters whose pairs are measured.
const MOST_PAIRED: usize = 10;

impl Fanova {
    /// Measures the importances; reduces `data` to a sample if there are too many trials.
    pub(super) fn measure(&self, data: &mut Data) -> Result<RawImportances, ImportanceError> {
        let owner = Owner::Measure("fanova");
        owner.count("trees", self.trees, 1..=10_000)?;
        owner.count("sample", self.sample, Measure::FEWEST..=100_000)?;
        let mut rng = Rng::derive(self.seed, 0);
        let rows = data.losses.len();
        if rows > self.sample as usize {
            data.retain_rows(&sample(rows, self.sample as usize, &mut rng));
            // All trials of the sample may have equal values.
            data.check(Measure::FEWEST)?;
        }
        let table = table(data);
        let trees: Vec<Marginals> = (0..self.trees)
            .map(|_| Marginals::new(Tree::grown(&table, self.depth, &mut rng), &table.features))
            .filter(|tree| tree.variance > 0.0)
            .collect();
        // For a parameter without any split, only rounding errors would be left.
        let explained = |(feature, column): (usize, &ParamColumn)| {
            if column.is_constant() { 0.0 } else { mean(&trees, |tree| tree.main_effect(feature)) }
        };
        let weights: Vec<f64> = data.columns.iter().enumerate().map(explained).collect();
        let sum: f64 = weights.iter().sum();
        if trees.is_empty() || sum <= 0.0 {
            return Err(ImportanceError::Undecided { trials: data.losses.len() as u64 });
        }
        let interactions = interactions(&trees, &weights);
        Ok(RawImportances { alone: Some(sum), weights, interactions })
    }
}

/// Returns the shares that pairs of the most important parameters explain beyond their single
/// effects.
fn interactions(trees: &[Marginals], weights: &[f64]) -> Vec<(usize, usize, f64)> {
    let mut order: Vec<usize> =
        (0..weights.len()).filter(|feature| weights[*feature] > 0.0).collect();
    order.sort_by(|a, b| weights[*b].total_cmp(&weights[*a]));
    order.truncate(MOST_PAIRED);
    let pairs = order
        .iter()
        .enumerate()
        .flat_map(|(position, a)| order[position + 1..].iter().map(move |b| (*a, *b)));
    pairs.map(|(a, b)| (a, b, mean(trees, |tree| tree.interaction(a, b)))).collect()
}

fn mean(trees: &[Marginals], of: impl Fn(&Marginals) -> f64) -> f64 {
    trees.iter().map(of).sum::<f64>() / trees.len() as f64
}

/// Returns `count` random rows out of `rows`, in ascending order.
pub(in crate::report) fn sample(rows: usize, count: usize, rng: &mut Rng) -> Vec<usize> {
    let mut all: Vec<usize> = (0..rows).collect();
    for position in 0..count {
        let other = position + rng.below_or_at((rows - 1 - position) as u64) as usize;
        all.swap(position, other);
    }
    all.truncate(count);
    all.sort_unstable();
    all
}

/// Returns the training data of a forest. Losses are divided by the largest absolute one, so that
/// no sum overflows.
pub(super) fn table(data: &Data) -> TrainingTable {
    let largest = data.losses.iter().fold(0.0_f64, |largest, loss| largest.max(loss.abs()));
    let inactive =
        |scale: ParamScale| if matches!(scale, ParamScale::Choices(_)) { 0.0 } else { 0.5 };
    TrainingTable {
        features: data.columns.iter().map(|column| column.scale.kind()).collect(),
        positions: data
            .columns
            .iter()
            .map(|column| {
                // A constant parameter is placed as if it were inactive: its parent shows in which
                // trials it was active.
                let is_constant = column.is_constant();
                let position = |number: &Option<f64>| match number {
                    Some(number) if !is_constant => column.scale.position(*number),
                    _ => inactive(column.scale),
                };
                column.values.iter().map(position).collect()
            })
            .collect(),
        values: data.losses.iter().map(|loss| loss / largest).collect(),
    }
}
