//! Projection of changes to the rows of Optuna's tables, which its tools show.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::connection::{Cell, Connection};
use crate::storage::StorageError;
use crate::storage::log::{Change, SEEN, StudyLog, TrialTemplate};
use crate::storage::optuna::{self, JsonNumber};
use crate::trial::{AttributeScope, EXPLANATION, State, Timestamp};

const TRIAL: &str = "INSERT INTO trials (trial_id, number, study_id, state, datetime_start, \
                     datetime_complete) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const PARAM: &str = "INSERT INTO trial_params (trial_id, param_name, param_value, \
                     distribution_json) \
                     VALUES (?1, ?2, ?3, ?4) ON CONFLICT (trial_id, param_name) DO UPDATE \
                     SET param_value = excluded.param_value, \
                     distribution_json = excluded.distribution_json";
const VALUE: &str =
    "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?1, ?2, ?3, ?4)";
const REPORT: &str = "INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, \
                      intermediate_value_type) \
                      VALUES (?1, ?2, ?3, ?4) ON CONFLICT (trial_id, step) DO UPDATE \
                      SET intermediate_value = excluded.intermediate_value, \
                      intermediate_value_type = excluded.intermediate_value_type";
const USER_NOTE: &str = "INSERT INTO trial_user_attributes (trial_id, \"key\", value_json) \
                         VALUES (?1, ?2, ?3) \
                         ON CONFLICT (trial_id, \"key\") DO UPDATE SET value_json = \
                             excluded.value_json";
const SYSTEM_NOTE: &str = "INSERT INTO trial_system_attributes (trial_id, \"key\", value_json) \
                           VALUES (?1, ?2, ?3) \
                           ON CONFLICT (trial_id, \"key\") DO UPDATE SET value_json = \
                               excluded.value_json";
const STARTED: &str =
    "UPDATE trials SET state = 'RUNNING', datetime_start = ?1 WHERE trial_id = ?2";
const QUEUED: &str = "UPDATE trials SET state = 'WAITING' WHERE trial_id = ?1";
const ENDED: &str = "UPDATE trials SET state = ?1, datetime_complete = ?2 WHERE trial_id = ?3";
const FORGET_REPORTS: &str =
    "DELETE FROM trial_intermediate_values WHERE trial_id = ?1 AND step > ?2";

/// Writes the rows of a change that is about to be folded into `log`.
pub(super) fn project(
    connection: &mut dyn Connection,
    log: &StudyLog,
    number: u64,
    change: &Change<'_>,
) -> Result<(), StorageError> {
    let trial = Cell::id(change.trial().unwrap_or_default());
    match change {
        Change::CreateTrial { study, id, started, template } => create(
            connection,
            *study,
            id.unwrap_or_default(),
            number,
            *started,
            template.as_deref(),
        ),
        Change::Param { name, value, distribution, .. } => {
            param(connection, trial, name, *value, distribution)
        }
        Change::State { state, values, at, .. } => {
            self::state(connection, log, number, trial, *state, values.as_deref(), *at)
        }
        Change::Report { step, value, .. } => report(connection, trial, *step, *value),
        Change::Seen { seen, .. } => {
            write_attribute(connection, trial, AttributeScope::System, SEEN, &Json::from(*seen))
        }
        Change::Explained { explanation, .. } => write_attribute(
            connection,
            trial,
            AttributeScope::System,
            EXPLANATION,
            &Json::from(&**explanation),
        ),
        Change::TrialAttributes { scope, attributes, .. } => attributes
            .iter()
            .try_for_each(|(key, value)| write_attribute(connection, trial, *scope, key, value)),
        _ => Ok(()),
    }
}

fn create(
    connection: &mut dyn Connection,
    study: u64,
    id: u64,
    number: u64,
    started: Option<Timestamp>,
    template: Option<&TrialTemplate<'_>>,
) -> Result<(), StorageError> {
    let started = started.map(moment);
    let ended = template.and_then(|template| template.ended).map(moment);
    let state = template.map_or(State::Running, |template| template.state);
    let trial = Cell::id(id);
    let state = Cell::Text(optuna::state_name(state));
    let (from, to) = (Cell::text(started.as_deref()), Cell::text(ended.as_deref()));
    connection.execute(TRIAL, &[trial, Cell::id(number), Cell::id(study), state, from, to])?;
    let Some(template) = template else { return Ok(()) };
    for (name, value, distribution) in &template.params {
        param(connection, trial, name, *value, distribution)?;
    }
    values(connection, trial, &template.values)?;
    for (step, value) in &template.reports {
        report(connection, trial, *step, *value)?;
    }
    let user = template.user.iter().map(|entry| (AttributeScope::User, entry));
    let mut attributes =
        user.chain(template.system.iter().map(|entry| (AttributeScope::System, entry)));
    attributes
        .try_for_each(|(scope, (key, value))| write_attribute(connection, trial, scope, key, value))
}

fn param(
    connection: &mut dyn Connection,
    trial: Cell<'_>,
    name: &str,
    value: JsonNumber,
    distribution: &str,
) -> Result<(), StorageError> {
    let text = unquoted(distribution);
    connection
        .execute(PARAM, &[trial, Cell::Text(name), Cell::Real(value.real()), Cell::Text(&text)])
}

/// Returns the text of a JSON string.
fn unquoted(json: &str) -> Cow<'_, str> {
    let inner = json.strip_prefix('"').and_then(|json| json.strip_suffix('"'));
    match inner {
        Some(inner) if !inner.contains('\\') => Cow::Borrowed(inner),
        _ => Cow::Owned(serde_json::from_str(json).unwrap_or_default()),
    }
}

fn state(
    connection: &mut dyn Connection,
    log: &StudyLog,
    number: u64,
    trial: Cell<'_>,
    state: State,
    given: Option<&[f64]>,
    at: Option<Timestamp>,
) -> Result<(), StorageError> {
    let at = at.map(moment);
    let at = Cell::text(at.as_deref());
    match state {
        State::Running => connection.execute(STARTED, &[at, trial]),
        State::Paused => connection.execute(QUEUED, &[trial]),
        State::Waiting => {
            connection.execute(QUEUED, &[trial])?;
            let kept = log.trials.checkpoint(number).map_or(-1, u64::cast_signed);
            connection.execute(FORGET_REPORTS, &[trial, Cell::Int(kept)])
        }
        _ => {
            values(connection, trial, given.unwrap_or_default())?;
            connection.execute(ENDED, &[Cell::Text(optuna::state_name(state)), at, trial])
        }
    }
}

fn values(
    connection: &mut dyn Connection,
    trial: Cell<'_>,
    values: &[f64],
) -> Result<(), StorageError> {
    values.iter().zip(0..).filter(|(value, _)| !value.is_nan()).try_for_each(
        |(value, objective)| {
            let (cell, kind) = real(*value);
            connection.execute(VALUE, &[trial, Cell::Int(objective), cell, kind])
        },
    )
}

fn report(
    connection: &mut dyn Connection,
    trial: Cell<'_>,
    step: i64,
    value: f64,
) -> Result<(), StorageError> {
    let (cell, kind) = real(value);
    connection.execute(REPORT, &[trial, Cell::Int(step), cell, kind])
}

/// Returns a number and the name of its kind, as Optuna stores them: databases disagree on
/// infinity.
fn real(value: f64) -> (Cell<'static>, Cell<'static>) {
    match value {
        _ if value.is_nan() => (Cell::Null, Cell::Text("NAN")),
        f64::INFINITY => (Cell::Null, Cell::Text("INF_POS")),
        f64::NEG_INFINITY => (Cell::Null, Cell::Text("INF_NEG")),
        _ => (Cell::Real(value), Cell::Text("FINITE")),
    }
}

fn write_attribute(
    connection: &mut dyn Connection,
    trial: Cell<'_>,
    scope: AttributeScope,
    key: &str,
    value: &Json,
) -> Result<(), StorageError> {
    let sql = if scope == AttributeScope::User { USER_NOTE } else { SYSTEM_NOTE };
    connection.execute(sql, &[trial, Cell::Text(key), Cell::Text(&value.to_string())])
}

/// Formats a time as `2026-09-07 10:00:00.000000`, in UTC.
fn moment(at: Timestamp) -> String {
    let mut bytes = Vec::new();
    optuna::push_time(&mut bytes, at);
    let mut text = String::from_utf8(bytes).unwrap_or_default();
    text.truncate(26);
    text.replace('T', " ")
}
