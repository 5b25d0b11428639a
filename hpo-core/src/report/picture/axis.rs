//! The mapping from values to positions in a picture, and the labels of an axis.

use crate::numeric::format::significant;
use crate::report::figure::chart::bounded;
use crate::report::figure::labels::shortened;
use crate::report::figure::{Axis, time_axis};

/// A linear or logarithmic mapping from values to positions in a picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mapping {
    /// The lower end of the axis; its decimal logarithm on a log scale.
    low: f64,
    /// The upper end of the axis; its decimal logarithm on a log scale.
    high: f64,
    /// The position of the lower end in the picture.
    from: f64,
    /// The position of the upper end in the picture.
    to: f64,
    log: bool,
}

impl Mapping {
    /// Returns the mapping of an axis: over its own range, or else over that of the marks with a
    /// margin.
    pub(super) fn of(axis: &Axis, extent: Option<(f64, f64)>, from: f64, to: f64) -> Self {
        let scaled =
            |value: f64| if axis.log { value.max(f64::MIN_POSITIVE).log10() } else { value };
        let (low, high) = match (axis.range, extent) {
            (Some((low, high)), _) => (scaled(low), scaled(high)),
            (None, Some((low, high))) => {
                let (low, high) = (scaled(low), scaled(high));
                let room = if high > low {
                    (high / 2.0 - low / 2.0) * 0.1
                } else {
                    low.abs().max(1.0) * 0.5
                };
                bounded((low - room, high + room))
            }
            (None, None) => (0.0, 1.0),
        };
        Self { low, high, from, to, log: axis.log }
    }

    /// Returns the position of a value; NaN if it is not finite.
    pub(super) fn at(&self, value: f64) -> f64 {
        let value = if self.log { value.log10() } else { value };
        // The terms are halved, so that no difference overflows.
        let share = (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        if share.is_finite() { self.from + share * (self.to - self.from) } else { f64::NAN }
    }

    /// Returns the length in the picture of a difference of values.
    pub(super) fn length(&self, value: f64) -> f64 {
        (value / 2.0 / (self.high / 2.0 - self.low / 2.0) * (self.to - self.from)).abs()
    }

    /// Returns the positions with labels: those of the axis, shortened to `letters` letters, or
    /// else about `about` round numbers.
    pub(super) fn ticks(&self, axis: &Axis, about: usize, letters: usize) -> Vec<(f64, String)> {
        if let Some(ticks) = &axis.ticks {
            let every = ticks.len().div_ceil(about.max(1) * 3).max(1);
            let shown: Vec<&(f64, String)> = ticks.iter().step_by(every).collect();
            let names: Vec<&str> = shown.iter().map(|tick| tick.1.as_str()).collect();
            return shown
                .iter()
                .zip(shortened(&names, letters))
                .map(|(tick, name)| (self.at(tick.0), name))
                .collect();
        }
        if axis.is_time {
            let ticks = time_axis::ticks(self.low, self.high, about);
            return ticks.into_iter().map(|(value, name)| (self.at(value), name)).collect();
        }
        if self.log {
            return self.decades(about);
        }
        let step = round_step((self.high / 2.0 - self.low / 2.0) / about as f64 * 2.0);
        let first = (self.low / step).ceil();
        let count = ((self.high / step).floor() - first).clamp(-1.0, 100.0) as i64;
        (0..=count)
            .map(|index| (first + index as f64) * step)
            .map(|value| (self.at(value), tick_label(value, step)))
            .collect()
    }

    fn decades(&self, about: usize) -> Vec<(f64, String)> {
        let (first, last) = (self.low.ceil() as i64, self.high.floor() as i64);
        if last <= first {
            // With fewer than two powers of ten, twice and five times these get labels as well.
            let parts = (first - 1..=last).flat_map(|power| {
                [1.0, 2.0, 5.0].map(|digit: f64| digit * 10_f64.powi(power as i32))
            });
            let within = parts.filter(|value| (self.low..=self.high).contains(&value.log10()));
            return within.map(|value| (self.at(value), tick_label(value, value))).collect();
        }
        let every = ((last - first) as usize / about.max(1) + 1).max(1);
        (first..=last)
            .step_by(every)
            .map(|power| (self.at(10_f64.powi(power as i32)), format!("1e{power}")))
            .collect()
    }
}

/// Returns a round number of about the given size: 1, 2 or 5 times a power of ten.
fn round_step(step: f64) -> f64 {
    if !step.is_finite() || step <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(step.log10().floor());
    let digit = [1.0, 2.0, 5.0].into_iter().find(|digit| step <= digit * power * 1.4);
    digit.unwrap_or(10.0) * power
}

/// Returns a number as text with as many decimals as its step.
pub(super) fn tick_label(value: f64, step: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e7).contains(&value.abs()) {
        return significant(value, 4);
    }
    let decimals = (-step.abs().log10().floor()).clamp(0.0, 8.0) as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(axis: &Axis, low: f64, high: f64) -> Vec<String> {
        let mapping = Mapping::of(axis, Some((low, high)), 0.0, 100.0);
        mapping.ticks(axis, 5, 20).into_iter().map(|tick| tick.1).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(
            names(&Axis::new("x"), 0.0, 1.0),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"].map(|name| if name == "0.0" {
                "0"
            } else {
                name
            })
        );
        assert_eq!(names(&Axis::new("x"), -30.0, 70.0), ["-20", "0", "20", "40", "60"]);
        let log = Axis { log: true, ..Axis::new("x") };
        assert_eq!(names(&log, 1e-5, 0.1), ["1e-5", "1e-4", "1e-3", "1e-2", "1e-1"]);
        assert_eq!(names(&log, 20.0, 60.0), ["20", "50"]);
        assert_eq!(names(&Axis::names("x", ["a", "b"]), 0.0, 1.0), ["a", "b"]);
    }

    #[test]
    fn extremes_have_places() {
        let axis = Axis::new("x");
        let huge = Mapping::of(&axis, Some((-f64::MAX, f64::MAX)), 0.0, 100.0);
        assert!(huge.at(0.0).is_finite() || huge.at(0.0).is_nan());
        assert!(huge.ticks(&axis, 5, 20).len() < 200);
        let one = Mapping::of(&axis, Some((3.0, 3.0)), 0.0, 100.0);
        assert_eq!(one.at(3.0), 50.0);
        assert!(one.at(f64::INFINITY).is_nan());
    }
}
