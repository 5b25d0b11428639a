//! The user's prior on the optimum, on the axis of a parameter.
//!
//! A [`Prior`] is a normal distribution truncated to the domain, and a normal distribution of the
//! logarithm on a log scale. Discrete values get the probability of their neighbourhood, half a
//! step either way, as they do without a prior.

use super::domain::Prior;
use crate::numeric::interval::fraction;
use crate::numeric::normal;

/// A truncated normal distribution, stored with its distribution function at both ends.
#[derive(Clone, Debug)]
pub(super) struct PriorDensity {
    center: f64,
    spread: f64,
    low: f64,
    high: f64,
    below: f64,
    within: f64,
}

/// Below this width of the range, in standard deviations, the density is constant across the domain
/// to five digits or more.
const FLAT: f64 = 1e-3;

impl PriorDensity {
    /// Creates a prior on an axis between two ends; with `log`, both ends are logarithms. Returns
    /// `None` if the prior is so wide that it is uniform on the range.
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

    /// Returns the quantile of `probability`, in `[0, 1]` along the axis.
    pub(super) fn quantile(&self, probability: f64) -> f64 {
        let z = normal::quantile((self.below + probability * self.within).clamp(0.0, 1.0));
        fraction((self.center + z * self.spread).clamp(self.low, self.high), self.low, self.high)
    }
}
