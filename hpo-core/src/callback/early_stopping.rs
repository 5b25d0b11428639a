//! Early stopping: a training that gets no better is ended, and its trial completes with what it has.
//!
//! Prechelt, "Early Stopping - But When?" (Neural Networks: Tricks of the Trade, 1998), is the source of the idea; the
//! settings are those that Keras' `EarlyStopping` made known. Deviations from it: a `baseline` is the first value to be
//! beaten, rather than one that holds the count back until it is beaten; `patience` is at least 1.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

use super::{check_min_delta, is_better_by, noted, refused};
use crate::error::Result;
use crate::study::{Callback, Flow, Notice};
use crate::trial::{Direction, Objective, ObjectiveError, State};

/// Ends the training of a trial whose metric has not improved for a number of reports.
///
/// Its count is not kept with the trial: one that is taken up in another process has its patience anew.
///
/// The trial is not pruned: [`Trial::steps`](crate::study::Trial::steps) yields no more, and the trial completes with the
/// value that its objective gives. That may be the best one: a state that was kept by
/// [`Trial::checkpoint`](crate::study::Trial::checkpoint) comes back from
/// [`Trial::best_checkpoint`](crate::study::Trial::best_checkpoint).
///
/// ```
/// use hpo_core::prelude::*;
///
/// # #[derive(Clone, Debug, SearchSpace)]
/// # struct Config {
/// #     #[search_space(range = 0.1..=0.2)]
/// #     rate: f64,
/// # }
/// let stopping = EarlyStopping::on_reports(Direction::Minimize).patience(3).min_delta(1e-4).build()?;
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
#[derive(Clone, Debug)]
#[must_use = "a callback is made by .build()"]
pub struct EarlyStopping {
    watched: Result<Watched, ObjectiveError>,
    patience: u64,
    min_delta: f64,
    start_from: u64,
    baseline: Option<f64>,
}

/// What is to get better.
#[derive(Clone, Debug)]
enum Watched {
    /// A metric that is logged by name.
    Metric(Objective),
    /// What is reported without a name.
    Reports(Direction),
}

impl EarlyStopping {
    /// By a metric whose direction follows from its name, as [`Objective::infer`] knows it.
    pub fn new(metric: &str) -> Self {
        Self::watching(Objective::infer(metric).map(Watched::Metric))
    }

    /// By a metric and its direction.
    pub fn of(objective: Objective) -> Self {
        Self::watching(Ok(Watched::Metric(objective)))
    }

    /// By the values that [`Trial::report`](crate::study::Trial::report) is given, which have no name.
    pub fn on_reports(direction: Direction) -> Self {
        Self::watching(Ok(Watched::Reports(direction)))
    }

    fn watching(watched: Result<Watched, ObjectiveError>) -> Self {
        Self { watched, patience: 5, min_delta: 0.0, start_from: 0, baseline: None }
    }

    /// After how many reports without improvement the training ends, at least 1. Default: 5.
    pub fn patience(mut self, patience: u64) -> Self {
        self.patience = patience;
        self
    }

    /// By how much a value must be better to count as better, from 0 up, in the metric's unit. Default: 0.
    pub fn min_delta(mut self, min_delta: f64) -> Self {
        self.min_delta = min_delta;
        self
    }

    /// The first step that is judged; reports before it are not looked at. Default: 0.
    pub fn start_from(mut self, step: u64) -> Self {
        self.start_from = step;
        self
    }

    /// A value that must be beaten within the patience. Default: none, the first report is an improvement.
    pub fn baseline(mut self, value: f64) -> Self {
        self.baseline = Some(value);
        self
    }

    /// The callback.
    ///
    /// # Errors
    /// If the direction of the metric is not known, `patience` is 0, `min_delta` is negative or no number, or the baseline
    /// is NaN.
    pub fn build(self) -> Result<EarlyStopper> {
        let watched = self.watched.clone()?;
        if self.patience == 0 {
            return Err(refused("patience", "is 0: every training would end at once; write at least 1"));
        }
        check_min_delta(self.min_delta)?;
        if self.baseline.is_some_and(f64::is_nan) {
            return Err(refused("baseline", "is NaN: no value is better or worse; write a number"));
        }
        Ok(EarlyStopper { watched, settings: self, state: Mutex::default() })
    }
}

/// What [`EarlyStopping::build`] makes.
#[derive(Debug)]
pub struct EarlyStopper {
    watched: Watched,
    settings: EarlyStopping,
    state: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    /// The trainings under way, by trial and execution.
    waits: HashMap<(u64, u32), Wait>,
    /// The names that were logged, until the metric is among them.
    others: BTreeSet<String>,
    /// Whether nobody needs to be told any more that the metric is missing.
    settled: bool,
}

/// How long a training has been waiting for something better.
#[derive(Clone, Copy, Debug)]
struct Wait {
    best: Option<f64>,
    reports: u64,
}

impl Callback for EarlyStopper {
    fn notice(&self, notice: &Notice<'_>) -> Flow {
        let mut notes = noted(&self.state);
        match *notice {
            Notice::Started { .. } => *notes = Notes::default(),
            // A trial that is tried again, after a failure, begins anew; a promoted one goes on.
            Notice::TrialStarted { number, round: 0, .. } => notes.forget(number),
            Notice::Reported { number, execution, step, value, metrics } => {
                let Some(value) = self.value(&mut notes, value, metrics) else {
                    return Flow::Continue;
                };
                if step >= self.settings.start_from && self.is_over(&mut notes, (number, execution), value) {
                    return Flow::EndTrial;
                }
            }
            Notice::TrialEnded { trial, .. } => {
                notes.forget(trial.number);
                if trial.state != State::Failed {
                    self.settle(&mut notes);
                }
            }
            _ => {}
        }
        Flow::Continue
    }
}

impl EarlyStopper {
    /// The value to judge, if the report has it.
    fn value(&self, notes: &mut Notes, value: f64, metrics: &[(&str, f64)]) -> Option<f64> {
        match &self.watched {
            // Metrics without the one that the trial is judged by come with NaN.
            Watched::Reports(_) => (metrics.is_empty() || !value.is_nan()).then_some(value),
            Watched::Metric(objective) => {
                let found = metrics.iter().find(|(name, _)| *name == objective.name);
                notes.settled |= found.is_some();
                if !notes.settled {
                    notes.others.extend(metrics.iter().map(|(name, _)| (*name).to_owned()));
                }
                found.map(|(_, value)| *value)
            }
        }
    }

    /// Whether the patience with this training is over.
    fn is_over(&self, notes: &mut Notes, training: (u64, u32), value: f64) -> bool {
        let direction = match &self.watched {
            Watched::Metric(objective) => objective.direction,
            Watched::Reports(direction) => *direction,
        };
        let wait = notes.waits.entry(training).or_insert(Wait { best: self.settings.baseline, reports: 0 });
        let improved = match wait.best {
            Some(best) => is_better_by(direction, self.settings.min_delta, value, best),
            None => !value.is_nan(),
        };
        if improved {
            *wait = Wait { best: Some(value), reports: 0 };
        } else {
            wait.reports += 1;
        }
        wait.reports >= self.settings.patience
    }

    /// Says, once, at the end of the first trial, that it has not logged the metric.
    fn settle(&self, notes: &mut Notes) {
        if let Watched::Metric(Objective { name, .. }) = &self.watched
            && !notes.settled
        {
            let logged = Vec::from_iter(std::mem::take(&mut notes.others)).join(", ");
            let logged = if logged.is_empty() { "nothing" } else { &logged };
            tracing::warn!("early stopping watches `{name}`, which the first trial has not logged: it logged {logged}");
        }
        notes.settled = true;
    }
}

impl Notes {
    fn forget(&mut self, number: u64) {
        self.waits.retain(|(trial, _), _| *trial != number);
    }
}
