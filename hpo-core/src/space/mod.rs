//! Search spaces: what may be tuned, as a tree.
//!
//! A struct is an [`All`](Space::All) of its fields, an enum a [`OneOf`](Space::OneOf) of its variants, a field a
//! [`Leaf`](Space::Leaf) with a [`Domain`]. The tree comes from `#[derive(SearchSpace)]`, from JSON or from code; it is
//! the same tree, and there is no second path behind it. [`Slots`] is its checked, flat form, in which samplers work.

mod absent;
mod axis;
mod belief;
mod check;
mod compatible;
mod display;
mod domain;
mod error;
mod integer;
mod json;
mod params;
mod rank;
mod rust;
mod slots;
mod tree;
mod uniform;
pub(crate) mod typed;
mod value;

pub use absent::Absent;
pub(crate) use absent::{Accepts, Standing, When};
pub(crate) use axis::Cut;
pub use compatible::{Change, Changes};
pub use display::counted;
pub use domain::{Categorical, Domain, Float, Int, Prior};
pub use error::{ParamsError, SpaceError, SpaceErrorKind};
pub use params::Params;
pub(crate) use params::distance;
pub(crate) use rank::Mesh;
pub use rust::{RustField, RustFields, RustType, RustVariant, Typed, Words};
pub use slots::{Cardinality, Condition, Fixed, Parent, Slot, Slots};
pub use typed::{Numeric, ReadError, Reader, SearchSpace, WriteError, Writer};
pub use uniform::Uniform;
pub use value::{Label, Value};

/// A search space: the tree of what may be tuned.
///
/// Spaces are equal if the same may be tuned; what the parts are called in Rust does not count.
#[derive(Clone, Debug)]
pub enum Space {
    /// One parameter.
    Leaf(Domain),
    /// Not tuned: this value in every config. It is no parameter, but told here, so that trials of another value are known from
    /// those of this one.
    Fixed(Label),
    /// Several parts, all of them active, in order: a struct, a tuple, an array.
    All(Vec<Part>),
    /// Several parts, just one of them active: an enum, an `Option` (`off`, `on`).
    OneOf(OneOf),
    /// The same part a number of times, the number being a parameter itself: a `Vec`.
    List(List),
    /// One of these, with what it is in Rust: what the derive makes. [`Space::untyped`] leaves that out.
    Typed(Typed),
}

/// A named part of a space.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// A segment of the dotted path; empty for a part whose own parts stand among its siblings (`flatten`).
    pub name: String,
    /// What may be tuned in it.
    pub space: Space,
}

/// Alternatives. The choice among them is itself a parameter, at the node's own path.
#[derive(Clone, Debug, PartialEq)]
pub struct OneOf {
    /// The alternatives, with their names all different; one without parts is a plain category.
    pub variants: Vec<Part>,
    /// Where the choice is written: a segment below the node's path. `None`: at the node's own path, or `kind` at the root.
    pub tag: Option<String>,
    /// The index of the first guess.
    pub default: Option<u32>,
    /// Parts that several variants have in common: the same parameters in each, of which what is learned in one holds in the
    /// others. They stand at the node's own path, after the parts of the variant.
    pub shared: Vec<Shared>,
}

/// A part that several variants have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    /// The indices of the variants that have it, among the first 64.
    pub variants: Vec<u32>,
    /// The part.
    pub part: Part,
}

/// A part repeated. Its length is a parameter, at the node's own path; elements are `0`, `1`, ... below it.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// How many: from 0 up.
    pub len: Int,
    /// What each element may be.
    pub element: Box<Space>,
}

impl Part {
    /// A part by its name.
    #[must_use]
    pub fn new(name: impl Into<String>, space: Space) -> Self {
        Self { name: name.into(), space }
    }

    /// Whether it is a value that is not tuned. What is typed is a struct of its own, even if all of its fields are fixed.
    pub(crate) fn is_fixed(&self) -> bool {
        match &self.space {
            Space::Fixed(_) => true,
            Space::All(parts) => !parts.is_empty() && parts.iter().all(Part::is_fixed),
            space => matches!(space.plain(), Space::Fixed(_)),
        }
    }
}
