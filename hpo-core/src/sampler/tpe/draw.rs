//! Candidates: configs of one branch, drawn from the density of good trials.
//!
//! A candidate follows one trial, or the prior. Where the trial does not have a parameter, it goes on after one that does, so
//! that what was good together stays together there too.

use std::sync::Arc;

use super::branch::Branch;
use super::column::{Column, snapped};
use super::estimator::Estimator;
use crate::rng::Rng;
use crate::space::{Params, Slots, Value};

/// Candidates, one after another: places and values by slot.
#[derive(Debug)]
pub(super) struct Candidates<'a> {
    slots: &'a Arc<Slots>,
    /// NaN for what was decided before, and for parameters that the branch does not have.
    pub(super) places: Vec<f64>,
    values: Vec<Value>,
}

impl<'a> Candidates<'a> {
    /// So many of them.
    pub(super) fn draw(
        slots: &'a Arc<Slots>,
        columns: &[Column],
        branch: &Branch,
        good: &Estimator,
        count: u32,
        rng: &mut Rng,
    ) -> Self {
        let size = count as usize * slots.len();
        let mut drawn = Self { slots, places: Vec::with_capacity(size), values: Vec::with_capacity(size) };
        for _ in 0..count {
            drawn.add(columns, branch, good, rng);
        }
        drawn
    }

    fn add(&mut self, columns: &[Column], branch: &Branch, good: &Estimator, rng: &mut Rng) {
        let row = good.row(rng.unit(), |_| true);
        let mut other = 0;
        for (index, slot) in self.slots.iter().enumerate() {
            let decided = branch.decided[index];
            let (place, value) = if !branch.active[index] {
                (f64::NAN, Value::Choice(0))
            } else if decided.is_nan() {
                let kernels = good.kernels(index);
                let follows = |row: usize| row == 0 || kernels.has(row);
                if !follows(row) && (other == 0 || !follows(other)) {
                    other = good.row(rng.unit(), follows);
                }
                let followed = if follows(row) { row } else { other };
                snapped(&columns[index], slot, kernels.draw(followed, good.shape(), &mut || rng.unit()))
            } else {
                (f64::NAN, snapped(&columns[index], slot, decided).1)
            };
            self.places.push(place);
            self.values.push(value);
        }
    }

    /// The one of those allowed that is likeliest to be good: of the highest density among the good ones beside that among the
    /// rest. The first one if none is allowed.
    pub(super) fn likeliest(&self, good: &Estimator, rest: &Estimator, is_allowed: &dyn Fn(usize) -> bool) -> usize {
        let point = |index: usize| &self.places[index * self.slots.len()..][..self.slots.len()];
        let count = self.places.len() / self.slots.len().max(1);
        let densities = (0..count)
            .filter(|index| is_allowed(*index))
            .map(|index| (good.log_density(point(index), f64::INFINITY).unwrap_or(0.0), index));
        let mut densities: Vec<(f64, usize)> = densities.collect();
        densities.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut best = (f64::NEG_INFINITY, 0);
        for (density, index) in densities {
            if let Some(rest) = rest.log_density(point(index), density - best.0)
                && density - rest > best.0
            {
                best = (density - rest, index);
            }
        }
        best.1
    }

    /// The config of one of them.
    pub(super) fn params(&self, index: usize) -> Params {
        let start = index * self.slots.len();
        self.slots.fill(|slot, _| self.values[start + slot as usize])
    }
}
