//! The Rust side of a type, as constant data in the expansion.

use crate::space::{FieldAttributes, RustField, RustFields, RustType, RustVariant, Space};

/// The fields of a struct or a variant: their names and attributes.
#[derive(Clone, Copy, Debug)]
pub enum Fields {
    /// No fields and no braces.
    Unit,
    /// Named fields: `{ a: .., b: .. }`.
    Named(&'static [(&'static str, FieldSpec)]),
    /// Unnamed fields: `(.., ..)`.
    Tuple(&'static [(&'static str, FieldSpec)]),
}

/// The attribute of a field.
#[derive(Clone, Copy, Debug)]
pub enum FieldSpec {
    /// The arguments of the attribute of a tuned field.
    Tuned(&'static [&'static str]),
    /// The expression of a fixed field.
    Fixed(&'static str),
    /// A field without an attribute, or a skipped one.
    Skipped,
}

impl From<FieldSpec> for FieldAttributes {
    fn from(spec: FieldSpec) -> Self {
        match spec {
            FieldSpec::Tuned(words) => {
                FieldAttributes::Tuned(words.iter().map(|word| (*word).to_owned()).collect())
            }
            FieldSpec::Fixed(value) => FieldAttributes::Fixed(value.to_owned()),
            FieldSpec::Skipped => FieldAttributes::Skipped,
        }
    }
}

impl From<Fields> for RustFields {
    fn from(fields: Fields) -> Self {
        let field = |(name, spec): &(&str, FieldSpec)| RustField {
            name: (*name).to_owned(),
            words: (*spec).into(),
        };
        let list = |fields: &[(&str, FieldSpec)]| fields.iter().map(field).collect();
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
