//! Pure maths: knows neither parameters nor trials.

pub(crate) mod cholesky;
mod crc;
pub(crate) mod exp;
pub(crate) mod hypervolume;
pub(crate) mod lbfgs;
pub(crate) mod normal;
pub(crate) mod pareto;
pub(crate) mod signed_rank;
pub(crate) mod sobol;
mod sobol_table;
pub(crate) mod vector;

pub(crate) use crc::{crc32, crc32c};

/// A hash of 64 bits to 64, one to one: the finaliser of `SplitMix64`. Every bit of the input reaches every bit of the output.
pub(crate) fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}
