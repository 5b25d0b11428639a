//! Enumeration of configs: counts those of a finite space and returns the `index`-th.
//!
//! Configs are numbered in mixed radix over the tree; the last parameter changes fastest. The
//! variants of a choice, and the lengths of a list, follow one another. Counts saturate at
//! `u128::MAX`. An index below that still finds its config, because whatever saturates lies beyond
//! every index.

use std::sync::Arc;

use super::axis::GridResolution;
use super::flat_space::{FlatSpace, Parameter};
use super::flatten::{Node, element_count};
use super::{Params, Value};

/// The tree with the number of configs of each node.
#[derive(Clone, Debug)]
pub(super) struct Enumeration {
    count: u128,
    kind: EnumerationNode,
}

#[derive(Clone, Debug)]
enum EnumerationNode {
    Leaf(u32),
    All(Vec<Enumeration>),
    OneOf(u32, Vec<Enumeration>),
    /// The parameter that holds the length, the elements, and for each length the number of
    /// elements and of configs.
    List(u32, Vec<Enumeration>, Vec<(usize, u128)>),
}

/// The value of a parameter, counted from 0: among the values that a leaf was given, or among all
/// values of a choice or a length.
enum Radix {
    Leaf(u64),
    Inner(u64),
}

impl Enumeration {
    /// Counts the configs of a tree, where `values` returns the number of values of a parameter;
    /// `None` if a parameter that matters has infinitely many.
    pub(super) fn new(
        node: &Node,
        flat: &[Parameter],
        values: &impl Fn(&Parameter) -> Option<u128>,
    ) -> Option<Self> {
        let all = |nodes: &[Node]| -> Option<Vec<Self>> {
            nodes.iter().map(|node| Self::new(node, flat, values)).collect()
        };
        match node {
            Node::Leaf(id) => {
                Some(Self { count: values(&flat[*id as usize])?, kind: EnumerationNode::Leaf(*id) })
            }
            Node::All(parts) => {
                let parts = all(parts)?;
                Some(Self { count: product(&parts), kind: EnumerationNode::All(parts) })
            }
            Node::OneOf(id, variants) => {
                let variants = all(variants)?;
                let count = sum(variants.iter().map(|variant| variant.count));
                Some(Self { count, kind: EnumerationNode::OneOf(*id, variants) })
            }
            Node::List(id, elements) => {
                let parameter = &flat[*id as usize];
                let elements = all(elements)?;
                let products = running_products(&elements);
                let lengths: Vec<(usize, u128)> = (0..=parameter.axis.last().unwrap_or(0))
                    .map(|index| element_count(parameter.axis.level(index)))
                    .map(|len| (len, products[len]))
                    .collect();
                let count = sum(lengths.iter().map(|(_, count)| *count));
                Some(Self { count, kind: EnumerationNode::List(*id, elements, lengths) })
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
        flat: &Arc<FlatSpace>,
        index: u128,
        value: &impl Fn(&Parameter, u64) -> Value,
    ) -> Option<Params> {
        if index >= self.count {
            return None;
        }
        let mut backwards = Vec::with_capacity(flat.len().min(64));
        self.unrank(index, &mut backwards);
        let written = |(id, digit): (u32, Radix)| match (flat.parameter(id), digit) {
            (parameter, Radix::Leaf(level)) => (id, value(parameter, level)),
            (parameter, Radix::Inner(level)) => (id, parameter.axis.level(level)),
        };
        Some(Params::in_order(flat, backwards.into_iter().rev().map(written)))
    }

    /// Collects the levels of the active parameters, the last parameter first, so that every digit
    /// is a remainder.
    fn unrank(&self, index: u128, backwards: &mut Vec<(u32, Radix)>) {
        match &self.kind {
            EnumerationNode::Leaf(id) => backwards.push((*id, Radix::Leaf(level(index)))),
            EnumerationNode::All(parts) => unrank_all(parts, index, backwards),
            EnumerationNode::OneOf(id, variants) => {
                let (chosen, offset) = find(variants.iter().map(|variant| variant.count), index);
                variants[chosen].unrank(offset, backwards);
                backwards.push((*id, Radix::Inner(chosen as u64)));
            }
            EnumerationNode::List(id, elements, lengths) => {
                let (chosen, offset) = find(lengths.iter().map(|(_, count)| *count), index);
                unrank_all(&elements[..lengths[chosen].0], offset, backwards);
                backwards.push((*id, Radix::Inner(chosen as u64)));
            }
        }
    }
}

/// The grid of a grid search: the space with each continuous range reduced to a number of points.
#[derive(Debug)]
pub(crate) struct GridPoints {
    flat: Arc<FlatSpace>,
    resolution: GridResolution,
    enumeration: Enumeration,
}

impl GridPoints {
    /// Builds the grid: reduces every continuous range, and every range that has too many levels.
    pub(crate) fn new(flat: &Arc<FlatSpace>, resolution: GridResolution) -> Self {
        let enumeration =
            flat.enumerate_by(&|parameter| Some(parameter.axis.cut_count(resolution)));
        let enumeration = enumeration.expect("a grid has no continuum");
        Self { flat: Arc::clone(flat), resolution, enumeration }
    }

    /// Returns the number of configs, saturating at `u128::MAX`.
    pub(crate) fn count(&self) -> u128 {
        self.enumeration.count()
    }

    /// Returns the `index`-th config, a point of the space; `None` beyond the last.
    pub(crate) fn nth(&self, index: u128) -> Option<Params> {
        let value = |parameter: &Parameter, level| parameter.axis.cut_level(self.resolution, level);
        self.enumeration.config(&self.flat, index, &value)
    }
}

fn unrank_all(parts: &[Enumeration], mut index: u128, backwards: &mut Vec<(u32, Radix)>) {
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

fn product(parts: &[Enumeration]) -> u128 {
    parts.iter().fold(1, |product, part| product.saturating_mul(part.count))
}

/// Returns the products of the first 0, 1, 2, ... counts.
fn running_products(parts: &[Enumeration]) -> Vec<u128> {
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
