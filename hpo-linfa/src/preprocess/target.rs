//! Transforms of the target of a regression.

use hpo_core::SearchSpace;
use serde::{Deserialize, Serialize};

use crate::features::Targets;

/// The transform of the target of a regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SearchSpace, Serialize, Deserialize)]
pub enum TargetTransform {
    /// No transform.
    #[search_space(default)]
    None,
    /// The logarithm of positive targets. Others are transformed by the inverse hyperbolic sine of
    /// their distance to the median, in mean absolute deviations.
    Log,
}

/// A learned transform.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum FittedTargetTransform {
    /// No transform.
    None,
    /// The natural logarithm; predictions are at most this many times the largest target.
    Log {
        /// The logarithm of the largest prediction.
        most: f64,
    },
    /// The inverse hyperbolic sine.
    Asinh {
        /// The median.
        center: f64,
        /// The mean absolute deviation from the median.
        width: f64,
        /// The largest absolute transformed prediction.
        most: f64,
    },
}

impl TargetTransform {
    /// Learns the transform. Classes are never transformed.
    #[must_use]
    pub fn fit(self, targets: &Targets) -> FittedTargetTransform {
        let Targets::Numbers(numbers) = targets else { return FittedTargetTransform::None };
        if self == TargetTransform::None || numbers.is_empty() {
            return FittedTargetTransform::None;
        }
        let mut sorted = numbers.clone();
        sorted.sort_by(f64::total_cmp);
        // A prediction far beyond all targets is an extrapolation that `exp` makes worse.
        let beyond = std::f64::consts::LN_2;
        if sorted[0] > 0.0 {
            return FittedTargetTransform::Log { most: sorted[sorted.len() - 1].ln() + beyond };
        }
        let center = sorted[sorted.len() / 2];
        let count = sorted.len() as f64;
        let width = sorted.iter().map(|value| (value - center).abs() / count).sum::<f64>();
        let width = if width > 0.0 && width.is_finite() { width } else { 1.0 };
        let far = |value: f64| ((value - center) / width).abs().asinh();
        let most = far(sorted[0]).max(far(sorted[sorted.len() - 1])) + beyond;
        FittedTargetTransform::Asinh { center, width, most }
    }
}

impl FittedTargetTransform {
    /// Transforms targets.
    #[must_use]
    pub fn apply(&self, targets: &Targets) -> Targets {
        let Targets::Numbers(numbers) = targets else { return targets.clone() };
        Targets::Numbers(numbers.iter().map(|number| self.forward(*number)).collect())
    }

    fn forward(&self, value: f64) -> f64 {
        match self {
            FittedTargetTransform::None => value,
            FittedTargetTransform::Log { .. } => value.max(f64::MIN_POSITIVE).ln(),
            FittedTargetTransform::Asinh { center, width, .. } => {
                ((value - center) / width).asinh()
            }
        }
    }

    /// Turns predictions back into the units of the target.
    pub fn undo(&self, predictions: &mut [f64]) {
        for value in predictions {
            *value = match self {
                FittedTargetTransform::None => *value,
                FittedTargetTransform::Log { most } => value.min(*most).exp(),
                FittedTargetTransform::Asinh { center, width, most } => {
                    value.clamp(-most, *most).sinh() * width + center
                }
            };
        }
    }
}
