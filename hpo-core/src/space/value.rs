//! Values of parameters: what a sampler chooses, untyped.

use std::borrow::Cow;
use std::fmt;

/// One value of one parameter: eight bytes and a tag.
///
/// Integers are exact over the whole of `i64` and `u64`; a category is the index of its choice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A finite real number.
    Float(f64),
    /// An integer that fits `i64`.
    Int(i64),
    /// An integer above `i64::MAX`; smaller ones are always [`Value::Int`].
    Unsigned(u64),
    /// The index of a choice, of a variant, or off (0) and on (1).
    Choice(u32),
}

impl Value {
    /// The integer as a value; `None` if it fits neither `i64` nor `u64`.
    #[must_use]
    pub fn int(integer: i128) -> Option<Self> {
        i64::try_from(integer).map(Value::Int).or_else(|_| u64::try_from(integer).map(Value::Unsigned)).ok()
    }

    /// The integer, if it is one.
    #[must_use]
    pub fn as_int(self) -> Option<i128> {
        match self {
            Value::Int(integer) => Some(i128::from(integer)),
            Value::Unsigned(integer) => Some(i128::from(integer)),
            Value::Float(_) | Value::Choice(_) => None,
        }
    }

    /// The real number, if it is one.
    #[must_use]
    pub fn as_float(self) -> Option<f64> {
        match self {
            Value::Float(float) => Some(float),
            _ => None,
        }
    }

    /// The index of the choice, if it is one.
    #[must_use]
    pub fn as_choice(self) -> Option<u32> {
        match self {
            Value::Choice(index) => Some(index),
            _ => None,
        }
    }

    /// Eight bytes that tell any two values of one parameter apart (the two zeros of a float are one).
    pub(crate) fn bits(self) -> u64 {
        match self {
            Value::Float(float) => (float + 0.0).to_bits(),
            Value::Int(integer) => integer.cast_unsigned(),
            Value::Unsigned(integer) => integer,
            Value::Choice(index) => u64::from(index),
        }
    }
}

/// What a choice is called in storages and reports: one of JSON's scalars.
#[derive(Clone, Debug, PartialEq)]
pub enum Label {
    /// `null`, as Optuna's `None`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer of up to 64 bits.
    Int(i128),
    /// A finite real number.
    Float(f64),
    /// Text.
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
