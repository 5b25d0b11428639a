//! The file of a journal: opened, read from a position, appended to, and cut where a write was
//! torn.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use super::group::{self, HEAD};
use super::lock::Guard;
use super::shared_lock::SharedGuard;
use super::sharing::LockKind;
use super::state::{BadLine, JournalState, LastLine};
use crate::storage::log::{read, trimmed};
use crate::storage::{StorageError, io_error};
use crate::sync;

/// The number of bytes read at a time: large enough that calls do not count, small beside the
/// memory of the trials.
const CHUNK: u64 = 1 << 20;

/// An open journal file.
#[derive(Debug)]
pub(super) struct JournalFile {
    /// The absolute path, so that the lock beside it stays in place when the process changes its
    /// working directory.
    pub(super) path: PathBuf,
    file: RwLock<Arc<File>>,
    writable: bool,
    kind: LockKind,
}

/// The lock for writing. Dropping it releases it.
#[derive(Debug)]
pub(super) enum WriteGuard {
    System { _guard: Guard },
    Shared { guard: SharedGuard },
}

impl WriteGuard {
    /// Fails if the lock was stolen, because this process held it for too long.
    pub(super) fn check(&self) -> Result<(), StorageError> {
        match self {
            Self::System { .. } => Ok(()),
            Self::Shared { guard } => guard.check(),
        }
    }
}

impl JournalFile {
    /// Opens the file, and creates it with its folders if it is missing. A file that may not be
    /// written is opened for reading.
    pub(super) fn open(path: &Path, kind: LockKind) -> Result<Self, StorageError> {
        let failed = |error| io_error(path, "open", error);
        let absolute = std::path::absolute(path).map_err(failed)?;
        if absolute.is_dir() {
            return Err(failed(ErrorKind::IsADirectory.into()));
        }
        let mut options = OpenOptions::new();
        options.read(true).append(true);
        let opened = match options.open(&absolute) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                make(&absolute, options.create(true))
            }
            opened => opened,
        };
        let (file, writable) = match opened {
            Ok(file) => (file, true),
            Err(error) if is_forbidden(&error) && absolute.is_file() => {
                (File::open(&absolute).map_err(failed)?, false)
            }
            Err(error) => return Err(failed(error)),
        };
        Ok(Self { path: absolute, file: RwLock::new(Arc::new(file)), writable, kind })
    }

    /// Opens the same file again, with its own position, for reading only.
    pub(super) fn again(&self) -> Result<Self, StorageError> {
        let file = File::open(&self.path).map_err(|error| self.error("open", error))?;
        let file = RwLock::new(Arc::new(file));
        Ok(Self { path: self.path.clone(), file, writable: false, kind: self.kind })
    }

    /// Returns true if machines share the file.
    pub(super) fn spans_machines(&self) -> bool {
        self.kind != LockKind::System
    }

    /// Opens the file anew if machines share it. Only then does a network file system ask its
    /// server whether others have written.
    pub(super) fn refresh(&self) -> Result<(), StorageError> {
        if !self.spans_machines() {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        let opened = options.read(true).append(self.writable).open(&self.path);
        let file = opened.map_err(|error| self.error("open", error))?;
        *sync::write(&self.file) = Arc::new(file);
        Ok(())
    }

    fn file(&self) -> Arc<File> {
        Arc::clone(&sync::read(&self.file))
    }

    /// Waits for the lock for writing.
    pub(super) fn lock(&self) -> Result<WriteGuard, StorageError> {
        if !self.writable {
            return Err(
                self.error("write (it was opened for reading)", ErrorKind::PermissionDenied.into())
            );
        }
        let guard = match self.kind {
            LockKind::System => {
                WriteGuard::System { _guard: Guard::wait(self.file(), &self.path)? }
            }
            kind => WriteGuard::Shared { guard: SharedGuard::wait(kind, &self.path)? },
        };
        self.refresh()?;
        self.check_not_replaced("append to")?;
        Ok(guard)
    }

    /// Fails if the path holds another file or none, because other processes would not share what
    /// is read or written then.
    pub(super) fn check_not_replaced(&self, action: &'static str) -> Result<(), StorageError> {
        if self.is_replaced() {
            let gone = io::Error::new(
                ErrorKind::NotFound,
                "the file was moved or removed while it was open",
            );
            return Err(self.error(action, gone));
        }
        Ok(())
    }

    pub(super) fn len(&self) -> Result<u64, StorageError> {
        let metadata = self.file().metadata();
        metadata.map(|metadata| metadata.len()).map_err(|error| self.error("look at", error))
    }

    /// Applies the lines that have been appended since. Returns the length of the file in bytes.
    pub(super) fn catch_up(&self, state: &mut JournalState) -> Result<u64, StorageError> {
        self.catch_up_shown(state, &mut |_| ())
    }

    /// Does the same as [`catch_up`](Self::catch_up), and passes the fold to `visit` after each
    /// line.
    pub(super) fn catch_up_shown(
        &self,
        state: &mut JournalState,
        visit: &mut impl FnMut(&JournalState),
    ) -> Result<u64, StorageError> {
        let len = self.len()?;
        self.check_kept(state, len)?;
        let mut bytes = Vec::new();
        let mut at = state.offset;
        while at < len {
            self.read(&mut bytes, at, (len - at).min(CHUNK))?;
            at += CHUNK.min(len - at);
            let before = state.offset;
            let applied = state.apply_shown(&bytes, visit);
            applied.map_err(|bad| self.corrupt(&bad))?;
            bytes.drain(..(state.offset - before) as usize);
        }
        while group::is_broken(&bytes) || group::lacks_end(&bytes) {
            let before = state.offset;
            state.pass_group();
            let applied = state.apply_shown(&bytes, visit);
            applied.map_err(|bad| self.corrupt(&bad))?;
            bytes.drain(..(state.offset - before) as usize);
        }
        if is_record(&bytes) {
            state.apply_last(&bytes, visit).map_err(|bad| self.corrupt(&bad))?;
        } else if !is_torn(trimmed(&bytes)) {
            return Err(
                self.corrupt(&BadLine { line: state.lines + 1, reason: "not a record".to_owned() })
            );
        }
        Ok(len)
    }

    /// Fails if the file has lost lines that were read. Lines are only added, so a file that is
    /// shorter, or has another last line where reading ended, was cut or overwritten. To go on
    /// would give out the numbers of trials a second time.
    fn check_kept(&self, state: &JournalState, len: u64) -> Result<(), StorageError> {
        let LastLine { number, end, bytes } = state.last();
        let problem = if len < *end {
            format!("the file is {len} bytes long, and {end} have been read")
        } else {
            let mut there = Vec::with_capacity(bytes.len());
            self.read(&mut there, end - bytes.len() as u64, bytes.len() as u64)?;
            if there == *bytes {
                return Ok(());
            }
            format!("its line {number} has changed")
        };
        Err(StorageError::Lost { location: self.path.display().to_string(), problem })
    }

    /// Ends a last line that lacks its line break. Called under the lock, after catching up.
    pub(super) fn end_line(&self, state: &mut JournalState) -> Result<(), StorageError> {
        if state.lacks_end() {
            self.append(state.offset, b"\n")?;
            state.apply(b"\n").map_err(|bad| self.corrupt(&bad))?;
        }
        Ok(())
    }

    fn read(&self, bytes: &mut Vec<u8>, at: u64, count: u64) -> Result<(), StorageError> {
        let file = self.file();
        let mut file = &*file;
        file.seek(SeekFrom::Start(at))
            .and_then(|_| file.take(count).read_to_end(bytes))
            .map(drop)
            .map_err(|error| self.error("read", error))
    }

    /// Appends lines in one write, after cutting off the rest of a dead writer after `end`, the end
    /// of the whole lines. Called under the lock, after catching up.
    ///
    /// If the write fails, the whole lines of it that reached the file stay, since others may have
    /// read them.
    pub(super) fn append(&self, end: u64, lines: &[u8]) -> Result<(), StorageError> {
        self.cut_tail(end)?;
        (&*self.file()).write_all(lines).map_err(|error| self.error("append to", error))
    }

    /// Cuts off everything after `end`, the end of the whole lines.
    pub(super) fn cut_tail(&self, end: u64) -> Result<(), StorageError> {
        if self.len()? > end {
            let cut = self.file().set_len(end);
            cut.map_err(|error| self.error("cut the torn end of", error))?;
        }
        Ok(())
    }

    /// Waits until all written bytes are on the disk.
    pub(super) fn sync(&self) -> Result<(), StorageError> {
        let synced = self.file().sync_data();
        synced.map_err(|error| {
            let remedy =
                "what was written since the last flush may be lost: check the disk, then start \
                 this program again";
            self.error("flush to the disk", io::Error::new(error.kind(), format!("{error}; \
                {remedy}")))
        })
    }

    fn error(&self, action: &'static str, source: io::Error) -> StorageError {
        io_error(&self.path, action, source)
    }

    pub(super) fn corrupt(&self, bad: &BadLine) -> StorageError {
        let remedy = if self.has_records() {
            "restore the file from a copy, or repair this line alone: those after it are needed; \
             if it cannot be repaired, it may be deleted, unless it made a study or a trial \
             (op_code 0 or 4)"
        } else {
            "this is not a journal: choose another path"
        };
        StorageError::Corrupt {
            path: self.path.clone(),
            line: bad.line,
            reason: format!("{}; {remedy}", bad.reason),
        }
    }

    /// Returns true if the file begins with a record, so that it is a journal, though perhaps
    /// damaged.
    fn has_records(&self) -> bool {
        let mut head = Vec::new();
        // The log in a database contains such lines too.
        self.read(&mut head, 0, CHUNK).is_ok()
            && !head.starts_with(b"SQLite format 3")
            && head.split(|byte| *byte == b'\n').any(|line| trimmed(line).starts_with(HEAD))
    }

    /// Returns true if the path holds another file or none. Nobody would ever read what is written
    /// then.
    #[cfg(unix)]
    fn is_replaced(&self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let key = |metadata: &fs::Metadata| (metadata.dev(), metadata.ino());
        let (here, there) = (self.file().metadata(), fs::metadata(&self.path));
        !matches!((&here, &there), (Ok(here), Ok(there)) if key(here) == key(there))
    }

    #[cfg(not(unix))]
    fn is_replaced(&self) -> bool {
        !self.path.is_file()
    }
}

/// Creates the file and its folders, and makes them survive a crash of the machine.
fn make(path: &Path, options: &OpenOptions) -> io::Result<File> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder)?;
    let file = options.open(path)?;
    if cfg!(unix) {
        // Not every file system can sync folders; without it, nothing more can be done.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(file)
}

fn is_forbidden(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

/// Returns true if this is a whole record that lacks only its line break. The first line of a group
/// is not whole without the others.
fn is_record(tail: &[u8]) -> bool {
    read(tail, |_| Ok(())).is_ok() && !trimmed(tail).is_empty() && group::is_whole(tail, &[])
}

/// Returns true if this is the rest of a torn write: nothing but zeros, or the start of a record.
/// Anything else must not be cut off.
fn is_torn(tail: &[u8]) -> bool {
    let len = tail.len().min(HEAD.len());
    tail[..len] == HEAD[..len]
}
