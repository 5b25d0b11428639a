//! A journal: studies in one append-only file, in the format of Optuna's `JournalFileBackend`.
//!
//! One JSON object a line; the file is the truth, and what stands in memory is the fold of its lines. Any number of
//! processes may share it, Optuna's too. Ends of trials are on the disk before they are acknowledged, many of them with one
//! flush. A line that a crash has torn is passed over by readers and cut off by the next writer.
//!
//! The format is Optuna's (`optuna.storages.journal`, version 5.0), which has no words for four things of ours. They are
//! system attributes: `hpo:seen` (how much history a trial's sampler had seen; it also ends a trial's parameters),
//! `hpo:explanation` (who chose these, and why), `hpo:message` (why a trial failed or was pruned), `hpo:deaths` (how many
//! workers died over it). Grids on a log scale, which Optuna refuses, are written without their grid.

mod file;
mod line;
mod lock;
mod propose;
mod queue;
mod replay;
mod request;
mod scan;
mod study;
mod workers;
mod write;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::Value as Json;

use file::{JournalFile, io_error};
use propose::Clerk;
use queue::{Disk, Queue, Written};
use replay::Replay;
use request::{Answer, Owned, Request};
use study::StudyLog;
use workers::Worker;
use write::Lines;

use super::{Next, Storage, StorageError, StudyId, StudyRecord};
use crate::trial::{Direction, Event, NewTrial, Param, Scope, Timestamp, Trials};

/// Studies in an append-only file that Optuna reads and writes too.
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
    replay: RwLock<Replay>,
    /// How long the file was when it was last read to its end.
    read_to: AtomicU64,
    queue: Queue,
    worker: Worker,
    location: String,
}

impl Journal {
    /// Opens a journal, made with its folders if there is none. One that may not be written is opened for reading.
    ///
    /// # Errors
    /// If the file cannot be opened or read, is not a journal, or is damaged before its last line.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StorageError> {
        let path = path.as_ref();
        let file = JournalFile::open(path)?;
        let mut replay = Replay::default();
        let len = file.catch_up(&mut replay)?;
        Ok(Self {
            worker: Worker::new(&file.path),
            file,
            replay: RwLock::new(replay),
            read_to: AtomicU64::new(len),
            queue: Queue::default(),
            location: format!("journal:{}", path.display()),
        })
    }

    fn replay(&self) -> RwLockReadGuard<'_, Replay> {
        self.replay.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn replay_mut(&self) -> RwLockWriteGuard<'_, Replay> {
        self.replay.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what others have written since: one look at the file's length if that is nothing.
    fn refresh(&self) -> Result<(), StorageError> {
        if self.file.len()? != self.read_to.load(Ordering::Acquire) {
            self.catch_up(&mut self.replay_mut())?;
        }
        Ok(())
    }

    fn catch_up(&self, replay: &mut Replay) -> Result<(), StorageError> {
        let len = self.file.catch_up(replay)?;
        self.read_to.store(len, Ordering::Release);
        Ok(())
    }

    fn submit(&self, request: Request) -> Result<Answer, StorageError> {
        self.queue.submit(request, self)
    }

    /// Writes a batch of requests with one append.
    fn try_write(&self, batch: Vec<Request>) -> Result<Vec<Written>, StorageError> {
        let _guard = self.file.lock()?;
        let mut replay = self.replay_mut();
        self.catch_up(&mut replay)?;
        let begin = replay.offset;
        let mut lines = Lines::new(&self.worker.name);
        let mut answers = Vec::with_capacity(batch.len());
        for request in batch {
            answers.push(self.propose(&mut replay, &mut lines, request));
        }
        if lines.bytes.is_empty() {
            return Ok(answers);
        }
        if let Err(error) = self.file.append(begin, &lines.bytes) {
            self.undo(&mut replay, &error, &mut answers)?;
            return Ok(answers);
        }
        self.read_to.store(replay.offset, Ordering::Release);
        Ok(answers)
    }

    /// Adds a request's lines and folds them, so that the next request is judged by them.
    fn propose(&self, replay: &mut Replay, lines: &mut Lines, request: Request) -> Written {
        let begin = lines.bytes.len();
        let mut clerk = Clerk { lines, worker: &self.worker, location: &self.location };
        let proposed = clerk.propose(replay, request);
        if proposed.is_err() {
            lines.bytes.truncate(begin);
        }
        let answer = proposed?;
        if let Err(bad) = replay.apply(&lines.bytes[begin..]) {
            // Only a value that its parameter cannot hold comes to this: nothing of the request may stay in the fold.
            lines.bytes.truncate(begin);
            *replay = replay.renewed();
            self.catch_up(replay)?;
            let again = replay.apply(&lines.bytes);
            return Err(self.file.corrupt(&again.err().unwrap_or(bad)));
        }
        Ok((answer, replay.offset))
    }

    /// After a failed write: the fold is read again from the file, and who has no whole lines there gets the error.
    fn undo(&self, replay: &mut Replay, error: &StorageError, answers: &mut [Written]) -> Result<(), StorageError> {
        *replay = replay.renewed();
        self.catch_up(replay)?;
        let kept = replay.offset;
        for answer in answers {
            if matches!(answer, Ok((_, end)) if *end > kept) {
                *answer = Err(again(error));
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

impl Disk for Journal {
    fn write(&self, batch: Vec<Request>) -> Vec<Written> {
        let count = batch.len();
        self.try_write(batch).unwrap_or_else(|error| (0..count).map(|_| Err(again(&error))).collect())
    }

    fn flush(&self) -> Result<u64, StorageError> {
        let end = self.read_to.load(Ordering::Acquire);
        self.file.sync().map(|()| end)
    }

    fn flush_error(&self, kind: std::io::ErrorKind) -> StorageError {
        io_error(&self.file.path, "flush to the disk", kind.into())
    }
}

impl Storage for Journal {
    fn create_study(&self, name: &str, directions: &[Direction]) -> Result<StudyId, StorageError> {
        let name = name.to_owned();
        let directions = directions.to_vec();
        match self.submit(Request::CreateStudy { name, directions })? {
            Answer::Number(id) => Ok(StudyId(id)),
            _ => unreachable!("a new study has a number"),
        }
    }

    fn studies(&self) -> Result<Vec<StudyRecord>, StorageError> {
        self.refresh()?;
        let replay = self.replay();
        Ok(replay.studies().map(|study| study.record.clone()).collect())
    }

    fn study(&self, study: StudyId) -> Result<StudyRecord, StorageError> {
        self.refresh()?;
        let replay = self.replay();
        let record = replay.study(study.0).map(|study| study.record.clone());
        record.ok_or_else(|| self.no_such(study))
    }

    fn delete_study(&self, study: StudyId) -> Result<(), StorageError> {
        self.submit(Request::DeleteStudy { study: study.0 }).map(drop)
    }

    fn set_attribute(&self, study: StudyId, scope: Scope, key: &str, value: &Json) -> Result<(), StorageError> {
        let request = Request::StudyNote { study: study.0, scope, key: key.to_owned(), value: value.clone() };
        self.submit(request).map(drop)
    }

    fn declare(&self, study: StudyId, params: &[Param]) -> Result<(), StorageError> {
        self.refresh()?;
        let mut replay = self.replay_mut();
        let log: &mut StudyLog = replay.study_mut(study.0).ok_or_else(|| self.no_such(study))?;
        for param in params {
            log.trials.declare(&param.path, &param.domain);
        }
        Ok(())
    }

    fn create_trial(&self, study: StudyId, new: NewTrial) -> Result<u64, StorageError> {
        let request = Request::CreateTrial { study: study.0, new, at: Timestamp::now() };
        match self.submit(request)? {
            Answer::Number(number) => Ok(number),
            _ => unreachable!("a new trial has a number"),
        }
    }

    fn next_trial(&self, study: StudyId, most: Option<u64>) -> Result<Next, StorageError> {
        let request = Request::Next { study: study.0, most, at: Timestamp::now() };
        match self.submit(request)? {
            Answer::Next(next) => Ok(next),
            _ => unreachable!("who asks for a trial gets one, or the word that there is none"),
        }
    }

    fn record(&self, study: StudyId, number: u64, event: &Event<'_>) -> Result<(), StorageError> {
        let request = Request::Record { study: study.0, number, change: Owned::from(event) };
        self.submit(request).map(drop)
    }

    fn read(&self, study: StudyId, look: &mut dyn FnMut(&Trials)) -> Result<(), StorageError> {
        self.refresh()?;
        let replay = self.replay();
        let log = replay.study(study.0).ok_or_else(|| self.no_such(study))?;
        look(&log.trials);
        Ok(())
    }

    fn retrace(&self, study: StudyId, look: &mut dyn FnMut(&Trials)) -> Result<(), StorageError> {
        // Beside the fold that all share, so that nobody has to wait.
        let mut again = Replay::default();
        self.file.again()?.catch_up_shown(&mut again, &mut |replay| {
            if let Some(log) = replay.study(study.0) {
                look(&log.trials);
            }
        })?;
        again.study(study.0).map(drop).ok_or_else(|| self.no_such(study))
    }

    fn recover(&self, study: StudyId) -> Result<Vec<u64>, StorageError> {
        let at = Timestamp::now();
        match self.submit(Request::Recover { study: study.0, at })? {
            Answer::Recovered(numbers) => Ok(numbers),
            _ => unreachable!("recovery yields numbers"),
        }
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn is_awaited(&self, study: StudyId) -> Result<bool, StorageError> {
        self.refresh()?;
        let running = self.replay().running(study.0);
        Ok(running.iter().any(|(_, worker)| self.worker.is_another_alive(worker)))
    }

    fn location(&self) -> String {
        self.location.clone()
    }
}

/// The same error for another caller.
fn again(error: &StorageError) -> StorageError {
    match error {
        StorageError::Io { path, action, source } => {
            let source = match source.raw_os_error() {
                Some(code) => std::io::Error::from_raw_os_error(code),
                None => std::io::Error::new(source.kind(), source.to_string()),
            };
            io_error(path, action, source)
        }
        StorageError::Corrupt { path, line, reason } => {
            StorageError::Corrupt { path: path.clone(), line: *line, reason: reason.clone() }
        }
        other => unreachable!("writing fails by the file only, not by {other}"),
    }
}
