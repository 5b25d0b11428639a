//! Untyped values of parameters, as a sampler chooses them.

use std::borrow::Cow;
use std::fmt;

/// One value of one parameter: eight bytes and a tag.
///
/// Integers are exact over the whole range of `i64` and `u64`; a category is the index of its
/// choice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A finite real number.
    Float(f64),
    /// An integer that fits `i64`.
    Int(i64),
    /// An integer above `i64::MAX`; smaller ones are always [`Value::Int`].
    Unsigned(u64),
    /// The index of a choice or of a variant; for an `Option`, off (0) or on (1).
    Choice(u32),
}

impl Value {
    /// Returns the integer as a value; `None` if it fits neither `i64` nor `u64`.
    #[must_use]
    pub fn int(integer: i128) -> Option<Self> {
        i64::try_from(integer)
            .map(Value::Int)
            .or_else(|_| u64::try_from(integer).map(Value::Unsigned))
            .ok()
    }

    /// Returns the integer; `None` for other kinds of value.
    #[must_use]
    pub fn as_int(self) -> Option<i128> {
        match self {
            Value::Int(integer) => Some(i128::from(integer)),
            Value::Unsigned(integer) => Some(i128::from(integer)),
            Value::Float(_) | Value::Choice(_) => None,
        }
    }

    /// Returns the real number; `None` for other kinds of value.
    #[must_use]
    pub fn as_float(self) -> Option<f64> {
        match self {
            Value::Float(float) => Some(float),
            _ => None,
        }
    }

    /// Returns the index of the choice; `None` for other kinds of value.
    #[must_use]
    pub fn as_choice(self) -> Option<u32> {
        match self {
            Value::Choice(index) => Some(index),
            _ => None,
        }
    }

    /// Returns eight bytes that differ for any two values of one parameter (0.0 and -0.0 count as
    /// equal).
    pub(crate) fn bits(self) -> u64 {
        match self {
            Value::Float(float) => (float + 0.0).to_bits(),
            Value::Int(integer) => integer.cast_unsigned(),
            Value::Unsigned(integer) => integer,
            Value::Choice(index) => u64::from(index),
        }
    }
}

/// The name of a choice in storages and reports: a JSON scalar.
#[derive(Clone, Debug, PartialEq)]
pub enum Label {
    /// JSON's `null`, which Optuna reads as `None`.
    Null,
    /// A boolean, `true` or `false`.
    Bool(bool),
    /// An integer of up to 64 bits.
    Int(i128),
    /// A finite real number.
    Float(f64),
    /// A text of any length.
    Text(Cow<'static, str>),
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Label::Null => f.write_str("null"),
            Label::Bool(flag) => write!(f, "{flag}"),
            Label::Int(integer) => write!(f, "{integer}"),
            Label::Float(float) => write!(f, "{float:?}"),
            Label::Text(text) => f.write_str(text),
        }
    }
}

impl From<&'static str> for Label {
    fn from(text: &'static str) -> Self {
        Label::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Label {
    fn from(text: String) -> Self {
        Label::Text(Cow::Owned(text))
    }
}

impl From<char> for Label {
    fn from(letter: char) -> Self {
        Label::from(letter.to_string())
    }
}

impl From<bool> for Label {
    fn from(flag: bool) -> Self {
        Label::Bool(flag)
    }
}

macro_rules! label_from {
    ($variant:ident($target:ty): $($source:ty),+) => {$(
        impl From<$source> for Label {
            fn from(number: $source) -> Self {
                Label::$variant(<$target>::from(number))
            }
        }
    )+};
}
label_from!(Int(i128): i8, i16, i32, i64, u8, u16, u32, u64);
label_from!(Float(f64): f32, f64);

impl From<usize> for Label {
    fn from(number: usize) -> Self {
        Label::Int(number as i128)
    }
}

impl From<isize> for Label {
    fn from(number: isize) -> Self {
        Label::Int(number as i128)
    }
}
