//! Detection of dead workers on several machines that share a file system.
//!
//! Each worker that runs trials has a file, `JOURNAL.workers/NAME`, in which it counts its
//! heartbeats. A worker whose count another one has seen unchanged for the whole lease is dead.
//! Only the clock of the observer is used, so clocks may differ between machines; but a death is
//! noticed only by a worker that has watched for that long.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use rand::Rng as _;

use crate::storage::lease::BEATS;
use crate::storage::log::{Liveness, WORKER_PREFIX};
use crate::storage::{StorageError, io_error};
use crate::sync;

/// The heartbeats of this worker, and its observations of the others.
#[derive(Debug)]
pub(super) struct Heartbeats {
    pub(super) name: String,
    folder: PathBuf,
    pub(super) lease: Duration,
    own: Mutex<Own>,
    seen: Mutex<HashMap<String, Seen>>,
}

#[derive(Debug, Default)]
struct Own {
    count: u64,
    /// The time of the last heartbeat; `None` before the first trial.
    last: Option<Instant>,
}

/// The count of another worker, and the time since which it has been the same. A file that is
/// missing has no count: it may have been made, and not be visible here yet.
#[derive(Debug)]
struct Seen {
    count: Option<Vec<u8>>,
    since: Instant,
}

impl Heartbeats {
    pub(super) fn new(storage: &Path, lease: Duration) -> Self {
        let mut folder = storage.as_os_str().to_owned();
        folder.push(".workers");
        Self {
            name: format!("{WORKER_PREFIX}{:016x}", rand::rng().next_u64()),
            folder: folder.into(),
            lease,
            own: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    /// Returns the interval of heartbeats.
    pub(super) fn interval(&self) -> Duration {
        self.lease / BEATS
    }

    /// Counts a heartbeat, unless this worker has run no trial.
    pub(super) fn beat(&self) -> Result<(), StorageError> {
        let mut own = self.own();
        if own.last.is_none() { Ok(()) } else { self.write(&mut own) }
    }

    /// Returns true if a worker of this library is not known to be dead, and is not this one.
    pub(super) fn is_another_alive(&self, worker: &str) -> bool {
        worker.starts_with(WORKER_PREFIX) && worker != self.name && !self.is_dead(worker)
    }

    fn own(&self) -> MutexGuard<'_, Own> {
        sync::lock(&self.own)
    }

    /// Writes the count. The file is opened anew each time, because closing it is what sends its
    /// contents to the server.
    fn write(&self, own: &mut Own) -> Result<(), StorageError> {
        let path = self.folder.join(&self.name);
        own.count += 1;
        let written = fs::create_dir_all(&self.folder).and_then(|()| {
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(false).open(&path)?;
            file.write_all(format!("{:020}\n", own.count).as_bytes())?;
            file.sync_data()
        });
        written.map_err(|error| io_error(&path, "write the worker's file", error))?;
        own.last = Some(Instant::now());
        Ok(())
    }
}

impl Liveness for Heartbeats {
    fn renew(&self, _by: &str) -> Result<(), StorageError> {
        let mut own = self.own();
        let is_due = own.last.is_none_or(|last| last.elapsed() > self.interval());
        if is_due { self.write(&mut own) } else { Ok(()) }
    }

    fn is_dead(&self, worker: &str) -> bool {
        if !worker.starts_with(WORKER_PREFIX) || worker == self.name {
            return false;
        }
        let count = fs::read(self.folder.join(worker)).ok();
        let mut seen = sync::lock(&self.seen);
        let now = Instant::now();
        let known = seen
            .entry(worker.to_owned())
            .or_insert_with(|| Seen { count: count.clone(), since: now });
        if known.count != count {
            *known = Seen { count, since: now };
        }
        known.since.elapsed() > self.lease
    }

    fn clean(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if self.is_dead(&name) {
                // It does not matter if the file is gone already.
                let _ = fs::remove_file(&path);
            }
        }
    }
}

impl Drop for Heartbeats {
    fn drop(&mut self) {
        let own = sync::get_mut(&mut self.own);
        if own.last.take().is_some() {
            // Removing the folder fails if others use it, since it is not empty then.
            let _ = fs::remove_file(self.folder.join(&self.name));
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_dead_when_its_count_stands_still_for_the_lease() {
        let folder = std::env::temp_dir().join(format!("hpo-beats-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let lease = Duration::from_millis(600);
        let pair = || Heartbeats::new(&folder.join("journal"), lease);
        let (one, other) = (pair(), pair());
        one.renew(&one.name).unwrap();
        for _ in 0..10 {
            std::thread::sleep(Duration::from_millis(100));
            one.beat().unwrap();
            assert!(!other.is_dead(&one.name) && other.is_another_alive(&one.name));
        }
        std::thread::sleep(Duration::from_millis(700));
        assert!(other.is_dead(&one.name) && !one.is_dead(&one.name));
        other.clean();
        assert!(!folder.join("journal.workers").join(&one.name).exists());
        assert!(!other.is_dead("another-library"));
        fs::remove_dir_all(folder).unwrap();
    }
}
