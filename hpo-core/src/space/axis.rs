//! One parameter as an axis of the unit cube: maps `[0, 1]` to values and back, enumerates levels
//! and draws values.
//!
//! In a domain with levels (integers, grids, choices), each of the `n` levels has the same share
//! `1/n` of the axis, end points included. A log-uniform integer has the share of its half-open
//! neighbourhood in log space, as if the bounds were widened by one half. Continuous domains map
//! their bounds to 0 and 1 exactly.

use super::Value;
use super::prior_density::PriorDensity;
use crate::numeric::interval::{between, fraction};
use crate::rng::Rng;

/// A checked domain with the constants of its arithmetic, computed once.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub(super) scale: Scale,
    pub(super) prior: Option<PriorDensity>,
}

/// The values of an axis, and their positions on it.
#[derive(Clone, Debug)]
pub(super) enum Scale {
    /// A real number on a linear scale.
    Linear { low: f64, high: f64 },
    /// A real number on a log scale; `ln_low` and `ln_high` are the bounds' logarithms.
    Log { low: f64, high: f64, ln_low: f64, ln_high: f64 },
    /// `low + i * step` for `i` in `0..=last`; `slack` is the tolerance for a value beside its
    /// level, as a share of the step.
    Grid { low: f64, high: f64, step: f64, last: u64, slack: f64 },
    /// `low * factor^i` for `i` in `0..=last`; `slack` as above.
    LogGrid { low: f64, high: f64, factor: f64, last: u64, slack: f64 },
    /// `low + i * step` for `i` in `0..=last`, exact.
    Steps { low: i128, step: i128, last: u64 },
    /// Every integer of a range on a log scale; `ln_low` and `ln_high` are the logarithms of the
    /// widened bounds.
    LogInt { low: i128, high: i128, ln_low: f64, ln_high: f64 },
    /// `low * factor^i`, exact integers.
    Powers { values: Vec<i128> },
    /// An index of a choice in `0..=last`.
    Choices { last: u32 },
}

impl Axis {
    /// Returns the index of the last level; `None` for a continuous range.
    pub(crate) fn last(&self) -> Option<u64> {
        match &self.scale {
            Scale::Linear { low, high } | Scale::Log { low, high, .. } => {
                (low == high).then_some(0)
            }
            Scale::Grid { last, .. } | Scale::LogGrid { last, .. } | Scale::Steps { last, .. } => {
                Some(*last)
            }
            Scale::LogInt { low, high, .. } => Some((high - low) as u64),
            Scale::Powers { values } => Some(values.len() as u64 - 1),
            Scale::Choices { last } => Some(u64::from(*last)),
        }
    }

    /// Returns the `index`-th value, from the lowest, and the last one for any index beyond. A
    /// continuous range returns its lower bound.
    pub(crate) fn level(&self, index: u64) -> Value {
        match &self.scale {
            Scale::Linear { low, .. } | Scale::Log { low, .. } => Value::Float(*low),
            Scale::Grid { low, high, step, last, .. } => {
                grid_point(index, *last, *high, |i| multiple(*low, *step, i))
            }
            Scale::LogGrid { low, high, factor, last, .. } => {
                grid_point(index, *last, *high, |i| power(*low, *factor, i))
            }
            Scale::Steps { low, step, last } => integer(low + i128::from(index.min(*last)) * step),
            Scale::LogInt { low, high, .. } => integer((low + i128::from(index)).min(*high)),
            Scale::Powers { values } => {
                let index = usize::try_from(index).unwrap_or(usize::MAX);
                integer(values[index.min(values.len() - 1)])
            }
            Scale::Choices { last } => {
                Value::Choice(u32::try_from(index).unwrap_or(u32::MAX).min(*last))
            }
        }
    }

    /// Returns the index of a value, from the lowest; `None` for a value outside, off the grid, or
    /// of a continuous range.
    pub(crate) fn index(&self, value: Value) -> Option<u64> {
        match &self.scale {
            Scale::Linear { low, high } | Scale::Log { low, high, .. } => {
                (low == high && value.as_float()? == *low).then_some(0)
            }
            Scale::Grid { low, high, step, last, slack } => {
                let float = value.as_float()?;
                let offset = float - low;
                let position =
                    if offset.is_finite() { offset / step } else { float / step - low / step };
                grid_index(float, *high, position, *last, *slack)
            }
            Scale::LogGrid { low, high, factor, last, slack } => {
                let position = (value.as_float()?.ln() - low.ln()) / factor.ln();
                grid_index(value.as_float()?, *high, position, *last, *slack)
            }
            Scale::Steps { low, step, last } => {
                let offset = value.as_int()? - low;
                let index = u64::try_from(offset / step).ok().filter(|index| index <= last)?;
                (offset % step == 0).then_some(index)
            }
            Scale::LogInt { low, high, .. } => {
                let integer = value.as_int()?;
                (*low..=*high).contains(&integer).then(|| (integer - low) as u64)
            }
            Scale::Powers { values } => {
                values.binary_search(&value.as_int()?).ok().map(|index| index as u64)
            }
            Scale::Choices { last } => {
                value.as_choice().filter(|index| index <= last).map(u64::from)
            }
        }
    }

    /// Returns the value as the axis writes it (a grid point without rounding errors); `None` if
    /// the axis does not hold it.
    pub(crate) fn snap(&self, value: Value) -> Option<Value> {
        match &self.scale {
            Scale::Linear { low, high } | Scale::Log { low, high, .. } => {
                let float = value.as_float()?;
                (*low <= float && float <= *high).then_some(value)
            }
            _ => self.index(value).map(|index| self.level(index)),
        }
    }

    /// Returns true if the parameter may take this value.
    pub(crate) fn contains(&self, value: Value) -> bool {
        match &self.scale {
            Scale::Linear { .. } | Scale::Log { .. } => self.snap(value).is_some(),
            _ => self.index(value).is_some(),
        }
    }

    /// Returns the position of a value on `[0, 1]`, the middle of its share for a level; `None` if
    /// the axis does not hold it.
    pub(crate) fn encode(&self, value: Value) -> Option<f64> {
        match &self.scale {
            Scale::Linear { low, high } => {
                Some(fraction(self.snap(value)?.as_float()?, *low, *high))
            }
            Scale::Log { ln_low, ln_high, .. } => {
                Some(fraction(self.snap(value)?.as_float()?.ln(), *ln_low, *ln_high))
            }
            Scale::LogInt { ln_low, ln_high, .. } => {
                self.index(value)?;
                Some(fraction((value.as_int()? as f64).ln(), *ln_low, *ln_high))
            }
            _ => {
                let count = self.last()? as f64 + 1.0;
                Some(((self.index(value)? as f64 + 0.5) / count).min(1.0))
            }
        }
    }

    /// Returns the value at a position on `[0, 1]`. Positions outside are moved to the nearer end,
    /// NaN to the lower one.
    pub(crate) fn decode(&self, position: f64) -> Value {
        let position = if position > 0.0 { position.min(1.0) } else { 0.0 };
        match &self.scale {
            Scale::Linear { low, high } => Value::Float(between(position, *low, *high)),
            Scale::Log { low, high, ln_low, ln_high } => {
                Value::Float(exact_ends(position, *low, *high).unwrap_or_else(|| {
                    between(position, *ln_low, *ln_high).exp().clamp(*low, *high)
                }))
            }
            Scale::LogInt { low, high, ln_low, ln_high } => {
                integer(exact_ends(position, *low, *high).unwrap_or_else(|| {
                    let rounded = between(position, *ln_low, *ln_high).exp().round();
                    // The number is positive and fits 64 bits. A conversion to 128 bits would be a
                    // slow call.
                    i128::from(rounded as u64).clamp(*low, *high)
                }))
            }
            _ => {
                let last = self.last().unwrap_or(0);
                // With 2^64 levels the product saturates at the upper end, which is correct.
                let index = (position * (last as f64 + 1.0)) as u64;
                self.level(index.min(last))
            }
        }
    }

    /// Returns the quantile of `probability`: that of the prior where there is one.
    pub(crate) fn quantile(&self, probability: f64) -> Value {
        match &self.prior {
            Some(prior) => self.decode(prior.quantile(probability)),
            None => self.decode(probability),
        }
    }

    /// Draws a random value: from the prior where there is one, else uniform on the axis. Integers
    /// are drawn exactly.
    pub(crate) fn draw(&self, rng: &mut Rng) -> Value {
        match &self.scale {
            _ if self.prior.is_some() => self.quantile(rng.unit()),
            Scale::Linear { .. } | Scale::Log { .. } | Scale::LogInt { .. } => {
                self.decode(rng.unit())
            }
            _ => self.level(rng.below_or_at(self.last().unwrap_or(0))),
        }
    }

    /// Returns the default where none is given: the middle, or the first choice.
    pub(crate) fn middle(&self) -> Value {
        match &self.scale {
            Scale::Choices { .. } => Value::Choice(0),
            _ => self.decode(0.5),
        }
    }

    /// Returns the number of values on a grid.
    pub(crate) fn cut_count(&self, resolution: GridResolution) -> u128 {
        match self.last() {
            Some(last) => {
                self.thinned(resolution).map_or(u128::from(last) + 1, |levels| levels.len() as u128)
            }
            None => u128::from(resolution.points),
        }
    }

    /// Returns the `index`-th value of a grid. A continuous range is divided evenly on its own
    /// scale, end points included; a single point is its middle.
    pub(crate) fn cut_level(&self, resolution: GridResolution, index: u64) -> Value {
        match self.last() {
            Some(_) => match self.thinned(resolution) {
                Some(levels) => {
                    levels[usize::try_from(index).unwrap_or(usize::MAX).min(levels.len() - 1)]
                }
                None => self.level(index),
            },
            None if resolution.points <= 1 => self.middle(),
            None => self.decode(index as f64 / f64::from(resolution.points - 1)),
        }
    }

    /// Returns some of the levels, evenly spaced on their own scale, where there are more than the
    /// grid may have; `None` for all levels. Choices are not numbers, so all of them are kept. On a
    /// log scale the lowest levels are so close that positions may share one.
    fn thinned(&self, resolution: GridResolution) -> Option<Vec<Value>> {
        let most = resolution.levels.filter(|most| self.last() >= Some(u64::from(*most)))?;
        let position = |index: u32| f64::from(index) / f64::from(most - 1);
        let level = |index: u32| match &self.scale {
            _ if most == 1 => self.middle(),
            Scale::LogInt { low, high, .. } => {
                let ratio = (*high as f64 / *low as f64).powf(position(index));
                integer(((*low as f64 * ratio).round() as i128).clamp(*low, *high))
            }
            _ => self.decode(position(index)),
        };
        let mut levels: Vec<Value> = match self.scale {
            Scale::Choices { .. } => return None,
            _ => (0..most).map(level).collect(),
        };
        levels.dedup();
        Some(levels)
    }
}

/// The resolution of a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GridResolution {
    /// The number of points on a continuous range, at least 1.
    pub(crate) points: u32,
    /// The largest number of levels of an integer range or a stepped range, at least 1; `None` for
    /// no limit.
    pub(crate) levels: Option<u32>,
}

/// Formats a value without its domain.
pub(super) fn describe(value: Value) -> String {
    match value {
        Value::Float(float) => format!("{float:?}"),
        Value::Choice(index) => format!("choice number {index}"),
        Value::Int(_) | Value::Unsigned(_) => {
            value.as_int().map_or_else(String::new, |integer| integer.to_string())
        }
    }
}

/// Converts an integer that lies within the checked bounds, which all fit 64 bits.
fn integer(integer: i128) -> Value {
    Value::int(integer).expect("an axis stays within its bounds, which fit 64 bits")
}

/// Returns a grid point. The last point is the bound itself, without the rounding errors of the
/// steps.
fn grid_point(index: u64, last: u64, high: f64, point: impl Fn(f64) -> f64) -> Value {
    Value::Float(if index >= last && last > 0 { high } else { point(index as f64).min(high) })
}

/// Returns `low + i * step`, computed in two halves where the distance from `low` overflows.
fn multiple(low: f64, step: f64, i: f64) -> f64 {
    let whole = low + i * step;
    if whole.is_finite() {
        return whole;
    }
    low + (i / 2.0) * step + (i / 2.0) * step
}

/// Returns `low * factor^i`, computed in two halves where the power overflows.
fn power(low: f64, factor: f64, i: f64) -> f64 {
    let whole = low * factor.powf(i);
    if whole.is_finite() {
        return whole;
    }
    low * factor.powf(i / 2.0) * factor.powf(i / 2.0)
}

fn grid_index(value: f64, high: f64, position: f64, last: u64, slack: f64) -> Option<u64> {
    if value == high {
        return Some(last);
    }
    let nearest = position.round();
    ((position - nearest).abs() <= slack && nearest >= 0.0 && nearest <= last as f64)
        .then_some(nearest as u64)
}

/// Returns the bounds exactly at 0 and 1, where a logarithm and back would miss them.
fn exact_ends<T: Copy>(position: f64, low: T, high: T) -> Option<T> {
    match position {
        0.0 => Some(low),
        1.0 => Some(high),
        _ => None,
    }
}
