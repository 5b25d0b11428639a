//! Growth of one tree, best leaf first.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::seq::index;

use super::bins::{BinKind, Binned, GAP};
use super::histogram::{Gradients, Histograms};
use super::split::{Rule, Split, SplitFinder, SplitSettings};
use super::tree::{Node, Tree};

/// The settings of growth.
#[derive(Clone, Debug)]
pub(super) struct TreeSettings {
    pub(super) split: SplitSettings,
    /// The largest number of leaves, at least 2.
    pub(super) max_leaves: usize,
    /// The largest number of splits between the root and a leaf.
    pub(super) max_depth: usize,
    /// The number of features that are tried for each split; all of them if it is none or too many.
    pub(super) columns_per_split: Option<usize>,
}

/// What is done with a leaf that is not split: its first row, its end, its entry, all rows.
type Close<'a> = dyn FnMut(usize, usize, &[f64], &[u32]) + 'a;

/// Grows trees on the same features. It keeps memory between trees.
pub(super) struct Grower<'a> {
    binned: &'a Binned,
    settings: &'a TreeSettings,
    buffers: Vec<Vec<f64>>,
    spare: Vec<u32>,
}

/// A leaf that can be split.
struct OpenLeaf {
    node: u32,
    begin: usize,
    end: usize,
    depth: usize,
    total: Vec<f64>,
    split: Split,
    histograms: Option<Histograms>,
}

impl PartialEq for OpenLeaf {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for OpenLeaf {}

impl PartialOrd for OpenLeaf {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OpenLeaf {
    /// Compares by gain; of equal ones the older node is larger.
    fn cmp(&self, other: &Self) -> Ordering {
        self.split.gain.total_cmp(&other.split.gain).then(other.node.cmp(&self.node))
    }
}

impl<'a> Grower<'a> {
    pub(super) fn new(binned: &'a Binned, settings: &'a TreeSettings) -> Self {
        Self { binned, settings, buffers: Vec::new(), spare: Vec::new() }
    }

    /// Grows a tree on some rows and columns. `rows` is reordered. `leaf` is called for each leaf
    /// with its rows, and returns its values, from the entry of the leaf.
    pub(super) fn grow(
        &mut self,
        rows: &mut [u32],
        columns: &[usize],
        gradients: &Gradients<'_>,
        rng: &mut StdRng,
        mut leaf: impl FnMut(&[u32], &[f64]) -> Vec<f64>,
    ) -> Tree {
        let mut tree = Tree::new(gradients.outputs);
        let root = tree.add_leaf();
        let total = gradients.total(rows);
        let mut open = BinaryHeap::new();
        let all = 0..rows.len();
        let first = Candidate { node: root, begin: all.start, end: all.end, depth: 0, total };
        self.consider(
            first,
            rows,
            columns,
            gradients,
            None,
            rng,
            &mut open,
            &mut |begin, end, total, rows| {
                tree.set_leaf(root, leaf(&rows[begin..end], total));
            },
        );
        let mut leaves = 1;
        while let Some(best) = open.pop() {
            if leaves >= self.settings.max_leaves {
                tree.set_leaf(best.node, leaf(&rows[best.begin..best.end], &best.total));
                self.keep(best.histograms);
                continue;
            }
            leaves += 1;
            self.divide(best, &mut tree, rows, columns, gradients, rng, &mut open, &mut leaf);
        }
        tree
    }

    /// Splits a leaf, and looks for the splits of its children.
    #[expect(clippy::too_many_arguments, reason = "the state of one growth")]
    fn divide(
        &mut self,
        parent: OpenLeaf,
        tree: &mut Tree,
        rows: &mut [u32],
        columns: &[usize],
        gradients: &Gradients<'_>,
        rng: &mut StdRng,
        open: &mut BinaryHeap<OpenLeaf>,
        leaf: &mut impl FnMut(&[u32], &[f64]) -> Vec<f64>,
    ) {
        let OpenLeaf { node, begin, end, depth, total, split, histograms } = parent;
        let middle = begin + self.partition(&mut rows[begin..end], &split);
        let children = [tree.add_leaf(), tree.add_leaf()];
        tree.set(node, self.node(&split, children));
        let right: Vec<f64> = total.iter().zip(&split.left).map(|(all, left)| all - left).collect();
        let depth = depth + 1;
        let [first, second] = [
            Candidate { node: children[0], begin, end: middle, depth, total: split.left },
            Candidate { node: children[1], begin: middle, end, depth, total: right },
        ];
        let (small, large) =
            if middle - begin <= end - middle { (first, second) } else { (second, first) };
        let parts = self.divide_histograms(histograms, [&small, &large], rows, columns, gradients);
        for (child, part) in [small, large].into_iter().zip(parts) {
            let node = child.node;
            self.consider(
                child,
                rows,
                columns,
                gradients,
                part,
                rng,
                open,
                &mut |begin, end, total, rows| {
                    tree.set_leaf(node, leaf(&rows[begin..end], total));
                },
            );
        }
    }

    /// Returns the histograms of the smaller and the larger child: the former are counted, the
    /// latter are what is left of the parent's. `None` where no child may be split.
    fn divide_histograms(
        &mut self,
        parent: Option<Histograms>,
        [small, large]: [&Candidate; 2],
        rows: &[u32],
        columns: &[usize],
        gradients: &Gradients<'_>,
    ) -> [Option<Histograms>; 2] {
        let Some(mut parent) = parent else {
            return [None, None];
        };
        if !self.may_split(small) && !self.may_split(large) {
            self.keep(Some(parent));
            return [None, None];
        }
        let buffer = self.buffers.pop().unwrap_or_default();
        let small_rows = &rows[small.begin..small.end];
        let own = Histograms::build(self.binned, columns, gradients, small_rows, buffer);
        parent.subtract(&own);
        [Some(own), Some(parent)]
    }

    fn may_split(&self, leaf: &Candidate) -> bool {
        let rows = leaf.end - leaf.begin;
        leaf.depth < self.settings.max_depth
            && rows as f64 >= 2.0 * self.settings.split.min_rows
            && rows > 1
    }

    /// Puts a leaf among those to split, or closes it.
    #[expect(clippy::too_many_arguments, reason = "the state of one growth")]
    fn consider(
        &mut self,
        leaf: Candidate,
        rows: &[u32],
        columns: &[usize],
        gradients: &Gradients<'_>,
        histograms: Option<Histograms>,
        rng: &mut StdRng,
        open: &mut BinaryHeap<OpenLeaf>,
        close: &mut Close<'_>,
    ) {
        if !self.may_split(&leaf) {
            self.keep(histograms);
            return close(leaf.begin, leaf.end, &leaf.total, rows);
        }
        let Candidate { node, begin, end, depth, total } = leaf;
        let tried = self.settings.columns_per_split.filter(|count| *count < columns.len());
        let drawn: Vec<usize>;
        let tried = match tried {
            None => columns,
            Some(count) => {
                let picks = index::sample(rng, columns.len(), count.max(1));
                drawn = picks.into_iter().map(|place| columns[place]).collect();
                &drawn
            }
        };
        let histograms = histograms.unwrap_or_else(|| {
            let buffer = self.buffers.pop().unwrap_or_default();
            Histograms::build(self.binned, tried, gradients, &rows[begin..end], buffer)
        });
        let finder = SplitFinder::new(self.binned, &self.settings.split, &total);
        let Some(split) = finder.find(tried, &histograms, rng) else {
            self.keep(Some(histograms));
            return close(begin, end, &total, rows);
        };
        let kept = if tried.len() == columns.len() {
            Some(histograms)
        } else {
            self.keep(Some(histograms));
            None
        };
        open.push(OpenLeaf { node, begin, end, depth, total, split, histograms: kept });
    }

    fn keep(&mut self, histograms: Option<Histograms>) {
        self.buffers.extend(histograms.map(Histograms::into_buffer));
    }

    /// Moves the rows of the left child to the front, in their order, and returns their number.
    fn partition(&mut self, rows: &mut [u32], split: &Split) -> usize {
        let column = &self.binned.columns[split.column];
        let goes_left = |row: u32| {
            let bin = column.bins[row as usize];
            if bin == GAP {
                return split.gaps_left;
            }
            let bin = usize::from(bin);
            match &split.rule {
                Rule::UpTo(last) => bin <= *last,
                Rule::Set(set) => set[bin / 32] >> (bin % 32) & 1 == 1,
            }
        };
        self.spare.clear();
        let mut left = 0;
        for place in 0..rows.len() {
            let row = rows[place];
            if goes_left(row) {
                rows[left] = row;
                left += 1;
            } else {
                self.spare.push(row);
            }
        }
        rows[left..].copy_from_slice(&self.spare);
        left
    }

    fn node(&self, split: &Split, children: [u32; 2]) -> Node {
        let feature = split.column as u32;
        let gaps_left = split.gaps_left;
        match (&split.rule, &self.binned.columns[split.column].kind) {
            (Rule::UpTo(bin), BinKind::Numbers { cuts }) => {
                // Beyond the last cut there is no number: the split separates the gaps.
                let threshold = cuts.get(*bin).copied().unwrap_or(f64::MAX);
                Node::Number { feature, threshold, gaps_left, children }
            }
            (Rule::UpTo(_), BinKind::Categories) => {
                unreachable!("categories are split into sets")
            }
            (Rule::Set(left), _) => {
                Node::Categories { feature, left: left.clone(), gaps_left, children }
            }
        }
    }
}

/// A leaf before its best split is known.
struct Candidate {
    node: u32,
    begin: usize,
    end: usize,
    depth: usize,
    total: Vec<f64>,
}
