//! The domain of one parameter: bounds, scale, grid, choices.
//!
//! A domain is plain data, from the derive, from JSON or from code. It is checked once, when a
//! [`Space`](super::Space) becomes [`FlatSpace`](super::FlatSpace); all later code relies on that.

use serde::{Deserialize as _, Deserializer};

use super::{Label, Value};

/// The values that one parameter may take.
#[derive(Clone, Debug, PartialEq)]
pub enum Domain {
    /// A real number with bounds.
    Float(Float),
    /// An integer with bounds.
    Int(Int),
    /// One choice of a list.
    Categorical(Categorical),
}

/// The user's prior on the optimum: a normal distribution, truncated to the domain.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prior {
    /// The mode of the distribution, in the parameter's own unit.
    pub center: f64,
    /// The standard deviation, in the parameter's own unit; on a log scale, the factor (above 1) of
    /// one standard deviation.
    pub spread: f64,
}

/// A real number from `low` to `high`, both inclusive.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Float {
    /// The smallest value, finite; above 0 with `log`.
    pub low: f64,
    /// The largest value, finite, at least `low`.
    pub high: f64,
    /// True for a log scale: equal ratios, rather than equal differences, are equally likely.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub log: bool,
    /// The grid: `low + i * step`; with `log`, `low * step^i`. It ends at `high`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
    /// The default value, tried first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<f64>,
    /// The user's prior on the optimum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<Prior>,
}

/// An integer from `low` to `high`, both inclusive, each of which fits `i64` or `u64`.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Int {
    /// The smallest value; above 0 with `log`.
    #[serde(with = "super::integer")]
    pub low: i128,
    /// The largest value, at least `low`.
    #[serde(with = "super::integer")]
    pub high: i128,
    /// True for a log scale: equal ratios, rather than equal differences, are equally likely.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub log: bool,
    /// The grid: `low + i * step`; with `log`, `low * step^i`. It ends at `high`. Without `log`, 1
    /// is the default.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::integer::optional")]
    pub step: Option<i128>,
    /// The default value, tried first.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "super::integer::optional")]
    pub default: Option<i128>,
    /// The user's prior on the optimum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<Prior>,
}

/// One of a list of choices.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "CategoricalForm", into = "CategoricalForm")]
pub struct Categorical {
    /// The names of the choices, all different; 1 and 1.0 count as the same.
    pub choices: Vec<Label>,
    /// True if the order of the choices means something (small, medium, large).
    pub ordered: bool,
    /// The index of the default choice, tried first.
    pub default: Option<u32>,
}

impl Domain {
    /// Returns the label of a value of this parameter, as users write it: the name of a choice, or
    /// the number itself.
    #[must_use]
    pub fn label(&self, value: Value) -> Label {
        match (self, value) {
            (Domain::Categorical(categorical), Value::Choice(index)) => {
                categorical.choices.get(index as usize).cloned().unwrap_or(Label::Null)
            }
            (_, Value::Float(float)) => Label::Float(float),
            (_, value) => value.as_int().map_or(Label::Null, Label::Int),
        }
    }
}

impl Float {
    /// Creates a linear domain of real numbers from `low` to `high`, without a step.
    #[must_use]
    pub fn new(low: f64, high: f64) -> Self {
        Self { low, high, log: false, step: None, default: None, prior: None }
    }
}

impl Int {
    /// Creates a linear domain of integers from `low` to `high`, with a step of 1.
    #[must_use]
    pub fn new(low: i128, high: i128) -> Self {
        Self { low, high, log: false, step: None, default: None, prior: None }
    }
}

impl Categorical {
    /// Creates an unordered list of choices.
    #[must_use]
    pub fn new<L: Into<Label>>(choices: impl IntoIterator<Item = L>) -> Self {
        Self {
            choices: choices.into_iter().map(Into::into).collect(),
            ordered: false,
            default: None,
        }
    }

    /// Appends the choices of another list that are not yet in this one.
    pub(crate) fn join(&mut self, other: &Categorical) {
        for choice in &other.choices {
            if !self.choices.contains(choice) {
                self.choices.push(choice.clone());
            }
        }
    }

    /// Returns the index of a choice.
    pub(crate) fn index_of(&self, label: &Label) -> Option<u32> {
        self.choices.iter().position(|choice| choice == label).map(|index| index as u32)
    }
}

/// The JSON form of a categorical: its default is given by label.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoricalForm {
    choices: Vec<Label>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    ordered: bool,
    /// `null` is a valid choice here; it does not mean that the default is absent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    default: Option<Label>,
}

impl TryFrom<CategoricalForm> for Categorical {
    type Error = String;

    fn try_from(form: CategoricalForm) -> Result<Self, String> {
        let CategoricalForm { choices, ordered, default } = form;
        let index = |label: Label| {
            let json = label.to_json();
            let index = choices.iter().position(|choice| choice.matches(&json));
            index
                .map(|index| index as u32)
                .ok_or_else(|| format!("the default `{label}` is not among the choices"))
        };
        let default = default.map(index).transpose()?;
        Ok(Categorical { choices, ordered, default })
    }
}

impl From<Categorical> for CategoricalForm {
    fn from(categorical: Categorical) -> Self {
        let Categorical { choices, ordered, default } = categorical;
        let default = default.and_then(|index| choices.get(index as usize).cloned());
        CategoricalForm { choices, ordered, default }
    }
}

/// Reads a label that is present, including `null`.
pub(super) fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Label>, D::Error> {
    Label::deserialize(deserializer).map(Some)
}
