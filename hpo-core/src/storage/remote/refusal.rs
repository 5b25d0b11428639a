//! Errors as a server answers them.

use std::fmt;

use serde::Serialize;

use super::wire::{Cause, WireError};
use crate::storage::StorageError;

/// A request that was not carried out, as the server answers it.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The status of HTTP.
    pub status: u16,
    /// The error as JSON: an object with `error` and `remedy`.
    pub body: Vec<u8>,
}

/// Returns a value as the bytes of JSON.
pub(super) fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("all keys are text")
}

impl Refusal {
    pub(super) fn bad(problem: impl fmt::Display) -> Self {
        let error = WireError {
            error: format!("this is not a request: {problem}"),
            remedy: "use a client and a server of the same version".to_owned(),
            cause: None,
        };
        Self { status: 400, body: json(&error) }
    }

    pub(super) fn is_transient(&self) -> bool {
        self.status == 503
    }
}

impl From<StorageError> for Refusal {
    fn from(error: StorageError) -> Self {
        let cause = Cause::of(&error);
        let (status, remedy) = match &cause {
            Some(Cause::State(_)) => (409, "read the trial again: another change came first"),
            Some(Cause::NoSuchStudy(_)) => (404, "list the studies, and create it if it is new"),
            Some(Cause::StudyExists(_)) => (409, "open it, or choose another name"),
            Some(Cause::Transient) => (503, "try again after a while"),
            _ => (500, "look at the storage of the server"),
        };
        let error = WireError { error: error.to_string(), remedy: remedy.to_owned(), cause };
        Self { status, body: json(&error) }
    }
}
