//! The functions that the expansion of `#[derive(SearchSpace)]` calls. Not public: they may change
//! in any release.
//!
//! The logic is here, where it can be read and tested, so that expansions are short. As much as
//! possible is not generic: a function compiled once here is not compiled again in each user's
//! crate.

#[path = "private/number.rs"]
mod number;
#[path = "private/rust.rs"]
mod rust;
#[path = "private/label.rs"]
mod label;
#[path = "private/untuned.rs"]
mod untuned;

use crate::space::{
    Categorical, Domain, Float, Int, List, OneOf, Part, Prior, RustType, Value, search_space,
};
pub use crate::space::{Label, Numeric, ReadError, Reader, SearchSpace, Space, WriteError, Writer};
pub use label::Labelled;
pub use number::{Both, Number, Rule};
pub use rust::{FieldSpec, Fields, boxed, of_enum, of_struct, scalar};
pub use untuned::{Skipped, Told, Untuned};

/// The result of [`SearchSpace::read`].
pub type Read<T> = Result<T, ReadError>;

/// The result of [`SearchSpace::write`].
pub type Written = Result<(), WriteError>;

/// The functions of a field's type that an expansion needs. They are requested once per type, so
/// that a type without a search space gives only one error.
#[derive(Debug)]
pub struct Within<T> {
    /// The function [`SearchSpace::space`] of the type.
    pub space: fn() -> Space,
    /// The function [`SearchSpace::read`] of the type.
    pub read: fn(&mut Reader<'_>) -> Read<T>,
    /// The function [`SearchSpace::write`] of the type.
    pub write: fn(&T, &mut Writer) -> Written,
    /// The function [`SearchSpace::violation`] of the type.
    pub violation: fn(&T) -> f64,
    /// The function [`SearchSpace::is_constrained`] of the type.
    pub is_constrained: fn() -> bool,
}

/// Returns the functions of a type that an expansion needs.
#[inline]
#[must_use]
pub fn within<T: SearchSpace>() -> Within<T> {
    Within {
        space: T::space,
        read: T::read,
        write: T::write,
        violation: T::violation,
        is_constrained: T::is_constrained,
    }
}

/// A list under construction: the parts of a struct or a variant, or the variants of an enum.
#[derive(Debug, Default)]
pub struct Parts(Vec<Part>);

impl Parts {
    /// Creates an empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part with its name.
    pub fn push(&mut self, name: &'static str, space: Space) {
        self.0.push(Part::new(name, space));
    }

    /// Adds the only field of a tuple. The parts of a struct or an enum lie at the tuple's own
    /// path.
    pub fn newtype(&mut self, space: Space) {
        let own = matches!(space.plain(), Space::All(_) | Space::OneOf(_));
        self.push(if own { "" } else { "0" }, space);
    }

    /// Adds what is fixed. A value that cannot be recorded is known to be none of those that were
    /// tuned.
    pub fn fixed(&mut self, name: &'static str, value: Option<Space>) {
        let unknown = || Space::Fixed(Label::from("a value that is not recorded"));
        self.0.push(Part::new(name, value.unwrap_or_else(unknown)));
    }

    /// Adds what is skipped, if its value can be recorded.
    pub fn skipped(&mut self, name: &'static str, value: Option<Space>) {
        self.0.extend(value.map(|space| Part::new(name, space)));
    }

    /// Returns the space in which all parts are active.
    #[must_use]
    pub fn all(self) -> Space {
        Space::All(self.0)
    }

    /// Returns the space in which one of the variants is active.
    #[must_use]
    pub fn one_of(self, tag: Option<&'static str>, default: Option<u32>) -> Space {
        Space::OneOf(OneOf {
            variants: self.0,
            tag: tag.map(str::to_owned),
            default,
            shared: Vec::new(),
        })
    }
}

/// Returns a real number with checked bounds.
#[must_use]
pub fn float(low: f64, high: f64, log: bool) -> Space {
    Space::Leaf(Domain::Float(Float { log, ..Float::new(low, high) }))
}

/// Returns an integer with checked bounds.
#[must_use]
pub fn int(low: i128, high: i128, log: bool) -> Space {
    Space::Leaf(Domain::Int(Int { log, ..Int::new(low, high) }))
}

impl Number {
    /// Returns the number as a space.
    #[must_use]
    pub fn leaf(self) -> Space {
        Space::Leaf(if self.float {
            Domain::Float(self.float_domain())
        } else {
            Domain::Int(self.int_domain())
        })
    }

    fn float_domain(&self) -> Float {
        let read = |number: Option<Both>| number.map(|number| number.float);
        Float {
            low: self.low.float,
            high: self.high.float,
            log: self.log,
            step: read(self.step),
            default: read(self.default),
            prior: self.prior(),
        }
    }

    fn int_domain(&self) -> Int {
        let read = |number: Option<Both>| number.map(|number| number.int);
        Int {
            low: self.low.int,
            high: self.last(),
            log: self.log,
            step: read(self.step),
            default: read(self.default),
            prior: self.prior(),
        }
    }

    fn prior(&self) -> Option<Prior> {
        self.prior.map(|(center, spread)| Prior { center, spread })
    }
}

/// Returns a flag, `false` or `true`.
#[must_use]
pub fn flag(default: Option<bool>) -> Space {
    let choices = [false, true].map(Label::Bool).into();
    scalar(
        "bool",
        Space::Leaf(Domain::Categorical(Categorical {
            choices,
            ordered: false,
            default: default.map(u32::from),
        })),
    )
}

/// Returns a choice from a list; `written` contains the expressions of the choices.
#[must_use]
pub fn choices(
    choices: Vec<Label>,
    ordered: bool,
    default: Option<u32>,
    written: &[&'static str],
) -> Space {
    let written = written.iter().map(|choice| (*choice).to_owned()).collect();
    Space::Leaf(Domain::Categorical(Categorical { choices, ordered, default }))
        .typed(RustType::Choices(written))
}

/// Returns the labels of texts.
#[must_use]
pub fn texts(texts: &[&'static str]) -> Vec<Label> {
    texts.iter().map(|text| Label::from(*text)).collect()
}

/// Returns the labels of integers.
#[must_use]
pub fn ints(integers: &[i128]) -> Vec<Label> {
    integers.iter().copied().map(Label::Int).collect()
}

/// Returns the labels of real numbers.
#[must_use]
pub fn floats(floats: &[f64]) -> Vec<Label> {
    floats.iter().copied().map(Label::Float).collect()
}

/// Returns an optional part; `default` is true if it is on by default.
#[must_use]
pub fn option(space: Space, default: Option<bool>) -> Space {
    let mut parts = Parts::new();
    parts.push("off", Space::All(Vec::new()));
    parts.push("on", space);
    parts.one_of(None, default.map(u32::from)).typed(RustType::Optional)
}

/// Returns a repeated part; `len` is an integer.
#[must_use]
pub fn list(len: &Number, element: Space) -> Space {
    Space::List(List { len: len.int_domain(), element: Box::new(element) }).typed(RustType::Vector)
}

/// Returns a part repeated a fixed number of times.
#[must_use]
pub fn array(len: usize, element: &Space) -> Space {
    Space::All((0..len).map(|index| Part::new(index.to_string(), element.clone())).collect())
        .typed(RustType::Array)
}

/// Returns the space of a type with a config as its default.
///
/// # Panics
///
/// If the config cannot be written as values of the space. This mistake in a `default = ...` can be
/// detected only at run time.
// So that the expansion can pass the user's expression as it is.
#[allow(clippy::needless_pass_by_value)]
pub fn preset<T>(within: &Within<T>, config: T) -> Space {
    let mut writer = Writer::new();
    if let Err(error) = (within.write)(&config, &mut writer) {
        panic!(
            "a default of `{}` is outside its search space: {error}",
            std::any::type_name::<T>()
        );
    }
    let mut space = (within.space)();
    set_defaults(&mut space, &mut Reader::new(&writer.into_values()));
    space
}

/// Makes the values the defaults of their leaves, in order.
fn set_defaults(space: &mut Space, values: &mut Reader<'_>) {
    match space {
        Space::Leaf(domain) => set_default(domain, values),
        Space::Fixed(_) => {}
        Space::All(parts) => {
            for part in parts {
                set_defaults(&mut part.space, values);
            }
        }
        Space::OneOf(one_of) => {
            one_of.default = values.value("default").ok().and_then(Value::as_choice);
            let chosen = one_of.default.and_then(|index| one_of.variants.get_mut(index as usize));
            if let Some(part) = chosen {
                set_defaults(&mut part.space, values);
            }
        }
        Space::Typed(typed) => set_defaults(&mut typed.space, values),
        Space::List(list) => {
            let len = values.length("default").unwrap_or(0);
            list.len.default = Some(len as i128);
            // All elements share one space, so an element cannot have its own default. Skip their
            // values.
            (0..len).for_each(|_| set_defaults(&mut list.element.clone(), values));
        }
    }
}

fn set_default(domain: &mut Domain, values: &mut Reader<'_>) {
    let value = values.value("default").ok();
    match domain {
        Domain::Float(float) => float.default = value.and_then(Value::as_float),
        Domain::Int(int) => int.default = value.and_then(Value::as_int),
        Domain::Categorical(categorical) => {
            categorical.default = value.and_then(Value::as_choice);
        }
    }
}

/// Reads a choice from a list.
///
/// # Errors
///
/// If the next value is not the index of a choice.
pub fn read_choice<T: Clone>(
    values: &mut Reader<'_>,
    field: &'static str,
    choices: &[T],
) -> Read<T> {
    let index = values.choice(field, u32::try_from(choices.len()).unwrap_or(u32::MAX))?;
    Ok(choices[index as usize].clone())
}

/// Writes a choice from a list.
///
/// # Errors
///
/// If the choice is not in the list.
pub fn write_choice<T: PartialEq>(
    values: &mut Writer,
    field: &'static str,
    choices: &[T],
    choice: &T,
) -> Written {
    let index = choices.iter().position(|candidate| candidate == choice);
    let index = index.and_then(|index| u32::try_from(index).ok());
    values.choice(index.ok_or(WriteError::NotAChoice { field })?);
    Ok(())
}

/// Reads a flag, `true` or `false`.
///
/// # Errors
///
/// If the next value is not a choice of two.
pub fn read_flag(values: &mut Reader<'_>, field: &'static str) -> Read<bool> {
    Ok(values.choice(field, 2)? == 1)
}

/// Reads an optional part.
///
/// # Errors
///
/// If the next value is not a choice of two, and the errors of the part.
pub fn read_option<T>(
    values: &mut Reader<'_>,
    field: &'static str,
    part: impl FnOnce(&mut Reader<'_>) -> Read<T>,
) -> Read<Option<T>> {
    read_flag(values, field)?.then(|| part(values)).transpose()
}

/// Writes an optional part.
///
/// # Errors
///
/// The errors of the part.
pub fn write_option<T>(
    values: &mut Writer,
    option: Option<&T>,
    part: impl FnOnce(&mut Writer, &T) -> Written,
) -> Written {
    values.choice(u32::from(option.is_some()));
    option.map_or(Ok(()), |config| part(values, config))
}

/// Reads a list, preceded by its length.
///
/// # Errors
///
/// If the next value is not a length, and the errors of the elements.
pub fn read_list<T>(
    values: &mut Reader<'_>,
    field: &'static str,
    mut element: impl FnMut(&mut Reader<'_>) -> Read<T>,
) -> Read<Vec<T>> {
    let len = values.length(field)?;
    // The length comes from the input and may be huge, so do not use `with_capacity`.
    (0..len).map(|_| element(values)).collect()
}

/// Writes a list, preceded by its length.
///
/// # Errors
///
/// The errors of the elements.
pub fn write_list<T>(
    values: &mut Writer,
    list: &[T],
    element: impl FnMut(&mut Writer, &T) -> Written,
) -> Written {
    values.length(list.len());
    write_array(values, list, element)
}

/// Reads an array, which has no length value.
///
/// # Errors
///
/// The errors of the elements.
pub fn read_array<T, const N: usize>(
    values: &mut Reader<'_>,
    element: impl FnMut(&mut Reader<'_>) -> Read<T>,
) -> Read<[T; N]> {
    search_space::read_array(values, element)
}

/// Writes an array, without its length.
///
/// # Errors
///
/// The errors of the elements.
pub fn write_array<T>(
    values: &mut Writer,
    array: &[T],
    mut element: impl FnMut(&mut Writer, &T) -> Written,
) -> Written {
    array.iter().try_for_each(|config| element(values, config))
}

/// Returns the sum of violations.
#[must_use]
pub fn total(violations: &[f64]) -> f64 {
    search_space::total(violations.iter().copied())
}

/// Returns the sum of the violations of all elements.
pub fn violations<'a, T: 'a>(
    elements: impl IntoIterator<Item = &'a T>,
    violation: impl Fn(&T) -> f64,
) -> f64 {
    search_space::total(elements.into_iter().map(violation))
}

/// The return type of a constraint.
#[diagnostic::on_unimplemented(
    message = "a constraint cannot return `{Self}`",
    label = "must return `bool` or `f64`",
    note = "`bool`: whether the config is feasible; `f64`: the amount by which it is infeasible, \
        where 0 or less is feasible"
)]
pub trait ConstraintValue {
    /// Returns the violation: the amount by which the config is infeasible.
    fn violation(self) -> f64;
}

impl ConstraintValue for bool {
    fn violation(self) -> f64 {
        if self { 0.0 } else { 1.0 }
    }
}

impl ConstraintValue for f64 {
    fn violation(self) -> f64 {
        self
    }
}

/// A choice with its expression in the source. Its label is its value if that is a scalar, else the
/// expression.
///
/// `(&Named(..)).label()` resolves to [`ByValue`] first, and to [`ByText`], one reference further,
/// if the value is not a scalar.
#[derive(Debug)]
pub struct Named<'a, T>(pub &'a T, pub &'static str);

/// The label of a scalar choice; see [`Named`].
pub trait ByValue {
    /// Returns the label of the choice.
    fn label(&self) -> Label;
}

/// The label of any other choice; see [`Named`].
pub trait ByText {
    /// Returns the label of the choice.
    fn label(&self) -> Label;
}

impl<T: Labelled> ByValue for Named<'_, T> {
    fn label(&self) -> Label {
        self.0.label()
    }
}

impl<T> ByText for &Named<'_, T> {
    fn label(&self) -> Label {
        Label::from(self.1)
    }
}
