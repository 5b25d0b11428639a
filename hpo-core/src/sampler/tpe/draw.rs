//! Candidates: configs drawn from the density of good trials, by one walk through the tree each.
//!
//! A candidate follows one trial, or the prior. Where the tree takes it into a branch in which that trial was not, it goes on
//! after one that was, so that what was good together stays together there too.

use std::sync::Arc;

use super::column::{Column, snapped};
use super::estimator::Estimator;
use crate::rng::Rng;
use crate::space::{Condition, Params, Parent, Slots, Value};

/// Candidates, one after another: places and values by slot.
#[derive(Debug)]
pub(super) struct Candidates<'a> {
    slots: &'a Arc<Slots>,
    columns: &'a [Column],
    /// NaN for parameters that a candidate does not have.
    places: Vec<f64>,
    values: Vec<Value>,
}

impl<'a> Candidates<'a> {
    /// So many of them.
    pub(super) fn draw(
        slots: &'a Arc<Slots>,
        columns: &'a [Column],
        good: &Estimator,
        count: u32,
        rng: &mut Rng,
    ) -> Self {
        let size = count as usize * slots.len();
        let mut drawn = Self { slots, columns, places: Vec::with_capacity(size), values: Vec::with_capacity(size) };
        for _ in 0..count {
            drawn.add(good, rng);
        }
        drawn
    }

    fn add(&mut self, good: &Estimator, rng: &mut Rng) {
        let start = self.places.len();
        let row = good.row(rng.unit(), |_| true);
        let mut other = 0;
        for (index, slot) in self.slots.iter().enumerate() {
            let (place, value) = if self.is_active(start, slot.parent()) {
                let kernels = good.kernels(index);
                let follows = |row: usize| row == 0 || kernels.has(row);
                if !follows(row) && (other == 0 || !follows(other)) {
                    other = good.row(rng.unit(), follows);
                }
                let followed = if follows(row) { row } else { other };
                snapped(&self.columns[index], slot, kernels.draw(followed, good.shape(), &mut || rng.unit()))
            } else {
                (f64::NAN, Value::Choice(0))
            };
            self.places.push(place);
            self.values.push(value);
        }
    }

    /// Whether the candidate that starts here has the parameters below another one.
    fn is_active(&self, start: usize, parent: Option<Parent>) -> bool {
        let Some(Parent { slot, condition }) = parent else {
            return true;
        };
        let (place, value) = (self.places[start + slot as usize], self.values[start + slot as usize]);
        let holds = match condition {
            Condition::Over(element) => value.as_int().is_some_and(|len| len > i128::from(element)),
            condition => value.as_choice().is_some_and(|choice| condition.holds(choice)),
        };
        holds && !place.is_nan()
    }

    /// The one of those allowed that is likeliest to be good: of the highest density among the good ones beside that among the
    /// rest. The first one if none is allowed.
    pub(super) fn likeliest(&self, good: &Estimator, rest: &Estimator, is_allowed: &dyn Fn(usize) -> bool) -> usize {
        let point = |index: usize| &self.places[index * self.slots.len()..][..self.slots.len()];
        let count = self.places.len() / self.slots.len().max(1);
        let density = |index| good.log_density(point(index), f64::INFINITY).unwrap_or(0.0);
        let densities = (0..count).filter(|index| is_allowed(*index)).map(|index| (density(index), index));
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
