//! Databases: studies in the tables of Optuna's `RDBStorage`, for any number of processes.
//!
//! Optuna's own tools and workers can open such a database, and this library can open Optuna's.
//! Beside the tables there is a log (`schema.rs`). Each change by this library is a row of it, in
//! the format of a journal's lines, written together with the rows of the tables. Triggers add the
//! changes of other libraries. So all changes have one order, readers ask only for new rows, and
//! the state in memory is the fold of the log, as with a journal. Reading a database that this
//! library has not written to changes nothing in it: our tables are created with the first change.
//!
//! Changes are made under a lock: that of the file in SQLite, that of the study's row in
//! PostgreSQL, where triggers take it too.

mod connection;
mod entry;
mod finished_trials;
mod guests;
mod state;
#[cfg(feature = "postgres")]
mod postgres;
mod patience;
mod projection;
mod schema;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "sqlite")]
pub(super) use sqlite::is_sqlite;
mod studies;
mod workers;

#[cfg(feature = "postgres")]
pub(super) use postgres::status as postgresql_status;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use connection::{Cell, Connection};
use guests::Signed;
use state::StudyState;
use workers::Workers;

use super::log::{
    Answer, CommitTarget, GroupCommit, LogBackend, Request, StudyLog, Written, guest, name_of,
};
use super::{StorageError, StudyId, StudyRecord};
use crate::sync;
use crate::trial::Trials;

/// The same time while a storage is opened: another process may be creating the tables.
const OPENING: Duration = Duration::from_secs(5);

/// Reads a row of the log, to find out if a row of ours was kept.
const ROW: &str = "SELECT text FROM hpo_log WHERE id = ?1";

/// The action that a crashed server could not complete.
const KEEP: &str = "keep the change";

/// A storage in a database that Optuna can read and write too.
#[derive(Debug)]
pub struct Database {
    writer: Mutex<Box<dyn Connection>>,
    /// The connection of readers, if they need not wait for a writer.
    reader: Option<Mutex<Box<dyn Connection>>>,
    states: RwLock<HashMap<u64, StudyState>>,
    queue: GroupCommit,
    worker: Box<dyn Workers>,
    /// True if our tables exist.
    is_ours: AtomicBool,
    /// The last of our rows in the log that was written or tried.
    last: AtomicU64,
    /// The last of our rows before a connection was lost. The server may have crashed, and lost the
    /// rows up to it that were not on its disk.
    doubtful: AtomicU64,
    location: String,
    /// True if the folds of studies keep their lines, for the guests of a server.
    keeps_lines: bool,
    /// The guests for whom this process has written.
    guests: Mutex<HashSet<String>>,
}

/// A row of ours that may have been written before a connection was lost.
struct Attempt {
    row: i64,
    lines: String,
    answers: Vec<Written>,
}

impl Database {
    fn new(
        writer: Box<dyn Connection>,
        reader: Option<Box<dyn Connection>>,
        worker: Box<dyn Workers>,
        queue: GroupCommit,
        location: String,
    ) -> Result<Self, StorageError> {
        let database = Self {
            writer: Mutex::new(writer),
            reader: reader.map(Mutex::new),
            states: RwLock::default(),
            queue,
            worker,
            is_ours: AtomicBool::new(false),
            last: AtomicU64::new(0),
            doubtful: AtomicU64::new(0),
            location,
            keeps_lines: false,
            guests: Mutex::default(),
        };
        let is_ours = database.within_patience(OPENING, &mut database.writer(), schema::open)?;
        database.is_ours.store(is_ours, Ordering::Release);
        Ok(database)
    }

    fn writer(&self) -> MutexGuard<'_, Box<dyn Connection>> {
        sync::lock(&self.writer)
    }

    fn reader(&self) -> MutexGuard<'_, Box<dyn Connection>> {
        sync::lock(self.reader.as_ref().unwrap_or(&self.writer))
    }

    fn states(&self) -> RwLockReadGuard<'_, HashMap<u64, StudyState>> {
        sync::read(&self.states)
    }

    fn states_mut(&self) -> RwLockWriteGuard<'_, HashMap<u64, StudyState>> {
        sync::write(&self.states)
    }

    fn no_such(&self, study: u64) -> StorageError {
        StorageError::NoSuchStudy { study: study.to_string(), location: self.location.clone() }
    }

    fn not_kept(&self) -> StorageError {
        StorageError::Database {
            location: self.location.clone(),
            action: KEEP,
            problem: "the server crashed before the change was on its disk, and lost it: try again"
                .to_owned(),
            is_transient: false,
        }
    }

    /// Reads what others have written since.
    fn refresh(&self, study: u64) -> Result<(), StorageError> {
        self.patiently(&mut self.reader(), |connection| {
            let version = connection.version()?;
            if version.is_some()
                && self.states().get(&study).is_some_and(|state| state.version == version)
            {
                return Ok(());
            }
            let mut states = self.states_mut();
            self.catch_up(&mut states, connection, study, None)?;
            if let Some(state) = states.get_mut(&study) {
                state.version = version;
            }
            Ok(())
        })
    }

    /// Updates the fold of a study. Returns true if the `expected` row was among the new ones.
    fn catch_up(
        &self,
        states: &mut HashMap<u64, StudyState>,
        connection: &mut dyn Connection,
        study: u64,
        expected: Option<(i64, &str)>,
    ) -> Result<bool, StorageError> {
        let is_ours = self.is_ours.load(Ordering::Acquire) || self.became_ours(connection)?;
        if !states.get(&study).is_some_and(|state| is_ours && state.is_there() && state.is_of_log())
        {
            // Parameters keep their numbers.
            let declared = states
                .get(&study)
                .map(|state| state.log.trials.declared().to_vec())
                .unwrap_or_default();
            let Some(mut state) = StudyState::new(connection, StudyId(study), &declared, is_ours)?
            else {
                states.remove(&study);
                return Err(self.no_such(study));
            };
            if self.keeps_lines {
                state.keep_lines();
            }
            states.insert(study, state);
        }
        let state = states.get_mut(&study).ok_or_else(|| self.no_such(study))?;
        let caught_up = state.catch_up(connection, expected);
        let is_there = state.is_there();
        if caught_up.is_err() {
            // The part that was read is true, and other threads may be about to look at it.
            state.forget();
        }
        if !is_there {
            states.remove(&study);
        }
        // A deleted study may have been followed by another one with the same number.
        if caught_up.is_ok() && !is_there {
            self.catch_up(states, connection, study, expected)
        } else {
            caught_up
        }
    }

    /// Returns true if another process has created our tables meanwhile.
    fn became_ours(&self, connection: &mut dyn Connection) -> Result<bool, StorageError> {
        let is_ours = schema::has(connection, "hpo_log")?;
        self.is_ours.store(is_ours, Ordering::Release);
        Ok(is_ours)
    }

    /// Creates our tables, unless they exist.
    fn adopt(&self, connection: &mut dyn Connection) -> Result<(), StorageError> {
        if self.is_ours.load(Ordering::Acquire) {
            return Ok(());
        }
        schema::make(connection)?;
        Self::within(connection, None, |connection| {
            if !schema::has(connection, "hpo_log")? {
                schema::adopt(connection)?;
            }
            Ok(())
        })?;
        self.is_ours.store(true, Ordering::Release);
        Ok(())
    }

    /// Makes one durable change in a transaction.
    fn within<T>(
        connection: &mut dyn Connection,
        study: Option<u64>,
        change: impl FnOnce(&mut dyn Connection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        connection.begin(study, true)?;
        let changed = change(connection);
        match &changed {
            Ok(_) => connection.commit().and_then(|()| connection.flush())?,
            Err(_) => connection.rollback(),
        }
        changed
    }

    /// Makes changes of one study's trials with one commit.
    fn write_trials(
        &self,
        study: u64,
        requests: &[Signed],
        is_durable: bool,
    ) -> Result<Vec<Written>, StorageError> {
        let mut attempt = None;
        self.patiently(&mut self.writer(), |connection| {
            self.adopt(connection)?;
            connection.begin(Some(study), is_durable)?;
            let written = self.attempt(connection, study, requests, &mut attempt);
            let committed = if written.is_ok() {
                connection.commit()
            } else {
                connection.rollback();
                Ok(())
            };
            if committed.is_err() || written.is_err() {
                self.states_mut().get_mut(&study).map(StudyState::forget);
            }
            written.and(committed)
        })?;
        Ok(attempt.map(|attempt: Attempt| attempt.answers).unwrap_or_default())
    }

    fn attempt(
        &self,
        connection: &mut dyn Connection,
        study: u64,
        requests: &[Signed],
        attempt: &mut Option<Attempt>,
    ) -> Result<(), StorageError> {
        let mut states = self.states_mut();
        let expected = attempt.as_ref().map(|attempt| (attempt.row, &*attempt.lines));
        let expected = expected.filter(|(_, lines)| !lines.is_empty());
        if self.catch_up(&mut states, connection, study, expected)? {
            return Ok(());
        }
        let state = states.get_mut(&study).ok_or_else(|| self.no_such(study))?;
        *attempt = Some(self.write_changes(connection, state, requests)?);
        Ok(())
    }

    /// Makes a batch of changes of one study. If they cannot be made together, makes each by
    /// itself.
    fn write_batch(&self, study: u64, batch: Vec<Signed>, is_durable: bool) -> Vec<Written> {
        match self.write_trials(study, &batch, is_durable) {
            Ok(written) => written,
            Err(error) if batch.len() == 1 || error.is_transient() => {
                batch.iter().map(|_| Err(error.clone())).collect()
            }
            Err(_) => batch
                .into_iter()
                .flat_map(|request| self.write_batch(study, vec![request], is_durable))
                .collect(),
        }
    }

    fn write_one(&self, request: &Request) -> Written {
        self.patiently(&mut self.writer(), |connection| {
            self.adopt(connection)?;
            match request {
                Request::CreateStudy(new) => self.create(connection, new),
                Request::Amend { seen, attributes } => {
                    self.amend_seen(connection, seen, attributes)
                }
                Request::DeleteStudy { study } => {
                    Self::within(connection, Some(*study), |connection| {
                        studies::delete(connection, *study)
                    })?;
                    self.states_mut().remove(study);
                    Ok(Answer::Done)
                }
                Request::SetStudyAttribute { study, scope, key, value } => {
                    let write = |connection: &mut dyn Connection| {
                        studies::set_attribute(connection, *study, *scope, key, value)
                    };
                    Self::within(connection, Some(*study), write).map(|()| Answer::Done)
                }
                Request::Trials { .. } => unreachable!("trials are written in batches"),
            }
        })
        .map(|answer| (answer, 0))
    }
}

impl CommitTarget for Database {
    fn write(&self, batch: Vec<Request>) -> Vec<Written> {
        let mut written = Vec::with_capacity(batch.len());
        let mut batch = batch.into_iter().peekable();
        while let Some(request) = batch.next() {
            let mut is_durable = request.is_durable();
            let Request::Trials { study, request, by } = request else {
                written.push(self.write_one(&request));
                continue;
            };
            let mut requests = vec![Signed { request, by }];
            let is_same = |request: &Request| {
                matches!(request,
                Request::Trials { study: other, .. } if *other == study)
            };
            while let Some(request) = batch.next_if(is_same) {
                is_durable |= request.is_durable();
                if let Request::Trials { request, by, .. } = request {
                    requests.push(Signed { request, by });
                }
            }
            written.extend(self.write_batch(study, requests, is_durable));
        }
        written
    }

    /// Waits for the disk on the connection of readers, so that writers need not wait. If a row
    /// exists although the server may have crashed since it was written, it was kept, and so were
    /// all before it: the server's own log is sequential.
    fn flush(&self, end: u64) -> Result<u64, StorageError> {
        let is_kept = self.patiently(&mut self.reader(), |connection| {
            connection.flush()?;
            if end > self.doubtful.load(Ordering::Acquire) {
                return Ok(true);
            }
            let mut is_ours = false;
            connection.query(ROW, &[Cell::id(end)], &mut |row| {
                is_ours = row.text(0).is_some_and(|text| self.has_written(text));
                Ok(())
            })?;
            Ok(is_ours)
        })?;
        if is_kept { Ok(end) } else { Err(self.not_kept()) }
    }
}

impl LogBackend for Database {
    /// Repeats a request that a crash of the server has lost. If it concerns a trial, that must
    /// still belong to this worker.
    fn submit(&self, request: Request) -> Result<Answer, StorageError> {
        let by = request.by().map(str::to_owned);
        by.as_deref().and_then(guest).into_iter().for_each(|guest| self.greet(guest));
        let name = by.as_deref().map_or(self.worker.name(), name_of);
        let repeatable =
            request.repeatable().map(|(study, number)| (study, number, request.clone()));
        match (self.queue.submit(request, self), repeatable) {
            (Err(StorageError::Database { action: KEEP, .. }), Some((study, number, again))) => {
                let mut is_ours = number.is_none();
                let is_it = |(running, worker): (u64, &str)| {
                    Some(running) == number && name_of(worker) == name
                };
                if !is_ours {
                    self.with_log(StudyId(study), &mut |log| is_ours = log.running().any(is_it))?;
                }
                if is_ours { self.queue.submit(again, self) } else { Err(self.not_kept()) }
            }
            (answer, _) => answer,
        }
    }

    fn records(&self) -> Result<Vec<StudyRecord>, StorageError> {
        self.patiently(&mut self.reader(), |connection| studies::records(connection, None))
    }

    fn record(&self, study: StudyId) -> Result<StudyRecord, StorageError> {
        let found = self.patiently(&mut self.reader(), |connection| {
            studies::records(connection, Some(study))
        })?;
        found.into_iter().next().ok_or_else(|| self.no_such(study.0))
    }

    fn with_log(
        &self,
        study: StudyId,
        visit: &mut dyn FnMut(&StudyLog),
    ) -> Result<(), StorageError> {
        self.refresh(study.0)?;
        visit(&self.states().get(&study.0).ok_or_else(|| self.no_such(study.0))?.log);
        Ok(())
    }

    fn replay_history(
        &self,
        study: StudyId,
        visit: &mut dyn FnMut(&Trials),
    ) -> Result<(), StorageError> {
        let mut connection = self.reader();
        let is_ours =
            self.is_ours.load(Ordering::Acquire) || self.became_ours(&mut **connection)?;
        // This uses a fold of its own, beside the shared one.
        let state = StudyState::new(&mut **connection, study, &[], is_ours)?;
        let retraced =
            state.ok_or_else(|| self.no_such(study.0))?.replay_history(&mut **connection, visit);
        let is_there = retraced.map_err(|error| error.at(&self.location))?;
        if is_there { Ok(()) } else { Err(self.no_such(study.0)) }
    }

    fn change(
        &self,
        study: StudyId,
        change: &mut dyn FnMut(&mut StudyLog),
    ) -> Result<(), StorageError> {
        self.refresh(study.0)?;
        let mut states = self.states_mut();
        change(&mut states.get_mut(&study.0).ok_or_else(|| self.no_such(study.0))?.log);
        Ok(())
    }

    fn is_another_alive(&self, worker: &str) -> bool {
        self.worker.is_another_alive(worker)
    }

    fn refresh_workers(&self) -> Result<(), StorageError> {
        if !self.is_ours.load(Ordering::Acquire) {
            return Ok(());
        }
        self.patiently(&mut self.reader(), |connection| self.worker.refresh_workers(connection))
    }

    fn interval(&self) -> Option<Duration> {
        self.worker.heartbeat()
    }

    fn send_heartbeat(&self) -> Result<(), StorageError> {
        let patience = self.interval().unwrap_or_default();
        self.within_patience(patience, &mut self.reader(), |connection| {
            self.worker.send_heartbeat(connection)?;
            connection.send()
        })
    }

    fn display_location(&self) -> String {
        self.location.clone()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let writer = sync::get_mut(&mut self.writer);
        self.worker.deregister(&mut **writer);
        // If that fails, its lease expires.
        let _ = writer.send();
    }
}
