//! Transforms of losses for the model: standardized to mean 0 and variance 1, after optional warps.
//!
//! The warps are those of Vizier's Gaussian process bandit ([Song et al.
//! 2024](https://arxiv.org/abs/2408.11527), section 3):
//! 1. A loss worse than the median is replaced by the normal quantile of its rank, in units of the
//!    spread of the better half. So neither crashes nor losses of 10^6 compress the range that
//!    matters.
//! 2. A logarithm then stretches the best end, one and a half times as much as the worst.
//!
//! If more than half of all losses are equally good, the spread is zero, and the ranks are left
//! out.

use std::fmt;

use crate::numeric::normal;

/// The transform of the losses before they are standardized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outputs {
    /// `Warped` for trials of even number, `Plain` for the others. The warped model resolves
    /// details near the best, the plain one the slopes that lead from one region to a better one.
    #[default]
    Alternating,
    /// Losses worse than the median are replaced by their ranks, the best end is stretched by a
    /// logarithm.
    Warped,
    /// No transform: outliers remain as they are.
    Plain,
}

impl Outputs {
    /// Returns the transform for one trial: `Warped` or `Plain`.
    pub(crate) fn of_trial(self, number: u64) -> Self {
        match self {
            Outputs::Alternating if number.is_multiple_of(2) => Outputs::Warped,
            Outputs::Alternating => Outputs::Plain,
            own => own,
        }
    }

    /// Returns the standardized losses, after the transform.
    pub(crate) fn standardized(self, losses: &[f64]) -> Vec<f64> {
        let largest = losses.iter().fold(0.0_f64, |largest, loss| largest.max(loss.abs()));
        // Scaled, so that no sum of squares overflows.
        let scale = if largest > 0.0 { 1.0 / largest } else { 1.0 };
        let mut values: Vec<f64> = losses
            .iter()
            .map(|loss| if scale.is_finite() { loss * scale } else { loss / largest })
            .collect();
        if self != Outputs::Plain {
            rank_worse_half(&mut values);
            stretch_best(&mut values);
        }
        let (mean, deviation) = moments(&values);
        values.into_iter().map(|value| (value - mean) / deviation).collect()
    }
}

pub(crate) fn rank_worse_half(values: &mut [f64]) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let middle = (values.len() - 1) / 2;
    let median = values[order[middle]];
    let better = &order[..=middle];
    let square: f64 = better.iter().map(|index| (values[*index] - median).powi(2)).sum();
    let spread = (square / better.len() as f64).sqrt();
    if spread == 0.0 {
        return;
    }
    let count = values.len() as f64;
    let mut start = middle + 1;
    while start < order.len() {
        // Equal losses share their mean rank.
        let value = values[order[start]];
        let end =
            start + order[start..].iter().take_while(|index| values[**index] == value).count();
        let quantile = normal::quantile(0.5 * (start + end) as f64 / count);
        for index in &order[start..end] {
            values[*index] =
                if value == median { median } else { median + spread * quantile.max(0.0) };
        }
        start = end;
    }
}

fn stretch_best(values: &mut [f64]) {
    let best = values.iter().copied().fold(f64::INFINITY, f64::min);
    let worst = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if worst > best {
        for value in values {
            *value = (0.5 * (*value - best) / (worst - best)).ln_1p();
        }
    }
}

/// Returns mean and standard deviation. The latter is 1 if all values are equal.
pub(crate) fn moments(values: &[f64]) -> (f64, f64) {
    // The mean of equal values may be rounded, and would then lie apart from them.
    if let Some(first) = values.first()
        && values.iter().all(|value| value == first)
    {
        return (*first, 1.0);
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    (mean, if variance > 0.0 { variance.sqrt() } else { 1.0 })
}

impl fmt::Display for Outputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outputs::Alternating => "warped and plain",
            Outputs::Warped => "warped",
            Outputs::Plain => "plain",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_does_not_squeeze_together_what_matters() {
        let losses = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 1e9];
        let gap = |outputs: Outputs| {
            let values = outputs.standardized(&losses);
            assert!(values.is_sorted(), "{values:?}");
            let (mean, deviation) = moments(&values);
            assert!(mean.abs() < 1e-12 && (deviation - 1.0).abs() < 1e-12, "{values:?}");
            values[2] - values[0]
        };
        assert!(gap(Outputs::Plain) < 1e-8);
        assert!(gap(Outputs::Warped) > 0.5);
    }

    #[test]
    fn equal_losses_stay_equal_and_nothing_overflows() {
        for outputs in [Outputs::Plain, Outputs::Warped] {
            assert_eq!(outputs.standardized(&[3.0; 4]), [0.0; 4]);
            assert_eq!(outputs.standardized(&[0.0]), [0.0]);
            let values = outputs.standardized(&[1.0, 2.0, 2.0, 5.0, 5.0, 5.0, 9.0]);
            assert!(
                values[1] == values[2] && values[3] == values[4] && values[4] == values[5],
                "{values:?}"
            );
            for huge in [[-f64::MAX, 0.0, f64::MAX], [0.0, 5e-324, 1e-323]] {
                let values = outputs.standardized(&huge);
                assert!(
                    values.iter().all(|value| value.is_finite()) && values[0] < values[2],
                    "{values:?}"
                );
            }
        }
    }
}
