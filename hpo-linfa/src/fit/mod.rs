//! From a table to a model: the search, the selection and the fit to all rows.
//!
//! Configs race over the folds of one split. The best of them, the finalists, are measured again on
//! other splits, and the winner is chosen by these fresh scores. What the winner is worth is
//! [estimated](crate::score_estimate::ScoreEstimate) without the bias of the selection.
//!
//! ```
//! use hpo_linfa::{Table, TableSearch};
//!
//! let mut text = "size,city,price\n".to_owned();
//! for row in 0..60 {
//!     let city = ["Bern", "Rome"][row % 2];
//!     text += &format!("{row}.5,{city},{}\n", row * 3 + row % 2 * 40);
//! }
//! let table = Table::from_csv_text(&text)?.target("price")?;
//! let fit = TableSearch::new().trials(5).run(&table)?;
//! let predictions = fit.model().predict(&Table::from_csv_text("size,city\n20.5,Rome\n")?)?;
//! assert_eq!(predictions.rows(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ensemble;
mod estimate;
mod estimator_row;
mod finalists;
mod folds;
mod outcome;
mod report;
mod running;
mod search;
mod shares;

use std::sync::Arc;
use std::time::Duration;

pub use self::estimator_row::EstimatorRow;
pub use self::outcome::TableFit;

use crate::error::Error;
use crate::features::Learning;
use crate::learner::{TableClassifier, TableRegressor};
use crate::table_metric::TableMetric;
use crate::training::TrainingTable;

/// The state of a running search.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SearchProgress {
    /// The present phase of the search.
    pub phase: Phase,
    /// The number of trials that have ended.
    pub trials: u64,
    /// The best cross-validated score so far, and its estimator.
    pub best: Option<(f64, &'static str)>,
    /// The time since the start.
    pub elapsed: Duration,
}

/// The part of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// The search tries configs.
    Search,
    /// The best are measured again on fresh splits.
    Finalists,
    /// The winner is fitted to all rows.
    Refit,
    /// The model is analysed for its report.
    Report,
}

/// The settings of a search over tables. Each has a default; [`run`](Self::run) checks them all.
#[derive(Clone)]
#[must_use = "a search does nothing before .run()"]
pub struct TableSearch {
    time: Option<Duration>,
    trials: Option<u64>,
    metric: Option<TableMetric>,
    folds: usize,
    seed: u64,
    workers: usize,
    ensemble: bool,
    report: bool,
    storage: Option<String>,
    progress: Option<Arc<ProgressFn>>,
}

type ProgressFn = dyn Fn(&SearchProgress) + Send + Sync;

/// The time of a search that has neither a time nor a number of trials.
const DEFAULT_TIME: Duration = Duration::from_secs(60);

/// The number of trials after which a search by time ends: more would only fit the folds.
const MOST_TRIALS: u64 = 300;

impl Default for TableSearch {
    fn default() -> Self {
        Self {
            time: None,
            trials: None,
            metric: None,
            folds: 5,
            seed: 0,
            workers: 1,
            ensemble: false,
            report: false,
            storage: None,
            progress: None,
        }
    }
}

impl TableSearch {
    /// Creates a search of 60 seconds with 5 folds, by accuracy or R².
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the time of the whole search, with the last fit. Default: 60 seconds, or no limit if a
    /// number of trials is set. The limit is kept to within one round of boosting or one fit of
    /// another estimator.
    pub fn time(self, time: Duration) -> Self {
        Self { time: Some(time), ..self }
    }

    /// Sets the number of configs tried, at least 1. Default: at most 300 within the time.
    pub fn trials(self, trials: u64) -> Self {
        Self { trials: Some(trials), ..self }
    }

    /// Sets the metric. Default: accuracy, or R² for a regression.
    pub fn metric(self, metric: TableMetric) -> Self {
        Self { metric: Some(metric), ..self }
    }

    /// Sets the number of folds, at least 2. Default: 5.
    pub fn folds(self, folds: usize) -> Self {
        Self { folds, ..self }
    }

    /// Sets the seed of splits, sampler and models. Default: 0. A search by time depends on the
    /// speed of the machine too; one by trials, with one worker, does not.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets the number of configs tried in parallel, at least 1. Default: 1.
    pub fn workers(self, workers: usize) -> Self {
        Self { workers, ..self }
    }

    /// Sets whether the model is a weighted mean of several of the best instead of the best one.
    /// Default: false.
    pub fn ensemble(self, ensemble: bool) -> Self {
        Self { ensemble, ..self }
    }

    /// Sets whether the result has a [report](TableFit::report) on the model, from rows that it has
    /// not seen. It takes a further fit to the rows of each fold, at least of one, after the time of
    /// the search. Default: false.
    pub fn report(self, report: bool) -> Self {
        Self { report, ..self }
    }

    /// Sets the storage of the study: a URL as those of `hpo`. A search that was interrupted
    /// continues with the trials that it finds there. Default: memory.
    pub fn storage(self, url: impl Into<String>) -> Self {
        Self { storage: Some(url.into()), ..self }
    }

    /// Sets a function that is called after each trial and between the phases.
    pub fn progress(self, progress: impl Fn(&SearchProgress) + Send + Sync + 'static) -> Self {
        Self { progress: Some(Arc::new(progress)), ..self }
    }

    /// Runs the search and fits the winner to all rows.
    ///
    /// # Errors
    /// If a setting is invalid, the rows cannot be split, no trial has completed, or the winner
    /// cannot be fitted to all rows.
    pub fn run(self, table: &TrainingTable) -> Result<TableFit, Error> {
        let learning = table.learning();
        if let Some(metric) = self.metric
            && metric.learning() != learning
        {
            let names = TableMetric::all(learning).iter().map(ToString::to_string).collect();
            return Err(Error::Metric { metric: metric.to_string(), names });
        }
        match learning {
            Learning::Classification => search::run::<TableClassifier>(&self, table),
            Learning::Regression => search::run::<TableRegressor>(&self, table),
        }
    }
}

impl std::fmt::Debug for TableSearch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("TableSearch");
        shown.field("time", &self.time).field("trials", &self.trials).field("metric", &self.metric);
        shown.field("folds", &self.folds).field("seed", &self.seed);
        shown.field("workers", &self.workers).field("ensemble", &self.ensemble);
        shown.finish_non_exhaustive()
    }
}
