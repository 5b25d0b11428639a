//! The Rust side of a type, as constant data in the expansion.

use crate::space::{RustField, RustFields, RustType, RustVariant, Space, Words};

/// The fields of a struct or a variant: their names and attributes.
#[derive(Clone, Copy, Debug)]
pub enum Fields {
    /// No fields and no braces.
    Unit,
    /// Named fields: `{ a: .., b: .. }`.
    Named(&'static [(&'static str, Said)]),
    /// Unnamed fields: `(.., ..)`.
    Tuple(&'static [(&'static str, Said)]),
}

/// The attribute of a field.
#[derive(Clone, Copy, Debug)]
pub enum Said {
    /// The arguments of the attribute of a tuned field.
    Tuned(&'static [&'static str]),
    /// The expression of a fixed field.
    Fixed(&'static str),
    /// A field without an attribute, or a skipped one.
    Skipped,
}

impl From<Said> for Words {
    fn from(said: Said) -> Self {
        match said {
            Said::Tuned(words) => {
                Words::Tuned(words.iter().map(|word| (*word).to_owned()).collect())
            }
            Said::Fixed(value) => Words::Fixed(value.to_owned()),
            Said::Skipped => Words::Skipped,
        }
    }
}

impl From<Fields> for RustFields {
    fn from(fields: Fields) -> Self {
        let field = |(name, said): &(&str, Said)| RustField {
            name: (*name).to_owned(),
            words: (*said).into(),
        };
        let list = |fields: &[(&str, Said)]| fields.iter().map(field).collect();
        match fields {
            Fields::Unit => RustFields::Unit,
            Fields::Named(fields) => RustFields::Named(list(fields)),
            Fields::Tuple(fields) => RustFields::Tuple(list(fields)),
        }
    }
}

/// Returns the space of a struct with its Rust type.
#[must_use]
pub fn of_struct(space: Space, name: &str, fields: Fields) -> Space {
    space.typed(RustType::Struct { name: name.to_owned(), fields: fields.into() })
}

/// Returns the space of an enum with its Rust type.
#[must_use]
pub fn of_enum(space: Space, name: &str, variants: &[(&'static str, Fields)]) -> Space {
    let variant = |(name, fields): &(&str, Fields)| RustVariant {
        name: (*name).to_owned(),
        fields: (*fields).into(),
    };
    space.typed(RustType::Enum {
        name: name.to_owned(),
        variants: variants.iter().map(variant).collect(),
    })
}

/// Returns the space of a number or a flag with its Rust type.
#[must_use]
pub fn scalar(name: &str, space: Space) -> Space {
    space.typed(RustType::Scalar(name.to_owned()))
}

/// Returns the space of the content of a `Box` as that of the box.
#[must_use]
pub fn boxed(space: Space) -> Space {
    space.boxed()
}
