//! Decision trees, one per class.
//!
//! linfa breaks ties, and sums over classes, in the order of a hash map, which differs in every
//! run. With two classes of different weights there are no ties. So all trees here separate one
//! class from the rest, with weights that do not tie. The probabilities are the shares in the
//! leaves, with one row more of each class than there are
//! ([Provost & Domingos 2003](https://doi.org/10.1023/A:1024099825458)), so that a large pure leaf
//! is more certain than a small one. linfa treats values less than 1e-5 apart as equal, which is
//! why features are scaled.

use hpo_core::SearchSpace;
use linfa::prelude::Fit;
use linfa_trees::{DecisionTree, DecisionTreeParams, SplitQuality, TreeNode};
use ndarray::{Array1, Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use super::one_vs_rest::{Membership, OneVsRest};
use super::{Classify, FitError, PredictProba, linfa_error, scaled};
use crate::data::Dataset;
use crate::scale::Scaling;

/// The criterion of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SearchSpace, Serialize, Deserialize)]
pub enum Impurity {
    /// The probability that a random row gets a wrong random label.
    #[search_space(default)]
    Gini,
    /// The entropy of a label, in bits.
    Entropy,
}

/// A decision tree; with several classes, one tree per class.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct Tree {
    /// The criterion of a split.
    pub impurity: Impurity,
    /// The largest number of splits between the root and a leaf. linfa's default is no limit.
    #[search_space(range = 1..=20, log, default = 20)]
    pub max_depth: usize,
    /// The smallest number of rows of a node that is split. Up to 40 after
    /// [Mantovani et al. 2018](https://arxiv.org/abs/1812.02207).
    #[search_space(range = 2..=40, log, default = 2)]
    pub min_split: u32,
    /// The smallest number of rows of a leaf.
    #[search_space(range = 1..=20, log, default = 1)]
    pub min_leaf: u32,
    /// The smallest decrease of the impurity by a split.
    #[search_space(range = 1e-6..=1e-2, log, default = 1e-5)]
    pub min_impurity_decrease: f64,
}

/// A fitted tree with the share of members in each leaf.
#[derive(Debug)]
struct Leaves {
    tree: DecisionTree<f64, bool>,
    /// The shares by the position of the leaf: the root's is 1, the children of `p` are `2p` and
    /// `2p + 1`.
    shares: std::collections::BTreeMap<u64, f64>,
}

impl Tree {
    fn params(&self) -> DecisionTreeParams<f64, bool> {
        DecisionTree::params()
            .split_quality(match self.impurity {
                Impurity::Gini => SplitQuality::Gini,
                Impurity::Entropy => SplitQuality::Entropy,
            })
            .max_depth(Some(self.max_depth))
            .min_weight_split(self.min_split as f32)
            .min_weight_leaf(self.min_leaf as f32)
            .min_impurity_decrease(self.min_impurity_decrease)
    }
}

impl Classify for Tree {
    fn fit_model(
        &self,
        train: &Dataset<usize>,
        classes: usize,
        _: u64,
    ) -> Result<Box<dyn PredictProba>, FitError> {
        let model = scaled(Scaling::Standard, train, |train| {
            OneVsRest::fit(train, classes, |_, members| {
                // Members weigh slightly more, so that a leaf with equal numbers of members and
                // others is no tie.
                let weights =
                    members.targets.mapv(|member| if member { 1.0 + 1.0 / 4096.0 } else { 1.0 });
                let weighted = members.clone().with_weights(weights);
                let tree = self.params().fit(&weighted).map_err(linfa_error("DecisionTree"))?;
                Ok(Leaves::new(tree, members))
            })
        })?;
        Ok(Box::new(model))
    }

    fn name(&self) -> &'static str {
        "decision tree"
    }

    /// Returns the base-2 logarithm of the number of leaves that the settings allow.
    fn complexity(&self) -> f64 {
        self.max_depth as f64 - f64::from(self.min_leaf).log2()
    }
}

impl Leaves {
    fn new(tree: DecisionTree<f64, bool>, members: &Dataset<bool>) -> Self {
        let mut counts = std::collections::BTreeMap::<u64, (f64, f64)>::new();
        for (row, member) in members.records.rows().into_iter().zip(&members.targets) {
            let (inside, all) = counts.entry(leaf(tree.root_node(), row)).or_default();
            *inside += f64::from(u8::from(*member));
            *all += 1.0;
        }
        let shares = counts
            .into_iter()
            .map(|(place, (inside, all))| (place, (inside + 1.0) / (all + 2.0)))
            .collect();
        Self { tree, shares }
    }
}

/// Returns the position of the leaf that a row falls into. Depths are far below 63.
fn leaf(root: &TreeNode<f64, bool>, row: ArrayView1<'_, f64>) -> u64 {
    let (mut node, mut place) = (root, 1);
    while !node.is_leaf() {
        let (feature, value, _) = node.split();
        // This is the rule of linfa's own prediction.
        let side = usize::from(row[feature] >= value);
        let Some(child) = node.children()[side] else {
            break;
        };
        (node, place) = (child, 2 * place + side as u64);
    }
    place
}

impl Membership for Leaves {
    fn confidence(&self, records: &Array2<f64>) -> Array1<f64> {
        let share =
            |row| self.shares.get(&leaf(self.tree.root_node(), row)).copied().unwrap_or(0.5);
        records.rows().into_iter().map(share).collect()
    }
}
