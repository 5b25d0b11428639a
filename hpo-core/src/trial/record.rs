//! A trial as plain data.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use super::violations::{constraints, total};
use super::{Attributes, Direction, ParamMap, State, Timestamp, Trials};
use crate::space::{Params, ParamsError, SearchSpace};
use crate::terminal::one_line;

/// A copy of everything that is known about a trial.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TrialRecord {
    /// The number of the trial, from 0.
    pub number: u64,
    /// The state of the trial.
    pub state: State,
    /// The parameters; `None` before they are chosen, or if they are not a point of the present
    /// space.
    pub params: Option<Params>,
    /// The values, one per objective; empty unless the trial is complete.
    pub values: Vec<f64>,
    /// The reported values, by step.
    pub reports: Vec<(u64, f64)>,
    /// The reason why it failed or was pruned.
    pub message: Option<String>,
    /// The time of its last start.
    pub started: Option<Timestamp>,
    /// The time of its end.
    pub finished: Option<Timestamp>,
    /// The user and system attributes.
    pub attributes: Attributes,
    /// The number of changes of the study that its sampler had seen.
    pub seen: u64,
    explanation: String,
    is_set_aside: bool,
}

impl TrialRecord {
    pub(crate) fn of(trials: &Trials, map: &ParamMap, number: u64) -> Option<Self> {
        let state = trials.state(number)?;
        let (started, finished) = trials.times(number);
        Some(Self {
            number,
            state,
            params: if trials.is_sampled(number) {
                map.params(trials.params(number))
            } else {
                None
            },
            values: trials.values(number).to_vec(),
            reports: trials.reports(number).to_vec(),
            message: trials.message(number).map(str::to_owned),
            started,
            finished,
            attributes: trials.attributes(number).cloned().unwrap_or_default(),
            seen: trials.seen(number),
            explanation: trials.explain(number).to_owned(),
            is_set_aside: trials.is_sampled(number) && !map.counts(&trials.params(number)),
        })
    }

    /// Returns the only value; `None` unless the trial is complete with one objective.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        match self.values[..] {
            [value] => Some(value),
            _ => None,
        }
    }

    /// Returns true if the trial is of an earlier space of the study: a parameter is no longer
    /// tuned, and its value now differs from that of the trial. Then [`params`](Self::params) is
    /// `None`.
    #[must_use]
    pub fn is_set_aside(&self) -> bool {
        self.is_set_aside
    }

    /// Returns the last report with its step.
    #[must_use]
    pub fn last_report(&self) -> Option<(u64, f64)> {
        self.reports.last().copied()
    }

    /// Returns the mean of the last `count` reports, or of all if there are fewer; `None` without a
    /// report, or if `count` is 0.
    #[must_use]
    pub fn mean_of_last(&self, count: usize) -> Option<f64> {
        let last = &self.reports[self.reports.len().saturating_sub(count)..];
        let sum: f64 = last.iter().map(|(_, value)| value).sum();
        (!last.is_empty()).then(|| sum / last.len() as f64)
    }

    /// Returns the best report with its step, the first among equals. NaN is ignored.
    #[must_use]
    pub fn best_report(&self, direction: Direction) -> Option<(u64, f64)> {
        let known = self.reports.iter().copied().filter(|(_, value)| !value.is_nan());
        known.reduce(|best, next| if direction.is_better(next.1, best.1) { next } else { best })
    }

    /// Returns the constraints that the trial reported, by name; a value above 0 is the violation.
    #[must_use]
    pub fn constraints(&self) -> BTreeMap<String, f64> {
        constraints(&self.attributes.system)
    }

    /// Returns the total constraint violation: 0 if the trial satisfied its constraints, or has
    /// none.
    #[must_use]
    pub fn violation(&self) -> f64 {
        total(&self.constraints())
    }

    /// Returns true if the trial satisfied the constraints that it reported.
    #[must_use]
    pub fn is_feasible(&self) -> bool {
        self.violation() <= 0.0
    }

    /// Returns the typed config.
    ///
    /// # Errors
    /// If the parameters do not form a config of type `S`.
    pub fn config<S: SearchSpace>(&self) -> Result<S, ParamsError> {
        let none = || ParamsError::Missing {
            path: String::new(),
            expected: "the trial has no parameters".to_owned(),
        };
        self.params.as_ref().ok_or_else(none)?.config()
    }

    /// Returns the sampler that chose its parameters and why, in one line that begins with the
    /// sampler's name; or else their origin, such as `queued by hand`.
    #[must_use]
    pub fn explain(&self) -> &str {
        &self.explanation
    }

    /// Returns the running time since its last start; `None` unless it has ended.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        Some(self.finished?.since(self.started?))
    }

    /// Returns a summary of a few lines: state, values, parameters, constraints, message. Its texts
    /// are escaped for a terminal.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut lines = vec![self.headline()];
        let labels = self.params.iter().flat_map(Params::labels);
        lines.extend(labels.map(|(path, label)| format!("{path} = {label}")));
        lines.extend(self.constraints().into_iter().map(|(name, value)| {
            format!("constraint {name}: {value}, {}", if value <= 0.0 { "kept" } else { "broken" })
        }));
        lines.extend(self.attributes.user.iter().map(|(name, value)| format!("[{name}: {value}]")));
        lines.extend(self.message.clone());
        lines.iter().map(one_line).collect::<Vec<_>>().join("\n  ")
    }

    fn headline(&self) -> String {
        let mut text = format!("Trial {}: {}", self.number, self.state);
        for value in &self.values {
            let _ = write!(text, ", value {value}");
        }
        if let Some(duration) = self.duration() {
            let _ = write!(text, ", {duration:.1?}");
        }
        text
    }

    /// Returns true if this trial is complete, satisfies its constraints and is better than another
    /// one, for a single objective.
    pub(crate) fn is_better(&self, direction: Direction, other: Option<&TrialRecord>) -> bool {
        if !self.is_feasible() {
            return false;
        }
        match (self.value(), other.and_then(TrialRecord::value)) {
            (Some(value), Some(best)) => direction.is_better(value, best),
            (value, _) => value.is_some(),
        }
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            State::Running => "running",
            State::Complete => "complete",
            State::Pruned => "pruned",
            State::Failed => "failed",
            State::Waiting => "waiting",
            State::Paused => "paused",
        })
    }
}
