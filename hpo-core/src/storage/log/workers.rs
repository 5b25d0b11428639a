//! Detection of dead workers on one machine.
//!
//! Each open storage that runs trials holds a lock on a file of its own, `STORAGE.workers/NAME`,
//! and its records carry this name. The system releases the lock when the process dies, however it
//! dies. So a dead worker is known at once, without process numbers, clocks or time limits.
//! Optuna's workers have no such file, so nothing is known about them.

use std::fmt::Debug;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rand::Rng as _;

use crate::storage::{StorageError, io_error};
use crate::sync::{get_mut, lock};

/// Knowledge of the workers that are alive.
pub(in crate::storage) trait Liveness: Debug {
    /// Shows that this worker is alive, before its first trial.
    fn renew(&self) -> Result<(), StorageError>;

    /// Returns true if a worker has died. The own worker never has.
    fn is_dead(&self, worker: &str) -> bool;

    /// Removes the files or rows of dead workers.
    fn clean(&self) {}
}

/// The prefix of the name of each worker of this library.
pub(in crate::storage) const PREFIX: &str = "hpo-";

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
}

impl Worker {
    pub(in crate::storage) fn new(storage: &Path) -> Self {
        let mut folder = storage.as_os_str().to_owned();
        folder.push(".workers");
        Self {
            name: format!("{PREFIX}{:016x}", rand::rng().next_u64()),
            folder: folder.into(),
            lock_file: Mutex::new(None),
        }
    }

    /// Returns true if a worker of this library is alive and is not this one.
    pub(in crate::storage) fn is_another_alive(&self, worker: &str) -> bool {
        is_ours(worker) && worker != self.name && !is_abandoned(&self.folder.join(worker))
    }
}

impl Liveness for Worker {
    /// Called under the lock of the storage, as is [`clean`](Self::clean). Otherwise a file that is
    /// created but not yet locked could be taken for a dead worker's.
    fn renew(&self) -> Result<(), StorageError> {
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
        is_ours(worker) && worker != self.name && is_abandoned(&self.folder.join(worker))
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

/// Returns true if no process holds the lock of the file, or it does not exist.
fn is_abandoned(path: &Path) -> bool {
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
