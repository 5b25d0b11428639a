//! Two classifiers of linfa under one roof.

use linfa::composing::MultiClassModel;
use linfa::dataset::Pr;
use linfa::prelude::{Fit, Predict};
use linfa_ensemble::{RandomForest, RandomForestParams};
use linfa_svm::Svm;
use linfa_trees::DecisionTree;
use ndarray::{Array1, Array2, Axis};
use rand08::SeedableRng;
use rand08::rngs::SmallRng;

use crate::data::Table;

/// A support vector classifier with a Gaussian kernel, one machine a class.
///
/// # Errors
/// What linfa's solver or its calibration says.
pub fn fit_svc(
    table: &Table,
    c: f64,
    width: f64,
) -> Result<MultiClassModel<Array2<f64>, usize>, linfa_svm::SvmError> {
    let params = Svm::<f64, Pr>::params()
        .pos_neg_weights(c, c)
        .gaussian_kernel(width);
    // In the order of the classes: linfa's `one_vs_all` lists them in that of a hash map, and ties go to the first.
    (0..classes(table))
        .map(|class| {
            let members = table.clone().map_targets(|target| *target == class);
            Ok((class, params.fit(&members)?))
        })
        .collect()
}

fn classes(table: &Table) -> usize {
    table.targets.iter().max().map_or(0, |last| last + 1)
}

/// A random forest on bootstrapped rows and half of the features a tree.
///
/// # Errors
/// If linfa refuses the settings of the forest.
pub fn fit_forest(
    table: &Table,
    max_depth: usize,
    trees: usize,
    seed: u64,
) -> Result<RandomForest<f64, usize>, linfa::Error> {
    let tree = DecisionTree::params().max_depth(Some(max_depth));
    RandomForestParams::new_fixed_rng(tree, SmallRng::seed_from_u64(seed))
        .ensemble_size(trees)
        .feature_proportion(0.5)
        .fit(table)
}

/// The class that most trees vote for; of several such the first.
///
/// linfa's own count breaks ties by the order of a hash map, which is another one in every run.
#[must_use]
pub fn vote(forest: &RandomForest<f64, usize>, records: &Array2<f64>) -> Array1<usize> {
    let ballots: Vec<Array1<usize>> = forest
        .models
        .iter()
        .zip(&forest.model_features)
        .map(|(tree, features)| tree.predict(&records.select(Axis(1), features)))
        .collect();
    (0..records.nrows())
        .map(|row| most_frequent(ballots.iter().map(|ballot| ballot[row])))
        .collect()
}

fn most_frequent(votes: impl Iterator<Item = usize>) -> usize {
    let mut counts = std::collections::BTreeMap::<usize, usize>::new();
    for vote in votes {
        *counts.entry(vote).or_default() += 1;
    }
    let most = counts.values().max().copied();
    counts
        .into_iter()
        .find(|(_, count)| Some(*count) == most)
        .map_or(0, |(class, _)| class)
}

/// The share of rows whose class was told right.
#[must_use]
pub fn accuracy(told: &Array1<usize>, table: &Table) -> f64 {
    let right = told.iter().zip(&table.targets).filter(|(a, b)| a == b);
    right.count() as f64 / told.len() as f64
}
