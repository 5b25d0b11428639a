//! What the process expects of untried configs: mean and variance, with their gradients.
//!
//! Rasmussen and Williams (2006), equations 2.25 and 2.26. Configs that are being evaluated count as if their results were
//! what is expected of them: that leaves every mean as it is and lowers the variance around them, whatever the result will
//! be ([Desautels et al. 2014](https://jmlr.org/papers/v15/desautels14a.html)).

use super::embed::{Column, Embedding, Kind, slope};
use super::kernel::{Hyperparameters, matern};
use crate::numeric::cholesky::{Cholesky, dot, row_start};

/// The share of the signal's variance below which rounding is all there is.
const LEAST_VARIANCE: f64 = 1e-12;

/// Noise that is tried if the matrix cannot be factored, up to the largest.
const JITTER: [f64; 5] = [0.0, 1e-5, 1e-4, 1e-3, 1e-2];

/// A process given its data.
#[derive(Debug)]
pub(super) struct Posterior<'a> {
    embedding: &'a Embedding,
    hyper: &'a Hyperparameters,
    /// The places of all points in each column, column after column.
    places: Vec<f64>,
    /// The lags of all points; empty if all results are final.
    lags: Vec<f64>,
    factor: Cholesky,
    /// What each point adds to a mean: nothing, if its result is not known.
    pulls: Vec<f64>,
    incumbent: f64,
}

/// Mean and variance of the function at a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Belief {
    pub(super) mean: f64,
    pub(super) variance: f64,
}

impl<'a> Posterior<'a> {
    /// Of points, the first of which have these values. `None` if the numbers do not allow it.
    pub(super) fn new(
        embedding: &'a Embedding,
        hyper: &'a Hyperparameters,
        points: &[&[f64]],
        values: &[f64],
    ) -> Option<Self> {
        let columns = embedding.columns().len();
        let places = (0..columns).flat_map(|column| points.iter().map(move |point| point[column])).collect();
        let mut posterior = Self {
            embedding,
            hyper,
            places,
            lags: if points.iter().any(|point| point[columns] > 0.0) {
                points.iter().map(|point| point[columns]).collect()
            } else {
                Vec::new()
            },
            factor: Cholesky::new(0, Vec::new())?,
            pulls: vec![0.0; points.len()],
            incumbent: f64::INFINITY,
        };
        let covariances = posterior.covariances(points);
        let noise: Vec<f64> = points.iter().map(|point| hyper.noise[embedding.branch_of(point)]).collect();
        let factored = |jitter: &f64| posterior.factored(&covariances, values, &noise, *jitter);
        (posterior.factor, posterior.pulls) = JITTER.iter().find_map(factored)?;
        let known = &points[..values.len()];
        let complete: Vec<&[f64]> = known.iter().copied().filter(|point| point[columns] == 0.0).collect();
        let final_ones = if complete.is_empty() { known } else { &complete };
        posterior.incumbent = posterior.means(final_ones).into_iter().fold(f64::INFINITY, f64::min);
        Some(posterior)
    }

    /// The covariances of points with each other, without noise: a lower triangle.
    fn covariances(&self, points: &[&[f64]]) -> Vec<f64> {
        let mut covariances = vec![0.0; row_start(points.len())];
        for (row, point) in points.iter().enumerate() {
            let covariances = &mut covariances[row_start(row)..=row_start(row) + row];
            self.covariances_with(point, covariances);
            for (covariance, lag) in covariances.iter_mut().zip(&self.lags) {
                *covariance *= 1.0 + self.hyper.drift * lag * self.lags[row];
            }
        }
        covariances
    }

    /// The factor of the covariances with noise, and what each point adds to a mean.
    fn factored(
        &self,
        covariances: &[f64],
        values: &[f64],
        noise: &[f64],
        jitter: f64,
    ) -> Option<(Cholesky, Vec<f64>)> {
        let mut known = covariances.to_vec();
        for row in 0..self.pulls.len() {
            known[row_start(row) + row] += noise[row] + jitter;
        }
        let pending = known.split_off(row_start(values.len()));
        let mut factor = Cholesky::new(values.len(), known)?;
        let mut pulls = values.to_vec();
        factor.solve(&mut pulls);
        let mut rest = &pending[..];
        for row in values.len()..self.pulls.len() {
            let (own, others) = rest.split_at(row + 1);
            if !factor.append(own) {
                return None;
            }
            rest = others;
        }
        pulls.resize(self.pulls.len(), 0.0);
        Some((factor, pulls))
    }

    /// The lowest mean at a point whose value is known: what is to be improved on. Unlike the lowest value, it is not what
    /// noise made it.
    pub(super) fn incumbent(&self) -> f64 {
        self.incumbent
    }

    /// How well each result of the better half is ordered by what is expected of it from all others: Spearman's rank
    /// correlation. Leaving one out takes no new fit (Rasmussen and Williams 2006, equation 5.12).
    pub(super) fn skill(&self, values: &[f64]) -> f64 {
        let inverse = self.factor.inverse();
        let expected: Vec<f64> = values
            .iter()
            .enumerate()
            .map(|(row, value)| value - self.pulls[row] / inverse[row_start(row) + row])
            .collect();
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
        order.truncate(values.len().div_ceil(2));
        let [known, expected] =
            [values, &expected].map(|all| ranks(&order.iter().map(|index| all[*index]).collect::<Vec<_>>()));
        correlation(&known, &expected)
    }

    fn means(&self, points: &[&[f64]]) -> Vec<f64> {
        let mut covariances = vec![0.0; self.pulls.len()];
        let mut mean = |point: &&[f64]| {
            self.covariances_with(point, &mut covariances);
            dot(&covariances, &self.pulls)
        };
        points.iter().map(&mut mean).collect()
    }

    /// Mean and variance at each of many points.
    pub(super) fn beliefs(&self, points: &[Vec<f64>]) -> Vec<Belief> {
        let size = self.pulls.len();
        let mut rows = vec![0.0; size * points.len()];
        for (point, row) in points.iter().zip(rows.chunks_exact_mut(size.max(1))) {
            self.covariances_with(point, row);
        }
        let means: Vec<f64> = rows.chunks_exact(size.max(1)).map(|row| dot(row, &self.pulls)).collect();
        self.factor.solve_lower_many(&mut rows);
        let beliefs = rows.chunks_exact(size.max(1)).zip(means);
        beliefs.map(|(solved, mean)| self.belief(mean, solved)).collect()
    }

    fn belief(&self, mean: f64, solved: &[f64]) -> Belief {
        let variance = self.hyper.signal - dot(solved, solved);
        Belief { mean, variance: variance.max(LEAST_VARIANCE * self.hyper.signal) }
    }

    /// Mean and variance at a point, and the derivatives of both by its places in some columns of numbers.
    pub(super) fn belief_with_slopes(&self, point: &[f64], columns: &[usize]) -> (Belief, Vec<[f64; 2]>) {
        let size = self.pulls.len();
        let mut squares = vec![0.0; size];
        self.squares_with(point, &mut squares);
        let (mut solved, slopes): (Vec<f64>, Vec<f64>) = squares.into_iter().map(matern).unzip();
        for share in &mut solved {
            *share *= self.hyper.signal;
        }
        let mean = dot(&solved, &self.pulls);
        self.factor.solve_lower(&mut solved);
        let belief = self.belief(mean, &solved);
        self.factor.solve_upper(&mut solved);
        let derivative = |index: &usize| {
            let (_, places) = self.column(*index);
            let scale = self.hyper.weights[*index] * self.hyper.signal;
            let mut sums = [0.0; 2];
            for (row, place) in places.iter().enumerate() {
                let change = scale * slopes[row] * slope(point[*index], *place);
                sums[0] += change * self.pulls[row];
                sums[1] -= 2.0 * change * solved[row];
            }
            sums
        };
        (belief, columns.iter().map(derivative).collect())
    }

    fn column(&self, index: usize) -> (&Column, &[f64]) {
        let size = self.pulls.len();
        (&self.embedding.columns()[index], &self.places[index * size..(index + 1) * size])
    }

    fn covariances_with(&self, point: &[f64], row: &mut [f64]) {
        self.squares_with(point, row);
        for square in row {
            *square = self.hyper.signal * matern(*square).0;
        }
    }

    /// The weighted squared distances of a point from all points of the data.
    fn squares_with(&self, point: &[f64], squares: &mut [f64]) {
        squares.fill(0.0);
        for (index, (weight, place)) in self.hyper.weights.iter().zip(point).enumerate() {
            let (column, places) = self.column(index);
            let is_plain = !column.is_conditional && !matches!(column.kind, Kind::Choices(_));
            if is_plain {
                for (sum, other) in squares.iter_mut().zip(places) {
                    *sum += weight * (place - other) * (place - other);
                }
            } else {
                for (sum, other) in squares.iter_mut().zip(places) {
                    *sum += weight * column.distance(*place, *other);
                }
            }
        }
    }
}

/// The rank of each value, from 0; equal ones share the middle of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let below = |value: &f64| {
        let less = values.iter().filter(|other| *other < value).count();
        let same = values.iter().filter(|other| *other == value).count();
        less as f64 + (same as f64 - 1.0) / 2.0
    };
    values.iter().map(below).collect()
}

/// Pearson's correlation; 0 where one side does not vary.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let count = a.len() as f64;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / count;
    let (middle_a, middle_b) = (mean(a), mean(b));
    let product: f64 = a.iter().zip(b).map(|(a, b)| (a - middle_a) * (b - middle_b)).sum();
    let square = |values: &[f64], middle: f64| values.iter().map(|value| (value - middle).powi(2)).sum::<f64>();
    let squares = square(a, middle_a) * square(b, middle_b);
    if squares > 0.0 { product / squares.sqrt() } else { 0.0 }
}
