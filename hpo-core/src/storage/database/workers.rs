//! What a database asks of the worker that uses it: to show that it is alive, and to know who else is.

use std::time::Duration;

use super::connection::Connection;
use crate::storage::StorageError;
use crate::storage::log::{Liveness, TrialRequest};

/// This worker among the others.
pub(super) trait Workers: Liveness + Send + Sync {
    /// The same by its other trait.
    fn as_liveness(&self) -> &dyn Liveness;

    /// What its lines call it.
    fn name(&self) -> &str;

    /// Whether a worker is known to be alive, and another one than this.
    fn is_another_alive(&self, worker: &str) -> bool;

    /// Does within a change what has to be done before its wishes are judged.
    fn prepare(&self, _connection: &mut dyn Connection, _wishes: &[TrialRequest]) -> Result<(), StorageError> {
        Ok(())
    }

    /// Learns who is alive, where that does not show at once.
    fn meet(&self, _connection: &mut dyn Connection) -> Result<(), StorageError> {
        Ok(())
    }

    /// How often it is to show that it is alive.
    fn heartbeat(&self) -> Option<Duration> {
        None
    }

    /// Shows it.
    fn beat(&self, _connection: &mut dyn Connection) -> Result<(), StorageError> {
        Ok(())
    }

    /// Says that it ends.
    fn leave(&self, _connection: &mut dyn Connection) {}
}
