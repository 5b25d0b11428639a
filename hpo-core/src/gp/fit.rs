//! Fit of the kernel's hyperparameters to data: maximum a posteriori.
//!
//! The logarithm of the marginal likelihood and its gradient are those of Rasmussen and Williams
//! (2006), equations 5.8 and 5.9. The priors, for values in the unit cube and standardized results:
//!
//! | hyperparameter | prior | bounds | source |
//! | --- | --- | --- | --- |
//! | length scale, short | log-normal, `ln(d) / 4 - 0.3` and `sqrt(1.5)` | 0.02 to 200 | measured |
//! | length scale, long | log-normal, `ln(d) / 2 + sqrt(2)`, `sqrt(3)` | 0.02 to 200 | [Hvarfner] |
//! | signal | gamma, shape 2 and rate 1 | 0.01 to 100 | Optuna's choice |
//! | noise, in each branch | log-normal, -4 and 1 | 1e-6 to 1 | `BoTorch`'s choice |
//! | lag variance, if trials were stopped | log-normal, -1 and 1 | 1e-4 to 10 | a guess |
//!
//! [Hvarfner]: https://arxiv.org/abs/2402.02229
//!
//! `d` is the mean number of active parameters. The densities are those of the values themselves,
//! not of their logarithms. The fit begins at the most probable of a few fixed points, never at the
//! result of an earlier fit: so it is a function of the data.

use super::encoding::Encoding;
use super::kernel::{Hyperparameters, matern};
use super::posterior::Posterior;
use crate::numeric::cholesky::{Cholesky, row_start};
use crate::numeric::lbfgs::{self, Limits};
use crate::numeric::vector::{add_scaled, dot, multiply};

/// Length scales at which the fit may begin, as multiples of the square root of the mean number of
/// active parameters.
const STARTS: [f64; 3] = [0.15, 0.5, 1.5];

/// The noise variance at which the fit begins.
const START_NOISE: f64 = 1e-3;

/// The lag variance at which the fit begins.
const START_DRIFT: f64 = 0.3;

const LIMITS: Limits = Limits { steps: 20, gradient: 1e-2, decrease: 1e-3 };

/// Center and variance of the prior of the logarithm: of the noise, and of the lag variance.
const NOISE: (f64, f64) = (-4.0, 1.0);
const DRIFT: (f64, f64) = (-1.0, 1.0);

/// Bounds of the logarithms: length scales, signal, lag variance and noise.
const LENGTHS: (f64, f64) = (-3.912_023_005_428_146, 5.298_317_366_548_036);
const SIGNALS: (f64, f64) = (-4.605_170_185_988_091, 4.605_170_185_988_091);
const DRIFTS: (f64, f64) = (-9.210_340_371_976_182, std::f64::consts::LN_10);
const NOISES: (f64, f64) = (-13.815_510_557_964_274, 0.0);

/// A prior of the length scales.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LengthScalePrior {
    /// The function may turn several times within a parameter's range.
    Short,
    /// The function hardly turns, the less so the more parameters there are.
    Long,
}

impl LengthScalePrior {
    /// Returns the prior for a trial. It changes every four trials, so that every acquisition
    /// function is combined with both priors on both output transforms.
    pub(crate) fn of_trial(number: u64) -> Self {
        if (number / 4).is_multiple_of(2) {
            LengthScalePrior::Short
        } else {
            LengthScalePrior::Long
        }
    }

    /// Returns center and variance of the prior of the logarithms, for `active` active parameters.
    fn prior(self, active: f64) -> (f64, f64) {
        match self {
            LengthScalePrior::Short => (0.25 * active.ln() - 0.3, 1.5),
            LengthScalePrior::Long => (0.5 * active.ln() + std::f64::consts::SQRT_2, 3.0),
        }
    }
}

/// Fits hyperparameters to points, shape `(n, d + 1)`, and their standardized values. A noise
/// variance that is given is not fitted.
pub(crate) fn fit(
    encoding: &Encoding,
    points: &[&[f64]],
    values: &[f64],
    noise: Option<f64>,
    lengths: LengthScalePrior,
) -> Hyperparameters {
    let posterior = LogPosterior::new(encoding, points, values, noise, lengths);
    let count = encoding.columns().len();
    let is_lagging = posterior.has_lags();
    let noises = if noise.is_none() { posterior.branches } else { 0 };
    let start = |length: f64| -> Vec<f64> {
        let mut start = vec![(length * posterior.scale).ln().clamp(LENGTHS.0, LENGTHS.1); count];
        start.push(0.0);
        start.extend(is_lagging.then(|| START_DRIFT.ln()));
        start.extend(std::iter::repeat_n(START_NOISE.ln(), noises));
        start
    };
    let starts = STARTS.map(start);
    let costs = starts.each_ref().map(|start| posterior.cost(start, None));
    let best = (0..STARTS.len()).min_by(|a, b| costs[*a].total_cmp(&costs[*b])).unwrap_or(1);
    let mut bounds = vec![LENGTHS; count];
    bounds.push(SIGNALS);
    bounds.extend(is_lagging.then_some(DRIFTS));
    bounds.extend(std::iter::repeat_n(NOISES, noises));
    let cost =
        |logarithms: &[f64], gradient: &mut [f64]| posterior.cost(logarithms, Some(gradient));
    let minimum = lbfgs::minimize(&starts[best], &bounds, LIMITS, cost);
    posterior.hyperparameters(&minimum)
}

/// Returns the log likelihood of values under fitted hyperparameters, up to a constant; negative
/// infinity if the covariances cannot be factored.
pub(crate) fn log_likelihood(
    encoding: &Encoding,
    points: &[&[f64]],
    values: &[f64],
    hyper: &Hyperparameters,
) -> f64 {
    let Some(factor) = Posterior::base(encoding, hyper, points) else {
        return f64::NEG_INFINITY;
    };
    let mut solved = values.to_vec();
    factor.solve(&mut solved);
    -0.5 * (dot(values, &solved) + factor.log_determinant())
}

/// The negative logarithm of the posterior density of the hyperparameters, up to a constant.
pub(crate) struct LogPosterior<'a> {
    values: &'a [f64],
    noise: Option<f64>,
    lengths: LengthScalePrior,
    /// The squared distances in each column: lower triangles packed by rows, one after the other.
    distances: Vec<f64>,
    count: usize,
    /// The branch of each point, which selects its noise, and the number of branches.
    branch: Vec<usize>,
    branches: usize,
    /// The products of lags, a packed lower triangle; empty if all results are final.
    lags: Vec<f64>,
    /// The square root of the mean number of active parameters.
    scale: f64,
}

impl<'a> LogPosterior<'a> {
    pub(crate) fn new(
        encoding: &Encoding,
        points: &[&[f64]],
        values: &'a [f64],
        noise: Option<f64>,
        lengths: LengthScalePrior,
    ) -> Self {
        let columns = encoding.columns();
        let mut distances = Vec::with_capacity(columns.len() * row_start(points.len()));
        for (index, column) in columns.iter().enumerate() {
            for (row, a) in points.iter().enumerate() {
                for b in &points[..=row] {
                    distances.push(column.distance(a[index], b[index]));
                }
            }
        }
        let branch = points.iter().map(|point| encoding.branch_of(point)).collect();
        let (count, branches, scale) =
            (columns.len(), encoding.branches(), encoding.active().max(1.0).sqrt());
        let lag = |point: &[f64]| point[count];
        let mut lags = Vec::new();
        if points.iter().any(|point| lag(point) > 0.0) {
            for (row, a) in points.iter().enumerate() {
                lags.extend(points[..=row].iter().map(|b| lag(a) * lag(b)));
            }
        }
        Self { values, noise, lengths, distances, count, branch, branches, lags, scale }
    }

    fn has_lags(&self) -> bool {
        !self.lags.is_empty()
    }

    /// Returns the index of the first noise among the logarithms.
    fn noises(&self) -> usize {
        self.count + 1 + usize::from(self.has_lags())
    }

    fn hyperparameters(&self, logarithms: &[f64]) -> Hyperparameters {
        Hyperparameters {
            weights: logarithms[..self.count].iter().map(|length| (-2.0 * length).exp()).collect(),
            signal: logarithms[self.count].exp(),
            lag_variance: if self.has_lags() { logarithms[self.count + 1].exp() } else { 0.0 },
            noise: match self.noise {
                Some(noise) => vec![noise; self.branches],
                None => logarithms[self.noises()..].iter().map(|noise| noise.exp()).collect(),
            },
        }
    }

    /// Returns the cost at the logarithms of length scales, signal, lag variance and noise;
    /// infinite if the covariances cannot be factored.
    pub(crate) fn cost(&self, logarithms: &[f64], gradient: Option<&mut [f64]>) -> f64 {
        let hyper = self.hyperparameters(logarithms);
        let size = self.values.len();
        let (mut covariances, slopes) = self.covariances(&hyper);
        let shares = if gradient.is_some() { covariances.clone() } else { Vec::new() };
        for row in 0..size {
            covariances[row_start(row) + row] += hyper.noise[self.branch[row]];
        }
        let Some(factor) = Cholesky::new(size, covariances) else {
            return f64::INFINITY;
        };
        let mut solved = self.values.to_vec();
        factor.solve(&mut solved);
        let explained: f64 =
            self.values.iter().zip(&solved).map(|(value, solved)| value * solved).sum();
        let likelihood = -0.5 * (explained + factor.log_determinant());
        match gradient {
            None => -likelihood - self.log_prior(logarithms, None),
            Some(gradient) => {
                self.likelihood_gradient(&hyper, &factor, &solved, (&shares, &slopes), gradient);
                -likelihood - self.log_prior(logarithms, Some(gradient))
            }
        }
    }

    /// Returns the covariances without noise, and their derivatives by the squared distance.
    fn covariances(&self, hyper: &Hyperparameters) -> (Vec<f64>, Vec<f64>) {
        let mut covariances = vec![0.0; row_start(self.values.len())];
        for (column, weight) in self.columns().zip(&hyper.weights) {
            add_scaled(&mut covariances, *weight, column);
        }
        let mut slopes = Vec::with_capacity(covariances.len());
        for square in &mut covariances {
            let (share, slope) = matern(*square);
            *square = hyper.signal * share;
            slopes.push(hyper.signal * slope);
        }
        for ((covariance, slope), lags) in covariances.iter_mut().zip(&mut slopes).zip(&self.lags) {
            *covariance *= 1.0 + hyper.lag_variance * lags;
            *slope *= 1.0 + hyper.lag_variance * lags;
        }
        (covariances, slopes)
    }

    fn columns(&self) -> impl Iterator<Item = &[f64]> {
        self.distances.chunks_exact(row_start(self.values.len()).max(1))
    }

    /// Writes the gradient of the negative log likelihood.
    fn likelihood_gradient(
        &self,
        hyper: &Hyperparameters,
        factor: &Cholesky,
        solved: &[f64],
        (covariances, slopes): (&[f64], &[f64]),
        gradient: &mut [f64],
    ) {
        // The derivative by each element of the matrix. One off the diagonal counts for two.
        let mut pull = factor.inverse();
        for (row, own) in solved.iter().enumerate() {
            let start = row_start(row);
            add_scaled(&mut pull[start..=start + row], -own, solved);
            pull[start + row] *= 0.5;
        }
        gradient[self.count] = dot(&pull, covariances);
        if self.has_lags() {
            let share = |lags: &f64| hyper.lag_variance * lags / (1.0 + hyper.lag_variance * lags);
            let terms = pull.iter().zip(covariances).zip(&self.lags);
            gradient[self.count + 1] =
                terms.map(|((pull, covariance), lags)| pull * covariance * share(lags)).sum();
        }
        if self.noise.is_none() {
            let noises = &mut gradient[self.noises()..];
            noises.fill(0.0);
            for (row, branch) in self.branch.iter().enumerate() {
                noises[*branch] += pull[row_start(row) + row] * hyper.noise[*branch];
            }
        }
        multiply(&mut pull, slopes);
        for ((component, column), weight) in
            gradient.iter_mut().zip(self.columns()).zip(&hyper.weights)
        {
            *component = -2.0 * weight * dot(&pull, column);
        }
    }

    /// Returns the log density of the priors, up to a constant, and subtracts its gradient from
    /// `gradient`.
    pub(crate) fn log_prior(&self, logarithms: &[f64], gradient: Option<&mut [f64]>) -> f64 {
        let (center, variance) = self.lengths.prior(self.scale * self.scale);
        let (lengths, rest) = logarithms.split_at(self.count);
        let mut sum: f64 =
            lengths.iter().map(|length| log_normal(*length, center, variance).0).sum();
        // Gamma prior: ln x - x, as a density of x itself.
        sum += rest[0] - rest[0].exp();
        let (lag_variance, noises) = rest[1..].split_at(usize::from(self.has_lags()));
        sum += lag_variance
            .iter()
            .map(|lag_variance| log_normal(*lag_variance, DRIFT.0, DRIFT.1).0)
            .sum::<f64>();
        sum += noises.iter().map(|noise| log_normal(*noise, NOISE.0, NOISE.1).0).sum::<f64>();
        if let Some(gradient) = gradient {
            for (component, length) in gradient.iter_mut().zip(lengths) {
                *component -= log_normal(*length, center, variance).1;
            }
            gradient[self.count] -= 1.0 - rest[0].exp();
            if let [lag_variance] = lag_variance {
                gradient[self.count + 1] -= log_normal(*lag_variance, DRIFT.0, DRIFT.1).1;
            }
            for (component, noise) in gradient[self.noises()..].iter_mut().zip(noises) {
                *component -= log_normal(*noise, NOISE.0, NOISE.1).1;
            }
        }
        sum
    }
}

/// Returns the log density of a log-normal number, given its logarithm, and the derivative by the
/// logarithm.
fn log_normal(logarithm: f64, center: f64, variance: f64) -> (f64, f64) {
    let offset = logarithm - center;
    (-logarithm - offset * offset / (2.0 * variance), -1.0 - offset / variance)
}
