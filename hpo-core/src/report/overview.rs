//! The present state of a study, in a few figures and lines.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::{StudyView, ValueEstimate, significant};
use crate::space::counted;
use crate::terminal::one_line;
use crate::trial::{Direction, State};

/// A summary of a study's present state.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overview {
    /// The name of the study.
    pub name: String,
    /// The direction of each objective.
    pub directions: Vec<Direction>,
    /// The name of each objective's values; empty if no names were given.
    pub metrics: Vec<String>,
    /// The number of trials in each state, without states that have no trials.
    pub counts: Vec<(State, u64)>,
    /// The number of trials that were set aside, since they belong to an earlier space.
    #[serde(skip_serializing_if = "is_zero")]
    pub set_aside: u64,
    /// The number of distinct parameters of all trials.
    pub params: usize,
    /// The best trials that keep their constraints: the best one with a single objective, the
    /// non-dominated ones with several.
    pub best: Vec<u64>,
    /// The values of the first best trial.
    pub best_values: Vec<f64>,
    /// The expected value of the best config; `None` if the data do not suffice, or the study has
    /// several objectives.
    pub expectation: Option<ValueEstimate>,
    /// The time from the first start to the last end that is known, in seconds.
    pub seconds: Option<f64>,
}

impl Overview {
    /// Returns the overview of a study in its present state.
    #[must_use]
    pub fn of(view: &StudyView<'_>) -> Self {
        Self::with(view, ValueEstimate::of(view))
    }

    /// Returns the overview, given the expectation for the best config, which is expensive to
    /// compute.
    pub(crate) fn with(view: &StudyView<'_>, expectation: Option<ValueEstimate>) -> Self {
        let trials = view.trials;
        let mut best = super::best::best_trials(view);
        if view.directions.len() == 1 {
            best.truncate(1);
        }
        let starts = (0..trials.len()).filter_map(|number| trials.times(number).0).min();
        let end = (0..trials.len()).filter_map(|number| trials.times(number).1).max();
        Self {
            name: view.name.to_owned(),
            directions: view.directions.to_vec(),
            metrics: view.metrics.to_vec(),
            counts: State::ALL
                .map(|state| (state, view.count(state)))
                .into_iter()
                .filter(|count| count.1 > 0)
                .collect(),
            set_aside: (0..trials.len()).filter(|number| trials.is_set_aside(*number)).count()
                as u64,
            params: view.params().len(),
            best_values: best
                .first()
                .map(|number| trials.values(*number).to_vec())
                .unwrap_or_default(),
            best,
            expectation,
            seconds: starts.zip(end).map(|(start, end)| end.since(start).as_secs_f64()),
        }
    }

    /// Returns the objectives in words: `minimize`, or `minimize loss, maximize accuracy`.
    #[must_use]
    pub fn objectives(&self) -> String {
        let metric = |objective: usize| {
            self.metrics
                .get(objective)
                .map_or_else(String::new, |name| format!(" {}", one_line(name)))
        };
        let named = self.directions.iter().enumerate();
        named
            .map(|(objective, direction)| format!("{direction}{}", metric(objective)))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// Returns the number of trials in all states.
    #[must_use]
    pub fn trials(&self) -> u64 {
        self.counts.iter().map(|count| count.1).sum()
    }

    /// Returns the counts in words, such as `90 complete, 10 pruned`, with the number of trials set
    /// aside.
    #[must_use]
    pub fn counted(&self) -> String {
        let counts: Vec<String> =
            self.counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
        match (counts.join(", "), self.set_aside) {
            (counts, _) if counts.is_empty() => "none".to_owned(),
            (counts, 0) => counts,
            (counts, aside) => {
                format!("{counts}; {aside} of them set aside, from an earlier space")
            }
        }
    }

    /// Returns the best value in words.
    #[must_use]
    pub fn best_in_words(&self) -> String {
        match (&self.best[..], &self.best_values[..]) {
            ([], _) if self.trials() == 0 => "there are no trials yet".to_owned(),
            ([], _) if self.counts.iter().all(|(state, _)| *state != State::Complete) => {
                "no trial is complete".to_owned()
            }
            ([], _) if self.set_aside > 0 => {
                "no complete trial of the present space keeps its constraints".to_owned()
            }
            ([], _) => "no complete trial keeps its constraints".to_owned(),
            ([best], [value]) => format!("{} (trial {best})", significant(*value, 6)),
            (front, _) => counted(front.len(), "trial on the Pareto front"),
        }
    }

    /// Returns the duration in words, or `None` if it is not known.
    #[must_use]
    pub fn duration(&self) -> Option<String> {
        let seconds = self.seconds?;
        let rounded_seconds = seconds.round() as u64;
        Some(match rounded_seconds {
            0..=9 => format!("{:.1?}", Duration::from_secs_f64(seconds)),
            10..=119 => format!("{rounded_seconds} s"),
            120..=7_199 => format!("{} min", rounded_seconds / 60),
            7_200..=172_799 => {
                format!("{} h {} min", rounded_seconds / 3_600, rounded_seconds % 3_600 / 60)
            }
            _ => format!("{} days", rounded_seconds / 86_400),
        })
    }

    /// Returns a summary of a few lines for a terminal.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut text = format!("Study {}: {}\n", one_line(&self.name), self.objectives());
        let _ = write!(text, "  trials: {}", self.counted());
        if let Some(duration) = self.duration() {
            let _ = write!(text, ", in {duration}");
        }
        let _ = write!(text, "\n  best: {}", self.best_in_words());
        if let Some(expectation) = &self.expectation {
            let _ = write!(text, "\n    {expectation}");
        }
        text
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}
