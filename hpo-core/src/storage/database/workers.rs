//! The worker of a process as a database needs it: it shows that it is alive, and knows which
//! others are.

use std::time::Duration;

use super::connection::Connection;
use crate::storage::StorageError;
use crate::storage::log::Liveness;

use super::guests::Signed;

/// This worker among the others.
pub(super) trait Workers: Liveness + Send + Sync {
    /// Returns the worker by its other trait.
    fn as_liveness(&self) -> &dyn Liveness;

    /// Returns the name of the worker in its lines.
    fn name(&self) -> &str;

    /// Returns true if a worker is known to be alive and is not this one.
    fn is_another_alive(&self, worker: &str) -> bool;

    /// Prepares a transaction before its requests are checked.
    fn prepare(
        &self,
        _connection: &mut dyn Connection,
        _requests: &[Signed],
    ) -> Result<(), StorageError> {
        Ok(())
    }

    /// Updates the list of live workers, if it is not known at all times.
    fn refresh_workers(&self, _connection: &mut dyn Connection) -> Result<(), StorageError> {
        Ok(())
    }

    /// Renews the lease of a guest.
    #[cfg(feature = "http")]
    fn renew_guest(&self, connection: &mut dyn Connection, guest: &str)
    -> Result<(), StorageError>;

    /// Gives each guest that is known already a whole lease: it could not renew its own while no
    /// server ran.
    #[cfg(feature = "http")]
    fn renew_known_guests(&self, _connection: &mut dyn Connection) -> Result<(), StorageError> {
        Ok(())
    }

    /// Returns the lease of guests.
    #[cfg(feature = "http")]
    fn guest_lease(&self) -> Duration;

    /// Returns the interval of heartbeats; `None` if none are needed.
    fn heartbeat(&self) -> Option<Duration> {
        None
    }

    /// Sends a heartbeat of this worker.
    fn send_heartbeat(&self, _connection: &mut dyn Connection) -> Result<(), StorageError> {
        Ok(())
    }

    /// Reports that this worker ends.
    fn deregister(&self, _connection: &mut dyn Connection) {}
}
