//! The result of a search over tables: the model, and how it was found.

use std::fmt::Write as _;

use hpo_core::report::Report;
use hpo_core::study::Run;

use super::Phase;
use super::ensemble;
use super::estimate;
use super::estimator_row::{self, EstimatorRow};
use super::finalists::Finalist;
use super::folds::TableFolds;
use super::report;
use super::running::Running;
use crate::context::FitContext;
use crate::error::Error;
use crate::learner::TableEstimator;
use crate::saved::{Member, Model};
use crate::score_estimate::ScoreEstimate;
use crate::table_metric::TableMetric;

/// The result of a search over tables.
#[derive(Clone, Debug)]
pub struct TableFit {
    pub(super) model: Model,
    pub(super) best_in_search: f64,
    pub(super) estimators: Vec<EstimatorRow>,
    pub(super) trials: u64,
    pub(super) is_interrupted: bool,
    pub(super) finalists: usize,
    /// The number of configs from which the score was estimated.
    pub(super) candidates: usize,
    pub(super) report: Option<Report>,
}

/// The number of the best configs from which the score is estimated: others never win a bootstrap
/// sample.
const CANDIDATES: usize = 50;

/// The smallest weight of a member of an ensemble.
const LEAST_WEIGHT: f64 = 0.04;

/// Fits the winner, or the members of the ensemble, to all rows.
pub(super) fn fitted<E: TableEstimator>(
    running: &Running<'_, E>,
    folds: &TableFolds,
    finalists: &[Finalist<E>],
    run: &Run,
) -> Result<TableFit, Error> {
    let (metric, table) = (running.metric, running.table);
    let (chosen, members) = chosen(running, finalists)?;
    let (estimate, candidates) = estimated(running, finalists, &chosen);
    let best_in_search = running.study.best_value()?;
    let model = Model::new(table, metric, estimate, members);
    let estimators = estimator_row::rows(running)?;
    let trials = run.complete + run.pruned + run.failed;
    let report = if running.settings.report {
        running.notify(Phase::Report, trials);
        Some(report::report(running, folds, &chosen, &estimators, &model)?)
    } else {
        None
    };
    Ok(TableFit {
        model,
        best_in_search,
        estimators,
        trials,
        is_interrupted: run.is_interrupted() || running.watch.interrupted(),
        candidates,
        finalists: finalists.len(),
        report,
    })
}

/// A model of a config, with its weight.
type Chosen<'a, E> = Vec<(f64, &'a Finalist<E>)>;

/// Chooses the winner, or the members of the ensemble, and fits them to all rows. If the winner
/// cannot be fitted, the next best takes its place.
fn chosen<'a, E: TableEstimator>(
    running: &Running<'_, E>,
    finalists: &'a [Finalist<E>],
) -> Result<(Chosen<'a, E>, Vec<Member>), Error> {
    let mut choices: Vec<Chosen<'a, E>> = Vec::new();
    if running.settings.ensemble && !finalists.is_empty() {
        choices.push(members(running, finalists));
    }
    choices.extend(finalists.iter().map(|finalist| vec![(1.0, finalist)]));
    let mut failure = Error::NoModel;
    for chosen in choices {
        match refit(running, &chosen) {
            Ok(members) => return Ok((chosen, members)),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn refit<E: TableEstimator>(
    running: &Running<'_, E>,
    chosen: &[(f64, &Finalist<E>)],
) -> Result<Vec<Member>, Error> {
    let table = running.table;
    let refit = |(weight, finalist): &(f64, &Finalist<E>)| {
        let rounds = finalist.rounds(running.settings.folds);
        let context = FitContext::new(running.settings.seed);
        let fitted = finalist.config.fit(&table.features, &table.targets, rounds, context);
        let fitted = fitted.map_err(Error::Refit)?;
        Member::new(*weight, finalist.config.name(), &finalist.config, fitted)
    };
    chosen.iter().map(refit).collect()
}

/// Returns the members of the ensemble with their weights, which sum to 1.
fn members<'a, E: TableEstimator>(
    running: &Running<'_, E>,
    finalists: &'a [Finalist<E>],
) -> Vec<(f64, &'a Finalist<E>)> {
    let predictions: Vec<Vec<f64>> = finalists.iter().map(Finalist::predictions).collect();
    let views: Vec<&[f64]> = predictions.iter().map(Vec::as_slice).collect();
    let weights = ensemble::weights(running.metric, &running.table.targets, &views);
    let mut chosen: Vec<(f64, &Finalist<E>)> = weights.into_iter().zip(finalists).collect();
    chosen.retain(|(weight, _)| *weight >= LEAST_WEIGHT);
    let sum: f64 = chosen.iter().map(|(weight, _)| weight).sum();
    for (weight, _) in &mut chosen {
        *weight /= sum;
    }
    chosen
}

/// Estimates the score of the model, and returns it with the number of configs that were compared:
/// the finalists, and the best trials whose predictions are known. An ensemble counts as one more.
fn estimated<E: TableEstimator>(
    running: &Running<'_, E>,
    finalists: &[Finalist<E>],
    chosen: &[(f64, &Finalist<E>)],
) -> (ScoreEstimate, usize) {
    let out_of_fold = running.out_of_fold();
    // The finalists of an earlier run were measured again.
    let resumed = finalists.iter().filter(|own| own.is_resumed);
    let known = out_of_fold.values().chain(resumed.filter_map(|own| own.out_of_fold.as_ref()));
    let mut candidates: Vec<(f64, &[f64])> =
        known.map(|own| (own.mean(), &*own.predictions)).collect();
    let direction = running.metric.direction();
    candidates.sort_by(|a, b| direction.order(a.0, b.0));
    let count = candidates.len();
    let mut configs: Vec<&[f64]> =
        candidates.into_iter().take(CANDIDATES).map(|(_, out_of_fold)| out_of_fold).collect();
    let own: Vec<&[f64]> = chosen
        .iter()
        .filter_map(|(_, finalist)| Some(&*finalist.out_of_fold.as_ref()?.predictions))
        .collect();
    let weights: Vec<f64> = chosen.iter().map(|(weight, _)| *weight).collect();
    let winner = ensemble::mean(&weights, &own);
    // The winner is always among them.
    if chosen.len() > 1 || !configs.contains(&&*winner) {
        configs.push(&winner);
    }
    let seed = running.settings.seed;
    (estimate::estimate(running.metric, &running.table.targets, &configs, seed), count)
}

impl TableFit {
    /// Returns the model, fitted to all rows.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Returns the metric of the search.
    #[must_use]
    pub fn metric(&self) -> TableMetric {
        self.model.metric()
    }

    /// Returns the expected score of the model on new rows.
    #[must_use]
    pub fn estimate(&self) -> ScoreEstimate {
        self.model.estimate()
    }

    /// Returns the best cross-validated score of the search, which is optimistic: it is the best of
    /// many.
    #[must_use]
    pub fn best_in_search(&self) -> f64 {
        self.best_in_search
    }

    /// Returns the estimators, best first.
    #[must_use]
    pub fn estimators(&self) -> &[EstimatorRow] {
        &self.estimators
    }

    /// Returns the number of trials that have ended.
    #[must_use]
    pub fn trials(&self) -> u64 {
        self.trials
    }

    /// Returns the number of finalists.
    #[must_use]
    pub fn finalists(&self) -> usize {
        self.finalists
    }

    /// Returns the report on the search and its model, if it was
    /// [wanted](super::TableSearch::report).
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    /// Returns true if the search was ended by Ctrl-C.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.is_interrupted
    }

    /// Returns a text for people: the estimators, the winner, and its expected score.
    #[must_use]
    pub fn summary(&self) -> String {
        let metric = self.metric();
        let mut text = format!(
            "{:<24}{:>18}{:>10}{:>8}{:>8}",
            "estimator",
            metric.to_string(),
            "complete",
            "pruned",
            "failed"
        );
        for row in &self.estimators {
            let best = row.best.map_or_else(|| "-".to_owned(), |best| format!("{best:.4}"));
            let EstimatorRow { name, complete, pruned, failed, .. } = row;
            let _ = write!(text, "\n{name:<24}{best:>18}{complete:>10}{pruned:>8}{failed:>8}");
        }
        text += "\n\nmodel:";
        let members = self.model.members();
        for member in members {
            let weight = match members.len() {
                1 => String::new(),
                _ => format!("{:.2} x ", member.weight()),
            };
            let _ = writeln!(text, " {weight}{} {}", member.estimator(), member.config());
        }
        text + &self.estimate_in_words()
    }

    fn estimate_in_words(&self) -> String {
        let (metric, best) = (self.metric(), self.best_in_search);
        let ScoreEstimate { score, low, high } = self.estimate();
        if score.is_nan() {
            return format!(
                "{metric} on new rows: not known, there are too few rows, or rows of a class, to \
                 estimate it\n(the best of the search had {best:.4})"
            );
        }
        let mut text = format!(
            "{metric} on new rows: {score:.4}; on {} of them between {low:.4} and {high:.4} in 95 \
             of 100 cases\n(the best of the search had {best:.4}",
            self.model.rows().div_ceil(3),
        );
        if metric.is_better(best, score) {
            text += ", which is optimistic: it is the best of many";
        }
        text.push(')');
        let complete: u64 = self.estimators.iter().map(|row| row.complete).sum();
        if (self.candidates as u64) < complete {
            let _ = write!(
                text,
                "\n(estimated from {} of {complete} complete trials: the predictions of earlier \
                 runs are not kept)",
                self.candidates
            );
        }
        text
    }
}
