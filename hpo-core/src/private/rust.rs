//! What the derive knows of a type in Rust, as data of the expansion.

use crate::space::{RustField, RustFields, RustType, RustVariant, Space, Words};

/// The fields of a struct or a variant: names, with what was written over them.
#[derive(Clone, Copy, Debug)]
pub enum Fields {
    /// None, and no braces.
    Unit,
    /// `{ a: .., b: .. }`
    Named(&'static [(&'static str, Said)]),
    /// `(.., ..)`
    Tuple(&'static [(&'static str, Said)]),
}

/// What was written over a field.
#[derive(Clone, Copy, Debug)]
pub enum Said {
    /// The words of a field that is tuned.
    Tuned(&'static [&'static str]),
    /// The expression of one that is not.
    Fixed(&'static str),
    /// Nothing, or that it is skipped.
    Skipped,
}

impl From<Said> for Words {
    fn from(said: Said) -> Self {
        match said {
            Said::Tuned(words) => Words::Tuned(words.iter().map(|word| (*word).to_owned()).collect()),
            Said::Fixed(value) => Words::Fixed(value.to_owned()),
            Said::Skipped => Words::Skipped,
        }
    }
}

impl From<Fields> for RustFields {
    fn from(fields: Fields) -> Self {
        let field = |(name, said): &(&str, Said)| RustField { name: (*name).to_owned(), words: (*said).into() };
        let list = |fields: &[(&str, Said)]| fields.iter().map(field).collect();
        match fields {
            Fields::Unit => RustFields::Unit,
            Fields::Named(fields) => RustFields::Named(list(fields)),
            Fields::Tuple(fields) => RustFields::Tuple(list(fields)),
        }
    }
}

/// The space of a struct.
#[must_use]
pub fn of_struct(space: Space, name: &str, fields: Fields) -> Space {
    space.typed(RustType::Struct { name: name.to_owned(), fields: fields.into() })
}

/// The space of an enum.
#[must_use]
pub fn of_enum(space: Space, name: &str, variants: &[(&'static str, Fields)]) -> Space {
    let variant = |(name, fields): &(&str, Fields)| RustVariant { name: (*name).to_owned(), fields: (*fields).into() };
    space.typed(RustType::Enum { name: name.to_owned(), variants: variants.iter().map(variant).collect() })
}

/// The space of a number or a flag.
#[must_use]
pub fn scalar(name: &str, space: Space) -> Space {
    space.typed(RustType::Scalar(name.to_owned()))
}

/// The space of what stands in a box.
#[must_use]
pub fn boxed(space: Space) -> Space {
    space.boxed()
}
