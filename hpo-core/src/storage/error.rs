//! The error type of storages.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::terminal::one_line;
use crate::trial::StateError;

/// Makes the error of a file operation that the system refused.
pub(super) fn io_error(path: &Path, action: &'static str, source: std::io::Error) -> StorageError {
    StorageError::Io { path: path.to_owned(), action, source: Arc::new(source) }
}

/// An error of a storage.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The operating system refused a file operation.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The action that failed: "open", "append", ...
        action: &'static str,
        /// The error of the operating system.
        source: Arc<std::io::Error>,
    },
    /// A file has invalid contents.
    #[error("{}, line {line}: {reason}", path.display(), reason = one_line(reason))]
    Corrupt {
        /// The path of the file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: u64,
        /// The problem of the line, and what to do.
        reason: String,
    },
    /// A storage has lost data that this process had read: it was cut short or overwritten while it
    /// was open.
    #[error("{location} has lost data: {problem}; end all programs that use it, and \
        restore it from a copy", problem = one_line(problem))]
    Lost {
        /// The location of the storage.
        location: String,
        /// The observation that shows the loss.
        problem: String,
    },
    /// The rules for trials forbid the change.
    #[error(transparent)]
    State(#[from] StateError),
    /// No study has this number or name.
    #[error("there is no study {study} in {location}", study = one_line(study))]
    NoSuchStudy {
        /// The number or name of the study.
        study: String,
        /// The location of the storage.
        location: String,
    },
    /// A study of this name exists already.
    #[error(
        "there is a study `{name}` in {location} already: open it, or choose another name",
        name = one_line(name)
    )]
    StudyExists {
        /// The name of the study.
        name: String,
        /// The location of the storage.
        location: String,
    },
    /// A database refused a statement, or cannot be reached.
    #[error("{location}: cannot {action}: {problem}", problem = one_line(problem))]
    Database {
        /// The location of the storage, without secrets.
        location: String,
        /// The action that failed: "connect", "write", ...
        action: &'static str,
        /// The error message of the database.
        problem: String,
        /// True if the same action may succeed later. It has been retried for a while.
        is_transient: bool,
    },
    /// The tables of a database have another version.
    #[error("{location}: the tables are of version {found}, this library knows {expected}: \
        {remedy}", found = one_line(found))]
    Schema {
        /// The location of the storage, without secrets.
        location: String,
        /// The version of the tables.
        found: String,
        /// The version that this library knows.
        expected: String,
        /// The action to take.
        remedy: &'static str,
    },
    /// A row of a database is damaged.
    #[error("row {row} of the table {table} is damaged: {reason}; restore the database {location} \
        from a copy", reason = one_line(reason))]
    CorruptRow {
        /// The location of the storage, without secrets.
        location: String,
        /// The name of the table.
        table: &'static str,
        /// The number of the row, or of its trial.
        row: i64,
        /// The problem of the row.
        reason: String,
    },
    /// The program was built without this storage.
    #[error(
        "this program was built without {feature}: add it to the features of hpo-core in Cargo.toml"
    )]
    FeatureDisabled {
        /// The feature of the library to enable.
        feature: &'static str,
    },
    /// The storage keeps only the present state of its trials, not their changes.
    #[error(
        "{location} keeps trials but not their history: to replay a study, keep it in a journal or \
         a database"
    )]
    HistoryNotKept {
        /// The location of the storage.
        location: String,
    },
    /// The text is not the URL of a storage.
    #[error("`{url}` is not a storage: {remedy}", url = one_line(url))]
    UnknownUrl {
        /// The text, without what may be a password.
        url: String,
        /// The text to write instead.
        remedy: String,
    },
}

impl StorageError {
    /// Returns true if the same request may succeed when it is made again.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, StorageError::Database { is_transient: true, .. })
    }

    /// Adds the location of the storage, if the code that found the error did not know it.
    #[cfg(any(feature = "sqlite", feature = "postgres", feature = "http"))]
    pub(super) fn at(mut self, place: &str) -> Self {
        if let StorageError::Schema { location, .. }
        | StorageError::CorruptRow { location, .. }
        | StorageError::NoSuchStudy { location, .. } = &mut self
            && location.is_empty()
        {
            place.clone_into(location);
        }
        self
    }
}
