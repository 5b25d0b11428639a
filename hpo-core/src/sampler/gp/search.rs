//! The search for the maximum of the acquisition function over mixed spaces.
//!
//! It follows SMAC and Optuna. Candidates are points that fill the space, and one-exchange
//! neighbors of the best configs so far ([Hutter et al.
//! 2011](https://doi.org/10.1007/978-3-642-25566-3_40)). From the best of all of these the search
//! goes uphill: numbers by the gradient and choices one by one, in turn. A small space is
//! enumerated completely.

use std::collections::HashSet;

use super::constrained::ConstrainedAcquisition;
use super::trust_region::TrustRegion;
use crate::gp::encoding::{Encoding, INACTIVE, Kind};
use crate::numeric::lbfgs::{self, Limits};
use crate::numeric::{mix, sobol};
use crate::rng::Rng;
use crate::sampler::AskContext;
use crate::space::{Cardinality, Params, Value};
use crate::trial::History;

/// A space of at most this number of configs is enumerated.
const MOST_LISTED: u128 = 512;

/// The number of candidates that fill the space.
const SPREAD: u64 = 512;

/// The largest number of points that are tried under the space's own constraint.
const MOST_SPREAD: u64 = 8192;

/// The number of times that the way to a forbidden point is halved.
const HALVINGS: u32 = 12;

/// The number of best configs so far whose neighbors are candidates.
pub(super) const BEST: usize = 5;

/// The number of neighbors of each of them, for each of these standard deviations of a number on
/// `[0, 1]`.
const NEIGHBOURS: usize = 8;
const DEVIATIONS: [f64; 3] = [0.2, 0.05, 0.01];

/// The number of candidates from which to go uphill, and of turns between numbers and choices.
const CLIMBED: usize = 4;
const TURNS: usize = 2;
const LIMITS: Limits = Limits { steps: 12, gradient: 1e-4, decrease: 1e-6 };

/// The largest number of choices of one parameter that are tried in a turn.
const MOST_CHOICES: u32 = 16;

/// The largest number of configs that differ in one choice or level, for all parameters together,
/// that are tried in a turn.
const MOST_ALTERNATIVES: usize = 256;

/// The number of configs in the result.
pub(super) const MOST_RANKED: usize = 64;

/// The number of candidates whose acquisition values under constraints are exact.
const MOST_EXACT: usize = 16;

/// A search for the configs with the highest acquisition values.
#[derive(Debug)]
pub(super) struct Search<'a> {
    pub(super) encoding: &'a Encoding,
    pub(super) history: History<'a>,
    pub(super) judge: ConstrainedAcquisition<'a>,
    /// An acquisition function with smaller models that screens the candidates; `None` if there are
    /// few results.
    pub(super) coarse: Option<ConstrainedAcquisition<'a>>,
    /// The region to search; `None` for the whole space.
    pub(super) region: Option<TrustRegion<'a>>,
}

/// A config with its point and its acquisition value.
#[derive(Clone, Debug)]
struct Candidate {
    params: Params,
    point: Vec<f64>,
    worth: f64,
}

impl Search<'_> {
    /// Returns distinct configs, the one with the highest acquisition value first. `best` are the
    /// points of the best configs so far.
    pub(super) fn ranked(&self, best: &[&[f64]], ask: AskContext) -> Vec<Params> {
        if let Cardinality::Finite(count @ ..=MOST_LISTED) =
            self.encoding.flat_space().cardinality()
        {
            let all = (0..count).filter_map(|index| self.encoding.flat_space().nth(index));
            let wanted = all.filter(|config| self.history.has_fixed_values(config));
            return in_order(self.judged(wanted.collect(), usize::MAX), usize::MAX);
        }
        let rng = &mut ask.rng();
        let mut configs = self.spread(ask);
        if let Some(region) = &self.region {
            configs =
                configs.into_iter().map(|config| self.drawn_in(region, &config, rng)).collect();
        }
        for point in best {
            configs.extend(self.neighbours(point, rng));
        }
        if let Some(coarse) = &self.coarse {
            configs = in_order(self.judged_by(coarse, configs, MOST_RANKED), MOST_RANKED);
        }
        let mut candidates = self.judged(configs, MOST_EXACT);
        candidates.sort_by(|a, b| b.worth.total_cmp(&a.worth));
        for index in 0..CLIMBED.min(candidates.len()) {
            let top = self.climb(candidates[index].clone(), rng);
            candidates.push(top);
        }
        in_order(candidates, MOST_RANKED)
    }

    /// Returns points that fill the space according to its priors, different ones for each trial.
    /// Those that the space's own constraint forbids are replaced by further ones, as far as
    /// [`MOST_SPREAD`] points go.
    fn spread(&self, ask: AskContext) -> Vec<Params> {
        let key = mix(ask.seed ^ mix(ask.number ^ 1 << 63));
        let flat = self.encoding.flat_space();
        let config = |index| {
            flat.fill(|id, parameter| {
                let free = || parameter.quantile(sobol::point(index, id, key));
                self.history.fixed_value(id).unwrap_or_else(free)
            })
        };
        let (mut configs, forbidden): (Vec<Params>, Vec<Params>) =
            (0..SPREAD).map(config).partition(|config| self.history.allows(config));
        let more = (SPREAD..MOST_SPREAD).map(config).filter(|config| self.history.allows(config));
        configs.extend(more.take(forbidden.len()));
        configs
    }

    fn drawn_in(&self, region: &TrustRegion<'_>, config: &Params, rng: &mut Rng) -> Params {
        let mut point = self.point(config);
        region.draw_in(&mut point);
        self.config(&point, rng)
    }

    fn neighbours(&self, point: &[f64], rng: &mut Rng) -> Vec<Params> {
        let active: Vec<usize> = (0..self.encoding.columns().len())
            .filter(|index| point[*index] != INACTIVE && !self.is_fixed(*index))
            .collect();
        let mut found = Vec::with_capacity(DEVIATIONS.len() * NEIGHBOURS);
        if let Some(last) = active.len().checked_sub(1) {
            for deviation in DEVIATIONS {
                for _ in 0..NEIGHBOURS {
                    let mut nearest = point.to_vec();
                    let index = active[rng.below_or_at(last as u64) as usize];
                    nearest[index] = self.exchanged(index, nearest[index], deviation, rng);
                    found.push(self.config(&nearest, rng));
                }
            }
        }
        found
    }

    /// Returns another coordinate in a column.
    fn exchanged(&self, index: usize, place: f64, deviation: f64, rng: &mut Rng) -> f64 {
        match self.encoding.columns()[index].kind {
            Kind::Smooth => (place + deviation * rng.normal()).clamp(0.0, 1.0),
            Kind::Levels(count) => {
                (rng.below_or_at(u64::from(count) - 1) as f64 + 0.5) / f64::from(count)
            }
            Kind::Choices(count) => {
                let other = rng.below_or_at(u64::from(count) - 2) as f64;
                if other >= place { other + 1.0 } else { other }
            }
        }
    }

    /// Returns the config at a point. Parameters that become active are drawn.
    fn config(&self, point: &[f64], rng: &mut Rng) -> Params {
        self.encoding.flat_space().fill(|id, parameter| {
            if let Some(value) = self.history.fixed_value(id) {
                return value;
            }
            match self.encoding.column_of(id) {
                Some(index) if point[index] == INACTIVE => parameter.draw(rng),
                Some(index) if matches!(self.encoding.columns()[index].kind, Kind::Choices(_)) => {
                    Value::Choice(point[index] as u32)
                }
                Some(index) => parameter.decode(point[index]),
                None => parameter.default_value(),
            }
        })
    }

    fn is_fixed(&self, column: usize) -> bool {
        self.history.fixed_value(self.encoding.columns()[column].parameter).is_some()
    }

    fn point(&self, params: &Params) -> Vec<f64> {
        self.encoding.point(params.iter()).expect("the space's own config is a point of it")
    }

    fn judged(&self, configs: Vec<Params>, count: usize) -> Vec<Candidate> {
        self.judged_by(&self.judge, configs, count)
    }

    /// Evaluates configs, the best `count` exactly. Those that the space's own constraint forbids
    /// get negative infinity, and do not take the place of an exact value.
    fn judged_by(
        &self,
        judge: &ConstrainedAcquisition<'_>,
        configs: Vec<Params>,
        count: usize,
    ) -> Vec<Candidate> {
        let points: Vec<Vec<f64>> = configs.iter().map(|params| self.point(params)).collect();
        let allowed: Vec<usize> =
            (0..configs.len()).filter(|index| self.history.allows(&configs[*index])).collect();
        let some: Vec<&[f64]> = allowed.iter().map(|index| points[*index].as_slice()).collect();
        let mut worths = vec![f64::NEG_INFINITY; configs.len()];
        for (index, worth) in allowed.into_iter().zip(judge.evaluate_best(&some, count)) {
            worths[index] = worth;
        }
        let judged = configs.into_iter().zip(points).zip(worths);
        judged.map(|((params, point), worth)| Candidate { params, point, worth }).collect()
    }

    /// Goes uphill from a candidate, until neither numbers nor choices improve it.
    fn climb(&self, mut candidate: Candidate, rng: &mut Rng) -> Candidate {
        for turn in 0..TURNS {
            let before = candidate.worth;
            if let Some(point) = self.uphill(&candidate.point) {
                let mut config = self.config(&point, rng);
                if !self.history.allows(&config) {
                    config = self.last_allowed(&candidate.point, &point, rng);
                }
                candidate = self.better(candidate, vec![config]);
            }
            let alternatives = self.alternatives(&candidate.point, rng);
            if !alternatives.is_empty() && (turn == 0 || candidate.worth > before) {
                candidate = self.better(candidate, alternatives);
            }
            if candidate.worth <= before {
                break;
            }
        }
        candidate
    }

    /// Returns the last config on the way from one point to another that the space's own constraint
    /// allows, by bisection: an optimum often lies on the boundary.
    fn last_allowed(&self, from: &[f64], to: &[f64], rng: &mut Rng) -> Params {
        let at = |share: f64| -> Vec<f64> {
            from.iter().zip(to).map(|(from, to)| from + share * (to - from)).collect()
        };
        let mut found = self.config(from, rng);
        let (mut share, mut step) = (0.0, 0.5);
        for _ in 0..HALVINGS {
            let config = self.config(&at(share + step), rng);
            if self.history.allows(&config) {
                share += step;
                found = config;
            }
            step /= 2.0;
        }
        found
    }

    fn better(&self, candidate: Candidate, others: Vec<Params>) -> Candidate {
        self.judged(others, 1)
            .into_iter()
            .fold(candidate, |best, other| if other.worth > best.worth { other } else { best })
    }

    /// Returns the maximum along the gradient, with all but the continuous parameters fixed; `None`
    /// if no continuous parameter is active.
    fn uphill(&self, point: &[f64]) -> Option<Vec<f64>> {
        let columns = self.encoding.columns();
        let is_free = |index: &usize| {
            columns[*index].kind == Kind::Smooth
                && point[*index] != INACTIVE
                && !self.is_fixed(*index)
        };
        let free: Vec<usize> = (0..columns.len()).filter(is_free).collect();
        let start: Vec<f64> = free.iter().map(|index| point[*index]).collect();
        if free.is_empty() {
            return None;
        }
        let mut there = point.to_vec();
        let bound = |index: &usize| match &self.region {
            Some(region) => region.bounds(*index, point[*index]),
            None => (0.0, 1.0),
        };
        let bounds: Vec<(f64, f64)> = free.iter().map(bound).collect();
        let minimum = lbfgs::minimize(&start, &bounds, LIMITS, |places, gradient| {
            for (index, place) in free.iter().zip(places) {
                there[*index] = *place;
            }
            let worth = self.judge.evaluate_with_gradient(&there, &free, gradient);
            for component in gradient {
                *component = -*component;
            }
            -worth
        });
        for (index, place) in free.iter().zip(minimum) {
            there[*index] = place;
        }
        Some(there)
    }

    /// Returns configs that differ in one choice or level, and in the parameters below it.
    fn alternatives(&self, point: &[f64], rng: &mut Rng) -> Vec<Params> {
        let mut exchanges = Vec::new();
        for (index, column) in self.encoding.columns().iter().enumerate() {
            if point[index] == INACTIVE || self.is_fixed(index) {
                continue;
            }
            let places: Vec<f64> = match column.kind {
                Kind::Smooth => Vec::new(),
                Kind::Levels(count) => {
                    (0..count).map(|level| (f64::from(level) + 0.5) / f64::from(count)).collect()
                }
                Kind::Choices(count @ ..=MOST_CHOICES) => (0..count).map(f64::from).collect(),
                Kind::Choices(_) => (0..MOST_CHOICES)
                    .map(|_| self.exchanged(index, point[index], 0.0, rng))
                    .collect(),
            };
            exchanges.extend(
                places
                    .into_iter()
                    .filter(|place| *place != point[index])
                    .map(|place| (index, place)),
            );
        }
        while exchanges.len() > MOST_ALTERNATIVES {
            let drawn = rng.below_or_at(exchanges.len() as u64 - 1) as usize;
            exchanges.swap_remove(drawn);
        }
        let config = |(index, place): (usize, f64)| {
            let mut other = point.to_vec();
            other[index] = place;
            self.config(&other, rng)
        };
        exchanges.into_iter().map(config).collect()
    }
}

/// Returns the configs of the best candidates in order, each once, at most `most`.
fn in_order(mut candidates: Vec<Candidate>, most: usize) -> Vec<Params> {
    candidates.sort_by(|a, b| b.worth.total_cmp(&a.worth));
    let mut seen = HashSet::new();
    let new = candidates.into_iter().filter(|candidate| seen.insert(candidate.params.key()));
    new.take(most).map(|candidate| candidate.params).collect()
}
