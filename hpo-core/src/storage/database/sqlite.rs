//! SQLite: a file that any number of processes of one machine share.
//!
//! The first change puts the file into write-ahead mode, in which readers do not wait for writers.
//! Durable changes wait for the disk at their commit; others reach the disk with the next durable
//! one. A file that may not be written is opened for reading.

#[cfg(test)]
mod interleaved;
mod tables;
mod watch;

use std::path::Path;
use std::time::Duration;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Error, ErrorCode, OpenFlags};

use self::watch::{Watch, open_immutable};
use super::Database;
use super::connection::{Cell, Connection, Dialect, Each, SqlRow};
use super::workers::Workers;
use crate::storage::log::{GroupCommit, Liveness, Worker};
use crate::storage::{StorageError, io_error, redacted};

/// The number of times that a statement asks for a lock of another process, a millisecond apart.
const MOST_WAITS: i32 = 60_000;

impl Database {
    /// Opens an SQLite database, and creates it with its folders if it does not exist.
    ///
    /// # Errors
    /// If the file cannot be opened, is not a database, or has tables of another version.
    pub fn sqlite(path: impl AsRef<Path>) -> Result<Self, StorageError> {
        Self::sqlite_with(path.as_ref(), |worker| worker)
    }

    /// Opens an SQLite database for a server, whose guests have this lease.
    #[cfg(feature = "http")]
    pub(in crate::storage) fn sqlite_hosted(
        path: &Path,
        lease: Duration,
    ) -> Result<Self, StorageError> {
        Self::sqlite_with(path, |worker| worker.hosting(lease))?.keeping_lines()
    }

    fn sqlite_with(
        path: &Path,
        worker: impl FnOnce(Worker) -> Worker,
    ) -> Result<Self, StorageError> {
        let location = redacted(&format!("sqlite:///{}", path.display()));
        let absolute = std::path::absolute(path).map_err(|error| io_error(path, "open", error))?;
        if let Some(folder) = absolute.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|error| io_error(folder, "make the folder", error))?;
        }
        let writer = Sqlite::open(&absolute, &location)?;
        let mut reader = Sqlite::open(&absolute, &location)?;
        reader.watch = writer.watch.clone();
        // One file may have several paths, but its workers must find each other.
        let worker = worker(Worker::new(&std::fs::canonicalize(&absolute).unwrap_or(absolute)));
        Self::new(
            Box::new(writer),
            Some(Box::new(reader)),
            Box::new(worker),
            GroupCommit::default(),
            location,
        )
    }
}

impl Workers for Worker {
    fn as_liveness(&self) -> &dyn Liveness {
        self
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn is_another_alive(&self, worker: &str) -> bool {
        Worker::is_another_alive(self, worker)
    }

    #[cfg(feature = "http")]
    fn renew_guest(&self, _: &mut dyn Connection, guest: &str) -> Result<(), StorageError> {
        Worker::renew_guest(self, guest)
    }

    #[cfg(feature = "http")]
    fn guest_lease(&self) -> Duration {
        self.lease()
    }
}

/// One connection to an SQLite file.
#[derive(Debug)]
struct Sqlite {
    connection: rusqlite::Connection,
    watch: Watch,
    location: String,
    /// True if commits wait for the disk.
    is_durable: bool,
    has_log: bool,
    /// True if write-ahead mode was asked for.
    is_ahead: bool,
}

impl Sqlite {
    fn open(path: &Path, location: &str) -> Result<Self, StorageError> {
        let open = |flags| {
            rusqlite::Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        };
        let writable = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let opened =
            open(writable).and_then(set_up).or_else(|error| match error.sqlite_error_code() {
                Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
                    open_at_rest(path).ok_or(error).and_then(set_up)
                }
                _ => Err(error),
            });
        let connection = opened.map_err(|error| failure(location, "open", &error))?;
        let (watch, location) = (Watch::new(path, location), location.to_owned());
        Ok(Self { connection, watch, location, is_durable: true, has_log: false, is_ahead: false })
    }

    fn failure(&self, action: &'static str, error: &Error) -> StorageError {
        failure(&self.location, action, error)
    }

    /// Checks the file before a read or change. Within a transaction, it has been checked already.
    fn check(&self, action: &'static str) -> Result<(), StorageError> {
        if self.connection.is_autocommit() {
            self.watch.check(action, &self.connection)
        } else {
            Ok(())
        }
    }

    fn pragma(&self, name: &str, value: &str) -> Result<(), StorageError> {
        let set = self.connection.pragma_update(None, name, value);
        set.map_err(|error| self.failure("configure", &error))
    }

    fn end(&mut self) -> Result<(), StorageError> {
        if self.has_log || super::schema::has(self, "hpo_log")? {
            self.run(tables::NOT_OURS, &[])?;
        }
        self.run("COMMIT", &[])
    }

    /// Turns write-ahead mode on before the first change, so that readers and a writer do not wait
    /// for each other.
    fn write_ahead(&mut self) {
        if !self.is_ahead {
            // If the file system or another process forbids it, the storage works as before, only
            // slower.
            let _ = self.connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()));
            self.is_ahead = true;
        }
    }

    fn run(&self, sql: &str, cells: &[Cell<'_>]) -> Result<(), StorageError> {
        let mut statement =
            self.connection.prepare_cached(sql).map_err(|error| self.failure("write", &error))?;
        let run = statement.execute(rusqlite::params_from_iter(cells));
        run.map(drop).map_err(|error| self.failure("write", &error))
    }
}

/// Configures a connection. Reads at once, so that a file that is not a database is refused here.
fn set_up(mut connection: rusqlite::Connection) -> rusqlite::Result<rusqlite::Connection> {
    connection.busy_handler(Some(wait))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    Ok(connection)
}

/// Opens a read-only file that no process has open for writing. In write-ahead mode SQLite needs to
/// be told so.
fn open_at_rest(path: &Path) -> Option<rusqlite::Connection> {
    let mut ahead = path.as_os_str().to_owned();
    ahead.push("-wal");
    if !path.is_file() || Path::new(&ahead).exists() {
        return None;
    }
    open_immutable(path)
}

/// Returns true if an existing file is, or may be, a database: false only if SQLite can tell that
/// it is not one.
pub(in crate::storage) fn is_sqlite(path: &Path) -> bool {
    let read = open_immutable(path)
        .map(|file| file.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(())));
    !matches!(read, Some(Err(error)) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase))
}

/// Waits for the lock of another process.
fn wait(times: i32) -> bool {
    std::thread::sleep(Duration::from_millis(1));
    times < MOST_WAITS
}

fn failure(location: &str, action: &'static str, error: &Error) -> StorageError {
    let is_transient = matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    );
    let remedy = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => ": this is not an SQLite database, choose another path",
        Some(ErrorCode::ReadOnly) => ": the file or its folder may not be written to",
        Some(ErrorCode::DiskFull) => ": make room on the disk; nothing of this change was kept",
        Some(ErrorCode::CannotOpen) => ": check that the folder exists and may be written to",
        Some(ErrorCode::DatabaseCorrupt) => ": restore it from a copy",
        _ => "",
    };
    let words = match error.sqlite_error_code() {
        // SQLite's own message repeats the name of the file.
        Some(ErrorCode::CannotOpen) => "unable to open database file".to_owned(),
        _ => error.to_string(),
    };
    StorageError::Database {
        location: location.to_owned(),
        action,
        problem: words + remedy,
        is_transient,
    }
}

impl Connection for Sqlite {
    fn dialect(&self) -> &'static Dialect {
        &tables::DIALECT
    }

    fn begin(&mut self, _study: Option<u64>, is_durable: bool) -> Result<(), StorageError> {
        self.check("write")?;
        self.write_ahead();
        if self.is_durable != is_durable {
            self.pragma("synchronous", if is_durable { "FULL" } else { "NORMAL" })?;
            self.is_durable = is_durable;
        }
        self.run("BEGIN IMMEDIATE", &[])?;
        self.has_log = self.has_log || super::schema::has(self, "hpo_log")?;
        if self.has_log { self.run(tables::OURS, &[]) } else { Ok(()) }
    }

    fn commit(&mut self) -> Result<(), StorageError> {
        let committed = self.end();
        if committed.is_err() {
            self.rollback();
        }
        self.watch.record_growth();
        committed
    }

    fn rollback(&mut self) {
        if !self.connection.is_autocommit() {
            // If it was rolled back already, nothing more is needed.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    fn execute(&mut self, sql: &'static str, cells: &[Cell<'_>]) -> Result<(), StorageError> {
        self.run(sql, cells)
    }

    fn query(
        &mut self,
        sql: &'static str,
        cells: &[Cell<'_>],
        each: Each<'_>,
    ) -> Result<(), StorageError> {
        self.check("read")?;
        let mut statement =
            self.connection.prepare_cached(sql).map_err(|error| self.failure("read", &error))?;
        let rows = statement.query(rusqlite::params_from_iter(cells));
        let mut rows = rows.map_err(|error| self.failure("read", &error))?;
        while let Some(row) = rows.next().map_err(|error| self.failure("read", &error))? {
            each(row)?;
        }
        Ok(())
    }

    fn script(&mut self, sql: &str) -> Result<(), StorageError> {
        self.check("write")?;
        self.connection.execute_batch(sql).map_err(|error| self.failure("make the tables", &error))
    }

    fn flush(&mut self) -> Result<(), StorageError> {
        Ok(())
    }

    fn version(&mut self) -> Result<Option<u64>, StorageError> {
        let version = self.number("PRAGMA data_version", &[])?;
        Ok(version.map(|version| version as u64))
    }

    fn reconnect(&mut self) -> Result<(), StorageError> {
        Ok(())
    }

    fn epoch(&self) -> u64 {
        0
    }
}

impl SqlRow for rusqlite::Row<'_> {
    fn int(&self, column: usize) -> Option<i64> {
        match self.get_ref(column) {
            Ok(ValueRef::Integer(integer)) => Some(integer),
            _ => None,
        }
    }

    fn real(&self, column: usize) -> Option<f64> {
        match self.get_ref(column) {
            Ok(ValueRef::Real(real)) => Some(real),
            Ok(ValueRef::Integer(integer)) => Some(integer as f64),
            _ => None,
        }
    }

    fn text(&self, column: usize) -> Option<&str> {
        self.get_ref(column).ok()?.as_str().ok()
    }
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Cell::Null => ValueRef::Null,
            Cell::Int(integer) => ValueRef::Integer(*integer),
            Cell::Real(real) => ValueRef::Real(*real),
            Cell::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}
