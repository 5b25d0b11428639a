//! The worker of an open journal among the others: on one machine, or on several.

use std::path::Path;
use std::time::Duration;

use super::heartbeats::Heartbeats;
use super::sharing::Sharing;
use crate::storage::StorageError;
use crate::storage::log::{Liveness, Worker};

/// The worker of this process, by the way in which others notice its death.
#[derive(Debug)]
pub(super) enum Presence {
    /// By the lock on its file, which the system releases.
    Local(Worker),
    /// By heartbeats that end.
    Shared(Heartbeats),
}

impl Presence {
    pub(super) fn new(storage: &Path, sharing: Sharing) -> Self {
        if sharing.spans_machines() {
            Self::Shared(Heartbeats::new(storage, sharing.lease))
        } else {
            Self::Local(Worker::new(storage))
        }
    }

    /// Returns the worker of a server, whose guests have this lease.
    #[cfg(feature = "http")]
    pub(super) fn host(storage: &Path, lease: Duration) -> Self {
        Self::Local(Worker::new(storage).hosting(lease))
    }

    /// Shows that a guest is alive. Only the journal of a server has guests.
    #[cfg(feature = "http")]
    pub(super) fn renew_guest(&self, guest: &str) -> Result<(), StorageError> {
        match self {
            Self::Local(worker) => worker.renew_guest(guest),
            Self::Shared(_) => Ok(()),
        }
    }

    /// Returns the time after which a guest without a sign of life is taken to be dead.
    #[cfg(feature = "http")]
    pub(super) fn guest_lease(&self) -> Duration {
        match self {
            Self::Local(worker) => worker.lease(),
            Self::Shared(heartbeats) => heartbeats.lease,
        }
    }

    /// Returns the name of the worker in its lines.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Local(worker) => &worker.name,
            Self::Shared(heartbeats) => &heartbeats.name,
        }
    }

    pub(super) fn as_liveness(&self) -> &dyn Liveness {
        match self {
            Self::Local(worker) => worker,
            Self::Shared(heartbeats) => heartbeats,
        }
    }

    pub(super) fn is_another_alive(&self, worker: &str) -> bool {
        match self {
            Self::Local(own) => own.is_another_alive(worker),
            Self::Shared(heartbeats) => heartbeats.is_another_alive(worker),
        }
    }

    /// Returns the interval of heartbeats; `None` if none are needed.
    pub(super) fn interval(&self) -> Option<Duration> {
        match self {
            Self::Local(_) => None,
            Self::Shared(heartbeats) => Some(heartbeats.interval()),
        }
    }

    pub(super) fn beat(&self) -> Result<(), StorageError> {
        match self {
            Self::Local(_) => Ok(()),
            Self::Shared(heartbeats) => heartbeats.beat(),
        }
    }
}
