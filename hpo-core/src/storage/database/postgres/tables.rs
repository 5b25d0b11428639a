//! The tables in PostgreSQL: Optuna's as SQLAlchemy creates them there, and ours beside them.

use super::super::connection::Dialect;

pub(super) const DIALECT: Dialect = Dialect {
    has_table: "SELECT count(*) FROM pg_catalog.pg_class \
                WHERE relname = ?1 AND relkind IN ('r', 'p') \
                AND pg_catalog.pg_table_is_visible(oid)",
    tables: TABLES,
    log: LOG,
    new_study: "SELECT nextval(pg_get_serial_sequence('studies', 'study_id'))",
    new_trials: "SELECT nextval(pg_get_serial_sequence('trials', 'trial_id')) FROM \
        generate_series(1, ?1)",
    new_line: "SELECT nextval('hpo_log_id_seq')",
    // Optuna writes the local time of its session, which is the server's.
    stale: "SELECT h.trial_id FROM trial_heartbeats AS h \
            JOIN trials AS t ON t.trial_id = h.trial_id \
            WHERE t.study_id = ?1 AND t.state = 'RUNNING' \
            AND h.heartbeat < LOCALTIMESTAMP - interval '1 hour' \
            ORDER BY h.trial_id",
};

/// The settings of a session, which replace the server's defaults.
///
/// A commit that must wait for the disk does so even if the server's default is not to wait. A
/// machine that dies during a change holds its lock for half a minute at most.
pub(super) const SESSION: &str = "\
SET standard_conforming_strings = on; SET datestyle = 'ISO, YMD'; \
    SET extra_float_digits = 3; SET client_min_messages = warning;
SET idle_in_transaction_session_timeout = '30s';
SELECT set_config('synchronous_commit', 'on', false) \
    WHERE current_setting('synchronous_commit') = 'off'";

/// Begins a change: triggers are silent, and its commit does not wait for the disk.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL hpo.ours = '1'; \
    SET LOCAL synchronous_commit = off;\n";

/// Locks all studies: no other process can create studies or our tables.
pub(super) const LOCK_ALL: &str = "LOCK TABLE studies IN SHARE ROW EXCLUSIVE MODE;\n";

/// Locks a study: no other process can change it.
pub(super) const LOCK_STUDY: &str = "SELECT 1 FROM studies WHERE study_id = ?1 FOR UPDATE";

/// Limits the wait for a further lock. A process that holds the first lock of a change, and then
/// waits for another one, gives way to Optuna. Otherwise the server would end one of the two by its
/// own choice after a second.
pub(super) const GIVE_WAY: &str = "SET LOCAL lock_timeout = '100ms';\n";

/// Draws the number of a row under the lock of its study, so that rows become visible in the order
/// of their numbers.
pub(super) const NEXT_LINE: &str = "SELECT nextval('hpo_log_id_seq') AS hpo_line;\n";

/// Waits for the disk: all earlier commits are on it when this statement is. A transaction that
/// writes to the server's log waits for the whole log before it. (A transaction that only draws a
/// number does not.)
pub(super) const FLUSH: &str = "SELECT pg_logical_emit_message(true, 'hpo', '')";

const TABLES: &str = concat!(
    "BEGIN;
SELECT pg_advisory_xact_lock(7523094288207667809);
DO $$ BEGIN
  IF to_regtype('studydirection') IS NULL THEN \
    CREATE TYPE studydirection AS ENUM ('NOT_SET', 'MINIMIZE', 'MAXIMIZE'); END IF;
  IF to_regtype('trialstate') IS NULL THEN
    CREATE TYPE trialstate AS ENUM ('RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING'); END IF;
  IF to_regtype('trialvaluetype') IS NULL THEN \
    CREATE TYPE trialvaluetype AS ENUM ('FINITE', 'INF_POS', 'INF_NEG'); END IF;
  IF to_regtype('trialintermediatevaluetype') IS NULL THEN
    CREATE TYPE trialintermediatevaluetype AS ENUM ('FINITE', 'INF_POS', 'INF_NEG', 'NAN'); END IF;
END $$;
CREATE TABLE IF NOT EXISTS studies (study_id SERIAL NOT NULL, study_name VARCHAR(512) NOT NULL, \
    PRIMARY KEY (study_id));
CREATE UNIQUE INDEX IF NOT EXISTS ix_studies_study_name ON studies (study_name);
CREATE TABLE IF NOT EXISTS version_info (version_info_id INTEGER NOT NULL, schema_version INTEGER, \
    library_version VARCHAR(256),
  PRIMARY KEY (version_info_id), CHECK (version_info_id = 1));
CREATE TABLE IF NOT EXISTS study_directions (study_direction_id SERIAL NOT NULL, \
    direction studydirection NOT NULL,
  study_id INTEGER NOT NULL, objective INTEGER NOT NULL, PRIMARY KEY (study_direction_id), \
      UNIQUE (study_id, objective),
  FOREIGN KEY (study_id) REFERENCES studies (study_id));
CREATE TABLE IF NOT EXISTS study_user_attributes (study_user_attribute_id SERIAL NOT NULL, \
    study_id INTEGER, key VARCHAR(512),
  value_json TEXT, PRIMARY KEY (study_user_attribute_id), UNIQUE (study_id, key),
  FOREIGN KEY (study_id) REFERENCES studies (study_id));
CREATE TABLE IF NOT EXISTS study_system_attributes (study_system_attribute_id SERIAL NOT NULL, \
    study_id INTEGER, key VARCHAR(512),
  value_json TEXT, PRIMARY KEY (study_system_attribute_id), UNIQUE (study_id, key),
  FOREIGN KEY (study_id) REFERENCES studies (study_id));
CREATE TABLE IF NOT EXISTS trials (trial_id SERIAL NOT NULL, number INTEGER, study_id INTEGER, \
    state trialstate NOT NULL,
  datetime_start TIMESTAMP WITHOUT TIME ZONE, datetime_complete TIMESTAMP WITHOUT TIME ZONE, \
      PRIMARY KEY (trial_id),
  FOREIGN KEY (study_id) REFERENCES studies (study_id));
CREATE INDEX IF NOT EXISTS ix_trials_study_id ON trials (study_id);
CREATE TABLE IF NOT EXISTS trial_user_attributes (trial_user_attribute_id SERIAL NOT NULL, \
    trial_id INTEGER, key VARCHAR(512),
  value_json TEXT, PRIMARY KEY (trial_user_attribute_id), UNIQUE (trial_id, key),
  FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE IF NOT EXISTS trial_system_attributes (trial_system_attribute_id SERIAL NOT NULL, \
    trial_id INTEGER, key VARCHAR(512),
  value_json TEXT, PRIMARY KEY (trial_system_attribute_id), UNIQUE (trial_id, key),
  FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE IF NOT EXISTS trial_params (param_id SERIAL NOT NULL, trial_id INTEGER, \
    param_name VARCHAR(512),
  param_value FLOAT(53), distribution_json TEXT, PRIMARY KEY (param_id), \
      UNIQUE (trial_id, param_name),
  FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE IF NOT EXISTS trial_values (trial_value_id SERIAL NOT NULL, \
    trial_id INTEGER NOT NULL, objective INTEGER NOT NULL,
  value FLOAT(53), value_type trialvaluetype NOT NULL, PRIMARY KEY (trial_value_id), \
      UNIQUE (trial_id, objective),
  FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE IF NOT EXISTS trial_intermediate_values (trial_intermediate_value_id SERIAL NOT NULL, \
    trial_id INTEGER NOT NULL,
  step INTEGER NOT NULL, intermediate_value FLOAT(53), \
      intermediate_value_type trialintermediatevaluetype NOT NULL,
  PRIMARY KEY (trial_intermediate_value_id), UNIQUE (trial_id, step), \
      FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE IF NOT EXISTS trial_heartbeats (trial_heartbeat_id SERIAL NOT NULL, \
    trial_id INTEGER NOT NULL,
  heartbeat TIMESTAMP WITHOUT TIME ZONE NOT NULL, PRIMARY KEY (trial_heartbeat_id), \
      UNIQUE (trial_id),
  FOREIGN KEY (trial_id) REFERENCES trials (trial_id));
CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL,
  CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
INSERT INTO version_info (version_info_id, schema_version, library_version) VALUES (1, 12, 'hpo ",
    env!("CARGO_PKG_VERSION"),
    "') ON CONFLICT DO NOTHING;
INSERT INTO alembic_version (version_num) SELECT 'v3.2.0.a' \
    WHERE NOT EXISTS (SELECT 1 FROM alembic_version);
COMMIT;"
);

/// Creates our tables and the triggers that log the changes of other libraries. Triggers take the
/// lock of the study first, as our own changes do. They run as the user who created them, so that
/// users of Optuna need no rights on our tables.
const LOG: &str = "
CREATE TABLE hpo_version (version INTEGER NOT NULL);
INSERT INTO hpo_version (version) VALUES (2);
CREATE TABLE hpo_workers (name VARCHAR(64) NOT NULL PRIMARY KEY, \
    expires TIMESTAMP WITH TIME ZONE NOT NULL);
CREATE TABLE hpo_log (id BIGSERIAL NOT NULL PRIMARY KEY, study_id INTEGER NOT NULL, \
    trial_id INTEGER, kind VARCHAR(8) NOT NULL,
  step BIGINT, name TEXT, number FLOAT(53), text TEXT);
CREATE INDEX ix_hpo_log_study_id ON hpo_log (study_id, id);
CREATE OR REPLACE FUNCTION hpo_trial_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER \
    SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM 1 FROM studies WHERE study_id = NEW.study_id FOR UPDATE;
  INSERT INTO hpo_log (study_id, trial_id, kind, name, text)
  VALUES (NEW.study_id, NEW.trial_id, CASE TG_OP WHEN 'INSERT' THEN 'trial' ELSE 'state' END,
    to_char(CASE WHEN TG_OP = 'INSERT' OR NEW.state = 'RUNNING' THEN NEW.datetime_start \
        ELSE NEW.datetime_complete END,
      'YYYY-MM-DD HH24:MI:SS.US'), NEW.state);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION hpo_param_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER \
    SET search_path FROM CURRENT AS $$
DECLARE study INTEGER := (SELECT study_id FROM trials WHERE trial_id = NEW.trial_id);
BEGIN
  PERFORM 1 FROM studies WHERE study_id = study FOR UPDATE;
  INSERT INTO hpo_log (study_id, trial_id, kind, name, number, text)
  VALUES (study, NEW.trial_id, 'param', NEW.param_name, NEW.param_value, NEW.distribution_json);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION hpo_report_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER \
    SET search_path FROM CURRENT AS $$
DECLARE study INTEGER := (SELECT study_id FROM trials WHERE trial_id = NEW.trial_id);
BEGIN
  PERFORM 1 FROM studies WHERE study_id = study FOR UPDATE;
  INSERT INTO hpo_log (study_id, trial_id, kind, step, name, number)
  VALUES (study, NEW.trial_id, 'report', NEW.step, NEW.intermediate_value_type, \
      NEW.intermediate_value);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION hpo_note_told() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER \
    SET search_path FROM CURRENT AS $$
DECLARE study INTEGER := (SELECT study_id FROM trials WHERE trial_id = NEW.trial_id);
BEGIN
  PERFORM 1 FROM studies WHERE study_id = study FOR UPDATE;
  INSERT INTO hpo_log (study_id, trial_id, kind, name, text) \
      VALUES (study, NEW.trial_id, TG_ARGV[0], NEW.key, NEW.value_json);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION hpo_study_gone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER \
    SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO hpo_log (study_id, kind) VALUES (OLD.study_id, 'gone');
  DELETE FROM hpo_log WHERE study_id = OLD.study_id AND kind <> 'gone';
  RETURN NULL;
END $$;
CREATE TRIGGER hpo_trial_created AFTER INSERT ON trials FOR EACH ROW
  WHEN (current_setting('hpo.ours', true) IS DISTINCT FROM '1') EXECUTE PROCEDURE hpo_trial_told();
CREATE TRIGGER hpo_trial_changed AFTER UPDATE ON trials FOR EACH ROW
  WHEN (current_setting('hpo.ours', true) IS DISTINCT FROM '1' AND OLD.state <> NEW.state) \
      EXECUTE PROCEDURE hpo_trial_told();
CREATE TRIGGER hpo_param_created AFTER INSERT ON trial_params FOR EACH ROW
  WHEN (current_setting('hpo.ours', true) IS DISTINCT FROM '1') EXECUTE PROCEDURE hpo_param_told();
CREATE TRIGGER hpo_report_written AFTER INSERT OR UPDATE ON trial_intermediate_values FOR EACH ROW
  WHEN (current_setting('hpo.ours', true) IS DISTINCT FROM '1') EXECUTE PROCEDURE hpo_report_told();
CREATE TRIGGER hpo_user_note_written AFTER INSERT OR UPDATE ON trial_user_attributes FOR EACH ROW
  WHEN (current_setting('hpo.ours', true) IS DISTINCT FROM '1') \
      EXECUTE PROCEDURE hpo_note_told('user');
CREATE TRIGGER hpo_system_note_written AFTER INSERT OR UPDATE ON trial_system_attributes \
    FOR EACH ROW
  WHEN (current_setting('hpo.ours', true) IS DISTINCT FROM '1') \
      EXECUTE PROCEDURE hpo_note_told('system');
CREATE TRIGGER hpo_study_deleted AFTER DELETE ON studies FOR EACH ROW \
    EXECUTE PROCEDURE hpo_study_gone();
";
