//! Pure mathematics and the format of numbers, independent of parameters and trials.

pub(crate) mod cholesky;
mod crc;
pub(crate) mod exp;
pub(crate) mod format;
pub(crate) mod hypervolume;
pub(crate) mod interval;
pub(crate) mod lbfgs;
pub(crate) mod normal;
pub(crate) mod ordinary;
pub(crate) mod pareto;
pub(crate) mod signed_rank;
pub(crate) mod sobol;
mod sobol_table;
pub(crate) mod vector;

pub(crate) use crc::{crc32, crc32c};

/// Returns a power of two near the largest magnitude of some values. Divided by it, no value is too
/// large to be squared, and no digit is lost.
pub(crate) fn unit(values: &[f64]) -> f64 {
    let largest = values
        .iter()
        .filter(|value| value.is_finite())
        .fold(0.0_f64, |largest, value| largest.max(value.abs()));
    if largest > 0.0 {
        2.0_f64.powi((largest.log2().floor() as i32).clamp(-1000, 1000))
    } else {
        1.0
    }
}

/// Returns the position of `value` between `from` and `to`, where 0 is `from` and 1 is `to`. A
/// difference that overflows is allowed.
pub(crate) fn share(value: f64, from: f64, to: f64) -> f64 {
    let difference = to - from;
    if difference.is_finite() {
        (value - from) / difference
    } else {
        (value / 2.0 - from / 2.0) / (to / 2.0 - from / 2.0)
    }
}

/// Returns the number at `share` of the way from `from` to `to`, the inverse of [`share`]. A
/// difference that overflows is allowed.
pub(crate) fn between(from: f64, to: f64, share: f64) -> f64 {
    let difference = to - from;
    if difference.is_finite() {
        from + difference * share
    } else {
        from * (1.0 - share) + to * share
    }
}

/// Returns the greatest common divisor of two numbers, by Euclid's algorithm.
pub(crate) fn greatest_divisor(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { greatest_divisor(b, a % b) }
}

/// Maps 64 bits to 64 bits, one to one: the finalizer of `SplitMix64`. Every bit of the input
/// affects every bit of the output.
pub(crate) fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}
