//! One parameter as the estimators see it: numbers from 0 to 1, or a list of choices.
//!
//! A parameter with few levels has a cell for each. Such a level is evaluated by the mass of a
//! kernel in its cell, not by the density at a point. Levels narrower than 1 / [`MOST_CELLS`]
//! have no cells, since density and mass are equivalent there.

use crate::space::{Cardinality, Domain, ParamKind, Parameter, Prior, Value};

/// The number of levels up to which each has a cell. On a log scale, a level has a cell if it is at
/// least as wide as the inverse of this number.
const MOST_CELLS: u32 = 64;

/// The encoding of a parameter's values.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ParamColumn {
    /// This number of unordered choices.
    Choices(u32),
    /// Numbers, or ordered choices, by their position.
    Numeric(NumericColumn),
}

/// A numeric scale from 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct NumericColumn {
    /// The edges of the cells, ascending; empty if there are none. Beyond the last one, levels are
    /// treated as continuous.
    pub(super) edges: Vec<f64>,
    /// The position and the value of each cell.
    levels: Vec<(f64, Value)>,
    /// True if every position is a value of its own.
    pub(super) is_continuous: bool,
    /// The user's prior of the optimum: mean and standard deviation.
    pub(super) prior: Option<(f64, f64)>,
}

impl ParamColumn {
    pub(super) fn new(parameter: &Parameter) -> Self {
        if let ParamKind::Choices(count) = parameter.kind() {
            return Self::Choices(count);
        }
        let edges = edges(parameter);
        let value = |pair: &[f64]| parameter.decode(f64::midpoint(pair[0], pair[1]));
        let level = |value| (parameter.encode(value).expect("a value of its own"), value);
        Self::Numeric(NumericColumn {
            levels: edges.windows(2).map(value).map(level).collect(),
            edges,
            is_continuous: parameter.cardinality() == Cardinality::Infinite,
            prior: prior(parameter.domain()),
        })
    }
}

/// A position, and the cell in which it lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Encoded {
    /// NaN for an inactive parameter.
    pub(super) position: f64,
    pub(super) cell: Option<u32>,
}

impl Encoded {
    /// The encoding of an inactive parameter.
    pub(super) const NONE: Self = Self { position: f64::NAN, cell: None };
}

impl ParamColumn {
    /// Returns a position with its cell.
    pub(super) fn encoded(&self, position: f64) -> Encoded {
        match self {
            Self::Choices(_) => Encoded { position, cell: None },
            Self::Numeric(numeric) => {
                Encoded { position, cell: numeric.cell(position).map(|cell| cell as u32) }
            }
        }
    }

    /// Returns the position of a value of the parameter.
    pub(super) fn encoded_value(&self, parameter: &Parameter, value: Value) -> Encoded {
        let position = match value {
            Value::Choice(choice) if matches!(self, Self::Choices(_)) => f64::from(choice),
            value => parameter.encode(value).unwrap_or(f64::NAN),
        };
        self.encoded(position)
    }

    /// Returns the nearest position that has a value, and the value. The value is `None` if every
    /// position has its own.
    pub(super) fn snapped(&self, parameter: &Parameter, position: f64) -> (Encoded, Option<Value>) {
        match self {
            Self::Choices(_) => {
                (Encoded { position, cell: None }, Some(Value::Choice(position as u32)))
            }
            Self::Numeric(numeric) if numeric.is_continuous => {
                (Encoded { position, cell: None }, None)
            }
            Self::Numeric(numeric) => {
                if let Some(cell) = numeric.cell(position) {
                    let (position, value) = numeric.levels[cell];
                    return (Encoded { position, cell: Some(cell as u32) }, Some(value));
                }
                let value = parameter.decode(position);
                (self.encoded(parameter.encode(value).unwrap_or(position)), Some(value))
            }
        }
    }
}

impl NumericColumn {
    /// Returns the cell in which a position lies; `None` outside the cells.
    pub(super) fn cell(&self, position: f64) -> Option<usize> {
        let below = self.edges.partition_point(|edge| *edge <= position);
        // Position 1 belongs to the last cell, if all levels have cells.
        let below = if position >= 1.0 && self.is_discrete() { self.cells() } else { below };
        (below > 0 && below < self.edges.len()).then(|| below - 1)
    }

    /// Returns the number of cells.
    pub(super) fn cells(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    /// Returns true if all positions lie in cells.
    pub(super) fn is_discrete(&self) -> bool {
        self.edges.last().is_some_and(|last| *last >= 1.0)
    }
}

/// Returns the edges of the cells that are wide enough, up to the first that is not.
fn edges(parameter: &Parameter) -> Vec<f64> {
    let Some(levels) = parameter.levels() else {
        return Vec::new();
    };
    let edge = |index: u32| levels.edge(f64::from(index));
    let is_wide = |index: &u32| {
        f64::from(*index) < levels.count()
            && (edge(index + 1) - edge(*index)) * f64::from(MOST_CELLS) >= 1.0
    };
    let count = (0..=MOST_CELLS).take_while(is_wide).count() as u32;
    let is_all = f64::from(count) >= levels.count();
    let upper = |index: u32| if is_all && index == count { 1.0 } else { edge(index) };
    if count == 0 { Vec::new() } else { (0..=count).map(upper).collect() }
}

/// Converts a prior to the scale from 0 to 1.
fn prior(domain: &Domain) -> Option<(f64, f64)> {
    let range = domain.range()?;
    let Prior { center, spread } = range.prior?;
    // The range of all integers on a log scale is not extended here, unlike that of their axis:
    // with other ends, studies with such a prior would propose other configs.
    let (from, to) = range.stepped_ends();
    // Halved, so that the width of the widest ranges does not overflow.
    let width = to / 2.0 - from / 2.0;
    let center = (range.scaled(center) / 2.0 - from / 2.0) / width;
    let spread = range.scaled(spread) / 2.0 / width;
    (center.is_finite() && spread.is_finite() && spread > 0.0).then_some((center, spread))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{FlatSpace, Space};

    fn column(domain: &str) -> ParamColumn {
        let flat = FlatSpace::new(&Space::from_json(domain).unwrap()).unwrap();
        ParamColumn::new(flat.parameter(0))
    }

    fn edges(domain: &str) -> Vec<f64> {
        match column(domain) {
            ParamColumn::Numeric(numeric) => numeric.edges,
            ParamColumn::Choices(_) => panic!("no line"),
        }
    }

    #[test]
    fn few_levels_have_a_cell_each() {
        assert_eq!(edges(r#"{"int": {"low": 3, "high": 6}}"#), [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(
            edges(r#"{"categorical": {"choices": [1, 2], "ordered": true}}"#),
            [0.0, 0.5, 1.0]
        );
        assert_eq!(edges(r#"{"int": {"low": 0, "high": 1000}}"#), [0.0; 0]);
        assert_eq!(edges(r#"{"float": {"low": 0, "high": 1}}"#), [0.0; 0]);
        assert_eq!(column(r#"{"categorical": {"choices": [1, 2]}}"#), ParamColumn::Choices(2));
    }

    #[test]
    fn on_a_log_scale_only_the_wide_ones_of_many() {
        let edges = edges(r#"{"int": {"low": 1, "high": 1000, "log": true}}"#);
        let width = (2001.0_f64).ln();
        assert!((edges[1] - 3.0_f64.ln() / width).abs() < 1e-12, "{edges:?}");
        assert!(edges.len() > 5 && edges.len() < 12, "{edges:?}");
        let numeric = NumericColumn { edges, ..NumericColumn::default() };
        assert_eq!(numeric.cell(0.0), Some(0));
        assert_eq!(
            (numeric.cell(0.9), numeric.cell(1.0), numeric.is_discrete()),
            (None, None, false)
        );
    }

    #[test]
    fn every_place_of_a_discrete_line_lies_in_a_cell() {
        for domain in
            [r#"{"int": {"low": 1, "high": 12, "log": true}}"#, r#"{"int": {"low": 0, "high": 6}}"#]
        {
            let ParamColumn::Numeric(numeric) = column(domain) else { panic!("no line") };
            assert!(numeric.is_discrete());
            for position in [0.0, 1e-9, 0.3, 0.999_999, 1.0] {
                assert!(numeric.cell(position).is_some(), "{domain}: {position}");
            }
        }
    }

    #[test]
    fn priors_are_told_in_places() {
        let ParamColumn::Numeric(numeric) = column(
            r#"{"float": {
                "low": 1, "high": 100, "log": true, "prior": {"center": 10, "spread": 10}
            }}"#,
        ) else {
            panic!("no line")
        };
        assert_eq!(numeric.prior, Some((0.5, 0.5)));
    }
}
