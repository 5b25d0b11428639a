//! SQLite in trouble: files that are something else, of another version, damaged, locked; and that
//! looking changes nothing.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hpo_core::prelude::*;
use hpo_core::space::Params;
use hpo_core::space::{Domain, Float};
use hpo_core::storage::{self, Database, Storage, StorageError, StudyId};
use hpo_core::testing::storage::transcript;
use hpo_core::trial::State;
use hpo_core::trial::{Direction, Event, Outcome, Timestamp};
use hpo_tests::Folder;
use rusqlite::Connection;

use crate::journal::{Step, params, shown, study, take};

const FORMAT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/format");

/// A study with three trials.
fn filled(path: &Path) -> (Database, StudyId) {
    let storage = Database::sqlite(path).unwrap();
    let study = storage.create_study("study", &[Direction::Minimize]).unwrap();
    for number in 0..3 {
        storage.next_trial(study, None).unwrap();
        end(&storage, study, number).unwrap();
    }
    (storage, study)
}

fn end(storage: &dyn Storage, study: StudyId, number: u64) -> Result<(), StorageError> {
    storage.record(
        study,
        number,
        &Event::Finished { outcome: Outcome::Complete(&[0.5]), at: Timestamp::now() },
    )
}

fn count(storage: &dyn Storage, study: StudyId) -> Result<u64, StorageError> {
    let mut count = 0;
    storage.read(study, &mut |trials| count = trials.len())?;
    Ok(count)
}

#[test]
fn what_is_no_database_is_refused_and_left_alone() {
    let folder = Folder::new("no-database");
    let path = folder.path("a.db");
    std::fs::write(&path, "a letter, not a database: nobody wants it to be overwritten").unwrap();
    let error = Database::sqlite(&path).unwrap_err().to_string();
    assert!(
        error.contains("a.db")
            && error.contains("this is not an SQLite database, choose another path"),
        "{error}"
    );
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("a letter"));
    let error = Database::sqlite(path.join("b.db")).unwrap_err().to_string();
    assert!(error.contains("cannot make the folder"), "{error}");
    let error = Database::sqlite(folder.path("")).unwrap_err().to_string();
    assert!(error.contains("cannot open"), "{error}");
}

#[test]
fn other_versions_are_refused_with_what_to_do() {
    let folder = Folder::new("versions");
    let path = folder.path("a.db");
    drop(filled(&path));
    let set = |sql: &str| Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    set("UPDATE alembic_version SET version_num = 'v2.6.0.a'");
    let error = Database::sqlite(&path).unwrap_err().to_string();
    assert!(error.contains("v2.6.0.a") && error.contains("optuna storage upgrade"), "{error}");
    set("UPDATE alembic_version SET version_num = 'v9.0.0.a'");
    let error = Database::sqlite(&path).unwrap_err().to_string();
    assert!(error.contains("v9.0.0.a") && error.contains("update hpo"), "{error}");
    set("UPDATE alembic_version SET version_num = 'v3.2.0.a'; UPDATE hpo_version SET version = 7");
    let error = Database::sqlite(&path).unwrap_err().to_string();
    assert!(error.contains("hpo_version 7"), "{error}");
    set("UPDATE hpo_version SET version = 2");
    assert_eq!(Database::sqlite(&path).unwrap().studies().unwrap().len(), 1);
}

#[test]
fn damaged_rows_are_named() {
    let folder = Folder::new("damaged");
    let path = folder.path("a.db");
    let (_, study) = filled(&path);
    let set = |sql: &str| Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    set("UPDATE hpo_log SET text = 'nonsense' WHERE id = 4");
    let error = count(&Database::sqlite(&path).unwrap(), study).unwrap_err().to_string();
    assert!(error.starts_with("row 4 of the table hpo_log is damaged"), "{error}");
    set("UPDATE hpo_log SET kind = 'odd' WHERE id = 4");
    let error = count(&Database::sqlite(&path).unwrap(), study).unwrap_err().to_string();
    assert!(error.contains("row 4") && error.contains("`odd` is not a kind of change"), "{error}");
}

#[test]
fn what_optuna_has_left_damaged_is_named_too() {
    let folder = Folder::new("damaged-optuna");
    let path = folder.path("a.db");
    std::fs::copy(format!("{FORMAT}/optuna-5.0.0.db"), &path).unwrap();
    let set = |sql: &str| Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    set("UPDATE trial_params SET distribution_json = '{\"name\": \"Mystery\"}' WHERE param_id = 1");
    let storage = Database::sqlite(&path).unwrap();
    let study = storage.studies().unwrap()[0].id;
    let error = count(&storage, study).unwrap_err().to_string();
    assert!(error.contains("`Mystery` is unknown"), "{error}");
}

#[test]
fn looking_at_a_database_of_optuna_changes_nothing_in_it() {
    let folder = Folder::new("look");
    let path = folder.path("a.db");
    std::fs::copy(format!("{FORMAT}/optuna-5.0.0.db"), &path).unwrap();
    let before = std::fs::read(&path).unwrap();
    let storage = Database::sqlite(&path).unwrap();
    let study = storage.studies().unwrap()[0].id;
    assert_eq!(count(&storage, study).unwrap(), 9);
    assert!(storage.studies().unwrap()[0].attributes.system.contains_key("study:metric_names"));
    drop(storage);
    assert!(std::fs::read(&path).unwrap() == before, "not a byte");
    // The first change makes our tables, and nothing is read otherwise than before.
    let storage = Database::sqlite(&path).unwrap();
    assert_eq!(count(&storage, study).unwrap(), 9);
    let mut before = String::new();
    storage
        .read(study, &mut |trials| before = hpo_core::testing::storage::transcript(trials))
        .unwrap();
    storage
        .set_attribute(study, hpo_core::trial::AttributeScope::User, "seen", &true.into())
        .unwrap();
    let mut after = String::new();
    storage
        .read(study, &mut |trials| after = hpo_core::testing::storage::transcript(trials))
        .unwrap();
    assert_eq!(before, after);
}

#[test]
fn a_lock_of_another_program_is_waited_for() {
    let folder = Folder::new("locked");
    let path = folder.path("a.db");
    let (storage, study) = filled(&path);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| storage.next_trial(study, None));
        std::thread::sleep(Duration::from_millis(300));
        assert!(!waiting.is_finished());
        assert_eq!(count(&storage, study).unwrap(), 3, "readers need not wait");
        other.execute_batch("COMMIT").unwrap();
        waiting.join().unwrap().unwrap();
    });
    assert_eq!(count(&storage, study).unwrap(), 4);
}

#[test]
fn a_study_that_another_process_deletes_and_makes_anew_is_another_one() {
    let folder = Folder::new("anew");
    let path = folder.path("a.db");
    let (storage, study) = filled(&path);
    assert_eq!(count(&storage, study).unwrap(), 3);
    let other = Database::sqlite(&path).unwrap();
    other.delete_study(study).unwrap();
    assert!(matches!(count(&storage, study), Err(StorageError::NoSuchStudy { .. })));
    let new = other.create_study("study", &[Direction::Minimize]).unwrap();
    other.next_trial(new, None).unwrap();
    assert_eq!(count(&storage, new).unwrap(), 1);
    assert!(matches!(end(&storage, new, 2), Err(StorageError::State(_))));
}

#[test]
fn a_search_goes_on_where_it_stood() {
    let folder = Folder::new("resume-sqlite");
    let url = format!("sqlite:///{}", folder.path("deep/a.db").display());
    let space = || {
        hpo_core::space::Space::from_json(r#"{"all": {"x": {"float": {"low": 0, "high": 1}}}}"#)
            .unwrap()
    };
    let open =
        |url: &str| Study::<Params>::minimize().space(space()).storage(url).seed(3).open().unwrap();
    let loss = |params: Params, _: &mut Trial<'_>| {
        params.iter().filter_map(|(_, value)| value.as_float()).sum::<f64>()
    };
    open(&url).optimize(8, loss).unwrap();
    let study = open(&url);
    study.optimize(20, loss).unwrap();
    let alone = open("memory");
    alone.optimize(20, loss).unwrap();
    let params = |study: &Study<Params>| {
        study.trials().unwrap().into_iter().map(|trial| trial.params).collect::<Vec<_>>()
    };
    assert_eq!(params(&study), params(&alone));
    assert_eq!(storage::open(&url).unwrap().location(), url);
}

/// Optuna looks whether a trial waits before the transaction in which it takes it: who comes second
/// is refused.
#[test]
fn another_program_cannot_take_or_end_what_was_taken_or_has_ended() {
    let folder = Folder::new("taken");
    let path = folder.path("a.db");
    let (storage, study) = filled(&path);
    for _ in 0..2 {
        storage.next_trial(study, None).unwrap();
    }
    storage.record(study, 4, &Event::Requeued).unwrap();
    let other = Connection::open(&path).unwrap();
    let set = |number: u64, state: &str| {
        other.execute(
            "UPDATE trials SET state = ?1 WHERE number = ?2",
            rusqlite::params![state, number.cast_signed()],
        )
    };
    for (number, state) in [(0, "RUNNING"), (0, "FAIL"), (3, "RUNNING")] {
        let refused = set(number, state).unwrap_err().to_string();
        assert!(refused.contains("taken or has ended"), "{number} {state}: {refused}");
    }
    set(4, "RUNNING").unwrap();
    set(3, "FAIL").unwrap();
    let mut states = Vec::new();
    storage
        .read(study, &mut |trials| {
            states = (0..5).map(|number| trials.state(number).unwrap()).collect();
        })
        .unwrap();
    assert_eq!(
        states,
        [State::Complete, State::Complete, State::Complete, State::Failed, State::Running]
    );
}

/// Takes some trials with three parameters each.
fn sampled(storage: &dyn Storage, id: StudyId, numbers: std::ops::Range<u64>) {
    for number in numbers {
        take(storage, id, &Step::Next(None));
        take(storage, id, &Step::Sampled(number, 0.5, number.cast_signed(), 1));
        take(storage, id, &Step::Complete(number, 0.5));
    }
}

fn distributions(path: &Path) -> usize {
    let sql = "SELECT group_concat(text, '') FROM hpo_log";
    let text: String =
        Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap();
    text.matches("Distribution\\").count()
}

#[test]
fn the_log_says_a_distribution_once_and_all_who_read_know_it() {
    let folder = Folder::new("terse");
    let path = folder.path("a.db");
    let (one, two) = (Database::sqlite(&path).unwrap(), Database::sqlite(&path).unwrap());
    let id = study(&one);
    let mut domains = params();
    for storage in [&one, &two] {
        storage.declare(id, &domains).unwrap();
    }
    sampled(&one, id, 0..20);
    sampled(&two, id, 20..40);
    assert_eq!(distributions(&path), 3);
    domains[0].domain = Domain::Float(Float::new(-1.5e300, 1.5e300));
    one.declare(id, &domains).unwrap();
    sampled(&one, id, 40..60);
    assert_eq!(distributions(&path), 4);
    sampled(&two, id, 60..62);
    assert_eq!(distributions(&path), 4, "whoever has read the new domain goes on with it");
    take(&one, id, &Step::Import(0.5));
    take(&one, id, &Step::Enqueue(true));
    assert_eq!(distributions(&path), 4, "trials that are queued or imported say no more");
    let anew = Database::sqlite(&path).unwrap();
    assert_eq!(shown(&anew, id), shown(&one, id));
    assert_eq!(shown(&two, id), shown(&one, id));
    let mut last = String::new();
    anew.replay_history(id, &mut |trials| last = transcript(trials)).unwrap();
    assert_eq!(last, shown(&anew, id));
    let count = "SELECT count(*) FROM trial_params WHERE distribution_json LIKE '{%'";
    let count: i64 =
        Connection::open(&path).unwrap().query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(count, 3 * 62 + 2 * 2, "Optuna finds it with each trial");
}

#[test]
fn a_database_of_the_first_version_is_read_and_written_as_before() {
    let folder = Folder::new("first");
    let path = folder.path("a.db");
    let storage = Database::sqlite(&path).unwrap();
    let id = study(&storage);
    Connection::open(&path).unwrap().execute_batch("UPDATE hpo_version SET version = 1").unwrap();
    storage.declare(id, &params()).unwrap();
    sampled(&storage, id, 0..5);
    assert_eq!(distributions(&path), 3 * 5);
    assert_eq!(shown(&Database::sqlite(&path).unwrap(), id), shown(&storage, id));
}

/// Says at its end that a test is over, also if that is a panic: then nobody waits for ever.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Whoever looks at a file that has become shorter compares it with what this process remembers: a
/// row that somebody adds while it does so is no loss.
#[test]
fn a_row_that_another_process_adds_during_a_look_after_vacuum_is_no_loss() {
    let folder = Folder::new("vacuumed");
    let path = folder.path("a.db");
    let (storage, study) = filled(&path);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let other = Database::sqlite(&path).unwrap();
            let mut added = 0;
            while !is_over.load(Ordering::Relaxed) {
                other.next_trial(study, None).unwrap();
                added += 1;
            }
            added
        });
        let over = Over(&is_over);
        let packing = Connection::open(&path).unwrap();
        packing.busy_timeout(Duration::from_secs(60)).unwrap();
        let mut shorter = 0;
        for _ in 0..60 {
            packing
                .execute_batch("CREATE TABLE junk (text TEXT); INSERT INTO junk VALUES (hex(zeroblob(100000)))")
                .unwrap();
            count(&storage, study).unwrap();
            let before = std::fs::metadata(&path).unwrap().len();
            packing
                .execute_batch("DROP TABLE junk; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
                .unwrap();
            shorter += u32::from(std::fs::metadata(&path).unwrap().len() < before);
            count(&storage, study).unwrap();
        }
        drop(over);
        assert!(writing.join().unwrap() > 0 && shorter > 0, "{shorter}");
    });
}

/// Names that are no text, or mean something in a URI of SQLite's.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[test]
fn a_file_of_any_name_is_watched_and_loses_nothing_by_vacuum() {
    use std::os::unix::ffi::OsStrExt as _;
    let names: [&[u8]; 7] = [
        b"a\xff\xfe.db",
        b"\xc3.db",
        b"a b.db",
        b"a%41.db",
        b"a?mode=memory.db",
        b"a#b.db",
        b"a&\xe9=%.db",
    ];
    for name in names {
        for is_doubled in [false, true] {
            let folder = Folder::new("names");
            let path = folder.path(std::ffi::OsStr::from_bytes(name));
            let mut place = std::ffi::OsString::new();
            // Two slashes at its head are the begin of an authority to SQLite.
            place.push(if is_doubled { "/" } else { "" });
            place.push(path);
            let path = Path::new(&place);
            let (storage, study) = filled(path);
            let other = storage.create_study("other", &[Direction::Minimize]).unwrap();
            let note = "x".repeat(200_000);
            storage
                .set_attribute(other, hpo_core::trial::AttributeScope::User, "note", &note.into())
                .unwrap();
            let packing = Connection::open(path).unwrap();
            packing.query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(())).unwrap();
            assert_eq!(count(&storage, study).unwrap(), 3, "{path:?} has grown");
            storage.delete_study(other).unwrap();
            let before = std::fs::metadata(path).unwrap().len();
            packing.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
            assert!(std::fs::metadata(path).unwrap().len() < before);
            assert_eq!(count(&storage, study).unwrap(), 3, "{path:?} is shorter");
            drop(storage);
            assert_eq!(count(&Database::sqlite(path).unwrap(), study).unwrap(), 3);
        }
    }
}

/// What a look finds of studies that come and go: all of them or none, and nothing else is told
/// than that there is no such study.
#[test]
fn studies_that_another_process_deletes_during_a_look_are_told_as_gone() {
    let folder = Folder::new("gone");
    let path = folder.path("a.db");
    let (storage, _) = filled(&path);
    let (latest, is_over) = (AtomicU64::new(1), AtomicBool::new(false));
    let mut gone = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _over = Over(&is_over);
            let other = Database::sqlite(&path).unwrap();
            let optuna = Connection::open(&path).unwrap();
            optuna.busy_timeout(Duration::from_secs(60)).unwrap();
            for round in 0..150 {
                let directions = [Direction::Maximize, Direction::Minimize];
                let made = other.create_study(&round.to_string(), &directions).unwrap();
                latest.store(made.0, Ordering::Relaxed);
                trial_of_another_library(&optuna, made.0);
                other.next_trial(made, None).unwrap();
                other.delete_study(made).unwrap();
            }
        });
        while !is_over.load(Ordering::Relaxed) {
            let study = StudyId(latest.load(Ordering::Relaxed));
            let all = storage.studies().unwrap();
            let whole = |record: &storage::StudyRecord| {
                record.directions.len() == if record.id.0 == 1 { 1 } else { 2 }
            };
            assert!(all.iter().all(whole), "{all:?}");
            for looked in [
                storage.study(study).map(drop),
                count(&storage, study).map(drop),
                storage.replay_history(study, &mut |_| ()),
                storage.next_trial(study, Some(3)).map(drop),
                storage.append(study, None, &[]).map(drop),
            ] {
                match looked {
                    Err(StorageError::NoSuchStudy { .. }) => gone += 1,
                    looked => looked.unwrap(),
                }
            }
        }
    });
    assert!(gone > 0);
}

/// A finished trial, in the rows that Optuna writes.
fn trial_of_another_library(connection: &Connection, study: u64) {
    let sql = format!(
        "BEGIN IMMEDIATE; INSERT INTO trials (number, study_id, state) VALUES (0, {study}, 'RUNNING');
        INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (last_insert_rowid(), 0, 1, 'FINITE');
        INSERT INTO trial_values (trial_id, objective, value, value_type)
          SELECT max(trial_id), 1, 2, 'FINITE' FROM trials;
        UPDATE trials SET state = 'COMPLETE', datetime_complete = '2026-01-01 00:00:00' WHERE study_id = {study}; COMMIT"
    );
    connection.execute_batch(&sql).unwrap();
}
