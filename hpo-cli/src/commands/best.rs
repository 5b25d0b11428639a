//! `hpo best`: the trials to look at first.

use anyhow::{Result, bail};
use hpo_core::Error;
use hpo_core::storage::{Storage, StudyRecord};

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
        let mut best = trials.best(&study.directions);
        best.truncate(most);
        best
    })?;
    if table.is_empty() {
        let mut infeasible = None;
        storage.read(study.id, &mut |trials| infeasible = Error::no_feasible_trial(&study.name, trials))?;
        if let Some(error) = infeasible {
            return Err(error.into());
        }
        bail!("no trial of `{}` has completed: `hpo trials` shows how they stand", study.name);
    }
    Ok(table)
}
