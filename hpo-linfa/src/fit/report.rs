//! The report of a search: its study, with the analysis of the model in front.

use std::time::{Duration, Instant};

use hpo_core::report::{ModelSummary, Report};
use hpo_core::space::counted;
use hpo_core::trial::{State, TrialRecord};

use super::ensemble;
use super::estimator_row::EstimatorRow;
use super::finalists::Finalist;
use super::folds::TableFolds;
use super::running::Running;
use crate::analysis::{self, Analysis, Probe, ScoredTrial};
use crate::context::FitContext;
use crate::error::Error;
use crate::features::Features;
use crate::learner::{FittedEstimator, TableEstimator};
use crate::saved::Model;

/// The time after which no more models are fitted to folds for the report.
const TIME: Duration = Duration::from_secs(8);

/// Returns the report on a search and its model.
pub(super) fn report<E: TableEstimator>(
    running: &Running<'_, E>,
    folds: &TableFolds,
    chosen: &[(f64, &Finalist<E>)],
    estimators: &[EstimatorRow],
    model: &Model,
) -> Result<Report, Error> {
    let table = running.table;
    let weights: Vec<f64> = chosen.iter().map(|(weight, _)| *weight).collect();
    let out_of_fold: Vec<&[f64]> = chosen
        .iter()
        .filter_map(|(_, own)| Some(&*own.out_of_fold.as_ref()?.predictions))
        .collect();
    let predictions = ensemble::mean(&weights, &out_of_fold);
    let fold_models = fold_models(running, folds, chosen);
    let probes: Vec<Probe<'_>> = fold_models
        .iter()
        .zip(folds.tests())
        .map(|(models, (features, targets))| Probe {
            predict: Box::new(|features| predicted(models, features)),
            features: features.clone(),
            targets: targets.clone(),
        })
        .collect();
    let analysis = Analysis {
        schema: &table.schema,
        target: &table.target,
        metric: running.metric,
        targets: &table.targets,
        predictions: &predictions,
        source: "out of fold: each row was predicted by a model that has not seen it".to_owned(),
        seed: running.settings.seed,
    };
    let sample_words = format!(
        "on rows that the model has not seen: the test rows of {}",
        counted(probes.len(), "fold")
    );
    let mut figures = analysis.figures(&probes, &sample_words);
    let names: Vec<&'static str> =
        estimators.iter().filter(|row| row.best.is_some()).map(|row| row.name).collect();
    let trials = scored(running)?;
    figures.extend(analysis::trials_figure(running.metric, &names, &trials));
    let title = format!("Model of {}", table.target.name);
    let summary = ModelSummary { title, facts: model.facts(), figures };
    Ok(running.study.report()?.with_model(summary))
}

/// Fits the chosen configs to the training rows of one fold after the other. If a fit fails, the
/// report has the folds before it: the model itself is fitted to all rows, and does not need them.
fn fold_models<E: TableEstimator>(
    running: &Running<'_, E>,
    folds: &TableFolds,
    chosen: &[(f64, &Finalist<E>)],
) -> Vec<Vec<(f64, FittedEstimator)>> {
    let started = Instant::now();
    let context = FitContext::new(running.settings.seed);
    let mut all = Vec::new();
    for (features, targets) in folds.trains() {
        if !all.is_empty() && started.elapsed() > TIME {
            break;
        }
        let fit = |(weight, finalist): &(f64, &Finalist<E>)| {
            let rounds = finalist.rounds(running.settings.folds);
            let fitted = finalist.config.fit(features, targets, rounds, context).ok()?;
            Some((*weight, fitted))
        };
        let Some(models) = chosen.iter().map(fit).collect() else { break };
        all.push(models);
    }
    all
}

fn predicted(models: &[(f64, FittedEstimator)], features: &Features) -> Vec<f64> {
    let weights: Vec<f64> = models.iter().map(|(weight, _)| *weight).collect();
    let all: Vec<Vec<f64>> = models.iter().map(|(_, own)| own.predict(features)).collect();
    let views: Vec<&[f64]> = all.iter().map(Vec::as_slice).collect();
    ensemble::mean(&weights, &views)
}

/// Returns the complete trials, in the order of their ends.
fn scored<E: TableEstimator>(running: &Running<'_, E>) -> Result<Vec<ScoredTrial>, Error> {
    let trials = running.study.trials()?;
    let begin = trials.iter().filter_map(|trial| trial.started).min();
    let scored = |trial: &TrialRecord| {
        let seconds = trial.finished?.since(begin?).as_secs_f64();
        let estimator = trial.config::<E>().ok()?.name();
        Some(ScoredTrial { number: trial.number, estimator, score: trial.value()?, seconds })
    };
    let complete = trials.iter().filter(|trial| trial.state == State::Complete);
    let mut scored: Vec<ScoredTrial> = complete.filter_map(scored).collect();
    scored.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    Ok(scored)
}
