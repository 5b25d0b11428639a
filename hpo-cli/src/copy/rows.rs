//! Trials that were made elsewhere, as a table: CSV, a JSON list, or a JSON object a line.
//!
//! A column is a parameter, by its path, with or without `params.` before it, unless it has one of these names: `value` (or
//! `value_0`, `value_1`, ..), `state`, `message`, `explanation`, `constraints.NAME`; `trial`, `number` and `seconds` are passed
//! over. So what `hpo trials` writes can be read.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use hpo_core::space::{Domain, Label, Params, Slot, Slots};
use hpo_core::trial::{State, Timestamp, constraint_attribute};
use serde_json::{Deserializer, Map, Value as Json};

use super::{Moment, Named, Notes, Real, TrialCopy};
use crate::present::spreadsheet;

/// What the rows are trials of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Targets<'a> {
    pub(crate) slots: &'a Arc<Slots>,
    pub(crate) objectives: usize,
    /// What the trials are said to be from.
    pub(crate) origin: &'a str,
}

/// A row: where it stands, and what it has.
type Row = (String, Map<String, Json>);

/// The trials of a text, and how many rows were left out because their trials have not ended.
pub(crate) fn read(text: &str, targets: Targets<'_>) -> Result<(Vec<TrialCopy>, usize)> {
    let rows = if text.trim_start().starts_with(['[', '{']) { objects(text)? } else { lines(text, targets.slots)? };
    let (all, mut trials) = (rows.len(), Vec::new());
    for (place, row) in rows {
        let order = trials.len() as u64;
        trials.extend(trial(row, targets, order).with_context(|| place)?);
    }
    let left = all - trials.len();
    Ok((trials, left))
}

/// Objects of a list, or one after the other; their groups are spread.
fn objects(text: &str) -> Result<Vec<Row>> {
    let mut found = Vec::new();
    for value in Deserializer::from_str(text).into_iter::<Json>() {
        match value.context("this is no JSON")? {
            Json::Array(list) => found.extend(list),
            other => found.push(other),
        }
    }
    let rows = found.into_iter().zip(1..).map(|(value, place)| match value {
        Json::Object(object) => Ok((format!("trial {place} of the list"), spread(object))),
        other => bail!("trial {place} of the list is {other}, not an object"),
    });
    rows.collect()
}

fn spread(object: Map<String, Json>) -> Map<String, Json> {
    let mut flat = Map::new();
    for (key, value) in object {
        match value {
            Json::Object(members) if ["params", "constraints"].contains(&key.as_str()) => {
                flat.extend(members.into_iter().map(|(name, value)| (format!("{key}.{name}"), value)));
            }
            Json::Null => {}
            value => drop(flat.insert(key, value)),
        }
    }
    flat
}

/// Lines of CSV; an empty field is nothing.
fn lines(text: &str, slots: &Slots) -> Result<Vec<Row>> {
    let mut records = spreadsheet::records(text)?.into_iter();
    let (_, names) = records.next().context("the file is empty: the first line has the names of the columns")?;
    let rows = records.map(|(line, fields)| {
        let (found, expected) = (fields.len(), names.len());
        ensure!(found == expected, "line {line} has {found} fields, the first line has {expected}");
        let given = names.iter().zip(fields).filter(|(_, field)| !field.is_empty());
        let cells = given.map(|(name, field)| {
            let path = name.strip_prefix("params.").unwrap_or(name);
            let slot = slots.find(path).filter(|_| path != name || !is_known(name)).map(|id| slots.slot(id));
            let value = slot.map_or_else(|| scalar(&field), |slot| cell(slot, &field));
            (name.clone(), value)
        });
        Ok((format!("line {line}"), cells.collect()))
    });
    rows.collect()
}

/// What a field means for a parameter: a choice as it is shown, a number.
fn cell(slot: &Slot, field: &str) -> Json {
    if let Domain::Categorical(categorical) = slot.domain() {
        let choice = categorical.choices.iter().find(|choice| shown(choice) == field);
        return choice.map_or_else(|| Json::from(field), Label::to_json);
    }
    scalar(field)
}

/// A choice as `hpo trials` writes it.
fn shown(label: &Label) -> String {
    crate::present::in_full(&label.to_json())
}

fn scalar(field: &str) -> Json {
    let number: Option<Json> = serde_json::from_str(field.trim()).ok().filter(Json::is_number);
    number
        .or_else(|| serde_json::Number::from_f64(field.trim().parse().ok()?).map(Json::from))
        .unwrap_or_else(|| field.into())
}

/// Whether a column is no parameter.
fn is_known(name: &str) -> bool {
    let is_value = name == "value" || name.strip_prefix("value_").is_some_and(|place| place.parse::<usize>().is_ok());
    is_value || matches!(name, "state" | "message" | "explanation" | "trial" | "number" | "seconds")
}

/// The trial of a row; `None` if it has not ended.
fn trial(mut row: Map<String, Json>, targets: Targets<'_>, order: u64) -> Result<Option<TrialCopy>> {
    let state = match row.remove("state") {
        None => State::Complete,
        Some(state) => serde_json::from_value(state.clone())
            .ok()
            .with_context(|| format!("`state` is {state}: it may be complete, pruned, failed or waiting"))?,
    };
    if matches!(state, State::Running | State::Paused) {
        return Ok(None);
    }
    let values = values(&mut row, state, targets.objectives)?;
    let mut text = |name: &str| row.remove(name).map(|value| crate::present::in_full(&value));
    let (message, explanation) = (text("message"), text("explanation"));
    let (mut given, mut system) = (Map::new(), BTreeMap::new());
    for (name, value) in row {
        if let Some(name) = name.strip_prefix("constraints.") {
            let by = value.as_f64().with_context(|| format!("the constraint `{name}` is {value}, not a number"))?;
            system.insert(constraint_attribute(name), Json::from(by));
        } else if !is_known(&name) {
            given.insert(name.strip_prefix("params.").unwrap_or(&name).to_owned(), value);
        }
    }
    let params = Params::from_json(targets.slots, &Json::Object(given))?;
    let named = params.labels().map(|(path, label)| (path.to_owned(), label.to_json())).collect();
    let now = Some(Moment(Timestamp::now()));
    Ok(Some(TrialCopy {
        state,
        values,
        params: Some(Named(named)),
        reports: Vec::new(),
        message,
        started: now.filter(|_| state.is_finished()),
        finished: now.filter(|_| state.is_finished()),
        explanation: explanation.unwrap_or_else(|| targets.origin.to_owned()),
        seen: 0,
        ordinals: [Some(order), Some(order), state.is_finished().then_some(order)],
        promotions: 0,
        notes: Notes { user: BTreeMap::new(), system },
    }))
}

/// A value an objective, if the trial is complete.
fn values(row: &mut Map<String, Json>, state: State, objectives: usize) -> Result<Vec<Real>> {
    let name = |place: usize| if objectives == 1 { "value".to_owned() } else { format!("value_{place}") };
    let mut values = Vec::new();
    for name in (0..objectives).map(name) {
        match (row.remove(&name), state) {
            (Some(value), State::Complete) => {
                let value: Real = serde_json::from_value(value).with_context(|| format!("`{name}`"))?;
                ensure!(!value.0.is_nan(), "`{name}` is NaN: write failed as its `state`");
                values.push(value);
            }
            (None, State::Complete) => {
                bail!("there is no `{name}`: it has one if its `state` is not given, or complete")
            }
            _ => {}
        }
    }
    Ok(values)
}
