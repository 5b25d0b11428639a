//! Random streams: one for each trial, derived from the study's seed and the trial's number.
//!
//! A stream does not depend on the worker that runs the trial, nor on what ran before it. So a
//! resumed search continues instead of repeating itself, and any proposal can be computed again.
//! The generator is xoshiro256++ ([Blackman & Vigna 2021](https://doi.org/10.1145/3460772)), with
//! its state filled by `SplitMix64` from a mix of both numbers.

use std::convert::Infallible;

use rand::rand_core::TryRng;
use rand::{Rng as _, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::numeric::mix;

/// The random stream of one trial. It is a [`rand::Rng`], so every distribution of `rand` draws
/// from it.
#[derive(Clone, Debug)]
pub struct Rng(Xoshiro256PlusPlus);

impl Rng {
    /// Returns the stream of a trial: the same for the same seed and number, on every platform.
    #[must_use]
    pub fn derive(seed: u64, trial: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(mix(
            seed ^ mix(trial.wrapping_add(0x9E37_79B9_7F4A_7C15))
        )))
    }

    /// Returns the stream for the `attempt`-th attempt at the same trial.
    #[must_use]
    pub fn retry(seed: u64, trial: u64, attempt: u32) -> Self {
        Self::derive(mix(seed ^ mix(u64::from(attempt))), trial)
    }

    /// Draws a uniform number in `[0, 1)`, with 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Draws a uniform integer in `0..=last`, exactly uniform by Lemire's multiplication with
    /// rejection ([2019](https://arxiv.org/abs/1805.10941)).
    pub fn below_or_at(&mut self, last: u64) -> u64 {
        let Some(count) = last.checked_add(1) else {
            return self.0.next_u64();
        };
        loop {
            let product = u128::from(self.0.next_u64()) * u128::from(count);
            let low = product as u64;
            if low >= count || low >= count.wrapping_neg() % count {
                return (product >> 64) as u64;
            }
        }
    }

    /// Draws a standard normal number, by Marsaglia's polar method (1964).
    pub fn normal(&mut self) -> f64 {
        loop {
            let (x, y) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                return x * (-2.0 * square.ln() / square).sqrt();
            }
        }
    }
}

impl TryRng for Rng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A changed stream would silently change the results of all users, so it requires a new major
    /// version.
    #[test]
    fn value_stability() {
        let mut rng = Rng::derive(42, 7);
        let drawn: Vec<u64> = (0..3).map(|_| rng.next_u64()).collect();
        assert_eq!(drawn, PINNED);
    }

    const PINNED: [u64; 3] =
        [2_627_254_379_500_910_771, 11_567_172_217_555_876_856, 9_076_138_030_583_501_873];

    #[test]
    fn streams_of_neighbours_share_nothing() {
        let draw = |seed, trial| Rng::derive(seed, trial).next_u64();
        let mut seen: Vec<u64> = (0..1000).map(|i| draw(i / 100, i % 100)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 1000);
    }

    #[test]
    fn integers_reach_both_ends_equally() {
        let mut rng = Rng::derive(1, 1);
        let mut counts = [0_u32; 3];
        for _ in 0..30_000 {
            counts[rng.below_or_at(2) as usize] += 1;
        }
        assert!(counts.iter().all(|count| count.abs_diff(10_000) < 400), "{counts:?}");
    }
}
