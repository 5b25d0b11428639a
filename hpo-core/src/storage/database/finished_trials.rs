//! Finished trials, read from Optuna's tables.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::connection::{Cell, Connection, SqlRow};
use crate::storage::StorageError;
use crate::storage::log::TrialTemplate;
use crate::storage::optuna::{self, JsonNumber};
use crate::trial::{State, Timestamp};

/// A finished trial of another library.
#[derive(Debug, Default)]
pub(super) struct FinishedTrial {
    params: Vec<(String, f64, String)>,
    pub(super) values: Vec<f64>,
    reports: Vec<(i64, f64)>,
    user: Map<String, Json>,
    system: Map<String, Json>,
    pub(super) ended: Option<Timestamp>,
}

impl FinishedTrial {
    /// Returns the trial in the form that a log has.
    pub(super) fn template(&self, state: State) -> TrialTemplate<'_> {
        TrialTemplate {
            state,
            params: self
                .params
                .iter()
                .map(|(name, value, raw)| (name.clone(), JsonNumber::Real(*value), &**raw))
                .collect(),
            values: if state == State::Complete { self.values.clone() } else { Vec::new() },
            reports: self.reports.clone(),
            user: self.user.clone(),
            system: self.system.clone(),
            ended: self.ended,
        }
    }
}

const ENDS: &str = "SELECT trial_id, CAST(datetime_complete AS VARCHAR(40)) FROM trials \
                    WHERE study_id = ?1 AND trial_id BETWEEN ?2 AND ?3";
const PARAMS: &str = "SELECT p.trial_id, param_name, param_value, distribution_json \
                      FROM trial_params AS p \
                      JOIN trials ON trials.trial_id = p.trial_id \
                      WHERE study_id = ?1 AND p.trial_id BETWEEN ?2 AND ?3 ORDER BY param_id";
const VALUES: &str = "SELECT v.trial_id, value, CAST(value_type AS VARCHAR(8)) \
                      FROM trial_values AS v \
                      JOIN trials ON trials.trial_id = v.trial_id \
                      WHERE study_id = ?1 AND v.trial_id BETWEEN ?2 AND ?3 \
                      ORDER BY v.trial_id, objective";
const REPORTS: &str = "SELECT r.trial_id, intermediate_value, \
                       CAST(intermediate_value_type AS VARCHAR(8)), step \
                       FROM trial_intermediate_values AS r \
                       JOIN trials ON trials.trial_id = r.trial_id \
                       WHERE study_id = ?1 AND r.trial_id BETWEEN ?2 AND ?3 \
                       ORDER BY r.trial_id, step";
const USER: &str = "SELECT a.trial_id, \"key\", value_json FROM trial_user_attributes AS a \
                    JOIN trials ON trials.trial_id = a.trial_id \
                    WHERE study_id = ?1 AND a.trial_id BETWEEN ?2 AND ?3";
const SYSTEM: &str = "SELECT a.trial_id, \"key\", value_json FROM trial_system_attributes AS a \
                      JOIN trials ON trials.trial_id = a.trial_id \
                      WHERE study_id = ?1 AND a.trial_id BETWEEN ?2 AND ?3";

/// Loads all trials of a study whose numbers in the storage are between `from` and `to`, both
/// included.
pub(super) fn load(
    connection: &mut dyn Connection,
    study: u64,
    (from, to): (u64, u64),
) -> Result<HashMap<u64, FinishedTrial>, StorageError> {
    let cells = [Cell::id(study), Cell::id(from), Cell::id(to)];
    let mut finished_trials: HashMap<u64, FinishedTrial> = HashMap::new();
    let mut read = |sql: &'static str, keep: &mut dyn FnMut(&mut FinishedTrial, &dyn SqlRow)| {
        connection.query(sql, &cells, &mut |row| {
            let id = row.int(0).unwrap_or_default() as u64;
            keep(finished_trials.entry(id).or_default(), row);
            Ok(())
        })
    };
    read(ENDS, &mut |found, row| found.ended = row.text(1).and_then(Timestamp::parse))?;
    read(PARAMS, &mut |found, row| {
        let text = |column| row.text(column).unwrap_or_default();
        let distribution = Json::from(text(3)).to_string();
        found.params.push((text(1).to_owned(), row.real(2).unwrap_or(f64::NAN), distribution));
    })?;
    read(VALUES, &mut |found, row| found.values.push(real(row.real(1), row.text(2))))?;
    read(REPORTS, &mut |found, row| {
        found.reports.push((row.int(3).unwrap_or(-1), real(row.real(1), row.text(2))));
    })?;
    read(USER, &mut |found, row| keep_attribute(&mut found.user, row))?;
    read(SYSTEM, &mut |found, row| keep_attribute(&mut found.system, row))?;
    Ok(finished_trials)
}

fn keep_attribute(attributes: &mut Map<String, Json>, row: &dyn SqlRow) {
    if let Some(key) = row.text(1) {
        attributes.insert(key.to_owned(), json(row.text(2)));
    }
}

/// Parses an attribute as JSON; a text that is not JSON becomes a string.
pub(super) fn json(text: Option<&str>) -> Json {
    let text = text.unwrap_or("null");
    optuna::parse(text).unwrap_or_else(|_| Json::from(text))
}

/// Returns a number by the name of its kind.
pub(super) fn real(value: Option<f64>, kind: Option<&str>) -> f64 {
    match kind {
        Some("INF_POS") => f64::INFINITY,
        Some("INF_NEG") => f64::NEG_INFINITY,
        Some("NAN") => f64::NAN,
        _ => value.unwrap_or(f64::NAN),
    }
}
