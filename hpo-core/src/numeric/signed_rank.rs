//! The signed-rank test of F. Wilcoxon, *Individual Comparisons by Ranking Methods*, Biometrics
//! Bulletin 1 (1945): do paired differences lie above zero?
//!
//! The p-value is that of `scipy.stats.wilcoxon(d, alternative="greater", zero_method="zsplit")` of
//! `scipy` 1.17. Half of the ranks of zeros count on each side, and equal magnitudes share their
//! mean rank. The null distribution is
//!
//! | differences | ties or zeros | null distribution |
//! | --- | --- | --- |
//! | up to 50 | no | exact, of the ranks 1 to n |
//! | up to 13 | yes | exact, over all signs of the actual ranks |
//! | more | either | normal, its variance corrected for ties, without a continuity correction |

use std::sync::OnceLock;

use super::normal;

/// The largest number of differences for the exact distribution, without ties and zeros.
const MOST_EXACT: usize = 50;

/// The largest number of differences for which all signs are enumerated.
const MOST_COUNTED: usize = 13;

/// Paired differences, ordered by magnitude.
#[derive(Clone, Debug, Default)]
pub(crate) struct SignedRanks {
    /// The bits of each magnitude, followed by one bit that is set for positive differences.
    /// Magnitudes sort like their bits, and leave the sign bit free.
    keys: Vec<u64>,
}

impl SignedRanks {
    /// Ranks some finite differences.
    pub(crate) fn of(differences: &[f64]) -> Self {
        let mut keys: Vec<u64> =
            differences.iter().map(|difference| Self::key(*difference)).collect();
        keys.sort_unstable();
        Self { keys }
    }

    /// Adds a finite difference.
    pub(crate) fn insert(&mut self, difference: f64) {
        let key = Self::key(difference);
        self.keys.insert(self.keys.partition_point(|other| *other < key), key);
    }

    /// Returns the p-value: the probability of a positive rank sum at least as large if both signs
    /// were equally likely. It is small if the differences lie above zero, and 1 if there are none.
    pub(crate) fn p_value(&self) -> f64 {
        let ranked = RankedMagnitudes::new(&self.keys);
        match self.keys.len() {
            0 => 1.0,
            count @ 1..=MOST_EXACT if !ranked.shared => exact_tail(count, ranked.positive / 2),
            1..=MOST_COUNTED => ranked.counted_tail(),
            count => ranked.normal_tail(count as f64),
        }
    }

    fn key(difference: f64) -> u64 {
        (difference.abs().to_bits() << 1) | u64::from(difference > 0.0)
    }
}

/// Differences ranked by magnitude. Ranks are doubled, so that the mean of two is an integer.
struct RankedMagnitudes {
    /// The ranks of the nonzero differences, ascending; empty beyond [`MOST_COUNTED`] differences.
    ranks: Vec<u64>,
    /// The sum of the ranks of the positive differences, and of half the ranks of the zeros.
    positive: u64,
    /// Half the sum of the ranks of the zeros.
    zeros: u64,
    /// True if two differences share a rank, or one is zero.
    shared: bool,
    /// The sum of `t^3 - t` over groups of `t` equal magnitudes.
    ties: f64,
}

impl RankedMagnitudes {
    fn new(keys: &[u64]) -> Self {
        let mut ranked =
            Self { ranks: Vec::new(), positive: 0, zeros: 0, shared: false, ties: 0.0 };
        let few = keys.len() <= MOST_COUNTED;
        let mut start = 0;
        for group in keys.chunk_by(|a, b| a >> 1 == b >> 1) {
            let end = start + group.len();
            let rank = (start + 1 + end) as u64;
            ranked.add(group, rank);
            if few && group[0] >> 1 != 0 {
                ranked.ranks.extend(group.iter().map(|_| rank));
            }
            start = end;
        }
        ranked
    }

    fn add(&mut self, group: &[u64], rank: u64) {
        let size = group.len() as u64;
        if group[0] >> 1 == 0 {
            self.zeros = size * rank / 2;
            self.positive += self.zeros;
            self.shared = true;
        } else {
            self.positive += group.iter().map(|key| key & 1).sum::<u64>() * rank;
        }
        if size > 1 {
            self.shared = true;
            let size = size as f64;
            self.ties += size * size * size - size;
        }
    }

    /// Returns the share of all sign assignments with at least this positive rank sum.
    fn counted_tail(&self) -> f64 {
        let wanted = (self.positive - self.zeros) as usize;
        let most: u64 = self.ranks.iter().sum();
        let mut ways = vec![0_u32; most as usize + 1];
        ways[0] = 1;
        let mut reached = 0;
        for rank in &self.ranks {
            let rank = *rank as usize;
            reached += rank;
            for sum in (rank..=reached).rev() {
                ways[sum] += ways[sum - rank];
            }
        }
        let tail: u32 = ways[wanted..].iter().sum();
        f64::from(tail) / f64::from(1_u32 << self.ranks.len())
    }

    fn normal_tail(&self, count: f64) -> f64 {
        let mean = count * (count + 1.0) * 0.25;
        let variance = (count * (count + 1.0) * (2.0 * count + 1.0) - self.ties / 2.0) / 24.0;
        let z = (self.positive as f64 / 2.0 - mean) / variance.sqrt();
        normal::cdf(-z)
    }
}

/// Returns the probability that the positive ranks among 1 to `count`, with random signs, sum to at
/// least `sum`.
fn exact_tail(count: usize, sum: u64) -> f64 {
    static TAILS: OnceLock<Vec<Vec<f64>>> = OnceLock::new();
    TAILS.get_or_init(exact_tails)[count][sum as usize]
}

fn exact_tails() -> Vec<Vec<f64>> {
    let mut ways = vec![1_u64];
    let mut tails = vec![vec![1.0]];
    for rank in 1..=MOST_EXACT {
        let former = ways.clone();
        ways.resize(former.len() + rank, 0);
        for (sum, count) in former.iter().enumerate() {
            ways[sum + rank] += count;
        }
        // Counts below 2^50 are divided by a power of 2: nothing is rounded.
        let all = (1_u64 << rank) as f64;
        let mut tail: Vec<f64> = ways.clone().into_iter().map(|count| count as f64 / all).collect();
        for sum in (1..tail.len()).rev() {
            tail[sum - 1] += tail[sum];
        }
        tails.push(tail);
    }
    tails
}

#[cfg(test)]
mod tests {
    use super::SignedRanks;

    /// Distinct magnitudes from 1 to `count`, every third one negative.
    fn distinct(count: usize) -> Vec<f64> {
        (0..count)
            .map(|i| ((i * 7) % count + 1) as f64 * if i % 3 == 0 { -1.0 } else { 1.0 })
            .collect()
    }

    /// Differences from -3 to 5, with ties and zeros.
    fn tied(count: i32) -> Vec<f64> {
        (0..count).map(|i| f64::from((i * 7) % 9 - 3)).collect()
    }

    /// Differences from -1 to 4, with ties and zeros.
    fn narrow(count: i32) -> Vec<f64> {
        (0..count).map(|i| f64::from((i * 5) % 6 - 1)).collect()
    }

    fn all(sign: f64, count: u32) -> Vec<f64> {
        (1..=count).map(|i| sign * f64::from(i)).collect()
    }

    /// `scipy.stats.wilcoxon(d, alternative="greater", zero_method="zsplit").pvalue` of `scipy`
    /// 1.17.1.
    #[test]
    fn probabilities_are_those_of_scipy() {
        for (differences, p) in [
            (vec![1.0, 2.0, 3.0, -4.0, 5.0], 0.21875),
            (vec![0.3, -0.1, 0.5, 0.7, 1.1, -0.2, 0.9], 0.039_062_5),
            (distinct(20), 0.001_356_124_877_929_687_5),
            (distinct(50), 0.019_040_853_026_512_927),
            (vec![1.0, 1.0, 2.0, -1.0, 3.0, 3.0], 0.0625),
            (vec![0.0, 0.0, 1.0, 2.0, -1.0], 0.375),
            (vec![0.0, 1.0, 2.0, 3.0], 0.125),
            (narrow(13), 0.020_507_812_5),
            (narrow(14), 0.011_448_940_185_969_484),
            (tied(50), 0.012_708_389_575_357_717),
            (distinct(51), 0.012_844_369_996_832_09),
            (tied(60), 0.004_383_434_618_744_096),
            (all(1.0, 51), 2.572_638_025_858_828e-10),
            (all(-1.0, 3), 1.0),
            (vec![0.0; 3], 1.0),
            (vec![0.0; 20], 0.5),
        ] {
            let found = SignedRanks::of(&differences).p_value();
            assert!((found - p).abs() < 1e-14, "{found} is not {p} for {differences:?}");
            let mut one_by_one = SignedRanks::default();
            for difference in &differences {
                one_by_one.insert(*difference);
            }
            assert_eq!(one_by_one.p_value(), found);
        }
    }

    #[test]
    fn nothing_is_no_evidence() {
        assert_eq!(SignedRanks::default().p_value(), 1.0);
    }
}
