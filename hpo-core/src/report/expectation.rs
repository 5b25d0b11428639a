//! The expected value of the best config. The best of many noisy values is better than the true
//! value of its config (selection bias).
//!
//! 1. If configs were run several times, the expectation is the mean of the best config's other
//!    runs, with the variance pooled over all configs that were run more than once. The run for
//!    which the config was selected is left out: it is the luckiest of many.
//! 2. Otherwise, it is the posterior of Gaussian processes fitted to the trials
//!    (`gp/surrogate.rs`). Their weak point is the noise: trials that are far apart are explained
//!    as well by a rapidly changing function as by noise, and the former takes every lucky value
//!    for true. So processes with several noise variances are fitted. If both a noise near zero and
//!    a substantial noise are plausible, there is no expectation. The same holds if the processes
//!    predict next to nothing of left-out results.
//!
//! The interval of the processes covers those of all plausible ones, widened by a quarter. It is
//! widened further if the residuals of left-out results are larger than predicted (Rasmussen and
//! Williams 2006, section 5.4.2). The quarter is measured: on eight functions with no, small and
//! large noise, with 60 and 150 trials, nominal 95 % intervals then contained the truth in 93 to 96
//! of 100 cases, and in 84 of the worst kind; without the quarter and the envelope, in 86 to 89.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

use super::StudyView;
use super::importance::{Data, LEAST_FORESEEN, nearest, sample};
use crate::numeric;
use crate::numeric::format::significant;
use crate::rng::Rng;

/// The two-sided 95 % quantile of the normal distribution.
const QUANTILE: f64 = 1.96;
/// The difference between the best value and the mean of the other runs that counts as luck, in
/// standard errors of that mean.
const LEAST_BIAS: f64 = 0.5;
/// The fewest degrees of freedom for the variance of repeated runs.
const FEWEST_REPEATS: usize = 5;
/// The factor by which the intervals of processes are widened.
const SLACK: f64 = 1.25;
/// The fewest trials to which processes are fitted.
const FEWEST_TRIALS: usize = 20;
/// The maximum number of trials to which processes are fitted. Half of them are the nearest ones,
/// the others are a random sample of the rest. Trials are never selected by their values, since
/// those that look good were lucky.
const MOST_TRIALS: usize = 100;
/// The maximum number of parameters for which processes are fitted.
const MOST_PARAMS: usize = 100;

/// The expected value of the best config, in contrast to the observed one.
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_core::rng::Rng;
///
/// #[derive(Debug, Clone, SearchSpace)]
/// struct Point {
///     #[search_space(range = -1.0..=1.0)]
///     x: f64,
/// }
///
/// // A bowl whose lowest value is 0, under noise.
/// let noise = |point: &Point| Rng::derive(point.x.to_bits(), 0).normal();
/// let value = |point: &Point| 10.0 * point.x * point.x + noise(point);
/// let study = Study::<Point>::minimize().seed(3).run(60, |point| value(&point))?;
/// let estimate = study.expectation()?.expect("the data suffice");
/// assert!(estimate.observed < -1.0 && estimate.is_lucky());
/// assert!(estimate.interval.0 < 0.3 && estimate.interval.1 > 0.0, "{estimate}");
/// # Ok::<(), hpo_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ValueEstimate {
    /// The number of the best trial.
    pub trial: u64,
    /// The observed value of the best trial.
    pub observed: f64,
    /// The expected value of its config.
    pub expected: f64,
    /// The interval that contains the true value with a probability of 95 %.
    pub interval: (f64, f64),
    /// The data that the expectation is based on.
    pub basis: EstimateBasis,
    is_lucky: bool,
}

/// The data that an expectation is based on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EstimateBasis {
    /// The mean of the given number of runs of the config, without the one for which it was
    /// selected.
    Runs(u64),
    /// A Gaussian process fitted to the given number of trials.
    Process(u64),
}

/// An expectation in terms of losses: small is good.
struct Estimate {
    mean: f64,
    low: f64,
    high: f64,
    is_lucky: bool,
    basis: EstimateBasis,
}

impl ValueEstimate {
    /// Returns the expectation for the best complete trial that keeps its constraints. Returns
    /// `None` if the study has several objectives, or the data do not suffice.
    #[must_use]
    pub fn of(view: &StudyView<'_>) -> Option<Self> {
        if view.directions.len() != 1 {
            return None;
        }
        let data = Data::of(view, 0).ok()?;
        let trial = *super::best::best_trials(view).first()?;
        let best = data.numbers.iter().position(|number| *number == trial)?;
        let estimate = by_runs(view, &data, best).or_else(|| by_process(&data, best))?;
        let value = |loss| data.direction.loss(loss);
        let ends = [estimate.low, estimate.high].map(value);
        Some(Self {
            trial,
            observed: value(data.losses[best]),
            expected: value(estimate.mean),
            interval: (ends[0].min(ends[1]), ends[0].max(ends[1])),
            basis: estimate.basis,
            is_lucky: estimate.is_lucky,
        })
    }

    /// Returns true if the observed value was clearly lucky. With repeated runs: if it is better
    /// than the mean of the other runs by half that mean's standard error. With a process: if it
    /// lies outside the interval.
    #[must_use]
    pub fn is_lucky(&self) -> bool {
        self.is_lucky
    }
}

fn by_runs(view: &StudyView<'_>, data: &Data, best: usize) -> Option<Estimate> {
    let key = |number: u64| -> Vec<(u32, u64)> {
        view.trials.params(number).map(|(id, value)| (id.0, value.bits())).collect()
    };
    let unit = numeric::unit(&data.losses);
    let mut groups: HashMap<Vec<(u32, u64)>, Vec<f64>> = HashMap::new();
    for (number, loss) in data.numbers.iter().zip(&data.losses) {
        groups.entry(key(*number)).or_default().push(*loss / unit);
    }
    let own = &groups[&key(data.numbers[best])];
    let free: usize = groups.values().map(|losses| losses.len() - 1).sum();
    if own.len() < 2 || free < FEWEST_REPEATS {
        return None;
    }
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    let squares =
        |losses: &Vec<f64>| losses.iter().map(|loss| (loss - mean(losses)).powi(2)).sum::<f64>();
    let mut sums: Vec<f64> = groups.values().map(squares).collect();
    // The order of a hash map is random, and the sum depends on the order.
    sums.sort_unstable_by(f64::total_cmp);
    let others = own.len() - 1;
    let deviation = unit * (sums.iter().sum::<f64>() / free as f64 / others as f64).sqrt();
    let mean = unit * (own.iter().sum::<f64>() - data.losses[best] / unit) / others as f64;
    let away = quantile(free) * deviation;
    let is_lucky = mean - data.losses[best] > LEAST_BIAS * deviation;
    Some(Estimate {
        mean,
        low: mean - away,
        high: mean + away,
        is_lucky,
        basis: EstimateBasis::Runs(others as u64),
    })
}

/// Returns the 95 % quantile of Student's t distribution, by the first terms of its expansion at
/// the normal quantile (Abramowitz and Stegun, 26.7.5).
fn quantile(freedom: usize) -> f64 {
    let (z, n) = (QUANTILE, freedom as f64);
    z + (z.powi(3) + z) / (4.0 * n)
        + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * n * n)
}

fn by_process(data: &Data, best: usize) -> Option<Estimate> {
    if data.losses.len() < FEWEST_TRIALS || data.columns.len() > MOST_PARAMS {
        return None;
    }
    let rows = rows(data, best);
    let surrogate = data.surrogate(&rows)?;
    let (losses, left_out) = (surrogate.losses(), surrogate.leave_one_out());
    // A value worse than the median is transformed, so its unit is lost. This happens if few trials
    // keep their constraints.
    let is_changed = (losses[0] - data.losses[best]).abs() > 1e-9 * surrogate.deviation();
    if is_changed || !surrogate.tells_noise() || surrogate.foreseen() < LEAST_FORESEEN {
        return None;
    }
    let missed =
        losses.iter().zip(&left_out).map(|(loss, own)| ((loss - own.mean) / own.deviation).powi(2));
    let spread = (missed.sum::<f64>() / losses.len() as f64).sqrt().max(1.0);
    let (mean, low, high) = surrogate.envelope(0, QUANTILE * SLACK * spread);
    let is_finite = [mean, low, high].iter().all(|loss| loss.is_finite());
    let is_lucky = data.losses[best] < low;
    is_finite.then_some(Estimate {
        mean,
        low,
        high,
        is_lucky,
        basis: EstimateBasis::Process(rows.len() as u64),
    })
}

/// Returns the rows to which the process is fitted, the best trial first.
fn rows(data: &Data, best: usize) -> Vec<usize> {
    let mut rows = nearest(data, best);
    if rows.len() > MOST_TRIALS {
        let others = rows.split_off(MOST_TRIALS / 2);
        let drawn = sample(others.len(), MOST_TRIALS - rows.len(), &mut Rng::derive(0, 0));
        rows.extend(drawn.into_iter().map(|index| others[index]));
    }
    rows
}

impl fmt::Display for ValueEstimate {
    /// Writes the expectation in words, such as `the expected value of its config is 0.31 (95 %
    /// interval: 0.28 to 0.34), by its other run`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [expected, low, high] =
            [self.expected, self.interval.0, self.interval.1].map(|value| significant(value, 4));
        write!(f, "the expected value of its config is {expected} ")?;
        write!(f, "(95 % interval: {low} to {high}), by ")?;
        match self.basis {
            EstimateBasis::Runs(1) => write!(f, "its other run"),
            EstimateBasis::Runs(runs) => write!(f, "the mean of its {runs} other runs"),
            EstimateBasis::Process(trials) => {
                write!(f, "a Gaussian process fitted to {trials} trials")
            }
        }
    }
}
