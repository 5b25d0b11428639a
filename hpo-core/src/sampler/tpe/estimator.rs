//! A density over the configs of a space: a mixture of the prior and one product of kernels per
//! trial.
//!
//! On a parameter that a trial does not have, its kernel is the prior's. So trials of all branches
//! are in one mixture: all of them inform the shared parameters, and within a branch each trial's
//! parameters stay together.

use super::column::{Encoded, ParamColumn};
use super::column_store::LANES;
use super::kernel_settings::KernelSettings;
use super::kernels::Kernels;
use crate::numeric::exp::exp;

/// The number of rows that are summed at a time: a multiple of [`LANES`].
const BLOCK: usize = 64;

/// The logarithm of a density that adds nothing.
const NOTHING: f32 = -1e30;

/// The mixture. Row 0 is the prior.
#[derive(Clone, Debug)]
pub(super) struct Estimator {
    columns: Vec<Kernels>,
    settings: KernelSettings,
    /// The weight of each row, padded with 0 to whole blocks.
    weights: Vec<f32>,
    /// The logarithm of the sum of the weights.
    log_total: f64,
    present: Vec<bool>,
}

impl Estimator {
    /// Creates an estimator with only the prior. `has_prior` selects the user's prior, if there is
    /// one.
    pub(super) fn new(columns: &[ParamColumn], settings: KernelSettings, has_prior: bool) -> Self {
        let columns =
            columns.iter().map(|column| Kernels::new(column, settings, has_prior)).collect();
        let mut prior =
            Self { columns, settings, weights: Vec::new(), log_total: 0.0, present: vec![true] };
        prior.weigh(1.0, |_| 1.0);
        prior
    }

    /// Adds a row that takes no part yet, and returns its index.
    pub(super) fn push(&mut self) -> usize {
        self.columns.iter_mut().for_each(Kernels::push);
        self.present.push(false);
        self.present.len() - 1
    }

    /// Removes the last row.
    pub(super) fn pop(&mut self) {
        self.remove_kernel(self.present.len() - 1);
        self.columns.iter_mut().for_each(Kernels::pop);
        self.present.pop();
    }

    /// Removes some rows, in descending order, then inserts others that take part, in ascending
    /// order.
    pub(super) fn exchange(&mut self, removed: &[usize], inserted: &[(usize, Vec<f64>)]) {
        for (parameter, column) in self.columns.iter_mut().enumerate() {
            for row in removed {
                column.remove(*row);
            }
            for (row, point) in inserted {
                column.insert(*row, point[parameter]);
            }
            column.refit(self.settings);
        }
        self.present.truncate(self.present.len() - removed.len());
        self.present.resize(self.present.len() + inserted.len(), true);
    }

    /// Adds a kernel for a row, with a position for each parameter; NaN for inactive ones.
    pub(super) fn insert_kernel(&mut self, row: usize, point: &[f64]) {
        self.present[row] = true;
        for (column, position) in
            self.columns.iter_mut().zip(point).filter(|(_, position)| !position.is_nan())
        {
            column.insert_kernel(row, *position, self.settings);
        }
    }

    /// Removes the kernel of a row, which takes no part any longer.
    pub(super) fn remove_kernel(&mut self, row: usize) {
        self.present[row] = false;
        for column in &mut self.columns {
            column.remove_kernel(row, self.settings);
        }
    }

    /// Returns the number of trials that take part.
    pub(super) fn len(&self) -> usize {
        self.present.iter().skip(1).filter(|present| **present).count()
    }

    /// Sets the weights of the prior and of the rows that take part, each by its index among those.
    /// All other rows have weight 0.
    pub(super) fn weigh(&mut self, prior: f64, mut weight: impl FnMut(usize) -> f64) {
        self.weights.clear();
        self.weights.push(prior as f32);
        let mut index = 0;
        for present in &self.present[1..] {
            self.weights.push(if *present { weight(index) as f32 } else { 0.0 });
            index += usize::from(*present);
        }
        self.log_total = self.weights.iter().map(|weight| f64::from(*weight)).sum::<f64>().ln();
        self.weights.resize(self.weights.len().next_multiple_of(BLOCK), 0.0);
    }

    /// Draws a row by its weight, using a uniform number, among those for which `fits` is true; the
    /// prior if there are none.
    pub(super) fn row(&self, unit: f64, fits: impl Fn(usize) -> bool) -> usize {
        let fitting = || (0..self.present.len()).filter(|row| fits(*row));
        let total: f64 = fitting().map(|row| f64::from(self.weights[row])).sum();
        let mut remaining = unit * total;
        for row in fitting() {
            remaining -= f64::from(self.weights[row]);
            if remaining < 0.0 {
                return row;
            }
        }
        0
    }

    /// Returns the kernels on a parameter.
    pub(super) fn kernels(&self, parameter: usize) -> &Kernels {
        &self.columns[parameter]
    }

    /// Returns the settings of the kernels.
    pub(super) fn settings(&self) -> KernelSettings {
        self.settings
    }

    /// Returns the logarithm of the density at a point. Returns `None` as soon as it exceeds
    /// `limit`. The latest trials are added first, since they are nearest to where the search is.
    pub(super) fn log_density(&self, point: &[Encoded], limit: f64) -> Option<f64> {
        let rows = self.present.len();
        let mut sum = LogSumExp { most: f32::NEG_INFINITY, sum: 0.0 };
        let mut density = f64::NEG_INFINITY;
        for (block, weights) in self.weights.chunks_exact(BLOCK).enumerate().rev() {
            let used = BLOCK.min(rows - block * BLOCK);
            let lanes = used.next_multiple_of(LANES);
            let mut logarithms = [0.0; BLOCK];
            for (column, encoded) in
                self.columns.iter().zip(point).filter(|(_, encoded)| !encoded.position.is_nan())
            {
                column.add(*encoded, block * BLOCK, &mut logarithms[..lanes]);
            }
            logarithms[used..].fill(NOTHING);
            sum.add(&logarithms[..lanes], weights);
            density = sum.ln() - self.log_total;
            if density > limit {
                return None;
            }
        }
        Some(density)
    }
}

/// A sum of exponentials, relative to the largest one.
#[derive(Clone, Copy)]
struct LogSumExp {
    most: f32,
    sum: f64,
}

impl LogSumExp {
    fn ln(self) -> f64 {
        f64::from(self.most) + self.sum.ln()
    }

    fn add(&mut self, logarithms: &[f32], weights: &[f32]) {
        // There are no NaNs to consider here.
        let larger = |a: f32, b: f32| if a > b { a } else { b };
        let mut lanes = [self.most; LANES];
        for chunk in logarithms.chunks_exact(LANES) {
            for (most, logarithm) in lanes.iter_mut().zip(chunk) {
                *most = larger(*logarithm, *most);
            }
        }
        let most = lanes.into_iter().fold(self.most, larger);
        if most > self.most {
            self.sum *= f64::from(self.most - most).exp();
            self.most = most;
        }
        let mut sums = [0.0_f32; LANES];
        for (logarithms, weights) in logarithms.chunks_exact(LANES).zip(weights.chunks_exact(LANES))
        {
            for lane in 0..LANES {
                sums[lane] += weights[lane] * exp(logarithms[lane] - most);
            }
        }
        self.sum += sums.iter().map(|sum| f64::from(*sum)).sum::<f64>();
    }
}
