//! One point of a space, untyped: the values of its active parameters.

use std::fmt;
use std::sync::Arc;

use serde_json::Value as Json;

use super::axis::describe;
use super::domain::Domain;
use super::flat_space::{FlatSpace, Parameter};
use super::flatten::ParamsBuilder;
use super::{Label, ParamsError, Reader, SearchSpace, Value, Writer};
use crate::numeric::mix;
use crate::terminal::one_line;

/// One point of a space: the values of its active parameters, in order. Inactive ones are absent.
///
/// ```
/// use hpo_core::space::{Params, FlatSpace, Space};
///
/// let space = Space::from_json(
///     r#"{"all": {
///         "lr": {"float": {"low": 1e-5, "high": 0.1, "log": true, "default": 0.001}},
///         "optimizer": {"one_of": {
///             "adam": {"all": {}},
///             "sgd": {"all": {"momentum": {"float": {"low": 0, "high": 0.9}}}}
///         }}
///     }}"#,
/// )?;
/// let flat = FlatSpace::new(&space)?;
/// let given = serde_json::json!({"optimizer": "sgd", "optimizer.sgd.momentum": 0.5});
/// let params = Params::from_json(&flat, &given)?;
/// assert_eq!(params.float("lr"), Some(0.001));
/// assert_eq!(params.to_string(), "lr = 0.001, optimizer = sgd, optimizer.sgd.momentum = 0.5");
///
/// let error = Params::from_json(&flat, &serde_json::json!({"optimiser": "adam"})).unwrap_err();
/// assert_eq!(error.to_string(), "there is no parameter `optimiser`, did you mean `optimizer`?");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Params {
    flat: Arc<FlatSpace>,
    /// Numbers of the parameters. Empty where they are 0, 1, 2, ..., so that the common case stores
    /// no list.
    ids: Vec<u32>,
    values: Vec<Value>,
}

impl Params {
    /// Creates a point from values in the order of their parameters. `ids` is empty if no parameter
    /// is left out before the last.
    pub(super) fn new(flat: Arc<FlatSpace>, ids: Vec<u32>, values: Vec<Value>) -> Self {
        Self { flat, ids, values }
    }

    /// Creates a point from parameters and their values, in the order of the parameters.
    pub(super) fn in_order(
        flat: &Arc<FlatSpace>,
        chosen: impl Iterator<Item = (u32, Value)>,
    ) -> Self {
        let mut builder = ParamsBuilder::new(flat.as_slice());
        for (id, value) in chosen {
            builder.push(id, value);
        }
        builder.finish(flat)
    }

    /// Returns the point of a config of type `S`.
    ///
    /// # Errors
    /// If the config lies outside its own space: a value beyond its range, off its grid or not
    /// among its choices.
    pub fn of<S: SearchSpace>(flat: &Arc<FlatSpace>, config: &S) -> Result<Self, ParamsError> {
        let mut writer = Writer::new();
        config.write(&mut writer)?;
        Self::place(flat, &writer.into_values())
    }

    /// Creates the point with these values of its active parameters, in order. A value that misses
    /// its grid by no more than a rounding error is moved onto it.
    ///
    /// # Errors
    /// If there are too few or too many values, or one is outside its domain.
    pub fn place(flat: &Arc<FlatSpace>, values: &[Value]) -> Result<Self, ParamsError> {
        let mut remaining = values.iter().copied();
        let params = flat.try_fill(|_, parameter| {
            let value = remaining.next().ok_or_else(|| missing(parameter))?;
            parameter
                .axis
                .snap(value)
                .ok_or_else(|| outside(parameter, display_value(parameter, value)))
        })?;
        match remaining.len() {
            0 => Ok(params),
            _ => Err(ParamsError::Count { found: values.len(), expected: params.values.len() }),
        }
    }

    /// Returns the typed config of this point.
    ///
    /// # Errors
    /// If the point does not belong to the space of `S`.
    pub fn config<S: SearchSpace>(&self) -> Result<S, ParamsError> {
        Ok(S::read(&mut Reader::new(&self.values))?)
    }

    /// Returns the parameters of the space, active or not.
    #[must_use]
    pub fn flat_space(&self) -> &Arc<FlatSpace> {
        &self.flat
    }

    /// Returns the active parameters with their values, in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u32, Value)> + '_ {
        self.values
            .iter()
            .enumerate()
            .map(|(index, value)| (self.ids.get(index).copied().unwrap_or(index as u32), *value))
    }

    /// Returns the values of the active parameters, in order.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Returns the number of active parameters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns true if no parameter is active.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns the value of a parameter; `None` if it is inactive.
    #[must_use]
    pub fn value(&self, parameter: u32) -> Option<Value> {
        let index = if self.ids.is_empty() {
            parameter as usize
        } else {
            self.ids.binary_search(&parameter).ok()?
        };
        self.values.get(index).copied()
    }

    /// Returns the value at a dotted path, choices by their label; `None` if it is inactive or
    /// unknown.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<Label> {
        let parameter = self.flat.find(path)?;
        self.value(parameter).map(|value| self.flat.parameter(parameter).domain().label(value))
    }

    /// Returns the real number at a dotted path (integers too).
    #[must_use]
    pub fn float(&self, path: &str) -> Option<f64> {
        match self.get(path)? {
            Label::Float(float) => Some(float),
            Label::Int(integer) => Some(integer as f64),
            _ => None,
        }
    }

    /// Returns the integer at a dotted path.
    #[must_use]
    pub fn int(&self, path: &str) -> Option<i128> {
        match self.get(path)? {
            Label::Int(integer) => Some(integer),
            _ => None,
        }
    }

    /// Returns the names and values of the active parameters, in order.
    pub fn labels(&self) -> impl Iterator<Item = (&str, Label)> + '_ {
        self.iter().map(|(id, value)| {
            let parameter = self.flat.parameter(id);
            (parameter.path(), parameter.domain().label(value))
        })
    }

    /// Returns a flat JSON object: dotted paths and values of the active parameters.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::Object(
            self.labels().map(|(path, label)| (path.to_owned(), label.to_json())).collect(),
        )
    }

    /// Reads the point that a flat JSON object describes. Missing parameters take their default, if
    /// the space gives one.
    ///
    /// # Errors
    /// If a name is unknown or inactive, a value is outside its domain, or a parameter has neither
    /// a value nor a default.
    pub fn from_json(flat: &Arc<FlatSpace>, json: &Json) -> Result<Self, ParamsError> {
        let Json::Object(object) = json else {
            return Err(ParamsError::NotAnObject { found: json.to_string() });
        };
        if let Some(path) = object.keys().find(|path| flat.find(path).is_none()) {
            return Err(unknown(flat, path));
        }
        let params = flat.try_fill(|_, parameter| match object.get(parameter.path()) {
            Some(json) => {
                parse(parameter, json).ok_or_else(|| outside(parameter, json.to_string()))
            }
            None => parameter.given_default().ok_or_else(|| missing(parameter)),
        })?;
        match object.keys().find(|path| params.get(path).is_none()) {
            Some(path) => Err(inactive(&params, path)),
            None => Ok(params),
        }
    }

    /// Returns a 16-byte key of the point: equal points have equal keys, and different ones have
    /// different keys except with a probability of about 2^-128 per pair.
    #[must_use]
    pub fn key(&self) -> u128 {
        let mut key = ParamsHasher::default();
        if self.ids.is_empty() {
            for (parameter, value) in (0..).zip(&self.values) {
                key.add(parameter, *value);
            }
        } else {
            for (parameter, value) in self.ids.iter().zip(&self.values) {
                key.add(*parameter, *value);
            }
        }
        key.finish()
    }
}

/// A running hash of parameters and values: two lanes of multiply-and-rotate, each with its own
/// encoding of the parameter, and a finaliser.
#[derive(Default)]
struct ParamsHasher(u64, u64);

impl ParamsHasher {
    #[inline]
    fn add(&mut self, parameter: u32, value: Value) {
        let (bits, parameter) = (value.bits(), u64::from(parameter) + 1);
        let word = bits ^ parameter.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = (self.0.rotate_left(27) ^ word).wrapping_mul(0x3C79_AC49_2BA7_B653);
        let word = bits.wrapping_add(parameter.wrapping_mul(0xD1B5_4A32_D192_ED03));
        self.1 = (self.1.rotate_left(31) ^ word).wrapping_mul(0x1C69_B3F7_4AC4_AE35);
    }

    fn finish(self) -> u128 {
        u128::from(mix(self.0)) << 64 | u128::from(mix(self.1))
    }
}

impl PartialEq for Params {
    /// Compares names and values, and ignores the rest of the spaces.
    fn eq(&self, other: &Self) -> bool {
        if Arc::ptr_eq(&self.flat, &other.flat) {
            return self.ids == other.ids && self.values == other.values;
        }
        self.len() == other.len() && self.labels().eq(other.labels())
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.labels()).finish()
    }
}

impl fmt::Display for Params {
    /// Writes the point as in `lr = 0.01, optimizer = sgd`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (path, label)) in self.labels().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{} = {}", one_line(path), one_line(label))?;
        }
        Ok(())
    }
}

impl Parameter {
    /// Returns the value that a JSON scalar means; `None` if the parameter may not take it.
    pub(crate) fn parse(&self, json: &Json) -> Option<Value> {
        parse(self, json)
    }
}

/// Returns the value that a JSON scalar means for this parameter; `None` if it may not take it.
fn parse(parameter: &Parameter, json: &Json) -> Option<Value> {
    let value = match parameter.domain() {
        Domain::Float(_) => Value::Float(json.as_f64()?),
        Domain::Int(_) => match (json.as_i64(), json.as_u64(), json.as_f64()) {
            (Some(integer), ..) => Value::Int(integer),
            (_, Some(integer), _) => Value::int(i128::from(integer))?,
            (.., Some(float)) if float.fract() == 0.0 && float.abs() < 9e15 => {
                Value::Int(float as i64)
            }
            _ => return None,
        },
        Domain::Categorical(categorical) => {
            let index = categorical.choices.iter().position(|choice| choice.matches(json))?;
            Value::Choice(u32::try_from(index).ok()?)
        }
    };
    parameter.axis.snap(value)
}

fn expected(parameter: &Parameter) -> String {
    parameter.domain().to_string()
}

fn display_value(parameter: &Parameter, value: Value) -> String {
    match (parameter.domain(), value) {
        (Domain::Categorical(categorical), Value::Choice(index))
            if (index as usize) < categorical.choices.len() =>
        {
            categorical.choices[index as usize].to_string()
        }
        _ => describe(value),
    }
}

fn missing(parameter: &Parameter) -> ParamsError {
    ParamsError::Missing { path: parameter.path().to_owned(), expected: expected(parameter) }
}

pub(super) fn outside(parameter: &Parameter, found: String) -> ParamsError {
    ParamsError::Outside { path: parameter.path().to_owned(), found, expected: expected(parameter) }
}

pub(super) fn unknown(flat: &FlatSpace, path: &str) -> ParamsError {
    let nearest =
        flat.iter().map(|parameter| (distance(parameter.path(), path), parameter.path())).min();
    let suggestion =
        nearest.filter(|(far, _)| *far <= path.len().max(3) / 2).map(|(_, name)| name.to_owned());
    ParamsError::Unknown { path: path.to_owned(), suggestion }
}

fn inactive(params: &Params, path: &str) -> ParamsError {
    let mut parameter = params.flat.find(path).map(|id| params.flat.parameter(id));
    while let Some(parent) = parameter.and_then(Parameter::parent) {
        let deciding = params.flat.parameter(parent.parameter);
        if let Some(choice) = params.value(parent.parameter) {
            let (parent, choice) =
                (deciding.path().to_owned(), deciding.domain().label(choice).to_string());
            return ParamsError::Inactive { path: path.to_owned(), parent, choice };
        }
        parameter = Some(deciding);
    }
    unknown(&params.flat, path)
}

/// Returns the Levenshtein distance between two short names. `strsim` has it too, but these lines
/// cost less than a dependency of every program that tunes.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.chars().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[row.len() - 1]
}
