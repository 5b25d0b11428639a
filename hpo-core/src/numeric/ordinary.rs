//! Detection of absurd losses: a sentinel of `f64::MAX`, a training that diverged to 1e30, a sum
//! that overflowed.
//!
//! The scale is the mean distance from the median. It is computed from the nearest value outwards,
//! so that absurd values do not affect it: the nearer half counts, and beyond it each value that is
//! less than [`FAR`] means away. Equal values count once, so a sentinel is a single value however
//! often it was returned.
//!
//! A search that converges makes the scale small, and then its own first results would look absurd.
//! So bounds are also computed from the first 12 losses alone, from the first 24, and so on, and
//! the widest bounds apply.

/// The number of mean distances above the median beyond which a loss is absurd.
const FAR: f64 = 30.0;

/// The number of mean distances below the median beyond which a loss is clipped. It is large, since
/// a function may have a deep and narrow valley.
const DEEP: f64 = 1e4;

/// The number of mean distances below the median beyond which a loss is no result, if it is also
/// below `-ABSURD` itself. Beside such a loss, double precision cannot distinguish the others.
const ABSURD: f64 = 1e15;

/// The limit, in mean distances, for the nearest values: at least [`FEW`] of them. Only values
/// beyond all measure are left out.
const SURE: f64 = 1e9;
const FEW: usize = 6;

/// The number of losses in the first part, and the largest number in the last one.
const FIRST: usize = 12;
const MOST: usize = 768;

/// Returns true if a loss is low enough that it may be absurdly good.
pub(crate) fn is_suspect(loss: f64) -> bool {
    loss < -ABSURD
}

/// The range of ordinary losses. Small is good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ordinary {
    /// The lowest and the highest ordinary loss among those given.
    pub(crate) best: f64,
    pub(crate) worst: f64,
    absurd: f64,
}

impl Ordinary {
    /// Computes the range from losses in the order in which they arrived; `None` if none of them is
    /// finite.
    pub(crate) fn of(losses: &[f64]) -> Option<Self> {
        let finite: Vec<f64> = losses.iter().copied().filter(|loss| loss.is_finite()).collect();
        let mut bounds =
            Bounds { high: f64::NEG_INFINITY, low: f64::INFINITY, absurd: f64::INFINITY };
        let mut count = FIRST.min(finite.len());
        loop {
            bounds = bounds.wider(Bounds::of(&finite[..count])?);
            if count == finite.len().min(MOST) {
                break;
            }
            count = (2 * count).min(finite.len()).min(MOST);
        }
        if finite.len() > MOST {
            bounds = bounds.wider(Bounds::of(&finite[finite.len() - MOST..])?);
        }
        let ordinary =
            || finite.iter().copied().filter(|loss| (bounds.low..=bounds.high).contains(loss));
        let best = ordinary().reduce(f64::min)?;
        Some(Self {
            best,
            worst: ordinary().fold(best, f64::max),
            absurd: bounds.absurd.min(-ABSURD),
        })
    }

    /// Returns the loss, clipped to the range of ordinary ones; `None` if it is not finite or is
    /// absurdly good, and so is no result.
    pub(crate) fn clipped(&self, loss: f64) -> Option<f64> {
        (loss.is_finite() && loss >= self.absurd).then(|| loss.clamp(self.best, self.worst))
    }

    /// Returns true if this loss is ordinary.
    pub(crate) fn holds(&self, loss: f64) -> bool {
        (self.best..=self.worst).contains(&loss)
    }
}

/// The limits beyond which a loss is not ordinary.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    high: f64,
    low: f64,
    absurd: f64,
}

impl Bounds {
    fn of(losses: &[f64]) -> Option<Self> {
        // Halved, so that no difference overflows.
        let mut halves: Vec<f64> = losses.iter().map(|loss| loss / 2.0).collect();
        halves.sort_unstable_by(f64::total_cmp);
        halves.dedup();
        let median = *halves.get(halves.len().checked_sub(1)? / 2)?;
        halves.sort_by(|a, b| (a - median).abs().total_cmp(&(b - median).abs()));
        let near = FEW.max(halves.len() / 2 + 1);
        let (mut mean, mut count) = (0.0, 0.0);
        for (index, half) in halves.iter().enumerate().skip(1) {
            let distance = (half - median).abs();
            let most = match index {
                index if index < near => SURE,
                _ if *half < median => DEEP,
                _ => FAR,
            };
            if count == 0.0 || distance <= most * mean {
                count += 1.0;
                mean += (distance - mean) / count;
            }
        }
        let [high, low, absurd] = [FAR, -DEEP, -ABSURD].map(|far| 2.0 * (median + far * mean));
        Some(Self { high, low, absurd })
    }

    fn wider(self, other: Self) -> Self {
        Self {
            high: self.high.max(other.high),
            low: self.low.min(other.low),
            absurd: self.absurd.min(other.absurd),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn clipped(losses: &[f64]) -> Vec<Option<f64>> {
        let ordinary = Ordinary::of(losses).unwrap();
        losses.iter().map(|loss| ordinary.clipped(*loss)).collect()
    }

    fn plain(count: u64) -> Vec<f64> {
        (0..count).map(|number| 50.0 * Rng::derive(3, number).unit().powi(2) - 10.0).collect()
    }

    #[test]
    fn what_is_ordinary_stays_what_it_is() {
        let mut converging: Vec<f64> = plain(12);
        converging.extend((0..200).map(|number| -10.0 + 40.0 * (-0.2 * f64::from(number)).exp()));
        let steps: Vec<f64> = (0..40).map(|number| f64::from(number % 4 / 3)).collect();
        let powers: Vec<f64> = (0..40).map(|number| 1.3_f64.powi(number * 7 % 40 - 20)).collect();
        for losses in
            [plain(5), plain(40), converging, steps, powers, vec![2.0; 9], vec![1.0, 1.001, 5.0]]
        {
            for scale in [1.0, 1e-200, 1e200, -1.0] {
                let losses: Vec<f64> = losses.iter().map(|loss| loss * scale).collect();
                let expected: Vec<Option<f64>> = losses.iter().copied().map(Some).collect();
                assert_eq!(clipped(&losses), expected, "{scale}");
            }
        }
    }

    #[test]
    fn absurd_losses_count_as_the_worst_ordinary_one() {
        for absurd in [1e6, 1e30, 1e300, f64::MAX] {
            for share in [2, 3, 4, 40] {
                let mut losses = plain(40);
                (0..40).filter(|index| index % share == 1).for_each(|index| losses[index] = absurd);
                let worst =
                    losses.iter().copied().filter(|loss| *loss < 100.0).fold(f64::MIN, f64::max);
                for (loss, clipped) in losses.iter().zip(clipped(&losses)) {
                    assert_eq!(clipped, Some(loss.min(worst)), "{absurd} of each {share}");
                }
            }
        }
    }

    /// A training may diverge to any power of ten.
    #[test]
    fn absurd_losses_of_all_sizes_do_not_hide_each_other() {
        let mut losses = plain(60);
        for index in (1..60_u8).step_by(4) {
            losses[usize::from(index)] = 10.0_f64.powi(5 + 5 * i32::from(index));
        }
        let ordinary = Ordinary::of(&losses).unwrap();
        assert!(ordinary.worst < 100.0, "{ordinary:?}");
    }

    #[test]
    fn deep_valleys_are_drawn_in_and_what_overflowed_is_no_result() {
        let mut losses = plain(40);
        let best = losses.iter().copied().fold(f64::MAX, f64::min);
        (losses[7], losses[11], losses[20]) = (-1e7, f64::MIN, f64::NEG_INFINITY);
        let clipped = clipped(&losses);
        assert_eq!([clipped[7], clipped[11], clipped[20]], [Some(best), None, None]);
        let likelihoods: Vec<f64> =
            (0..40).map(|number| -(-0.1 * f64::from(number * 7 % 40).powi(2)).exp()).collect();
        let ordinary = Ordinary::of(&likelihoods).unwrap();
        assert!(
            likelihoods.iter().all(|loss| ordinary.clipped(*loss).is_some()),
            "small numbers are never absurd"
        );
    }

    #[test]
    fn nothing_overflows() {
        for losses in [
            vec![f64::MIN, 0.0, f64::MAX],
            vec![f64::MAX; 3],
            vec![f64::MIN, f64::MAX],
            vec![0.0, 5e-324],
        ] {
            let ordinary = Ordinary::of(&losses).unwrap();
            assert!(
                ordinary.best.is_finite() && ordinary.worst.is_finite(),
                "{ordinary:?} of {losses:?}"
            );
        }
        assert_eq!(Ordinary::of(&[f64::NAN, f64::INFINITY]), None);
    }
}
