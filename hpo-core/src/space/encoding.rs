//! The numeric view of a parameter, which samplers and reports share: its kind, the range and scale
//! of its numbers, and the cells of its levels on `[0, 1]`.
//!
//! [`Axis`](super::axis::Axis) maps values to `[0, 1]` and back. What needs the range itself, or
//! the borders between levels, reads them here.

use super::axis::{Axis, Scale};
use super::{Domain, Float, Int, Parameter, Prior, Value};

/// The kind of a parameter's coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParamKind {
    /// Numbers, or ordered choices, on `[0, 1]`.
    Number,
    /// Indices of this number of unordered choices.
    Choices(u32),
}

/// The range of a numeric domain. Integers that a float cannot hold are rounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NumericRange {
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// True for a log scale.
    pub(crate) is_log: bool,
    /// The distance between two levels, or with `is_log` their ratio; `None` for a continuum, and
    /// for all integers on a log scale.
    pub(crate) step: Option<f64>,
    /// True if all values are integers.
    pub(crate) is_integer: bool,
    pub(crate) prior: Option<Prior>,
}

impl Domain {
    /// Returns the range of a numeric domain; `None` for choices.
    pub(crate) fn range(&self) -> Option<NumericRange> {
        match self {
            Domain::Float(float) => Some(float.range()),
            Domain::Int(int) => Some(int.range()),
            Domain::Categorical(_) => None,
        }
    }
}

impl Float {
    pub(super) fn range(&self) -> NumericRange {
        let Self { low, high, log, step, prior, .. } = *self;
        NumericRange { low, high, is_log: log, step, is_integer: false, prior }
    }
}

impl Int {
    pub(super) fn range(&self) -> NumericRange {
        let Self { low, high, log, step, prior, .. } = *self;
        let step = step.map(|step| step as f64).or((!log).then_some(1.0));
        let (low, high) = (low as f64, high as f64);
        NumericRange { low, high, is_log: log, step, is_integer: true, prior }
    }
}

impl NumericRange {
    /// Returns a number on the scale of the range: its logarithm on a log scale.
    pub(crate) fn scaled(&self, number: f64) -> f64 {
        if self.is_log { number.ln() } else { number }
    }

    /// Returns both bounds on the scale, extended by half a step if there are steps.
    pub(crate) fn stepped_ends(&self) -> (f64, f64) {
        let half = self.step.map_or(0.0, |step| self.scaled(step) / 2.0);
        (self.scaled(self.low) - half, self.scaled(self.high) + half)
    }

    /// Returns the ends of the scale: the bounds, extended so that the levels at the bounds have
    /// the share of a level each.
    pub(crate) fn ends(&self) -> (f64, f64) {
        if self.is_integer && self.step.is_none() {
            return (self.scaled(self.low - 0.5), self.scaled(self.high + 0.5));
        }
        self.stepped_ends()
    }

    /// Returns the number of levels a step apart; `None` without a step.
    pub(crate) fn step_count(&self) -> Option<f64> {
        let (low, high) = (self.scaled(self.low), self.scaled(self.high));
        self.step.map(|step| ((high - low) / self.scaled(step)).round() + 1.0)
    }
}

impl Parameter {
    /// Returns the kind of the parameter's coordinates.
    pub(crate) fn kind(&self) -> ParamKind {
        match &self.domain {
            Domain::Categorical(choices) if !choices.ordered => {
                ParamKind::Choices(choices.choices.len() as u32)
            }
            _ => ParamKind::Number,
        }
    }

    /// Returns the coordinate of a value: its position on `[0, 1]`, or the index of an unordered
    /// choice. `None` if the parameter may not take the value.
    pub(crate) fn coordinate(&self, value: Value) -> Option<f64> {
        match self.kind() {
            ParamKind::Choices(count) => {
                value.as_choice().filter(|choice| *choice < count).map(f64::from)
            }
            ParamKind::Number => self.encode(value),
        }
    }

    /// Returns the cells of the parameter's levels; `None` for a continuum.
    pub(crate) fn levels(&self) -> Option<Levels> {
        Levels::of(&self.axis)
    }
}

impl Value {
    /// Returns the value as a number: a choice is its index, an integer that a float cannot hold is
    /// rounded.
    pub(crate) fn number(self) -> f64 {
        match self {
            Value::Float(float) => float,
            Value::Int(integer) => integer as f64,
            Value::Unsigned(integer) => integer as f64,
            Value::Choice(index) => f64::from(index),
        }
    }
}

/// The division of `[0, 1]` into the cells of a number's levels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Levels {
    /// This number of levels, all of the same width.
    Even(f64),
    /// All integers from `low` to `high` on a log scale, whose ends are the logarithms of the
    /// bounds extended by one half.
    LogInt { low: f64, high: f64, ln_low: f64, ln_high: f64 },
}

impl Levels {
    fn of(axis: &Axis) -> Option<Self> {
        match axis.scale {
            Scale::LogInt { low, high, ln_low, ln_high } => {
                Some(Self::LogInt { low: low as f64, high: high as f64, ln_low, ln_high })
            }
            _ => axis.last().map(|last| Self::Even(last as f64 + 1.0)),
        }
    }

    /// Returns the number of levels.
    pub(crate) fn count(self) -> f64 {
        match self {
            Self::Even(count) => count,
            Self::LogInt { low, high, .. } => high - low + 1.0,
        }
    }

    /// Returns the lower edge of a level's cell. The levels are counted from 0; the upper edge is
    /// the lower one of the next level.
    pub(crate) fn edge(self, index: f64) -> f64 {
        match self {
            Self::Even(count) => index / count,
            Self::LogInt { low, ln_low, ln_high, .. } => {
                ((low - 0.5 + index).ln() - ln_low) / (ln_high - ln_low)
            }
        }
    }

    /// Returns the index of the level at a position on `[0, 1]`.
    pub(crate) fn index(self, position: f64) -> f64 {
        match self {
            Self::Even(count) => (position * count).floor().min(count - 1.0),
            Self::LogInt { low, high, ln_low, ln_high } => {
                (ln_low + position * (ln_high - ln_low)).exp().round().clamp(low, high) - low
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{FlatSpace, Space};

    fn levels(domain: &str) -> Option<Levels> {
        FlatSpace::new(&Space::from_json(domain).unwrap()).unwrap().parameter(0).levels()
    }

    #[test]
    fn a_level_is_that_of_the_cell_between_its_edges() {
        for domain in [
            r#"{"int": {"low": -3, "high": 6}}"#,
            r#"{"int": {"low": 1, "high": 12, "log": true}}"#,
            r#"{"int": {"low": 1, "high": 64, "log": true, "step": 2}}"#,
            r#"{"float": {"low": 0, "high": 1, "step": 0.25}}"#,
            r#"{"categorical": {"choices": ["s", "m", "l"], "ordered": true}}"#,
        ] {
            let levels = levels(domain).unwrap();
            let count = levels.count() as u32;
            assert!((levels.edge(f64::from(count)) - 1.0).abs() < 1e-12, "{domain}");
            for index in (0..count).map(f64::from) {
                let middle = f64::midpoint(levels.edge(index), levels.edge(index + 1.0));
                assert_eq!(levels.index(middle), index, "{domain}");
            }
        }
        assert_eq!(levels(r#"{"float": {"low": 0, "high": 1}}"#), None);
    }
}
