//! Which workers of one machine are alive.
//!
//! Each open storage that runs trials holds a lock on a file of its own, `STORAGE.workers/NAME`, and its name stands in
//! its records. The system lets go of the lock when the process dies, however it dies: so a dead worker is known at once,
//! without process numbers, clocks or time limits. Optuna's workers have no such file, and nothing is said of them.

use std::fmt::Debug;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rand::Rng as _;

use crate::storage::{StorageError, io_error};

/// Tells which workers are alive.
pub(in crate::storage) trait Liveness: Debug {
    /// Shows this worker to be alive, before its first trial.
    fn renew(&self) -> Result<(), StorageError>;

    /// Whether a worker has died. Itself, it has not.
    fn is_dead(&self, worker: &str) -> bool;

    /// Removes what dead workers have left.
    fn clean(&self) {}
}

/// How the name of each worker of this library begins.
pub(in crate::storage) const PREFIX: &str = "hpo-";

/// Whether a worker's name is one of this library's.
pub(in crate::storage) fn is_ours(worker: &str) -> bool {
    worker.starts_with(PREFIX)
}

/// This worker: one open storage.
#[derive(Debug)]
pub(in crate::storage) struct Worker {
    /// What its records call it.
    pub(in crate::storage) name: String,
    folder: PathBuf,
    held: Mutex<Option<File>>,
}

impl Worker {
    pub(in crate::storage) fn new(storage: &Path) -> Self {
        let mut folder = storage.as_os_str().to_owned();
        folder.push(".workers");
        Self { name: format!("{PREFIX}{:016x}", rand::rng().next_u64()), folder: folder.into(), held: Mutex::new(None) }
    }

    /// Whether a worker of this library is alive, and another one than this.
    pub(in crate::storage) fn is_another_alive(&self, worker: &str) -> bool {
        is_ours(worker) && worker != self.name && !is_left(&self.folder.join(worker))
    }
}

impl Liveness for Worker {
    /// Called under the lock of the storage, as is [`clean`](Self::clean), so that no file is taken for a dead worker's between its
    /// birth and its lock.
    fn renew(&self) -> Result<(), StorageError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_some() {
            return Ok(());
        }
        let path = self.folder.join(&self.name);
        let failed = |source| io_error(&path, "make the worker's file", source);
        fs::create_dir_all(&self.folder).map_err(failed)?;
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(failed)?;
        file.lock().map_err(failed)?;
        *held = Some(file);
        Ok(())
    }

    fn is_dead(&self, worker: &str) -> bool {
        is_ours(worker) && worker != self.name && is_left(&self.folder.join(worker))
    }

    fn clean(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default();
            if name != self.name.as_str() && is_left(&path) {
                // Gone already is as good.
                let _ = fs::remove_file(path);
            }
        }
        // One that others use is not empty, and stays.
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Whether nobody holds the file; one that is missing is held by nobody.
fn is_left(path: &Path) -> bool {
    match OpenOptions::new().write(true).open(path) {
        Ok(file) => !matches!(file.try_lock(), Err(TryLockError::WouldBlock)),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let held = self.held.get_mut().unwrap_or_else(PoisonError::into_inner);
        if held.take().is_some() {
            // A folder that others still use is not empty, and stays.
            let _ = fs::remove_file(self.folder.join(&self.name));
            let _ = fs::remove_dir(&self.folder);
        }
    }
}
