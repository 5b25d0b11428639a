//! Workers that die, and workers that were only away.

use std::io::{BufRead as _, BufReader};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use hpo_core::prelude::*;
use hpo_core::space::{Params, Space};
use hpo_core::storage::{Database, Storage, StudyId};
use hpo_core::trial::{Event, Outcome, State, Timestamp};
use hpo_tests::{Folder, Postgres};

use super::many::worker;
use super::{leased, look, open_leased, states, study, take, tell};

const SECOND: Duration = Duration::from_secs(1);

/// Recovers until something comes back.
fn recovered(storage: &dyn Storage, study: StudyId) -> Vec<u64> {
    let begin = Instant::now();
    loop {
        let numbers = storage.recover(study).unwrap();
        if !numbers.is_empty() {
            return numbers;
        }
        assert!(begin.elapsed() < 20 * SECOND, "nothing comes back");
        std::thread::sleep(SECOND / 10);
    }
}

#[test]
fn the_trial_of_a_killed_worker_comes_back_when_its_lease_ends_and_not_before() {
    let Some(database) = Postgres::new("leases") else { return };
    let storage = open_leased(&database);
    let study = study(&*storage);
    let mut child = worker(&leased(&database), 1, "hold");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "New(0)");
    // It beats for longer than a lease.
    let begin = Instant::now();
    while begin.elapsed() < 2 * SECOND {
        assert!(storage.recover(study).unwrap().is_empty(), "its worker is alive");
        assert!(storage.is_awaited(study).unwrap());
        std::thread::sleep(SECOND / 5);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(recovered(&*storage, study), [0]);
    assert!(!storage.is_awaited(study).unwrap());
    assert_eq!(states(&*storage, study), [State::Waiting]);
    assert_eq!(take(&*storage, study), 0);
    assert_eq!(database.query("SELECT count(*) FROM hpo_workers"), ["1"]);
}

#[test]
fn a_worker_that_was_away_goes_on_unless_somebody_was_faster() {
    let Some(database) = Postgres::new("leases that lapse") else { return };
    let (away, other) = (open_leased(&database), open_leased(&database));
    let study = study(&*away);
    let (first, second) = (take(&*away, study), take(&*away, study));
    std::thread::sleep(SECOND + SECOND / 5);
    assert_eq!(recovered(&*other, study), [first, second]);
    assert_eq!(take(&*other, study), first);
    tell(&*other, study, first);
    let outcome = Outcome::Complete(&[7.0]);
    let at = Timestamp::now();
    let late = away.record(study, first, &Event::Finished { outcome, at });
    assert!(late.is_err(), "somebody else has ended the trial");
    // What it does next takes a new lease.
    assert_eq!(take(&*away, study), second);
    assert!(other.recover(study).unwrap().is_empty());
}

#[test]
fn a_run_beats_while_its_objective_computes_and_takes_over_from_the_dead() {
    let Some(database) = Postgres::new("heartbeats of a run") else { return };
    let watcher = open_leased(&database);
    let mut child = worker(&leased(&database), 1, "hold");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    let shared = watcher.studies().unwrap()[0].id;
    let space = Space::from_json(r#"{"all": {"x": {"float": {"low": 0, "high": 1}}}}"#).unwrap();
    let study = Study::<Params>::minimize()
        .space(space)
        .storage(&*leased(&database))
        .name("shared")
        .open()
        .unwrap();
    let child = Mutex::new(Some(child));
    let run = study.optimize(2, |_, _| {
        // The first of the two trials that it runs.
        if let Some(mut child) = child.lock().unwrap().take() {
            child.kill().unwrap();
            child.wait().unwrap();
            std::thread::sleep(3 * SECOND);
            let others = watcher.recover(shared).unwrap();
            assert!(others.iter().all(|number| *number == 0), "this worker beats: {others:?}");
        }
        0.5
    });
    assert_eq!(run.unwrap().complete, 2);
    assert_eq!(states(&*watcher, shared), [State::Complete; 2]);
}

#[test]
fn a_stale_heartbeat_of_optuna_fails_its_trial_and_queues_a_copy() {
    let Some(database) = Postgres::new("stale heartbeats of Optuna") else { return };
    let storage = open_leased(&database);
    let study = study(&*storage);
    // As Optuna's worker leaves it.
    let left = r#"
        INSERT INTO trials (number, study_id, state, datetime_start) SELECT 0, study_id, 'RUNNING', now() FROM studies;
        INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) SELECT trial_id, 'x', 0.25,
          '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}' FROM trials;
        INSERT INTO trial_heartbeats (trial_id, heartbeat) SELECT trial_id, LOCALTIMESTAMP - interval '1 minute' FROM trials"#;
    database.execute(left);
    assert!(storage.recover(study).unwrap().is_empty());
    database.execute("UPDATE trial_heartbeats SET heartbeat = LOCALTIMESTAMP - interval '3 hours'");
    is_replaced(&*storage, study);
}

/// In a storage without its own tables, as Optuna leaves it.
#[test]
fn a_stale_heartbeat_of_optuna_is_one_in_sqlite_too() {
    let folder = Folder::new("stale");
    let path = folder.path("a.db");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/format/optuna-5.0.0.db"), &path).unwrap();
    let storage = Database::sqlite(&path).unwrap();
    let sqlite = rusqlite::Connection::open(&path).unwrap();
    let left = r#"
        INSERT INTO studies (study_id, study_name) VALUES (90, 'theirs');
        INSERT INTO study_directions (direction, study_id, objective) VALUES ('MINIMIZE', 90, 0);
        INSERT INTO trials (trial_id, number, study_id, state, datetime_start) VALUES (90, 0, 90, 'RUNNING', CURRENT_TIMESTAMP);
        INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (90, 'x', 0.25,
          '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
        INSERT INTO trial_heartbeats (trial_id, heartbeat) VALUES (90, datetime('now', '-60 seconds'));"#;
    sqlite.execute_batch(left).unwrap();
    assert!(storage.recover(StudyId(90)).unwrap().is_empty());
    sqlite
        .execute_batch("UPDATE trial_heartbeats SET heartbeat = datetime('now', '-3 hours')")
        .unwrap();
    is_replaced(&storage, StudyId(90));
}

fn is_replaced(storage: &dyn Storage, study: StudyId) {
    assert_eq!(storage.recover(study).unwrap(), [0]);
    assert!(storage.recover(study).unwrap().is_empty());
    look(storage, study, |trials| {
        assert_eq!((trials.state(0), trials.state(1)), (Some(State::Failed), Some(State::Waiting)));
        assert!(trials.message(0).unwrap().contains("heartbeat"));
        let system = &trials.attributes(1).unwrap().system;
        assert_eq!(
            (&system["failed_trial"], &system["retry_history"]),
            (&0.into(), &serde_json::json!([0]))
        );
        assert_eq!(trials.params(1).collect::<Vec<_>>(), trials.params(0).collect::<Vec<_>>());
    });
}
