//! The rules that the words on a number obey: bounds, scale, grid, default and prior.
//!
//! This file stands, byte for byte, in `hpo-macros`, which checks literals, and in `hpo-core`, which checks constant
//! expressions while the user's crate compiles. So a rule has one wording, and a test keeps the two copies equal.
//! Everything is `const` and knows nothing of either crate.

/// One number read both ways: which reading counts is told by [`Number::float`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Both {
    /// As a real number.
    pub float: f64,
    /// As an integer.
    pub int: i128,
}

/// All that may be said of a number to tune.
#[allow(clippy::struct_excessive_bools)] // They are independent words, and choose no state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// Whether it is a real number, else an integer.
    pub float: bool,
    /// Whether the type has no zero.
    pub nonzero: bool,
    /// The lower bound.
    pub low: Both,
    /// The upper bound.
    pub high: Both,
    /// Whether the upper bound is left out (integers only).
    pub exclusive: bool,
    /// Whether ratios count rather than differences.
    pub log: bool,
    /// The step of the grid; with `log` the factor.
    pub step: Option<Both>,
    /// The first guess.
    pub default: Option<Both>,
    /// Center and spread of the user's belief.
    pub prior: Option<(f64, f64)>,
}

/// What must hold of a [`Number`]; the first five concern the range, and the others mean something only if those hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The bounds are finite.
    Finite,
    /// The bounds of an integer fit `i64` or `u64`.
    Fits,
    /// There is at least one value.
    Ordered,
    /// A type without zero has none in its range.
    NonZero,
    /// A logarithm exists.
    Positive,
    /// The step goes up.
    StepUp,
    /// The step leads from the lower bound to the upper one.
    StepDivides,
    /// The default lies within the bounds.
    DefaultInside,
    /// The default lies on the grid.
    DefaultOnGrid,
    /// The center of the prior lies within the bounds.
    CenterInside,
    /// The spread of the prior is a width.
    SpreadUp,
}

/// The longest multiplicative grid of real numbers that is walked.
const LONGEST_GRID: u32 = 10_000;

impl Number {
    /// Whether the rule holds. A rule about a word that was not written holds.
    #[must_use]
    pub const fn obeys(&self, rule: Rule) -> bool {
        match rule {
            Rule::Finite => !self.float || self.low.float.is_finite() && self.high.float.is_finite(),
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
                Some(default) => !self.holds(default) || !self.step_goes_up() || self.on_grid(default),
                None => true,
            },
            Rule::CenterInside => match self.prior {
                Some((center, _)) => center >= self.low.float && center <= self.high.float,
                None => true,
            },
            Rule::SpreadUp => match self.prior {
                Some((_, spread)) => spread.is_finite() && spread > if self.log { 1.0 } else { 0.0 },
                None => true,
            },
        }
    }

    /// The greatest integer: on the grid, if the upper bound is left out.
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
            Some(step) if self.exclusive => self.low.int + (top - self.low.int) / step.int * step.int,
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
            Some(step) if self.float => step.float.is_finite() && step.float > if self.log { 1.0 } else { 0.0 },
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

/// Whether the integer fits `i64` or `u64`. One of `u128` that is too large for `i128` shows by its sign.
const fn fits(bound: Both) -> bool {
    bound.int >= i64::MIN as i128 && bound.int <= u64::MAX as i128 && (bound.int < 0) == (bound.float < 0.0)
}

/// Whether a number of steps is whole, as far as the rounding of decimal fractions (also of `f32`) lets us tell.
#[allow(clippy::cast_possible_truncation)]
const fn whole(steps: f64) -> bool {
    let nearest = (steps + 0.5) as i64 as f64;
    (steps - nearest).abs() <= (1e-6 * steps.max(1.0)).min(1e-3)
}

/// Whether `target` is `low` times a power of `factor`.
const fn power(low: f64, factor: f64, target: f64) -> bool {
    let mut at = low;
    let mut taken = 0;
    while at < target * (1.0 - 1e-6) && taken < LONGEST_GRID {
        at *= factor;
        taken += 1;
    }
    (at / target - 1.0).abs() <= 1e-6
}
