//! Sobol's low-discrepancy sequence with Owen scrambling: points that fill the unit cube far more
//! evenly than random ones.
//!
//! I. M. Sobol (1967) with the direction numbers of Joe & Kuo (2008). The scrambling is A. Owen's
//! nested uniform one (1995), computed by hashing as B. Burley, *Practical Hash-based Owen
//! Scrambling*, JCGT 9 (2020), does after Laine & Karras. Every coordinate is a function of (index,
//! dimension, seed): there is no state, and any point can be computed by itself.
//!
//! Differences from the textbook:
//! - The upper 32 bits of a coordinate are Sobol's and the lower 21 are random, so that a float
//!   parameter is not confined to a lattice. The sequence has 2^32 points; a larger index repeats
//!   it with other low bits.
//! - Beyond the table's 256 dimensions, blocks of 256 are padded: each block traverses the sequence
//!   in its own order, the index being scrambled like a coordinate (Burley, section 3.2). Within a
//!   block the points keep their quality; between two blocks they are practically independent.

use super::mix;
use super::sobol_table::{DIMENSIONS, NUMBERS};

/// The number of bits of a coordinate that come from the sequence.
const BITS: usize = 32;

static DIRECTIONS: [[u32; BITS]; DIMENSIONS] = directions();

/// Returns one coordinate of a scrambled point, in `[0, 1)`, with 53 bits.
pub(crate) fn point(index: u64, dimension: u32, seed: u64) -> f64 {
    let block = dimension / DIMENSIONS as u32;
    let order = if block == 0 {
        index as u32
    } else {
        // Scrambling keeps aligned runs of 2^k indices together, so each run remains a net.
        scramble(index as u32, mix(seed ^ mix(u64::from(block) | 1 << 63)) as u32)
    };
    let key = mix(seed ^ mix(u64::from(dimension) + 1));
    let high = scramble(sobol(order, dimension as usize % DIMENSIONS), key as u32);
    let low = mix(key ^ index) >> 43;
    ((u64::from(high) << 21) | low) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// Returns one coordinate of the unscrambled sequence, as a binary fraction. Points are in the
/// order of their index, not of its Gray code.
fn sobol(index: u32, dimension: usize) -> u32 {
    let directions = &DIRECTIONS[dimension];
    let (mut bits, mut coordinate) = (index, 0);
    while bits != 0 {
        coordinate ^= directions[bits.trailing_zeros() as usize];
        bits &= bits - 1;
    }
    coordinate
}

/// Applies Owen's nested uniform scrambling: each bit is flipped or not by a hash of all bits above
/// it.
fn scramble(coordinate: u32, seed: u32) -> u32 {
    let mut x = coordinate.reverse_bits();
    x ^= x.wrapping_mul(0x3D20_ADEA);
    x = x.wrapping_add(seed);
    x = x.wrapping_mul((seed >> 16) | 1);
    x ^= x.wrapping_mul(0x0552_6C56);
    x ^= x.wrapping_mul(0x53A2_2864);
    x.reverse_bits()
}

/// Computes the direction numbers `v_1..v_32` of every dimension from the initial ones, by the
/// recurrence of its polynomial.
#[allow(clippy::large_stack_arrays, reason = "only the compiler runs it")]
const fn directions() -> [[u32; BITS]; DIMENSIONS] {
    let mut all = [[0; BITS]; DIMENSIONS];
    let (mut dimension, mut at) = (1, 0);
    let mut bit = 0;
    while bit < BITS {
        all[0][bit] = 1 << (BITS - 1 - bit);
        bit += 1;
    }
    while dimension < DIMENSIONS {
        let polynomial = NUMBERS[at] as u32;
        let degree = (u32::BITS - 1 - polynomial.leading_zeros()) as usize;
        let mut k = 0;
        while k < BITS {
            all[dimension][k] = if k < degree {
                (NUMBERS[at + 1 + k] as u32) << (BITS - 1 - k)
            } else {
                recur(&all[dimension], k, polynomial, degree)
            };
            k += 1;
        }
        at += 1 + degree;
        dimension += 1;
    }
    all
}

const fn recur(before: &[u32; BITS], k: usize, polynomial: u32, degree: usize) -> u32 {
    let oldest = before[k - degree];
    let mut direction = oldest ^ (oldest >> degree);
    let mut back = 1;
    while back < degree {
        if (polynomial >> (degree - back)) & 1 == 1 {
            direction ^= before[k - back];
        }
        back += 1;
    }
    direction
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.qmc.Sobol(256, scramble=False, bits=32).random(1024)`, `SciPy` 1.17.1: rows 5,
    /// 100, 777 and 1023, columns 0, 1, 2, 9, 100 and 255, times 2^32. That sequence is in Gray
    /// code order.
    #[test]
    #[allow(clippy::unreadable_literal, reason = "recorded figures")]
    fn the_plain_sequence_is_that_of_other_libraries() {
        let recorded: [(u32, [u32; 6]); 4] = [
            (5, [3758096384, 3758096384, 536870912, 536870912, 536870912, 3758096384]),
            (100, [1778384896, 1107296256, 3321888768, 2986344448, 167772160, 2449473536]),
            (777, [2973761536, 4022337536, 700448768, 1388314624, 3619684352, 2730491904]),
            (1023, [4194304, 3233808384, 2629828608, 3653238784, 1019215872, 3619684352]),
        ];
        for (row, expected) in recorded {
            let found = [0, 1, 2, 9, 100, 255].map(|column| sobol(row ^ (row >> 1), column));
            assert_eq!(found, expected, "row {row}");
        }
    }

    /// Scrambling must preserve this: of 2^k points, one lies in each of 2^k equal intervals.
    #[test]
    fn scrambled_points_hit_every_interval_once() {
        for dimension in [0, 1, 7, 100, 255, 256, 300, 9_999] {
            for seed in [0, 1, u64::MAX] {
                let mut hit = [false; 1024];
                for index in 0..1024 {
                    hit[(point(index, dimension, seed) * 1024.0) as usize] = true;
                }
                assert!(hit.iter().all(|hit| *hit), "dimension {dimension}, seed {seed}");
            }
        }
    }

    /// The first two dimensions form a (0, m, 2)-net: every box of area 2^-m holds one of 2^m
    /// points, whatever its shape.
    #[test]
    fn scrambled_points_are_a_net_in_two_dimensions() {
        for seed in 0..20 {
            for split in 0..=8 {
                let mut hit = [false; 256];
                for index in 256..512 {
                    let column = (point(index, 0, seed) * f64::from(1 << split)) as usize;
                    let row = (point(index, 1, seed) * f64::from(1 << (8 - split))) as usize;
                    hit[(column << (8 - split)) | row] = true;
                }
                assert!(hit.iter().all(|hit| *hit), "seed {seed}, 2^{split} columns");
            }
        }
    }

    /// Warnock's formula for the squared L2 star discrepancy.
    fn discrepancy(points: &[Vec<f64>]) -> f64 {
        let (count, dimensions) = (points.len() as f64, i32::try_from(points[0].len()).unwrap());
        let single: f64 =
            points.iter().map(|x| x.iter().map(|x| (1.0 - x * x) / 2.0).product::<f64>()).sum();
        let pairs: f64 = points
            .iter()
            .flat_map(|x| points.iter().map(move |y| (x, y)))
            .map(|(x, y)| x.iter().zip(y).map(|(x, y)| 1.0 - x.max(*y)).product::<f64>())
            .sum();
        3_f64.powi(-dimensions) - 2.0 * single / count + pairs / (count * count)
    }

    /// The mean for full Owen scrambling, with every prefix hashed, is 1.87e-5 in this setting;
    /// that of random points is 1.06e-4.
    #[test]
    fn scrambled_points_are_more_even_than_random_ones() {
        let mean = |coordinate: &dyn Fn(u64, u32, u64) -> f64| -> f64 {
            let cube = |seed| -> Vec<Vec<f64>> {
                let point = |index| (0..5).map(|d| coordinate(index, d, seed)).collect();
                (0..256).map(point).collect()
            };
            (0..20).map(|seed| discrepancy(&cube(seed))).sum::<f64>() / 20.0
        };
        let even = mean(&point);
        assert!((1.8e-5..1.94e-5).contains(&even), "{even}");
        let random = mean(&|index, dimension, seed| {
            let word = mix(mix(index + 1) ^ mix(seed << 32 | u64::from(dimension)));
            (word >> 11) as f64 / (1_u64 << 53) as f64
        });
        assert!(even * 4.0 < random, "{even} against {random}");
    }

    #[test]
    fn padded_blocks_are_not_copies() {
        let same = (0..256).filter(|i| point(*i, 3, 1) == point(*i, 259, 1)).count();
        assert!(same < 5);
        let mean = (0..1024).map(|i| point(i, 3, 1) * point(i, 259, 1)).sum::<f64>() / 1024.0;
        assert!((mean - 0.25).abs() < 0.02, "{mean}: the two dimensions hang together");
    }
}
