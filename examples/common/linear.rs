//! A linear classifier that learns step by step: one line a class, hinge loss, squared weights at a
//! price, stochastic gradients ([Bottou 2012](https://doi.org/10.1007/978-3-642-35289-8_25),
//! section 5). linfa has none.

use hpo_core::rand::SeedableRng;
use hpo_core::rand::rngs::StdRng;
use hpo_core::rand::seq::SliceRandom;
use hpo_linfa::data::Dataset;
use ndarray::{Array1, Array2, ArrayView1, Axis};

/// A line a class, each of which tells the class from the rest. Classes are numbers from 0.
#[derive(Debug)]
pub struct Linear {
    weights: Array2<f64>,
    shifts: Array1<f64>,
    alpha: f64,
    updates: u64,
    rng: StdRng,
}

impl Linear {
    /// Knows nothing yet. `alpha`, above 0, is the price of the squared weights.
    #[must_use]
    pub fn new(features: usize, classes: usize, alpha: f64, seed: u64) -> Self {
        let (weights, shifts) = (Array2::zeros((classes, features)), Array1::zeros(classes));
        Self { weights, shifts, alpha, updates: 0, rng: StdRng::seed_from_u64(seed) }
    }

    /// Goes through all rows once, in a random order.
    pub fn step(&mut self, train: &Dataset<usize>) {
        let mut order: Vec<usize> = (0..train.targets.len()).collect();
        order.shuffle(&mut self.rng);
        for row in order {
            self.learn(&train.records.row(row), train.targets[row]);
        }
    }

    /// The class whose line is highest over each row.
    #[must_use]
    pub fn predict(&self, records: &Array2<f64>) -> Array1<usize> {
        let heights = records.dot(&self.weights.t()) + &self.shifts;
        let highest = |row: ArrayView1<'_, f64>| {
            (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap_or_default()
        };
        heights.map_axis(Axis(1), highest)
    }

    /// The rate falls with the number of updates; at first it is the size of a typical weight,
    /// `alpha^(-1/4)`.
    fn learn(&mut self, features: &ArrayView1<'_, f64>, class: usize) {
        let first = self.alpha.powf(-0.25);
        let rate = first / (1.0 + first * self.alpha * self.updates as f64);
        self.updates += 1;
        for (index, mut weights) in self.weights.rows_mut().into_iter().enumerate() {
            let sign = if index == class { 1.0 } else { -1.0 };
            let margin = sign * (weights.dot(features) + self.shifts[index]);
            weights *= 1.0 - rate * self.alpha;
            if margin < 1.0 {
                weights.scaled_add(rate * sign, features);
                self.shifts[index] += rate * sign;
            }
        }
    }
}
