//! Whether a database's file is still the one that was opened, and has lost nothing.
//!
//! A connection does not notice by itself that somebody cuts its file: it goes on with the pages that it remembers.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::storage::StorageError;

const HAS_STUDIES: &str = "SELECT count(*) FROM sqlite_master WHERE name = 'studies'";
const FIRST_ROW: &str = "SELECT id, study_id, coalesce(text, kind) FROM hpo_log ORDER BY id LIMIT 1";
const IS_GONE: &str = "SELECT count(*) FROM hpo_log WHERE study_id = ?1 AND kind = 'gone'";
const LAST_ROW: &str = "SELECT coalesce(max(id), 0) FROM hpo_log";

/// What tells one file from another, whatever their paths.
type FileKey = (u64, u64);

/// How long a file is, and when it was written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stamp {
    len: u64,
    changed: (i64, i64),
}

/// The first row of a log, which tells one database from another: nobody writes the same.
#[derive(Debug, PartialEq, Eq)]
struct FirstRow {
    id: i64,
    study: i64,
    text: String,
}

/// How long a file may be shorter than it says: somebody may be about to write the rest.
const GRACE: Duration = Duration::from_secs(1);

/// How long another process's lock is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// The file as it was when it was last looked at, for all connections of a storage.
#[derive(Clone, Debug)]
pub(super) struct Watch(Arc<Mutex<Watched>>);

#[derive(Debug)]
struct Watched {
    path: PathBuf,
    location: String,
    file: Option<FileKey>,
    stamp: Stamp,
    /// `None` while the file alone has no log.
    first: Option<FirstRow>,
    is_lost: bool,
}

impl Watch {
    pub(super) fn new(path: &Path, location: &str) -> Self {
        let (file, stamp) = seen(path);
        let first = alone(path).and_then(|file| first_row(&file));
        let (path, location) = (path.to_owned(), location.to_owned());
        Self(Arc::new(Mutex::new(Watched { path, location, file, stamp, first, is_lost: false })))
    }

    /// Before a look or a change.
    pub(super) fn check(&self, action: &'static str, connection: &Connection) -> Result<(), StorageError> {
        self.watched().check(action, connection)
    }

    /// After a change: the file may have grown.
    pub(super) fn note(&self) {
        let mut watched = self.watched();
        let (_, stamp) = seen(&watched.path);
        if stamp.len > watched.stamp.len && watched.by_itself().is_some() && watched.is_same() {
            watched.stamp = stamp;
        }
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched {
    fn check(&mut self, action: &'static str, connection: &Connection) -> Result<(), StorageError> {
        let (file, stamp) = seen(&self.path);
        if file.is_none() || file != self.file {
            // What is written to it now, nobody would ever read.
            return Err(StorageError::Database {
                location: self.location.clone(),
                action,
                problem: "the file was moved or removed while it was open".to_owned(),
                is_transient: false,
            });
        }
        self.is_lost = self.is_lost || (stamp != self.stamp && self.has_lost(stamp.len, connection));
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

    /// Whether a file that was written to lacks what it had.
    fn has_lost(&mut self, len: u64, connection: &Connection) -> bool {
        let is_whole = match len.cmp(&self.stamp.len) {
            // One that was packed by VACUUM is shorter, and whole.
            Ordering::Less => self.settled() == Some(1) && self.has_all_rows(connection),
            Ordering::Equal => true,
            Ordering::Greater => self.has_grown_whole(),
        };
        !is_whole || !(within_grace(|| self.is_same().then_some(())).is_some() || self.is_same_when_moved(connection))
    }

    /// Whether the file alone is the same database as before: its log begins with the same row, unless the study of that was deleted.
    fn is_same(&mut self) -> bool {
        let Some(file) = alone(&self.path) else { return false };
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

    /// The same, after all pages were moved that stand in the log beside the file: a process may have died over that.
    fn is_same_when_moved(&mut self, connection: &Connection) -> bool {
        let moved = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(0));
        // Somebody else may be at it.
        moved.ok() != Some(0) || self.is_same()
    }

    /// How many tables of studies there are in the file alone; `None` if it is shorter than it says, or is no database.
    fn by_itself(&self) -> Option<i64> {
        alone(&self.path).and_then(|file| count(&file, HAS_STUDIES))
    }

    /// The same, when somebody who may be about to write the rest has had the time to do so.
    fn settled(&self) -> Option<i64> {
        within_grace(|| self.by_itself())
    }

    fn anew(&self) -> Option<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags).ok()?;
        connection.busy_timeout(PATIENCE).ok()?;
        Some(connection)
    }

    /// Whether the file still has all rows that this process remembers.
    fn has_all_rows(&self, connection: &Connection) -> bool {
        // First what is remembered: others may add a row in between.
        let remembered = count(connection, LAST_ROW);
        self.anew().and_then(|anew| count(&anew, LAST_ROW)).is_none_or(|rows| Some(rows) >= remembered)
    }

    /// Whether a file that has grown has all its pages, or else has them in the log beside it: a process may have died while it was moving
    /// them.
    fn has_grown_whole(&self) -> bool {
        if self.settled().is_some() {
            return true;
        }
        let check = |anew: Connection| anew.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
        match self.anew().map(check) {
            Some(Ok(told)) => told == "ok",
            Some(Err(error)) => {
                matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
            }
            None => false,
        }
    }
}

/// Looks again for a while until something is there.
fn within_grace<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let begin = Instant::now();
    let mut found = look();
    while found.is_none() && begin.elapsed() < GRACE {
        std::thread::sleep(GRACE / 100);
        found = look();
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
    let read = |row: &rusqlite::Row<'_>| Ok(FirstRow { id: row.get(0)?, study: row.get(1)?, text: row.get(2)? });
    connection.query_row(FIRST_ROW, [], read).ok()
}

/// Opens a file for reading as if nothing stood beside it and nobody wrote to it. The system's own way to open it would cost this process
/// the locks that its other connections hold.
pub(super) fn alone(path: &Path) -> Option<Connection> {
    let uri = format!("{}?immutable=1", uri(path));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(uri, flags).ok()
}

/// A path as SQLite's URI. All but plain letters is escaped: a name on Unix need not be text.
fn uri(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/\\:._-".contains(&byte);
    let escape = |byte: &u8| if is_plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02x}") };
    // Else what follows two slashes would be a host.
    let head = if bytes.starts_with(b"/") { "file://" } else { "file:" };
    bytes.iter().map(escape).fold(head.to_owned(), |uri, part| uri + &part)
}

#[cfg(unix)]
fn seen(path: &Path) -> (Option<FileKey>, Stamp) {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(metadata) = std::fs::metadata(path) else { return (None, Stamp::default()) };
    // A copy may bring its own time of modification along, but not this.
    let changed = (metadata.ctime(), metadata.ctime_nsec());
    (Some((metadata.dev(), metadata.ino())), Stamp { len: metadata.len(), changed })
}

#[cfg(not(unix))]
fn seen(path: &Path) -> (Option<FileKey>, Stamp) {
    let Ok(metadata) = std::fs::metadata(path) else { return (None, Stamp::default()) };
    let since = metadata.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    let changed = since.map_or((0, 0), |since| (since.as_secs().cast_signed(), since.subsec_nanos().into()));
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
        let made =
            Connection::open(&plain).and_then(|made| made.execute_batch("CREATE TABLE studies (number INTEGER)"));
        made.unwrap();
        for byte in (1..=255).filter(|byte| *byte != b'/') {
            let path = folder.join(OsStr::from_bytes(&[b'a', byte, b'4', b'1', b'.', b'd', b'b']));
            std::fs::copy(&plain, &path).unwrap();
            let found = alone(&path).and_then(|file| count(&file, HAS_STUDIES));
            assert_eq!(found, Some(1), "{path:?}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
