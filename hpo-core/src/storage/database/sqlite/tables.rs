//! The tables in SQLite: Optuna's as SQLAlchemy creates them there, and ours beside them.

use super::super::connection::Dialect;

pub(super) const DIALECT: Dialect = Dialect {
    has_table: "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?1",
    tables: TABLES,
    log: LOG,
    // The number is above those of deleted studies too: a program that has one of them open must
    // not go on in another study.
    new_study: "SELECT max(coalesce((SELECT max(study_id) FROM studies), 0), coalesce((SELECT \
        max(study_id) FROM hpo_log), 0)) + 1",
    new_trials: "WITH RECURSIVE new(place) AS (VALUES (1) UNION ALL SELECT place + 1 FROM new \
                 WHERE place < ?1) \
                 SELECT (SELECT coalesce(max(trial_id), 0) FROM trials) + place FROM new",
    new_line: "SELECT coalesce(max(id), 0) + 1 FROM hpo_log",
    stale: "SELECT h.trial_id FROM trial_heartbeats AS h \
            JOIN trials AS t ON t.trial_id = h.trial_id \
            WHERE t.study_id = ?1 AND t.state = 'RUNNING' \
            AND h.heartbeat < datetime('now', '-1 hour') \
            ORDER BY h.trial_id",
};

/// Silences the triggers within a change of ours.
pub(super) const OURS: &str = "UPDATE hpo_writer SET is_ours = 1";

/// Turns the triggers on again at the end of the change.
pub(super) const NOT_OURS: &str = "UPDATE hpo_writer SET is_ours = 0";

const TABLES: &str = concat!(
    "BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS studies (study_id INTEGER NOT NULL, study_name VARCHAR(512) NOT NULL, \
    PRIMARY KEY (study_id));
CREATE UNIQUE INDEX IF NOT EXISTS ix_studies_study_name ON studies (study_name);
CREATE TABLE IF NOT EXISTS version_info (version_info_id INTEGER NOT NULL, schema_version INTEGER, \
    library_version VARCHAR(256),
  PRIMARY KEY (version_info_id), CHECK (version_info_id = 1));
CREATE TABLE IF NOT EXISTS study_directions (study_direction_id INTEGER NOT NULL, \
    direction VARCHAR(8) NOT NULL,
  study_id INTEGER NOT NULL, objective INTEGER NOT NULL, PRIMARY KEY (study_direction_id), \
      UNIQUE (study_id, objective),
  FOREIGN KEY (study_id) REFERENCES studies (study_id));
CREATE TABLE IF NOT EXISTS study_user_attributes (study_user_attribute_id INTEGER NOT NULL, \
    study_id INTEGER,
  \"key\" VARCHAR(512), value_json TEXT, PRIMARY KEY (study_user_attribute_id), \
      UNIQUE (study_id, \"key\"),
  FOREIGN KEY (study_id) REFERENCES studies (study_id));
CREATE TABLE IF NOT EXISTS study_system_attributes (study_system_attribute_id INTEGER NOT NULL, \
    study_id INTEGER,
  \"key\" VARCHAR(512), value_json TEXT, PRIMARY KEY (study_system_attribute_id), \
      UNIQUE (study_id, \"key\"),
  FOREIGN KEY (study_id) REFERENCES studies (study_id));
CREATE TABLE IF NOT EXISTS trials (trial_id INTEGER NOT NULL, number INTEGER, study_id INTEGER, \
    state VARCHAR(8) NOT NULL,
  datetime_start DATETIME, datetime_complete DATETIME, PRIMARY KEY (trial_id),
  FOREIGN KEY (study_id) REFERENCES studies (study_id));
CREATE INDEX IF NOT EXISTS ix_trials_study_id ON trials (study_id);
CREATE TABLE IF NOT EXISTS trial_user_attributes (trial_user_attribute_id INTEGER NOT NULL, \
    trial_id INTEGER,
  \"key\" VARCHAR(512), value_json TEXT, PRIMARY KEY (trial_user_attribute_id), \
      UNIQUE (trial_id, \"key\"),
  FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE IF NOT EXISTS trial_system_attributes (trial_system_attribute_id INTEGER NOT NULL, \
    trial_id INTEGER,
  \"key\" VARCHAR(512), value_json TEXT, PRIMARY KEY (trial_system_attribute_id), \
      UNIQUE (trial_id, \"key\"),
  FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE IF NOT EXISTS trial_params (param_id INTEGER NOT NULL, trial_id INTEGER, \
    param_name VARCHAR(512),
  param_value FLOAT, distribution_json TEXT, PRIMARY KEY (param_id), UNIQUE (trial_id, param_name),
  FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE IF NOT EXISTS trial_values (trial_value_id INTEGER NOT NULL, trial_id INTEGER NOT NULL,
  objective INTEGER NOT NULL, value FLOAT, value_type VARCHAR(7) NOT NULL, \
      PRIMARY KEY (trial_value_id),
  UNIQUE (trial_id, objective), FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE IF NOT EXISTS trial_intermediate_values \
    (trial_intermediate_value_id INTEGER NOT NULL, trial_id INTEGER NOT NULL,
  step INTEGER NOT NULL, intermediate_value FLOAT, intermediate_value_type VARCHAR(7) NOT NULL,
  PRIMARY KEY (trial_intermediate_value_id), UNIQUE (trial_id, step), \
      FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE IF NOT EXISTS trial_heartbeats (trial_heartbeat_id INTEGER NOT NULL, \
    trial_id INTEGER NOT NULL,
  heartbeat DATETIME NOT NULL, PRIMARY KEY (trial_heartbeat_id), UNIQUE (trial_id),
  FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL,
  CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
INSERT OR IGNORE INTO version_info (version_info_id, schema_version, library_version) \
    VALUES (1, 12, 'hpo ",
    env!("CARGO_PKG_VERSION"),
    "');
INSERT INTO alembic_version (version_num) SELECT 'v3.2.0.a' \
    WHERE NOT EXISTS (SELECT 1 FROM alembic_version);
COMMIT;"
);

/// Creates our tables and the triggers that log the changes of other libraries. The first trigger
/// refuses changes of trials that were taken or have ended meanwhile. Optuna reads before its
/// transaction begins, and takes such an error for a lost race.
const LOG: &str = "
CREATE TABLE hpo_version (version INTEGER NOT NULL);
INSERT INTO hpo_version (version) VALUES (2);
CREATE TABLE hpo_writer (is_ours INTEGER NOT NULL);
INSERT INTO hpo_writer (is_ours) VALUES (1);
CREATE TABLE hpo_log (id INTEGER NOT NULL PRIMARY KEY, study_id INTEGER NOT NULL, \
    trial_id INTEGER, kind VARCHAR(8) NOT NULL,
  step INTEGER, name TEXT, number FLOAT, text TEXT);
CREATE INDEX ix_hpo_log_study_id ON hpo_log (study_id);
CREATE TRIGGER hpo_trial_taken BEFORE UPDATE OF state ON trials
WHEN (SELECT is_ours FROM hpo_writer) = 0 AND (OLD.state IN ('COMPLETE', 'PRUNED', 'FAIL')
  OR (NEW.state = 'RUNNING' AND OLD.state <> 'WAITING')) BEGIN
  SELECT RAISE(ABORT, 'the trial was taken or has ended meanwhile');
END;
CREATE TRIGGER hpo_trial_created AFTER INSERT ON trials \
    WHEN (SELECT is_ours FROM hpo_writer) = 0 BEGIN
  INSERT INTO hpo_log (study_id, trial_id, kind, name, text)
  VALUES (NEW.study_id, NEW.trial_id, 'trial', NEW.datetime_start, NEW.state);
END;
CREATE TRIGGER hpo_trial_changed AFTER UPDATE OF state ON trials
WHEN (SELECT is_ours FROM hpo_writer) = 0 AND OLD.state <> NEW.state BEGIN
  INSERT INTO hpo_log (study_id, trial_id, kind, name, text)
  VALUES (NEW.study_id, NEW.trial_id, 'state', \
      CASE NEW.state WHEN 'RUNNING' THEN NEW.datetime_start ELSE NEW.datetime_complete END,
    NEW.state);
END;
CREATE TRIGGER hpo_param_created AFTER INSERT ON trial_params \
    WHEN (SELECT is_ours FROM hpo_writer) = 0 BEGIN
  INSERT INTO hpo_log (study_id, trial_id, kind, name, number, text)
  SELECT study_id, NEW.trial_id, 'param', NEW.param_name, NEW.param_value, NEW.distribution_json
  FROM trials WHERE trial_id = NEW.trial_id;
END;
CREATE TRIGGER hpo_report_created AFTER INSERT ON trial_intermediate_values \
    WHEN (SELECT is_ours FROM hpo_writer) = 0 BEGIN
  INSERT INTO hpo_log (study_id, trial_id, kind, step, name, number)
  SELECT study_id, NEW.trial_id, 'report', NEW.step, NEW.intermediate_value_type, \
      NEW.intermediate_value
  FROM trials WHERE trial_id = NEW.trial_id;
END;
CREATE TRIGGER hpo_report_changed AFTER UPDATE ON trial_intermediate_values \
    WHEN (SELECT is_ours FROM hpo_writer) = 0 BEGIN
  INSERT INTO hpo_log (study_id, trial_id, kind, step, name, number)
  SELECT study_id, NEW.trial_id, 'report', NEW.step, NEW.intermediate_value_type, \
      NEW.intermediate_value
  FROM trials WHERE trial_id = NEW.trial_id;
END;
CREATE TRIGGER hpo_user_note_created AFTER INSERT ON trial_user_attributes \
    WHEN (SELECT is_ours FROM hpo_writer) = 0 BEGIN
  INSERT INTO hpo_log (study_id, trial_id, kind, name, text)
  SELECT study_id, NEW.trial_id, 'user', NEW.\"key\", NEW.value_json FROM trials \
      WHERE trial_id = NEW.trial_id;
END;
CREATE TRIGGER hpo_user_note_changed AFTER UPDATE ON trial_user_attributes \
    WHEN (SELECT is_ours FROM hpo_writer) = 0 BEGIN
  INSERT INTO hpo_log (study_id, trial_id, kind, name, text)
  SELECT study_id, NEW.trial_id, 'user', NEW.\"key\", NEW.value_json FROM trials \
      WHERE trial_id = NEW.trial_id;
END;
CREATE TRIGGER hpo_system_note_created AFTER INSERT ON trial_system_attributes \
    WHEN (SELECT is_ours FROM hpo_writer) = 0 BEGIN
  INSERT INTO hpo_log (study_id, trial_id, kind, name, text)
  SELECT study_id, NEW.trial_id, 'system', NEW.\"key\", NEW.value_json FROM trials \
      WHERE trial_id = NEW.trial_id;
END;
CREATE TRIGGER hpo_system_note_changed AFTER UPDATE ON trial_system_attributes \
    WHEN (SELECT is_ours FROM hpo_writer) = 0 BEGIN
  INSERT INTO hpo_log (study_id, trial_id, kind, name, text)
  SELECT study_id, NEW.trial_id, 'system', NEW.\"key\", NEW.value_json FROM trials \
      WHERE trial_id = NEW.trial_id;
END;
CREATE TRIGGER hpo_study_deleted AFTER DELETE ON studies BEGIN
  INSERT INTO hpo_log (study_id, kind) VALUES (OLD.study_id, 'gone');
  DELETE FROM hpo_log WHERE study_id = OLD.study_id AND kind <> 'gone';
END;
";
