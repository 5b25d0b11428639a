//! Detection of dead workers on one machine.
//!
//! Each open storage that runs trials holds a lock on a file of its own, `STORAGE.workers/NAME`,
//! and its records carry this name. The system releases the lock when the process dies, however it
//! dies. So a dead worker is known at once, without process numbers, clocks or time limits.
//! Optuna's workers have no such file, so nothing is known about them.
//!
//! A guest is a worker on any machine that reaches the storage through a server. Its file has no
//! lock but a lease: it survives the server, and a server that starts again finds the guests as
//! they were.

use std::collections::HashMap;
use std::fmt::Debug;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use rand::Rng as _;

use crate::storage::lease::{BEATS, LEASE};
use crate::storage::{StorageError, io_error};
use crate::sync::{get_mut, lock};

/// Knowledge of the workers that are alive.
pub(in crate::storage) trait Liveness: Debug {
    /// Shows that the worker `by`, this one or a guest, is alive, before its first trial.
    fn renew(&self, by: &str) -> Result<(), StorageError>;

    /// Returns true if a worker has died. The own worker never has.
    fn is_dead(&self, worker: &str) -> bool;

    /// Removes the files or rows of dead workers.
    fn clean(&self) {}
}

/// The prefix of the name of each worker of this library.
pub(in crate::storage) const PREFIX: &str = "hpo-";

/// The prefix of the name of each worker that reaches the storage through a server.
pub(in crate::storage) const GUEST: &str = "hpo-guest-";

/// Returns the name of a worker without the number of its request, which guests add after a colon.
pub(in crate::storage) fn name_of(worker: &str) -> &str {
    worker.split(':').next().unwrap_or(worker)
}

/// Returns the name of a guest; `None` for a worker that opened the storage itself.
pub(in crate::storage) fn guest(worker: &str) -> Option<&str> {
    worker.starts_with(GUEST).then(|| name_of(worker))
}

/// Returns true if a worker belongs to this library.
pub(in crate::storage) fn is_ours(worker: &str) -> bool {
    worker.starts_with(PREFIX)
}

/// The worker of this process: one open storage.
#[derive(Debug)]
pub(in crate::storage) struct Worker {
    /// The name of the worker in its records.
    pub(in crate::storage) name: String,
    folder: PathBuf,
    lock_file: Mutex<Option<File>>,
    lease: Duration,
    /// The guests of this process, with the times of their last signs of life.
    guests: Mutex<HashMap<String, Instant>>,
}

impl Worker {
    pub(in crate::storage) fn new(storage: &Path) -> Self {
        let mut folder = storage.as_os_str().to_owned();
        folder.push(".workers");
        Self {
            name: format!("{PREFIX}{:016x}", rand::rng().next_u64()),
            folder: folder.into(),
            lock_file: Mutex::new(None),
            lease: LEASE,
            guests: Mutex::default(),
        }
    }

    /// Sets the lease of the guests of this process, and gives each guest that is known already a
    /// whole one: it could not renew its own while no server ran.
    #[cfg(feature = "http")]
    pub(in crate::storage) fn hosting(mut self, lease: Duration) -> Self {
        self.lease = lease;
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for name in entries.filter_map(|entry| entry.file_name().into_string().ok()) {
            if let Some(guest) = guest(&name)
                && let Err(error) = self.renew_guest(guest)
            {
                tracing::warn!(%error, "a client of the server before has no new lease");
            }
        }
        self
    }

    /// Returns the lease of the guests of this process.
    #[cfg(feature = "http")]
    pub(in crate::storage) fn lease(&self) -> Duration {
        self.lease
    }

    /// Renews the lease of a guest: the time of change of its file is the end of the lease. So
    /// every process of the machine can tell if the guest is alive, also after this one has died.
    pub(in crate::storage) fn renew_guest(&self, guest: &str) -> Result<(), StorageError> {
        let mut guests = lock(&self.guests);
        if guests.get(guest).is_some_and(|renewed| renewed.elapsed() < self.lease / BEATS / 2) {
            return Ok(());
        }
        let path = self.folder.join(guest);
        let failed = |source| io_error(&path, "renew the lease", source);
        fs::create_dir_all(&self.folder).map_err(failed)?;
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        file.set_modified(SystemTime::now() + self.lease).map_err(failed)?;
        guests.insert(guest.to_owned(), Instant::now());
        Ok(())
    }

    /// Returns true if a worker of this library is alive and is not this one.
    pub(in crate::storage) fn is_another_alive(&self, worker: &str) -> bool {
        is_ours(worker) && worker != self.name && !is_abandoned(&self.folder.join(name_of(worker)))
    }
}

impl Liveness for Worker {
    /// Called under the lock of the storage, as is [`clean`](Self::clean). Otherwise a file that is
    /// created but not yet locked could be taken for a dead worker's.
    fn renew(&self, by: &str) -> Result<(), StorageError> {
        if let Some(guest) = guest(by) {
            return self.renew_guest(guest);
        }
        let mut lock_file = lock(&self.lock_file);
        if lock_file.is_some() {
            return Ok(());
        }
        let path = self.folder.join(&self.name);
        let failed = |source| io_error(&path, "make the worker's file", source);
        fs::create_dir_all(&self.folder).map_err(failed)?;
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(failed)?;
        file.lock().map_err(failed)?;
        *lock_file = Some(file);
        Ok(())
    }

    fn is_dead(&self, worker: &str) -> bool {
        is_ours(worker) && worker != self.name && is_abandoned(&self.folder.join(name_of(worker)))
    }

    fn clean(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default();
            if name != self.name.as_str() && is_abandoned(&path) {
                // It does not matter if the file is gone already.
                let _ = fs::remove_file(path);
            }
        }
        // This fails if others use the folder, since it is not empty then.
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Returns true if the file does not exist, or no process holds its lock. The file of a guest has
/// no lock: its time of change is the end of the lease.
fn is_abandoned(path: &Path) -> bool {
    if path.file_name().and_then(|name| name.to_str()).is_some_and(|name| guest(name).is_some()) {
        let expires = fs::metadata(path).and_then(|metadata| metadata.modified());
        let is_missing = |error: std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
        return expires.map_or_else(is_missing, |expires| expires < SystemTime::now());
    }
    match OpenOptions::new().write(true).open(path) {
        Ok(file) => !matches!(file.try_lock(), Err(TryLockError::WouldBlock)),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let lock_file = get_mut(&mut self.lock_file);
        if lock_file.take().is_some() {
            // Removing the folder fails if others use it, since it is not empty then.
            let _ = fs::remove_file(self.folder.join(&self.name));
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

#[cfg(all(test, feature = "http"))]
mod tests {
    use super::*;

    const LATE: &str = "hpo-guest-00000000000000aa";

    #[test]
    fn a_guest_that_found_no_server_for_its_whole_lease_is_alive_when_one_starts() {
        let folder = std::env::temp_dir().join(format!("hpo-guests-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let storage = folder.join("journal");
        let lease = Duration::from_millis(50);
        let before = Worker::new(&storage).hosting(lease);
        before.renew_guest(LATE).unwrap();
        std::thread::sleep(Duration::from_millis(100));
        assert!(before.is_dead(LATE));
        let next = Worker::new(&storage).hosting(Duration::from_secs(60));
        assert!(!next.is_dead(LATE) && next.is_another_alive(LATE));
        assert!(next.is_dead("hpo-guest-00000000000000bb"), "it has no file");
        fs::remove_dir_all(folder).unwrap();
    }
}
