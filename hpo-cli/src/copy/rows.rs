//! Trials from other sources, as a table: CSV, a JSON list, or one JSON object per line.
//!
//! A column is a parameter, by its path, with or without `params.` before it, unless it has one of
//! these names: `value` (or `value 0`, `value 1`, .., or the names of the metrics), `state`,
//! `message`, `explanation`, `constraints.NAME`; `trial`, `number` and `seconds` are ignored. So
//! the output of `hpo trials` can be read.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use hpo_core::report::csv;
use hpo_core::space::{Domain, FlatSpace, Label, Parameter, Params, counted};
use hpo_core::terminal::escaped;
use hpo_core::trial::{State, Timestamp, constraint_attribute};
use serde_json::{Deserializer, Map, Value as Json};

use super::{AttributesCopy, Moment, Named, Real, TrialCopy};

/// The study to which the rows belong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Targets<'a> {
    pub(crate) flat: &'a Arc<FlatSpace>,
    /// The accepted names for the value of each objective, the usual name first.
    pub(crate) values: &'a [Vec<String>],
    /// The source of the trials, for their explanation.
    pub(crate) origin: &'a str,
}

/// A row: its position for messages, and its values.
type ImportRow = (String, Map<String, Json>);

/// Reads the trials of a text. Returns them with the number of rows left out because their trials
/// have not ended.
pub(crate) fn read(text: &str, targets: Targets<'_>) -> Result<(Vec<TrialCopy>, usize)> {
    let rows = if text.trim_start().starts_with(['[', '{']) {
        objects(text)?
    } else {
        lines(text, targets)?
    };
    let (all, mut trials) = (rows.len(), Vec::new());
    for (index, row) in rows {
        let order = trials.len() as u64;
        trials.extend(trial(row, targets, order).with_context(|| index)?);
    }
    let left = all - trials.len();
    Ok((trials, left))
}

/// Reads the objects of a list, or of consecutive texts, and flattens their groups.
fn objects(text: &str) -> Result<Vec<ImportRow>> {
    let mut found = Vec::new();
    for value in Deserializer::from_str(text).into_iter::<Json>() {
        match value.context("this is not valid JSON")? {
            Json::Array(list) => found.extend(list),
            other => found.push(other),
        }
    }
    let rows = found.into_iter().zip(1..).map(|(value, index)| match value {
        Json::Object(object) => Ok((format!("trial {index} of the list"), spread(object))),
        other => bail!("trial {index} of the list is {other}, not an object"),
    });
    rows.collect()
}

fn spread(object: Map<String, Json>) -> Map<String, Json> {
    let mut flat = Map::new();
    for (key, value) in object {
        match value {
            Json::Object(members) if ["params", "constraints"].contains(&key.as_str()) => {
                flat.extend(
                    members.into_iter().map(|(name, value)| (format!("{key}.{name}"), value)),
                );
            }
            Json::Null => {}
            value => drop(flat.insert(key, value)),
        }
    }
    flat
}

/// Reads lines of CSV; an empty field is no value.
fn lines(text: &str, targets: Targets<'_>) -> Result<Vec<ImportRow>> {
    let mut records = csv::records(text);
    let (_, names) = records
        .next()
        .transpose()?
        .context("the file is empty: its first line must name the columns")?;
    let columns = columns(&names, targets)?;
    let rows: Vec<ImportRow> = records
        .map(|record| {
            let (line, fields) = record?;
            let (found, expected) = (fields.len(), names.len());
            ensure!(
                found == expected,
                "line {line} has {}, the first line has {expected}",
                counted(found, "field")
            );
            let given = columns.iter().zip(&fields).filter(|(_, field)| !field.trim().is_empty());
            let cells = given.map(|(column, field)| {
                let value = cell(column.parameter, csv::plain(field));
                let value =
                    value.with_context(|| format!("line {line}, column `{}`", column.name))?;
                Ok((column.name.clone(), value))
            });
            Ok((format!("line {line}"), cells.collect::<Result<_>>()?))
        })
        .collect::<Result<_>>()?;
    ensure!(
        !rows.is_empty(),
        "the file has no trials: there is nothing below the names of the columns"
    );
    Ok(rows)
}

/// A column of a table, with its meaning.
struct ImportColumn<'a> {
    name: String,
    /// The parameter of the column, if it is one.
    parameter: Option<&'a Parameter>,
}

/// Returns the meaning of the column names, each of which may occur only once.
fn columns<'a>(names: &[String], targets: Targets<'a>) -> Result<Vec<ImportColumn<'a>>> {
    for (sign, told) in [(";", "semicolons"), ("\t", "tabs")] {
        let is_other = names.len() == 1 && names[0].contains(sign);
        ensure!(!is_other, "the columns are separated by {told}: separate them by commas");
    }
    let columns: Vec<ImportColumn<'_>> =
        names.iter().map(|name| column(csv::plain(name.trim()), targets)).collect();
    for (index, column) in columns.iter().enumerate() {
        ensure!(!column.name.is_empty(), "column {} has no name in the first line", index + 1);
        let first = columns[..index].iter().position(|other| other.name == column.name);
        if let Some(first) = first {
            let (first, second) = (first + 1, index + 1);
            bail!("columns {first} and {second} are both `{}`: leave one of them out", column.name);
        }
    }
    Ok(columns)
}

/// Returns a column by its name: a parameter with or without `params.`, or as it is shown, with
/// escapes.
fn column<'a>(name: &str, targets: Targets<'a>) -> ImportColumn<'a> {
    let path = name.strip_prefix("params.").unwrap_or(name);
    let is_named =
        |parameter: &&Parameter| parameter.path() == path || escaped(parameter.path()) == path;
    let parameter =
        targets.flat.iter().find(is_named).filter(|_| path != name || !targets.is_known(name));
    let name = parameter
        .map_or_else(|| targets.as_asked(name), |parameter| format!("params.{}", parameter.path()));
    ImportColumn { name, parameter }
}

/// Returns the value of a field: for a categorical parameter a choice as it is shown, else a number
/// or a text.
fn cell(parameter: Option<&Parameter>, field: &str) -> Result<Json> {
    if let Some(Domain::Categorical(categorical)) = parameter.map(Parameter::domain) {
        let shown = |label: &Label| crate::present::in_full(&label.to_json());
        let is = |same: &dyn Fn(&str) -> bool| {
            categorical.choices.iter().find(|choice| same(&shown(choice)))
        };
        let choice =
            is(&|choice| choice == field).or_else(|| is(&|choice| escaped(choice) == field));
        let choice = choice.or_else(|| is(&|choice| choice == field.trim()));
        return Ok(choice.map_or_else(|| Json::from(field), Label::to_json));
    }
    scalar(field)
}

/// Returns a number in the syntax of JSON or Rust, else a text.
fn scalar(field: &str) -> Result<Json> {
    let number: Option<Json> = serde_json::from_str(field.trim()).ok().filter(Json::is_number);
    if let Some(number) = number {
        return Ok(number);
    }
    match field.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(crate::present::number(number)),
        Ok(_) if field.contains(|letter: char| letter.is_ascii_digit()) => {
            bail!("{} is too large for a 64-bit float", field.trim())
        }
        Ok(_) => Ok(field.trim().into()),
        Err(_) => Ok(field.into()),
    }
}

impl Targets<'_> {
    /// Returns true if a column is not a parameter.
    fn is_known(&self, name: &str) -> bool {
        let is_value = self.values.iter().flatten().any(|value| value == name);
        is_value
            || matches!(name, "state" | "message" | "explanation" | "trial" | "number" | "seconds")
    }

    /// Returns the first of the accepted names of a value.
    fn as_asked(&self, name: &str) -> String {
        let same = self.values.iter().find(|names| names.iter().any(|value| value == name));
        same.and_then(|names| names.first()).map_or(name, String::as_str).to_owned()
    }
}

/// Returns the trial of a row; `None` if it has not ended.
fn trial(
    mut row: Map<String, Json>,
    targets: Targets<'_>,
    order: u64,
) -> Result<Option<TrialCopy>> {
    let state = match row.remove("state") {
        None => State::Complete,
        Some(state) => serde_json::from_value(state.clone()).ok().with_context(|| {
            format!("`state` is {state}: it may be complete, pruned, failed or waiting")
        })?,
    };
    if matches!(state, State::Running | State::Paused) {
        return Ok(None);
    }
    let values = values(&mut row, state, targets.values)?;
    let mut text = |name: &str| row.remove(name).map(|value| crate::present::in_full(&value));
    let (message, explanation) = (text("message"), text("explanation"));
    let (mut given, mut system) = (Map::new(), BTreeMap::new());
    for (name, value) in row {
        if let Some(name) = name.strip_prefix("constraints.") {
            let by = value
                .as_f64()
                .with_context(|| format!("the constraint `{name}` is {value}, not a number"))?;
            system.insert(constraint_attribute(name), Json::from(by));
        } else if !targets.is_known(&name) {
            given.insert(name.strip_prefix("params.").unwrap_or(&name).to_owned(), value);
        }
    }
    let params = Params::from_json(targets.flat, &Json::Object(given))?;
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
        attributes: AttributesCopy { user: BTreeMap::new(), system },
    }))
}

/// Returns one value per objective, if the trial is complete.
fn values(row: &mut Map<String, Json>, state: State, names: &[Vec<String>]) -> Result<Vec<Real>> {
    let mut values = Vec::new();
    for names in names {
        let first = names.first().map_or("value", String::as_str);
        let given: Vec<Json> = names.iter().filter_map(|name| row.remove(name)).collect();
        ensure!(given.len() <= 1, "`{first}` is given under two names: leave one of them out");
        match (given.into_iter().next(), state) {
            (Some(value), State::Complete) => {
                let value: Real =
                    serde_json::from_value(value).with_context(|| format!("`{first}`"))?;
                ensure!(!value.0.is_nan(), "`{first}` is NaN: set its `state` to failed");
                values.push(value);
            }
            (None, State::Complete) => {
                bail!("there is no `{first}`: give one, or a `state` other than complete")
            }
            _ => {}
        }
    }
    Ok(values)
}
