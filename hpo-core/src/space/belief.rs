//! Where the user believes the optimum to lie, on the axis of a parameter.
//!
//! A [`Prior`] is a normal distribution cut to the domain, of the logarithm where the scale is one. Values with levels
//! take the share of their neighbourhood, half a step either way, as they do without a prior.

use super::domain::Prior;
use crate::numeric::interval::fraction;
use crate::numeric::normal;

/// A cut normal distribution, by its distribution function at the ends.
#[derive(Clone, Debug)]
pub(super) struct Belief {
    center: f64,
    spread: f64,
    low: f64,
    high: f64,
    below: f64,
    within: f64,
}

/// Below this share of a standard deviation, the bell is flat across the domain, to five digits and more.
const FLAT: f64 = 1e-3;

impl Belief {
    /// A prior on an axis between two ends, both as logarithms with `log`; `None` if it is so wide that it says nothing.
    pub(super) fn new(prior: Prior, log: bool, (low, high): (f64, f64)) -> Option<Self> {
        let Prior { center, spread } = prior;
        let (center, spread) = if log { (center.ln(), spread.ln()) } else { (center, spread) };
        let [from, to] = [low, high].map(|end| (end - center) / spread);
        if to - from < FLAT {
            return None;
        }
        let below = normal::cdf(from);
        Some(Self { center, spread, low, high, below, within: normal::cdf(to) - below })
    }

    /// The place on the axis that has a share of `probability` below it.
    pub(super) fn place(&self, probability: f64) -> f64 {
        let z = normal::quantile((self.below + probability * self.within).clamp(0.0, 1.0));
        fraction((self.center + z * self.spread).clamp(self.low, self.high), self.low, self.high)
    }
}
