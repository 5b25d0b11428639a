//! Branches: what the deciding parameters of a config have decided, and so which parameters it has.
//!
//! A parameter decides if others hang on it: a variant with parameters of its own, a length. A branch is drawn first, and its
//! parameters within it; so each branch is searched by what its own trials have told, however they compare with those of others.
//! Trials of other branches tell about the parameters that they share.

use std::collections::HashMap;
use std::sync::Arc;

use super::column::{Column, snapped};
use super::estimator::Estimator;
use crate::rng::Rng;
use crate::space::{Condition, Parent, Slots, Value};

/// The branches of a space that have been met.
#[derive(Clone, Debug)]
pub(super) struct Branches {
    slots: Arc<Slots>,
    decides: Vec<bool>,
    met: Vec<Branch>,
    by_places: HashMap<Vec<u64>, u32>,
}

/// What has been decided, and what follows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Branch {
    /// The places of deciding parameters by slot; NaN for all others.
    pub(super) decided: Vec<f64>,
    /// Whether a config has the parameter, by slot.
    pub(super) active: Vec<bool>,
}

impl Branches {
    pub(super) fn new(slots: &Arc<Slots>) -> Self {
        let mut decides = vec![false; slots.len()];
        for parent in slots.iter().filter_map(crate::space::Slot::parent) {
            decides[parent.slot as usize] = true;
        }
        Self { slots: Arc::clone(slots), decides, met: Vec::new(), by_places: HashMap::new() }
    }

    /// Whether all configs have the same parameters.
    pub(super) fn is_one(&self) -> bool {
        !self.decides.contains(&true)
    }

    /// A point, reduced to what it has decided.
    pub(super) fn decided(&self, point: &[f64]) -> Vec<f64> {
        let decided = self.decides.iter().zip(point);
        decided.map(|(decides, place)| if *decides { *place } else { f64::NAN }).collect()
    }

    /// The number of the branch of a point.
    pub(super) fn of(&mut self, point: &[f64]) -> u32 {
        let active = point.iter().map(|place| !place.is_nan()).collect();
        self.number(Branch { decided: self.decided(point), active })
    }

    /// The number of a branch, which is met now if not before.
    pub(super) fn number(&mut self, branch: Branch) -> u32 {
        let key: Vec<u64> = branch.decided.iter().map(|place| place.to_bits()).collect();
        let next = self.met.len() as u32;
        let number = *self.by_places.entry(key).or_insert(next);
        if number == next {
            self.met.push(branch);
        }
        number
    }

    pub(super) fn get(&self, number: u32) -> &Branch {
        &self.met[number as usize]
    }

    /// For each branch, what a trial of it tells about configs of this one: 1 if they are the same.
    /// One of another branch tells `share` of that if it has all of the parameters, and less by the square of the share that it
    /// has.
    pub(super) fn kinship(&self, number: u32, share: f64) -> Vec<f64> {
        let own = self.get(number);
        let wanted = || (0..own.active.len()).filter(|slot| own.active[*slot] && !self.decides[*slot]);
        let count = wanted().count().max(1) as f64;
        let kin = |other: &Branch| share * (wanted().filter(|slot| other.active[*slot]).count() as f64 / count).powi(2);
        let mut found: Vec<f64> = self.met.iter().map(kin).collect();
        found[number as usize] = 1.0;
        found
    }

    /// A branch drawn from a density of what is decided.
    pub(super) fn draw(&self, columns: &[Column], density: &Estimator, rng: &mut Rng) -> Branch {
        let count = self.slots.len();
        let mut branch = Branch { decided: vec![f64::NAN; count], active: vec![false; count] };
        let mut values = vec![Value::Choice(0); count];
        let mut row = density.row(rng.unit(), |_| true);
        for (index, slot) in self.slots.iter().enumerate() {
            let holds = |Parent { slot, condition }: Parent| {
                branch.active[slot as usize] && holds(condition, values[slot as usize])
            };
            branch.active[index] = slot.parent().is_none_or(holds);
            if !(branch.active[index] && self.decides[index]) {
                continue;
            }
            let kernels = density.kernels(index);
            if row > 0 && !kernels.has(row) {
                row = density.row(rng.unit(), |row| row == 0 || kernels.has(row));
            }
            let place = kernels.draw(row, density.shape(), &mut || rng.unit());
            (branch.decided[index], values[index]) = snapped(&columns[index], slot, place);
        }
        branch
    }
}

fn holds(condition: Condition, value: Value) -> bool {
    match (condition, value) {
        (Condition::Over(element), value) => value.as_int().is_some_and(|len| len > i128::from(element)),
        (condition, value) => value.as_choice().is_some_and(|choice| condition.holds(choice)),
    }
}
