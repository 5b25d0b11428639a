//! The Rust side of a space: names of types and fields, and the attribute written on each field.
//!
//! The derive records it, so that a report can write configs and attributes that compile. It plays
//! no part in a search: two spaces that differ in nothing else are equal.

use serde::{Deserialize, Serialize};

use super::{OneOf, Part, Shared, Space};

/// A space with its Rust type.
#[derive(Clone, Debug)]
pub struct Typed {
    /// The Rust type of the space.
    pub rust: RustType,
    /// The space without its type.
    pub space: Box<Space>,
}

/// The Rust type of a part of a space. Type names are without their paths.
///
/// No variant has the name of a standard library type: otherwise the compiler would print that type
/// with its path in the errors of every program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RustType {
    /// A struct that derives its space.
    Struct {
        /// The name of the struct.
        name: String,
        /// The fields of the struct.
        fields: RustFields,
    },
    /// An enum that derives its space.
    Enum {
        /// The name of the enum.
        name: String,
        /// The variants, as many as the space has.
        variants: Vec<RustVariant>,
    },
    /// A number or a flag, by type name: `f64`, `u8`, `NonZeroU8`, `bool`.
    Scalar(String),
    /// A list of choices: the expression of each. Empty where an expression has a meaning within
    /// the type only (`Self` of a generic one).
    Choices(Vec<String>),
    /// An optional part, `Option<T>`.
    Optional,
    /// A list of variable length, `Vec<T>`.
    Vector,
    /// An array of fixed length, `[T; N]`.
    Array,
    /// A tuple without a name.
    Tuple,
    /// A `Box` with the type of its content; `None` if nothing is recorded of the content.
    Boxed(Option<Box<RustType>>),
}

/// A variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RustVariant {
    /// The name of the variant.
    pub name: String,
    /// The fields of the variant.
    pub fields: RustFields,
}

/// The fields of a struct or a variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RustFields {
    /// No fields and no braces.
    Unit,
    /// Named fields: `{ a: .., b: .. }`.
    Named(Vec<RustField>),
    /// Unnamed fields: `(.., ..)`.
    Tuple(Vec<RustField>),
}

/// A field of a struct or a variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RustField {
    /// The name of the field, or its number in a tuple.
    pub name: String,
    /// The attribute written on the field.
    pub words: FieldAttributes,
}

/// The attribute written on a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldAttributes {
    /// The field is tuned; the elements are the arguments of its attribute, such as
    /// `range = 1..=4`.
    Tuned(Vec<String>),
    /// The field is not tuned, and always has the value of this expression. Empty where the
    /// expression has a meaning within the type only. The space has a [`Space::Fixed`] for it if
    /// the value is a scalar or a choice.
    Fixed(String),
    /// The field is not tuned, and always has its `Default`. The space does not record it.
    Skipped,
}

impl RustFields {
    /// Returns the fields in order.
    #[must_use]
    pub fn list(&self) -> &[RustField] {
        match self {
            RustFields::Unit => &[],
            RustFields::Named(fields) | RustFields::Tuple(fields) => fields,
        }
    }
}

impl RustField {
    /// Returns the arguments of the field's attribute; `None` if it is not tuned.
    #[must_use]
    pub fn tuned(&self) -> Option<&[String]> {
        match &self.words {
            FieldAttributes::Tuned(words) => Some(words),
            FieldAttributes::Fixed(_) | FieldAttributes::Skipped => None,
        }
    }
}

impl RustType {
    /// Returns the type within any boxes; `None` if it is not known.
    #[must_use]
    pub fn unboxed(&self) -> Option<&RustType> {
        match self {
            RustType::Boxed(within) => within.as_ref()?.unboxed(),
            other => Some(other),
        }
    }
}

impl Space {
    /// Returns this space with `rust` as its Rust type.
    #[must_use]
    pub fn typed(self, rust: RustType) -> Self {
        let space = match self {
            Space::Typed(typed) => typed.space,
            space => Box::new(space),
        };
        Space::Typed(Typed { rust, space })
    }

    /// Returns this space as that of a `Box` around the recorded type.
    #[must_use]
    pub(crate) fn boxed(self) -> Self {
        let within = self.rust().cloned().map(Box::new);
        self.typed(RustType::Boxed(within))
    }

    /// Returns the Rust type, where it is recorded.
    #[must_use]
    pub fn rust(&self) -> Option<&RustType> {
        match self {
            Space::Typed(typed) => Some(&typed.rust),
            _ => None,
        }
    }

    /// Returns the space without its own Rust type; its parts keep theirs.
    #[must_use]
    pub fn plain(&self) -> &Space {
        match self {
            Space::Typed(typed) => typed.space.plain(),
            space => space,
        }
    }

    /// Returns the space without any Rust types, at any depth.
    #[must_use]
    pub fn untyped(&self) -> Space {
        let part = |part: &Part| Part::new(part.name.clone(), part.space.untyped());
        let parts = |parts: &[Part]| parts.iter().map(part).collect();
        match self {
            Space::Typed(typed) => typed.space.untyped(),
            Space::Leaf(domain) => Space::Leaf(domain.clone()),
            Space::Fixed(label) => Space::Fixed(label.clone()),
            Space::All(all) => Space::All(parts(all)),
            Space::OneOf(OneOf { variants, tag, default, shared }) => {
                let share = |shared: &Shared| Shared {
                    variants: shared.variants.clone(),
                    part: part(&shared.part),
                };
                let shared = shared.iter().map(share).collect();
                Space::OneOf(OneOf {
                    variants: parts(variants),
                    tag: tag.clone(),
                    default: *default,
                    shared,
                })
            }
            Space::List(list) => Space::List(super::List {
                len: list.len.clone(),
                element: Box::new(list.element.untyped()),
            }),
        }
    }
}

impl PartialEq for Space {
    /// Compares what is tuned and ignores the Rust types.
    fn eq(&self, other: &Self) -> bool {
        match (self.plain(), other.plain()) {
            (Space::Leaf(own), Space::Leaf(other)) => own == other,
            (Space::Fixed(own), Space::Fixed(other)) => own == other,
            (Space::All(own), Space::All(other)) => own == other,
            (Space::OneOf(own), Space::OneOf(other)) => own == other,
            (Space::List(own), Space::List(other)) => own == other,
            _ => false,
        }
    }
}
