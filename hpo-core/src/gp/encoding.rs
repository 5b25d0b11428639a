//! Configs of a conditional space as points between which there are distances.
//!
//! Every parameter that can vary is a column. Its squared distance is that of Euclidean points, so that any weighted sum of
//! columns is one too, and every kernel of it positive definite:
//! - numbers, and choices in an order, lie on `[0, 1]` on their own scale: the square of the difference;
//! - other choices are the corners of a simplex: 1 if they differ;
//! - an inactive parameter lies in the middle of the others, [`APART`] off: after the arc kernel of
//!   [Swersky et al. 2014](https://arxiv.org/abs/1409.4011). So it says nothing about which value an inactive parameter
//!   would have had, two configs in which it is inactive agree, and one in which it is active differs from both.

use std::sync::Arc;

use crate::space::{Cardinality, Condition, Domain, Slot, Slots, Space, Value};

/// The place of an inactive parameter.
pub(crate) const INACTIVE: f64 = -1.0;

/// The squared distance, beyond that of the middle, between an active parameter and an inactive one.
const APART: f64 = 0.0;

/// A grid of more levels than these is searched as if it were a continuum, then rounded.
const FEW_LEVELS: u128 = 8;

/// What the places of a column mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A number on `[0, 1]`, with many levels or a continuum of them.
    Smooth,
    /// A number on `[0, 1]`, with so many levels.
    Levels(u32),
    /// One of so many choices in no order, by its index.
    Choices(u32),
}

/// A parameter that can vary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) slot: u32,
    pub(crate) kind: Kind,
    /// Whether it can be inactive.
    pub(crate) is_conditional: bool,
}

/// The columns of a space.
#[derive(Clone, Debug)]
pub(crate) struct Encoding {
    slots: Arc<Slots>,
    columns: Vec<Column>,
    /// The column of each slot.
    by_slot: Vec<Option<u32>>,
    active: f64,
    /// The column of the choice between branches that have each a noise of their own, and how many they are.
    branching: Option<(usize, usize)>,
}

/// The most branches that have each a noise of their own.
const MOST_BRANCHES: u32 = 8;

impl Column {
    fn new(id: u32, slot: &Slot) -> Option<Self> {
        let levels = match slot.cardinality() {
            Cardinality::Finite(0 | 1) => return None,
            Cardinality::Finite(levels) => Some(levels),
            Cardinality::Infinite => None,
        };
        let kind = match (slot.domain(), levels) {
            (Domain::Categorical(choices), _) if !choices.ordered => Kind::Choices(choices.choices.len() as u32),
            (_, Some(levels @ ..=FEW_LEVELS)) => Kind::Levels(levels as u32),
            _ => Kind::Smooth,
        };
        Some(Self { slot: id, kind, is_conditional: slot.parent().is_some() })
    }

    /// The place of a value; `None` if the parameter may not take it.
    fn place(&self, slot: &Slot, value: Value) -> Option<f64> {
        match self.kind {
            Kind::Choices(count) => value.as_choice().filter(|choice| *choice < count).map(f64::from),
            Kind::Smooth | Kind::Levels(_) => slot.encode(value),
        }
    }

    /// The squared distance of two places.
    pub(crate) fn distance(&self, a: f64, b: f64) -> f64 {
        let away = |place: f64| match self.kind {
            Kind::Choices(count) => f64::from(count - 1) / (2.0 * f64::from(count)) + APART,
            Kind::Smooth | Kind::Levels(_) => (place - 0.5) * (place - 0.5) + APART,
        };
        match (a == INACTIVE, b == INACTIVE) {
            (true, true) => 0.0,
            (true, false) => away(b),
            (false, true) => away(a),
            (false, false) if matches!(self.kind, Kind::Choices(_)) => f64::from(u8::from(a != b)),
            (false, false) => (a - b) * (a - b),
        }
    }

    /// Adds `weight` times the squared distance of `place` from each of the others to `sums`. A loop with `while`, as in
    /// [`vector`](crate::numeric::vector).
    pub(crate) fn add_distances(&self, sums: &mut [f64], weight: f64, place: f64, others: &[f64]) {
        let others = &others[..sums.len()];
        let is_plain = !self.is_conditional && !matches!(self.kind, Kind::Choices(_));
        let mut at = 0;
        if is_plain {
            while at < sums.len() {
                let away = place - others[at];
                sums[at] += weight * away * away;
                at += 1;
            }
        }
        while at < sums.len() {
            sums[at] += weight * self.distance(place, others[at]);
            at += 1;
        }
    }
}

/// The derivative of the squared distance of two numbers by the first, which is active.
pub(crate) fn slope(a: f64, b: f64) -> f64 {
    2.0 * (a - if b == INACTIVE { 0.5 } else { b })
}

impl Encoding {
    pub(crate) fn new(slots: &Arc<Slots>) -> Self {
        let columns: Vec<Column> = slots.iter().zip(0..).filter_map(|(slot, id)| Column::new(id, slot)).collect();
        let mut by_slot = vec![None; slots.len()];
        for (index, column) in columns.iter().enumerate() {
            by_slot[column.slot as usize] = Some(index as u32);
        }
        let shares = active_shares(slots);
        let active = columns.iter().map(|column| shares[column.slot as usize]).sum();
        let branching = branching(slots, &columns);
        Self { slots: Arc::clone(slots), columns, by_slot, active, branching }
    }

    /// Of columns that are given as they are, of no space; `active` of them on average. Points are made elsewhere.
    pub(crate) fn flat(columns: Vec<Column>, active: f64) -> Self {
        let slots = Slots::new(&Space::All(Vec::new())).expect("a space without parameters is one");
        Self { slots, columns, by_slot: Vec::new(), active, branching: None }
    }

    /// How many branches have each a noise of their own: the variants of the choice on which most parameters hang, for a
    /// forest may depend on luck where a linear model does not.
    pub(crate) fn branches(&self) -> usize {
        self.branching.map_or(1, |(_, count)| count)
    }

    /// The branch of a point; the first one where the choice is not made.
    pub(crate) fn branch_of(&self, point: &[f64]) -> usize {
        self.branching.map_or(0, |(column, _)| point[column].max(0.0) as usize)
    }

    pub(crate) fn slots(&self) -> &Arc<Slots> {
        &self.slots
    }

    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of a slot; `None` if it cannot vary.
    pub(crate) fn column_of(&self, slot: u32) -> Option<usize> {
        self.by_slot[slot as usize].map(|index| index as usize)
    }

    /// How many columns are active in a random config, on average.
    pub(crate) fn active(&self) -> f64 {
        self.active
    }

    /// The places of a config's values, one a column; `None` if it is no point of the space.
    pub(crate) fn point(&self, params: impl Iterator<Item = (u32, Value)>) -> Option<Vec<f64>> {
        let mut point = vec![INACTIVE; self.columns.len() + 1];
        // The lag, last of all: the result is a final one.
        point[self.columns.len()] = 0.0;
        for (id, value) in params {
            if let Some(index) = self.by_slot[id as usize] {
                let index = index as usize;
                point[index] = self.columns[index].place(self.slots.slot(id), value)?;
            }
        }
        Some(point)
    }
}

fn branching(slots: &Slots, columns: &[Column]) -> Option<(usize, usize)> {
    let below = |own: u32| slots.iter().filter(|slot| slot.parent().is_some_and(|parent| parent.slot == own)).count();
    let choices = columns.iter().enumerate().filter_map(|(index, column)| match column.kind {
        Kind::Choices(count @ ..=MOST_BRANCHES) => Some((below(column.slot), index, count as usize)),
        _ => None,
    });
    let most = choices.filter(|(below, ..)| *below > 0).max_by_key(|(below, index, _)| (*below, usize::MAX - index));
    most.map(|(_, index, count)| (index, count))
}

/// The share of random configs in which each slot is active.
fn active_shares(slots: &Slots) -> Vec<f64> {
    let mut shares: Vec<f64> = Vec::with_capacity(slots.len());
    for slot in slots {
        // Parents come before children.
        shares.push(slot.parent().map_or(1.0, |parent| {
            shares[parent.slot as usize] * condition_share(slots.slot(parent.slot), parent.condition)
        }));
    }
    shares
}

/// The share of a deciding parameter's values that keep a condition.
fn condition_share(slot: &Slot, condition: Condition) -> f64 {
    match (slot.domain(), condition) {
        (Domain::Categorical(choices), Condition::Is(_)) => 1.0 / choices.choices.len() as f64,
        (Domain::Categorical(choices), Condition::Among(variants)) => {
            f64::from(variants.count_ones()) / choices.choices.len() as f64
        }
        (Domain::Int(length), Condition::Over(element)) => {
            let over = length.high - i128::from(element).max(length.low - 1);
            over as f64 / (length.high - length.low + 1) as f64
        }
        _ => 1.0,
    }
}
