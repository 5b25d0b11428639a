//! The settings of a tuner.

use std::path::PathBuf;
use std::sync::Arc;

use super::models::Models;
use super::project::Project;
use super::strategy::{Strategy, StrategyParts};
use super::{HyperModel, Tuner};
use crate::error::{Error, Result};
use crate::file;
use crate::space::FlatSpace;
use crate::storage::{Journal, Storage};
use crate::study::{Config, Parallel, Settings, Study, refuse, run_settings, within};
use crate::trial::{Direction, Objective, ObjectiveError};

/// The largest number of executions per trial; a larger one is surely a mistake.
const MOST_EXECUTIONS: u64 = 10_000;

/// The settings of a tuner. [`build`](Self::build) checks all of them before any training.
#[must_use = "a tuner does nothing before .build() and .search(..)"]
pub struct TunerBuilder<M, S> {
    model: M,
    pub(super) strategy: S,
    objective: Option<Result<Objective, ObjectiveError>>,
    max_trials: Option<u64>,
    executions: u32,
    directory: Option<PathBuf>,
    project_name: Option<String>,
    overwrite: bool,
    keep_models: usize,
    pub(super) settings: Settings,
}

/// A metric's name, which implies its direction, or an [`Objective`] with both.
pub trait IntoObjective {
    /// Converts it to an objective.
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

impl<M: HyperModel, S: Strategy> TunerBuilder<M, S> {
    pub(super) fn with(model: M, strategy: S) -> Self {
        Self {
            model,
            strategy,
            objective: None,
            max_trials: None,
            executions: 1,
            directory: None,
            project_name: None,
            overwrite: false,
            keep_models: 10,
            settings: Settings::default(),
        }
    }

    /// Sets the objective: a metric that the model reports. A known name implies its direction; for
    /// others, use [`Objective::maximize`] or [`Objective::minimize`]. Required.
    pub fn objective(mut self, objective: impl IntoObjective) -> Self {
        self.objective = Some(objective.into_objective());
        self
    }

    /// Sets the total number of trials of the project, at least 1. A project that has some already
    /// is continued up to this number.
    pub fn max_trials(mut self, trials: u64) -> Self {
        self.max_trials = Some(trials);
        self
    }

    /// Sets the number of times that each config is built and fitted, from 1 to 10,000; its metrics
    /// are the means. Default: 1.
    pub fn executions_per_trial(mut self, executions: u32) -> Self {
        self.executions = executions;
        self
    }

    /// Sets the number of times that a failed trial is tried again before it counts as failed.
    /// Default: 0.
    pub fn max_retries_per_trial(mut self, retries: u32) -> Self {
        self.settings.retries = retries;
        self
    }

    run_settings!(Self);

    /// The model of a tuner can always be shared by threads.
    fn parallel(self) -> Self {
        self
    }

    /// Sets the directory of projects. Default: the working directory if a project name is given;
    /// otherwise nothing is kept beyond the process.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Sets the project's folder in the directory: a plain name without separators. Default:
    /// `untitled_project` if a directory is given.
    pub fn project_name(mut self, name: impl Into<String>) -> Self {
        self.project_name = Some(name.into());
        self
    }

    /// If true, deletes an earlier search of the same project instead of continuing it. Default:
    /// false.
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.overwrite = overwrite;
        self
    }

    /// Sets the number of best trials whose fitted model and best checkpoint are kept. Default: 10.
    pub fn keep_models(mut self, models: usize) -> Self {
        self.keep_models = models;
        self
    }

    /// Checks the settings and opens the project.
    ///
    /// # Errors
    /// If a setting is invalid, the direction of the objective is not known, the model does not
    /// report the objective, the space cannot be searched, a folder or journal cannot be used, or
    /// an earlier search has another objective or a space that has changed too far.
    pub fn build(mut self) -> Result<Tuner<M>> {
        let objective = self.checked_objective()?;
        self.check()?;
        let folder = self.folder();
        let StrategyParts { sampler, pruner, trials, mut settings } = self.strategy.parts()?;
        check_planned(self.max_trials, trials)?;
        // Check everything before anything is overwritten.
        FlatSpace::new(&M::Config::declared_space().ok_or(Error::NoSpace)?)?;
        self.settings.check()?;
        let project = folder.map(|folder| Project::open(folder, self.overwrite)).transpose()?;
        let builder = match objective.direction {
            Direction::Minimize => Study::<M::Config>::minimize(),
            Direction::Maximize => Study::<M::Config>::maximize(),
        };
        settings.push(("executions_per_trial", self.executions.into()));
        let (run, keep_models) = (self.settings, self.keep_models);
        let builder = builder.parallel().shared_sampler(sampler).settings(|own| {
            *own = run;
            own.keep_checkpoints = own.keep_checkpoints.or(Some(keep_models));
            own.pruner = pruner.or(own.pruner.take());
        });
        let builder = match &project {
            Some(project) => {
                builder.storage(opened(project, &objective)?).checkpoints(project.checkpoints())
            }
            None => builder,
        };
        let study = builder
            .name(&*objective.name)
            .metric_names([&*objective.name])
            .remember(settings)
            .open()?;
        let models = saved_models(keep_models, &objective, &study, project.as_ref())?;
        let max_trials = self.max_trials.or(trials);
        Ok(Tuner {
            model: self.model,
            study,
            objective,
            max_trials,
            executions: self.executions,
            models,
            project,
        })
    }

    fn check(&self) -> Result<()> {
        if self.max_trials == Some(0) {
            return refuse("max_trials", "is 0: write how many trials there should be in all");
        }
        if let Some(problem) = self.project_name.as_deref().and_then(file::name_problem) {
            return refuse("project_name", &problem);
        }
        within("executions_per_trial", self.executions.max(1), 1..=MOST_EXECUTIONS)?;
        if self.executions == 0 {
            return refuse("executions_per_trial", "is 0: a model must be fitted at least once");
        }
        Ok(())
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

/// Opens the project's storage, which holds only one search: the models of two searches would
/// overwrite each other.
fn opened(project: &Project, objective: &Objective) -> Result<Arc<dyn Storage>> {
    let storage: Arc<dyn Storage> = Arc::new(Journal::open(project.journal())?);
    match storage.studies()?.into_iter().find(|study| study.name != objective.name) {
        None => Ok(storage),
        Some(other) => {
            let (asked, recorded, location) = (&objective.name, other.name, storage.location());
            let problem = format!(
                "is `{asked}`, but the project in {location} was made for `{recorded}`: choose \
                 another project name, or write .overwrite(true)"
            );
            Err(Error::Setting { setting: "objective", problem })
        }
    }
}

fn saved_models<C: Config, F>(
    most: usize,
    objective: &Objective,
    study: &Study<C, Parallel>,
    project: Option<&Project>,
) -> Result<Models<F>> {
    let best = if project.is_some() { study.best_trials(most)? } else { Vec::new() };
    let is_saved = |number| project.is_some_and(|project| project.model(number).is_dir());
    let saved = best
        .iter()
        .filter(|trial| is_saved(trial.number))
        .filter_map(|trial| Some((trial.number, trial.value()?)));
    Ok(Models::new(most, objective.direction, saved))
}

impl<M, S> std::fmt::Debug for TunerBuilder<M, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TunerBuilder").field("objective", &self.objective).finish_non_exhaustive()
    }
}

/// Checks that a schedule has work for the number of trials that is asked for.
fn check_planned(max_trials: Option<u64>, planned: Option<u64>) -> Result<()> {
    let planned = planned.filter(|planned| Some(*planned) < max_trials);
    let (Some(asked), Some(planned)) = (max_trials, planned) else { return Ok(()) };
    let problem = format!(
        "is {asked}, and the brackets have only {planned} trials: raise .hyperband_iterations(..), \
         or write .endless()"
    );
    refuse("max_trials", &problem)
}
