//! Forests on histograms: random forests ([Breiman 2001](https://doi.org/10.1023/A:1010933404324))
//! and extremely randomised trees ([Geurts et al. 2006](https://doi.org/10.1007/s10994-006-6226-1)).

use hpo_core::SearchSpace;
use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use super::bins::Binned;
use super::grow::{Grower, TreeSettings};
use super::histogram::Gradients;
use super::rare::RareCategories;
use super::split::{CategorySplits, SplitSettings};
use super::tree::Tree;
use crate::class_weights::ClassWeights;
use crate::context::FitContext;
use crate::estimator::FitError;
use crate::features::{Features, Targets};
use crate::spread;

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

/// A forest that is fitted to rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrownForest {
    trees: Vec<Tree>,
    /// The number of predictions per row.
    outputs: usize,
    #[serde(default, skip_serializing_if = "RareCategories::is_none")]
    rare: RareCategories,
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
        let sets = self.categories == CategorySplits::Sets;
        let (rare, features) = RareCategories::fit(features, targets, sets, context.seed);
        let features = &*features;
        let binned = Binned::new(features, BINS, sets);
        let mut centered = Centered::new(targets);
        let outputs = centered.means.len();
        let mut hessians = vec![1.0; binned.rows];
        if let Targets::Classes { codes, .. } = targets {
            let weights = weights.of(targets);
            hessians = codes.iter().map(|code| weights[*code]).collect();
            let rows = centered.gradients.chunks_exact_mut(outputs).zip(&hessians);
            rows.for_each(|(own, weight)| own.iter_mut().for_each(|gradient| *gradient *= weight));
        }
        let gradients = Gradients { gradients: &centered.gradients, hessians: &hessians, outputs };
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
                centered.values(entry)
            }));
        }
        Ok(GrownForest { trees, outputs: targets.outputs(), rare })
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
                leaves_are_means: true,
            },
            max_leaves: usize::MAX,
            max_depth: 64,
            columns_per_split: Some((columns as f64 * self.column_share).ceil() as usize),
        }
    }
}

/// Targets of mean 0 as gradients, whose leaves are means: numbers in units of their standard
/// deviation, or the indicator of each class (for two classes, of the second). So splits depend
/// neither on the origin nor on the unit of the target.
struct Centered {
    /// The negative targets, one per mean and row.
    gradients: Vec<f64>,
    means: Vec<f64>,
    unit: f64,
    are_shares: bool,
}

impl Centered {
    fn new(targets: &Targets) -> Self {
        let (codes, count) = match targets {
            Targets::Classes { codes, count } => (codes, count),
            Targets::Numbers(numbers) => {
                let (mean, unit) = spread::center_and_spread(numbers);
                let gradients = numbers.iter().map(|number| (mean - number) / unit).collect();
                return Self { gradients, means: vec![mean], unit, are_shares: false };
            }
        };
        let classes: Vec<usize> = if *count == 2 { vec![1] } else { (0..*count).collect() };
        let rows = codes.len().max(1) as f64;
        let mut means = vec![0.0; *count];
        for code in codes {
            means[*code] += 1.0 / rows;
        }
        let means: Vec<f64> = classes.iter().map(|class| means[*class]).collect();
        let mut gradients = Vec::with_capacity(codes.len() * classes.len());
        for code in codes {
            let own = classes.iter().zip(&means);
            gradients.extend(own.map(|(class, mean)| mean - f64::from(u8::from(class == code))));
        }
        Self { gradients, means, unit: 1.0, are_shares: true }
    }

    /// Returns the values of a leaf, in the unit of the target.
    fn values(&self, entry: &[f64]) -> Vec<f64> {
        let rows = entry[self.means.len()];
        let value = |(mean, gradient): (&f64, &f64)| mean - gradient / rows * self.unit;
        let values = self.means.iter().zip(entry).map(value);
        values.map(|value| if self.are_shares { value.clamp(0.0, 1.0) } else { value }).collect()
    }
}

impl GrownForest {
    /// Returns the predictions of each row: the probability of each class, or one number.
    #[must_use]
    pub fn predict(&self, features: &Features) -> Vec<f64> {
        let features = &*self.rare.apply(features);
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

    /// Returns the trees of the forest.
    #[must_use]
    pub fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// Returns true if the model can be used with this number of features.
    #[must_use]
    pub fn is_valid(&self, features: usize) -> bool {
        self.rare
            .features(features)
            .is_some_and(|features| self.trees.iter().all(|tree| tree.is_valid(features)))
    }
}
