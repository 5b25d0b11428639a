//! `hpo studies`: lists the studies of a storage.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use hpo_core::storage::Storage;
use hpo_core::study::seen_through;
use hpo_core::trial::{State, Timestamp, Trials};
use serde_json::Value as Json;

use crate::args;
use crate::present::{Cell, Column, Table, View, number};
use crate::screen::{Screen, note};
use crate::select::Rows;
use crate::source;

/// List the studies of a storage
#[derive(Debug, Args)]
pub(crate) struct Studies {
    #[command(flatten)]
    storage: args::Storage,
    #[command(flatten)]
    rows: Rows,
    #[command(flatten)]
    view: View,
}

impl Studies {
    pub(super) fn run(&self, screen: Screen) -> Result<ExitCode> {
        let storage = source::open(&self.storage.url)?;
        let mut table = table(&*storage)?;
        let all = table.len();
        self.rows.select(&mut table)?;
        match (all, table.len()) {
            (0, _) => {
                let location = storage.location();
                note(&format!(
                    "there is no study in {location} yet: create one with a program, `hpo ask \
                     --space` or `hpo import`"
                ));
            }
            (1, 0) => note("the only study does not match"),
            (_, 0) => note(&format!("none of {all} studies matches")),
            _ => {}
        }
        table.show(&self.view, screen)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The states that have a column with the number of trials.
const STATES: [State; 6] =
    [State::Complete, State::Pruned, State::Failed, State::Running, State::Waiting, State::Paused];

/// Returns a table with one row per study: its directions, the numbers of trials by state, its best
/// value, the first start of a trial, and the last activity.
fn table(storage: &dyn Storage) -> Result<Table> {
    let mut columns = ["study", "directions", "best", "trials"].map(Column::plain).to_vec();
    columns.extend(STATES.map(|state| Column::count(&state.to_string())));
    columns.extend(["started", "last_activity"].map(Column::plain));
    let mut table = Table::new(columns);
    for study in storage.studies()? {
        let directions: Vec<String> = study.directions.iter().map(ToString::to_string).collect();
        let mut row =
            vec![Some(Json::from(study.name.clone())), Some(Json::from(directions.join(", ")))];
        storage.read(study.id, &mut |trials| {
            let best = seen_through(&study, trials).best(&study.directions);
            row.push(match (&study.directions[..], best.first()) {
                ([_], Some(best)) => Some(number(trials.values(*best)[0])),
                _ => None,
            });
            row.push(Some(Json::from(trials.len())));
            row.extend(STATES.map(|state| Some(Json::from(count(trials, state)))));
            row.extend(lifetime(trials));
        })?;
        table.push(row);
    }
    Ok(table)
}

fn count(trials: &Trials, state: State) -> usize {
    (0..trials.len()).filter(|number| trials.state(*number) == Some(state)).count()
}

/// Returns the first start of a trial, and the last start or end. The time 0 means that it is not
/// known.
fn lifetime(trials: &Trials) -> [Cell; 2] {
    let known = |at: &Timestamp| at.0 > 0;
    let times = || (0..trials.len()).map(|number| trials.times(number));
    let first = times().filter_map(|(started, _)| started.filter(known)).min();
    let last = times().flat_map(|(started, ended)| [started, ended]).flatten().filter(known).max();
    [first, last].map(|at| at.map(|at| Json::from(seconds(at))))
}

/// Formats a time in whole seconds: `2026-11-21T19:34:08Z`.
fn seconds(at: Timestamp) -> String {
    format!("{}Z", &at.to_string()[.."1970-01-01T00:00:00".len()])
}
