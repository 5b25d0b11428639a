//! Tests in which another process acts between any two statements of a read or change, on a real
//! database, at every position in turn.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::Sqlite;
use crate::storage::database::Database;
use crate::storage::database::connection::{Cell, Connection, Dialect, Each};
use crate::storage::log::{GroupCommit, Worker};
use crate::storage::{Storage, StorageError, StudyId};
use crate::trial::{AttributeScope, Direction};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("hpo-interleaved-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The action of the other process, and the number of statements before it.
#[derive(Clone)]
struct Other {
    left: Arc<AtomicU64>,
    act: Arc<Mutex<Box<dyn FnMut() + Send>>>,
}

impl std::fmt::Debug for Other {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Other").field(&self.left).finish()
    }
}

impl Other {
    fn before(place: u64, act: impl FnMut() + Send + 'static) -> Self {
        Self { left: Arc::new(AtomicU64::new(place)), act: Arc::new(Mutex::new(Box::new(act))) }
    }

    fn has_acted(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }

    fn act(&self) {
        let left = self.left.load(Ordering::Relaxed);
        self.left.store(left.saturating_sub(1), Ordering::Relaxed);
        if left == 1 {
            (*self.act.lock().unwrap())();
        }
    }
}

/// A connection between whose statements another process acts, except within a transaction.
#[derive(Debug)]
struct Interleaved {
    inner: Sqlite,
    other: Other,
}

impl Interleaved {
    fn let_other_act(&self) {
        if self.inner.connection.is_autocommit() {
            self.other.act();
        }
    }
}

impl Connection for Interleaved {
    fn dialect(&self) -> &'static Dialect {
        self.inner.dialect()
    }

    fn begin(&mut self, study: Option<u64>, is_durable: bool) -> Result<(), StorageError> {
        self.let_other_act();
        self.inner.begin(study, is_durable)
    }

    fn commit(&mut self) -> Result<(), StorageError> {
        self.inner.commit()
    }

    fn rollback(&mut self) {
        self.inner.rollback();
    }

    fn execute(&mut self, sql: &'static str, cells: &[Cell<'_>]) -> Result<(), StorageError> {
        self.inner.execute(sql, cells)
    }

    fn query(
        &mut self,
        sql: &'static str,
        cells: &[Cell<'_>],
        each: Each<'_>,
    ) -> Result<(), StorageError> {
        self.let_other_act();
        self.inner.query(sql, cells, each)
    }

    fn script(&mut self, sql: &str) -> Result<(), StorageError> {
        self.inner.script(sql)
    }

    fn flush(&mut self) -> Result<(), StorageError> {
        self.inner.flush()
    }

    fn version(&mut self) -> Result<Option<u64>, StorageError> {
        self.let_other_act();
        self.inner.version()
    }

    fn reconnect(&mut self) -> Result<(), StorageError> {
        self.inner.reconnect()
    }

    fn epoch(&self) -> u64 {
        self.inner.epoch()
    }
}

fn database(path: &Path, other: &Other) -> Database {
    let location = path.display().to_string();
    let connect = || {
        let inner = Sqlite::open(path, &location).unwrap();
        Box::new(Interleaved { inner, other: other.clone() })
    };
    let worker = Box::new(Worker::new(path));
    Database::new(connect(), Some(connect()), worker, GroupCommit::default(), location.clone())
        .unwrap()
}

/// Creates two studies, with a trial of ours and two of another library: one that has ended, and
/// one added after its end.
fn filled(path: &Path) -> StudyId {
    let storage = Database::sqlite(path).unwrap();
    storage.create_study("first", &[Direction::Minimize]).unwrap();
    let study =
        storage.create_study("second", &[Direction::Maximize, Direction::Minimize]).unwrap();
    storage.set_attribute(study, AttributeScope::User, "owner", &"ann".into()).unwrap();
    storage.next_trial(study, None).unwrap();
    let optuna = rusqlite::Connection::open(path).unwrap();
    for (number, state) in [(1, "RUNNING"), (2, "COMPLETE")] {
        let sql = format!(
            "BEGIN IMMEDIATE; INSERT INTO trials (trial_id, number, study_id, state) \
             VALUES ({number} + 10, {number}, {}, '{state}');
            INSERT INTO trial_values (trial_id, objective, value, value_type) \
             VALUES ({number} + 10, 0, 1, 'FINITE');
            INSERT INTO trial_values (trial_id, objective, value, value_type) \
             VALUES ({number} + 10, 1, 2, 'FINITE');
            UPDATE trials SET state = 'COMPLETE' \
             WHERE trial_id = {number} + 10 AND state = 'RUNNING'; COMMIT",
            study.0
        );
        optuna.execute_batch(&sql).unwrap();
    }
    study
}

/// Removes our tables, and leaves only Optuna's.
fn without_log(path: &Path) {
    let connection = rusqlite::Connection::open(path).unwrap();
    for kind in ["trigger", "table"] {
        let sql =
            format!("SELECT name FROM sqlite_master WHERE type = '{kind}' AND name LIKE 'hpo_%'");
        let mut names = connection.prepare(&sql).unwrap();
        let names: Vec<String> =
            names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        for name in names {
            connection.execute_batch(&format!("DROP {kind} {name}")).unwrap();
        }
    }
}

type Look = fn(&Database, StudyId) -> Result<(), StorageError>;

const LOOKS: [(&str, Look); 8] = [
    ("record", |storage, study| {
        let record = storage.study(study)?;
        assert_eq!(record.directions.len(), 2);
        Ok(())
    }),
    ("records", |storage, _| {
        let records = storage.studies()?;
        assert!(
            records.iter().all(|record| record.directions.len() == record.id.0 as usize),
            "{records:?}"
        );
        Ok(())
    }),
    ("read", |storage, study| {
        let mut seen = Vec::new();
        storage.read(study, &mut |trials| {
            seen = (0..trials.len()).map(|number| trials.values(number).len()).collect();
        })?;
        assert_eq!(seen, [0, 2, 2]);
        Ok(())
    }),
    ("retrace", |storage, study| {
        let mut count = 0;
        storage.replay_history(study, &mut |trials| count = trials.len())?;
        assert_eq!(count, 3);
        Ok(())
    }),
    ("next", |storage, study| storage.next_trial(study, Some(3)).map(drop)),
    ("append", |storage, study| storage.append(study, None, &[]).map(drop)),
    ("note", |storage, study| storage.set_attribute(study, AttributeScope::User, "key", &1.into())),
    ("recover", |storage, study| storage.recover(study).map(drop)),
];

/// Whatever the request, and whenever the other process deletes the study, it is seen as a whole or
/// does not exist.
#[test]
fn a_study_that_is_deleted_between_two_statements_is_whole_or_gone() {
    for has_log in [true, false] {
        delete_between_statements(has_log);
    }
}

fn delete_between_statements(has_log: bool) {
    let folder = Folder::new(if has_log { "gone" } else { "gone-optuna" });
    let template = folder.0.join("template.db");
    let study = filled(&template);
    if !has_log {
        without_log(&template);
    }
    rusqlite::Connection::open(&template)
        .unwrap()
        .query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(()))
        .unwrap();
    for (name, look) in LOOKS {
        for is_warm in [false, true] {
            for place in 1.. {
                let path = folder.0.join(format!("{name}-{is_warm}-{place}.db"));
                std::fs::copy(&template, &path).unwrap();
                let deleting = Database::sqlite(&path).unwrap();
                let other = Other::before(0, move || deleting.delete_study(study).unwrap());
                let storage = database(&path, &other);
                if is_warm {
                    storage.read(study, &mut |_| ()).unwrap();
                }
                other.left.store(place, Ordering::Relaxed);
                let looked = look(&storage, study);
                let place = format!("{name}, log: {has_log}, warm: {is_warm}, statement {place}");
                assert!(
                    matches!(looked, Ok(()) | Err(StorageError::NoSuchStudy { .. })),
                    "{place}: {looked:?}"
                );
                if !other.has_acted() {
                    break;
                }
                for (later, look) in LOOKS.into_iter().filter(|(later, _)| *later != "records") {
                    let looked = look(&storage, study);
                    assert!(
                        matches!(looked, Err(StorageError::NoSuchStudy { .. })),
                        "{place}, then {later}: {looked:?}"
                    );
                }
            }
        }
    }
}
