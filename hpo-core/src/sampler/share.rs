//! The trials of one member of a portfolio, drawn by their numbers.
//!
//! Whose turn it is depends on number and seed only. So a member can tell from the history which
//! trials were its own, though the history does not say who proposed what.

use crate::rng::Rng;

/// The random stream from which the trials are drawn.
const STREAM: u32 = u32::MAX - 2;

/// A share of the trials that grows linearly between two numbers of trials.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Share {
    /// The number of the first trial that may be drawn, and that from which on the share is
    /// constant.
    pub(super) numbers: (u64, u64),
    /// The shares there, from 0 to 1.
    pub(super) shares: (f64, f64),
}

impl Share {
    /// Returns true if the trial is of the member.
    pub(super) fn holds(&self, seed: u64, number: u64) -> bool {
        let (from, to) = self.numbers;
        if number < from {
            return false;
        }
        let progress = (number - from) as f64 / to.saturating_sub(from).max(1) as f64;
        let share = self.shares.0 + (self.shares.1 - self.shares.0) * progress.min(1.0);
        Rng::retry(seed, number, STREAM).unit() < share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_begins_grows_and_stays() {
        let share = Share { numbers: (1_000, 3_000), shares: (0.2, 0.8) };
        let count = |numbers: std::ops::Range<u64>| {
            numbers.filter(|number| share.holds(7, *number)).count()
        };
        assert_eq!(count(0..1_000), 0);
        let (begin, middle, late) = (count(1_000..1_200), count(1_900..2_100), count(5_000..6_000));
        assert!((20..80).contains(&begin), "{begin}");
        assert!((70..130).contains(&middle), "{middle}");
        assert!((750..850).contains(&late), "{late}");
    }

    #[test]
    fn an_empty_range_is_a_step() {
        let share = Share { numbers: (5, 5), shares: (0.0, 1.0) };
        assert!(!share.holds(7, 4) && share.holds(7, 6) && share.holds(7, 600));
    }
}
