//! The posterior of a Gaussian process: mean and variance at untried configs, with their gradients.
//!
//! Rasmussen and Williams (2006), equations 2.25 and 2.26. Pending configs count as if their
//! results equaled the posterior mean. That leaves every mean as it is and lowers the variance
//! around them, whatever the result will be ([Desautels et al.
//! 2014](https://jmlr.org/papers/v15/desautels14a.html)).

use super::encoding::{Column, Encoding, slope};
use super::kernel::{Hyperparameters, matern};
use crate::numeric::cholesky::{Cholesky, row_start};
use crate::numeric::vector::dot;

/// The smallest variance that is returned, as a share of the signal: anything below is rounding
/// error.
const LEAST_VARIANCE: f64 = 1e-12;

/// The smallest number of results in the better half for which a rank correlation is computed.
const FEWEST_RANKED: usize = 5;

/// Noise variances that are added in turn until the matrix can be factored.
const JITTER: [f64; 5] = [0.0, 1e-5, 1e-4, 1e-3, 1e-2];

/// A Gaussian process given its data.
#[derive(Debug)]
pub(crate) struct Posterior<'a> {
    encoding: &'a Encoding,
    hyper: &'a Hyperparameters,
    /// The coordinates of all points, column after column, `d * n` numbers.
    places: Vec<f64>,
    /// The lags of all points, shape `(n,)`; empty if all results are final.
    lags: Vec<f64>,
    /// The noise variance at each point, shape `(n,)`.
    noise: Vec<f64>,
    factor: Cholesky,
    /// The weight of each point in a posterior mean, shape `(n,)`; 0 for pending points.
    alpha: Vec<f64>,
    /// The posterior mean at each point whose value is known.
    means: Vec<f64>,
    incumbent: f64,
}

/// Mean and variance of the function at a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Prediction {
    pub(crate) mean: f64,
    pub(crate) variance: f64,
}

impl<'a> Posterior<'a> {
    /// Computes the posterior given points, of which the first `values.len()` have these values;
    /// the others are pending. Returns `None` if the covariances cannot be factored even with the
    /// largest jitter.
    pub(crate) fn new(
        encoding: &'a Encoding,
        hyper: &'a Hyperparameters,
        points: &[&[f64]],
        values: &[f64],
    ) -> Option<Self> {
        JITTER.iter().find_map(|jitter| {
            let mut posterior = Self::of_points(encoding, hyper, points, *jitter);
            posterior.factor = posterior.factored(values.len())?;
            posterior.with_targets(values)
        })
    }

    /// Computes the posterior from the factor of the first few points: the others are added row by
    /// row, at a fraction of the cost. Returns `None` if the factor cannot be extended.
    pub(crate) fn extended(
        encoding: &'a Encoding,
        hyper: &'a Hyperparameters,
        base: &Cholesky,
        points: &[&[f64]],
        values: &[f64],
    ) -> Option<Self> {
        let mut posterior = Self::of_points(encoding, hyper, points, 0.0);
        posterior.factor = base.clone();
        posterior.with_targets(values)
    }

    /// Returns the Cholesky factor of the covariances of some points, to be
    /// [extended](Self::extended) later.
    pub(crate) fn base(
        encoding: &Encoding,
        hyper: &Hyperparameters,
        points: &[&[f64]],
    ) -> Option<Cholesky> {
        Posterior::of_points(encoding, hyper, points, 0.0).factored(points.len())
    }

    /// Creates a posterior whose factor is still empty.
    fn of_points(
        encoding: &'a Encoding,
        hyper: &'a Hyperparameters,
        points: &[&[f64]],
        jitter: f64,
    ) -> Self {
        let columns = encoding.columns().len();
        let are_final = points.iter().all(|point| point[columns] == 0.0);
        let lags = if are_final {
            Vec::new()
        } else {
            points.iter().map(|point| point[columns]).collect()
        };
        let places =
            (0..columns).flat_map(|column| points.iter().map(move |point| point[column])).collect();
        let noise =
            points.iter().map(|point| hyper.noise[encoding.branch_of(point)] + jitter).collect();
        let (factor, alpha) = (Cholesky::default(), vec![0.0; points.len()]);
        Self {
            encoding,
            hyper,
            places,
            lags,
            noise,
            factor,
            alpha,
            means: Vec::new(),
            incumbent: f64::INFINITY,
        }
    }

    /// Returns the factor of the first `count` points.
    fn factored(&self, count: usize) -> Option<Cholesky> {
        let mut lower = Vec::with_capacity(row_start(count));
        for row in 0..count {
            lower.extend(self.row(row));
        }
        Cholesky::new(count, lower)
    }

    /// Returns a point's covariances with those before it and itself, noise included.
    fn row(&self, row: usize) -> Vec<f64> {
        let point: Vec<f64> =
            (0..self.encoding.columns().len()).map(|index| self.column(index).1[row]).collect();
        let mut covariances = vec![0.0; row + 1];
        self.covariances_with(&point, &mut covariances);
        for (covariance, lag) in covariances.iter_mut().zip(&self.lags) {
            *covariance *= 1.0 + self.hyper.lag_variance * lag * self.lags[row];
        }
        covariances[row] += self.noise[row];
        covariances
    }

    /// Conditions on the values of the first points. The others are pending and only lower the
    /// variance.
    fn with_targets(mut self, values: &[f64]) -> Option<Self> {
        for row in self.factor.size()..values.len() {
            self.factor.append(&self.row(row)).then_some(())?;
        }
        let mut alpha = values.to_vec();
        self.factor.solve(&mut alpha);
        // The covariances times `alpha` are the means; with the noise term added, they are the
        // values.
        self.means =
            (0..values.len()).map(|row| values[row] - self.noise[row] * alpha[row]).collect();
        self.incumbent = self.lowest(|_| true);
        for row in values.len()..self.alpha.len() {
            self.factor.append(&self.row(row)).then_some(())?;
        }
        self.alpha[..values.len()].copy_from_slice(&alpha);
        Some(self)
    }

    /// Restricts the incumbent to those points with known values for whose index `counts` is true.
    pub(crate) fn improving_on(self, counts: impl Fn(usize) -> bool) -> Self {
        Self { incumbent: self.lowest(counts), ..self }
    }

    /// Returns the lowest mean of the points that count. Trials that were stopped early are used
    /// only if there is no other.
    fn lowest(&self, counts: impl Fn(usize) -> bool) -> f64 {
        let is_final = |row: usize| self.lags.get(row).is_none_or(|lag| *lag == 0.0);
        let rows = || (0..self.means.len()).filter(|row| counts(*row));
        let lowest = |rows: &mut dyn Iterator<Item = usize>| {
            rows.map(|row| self.means[row]).min_by(f64::total_cmp)
        };
        lowest(&mut rows().filter(|row| is_final(*row)))
            .or_else(|| lowest(&mut rows()))
            .unwrap_or(f64::INFINITY)
    }

    /// Returns the incumbent: the lowest posterior mean at a point whose final value is known.
    /// Unlike the lowest value, it is not an effect of noise.
    pub(crate) fn incumbent(&self) -> f64 {
        self.incumbent
    }

    /// Returns Spearman's rank correlation between the final results of the better half and their
    /// leave-one-out predictions; 1 if there are too few results.
    pub(crate) fn loo_rank_correlation(&self, values: &[f64]) -> f64 {
        let expected: Vec<f64> =
            self.leave_one_out(values).into_iter().map(|prediction| prediction.mean).collect();
        let is_final = |row: &usize| self.lags.get(*row).is_none_or(|lag| *lag == 0.0);
        let mut order: Vec<usize> = (0..values.len()).filter(is_final).collect();
        order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
        order.truncate(order.len().div_ceil(2));
        if order.len() < FEWEST_RANKED {
            return 1.0;
        }
        let [known, expected] = [values, &expected]
            .map(|all| ranks(&order.iter().map(|index| all[*index]).collect::<Vec<_>>()));
        correlation(&known, &expected)
    }

    /// Returns the leave-one-out prediction of each value, noise included. No new fit is needed
    /// (Rasmussen and Williams 2006, equation 5.12).
    pub(crate) fn leave_one_out(&self, values: &[f64]) -> Vec<Prediction> {
        let inverse = self.factor.inverse();
        let diagonal = |row: usize| inverse[row_start(row) + row];
        let values = values.iter().enumerate();
        let prediction = |(row, value): (usize, &f64)| Prediction {
            mean: value - self.alpha[row] / diagonal(row),
            variance: 1.0 / diagonal(row),
        };
        values.map(prediction).collect()
    }

    /// Returns mean and variance of the function at each point whose value is known.
    pub(crate) fn predict_at_data(&self) -> Vec<Prediction> {
        let inverse = self.factor.inverse();
        let prediction = |(row, mean): (usize, &f64)| {
            let noise = self.noise[row];
            // The covariances are the matrix less the noise.
            let variance = noise - noise * noise * inverse[row_start(row) + row];
            Prediction { mean: *mean, variance: variance.max(LEAST_VARIANCE * self.hyper.signal) }
        };
        self.means.iter().enumerate().map(prediction).collect()
    }

    /// Returns the means at `point`, with column `index` set to each coordinate of `grid`.
    pub(crate) fn means_along(&self, point: &[f64], index: usize, grid: &[f64]) -> Vec<f64> {
        let mut squares = vec![0.0; self.alpha.len()];
        self.squared_distances(point, &mut squares);
        let (column, places) = self.column(index);
        let weight = self.hyper.weights[index];
        for (square, other) in squares.iter_mut().zip(places) {
            *square -= weight * column.distance(point[index], *other);
        }
        let mean = |place: f64| -> f64 {
            let distances = places.iter().map(|other| weight * column.distance(place, *other));
            let shares = squares
                .iter()
                .zip(distances)
                .map(|(square, own)| matern((square + own).max(0.0)).0);
            self.hyper.signal
                * shares.zip(&self.alpha).map(|(share, pull)| share * pull).sum::<f64>()
        };
        grid.iter().copied().map(mean).collect()
    }

    /// Returns mean and variance at each of many points.
    pub(crate) fn predict(&self, points: &[impl AsRef<[f64]>]) -> Vec<Prediction> {
        let size = self.alpha.len();
        let mut rows = vec![0.0; size * points.len()];
        for (point, row) in points.iter().zip(rows.chunks_exact_mut(size.max(1))) {
            self.covariances_with(point.as_ref(), row);
        }
        let means: Vec<f64> =
            rows.chunks_exact(size.max(1)).map(|row| dot(row, &self.alpha)).collect();
        self.factor.solve_lower_many(&mut rows);
        let predict = rows.chunks_exact(size.max(1)).zip(means);
        predict.map(|(solved, mean)| self.prediction(mean, solved)).collect()
    }

    fn prediction(&self, mean: f64, solved: &[f64]) -> Prediction {
        let variance = self.hyper.signal - dot(solved, solved);
        Prediction { mean, variance: variance.max(LEAST_VARIANCE * self.hyper.signal) }
    }

    /// Returns mean and variance at a point, and the derivatives of both by its coordinates in the
    /// given numeric columns.
    pub(crate) fn predict_with_gradient(
        &self,
        point: &[f64],
        columns: &[usize],
    ) -> (Prediction, Vec<[f64; 2]>) {
        let size = self.alpha.len();
        let mut squares = vec![0.0; size];
        self.squared_distances(point, &mut squares);
        let (mut solved, slopes): (Vec<f64>, Vec<f64>) = squares.into_iter().map(matern).unzip();
        for share in &mut solved {
            *share *= self.hyper.signal;
        }
        let mean = dot(&solved, &self.alpha);
        self.factor.solve_lower(&mut solved);
        let prediction = self.prediction(mean, &solved);
        self.factor.solve_upper(&mut solved);
        let derivative = |index: &usize| {
            let (_, places) = self.column(*index);
            let scale = self.hyper.weights[*index] * self.hyper.signal;
            let mut sums = [0.0; 2];
            for (row, place) in places.iter().enumerate() {
                let change = scale * slopes[row] * slope(point[*index], *place);
                sums[0] += change * self.alpha[row];
                sums[1] -= 2.0 * change * solved[row];
            }
            sums
        };
        (prediction, columns.iter().map(derivative).collect())
    }

    fn column(&self, index: usize) -> (&Column, &[f64]) {
        let size = self.alpha.len();
        (&self.encoding.columns()[index], &self.places[index * size..(index + 1) * size])
    }

    fn covariances_with(&self, point: &[f64], row: &mut [f64]) {
        self.squared_distances(point, row);
        for square in row {
            *square = self.hyper.signal * matern(*square).0;
        }
    }

    /// Writes the weighted squared distances between `point` and all points of the data.
    fn squared_distances(&self, point: &[f64], squares: &mut [f64]) {
        squares.fill(0.0);
        for (index, (weight, place)) in self.hyper.weights.iter().zip(point).enumerate() {
            let (column, places) = self.column(index);
            column.add_distances(squares, *weight, *place, places);
        }
    }
}

/// Returns the rank of each value, from 0. Equal values share their mean rank.
fn ranks(values: &[f64]) -> Vec<f64> {
    let below = |value: &f64| {
        let less = values.iter().filter(|other| *other < value).count();
        let same = values.iter().filter(|other| *other == value).count();
        less as f64 + (same as f64 - 1.0) / 2.0
    };
    values.iter().map(below).collect()
}

/// Returns Pearson's correlation; 0 if one side does not vary.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let count = a.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / count;
    let (middle_a, middle_b) = (mean(a), mean(b));
    let product: f64 = a.iter().zip(b).map(|(a, b)| (a - middle_a) * (b - middle_b)).sum();
    let square = |values: &[f64], middle: f64| {
        values.iter().map(|value| (value - middle).powi(2)).sum::<f64>()
    };
    let squares = square(a, middle_a) * square(b, middle_b);
    if squares > 0.0 { product / squares.sqrt() } else { 0.0 }
}
