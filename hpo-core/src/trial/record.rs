//! A trial as plain data, for whoever wants to look at it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use super::violations::{constraints, total};
use super::{Attributes, Direction, ParamMap, State, Timestamp, Trials};
use crate::space::{Params, ParamsError, SearchSpace};
use crate::terminal::one_line;

/// A trial as plain data: a copy of all that is known about it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TrialRecord {
    /// Its number, from 0.
    pub number: u64,
    /// Its state.
    pub state: State,
    /// Its parameters; `None` before they are chosen, or if they are no point of the present space.
    pub params: Option<Params>,
    /// Its values, one an objective; empty unless it is complete.
    pub values: Vec<f64>,
    /// What it reported, by step.
    pub reports: Vec<(u64, f64)>,
    /// Why it failed or was pruned.
    pub message: Option<String>,
    /// When it was started, the last time.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// Notes on it.
    pub attributes: Attributes,
    /// How many changes of the study its sampler had seen.
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
            params: if trials.is_sampled(number) { map.params(trials.params(number)) } else { None },
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

    /// The only value; `None` unless the trial is complete with one objective.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        match self.values[..] {
            [value] => Some(value),
            _ => None,
        }
    }

    /// Whether it is of an earlier space of the study: a parameter of it is no longer tuned, and stands at another value now. It has no
    /// [`params`](Self::params) then.
    #[must_use]
    pub fn is_set_aside(&self) -> bool {
        self.is_set_aside
    }

    /// What it reported last, with its step.
    #[must_use]
    pub fn last_report(&self) -> Option<(u64, f64)> {
        self.reports.last().copied()
    }

    /// The best that it reported, with its step, the first of equals; NaN is never it.
    #[must_use]
    pub fn best_report(&self, direction: Direction) -> Option<(u64, f64)> {
        let told = self.reports.iter().copied().filter(|(_, value)| !value.is_nan());
        told.reduce(|best, next| if direction.is_better(next.1, best.1) { next } else { best })
    }

    /// The constraints that it reported, by name: above 0 what is broken, by so much.
    #[must_use]
    pub fn constraints(&self) -> BTreeMap<String, f64> {
        constraints(&self.attributes.system)
    }

    /// By how much it broke its constraints in all: 0 if it kept them, or has none.
    #[must_use]
    pub fn violation(&self) -> f64 {
        total(&self.constraints())
    }

    /// Whether it kept the constraints that it reported.
    #[must_use]
    pub fn is_feasible(&self) -> bool {
        self.violation() <= 0.0
    }

    /// The typed config.
    ///
    /// # Errors
    /// If the parameters do not form one.
    pub fn config<S: SearchSpace>(&self) -> Result<S, ParamsError> {
        let none = || ParamsError::Missing { path: String::new(), expected: "the trial has no parameters".to_owned() };
        self.params.as_ref().ok_or_else(none)?.config()
    }

    /// Who chose its parameters and why, in one line that begins with the sampler's name; or how else it came by them, such as
    /// `queued by hand`.
    #[must_use]
    pub fn explain(&self) -> &str {
        &self.explanation
    }

    /// How long it ran, since it was last started; `None` unless it has ended.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        Some(self.finished?.since(self.started?))
    }

    /// A few lines for people: state, values, parameters, constraints, message. Whatever stands in them, they are shown by a terminal as
    /// they are.
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

    /// Whether this trial is complete, keeps its constraints and is better than another one, by a single objective.
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
