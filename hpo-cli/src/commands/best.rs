//! `hpo best`: the trials to look at first.

use anyhow::{Result, bail};
use hpo_core::storage::{Storage, StudyRecord};
use hpo_core::trial::{Direction, State, Trials, pareto};

use super::trials::rows;
use crate::present::Table;

/// The best trials, best first; with several objectives those that none dominates, by number.
pub(crate) fn table(storage: &dyn Storage, study: &StudyRecord, count: Option<u32>) -> Result<Table> {
    let most = match (count, study.directions.len()) {
        (Some(count), _) => count as usize,
        (None, 1) => 1,
        (None, _) => usize::MAX,
    };
    let table = rows(storage, study, |trials| {
        let mut best = best_numbers(trials, &study.directions);
        best.truncate(most);
        best
    })?;
    if table.is_empty() {
        bail!("no trial of `{}` has completed: `hpo trials` shows how they stand", study.name);
    }
    Ok(table)
}

/// The numbers of the complete trials, best first; with several objectives of those that none dominates, in order.
pub(super) fn best_numbers(trials: &Trials, directions: &[Direction]) -> Vec<u64> {
    let mut complete: Vec<u64> =
        (0..trials.len()).filter(|number| trials.state(*number) == Some(State::Complete)).collect();
    if let [direction] = directions {
        complete.sort_by(|a, b| direction.order(trials.values(*a)[0], trials.values(*b)[0]));
        return complete;
    }
    let points: Vec<&[f64]> = complete.iter().map(|number| trials.values(*number)).collect();
    pareto(directions, &points).into_iter().map(|index| complete[index]).collect()
}
