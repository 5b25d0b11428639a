//! `hpo studies`: what is in a storage.

use anyhow::Result;
use hpo_core::storage::Storage;
use hpo_core::trial::{State, Trials};
use serde_json::Value as Json;

use crate::present::{Column, Table, number};

/// A row a study: its directions, how its trials stand, its best value.
pub(crate) fn table(storage: &dyn Storage) -> Result<Table> {
    let columns =
        ["study", "directions", "trials", "complete", "pruned", "failed", "running", "waiting", "paused", "best"];
    let mut table = Table::new(columns.map(Column::plain).to_vec());
    for study in storage.studies()? {
        let directions: Vec<String> = study.directions.iter().map(ToString::to_string).collect();
        let mut row = vec![Some(Json::from(study.name.clone())), Some(Json::from(directions.join(", ")))];
        storage.read(study.id, &mut |trials| {
            row.extend(counts(trials).map(|count| Some(Json::from(count))));
            let best = trials.best(&study.directions);
            row.push(match (&study.directions[..], best.first()) {
                ([_], Some(best)) => Some(number(trials.values(*best)[0])),
                _ => None,
            });
        })?;
        table.push(row);
    }
    Ok(table)
}

fn counts(trials: &Trials) -> [u64; 7] {
    let count = |state| (0..trials.len()).filter(|number| trials.state(*number) == Some(state)).count() as u64;
    let [complete, pruned, failed] = [State::Complete, State::Pruned, State::Failed].map(count);
    let [running, waiting, paused] = [State::Running, State::Waiting, State::Paused].map(count);
    [trials.len(), complete, pruned, failed, running, waiting, paused]
}
