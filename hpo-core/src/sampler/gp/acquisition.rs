//! What makes a config worth a trial, given what the process expects of it.

use super::posterior::Belief;
use crate::numeric::normal;

/// What makes a config worth a trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Acquisition {
    /// The expected improvement, by its logarithm ([Ament et al. 2023](https://arxiv.org/abs/2310.20708)): so that it has a slope
    /// where it is as good as zero. It is the improvement on the lowest mean at a config that was tried.
    #[default]
    LogExpectedImprovement,
    /// The lowest value that is still plausible, `mean - beta * deviation`
    /// ([Srinivas et al. 2010](https://arxiv.org/abs/0912.3995)).
    LowerBound {
        /// How many deviations below the mean: from 0, which is pure exploitation. Keras Tuner takes 2.6.
        beta: f64,
    },
}

/// How much a config is worth, and the derivatives of that by mean and variance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Worth {
    pub(super) value: f64,
    pub(super) by_mean: f64,
    pub(super) by_variance: f64,
}

impl Acquisition {
    /// What a belief is worth, the lowest mean so far being `incumbent`.
    pub(super) fn worth(self, belief: Belief, incumbent: f64) -> Worth {
        let deviation = belief.variance.sqrt();
        match self {
            Acquisition::LowerBound { beta } => {
                Worth { value: beta * deviation - belief.mean, by_mean: -1.0, by_variance: beta / (2.0 * deviation) }
            }
            Acquisition::LogExpectedImprovement => {
                let z = (incumbent - belief.mean) / deviation;
                let (logarithm, slope) = log_improvement(z);
                Worth {
                    value: deviation.ln() + logarithm,
                    by_mean: -slope / deviation,
                    by_variance: (1.0 - slope * z) / (2.0 * belief.variance),
                }
            }
        }
    }
}

/// The logarithm of the mean of `max(z + x, 0)`, `x` being standard normal; and its derivative.
fn log_improvement(z: f64) -> (f64, f64) {
    /// `ln(2 pi) / 2`.
    const HALF_LOG: f64 = 0.918_938_533_204_672_8;
    /// From here on the difference would be little but rounding.
    const FAR: f64 = 7.0;
    if z >= 0.0 {
        let below = normal::cdf(z);
        let improvement = (-z * z / 2.0 - HALF_LOG).exp() + z * below;
        return (improvement.ln(), below / improvement);
    }
    let x = -z;
    let (ratio, rest) = if x < FAR {
        let ratio = normal::mills(x);
        (ratio, 1.0 - x * ratio)
    } else {
        // With Laplace's continued fraction of Mills' ratio, 1 / (x + c), the difference is c / (x + c).
        let c = 1.0 / (2..40).rev().fold(x, |below, numerator| x + f64::from(numerator) / below);
        (1.0 / (x + c), c / (x + c))
    };
    (-x * x / 2.0 - HALF_LOG + rest.ln(), ratio / rest)
}
