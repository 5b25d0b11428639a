//! The training data of the models: points with their losses, and pending points.
//!
//! A loss is a value with its sign turned so that small is good. Not every trial has one:
//! - A failed trial, or one that ended with an infinite or absurd value (`numeric/ordinary.rs`),
//!   counts as the worst ordinary value. The model has to learn to avoid it, and a larger number
//!   would only claim to know how much worse it is.
//! - A trial that was stopped, is paused or is still running counts with its forecast
//!   ([`LearningCurves`]) and has a lag, the last coordinate of its point: the model trusts it less.
//!   A stopped trial without reports counts as failed.
//!
//! The trials that ended are in the order in which they did, so that a fit to the first of them
//! remains the same when more end. If there are paused trials, these are results too, and all
//! results are in the order of their numbers: a promoted trial keeps its place.
//!
//! Several objectives are combined into one loss, by weights that depend on the trial for which a
//! config is asked (`sampler/scalarization.rs`). Then a trial that was stopped counts as failed,
//! since its reports are of one objective only.
//!
//! A trial that violated constraints keeps its loss, which does not depend on them. A model of each
//! column of [`TrainingSet::constraints`] says where that constraint is violated. Trials that did
//! not report a constraint are not in its model.

use super::constraint_values::{ModeledConstraints, unit};
use crate::gp::encoding::Encoding;
use crate::numeric::ordinary::Ordinary;
use crate::sampler::AskContext;
use crate::sampler::learning_curve::{Curve, LearningCurves};
use crate::sampler::scalarization::Scalarization;
use crate::trial::{Direction, History, State, VisibleTrials};

/// The largest number of pending trials that are taken into account, the latest ones. The same
/// limit applies separately to running trials that have reported.
const MOST_PENDING: usize = 64;

/// Finished and paused trials, running trials with reports, and the points of the other pending
/// trials.
#[derive(Clone, Debug, Default)]
pub(super) struct TrainingData<'a> {
    results: Vec<Observation<'a>>,
    running: Vec<Observation<'a>>,
    pub(super) pending: Vec<Vec<f64>>,
}

/// The data of one trial.
#[derive(Clone, Debug)]
struct Observation<'a> {
    number: u64,
    point: Vec<f64>,
    /// `None` for a trial that failed, or that was stopped without a report.
    curve: Option<Curve<'a>>,
    /// The values of the constraints that are modeled; NaN where not reported.
    constraints: Vec<f64>,
    /// True if the trial violated a constraint.
    is_broken: bool,
}

impl Observation<'_> {
    /// Returns false for a trial that ended without a value and without constraints: it does not
    /// show that its config keeps them.
    fn may_be_best(&self) -> bool {
        let is_complete = self.curve.is_some_and(|curve| curve.value.is_some());
        is_complete || self.constraints.iter().any(|value| !value.is_nan())
    }
}

/// Points with the targets of the models, one row per trial.
#[derive(Clone, Debug, Default)]
pub(super) struct TrainingSet {
    pub(super) points: Vec<Vec<f64>>,
    pub(super) losses: Vec<f64>,
    /// The total violation, in which each constraint has its own unit: 0 for a trial that kept all
    /// constraints. Empty if every trial kept them.
    pub(super) violations: Vec<f64>,
    /// The values of each constraint that is modeled, shape `(constraints, rows)`; NaN where not
    /// reported.
    pub(super) constraints: Vec<Vec<f64>>,
}

impl<'a> TrainingData<'a> {
    /// Collects all trials whose parameters are a point of the space.
    pub(super) fn new(history: History<'a>, encoding: &Encoding, ask: AskContext) -> Self {
        let mut found = Self::by_first_objective(history, encoding);
        found.read_constraints(history);
        if history.directions().len() > 1 {
            found.scalarize(
                history,
                &Scalarization::of_trial(history.directions().len(), ask.number, ask.seed),
            );
        }
        found
    }

    fn by_first_objective(history: History<'a>, encoding: &Encoding) -> Self {
        let sign = match history.directions()[0] {
            Direction::Minimize => 1.0,
            Direction::Maximize => -1.0,
        };
        let seen = |trial: VisibleTrials<'a>| {
            let point = encoding.point(trial.params())?;
            let (number, is_broken) = (trial.number(), trial.violation() > 0.0);
            let (curve, constraints) = (curve_of(trial, sign), Vec::new());
            Some(Observation { number, point, curve, constraints, is_broken })
        };
        let mut found = Self::default();
        let ended = history.finished().iter().map(|number| history.trial(*number));
        found.results.extend(ended.filter_map(seen));
        let count = found.results.len();
        for trial in history.pending().filter_map(seen) {
            match trial.curve {
                Some(_) if history.trial(trial.number).state() == Some(State::Paused) => {
                    found.results.push(trial);
                }
                Some(_) => found.running.push(trial),
                None => found.pending.push(trial.point),
            }
        }
        if found.results.len() > count {
            found.results.sort_by_key(|trial| trial.number);
        }
        let old = |len: usize| ..len.saturating_sub(MOST_PENDING);
        found.pending.drain(old(found.pending.len()));
        found.running.drain(old(found.running.len()));
        found
    }

    /// Reads the constraints of all trials, if there are any.
    fn read_constraints(&mut self, history: History<'_>) {
        if history.constraint_count() == 0 {
            return;
        }
        let reported = |trial: &Observation<'_>| history.trial(trial.number).constraints();
        let known: Vec<&[(u32, f64)]> = self.results.iter().map(reported).collect();
        let modeled = ModeledConstraints::new(&known, history.constraint_count());
        for trial in self.results.iter_mut().chain(&mut self.running) {
            trial.constraints = modeled.row(history.trial(trial.number).constraints());
        }
    }

    /// Replaces the values of several objectives by one loss. Reports are of one objective only, so
    /// they do not count.
    fn scalarize(&mut self, history: History<'_>, scalar: &Scalarization) {
        let complete =
            |trial: &&mut Observation<'a>| trial.curve.is_some_and(|curve| curve.value.is_some());
        let losses = |trial: &mut Observation<'a>| {
            let values = history.trial(trial.number).values().iter().zip(history.directions());
            values.map(|(value, direction)| direction.loss(*value)).collect()
        };
        let is_paused = |trial: &mut Observation<'a>| {
            history.trial(trial.number).state() == Some(State::Paused)
        };
        self.running.extend(self.results.extract_if(.., is_paused));
        let losses: Vec<Vec<f64>> = self.results.iter_mut().filter(complete).map(losses).collect();
        for trial in self.results.iter_mut().filter(|trial| !complete(trial)) {
            trial.curve = None;
        }
        for (trial, loss) in self.results.iter_mut().filter(complete).zip(scalar.losses(&losses)) {
            trial.curve = Some(Curve { reports: &[], value: Some(loss), sign: 1.0 });
        }
        self.pending.extend(self.running.drain(..).map(|trial| trial.point));
    }

    /// Returns the number of finished and paused trials.
    pub(super) fn len(&self) -> usize {
        self.results.len()
    }

    /// Returns the number of trials that the models are given, including running ones.
    pub(super) fn observed(&self) -> usize {
        self.results.len() + self.running.len()
    }

    /// Returns true if there are models of constraints.
    pub(super) fn has_constraints(&self) -> bool {
        self.results.first().is_some_and(|trial| !trial.constraints.is_empty())
    }

    /// Returns true if some result violated constraints and none has kept them.
    pub(super) fn is_infeasible(&self) -> bool {
        let is_kept = |trial: &Observation<'_>| !trial.is_broken && trial.may_be_best();
        self.results.iter().any(|trial| trial.is_broken) && !self.results.iter().any(is_kept)
    }

    /// Returns the first `count` results; `None` if none of them has a finite value.
    pub(super) fn first(&self, count: usize) -> Option<TrainingSet> {
        TrainingSet::of(self.results[..count].iter())
    }

    /// Returns all results, and the running trials that have reported.
    pub(super) fn all(&self) -> Option<TrainingSet> {
        TrainingSet::of(self.results.iter().chain(&self.running))
    }
}

/// Returns a trial's reports and value; `None` if it failed, or has no reports and is not complete.
fn curve_of(trial: VisibleTrials<'_>, sign: f64) -> Option<Curve<'_>> {
    let reports = trial.reports();
    match trial.state()? {
        State::Complete => Some(Curve { reports, value: trial.values().first().copied(), sign }),
        State::Failed => None,
        _ if reports.is_empty() => None,
        _ => Some(Curve { reports, value: None, sign }),
    }
}

impl TrainingSet {
    /// Returns keys by which rows are ordered: the losses, with those of trials that violated
    /// constraints moved behind the others.
    pub(super) fn order(&self) -> Vec<f64> {
        let worst = self.losses.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if self.violations.is_empty() || self.violations.iter().all(|violation| *violation > 0.0) {
            return self.losses.clone();
        }
        let loss = |(loss, violation): (&f64, &f64)| {
            if *violation > 0.0 { worst.abs().mul_add(*violation, worst) } else { *loss }
        };
        self.losses.iter().zip(&self.violations).map(loss).collect()
    }

    /// Keeps the rows nearest to the best one, at most `most`, in their order. Every parameter has
    /// the same weight.
    pub(super) fn nearest(self, encoding: &Encoding, most: usize) -> Self {
        let order = self.order();
        let Some(best) = (0..order.len()).min_by(|a, b| order[*a].total_cmp(&order[*b])) else {
            return self;
        };
        let columns = || encoding.columns().iter().enumerate();
        let away = |point: &Vec<f64>| -> f64 {
            columns()
                .map(|(index, column)| column.distance(point[index], self.points[best][index]))
                .sum()
        };
        let distances: Vec<f64> = self.points.iter().map(away).collect();
        let mut nearest: Vec<usize> = (0..order.len()).collect();
        nearest.sort_by(|a, b| distances[*a].total_cmp(&distances[*b]));
        nearest.truncate(most);
        nearest.sort_unstable();
        Self {
            points: nearest.iter().map(|index| self.points[*index].clone()).collect(),
            losses: nearest.iter().map(|index| self.losses[*index]).collect(),
            violations: nearest
                .iter()
                .filter_map(|index| self.violations.get(*index))
                .copied()
                .collect(),
            constraints: self.constraints.iter().map(|column| picked(column, &nearest)).collect(),
        }
    }

    /// Returns true if a row violates a constraint.
    pub(super) fn is_broken(&self, row: usize) -> bool {
        self.violations.get(row).is_some_and(|violation| *violation > 0.0)
    }

    fn of<'s, 'a: 's>(seen: impl Iterator<Item = &'s Observation<'a>> + Clone) -> Option<Self> {
        let curves: Vec<Curve<'_>> = seen.clone().filter_map(|trial| trial.curve).collect();
        let learning_curves = LearningCurves::new(&curves);
        let finite = curves
            .iter()
            .filter_map(|curve| believed(&learning_curves, curve))
            .map(|(loss, _)| loss);
        let ordinary = Ordinary::of(&finite.collect::<Vec<_>>())?;
        let mut rows = Self::default();
        for trial in seen.clone() {
            let known = trial.curve.and_then(|curve| believed(&learning_curves, &curve));
            let known = known.and_then(|(loss, lag)| Some((ordinary.clipped(loss)?, lag)));
            let (loss, lag) = known.unwrap_or((ordinary.worst, 0.0));
            let mut point = trial.point.clone();
            *point.last_mut()? = lag;
            rows.points.push(point);
            rows.losses.push(loss);
        }
        let count = seen.clone().next().map_or(0, |trial| trial.constraints.len());
        let column = |index: usize| seen.clone().map(|trial| trial.constraints[index]).collect();
        rows.constraints = (0..count).map(column).collect();
        rows.violations = violations(&rows.constraints);
        for (violation, trial) in rows.violations.iter_mut().zip(seen) {
            if !trial.may_be_best() {
                *violation = violation.max(MOST_VIOLATION);
            }
        }
        Some(rows)
    }
}

/// Returns a trial's loss, observed or forecast, and its lag; `None` if there is no finite loss.
fn believed(learning_curves: &LearningCurves, curve: &Curve<'_>) -> Option<(f64, f64)> {
    match curve.value {
        Some(value) => Some((curve.sign * value, 0.0)).filter(|(loss, _)| loss.is_finite()),
        None => learning_curves.forecast(curve).map(|forecast| (forecast.loss, forecast.lag)),
    }
}

/// Violations beyond this number of medians count the same.
const MOST_VIOLATION: f64 = 3.0;

/// Returns the total violation of each row: the sum over the constraints, each in units of its
/// median violation. Empty if there are none.
fn violations(constraints: &[Vec<f64>]) -> Vec<f64> {
    let mut totals = Vec::new();
    for column in constraints {
        let broken: Vec<f64> = column.iter().copied().filter(|value| *value > 0.0).collect();
        if broken.is_empty() {
            continue;
        }
        let unit = unit(&broken);
        totals.resize(column.len(), 0.0);
        for (total, value) in totals.iter_mut().zip(column).filter(|(_, value)| **value > 0.0) {
            *total += (value / unit).clamp(f64::MIN_POSITIVE, MOST_VIOLATION);
        }
    }
    totals
}

pub(super) fn picked(values: &[f64], which: &[usize]) -> Vec<f64> {
    which.iter().map(|index| values[*index]).collect()
}

pub(super) fn borrowed<'a>(points: &'a [Vec<f64>], which: &[usize]) -> Vec<&'a [f64]> {
    which.iter().map(|index| points[*index].as_slice()).collect()
}

/// Selects at most `most` of the losses and returns their indices in order: one half are the best,
/// the others are spread evenly over the rest.
pub(super) fn thinned(losses: &[f64], most: usize) -> Vec<usize> {
    if losses.len() <= most {
        return (0..losses.len()).collect();
    }
    let mut order: Vec<usize> = (0..losses.len()).collect();
    order.sort_by(|a, b| losses[*a].total_cmp(&losses[*b]));
    let rest = order.split_off(most / 2);
    let wanted = most - most / 2;
    order.extend((0..wanted).map(|index| rest[index * rest.len() / wanted]));
    order.sort_unstable();
    order
}
