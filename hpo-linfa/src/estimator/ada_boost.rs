//! Boosted trees: `AdaBoost` ([Freund & Schapire 1997](https://doi.org/10.1006/jcss.1997.1504)),
//! one model per class against the rest.
//!
//! linfa's own implementation draws rows by weight, and adds up votes in the order of a hash map.
//! Here the weights are passed to linfa's trees. The initial weights differ slightly, by the seed,
//! so that they never tie (see [`tree`](super::tree)).

use hpo_core::SearchSpace;
use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::{RngExt, SeedableRng};
use linfa::prelude::{Fit, Predict};
use linfa_trees::DecisionTree;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::one_vs_rest::{Membership, OneVsRest};
use super::{Classify, FitError, PredictProba, linfa_error, scaled};
use crate::data::Dataset;
use crate::scale::Scaling;

/// Boosted decision trees (`AdaBoost`).
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct AdaBoost {
    /// The number of trees for each class (for two classes, in all).
    #[search_space(range = 10..=100, log, default = 50)]
    pub n_estimators: usize,
    /// The factor on each tree's vote.
    #[search_space(range = 0.05..=2.0, log, default = 1.0)]
    pub learning_rate: f64,
    /// The depth of a tree; a tree of depth 1 has a single split.
    #[search_space(range = 1..=5, default = 1)]
    pub max_depth: usize,
}

/// Trees with their weights, which sum to 1.
#[derive(Debug)]
struct Boosted(Vec<(f64, DecisionTree<f64, bool>)>);

impl Classify for AdaBoost {
    fn fit_model(
        &self,
        train: &Dataset<usize>,
        classes: usize,
        seed: u64,
    ) -> Result<Box<dyn PredictProba>, FitError> {
        let model = scaled(Scaling::Standard, train, |train| {
            OneVsRest::fit(train, classes, |class, members| {
                self.boost(members, seed.wrapping_add(class as u64))
            })
        })?;
        Ok(Box::new(model))
    }

    fn name(&self) -> &'static str {
        "AdaBoost"
    }

    fn complexity(&self) -> f64 {
        (self.n_estimators << self.max_depth) as f64
    }
}

impl AdaBoost {
    fn boost(&self, train: &Dataset<bool>, seed: u64) -> Result<Boosted, FitError> {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut weights = train.targets.mapv(|_| 1.0 + 1e-3 * rng.random::<f64>());
        let params = DecisionTree::params().max_depth(Some(self.max_depth));
        let mut trees = Vec::new();
        for _ in 0..self.n_estimators {
            weights *= train.targets.len() as f64 / weights.sum();
            let weighted = train.clone().with_weights(weights.mapv(|weight| weight as f32));
            let tree = params.fit(&weighted).map_err(linfa_error("DecisionTree"))?;
            let told: Array1<bool> = tree.predict(&train.records);
            let wrong = ndarray::Zip::from(&told).and(&train.targets).map_collect(|a, b| a != b);
            let lost: f64 = weights
                .iter()
                .zip(&wrong)
                .filter(|(_, wrong)| **wrong)
                .map(|(weight, _)| weight)
                .sum();
            let error = lost / weights.sum();
            // The tree is no better than chance, and another tree would see the same weights.
            if error >= 0.5 && !trees.is_empty() {
                break;
            }
            let word = self.learning_rate * ((1.0 - error).max(1e-10) / error.max(1e-10)).ln();
            trees.push((word, tree));
            // After a perfect tree there is nothing left to learn.
            if error <= 0.0 || word <= 0.0 {
                break;
            }
            weights.zip_mut_with(&wrong, |weight, wrong| {
                *weight *= if *wrong { word.exp() } else { 1.0 }
            });
        }
        let sum: f64 = trees.iter().map(|(word, _)| *word).sum();
        let even = 1.0 / trees.len() as f64;
        let share = |word: f64| if sum > 0.0 { word / sum } else { even };
        Ok(Boosted(trees.into_iter().map(|(word, tree)| (share(word), tree)).collect()))
    }
}

impl Membership for Boosted {
    /// Returns for each row the weight of the trees that predict it as a member.
    fn confidence(&self, records: &Array2<f64>) -> Array1<f64> {
        let mut sure = Array1::zeros(records.nrows());
        for (word, tree) in &self.0 {
            let told: Array1<bool> = tree.predict(records);
            sure += &told.mapv(|member| if member { *word } else { 0.0 });
        }
        sure.mapv(|share: f64| share.clamp(0.0, 1.0))
    }
}
