//! A Gaussian process for reports rather than for search: it predicts results that it was given,
//! and measures how much each parameter changes the prediction.
//!
//! Kernel, length scale priors and fit are the sampler's. The noise is not fitted: on a single
//! noisy study, a fitted noise is often far too small. Instead the predictions are averaged over
//! several noises and both length scale priors, each weighted by its likelihood ([Hoeting et al.
//! 1999](https://doi.org/10.1214/ss/1009212519)). Results worse than the median count by their
//! rank, as in the sampler's warped outputs. The better half stays as it is, so that predictions
//! for it have the unit of the loss.

use super::encoding::{Column, Encoding, INACTIVE, Kind};
use super::fit::{self, LengthScalePrior};
use super::kernel::Hyperparameters;
use super::output_transform::{moments, rank_worse_half};
use super::posterior::{Posterior, Prediction};
use crate::numeric;
use crate::space::ParamKind;

/// Noise variances that are tried, as shares of the variance of the results. All have the same
/// prior probability.
const NOISES: [f64; 6] = [1e-6, 1e-4, 1e-2, 0.05, 0.2, 0.6];

/// The noise up to which there is practically none, and the noise from which on it matters.
const NO_NOISE: f64 = 1e-4;
const SOME_NOISE: f64 = 0.05;

/// The share of the likelihood from which on a noise or a process is plausible.
const PLAUSIBLE: f64 = 0.05;

/// Processes with a smaller likelihood, relative to the highest one, are left out.
const LEAST_WEIGHT: f64 = 1e-3;

/// The number of equal cells of a numeric axis over whose centers predictions are averaged.
const PLACES: u32 = 16;

/// A parameter as the process sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) kind: ParamKind,
    /// True if the parameter can be inactive.
    pub(crate) is_conditional: bool,
    /// The axes of the parameters below this one, at any depth: its value decides whether they are
    /// active.
    pub(crate) below: Vec<usize>,
}

/// A prediction of a value: mean and standard deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Expected {
    pub(crate) mean: f64,
    pub(crate) deviation: f64,
}

/// A mixture of Gaussian processes conditioned on results, weighted by their likelihood.
#[derive(Debug)]
pub(crate) struct Surrogate {
    axes: Vec<Axis>,
    encoding: Encoding,
    points: Vec<Vec<f64>>,
    values: Vec<f64>,
    /// Mean and standard deviation of the losses before they were standardized.
    scale: (f64, f64),
    processes: Vec<Process>,
}

#[derive(Debug)]
struct Process {
    hyper: Hyperparameters,
    weight: f64,
}

impl Surrogate {
    /// Fits the processes to points, with one coordinate per axis (`None` if inactive), and finite
    /// losses. Returns `None` if no process can be fitted.
    ///
    /// The cost grows with the cube of the number of points: take a sample of more than one or two
    /// hundred.
    pub(crate) fn new(
        axes: Vec<Axis>,
        points: &[Vec<Option<f64>>],
        losses: &[f64],
    ) -> Option<Self> {
        let active = points.iter().flatten().flatten().count() as f64 / points.len().max(1) as f64;
        let encoding = Encoding::from_columns(axes.iter().map(column).collect(), active);
        // The last coordinate is the lag: all results are final.
        let embedded = |point: &Vec<Option<f64>>| {
            point.iter().map(|x| x.unwrap_or(INACTIVE)).chain([0.0]).collect()
        };
        let points: Vec<Vec<f64>> = points.iter().map(embedded).collect();
        let unit = numeric::unit(losses);
        let mut values: Vec<f64> = losses.iter().map(|loss| loss / unit).collect();
        rank_worse_half(&mut values);
        let scale = moments(&values);
        for value in &mut values {
            *value = (*value - scale.0) / scale.1;
        }
        let scale = (scale.0 * unit, scale.1 * unit);
        if !values.iter().all(|value| value.is_finite()) {
            return None;
        }
        let processes = processes(&encoding, &points, &values);
        (!processes.is_empty()).then_some(Self { axes, encoding, points, values, scale, processes })
    }

    /// Returns true if the results distinguish noise from a function that turns quickly. They do
    /// not if both a noise of nearly zero and one that matters are plausible.
    pub(crate) fn tells_noise(&self) -> bool {
        let weight = |is: fn(f64) -> bool| -> f64 {
            self.processes
                .iter()
                .filter(|process| is(process.hyper.noise[0]))
                .map(|process| process.weight)
                .sum()
        };
        weight(|noise| noise <= NO_NOISE) < PLAUSIBLE
            || weight(|noise| noise >= SOME_NOISE) < PLAUSIBLE
    }

    /// Returns what is known of the function at a point of the data, given its own result: the
    /// mean, and the lowest and highest loss that lie `deviations` standard deviations from the
    /// mean, by the mixture or by any process that is plausible beside the most likely one.
    pub(crate) fn envelope(&self, row: usize, deviations: f64) -> (f64, f64, f64) {
        let own = self.mixed(Posterior::predict_at_data)[row];
        let mut ends =
            (own.mean - deviations * own.deviation, own.mean + deviations * own.deviation);
        let most = self.processes.iter().map(|process| process.weight).fold(0.0, f64::max);
        for process in self.processes.iter().filter(|process| process.weight >= PLAUSIBLE * most) {
            let Some(posterior) = self.posterior(process) else { continue };
            let prediction = posterior.predict_at_data()[row];
            let away = deviations * prediction.variance.sqrt();
            let loss = |value: f64| value * self.scale.1 + self.scale.0;
            ends = (
                ends.0.min(loss(prediction.mean - away)),
                ends.1.max(loss(prediction.mean + away)),
            );
        }
        (own.mean, ends.0, ends.1)
    }

    /// Returns the standard deviation of the losses as the process sees them.
    pub(crate) fn deviation(&self) -> f64 {
        self.scale.1
    }

    /// Returns the leave-one-out prediction of each result, noise included.
    pub(crate) fn leave_one_out(&self) -> Vec<Expected> {
        self.mixed(|posterior| posterior.leave_one_out(&self.values))
    }

    /// Returns the losses as the process sees them, in their own unit. Those of the better half are
    /// as they were given.
    pub(crate) fn losses(&self) -> Vec<f64> {
        self.values.iter().map(|value| value * self.scale.1 + self.scale.0).collect()
    }

    /// Returns the share of the variance of the results that leave-one-out predictions explain: at
    /// most 1; 0 is chance.
    pub(crate) fn foreseen(&self) -> f64 {
        let (losses, expected) = (self.losses(), self.leave_one_out());
        let missed =
            |(loss, expected): (&f64, &Expected)| ((loss - expected.mean) / self.scale.1).powi(2);
        1.0 - losses.iter().zip(&expected).map(missed).sum::<f64>() / losses.len() as f64
    }

    /// Returns the sensitivity of each axis: the variance of the prediction when this axis alone
    /// varies evenly over its range, averaged over the points, as a share of the variance of the
    /// results. A point at which the axis is inactive counts as 0; the parameters below the axis
    /// are set to inactive meanwhile.
    pub(crate) fn sensitivities(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.axes.len()];
        for process in &self.processes {
            let Some(posterior) = self.posterior(process) else { continue };
            for point in &self.points {
                for (index, axis) in
                    self.axes.iter().enumerate().filter(|(index, _)| point[*index] != INACTIVE)
                {
                    sums[index] += process.weight
                        * variance(&posterior.means_along(
                            &freed(point, axis),
                            index,
                            &axis.grid(),
                        ));
                }
            }
        }
        sums.into_iter().map(|sum| sum / self.points.len() as f64).collect()
    }

    fn posterior<'a>(&'a self, process: &'a Process) -> Option<Posterior<'a>> {
        Posterior::new(&self.encoding, &process.hyper, &borrowed(&self.points), &self.values)
    }

    /// Returns the moments of the mixture of all processes, in the unit of the losses.
    fn mixed<'a>(&'a self, of: impl Fn(&Posterior<'a>) -> Vec<Prediction>) -> Vec<Expected> {
        let mut sums = vec![(0.0, 0.0, 0.0); self.points.len()];
        for process in &self.processes {
            let Some(posterior) = self.posterior(process) else { continue };
            for (sum, prediction) in sums.iter_mut().zip(of(&posterior)) {
                sum.0 += process.weight;
                sum.1 += process.weight * prediction.mean;
                sum.2 += process.weight * (prediction.variance + prediction.mean * prediction.mean);
            }
        }
        let told = |(weight, first, second): (f64, f64, f64)| {
            let (mean, square) = (first / weight, second / weight);
            let deviation = (square - mean * mean).max(0.0).sqrt() * self.scale.1;
            Expected { mean: mean * self.scale.1 + self.scale.0, deviation }
        };
        sums.into_iter().map(told).collect()
    }
}

/// Fits a process with each noise and length scale prior, and weights it by its likelihood.
fn processes(encoding: &Encoding, points: &[Vec<f64>], values: &[f64]) -> Vec<Process> {
    let points = borrowed(points);
    let settings = [LengthScalePrior::Short, LengthScalePrior::Long]
        .into_iter()
        .flat_map(|lengths| NOISES.map(|noise| (lengths, noise)));
    let mut found: Vec<(Hyperparameters, f64)> = settings
        .map(|(lengths, noise)| {
            let hyper = fit::fit(encoding, &points, values, Some(noise), lengths);
            let likelihood = fit::log_likelihood(encoding, &points, values, &hyper);
            (hyper, likelihood)
        })
        .collect();
    let highest = found.iter().map(|(_, likelihood)| *likelihood).fold(f64::NEG_INFINITY, f64::max);
    found.retain(|(_, likelihood)| (likelihood - highest).exp() >= LEAST_WEIGHT);
    let sum: f64 = found.iter().map(|(_, likelihood)| (likelihood - highest).exp()).sum();
    let weighed = |(hyper, likelihood): (_, f64)| Process {
        hyper,
        weight: (likelihood - highest).exp() / sum,
    };
    found.into_iter().map(weighed).collect()
}

fn column(axis: &Axis) -> Column {
    let kind = match axis.kind {
        ParamKind::Number => Kind::Smooth,
        ParamKind::Choices(count) => Kind::Choices(count),
    };
    Column { parameter: 0, kind, is_conditional: axis.is_conditional }
}

impl Axis {
    /// Returns coordinates that represent the axis, all with the same weight.
    fn grid(&self) -> Vec<f64> {
        match self.kind {
            ParamKind::Number => {
                (0..PLACES).map(|cell| (f64::from(cell) + 0.5) / f64::from(PLACES)).collect()
            }
            ParamKind::Choices(count) => (0..count).map(f64::from).collect(),
        }
    }
}

/// Returns the point with all parameters below an axis set to inactive.
fn freed(point: &[f64], axis: &Axis) -> Vec<f64> {
    let mut freed = point.to_vec();
    for index in &axis.below {
        freed[*index] = INACTIVE;
    }
    freed
}

fn variance(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64
}

fn borrowed(points: &[Vec<f64>]) -> Vec<&[f64]> {
    points.iter().map(Vec::as_slice).collect()
}
