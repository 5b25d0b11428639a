//! Detection of a database file that was replaced or has lost data since it was opened.
//!
//! A connection does not notice by itself that its file was cut: it goes on with the pages in its
//! cache.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::storage::StorageError;
use crate::sync::lock;

const HAS_STUDIES: &str = "SELECT count(*) FROM sqlite_master WHERE name = 'studies'";
const FIRST_ROW: &str =
    "SELECT id, study_id, coalesce(text, kind) FROM hpo_log ORDER BY id LIMIT 1";
const IS_GONE: &str = "SELECT count(*) FROM hpo_log WHERE study_id = ?1 AND kind = 'gone'";
const LAST_ROW: &str = "SELECT coalesce(max(id), 0) FROM hpo_log";

/// The key that identifies a file, whatever its paths: device and inode.
type FileKey = (u64, u64);

/// The length of a file and the time of its last change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stamp {
    len: u64,
    changed: (i64, i64),
}

/// The first row of a log, which identifies a database: no two have the same.
#[derive(Debug, PartialEq, Eq)]
struct FirstRow {
    id: i64,
    study: i64,
    text: String,
}

/// The time for which a file may be shorter than its header says: another process may be about to
/// write the rest.
const GRACE: Duration = Duration::from_secs(1);

/// The time to wait for the lock of another process.
const PATIENCE: Duration = Duration::from_secs(60);

/// The file as last seen, shared by all connections of a storage.
#[derive(Clone, Debug)]
pub(super) struct Watch(Arc<Mutex<Watched>>);

#[derive(Debug)]
struct Watched {
    path: PathBuf,
    location: String,
    file: Option<FileKey>,
    stamp: Stamp,
    /// The first row of the log; `None` while the file alone has no log.
    first: Option<FirstRow>,
    is_lost: bool,
}

impl Watch {
    pub(super) fn new(path: &Path, location: &str) -> Self {
        let (file, stamp) = seen(path);
        let first = open_immutable(path).and_then(|file| first_row(&file));
        let (path, location) = (path.to_owned(), location.to_owned());
        Self(Arc::new(Mutex::new(Watched { path, location, file, stamp, first, is_lost: false })))
    }

    /// Checks the file before a read or change.
    pub(super) fn check(
        &self,
        action: &'static str,
        connection: &Connection,
    ) -> Result<(), StorageError> {
        self.watched().check(action, connection)
    }

    /// Records the length of the file after a change, since it may have grown.
    pub(super) fn record_growth(&self) {
        let mut watched = self.watched();
        let (_, stamp) = seen(&watched.path);
        if stamp.len > watched.stamp.len && watched.study_tables().is_some() && watched.is_same() {
            watched.stamp = stamp;
        }
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        lock(&self.0)
    }
}

impl Watched {
    fn check(&mut self, action: &'static str, connection: &Connection) -> Result<(), StorageError> {
        let (file, stamp) = seen(&self.path);
        if file.is_none() || file != self.file {
            // Nobody would ever read what is written to it now.
            return Err(StorageError::Database {
                location: self.location.clone(),
                action,
                problem: "the file was moved or removed while it was open".to_owned(),
                is_transient: false,
            });
        }
        self.is_lost =
            self.is_lost || (stamp != self.stamp && self.has_lost(stamp.len, connection));
        if self.is_lost {
            let (before, now) = (self.stamp.len, stamp.len);
            let problem = if before == now {
                "another database was written over it".to_owned()
            } else {
                format!("the file was cut or overwritten; it was {before} bytes long, and is {now}")
            };
            return Err(StorageError::Lost { location: self.location.clone(), problem });
        }
        self.stamp = stamp;
        Ok(())
    }

    /// Returns true if a file that was written to has lost data.
    fn has_lost(&mut self, len: u64, connection: &Connection) -> bool {
        let is_intact = match len.cmp(&self.stamp.len) {
            // A file that was packed by VACUUM is shorter, but whole.
            Ordering::Less => {
                self.study_tables_within_grace() == Some(1) && self.has_all_rows(connection)
            }
            Ordering::Equal => true,
            Ordering::Greater => self.has_all_pages(),
        };
        !is_intact
            || !(within_grace(|| self.is_same().then_some(())).is_some()
                || self.is_same_after_checkpoint(connection))
    }

    /// Returns true if the file alone is the same database as before: its log begins with the same
    /// row, unless the study of that row was deleted.
    fn is_same(&mut self) -> bool {
        let Some(file) = open_immutable(&self.path) else { return false };
        let now = first_row(&file);
        let is_same = match (&self.first, &now) {
            (None, _) => true,
            (Some(known), Some(now)) if known == now => true,
            (Some(known), _) => count_of(&file, IS_GONE, known.study) > Some(0),
        };
        if is_same {
            self.first = now;
        }
        is_same
    }

    /// Does the same as [`is_same`](Self::is_same), after moving all pages of the write-ahead log
    /// into the file: a process may have died while it moved them.
    fn is_same_after_checkpoint(&mut self, connection: &Connection) -> bool {
        let moved =
            connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(0));
        // Another process may be doing the same.
        moved.ok() != Some(0) || self.is_same()
    }

    /// Returns the number of tables of studies in the file alone; `None` if it is shorter than its
    /// header says, or is not a database.
    fn study_tables(&self) -> Option<i64> {
        open_immutable(&self.path).and_then(|file| count(&file, HAS_STUDIES))
    }

    /// Does the same as [`study_tables`](Self::study_tables), but gives other processes time to
    /// write the rest of the file.
    fn study_tables_within_grace(&self) -> Option<i64> {
        within_grace(|| self.study_tables())
    }

    fn reopened(&self) -> Option<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags).ok()?;
        connection.busy_timeout(PATIENCE).ok()?;
        Some(connection)
    }

    /// Returns true if the file still has all rows that this process has seen.
    fn has_all_rows(&self, connection: &Connection) -> bool {
        // The known rows come first, because others may add a row in between.
        let known_rows = count(connection, LAST_ROW);
        self.reopened()
            .and_then(|reopened| count(&reopened, LAST_ROW))
            .is_none_or(|rows| Some(rows) >= known_rows)
    }

    /// Returns true if a file that has grown has all its pages, in itself or in its write-ahead
    /// log: a process may have died while it moved them.
    fn has_all_pages(&self) -> bool {
        if self.study_tables_within_grace().is_some() {
            return true;
        }
        let check = |reopened: Connection| {
            reopened.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
        };
        match self.reopened().map(check) {
            Some(Ok(result)) => result == "ok",
            Some(Err(error)) => {
                matches!(
                    error.sqlite_error_code(),
                    Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
                )
            }
            None => false,
        }
    }
}

/// Calls `poll` again for a while, until it returns something.
fn within_grace<T>(mut poll: impl FnMut() -> Option<T>) -> Option<T> {
    let begin = Instant::now();
    let mut found = poll();
    while found.is_none() && begin.elapsed() < GRACE {
        std::thread::sleep(GRACE / 100);
        found = poll();
    }
    found
}

fn count(connection: &Connection, sql: &str) -> Option<i64> {
    connection.query_row(sql, [], |row| row.get(0)).ok()
}

fn count_of(connection: &Connection, sql: &str, study: i64) -> Option<i64> {
    connection.query_row(sql, [study], |row| row.get(0)).ok()
}

fn first_row(connection: &Connection) -> Option<FirstRow> {
    let read = |row: &rusqlite::Row<'_>| {
        Ok(FirstRow { id: row.get(0)?, study: row.get(1)?, text: row.get(2)? })
    };
    connection.query_row(FIRST_ROW, [], read).ok()
}

/// Opens a file for reading as if it had no write-ahead log and no writer. Opening it through the
/// operating system instead would cost this process the locks that its other connections hold.
pub(super) fn open_immutable(path: &Path) -> Option<Connection> {
    let uri = format!("{}?immutable=1", uri(path));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(uri, flags).ok()
}

/// Returns a path as SQLite's URI. Everything but plain letters is escaped, because a name on Unix
/// need not be valid text.
fn uri(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/\\:._-".contains(&byte);
    let escape = |byte: &u8| {
        if is_plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02x}") }
    };
    // Otherwise the text after two slashes would be a host.
    let head = if bytes.starts_with(b"/") { "file://" } else { "file:" };
    bytes.iter().map(escape).fold(head.to_owned(), |uri, part| uri + &part)
}

#[cfg(unix)]
fn seen(path: &Path) -> (Option<FileKey>, Stamp) {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(metadata) = std::fs::metadata(path) else { return (None, Stamp::default()) };
    // A copy may keep its time of modification, but not this time.
    let changed = (metadata.ctime(), metadata.ctime_nsec());
    (Some((metadata.dev(), metadata.ino())), Stamp { len: metadata.len(), changed })
}

#[cfg(not(unix))]
fn seen(path: &Path) -> (Option<FileKey>, Stamp) {
    let Ok(metadata) = std::fs::metadata(path) else { return (None, Stamp::default()) };
    let since =
        metadata.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    let changed =
        since.map_or((0, 0), |since| (since.as_secs().cast_signed(), since.subsec_nanos().into()));
    (metadata.is_file().then_some((0, 0)), Stamp { len: metadata.len(), changed })
}

#[cfg(all(test, unix, not(target_vendor = "apple")))]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    #[test]
    fn a_file_of_any_name_is_opened_by_itself() {
        let folder = std::env::temp_dir().join(format!("hpo-alone-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let plain = folder.join("plain.db");
        let made = Connection::open(&plain)
            .and_then(|made| made.execute_batch("CREATE TABLE studies (number INTEGER)"));
        made.unwrap();
        for byte in (1..=255).filter(|byte| *byte != b'/') {
            let path = folder.join(OsStr::from_bytes(&[b'a', byte, b'4', b'1', b'.', b'd', b'b']));
            std::fs::copy(&plain, &path).unwrap();
            let found = open_immutable(&path).and_then(|file| count(&file, HAS_STUDIES));
            assert_eq!(found, Some(1), "{path:?}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
