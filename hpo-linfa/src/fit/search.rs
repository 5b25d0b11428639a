//! The search: trials race over the folds, then the finalists decide.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hpo_core::Study;
use hpo_core::pruner::SuccessiveHalving;
use hpo_core::study::{Parallel, Run};
use hpo_core::trial::Direction;

use super::finalists::{self, Finalist};
use super::folds::{OutOfFold, TableFolds};
use super::metric::TableMetric;
use super::outcome::{self, TableFit};
use super::{DEFAULT_TIME, MOST_TRIALS, Phase, SearchProgress, TableSearch};
use crate::context::FitContext;
use crate::error::Error;
use crate::learner::TableEstimator;
use crate::race::STANDARD_ERROR;
use crate::training::TrainingTable;

/// A running search.
pub(super) struct Running<'a, E: TableEstimator> {
    pub(super) settings: &'a TableSearch,
    pub(super) table: &'a TrainingTable,
    pub(super) metric: TableMetric,
    pub(super) clock: Clock,
    pub(super) study: Study<E, Parallel>,
    /// The out-of-fold predictions of complete trials, by their numbers.
    pub(super) told: Mutex<BTreeMap<u64, OutOfFold>>,
    best: Mutex<Option<(f64, &'static str)>>,
}

/// The parts of the time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub(super) started: Instant,
    limit: Option<Duration>,
}

/// The race of configs: after two folds, those in the best third go on.
const RACE: (u64, u64) = (2, 3);

/// The share of the time in which configs are tried.
const SEARCH_SHARE: f64 = 0.72;

/// The largest number of finalists of one estimator.
const MOST_OF_ONE_ESTIMATOR: usize = 3;

/// The share of the time after which finalists are no longer measured; the rest is for the fit to
/// all rows.
const FINALISTS_SHARE: f64 = 0.92;

impl Clock {
    fn at(&self, share: f64) -> Option<Duration> {
        self.limit.map(|limit| limit.mul_f64(share))
    }

    fn is_past(&self, share: f64) -> bool {
        self.at(share).is_some_and(|limit| self.started.elapsed() >= limit)
    }

    /// Returns true if the finalists have to be chosen now.
    pub(super) fn is_late(&self) -> bool {
        self.is_past(FINALISTS_SHARE)
    }
}

pub(super) fn run<E: TableEstimator>(
    settings: &TableSearch,
    table: &TrainingTable,
) -> Result<TableFit, Error> {
    let default = settings.trials.is_none().then_some(DEFAULT_TIME);
    let clock = Clock { started: Instant::now(), limit: settings.time.or(default) };
    let metric = settings.metric.unwrap_or_else(|| TableMetric::default_of(table.learning()));
    let folds = TableFolds::new(&table.features, &table.targets, settings.folds, settings.seed)?;
    let running = Running::<E> {
        settings,
        table,
        metric,
        clock,
        study: open(settings, metric, clock)?,
        told: Mutex::default(),
        best: Mutex::default(),
    };
    let run = running.search(&folds)?;
    let is_interrupted = run.is_interrupted();
    running.notify(Phase::Finalists, run.complete + run.pruned + run.failed);
    let finalists = finalists::measured(&running, &folds, is_interrupted)?;
    running.notify(Phase::Refit, run.complete + run.pruned + run.failed);
    outcome::fitted(&running, &finalists, &run)
}

fn open<E: TableEstimator>(
    settings: &TableSearch,
    metric: TableMetric,
    clock: Clock,
) -> Result<Study<E, Parallel>, Error> {
    let objective = metric.objective();
    let study = match objective.direction {
        Direction::Minimize => Study::minimize(),
        Direction::Maximize => Study::maximize(),
    };
    let halving = SuccessiveHalving::builder().min_resource(RACE.0).reduction_factor(RACE.1);
    let mut study = study
        .name(objective.name)
        .seed(settings.seed)
        .baseline(false)
        .pruner(halving.build().map_err(hpo_core::Error::from)?)
        .workers(settings.workers);
    if let Some(limit) = clock.at(SEARCH_SHARE) {
        study = study.timeout(limit);
    }
    if let Some(storage) = &settings.storage {
        study = study.storage(storage.as_str());
    }
    Ok(study.open()?)
}

impl<E: TableEstimator> Running<'_, E> {
    fn search(&self, folds: &TableFolds) -> Result<Run, Error> {
        let trials = self.settings.trials.unwrap_or(MOST_TRIALS);
        let starters = E::starters(self.table.features.rows);
        for config in starters.iter().take(usize::try_from(trials).unwrap_or(usize::MAX)) {
            self.study.enqueue_new(config)?;
        }
        // Without any complete trial there would be no model: the search goes on to the end.
        let is_over = || {
            self.clock.is_past(SEARCH_SHARE) && (self.clock.is_past(1.0) || !self.told().is_empty())
        };
        let run = self.study.optimize(trials, |config, trial| {
            let context = FitContext::until(self.settings.seed, &is_over);
            let told = folds.cross_validate(&config, self.metric, context, |step, mean| {
                trial.report(step, mean)
            });
            let told = match told {
                Ok(told) => told,
                Err(ended) => {
                    let ended = ended.into_trial(trial);
                    self.notify(Phase::Search, trial.number() + 1);
                    return Err(ended);
                }
            };
            let score = told.mean();
            trial.set_attribute(STANDARD_ERROR, standard_error(&told.scores))?;
            trial.set_attribute("rounds", told.rounds)?;
            self.note(score, config.name());
            self.told().insert(trial.number(), told);
            self.notify(Phase::Search, trial.number() + 1);
            Ok(score)
        })?;
        Ok(run)
    }

    pub(super) fn told(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, OutOfFold>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, score: f64, name: &'static str) {
        let mut best = self.best.lock().unwrap_or_else(PoisonError::into_inner);
        if best.is_none_or(|(best, _)| self.metric.is_better(score, best)) {
            *best = Some((score, name));
        }
    }

    fn notify(&self, phase: Phase, trials: u64) {
        if let Some(progress) = &self.settings.progress {
            let best = *self.best.lock().unwrap_or_else(PoisonError::into_inner);
            let elapsed = self.clock.started.elapsed();
            progress(&SearchProgress { phase, trials, best, elapsed });
        }
    }

    /// Returns the best trials, best first, at most `count`, with the predictions of their folds.
    /// Of one estimator there are only a few: more would be nearly the same model.
    pub(super) fn best(&self, count: usize) -> Result<Vec<Finalist<E>>, Error> {
        let mut finalists = Vec::new();
        let mut by_estimator = BTreeMap::<&'static str, usize>::new();
        for trial in self.study.best_trials(usize::MAX)? {
            let config: E = trial.config().map_err(hpo_core::Error::from)?;
            let same = by_estimator.entry(config.name()).or_default();
            *same += 1;
            if *same > MOST_OF_ONE_ESTIMATOR {
                continue;
            }
            if finalists.len() == count {
                break;
            }
            let told = self.told().get(&trial.number).cloned();
            finalists.push(Finalist { config, told, fresh: Vec::new(), loss: f64::NAN });
        }
        Ok(finalists)
    }
}

fn standard_error(scores: &[f64]) -> f64 {
    crate::race::Score { folds: scores.to_vec() }.standard_error().unwrap_or(0.0)
}
