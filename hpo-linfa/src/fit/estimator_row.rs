//! The estimators of a search: how many trials each had, and its best score.

use std::collections::BTreeMap;

use hpo_core::trial::State;

use super::running::Running;
use crate::error::Error;
use crate::learner::TableEstimator;

/// The trials of one estimator.
#[derive(Clone, Debug, PartialEq)]
pub struct EstimatorRow {
    /// The name of the estimator.
    pub name: &'static str,
    /// The best cross-validated score in the search; none if no trial has completed.
    pub best: Option<f64>,
    /// The number of complete trials.
    pub complete: u64,
    /// The number of trials that were stopped early.
    pub pruned: u64,
    /// The number of failed trials.
    pub failed: u64,
}

/// Returns the estimators, best first.
pub(super) fn rows<E: TableEstimator>(
    running: &Running<'_, E>,
) -> Result<Vec<EstimatorRow>, Error> {
    let mut rows = BTreeMap::<&'static str, EstimatorRow>::new();
    for trial in running.study.trials()? {
        let Ok(config) = trial.config::<E>() else { continue };
        let name = config.name();
        let row = rows.entry(name).or_insert(EstimatorRow {
            name,
            best: None,
            complete: 0,
            pruned: 0,
            failed: 0,
        });
        match trial.state {
            State::Complete => row.complete += 1,
            State::Pruned => row.pruned += 1,
            State::Failed => row.failed += 1,
            _ => {}
        }
        if let (State::Complete, Some(value)) = (trial.state, trial.value())
            && row.best.is_none_or(|best| running.metric.is_better(value, best))
        {
            row.best = Some(value);
        }
    }
    let direction = running.metric.direction();
    let mut rows: Vec<EstimatorRow> = rows.into_values().collect();
    rows.sort_by(|a, b| match (a.best, b.best) {
        (Some(a), Some(b)) => direction.order(a, b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    Ok(rows)
}
