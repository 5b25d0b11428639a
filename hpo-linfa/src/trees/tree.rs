//! A grown tree: splits on raw values, so that it predicts without bins.

use serde::{Deserialize, Serialize};

use crate::features::Features;

/// A decision tree with one or several numbers per leaf. Nodes are stored in the order of their
/// creation, children after their parents.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    nodes: Vec<Node>,
    /// The values of the leaves, `outputs` per leaf.
    values: Vec<f64>,
    outputs: usize,
}

/// A node of a tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Node {
    /// The number of a leaf.
    #[serde(rename = "l")]
    Leaf(u32),
    /// Numbers up to the threshold go left.
    #[serde(rename = "n")]
    Number { feature: u32, threshold: f64, gaps_left: bool, children: [u32; 2] },
    /// Categories in the set go left. The set is a list of bits, 32 per word.
    #[serde(rename = "c")]
    Categories { feature: u32, left: Vec<u32>, gaps_left: bool, children: [u32; 2] },
}

impl Tree {
    pub(super) fn new(outputs: usize) -> Self {
        Self { nodes: Vec::new(), values: Vec::new(), outputs }
    }

    /// Adds a leaf without values, and returns its node.
    pub(super) fn add_leaf(&mut self) -> u32 {
        self.nodes.push(Node::Leaf(u32::MAX));
        (self.nodes.len() - 1) as u32
    }

    pub(super) fn set(&mut self, node: u32, split: Node) {
        self.nodes[node as usize] = split;
    }

    /// Sets the values of a leaf.
    pub(super) fn set_leaf(&mut self, node: u32, values: impl IntoIterator<Item = f64>) {
        self.nodes[node as usize] = Node::Leaf((self.values.len() / self.outputs) as u32);
        self.values.extend(values);
    }

    /// Returns the number of leaves.
    #[must_use]
    pub fn leaves(&self) -> usize {
        self.values.len() / self.outputs.max(1)
    }

    /// Returns the values of the leaf that a row falls into.
    #[must_use]
    pub fn predict(&self, features: &Features, row: usize) -> &[f64] {
        let mut node = 0;
        loop {
            match &self.nodes[node] {
                Node::Leaf(leaf) => {
                    let begin = *leaf as usize * self.outputs;
                    return &self.values[begin..begin + self.outputs];
                }
                Node::Number { feature, threshold, gaps_left, children } => {
                    let value = features.columns[*feature as usize].values[row];
                    let left = if value.is_nan() { *gaps_left } else { value <= *threshold };
                    node = children[usize::from(!left)] as usize;
                }
                Node::Categories { feature, left, gaps_left, children } => {
                    let value = features.columns[*feature as usize].values[row];
                    let left = is_in(left, value).unwrap_or(*gaps_left);
                    node = children[usize::from(!left)] as usize;
                }
            }
        }
    }

    /// Returns true if the tree can be used with this number of features: no node points outside.
    #[must_use]
    pub fn is_valid(&self, features: usize) -> bool {
        let leaves = self.leaves();
        let nodes = self.nodes.len();
        let is_split = |place: usize, feature: u32, children: &[u32; 2]| {
            let ahead =
                children.iter().all(|child| (*child as usize) > place && (*child as usize) < nodes);
            (feature as usize) < features && ahead
        };
        !self.nodes.is_empty()
            && self.outputs > 0
            && self.nodes.iter().enumerate().all(|(place, node)| match node {
                Node::Leaf(leaf) => (*leaf as usize) < leaves,
                Node::Number { feature, children, .. }
                | Node::Categories { feature, children, .. } => is_split(place, *feature, children),
            })
    }
}

/// Returns whether a category is in a set; `None` for a gap and for a category beyond the set.
fn is_in(set: &[u32], category: f64) -> Option<bool> {
    if category.is_nan() {
        return None;
    }
    let category = category as usize;
    let word = set.get(category / 32)?;
    Some(word >> (category % 32) & 1 == 1)
}
