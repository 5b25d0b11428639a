//! The best of many noisy values is better than what its config is worth (selection bias): what to expect of it instead.
//!
//! 1. Where configs were run several times, the mean of the best one's other runs, with the spread of all that were run more than once.
//!    The run for which it was chosen is left out: of many, it is the luckiest.
//! 2. Else what Gaussian processes believe of it by all trials (`sampler/gp/surrogate.rs`). Their weak side is the noise: far apart, trials are
//!    explained as well by a function that turns quickly as by noise, and the former believes every lucky value. So processes with all
//!    noises are asked, and where both a noise of nearly nothing and one that matters are plausible, nothing is said. Nor is it where
//!    the process foresees next to nothing of results that are left out.
//!
//! The interval of the processes holds those of all that are plausible, widened by a quarter, and further if results left out miss what was
//! expected of them by more than it claims (Rasmussen and Williams 2006, section 5.4.2). The quarter is measured: on eight
//! functions under no, small and large noise, 60 and 150 trials, intervals that claim 95 % then held the truth in 93 to 96 of 100 cases,
//! and in 84 of the worst kind; without it and the envelope, in 86 to 89.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

use super::Subject;
use super::advice::short;
use super::importance::{Data, LEAST_FORESEEN, nearest, sample};
use crate::numeric;
use crate::rng::Rng;

/// Two-sided, 95 % of a normal distribution.
const QUANTILE: f64 = 1.96;
/// By how many of its own standard deviations the mean of the other runs has to be worse, to be called luck.
const LEAST_BIAS: f64 = 0.5;
/// Degrees of freedom from which on a spread is believed.
const FEWEST_REPEATS: usize = 5;
/// By how much the intervals of processes are widened.
const SLACK: f64 = 1.25;
/// Trials from which on processes are asked, and how many of them are: half of them the nearest, the others drawn from the rest. Never by their
/// values, for those that look good were lucky.
const FEWEST_TRIALS: usize = 20;
const MOST_TRIALS: usize = 100;
/// The most parameters.
const MOST_PARAMS: usize = 100;

/// What to expect of the best config, beside what was observed.
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
/// let study = Study::<Point>::minimize().seed(3).run(60, |point| 10.0 * point.x * point.x + noise(&point))?;
/// let found = study.expectation()?.expect("it can be told");
/// assert!(found.observed < -1.0 && found.is_lucky());
/// assert!(found.interval.0 < 0.3 && found.interval.1 > 0.0, "{found}");
/// # Ok::<(), hpo_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Expectation {
    /// The best trial.
    pub trial: u64,
    /// Its value.
    pub observed: f64,
    /// What is to be expected of its config.
    pub expected: f64,
    /// Between which values that lies, with a probability of 95 %.
    pub interval: (f64, f64),
    /// What that is known from.
    pub basis: Basis,
    is_lucky: bool,
}

/// What an expectation is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Basis {
    /// The mean of so many runs of the config, without the one for which it was chosen.
    Runs(u64),
    /// A Gaussian process of so many trials.
    Process(u64),
}

/// The same as a loss: small is good.
struct Found {
    mean: f64,
    low: f64,
    high: f64,
    is_lucky: bool,
    basis: Basis,
}

impl Expectation {
    /// Of the best complete trial that keeps its constraints, of a study with one objective; none where it cannot be told.
    #[must_use]
    pub fn of(subject: &Subject<'_>) -> Option<Self> {
        if subject.directions.len() != 1 {
            return None;
        }
        let data = Data::of(subject, 0).ok()?;
        let trial = *super::best::best_trials(subject).first()?;
        let best = data.numbers.iter().position(|number| *number == trial)?;
        let found = by_runs(subject, &data, best).or_else(|| by_process(&data, best))?;
        let value = |loss| data.direction.loss(loss);
        let ends = [found.low, found.high].map(value);
        Some(Self {
            trial,
            observed: value(data.losses[best]),
            expected: value(found.mean),
            interval: (ends[0].min(ends[1]), ends[0].max(ends[1])),
            basis: found.basis,
            is_lucky: found.is_lucky,
        })
    }

    /// Whether the value was clearly lucky: of several runs, if it is better than the mean of the others by half that mean's standard error; by a process, if it
    /// lies outside of the interval.
    #[must_use]
    pub fn is_lucky(&self) -> bool {
        self.is_lucky
    }
}

fn by_runs(subject: &Subject<'_>, data: &Data, best: usize) -> Option<Found> {
    let key = |number: u64| -> Vec<(u32, u64)> {
        subject.trials.params(number).map(|(id, value)| (id.0, value.bits())).collect()
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
    let squares = |losses: &Vec<f64>| losses.iter().map(|loss| (loss - mean(losses)).powi(2)).sum::<f64>();
    let mut sums: Vec<f64> = groups.values().map(squares).collect();
    // In a fixed order, whatever the hash map's.
    sums.sort_unstable_by(f64::total_cmp);
    let others = own.len() - 1;
    let deviation = unit * (sums.iter().sum::<f64>() / free as f64 / others as f64).sqrt();
    let mean = unit * (own.iter().sum::<f64>() - data.losses[best] / unit) / others as f64;
    let away = quantile(free) * deviation;
    let is_lucky = mean - data.losses[best] > LEAST_BIAS * deviation;
    Some(Found { mean, low: mean - away, high: mean + away, is_lucky, basis: Basis::Runs(others as u64) })
}

/// The quantile of Student's t for 95 %, by the first terms of its expansion at the normal one's (Abramowitz and Stegun, 26.7.5).
fn quantile(freedom: usize) -> f64 {
    let (z, n) = (QUANTILE, freedom as f64);
    z + (z.powi(3) + z) / (4.0 * n) + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * n * n)
}

fn by_process(data: &Data, best: usize) -> Option<Found> {
    if data.losses.len() < FEWEST_TRIALS || data.columns.len() > MOST_PARAMS {
        return None;
    }
    let rows = rows(data, best);
    let surrogate = data.surrogate(&rows)?;
    let (losses, left_out) = (surrogate.losses(), surrogate.leave_one_out());
    // One worse than the median, as of few trials that keep their constraints, would not be in its own unit.
    let is_changed = (losses[0] - data.losses[best]).abs() > 1e-9 * surrogate.deviation();
    if is_changed || !surrogate.tells_noise() || surrogate.foreseen() < LEAST_FORESEEN {
        return None;
    }
    let missed = losses.iter().zip(&left_out).map(|(loss, own)| ((loss - own.mean) / own.deviation).powi(2));
    let spread = (missed.sum::<f64>() / losses.len() as f64).sqrt().max(1.0);
    let (mean, low, high) = surrogate.envelope(0, QUANTILE * SLACK * spread);
    let told = [mean, low, high].iter().all(|loss| loss.is_finite());
    let is_lucky = data.losses[best] < low;
    told.then_some(Found { mean, low, high, is_lucky, basis: Basis::Process(rows.len() as u64) })
}

/// The best one first.
fn rows(data: &Data, best: usize) -> Vec<usize> {
    let mut rows = nearest(data, best);
    if rows.len() > MOST_TRIALS {
        let rest = rows.split_off(MOST_TRIALS / 2);
        let drawn = sample(rest.len(), MOST_TRIALS - rows.len(), &mut Rng::derive(0, 0));
        rows.extend(drawn.into_iter().map(|place| rest[place]));
    }
    rows
}

impl fmt::Display for Expectation {
    /// `expect 0.31 (95 %: 0.28 to 0.34) of its config, by ..`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [expected, low, high] = [self.expected, self.interval.0, self.interval.1].map(short);
        write!(f, "expect {expected} (95 %: {low} to {high}) of its config, by ")?;
        match self.basis {
            Basis::Runs(1) => write!(f, "its other run"),
            Basis::Runs(runs) => write!(f, "the mean of its {runs} other runs"),
            Basis::Process(trials) => write!(f, "a Gaussian process of {trials} trials"),
        }
    }
}
