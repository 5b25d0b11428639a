//! The checked, flat form of a space: parameters in order, parents before children.
//!
//! A [`Space`] may say anything; [`Slots::new`] checks all of it once. Behind it every parameter has a number (its slot),
//! a dotted path, and an [`Axis`]; the tree remains as an index, so that a config is filled by one walk which visits just
//! the active parameters.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::axis::Axis;
use super::domain::Domain;
use super::rank::Ranks;
use super::tree::{Builder, Filling, Node};
use super::{Label, Params, Space, SpaceError, Value, check};
use crate::rng::Rng;

/// The parameters of a checked space, in order, parents before children.
///
/// ```
/// use hpo_core::rng::Rng;
/// use hpo_core::space::{Cardinality, Slots, Space};
///
/// let space = Space::from_json(
///     r#"{"all": {
///         "depth": {"int": {"low": 1, "high": 4}},
///         "optimizer": {"one_of": {
///             "adam": {"all": {}},
///             "sgd": {"all": {"momentum": {"float": {"low": 0, "high": 0.9, "step": 0.3}}}}
///         }}
///     }}"#,
/// )?;
/// let slots = Slots::new(&space)?;
/// assert_eq!(slots.cardinality(), Cardinality::Finite(4 * (1 + 4)));
/// assert_eq!(slots.nth(0).unwrap().to_string(), "depth = 1, optimizer = adam");
///
/// // The same seed and trial number, the same config.
/// let drawn = slots.draw(&mut Rng::derive(42, 0));
/// assert_eq!(drawn, slots.draw(&mut Rng::derive(42, 0)));
///
/// // A point of the unit cube: one coordinate a parameter, whether it turns out active or not.
/// let corner = slots.decode(&[1.0, 1.0, 1.0]);
/// assert_eq!(corner.to_string(), "depth = 4, optimizer = sgd, optimizer.sgd.momentum = 0.9");
/// # Ok::<(), hpo_core::space::SpaceError>(())
/// ```
#[derive(Clone)]
pub struct Slots {
    parameters: Vec<Slot>,
    root: Node,
    space: Space,
    by_path: HashMap<String, u32>,
    fixed: Vec<Fixed>,
    /// `None` on a continuum.
    ranks: Option<Ranks>,
}

/// One parameter.
#[derive(Clone, Debug)]
pub struct Slot {
    pub(super) path: String,
    pub(super) domain: Domain,
    pub(super) parent: Option<Parent>,
    pub(super) axis: Axis,
}

/// What is not tuned.
#[derive(Clone, Debug, PartialEq)]
pub struct Fixed {
    /// The dotted path.
    pub path: String,
    /// Its value in every config.
    pub label: Label,
}

/// What decides whether a parameter is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The slot of the deciding parameter; if that one is inactive, so is the child.
    pub slot: u32,
    /// What it must have decided.
    pub condition: Condition,
}

/// What a parent must have decided for its child to be active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It chose this variant.
    Is(u32),
    /// It chose one of these variants: bit `i` for the `i`-th.
    Among(u64),
    /// It is a length over this element's index.
    Over(u32),
}

/// How many configs a space holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cardinality {
    /// So many; `u128::MAX` stands for that and more.
    Finite(u128),
    /// A continuum.
    Infinite,
}

impl Condition {
    /// Whether a choice, given by its index, keeps it.
    #[must_use]
    pub fn holds(self, choice: u32) -> bool {
        match self {
            Condition::Is(variant) => variant == choice,
            Condition::Among(variants) => choice < 64 && variants >> choice & 1 == 1,
            Condition::Over(_) => false,
        }
    }

    /// Whether a value of the parent, a choice or a length, makes the child active.
    #[must_use]
    pub fn allows(self, value: Value) -> bool {
        match (self, value) {
            (Condition::Over(index), value) => value.as_int().is_some_and(|length| length > i128::from(index)),
            (condition, value) => value.as_choice().is_some_and(|choice| condition.holds(choice)),
        }
    }
}

impl Slot {
    /// A parameter of no space, which hangs on nothing; `None` if its domain makes no sense.
    pub(super) fn alone(path: &str, domain: Domain) -> Option<Self> {
        let axis = check::axis(&domain).ok()?;
        Some(Self { path: path.to_owned(), domain, parent: None, axis })
    }

    /// The dotted path, unique in its space.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it may be.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// What decides whether it is active; `None` if it always is.
    #[must_use]
    pub fn parent(&self) -> Option<Parent> {
        self.parent
    }

    /// Whether it may take this value.
    #[must_use]
    pub fn contains(&self, value: Value) -> bool {
        self.axis.contains(value)
    }

    /// The value's place on `[0, 1]`; `None` if it may not take the value.
    #[must_use]
    pub fn encode(&self, value: Value) -> Option<f64> {
        self.axis.encode(value)
    }

    /// The value at a place of `[0, 1]`.
    #[must_use]
    pub fn decode(&self, place: f64) -> Value {
        self.axis.decode(place)
    }

    /// The value with a share of `place` of the probability below it: as [`decode`](Self::decode), but by the prior where
    /// there is one.
    #[must_use]
    pub fn quantile(&self, place: f64) -> Value {
        self.axis.quantile(place)
    }

    /// A random value: of the prior where there is one, else uniform on the parameter's scale.
    pub fn draw(&self, rng: &mut Rng) -> Value {
        self.axis.draw(rng)
    }

    /// The number of values it may take.
    #[must_use]
    pub fn cardinality(&self) -> Cardinality {
        self.value_count().map_or(Cardinality::Infinite, Cardinality::Finite)
    }

    fn value_count(&self) -> Option<u128> {
        self.axis.last().map(|last| u128::from(last) + 1)
    }

    /// The first guess: the default, or else the middle of the range, or the first choice.
    #[must_use]
    pub fn default_value(&self) -> Value {
        self.given_default().unwrap_or_else(|| self.axis.middle())
    }

    /// The default, where the space gives one.
    #[must_use]
    pub fn given_default(&self) -> Option<Value> {
        let given = match &self.domain {
            Domain::Float(float) => float.default.map(Value::Float),
            Domain::Int(int) => int.default.and_then(Value::int),
            Domain::Categorical(categorical) => categorical.default.map(Value::Choice),
        };
        given.and_then(|value| self.axis.snap(value))
    }
}

impl Slots {
    /// Checks a space and flattens it.
    ///
    /// # Errors
    /// The first part that cannot be searched, by its path, and why.
    pub fn new(space: &Space) -> Result<Arc<Self>, SpaceError> {
        let Builder { slots, by_path, fixed, root } = Builder::build(space)?;
        let ranks = Ranks::new(&root, &slots, &Slot::value_count);
        Ok(Arc::new(Self { parameters: slots, root, space: space.clone(), by_path, fixed, ranks }))
    }

    /// The tree it was made from.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// All parameters, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Slot> {
        self.parameters.iter()
    }

    pub(super) fn as_slice(&self) -> &[Slot] {
        &self.parameters
    }

    /// The number of parameters, inactive ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parameters.len()
    }

    /// Whether there is nothing to tune.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty()
    }

    /// The parameter of a slot.
    ///
    /// # Panics
    /// If the space has no such slot.
    #[must_use]
    pub fn slot(&self, slot: u32) -> &Slot {
        &self.parameters[slot as usize]
    }

    /// The slot of a dotted path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<u32> {
        self.by_path.get(path).copied()
    }

    /// What is not tuned, in order.
    #[must_use]
    pub fn fixed(&self) -> &[Fixed] {
        &self.fixed
    }

    /// The value of what is not tuned, by its dotted path.
    #[must_use]
    pub fn fixed_at(&self, path: &str) -> Option<&Label> {
        self.fixed.iter().find(|fixed| fixed.path == path).map(|fixed| &fixed.label)
    }

    /// Whether any parameter has a default.
    #[must_use]
    pub fn has_defaults(&self) -> bool {
        self.parameters.iter().any(|slot| slot.given_default().is_some())
    }

    /// The number of configs.
    #[must_use]
    pub fn cardinality(&self) -> Cardinality {
        self.ranks.as_ref().map_or(Cardinality::Infinite, |ranks| Cardinality::Finite(ranks.count()))
    }

    /// A config, by asking for the value of each active parameter in order.
    ///
    /// # Errors
    /// What `choose` refuses.
    ///
    /// # Panics
    /// If `choose` gives a value outside the parameter's domain where the structure hangs on it.
    pub fn try_fill<E>(self: &Arc<Self>, mut choose: impl FnMut(u32, &Slot) -> Result<Value, E>) -> Result<Params, E> {
        let mut filling = Filling::new(&self.parameters);
        self.root.fill(&mut filling, &mut choose)?;
        Ok(filling.finish(self))
    }

    /// A config, as [`try_fill`](Self::try_fill), by a choice that cannot fail.
    pub fn fill(self: &Arc<Self>, mut choose: impl FnMut(u32, &Slot) -> Value) -> Params {
        let Ok(params) = self.try_fill(|id, slot| Ok::<_, std::convert::Infallible>(choose(id, slot)));
        params
    }

    /// A random config: every parameter drawn by itself, of its prior where there is one, a variant as likely as any other.
    pub fn draw(self: &Arc<Self>, rng: &mut Rng) -> Params {
        self.fill(|_, slot| slot.draw(rng))
    }

    /// The first guess of every parameter.
    #[must_use]
    pub fn default_params(self: &Arc<Self>) -> Params {
        self.fill(|_, slot| slot.default_value())
    }

    /// The config at a point of the unit cube: one coordinate a slot, those of inactive slots unused.
    ///
    /// # Panics
    /// If the point has fewer coordinates than there are slots.
    #[must_use]
    pub fn decode(self: &Arc<Self>, point: &[f64]) -> Params {
        self.fill(|id, slot| slot.decode(point[id as usize]))
    }

    /// The config of an index in `0..cardinality`, the last parameter changing fastest; `None` beyond, or on a continuum.
    #[must_use]
    pub fn nth(self: &Arc<Self>, index: u128) -> Option<Params> {
        self.ranks.as_ref()?.config(self, index, &|slot, level| slot.axis.level(level))
    }

    pub(super) fn ranks_by(&self, values: &impl Fn(&Slot) -> Option<u128>) -> Option<Ranks> {
        Ranks::new(&self.root, &self.parameters, values)
    }
}

impl<'a> IntoIterator for &'a Slots {
    type Item = &'a Slot;
    type IntoIter = std::slice::Iter<'a, Slot>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.parameters.iter().map(|slot| (&slot.path, &slot.domain))).finish()
    }
}

impl fmt::Display for Cardinality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cardinality::Finite(u128::MAX) => f.write_str("more than 10^38"),
            Cardinality::Finite(count) => write!(f, "{count}"),
            Cardinality::Infinite => f.write_str("infinitely many"),
        }
    }
}
