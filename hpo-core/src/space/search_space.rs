//! Types as search spaces: the trait that the derive implements, and the stream of values between a
//! config and its parameters.
//!
//! A config is written as the stream of the [`Value`]s of its *active* leaves, parents before
//! children, and read back from it. A struct writes its fields in order; an enum writes the index
//! of its variant, then that variant's fields; an `Option` writes 0 or 1, then its content; a `Vec`
//! writes its length, then its elements. Names and identifiers play no part, so the generated code
//! is short and reading a config is a walk over a slice.

use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8,
    NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
};

use super::{Categorical, Domain, OneOf, Part, RustType, Space, Value};

/// A type whose values are configs: it defines its search space, and reads and writes configs.
///
/// Derive it. Write it by hand only for a type with a space that the derive cannot express.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a search space",
    label = "this type declares no search space",
    note = "a number needs a range on its field: `#[search_space(range = low..=high)]`",
    note = "your own type needs `#[derive(SearchSpace)]`; any other type needs a list: \
        `#[search_space(choices = [a, b])]`",
    note = "what is not tuned needs `#[search_space(fixed = value)]` or `#[search_space(skip)]`"
)]
pub trait SearchSpace: Sized {
    /// Returns the search space.
    fn space() -> Space;

    /// Reads a config by taking the values of its active leaves off the stream.
    ///
    /// # Errors
    ///
    /// If the stream ends too soon, or a value has another kind than the field at its place or is
    /// outside its type.
    fn read(values: &mut Reader<'_>) -> Result<Self, ReadError>;

    /// Writes a config: pushes the values of its active leaves in the order in which
    /// [`read`](Self::read) takes them.
    ///
    /// # Errors
    ///
    /// If a field holds a value that its leaf cannot hold: a choice that is not in the list, or a
    /// number that is not finite.
    fn write(&self, values: &mut Writer) -> Result<(), WriteError>;

    /// Returns the constraint violation of the config: that of its type plus those of the types
    /// within. 0 is feasible; the value has no unit.
    fn violation(&self) -> f64 {
        0.0
    }

    /// Returns true if some config may violate a constraint, that is, for a type with a
    /// [`violation`](Self::violation) of its own. A study records it, so that a replay without the
    /// type knows that it cannot check constraints.
    #[must_use]
    fn is_constrained() -> bool {
        false
    }
}

/// Reads the values of a config.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    values: std::slice::Iter<'a, Value>,
}

/// The reason why a config could not be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The values ended before the config did.
    #[error("`{field}` has no value: the values end before it")]
    Missing {
        /// The name of the field, or of the type where there is no field.
        field: &'static str,
    },
    /// The value has another kind than the field, or is outside its type.
    #[error("`{field}` cannot be {value:?}: not a value of {expected}")]
    Unfit {
        /// The name of the field, or of the type where there is no field.
        field: &'static str,
        /// The value that was found.
        value: Value,
        /// The expected type, or the expected kind of value.
        expected: &'static str,
    },
    /// The index of a choice or a variant is too high.
    #[error(
        "`{field}` has {}, and no choice {index} (the first is 0)",
        super::counted(count, "choice")
    )]
    Choice {
        /// The name of the field, or of the type where there is no field.
        field: &'static str,
        /// The index that was found.
        index: u32,
        /// The number of choices.
        count: u32,
    },
    /// The config ended before the values did.
    #[error("left over at the end: {}", super::counted(count, "value"))]
    Left {
        /// The number of values left over.
        count: usize,
    },
}

impl<'a> Reader<'a> {
    /// Creates a reader of the values of the active leaves, parents before children.
    #[must_use]
    pub fn new(values: &'a [Value]) -> Self {
        Self { values: values.iter() }
    }

    /// Returns the next value.
    ///
    /// # Errors
    ///
    /// If the values have ended. The error names the field.
    pub fn value(&mut self, field: &'static str) -> Result<Value, ReadError> {
        self.values.next().copied().ok_or(ReadError::Missing { field })
    }

    /// Returns the next value, the index of one of `count` choices.
    ///
    /// # Errors
    ///
    /// If the values have ended, or the next one is not a choice or too high an index. The error
    /// names the field.
    pub fn choice(&mut self, field: &'static str, count: u32) -> Result<u32, ReadError> {
        match self.value(field)? {
            Value::Choice(index) if index < count => Ok(index),
            Value::Choice(index) => Err(ReadError::Choice { field, index, count }),
            value => Err(ReadError::Unfit { field, value, expected: "a choice" }),
        }
    }

    /// Returns the next value, a length.
    ///
    /// # Errors
    ///
    /// If the values have ended, or the next one is not a length. The error names the field.
    pub fn length(&mut self, field: &'static str) -> Result<usize, ReadError> {
        let value = self.value(field)?;
        let length = value.as_int().and_then(|length| usize::try_from(length).ok());
        length.ok_or(ReadError::Unfit { field, value, expected: "a length" })
    }

    /// Ends the reading.
    ///
    /// # Errors
    ///
    /// If values are left over.
    pub fn finish(self) -> Result<(), ReadError> {
        match self.values.len() {
            0 => Ok(()),
            count => Err(ReadError::Left { count }),
        }
    }
}

/// Collects the values of a config.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    values: Vec<Value>,
}

/// The reason why a config could not be written.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The value of the field is not in its list of choices.
    #[error("`{field}` holds none of its choices")]
    NotAChoice {
        /// The name of the field.
        field: &'static str,
    },
    /// The number is not finite, or an integer that fits neither `i64` nor `u64`.
    #[error("`{field}` holds a number that cannot be written: not finite, or of more than 64 bits")]
    Unfit {
        /// The name of the field.
        field: &'static str,
    },
}

impl Writer {
    /// Creates an empty writer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value to the stream.
    pub fn push(&mut self, value: Value) {
        self.values.push(value);
    }

    /// Adds the index of a choice or a variant.
    pub fn choice(&mut self, index: u32) {
        self.push(Value::Choice(index));
    }

    /// Adds a length to the stream.
    pub fn length(&mut self, length: usize) {
        self.values.extend(Value::int(length as i128));
    }

    /// Returns the values written.
    #[must_use]
    pub fn into_values(self) -> Vec<Value> {
        self.values
    }
}

/// A number that can be tuned: any primitive integer or float, or `NonZero` integer.
///
/// The trait is sealed: the derive checks bounds at compile time, which it can do for these types
/// only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number that can be tuned",
    label = "`range` needs a number here",
    note = "numbers are the primitive integers, `f32`, `f64`, and the `NonZero` integers",
    note = "for any other type list the values: `#[search_space(choices = [a, b])]`"
)]
pub trait Numeric: Copy + sealed::Number {
    /// The type of the bounds: the number itself, or the inner integer of a `NonZero` type.
    type Bound: Copy;

    /// True for a real number, false for an integer.
    const FLOAT: bool = false;

    /// True if zero is not among the values.
    const NONZERO: bool = false;

    /// The name of the type, without its path.
    const NAME: &'static str;

    /// Returns the number for a value, if it fits the type.
    fn from_value(value: Value) -> Option<Self>;

    /// Returns the value for the number; `None` for NaN, infinity, and integers of more than 64
    /// bits.
    fn to_value(self) -> Option<Value>;

    /// Takes the next value off the stream.
    ///
    /// # Errors
    ///
    /// If the values have ended, or the next one does not fit the type. The error names the field.
    fn read(values: &mut Reader<'_>, field: &'static str) -> Result<Self, ReadError> {
        let value = values.value(field)?;
        Self::from_value(value).ok_or(ReadError::Unfit {
            field,
            value,
            expected: std::any::type_name::<Self>(),
        })
    }

    /// Pushes the number onto the stream.
    ///
    /// # Errors
    ///
    /// If no value represents the number. The error names the field.
    fn write(&self, values: &mut Writer, field: &'static str) -> Result<(), WriteError> {
        values.push((*self).to_value().ok_or(WriteError::Unfit { field })?);
        Ok(())
    }
}

mod sealed {
    /// The sealing trait: only this module implements it.
    pub trait Number {}
}

macro_rules! integers {
    ($($integer:ty, $nonzero:ty;)+) => {$(
        impl sealed::Number for $integer {}
        impl Numeric for $integer {
            type Bound = Self;
            const NAME: &'static str = stringify!($integer);
            fn from_value(value: Value) -> Option<Self> {
                value.as_int()?.try_into().ok()
            }
            fn to_value(self) -> Option<Value> {
                Value::int(self.try_into().ok()?)
            }
        }
        impl sealed::Number for $nonzero {}
        #[diagnostic::do_not_recommend]
        impl Numeric for $nonzero {
            type Bound = $integer;
            const NONZERO: bool = true;
            const NAME: &'static str = stringify!($nonzero);
            fn from_value(value: Value) -> Option<Self> {
                Self::new(Numeric::from_value(value)?)
            }
            fn to_value(self) -> Option<Value> {
                self.get().to_value()
            }
        }
    )+};
}
integers! {
    i8, NonZeroI8; i16, NonZeroI16; i32, NonZeroI32;
    i64, NonZeroI64; i128, NonZeroI128; isize, NonZeroIsize;
    u8, NonZeroU8; u16, NonZeroU16; u32, NonZeroU32;
    u64, NonZeroU64; u128, NonZeroU128; usize, NonZeroUsize;
}

impl sealed::Number for f64 {}
impl Numeric for f64 {
    type Bound = Self;
    const FLOAT: bool = true;
    const NAME: &'static str = "f64";
    fn from_value(value: Value) -> Option<Self> {
        value.as_float()
    }
    fn to_value(self) -> Option<Value> {
        self.is_finite().then_some(Value::Float(self))
    }
}

impl sealed::Number for f32 {}
impl Numeric for f32 {
    type Bound = Self;
    const FLOAT: bool = true;
    const NAME: &'static str = "f32";
    /// Rounds to the nearest `f32`. The bounds are `f32` themselves, so the number stays within
    /// them.
    #[allow(clippy::cast_possible_truncation)]
    fn from_value(value: Value) -> Option<Self> {
        value.as_float().map(|float| float as f32)
    }
    fn to_value(self) -> Option<Value> {
        f64::from(self).to_value()
    }
}

/// Reads an array element by element.
pub(crate) fn read_array<T, const N: usize>(
    values: &mut Reader<'_>,
    mut element: impl FnMut(&mut Reader<'_>) -> Result<T, ReadError>,
) -> Result<[T; N], ReadError> {
    let elements = (0..N).map(|_| element(values)).collect::<Result<Vec<T>, ReadError>>()?;
    elements.try_into().map_err(|_| ReadError::Missing { field: "array" })
}

/// Adds up violations. A negative violation counts as 0, NaN as infinity.
pub(crate) fn total(violations: impl IntoIterator<Item = f64>) -> f64 {
    let positive = |violation: f64| {
        if violation.is_nan() { f64::INFINITY } else { violation.max(0.0) }
    };
    violations.into_iter().map(positive).sum()
}

impl SearchSpace for bool {
    fn space() -> Space {
        Space::Leaf(Domain::Categorical(Categorical::new([false, true])))
            .typed(RustType::Scalar("bool".to_owned()))
    }
    fn read(values: &mut Reader<'_>) -> Result<Self, ReadError> {
        Ok(values.choice("bool", 2)? == 1)
    }
    fn write(&self, values: &mut Writer) -> Result<(), WriteError> {
        values.choice(u32::from(*self));
        Ok(())
    }
}

impl<T: SearchSpace> SearchSpace for Box<T> {
    fn space() -> Space {
        T::space().boxed()
    }
    fn read(values: &mut Reader<'_>) -> Result<Self, ReadError> {
        T::read(values).map(Box::new)
    }
    fn write(&self, values: &mut Writer) -> Result<(), WriteError> {
        T::write(self, values)
    }
    fn violation(&self) -> f64 {
        T::violation(self)
    }
    fn is_constrained() -> bool {
        T::is_constrained()
    }
}

impl<T: SearchSpace> SearchSpace for Option<T> {
    fn space() -> Space {
        let variants = vec![Part::new("off", Space::All(Vec::new())), Part::new("on", T::space())];
        Space::OneOf(OneOf { variants, tag: None, default: None, shared: Vec::new() })
            .typed(RustType::Optional)
    }
    fn read(values: &mut Reader<'_>) -> Result<Self, ReadError> {
        match values.choice("Option", 2)? {
            0 => Ok(None),
            _ => T::read(values).map(Some),
        }
    }
    fn write(&self, values: &mut Writer) -> Result<(), WriteError> {
        values.choice(u32::from(self.is_some()));
        self.as_ref().map_or(Ok(()), |config| config.write(values))
    }
    fn violation(&self) -> f64 {
        self.as_ref().map_or(0.0, T::violation)
    }
    fn is_constrained() -> bool {
        T::is_constrained()
    }
}

impl<T: SearchSpace, const N: usize> SearchSpace for [T; N] {
    fn space() -> Space {
        Space::All((0..N).map(|index| Part::new(index.to_string(), T::space())).collect())
            .typed(RustType::Array)
    }
    fn read(values: &mut Reader<'_>) -> Result<Self, ReadError> {
        read_array(values, T::read)
    }
    fn write(&self, values: &mut Writer) -> Result<(), WriteError> {
        self.iter().try_for_each(|config| config.write(values))
    }
    fn violation(&self) -> f64 {
        total(self.iter().map(T::violation))
    }
    fn is_constrained() -> bool {
        T::is_constrained()
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),*))+) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($name: SearchSpace),*> SearchSpace for ($($name,)*) {
            fn space() -> Space {
                let parts = vec![$(Part::new(stringify!($index), $name::space())),*];
                Space::All(parts).typed(RustType::Tuple)
            }
            #[allow(unused_variables, clippy::unused_unit)]
            fn read(values: &mut Reader<'_>) -> Result<Self, ReadError> {
                Ok(($($name::read(values)?,)*))
            }
            #[allow(unused_variables)]
            fn write(&self, values: &mut Writer) -> Result<(), WriteError> {
                $(self.$index.write(values)?;)*
                Ok(())
            }
            fn violation(&self) -> f64 {
                total([$(self.$index.violation()),*])
            }
            fn is_constrained() -> bool {
                [false $(, $name::is_constrained())*].contains(&true)
            }
        }
    )+};
}
tuples! {
    ()
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}
