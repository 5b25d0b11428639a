//! Forests on histograms: random forests ([Breiman 2001](https://doi.org/10.1023/A:1010933404324))
//! and extremely randomised trees ([Geurts et al. 2006](https://doi.org/10.1007/s10994-006-6226-1)).

use hpo_core::SearchSpace;
use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use super::bins::Binned;
use super::boosting::center_and_spread;
use super::grow::{Grower, TreeSettings};
use super::histogram::Gradients;
use super::split::{CategorySplits, SplitSettings};
use super::tree::Tree;
use crate::class_weights::ClassWeights;
use crate::context::FitContext;
use crate::estimator::FitError;
use crate::features::{Features, Targets};

/// The thresholds that a forest tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SearchSpace, Serialize, Deserialize)]
pub enum Thresholds {
    /// All of them, on rows drawn with replacement: a random forest.
    #[search_space(default)]
    Best,
    /// One random threshold per feature, on all rows: extremely randomised trees.
    Random,
}

/// A forest of decision trees. Gaps and categories need no preparation.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct Forest {
    /// The thresholds that are tried.
    pub thresholds: Thresholds,
    /// The number of trees.
    #[search_space(range = 50..=300, log, default = 100)]
    pub n_estimators: usize,
    /// The share of features that are tried for each split, rounded up to a whole number.
    #[search_space(range = 0.05..=1.0, log, default = 0.33)]
    pub column_share: f64,
    /// The smallest number of rows of a leaf.
    #[search_space(range = 1..=30, log, default = 2)]
    pub min_rows: usize,
    /// The way in which categories are split.
    pub categories: CategorySplits,
}

/// The number of bins of a number: a forest averages over many thresholds.
const BINS: usize = 64;

/// A fitted forest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrownForest {
    trees: Vec<Tree>,
    /// The number of predictions per row.
    outputs: usize,
}

impl Forest {
    /// Fits the model.
    ///
    /// # Errors
    /// If the time of the context is over.
    pub fn fit(
        &self,
        features: &Features,
        targets: &Targets,
        context: FitContext<'_>,
    ) -> Result<GrownForest, FitError> {
        self.fit_weighted(features, (targets, ClassWeights::Equal), context)
    }

    /// As [`fit`](Self::fit), with weights of classes.
    pub(crate) fn fit_weighted(
        &self,
        features: &Features,
        (targets, weights): (&Targets, ClassWeights),
        context: FitContext<'_>,
    ) -> Result<GrownForest, FitError> {
        let binned = Binned::new(features, BINS, self.categories == CategorySplits::Sets);
        let Centered { gradients, hessians, centers, unit } = Centered::of(targets, weights);
        let outputs = centers.len();
        let gradients = Gradients { gradients: &gradients, hessians: &hessians, outputs };
        let columns: Vec<usize> = (0..features.columns.len()).collect();
        let settings = self.tree_settings(columns.len());
        let mut grower = Grower::new(&binned, &settings);
        let mut rng = StdRng::seed_from_u64(context.seed);
        let mut trees = Vec::with_capacity(self.n_estimators);
        for _ in 0..self.n_estimators {
            if context.is_over() {
                return Err(FitError::OutOfTime);
            }
            let mut rows = self.drawn(binned.rows, &mut rng);
            trees.push(grower.grow(&mut rows, &columns, &gradients, &mut rng, |_, entry| {
                let leaf =
                    |(gradient, center): (&f64, &f64)| center - gradient / entry[outputs] * unit;
                entry[..outputs].iter().zip(&centers).map(leaf).collect()
            }));
        }
        Ok(GrownForest { trees, outputs: targets.outputs() })
    }

    fn drawn(&self, rows: usize, rng: &mut StdRng) -> Vec<u32> {
        match self.thresholds {
            Thresholds::Random => (0..rows as u32).collect(),
            Thresholds::Best => (0..rows).map(|_| rng.random_range(0..rows as u32)).collect(),
        }
    }

    fn tree_settings(&self, columns: usize) -> TreeSettings {
        TreeSettings {
            split: SplitSettings {
                min_rows: self.min_rows as f64,
                min_hessian: 0.0,
                lambda: 0.0,
                random_thresholds: self.thresholds == Thresholds::Random,
                min_gain: 1e-9,
                are_centered: true,
            },
            max_leaves: usize::MAX,
            max_depth: 64,
            columns_per_split: Some((columns as f64 * self.column_share).ceil() as usize),
        }
    }
}

/// The negative targets of a forest, without their mean and in units of their spread: trees must not
/// depend on the origin and the unit of a target.
struct Centered {
    /// The gradients whose leaves are means, `centers.len()` per row.
    gradients: Vec<f64>,
    /// The weight of each row.
    hessians: Vec<f64>,
    /// The mean of each output: the target, or the indicator of each class (of two classes, of the
    /// second).
    centers: Vec<f64>,
    /// The standard deviation of numbers; 1 for classes.
    unit: f64,
}

impl Centered {
    fn of(targets: &Targets, weights: ClassWeights) -> Self {
        let (codes, outputs) = match targets {
            Targets::Numbers(numbers) => return Self::of_numbers(numbers),
            Targets::Classes { codes, count: 2 } => (codes, 1),
            Targets::Classes { codes, count } => (codes, *count),
        };
        let weights = weights.of(targets);
        let hessians: Vec<f64> = codes.iter().map(|code| weights[*code]).collect();
        let place = |code: usize| if outputs == 1 { code.checked_sub(1) } else { Some(code) };
        let mut centers = vec![0.0; outputs];
        for (code, weight) in codes.iter().zip(&hessians) {
            place(*code).into_iter().for_each(|place| centers[place] += weight);
        }
        let sum: f64 = hessians.iter().sum();
        centers.iter_mut().for_each(|center| *center /= sum);
        let mut gradients = Vec::with_capacity(codes.len() * outputs);
        for (code, weight) in codes.iter().zip(&hessians) {
            let own = place(*code);
            gradients.extend(centers.iter().enumerate().map(|(output, center)| {
                weight * (center - f64::from(u8::from(own == Some(output))))
            }));
        }
        Self { gradients, hessians, centers, unit: 1.0 }
    }

    fn of_numbers(numbers: &[f64]) -> Self {
        let (center, unit) = center_and_spread(numbers);
        let gradients = numbers.iter().map(|number| (center - number) / unit).collect();
        Self { gradients, hessians: vec![1.0; numbers.len()], centers: vec![center], unit }
    }
}

impl GrownForest {
    /// Returns the predictions of each row: the probability of each class, or one number.
    #[must_use]
    pub fn predict(&self, features: &Features) -> Vec<f64> {
        let mut predictions = vec![0.0; features.rows * self.outputs];
        let trees = self.trees.len().max(1) as f64;
        for (row, predictions) in predictions.chunks_exact_mut(self.outputs).enumerate() {
            // Two classes have one value per leaf: the share of the second.
            let skipped = usize::from(self.outputs == 2);
            for tree in &self.trees {
                let leaf = tree.predict(features, row);
                predictions[skipped..].iter_mut().zip(leaf).for_each(|(sum, value)| *sum += value);
            }
            for sum in predictions.iter_mut() {
                *sum /= trees;
            }
            if skipped == 1 {
                predictions[1] = predictions[1].clamp(0.0, 1.0);
                predictions[0] = 1.0 - predictions[1];
            }
        }
        predictions
    }

    /// Returns the trees.
    #[must_use]
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }
}
