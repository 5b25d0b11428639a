//! The margin: whatever the distribution has learned, the levels next to the mean's remain
//! reachable.
//!
//! R. Hamano, S. Saito, M. Nomura and S. Shirakawa, *CMA-ES with Margin*
//! ([2022](https://arxiv.org/abs/2205.13482)). Without a margin, the standard deviation of a number
//! with levels can fall below the width of a level, and then no other level is tried again. The
//! size of the margin is that of *`CatCMA` with Margin* ([2025](https://arxiv.org/abs/2504.07884)):
//! with a probability of 0.27, at least one of the parameters with levels is drawn outside its
//! level.

use super::encoding::{Encoding, LevelCell};
use crate::numeric::normal;

/// Returns the margin for this number of discrete parameters: the least probability that a
/// parameter is drawn outside its level.
pub(super) fn size(discrete: usize) -> f64 {
    1.0 - 0.73_f64.powf(1.0 / discrete.max(1) as f64)
}

/// Moves the mean, shape `(n,)`, and adapts `stretch` of coordinates with levels, until each has
/// its margin. `deviations`, shape `(n,)`, are the standard deviations before.
pub(super) fn keep(mean: &mut [f64], stretch: &mut [f64], deviations: &[f64], encoding: &Encoding) {
    let margin = size(encoding.discrete());
    for (index, number) in encoding.numbers.iter().enumerate() {
        if let Some(cell) = number.levels.and_then(|levels| LevelCell::at(levels, mean[index])) {
            let deviation = deviations[index];
            let (moved, target) = if cell.low.is_finite() && cell.high.is_finite() {
                within(mean[index], deviation, cell, margin)
            } else {
                (at_edge(mean[index], deviation, cell, margin), deviation)
            };
            mean[index] = moved;
            if deviation > 0.0 {
                stretch[index] *= target / deviation;
            }
        }
    }
}

/// Returns the mean for the first or last level, moved so near to the next level that this has the
/// margin.
fn at_edge(mean: f64, deviation: f64, cell: LevelCell, margin: f64) -> f64 {
    let reach = -normal::quantile(margin) * deviation;
    if cell.low.is_finite() { mean.min(cell.low + reach) } else { mean.max(cell.high - reach) }
}

/// Returns mean and deviation for a level between two others. Each neighbor gets at least half of
/// the margin, and the excess probability is taken from all in proportion.
fn within(mean: f64, deviation: f64, cell: LevelCell, margin: f64) -> (f64, f64) {
    let half = margin / 2.0;
    let below = normal::cdf((cell.low - mean) / deviation);
    let above = normal::cdf((mean - cell.high) / deviation);
    if below >= half && above >= half {
        return (mean, deviation);
    }
    let own = (1.0 - below - above).max(half);
    let (below, above) = (below.max(half), above.max(half));
    let excess = (1.0 - below - above - own) / (below + above + own - 3.0 * half);
    let [below, above] = [below, above]
        .map(|p| p + excess * (p - half))
        .map(|p| -normal::quantile(p.clamp(1e-9, 0.5 - 1e-9)));
    (
        (cell.low * above + cell.high * below) / (below + above),
        (cell.high - cell.low) / (below + above),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(mean: f64, deviation: f64, cell: LevelCell) -> (f64, f64) {
        (normal::cdf((cell.low - mean) / deviation), normal::cdf((mean - cell.high) / deviation))
    }

    #[test]
    fn both_neighbours_keep_half_of_the_margin() {
        let cell = LevelCell { low: 0.4, high: 0.6 };
        for (mean, deviation) in [(0.5, 1e-6), (0.41, 0.001), (0.59, 0.05), (0.4, 0.01)] {
            let (mean, deviation) = within(mean, deviation, cell, 0.1);
            let (below, above) = reach(mean, deviation, cell);
            assert!(below > 0.05 - 1e-9 && above > 0.05 - 1e-9, "{below} {above}");
            assert!(below <= 0.5 && above <= 0.5, "the mean stays on its level");
        }
        assert_eq!(within(0.5, 1.0, cell, 0.1), (0.5, 1.0));
    }

    #[test]
    fn at_the_end_the_only_neighbour_keeps_all_of_it() {
        let first = LevelCell { low: f64::NEG_INFINITY, high: 0.2 };
        let mean = at_edge(0.05, 0.01, first, 0.1);
        assert!((normal::cdf((mean - 0.2) / 0.01) - 0.1).abs() < 1e-9, "{mean}");
        assert_eq!(at_edge(0.19, 0.1, first, 0.1), 0.19);
        let last = LevelCell { low: 0.8, high: f64::INFINITY };
        assert!((at_edge(0.95, 0.01, last, 0.1) - (1.0 - mean)).abs() < 1e-9);
    }
}
