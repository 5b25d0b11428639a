//! Storages, which keep studies and their trials.
//!
//! For each study, a storage keeps the fold of its trials' events. The contract:
//!
//! - **Acknowledged writes are kept.** When [`Storage::record`] returns `Ok` for the end of a
//!   trial, that end survives the death of the process, and of the machine if the storage is on a
//!   disk.
//! - **One order.** All changes of a study have one order, the same for every reader.
//! - **One judge.** [`Trials::check`] refuses invalid changes before they are written.
//! - **Trial numbers are dense**, from 0, and allotted before anything is sampled. A queued trial
//!   is taken exactly once.
//! - **Atomic steps.** A study is created with all its contents ([`Storage::create`]), its
//!   attributes change only if they are still as the caller saw them ([`Storage::amend`]), and
//!   trials are added together ([`Storage::append`]). Each of these happens wholly or not at all,
//!   whatever other workers do.
//! - **Threads.** Every method may be called from any thread, and from other processes if the
//!   storage is shared.

mod creation;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod database;
mod error;
mod journal;
mod lease;
mod location;
mod log;
mod memory;
mod optuna;
mod redact;
#[cfg(feature = "http")]
mod remote;
mod server_status;
mod study_record;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;

#[doc(hidden)]
pub use crate::trial::attribute_keys::{DETACHED, IDENTITY};
pub use creation::{NewStudy, Step};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use database::Database;
pub use error::StorageError;
pub use journal::Journal;
pub use location::Location;
pub use memory::Memory;
#[doc(hidden)]
pub use redact::{redacted, redacted_text};
#[cfg(feature = "http")]
pub use remote::{Host, Refusal, Remote};
pub use server_status::ServerStatus;

pub use study_record::StudyRecord;
#[doc(hidden)]
pub use study_record::new_identity;

use error::io_error;

use crate::trial::{AttributeScope, Attributes, Direction, Event, NewTrial, Param, Trials};

/// A storage of studies and their trials.
pub trait Storage: Debug + Send + Sync {
    /// Creates a study with all its contents in one step. It is durable when the call returns.
    ///
    /// # Errors
    /// [`StorageError::StudyExists`] if a study of this name exists; also if the contents break the
    /// rules, or cannot be written. In all these cases no study is created.
    fn create(&self, new: &NewStudy<'_>) -> Result<StudyId, StorageError>;

    /// Creates a study without attributes and trials.
    ///
    /// # Errors
    /// See [`create`](Self::create).
    fn create_study(&self, name: &str, directions: &[Direction]) -> Result<StudyId, StorageError> {
        self.create(&NewStudy::new(name, directions))
    }

    /// Returns all studies, in the order of their creation.
    ///
    /// # Errors
    /// If the storage cannot be read.
    fn studies(&self) -> Result<Vec<StudyRecord>, StorageError>;

    /// Returns the record of a study.
    ///
    /// # Errors
    /// [`StorageError::NoSuchStudy`] if it was deleted.
    fn study(&self, study: StudyId) -> Result<StudyRecord, StorageError>;

    /// Deletes a study with all its trials.
    ///
    /// # Errors
    /// [`StorageError::NoSuchStudy`] if it was deleted before.
    fn delete_study(&self, study: StudyId) -> Result<(), StorageError>;

    /// Writes an attribute of a study, and replaces the former value of its key. It is durable when
    /// the call returns.
    ///
    /// # Errors
    /// If it cannot be written.
    fn set_attribute(
        &self,
        study: StudyId,
        scope: AttributeScope,
        key: &str,
        value: &Json,
    ) -> Result<(), StorageError>;

    /// Writes attributes of a study in one step, if the study is still as it was `seen`. They
    /// replace the former values of their keys, and are durable when the call returns. Returns true
    /// if they were written; if false, read the study again.
    ///
    /// # Errors
    /// [`StorageError::NoSuchStudy`] if the study was deleted; also if the attributes cannot be
    /// written.
    fn amend(&self, seen: &StudyRecord, attributes: &Attributes) -> Result<bool, StorageError>;

    /// Declares parameters, as [`Trials::declare`] does, before trials use them.
    ///
    /// # Errors
    /// If there is no such study.
    fn declare(&self, study: StudyId, params: &[Param]) -> Result<(), StorageError>;

    /// Adds a trial with its parameters, queued or finished, and returns its number. It is durable
    /// when the call returns.
    ///
    /// # Errors
    /// If it breaks the rules, or cannot be written.
    fn create_trial(&self, study: StudyId, new: NewTrial) -> Result<u64, StorageError>;

    /// Adds trials with their past in one step, and returns the number of the first one, which is
    /// `first` if that is given. They are durable when the call returns.
    ///
    /// # Errors
    /// If the first trial would get another number than `first`
    /// ([`StateError::NotNext`](crate::trial::StateError::NotNext)), a step breaks the rules, or
    /// they cannot be written. In all these cases no trial is added.
    fn append(
        &self,
        study: StudyId,
        first: Option<u64>,
        steps: &[Step<'_>],
    ) -> Result<u64, StorageError>;

    /// Returns the next trial to run. That is the first queued one, which this call takes, or else
    /// a new one, unless `most` trials of the study have been taken.
    ///
    /// # Errors
    /// If it cannot be written.
    fn next_trial(&self, study: StudyId, most: Option<u64>) -> Result<Next, StorageError>;

    /// Records an event of a trial. Ends are durable when the call returns; other events may be
    /// lost with the machine, but not with the process.
    ///
    /// # Errors
    /// If the rules forbid it, or it cannot be written.
    fn record(&self, study: StudyId, number: u64, event: &Event<'_>) -> Result<(), StorageError>;

    /// Does the same as [`record`](Self::record), but refuses parameters that another worker chose
    /// after this one had read the history. The default implementation refuses nothing.
    ///
    /// # Errors
    /// [`StateError::DuplicateParams`](crate::trial::StateError::DuplicateParams), and those of
    /// [`record`](Self::record).
    fn record_new(
        &self,
        study: StudyId,
        number: u64,
        event: &Event<'_>,
    ) -> Result<(), StorageError> {
        self.record(study, number, event)
    }

    /// Passes the present trials of a study to `visit`, including the changes of other processes.
    ///
    /// # Errors
    /// If they cannot be read.
    fn read(&self, study: StudyId, visit: &mut dyn FnMut(&Trials)) -> Result<(), StorageError>;

    /// Replays the trials of a study: passes them to `visit` as they were after each change, from
    /// the first to the last. So `visit` sees again what a sampler had [seen](Trials::seen). All
    /// calls get the same growing fold; a moment may be passed twice.
    ///
    /// # Errors
    /// [`StorageError::HistoryNotKept`] if the storage keeps only the present state and not the
    /// changes; also if they cannot be read.
    fn replay_history(
        &self,
        _study: StudyId,
        _visit: &mut dyn FnMut(&Trials),
    ) -> Result<(), StorageError> {
        Err(StorageError::HistoryNotKept { location: self.location() })
    }

    /// Finds running trials whose worker is known to be dead, and returns them to the queue, or
    /// fails them after three deaths. Returns their numbers.
    ///
    /// # Errors
    /// If they cannot be written.
    fn recover(&self, study: StudyId) -> Result<Vec<u64>, StorageError>;

    /// Returns true if other processes may work on the same studies.
    fn is_shared(&self) -> bool {
        false
    }

    /// Returns true if another worker, known to be alive, is running a trial of the study, so that
    /// its end may be worth waiting for.
    ///
    /// # Errors
    /// If that cannot be determined.
    fn is_awaited(&self, _study: StudyId) -> Result<bool, StorageError> {
        Ok(false)
    }

    /// Returns the interval at which [`beat`](Self::beat) must be called while trials run; `None`
    /// if dead workers are detected without heartbeats.
    ///
    /// A run of a study does this by itself. A program that asks for trials by hand and evaluates
    /// them for longer than this must beat too, or set the attribute [`DETACHED`] on them.
    fn heartbeat(&self) -> Option<Duration> {
        None
    }

    /// Sends a heartbeat: shows that this worker is alive.
    ///
    /// # Errors
    /// If that cannot be written.
    fn beat(&self) -> Result<(), StorageError> {
        Ok(())
    }

    /// Returns the location for messages: a URL without secrets.
    fn location(&self) -> String;
}

/// Opens the storage of a URL or a path, as [`Location::parse`] reads it.
///
/// ```
/// let storage = hpo_core::storage::open("memory")?;
/// assert!(storage.studies()?.is_empty());
/// assert!(hpo_core::storage::open("ftp://example.org").is_err());
/// # Ok::<(), hpo_core::storage::StorageError>(())
/// ```
///
/// # Errors
/// [`StorageError::UnknownUrl`] for anything else, and the errors of the storage if it cannot be
/// opened.
pub fn open(url: &str) -> Result<Arc<dyn Storage>, StorageError> {
    Location::parse(url)?.open()
}

/// The number of a study in its storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StudyId(pub u64);

/// The next trial to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A trial from the queue, now running.
    Queued(u64),
    /// A new trial, now running, whose parameters are still to be sampled.
    New(u64),
    /// The study has as many trials as were asked for.
    Enough,
}

impl Next {
    /// Returns the next trial to run by one rule for all storages: waiting trials have not been
    /// taken, all others have.
    fn of(trials: &Trials, most: Option<u64>) -> Self {
        let waiting = trials.waiting();
        let taken = trials.len() - waiting.len() as u64;
        match (most, waiting.first()) {
            (Some(most), _) if taken >= most => Next::Enough,
            (_, Some(number)) => Next::Queued(*number),
            _ => Next::New(trials.len()),
        }
    }
}
