//! Gaussian processes: kernel, encoding of configs, fit and prediction, shared by the sampler and
//! the reports.
//!
//! Notation, as in Rasmussen and Williams, *Gaussian Processes for Machine Learning* (2006):
//!
//! | here | there | shape |
//! | --- | --- | --- |
//! | `points` | X, encoded configs | (n, d) |
//! | `values` | y, standardized losses | (n,) |
//! | `factor` | L, the Cholesky factor of K + noise | (n, n) |
//! | `alpha` | (K + noise)^-1 y | (n,) |
//! | `weights` | 1 / l^2, inverse squares of the length scales | (d,) |
//! | `signal`, `noise` | variances of the function and of the noise | |

pub(crate) mod encoding;
pub(crate) mod fit;
pub(crate) mod kernel;
pub(crate) mod output_transform;
pub(crate) mod posterior;
mod surrogate;

pub(crate) use surrogate::{Axis, Surrogate};
