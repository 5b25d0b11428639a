//! The process as something to look at, rather than to search with: what it believes of the results it was given, and how much
//! each parameter moves what it expects.
//!
//! Kernel, priors of the length scales and fit are the sampler's. The noise is not one that is fitted, which on a single noisy study is
//! readily too small by far: it is averaged over, as are both beliefs about the length scales, each noise with its share of the
//! likelihood ([Hoeting et al. 1999](https://doi.org/10.1214/ss/1009212519)). Results worse than the median count by their rank, as
//! in the sampler's warped outputs; the better half stays as it is, so that what is believed of it is told in its own unit.

use super::encoding::{Column, Encoding, INACTIVE, Kind};
use super::fit::{self, LengthScalePrior};
use super::kernel::Hyperparameters;
use super::output_transform::{moments, rank_worse_half};
use super::posterior::{Posterior, Prediction};
use crate::numeric;

/// Shares of the variance that may be noise, each as likely as the others beforehand.
const NOISES: [f64; 6] = [1e-6, 1e-4, 1e-2, 0.05, 0.2, 0.6];

/// Up to which of them there is next to none, and from which on it matters.
const NO_NOISE: f64 = 1e-4;
const SOME_NOISE: f64 = 0.05;

/// Shares of the likelihood from which on something is plausible.
const PLAUSIBLE: f64 = 0.05;

/// Processes with a smaller share of the likelihood are left out.
const LEAST_WEIGHT: f64 = 1e-3;

/// Places of a number, the middles of equal cells, over which what is expected is averaged.
const PLACES: u32 = 16;

/// What the places of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grid {
    /// Numbers from 0 to 1.
    Numbers,
    /// Indices of so many choices.
    Choices(u32),
}

/// A parameter as the process sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) places: Grid,
    /// Whether it can be inactive.
    pub(crate) is_conditional: bool,
    /// The axes of what is active or not by what this one decides, at any depth.
    pub(crate) below: Vec<usize>,
}

/// A belief about a value: mean and standard deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Expected {
    pub(crate) mean: f64,
    pub(crate) deviation: f64,
}

/// Processes given results, each with its share.
#[derive(Debug)]
pub(crate) struct Surrogate {
    axes: Vec<Axis>,
    encoding: Encoding,
    points: Vec<Vec<f64>>,
    values: Vec<f64>,
    /// Mean and deviation of the losses before they were standardised.
    scale: (f64, f64),
    processes: Vec<Process>,
}

#[derive(Debug)]
struct Process {
    hyper: Hyperparameters,
    weight: f64,
}

impl Surrogate {
    /// Given points, a place an axis, none where it is not active, and finite losses. `None` if the numbers do not allow it.
    ///
    /// The cost grows with the cube of their number: of more than a hundred or two, take a sample.
    pub(crate) fn new(axes: Vec<Axis>, points: &[Vec<Option<f64>>], losses: &[f64]) -> Option<Self> {
        let active = points.iter().flatten().flatten().count() as f64 / points.len().max(1) as f64;
        let encoding = Encoding::flat(axes.iter().map(column).collect(), active);
        // The lag, last of all: all results are final.
        let embedded = |point: &Vec<Option<f64>>| point.iter().map(|x| x.unwrap_or(INACTIVE)).chain([0.0]).collect();
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

    /// Whether the results tell noise from a function that turns quickly: not, if a noise of nearly nothing and one that
    /// matters are both plausible.
    pub(crate) fn tells_noise(&self) -> bool {
        let weight = |is: fn(f64) -> bool| -> f64 {
            self.processes.iter().filter(|process| is(process.hyper.noise[0])).map(|process| process.weight).sum()
        };
        weight(|noise| noise <= NO_NOISE) < PLAUSIBLE || weight(|noise| noise >= SOME_NOISE) < PLAUSIBLE
    }

    /// What is believed of the function at a point, its own result included: the mean; and, so many standard deviations away, the
    /// lowest and the highest loss by any process that is plausible beside the likeliest one.
    pub(crate) fn envelope(&self, row: usize, deviations: f64) -> (f64, f64, f64) {
        let own = self.mixed(Posterior::predict_at_data)[row];
        let mut ends = (own.mean - deviations * own.deviation, own.mean + deviations * own.deviation);
        let most = self.processes.iter().map(|process| process.weight).fold(0.0, f64::max);
        for process in self.processes.iter().filter(|process| process.weight >= PLAUSIBLE * most) {
            let Some(posterior) = self.posterior(process) else { continue };
            let prediction = posterior.predict_at_data()[row];
            let away = deviations * prediction.variance.sqrt();
            let loss = |value: f64| value * self.scale.1 + self.scale.0;
            ends = (ends.0.min(loss(prediction.mean - away)), ends.1.max(loss(prediction.mean + away)));
        }
        (own.mean, ends.0, ends.1)
    }

    /// The standard deviation of the losses as the process sees them.
    pub(crate) fn deviation(&self) -> f64 {
        self.scale.1
    }

    /// What is expected of each result by all others, noise included.
    pub(crate) fn leave_one_out(&self) -> Vec<Expected> {
        self.mixed(|posterior| posterior.leave_one_out(&self.values))
    }

    /// The losses as the process sees them, in their unit: those of the better half as they were given.
    pub(crate) fn losses(&self) -> Vec<f64> {
        self.values.iter().map(|value| value * self.scale.1 + self.scale.0).collect()
    }

    /// The share of the variance of the results that is foreseen, each being left out in turn: 1 at most, 0 being chance.
    pub(crate) fn foreseen(&self) -> f64 {
        let (losses, expected) = (self.losses(), self.leave_one_out());
        let missed = |(loss, expected): (&f64, &Expected)| ((loss - expected.mean) / self.scale.1).powi(2);
        1.0 - losses.iter().zip(&expected).map(missed).sum::<f64>() / losses.len() as f64
    }

    /// For each axis, the variance of what is expected when it alone is changed, evenly over its range, in the mean over the
    /// points, as a share of the variance of the results. Where it is not active that is 0; what hangs on it stands in its middle meanwhile.
    pub(crate) fn sensitivities(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.axes.len()];
        for process in &self.processes {
            let Some(posterior) = self.posterior(process) else { continue };
            for point in &self.points {
                for (index, axis) in self.axes.iter().enumerate().filter(|(index, _)| point[*index] != INACTIVE) {
                    sums[index] +=
                        process.weight * variance(&posterior.means_along(&freed(point, axis), index, &axis.grid()));
                }
            }
        }
        sums.into_iter().map(|sum| sum / self.points.len() as f64).collect()
    }

    fn posterior<'a>(&'a self, process: &'a Process) -> Option<Posterior<'a>> {
        Posterior::new(&self.encoding, &process.hyper, &borrowed(&self.points), &self.values)
    }

    /// The moments of the mixture of all processes, in the unit of the losses.
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

/// Fitted with each noise and belief, weighed by the likelihood.
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
    let weighed = |(hyper, likelihood): (_, f64)| Process { hyper, weight: (likelihood - highest).exp() / sum };
    found.into_iter().map(weighed).collect()
}

fn column(axis: &Axis) -> Column {
    let kind = match axis.places {
        Grid::Numbers => Kind::Smooth,
        Grid::Choices(count) => Kind::Choices(count),
    };
    Column { slot: 0, kind, is_conditional: axis.is_conditional }
}

impl Axis {
    /// Places that stand for all, each for as much as any other.
    fn grid(&self) -> Vec<f64> {
        match self.places {
            Grid::Numbers => (0..PLACES).map(|cell| (f64::from(cell) + 0.5) / f64::from(PLACES)).collect(),
            Grid::Choices(count) => (0..count).map(f64::from).collect(),
        }
    }
}

/// The point without what hangs on an axis.
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
