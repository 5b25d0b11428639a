//! Storages: where trials live.
//!
//! A storage keeps studies, and for each of them the fold of its trials' events. The contract in words:
//!
//! - **Acknowledged is kept.** When [`Storage::record`] returns `Ok` for an end of a trial, that end survives the death of
//!   the process, and of the machine where the storage is on a disk.
//! - **One order.** All changes of a study stand in one order, the same for whoever reads them.
//! - **One judge.** Changes are refused by [`Trials::check`], before they are written.
//! - **Numbers are dense**, from 0, allotted before anything is sampled; a queued trial is taken exactly once.
//! - **One step.** A study is made with all that it consists of ([`Storage::create`]), its notes are changed only as they were
//!   seen ([`Storage::amend`]), and trials are added together ([`Storage::append`]): wholly or not at all, whoever else is at work.
//! - **Threads.** Every method may be called from any thread, and from other processes where the storage is shared.

mod creation;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod database;
mod error;
mod journal;
mod location;
mod log;
mod memory;
mod optuna;
mod redact;
mod study_record;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;

pub use crate::trial::attribute_keys::{DETACHED, IDENTITY};
pub use creation::{NewStudy, Step};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use database::Database;
pub use error::StorageError;
pub use journal::Journal;
pub use location::Location;
pub use memory::Memory;
pub use redact::{redacted, redacted_text};

pub use study_record::{StudyRecord, new_identity};

pub(crate) use optuna::push_moment;

use error::io_error;

use crate::trial::{Attributes, Direction, Event, NewTrial, Param, Scope, Trials};

/// Where trials live.
pub trait Storage: Debug + Send + Sync {
    /// Makes a study with all that it brings along, in one step; durable when it returns.
    ///
    /// # Errors
    /// [`StorageError::StudyExists`] if there is one of this name; and if what it brings along breaks the rules, or cannot be
    /// written: then there is no such study.
    fn create(&self, new: &NewStudy<'_>) -> Result<StudyId, StorageError>;

    /// Makes a study without notes and trials.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    fn create_study(&self, name: &str, directions: &[Direction]) -> Result<StudyId, StorageError> {
        self.create(&NewStudy::new(name, directions))
    }

    /// All studies, in the order of their creation.
    ///
    /// # Errors
    /// If the storage cannot be read.
    fn studies(&self) -> Result<Vec<StudyRecord>, StorageError>;

    /// One study.
    ///
    /// # Errors
    /// [`StorageError::NoSuchStudy`] if it was deleted.
    fn study(&self, study: StudyId) -> Result<StudyRecord, StorageError>;

    /// Deletes a study with all its trials.
    ///
    /// # Errors
    /// [`StorageError::NoSuchStudy`] if it was deleted before.
    fn delete_study(&self, study: StudyId) -> Result<(), StorageError>;

    /// Writes a note on a study, over the former one of its key; durable when it returns.
    ///
    /// # Errors
    /// If it cannot be written.
    fn set_attribute(&self, study: StudyId, scope: Scope, key: &str, value: &Json) -> Result<(), StorageError>;

    /// Writes notes on a study, over the former ones of their keys, if the study is still as it was `seen`; all of them in one step,
    /// durable when it returns. Whether they were written: if not, look again.
    ///
    /// # Errors
    /// [`StorageError::NoSuchStudy`] if it was deleted; and if they cannot be written.
    fn amend(&self, seen: &StudyRecord, notes: &Attributes) -> Result<bool, StorageError>;

    /// Makes parameters known, as [`Trials::declare`] does, before trials use them.
    ///
    /// # Errors
    /// If there is no such study.
    fn declare(&self, study: StudyId, params: &[Param]) -> Result<(), StorageError>;

    /// Adds a trial that brings its parameters along, queued or ended; durable when it returns. Returns its number.
    ///
    /// # Errors
    /// If it breaks the rules, or cannot be written.
    fn create_trial(&self, study: StudyId, new: NewTrial) -> Result<u64, StorageError>;

    /// Adds trials with their past in one step; durable when it returns. Returns the number of the first one: `first`, if that is
    /// given.
    ///
    /// # Errors
    /// If the first one would get another number than `first` ([`Rejected::NotNext`]), a step breaks the rules, or they cannot be
    /// written: then none of them is there.
    fn append(&self, study: StudyId, first: Option<u64>, steps: &[Step<'_>]) -> Result<u64, StorageError>;

    /// The next trial to run: the first queued one, taken by this call, or else a new one, unless `most` trials of the
    /// study have been taken.
    ///
    /// # Errors
    /// If it cannot be written.
    fn next_trial(&self, study: StudyId, most: Option<u64>) -> Result<Next, StorageError>;

    /// Changes a trial. Ends are durable when this returns; other events may be lost with the machine, not with the process.
    ///
    /// # Errors
    /// If the rules forbid it, or it cannot be written.
    fn record(&self, study: StudyId, number: u64, event: &Event<'_>) -> Result<(), StorageError>;

    /// As [`record`](Self::record), of parameters that nobody else is to have: refused if another worker chose the same after this
    /// one had looked. A storage that does not override this takes what comes.
    ///
    /// # Errors
    /// [`Rejected::Taken`], and as [`record`](Self::record).
    fn record_new(&self, study: StudyId, number: u64, event: &Event<'_>) -> Result<(), StorageError> {
        self.record(study, number, event)
    }

    /// Shows the trials of a study as they are now, other processes' changes included.
    ///
    /// # Errors
    /// If they cannot be read.
    fn read(&self, study: StudyId, look: &mut dyn FnMut(&Trials)) -> Result<(), StorageError>;

    /// Shows the trials of a study again as they stood after each of its changes, from the first to the last: so what a
    /// sampler had [seen](Trials::seen) comes by once more. All calls show one fold, which grows; a moment may come twice.
    ///
    /// # Errors
    /// [`StorageError::NoPast`] if the storage keeps what came of the changes, but not the changes themselves; or if they
    /// cannot be read.
    fn retrace(&self, _study: StudyId, _look: &mut dyn FnMut(&Trials)) -> Result<(), StorageError> {
        Err(StorageError::NoPast { location: self.location() })
    }

    /// Finds running trials whose worker is known to be dead, and returns them to the queue (or fails them, after three
    /// deaths). Returns their numbers.
    ///
    /// # Errors
    /// If they cannot be written.
    fn recover(&self, study: StudyId) -> Result<Vec<u64>, StorageError>;

    /// Whether other processes may be at work on the same studies.
    fn is_shared(&self) -> bool {
        false
    }

    /// Whether another worker, known to be alive, is running a trial of the study: its end may be worth waiting for.
    ///
    /// # Errors
    /// If that cannot be found out.
    fn is_awaited(&self, _study: StudyId) -> Result<bool, StorageError> {
        Ok(false)
    }

    /// How often [`beat`](Self::beat) must be called while trials run; `None` where a dead worker is known without.
    ///
    /// A run of a study sees to it. Who asks for trials by hand and evaluates them for longer than this beats too, or notes them
    /// [`DETACHED`].
    fn heartbeat(&self) -> Option<Duration> {
        None
    }

    /// Shows that this worker is alive.
    ///
    /// # Errors
    /// If that cannot be written.
    fn beat(&self) -> Result<(), StorageError> {
        Ok(())
    }

    /// What messages call it: a URL without secrets.
    fn location(&self) -> String;
}

/// The storage of a URL or a path, as [`Location::parse`] reads it.
///
/// ```
/// let storage = hpo_core::storage::open("memory")?;
/// assert!(storage.studies()?.is_empty());
/// assert!(hpo_core::storage::open("ftp://example.org").is_err());
/// # Ok::<(), hpo_core::storage::StorageError>(())
/// ```
///
/// # Errors
/// [`StorageError::UnknownUrl`] for anything else, and what the storage itself says when it cannot be opened.
pub fn open(url: &str) -> Result<Arc<dyn Storage>, StorageError> {
    Location::parse(url)?.open()
}

/// A study's number in its storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StudyId(pub u64);

/// What to run next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A trial from the queue, now running.
    Queued(u64),
    /// A new trial, running, its parameters still to be sampled.
    New(u64),
    /// There are as many trials as were asked for.
    Enough,
}

impl Next {
    /// What comes next in a study, by one rule for all storages: trials that wait have not been taken, all others have.
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
