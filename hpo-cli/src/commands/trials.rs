//! `hpo trials`: lists the trials of a study, one per row.
//!
//! The rows come from the fold of the trials itself, so a study that was made elsewhere and has no
//! recorded space is shown like any other.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use hpo_core::report;
use hpo_core::storage::{Storage, StudyRecord};
use hpo_core::study::seen_through;
use hpo_core::trial::{self, Param, ParamId, State};
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
    let mut table = None;
    storage.read(study.id, &mut |trials| {
        // The best trials, and the trials to choose from, depend on the present space.
        let trials = &*seen_through(study, trials);
        let shown =
            ShownColumns { params: ordered(study, trials), constraints: constraints(trials) };
        let mut filled = Table::new(columns(study, trials, &shown));
        for chosen in choose(trials) {
            filled.push(row(trials, &shown, chosen));
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

/// The parameters and constraints shown for the trials of a study.
struct ShownColumns {
    params: Vec<ParamId>,
    constraints: BTreeSet<String>,
}

/// Returns the names of all constraints that some trial reported.
fn constraints(trials: &trial::Trials) -> BTreeSet<String> {
    (0..trials.len()).flat_map(|number| trials.constraints(number).into_keys()).collect()
}

/// Returns the declared parameters in the order of the recorded space, where there is one, and
/// other parameters after them.
fn ordered(study: &StudyRecord, trials: &trial::Trials) -> Vec<ParamId> {
    let flat = study.flat();
    let position =
        |param: &Param| flat.as_ref().and_then(|flat| flat.find(&param.path)).unwrap_or(u32::MAX);
    let mut params: Vec<ParamId> = (0..trials.declared().len() as u32).map(ParamId).collect();
    params.sort_by_key(|id| position(&trials.declared()[id.0 as usize]));
    params
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

fn columns(study: &StudyRecord, trials: &trial::Trials, shown: &ShownColumns) -> Vec<Column> {
    let mut columns = vec![Column::plain("trial"), Column::plain("state")];
    columns.extend(
        value_names(trials.objectives(), &study.metric_names())
            .iter()
            .map(|names| Column::called(names)),
    );
    columns.push(Column::plain("seconds"));
    columns.extend(
        shown.params.iter().map(|id| Column::of("params", &trials.declared()[id.0 as usize].path)),
    );
    columns.extend(shown.constraints.iter().map(|name| Column::of("constraints", name)));
    columns.push(Column::plain("message"));
    columns.push(Column::detail("explanation"));
    columns
}

fn row(trials: &trial::Trials, shown: &ShownColumns, chosen: u64) -> Vec<Cell> {
    let state = trials.state(chosen).map(|state| Json::from(state.to_string()));
    let mut row = vec![Some(Json::from(chosen)), state];
    let values = trials.values(chosen);
    row.extend((0..trials.objectives()).map(|index| values.get(index).map(|value| number(*value))));
    row.push(match trials.times(chosen) {
        // The time 0 means that it is not known.
        (Some(start), Some(end)) if start.0 > 0 => Some(number(end.since(start).as_secs_f64())),
        _ => None,
    });
    let given = trials.params(chosen);
    row.extend(shown.params.iter().map(|id| {
        let found = given.clone().find(|(param, _)| param == id);
        found.map(|(id, value)| trials.declared()[id.0 as usize].domain.label(value).to_json())
    }));
    let constraints = trials.constraints(chosen);
    row.extend(
        shown.constraints.iter().map(|name| constraints.get(name).map(|value| number(*value))),
    );
    row.push(trials.message(chosen).map(Json::from));
    row.push(Some(Json::from(trials.explain(chosen))));
    row
}
