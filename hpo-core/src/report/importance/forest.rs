//! Regression trees grown on bootstrap samples (Breiman 2001), stored as the boxes of their leaves.
//!
//! A node is split where this lowers the sum of squares most, over all parameters. A split on a
//! number lies in the middle between two values; a split on a choice separates one choice from the
//! rest. Among equally good splits the first one is used, and the parameters are in random order at
//! each node. Otherwise the first parameters would get all splits of small nodes, where many are
//! equally good.

use crate::rng::Rng;
use crate::space::ParamKind;

/// The training data: the positions of each feature, column by column, and one value per row.
#[derive(Clone, Debug)]
pub(super) struct TrainingTable {
    pub(super) features: Vec<ParamKind>,
    pub(super) positions: Vec<Vec<f64>>,
    pub(super) values: Vec<f64>,
}

/// A regression tree, represented by its leaves.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) leaves: Vec<Leaf>,
    /// The reduction of the sum of squares by the splits of each feature.
    pub(super) gains: Vec<f64>,
}

/// A box of the space and the prediction within it.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) value: f64,
    /// The extent of the box along each feature.
    pub(super) sides: Vec<Side>,
}

/// The extent of a box along one feature.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Side {
    /// The interval between two positions.
    Span(f64, f64),
    /// The subset of choices: true for each choice within the box.
    Among(Vec<bool>),
}

impl Side {
    pub(super) fn full(feature: ParamKind) -> Self {
        match feature {
            ParamKind::Number => Side::Span(0.0, 1.0),
            ParamKind::Choices(count) => Side::Among(vec![true; count as usize]),
        }
    }

    /// Returns the share of the feature's range that it covers.
    pub(super) fn length(&self) -> f64 {
        match self {
            Side::Span(from, to) => to - from,
            Side::Among(choices) => {
                choices.iter().filter(|is_in| **is_in).count() as f64 / choices.len() as f64
            }
        }
    }

    /// Cuts the side in two: the part up to `at`, or the choice `at`; and the rest.
    fn cut(&self, at: f64) -> [Self; 2] {
        match self {
            Side::Span(from, to) => [Side::Span(*from, at), Side::Span(at, *to)],
            Side::Among(choices) => {
                let mut rest = choices.clone();
                rest[at as usize] = false;
                let mut one = vec![false; choices.len()];
                one[at as usize] = true;
                [Side::Among(one), Side::Among(rest)]
            }
        }
    }
}

/// A node of a tree that is not yet split, with its rows.
struct OpenNode {
    /// The rows for each feature: in order of their positions for numbers, in any order for
    /// choices.
    sorted: Vec<Vec<u32>>,
    sides: Vec<Side>,
    depth: u32,
}

/// A split of a node, with its gain.
#[derive(Clone, Copy, Debug)]
struct Split {
    feature: usize,
    at: f64,
    gain: f64,
}

/// The weighted count and sum of values.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    count: f64,
    total: f64,
}

impl Sum {
    fn add(&mut self, weight: f64, value: f64) {
        self.count += weight;
        self.total += weight * value;
    }

    fn without(self, other: Sum) -> Sum {
        Sum { count: self.count - other.count, total: self.total - other.total }
    }

    fn square(self) -> f64 {
        self.total * self.total / self.count
    }
}

/// The state of growing one tree: the number of times each row was drawn, and the random order of
/// the features.
struct Growth<'a> {
    table: &'a TrainingTable,
    weights: Vec<f64>,
    /// The values minus their mean.
    values: Vec<f64>,
    order: Vec<usize>,
}

impl Tree {
    /// Returns a tree grown on a bootstrap sample.
    pub(super) fn grown(table: &TrainingTable, depth: u32, rng: &mut Rng) -> Self {
        let rows = table.values.len();
        let mut weights = vec![0.0; rows];
        for _ in 0..rows {
            weights[rng.below_or_at(rows as u64 - 1) as usize] += 1.0;
        }
        let mean = table.values.iter().sum::<f64>() / rows as f64;
        let values = table.values.iter().map(|value| value - mean).collect();
        let mut growth =
            Growth { table, weights, values, order: (0..table.features.len()).collect() };
        let mut open = vec![growth.root()];
        let (mut leaves, mut gains) = (Vec::new(), vec![0.0; table.features.len()]);
        while let Some(node) = open.pop() {
            let split = if node.depth < depth { growth.best_split(&node, rng) } else { None };
            match split {
                Some(split) => {
                    gains[split.feature] +=
                        (split.gain - growth.sum(&node.sorted[0]).square()).max(0.0);
                    open.extend(growth.split(node, split));
                }
                None => leaves.push(Leaf { value: growth.mean(&node), sides: node.sides }),
            }
        }
        Self { leaves, gains }
    }
}

impl Growth<'_> {
    fn root(&self) -> OpenNode {
        let drawn: Vec<u32> = (0..self.weights.len() as u32)
            .filter(|row| self.weights[*row as usize] > 0.0)
            .collect();
        let sorted = |(feature, positions): (&ParamKind, &Vec<f64>)| {
            let mut rows = drawn.clone();
            if *feature == ParamKind::Number {
                rows.sort_by(|a, b| positions[*a as usize].total_cmp(&positions[*b as usize]));
            }
            rows
        };
        let sides = self.table.features.iter().map(|feature| Side::full(*feature)).collect();
        OpenNode {
            sorted: self.table.features.iter().zip(&self.table.positions).map(sorted).collect(),
            sides,
            depth: 0,
        }
    }

    fn sum(&self, rows: &[u32]) -> Sum {
        let mut sum = Sum::default();
        for row in rows {
            sum.add(self.weights[*row as usize], self.values[*row as usize]);
        }
        sum
    }

    fn mean(&self, node: &OpenNode) -> f64 {
        let sum = self.sum(&node.sorted[0]);
        sum.total / sum.count
    }

    /// Returns the best split of a node, or `None` if all rows have the same value or no feature
    /// separates them.
    fn best_split(&mut self, node: &OpenNode, rng: &mut Rng) -> Option<Split> {
        let rows = &node.sorted[0];
        let first = self.values[rows[0] as usize];
        if rows.iter().all(|row| self.values[*row as usize] == first) {
            return None;
        }
        let all = self.sum(rows);
        let mut best: Option<Split> = None;
        for index in (0..self.order.len()).rev() {
            let other = rng.below_or_at(index as u64) as usize;
            self.order.swap(index, other);
            let feature = self.order[index];
            let candidate = match self.table.features[feature] {
                ParamKind::Number => self.between_numbers(feature, &node.sorted[feature], all),
                ParamKind::Choices(count) => {
                    self.one_from_the_rest(feature, &node.sorted[feature], count as usize, all)
                }
            };
            if let Some(candidate) =
                candidate.filter(|candidate| best.is_none_or(|best| candidate.gain > best.gain))
            {
                best = Some(candidate);
            }
        }
        best
    }

    fn between_numbers(&self, feature: usize, rows: &[u32], all: Sum) -> Option<Split> {
        /// The distance up to which two numbers are not separated.
        const LEAST_GAP: f64 = 1e-7;
        let positions = &self.table.positions[feature];
        let mut left = Sum::default();
        let mut best: Option<Split> = None;
        for pair in rows.windows(2) {
            let [row, next] = [pair[0] as usize, pair[1] as usize];
            left.add(self.weights[row], self.values[row]);
            if positions[next] - positions[row] <= LEAST_GAP {
                continue;
            }
            let gain = left.square() + all.without(left).square();
            if best.is_none_or(|best| gain > best.gain) {
                best = Some(Split { feature, at: 0.5 * (positions[row] + positions[next]), gain });
            }
        }
        best
    }

    fn one_from_the_rest(
        &self,
        feature: usize,
        rows: &[u32],
        count: usize,
        all: Sum,
    ) -> Option<Split> {
        let mut sums = vec![Sum::default(); count];
        for row in rows {
            let row = *row as usize;
            sums[self.table.positions[feature][row] as usize]
                .add(self.weights[row], self.values[row]);
        }
        let splits =
            (0_u32..).zip(&sums).filter(|(_, sum)| sum.count > 0.0 && sum.count < all.count);
        let splits = splits.map(|(choice, sum)| {
            let gain = sum.square() + all.without(*sum).square();
            Split { feature, at: f64::from(choice), gain }
        });
        splits.max_by(|a, b| a.gain.total_cmp(&b.gain))
    }

    fn split(&self, node: OpenNode, split: Split) -> [OpenNode; 2] {
        let positions = &self.table.positions[split.feature];
        let is_first = |row: &u32| match self.table.features[split.feature] {
            ParamKind::Number => positions[*row as usize] <= split.at,
            ParamKind::Choices(_) => positions[*row as usize] == split.at,
        };
        // Partitioning keeps the rows in order.
        let (first, second) =
            node.sorted.iter().map(|rows| rows.iter().partition(|row| is_first(row))).unzip();
        let mut sides = [node.sides.clone(), node.sides];
        let [one, other] = sides[0][split.feature].cut(split.at);
        (sides[0][split.feature], sides[1][split.feature]) = (one, other);
        let [of_first, of_second] = sides;
        let depth = node.depth + 1;
        [
            OpenNode { sorted: first, sides: of_first, depth },
            OpenNode { sorted: second, sides: of_second, depth },
        ]
    }
}
