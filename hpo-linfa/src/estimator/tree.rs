//! Decision trees.
//!
//! linfa settles ties, and sums over classes, in the order of a hash map, which is another one in every run. With two
//! classes that never weigh the same there is nothing left to settle. So all trees here tell one class from the rest, on
//! weights that do not tie. How sure a tree is, the shares of its leaves say, with one row more of each kind than there are
//! ([Provost & Domingos 2003](https://doi.org/10.1023/A:1024099825458)): so a large pure leaf is surer than a small one. linfa takes values less than 1e-5 apart for
//! equal: hence the scaling.

use hpo_core::SearchSpace;
use linfa::prelude::Fit;
use linfa_trees::{DecisionTree, DecisionTreeParams, SplitQuality, TreeNode};
use ndarray::{Array1, Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use super::one_vs_rest::{Membership, OneVsRest};
use super::{Classify, FitError, Probabilities, linfa_error, scaled};
use crate::data::Table;
use crate::scale::Scaling;

/// By what a split is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SearchSpace, Serialize, Deserialize)]
pub enum Impurity {
    /// How often a random row would get a wrong random label.
    #[search_space(default)]
    Gini,
    /// The bits that a label is worth.
    Entropy,
}

/// A decision tree; with several classes a tree a class.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct Tree {
    /// By what a split is judged.
    pub impurity: Impurity,
    /// How many questions lie between the root and a leaf at most. linfa's default is no limit.
    #[search_space(range = 1..=20, log, default = 20)]
    pub max_depth: usize,
    /// How many rows a node needs to be split. Up to 40 after
    /// [Mantovani et al. 2018](https://arxiv.org/abs/1812.02207).
    #[search_space(range = 2..=40, log, default = 2)]
    pub min_split: u32,
    /// How many rows a leaf needs.
    #[search_space(range = 1..=20, log, default = 1)]
    pub min_leaf: u32,
    /// By how much a split must lessen the impurity.
    #[search_space(range = 1e-6..=1e-2, log, default = 1e-5)]
    pub min_impurity_decrease: f64,
}

/// A fitted tree with the share of members in each leaf.
#[derive(Debug)]
struct Leaves {
    tree: DecisionTree<f64, bool>,
    /// By the leaf's place: the root's is 1, the children of `p` are `2p` and `2p + 1`.
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
    fn learn(&self, train: &Table<usize>, classes: usize, _: u64) -> Result<Box<dyn Probabilities>, FitError> {
        let model = scaled(Scaling::Standard, train, |train| {
            OneVsRest::fit(train, classes, |_, members| {
                // Members weigh a little more: a leaf with as many members as others is no tie.
                let weights = members.targets.mapv(|member| if member { 1.0 + 1.0 / 4096.0 } else { 1.0 });
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

    /// The number of leaves that the settings allow, as a power of two.
    fn complexity(&self) -> f64 {
        self.max_depth as f64 - f64::from(self.min_leaf).log2()
    }
}

impl Leaves {
    fn new(tree: DecisionTree<f64, bool>, members: &Table<bool>) -> Self {
        let mut counts = std::collections::BTreeMap::<u64, (f64, f64)>::new();
        for (row, member) in members.records.rows().into_iter().zip(&members.targets) {
            let (inside, all) = counts.entry(leaf(tree.root_node(), row)).or_default();
            *inside += f64::from(u8::from(*member));
            *all += 1.0;
        }
        let shares = counts.into_iter().map(|(place, (inside, all))| (place, (inside + 1.0) / (all + 2.0))).collect();
        Self { tree, shares }
    }
}

/// The place of the leaf that a row falls into. Depths end far below 63.
fn leaf(root: &TreeNode<f64, bool>, row: ArrayView1<'_, f64>) -> u64 {
    let (mut node, mut place) = (root, 1);
    while !node.is_leaf() {
        let (feature, value, _) = node.split();
        // As linfa's own prediction goes.
        let side = usize::from(row[feature] >= value);
        let Some(child) = node.children()[side] else {
            break;
        };
        (node, place) = (child, 2 * place + side as u64);
    }
    place
}

impl Membership for Leaves {
    fn sureness(&self, records: &Array2<f64>) -> Array1<f64> {
        let share = |row| self.shares.get(&leaf(self.tree.root_node(), row)).copied().unwrap_or(0.5);
        records.rows().into_iter().map(share).collect()
    }
}
