//! Enumeration of configs: counts those of a finite space and returns the `index`-th.
//!
//! Configs are numbered in mixed radix over the tree; the last parameter changes fastest. The
//! variants of a choice, and the lengths of a list, follow one another. Counts saturate at
//! `u128::MAX`. An index below that still finds its config, because whatever saturates lies beyond
//! every index.

use std::sync::Arc;

use super::axis::Cut;
use super::slots::{Slot, Slots};
use super::tree::{Node, element_count};
use super::{Params, Value};

/// The tree with the number of configs of each node.
#[derive(Clone, Debug)]
pub(super) struct Ranks {
    count: u128,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Leaf(u32),
    All(Vec<Ranks>),
    OneOf(u32, Vec<Ranks>),
    /// The slot of the length, the elements, and for each length the number of elements and of
    /// configs.
    List(u32, Vec<Ranks>, Vec<(usize, u128)>),
}

/// The value of a slot, counted from 0: among the values that a leaf was given, or among all values
/// of a choice or a length.
enum Digit {
    Leaf(u64),
    Inner(u64),
}

impl Ranks {
    /// Counts the configs of a tree, where `values` returns the number of values of a slot; `None`
    /// if a slot that matters has infinitely many.
    pub(super) fn new(
        node: &Node,
        slots: &[Slot],
        values: &impl Fn(&Slot) -> Option<u128>,
    ) -> Option<Self> {
        let all = |nodes: &[Node]| -> Option<Vec<Self>> {
            nodes.iter().map(|node| Self::new(node, slots, values)).collect()
        };
        match node {
            Node::Leaf(id) => {
                Some(Self { count: values(&slots[*id as usize])?, kind: Kind::Leaf(*id) })
            }
            Node::All(parts) => {
                let parts = all(parts)?;
                Some(Self { count: product(&parts), kind: Kind::All(parts) })
            }
            Node::OneOf(id, variants) => {
                let variants = all(variants)?;
                let count = sum(variants.iter().map(|variant| variant.count));
                Some(Self { count, kind: Kind::OneOf(*id, variants) })
            }
            Node::List(id, elements) => {
                let slot = &slots[*id as usize];
                let elements = all(elements)?;
                let products = running_products(&elements);
                let lengths: Vec<(usize, u128)> = (0..=slot.axis.last().unwrap_or(0))
                    .map(|index| element_count(slot.axis.level(index)))
                    .map(|len| (len, products[len]))
                    .collect();
                let count = sum(lengths.iter().map(|(_, count)| *count));
                Some(Self { count, kind: Kind::List(*id, elements, lengths) })
            }
        }
    }

    /// Returns the number of configs, saturating at `u128::MAX`.
    pub(super) fn count(&self) -> u128 {
        self.count
    }

    /// Returns the `index`-th config; `None` beyond the last.
    pub(super) fn config(
        &self,
        slots: &Arc<Slots>,
        index: u128,
        value: &impl Fn(&Slot, u64) -> Value,
    ) -> Option<Params> {
        if index >= self.count {
            return None;
        }
        let mut backwards = Vec::with_capacity(slots.len().min(64));
        self.unrank(index, &mut backwards);
        let written = |(id, digit): (u32, Digit)| match (slots.slot(id), digit) {
            (slot, Digit::Leaf(level)) => (id, value(slot, level)),
            (slot, Digit::Inner(level)) => (id, slot.axis.level(level)),
        };
        Some(Params::in_order(slots, backwards.into_iter().rev().map(written)))
    }

    /// Collects the levels of the active slots, the last slot first, so that every digit is a
    /// remainder.
    fn unrank(&self, index: u128, backwards: &mut Vec<(u32, Digit)>) {
        match &self.kind {
            Kind::Leaf(id) => backwards.push((*id, Digit::Leaf(level(index)))),
            Kind::All(parts) => unrank_all(parts, index, backwards),
            Kind::OneOf(id, variants) => {
                let (chosen, rest) = find(variants.iter().map(|variant| variant.count), index);
                variants[chosen].unrank(rest, backwards);
                backwards.push((*id, Digit::Inner(chosen as u64)));
            }
            Kind::List(id, elements, lengths) => {
                let (chosen, rest) = find(lengths.iter().map(|(_, count)| *count), index);
                unrank_all(&elements[..lengths[chosen].0], rest, backwards);
                backwards.push((*id, Digit::Inner(chosen as u64)));
            }
        }
    }
}

/// The grid of a grid search: the space with each continuous range reduced to a number of points.
#[derive(Debug)]
pub(crate) struct Mesh {
    slots: Arc<Slots>,
    cut: Cut,
    ranks: Ranks,
}

impl Mesh {
    /// Builds the grid: reduces every continuous range, and every range that has too many levels.
    pub(crate) fn new(slots: &Arc<Slots>, cut: Cut) -> Self {
        let ranks = slots.ranks_by(&|slot| Some(slot.axis.cut_count(cut)));
        let ranks = ranks.expect("a mesh has no continuum");
        Self { slots: Arc::clone(slots), cut, ranks }
    }

    /// Returns the space that the grid was made from.
    pub(crate) fn slots(&self) -> &Arc<Slots> {
        &self.slots
    }

    /// Returns the number of configs, saturating at `u128::MAX`.
    pub(crate) fn count(&self) -> u128 {
        self.ranks.count()
    }

    /// Returns the `index`-th config, a point of the space; `None` beyond the last.
    pub(crate) fn nth(&self, index: u128) -> Option<Params> {
        let value = |slot: &Slot, level| slot.axis.cut_level(self.cut, level);
        self.ranks.config(&self.slots, index, &value)
    }
}

fn unrank_all(parts: &[Ranks], mut index: u128, backwards: &mut Vec<(u32, Digit)>) {
    for part in parts.iter().rev() {
        part.unrank(index % part.count, backwards);
        index /= part.count;
    }
}

/// Returns which of the consecutive blocks of `counts` configs holds `index`, and the offset in it.
fn find(counts: impl Iterator<Item = u128>, mut index: u128) -> (usize, u128) {
    let mut last = 0;
    for (number, count) in counts.enumerate() {
        if index < count {
            return (number, index);
        }
        (index, last) = (index - count, number);
    }
    (last, 0)
}

/// Converts an index to a level. No axis has more than 2^64 levels.
fn level(index: u128) -> u64 {
    u64::try_from(index).unwrap_or(u64::MAX)
}

fn product(parts: &[Ranks]) -> u128 {
    parts.iter().fold(1, |product, part| product.saturating_mul(part.count))
}

/// Returns the products of the first 0, 1, 2, ... counts.
fn running_products(parts: &[Ranks]) -> Vec<u128> {
    let mut products = vec![1_u128];
    products.extend(parts.iter().scan(1_u128, |product, part| {
        *product = product.saturating_mul(part.count);
        Some(*product)
    }));
    products
}

fn sum(counts: impl Iterator<Item = u128>) -> u128 {
    counts.fold(0, u128::saturating_add)
}
