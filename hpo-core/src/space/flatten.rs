//! The tree over the parameters: builds it from a space and walks it to fill configs.

use std::collections::HashMap;
use std::sync::Arc;

use super::domain::{Categorical, Domain, Int};
use super::flat_space::{Condition, Fixed, FlatSpace, Parameter, Parent};
use super::{
    List, OneOf, Params, Part, Shared, Space, SpaceError, SpaceErrorKind, Value, check, join,
};

/// The most parameters a space may have, lists counted at full length.
const MOST_SLOTS: usize = 10_000;

/// The tree, with parameters as leaves.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Leaf(u32),
    All(Vec<Node>),
    OneOf(u32, Vec<Node>),
    /// The parameter of the length, and the elements up to the largest length.
    List(u32, Vec<Node>),
}

/// A config under construction: the values of the active parameters so far.
pub(super) struct ParamsBuilder<'a> {
    flat: &'a [Parameter],
    ids: Vec<u32>,
    values: Vec<Value>,
}

impl<'a> ParamsBuilder<'a> {
    pub(super) fn new(flat: &'a [Parameter]) -> Self {
        Self { flat, ids: Vec::new(), values: Vec::with_capacity(flat.len().min(64)) }
    }

    pub(super) fn finish(self, flat: &Arc<FlatSpace>) -> Params {
        Params::new(Arc::clone(flat), self.ids, self.values)
    }

    /// Adds a value. Parameters come in order; as long as none was left out, their numbers need no
    /// list.
    #[inline]
    pub(super) fn push(&mut self, id: u32, value: Value) {
        if !self.ids.is_empty() || id as usize != self.values.len() {
            self.skip_to(id);
        }
        self.values.push(value);
    }

    #[cold]
    fn skip_to(&mut self, id: u32) {
        if self.ids.is_empty() {
            self.ids.reserve(self.values.capacity());
            self.ids.extend(0..self.values.len() as u32);
        }
        self.ids.push(id);
    }
}

impl Node {
    /// Calls `choose` for the value of each active parameter, in order.
    pub(super) fn fill<E>(
        &self,
        filling: &mut ParamsBuilder<'_>,
        choose: &mut impl FnMut(u32, &Parameter) -> Result<Value, E>,
    ) -> Result<(), E> {
        match self {
            Node::Leaf(id) => {
                let value = choose(*id, &filling.flat[*id as usize])?;
                filling.push(*id, value);
                Ok(())
            }
            Node::All(parts) => parts.iter().try_for_each(|part| part.fill(filling, choose)),
            Node::OneOf(id, _) | Node::List(id, _) => {
                let value = choose(*id, &filling.flat[*id as usize])?;
                filling.push(*id, value);
                let mut parts = self.active_parts(value).iter();
                parts.try_for_each(|part| part.fill(filling, choose))
            }
        }
    }

    /// Returns the parts that a choice or a length makes active.
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

/// Returns the number of elements for the value of a length.
pub(super) fn element_count(len: Value) -> usize {
    let len = len.as_int().expect("a length is an integer");
    usize::try_from(len).expect("a length is within its range")
}

/// Flattens a space and checks it on the way.
pub(super) struct Flattener {
    pub(super) flat: Vec<Parameter>,
    pub(super) by_path: HashMap<String, u32>,
    pub(super) fixed: Vec<Fixed>,
    pub(super) root: Node,
}

impl Flattener {
    pub(super) fn build(space: &Space) -> Result<Self, SpaceError> {
        let root = Node::All(Vec::new());
        let mut builder =
            Self { flat: Vec::new(), by_path: HashMap::new(), fixed: Vec::new(), root };
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
                Ok(Node::Leaf(self.parameter(&space.own_path(path), domain.clone(), parent)?))
            }
            Space::Fixed(label) => {
                self.fixed.push(Fixed { path: path.to_owned(), label: label.clone() });
                Ok(Node::All(Vec::new()))
            }
            Space::All(parts) => {
                let nodes = parts.iter().map(|part| self.part(part, path, parent));
                Ok(Node::All(nodes.collect::<Result<_, _>>()?))
            }
            Space::OneOf(one_of) => self.one_of(one_of, (path, &space.own_path(path)), parent),
            Space::List(list) => self.list(list, (path, &space.own_path(path)), parent),
            Space::Typed(typed) => self.node(&typed.space, path, parent),
        }
    }

    /// Adds a part; one without a name lies at its parent's path.
    fn part(
        &mut self,
        part: &Part,
        path: &str,
        parent: Option<Parent>,
    ) -> Result<Node, SpaceError> {
        if part.name.contains('.') {
            return Err(bad_name(path, &part.name));
        }
        self.node(&part.space, &join(path, &part.name), parent)
    }

    fn one_of(
        &mut self,
        one_of: &OneOf,
        (path, own): (&str, &str),
        parent: Option<Parent>,
    ) -> Result<Node, SpaceError> {
        if let Some(tag) = &one_of.tag
            && (tag.is_empty() || tag.contains('.'))
        {
            return Err(bad_name(path, tag));
        }
        if one_of.variants.iter().any(|variant| variant.name.is_empty()) {
            return Err(bad_name(own, ""));
        }
        let mut choices =
            Categorical::new(one_of.variants.iter().map(|variant| variant.name.clone()));
        choices.default = one_of.default;
        let parameter = self.parameter(own, Domain::Categorical(choices), parent)?;
        let variants = one_of.variants.iter().zip(0..).map(|(variant, index)| {
            self.part(
                variant,
                path,
                Some(Parent { parameter, condition: Condition::Equals(index) }),
            )
        });
        let mut variants: Vec<Node> = variants.collect::<Result<_, _>>()?;
        for shared in &one_of.shared {
            self.share(shared, path, parameter, &mut variants)?;
        }
        Ok(Node::OneOf(parameter, variants))
    }

    /// Adds one part, with parameters of its own, to several variants.
    fn share(
        &mut self,
        shared: &Shared,
        path: &str,
        parameter: u32,
        variants: &mut [Node],
    ) -> Result<(), SpaceError> {
        let most = variants.len().min(64) as u32;
        let mut among = 0;
        for variant in &shared.variants {
            if *variant >= most || among >> variant & 1 == 1 {
                let kind = SpaceErrorKind::BadShare { variant: *variant, variants: most };
                return Err(SpaceError::new(&join(path, &shared.part.name), kind));
            }
            among |= 1 << variant;
        }
        let parent = Parent { parameter, condition: Condition::OneOf(among) };
        let part = self.part(&shared.part, path, Some(parent))?;
        for variant in &shared.variants {
            let own = std::mem::replace(&mut variants[*variant as usize], Node::All(Vec::new()));
            variants[*variant as usize] = Node::All(vec![own, part.clone()]);
        }
        Ok(())
    }

    fn list(
        &mut self,
        list: &List,
        (path, own): (&str, &str),
        parent: Option<Parent>,
    ) -> Result<Node, SpaceError> {
        let parameter = self.parameter(own, Domain::Int(list.len.clone()), parent)?;
        let Int { low, high, .. } = list.len;
        if low < 0 {
            return Err(SpaceError::new(own, SpaceErrorKind::NegativeLength { low }));
        }
        let most = usize::try_from(high)
            .ok()
            .filter(|most| *most <= MOST_SLOTS)
            .ok_or_else(|| too_many(own))?;
        let elements = (0..most as u32).map(|index| {
            let parent = Some(Parent { parameter, condition: Condition::LengthAbove(index) });
            self.node(&list.element, &join(path, &index.to_string()), parent)
        });
        Ok(Node::List(parameter, elements.collect::<Result<_, _>>()?))
    }

    fn parameter(
        &mut self,
        path: &str,
        domain: Domain,
        parent: Option<Parent>,
    ) -> Result<u32, SpaceError> {
        let axis = check::axis(&domain).map_err(|kind| SpaceError::new(path, kind))?;
        if self.flat.len() == MOST_SLOTS {
            return Err(too_many(path));
        }
        let id = self.flat.len() as u32;
        if self.by_path.insert(path.to_owned(), id).is_some() {
            return Err(SpaceError::new(path, SpaceErrorKind::NameClash));
        }
        self.flat.push(Parameter { path: path.to_owned(), domain, parent, axis });
        Ok(id)
    }
}

fn bad_name(path: &str, name: &str) -> SpaceError {
    let name = name.to_owned();
    SpaceError::new(path, SpaceErrorKind::BadName { name })
}

fn too_many(path: &str) -> SpaceError {
    SpaceError::new(path, SpaceErrorKind::TooManyParameters { limit: MOST_SLOTS })
}
