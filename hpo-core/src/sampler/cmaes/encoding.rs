//! The encoding of a space as the two kinds of coordinates of the search distribution: numbers on
//! `[0, 1]`, and choices.

use std::sync::Arc;

use crate::sampler::initial_design;
use crate::space::{Cardinality, FlatSpace, Levels, ParamKind, Parameter, Params, Value};

/// Cells of levels that are narrower than this are ignored: neighbors are too near to matter.
const NARROWEST: f64 = 1e-9;

/// The number of configs over which active parameters are counted.
const COUNTED: u64 = 64;

/// A number, as a coordinate of the normal distribution.
#[derive(Clone, Copy, Debug)]
pub(super) struct NumericCoordinate {
    /// The levels on `[0, 1]`; `None` for a continuous number.
    pub(super) levels: Option<Levels>,
    /// Mean and standard deviation before the first trial, on `[0, 1]`: 1/2 and 1/6 without a
    /// prior.
    pub(super) start: (f64, f64),
}

/// The part of `[0, 1]` that belongs to one level. An end is infinite if there is no further level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LevelCell {
    pub(super) low: f64,
    pub(super) high: f64,
}

/// A parameter with unordered values, or with two values, as a coordinate of the categorical
/// distribution.
#[derive(Clone, Copy, Debug)]
pub(super) struct CategoricalCoordinate {
    pub(super) count: usize,
}

/// The parameters that can vary.
#[derive(Clone, Debug)]
pub(super) struct Encoding {
    flat: Arc<FlatSpace>,
    pub(super) numbers: Vec<NumericCoordinate>,
    pub(super) choices: Vec<CategoricalCoordinate>,
    by_parameter: Vec<Coordinate>,
    /// The mean number of active coordinates in a config.
    pub(super) active: f64,
}

#[derive(Clone, Copy, Debug)]
enum Coordinate {
    Number(usize),
    Choice(usize),
    Fixed,
}

/// A config as coordinates; `None` for inactive parameters.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) numbers: Vec<Option<f64>>,
    pub(super) choices: Vec<Option<usize>>,
}

impl Encoding {
    pub(super) fn new(flat: &Arc<FlatSpace>) -> Self {
        let mut encoding = Self {
            flat: Arc::clone(flat),
            numbers: Vec::new(),
            choices: Vec::new(),
            by_parameter: Vec::new(),
            active: 0.0,
        };
        for parameter in flat.iter() {
            let coordinate = encoding.add(parameter);
            encoding.by_parameter.push(coordinate);
        }
        encoding.active = encoding.count_active();
        encoding
    }

    /// Counts active parameters over configs that visit the branches evenly.
    fn count_active(&self) -> f64 {
        let is_free =
            |parameter: u32| !matches!(self.by_parameter[parameter as usize], Coordinate::Fixed);
        let count = |number| {
            initial_design::config(&self.flat, number, 0)
                .iter()
                .filter(|(parameter, _)| is_free(*parameter))
                .count()
        };
        (0..COUNTED).map(count).sum::<usize>() as f64 / COUNTED as f64
    }

    fn add(&mut self, parameter: &Parameter) -> Coordinate {
        let count = match parameter.cardinality() {
            Cardinality::Finite(0 | 1) => return Coordinate::Fixed,
            Cardinality::Finite(count) => Some(count),
            Cardinality::Infinite => None,
        };
        if parameter.kind() != ParamKind::Number || count == Some(2) {
            self.choices.push(CategoricalCoordinate { count: count.unwrap_or(2) as usize });
            return Coordinate::Choice(self.choices.len() - 1);
        }
        self.numbers
            .push(NumericCoordinate { levels: parameter.levels(), start: start(parameter) });
        Coordinate::Number(self.numbers.len() - 1)
    }

    /// Returns the number of parameters of the space.
    pub(super) fn parameters(&self) -> usize {
        self.flat.len()
    }

    /// Returns the number of coordinates with levels, including choices.
    pub(super) fn discrete(&self) -> usize {
        self.choices.len() + self.numbers.iter().filter(|number| number.levels.is_some()).count()
    }

    /// Returns the coordinates of a config; `None` if it is not a point of the space.
    pub(super) fn point(&self, params: impl Iterator<Item = (u32, Value)>) -> Option<Point> {
        let mut point = Point {
            numbers: vec![None; self.numbers.len()],
            choices: vec![None; self.choices.len()],
        };
        for (id, value) in params {
            let position = self.flat.parameter(id).encode(value)?;
            match self.by_parameter[id as usize] {
                Coordinate::Number(index) => point.numbers[index] = Some(position),
                Coordinate::Choice(index) => {
                    let count = self.choices[index].count;
                    point.choices[index] =
                        Some(((position * count as f64) as usize).min(count - 1));
                }
                Coordinate::Fixed => {}
            }
        }
        Some(point)
    }

    /// Returns the config at these coordinates. Those of inactive parameters are ignored.
    pub(super) fn params(&self, numbers: &[f64], choices: &[usize]) -> Params {
        self.flat.fill(|id, parameter| match self.by_parameter[id as usize] {
            Coordinate::Number(index) => parameter.decode(numbers[index]),
            Coordinate::Choice(index) => {
                parameter.decode((choices[index] as f64 + 0.5) / self.choices[index].count as f64)
            }
            Coordinate::Fixed => parameter.decode(0.5),
        })
    }
}

impl LevelCell {
    /// Returns the cell in which a position lies; `None` if the cells are too narrow to matter.
    pub(super) fn at(levels: Levels, position: f64) -> Option<Self> {
        let (index, last) = (levels.index(position.clamp(0.0, 1.0)), levels.count() - 1.0);
        let (low, high) = (levels.edge(index), levels.edge(index + 1.0));
        (high - low > NARROWEST).then_some(Self {
            low: if index == 0.0 { f64::NEG_INFINITY } else { low },
            high: if index == last { f64::INFINITY } else { high },
        })
    }
}

/// The probabilities below -1 and below 1 of the standard normal distribution.
const WITHIN_ONE: (f64, f64) = (0.158_655_253_931_457, 0.841_344_746_068_543);

/// Returns the initial mean and standard deviation of a number: a sixth of the range, or less in
/// proportion to the spread of its prior.
fn start(parameter: &Parameter) -> (f64, f64) {
    let at = |probability: f64| parameter.encode(parameter.quantile(probability)).unwrap_or(0.5);
    if parameter.domain().range().is_none_or(|range| range.prior.is_none()) {
        return (0.5, WIDTH);
    }
    let spread = (at(WITHIN_ONE.1) - at(WITHIN_ONE.0)) / (WITHIN_ONE.1 - WITHIN_ONE.0);
    (at(0.5), WIDTH * spread.clamp(0.01, 1.0))
}

/// The default initial standard deviation on a scale of length 1.
pub(super) const WIDTH: f64 = 1.0 / 6.0;
