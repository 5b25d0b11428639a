//! Guests: workers on other machines, for whom a server writes to the database.

use std::sync::Arc;
#[cfg(feature = "http")]
use std::time::Duration;

use super::Database;
#[cfg(feature = "http")]
use crate::storage::StorageError;
#[cfg(feature = "http")]
use crate::storage::log::GuestBackend;
use crate::storage::log::TrialRequest;
use crate::sync;

/// A change of trials and the guest for whom it is made; `None` for this worker.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) request: TrialRequest,
    pub(super) by: Option<Arc<str>>,
}

impl Database {
    /// Makes the folds of all studies keep their lines. Lines need the log, so the tables are
    /// created.
    #[cfg(feature = "http")]
    pub(in crate::storage) fn keeping_lines(mut self) -> Result<Self, StorageError> {
        self.keeps_lines = true;
        self.patiently(&mut self.writer(), |connection| {
            self.adopt(connection)?;
            self.worker.renew_known_guests(connection)?;
            connection.send()
        })?;
        Ok(self)
    }

    /// Returns true if the lines of a row are of this worker or of a guest of it.
    pub(super) fn has_written(&self, lines: &str) -> bool {
        let guests = sync::lock(&self.guests);
        let own = format!("\"{}\"", self.worker.name());
        lines.contains(&own) || guests.iter().any(|guest| lines.contains(&format!("\"{guest}:")))
    }

    /// Remembers a guest, so that its rows are known to be of this process.
    pub(super) fn greet(&self, guest: &str) {
        let mut guests = sync::lock(&self.guests);
        if !guests.contains(guest) {
            guests.insert(guest.to_owned());
        }
    }
}

#[cfg(feature = "http")]
impl GuestBackend for Database {
    fn renew_guest(&self, guest: &str) -> Result<(), StorageError> {
        self.patiently(&mut self.reader(), |connection| {
            self.worker.renew_guest(connection, guest)?;
            connection.send()
        })
    }

    fn guest_lease(&self) -> Duration {
        self.worker.guest_lease()
    }
}
