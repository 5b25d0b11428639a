//! The training data of the models: points with their losses, and pending points.
//!
//! A loss is a value with its sign turned so that small is good. Not every trial has one:
//! - A failed trial, or one that ended with an infinite or absurd value (`numeric/ordinary.rs`),
//!   counts as the worst ordinary value. The model has to learn to avoid it, and a larger number
//!   would only claim to know how much worse it is.
//! - A trial that was stopped, is paused or is still running counts with its forecast
//!   ([`LearningCurves`]) and has a lag, the last coordinate of its point: the model trusts it
//!   less.
//!   A stopped trial without reports counts as failed.
//!
//! The results are the ends and the pauses of trials, in the order in which they arrived. What the
//! first of them said seldom changes, so a fit to them mostly remains the same when more arrive. It
//! changes if a promoted trial fails, since all its results then count as the failure, and if a
//! trial goes back to the queue and loses reports of the time before its pause.
//!
//! Several objectives are combined into one loss, by weights that depend on the trial for which a
//! config is asked (`sampler/scalarization.rs`). Then a trial that was stopped counts as failed,
//! since its reports are of one objective only.
//!
//! A trial that violated constraints keeps its loss, which does not depend on them. A model of each
//! column of [`TrainingSet::constraints`] says where that constraint is violated. Trials that did
//! not report a constraint are not in its model.

use std::borrow::Cow;
use std::collections::HashMap;

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

/// The trials that ended or paused, running trials with reports, and the points of the other
/// pending trials.
#[derive(Clone, Debug, Default)]
pub(super) struct TrainingData<'a> {
    /// The trials with a result, in the order of the first result of each.
    known: Vec<Observation<'a>>,
    /// The results, in the order in which they arrived.
    results: Vec<TrialResult>,
    running: Vec<Observation<'a>>,
    pub(super) pending: Vec<Vec<f64>>,
}

/// One result of a trial.
#[derive(Clone, Copy, Debug)]
struct TrialResult {
    /// The index of the trial.
    row: usize,
    /// The step at which it paused; `None` if it ended.
    step: Option<u64>,
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
    is_failed: bool,
}

impl Observation<'_> {
    /// Returns the trial as it was when it paused at `step`; as it is for `None`.
    fn until(&self, step: Option<u64>) -> Cow<'_, Self> {
        let (Some(step), Some(curve)) = (step, self.curve) else {
            return Cow::Borrowed(self);
        };
        let end = curve.reports.partition_point(|(own, _)| *own <= step);
        let curve = Curve { reports: &curve.reports[..end], value: None, ..curve };
        Cow::Owned(Self { curve: Some(curve), ..self.clone() })
    }

    /// Returns false for a trial that failed, or ended without a value and without constraints: it
    /// does not show that its config keeps them.
    fn may_be_best(&self) -> bool {
        let is_reported = self.constraints.iter().any(|value| !value.is_nan());
        !self.is_failed && (self.is_complete() || is_reported)
    }

    fn is_complete(&self) -> bool {
        self.curve.is_some_and(|curve| curve.value.is_some())
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
        let seen = |trial: VisibleTrials<'a>| -> Option<Observation<'a>> {
            let point = encoding.point(trial.params())?;
            let (number, is_broken) = (trial.number(), trial.violation() > 0.0);
            let (curve, constraints) = (curve_of(trial, sign), Vec::new());
            let is_failed = trial.state() == Some(State::Failed);
            Some(Observation { number, point, curve, constraints, is_broken, is_failed })
        };
        let mut found = Self::default();
        let paused = found.read_results(history, seen);
        for trial in history.pending().filter_map(seen) {
            match trial.curve {
                Some(_) if paused.contains_key(&trial.number) => {}
                Some(_) => found.running.push(trial),
                None => found.pending.push(trial.point),
            }
        }
        let old = |len: usize| ..len.saturating_sub(MOST_PENDING);
        found.pending.drain(old(found.pending.len()));
        found.running.drain(old(found.running.len()));
        found
    }

    /// Reads the trials that have ended. With one objective, also those that have paused and have
    /// reports: a paused trial may have lost them when it went back to the queue. Returns the rows
    /// of those that have paused.
    fn read_results(
        &mut self,
        history: History<'a>,
        seen: impl Fn(VisibleTrials<'a>) -> Option<Observation<'a>>,
    ) -> HashMap<u64, usize> {
        let is_single = history.directions().len() == 1;
        let mut paused = HashMap::new();
        for (number, step) in history.results() {
            if step.is_some() && !is_single {
                continue;
            }
            if let Some(row) = paused.get(&number) {
                self.results.push(TrialResult { row: *row, step });
                continue;
            }
            let trial = history.trial(number);
            let is_known =
                trial.state().is_some_and(State::is_finished) || !trial.reports().is_empty();
            let Some(observation) = seen(trial).filter(|_| is_known) else { continue };
            let row = self.known.len();
            self.known.push(observation);
            self.results.push(TrialResult { row, step });
            if step.is_some() {
                paused.insert(number, row);
            }
        }
        paused
    }

    /// Reads the constraints of all trials, if there are any.
    fn read_constraints(&mut self, history: History<'_>) {
        if history.constraint_count() == 0 {
            return;
        }
        let reported = |trial: &Observation<'_>| history.trial(trial.number).constraints();
        let ended: Vec<&[(u32, f64)]> = self.known.iter().map(reported).collect();
        let modeled = ModeledConstraints::new(&ended, history.constraint_count());
        for trial in self.known.iter_mut().chain(&mut self.running) {
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
        let losses: Vec<Vec<f64>> = self.known.iter_mut().filter(complete).map(losses).collect();
        for trial in self.known.iter_mut().filter(|trial| !complete(trial)) {
            trial.curve = None;
        }
        for (trial, loss) in self.known.iter_mut().filter(complete).zip(scalar.losses(&losses)) {
            trial.curve = Some(Curve { reports: &[], value: Some(loss), sign: 1.0 });
        }
        self.pending.extend(self.running.drain(..).map(|trial| trial.point));
    }

    /// Returns the number of results.
    pub(super) fn len(&self) -> usize {
        self.results.len()
    }

    /// Returns the number of trials that the models are given.
    pub(super) fn trials(&self) -> usize {
        self.known.len() + self.running.len()
    }

    /// Returns true if there are models of constraints.
    pub(super) fn has_constraints(&self) -> bool {
        self.known.first().is_some_and(|trial| !trial.constraints.is_empty())
    }

    /// Returns true if some result violated constraints and none has kept them.
    pub(super) fn is_infeasible(&self) -> bool {
        let is_kept = |trial: &Observation<'_>| !trial.is_broken && trial.may_be_best();
        self.known.iter().any(|trial| trial.is_broken) && !self.known.iter().any(is_kept)
    }

    /// Returns the trials as they were after the first `count` results; `None` if none of them had
    /// a finite value, or if most trials are running.
    pub(super) fn first(&self, count: usize) -> Option<TrainingSet> {
        if self.running.len() > self.known.len() {
            return None;
        }
        let mut last = vec![None; self.known.len()];
        for result in &self.results[..count] {
            last[result.row] = Some(result.step);
        }
        // They are in the order of their first results: those that had one come first.
        let then = self.known.iter().zip(last);
        let then: Vec<Cow<'_, Observation<'_>>> =
            then.map_while(|(trial, step)| Some(trial.until(step?))).collect();
        TrainingSet::of(then.iter().map(AsRef::as_ref))
    }

    /// Returns all trials that have results, and the running ones that have reported.
    pub(super) fn all(&self) -> Option<TrainingSet> {
        TrainingSet::of(self.known.iter().chain(&self.running))
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
    /// Returns keys by which rows are ordered: the losses, with trials that violated constraints
    /// behind the others, by their violation.
    pub(super) fn order(&self) -> Vec<f64> {
        let is_feasible = |row: &usize| !self.is_broken(*row);
        let feasible: Vec<usize> = (0..self.losses.len()).filter(is_feasible).collect();
        if feasible.len() == self.losses.len() {
            return self.losses.clone();
        }
        // Ranks: no sum of a loss and a violation could keep both apart on every scale.
        let worst = feasible.len() as f64;
        let mut keys: Vec<f64> =
            self.violations.iter().map(|violation| worst + violation).collect();
        let mut sorted = feasible;
        sorted.sort_by(|a, b| self.losses[*a].total_cmp(&self.losses[*b]));
        for (rank, row) in sorted.iter().enumerate() {
            let is_tied = rank > 0 && self.losses[sorted[rank - 1]] == self.losses[*row];
            keys[*row] = if is_tied { keys[sorted[rank - 1]] } else { rank as f64 };
        }
        keys
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
        let ordinary = Ordinary::of(&finite.collect::<Vec<_>>());
        let count = seen.clone().next().map_or(0, |trial| trial.constraints.len());
        // Without a finite loss, only constraints can be modeled.
        if ordinary.is_none() && count == 0 {
            return None;
        }
        let worst = ordinary.map_or(0.0, |ordinary| ordinary.worst);
        let mut rows = Self::default();
        for trial in seen.clone() {
            let known = trial.curve.and_then(|curve| believed(&learning_curves, &curve));
            let known = known.and_then(|(loss, lag)| Some((ordinary?.clipped(loss)?, lag)));
            let (loss, lag) = known.unwrap_or((worst, 0.0));
            let mut point = trial.point.clone();
            *point.last_mut()? = lag;
            rows.points.push(point);
            rows.losses.push(loss);
        }
        let column = |index: usize| seen.clone().map(|trial| trial.constraints[index]).collect();
        rows.constraints = (0..count).map(column).collect();
        rows.violations = violations(&rows.constraints);
        for (violation, trial) in rows.violations.iter_mut().zip(seen) {
            if !trial.may_be_best() {
                *violation = violation.max(MOST_VIOLATION);
            }
        }
        let is_known = ordinary.is_some() || rows.violations.iter().any(|total| *total > 0.0);
        is_known.then_some(rows)
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
