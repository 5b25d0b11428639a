//! The storage of a study, as a program names it.

use std::sync::Arc;

use crate::error::Result;
use crate::storage::{self, Storage};

/// A storage, either open or given by its URL. It is displayed without its password.
#[derive(Clone)]
pub enum Source {
    /// A URL or a path, as [`Location::parse`](storage::Location::parse) reads it.
    Url(String),
    /// A storage that is open already.
    Open(Arc<dyn Storage>),
}

impl Source {
    /// Opens the storage, if it is not open.
    pub(super) fn open(&self) -> Result<Arc<dyn Storage>> {
        Ok(match self {
            Source::Url(url) => storage::open(url)?,
            Source::Open(storage) => Arc::clone(storage),
        })
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Url(url) => f.debug_tuple("Url").field(&storage::redacted(url)).finish(),
            Source::Open(storage) => f.debug_tuple("Open").field(storage).finish(),
        }
    }
}

impl From<&str> for Source {
    fn from(url: &str) -> Self {
        Source::Url(url.to_owned())
    }
}

impl From<String> for Source {
    fn from(url: String) -> Self {
        Source::Url(url)
    }
}

impl From<Arc<dyn Storage>> for Source {
    fn from(storage: Arc<dyn Storage>) -> Self {
        Source::Open(storage)
    }
}

impl<S: Storage + 'static> From<Arc<S>> for Source {
    fn from(storage: Arc<S>) -> Self {
        Source::Open(storage)
    }
}
