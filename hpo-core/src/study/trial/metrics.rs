//! The named metrics of a trial, over its executions.

use std::collections::BTreeMap;

use crate::trial::Objective;

/// The named metrics of a trial, over its executions.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    /// The metric that is the trial's value, if a tuner sets one.
    pub(super) objective: Option<Objective>,
    /// The index of the execution of this config, from 0.
    pub(super) execution: u32,
    /// The last value of each metric in this execution.
    last: BTreeMap<String, f64>,
    /// The metrics that were logged together with the best value.
    beside_best: BTreeMap<String, f64>,
    best: Option<f64>,
    /// The value of each step over all executions, so that a report is their mean.
    steps: BTreeMap<u64, Step>,
    /// The value of each constraint over all executions, by name.
    constraints: BTreeMap<String, Step>,
    /// The sums over the ended executions, by name.
    pub(super) sums: BTreeMap<String, f64>,
}

/// A value that each execution has once, such as the objective at one step: the sum over the ended
/// executions, and the value of the last one.
#[derive(Debug, Default)]
struct Step {
    sum: f64,
    executions: u32,
    last: Option<(u32, f64)>,
}

impl Metrics {
    /// Records the metrics of one step. The metrics beside the best value are those of its step.
    pub(super) fn log_all(&mut self, metrics: &[(&str, f64)]) {
        let former = self.best;
        for (name, value) in metrics {
            self.log(name, *value);
        }
        if self.best.map(f64::to_bits) != former.map(f64::to_bits) {
            self.beside_best =
                metrics.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        }
    }

    pub(super) fn log(&mut self, name: &str, value: f64) {
        if let Some(objective) = self.objective.as_ref().filter(|objective| objective.name == name)
        {
            let best = self.best.filter(|best| !objective.direction.is_better(value, *best));
            self.best = Some(best.unwrap_or(value));
        }
        match self.last.get_mut(name) {
            Some(last) => *last = value,
            None => {
                self.last.insert(name.to_owned(), value);
            }
        }
    }

    pub(super) fn mean_at(&mut self, step: u64, value: f64) -> f64 {
        self.steps.entry(step).or_default().mean(self.execution, value)
    }

    /// Returns the mean of a constraint over the executions so far.
    pub(super) fn mean_constraint(&mut self, name: &str, value: f64) -> f64 {
        self.constraints.entry(name.to_owned()).or_default().mean(self.execution, value)
    }

    /// Ends an execution. Returns its score, which is the best value over all steps, including
    /// those of an earlier round; or the names of the metrics that were reported instead.
    pub(super) fn end_execution(&mut self, earlier: Option<f64>) -> Result<f64, Vec<String>> {
        let last = std::mem::take(&mut self.last);
        let mut beside_best = std::mem::take(&mut self.beside_best);
        let best = self.best.take();
        let is_better = |a, b| {
            self.objective.as_ref().is_some_and(|objective| objective.direction.is_better(a, b))
        };
        let score = match (best, earlier) {
            (Some(best), Some(earlier)) if is_better(earlier, best) => Some(earlier),
            (best, earlier) => best.or(earlier),
        };
        let score = score.ok_or_else(|| last.keys().cloned().collect::<Vec<_>>())?;
        let objective = self.objective.as_ref().map(|objective| objective.name.as_str());
        for (name, value) in last {
            let of_best = beside_best.remove(&name);
            let value =
                if Some(name.as_str()) == objective { score } else { of_best.unwrap_or(value) };
            *self.sums.entry(name).or_default() += value;
        }
        self.execution += 1;
        Ok(score)
    }
}

impl Step {
    /// Returns the mean with the value of execution `now`, which replaces its earlier value.
    fn mean(&mut self, now: u32, value: f64) -> f64 {
        if let Some((execution, last)) = self.last.replace((now, value))
            && execution != now
        {
            self.sum += last;
            self.executions += 1;
        }
        (self.sum + value) / f64::from(self.executions + 1)
    }
}
