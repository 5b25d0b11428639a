//! Transforms of skewed numbers.

use hpo_core::SearchSpace;
use serde::{Deserialize, Serialize};

/// The transform of numbers whose skewness exceeds 1 in absolute value. Others stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SearchSpace, Serialize, Deserialize)]
pub enum NumberTransform {
    /// No transform.
    None,
    /// The inverse hyperbolic sine of the distance to the median, in interquartile ranges: linear
    /// near the median, logarithmic far from it, for numbers of either sign.
    #[search_space(default)]
    Log,
    /// The rank among the training rows, from -1 to 1, linear between 101 quantiles.
    Quantiles,
}

/// A learned transform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum FittedNumber {
    None,
    Log { center: f64, width: f64 },
    Quantiles(Vec<f64>),
}

const QUANTILES: usize = 101;

impl NumberTransform {
    /// Learns the transform from sorted numbers.
    pub(super) fn fit(self, sorted: &[f64]) -> FittedNumber {
        if self == NumberTransform::None || skewness(sorted).abs() <= 1.0 {
            return FittedNumber::None;
        }
        let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
        if self == NumberTransform::Log {
            let width = at(0.75) - at(0.25);
            let width = if width > 0.0 { width } else { (at(1.0) - at(0.0)) / 10.0 };
            let valid = width > 0.0 && width.is_finite();
            return FittedNumber::Log { center: at(0.5), width: if valid { width } else { 1.0 } };
        }
        let mut quantiles: Vec<f64> =
            (0..QUANTILES).map(|place| at(place as f64 / (QUANTILES - 1) as f64)).collect();
        quantiles.dedup();
        FittedNumber::Quantiles(quantiles)
    }
}

impl FittedNumber {
    pub(super) fn apply(&self, value: f64) -> f64 {
        match self {
            FittedNumber::None => value,
            FittedNumber::Log { center, width } => {
                // Halves, because a difference may overflow.
                let distance = (value / 2.0 - center / 2.0) / (width / 2.0);
                distance.clamp(-f64::MAX, f64::MAX).asinh()
            }
            FittedNumber::Quantiles(quantiles) => {
                let last = quantiles.len() - 1;
                let above = quantiles.partition_point(|quantile| *quantile <= value);
                if above == 0 || last == 0 {
                    return if above == 0 { -1.0 } else { 1.0 };
                }
                let below = above - 1;
                let within = if below == last {
                    0.0
                } else {
                    (value - quantiles[below]) / (quantiles[above] - quantiles[below])
                };
                (below as f64 + within) / last as f64 * 2.0 - 1.0
            }
        }
    }
}

fn skewness(values: &[f64]) -> f64 {
    let unit = crate::spread::unit(values);
    let count = values.len() as f64;
    let mean = values.iter().map(|value| value / unit / count).sum::<f64>();
    let moment = |power: i32| {
        values.iter().map(|value| (value / unit - mean).powi(power) / count).sum::<f64>()
    };
    let variance = moment(2);
    if variance > 0.0 { moment(3) / variance.powf(1.5) } else { 0.0 }
}
