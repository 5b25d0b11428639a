//! What can go wrong with a storage.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::terminal::one_line;
use crate::trial::Rejected;

/// An error of the system on a file.
pub(super) fn io_error(path: &Path, action: &'static str, source: std::io::Error) -> StorageError {
    StorageError::Io { path: path.to_owned(), action, source: Arc::new(source) }
}

/// What can go wrong with a storage.
#[derive(Clone, Debug, thiserror::Error)]
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
        source: Arc<std::io::Error>,
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
    pub(super) fn at(mut self, place: &str) -> Self {
        if let StorageError::Schema { location, .. }
        | StorageError::Damaged { location, .. }
        | StorageError::NoSuchStudy { location, .. } = &mut self
            && location.is_empty()
        {
            place.clone_into(location);
        }
        self
    }
}
