//! The state of the search as a fold over the finished trials, in the order in which they ended.
//!
//! The first trials, `startup` of them, determine where to begin. After them, each run of
//! `population` trials is a generation, from any source: a trial from the queue or of another
//! sampler is a step like any other. `distribution.rs` shortens steps that are too long. A trial
//! where the distribution never draws is skipped, unless it is better than the last generation. So
//! the members of a generation follow from the history alone.

use std::sync::Arc;

use super::Restarts;
use super::categorical::{self, Choices};
use super::config::CmaesBuilder;
use super::covariance::{Covariance, MOST_FULL, lower_triangle};
use super::distribution::{self, SearchDistribution};
use super::encoding::{Encoding, Point};
use super::fitness::Fitness;
use super::rates::Rates;
use crate::numeric::mix;
use crate::rng::Rng;
use crate::sampler::absurd;
use crate::sampler::share::Share;
use crate::space::{FlatSpace, Params};
use crate::trial::History;

/// The share of the first trials from which the search begins, and the standard deviation that is
/// added to theirs ([Nomura et al. 2021](https://arxiv.org/abs/2012.06932)).
const BEST: f64 = 0.1;
const ADDED: f64 = 0.1;

/// A run has converged if the standard deviations of all continuous parameters are below this.
const NARROWEST: f64 = 1e-9;

/// The relative difference up to which losses are equal.
const EQUAL: f64 = 1e-12;

#[derive(Clone, Debug)]
pub(super) struct Evolution {
    encoding: Arc<Encoding>,
    settings: CmaesBuilder,
    own: Option<Share>,
    seed: u64,
    /// The members of the generation that is not complete yet.
    gathered: Vec<Finished>,
    current: Option<Run>,
    restarts: u32,
    /// The number of trials spent on small populations, and on growing ones.
    spent: [u64; 2],
}

/// One run from its start to its convergence.
#[derive(Clone, Debug)]
struct Run {
    population: usize,
    is_large: bool,
    rates: Rates,
    normal: SearchDistribution,
    choices: Choices,
    generation: u32,
    /// The best and the worst loss of each of the latest generations.
    recent: Vec<(f64, f64)>,
}

/// A finished trial as a member of a generation.
#[derive(Clone, Debug)]
struct Finished {
    point: Point,
    fitness: Fitness,
}

impl Evolution {
    pub(super) fn new(
        flat: &Arc<FlatSpace>,
        settings: CmaesBuilder,
        own: Option<Share>,
        seed: u64,
    ) -> Self {
        let encoding = Arc::new(Encoding::new(flat));
        let mut evolution = Self {
            encoding,
            settings,
            own,
            seed,
            gathered: Vec::new(),
            current: None,
            restarts: 0,
            spent: [0; 2],
        };
        if settings.startup == 0 {
            evolution.current = Some(evolution.first(Vec::new()));
        }
        evolution
    }

    /// Reads the next trial that has ended.
    pub(super) fn read(&mut self, history: History<'_>, number: u64) {
        let parameters = self.encoding.parameters();
        if self.own.is_some_and(|own| !own.holds(parameters, self.seed, number)) {
            return;
        }
        let trial = history.trial(number);
        let Some(point) = self.encoding.point(trial.params()) else {
            return;
        };
        let member = Finished { point, fitness: Fitness::of(trial, history.directions()[0]) };
        if !self.current.as_ref().is_some_and(|run| run.is_outlier(&member)) {
            self.add(member);
        }
    }

    /// Adds a trial to the generation, and updates the run if that completes it.
    fn add(&mut self, member: Finished) {
        self.gathered.push(member);
        let needed =
            self.current.as_ref().map_or(self.settings.startup as usize, |run| run.population);
        if self.gathered.len() < needed {
            return;
        }
        let mut members = std::mem::take(&mut self.gathered);
        fail_absurd(&mut members);
        let Some(run) = &mut self.current else {
            self.current = Some(self.first(members));
            return;
        };
        self.spent[usize::from(run.is_large)] += members.len() as u64;
        if run.learn(&self.encoding, members).is_none() || run.is_over(&self.encoding) {
            self.restart();
        }
    }

    /// Draws a config for a trial; `None` until the first trials have ended.
    pub(super) fn draw(&self, rng: &mut Rng) -> Option<Params> {
        let run = self.current.as_ref()?;
        Some(self.encoding.params(&run.normal.draw(rng), &run.choices.draw(rng)))
    }

    /// Describes the state of the current run; `None` until the first trials have ended.
    pub(super) fn summary(&self) -> Option<String> {
        let run = self.current.as_ref()?;
        let widest = (0..self.encoding.numbers.len())
            .map(|index| run.normal.deviation(index))
            .fold(0.0, f64::max);
        Some(format!(
            "generation {} of {} trials, widest deviation {widest:.2e}, {} restarts",
            run.generation + 1,
            run.population,
            self.restarts
        ))
    }

    fn population(&self) -> usize {
        let natural = 4 + (3.0 * self.encoding.active.max(1.0).ln()).floor() as usize;
        self.settings.population.map_or(natural, |population| population as usize)
    }

    /// Creates the run that begins at the best of the first trials, or in the middle if there are
    /// none.
    fn first(&self, mut members: Vec<Finished>) -> Run {
        members.sort_by(|a, b| a.fitness.order(b.fitness));
        let best = (members.len() as f64 * BEST).ceil() as usize;
        members.truncate(best);
        members.retain(|member| member.fitness.is_finite());
        let points: Vec<&Point> = members.iter().map(|member| &member.point).collect();
        let normal = if points.is_empty() { self.centered(1.0) } else { self.around(&points) };
        let mut choices = Choices::new(&self.encoding);
        choices.begin(&points);
        self.new_run(normal, choices, self.population(), false)
    }

    fn new_run(
        &self,
        normal: SearchDistribution,
        choices: Choices,
        population: usize,
        is_large: bool,
    ) -> Run {
        let size = self.encoding.numbers.len();
        let rates = Rates::new(size, population, size > MOST_FULL);
        Run { population, is_large, rates, normal, choices, generation: 0, recent: Vec::new() }
    }

    fn centered(&self, width: f64) -> SearchDistribution {
        let numbers = &self.encoding.numbers;
        let width = width * self.settings.width / super::encoding::WIDTH;
        let variances: Vec<f64> =
            numbers.iter().map(|number| (width * number.start.1).powi(2)).collect();
        SearchDistribution::new(
            numbers.iter().map(|number| number.start.0).collect(),
            Covariance::diagonal(&variances),
        )
    }

    /// Returns a distribution around the best of the first trials: their mean, and their covariance
    /// with a small variance added.
    fn around(&self, points: &[&Point]) -> SearchDistribution {
        let numbers = &self.encoding.numbers;
        let known = |index: usize| points.iter().filter_map(move |point| point.numbers[index]);
        let mean: Vec<f64> = (0..numbers.len())
            .map(|index| {
                let count = known(index).count();
                if count == 0 {
                    numbers[index].start.0
                } else {
                    known(index).sum::<f64>() / count as f64
                }
            })
            .collect();
        let own = |index: usize| {
            if known(index).next().is_some() { ADDED } else { numbers[index].start.1 }
        };
        let away = |point: &Point, index: usize| {
            point.numbers[index].map_or(0.0, |position| position - mean[index])
        };
        let entry = |i: usize, j: usize| {
            let sum: f64 = points.iter().map(|point| away(point, i) * away(point, j)).sum();
            sum / points.len() as f64 + if i == j { own(i).powi(2) } else { 0.0 }
        };
        let variances =
            || (0..numbers.len()).map(|index| entry(index, index)).collect::<Vec<f64>>();
        let full = (numbers.len() <= MOST_FULL).then(|| lower_triangle(numbers.len(), entry));
        let covariance = full
            .and_then(|lower| Covariance::full(numbers.len(), lower))
            .unwrap_or_else(|| Covariance::diagonal(&variances()));
        SearchDistribution::new(mean, covariance)
    }

    /// Begins the next run: at a random point, with a population according to the setting.
    fn restart(&mut self) {
        self.restarts += 1;
        let rng = &mut Rng::derive(mix(self.seed ^ RESTART), u64::from(self.restarts));
        let (first, is_large) = (self.population(), self.grows());
        let doubled = self.restarts.min(10);
        let (population, width) = match self.settings.restarts {
            _ if is_large => (first << doubled, 1.0),
            Restarts::Same | Restarts::Growing => (first, 1.0),
            Restarts::Both => {
                // As in BIPOP: between the first size and half of the largest one, preferably
                // small, and with a smaller width.
                let exponent = rng.unit().powi(2);
                let ratio = (0.5 * f64::from(1_u32 << doubled)).max(1.0);
                ((first as f64 * ratio.powf(exponent)) as usize, 10_f64.powf(-2.0 * rng.unit()))
            }
        };
        let mut normal = self.centered(width);
        normal.mean.iter_mut().for_each(|mean| *mean = rng.unit());
        let choices = Choices::new(&self.encoding);
        self.current = Some(self.new_run(normal, choices, population, is_large));
    }

    /// Returns true if the next run has a larger population.
    fn grows(&self) -> bool {
        match self.settings.restarts {
            Restarts::Same => false,
            Restarts::Growing => true,
            Restarts::Both => self.spent[1] <= self.spent[0],
        }
    }
}

const RESTART: u64 = 0x5245_5354_4152_5400;

/// Marks members with an absurdly good loss as failed.
fn fail_absurd(members: &mut [Finished]) {
    let losses: Vec<f64> =
        members.iter().map(|member| member.fitness.loss().unwrap_or(f64::NAN)).collect();
    for row in absurd::loss_indices(&losses) {
        members[row].fitness = Fitness::Failed;
    }
}

impl Run {
    /// Updates the distributions by a generation; `None` if the numbers become invalid.
    fn learn(&mut self, encoding: &Encoding, mut members: Vec<Finished>) -> Option<()> {
        self.generation += 1;
        members.sort_by(|a, b| a.fitness.order(b.fitness));
        self.record_losses(&members);
        let ties: Vec<usize> = members
            .chunk_by(|a, b| a.fitness.order(b.fitness).is_eq())
            .map(<[Finished]>::len)
            .collect();
        let weights = self.rates.shared(&ties);
        let chosen = |(member, weight): (&Finished, &_)| categorical::Member {
            choices: member.point.choices.clone(),
            weight: *weight,
        };
        self.choices.learn(&members.iter().zip(&weights).map(chosen).collect::<Vec<_>>());
        let numeric_members = |(member, weight): (&Finished, &_)| distribution::Member {
            coordinates: member.point.numbers.clone(),
            weight: *weight,
        };
        let numeric_members: Vec<distribution::Member> =
            members.iter().zip(&weights).map(numeric_members).collect();
        self.normal.learn(encoding, &self.rates, &numeric_members)
    }

    /// Returns true if a trial lies where the distribution never draws, and is not good enough to
    /// move there. It is from another sampler or an earlier run, and does not inform about the
    /// region that is searched now.
    fn is_outlier(&self, member: &Finished) -> bool {
        let best = self.recent.last().map_or(f64::INFINITY, |bounds| bounds.0);
        self.normal.is_far(&member.point.numbers)
            && !member.fitness.loss().is_some_and(|loss| loss < best)
    }

    fn record_losses(&mut self, members: &[Finished]) {
        let losses = || members.iter().filter_map(|member| member.fitness.loss());
        let bounds =
            (losses().fold(f64::INFINITY, f64::min), losses().fold(f64::NEG_INFINITY, f64::max));
        let window = 10 + (30 * self.normal.mean.len()).div_ceil(self.population);
        if self.recent.len() >= window {
            self.recent.remove(0);
        }
        self.recent.push(bounds);
    }

    /// Returns true if the run has converged: all recent losses are equal, or the distribution is
    /// very narrow.
    fn is_over(&self, encoding: &Encoding) -> bool {
        let smooth =
            (0..encoding.numbers.len()).filter(|index| encoding.numbers[*index].levels.is_none());
        let widest = smooth.map(|index| self.normal.deviation(index)).reduce(f64::max);
        let window = 10 + (30 * self.normal.mean.len()).div_ceil(self.population);
        let best = self.recent.iter().map(|bounds| bounds.0).fold(f64::INFINITY, f64::min);
        let worst = self.recent.iter().map(|bounds| bounds.1).fold(f64::NEG_INFINITY, f64::max);
        let is_flat = self.recent.len() >= window && worst <= best + EQUAL * best.abs();
        is_flat || widest.is_some_and(|widest| widest < NARROWEST)
    }
}
