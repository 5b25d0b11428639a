//! Early stopping: ends a training that no longer improves. Its trial completes with the result so
//! far.
//!
//! Prechelt, "Early Stopping - But When?" (Neural Networks: Tricks of the Trade, 1998), is the
//! source of the idea; the settings are those of Keras' `EarlyStopping`. Deviations from it: a
//! `baseline` is the first value to be beaten, rather than one that holds the count back until it
//! is beaten; `patience` is at least 1.

use std::collections::{BTreeSet, HashMap};

use super::{check_min_delta, is_better_by};
use crate::error::{Error, Result};
use crate::setting::{Owner, is_its_settings};
use crate::study::{Callback, Flow, RunEvent};
use crate::sync::Transient;
use crate::trial::{Direction, Objective, State};

/// Ends the training of a trial whose metric has not improved for a number of reports.
///
/// | setting | default | range | source |
/// | --- | --- | --- | --- |
/// | `watched` | none | a metric, or the direction of plain reports | |
/// | `patience` | 5 | from 1, in reports | |
/// | `min_delta` | 0 | from 0, finite; in the metric's unit | Keras |
/// | `start_from` | 0 | from 0, in steps | Keras |
/// | `baseline` | none: the first report is an improvement | not NaN | Keras |
///
/// A metric is watched by its name, or with its direction.
///
/// The count is not stored with the trial: if a trial is resumed in another process, its patience
/// starts again.
///
/// The trial is not pruned: [`Trial::steps`](crate::study::Trial::steps) yields no more steps, and
/// the trial completes with the value that its objective returns. That may be the best value:
/// [`Trial::best_checkpoint`](crate::study::Trial::best_checkpoint) returns the best state that was
/// saved with [`Trial::checkpoint`](crate::study::Trial::checkpoint).
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_core::callback::EarlyStopping;
///
/// # #[derive(Clone, Debug, SearchSpace)]
/// # struct Config {
/// #     #[search_space(range = 0.1..=0.2)]
/// #     rate: f64,
/// # }
/// let stopping = EarlyStopping::builder(Direction::Minimize).patience(3).min_delta(1e-4).build()?;
/// let study = Study::<Config>::minimize().seed(1).callback(stopping).open()?;
/// study.optimize(5, |config, trial| {
///     let mut weight = 0.0;
///     for epoch in trial.steps(100) {
///         weight += config.rate;                            // too far, sooner or later
///         trial.report(epoch, f64::abs(1.0 - weight))?;
///         trial.checkpoint(epoch, &weight)?;
///     }
///     let best: f64 = trial.best_checkpoint()?.unwrap_or(weight);
///     Ok::<_, TrialError>(f64::abs(1.0 - best))
/// })?;
/// for trial in study.trials()? {
///     assert!(trial.reports.len() <= 13);                   // not 100
///     assert!(trial.value().unwrap() < 0.1);
/// }
/// # Ok::<(), hpo_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "EarlyStoppingBuilder", into = "EarlyStoppingBuilder")]
pub struct EarlyStopping {
    /// The name of the metric; `None` for plain reports, which have no name.
    metric: Option<String>,
    direction: Direction,
    settings: EarlyStoppingBuilder,
    state: Transient<EarlyStoppingState>,
}

/// Settings of an [`EarlyStopping`], not yet checked.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "nothing happens before `build`"]
pub struct EarlyStoppingBuilder {
    watched: Watched,
    #[serde(default = "five")]
    patience: u64,
    #[serde(default)]
    min_delta: f64,
    #[serde(default)]
    start_from: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    baseline: Option<f64>,
}

fn five() -> u64 {
    5
}

is_its_settings!(EarlyStopping, EarlyStoppingBuilder, error = Error);

/// The values that must improve for a training to go on.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Watched {
    /// A metric whose direction follows from its name, by [`Objective::infer`].
    Name(String),
    /// A metric that is logged under a name, and its direction.
    Metric(Objective),
    /// The plain values given to [`Trial::report`](crate::study::Trial::report), which have no
    /// name, and their direction.
    Reports(Direction),
}

impl From<&str> for Watched {
    fn from(metric: &str) -> Self {
        Self::Name(metric.to_owned())
    }
}

impl From<Objective> for Watched {
    fn from(objective: Objective) -> Self {
        Self::Metric(objective)
    }
}

impl From<Direction> for Watched {
    fn from(direction: Direction) -> Self {
        Self::Reports(direction)
    }
}

impl EarlyStopping {
    /// Returns a builder of a callback that watches a metric, given by its name or as an
    /// [`Objective`], or plain reports, given by their [`Direction`]. The other settings are at
    /// their defaults.
    ///
    /// ```
    /// use hpo_core::prelude::*;
    /// use hpo_core::callback::EarlyStopping;
    /// use hpo_core::trial::Objective;
    ///
    /// let inferred = EarlyStopping::builder("val_loss").build()?;
    /// let own = EarlyStopping::builder(Objective::maximize("my_own_score")).build()?;
    /// let reports = EarlyStopping::builder(Direction::Minimize).build()?;
    /// # Ok::<(), hpo_core::Error>(())
    /// ```
    pub fn builder(watched: impl Into<Watched>) -> EarlyStoppingBuilder {
        let watched = watched.into();
        EarlyStoppingBuilder { watched, patience: 5, min_delta: 0.0, start_from: 0, baseline: None }
    }
}

impl EarlyStoppingBuilder {
    /// Sets the number of reports without improvement after which the training ends. Default 5, at
    /// least 1.
    pub fn patience(self, patience: u64) -> Self {
        Self { patience, ..self }
    }

    /// Sets the amount by which a value must be better to count as an improvement, in the metric's
    /// unit: from 0, finite. Default 0.
    pub fn min_delta(self, min_delta: f64) -> Self {
        Self { min_delta, ..self }
    }

    /// Sets the first step that is judged. Default 0.
    pub fn start_from(self, step: u64) -> Self {
        Self { start_from: step, ..self }
    }

    /// Sets a value that must be beaten within the patience: not NaN. Default: none, so the first
    /// report is an improvement.
    pub fn baseline(self, value: f64) -> Self {
        Self { baseline: Some(value), ..self }
    }

    /// Checks the settings and returns the callback.
    ///
    /// # Errors
    /// Returns the first setting that is out of its range, or the metric whose direction is not
    /// known.
    pub fn build(self) -> Result<EarlyStopping> {
        if self.patience == 0 {
            return Err(Owner::Callback("early_stopping")
                .error("patience", "is 0: every training would end at once; write at least 1")
                .into());
        }
        check_min_delta(Owner::Callback("early_stopping"), self.min_delta)?;
        if self.baseline.is_some_and(f64::is_nan) {
            return Err(Owner::Callback("early_stopping")
                .error("baseline", "is NaN: no value is better or worse; write a number")
                .into());
        }
        let objective = match &self.watched {
            Watched::Name(metric) => Objective::infer(metric)?,
            Watched::Metric(objective) => objective.clone(),
            Watched::Reports(direction) => {
                return Ok(EarlyStopping::with(None, *direction, self));
            }
        };
        Ok(EarlyStopping::with(Some(objective.name), objective.direction, self))
    }
}

#[derive(Debug, Default)]
struct EarlyStoppingState {
    /// The trainings in progress, by trial and execution.
    waits: HashMap<(u64, u32), Wait>,
    /// The names of the metrics logged so far, until the watched one is among them.
    logged: BTreeSet<String>,
    /// True if the metric was logged, or the warning that it is missing was given.
    is_metric_checked: bool,
}

/// The wait of a training for an improvement: the best value so far, and the number of reports
/// since.
#[derive(Clone, Copy, Debug)]
struct Wait {
    best: Option<f64>,
    reports: u64,
}

impl Callback for EarlyStopping {
    fn notice(&self, event: &RunEvent<'_>) -> Flow {
        let mut state = self.state.lock();
        match *event {
            RunEvent::Started { .. } => *state = EarlyStoppingState::default(),
            // A trial that is retried after a failure starts again; a promoted one continues.
            RunEvent::TrialStarted { number, round: 0, .. } => state.forget(number),
            RunEvent::Reported { number, execution, step, value, metrics } => {
                let Some(value) = self.value(&mut state, value, metrics) else {
                    return Flow::Continue;
                };
                if step >= self.settings.start_from
                    && self.is_over(&mut state, (number, execution), value)
                {
                    return Flow::EndTrial;
                }
            }
            RunEvent::TrialEnded { trial, .. } => {
                state.forget(trial.number);
                if trial.state != State::Failed {
                    self.warn_if_not_logged(&mut state);
                }
            }
            _ => {}
        }
        Flow::Continue
    }
}

impl EarlyStopping {
    fn with(metric: Option<String>, direction: Direction, settings: EarlyStoppingBuilder) -> Self {
        Self { metric, direction, settings, state: Transient::default() }
    }

    /// Returns the value to judge, if the report has it.
    fn value(
        &self,
        state: &mut EarlyStoppingState,
        value: f64,
        metrics: &[(&str, f64)],
    ) -> Option<f64> {
        let Some(metric) = &self.metric else {
            // Metrics that are logged without the objective come with NaN.
            return (metrics.is_empty() || !value.is_nan()).then_some(value);
        };
        let reported = metrics.iter().find(|(name, _)| name == metric);
        state.is_metric_checked |= reported.is_some();
        if !state.is_metric_checked {
            state.logged.extend(metrics.iter().map(|(name, _)| (*name).to_owned()));
        }
        reported.map(|(_, value)| *value)
    }

    /// Records a value of a training, and returns true if the patience is exhausted.
    fn is_over(&self, state: &mut EarlyStoppingState, training: (u64, u32), value: f64) -> bool {
        let wait = state
            .waits
            .entry(training)
            .or_insert(Wait { best: self.settings.baseline, reports: 0 });
        let improved = match wait.best {
            Some(best) => is_better_by(self.direction, self.settings.min_delta, value, best),
            None => !value.is_nan(),
        };
        if improved {
            *wait = Wait { best: Some(value), reports: 0 };
        } else {
            wait.reports += 1;
        }
        wait.reports >= self.settings.patience
    }

    /// Warns once, at the end of the first trial, if that trial has not logged the metric.
    fn warn_if_not_logged(&self, state: &mut EarlyStoppingState) {
        if let Some(name) = &self.metric
            && !state.is_metric_checked
        {
            let names = Vec::from_iter(std::mem::take(&mut state.logged)).join(", ");
            let names = if names.is_empty() { "nothing" } else { &names };
            tracing::warn!(
                "early stopping watches `{name}`, which the first trial has not logged: it logged \
                 {names}"
            );
        }
        state.is_metric_checked = true;
    }
}

impl EarlyStoppingState {
    fn forget(&mut self, number: u64) {
        self.waits.retain(|(trial, _), _| *trial != number);
    }
}
