//! A journal: studies in one append-only file, in the format of Optuna's `JournalFileBackend`.
//!
//! Each line is a JSON object. The file is authoritative, and the state in memory is the fold of
//! its lines. Any number of processes may share it, including Optuna's. Ends of trials are on the
//! disk before they are acknowledged, many of them with one flush. Processes of one machine exclude
//! each other by the lock of the system (`lock`), those of several machines by a link or a file
//! (`shared_lock`, chosen by `?lock=link` in the URL). Readers skip a line, or a group
//! of lines (`group`), that a crash has torn, and the next writer cuts it off.
//!
//! The format is Optuna's (`optuna.storages.journal`, version 5.0), which cannot express four
//! things of this library. They are system attributes: `hpo:seen` (the number of changes that a
//! trial's sampler had seen; it also ends a trial's parameters), `hpo:explanation` (the sampler
//! that chose them, and its reason), `hpo:message` (the reason why a trial failed or was pruned),
//! `hpo:deaths` (the number of workers that died while running it). Grids on a log scale, which
//! Optuna refuses, are written without their grid.

mod batch;
mod file;
mod group;
mod heartbeats;
mod lock;
mod presence;
mod shared_lock;
mod sharing;
mod state;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{OnceLock, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use batch::Batch;
use file::JournalFile;
use presence::Presence;
pub(super) use sharing::Sharing;
use state::{JournalState, LastLine};

#[cfg(feature = "http")]
use super::log::GuestBackend;
use super::log::{Answer, CommitTarget, GroupCommit, LogBackend, Request, StudyLog, Written};
use super::{StorageError, StudyId, StudyRecord, redacted};
use crate::sync;
use crate::trial::Trials;

/// A storage in an append-only file that Optuna can read and write too.
///
/// ```
/// use hpo_core::storage::{Journal, Storage};
/// use hpo_core::trial::Direction;
///
/// # let folder = std::env::temp_dir().join(format!("hpo-doc-{}", std::process::id()));
/// # let path = folder.join("studies.journal");
/// let journal = Journal::open(&path)?;
/// let study = journal.create_study("iris", &[Direction::Maximize])?;
/// assert_eq!(Journal::open(&path)?.study(study)?.name, "iris");
/// # std::fs::remove_dir_all(folder).ok();
/// # Ok::<(), hpo_core::storage::StorageError>(())
/// ```
#[derive(Debug)]
pub struct Journal {
    file: JournalFile,
    state: RwLock<JournalState>,
    /// The length of the file when it was last read to its end, in bytes.
    read_to: AtomicU64,
    queue: GroupCommit,
    /// The error of a failed flush of a journal that machines share. The system may have dropped
    /// the data, and would not report it a second time, so all later changes get the same error.
    broken: OnceLock<StorageError>,
    worker: Presence,
    location: String,
}

impl Journal {
    /// Opens a journal, and creates it with its folders if it does not exist. A journal that may
    /// not be written is opened for reading.
    ///
    /// # Errors
    /// If the file cannot be opened or read, is not a journal, or is damaged before its last line.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StorageError> {
        Self::open_with(path.as_ref(), Sharing::default())
    }

    /// Opens a journal with the settings of its URL.
    pub(super) fn open_with(path: &Path, sharing: Sharing) -> Result<Self, StorageError> {
        Self::of(path, sharing, JournalState::default(), |place| Presence::new(place, sharing))
    }

    /// Opens a journal for a server, whose guests have this lease.
    #[cfg(feature = "http")]
    pub(super) fn hosted(path: &Path, lease: Duration) -> Result<Self, StorageError> {
        let presence = |place: &Path| Presence::host(place, lease);
        Self::of(path, Sharing::default(), JournalState::keeping_lines(), presence)
    }

    fn of(
        path: &Path,
        sharing: Sharing,
        mut state: JournalState,
        presence: impl FnOnce(&Path) -> Presence,
    ) -> Result<Self, StorageError> {
        let file = JournalFile::open(path, sharing.lock)?;
        let len = file.catch_up(&mut state)?;
        // One file may have several paths, but its workers must find each other.
        let place = std::fs::canonicalize(&file.path).unwrap_or_else(|_| file.path.clone());
        Ok(Self {
            worker: presence(&place),
            file,
            state: RwLock::new(state),
            read_to: AtomicU64::new(len),
            queue: GroupCommit::default(),
            broken: OnceLock::new(),
            location: redacted(&format!("journal:{}{sharing}", path.display())),
        })
    }

    fn state(&self) -> RwLockReadGuard<'_, JournalState> {
        sync::read(&self.state)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, JournalState> {
        sync::write(&self.state)
    }

    /// Reads what others have written since. If that is nothing, this costs one look at the path
    /// and length of the file.
    fn refresh(&self) -> Result<(), StorageError> {
        self.file.refresh()?;
        self.file.check_not_replaced("read")?;
        let len = self.file.len()?;
        // An empty file may have been cut.
        if len == 0 || len != self.read_to.load(Ordering::Acquire) {
            self.catch_up(&mut self.state_mut())?;
        }
        Ok(())
    }

    fn catch_up(&self, state: &mut JournalState) -> Result<(), StorageError> {
        let len = self.file.catch_up(state)?;
        self.read_to.store(len, Ordering::Release);
        Ok(())
    }

    /// Writes a batch of requests with one append.
    fn try_write(&self, batch: Vec<Request>) -> Result<Vec<Written>, StorageError> {
        if let Some(error) = self.broken.get() {
            return Err(error.clone());
        }
        let guard = self.file.lock()?;
        let mut state = self.state_mut();
        self.catch_up(&mut state)?;
        // Reading may have taken so long that the lock was stolen: then nothing may be cut.
        guard.check()?;
        self.file.end_line(&mut state)?;
        let mut adding = Batch::new(self, &mut state);
        let mut answers: Vec<Written> =
            batch.into_iter().map(|request| adding.add(request)).collect::<Result<_, _>>()?;
        let Batch { lines, begin, last, studies, .. } = adding;
        if lines.bytes.is_empty() {
            return Ok(answers);
        }
        if let Err(error) = guard.check() {
            self.renew(&mut state, studies, last)?;
            return Err(error);
        }
        if let Err(error) = self.file.append(begin, &lines.bytes) {
            self.renew(&mut state, studies, last)?;
            self.undo(&state, &error, &mut answers)?;
            return Ok(answers);
        }
        if self.file.spans_machines() {
            // Before the lock is released, the server must have what was written under it.
            self.file.sync().inspect_err(|error| drop(self.broken.set(error.clone())))?;
        }
        self.read_to.store(state.offset, Ordering::Release);
        Ok(answers)
    }

    /// Reads the fold again. Keeps the parameters of the first `studies` studies, and expects
    /// `last` to be in the file.
    fn renew(
        &self,
        state: &mut JournalState,
        studies: u64,
        last: LastLine,
    ) -> Result<(), StorageError> {
        *state = state.renewed(studies, last);
        // If this fails, the next reader reads on.
        self.read_to.store(0, Ordering::Release);
        self.catch_up(state)
    }

    /// Handles a failed write, after the fold has been read again: requests without whole lines in
    /// the file get the error.
    fn undo(
        &self,
        state: &JournalState,
        error: &StorageError,
        answers: &mut [Written],
    ) -> Result<(), StorageError> {
        let kept = state.offset;
        for answer in answers {
            if matches!(answer, Ok((_, end)) if *end > kept) {
                *answer = Err(error.clone());
            }
        }
        self.file.cut_tail(kept)?;
        self.read_to.store(kept, Ordering::Release);
        Ok(())
    }

    fn no_such(&self, study: StudyId) -> StorageError {
        StorageError::NoSuchStudy { study: study.0.to_string(), location: self.location.clone() }
    }
}

impl CommitTarget for Journal {
    fn write(&self, batch: Vec<Request>) -> Vec<Written> {
        let count = batch.len();
        self.try_write(batch)
            .unwrap_or_else(|error| (0..count).map(|_| Err(error.clone())).collect())
    }

    fn flush(&self, _end: u64) -> Result<u64, StorageError> {
        let end = self.read_to.load(Ordering::Acquire);
        if self.file.spans_machines() { Ok(end) } else { self.file.sync().map(|()| end) }
    }
}

#[cfg(feature = "http")]
impl GuestBackend for Journal {
    fn renew_guest(&self, guest: &str) -> Result<(), StorageError> {
        self.worker.renew_guest(guest)
    }

    fn guest_lease(&self) -> Duration {
        self.worker.guest_lease()
    }
}

impl LogBackend for Journal {
    fn submit(&self, request: Request) -> Result<Answer, StorageError> {
        self.queue.submit(request, self)
    }

    fn records(&self) -> Result<Vec<StudyRecord>, StorageError> {
        self.refresh()?;
        let state = self.state();
        Ok(state.studies().map(|study| study.record.clone()).collect())
    }

    fn record(&self, study: StudyId) -> Result<StudyRecord, StorageError> {
        self.refresh()?;
        let state = self.state();
        let record = state.study(study.0).map(|study| study.record.clone());
        record.ok_or_else(|| self.no_such(study))
    }

    fn with_log(
        &self,
        study: StudyId,
        visit: &mut dyn FnMut(&StudyLog),
    ) -> Result<(), StorageError> {
        self.refresh()?;
        let state = self.state();
        visit(&state.study(study.0).ok_or_else(|| self.no_such(study))?.log);
        Ok(())
    }

    fn replay_history(
        &self,
        study: StudyId,
        visit: &mut dyn FnMut(&Trials),
    ) -> Result<(), StorageError> {
        // This uses a fold of its own, so that nobody has to wait.
        self.refresh()?;
        let mut again = self.state().emptied();
        self.file.again()?.catch_up_shown(&mut again, &mut |state| {
            if let Some(study) = state.study(study.0) {
                visit(&study.log.trials);
            }
        })?;
        again.study(study.0).map(drop).ok_or_else(|| self.no_such(study))
    }

    fn change(
        &self,
        study: StudyId,
        change: &mut dyn FnMut(&mut StudyLog),
    ) -> Result<(), StorageError> {
        self.refresh()?;
        let mut state = self.state_mut();
        change(&mut state.study_mut(study.0).ok_or_else(|| self.no_such(study))?.log);
        Ok(())
    }

    fn is_another_alive(&self, worker: &str) -> bool {
        self.worker.is_another_alive(worker)
    }

    fn interval(&self) -> Option<Duration> {
        self.worker.interval()
    }

    fn send_heartbeat(&self) -> Result<(), StorageError> {
        self.worker.beat()
    }

    fn display_location(&self) -> String {
        self.location.clone()
    }
}
