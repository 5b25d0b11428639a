//! Forests on histograms: random forests ([Breiman 2001](https://doi.org/10.1023/A:1010933404324))
//! and extremely randomised trees ([Geurts et al. 2006](https://doi.org/10.1007/s10994-006-6226-1)).

use hpo_core::SearchSpace;
use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use super::bins::Binned;
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
        let (mut gradients, outputs) = negative_indicators(targets);
        let mut hessians = vec![1.0; binned.rows];
        if let (Targets::Classes { codes, .. }, ClassWeights::Balanced) = (targets, weights) {
            let weights = weights.of(targets);
            for ((code, own), hessian) in
                codes.iter().zip(gradients.chunks_exact_mut(outputs)).zip(&mut hessians)
            {
                own.iter_mut().for_each(|gradient| *gradient *= weights[*code]);
                *hessian = weights[*code];
            }
        }
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
                entry[..outputs].iter().map(|gradient| -gradient / entry[outputs]).collect()
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
            },
            max_leaves: usize::MAX,
            max_depth: 64,
            columns_per_split: Some((columns as f64 * self.column_share).ceil() as usize),
        }
    }
}

/// Returns the gradients whose leaves are means: the negative targets, or for classes the negative
/// indicators of each (for two classes, of the second).
fn negative_indicators(targets: &Targets) -> (Vec<f64>, usize) {
    match targets {
        Targets::Numbers(numbers) => (numbers.iter().map(|number| -number).collect(), 1),
        Targets::Classes { codes, count: 2 } => {
            (codes.iter().map(|code| -(*code as f64)).collect(), 1)
        }
        Targets::Classes { codes, count } => {
            let mut gradients = vec![0.0; codes.len() * count];
            codes.iter().enumerate().for_each(|(row, code)| gradients[row * count + code] = -1.0);
            (gradients, *count)
        }
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
