//! A density over the configs of a space: a mixture of one product of kernels for each trial, and the prior.
//!
//! The kernel of a trial on a parameter that it does not have is the prior's. So trials of all branches take part in one
//! mixture: what they share is told by all of them, and within a branch each trial's parameters stay together.

use super::column::{Column, Encoded};
use super::column_store::LANES;
use super::kernel_settings::KernelSettings;
use super::kernels::Kernels;
use crate::numeric::exp::exp;

/// Rows that are summed at a time: whole [`LANES`].
const BLOCK: usize = 64;

/// The logarithm of a density that adds nothing.
const NOTHING: f32 = -1e30;

/// The mixture. Row 0 is the prior.
#[derive(Clone, Debug)]
pub(super) struct Estimator {
    columns: Vec<Kernels>,
    shape: KernelSettings,
    /// Whole blocks of them, those beyond the last row being 0.
    weights: Vec<f32>,
    /// The logarithm of their sum.
    log_total: f64,
    present: Vec<bool>,
}

impl Estimator {
    /// Only the prior; with what the user believes in it, if asked to.
    pub(super) fn new(columns: &[Column], shape: KernelSettings, has_prior: bool) -> Self {
        let columns = columns.iter().map(|column| Kernels::new(column, shape, has_prior)).collect();
        let mut prior = Self { columns, shape, weights: Vec::new(), log_total: 0.0, present: vec![true] };
        prior.weigh(1.0, |_| 1.0);
        prior
    }

    /// Adds a row that takes no part yet.
    pub(super) fn push(&mut self) -> usize {
        self.columns.iter_mut().for_each(Kernels::push);
        self.present.push(false);
        self.present.len() - 1
    }

    /// Takes the last row away.
    pub(super) fn pop(&mut self) {
        self.remove_kernel(self.present.len() - 1);
        self.columns.iter_mut().for_each(Kernels::pop);
        self.present.pop();
    }

    /// Takes some rows away, the last one first, then inserts others that take part, the first one first.
    pub(super) fn exchange(&mut self, gone: &[usize], new: &[(usize, Vec<f64>)]) {
        for (slot, column) in self.columns.iter_mut().enumerate() {
            for row in gone {
                column.remove(*row);
            }
            for (row, point) in new {
                column.insert(*row, point[slot]);
            }
            column.refit(self.shape);
        }
        self.present.truncate(self.present.len() - gone.len());
        self.present.resize(self.present.len() + new.len(), true);
    }

    /// Lets a row take part, with a place for each parameter; NaN for those that it does not have.
    pub(super) fn insert_kernel(&mut self, row: usize, point: &[f64]) {
        self.present[row] = true;
        for (column, place) in self.columns.iter_mut().zip(point).filter(|(_, place)| !place.is_nan()) {
            column.insert_kernel(row, *place, self.shape);
        }
    }

    /// Lets a row take part no longer.
    pub(super) fn remove_kernel(&mut self, row: usize) {
        self.present[row] = false;
        for column in &mut self.columns {
            column.remove_kernel(row, self.shape);
        }
    }

    /// The number of trials that take part.
    pub(super) fn len(&self) -> usize {
        self.present.iter().skip(1).filter(|present| **present).count()
    }

    /// Weighs the rows that take part beside the prior, each by its place among those; all others weigh nothing.
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

    /// A row by its weight, for a uniform number, of those for which `fits`; the prior if there is none.
    pub(super) fn row(&self, unit: f64, fits: impl Fn(usize) -> bool) -> usize {
        let fitting = || (0..self.present.len()).filter(|row| fits(*row));
        let total: f64 = fitting().map(|row| f64::from(self.weights[row])).sum();
        let mut left = unit * total;
        for row in fitting() {
            left -= f64::from(self.weights[row]);
            if left < 0.0 {
                return row;
            }
        }
        0
    }

    /// The kernels on a parameter.
    pub(super) fn kernels(&self, slot: usize) -> &Kernels {
        &self.columns[slot]
    }

    /// How the kernels are shaped.
    pub(super) fn shape(&self) -> KernelSettings {
        self.shape
    }

    /// The logarithm of the density at a point. `None` as soon as it is seen to be over a limit: the latest trials, which are nearest
    /// to where the search is, are looked at first.
    pub(super) fn log_density(&self, point: &[Encoded], limit: f64) -> Option<f64> {
        let rows = self.present.len();
        let mut sum = LogSumExp { most: f32::NEG_INFINITY, sum: 0.0 };
        let mut density = f64::NEG_INFINITY;
        for (block, weights) in self.weights.chunks_exact(BLOCK).enumerate().rev() {
            let used = BLOCK.min(rows - block * BLOCK);
            let lanes = used.next_multiple_of(LANES);
            let mut logarithms = [0.0; BLOCK];
            for (column, encoded) in self.columns.iter().zip(point).filter(|(_, encoded)| !encoded.place.is_nan()) {
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
        // There is no NaN to be told from a number.
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
        for (logarithms, weights) in logarithms.chunks_exact(LANES).zip(weights.chunks_exact(LANES)) {
            for lane in 0..LANES {
                sums[lane] += weights[lane] * exp(logarithms[lane] - most);
            }
        }
        self.sum += sums.iter().map(|sum| f64::from(*sum)).sum::<f64>();
    }
}
