//! How a tuner is set up.

use std::path::PathBuf;
use std::time::Duration;

use super::models::Models;
use super::project::Project;
use super::{HyperModel, Tuner};
use crate::error::{Error, Result};
use crate::sampler::{Grid, Random, Sampler};
use crate::study::{Callback, Settings, Study};
use crate::trial::{Direction, Objective, ObjectiveError};

/// A tuner that draws configs at random.
pub type RandomSearch<M> = TunerBuilder<M, Random>;

/// A tuner that tries the points of a grid, one after another, until none is left.
pub type GridSearch<M> = TunerBuilder<M, Grid>;

/// How a tuner is set up. [`build`](Self::build) checks all of it, before any training.
#[must_use = "a tuner does nothing before .build() and .search(..)"]
pub struct TunerBuilder<M, S> {
    model: M,
    sampler: S,
    objective: Option<Result<Objective, ObjectiveError>>,
    max_trials: Option<u64>,
    executions: u32,
    seed: Option<u64>,
    directory: Option<PathBuf>,
    project_name: Option<String>,
    overwrite: bool,
    keep_models: usize,
    settings: Settings,
}

/// A metric's name, from which the direction follows, or an [`Objective`] that says both.
pub trait IntoObjective {
    /// The objective.
    ///
    /// # Errors
    /// If the direction is not known.
    fn into_objective(self) -> Result<Objective, ObjectiveError>;
}

impl IntoObjective for Objective {
    fn into_objective(self) -> Result<Objective, ObjectiveError> {
        Ok(self)
    }
}

impl IntoObjective for &str {
    fn into_objective(self) -> Result<Objective, ObjectiveError> {
        Objective::infer(self)
    }
}

impl<M: HyperModel> RandomSearch<M> {
    /// Random search: 10 trials, unless [`max_trials`](Self::max_trials) says otherwise.
    pub fn new(model: M) -> Self {
        Self { max_trials: Some(10), ..Self::with(model, Random) }
    }
}

impl<M: HyperModel> GridSearch<M> {
    /// Grid search: all points of the grid, unless [`max_trials`](TunerBuilder::max_trials) says otherwise.
    pub fn new(model: M) -> Self {
        Self::with(model, Grid::default())
    }

    /// How many points stand for a continuous parameter, ends included, at least 2. Default: 10.
    pub fn points(mut self, points: u32) -> Self {
        self.sampler = Grid::new(points);
        self
    }
}

impl<M: HyperModel, S: Sampler + 'static> TunerBuilder<M, S> {
    fn with(model: M, sampler: S) -> Self {
        Self {
            model,
            sampler,
            objective: None,
            max_trials: None,
            executions: 1,
            seed: None,
            directory: None,
            project_name: None,
            overwrite: false,
            keep_models: 10,
            settings: Settings { consecutive_failures: Some(3), ..Settings::default() },
        }
    }

    /// What to optimise: a metric that the model reports. A known name says its direction by itself; for others, write
    /// [`Objective::maximize`] or [`Objective::minimize`]. Required.
    pub fn objective(mut self, objective: impl IntoObjective) -> Self {
        self.objective = Some(objective.into_objective());
        self
    }

    /// How many trials the project shall have in all, at least 1. One that has some already is topped up.
    pub fn max_trials(mut self, trials: u64) -> Self {
        self.max_trials = Some(trials);
        self
    }

    /// How often each config is built and fitted, at least 1; its metrics are the means. Default: 1.
    pub fn executions_per_trial(mut self, executions: u32) -> Self {
        self.executions = executions;
        self
    }

    /// How often a failed trial is tried again before it counts as failed. Default: 0.
    pub fn max_retries_per_trial(mut self, retries: u32) -> Self {
        self.settings.retries = retries;
        self
    }

    /// After how many failures in a row the search ends with an error, at least 1. Default: 3.
    pub fn max_consecutive_failed_trials(mut self, failures: u64) -> Self {
        self.settings.consecutive_failures = Some(failures);
        self
    }

    /// The seed of all random streams. Default: the recorded one; for a new project, one from the operating system.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// How many trials run side by side, each on its own thread, at least 1. Default: 1, the calling thread.
    pub fn workers(mut self, workers: usize) -> Self {
        self.settings.workers = workers;
        self
    }

    /// When to start no more trials, from the start of a search. Default: never.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = Some(timeout);
        self
    }

    /// How long a trial may take before it counts as failed. It ends at its next report; a thread cannot be killed.
    /// Default: for ever.
    pub fn trial_timeout(mut self, timeout: Duration) -> Self {
        self.settings.trial_timeout = Some(timeout);
        self
    }

    /// Whether Ctrl-C (and a request to terminate) ends a search gracefully. Default: yes.
    pub fn ctrl_c(mut self, graceful: bool) -> Self {
        self.settings.signals = graceful;
        self
    }

    /// Who listens to the search. May be called several times.
    pub fn callback(mut self, callback: impl Callback + 'static) -> Self {
        self.settings.callbacks.push(std::sync::Arc::new(callback));
        self
    }

    /// Where projects are kept. Default: the working directory if a project name is given; otherwise nothing is kept
    /// beyond the process.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// The project's folder below the directory. Default: `untitled_project` if a directory is given.
    pub fn project_name(mut self, name: impl Into<String>) -> Self {
        self.project_name = Some(name.into());
        self
    }

    /// Whether to delete an earlier search of the same project, rather than to take it up. Default: no.
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.overwrite = overwrite;
        self
    }

    /// How many of the best fitted models are kept. Default: 10.
    pub fn keep_models(mut self, models: usize) -> Self {
        self.keep_models = models;
        self
    }

    /// Checks the settings, and opens the project.
    ///
    /// # Errors
    /// A setting that makes no sense, an objective whose direction is not known or which the model does not report, a
    /// space that cannot be searched, a folder or journal that cannot be used, an earlier search with another objective
    /// or a space that has changed too far.
    pub fn build(self) -> Result<Tuner<M>> {
        let objective = self.checked_objective()?;
        if self.max_trials == Some(0) {
            return refuse("max_trials", "is 0: say how many trials there shall be in all");
        }
        if self.executions == 0 {
            return refuse("executions_per_trial", "is 0: a model must be fitted at least once");
        }
        let project = self.folder().map(|folder| Project::open(folder, self.overwrite)).transpose()?;
        let builder = match objective.direction {
            Direction::Minimize => Study::<M::Config>::minimize(),
            Direction::Maximize => Study::<M::Config>::maximize(),
        };
        let builder = builder.sampler(self.sampler).settings(|settings| *settings = self.settings);
        let builder = match &project {
            Some(project) => builder.storage(project.journal()),
            None => builder,
        };
        let builder = match self.seed {
            Some(seed) => builder.seed(seed),
            None => builder,
        };
        let study = builder.name(&*objective.name).open()?;
        let models = Models::new(self.keep_models, objective.direction);
        let (model, max_trials, executions) = (self.model, self.max_trials, self.executions);
        Ok(Tuner { model, study, objective, max_trials, executions, models, project })
    }

    fn checked_objective(&self) -> Result<Objective> {
        let Some(objective) = self.objective.clone() else {
            return refuse(
                "objective",
                "is missing: name a metric that the model reports, as .objective(\"val_accuracy\")",
            );
        };
        let objective = objective?;
        let reported = self.model.metrics();
        if reported.is_empty() || reported.contains(&objective.name.as_str()) {
            return Ok(objective);
        }
        let reported = reported.iter().map(ToString::to_string).collect();
        Err(Error::UnknownMetric { name: objective.name, reported })
    }

    fn folder(&self) -> Option<PathBuf> {
        if self.directory.is_none() && self.project_name.is_none() {
            return None;
        }
        let directory = self.directory.clone().unwrap_or_else(|| PathBuf::from("."));
        Some(directory.join(self.project_name.as_deref().unwrap_or("untitled_project")))
    }
}

fn refuse<T>(setting: &'static str, problem: &str) -> Result<T> {
    Err(Error::Setting { setting, problem: problem.to_owned() })
}

impl<M, S> std::fmt::Debug for TunerBuilder<M, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TunerBuilder").field("objective", &self.objective).finish_non_exhaustive()
    }
}
