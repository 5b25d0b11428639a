//! The reports of a program so far, and the values that follow from them.

use std::collections::BTreeMap;

use super::constraint::Constraint;
use super::metrics::{Metrics, OtherNames, Report};

/// The longest line that is kept to be quoted, in characters.
const LONGEST_QUOTE: usize = 300;

/// The output of a program, as far as it counts.
#[derive(Debug, Default)]
pub(super) struct Observed {
    /// The last value of each metric.
    last: BTreeMap<String, f64>,
    /// True if the last values were not reported for a step: they are the result.
    pub(super) is_final: bool,
    /// The reason for which the program prunes itself.
    pub(super) pruned: Option<String>,
    /// The last line that is not empty.
    last_line: String,
    /// The last line that names a metric and yet reports nothing.
    misread_line: Option<String>,
    pub(super) other_names: OtherNames,
}

impl Observed {
    /// Takes over the values of a report.
    pub(super) fn take(&mut self, report: &Report) {
        self.pruned = report.pruned.clone().or(self.pruned.take());
        if !report.values.is_empty() {
            self.is_final = report.step.is_none();
        }
        self.last.extend(report.values.iter().map(|(name, value)| (name.clone(), *value)));
    }

    /// Remembers a line, which may be quoted later.
    pub(super) fn note(&mut self, line: &str, is_report: bool, metrics: &Metrics) {
        if line.trim().is_empty() {
            return;
        }
        let short = || line.trim().chars().take(LONGEST_QUOTE).collect::<String>();
        if !is_report && metrics.names().iter().any(|name| line.contains(name.as_str())) {
            self.misread_line = Some(short());
        }
        self.last_line = short();
    }

    /// Returns the last line of standard output.
    pub(super) fn last_line(&self) -> Option<String> {
        (!self.last_line.is_empty()).then(|| self.last_line.clone())
    }

    /// Returns the values of the objectives, in their order.
    ///
    /// # Errors
    /// If one is missing or NaN, or that of a constraint is; the message says what was looked for.
    /// `left` is the number of processes that the program left running.
    pub(super) fn values(
        &self,
        metrics: &Metrics,
        constraints: &[Constraint],
        left: usize,
    ) -> Result<Vec<f64>, String> {
        let bounded = constraints.iter().map(|constraint| &constraint.metric);
        let wanted: Vec<&String> = metrics.names().iter().chain(bounded).collect();
        let missing = wanted.iter().filter(|name| !self.last.contains_key(**name));
        if let Some(name) = missing.clone().next() {
            let wanted = metrics.wanted(name, &self.other_names);
            let hint = self.misread_line.as_deref().and_then(|line| metrics.hint(name, line));
            return Err(format!(
                "it ended without a value of `{name}`{}; looked for: {wanted}{}",
                left_in_words(left),
                hint.unwrap_or_default()
            ));
        }
        if let Some(name) = wanted.iter().find(|name| self.last[**name].is_nan()) {
            return Err(format!("it reported NaN for `{name}`"));
        }
        Ok(metrics.names().iter().map(|name| self.last[name]).collect())
    }

    /// Returns the amount by which the last values break a constraint.
    pub(super) fn violation(&self, constraint: &Constraint) -> f64 {
        constraint.violation(&self.last)
    }
}

fn left_in_words(left: usize) -> String {
    match left {
        0 => String::new(),
        left => format!(
            " (it left {left} processes running, which were ended: run them in the foreground)"
        ),
    }
}
