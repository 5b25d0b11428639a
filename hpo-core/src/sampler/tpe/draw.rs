//! Candidates: configs drawn from the density of good trials, by one walk through the tree each.
//!
//! A candidate follows one trial, or the prior. Where the tree takes it into a branch in which that trial was not, it goes on
//! after one that was, so that what was good together stays together there too.

use std::sync::Arc;

use super::column::Column;
use super::estimator::Estimator;
use crate::rng::Rng;
use crate::space::{Cardinality, Condition, Params, Parent, Slots, Value};

/// Candidates, one after another: places and values by slot.
#[derive(Debug)]
pub(super) struct Candidates<'a> {
    slots: &'a Arc<Slots>,
    columns: &'a [Column],
    /// NaN for parameters that a candidate does not have.
    pub(super) places: Vec<f64>,
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
            if !self.is_active(start, slot.parent()) {
                self.places.push(f64::NAN);
                self.values.push(Value::Choice(0));
                continue;
            }
            let kernels = good.kernels(index);
            let follows = |row: usize| row == 0 || kernels.has(row);
            if !follows(row) && (other == 0 || !follows(other)) {
                other = good.row(rng.unit(), follows);
            }
            let followed = if follows(row) { row } else { other };
            let place = kernels.draw(followed, good.shape(), &mut || rng.unit());
            let (place, value) = self.snapped(index, place);
            self.places.push(place);
            self.values.push(value);
        }
    }

    fn is_active(&self, start: usize, parent: Option<Parent>) -> bool {
        let Some(Parent { slot, condition }) = parent else {
            return true;
        };
        let at = start + slot as usize;
        !self.places[at].is_nan()
            && match (condition, self.values[at]) {
                (Condition::Is(choice), value) => value == Value::Choice(choice),
                (Condition::Among(choices), value) => {
                    value.as_choice().is_some_and(|choice| choices >> choice & 1 == 1)
                }
                (Condition::Over(element), value) => value.as_int().is_some_and(|len| len > i128::from(element)),
            }
    }

    /// The value at a place, and where that lies.
    fn snapped(&self, index: usize, place: f64) -> (f64, Value) {
        let slot = self.slots.slot(index as u32);
        match &self.columns[index] {
            Column::Choices(_) => (place, Value::Choice(place as u32)),
            Column::Line(_) => {
                let value = slot.decode(place);
                match value {
                    Value::Float(_) if slot.cardinality() == Cardinality::Infinite => (place, value),
                    _ => (slot.encode(value).unwrap_or(place), value),
                }
            }
        }
    }

    /// The config of one of them.
    pub(super) fn params(&self, index: usize) -> Params {
        let start = index * self.slots.len();
        self.slots.fill(|slot, _| self.values[start + slot as usize])
    }
}
