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
mod journal;
mod location;
mod log;
mod memory;
mod optuna;
mod redact;

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;

pub use creation::{NewStudy, Step};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use database::Database;
pub use journal::Journal;
pub use location::Location;
pub use memory::Memory;
pub use redact::{redacted, redacted_text};

use crate::numeric::crc32;
use crate::terminal::one_line;
use crate::trial::{Attributes, Direction, Event, NewTrial, Param, Rejected, Scope, Trials};

/// The system attribute that counts a trial's dead workers since its last checkpoint.
pub(crate) const DEATHS: &str = "hpo:deaths";

/// The system attribute, `true`, of a running trial whose evaluation outlives the process that asked for it: the end of that
/// process is not the death of its worker.
pub const DETACHED: &str = "hpo:detached";

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

pub(crate) use optuna::push_moment;

/// The study attribute that holds the names of the values; Optuna's.
pub(crate) const METRIC_NAMES: &str = "study:metric_names";

/// The study attribute that tells a study from all others, of whatever name. It moves with the study to another storage; no two
/// studies of one storage keep the same.
pub const IDENTITY: &str = "hpo:id";

/// A new [identity](IDENTITY) for a study of this name.
#[must_use]
pub fn new_identity(name: &str) -> String {
    format!("{:08x}-{:016x}", crc32(name.as_bytes()), rand::random::<u64>())
}

impl StudyRecord {
    /// What tells it from all other studies: letters, digits and hyphens that may name a file. `None` if nobody has given it one.
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        let noted = self.attributes.system.get(IDENTITY)?.as_str()?;
        let is_plain = noted.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (is_plain && (1..=64).contains(&noted.len())).then_some(noted)
    }

    /// What the values are called, one name an objective, where somebody has said it; Optuna's `set_metric_names` says it too.
    #[must_use]
    pub fn metric_names(&self) -> Vec<String> {
        let noted = self.attributes.system.get(METRIC_NAMES);
        let names: Option<Vec<String>> = noted.and_then(|names| serde_json::from_value(names.clone()).ok());
        names.filter(|names| names.len() == self.directions.len()).unwrap_or_default()
    }
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

/// An error of the system on a file.
fn io_error(path: &Path, action: &'static str, source: std::io::Error) -> StorageError {
    StorageError::Io { path: path.to_owned(), action, source }
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
    #[error("{}, line {line}: {reason}", path.display(), reason = one_line(reason))]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// A storage that has lost what this process had read of it: it was cut short or overwritten while it was open.
    #[error("{location} has lost what was in it: {problem}; end all programs that use it, and restore it from a copy", problem = one_line(problem))]
    Lost {
        /// The storage.
        location: String,
        /// What shows it.
        problem: String,
    },
    /// The rules for trials forbid the change.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// No study of this number or name.
    #[error("there is no study {study} in {location}", study = one_line(study))]
    NoSuchStudy {
        /// Its number or name.
        study: String,
        /// The storage.
        location: String,
    },
    /// A study of this name exists.
    #[error("there is a study `{name}` in {location} already: open it, or choose another name", name = one_line(name))]
    StudyExists {
        /// The name.
        name: String,
        /// The storage.
        location: String,
    },
    /// A database refused, or cannot be reached.
    #[error("{location}: cannot {action}: {problem}", problem = one_line(problem))]
    Database {
        /// The storage, without secrets.
        location: String,
        /// What was tried: "connect", "write", ...
        action: &'static str,
        /// What the database said.
        problem: String,
        /// Whether the same may work later: it was tried for a while.
        is_transient: bool,
    },
    /// A database whose tables are of another version.
    #[error("{location}: the tables are of version {found}, this library knows {expected}: {remedy}", found = one_line(found))]
    Schema {
        /// The storage, without secrets.
        location: String,
        /// The version found.
        found: String,
        /// The version known.
        expected: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A row of a database's log that makes no sense.
    #[error("row {row} of the table {table} is damaged: {reason}; restore the database {location} from a copy", reason = one_line(reason))]
    Damaged {
        /// The storage, without secrets.
        location: String,
        /// The table.
        table: &'static str,
        /// Its number, or that of its trial.
        row: i64,
        /// What is wrong with it.
        reason: String,
    },
    /// A storage that this build leaves out.
    #[error("this program was built without {feature}: add it to the features of hpo-core in Cargo.toml")]
    LeftOut {
        /// The feature of the library.
        feature: &'static str,
    },
    /// The storage does not know how its trials came to be as they are.
    #[error(
        "{location} keeps trials as they are, not how they came to be: a study that is to be replayed has to live in a journal or a database"
    )]
    NoPast {
        /// The storage.
        location: String,
    },
    /// Not a storage URL.
    #[error("`{url}` is not a storage: {remedy}", url = one_line(url))]
    UnknownUrl {
        /// The text given, without what may be a password.
        url: String,
        /// What to write instead.
        remedy: String,
    },
}

impl StorageError {
    /// The same error with the storage's name, where whoever found it did not know that.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    fn at(mut self, place: &str) -> Self {
        if let StorageError::Schema { location, .. }
        | StorageError::Damaged { location, .. }
        | StorageError::NoSuchStudy { location, .. } = &mut self
            && location.is_empty()
        {
            place.clone_into(location);
        }
        self
    }

    /// The same error for another caller.
    fn again(&self) -> Self {
        match self {
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
            StorageError::Lost { location, problem } => {
                StorageError::Lost { location: location.clone(), problem: problem.clone() }
            }
            StorageError::Rejected(rejected) => StorageError::Rejected(rejected.clone()),
            StorageError::NoSuchStudy { study, location } => {
                StorageError::NoSuchStudy { study: study.clone(), location: location.clone() }
            }
            StorageError::StudyExists { name, location } => {
                StorageError::StudyExists { name: name.clone(), location: location.clone() }
            }
            StorageError::Database { location, action, problem, is_transient } => StorageError::Database {
                location: location.clone(),
                action,
                problem: problem.clone(),
                is_transient: *is_transient,
            },
            StorageError::Schema { location, found, expected, remedy } => StorageError::Schema {
                location: location.clone(),
                found: found.clone(),
                expected: expected.clone(),
                remedy,
            },
            StorageError::Damaged { location, table, row, reason } => {
                StorageError::Damaged { location: location.clone(), table, row: *row, reason: reason.clone() }
            }
            StorageError::LeftOut { feature } => StorageError::LeftOut { feature },
            StorageError::NoPast { location } => StorageError::NoPast { location: location.clone() },
            StorageError::UnknownUrl { url, remedy } => {
                StorageError::UnknownUrl { url: url.clone(), remedy: remedy.clone() }
            }
        }
    }
}
