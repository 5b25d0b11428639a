//! Operations on a database that are tried again while it cannot be reached.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Database;
use super::connection::Connection;
use super::state::StudyState;
use crate::storage::StorageError;

/// The time for which a change is retried when the database is busy or unreachable.
const PATIENCE: Duration = Duration::from_secs(60);

impl Database {
    /// Retries for a minute an operation that fails for reasons that may pass.
    pub(super) fn patiently<T>(
        &self,
        connection: &mut Box<dyn Connection>,
        work: impl FnMut(&mut dyn Connection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        self.within_patience(PATIENCE, connection, work)
    }

    pub(super) fn within_patience<T>(
        &self,
        patience: Duration,
        connection: &mut Box<dyn Connection>,
        mut work: impl FnMut(&mut dyn Connection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let started = Instant::now();
        let mut pause = Duration::from_millis(5);
        loop {
            let error = match work(&mut **connection) {
                Err(error @ StorageError::Database { is_transient: true, .. }) => error,
                done => return done.map_err(|error| error.at(&self.location)),
            };
            tracing::warn!(%error, "trying again");
            let mut error = Some(error);
            while let Some(problem) = error {
                if started.elapsed() > patience || !problem.is_transient() {
                    return Err(problem);
                }
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_secs(2));
                error = self.reconnect(connection).err();
            }
        }
    }

    /// Connects again if necessary. Then a crashed server may have lost what was read and written
    /// here, unless it was on its disk.
    fn reconnect(&self, connection: &mut Box<dyn Connection>) -> Result<(), StorageError> {
        let epoch = connection.epoch();
        connection.reconnect()?;
        if connection.epoch() != epoch {
            self.doubtful.fetch_max(self.last.load(Ordering::Acquire), Ordering::AcqRel);
            self.states_mut().values_mut().for_each(StudyState::forget);
        }
        Ok(())
    }
}
