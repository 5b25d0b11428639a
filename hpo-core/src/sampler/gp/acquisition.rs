//! Acquisition functions: the value of a config, given the posterior at it.

use std::fmt;

use crate::gp::posterior::Prediction;
use crate::numeric::normal;

/// An acquisition function, which is maximized to choose a config.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Acquisition {
    /// The log expected improvement, but in each fourth trial the lower bound with a `beta` of 2.
    /// The former exploits a good region, the latter does not stay in it forever.
    #[default]
    Portfolio,
    /// The logarithm of the expected improvement ([Ament et al.
    /// 2023](https://arxiv.org/abs/2310.20708)), which has a gradient even where the improvement is
    /// practically zero. The improvement is on the lowest posterior mean at a config that was
    /// tried.
    LogExpectedImprovement,
    /// The lower confidence bound, `mean - beta * deviation` ([Srinivas et al.
    /// 2010](https://arxiv.org/abs/0912.3995)).
    LowerBound {
        /// The number of standard deviations below the mean, from 0, which is pure exploitation.
        /// Keras Tuner takes 2.6.
        beta: f64,
    },
}

/// In the portfolio, the last one of this number of successive trials uses the lower bound.
const ROUND: u64 = 4;

/// The `beta` of the portfolio's lower bound.
const BETA: f64 = 2.0;

/// The value of a config, and its derivatives by mean and variance.
#[derive(Clone, Copy, Debug)]
pub(super) struct AcquisitionValue {
    pub(super) value: f64,
    pub(super) by_mean: f64,
    pub(super) by_variance: f64,
}

impl Acquisition {
    /// Returns the acquisition function for one trial.
    pub(super) fn of_trial(self, number: u64) -> Self {
        match self {
            Acquisition::Portfolio if number % ROUND == ROUND - 1 => {
                Acquisition::LowerBound { beta: BETA }
            }
            Acquisition::Portfolio => Acquisition::LogExpectedImprovement,
            own => own,
        }
    }

    /// Returns the value of a prediction, given the lowest posterior mean so far, `incumbent`.
    pub(super) fn worth(self, prediction: Prediction, incumbent: f64) -> AcquisitionValue {
        let deviation = prediction.variance.sqrt();
        match self {
            Acquisition::LowerBound { beta } => AcquisitionValue {
                value: beta * deviation - prediction.mean,
                by_mean: -1.0,
                by_variance: beta / (2.0 * deviation),
            },
            Acquisition::LogExpectedImprovement | Acquisition::Portfolio => {
                let z = (incumbent - prediction.mean) / deviation;
                let (logarithm, slope) = log_improvement(z);
                AcquisitionValue {
                    value: deviation.ln() + logarithm,
                    by_mean: -slope / deviation,
                    by_variance: (1.0 - slope * z) / (2.0 * prediction.variance),
                }
            }
        }
    }
}

/// Returns the logarithm of the mean of `max(z + x, 0)` for a standard normal `x`, and its
/// derivative.
fn log_improvement(z: f64) -> (f64, f64) {
    /// `ln(2 pi) / 2`.
    const HALF_LOG: f64 = 0.918_938_533_204_672_8;
    /// From here on, rounding would dominate the difference.
    const FAR: f64 = 4.0;
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
        // With Laplace's continued fraction of Mills' ratio, 1 / (x + c), the difference is
        // c / (x + c).
        let c = 1.0 / (2..40).rev().fold(x, |below, numerator| x + f64::from(numerator) / below);
        (1.0 / (x + c), c / (x + c))
    };
    (-x * x / 2.0 - HALF_LOG + rest.ln(), ratio / rest)
}

impl fmt::Display for Acquisition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Acquisition::Portfolio => f.write_str("portfolio"),
            Acquisition::LogExpectedImprovement => f.write_str("log expected improvement"),
            Acquisition::LowerBound { beta } => write!(f, "lower bound ({beta} deviations)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by `mpmath` with 60 digits, in `reference.py`.
    #[test]
    fn the_log_improvement_is_right_from_hopeless_to_certain() {
        let recorded = [
            (-1000.0, -500_014.734_452_091_16, 1_000.001_999_994),
            (-30.0, -457.724_653_760_598, 30.066_446_154_162_42),
            (-7.5, -33.124_094_345_534_7, 7.753_958_154_845_191),
            (-6.5, -25.853_424_209_777_895, 6.788_803_524_407_328),
            (-2.0, -4.768_783_523_917_114, 2.679_416_883_955_586),
            (-0.5, -1.620_516_264_387_319_9, 1.559_873_148_348_079_7),
            (0.0, -0.918_938_533_204_672_8, 1.253_314_137_315_500_3),
            (1.5, 0.424_814_556_762_259_3, 0.610_206_403_670_761_5),
            (8.0, 2.079_441_541_679_835_7, 0.125),
        ];
        for (z, logarithm, slope) in recorded {
            let found = log_improvement(z);
            assert!((found.0 - logarithm).abs() <= 1e-11 * f64::abs(logarithm), "{z}: {found:?}");
            assert!((found.1 - slope).abs() <= 1e-11 * slope, "{z}: {found:?}");
        }
    }

    #[test]
    fn the_slopes_are_those_of_the_value() {
        for acquisition in
            [Acquisition::LogExpectedImprovement, Acquisition::LowerBound { beta: 2.6 }]
        {
            for (mean, variance) in [(0.3, 0.5), (-1.0, 0.01), (4.0, 0.1)] {
                let worth = |mean, variance| acquisition.worth(Prediction { mean, variance }, -0.2);
                let (here, step) = (worth(mean, variance), 1e-7);
                let by_mean = (worth(mean + step, variance).value - here.value) / step;
                let by_variance = (worth(mean, variance + step).value - here.value) / step;
                assert!(
                    (here.by_mean / by_mean - 1.0).abs() < 1e-3,
                    "{acquisition:?} {here:?} {by_mean}"
                );
                assert!(
                    (here.by_variance - by_variance).abs() < 1e-3 * by_variance.abs().max(1.0),
                    "{acquisition:?} {here:?} {by_variance}"
                );
            }
        }
    }
}
