//! Storages: where trials live.
//!
//! A storage keeps studies, and for each of them the fold of its trials' events. The contract in words:
//!
//! - **Acknowledged is kept.** When [`Storage::record`] returns `Ok` for an end of a trial, that end survives the death of
//!   the process, and of the machine where the storage is on a disk.
//! - **One order.** All changes of a study stand in one order, the same for whoever reads them.
//! - **One judge.** Changes are refused by [`Trials::check`], before they are written.
//! - **Numbers are dense**, from 0, allotted before anything is sampled; a queued trial is taken exactly once.
//! - **Threads.** Every method may be called from any thread, and from other processes where the storage is shared.

mod journal;
mod memory;
mod optuna;

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value as Json;

pub use journal::Journal;
pub use memory::Memory;

use crate::trial::{Attributes, Direction, Event, NewTrial, Param, Rejected, Scope, Trials};

/// The system attribute that counts a trial's dead workers since its last checkpoint.
pub(crate) const DEATHS: &str = "hpo:deaths";

/// Where trials live.
pub trait Storage: Debug + Send + Sync {
    /// Makes a study.
    ///
    /// # Errors
    /// [`StorageError::StudyExists`] if there is one of this name.
    fn create_study(&self, name: &str, directions: &[Direction]) -> Result<StudyId, StorageError>;

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

    /// What messages call it: a URL without secrets.
    fn location(&self) -> String;
}

/// The storage of a URL: `memory`, or `journal:PATH`.
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
    match url.split_once(':') {
        None if url == "memory" => Ok(Arc::new(Memory::new())),
        Some(("journal", path)) if !path.is_empty() => Ok(Arc::new(Journal::open(path)?)),
        _ => Err(StorageError::UnknownUrl { url: url.to_owned() }),
    }
}

/// What comes next in a study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// This queued trial.
    Queued(u64),
    /// A new one.
    New,
    /// Nothing: there are enough.
    Enough,
}

/// What comes next, by one rule for all storages: trials that wait have not been taken, all others have.
fn turn(trials: &Trials, most: Option<u64>) -> Turn {
    let waiting = trials.waiting();
    let taken = trials.len() - waiting.len() as u64;
    match (most, waiting.first()) {
        (Some(most), _) if taken >= most => Turn::Enough,
        (_, Some(number)) => Turn::Queued(*number),
        _ => Turn::New,
    }
}

/// A study's number in its storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StudyId(pub u64);

/// What a storage knows of a study, its trials apart.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyRecord {
    /// Its number.
    pub id: StudyId,
    /// Its name, unique in the storage.
    pub name: String,
    /// One direction an objective.
    pub directions: Vec<Direction>,
    /// Notes on it.
    pub attributes: Attributes,
}

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

/// What can go wrong with a storage.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The operating system refused.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried: "open", "append", ...
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that is not what it should be.
    #[error("{}, line {line}: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The rules for trials forbid the change.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// No study of this number or name.
    #[error("there is no study {study} in {location}")]
    NoSuchStudy {
        /// Its number or name.
        study: String,
        /// The storage.
        location: String,
    },
    /// A study of this name exists.
    #[error("there is a study `{name}` in {location} already: open it, or choose another name")]
    StudyExists {
        /// The name.
        name: String,
        /// The storage.
        location: String,
    },
    /// The storage does not know how its trials came to be as they are.
    #[error(
        "{location} keeps trials as they are, not how they came to be: a study that is to be replayed has to live on a disk, as in `journal:PATH`"
    )]
    NoPast {
        /// The storage.
        location: String,
    },
    /// Not a storage URL.
    #[error("`{url}` is not a storage: write `memory`, or `journal:PATH`")]
    UnknownUrl {
        /// The text given.
        url: String,
    },
}
