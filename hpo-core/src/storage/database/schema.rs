//! The tables: Optuna's, and those of this library beside them.
//!
//! Optuna's tables (`optuna.storages.RDBStorage`, schema `v3.2.0.a`, that of Optuna 3.2 to 5.0)
//! hold the present state of trials, but not the order of their changes. That order is kept in
//! `hpo_log`: changes by this library as lines, those of other libraries as rows that triggers
//! write. Optuna ignores tables that it does not know.

use super::connection::{Cell, Connection};
use crate::storage::StorageError;

/// The version of Optuna's schema that this library reads and writes.
pub(super) const VERSION: &str = "v3.2.0.a";

/// The first version of our own tables, which can still be read and written.
const FIRST: i64 = 1;

/// The version of our own tables since which lines of the log leave out a distribution that the log
/// already has.
pub(super) const TERSE: i64 = 2;

/// Returns true if this library has used the storage before. Changes nothing.
///
/// # Errors
/// If the tables have a version that this library does not know.
pub(super) fn open(connection: &mut dyn Connection) -> Result<bool, StorageError> {
    if !has(connection, "studies")? {
        return Ok(false);
    }
    check(connection)?;
    if !has(connection, "hpo_log")? {
        return Ok(false);
    }
    match version(connection)? {
        FIRST..=TERSE => Ok(true),
        version => Err(StorageError::Schema {
            location: String::new(),
            found: format!("hpo_version {version}"),
            expected: format!("hpo_version {TERSE}"),
            remedy: "use the version of hpo that made it, or a newer one",
        }),
    }
}

/// Returns the version of our tables, which must exist.
pub(super) fn version(connection: &mut dyn Connection) -> Result<i64, StorageError> {
    Ok(connection.number("SELECT version FROM hpo_version", &[])?.unwrap_or_default())
}

/// Returns true if a table of this name exists.
pub(super) fn has(connection: &mut dyn Connection, table: &str) -> Result<bool, StorageError> {
    let sql = connection.dialect().has_table;
    Ok(connection.number(sql, &[Cell::Text(table)])? != Some(0))
}

/// Creates Optuna's tables, if there are none.
pub(super) fn make(connection: &mut dyn Connection) -> Result<(), StorageError> {
    if has(connection, "studies")? {
        return Ok(());
    }
    let dialect = connection.dialect();
    connection.script(dialect.tables)
}

/// Creates our tables, and adds the existing trials to the log. Called within a transaction.
pub(super) fn adopt(connection: &mut dyn Connection) -> Result<(), StorageError> {
    let dialect = connection.dialect();
    connection.script(dialect.log)?;
    let found = FOUND.replace("?1", "study_id");
    connection.script(&format!(
        "INSERT INTO hpo_log (study_id, trial_id, kind, step, name, number, text) {found};"
    ))
}

fn check(connection: &mut dyn Connection) -> Result<(), StorageError> {
    let mut found = None;
    if has(connection, "alembic_version")? {
        connection.query("SELECT version_num FROM alembic_version", &[], &mut |row| {
            found = row.text(0).map(str::to_owned);
            Ok(())
        })?;
    }
    match found {
        // Optuna too takes such a database for one of the present version.
        None => Ok(()),
        Some(found) if found == VERSION => Ok(()),
        Some(found) => {
            let is_older = found.as_str() < VERSION;
            let remedy = if is_older {
                "run `optuna storage upgrade --storage URL` first"
            } else {
                "it was made by a newer Optuna: update hpo"
            };
            Err(StorageError::Schema {
                location: String::new(),
                found,
                expected: VERSION.to_owned(),
                remedy,
            })
        }
    }
}

/// Selects the contents of Optuna's tables as rows of the log, trial by trial. A finished trial
/// gives one row, since the rest of it is final; other trials give all that they have so far. `?1`
/// is the study.
pub(super) const FOUND: &str = "\
SELECT study_id, trial_id, kind, step, name, number, text FROM (
  SELECT study_id, trial_id, 0 AS part, 0 AS place, 'trial' AS kind, CAST(NULL AS INTEGER) AS step,
         CAST(datetime_start AS VARCHAR(40)) AS name, CAST(NULL AS FLOAT) AS number, \
             CAST(state AS VARCHAR(8)) AS text FROM trials
  UNION ALL SELECT study_id, trials.trial_id, 1, param_id, 'param', NULL, param_name, param_value, \
      distribution_json
    FROM trials JOIN trial_params ON trial_params.trial_id = trials.trial_id \
        WHERE state IN ('RUNNING', 'WAITING')
  UNION ALL SELECT study_id, trials.trial_id, 2, step, 'report', step, \
      CAST(intermediate_value_type AS VARCHAR(8)),
         intermediate_value, NULL
    FROM trials JOIN trial_intermediate_values \
        ON trial_intermediate_values.trial_id = trials.trial_id
    WHERE state IN ('RUNNING', 'WAITING')
  UNION ALL SELECT study_id, trials.trial_id, 3, trial_user_attribute_id, 'user', NULL, \
      \"key\", NULL, value_json
    FROM trials JOIN trial_user_attributes ON trial_user_attributes.trial_id = trials.trial_id
    WHERE state IN ('RUNNING', 'WAITING')
  UNION ALL SELECT study_id, trials.trial_id, 4, trial_system_attribute_id, 'system', NULL, \
      \"key\", NULL, value_json
    FROM trials JOIN trial_system_attributes ON trial_system_attributes.trial_id = trials.trial_id
    WHERE state IN ('RUNNING', 'WAITING')
) AS found WHERE study_id = ?1 ORDER BY study_id, trial_id, part, place";
