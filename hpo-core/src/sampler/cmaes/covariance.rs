//! The covariance of the normal distribution: the full matrix, or its diagonal if there are very
//! many coordinates.

use crate::numeric::cholesky::{Cholesky, row_start};

/// The largest number of coordinates with a full covariance matrix. Beyond it a generation would be
/// too expensive, and there are too few trials to learn from.
pub(super) const MOST_FULL: usize = 200;

/// A positive definite matrix with its Cholesky factor.
#[derive(Clone, Debug)]
pub(super) enum Covariance {
    /// The full matrix: its lower triangle, packed by rows.
    Full { lower: Vec<f64>, factor: Cholesky },
    /// Only the diagonal, shape `(n,)`.
    Diagonal(Vec<f64>),
}

/// A step from the mean, in units of the step size, with its weight.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// 0 for inactive coordinates.
    pub(super) y: Vec<f64>,
    pub(super) active: Vec<bool>,
    pub(super) weight: f64,
}

impl Covariance {
    /// Creates a diagonal covariance from these variances.
    pub(super) fn diagonal(variances: &[f64]) -> Self {
        if variances.len() > MOST_FULL {
            return Self::Diagonal(variances.to_vec());
        }
        let entry = |i: usize, j: usize| if i == j { variances[i] } else { 0.0 };
        let lower = lower_triangle(variances.len(), entry);
        Self::full(variances.len(), lower).unwrap_or_else(|| Self::Diagonal(variances.to_vec()))
    }

    /// Creates a covariance from a packed lower triangle of `size` rows; `None` if it is not
    /// positive definite.
    pub(super) fn full(size: usize, lower: Vec<f64>) -> Option<Self> {
        let factor = Cholesky::new(size, lower.clone())?;
        Some(Self::Full { lower, factor })
    }

    pub(super) fn variance(&self, index: usize) -> f64 {
        match self {
            Self::Full { lower, .. } => lower[row_start(index) + index],
            Self::Diagonal(variances) => variances[index],
        }
    }

    /// Turns standard normal numbers into ones of this covariance.
    pub(super) fn color(&self, z: &mut [f64]) {
        match self {
            Self::Full { factor, .. } => factor.multiply_lower(z),
            Self::Diagonal(variances) => {
                z.iter_mut().zip(variances).for_each(|(z, variance)| *z *= variance.sqrt());
            }
        }
    }

    /// Turns numbers of this covariance into standard normal ones, the inverse of
    /// [`color`](Self::color).
    pub(super) fn whiten(&self, y: &mut [f64]) {
        match self {
            Self::Full { factor, .. } => factor.solve_lower(y),
            Self::Diagonal(variances) => {
                y.iter_mut().zip(variances).for_each(|(y, variance)| *y /= variance.sqrt());
            }
        }
    }

    /// Returns `keep` times this matrix, plus `c_one` times the square of the path, plus the
    /// weighted squares of the steps; `None` if the result is not positive definite. A coordinate
    /// that is inactive in a step keeps its variance, and its covariance with other inactive ones.
    /// `spared` is the share of the path's weight by which each variance is kept.
    pub(super) fn adapted(
        &self,
        keep: f64,
        c_one: f64,
        path: &[f64],
        spared: &[f64],
        steps: &[Step],
    ) -> Option<Self> {
        let entry = |i: usize, j: usize, old: f64| {
            let mut new = keep * old + c_one * path[i] * path[j];
            for step in steps {
                new += step.weight
                    * match (step.active[i], step.active[j]) {
                        (true, true) => step.y[i] * step.y[j],
                        (false, false) => old,
                        _ => 0.0,
                    };
            }
            if i == j { new + c_one * spared[i] * old } else { new }
        };
        match self {
            Self::Full { lower, .. } => Self::full(
                path.len(),
                lower_triangle(path.len(), |i, j| entry(i, j, lower[row_start(i) + j])),
            ),
            Self::Diagonal(variances) => {
                let new: Vec<f64> =
                    variances.iter().enumerate().map(|(i, old)| entry(i, i, *old)).collect();
                new.iter()
                    .all(|variance| *variance > 0.0 && variance.is_finite())
                    .then_some(Self::Diagonal(new))
            }
        }
    }
}

/// Returns the entries of a lower triangle, packed by rows.
pub(super) fn lower_triangle(size: usize, entry: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let mut lower = Vec::with_capacity(row_start(size));
    for i in 0..size {
        lower.extend((0..=i).map(|j| entry(i, j)));
    }
    lower
}
