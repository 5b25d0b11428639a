//! The finalists: the best configs, measured again on fresh splits.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ensemble;
use super::folds::{OutOfFold, TableFolds};
use super::running::Running;
use crate::context::FitContext;
use crate::error::Error;
use crate::estimator::FitError;
use crate::learner::TableEstimator;
use crate::stages;

/// One of the best configs of a search.
pub(super) struct Finalist<E> {
    pub(super) config: E,
    /// The predictions in the search; none if the trial was run by an earlier process.
    pub(super) out_of_fold: Option<OutOfFold>,
    /// True if the trial was run by an earlier process.
    pub(super) is_resumed: bool,
    /// The predictions on fresh splits.
    pub(super) fresh: Vec<OutOfFold>,
    /// The log loss or squared error over all splits, which decides between equal scores.
    pub(super) loss: f64,
}

/// The number of finalists.
const FINALISTS: usize = 8;

/// The largest number of finalists of one estimator.
const MOST_OF_ONE_ESTIMATOR: usize = 3;

/// The largest number of fresh splits.
const MOST_SPLITS: u64 = 3;

/// Returns the finalists, best first by their fresh scores.
pub(super) fn measured<E: TableEstimator>(
    running: &Running<'_, E>,
    folds: &TableFolds,
) -> Result<Vec<Finalist<E>>, Error> {
    let mut finalists = best(running, FINALISTS)?;
    let refit = slowest(&finalists, running.settings.ensemble).mul_f64(REFIT_FACTOR);
    let is_over = || running.clock.is_late(refit) || running.watch.interrupted();
    let context = FitContext::until(running.settings.seed, &is_over);
    for finalist in finalists.iter_mut().filter(|finalist| finalist.is_resumed) {
        finalist.out_of_fold = measured_once(running, folds, &finalist.config, context).done();
    }
    if let Some(first) = finalists.first_mut()
        && first.out_of_fold.is_none()
    {
        // A model of an earlier run needs its number of rounds, however late it is.
        let context = FitContext::new(running.settings.seed);
        first.out_of_fold = measured_once(running, folds, &first.config, context).done();
    }
    finalists.retain(|finalist| finalist.out_of_fold.is_some());
    let settings = running.settings;
    for split in 1..=MOST_SPLITS {
        if is_over() || finalists.len() < 2 {
            break;
        }
        let table = running.table;
        let seed = settings.seed.wrapping_add(split.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let fresh = TableFolds::new(&table.features, &table.targets, settings.folds, seed)?;
        let mut failed = Vec::new();
        for (place, finalist) in finalists.iter_mut().enumerate() {
            match measured_once(running, &fresh, &finalist.config, context) {
                Measured::Done(out_of_fold) => finalist.fresh.push(out_of_fold),
                Measured::Failed => failed.push(place),
                Measured::TooLate => break,
            }
        }
        // The last one stays: a model that sometimes fails is better than none.
        for place in failed.into_iter().rev() {
            if finalists.len() > 1 {
                finalists.remove(place);
            }
        }
    }
    ranked(running, &mut finalists);
    Ok(finalists)
}

/// The outcome of a cross-validation.
enum Measured {
    Done(OutOfFold),
    TooLate,
    Failed,
}

impl Measured {
    fn done(self) -> Option<OutOfFold> {
        if let Measured::Done(out_of_fold) = self { Some(out_of_fold) } else { None }
    }
}

/// Cross-validates a config. A solver that fails on these rows is no reason to lose the others.
fn measured_once<E: TableEstimator>(
    running: &Running<'_, E>,
    folds: &TableFolds,
    config: &E,
    context: FitContext<'_>,
) -> Measured {
    match folds.cross_validate(config, running.metric, context, running.settings.workers) {
        Ok(out_of_fold) => Measured::Done(out_of_fold),
        Err(FitError::OutOfTime) => Measured::TooLate,
        Err(_) => Measured::Failed,
    }
}

/// The ratio of the time of a fit to all rows and of the slowest fold, with some reserve.
const REFIT_FACTOR: f64 = 1.4;

/// The number of members of an ordinary ensemble.
const MEMBERS: u32 = 3;

/// Returns the time of the slowest fold, for each of the models that will be fitted to all rows.
fn slowest<E>(finalists: &[Finalist<E>], is_ensemble: bool) -> Duration {
    let times = finalists.iter().filter_map(|own| Some(own.out_of_fold.as_ref()?.slowest));
    times.max().unwrap_or_default() * if is_ensemble { MEMBERS } else { 1 }
}

/// Returns the best trials, best first, at most `count`, with the predictions of their folds.
/// Of one estimator there are only a few: more would be nearly the same model.
fn best<E: TableEstimator>(
    running: &Running<'_, E>,
    count: usize,
) -> Result<Vec<Finalist<E>>, Error> {
    let mut finalists = Vec::new();
    let mut by_estimator = BTreeMap::<&'static str, usize>::new();
    for trial in running.study.best_trials(usize::MAX)? {
        let config: E = trial.config().map_err(hpo_core::Error::from)?;
        let same = by_estimator.entry(config.name()).or_default();
        *same += 1;
        if *same > MOST_OF_ONE_ESTIMATOR {
            continue;
        }
        if finalists.len() == count {
            break;
        }
        let out_of_fold = running.out_of_fold().get(&trial.number).cloned();
        let is_resumed = out_of_fold.is_none();
        let (fresh, loss) = (Vec::new(), f64::NAN);
        finalists.push(Finalist { config, out_of_fold, is_resumed, fresh, loss });
    }
    Ok(finalists)
}

/// Sorts finalists by the mean score of the splits that all of the compared ones have run: fresh
/// ones if there are any. Finalists without a fresh score come last.
fn ranked<E: TableEstimator>(running: &Running<'_, E>, finalists: &mut [Finalist<E>]) {
    let most = finalists.iter().map(|finalist| finalist.fresh.len()).max().unwrap_or(0);
    // A last split that only some have run is ignored, unless it is the first.
    let common = if finalists.iter().all(|finalist| finalist.fresh.len() == most) {
        most
    } else {
        most.saturating_sub(1).max(1)
    };
    let direction = running.metric.direction();
    for finalist in finalists.iter_mut() {
        finalist.loss = stages::loss(&running.table.targets, &finalist.predictions());
    }
    finalists.sort_by(|a, b| {
        let score = |finalist: &Finalist<E>| finalist.fresh_score(common);
        match (score(a), score(b)) {
            (Some(own), Some(other)) => {
                direction.order(own, other).then_with(|| a.loss.total_cmp(&b.loss))
            }
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    });
}

impl<E> Finalist<E> {
    /// Returns the mean score over this number of fresh splits; `None` if it has not run them.
    pub(super) fn fresh_score(&self, splits: usize) -> Option<f64> {
        let fresh = self.fresh.get(..splits).filter(|fresh| !fresh.is_empty())?;
        Some(fresh.iter().map(OutOfFold::mean).sum::<f64>() / fresh.len() as f64)
    }

    /// Returns the number of rounds for a fit to all rows: the mean over all splits.
    pub(super) fn rounds(&self, folds: usize) -> usize {
        let all: Vec<usize> = self
            .out_of_fold
            .iter()
            .chain(&self.fresh)
            .map(|out_of_fold| out_of_fold.rounds)
            .collect();
        let mean = all.iter().sum::<usize>() as f64 / all.len().max(1) as f64;
        // All rows are more than those of a fold, and bear somewhat more rounds.
        (mean * (1.0 + 0.5 / (folds as f64 - 1.0))).round().max(1.0) as usize
    }

    /// Returns the mean of the predictions over all splits.
    pub(super) fn predictions(&self) -> Vec<f64> {
        let all: Vec<&[f64]> = self
            .out_of_fold
            .iter()
            .chain(&self.fresh)
            .map(|out_of_fold| &*out_of_fold.predictions)
            .collect();
        let weights = vec![1.0 / all.len().max(1) as f64; all.len()];
        ensemble::mean(&weights, &all)
    }
}
