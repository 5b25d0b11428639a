//! Studies without their trials: rows that are read on demand.

use serde_json::Value as Json;

use super::connection::{Cell, Connection};
use super::finished_trials::json;
use super::guests::Signed;
use crate::storage::log::TrialRequest;
use crate::storage::{StorageError, StudyId, StudyRecord};
use crate::trial::{AttributeScope, Attributes, Direction};

const STUDIES: &str = "SELECT study_id, study_name FROM studies ORDER BY study_id";
const STUDY: &str = "SELECT study_id, study_name FROM studies WHERE study_id = ?1";
const NAMED: &str = "SELECT study_id FROM studies WHERE study_name = ?1";
const EXISTS: &str = "SELECT count(*) FROM studies WHERE study_id = ?1";
/// Queries for one study or for all: one query per study would be slow with many studies.
const DIRECTIONS: [&str; 2] = [
    "SELECT study_id, CAST(direction AS VARCHAR(8)) FROM study_directions WHERE study_id = ?1 \
     ORDER BY objective",
    "SELECT study_id, CAST(direction AS VARCHAR(8)) FROM study_directions ORDER BY study_id, \
     objective",
];
const USER: [&str; 2] = [
    "SELECT study_id, \"key\", value_json FROM study_user_attributes WHERE study_id = ?1",
    "SELECT study_id, \"key\", value_json FROM study_user_attributes",
];
const SYSTEM: [&str; 2] = [
    "SELECT study_id, \"key\", value_json FROM study_system_attributes WHERE study_id = ?1",
    "SELECT study_id, \"key\", value_json FROM study_system_attributes",
];
const NEW_STUDY: &str = "INSERT INTO studies (study_id, study_name) VALUES (?1, ?2)";
const NEW_DIRECTION: &str =
    "INSERT INTO study_directions (direction, study_id, objective) VALUES (?1, ?2, ?3)";
const USER_NOTE: &str = "INSERT INTO study_user_attributes (study_id, \"key\", value_json) \
                         VALUES (?1, ?2, ?3) \
                         ON CONFLICT (study_id, \"key\") DO UPDATE SET value_json = \
                             excluded.value_json";
const SYSTEM_NOTE: &str = "INSERT INTO study_system_attributes (study_id, \"key\", value_json) \
                           VALUES (?1, ?2, ?3) \
                           ON CONFLICT (study_id, \"key\") DO UPDATE SET value_json = \
                               excluded.value_json";

/// Deletes a study with all that belongs to it, children first: neither Optuna nor SQLite cascades.
const DELETIONS: [&str; 12] = [
    "DELETE FROM trial_user_attributes WHERE trial_id IN (SELECT trial_id FROM trials WHERE \
     study_id = ?1)",
    "DELETE FROM trial_system_attributes WHERE trial_id IN (SELECT trial_id FROM trials WHERE \
     study_id = ?1)",
    "DELETE FROM trial_params WHERE trial_id IN (SELECT trial_id FROM trials WHERE study_id = ?1)",
    "DELETE FROM trial_values WHERE trial_id IN (SELECT trial_id FROM trials WHERE study_id = ?1)",
    "DELETE FROM trial_intermediate_values WHERE trial_id IN (SELECT trial_id FROM trials WHERE \
     study_id = ?1)",
    "DELETE FROM trial_heartbeats WHERE trial_id IN (SELECT trial_id FROM trials WHERE study_id = \
     ?1)",
    "DELETE FROM trials WHERE study_id = ?1",
    "DELETE FROM study_directions WHERE study_id = ?1",
    "DELETE FROM study_user_attributes WHERE study_id = ?1",
    "DELETE FROM study_system_attributes WHERE study_id = ?1",
    // A trigger does the same to the log.
    "DELETE FROM studies WHERE study_id = ?1",
    "DELETE FROM hpo_log WHERE study_id = ?1 AND kind <> 'gone'",
];

/// Returns all studies, or the one asked for if it exists.
pub(super) fn records(
    connection: &mut dyn Connection,
    only: Option<StudyId>,
) -> Result<Vec<StudyRecord>, StorageError> {
    let mut records = Vec::new();
    if !super::schema::has(connection, "studies")? {
        return Ok(records);
    }
    let mut keep = |row: &dyn super::connection::SqlRow| {
        let id = StudyId(row.int(0).unwrap_or_default() as u64);
        let name = row.text(1).unwrap_or_default().to_owned();
        records.push(StudyRecord {
            id,
            name,
            directions: Vec::new(),
            attributes: Attributes::default(),
        });
        Ok(())
    };
    match only {
        Some(study) => connection.query(STUDY, &[Cell::id(study.0)], &mut keep)?,
        None => connection.query(STUDIES, &[], &mut keep)?,
    }
    fill(connection, only, &mut records)?;
    // A study deleted between two of these queries has no directions any more.
    records.retain(|record| !record.directions.is_empty());
    Ok(records)
}

/// Adds directions and attributes to studies, which are sorted by number.
fn fill(
    connection: &mut dyn Connection,
    only: Option<StudyId>,
    records: &mut [StudyRecord],
) -> Result<(), StorageError> {
    let cells: Vec<Cell<'_>> = only.map(|study| Cell::id(study.0)).into_iter().collect();
    let which = usize::from(only.is_none());
    // A study created since is not among them.
    let position = |records: &[StudyRecord], row: &dyn super::connection::SqlRow| {
        let id = row.int(0).unwrap_or_default() as u64;
        records.binary_search_by_key(&id, |record| record.id.0).ok()
    };
    connection.query(DIRECTIONS[which], &cells, &mut |row| {
        let is_maximized = row.text(1) == Some("MAXIMIZE");
        if let Some(position) = position(records, row) {
            records[position].directions.push(if is_maximized {
                Direction::Maximize
            } else {
                Direction::Minimize
            });
        }
        Ok(())
    })?;
    for (sql, scope) in
        [(USER[which], AttributeScope::User), (SYSTEM[which], AttributeScope::System)]
    {
        connection.query(sql, &cells, &mut |row| {
            if let (Some(position), Some(key)) = (position(records, row), row.text(1)) {
                records[position].attributes.insert(scope, key, json(row.text(2)));
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Creates a study and returns its number.
pub(super) fn create(
    connection: &mut dyn Connection,
    name: &str,
    directions: &[Direction],
    location: &str,
) -> Result<u64, StorageError> {
    if connection.number(NAMED, &[Cell::Text(name)])?.is_some() {
        return Err(StorageError::StudyExists {
            name: name.to_owned(),
            location: location.to_owned(),
        });
    }
    let sql = connection.dialect().new_study;
    let id = connection.number(sql, &[])?.unwrap_or_default();
    connection.execute(NEW_STUDY, &[Cell::Int(id), Cell::Text(name)])?;
    for (direction, objective) in directions.iter().zip(0..) {
        let word = match direction {
            Direction::Minimize => "MINIMIZE",
            Direction::Maximize => "MAXIMIZE",
        };
        connection
            .execute(NEW_DIRECTION, &[Cell::Text(word), Cell::Int(id), Cell::Int(objective)])?;
    }
    Ok(id as u64)
}

/// Deletes a study with all that belongs to it.
pub(super) fn delete(connection: &mut dyn Connection, study: u64) -> Result<(), StorageError> {
    exists(connection, study)?;
    DELETIONS.iter().try_for_each(|sql| connection.execute(sql, &[Cell::id(study)]))
}

/// Writes an attribute of a study.
pub(super) fn set_attribute(
    connection: &mut dyn Connection,
    study: u64,
    scope: AttributeScope,
    key: &str,
    value: &Json,
) -> Result<(), StorageError> {
    exists(connection, study)?;
    write_attribute(connection, study, scope, key, value)
}

/// Writes attributes of a study that exists.
pub(super) fn write_attributes(
    connection: &mut dyn Connection,
    study: u64,
    attributes: &Attributes,
) -> Result<(), StorageError> {
    attributes
        .iter()
        .try_for_each(|(scope, key, value)| write_attribute(connection, study, scope, key, value))
}

fn write_attribute(
    connection: &mut dyn Connection,
    study: u64,
    scope: AttributeScope,
    key: &str,
    value: &Json,
) -> Result<(), StorageError> {
    let sql = if scope == AttributeScope::User { USER_NOTE } else { SYSTEM_NOTE };
    connection.execute(sql, &[Cell::id(study), Cell::Text(key), Cell::Text(&value.to_string())])
}

/// Returns the numbers of `count` new trials.
pub(super) fn new_trials(
    connection: &mut dyn Connection,
    count: usize,
) -> Result<Vec<u64>, StorageError> {
    let mut ids = Vec::with_capacity(count);
    if count > 0 {
        let sql = connection.dialect().new_trials;
        connection.query(sql, &[Cell::id(count as u64)], &mut |row| {
            ids.extend(row.int(0).map(|id| id as u64));
            Ok(())
        })?;
    }
    Ok(ids)
}

/// Returns the trials of Optuna's workers that a recovery among the requests takes to be dead.
pub(super) fn stale_trials(
    connection: &mut dyn Connection,
    study: u64,
    requests: &[Signed],
) -> Result<Vec<u64>, StorageError> {
    let mut stale = Vec::new();
    let recovers =
        requests.iter().any(|signed| matches!(signed.request, TrialRequest::Recover { .. }));
    if recovers && super::schema::has(connection, "trial_heartbeats")? {
        let sql = connection.dialect().stale;
        connection.query(sql, &[Cell::id(study)], &mut |row| {
            stale.extend(row.int(0).map(|id| id as u64));
            Ok(())
        })?;
    }
    Ok(stale)
}

fn exists(connection: &mut dyn Connection, study: u64) -> Result<(), StorageError> {
    if connection.number(EXISTS, &[Cell::id(study)])? == Some(0) {
        return Err(StorageError::NoSuchStudy {
            study: study.to_string(),
            location: String::new(),
        });
    }
    Ok(())
}
