//! The checked, flat form of a space: parameters in order, parents before children.
//!
//! A [`Space`] may hold anything; [`FlatSpace::new`] checks all of it once. After that, every
//! parameter has a number, a dotted path and an [`Axis`]. The tree is kept as an index, so that one
//! walk over the active parameters fills a config.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::axis::Axis;
use super::domain::Domain;
use super::enumerate::Enumeration;
use super::flatten::{Flattener, Node, ParamsBuilder};
use super::{Label, Params, Space, SpaceError, Value, check};
use crate::rng::Rng;

/// The parameters of a checked space, in order, parents before children.
///
/// ```
/// use hpo_core::rng::Rng;
/// use hpo_core::space::{Cardinality, FlatSpace, Space};
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
/// let flat = FlatSpace::new(&space)?;
/// assert_eq!(flat.cardinality(), Cardinality::Finite(4 * (1 + 4)));
/// assert_eq!(flat.nth(0).unwrap().to_string(), "depth = 1, optimizer = adam");
///
/// // The same seed and trial number, the same config.
/// let drawn = flat.draw(&mut Rng::derive(42, 0));
/// assert_eq!(drawn, flat.draw(&mut Rng::derive(42, 0)));
///
/// // A point of the unit cube: one coordinate a parameter, whether it turns out active or not.
/// let corner = flat.decode(&[1.0, 1.0, 1.0]);
/// assert_eq!(corner.to_string(), "depth = 4, optimizer = sgd, optimizer.sgd.momentum = 0.9");
/// # Ok::<(), hpo_core::space::SpaceError>(())
/// ```
#[derive(Clone)]
pub struct FlatSpace {
    parameters: Vec<Parameter>,
    root: Node,
    space: Space,
    by_path: HashMap<String, u32>,
    fixed: Vec<Fixed>,
    /// The enumeration of the configs; `None` for a continuous space.
    ranks: Option<Enumeration>,
}

/// One parameter of a checked space.
#[derive(Clone, Debug)]
pub struct Parameter {
    pub(super) path: String,
    pub(super) domain: Domain,
    pub(super) parent: Option<Parent>,
    pub(super) axis: Axis,
}

/// A value of the space that is not tuned.
#[derive(Clone, Debug, PartialEq)]
pub struct Fixed {
    /// The dotted path of the value.
    pub path: String,
    /// The value in every config.
    pub label: Label,
}

/// The condition under which a parameter is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The number of the deciding parameter; if it is inactive, so is the child.
    pub parameter: u32,
    /// The condition on the value of the deciding parameter.
    pub condition: Condition,
}

/// The value that a parent must have for its child to be active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The parent chose this variant.
    Equals(u32),
    /// The parent chose one of these variants: bit `i` stands for the `i`-th.
    OneOf(u64),
    /// The parent is a length above this element's index.
    LengthAbove(u32),
}

/// The number of configs in a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cardinality {
    /// The exact number of configs; `u128::MAX` stands for that or more.
    Finite(u128),
    /// Infinitely many configs: a parameter is continuous.
    Infinite,
}

impl Condition {
    /// Returns true if a choice, given by its index, satisfies the condition.
    #[must_use]
    pub fn holds(self, choice: u32) -> bool {
        match self {
            Condition::Equals(variant) => variant == choice,
            Condition::OneOf(variants) => choice < 64 && variants >> choice & 1 == 1,
            Condition::LengthAbove(_) => false,
        }
    }

    /// Returns true if a value of the parent, a choice or a length, makes the child active.
    #[must_use]
    pub fn allows(self, value: Value) -> bool {
        match (self, value) {
            (Condition::LengthAbove(index), value) => {
                value.as_int().is_some_and(|length| length > i128::from(index))
            }
            (condition, value) => value.as_choice().is_some_and(|choice| condition.holds(choice)),
        }
    }
}

impl Parameter {
    /// Creates an unconditional parameter outside of any space; `None` if its domain is invalid.
    pub(super) fn alone(path: &str, domain: Domain) -> Option<Self> {
        let axis = check::axis(&domain).ok()?;
        Some(Self { path: path.to_owned(), domain, parent: None, axis })
    }

    /// Returns the dotted path, unique in its space.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the domain of the parameter.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Returns the condition under which it is active; `None` if it always is.
    #[must_use]
    pub fn parent(&self) -> Option<Parent> {
        self.parent
    }

    /// Returns true if the parameter may take this value.
    #[must_use]
    pub fn contains(&self, value: Value) -> bool {
        self.axis.contains(value)
    }

    /// Returns the value's position on `[0, 1]`; `None` if the parameter may not take the value.
    #[must_use]
    pub fn encode(&self, value: Value) -> Option<f64> {
        self.axis.encode(value)
    }

    /// Returns the value at a position on `[0, 1]`.
    #[must_use]
    pub fn decode(&self, position: f64) -> Value {
        self.axis.decode(position)
    }

    /// Returns the quantile of `probability`: as [`decode`](Self::decode), but of the
    /// prior where there is one.
    #[must_use]
    pub fn quantile(&self, probability: f64) -> Value {
        self.axis.quantile(probability)
    }

    /// Draws a random value: from the prior where there is one, else uniform on the parameter's
    /// scale.
    pub fn draw(&self, rng: &mut Rng) -> Value {
        self.axis.draw(rng)
    }

    /// Returns the number of values that the parameter may take.
    #[must_use]
    pub fn cardinality(&self) -> Cardinality {
        self.value_count().map_or(Cardinality::Infinite, Cardinality::Finite)
    }

    fn value_count(&self) -> Option<u128> {
        self.axis.last().map(|last| u128::from(last) + 1)
    }

    /// Returns the default, or else the middle of the range or the first choice.
    #[must_use]
    pub fn default_value(&self) -> Value {
        self.given_default().unwrap_or_else(|| self.axis.middle())
    }

    /// Returns the default, where the space gives one.
    #[must_use]
    pub fn given_default(&self) -> Option<Value> {
        let default = match &self.domain {
            Domain::Float(float) => float.default.map(Value::Float),
            Domain::Int(int) => int.default.and_then(Value::int),
            Domain::Categorical(categorical) => categorical.default.map(Value::Choice),
        };
        default.and_then(|value| self.axis.snap(value))
    }
}

impl FlatSpace {
    /// Checks a space and flattens it.
    ///
    /// # Errors
    /// The first part that cannot be searched, by its path, and the reason.
    pub fn new(space: &Space) -> Result<Arc<Self>, SpaceError> {
        let Flattener { flat, by_path, fixed, root } = Flattener::build(space)?;
        let ranks = Enumeration::new(&root, &flat, &Parameter::value_count);
        Ok(Arc::new(Self { parameters: flat, root, space: space.clone(), by_path, fixed, ranks }))
    }

    /// Returns the tree that the parameters were made from.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Returns all parameters, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Parameter> {
        self.parameters.iter()
    }

    pub(super) fn as_slice(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Returns the number of parameters, inactive ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parameters.len()
    }

    /// Returns true if the space has no parameters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty()
    }

    /// Returns the parameter of this number.
    ///
    /// # Panics
    /// If the space has no parameter of this number.
    #[must_use]
    pub fn parameter(&self, parameter: u32) -> &Parameter {
        &self.parameters[parameter as usize]
    }

    /// Returns the number of the parameter at a dotted path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<u32> {
        self.by_path.get(path).copied()
    }

    /// Returns the values that are not tuned, in order.
    #[must_use]
    pub fn fixed(&self) -> &[Fixed] {
        &self.fixed
    }

    /// Returns the fixed value at a dotted path; `None` if the path is tuned or unknown.
    #[must_use]
    pub fn fixed_at(&self, path: &str) -> Option<&Label> {
        self.fixed.iter().find(|fixed| fixed.path == path).map(|fixed| &fixed.label)
    }

    /// Returns true if any parameter has a default.
    #[must_use]
    pub fn has_defaults(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.given_default().is_some())
    }

    /// Returns the number of configs.
    #[must_use]
    pub fn cardinality(&self) -> Cardinality {
        self.ranks
            .as_ref()
            .map_or(Cardinality::Infinite, |ranks| Cardinality::Finite(ranks.count()))
    }

    /// Builds a config by calling `choose` for the value of each active parameter, in order.
    ///
    /// # Errors
    /// The error of `choose`.
    ///
    /// # Panics
    /// If `choose` returns a value outside the parameter's domain and other parameters depend on
    /// it.
    pub fn try_fill<E>(
        self: &Arc<Self>,
        mut choose: impl FnMut(u32, &Parameter) -> Result<Value, E>,
    ) -> Result<Params, E> {
        let mut filling = ParamsBuilder::new(&self.parameters);
        self.root.fill(&mut filling, &mut choose)?;
        Ok(filling.finish(self))
    }

    /// Builds a config as [`try_fill`](Self::try_fill) does, with a `choose` that cannot fail.
    pub fn fill(self: &Arc<Self>, mut choose: impl FnMut(u32, &Parameter) -> Value) -> Params {
        let Ok(params) =
            self.try_fill(|id, parameter| Ok::<_, std::convert::Infallible>(choose(id, parameter)));
        params
    }

    /// Draws a random config: every parameter independently, from its prior where there is one; all
    /// variants are equally likely.
    pub fn draw(self: &Arc<Self>, rng: &mut Rng) -> Params {
        self.fill(|_, parameter| parameter.draw(rng))
    }

    /// Returns the config of all default values.
    #[must_use]
    pub fn default_params(self: &Arc<Self>) -> Params {
        self.fill(|_, parameter| parameter.default_value())
    }

    /// Returns the config at a point of the unit cube: one coordinate per parameter, those of
    /// inactive parameters unused.
    ///
    /// # Panics
    /// If the point has fewer coordinates than there are parameters.
    #[must_use]
    pub fn decode(self: &Arc<Self>, point: &[f64]) -> Params {
        self.fill(|id, parameter| parameter.decode(point[id as usize]))
    }

    /// Returns the config of an index in `0..cardinality`, the last parameter changing fastest;
    /// `None` beyond the last, or if the space is continuous.
    #[must_use]
    pub fn nth(self: &Arc<Self>, index: u128) -> Option<Params> {
        self.ranks.as_ref()?.config(self, index, &|parameter, level| parameter.axis.level(level))
    }

    pub(super) fn enumerate_by(
        &self,
        values: &impl Fn(&Parameter) -> Option<u128>,
    ) -> Option<Enumeration> {
        Enumeration::new(&self.root, &self.parameters, values)
    }
}

impl<'a> IntoIterator for &'a FlatSpace {
    type Item = &'a Parameter;
    type IntoIter = std::slice::Iter<'a, Parameter>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for FlatSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.parameters.iter().map(|parameter| (&parameter.path, &parameter.domain)))
            .finish()
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
