//! The check of one parameter: turns a [`Domain`] into an [`Axis`], which relies on every rule
//! enforced here.

use std::collections::HashSet;

use super::axis::{Axis, Scale, describe};
use super::domain::{Categorical, Domain, Float, Int, Prior};
use super::encoding::NumericRange;
use super::prior_density::PriorDensity;
use super::{Label, SpaceErrorKind, Value};

/// The tolerance by which a grid may miss its upper bound, as a share of the step. Covers binary
/// rounding, as in `0.0..=0.3` by 0.1.
const GRID_TOLERANCE: f64 = 1e-6;

/// The smallest step whose levels can be told apart, in units of the last place at the larger
/// bound.
const FINEST_STEP: f64 = 16.0;

/// Checks a domain and returns it as an axis.
pub(crate) fn axis(domain: &Domain) -> Result<Axis, SpaceErrorKind> {
    match domain {
        Domain::Float(float) => float_axis(float),
        Domain::Int(int) => int_axis(int),
        Domain::Categorical(categorical) => choice_axis(categorical),
    }
}

fn float_axis(float: &Float) -> Result<Axis, SpaceErrorKind> {
    let Float { low, high, log, step, default, .. } = *float;
    if !(low.is_finite() && high.is_finite()) {
        return Err(SpaceErrorKind::NotFinite { low, high });
    }
    order(&low, &high, log && low <= 0.0)?;
    let scale = match step {
        None if log => Scale::Log { low, high, ln_low: low.ln(), ln_high: high.ln() },
        None => Scale::Linear { low, high },
        Some(factor) if log => float_powers(low, high, factor)?,
        Some(step) => float_grid(low, high, step)?,
    };
    with_default(Axis { scale, prior: prior_density(float.range())? }, default.map(Value::Float))
}

fn float_grid(low: f64, high: f64, step: f64) -> Result<Scale, SpaceErrorKind> {
    step_over(step.is_finite() && step > 0.0, &step, false)?;
    let size = low.abs().max(high.abs());
    let loss = size * f64::EPSILON / step;
    let width = high - low;
    let count = if width.is_finite() { width / step } else { high / step - low / step };
    fine_enough(low < high && loss * FINEST_STEP > 1.0, &step, &low, &high)?;
    let slack = GRID_TOLERANCE.max(loss * 4.0);
    let last = (count + slack).floor();
    if count - last > slack {
        return Err(misses(&step, &low, &high, &(low + last * step)));
    }
    Ok(Scale::Grid { low, high, step, last: last as u64, slack })
}

fn float_powers(low: f64, high: f64, factor: f64) -> Result<Scale, SpaceErrorKind> {
    step_over(factor.is_finite() && factor > 1.0, &factor, true)?;
    let count = (high.ln() - low.ln()) / factor.ln();
    let size = low.ln().abs().max(high.ln().abs()).max(count).max(1.0);
    let loss = size * f64::EPSILON / factor.ln();
    fine_enough(low < high && loss * FINEST_STEP > 1.0, &factor, &low, &high)?;
    let slack = GRID_TOLERANCE.max(loss * 4.0);
    let last = (count + slack).floor();
    if count - last > slack {
        return Err(misses(&factor, &low, &high, &(low * factor.powf(last))));
    }
    Ok(Scale::LogGrid { low, high, factor, last: last as u64, slack })
}

fn int_axis(int: &Int) -> Result<Axis, SpaceErrorKind> {
    let Int { low, high, log, default, .. } = *int;
    let widest = if low < 0 { i128::from(i64::MAX) } else { i128::from(u64::MAX) };
    if low < i128::from(i64::MIN) || high > widest {
        return Err(SpaceErrorKind::TooWide { low, high });
    }
    order(&low, &high, log && low <= 0)?;
    let scale = if log { log_int(int)? } else { steps(int)? };
    let axis = Axis { scale, prior: prior_density(int.range())? };
    match default.map(|default| (default, Value::int(default))) {
        Some((default, None)) => {
            Err(SpaceErrorKind::DefaultOutside { default: default.to_string() })
        }
        given => with_default(axis, given.and_then(|(_, value)| value)),
    }
}

fn steps(int: &Int) -> Result<Scale, SpaceErrorKind> {
    let Int { low, high, step, .. } = *int;
    let step = step.unwrap_or(1);
    step_over(step > 0, &step, false)?;
    if (high - low) % step != 0 {
        return Err(misses(&step, &low, &high, &(high - (high - low) % step)));
    }
    let last = ((high - low) / step) as u64;
    Ok(Scale::Steps { low, step, last })
}

fn log_int(int: &Int) -> Result<Scale, SpaceErrorKind> {
    let Int { low, high, step, .. } = *int;
    if let Some(factor) = step {
        return Ok(Scale::Powers { values: powers(low, high, factor)? });
    }
    let (ln_low, ln_high) = int.range().ends();
    Ok(Scale::LogInt { low, high, ln_low, ln_high })
}

fn powers(low: i128, high: i128, factor: i128) -> Result<Vec<i128>, SpaceErrorKind> {
    step_over(factor > 1, &factor, true)?;
    let values: Vec<i128> = std::iter::successors(Some(low), |value| value.checked_mul(factor))
        .take_while(|value| *value <= high)
        .collect();
    match values.last() {
        Some(&last) if last == high => Ok(values),
        last => Err(misses(&factor, &low, &high, last.unwrap_or(&low))),
    }
}

fn choice_axis(categorical: &Categorical) -> Result<Axis, SpaceErrorKind> {
    let choices = &categorical.choices;
    let last = choices.len().checked_sub(1).ok_or(SpaceErrorKind::NoChoices)?;
    let mut seen = HashSet::with_capacity(choices.len());
    for label in choices {
        let writable = match label {
            Label::Float(float) => float.is_finite(),
            Label::Int(integer) => Value::int(*integer).is_some(),
            Label::Null | Label::Bool(_) | Label::Text(_) => true,
        };
        if !writable {
            return Err(SpaceErrorKind::BadChoice { label: label.clone() });
        }
        if !seen.insert(LabelKey::of(label)) {
            return Err(SpaceErrorKind::RepeatedChoice { label: label.clone() });
        }
    }
    let scale = Scale::Choices { last: u32::try_from(last).unwrap_or(u32::MAX) };
    with_default(Axis { scale, prior: None }, categorical.default.map(Value::Choice))
}

/// A label as JSON readers distinguish it: 1 and 1.0 are the same.
#[derive(PartialEq, Eq, Hash)]
enum LabelKey<'a> {
    Null,
    Bool(bool),
    Int(i128),
    Float(u64),
    Text(&'a str),
}

impl<'a> LabelKey<'a> {
    fn of(label: &'a Label) -> Self {
        match label {
            Label::Null => LabelKey::Null,
            Label::Bool(flag) => LabelKey::Bool(*flag),
            Label::Int(integer) => LabelKey::Int(*integer),
            // Beyond 2^63 an integer and a float could be equal only by rounding.
            Label::Float(float) if float.fract() == 0.0 && float.abs() < 9e18 => {
                LabelKey::Int(*float as i128)
            }
            Label::Float(float) => LabelKey::Float(float.to_bits()),
            Label::Text(text) => LabelKey::Text(text),
        }
    }
}

fn order<T: PartialOrd + ToString>(
    low: &T,
    high: &T,
    log_of_non_positive: bool,
) -> Result<(), SpaceErrorKind> {
    if low > high {
        return Err(SpaceErrorKind::Reversed { low: low.to_string(), high: high.to_string() });
    }
    if log_of_non_positive {
        return Err(SpaceErrorKind::LogOfNonPositive { low: low.to_string() });
    }
    Ok(())
}

fn step_over(good: bool, step: &impl ToString, log: bool) -> Result<(), SpaceErrorKind> {
    if good {
        return Ok(());
    }
    Err(SpaceErrorKind::BadStep { step: step.to_string(), least: u8::from(log) })
}

fn fine_enough(
    too_fine: bool,
    step: &impl ToString,
    low: &impl ToString,
    high: &impl ToString,
) -> Result<(), SpaceErrorKind> {
    if !too_fine {
        return Ok(());
    }
    let [step, low, high] = [step.to_string(), low.to_string(), high.to_string()];
    Err(SpaceErrorKind::StepTooFine { step, low, high })
}

/// Builds the prior on a range, whose ends get their share of the probability.
fn prior_density(range: NumericRange) -> Result<Option<PriorDensity>, SpaceErrorKind> {
    let Some(prior @ Prior { center, spread }) = range.prior else {
        return Ok(None);
    };
    let least = u8::from(range.is_log);
    let is_inside = (range.low..=range.high).contains(&center);
    if is_inside && spread.is_finite() && spread > f64::from(least) {
        return Ok(PriorDensity::new(prior, range.is_log, range.ends()));
    }
    Err(SpaceErrorKind::BadPrior { center, spread, least })
}

fn with_default(axis: Axis, default: Option<Value>) -> Result<Axis, SpaceErrorKind> {
    match default {
        Some(value) if !axis.contains(value) => {
            Err(SpaceErrorKind::DefaultOutside { default: describe(value) })
        }
        _ => Ok(axis),
    }
}

fn misses(
    step: &impl ToString,
    low: &impl ToString,
    high: &impl ToString,
    nearest: &impl ToString,
) -> SpaceErrorKind {
    SpaceErrorKind::StepDoesNotDivide {
        step: step.to_string(),
        low: low.to_string(),
        high: high.to_string(),
        nearest: nearest.to_string(),
    }
}
