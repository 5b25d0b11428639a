//! The rules for the attributes of a number: bounds, scale, grid, default and prior.
//!
//! This file exists twice, byte for byte the same: in `hpo-macros`, which checks literals, and in
//! `hpo-core`, which checks constant expressions while the user's crate compiles. So each rule is
//! written once, and a test keeps the two copies equal. Everything is `const` and independent of
//! either crate.

/// A number in both representations; [`Number::float`] decides which one is used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Both {
    /// The number as a real number.
    pub float: f64,
    /// The number as an integer.
    pub int: i128,
}

/// All attributes of a number to tune.
#[allow(clippy::struct_excessive_bools)] // They are independent words, and choose no state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// True for a real number, false for an integer.
    pub float: bool,
    /// True if the type has no zero.
    pub nonzero: bool,
    /// The lower bound, always inclusive.
    pub low: Both,
    /// The upper bound, inclusive unless `exclusive` is set.
    pub high: Both,
    /// True if the upper bound is exclusive (integers only).
    pub exclusive: bool,
    /// True for a log scale.
    pub log: bool,
    /// The step of the grid; with `log`, the factor.
    pub step: Option<Both>,
    /// The default value, if one is given.
    pub default: Option<Both>,
    /// The center and spread of the user's prior.
    pub prior: Option<(f64, f64)>,
}

/// A rule that a [`Number`] must obey. The first five concern the range; the others apply only if
/// those hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The bounds are finite numbers.
    Finite,
    /// The bounds of an integer fit `i64` or `u64`.
    Fits,
    /// There is at least one value.
    Ordered,
    /// A type without zero has none in its range.
    NonZero,
    /// With `log`, the lower bound is above 0.
    Positive,
    /// The step is above 0; with `log`, the factor is above 1.
    StepUp,
    /// The step leads from the lower bound to the upper one.
    StepDivides,
    /// The default lies within the bounds.
    DefaultInside,
    /// The default lies on the grid.
    DefaultOnGrid,
    /// The center of the prior lies within the bounds.
    CenterInside,
    /// The spread of the prior is large enough.
    SpreadUp,
}

/// The largest number of points that is checked on a multiplicative grid of real numbers.
const LONGEST_GRID: u32 = 10_000;

impl Number {
    /// Returns true if the rule holds. A rule about an attribute that is not given holds.
    #[must_use]
    pub const fn obeys(&self, rule: Rule) -> bool {
        match rule {
            Rule::Finite => {
                !self.float || self.low.float.is_finite() && self.high.float.is_finite()
            }
            Rule::Fits => self.float || fits(self.low) && fits(self.high),
            Rule::Ordered if self.float => self.low.float <= self.high.float,
            Rule::Ordered => self.low.int <= self.top(),
            Rule::NonZero => !self.nonzero || self.low.int > 0 || self.top() < 0,
            Rule::Positive if self.float => !self.log || self.low.float > 0.0,
            Rule::Positive => !self.log || self.low.int > 0,
            Rule::StepUp => self.step_goes_up(),
            Rule::StepDivides => !self.step_goes_up() || self.exclusive || self.on_grid(self.high),
            Rule::DefaultInside => match self.default {
                Some(default) => self.holds(default),
                None => true,
            },
            Rule::DefaultOnGrid => match self.default {
                Some(default) => {
                    !self.holds(default) || !self.step_goes_up() || self.on_grid(default)
                }
                None => true,
            },
            Rule::CenterInside => match self.prior {
                Some((center, _)) => center >= self.low.float && center <= self.high.float,
                None => true,
            },
            Rule::SpreadUp => match self.prior {
                Some((_, spread)) => {
                    spread.is_finite() && spread > if self.log { 1.0 } else { 0.0 }
                }
                None => true,
            },
        }
    }

    /// Returns the greatest integer: on the grid, if the upper bound is exclusive.
    #[must_use]
    pub const fn last(&self) -> i128 {
        let top = self.top();
        match self.step {
            Some(step) if self.exclusive && self.log => {
                let mut at = self.low.int;
                while at <= top / step.int {
                    at *= step.int;
                }
                at
            }
            Some(step) if self.exclusive => {
                self.low.int + (top - self.low.int) / step.int * step.int
            }
            _ => top,
        }
    }

    const fn top(&self) -> i128 {
        if self.exclusive { self.high.int - 1 } else { self.high.int }
    }

    const fn holds(&self, value: Both) -> bool {
        if self.float {
            self.low.float <= value.float && value.float <= self.high.float
        } else {
            self.low.int <= value.int && value.int <= self.top()
        }
    }

    const fn step_goes_up(&self) -> bool {
        match self.step {
            Some(step) if self.float => {
                step.float.is_finite() && step.float > if self.log { 1.0 } else { 0.0 }
            }
            Some(step) => step.int > if self.log { 1 } else { 0 },
            None => true,
        }
    }

    const fn on_grid(&self, value: Both) -> bool {
        match self.step {
            Some(step) if self.float && self.log => power(self.low.float, step.float, value.float),
            Some(step) if self.float => whole((value.float - self.low.float) / step.float),
            Some(step) if self.log => {
                let mut at = self.low.int;
                while at < value.int {
                    at = at.saturating_mul(step.int);
                }
                at == value.int
            }
            Some(step) => (value.int - self.low.int) % step.int == 0,
            None => true,
        }
    }
}

/// Returns true if the integer fits `i64` or `u64`. A `u128` that is too large for `i128` is
/// recognized by its sign.
const fn fits(bound: Both) -> bool {
    bound.int >= i64::MIN as i128
        && bound.int <= u64::MAX as i128
        && (bound.int < 0) == (bound.float < 0.0)
}

/// Returns true if a number of steps is whole, within the rounding of decimal fractions (also of
/// `f32`).
#[allow(clippy::cast_possible_truncation)]
const fn whole(steps: f64) -> bool {
    let nearest = (steps + 0.5) as i64 as f64;
    (steps - nearest).abs() <= (1e-6 * steps.max(1.0)).min(1e-3)
}

/// Returns true if `target` is `low` times a power of `factor`.
const fn power(low: f64, factor: f64, target: f64) -> bool {
    let mut at = low;
    let mut taken = 0;
    while at < target * (1.0 - 1e-6) && taken < LONGEST_GRID {
        at *= factor;
        taken += 1;
    }
    (at / target - 1.0).abs() <= 1e-6
}
