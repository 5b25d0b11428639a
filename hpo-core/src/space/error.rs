//! Errors of a space, or of a point of it.

use super::{Label, ReadError, WriteError};
use crate::terminal::one_line;

/// An error in a search space: the part at fault, and the reason.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("search space: {}{kind}", at(path))]
pub struct SpaceError {
    /// The dotted path of the part at fault; empty for the whole space.
    pub path: String,
    /// The reason. Boxed, to keep a `Result` with this error small.
    pub kind: Box<SpaceErrorKind>,
}

/// The reason why a part of a space is invalid.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SpaceErrorKind {
    /// A bound is NaN or infinite.
    #[error("the bounds {low}..={high} must be finite numbers")]
    NotFinite {
        /// The lower bound as given.
        low: f64,
        /// The upper bound as given.
        high: f64,
    },
    /// The lower bound is above the upper one.
    #[error("the range {low}..={high} is empty: write the smaller bound first")]
    Reversed {
        /// The lower bound as text.
        low: String,
        /// The upper bound as text.
        high: String,
    },
    /// `log` is used with a bound of 0 or less.
    #[error("`log` needs a lower bound over 0, not {low}")]
    LogOfNonPositive {
        /// The lower bound as text.
        low: String,
    },
    /// A bound of the integer range exceeds 64 bits.
    #[error("the range {low}..={high} must fit into i64 or u64")]
    TooWide {
        /// The lower bound as given.
        low: i128,
        /// The upper bound as given.
        high: i128,
    },
    /// A shared part names a variant that does not exist, or the same variant twice.
    #[error(
        "a shared part names each of its variants once, by an index below {variants}, not {variant}"
    )]
    BadShare {
        /// The index of the variant.
        variant: u32,
        /// The number of variants that may share parts.
        variants: u32,
    },
    /// The step is not positive or, with `log`, the factor is not above 1.
    #[error("the step {step} must be over {least}")]
    BadStep {
        /// The step as text.
        step: String,
        /// The value that the step must exceed: 0, or 1 with `log`.
        least: u8,
    },
    /// The step misses the upper bound.
    #[error(
        "the step {step} does not lead from {low} to {high}: the nearest upper bound on the grid \
         is {nearest}"
    )]
    StepDoesNotDivide {
        /// The step as text.
        step: String,
        /// The lower bound as text.
        low: String,
        /// The upper bound as text.
        high: String,
        /// The last grid point within the bounds.
        nearest: String,
    },
    /// The step is so small that neighbours on the grid are the same number.
    #[error(
        "the step {step} is too small to tell the values from {low} to {high} apart: leave `step` \
         out"
    )]
    StepTooFine {
        /// The step as text.
        step: String,
        /// The lower bound as text.
        low: String,
        /// The upper bound as text.
        high: String,
    },
    /// The default is not in the domain.
    #[error(
        "the default {default} is not one of the values it may take",
        default = one_line(default)
    )]
    DefaultOutside {
        /// The default as text.
        default: String,
    },
    /// The center of the prior is outside the domain, or its spread is too small.
    #[error(
        "the prior needs its center ({center}) within the range and a spread ({spread}) over \
         {least}"
    )]
    BadPrior {
        /// The center of the prior.
        center: f64,
        /// The spread of the prior.
        spread: f64,
        /// The value that the spread must exceed: 0, or 1 with `log`.
        least: u8,
    },
    /// The list of choices or variants is empty.
    #[error("there must be at least one choice")]
    NoChoices,
    /// A choice cannot be stored: a number that is not finite, or an integer beyond 64 bits.
    #[error(
        "the choice `{label}` must be a finite number, and fit 64 bits if it is an integer",
        label = one_line(label)
    )]
    BadChoice {
        /// The choice at fault.
        label: Label,
    },
    /// The smallest length of a list is negative.
    #[error("the length of a list must be at least 0, not {low}")]
    NegativeLength {
        /// The smallest length, below 0.
        low: i128,
    },
    /// The same choice appears twice; 1 and 1.0 count as the same.
    #[error("the choice `{label}` is listed twice", label = one_line(label))]
    RepeatedChoice {
        /// The choice that is repeated.
        label: Label,
    },
    /// Two parameters have the same path.
    #[error("two parameters have this name: rename one")]
    NameClash,
    /// A name is empty or contains a dot.
    #[error("the name `{name}` must not be empty or hold a dot", name = one_line(name))]
    BadName {
        /// The name at fault.
        name: String,
    },
    /// The space has more parameters than the limit.
    #[error("the space has more than {limit} parameters: shorten its lists")]
    TooManyParameters {
        /// The largest number of parameters.
        limit: usize,
    },
    /// The JSON text does not describe a space.
    #[error("cannot read it: {reason}", reason = one_line(reason))]
    Json {
        /// The message of the JSON reader.
        reason: String,
    },
}

impl SpaceError {
    pub(crate) fn new(path: &str, kind: SpaceErrorKind) -> Self {
        Self { path: path.to_owned(), kind: Box::new(kind) }
    }
}

/// An error in values that should be a point of a space.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParamsError {
    /// The JSON is not an object.
    #[error(
        "expected an object of parameter names and values, not {found}",
        found = one_line(found)
    )]
    NotAnObject {
        /// The JSON found instead.
        found: String,
    },
    /// The space has no such parameter.
    #[error(
        "there is no parameter `{path}`{}",
        nearest(suggestion.as_deref()), path = one_line(path)
    )]
    Unknown {
        /// The path as given.
        path: String,
        /// The nearest path of the space, if one is similar.
        suggestion: Option<String>,
    },
    /// The parameter is inactive under the choices made.
    #[error(
        "the parameter `{path}` is inactive in this config: {parent} is {choice}",
        choice = one_line(choice), path = one_line(path), parent = one_line(parent)
    )]
    Inactive {
        /// The path of the parameter.
        path: String,
        /// The path of the parameter that decides whether it is active.
        parent: String,
        /// The value of the deciding parameter.
        choice: String,
    },
    /// A parameter has no value.
    #[error(
        "the parameter `{path}` needs a value: {expected}",
        expected = one_line(expected), path = one_line(path)
    )]
    Missing {
        /// The path of the parameter.
        path: String,
        /// The domain of the parameter as text.
        expected: String,
    },
    /// A value is outside the domain of its parameter.
    #[error(
        "the parameter `{path}` cannot be {found}: it may be {expected}",
        expected = one_line(expected), path = one_line(path), found = one_line(found)
    )]
    Outside {
        /// The path of the parameter.
        path: String,
        /// The value as text.
        found: String,
        /// The domain of the parameter as text.
        expected: String,
    },
    /// The number of values differs from the number of active parameters.
    #[error("the config has {}, and the space takes {expected}", super::counted(found, "value"))]
    Count {
        /// The number of values given.
        found: usize,
        /// The number of values expected.
        expected: usize,
    },
    /// The parameters do not form a config of the requested type.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The config holds a value that its space does not allow.
    #[error(transparent)]
    Write(#[from] WriteError),
}

fn at(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("`{}`: ", one_line(path)) }
}

fn nearest(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!(", did you mean `{}`?", one_line(name)))
}
