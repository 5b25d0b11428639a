//! Encoding of the configs of a conditional space as points with distances.
//!
//! Every parameter that can vary is a column. The squared distance in each column is that of
//! Euclidean points. So any weighted sum of columns is one too, and every kernel of it is positive
//! definite:
//! - Numbers, and ordered choices, lie on `[0, 1]` on their own scale: the square of the
//!   difference.
//! - Other choices are the corners of a simplex: 1 if they differ.
//! - An inactive parameter lies in the middle of the other values, [`APART`] away, after the arc
//!   kernel of [Swersky et al. 2014](https://arxiv.org/abs/1409.4011). It does not depend on the
//!   value that an inactive parameter would have had: two configs in which it is inactive agree,
//!   and one in which it is active differs from both.

use std::sync::Arc;

use crate::space::{Cardinality, Condition, Domain, FlatSpace, ParamKind, Parameter, Space, Value};

/// The coordinate of an inactive parameter.
pub(crate) const INACTIVE: f64 = -1.0;

/// The squared distance between an active and an inactive parameter, in addition to that from the
/// middle.
const APART: f64 = 0.0;

/// A grid of more levels than these is searched as a continuum, then rounded.
const FEW_LEVELS: u128 = 8;

/// The meaning of a column's coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A number on `[0, 1]`, continuous or with more than [`FEW_LEVELS`] levels.
    Smooth,
    /// A number on `[0, 1]` with this number of levels.
    Levels(u32),
    /// The index of one of this number of unordered choices.
    Choices(u32),
}

/// A parameter that can vary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) parameter: u32,
    pub(crate) kind: Kind,
    /// True if the parameter can be inactive.
    pub(crate) is_conditional: bool,
}

/// The columns of a space, with one row of coordinates per config.
#[derive(Clone, Debug)]
pub(crate) struct Encoding {
    flat: Arc<FlatSpace>,
    columns: Vec<Column>,
    /// The column of each parameter; `None` for a parameter that cannot vary.
    by_parameter: Vec<Option<u32>>,
    active: f64,
    /// The column of the choice that gives each branch its own noise, and the number of branches.
    branching: Option<(usize, usize)>,
}

/// The largest number of branches that have their own noise each.
const MOST_BRANCHES: u32 = 8;

impl Column {
    fn new(id: u32, parameter: &Parameter) -> Option<Self> {
        let levels = match parameter.cardinality() {
            Cardinality::Finite(0 | 1) => return None,
            Cardinality::Finite(levels) => Some(levels),
            Cardinality::Infinite => None,
        };
        let kind = match (parameter.kind(), levels) {
            (ParamKind::Choices(count), _) => Kind::Choices(count),
            (_, Some(levels @ ..=FEW_LEVELS)) => Kind::Levels(levels as u32),
            _ => Kind::Smooth,
        };
        Some(Self { parameter: id, kind, is_conditional: parameter.parent().is_some() })
    }

    /// Returns the squared distance of two coordinates.
    pub(crate) fn distance(&self, a: f64, b: f64) -> f64 {
        let away = |place: f64| match self.kind {
            Kind::Choices(count) => f64::from(count - 1) / (2.0 * f64::from(count)) + APART,
            Kind::Smooth | Kind::Levels(_) => (place - 0.5) * (place - 0.5) + APART,
        };
        match (a == INACTIVE, b == INACTIVE) {
            (true, true) => 0.0,
            (true, false) => away(b),
            (false, true) => away(a),
            (false, false) if matches!(self.kind, Kind::Choices(_)) => f64::from(u8::from(a != b)),
            (false, false) => (a - b) * (a - b),
        }
    }

    /// Adds `weight` times the squared distance between `place` and each of `others` to `sums`. The
    /// loop is a `while`, as in [`vector`](crate::numeric::vector).
    pub(crate) fn add_distances(&self, sums: &mut [f64], weight: f64, place: f64, others: &[f64]) {
        let others = &others[..sums.len()];
        let is_plain = !self.is_conditional && !matches!(self.kind, Kind::Choices(_));
        let mut at = 0;
        if is_plain {
            while at < sums.len() {
                let away = place - others[at];
                sums[at] += weight * away * away;
                at += 1;
            }
        }
        while at < sums.len() {
            sums[at] += weight * self.distance(place, others[at]);
            at += 1;
        }
    }
}

/// Returns the derivative of the squared distance of two numbers by `a`, which is active.
pub(crate) fn slope(a: f64, b: f64) -> f64 {
    2.0 * (a - if b == INACTIVE { 0.5 } else { b })
}

impl Encoding {
    pub(crate) fn new(flat: &Arc<FlatSpace>) -> Self {
        let columns: Vec<Column> =
            flat.iter().zip(0..).filter_map(|(parameter, id)| Column::new(id, parameter)).collect();
        let mut by_parameter = vec![None; flat.len()];
        for (index, column) in columns.iter().enumerate() {
            by_parameter[column.parameter as usize] = Some(index as u32);
        }
        let shares = active_shares(flat);
        let active = columns.iter().map(|column| shares[column.parameter as usize]).sum();
        let branching = branching(flat, &columns);
        Self { flat: Arc::clone(flat), columns, by_parameter, active, branching }
    }

    /// Creates an encoding of the given columns, without a space, for points that are made
    /// elsewhere. `active` is the mean number of active columns.
    pub(crate) fn from_columns(columns: Vec<Column>, active: f64) -> Self {
        let flat =
            FlatSpace::new(&Space::All(Vec::new())).expect("a space without parameters is one");
        Self { flat, columns, by_parameter: Vec::new(), active, branching: None }
    }

    /// Returns the number of branches with their own noise: the variants of the choice that decides
    /// about most parameters. A random forest may depend on chance where a linear model does not.
    pub(crate) fn branches(&self) -> usize {
        self.branching.map_or(1, |(_, count)| count)
    }

    /// Returns the branch of a point; 0 if the choice is inactive.
    pub(crate) fn branch_of(&self, point: &[f64]) -> usize {
        self.branching.map_or(0, |(column, _)| point[column].max(0.0) as usize)
    }

    pub(crate) fn flat_space(&self) -> &Arc<FlatSpace> {
        &self.flat
    }

    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Returns the column of a parameter; `None` if it cannot vary.
    pub(crate) fn column_of(&self, parameter: u32) -> Option<usize> {
        self.by_parameter[parameter as usize].map(|index| index as usize)
    }

    /// Returns the mean number of active columns in a random config.
    pub(crate) fn active(&self) -> f64 {
        self.active
    }

    /// Returns a config's coordinates, shape `(d + 1,)`, the last one being the lag; `None` if it
    /// is not a point of the space.
    pub(crate) fn point(&self, params: impl Iterator<Item = (u32, Value)>) -> Option<Vec<f64>> {
        let mut point = vec![INACTIVE; self.columns.len() + 1];
        // The last coordinate is the lag: 0 for a final result.
        point[self.columns.len()] = 0.0;
        for (id, value) in params {
            if let Some(index) = self.column_of(id) {
                point[index] = self.flat.parameter(id).coordinate(value)?;
            }
        }
        Some(point)
    }
}

fn branching(flat: &FlatSpace, columns: &[Column]) -> Option<(usize, usize)> {
    let below = |own: u32| {
        flat.iter()
            .filter(|parameter| parameter.parent().is_some_and(|parent| parent.parameter == own))
            .count()
    };
    let choices = columns.iter().enumerate().filter_map(|(index, column)| match column.kind {
        Kind::Choices(count @ ..=MOST_BRANCHES) => {
            Some((below(column.parameter), index, count as usize))
        }
        _ => None,
    });
    let most = choices
        .filter(|(below, ..)| *below > 0)
        .max_by_key(|(below, index, _)| (*below, usize::MAX - index));
    most.map(|(_, index, count)| (index, count))
}

/// Returns the share of random configs in which each parameter is active.
fn active_shares(flat: &FlatSpace) -> Vec<f64> {
    let mut shares: Vec<f64> = Vec::with_capacity(flat.len());
    for parameter in flat {
        // Parents come before children.
        shares.push(parameter.parent().map_or(1.0, |parent| {
            shares[parent.parameter as usize]
                * condition_share(flat.parameter(parent.parameter), parent.condition)
        }));
    }
    shares
}

/// Returns the share of the parent's values that meet a condition.
fn condition_share(parameter: &Parameter, condition: Condition) -> f64 {
    match (parameter.domain(), condition) {
        (Domain::Categorical(choices), Condition::Equals(_)) => 1.0 / choices.choices.len() as f64,
        (Domain::Categorical(choices), Condition::OneOf(variants)) => {
            f64::from(variants.count_ones()) / choices.choices.len() as f64
        }
        (Domain::Int(length), Condition::LengthAbove(element)) => {
            let over = length.high - i128::from(element).max(length.low - 1);
            over as f64 / (length.high - length.low + 1) as f64
        }
        _ => 1.0,
    }
}
