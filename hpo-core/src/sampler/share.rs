//! The trials of one member of a portfolio, drawn by their numbers.
//!
//! Whose turn it is depends on the space, number and seed only. So a member can tell from the
//! history which trials were its own, though the history does not say who proposed what.

use crate::rng::Rng;

/// The random stream from which the trials are drawn.
const STREAM: u32 = u32::MAX - 2;

/// A share of the trials from some number on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Share {
    /// The first trial that may be drawn is the larger of this number and `per_parameter` for each
    /// parameter of the space, but at most `latest`.
    pub(super) earliest: u64,
    pub(super) per_parameter: u64,
    pub(super) latest: u64,
    /// The fraction of the trials from then on, from 0 to 1.
    pub(super) fraction: f64,
}

impl Share {
    /// Returns the number of the first trial that may be drawn in a space with this number of
    /// parameters.
    pub(super) fn first(&self, parameters: usize) -> u64 {
        let by_size = self.per_parameter.saturating_mul(parameters as u64);
        self.earliest.max(by_size).min(self.latest)
    }

    /// Returns true if the trial is of the member.
    pub(super) fn holds(&self, parameters: usize, seed: u64, number: u64) -> bool {
        number >= self.first(parameters) && Rng::retry(seed, number, STREAM).unit() < self.fraction
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_begins_later_in_larger_spaces() {
        let share = Share { earliest: 150, per_parameter: 10, latest: 500, fraction: 0.8 };
        assert_eq!([1, 15, 20, 60].map(|parameters| share.first(parameters)), [150, 150, 200, 500]);
        let count = |numbers: std::ops::Range<u64>| {
            numbers.filter(|number| share.holds(20, 7, *number)).count()
        };
        assert_eq!(count(0..200), 0);
        let drawn = count(200..1_200);
        assert!((750..850).contains(&drawn), "{drawn}");
    }
}
