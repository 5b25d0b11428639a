//! The search: trials race over the folds, then the finalists decide.

use std::sync::Mutex;
use std::time::Instant;

use hpo_core::Study;
use hpo_core::pruner::SuccessiveHalving;
use hpo_core::study::{Parallel, Run, Watch};
use hpo_core::trial::Direction;

use super::folds::{LARGE, TableFolds};
use super::outcome::TableFit;
use super::running::{Clock, Running, SEARCH_SHARE};
use super::{DEFAULT_TIME, MOST_TRIALS, Phase, TableSearch, finalists, outcome};
use crate::context::FitContext;
use crate::error::Error;
use crate::features::Targets;
use crate::fingerprint::{Fingerprint, checksum};
use crate::learner::TableEstimator;
use crate::race::STANDARD_ERROR;
use crate::table_metric::TableMetric;
use crate::training::TrainingTable;

/// The race of configs: after two folds, those in the best third go on.
const RACE: (u64, u64) = (2, 3);

/// The race over a larger table: after 10 % and a third of the rows, and after two folds, those in
/// the better half go on.
const LARGE_RACE: (u64, u64) = (1, 2);

pub(super) fn run<E: TableEstimator>(
    settings: &TableSearch,
    table: &TrainingTable,
) -> Result<TableFit, Error> {
    let default = settings.trials.is_none().then_some(DEFAULT_TIME);
    let clock = Clock { started: Instant::now(), limit: settings.time.or(default) };
    let metric = settings.metric.unwrap_or_else(|| TableMetric::default_of(table.learning()));
    let folds = TableFolds::new(&table.features, &table.targets, settings.folds, settings.seed)?
        .with_reduced(settings.seed);
    let running = Running::<E> {
        settings,
        table,
        metric,
        clock,
        study: open(settings, metric, clock, table)?,
        watch: Watch::start(true),
        out_of_fold: Mutex::default(),
        best: Mutex::default(),
    };
    let run = running.search(&folds)?;
    running.notify(Phase::Finalists, run.complete + run.pruned + run.failed);
    let finalists = finalists::measured(&running, &folds)?;
    running.notify(Phase::Refit, run.complete + run.pruned + run.failed);
    outcome::fitted(&running, &folds, &finalists, &run)
}

fn open<E: TableEstimator>(
    settings: &TableSearch,
    metric: TableMetric,
    clock: Clock,
    table: &TrainingTable,
) -> Result<Study<E, Parallel>, Error> {
    let objective = metric.objective();
    let study = match objective.direction {
        Direction::Minimize => Study::minimize(),
        Direction::Maximize => Study::maximize(),
    };
    let (first, factor) = if table.features.rows >= LARGE { LARGE_RACE } else { RACE };
    let halving = SuccessiveHalving::builder().min_resource(first).reduction_factor(factor);
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
    let fingerprint = fingerprint(settings, metric, table);
    let study = fingerprint.record(study).open()?;
    fingerprint.check(&study)?;
    Ok(study)
}

fn fingerprint(settings: &TableSearch, metric: TableMetric, table: &TrainingTable) -> Fingerprint {
    let columns = table.features.columns.iter();
    let features = columns.flat_map(|column| {
        let values = column.values.iter().flat_map(|value| value.to_bits().to_le_bytes());
        column.name.bytes().chain(values)
    });
    let targets: Vec<u8> = match &table.targets {
        Targets::Classes { codes, .. } => codes.iter().flat_map(|c| c.to_le_bytes()).collect(),
        Targets::Numbers(own) => own.iter().flat_map(|n| n.to_bits().to_le_bytes()).collect(),
    };
    Fingerprint::new([
        ("table", checksum(features.chain(targets))),
        ("splits", format!("{} {}", settings.folds, settings.seed)),
        ("metric", metric.to_string()),
    ])
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
            self.clock.is_past(SEARCH_SHARE)
                && (self.clock.is_past(1.0) || !self.out_of_fold().is_empty())
        };
        let run = self.study.optimize(trials, |config, trial| {
            let context = FitContext::until(self.settings.seed, &is_over);
            let out_of_fold =
                folds.race(&config, self.metric, context, |step, mean| trial.report(step, mean));
            let out_of_fold = match out_of_fold {
                Ok(out_of_fold) => out_of_fold,
                Err(ended) => {
                    let ended = ended.into_trial(trial);
                    self.notify(Phase::Search, trial.number() + 1);
                    return Err(ended);
                }
            };
            let score = out_of_fold.mean();
            trial.set_attribute(STANDARD_ERROR, standard_error(&out_of_fold.scores))?;
            trial.set_attribute("rounds", out_of_fold.rounds)?;
            self.note(score, config.name());
            self.out_of_fold().insert(trial.number(), out_of_fold);
            self.notify(Phase::Search, trial.number() + 1);
            Ok(score)
        })?;
        Ok(run)
    }
}

fn standard_error(scores: &[f64]) -> f64 {
    crate::race::Score { folds: scores.to_vec() }.standard_error().unwrap_or(0.0)
}
