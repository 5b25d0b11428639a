//! What the parts of a space are in Rust: the names of types and fields, and what was written over each field.
//!
//! The derive records it, so that a report can write configs and attributes which compile. It plays no part in a search:
//! two spaces that differ in nothing else are equal.

use serde::{Deserialize, Serialize};

use super::{OneOf, Part, Shared, Space};

/// A space with what it is in Rust.
#[derive(Clone, Debug)]
pub struct Typed {
    /// What it is in Rust.
    pub rust: RustType,
    /// The space itself.
    pub space: Box<Space>,
}

/// What a part of a space is in Rust. Names of types are without their paths.
///
/// No variant is called like a type of the standard library: the compiler would write that with its path in errors of any program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RustType {
    /// A struct.
    Struct {
        /// Its name.
        name: String,
        /// Its fields.
        fields: RustFields,
    },
    /// An enum that derives its space.
    Enum {
        /// Its name.
        name: String,
        /// Its variants, as many as the space has.
        variants: Vec<RustVariant>,
    },
    /// A number or a flag: `f64`, `u8`, `NonZeroU8`, `bool`.
    Scalar(String),
    /// A list of choices: the expression of each, or nothing where it has a meaning within the type alone (`Self` of a generic one).
    Choices(Vec<String>),
    /// `Option<T>`.
    Optional,
    /// `Vec<T>`.
    Vector,
    /// `[T; N]`.
    Array,
    /// A tuple without a name.
    Tuple,
    /// A `Box` around something; around what is not known if nothing is recorded of it.
    Boxed(Option<Box<RustType>>),
}

/// A variant of an enum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RustVariant {
    /// Its name.
    pub name: String,
    /// Its fields.
    pub fields: RustFields,
}

/// The fields of a struct or a variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RustFields {
    /// None, and no braces.
    Unit,
    /// `{ a: .., b: .. }`
    Named(Vec<RustField>),
    /// `(.., ..)`
    Tuple(Vec<RustField>),
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RustField {
    /// Its name, or its number in a tuple.
    pub name: String,
    /// What was written over it.
    pub words: Words,
}

/// What was written over a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Words {
    /// The field is tuned; these are the words of its attribute, such as `range = 1..=4`.
    Tuned(Vec<String>),
    /// The field is not tuned, and always has the value of this expression; empty where the expression has a meaning within the type
    /// alone. The space has a [`Space::Fixed`] for it if the value is a scalar or a choice.
    Fixed(String),
    /// The field is not tuned, and always has its `Default`. The space has nothing for it.
    Skipped,
}

impl RustFields {
    /// The fields, in order.
    #[must_use]
    pub fn list(&self) -> &[RustField] {
        match self {
            RustFields::Unit => &[],
            RustFields::Named(fields) | RustFields::Tuple(fields) => fields,
        }
    }
}

impl RustField {
    /// The words of its attribute, if it is tuned.
    #[must_use]
    pub fn tuned(&self) -> Option<&[String]> {
        match &self.words {
            Words::Tuned(words) => Some(words),
            Words::Fixed(_) | Words::Skipped => None,
        }
    }
}

impl RustType {
    /// What it is within boxes; nothing if that is not known.
    #[must_use]
    pub fn unboxed(&self) -> Option<&RustType> {
        match self {
            RustType::Boxed(within) => within.as_ref()?.unboxed(),
            other => Some(other),
        }
    }
}

impl Space {
    /// This space as that of a type.
    #[must_use]
    pub fn typed(self, rust: RustType) -> Self {
        let space = match self {
            Space::Typed(typed) => typed.space,
            space => Box::new(space),
        };
        Space::Typed(Typed { rust, space })
    }

    /// This space as that of a box around what has it.
    #[must_use]
    pub(crate) fn boxed(self) -> Self {
        let within = self.rust().cloned().map(Box::new);
        self.typed(RustType::Boxed(within))
    }

    /// What it is in Rust, where that is recorded.
    #[must_use]
    pub fn rust(&self) -> Option<&RustType> {
        match self {
            Space::Typed(typed) => Some(&typed.rust),
            _ => None,
        }
    }

    /// The space itself, without what it is in Rust; its parts may still have that.
    #[must_use]
    pub fn plain(&self) -> &Space {
        match self {
            Space::Typed(typed) => typed.space.plain(),
            space => space,
        }
    }

    /// Without what its parts are in Rust, at any depth.
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
                let share = |shared: &Shared| Shared { variants: shared.variants.clone(), part: part(&shared.part) };
                let shared = shared.iter().map(share).collect();
                Space::OneOf(OneOf { variants: parts(variants), tag: tag.clone(), default: *default, shared })
            }
            Space::List(list) => {
                Space::List(super::List { len: list.len.clone(), element: Box::new(list.element.untyped()) })
            }
        }
    }
}

impl PartialEq for Space {
    /// Whether the same may be tuned, whatever it is called in Rust.
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
