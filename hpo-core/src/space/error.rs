//! What can be wrong with a space, or with a point of it.

use super::{Label, ReadError, WriteError};
use crate::terminal::one_line;

/// A space that cannot be searched: where, and why.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("search space: {}{kind}", at(path))]
pub struct SpaceError {
    /// The dotted path of the part at fault; empty for the whole space.
    pub path: String,
    /// What is wrong there. Boxed, for an error should not weigh on the result of what goes well.
    pub kind: Box<SpaceErrorKind>,
}

/// What is wrong with a part of a space.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SpaceErrorKind {
    /// A bound is NaN or infinite.
    #[error("the bounds {low}..={high} must be finite numbers")]
    NotFinite {
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
    /// The lower bound is above the upper one.
    #[error("the range {low}..={high} is empty: write the smaller bound first")]
    Reversed {
        /// Lower bound.
        low: String,
        /// Upper bound.
        high: String,
    },
    /// `log` with a bound of 0 or less.
    #[error("`log` needs a lower bound over 0, not {low}")]
    LogOfNonPositive {
        /// Lower bound.
        low: String,
    },
    /// Integers beyond 64 bits.
    #[error("the range {low}..={high} must fit into i64 or u64")]
    TooWide {
        /// Lower bound.
        low: i128,
        /// Upper bound.
        high: i128,
    },
    /// A shared part of a variant that there is not, or twice of the same.
    #[error("a shared part names each of its variants once, by an index below {variants}, not {variant}")]
    BadShare {
        /// The variant's index.
        variant: u32,
        /// How many variants may share parts.
        variants: u32,
    },
    /// A step that is not positive, or a factor that is not over 1.
    #[error("the step {step} must be over {least}")]
    BadStep {
        /// The step.
        step: String,
        /// What it must exceed: 0, or 1 with `log`.
        least: u8,
    },
    /// A step that misses the upper bound.
    #[error("the step {step} does not lead from {low} to {high}: the nearest upper bound on the grid is {nearest}")]
    StepDoesNotDivide {
        /// The step.
        step: String,
        /// Lower bound.
        low: String,
        /// Upper bound.
        high: String,
        /// The last grid point within the bounds.
        nearest: String,
    },
    /// A step so small that neighbours on the grid are the same number.
    #[error("the step {step} is too small to tell the values from {low} to {high} apart: leave `step` out")]
    StepTooFine {
        /// The step.
        step: String,
        /// Lower bound.
        low: String,
        /// Upper bound.
        high: String,
    },
    /// A default that the domain does not hold.
    #[error("the default {default} is not one of the values it may take", default = one_line(default))]
    DefaultOutside {
        /// The default.
        default: String,
    },
    /// A prior outside the domain, or without width.
    #[error("the prior needs its center ({center}) within the range and a spread ({spread}) over {least}")]
    BadPrior {
        /// The center.
        center: f64,
        /// The spread.
        spread: f64,
        /// What the spread must exceed: 0, or 1 with `log`.
        least: u8,
    },
    /// No choice, or no variant.
    #[error("there must be at least one choice")]
    NoChoices,
    /// A choice that no storage can write: a number that is not finite, or an integer beyond 64 bits.
    #[error("the choice `{label}` must be a finite number, and fit 64 bits if it is an integer", label = one_line(label))]
    BadChoice {
        /// The choice.
        label: Label,
    },
    /// A list that may have fewer than no elements.
    #[error("the length of a list must be at least 0, not {low}")]
    NegativeLength {
        /// The smallest length.
        low: i128,
    },
    /// The same choice twice; 1 and 1.0 are the same.
    #[error("the choice `{label}` stands there twice", label = one_line(label))]
    RepeatedChoice {
        /// The choice.
        label: Label,
    },
    /// Two parameters of one path.
    #[error("two parameters have this name: rename one")]
    NameClash,
    /// A name that is empty or holds a dot.
    #[error("the name `{name}` must not be empty or hold a dot", name = one_line(name))]
    BadName {
        /// The name.
        name: String,
    },
    /// More parameters than any search can use.
    #[error("the space has more than {limit} parameters: shorten its lists")]
    TooManyParameters {
        /// The most there may be.
        limit: usize,
    },
    /// Not a description of a space.
    #[error("cannot read it: {reason}", reason = one_line(reason))]
    Json {
        /// What the JSON reader found.
        reason: String,
    },
}

impl SpaceError {
    pub(crate) fn new(path: &str, kind: SpaceErrorKind) -> Self {
        Self { path: path.to_owned(), kind: Box::new(kind) }
    }
}

/// Values that are no point of a space.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParamsError {
    /// Not a JSON object.
    #[error("expected an object of parameter names and values, not {found}", found = one_line(found))]
    NotAnObject {
        /// What there is instead.
        found: String,
    },
    /// A parameter that the space does not have.
    #[error("there is no parameter `{path}`{}", nearest(suggestion.as_deref()), path = one_line(path))]
    Unknown {
        /// The name given.
        path: String,
        /// The name probably meant.
        suggestion: Option<String>,
    },
    /// A parameter that is inactive under the choices made.
    #[error("the parameter `{path}` has no part in this config: {parent} is {choice}", choice = one_line(choice), path = one_line(path), parent = one_line(parent))]
    Inactive {
        /// The parameter.
        path: String,
        /// What decides about it.
        parent: String,
        /// What was decided.
        choice: String,
    },
    /// A parameter without a value.
    #[error("the parameter `{path}` needs a value: {expected}", expected = one_line(expected), path = one_line(path))]
    Missing {
        /// The parameter.
        path: String,
        /// What it may be.
        expected: String,
    },
    /// A value that the parameter cannot take.
    #[error("the parameter `{path}` cannot be {found}: it may be {expected}", expected = one_line(expected), path = one_line(path), found = one_line(found))]
    Outside {
        /// The parameter.
        path: String,
        /// The value.
        found: String,
        /// What it may be.
        expected: String,
    },
    /// More or fewer values than the config has parameters.
    #[error("the config gives {}, the space takes {expected} there", super::counted(found, "value"))]
    Count {
        /// Values given.
        found: usize,
        /// Values taken.
        expected: usize,
    },
    /// The parameters do not form the config type.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The config has a part that its space does not hold.
    #[error(transparent)]
    Write(#[from] WriteError),
}

fn at(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("`{}`: ", one_line(path)) }
}

fn nearest(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!(", did you mean `{}`?", one_line(name)))
}
