//! Search spaces: the parameters that may be tuned, as a tree.
//!
//! A struct is an [`All`](Space::All) of its fields, an enum a [`OneOf`](Space::OneOf) of its
//! variants, a field a [`Leaf`](Space::Leaf) with a [`Domain`]. The tree comes from
//! `#[derive(SearchSpace)]`, from JSON or from code; it is the same tree, and there is no second
//! path behind it. [`FlatSpace`] is its checked, flat form, in which samplers work.

mod absent;
mod axis;
mod prior_density;
mod check;
mod change;
mod diff;
mod display;
mod domain;
mod encoding;
mod error;
mod integer;
mod json;
mod params;
mod path;
mod enumerate;
mod rust;
mod flat_space;
mod fixed_params;
mod flatten;
mod uniform;
pub(crate) mod search_space;
mod value;

#[doc(hidden)]
pub use absent::Absent;
pub(crate) use absent::{Accepts, OffSpace, When};
pub(crate) use axis::GridResolution;
pub use change::Change;
pub use diff::SpaceDiff;
#[doc(hidden)]
pub use display::counted;
pub use domain::{Categorical, Domain, Float, Int, Prior};
pub(crate) use encoding::{Levels, NumericRange, ParamKind};
pub(crate) use enumerate::GridPoints;
pub use error::{ParamsError, SpaceError, SpaceErrorKind};
#[doc(hidden)]
pub use fixed_params::FixedParams;
pub use flat_space::{Cardinality, Condition, Fixed, FlatSpace, Parameter, Parent};
pub use params::Params;
pub(crate) use params::distance;
pub(crate) use path::join;
#[doc(hidden)]
pub use rust::{FieldAttributes, RustField, RustFields, RustType, RustVariant, Typed};
pub use search_space::{Numeric, ReadError, Reader, SearchSpace, WriteError, Writer};
#[doc(hidden)]
pub use uniform::Uniform;
pub use value::{Label, Value};

/// A search space: a tree of parameters.
///
/// Spaces are equal if they tune the same parameters; the Rust names of their parts are not
/// compared.
#[derive(Clone, Debug)]
pub enum Space {
    /// A parameter with its domain.
    Leaf(Domain),
    /// A fixed value, the same in every config. It is not a parameter; recording it lets later runs
    /// tell these trials from trials with another value.
    Fixed(Label),
    /// Several parts, all of them active, in order: a struct, a tuple or an array.
    All(Vec<Part>),
    /// Several parts, exactly one of them active: an enum or an `Option` (`off`, `on`).
    OneOf(OneOf),
    /// The same part repeated, where the number of repetitions is a parameter itself: a `Vec`.
    List(List),
    /// Any of the above together with its Rust type, as the derive produces it. [`Space::untyped`]
    /// removes the type.
    Typed(Typed),
}

/// A named part of a space.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// A segment of the dotted path. Empty if the parts of this part are placed directly among its
    /// siblings (`flatten`).
    pub name: String,
    /// The space of this part.
    pub space: Space,
}

/// Alternatives. The choice among them is itself a parameter, at the node's own path.
#[derive(Clone, Debug, PartialEq)]
pub struct OneOf {
    /// The alternatives, with distinct names; one without parts is a plain category.
    pub variants: Vec<Part>,
    /// The path segment, below the node's path, of the parameter that holds the choice. `None`: the
    /// node's own path, or `kind` at the root.
    pub tag: Option<String>,
    /// The index of the default variant.
    pub default: Option<u32>,
    /// Parts that several variants have in common: they are the same parameters in each, so what is
    /// learned in one variant holds in the others. They lie at the node's own path, after the parts
    /// of the variant.
    pub shared: Vec<Shared>,
}

/// A part that several variants have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    /// The indices of the variants that have it, among the first 64.
    pub variants: Vec<u32>,
    /// The common part itself.
    pub part: Part,
}

/// A repeated part. Its length is a parameter at the node's own path; the elements are `0`, `1`,
/// ... below it.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// The number of elements, at least 0.
    pub len: Int,
    /// The space of each element.
    pub element: Box<Space>,
}

impl Part {
    /// Creates a part from its name and space.
    #[must_use]
    pub fn new(name: impl Into<String>, space: Space) -> Self {
        Self { name: name.into(), space }
    }

    /// Returns true if nothing in the part is tuned. A typed part counts as a struct of its own,
    /// even if all of its fields are fixed.
    pub(crate) fn is_fixed(&self) -> bool {
        match &self.space {
            Space::Fixed(_) => true,
            Space::All(parts) => !parts.is_empty() && parts.iter().all(Part::is_fixed),
            space => matches!(space.plain(), Space::Fixed(_)),
        }
    }
}
