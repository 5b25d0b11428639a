//! fANOVA: how much of the variance of a random forest each parameter explains.
//!
//! [Hutter, Hoos and Leyton-Brown, ICML 2014](https://proceedings.mlr.press/v32/hutter14.html): a regression forest is fitted to the values
//! of the trials; the mean prediction of a tree over all other parameters is a function of one parameter, or of a pair, and its variance
//! over the space is what they explain. That is exact for trees, as each of their leaves is a box.
//!
//! The forest is that of Optuna's `FanovaImportanceEvaluator`: 64 trees of depth 64 at most, each grown on a bootstrap sample down
//! to single trials, all parameters tried at each split. What is different:
//! - A parameter lies on the scale on which it is searched, a logarithmic one too, and each level of an integer has the same share; Optuna
//!   takes the plain range, most of which is the highest decade.
//! - Choices are split one from the rest, and each has the same share of the space; Optuna's columns of zeros and ones also span
//!   mixtures that no config can be. So of a choice that matters by an interaction alone it tells twice our share (0.09 beside 0.04 in
//!   `tests/golden/importance.py`, where the truth is 0).
//! - Inactive parameters stand in the middle of their range, or at the first choice, as SMAC puts them; Optuna leaves out each parameter
//!   that some trial has not.
//! - Of more than 1,000 trials a random sample is taken: their number is told by [`Importances::trials`](super::Importances::trials).

use super::data::{Column, Data, Scale};
use super::forest::{Feature, Table, Tree};
use super::marginal::Marginals;
use super::{Found, ImportanceError, Measure};
use crate::numeric::count;
use crate::rng::Rng;

/// How much of the variance of a random forest each parameter explains ([Hutter et al. 2014](https://proceedings.mlr.press/v32/hutter14.html)),
/// alone and in pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fanova {
    /// How many trees, from 1 to 10,000; the default is 64.
    pub trees: u32,
    /// How many splits lie between root and leaf at most; the default is 64.
    pub depth: u32,
    /// Of how many trials a sample is taken if there are more, from 4 to 100,000; the default is 1,000.
    pub sample: u32,
    /// What all randomness comes from; the default is 0.
    pub seed: u64,
}

impl Default for Fanova {
    fn default() -> Self {
        Self { trees: 64, depth: 64, sample: 1_000, seed: 0 }
    }
}

/// Of how many parameters pairs are looked at, the most important ones.
const MOST_PAIRED: usize = 10;

impl Fanova {
    /// Takes a sample of `data` if there are too many trials.
    pub(super) fn found(&self, data: &mut Data) -> Result<Found, ImportanceError> {
        if self.trees == 0 || u64::from(self.sample) < Measure::FEWEST {
            return Err(ImportanceError::Forest { needed: Measure::FEWEST });
        }
        count::within("trees", self.trees, 1..=10_000)?;
        count::within("sample", self.sample, Measure::FEWEST..=100_000)?;
        let mut rng = Rng::derive(self.seed, 0);
        let rows = data.losses.len();
        if rows > self.sample as usize {
            data.keep(&sample(rows, self.sample as usize, &mut rng));
            // The others may all have been equal.
            data.check(Measure::FEWEST)?;
        }
        let table = table(data);
        let trees: Vec<Marginals> = (0..self.trees)
            .map(|_| Marginals::new(Tree::grown(&table, self.depth, &mut rng), &table.features))
            .filter(|tree| tree.variance > 0.0)
            .collect();
        // Of what nothing was split by, roundings are left.
        let explained = |(feature, column): (usize, &Column)| {
            if column.is_constant() { 0.0 } else { mean(&trees, |tree| tree.alone(feature)) }
        };
        let weights: Vec<f64> = data.columns.iter().enumerate().map(explained).collect();
        let sum: f64 = weights.iter().sum();
        if trees.is_empty() || sum <= 0.0 {
            return Err(ImportanceError::Undecided { trials: data.losses.len() as u64 });
        }
        let interactions = interactions(&trees, &weights);
        Ok(Found { alone: Some(sum), weights, interactions })
    }
}

/// What pairs of the most important parameters explain beyond each of the two.
fn interactions(trees: &[Marginals], weights: &[f64]) -> Vec<(usize, usize, f64)> {
    let mut order: Vec<usize> = (0..weights.len()).filter(|feature| weights[*feature] > 0.0).collect();
    order.sort_by(|a, b| weights[*b].total_cmp(&weights[*a]));
    order.truncate(MOST_PAIRED);
    let pairs = order.iter().enumerate().flat_map(|(place, a)| order[place + 1..].iter().map(move |b| (*a, *b)));
    pairs.map(|(a, b)| (a, b, mean(trees, |tree| tree.together(a, b)))).collect()
}

fn mean(trees: &[Marginals], of: impl Fn(&Marginals) -> f64) -> f64 {
    trees.iter().map(of).sum::<f64>() / trees.len() as f64
}

/// So many of the rows, in order.
pub(in crate::report) fn sample(rows: usize, count: usize, rng: &mut Rng) -> Vec<usize> {
    let mut all: Vec<usize> = (0..rows).collect();
    for place in 0..count {
        let other = place + rng.below_or_at((rows - 1 - place) as u64) as usize;
        all.swap(place, other);
    }
    all.truncate(count);
    all.sort_unstable();
    all
}

/// The trials as a forest sees them. Losses are shares of the largest, so that no sum overflows.
pub(super) fn table(data: &Data) -> Table {
    let largest = data.losses.iter().fold(0.0_f64, |largest, loss| largest.max(loss.abs()));
    let feature = |scale: Scale| match scale {
        Scale::Choices(count) => Feature::Choices(count),
        Scale::Number { .. } => Feature::Number,
    };
    let inactive = |scale: Scale| if matches!(scale, Scale::Choices(_)) { 0.0 } else { 0.5 };
    Table {
        features: data.columns.iter().map(|column| feature(column.scale)).collect(),
        places: data
            .columns
            .iter()
            .map(|column| {
                // A constant stands where it would be inactive: that it was there is told by what decides on it.
                let is_constant = column.is_constant();
                let place = |number: &Option<f64>| match number {
                    Some(number) if !is_constant => column.scale.place(*number),
                    _ => inactive(column.scale),
                };
                column.values.iter().map(place).collect()
            })
            .collect(),
        values: data.losses.iter().map(|loss| loss / largest).collect(),
    }
}
