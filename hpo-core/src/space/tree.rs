//! The index over the slots: building it from a space, and walking it to fill, count and number configs.

use std::collections::HashMap;
use std::sync::Arc;

use super::axis::Axis;
use super::domain::{Categorical, Domain, Int};
use super::slots::{Condition, Parent, Slot, Slots};
use super::{List, OneOf, Params, Part, Space, SpaceError, SpaceErrorKind, Value};

/// The most parameters a space may have, lists counted at full length.
const MOST_SLOTS: usize = 10_000;

/// Where the root's own choice is written if the space does not say.
const ROOT_TAG: &str = "kind";

/// The tree with slots for leaves.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Leaf(u32),
    All(Vec<Node>),
    OneOf(u32, Vec<Node>),
    /// The length's slot, and as many elements as there may be at most.
    List(u32, Vec<Node>),
}

/// A config on its way: values of the active slots so far.
pub(super) struct Filling<'a> {
    slots: &'a [Slot],
    ids: Vec<u32>,
    values: Vec<Value>,
}

impl<'a> Filling<'a> {
    pub(super) fn new(slots: &'a [Slot]) -> Self {
        Self {
            slots,
            ids: Vec::with_capacity(slots.len().min(64)),
            values: Vec::with_capacity(slots.len().min(64)),
        }
    }

    pub(super) fn finish(self, slots: &Arc<Slots>) -> Params {
        Params::new(Arc::clone(slots), self.ids, self.values)
    }

    fn push(&mut self, id: u32, value: Value) {
        self.ids.push(id);
        self.values.push(value);
    }
}

impl Node {
    /// Asks for the value of each active parameter, in order.
    pub(super) fn fill<E>(
        &self,
        filling: &mut Filling<'_>,
        choose: &mut dyn FnMut(u32, &Slot) -> Result<Value, E>,
    ) -> Result<(), E> {
        match self {
            Node::Leaf(id) => {
                let value = choose(*id, &filling.slots[*id as usize])?;
                filling.push(*id, value);
                Ok(())
            }
            Node::All(parts) => parts.iter().try_for_each(|part| part.fill(filling, choose)),
            Node::OneOf(id, _) | Node::List(id, _) => {
                let value = choose(*id, &filling.slots[*id as usize])?;
                filling.push(*id, value);
                self.active_parts(value)
                    .iter()
                    .try_for_each(|part| part.fill(filling, choose))
            }
        }
    }

    /// The number of configs, `u128::MAX` for that and more; `None` on a continuum.
    pub(super) fn count(&self, slots: &[Slot]) -> Option<u128> {
        match self {
            Node::Leaf(id) => slots[*id as usize]
                .axis
                .last()
                .map(|last| u128::from(last) + 1),
            Node::All(parts) => product(parts, slots),
            Node::OneOf(_, variants) => variants.iter().try_fold(0_u128, |sum, variant| {
                Some(sum.saturating_add(variant.count(slots)?))
            }),
            Node::List(id, elements) => levels(slots, *id).try_fold(0_u128, |sum, len| {
                Some(sum.saturating_add(product(&elements[..element_count(len)], slots)?))
            }),
        }
    }

    /// Writes the `index`-th config below this node, which must be finite and hold it.
    pub(super) fn unrank(&self, mut index: u128, filling: &mut Filling<'_>) {
        let slots = filling.slots;
        match self {
            Node::Leaf(id) => {
                let level = u64::try_from(index).unwrap_or(u64::MAX);
                filling.push(*id, slots[*id as usize].axis.level(level));
            }
            Node::All(parts) => unrank_all(parts, index, filling),
            Node::OneOf(id, _) | Node::List(id, _) => {
                for value in levels(slots, *id) {
                    let parts = self.active_parts(value);
                    let count = product(parts, slots).unwrap_or(0);
                    if index < count {
                        filling.push(*id, value);
                        return unrank_all(parts, index, filling);
                    }
                    index -= count;
                }
            }
        }
    }

    /// What a choice, or a length, makes active.
    fn active_parts(&self, value: Value) -> &[Node] {
        match self {
            Node::OneOf(_, variants) => {
                let index = value.as_choice().expect("a choice is made by its index") as usize;
                std::slice::from_ref(&variants[index])
            }
            Node::List(_, elements) => &elements[..element_count(value)],
            Node::Leaf(_) | Node::All(_) => &[],
        }
    }
}

fn element_count(len: Value) -> usize {
    usize::try_from(len.as_int().expect("a length is an integer"))
        .expect("a length is within its range")
}

fn levels(slots: &[Slot], id: u32) -> impl Iterator<Item = Value> + '_ {
    let axis = &slots[id as usize].axis;
    (0..=axis.last().unwrap_or(0)).map(|index| axis.level(index))
}

/// `None` as soon as one part is a continuum.
fn product(parts: &[Node], slots: &[Slot]) -> Option<u128> {
    parts.iter().try_fold(1_u128, |product, part| {
        Some(product.saturating_mul(part.count(slots)?))
    })
}

/// Mixed radix, the last part changing fastest.
fn unrank_all(parts: &[Node], mut index: u128, filling: &mut Filling<'_>) {
    let Some((first, rest)) = parts.split_first() else {
        return;
    };
    let below = product(rest, filling.slots).unwrap_or(1).max(1);
    first.unrank(index / below, filling);
    index %= below;
    unrank_all(rest, index, filling);
}

/// Flattens a space, checking as it goes.
pub(super) struct Builder {
    pub(super) slots: Vec<Slot>,
    pub(super) by_path: HashMap<String, u32>,
    pub(super) root: Node,
}

impl Builder {
    pub(super) fn build(space: &Space) -> Result<Self, SpaceError> {
        let mut builder = Self {
            slots: Vec::new(),
            by_path: HashMap::new(),
            root: Node::All(Vec::new()),
        };
        builder.root = builder.node(space, "", None)?;
        Ok(builder)
    }

    fn node(
        &mut self,
        space: &Space,
        path: &str,
        parent: Option<Parent>,
    ) -> Result<Node, SpaceError> {
        match space {
            Space::Leaf(domain) => {
                let path = if path.is_empty() { "value" } else { path };
                Ok(Node::Leaf(self.slot(path, domain.clone(), parent)?))
            }
            Space::All(parts) => {
                let nodes = parts.iter().map(|part| self.part(part, path, parent));
                Ok(Node::All(nodes.collect::<Result<_, _>>()?))
            }
            Space::OneOf(one_of) => self.one_of(one_of, path, parent),
            Space::List(list) => self.list(list, path, parent),
        }
    }

    /// A part; one without a name stands at its parent's path.
    fn part(
        &mut self,
        part: &Part,
        path: &str,
        parent: Option<Parent>,
    ) -> Result<Node, SpaceError> {
        if part.name.contains('.') {
            return Err(SpaceError::new(
                path,
                SpaceErrorKind::BadName {
                    name: part.name.clone(),
                },
            ));
        }
        self.node(&part.space, &join(path, &part.name), parent)
    }

    fn one_of(
        &mut self,
        one_of: &OneOf,
        path: &str,
        parent: Option<Parent>,
    ) -> Result<Node, SpaceError> {
        let own = match &one_of.tag {
            Some(tag) => join(path, tag),
            None if path.is_empty() => ROOT_TAG.to_owned(),
            None => path.to_owned(),
        };
        if let Some(nameless) = one_of
            .variants
            .iter()
            .find(|variant| variant.name.is_empty())
        {
            return Err(SpaceError::new(
                &own,
                SpaceErrorKind::BadName {
                    name: nameless.name.clone(),
                },
            ));
        }
        let mut choices =
            Categorical::new(one_of.variants.iter().map(|variant| variant.name.clone()));
        choices.default = one_of.default;
        let slot = self.slot(&own, Domain::Categorical(choices), parent)?;
        let variants = one_of.variants.iter().zip(0..).map(|(variant, index)| {
            self.part(
                variant,
                path,
                Some(Parent {
                    slot,
                    condition: Condition::Is(index),
                }),
            )
        });
        Ok(Node::OneOf(slot, variants.collect::<Result<_, _>>()?))
    }

    fn list(
        &mut self,
        list: &List,
        path: &str,
        parent: Option<Parent>,
    ) -> Result<Node, SpaceError> {
        let own = if path.is_empty() { "len" } else { path };
        let Int { low, high, .. } = list.len;
        if low < 0 {
            let kind = SpaceErrorKind::Reversed {
                low: "0".to_owned(),
                high: low.to_string(),
            };
            return Err(SpaceError::new(own, kind));
        }
        let most = usize::try_from(high)
            .ok()
            .filter(|most| *most <= MOST_SLOTS)
            .ok_or_else(|| too_many(own))?;
        let slot = self.slot(own, Domain::Int(list.len.clone()), parent)?;
        let elements = (0..most as u32).map(|index| {
            let parent = Some(Parent {
                slot,
                condition: Condition::Over(index),
            });
            self.node(&list.element, &join(path, &index.to_string()), parent)
        });
        Ok(Node::List(slot, elements.collect::<Result<_, _>>()?))
    }

    fn slot(
        &mut self,
        path: &str,
        domain: Domain,
        parent: Option<Parent>,
    ) -> Result<u32, SpaceError> {
        let axis = Axis::new(&domain).map_err(|kind| SpaceError::new(path, kind))?;
        if self.slots.len() == MOST_SLOTS {
            return Err(too_many(path));
        }
        let id = self.slots.len() as u32;
        if self.by_path.insert(path.to_owned(), id).is_some() {
            return Err(SpaceError::new(path, SpaceErrorKind::NameClash));
        }
        self.slots.push(Slot {
            path: path.to_owned(),
            domain,
            parent,
            axis,
        });
        Ok(id)
    }
}

fn join(path: &str, name: &str) -> String {
    match (path.is_empty(), name.is_empty()) {
        (_, true) => path.to_owned(),
        (true, false) => name.to_owned(),
        (false, false) => format!("{path}.{name}"),
    }
}

fn too_many(path: &str) -> SpaceError {
    SpaceError::new(
        path,
        SpaceErrorKind::TooManyParameters { limit: MOST_SLOTS },
    )
}
