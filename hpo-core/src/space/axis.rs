//! One parameter as an axis of the unit cube: `[0, 1]` to values and back, levels, draws.
//!
//! A domain with levels (integers, grids, choices) gives each of its `n` levels the same share `1/n` of the axis, end
//! points included; a log-uniform integer gets the share that its half-open neighbourhood has in log space, as if the
//! bounds were widened by one half. Continuous domains map their bounds to 0 and 1 exactly.

use super::domain::{Categorical, Domain, Float, Int, Prior};
use super::{SpaceErrorKind, Value};
use crate::rng::Rng;

/// A checked domain with what its arithmetic needs, computed once.
#[derive(Clone, Debug)]
pub(crate) enum Axis {
    /// A real number, linear.
    Linear {
        low: f64,
        high: f64,
        prior: Option<Prior>,
    },
    /// A real number on a log scale; `ln_low` and `ln_high` are the bounds' logarithms.
    Log {
        low: f64,
        high: f64,
        ln_low: f64,
        ln_high: f64,
        prior: Option<Prior>,
    },
    /// `low + i * step` for `i` in `0..=last`.
    Grid {
        low: f64,
        high: f64,
        step: f64,
        last: u64,
    },
    /// `low * factor^i` for `i` in `0..=last`.
    LogGrid {
        low: f64,
        high: f64,
        factor: f64,
        last: u64,
    },
    /// `low + i * step` for `i` in `0..=last`, exact.
    Steps {
        low: i128,
        step: i128,
        last: u64,
        prior: Option<Prior>,
    },
    /// Every integer of a range, equal ratios equally likely; the logarithms are those of the widened bounds.
    LogInt {
        low: i128,
        high: i128,
        ln_low: f64,
        ln_high: f64,
        prior: Option<Prior>,
    },
    /// `low * factor^i` for `i` in `0..=last`, exact.
    Powers { values: Vec<i128> },
    /// An index in `0..=last`.
    Choices { last: u32 },
}

/// How far a grid may miss its upper bound, as a share of the step: what binary fractions lose in `0.0..=0.3` by 0.1.
const GRID_TOLERANCE: f64 = 1e-6;

impl Axis {
    /// Checks a domain and makes it an axis.
    pub(crate) fn new(domain: &Domain) -> Result<Self, SpaceErrorKind> {
        match domain {
            Domain::Float(float) => float_axis(float),
            Domain::Int(int) => int_axis(int),
            Domain::Categorical(categorical) => choice_axis(categorical),
        }
    }

    /// The number of values, less one; `None` for a continuum.
    pub(crate) fn last(&self) -> Option<u64> {
        match self {
            Axis::Linear { low, high, .. } | Axis::Log { low, high, .. } => {
                (low == high).then_some(0)
            }
            Axis::Grid { last, .. } | Axis::LogGrid { last, .. } | Axis::Steps { last, .. } => {
                Some(*last)
            }
            Axis::LogInt { low, high, .. } => Some((high - low) as u64),
            Axis::Powers { values } => Some(values.len() as u64 - 1),
            Axis::Choices { last } => Some(u64::from(*last)),
        }
    }

    /// The `index`-th value, from the lowest; the last one for any index beyond. On a continuum, its lower bound.
    pub(crate) fn level(&self, index: u64) -> Value {
        match self {
            Axis::Linear { low, .. } | Axis::Log { low, .. } => Value::Float(*low),
            Axis::Grid {
                low,
                high,
                step,
                last,
            } => grid_point(index, *last, *high, |i| low + i * step),
            Axis::LogGrid {
                low,
                high,
                factor,
                last,
            } => grid_point(index, *last, *high, |i| low * factor.powf(i)),
            Axis::Steps {
                low, step, last, ..
            } => integer(low + i128::from(index.min(*last)) * step),
            Axis::LogInt { low, high, .. } => integer((low + i128::from(index)).min(*high)),
            Axis::Powers { values } => integer(
                values[usize::try_from(index)
                    .unwrap_or(usize::MAX)
                    .min(values.len() - 1)],
            ),
            Axis::Choices { last } => {
                Value::Choice(u32::try_from(index).unwrap_or(u32::MAX).min(*last))
            }
        }
    }

    /// Which value this is, from the lowest; `None` for a value outside, off the grid, or on a continuum.
    pub(crate) fn index(&self, value: Value) -> Option<u64> {
        match self {
            Axis::Linear { .. } | Axis::Log { .. } => self.contains(value).then_some(0),
            Axis::Grid {
                low, step, last, ..
            } => grid_index((value.as_float()? - low) / step, *last),
            Axis::LogGrid {
                low, factor, last, ..
            } => grid_index((value.as_float()? / low).ln() / factor.ln(), *last),
            Axis::Steps {
                low, step, last, ..
            } => {
                let offset = value.as_int()? - low;
                let index = u64::try_from(offset / step)
                    .ok()
                    .filter(|index| index <= last)?;
                (offset % step == 0).then_some(index)
            }
            Axis::LogInt { low, high, .. } => {
                let integer = value.as_int()?;
                (*low..=*high)
                    .contains(&integer)
                    .then(|| (integer - low) as u64)
            }
            Axis::Powers { values } => values
                .binary_search(&value.as_int()?)
                .ok()
                .map(|index| index as u64),
            Axis::Choices { last } => value
                .as_choice()
                .filter(|index| index <= last)
                .map(u64::from),
        }
    }

    /// Whether the parameter may take this value.
    pub(crate) fn contains(&self, value: Value) -> bool {
        match self {
            Axis::Linear { low, high, .. } | Axis::Log { low, high, .. } => value
                .as_float()
                .is_some_and(|float| *low <= float && float <= *high),
            _ => self.index(value).is_some(),
        }
    }

    /// The place of a value on `[0, 1]`; the middle of its share where values have levels.
    pub(crate) fn encode(&self, value: Value) -> Option<f64> {
        match self {
            Axis::Linear { low, high, .. } => value.as_float().map(|float| {
                if low == high {
                    0.5
                } else {
                    fraction(float, *low, *high)
                }
            }),
            Axis::Log {
                ln_low,
                ln_high,
                low,
                high,
                ..
            } => value.as_float().map(|float| {
                if low == high {
                    0.5
                } else {
                    fraction(float.ln(), *ln_low, *ln_high)
                }
            }),
            Axis::LogInt {
                ln_low, ln_high, ..
            } => {
                self.index(value)?;
                Some(fraction((value.as_int()? as f64).ln(), *ln_low, *ln_high))
            }
            _ => {
                let count = self.last()? as f64 + 1.0;
                Some(((self.index(value)? as f64 + 0.5) / count).min(1.0))
            }
        }
    }

    /// The value at a place of `[0, 1]`; places outside are moved to the nearer end.
    pub(crate) fn decode(&self, place: f64) -> Value {
        let place = place.clamp(0.0, 1.0);
        match self {
            Axis::Linear { low, high, .. } => Value::Float(between(place, *low, *high)),
            Axis::Log {
                low,
                high,
                ln_low,
                ln_high,
                ..
            } => Value::Float(between(place, *ln_low, *ln_high).exp().clamp(*low, *high)),
            Axis::LogInt {
                low,
                high,
                ln_low,
                ln_high,
                ..
            } => {
                let rounded = between(place, *ln_low, *ln_high).exp().round() as i128;
                integer(rounded.clamp(*low, *high))
            }
            _ => {
                let count = u128::from(self.last().unwrap_or(0)) + 1;
                let index = (place * count as f64) as u128;
                self.level(index.min(count - 1) as u64)
            }
        }
    }

    /// A random value: of the prior where there is one, else uniform on the axis. Integers are drawn exactly.
    pub(crate) fn draw(&self, rng: &mut Rng) -> Value {
        if let Some(value) = self.draw_from_prior(rng) {
            return value;
        }
        match self {
            Axis::Linear { .. } | Axis::Log { .. } | Axis::LogInt { .. } => self.decode(rng.unit()),
            _ => self.level(rng.below_or_at(self.last().unwrap_or(0))),
        }
    }

    /// The first guess where none is given: the middle, or the first choice.
    pub(crate) fn middle(&self) -> Value {
        match self {
            Axis::Choices { .. } => Value::Choice(0),
            _ => self.decode(0.5),
        }
    }

    /// A draw of the prior, cut to the domain by rejection; a prior far wider than the domain is as good as none.
    fn draw_from_prior(&self, rng: &mut Rng) -> Option<Value> {
        let (prior, log, low, high) = match self {
            Axis::Linear { prior, low, high } => (prior, false, *low, *high),
            Axis::Steps {
                prior,
                low,
                step,
                last,
            } => (
                prior,
                false,
                *low as f64,
                (low + i128::from(*last) * step) as f64,
            ),
            Axis::Log {
                prior,
                ln_low,
                ln_high,
                ..
            }
            | Axis::LogInt {
                prior,
                ln_low,
                ln_high,
                ..
            } => (prior, true, *ln_low, *ln_high),
            _ => return None,
        };
        let prior = (*prior)?;
        let (center, spread) = if log {
            (prior.center.ln(), prior.spread.ln())
        } else {
            (prior.center, prior.spread)
        };
        let drawn = (0..64)
            .map(|_| center + spread * rng.normal())
            .find(|x| (low..=high).contains(x))?;
        Some(self.decode(fraction(drawn, low, high)))
    }
}

fn float_axis(float: &Float) -> Result<Axis, SpaceErrorKind> {
    let Float {
        low,
        high,
        log,
        step,
        default,
        prior,
    } = *float;
    if !(low.is_finite() && high.is_finite()) {
        return Err(SpaceErrorKind::NotFinite { low, high });
    }
    check_order(&low, &high, log && low <= 0.0)?;
    check_prior(prior, low, high, log)?;
    let axis = match step {
        None if log => Axis::Log {
            low,
            high,
            ln_low: low.ln(),
            ln_high: high.ln(),
            prior,
        },
        None => Axis::Linear { low, high, prior },
        Some(step) => float_grid(low, high, log, step)?,
    };
    check_default(&axis, default.map(Value::Float))?;
    Ok(axis)
}

fn float_grid(low: f64, high: f64, log: bool, step: f64) -> Result<Axis, SpaceErrorKind> {
    check_step(
        step.is_finite() && step > f64::from(u8::from(log)),
        &step,
        log,
    )?;
    let count = if log {
        (high / low).ln() / step.ln()
    } else {
        (high - low) / step
    };
    let last = (count + GRID_TOLERANCE).floor();
    if count - last > GRID_TOLERANCE {
        let nearest = if log {
            low * step.powf(last)
        } else {
            low + last * step
        };
        return Err(misses(&step, &low, &high, &nearest));
    }
    let last = last as u64;
    Ok(if log {
        Axis::LogGrid {
            low,
            high,
            factor: step,
            last,
        }
    } else {
        Axis::Grid {
            low,
            high,
            step,
            last,
        }
    })
}

fn int_axis(int: &Int) -> Result<Axis, SpaceErrorKind> {
    let Int {
        low,
        high,
        log,
        step,
        default,
        prior,
    } = *int;
    let widest = if low < 0 {
        i128::from(i64::MAX)
    } else {
        i128::from(u64::MAX)
    };
    if low < i128::from(i64::MIN) || high > widest {
        return Err(SpaceErrorKind::TooWide { low, high });
    }
    check_order(&low, &high, log && low <= 0)?;
    check_prior(prior, low as f64, high as f64, log)?;
    let axis = match (log, step) {
        (true, None) => {
            let (ln_low, ln_high) = ((low as f64 - 0.5).ln(), (high as f64 + 0.5).ln());
            Axis::LogInt {
                low,
                high,
                ln_low,
                ln_high,
                prior,
            }
        }
        (true, Some(factor)) => Axis::Powers {
            values: powers(low, high, factor)?,
        },
        (false, step) => {
            let step = step.unwrap_or(1);
            check_step(step > 0, &step, log)?;
            if (high - low) % step != 0 {
                return Err(misses(&step, &low, &high, &(high - (high - low) % step)));
            }
            Axis::Steps {
                low,
                step,
                last: ((high - low) / step) as u64,
                prior,
            }
        }
    };
    check_default(&axis, default.and_then(Value::int))?;
    Ok(axis)
}

fn powers(low: i128, high: i128, factor: i128) -> Result<Vec<i128>, SpaceErrorKind> {
    check_step(factor > 1, &factor, true)?;
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
    let last = choices
        .len()
        .checked_sub(1)
        .ok_or(SpaceErrorKind::NoChoices)?;
    let mut seen = std::collections::HashSet::with_capacity(choices.len());
    if let Some(label) = choices
        .iter()
        .find(|label| !seen.insert(format!("{label:?}")))
    {
        return Err(SpaceErrorKind::RepeatedChoice {
            label: label.clone(),
        });
    }
    let axis = Axis::Choices {
        last: u32::try_from(last).unwrap_or(u32::MAX),
    };
    check_default(&axis, categorical.default.map(Value::Choice))?;
    Ok(axis)
}

fn check_order<T: PartialOrd + ToString>(
    low: &T,
    high: &T,
    log_of_non_positive: bool,
) -> Result<(), SpaceErrorKind> {
    if low > high {
        return Err(SpaceErrorKind::Reversed {
            low: low.to_string(),
            high: high.to_string(),
        });
    }
    if log_of_non_positive {
        return Err(SpaceErrorKind::LogOfNonPositive {
            low: low.to_string(),
        });
    }
    Ok(())
}

fn check_step(good: bool, step: &impl ToString, log: bool) -> Result<(), SpaceErrorKind> {
    if good {
        Ok(())
    } else {
        Err(SpaceErrorKind::BadStep {
            step: step.to_string(),
            least: u8::from(log),
        })
    }
}

fn check_prior(prior: Option<Prior>, low: f64, high: f64, log: bool) -> Result<(), SpaceErrorKind> {
    let Some(Prior { center, spread }) = prior else {
        return Ok(());
    };
    if (low..=high).contains(&center) && spread.is_finite() && spread > f64::from(u8::from(log)) {
        return Ok(());
    }
    Err(SpaceErrorKind::BadPrior {
        center,
        spread,
        least: u8::from(log),
    })
}

fn check_default(axis: &Axis, default: Option<Value>) -> Result<(), SpaceErrorKind> {
    match default {
        Some(value) if !axis.contains(value) => Err(SpaceErrorKind::DefaultOutside {
            default: describe(value),
        }),
        _ => Ok(()),
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

/// A bare value in words.
pub(super) fn describe(value: Value) -> String {
    match value {
        Value::Float(float) => format!("{float:?}"),
        Value::Choice(index) => format!("choice number {index}"),
        Value::Int(_) | Value::Unsigned(_) => value
            .as_int()
            .map_or_else(String::new, |integer| integer.to_string()),
    }
}

/// The checked bounds hold every integer that the arithmetic of an axis yields.
fn integer(integer: i128) -> Value {
    Value::int(integer).expect("an axis stays within its bounds, which fit 64 bits")
}

/// The last point is the bound itself, whatever the steps before it lost.
fn grid_point(index: u64, last: u64, high: f64, point: impl Fn(f64) -> f64) -> Value {
    Value::Float(if index >= last && last > 0 {
        high
    } else {
        point(index.min(last) as f64).min(high)
    })
}

fn grid_index(place: f64, last: u64) -> Option<u64> {
    let nearest = place.round();
    ((place - nearest).abs() <= GRID_TOLERANCE && nearest >= 0.0 && nearest <= last as f64)
        .then_some(nearest as u64)
}

/// Where `x` lies between two bounds, computed so that no difference overflows.
fn fraction(x: f64, low: f64, high: f64) -> f64 {
    ((x / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0)).clamp(0.0, 1.0)
}

/// The inverse of [`fraction`]: exact at both ends.
fn between(place: f64, low: f64, high: f64) -> f64 {
    let width = high - low;
    let x = if width.is_finite() {
        low + place * width
    } else {
        low * (1.0 - place) + high * place
    };
    if place >= 1.0 {
        high
    } else {
        x.clamp(low, high)
    }
}
