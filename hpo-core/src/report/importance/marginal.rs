//! The variance of a tree over the whole space that one parameter, or a pair, explains.
//!
//! Along a feature, the ends of all leaves' sides cut `[0, 1]` into cells, and the mean over all
//! other features is constant in each cell. A leaf covers runs of cells. So only the corners of the
//! covered region are recorded, and prefix sums give the means of all cells.

use super::forest::{Leaf, Side, Tree};
use crate::space::ParamKind;

/// A tree, prepared for marginal variances.
#[derive(Clone, Debug)]
pub(super) struct Marginals {
    leaves: Vec<Leaf>,
    /// The share of the space that each leaf covers.
    volumes: Vec<f64>,
    cells: Vec<Cells>,
    mean: f64,
    /// The variance of the prediction over the whole space.
    pub(super) variance: f64,
    /// The variance that each feature explains.
    explained: Vec<f64>,
}

/// The cells along a feature, given by their ends: one more than there are cells.
#[derive(Clone, Debug)]
struct Cells(Vec<f64>);

impl Cells {
    fn of(feature: ParamKind, leaves: &[Leaf], index: usize) -> Self {
        let mut edges: Vec<f64> = match feature {
            ParamKind::Choices(count) => {
                (0..=count).map(|choice| f64::from(choice) / f64::from(count)).collect()
            }
            ParamKind::Number => leaves.iter().flat_map(|leaf| edges(&leaf.sides[index])).collect(),
        };
        edges.sort_unstable_by(f64::total_cmp);
        edges.dedup();
        Self(edges)
    }

    fn len(&self) -> usize {
        self.0.len() - 1
    }

    fn widths(&self) -> impl Iterator<Item = f64> {
        self.0.windows(2).map(|edges| edges[1] - edges[0])
    }

    /// Returns the runs of cells that a side covers, as half-open ranges `(first, end)`.
    fn runs(&self, side: &Side) -> Vec<(usize, usize)> {
        match side {
            Side::Span(from, to) => {
                let index = |end: f64| self.0.partition_point(|other| *other < end);
                vec![(index(*from), index(*to))]
            }
            Side::Among(choices) => {
                let mut runs: Vec<(usize, usize)> = Vec::new();
                for (cell, _) in choices.iter().enumerate().filter(|(_, is_in)| **is_in) {
                    match runs.last_mut() {
                        Some((_, end)) if *end == cell => *end += 1,
                        _ => runs.push((cell, cell + 1)),
                    }
                }
                runs
            }
        }
    }
}

fn edges(side: &Side) -> [f64; 2] {
    match side {
        Side::Span(from, to) => [*from, *to],
        Side::Among(_) => [0.0, 1.0],
    }
}

impl Marginals {
    pub(super) fn new(tree: Tree, features: &[ParamKind]) -> Self {
        let leaves = tree.leaves;
        let volumes: Vec<f64> =
            leaves.iter().map(|leaf| leaf.sides.iter().map(Side::length).product()).collect();
        let mean: f64 = leaves.iter().zip(&volumes).map(|(leaf, volume)| leaf.value * volume).sum();
        let variance = leaves
            .iter()
            .zip(&volumes)
            .map(|(leaf, volume)| (leaf.value - mean).powi(2) * volume)
            .sum();
        let cells = features
            .iter()
            .enumerate()
            .map(|(index, feature)| Cells::of(*feature, &leaves, index))
            .collect();
        let mut own = Self { leaves, volumes, cells, mean, variance, explained: Vec::new() };
        own.explained = (0..features.len()).map(|feature| own.variance_of(feature)).collect();
        own
    }

    /// Returns the share of the variance that a feature explains.
    pub(super) fn main_effect(&self, feature: usize) -> f64 {
        self.explained[feature] / self.variance
    }

    /// Returns the share of the variance that two features explain beyond their single effects.
    pub(super) fn interaction(&self, a: usize, b: usize) -> f64 {
        let both = self.variance_of_both(a, b);
        ((both - self.explained[a] - self.explained[b]) / self.variance).max(0.0)
    }

    fn variance_of(&self, feature: usize) -> f64 {
        let cells = &self.cells[feature];
        let mut changes = vec![0.0; cells.len() + 1];
        for (leaf, volume) in self.leaves.iter().zip(&self.volumes) {
            let side = &leaf.sides[feature];
            let height = (leaf.value - self.mean) * volume / side.length();
            for (from, to) in cells.runs(side) {
                changes[from] += height;
                changes[to] -= height;
            }
        }
        let mut height = 0.0;
        let squares = cells.widths().zip(&changes).map(|(width, change)| {
            height += change;
            width * height * height
        });
        squares.sum()
    }

    fn variance_of_both(&self, a: usize, b: usize) -> f64 {
        let (rows, columns) = (&self.cells[a], &self.cells[b]);
        let stride = columns.len() + 1;
        let mut changes = vec![0.0; (rows.len() + 1) * stride];
        for (leaf, volume) in self.leaves.iter().zip(&self.volumes) {
            let [first, second] = [&leaf.sides[a], &leaf.sides[b]];
            let height = (leaf.value - self.mean) * volume / first.length() / second.length();
            let second = columns.runs(second);
            for (top, bottom) in rows.runs(first) {
                for (left, right) in &second {
                    changes[top * stride + left] += height;
                    changes[top * stride + right] -= height;
                    changes[bottom * stride + left] -= height;
                    changes[bottom * stride + right] += height;
                }
            }
        }
        let widths: Vec<f64> = columns.widths().collect();
        let mut above = vec![0.0; stride];
        let mut sum = 0.0;
        for (row, width) in changes.chunks_exact(stride).zip(rows.widths()) {
            let mut height = 0.0;
            for ((above, change), other) in above.iter_mut().zip(row).zip(&widths) {
                // The prefix sum along the row is added to that of the rows above.
                *above += change;
                height += *above;
                sum += width * other * height * height;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::super::forest::TrainingTable;
    use super::*;
    use crate::rng::Rng;

    /// Returns a table with every point of a grid, several times, so that each bootstrap sample
    /// contains all of them.
    fn table(value: impl Fn(f64, usize) -> f64) -> TrainingTable {
        let points: Vec<(f64, usize)> =
            (0..400).map(|row| ([0.25, 0.75][row % 2], row / 2 % 2)).collect();
        TrainingTable {
            features: vec![ParamKind::Number, ParamKind::Choices(2)],
            positions: vec![
                points.iter().map(|point| point.0).collect(),
                points.iter().map(|point| point.1 as f64).collect(),
            ],
            values: points.iter().map(|point| value(point.0, point.1)).collect(),
        }
    }

    fn shares(value: impl Fn(f64, usize) -> f64) -> [f64; 3] {
        let table = table(value);
        let tree = Tree::grown(&table, 64, &mut Rng::derive(1, 1));
        let marginals = Marginals::new(tree, &table.features);
        [marginals.main_effect(0), marginals.main_effect(1), marginals.interaction(0, 1)]
    }

    fn is_near(found: [f64; 3], expected: [f64; 3]) -> bool {
        found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-9)
    }

    #[test]
    fn the_shares_of_known_functions_are_exact() {
        let sum = shares(|x, choice| f64::from(x > 0.5) + 3.0 * choice as f64);
        assert!(is_near(sum, [0.1, 0.9, 0.0]), "{sum:?}");
        let either = shares(|x, choice| f64::from((x > 0.5) != (choice > 0)));
        assert!(is_near(either, [0.0, 0.0, 1.0]), "{either:?}");
    }
}
