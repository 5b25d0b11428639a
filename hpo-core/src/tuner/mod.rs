//! Tuners: searches that build and fit models and return the best ones.
//!
//! A [`Tuner`] drives a [`HyperModel`] through a [`Study`]: for each config it builds a model, fits
//! it (several times if configured), takes the named metric as the trial's value, and keeps the
//! best fitted models. The presets [`RandomSearch`], [`GridSearch`], [`BayesianOptimization`] and
//! [`Hyperband`] differ in the sampler of the configs, and in how far each config is trained.

mod builder;
mod hyper_model;
mod models;
mod project;
mod strategy;

use std::fmt;
use std::sync::Arc;

pub use builder::{IntoObjective, TunerBuilder};
pub use hyper_model::HyperModel;
#[doc(hidden)]
pub use strategy::{Bayesian, Sampling, Strategy, StrategyParts};
pub use strategy::{BayesianOptimization, GridSearch, Hyperband, RandomSearch};

use self::models::Models;
use self::project::Project;
use crate::checkpoint::Checkpoints;
use crate::error::{Error, Result};
use crate::pruner::Budget;
use crate::space::counted;
use crate::study::{
    Cause, Config, Note, Oracle, Parallel, Run, Study, Trial, TrialControl, TrialError, TrialJob,
    WorkerResources,
};
use crate::trial::{Objective, TrialRecord, rung_attribute};

/// A search that builds and fits models of type `M` and returns the best ones.
pub struct Tuner<M: HyperModel> {
    model: M,
    study: Study<M::Config, Parallel>,
    objective: Objective,
    max_trials: Option<u64>,
    executions: u32,
    models: Models<M::Fitted>,
    project: Option<Project>,
}

impl<M: HyperModel> Tuner<M> {
    /// Searches until the project has `max_trials` trials, the space is exhausted, the time is up,
    /// or Ctrl-C is pressed. May be called again.
    ///
    /// # Errors
    /// If too many trials failed in a row, or the storage or the sampler fails.
    pub fn search(&mut self, data: &M::Data) -> Result<Run> {
        let target = self.max_trials.unwrap_or(u64::MAX);
        self.study.drive(target, &|job, trial| {
            let config = M::Config::from_params(&job.params)?;
            trial.expect(&self.objective, self.executions);
            let (value, fitted) = self.fit(&config, data, trial)?;
            for (name, mean) in trial.means() {
                trial.set_attribute(&name, mean)?;
            }
            // A trial that ends as failed must not replace a good model.
            trial.in_time()?;
            let is_complete =
                job.budget.is_none_or(|budget| budget.is_final()) || trial.has_ended_early();
            if is_complete && !value.is_nan() && self.keeps_constraints(job.number)? {
                self.keep((job.number, value), fitted)?;
            }
            Ok(vec![value])
        })
    }

    /// Returns the configs of the best `count` trials that satisfy their constraints, best first.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn best_configs(&self, count: usize) -> Result<Vec<M::Config>> {
        self.study.best_configs(count)
    }

    /// Returns the fitted models of the best `count` trials, best first: those of this process, or
    /// those saved on disk. The model is the one that `fit` returned; for the model of the best
    /// epoch, `fit` ends with [`Trial::best_checkpoint`].
    ///
    /// # Errors
    /// If no trial has completed, or none that satisfies its constraints. If a model was not kept:
    /// [`refit`](Self::refit) fits it again. If a model cannot be loaded, or the storage fails.
    pub fn best_models(&self, count: usize) -> Result<Vec<Arc<M::Fitted>>> {
        let best = self.study.best_trials(count)?;
        if best.is_empty() && count > 0 {
            return Err(self.study.nothing_complete()?);
        }
        best.iter().map(|trial| self.model_of(trial)).collect()
    }

    /// Builds and fits the configs of the best `count` trials again, best first, for example on
    /// more data than the search used. Under a schedule they are trained up to its present maximum,
    /// whatever it was when the trial ran.
    ///
    /// # Errors
    /// If a config cannot be fitted any more, or the storage fails.
    pub fn refit(&self, count: usize, data: &M::Data) -> Result<Vec<M::Fitted>> {
        self.study.best_trials(count)?.iter().map(|trial| self.refit_one(trial, data)).collect()
    }

    /// Returns the untyped engine of the search.
    #[must_use]
    pub fn oracle(&self) -> &Oracle {
        self.study.oracle()
    }

    /// Returns the study of the tuner, to enqueue configs or to inspect trials.
    #[must_use]
    pub fn study(&self) -> &Study<M::Config, Parallel> {
        &self.study
    }

    /// Returns the objective with its direction.
    #[must_use]
    pub fn objective(&self) -> &Objective {
        &self.objective
    }

    /// Returns the notes made when the project was opened.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        self.study.notes()
    }

    /// Returns the search space as text, one line per parameter.
    #[must_use]
    pub fn search_space_summary(&self) -> String {
        let flat = self.study.flat_space();
        let (parameters, configs) =
            (counted(flat.len(), "parameter"), counted(flat.cardinality(), "config"));
        format!("{parameters}, {configs}\n{flat}")
    }

    /// Returns the results as text: the number of trials, and the best `count` of them.
    ///
    /// # Errors
    /// If the storage fails.
    pub fn results_summary(&self, count: usize) -> Result<String> {
        self.study.results_summary(count)
    }

    /// Builds and fits a config the configured number of times. Returns the mean score and the best
    /// fitted model. If an execution was paused, its model is lost, and the trial is paused with
    /// the mean score.
    fn fit(
        &self,
        config: &M::Config,
        data: &M::Data,
        trial: &mut Trial<'_>,
    ) -> Result<(f64, M::Fitted), TrialError> {
        let (mut sum, mut best, mut is_paused) = (0.0, None, false);
        for _ in 0..self.executions {
            let model = self.model.build(config).map_err(Into::into)?;
            let fitted = self.model.fit(config, model, data, trial).map_err(Into::into);
            let fitted = match trial.with_stop_cause(fitted) {
                Ok(fitted) => Some(fitted),
                Err(TrialError(Cause::Paused(_))) => None,
                Err(error) => return Err(error),
            };
            let score = trial.end_execution().map_err(|reported| {
                let name = self.objective.name.clone();
                TrialError::fatal(Error::UnknownMetric { name, reported })
            })?;
            sum += score;
            is_paused |= fitted.is_none();
            if best
                .as_ref()
                .is_none_or(|(best, _)| self.objective.direction.is_better(score, *best))
            {
                best = fitted.map(|fitted| (score, fitted)).or(best);
            }
        }
        let mean = self.with_earlier_round(sum / f64::from(self.executions), trial)?;
        match best {
            Some((_, fitted)) if !is_paused => Ok((mean, fitted)),
            _ => Err(TrialError(Cause::Paused(mean))),
        }
    }

    /// Returns the better of a score and the score of the round before. With several executions,
    /// nothing else is known of earlier steps.
    fn with_earlier_round(&self, score: f64, trial: &Trial<'_>) -> Result<f64, TrialError> {
        let Some(round) = trial.round().checked_sub(1).filter(|_| self.executions > 1) else {
            return Ok(score);
        };
        let record = self.study.oracle().trial(trial.number()).map_err(TrialError::fatal)?;
        let earlier = record
            .and_then(|record| record.attributes.system.get(&rung_attribute(round))?.as_f64());
        Ok(earlier
            .filter(|earlier| self.objective.direction.is_better(*earlier, score))
            .unwrap_or(score))
    }

    fn keeps_constraints(&self, number: u64) -> Result<bool, TrialError> {
        let violation = self.study.oracle().with_trials(|trials| trials.violation(number));
        Ok(violation.map_err(TrialError::fatal)? <= 0.0)
    }

    fn keep(&self, trial: (u64, f64), fitted: M::Fitted) -> Result<(), TrialError> {
        self.models.keep(trial, fitted, self.project.as_ref(), |fitted, project| {
            let folder = project.new_model(trial.0)?;
            if !self.model.save(fitted, &folder).map_err(Into::into)? {
                project.remove_model(trial.0)?;
            }
            Ok(())
        })
    }

    fn model_of(&self, trial: &TrialRecord) -> Result<Arc<M::Fitted>> {
        let number = trial.number;
        if let Some(fitted) = self.models.get(number) {
            return Ok(fitted);
        }
        let folder = self
            .project
            .as_ref()
            .map(|project| project.model(number))
            .filter(|folder| folder.is_dir());
        let folder = folder.ok_or(Error::ModelNotKept { trial: number })?;
        let loaded = self.model.load(&trial.config()?, &folder).map_err(|error| {
            let (folder, message) = (folder.clone(), error.into().to_string());
            Error::DamagedModel { trial: number, folder, message }
        })?;
        loaded.map(Arc::new).ok_or(Error::ModelNotKept { trial: number })
    }

    fn refit_one(&self, record: &TrialRecord, data: &M::Data) -> Result<M::Fitted> {
        let number = record.number;
        let config: M::Config = record.config()?;
        let params = config.to_params(self.study.flat_space())?;
        // Train up to the maximum of the schedule, if there is one.
        let budget = self
            .study
            .oracle()
            .budget(number)?
            .map(|budget| Budget::new(0, budget.most, budget.most, 0));
        let explanation = record.explain().to_owned().into();
        let job = TrialJob { number, params, budget, explanation };
        let control = TrialControl {
            oracle: None,
            checkpoints: &Checkpoints::default(),
            share: &WorkerResources::default(),
            limit: None,
            interrupted: &|| false,
            driver: None,
            on_report: &|_| false,
        };
        let mut trial = Trial::new(&job, self.study.oracle().seed(), control);
        trial.expect(&self.objective, 1);
        let model = self.model.build(&config).map_err(|error| refit_error(number, error))?;
        self.model.fit(&config, model, data, &mut trial).map_err(|error| refit_error(number, error))
    }
}

fn refit_error(trial: u64, error: impl Into<TrialError>) -> Error {
    Error::Refit { trial, message: error.into().to_string() }
}

impl<M: HyperModel> fmt::Debug for Tuner<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tuner")
            .field("objective", &self.objective)
            .field("study", &self.study)
            .finish_non_exhaustive()
    }
}
