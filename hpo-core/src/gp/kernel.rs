//! The covariance between configs: Matérn's kernel with smoothness 5/2 and a length scale for each
//! parameter.
//!
//! C. E. Rasmussen and C. K. I. Williams, *Gaussian Processes for Machine Learning* (2006),
//! equation 4.17; smoothness 5/2 as J. Snoek et al. ([2012](https://arxiv.org/abs/1206.2944))
//! recommend for hyperparameters.

/// The hyperparameters of a kernel, on the scale of standardized values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hyperparameters {
    /// The inverse squares of the length scales, shape `(d,)`.
    pub(crate) weights: Vec<f64>,
    /// The variance of the function.
    pub(crate) signal: f64,
    /// The extra variance of trials that were stopped early, as a share of the signal: at lag 1,
    /// the first milestone.
    pub(crate) lag_variance: f64,
    /// The noise variance of each [branch](super::encoding::Encoding::branch_of).
    pub(crate) noise: Vec<f64>,
}

/// Returns the covariance at a squared distance, and its derivative by the squared distance, both
/// as shares of the signal. The derivative is regular at 0, unlike the one by the distance.
pub(crate) fn matern(square: f64) -> (f64, f64) {
    let s = (5.0 * square).sqrt();
    let decay = (-s).exp();
    ((1.0 + s + s * s / 3.0) * decay, -5.0 / 6.0 * (1.0 + s) * decay)
}
