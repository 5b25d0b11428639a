//! `hpo trials`: lists the trials of a study, one per row.
//!
//! The rows come from the fold of the trials itself, so a study that was made elsewhere and has no
//! recorded space is shown like any other.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use hpo_core::report::{self, StudyView, TrialRow, TrialTable};
use hpo_core::space::Label;
use hpo_core::storage::{Storage, StudyRecord};
use hpo_core::study::seen_through;
use hpo_core::trial::{self, State};
use serde_json::Value as Json;

use crate::args;
use crate::copy::Named;
use crate::present::{Cell, Column, Table, View, number};
use crate::screen::{Screen, note};
use crate::select::Rows;
use crate::source;

/// List the trials of a study, by number
#[derive(Debug, Args)]
pub(crate) struct Trials {
    #[command(flatten)]
    storage: args::Storage,
    #[command(flatten)]
    study: args::Study,
    /// Show only trials in these states, separated by commas: complete, pruned, failed, running,
    /// waiting, paused
    #[arg(long, value_name = "STATES", value_delimiter = ',', value_parser = state)]
    state: Vec<State>,
    #[command(flatten)]
    rows: Rows,
    #[command(flatten)]
    view: View,
}

impl Trials {
    pub(super) fn run(&self, screen: Screen) -> Result<ExitCode> {
        let storage = source::open(&self.storage.url)?;
        let study = source::study(&*storage, self.study.name.as_deref())?;
        let mut all = 0;
        let mut table = rows(&*storage, &study, |trials| {
            all = trials.len();
            let asked = |number: &u64| {
                self.state.is_empty()
                    || trials.state(*number).is_some_and(|state| self.state.contains(&state))
            };
            (0..all).filter(asked).collect()
        })?;
        self.rows.select(&mut table)?;
        match (all, table.len()) {
            (0, _) => note(&format!("the study `{}` has no trials yet", study.name)),
            (1, 0) => note(&format!("the only trial of `{}` does not match", study.name)),
            (_, 0) => note(&format!("none of the {all} trials of `{}` matches", study.name)),
            _ => {}
        }
        table.show(&self.view, screen)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Parses the name of a state.
pub(super) fn state(word: &str) -> Result<State, String> {
    let parsed = serde_json::from_value(Json::from(word.trim().to_lowercase()));
    parsed.map_err(|_| {
        "a state is one of complete, pruned, failed, running, waiting, paused".to_owned()
    })
}

/// Returns a table of the chosen trials, in their order.
pub(super) fn rows(
    storage: &dyn Storage,
    study: &StudyRecord,
    mut choose: impl FnMut(&trial::Trials) -> Vec<u64>,
) -> Result<Table> {
    let (mut table, flat, metrics) = (None, study.flat_space(), study.metric_names());
    storage.read(study.id, &mut |trials| {
        // The best trials, and the trials to choose from, depend on the present space.
        let trials = &*seen_through(study, trials);
        let view = StudyView {
            name: &study.name,
            directions: &study.directions,
            trials,
            flat: flat.as_ref(),
            metrics: &metrics,
        };
        let chosen = TrialTable::chosen(&view, &view.declared_params(), &choose(trials));
        let values = value_names(study.directions.len(), &metrics);
        let mut filled = Table::new(columns(&chosen, &values));
        for row in &chosen.rows {
            filled.push(cells(row, values.len(), trials.explain(row.number)));
        }
        table = Some(filled);
    })?;
    Ok(table.unwrap_or_default())
}

/// Returns the config of a trial as a flat object.
pub(super) fn params(trials: &trial::Trials, number: u64) -> Named {
    let params = trials.params(number).map(|(id, value)| {
        let param = &trials.declared()[id.0 as usize];
        (param.path.clone(), param.domain.label(value).to_json())
    });
    Named(params.collect())
}

/// Returns the accepted names for the value of each objective; the first is the one shown.
pub(super) fn value_names(objectives: usize, metrics: &[String]) -> Vec<Vec<String>> {
    let shown = report::value_columns(objectives, metrics);
    let names = shown.into_iter().enumerate().map(|(index, name)| {
        let others = [format!("value {index}"), format!("value_{index}"), "value".to_owned()];
        let is_only = objectives == 1;
        let others =
            others.into_iter().filter(|other| *other != name && (is_only || other != "value"));
        std::iter::once(name.clone()).chain(others.collect::<Vec<_>>()).collect()
    });
    names.collect()
}

fn columns(table: &TrialTable, values: &[Vec<String>]) -> Vec<Column> {
    let mut columns = vec![Column::plain("trial"), Column::plain("state")];
    columns.extend(values.iter().map(|names| Column::called(names)));
    columns.push(Column::plain("seconds"));
    columns.extend(table.params.iter().map(|path| Column::of("params", path)));
    columns.extend(table.constraints.iter().map(|name| Column::of("constraints", name)));
    columns.push(Column::plain("message"));
    columns.push(Column::detail("explanation"));
    columns
}

/// Returns the cells of a trial, one per column.
fn cells(row: &TrialRow, objectives: usize, explanation: &str) -> Vec<Cell> {
    let mut cells = vec![Some(Json::from(row.number)), Some(Json::from(row.state.to_string()))];
    cells.extend((0..objectives).map(|index| row.values.get(index).copied().map(number)));
    cells.push(row.seconds.map(number));
    cells.extend(row.params.iter().map(|label| label.as_ref().map(Label::to_json)));
    cells.extend(row.constraints.iter().map(|value| value.map(number)));
    cells.push(row.message.as_deref().map(Json::from));
    cells.push(Some(Json::from(explanation)));
    cells
}
