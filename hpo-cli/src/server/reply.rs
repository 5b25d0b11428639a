//! Answers of the server, and errors with their remedies.

use hpo_core::storage::{Refusal, StorageError};
use hyper::body::Bytes;
use serde_json::{Value as Json, json};
use tokio::sync::mpsc::Receiver;

/// The type of JSON.
pub(super) const JSON: &str = "application/json";

/// The answer to a request.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
    /// The content security policy of a page.
    pub(super) policy: Option<String>,
    /// True if the answer never changes, so that browsers may keep it.
    pub(super) is_fixed: bool,
    /// Pieces that are sent after the body, as they come.
    pub(super) stream: Option<Receiver<Bytes>>,
}

impl Reply {
    /// Makes an answer that contains JSON.
    pub(super) fn json(value: &Json) -> Self {
        Self::bytes(JSON, value.to_string().into_bytes())
    }

    /// Answers with bytes of a type.
    pub(super) fn bytes(content_type: &'static str, body: Vec<u8>) -> Self {
        Self { status: 200, content_type, body, policy: None, is_fixed: false, stream: None }
    }
}

/// A request that is not carried out: the status, and what to do.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) status: u16,
    pub(super) error: String,
    pub(super) remedy: String,
    /// The path of the parameter that is wrong.
    pub(super) field: Option<String>,
}

impl Problem {
    pub(super) fn new(status: u16, error: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { status, error: error.into(), remedy: remedy.into(), field: None }
    }

    /// Returns the problem as the body of an answer.
    pub(super) fn body(&self) -> Vec<u8> {
        let mut body = json!({ "error": self.error, "remedy": self.remedy });
        if let Some(field) = &self.field {
            body["field"] = json!(field);
        }
        body.to_string().into_bytes()
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        let body = problem.body();
        Self { status: problem.status, ..Self::bytes(JSON, body) }
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        Self { status: refusal.status, ..Self::bytes(JSON, refusal.body) }
    }
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        let (status, remedy) = match &error {
            StorageError::NoSuchStudy { .. } => (404, "list the studies at /api/v1/studies"),
            StorageError::StudyExists { .. } => (409, "open it, or choose another name"),
            StorageError::State(_) => (409, "read the trial again: another change came first"),
            StorageError::Database { is_transient: true, .. } => (503, "try again after a while"),
            _ => (500, "look at the storage of the server"),
        };
        Self::new(status, error.to_string(), remedy)
    }
}

impl From<anyhow::Error> for Problem {
    /// Errors of the storage have a status of their own; all others are those of the request.
    fn from(error: anyhow::Error) -> Self {
        let stored = error.chain().find_map(|cause| {
            cause.downcast_ref::<StorageError>().or_else(|| {
                match cause.downcast_ref::<hpo_core::Error>() {
                    Some(hpo_core::Error::Storage(stored)) => Some(stored),
                    _ => None,
                }
            })
        });
        match stored {
            Some(stored) => stored.clone().into(),
            None => Self::new(400, format!("{error:#}"), "see docs/serve.md for the requests"),
        }
    }
}
