//! The lock of a journal that machines share: a symbolic link or a file, `JOURNAL.lock`, which only
//! one process can create.
//!
//! Both kinds are Optuna's (`JournalFileSymlinkLock` and `JournalFileOpenLock` of version 5.0):
//! the same name, the same grace period of 30 seconds, and the same removal by renaming, so that
//! of two processes only one removes a lock. Two things are added. The lock carries a mark of its
//! holder, so that a holder whose lock was stolen does not remove that of the thief; and a request
//! that the network repeated is known to have succeeded, although the server answers that the lock
//! exists. And a lock is looked at again right before it is stolen, so that it is the same one that
//! was seen to be idle.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use rand::Rng as _;

use super::sharing::LockKind;
use crate::storage::{StorageError, io_error};

/// The time without a write after which a lock is stolen; Optuna's default.
const GRACE: Duration = Duration::from_secs(30);

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// A lock that is held. Dropping it releases it.
#[derive(Debug)]
pub(super) struct SharedGuard {
    kind: LockKind,
    lock: PathBuf,
    mark: PathBuf,
}

impl SharedGuard {
    /// Waits for the lock of the journal at `path`.
    pub(super) fn wait(kind: LockKind, path: &Path) -> Result<Self, StorageError> {
        Self::wait_at_most(kind, path, GRACE)
    }

    fn wait_at_most(kind: LockKind, path: &Path, grace: Duration) -> Result<Self, StorageError> {
        let mut lock = path.as_os_str().to_owned();
        lock.push(".lock");
        let guard = Self { kind, lock: lock.into(), mark: mark(path) };
        match guard.acquire(grace) {
            Ok(()) => Ok(guard),
            Err(error) => {
                let error = io_error(&guard.lock, "make the lock", error);
                // It was not acquired, so there is nothing to release.
                std::mem::forget(guard);
                Err(error)
            }
        }
    }

    /// Fails if another process has stolen the lock.
    pub(super) fn check(&self) -> Result<(), StorageError> {
        if self.is_own() {
            return Ok(());
        }
        let stolen = io::Error::other(
            "it was taken by another process, since this one did not write for 30 s: try again",
        );
        Err(io_error(&self.lock, "keep the lock", stolen))
    }

    fn acquire(&self, grace: Duration) -> io::Result<()> {
        let mut pause = Duration::from_millis(1);
        let mut idle = (None, Instant::now());
        loop {
            match self.make() {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => return made,
            }
            if self.is_own() {
                return Ok(());
            }
            let seen = Seen::of(&self.lock);
            if seen != idle.0 {
                idle = (seen, Instant::now());
            } else if seen.is_some() && idle.1.elapsed() > grace {
                tracing::warn!(lock = %self.lock.display(), "stealing a lock whose holder has not \
                    written for a while");
                if Seen::of(&self.lock) == seen {
                    remove(&self.lock)?;
                }
                continue;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    #[cfg(unix)]
    fn make(&self) -> io::Result<()> {
        match self.kind {
            LockKind::Open => make_file(&self.mark, &self.lock),
            LockKind::System | LockKind::Link => std::os::unix::fs::symlink(&self.mark, &self.lock),
        }
    }

    /// Links need privileges here, so the lock is a file.
    #[cfg(not(unix))]
    fn make(&self) -> io::Result<()> {
        make_file(&self.mark, &self.lock)
    }

    /// Returns true if the lock has the mark of this holder.
    fn is_own(&self) -> bool {
        let mark = self.mark.as_os_str();
        match fs::read_link(&self.lock) {
            Ok(target) => target.as_os_str() == mark,
            Err(_) => fs::read(&self.lock).is_ok_and(|bytes| bytes == mark.as_encoded_bytes()),
        }
    }
}

impl Drop for SharedGuard {
    fn drop(&mut self) {
        if self.is_own() {
            let _ = remove(&self.lock);
        }
    }
}

/// A lock of another process, as it looks while nobody writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    /// The time of the last write to the journal, seen through the link.
    written: Option<SystemTime>,
    /// The time at which the lock itself was made.
    made: Option<SystemTime>,
}

impl Seen {
    fn of(lock: &Path) -> Option<Self> {
        let made = fs::symlink_metadata(lock).ok()?.modified().ok();
        let written = fs::metadata(lock).and_then(|metadata| metadata.modified()).ok();
        Some(Self { written, made })
    }
}

/// Returns a path to the journal, from its own folder, whose spelling belongs to this holder alone:
/// 32 random bits as `./` and `.//`. Optuna looks through the link for the time of the last write,
/// so the path must lead there.
fn mark(path: &Path) -> PathBuf {
    let bits = rand::rng().next_u32();
    let steps = (0..32).map(|bit| if bits >> bit & 1 == 1 { ".//" } else { "./" });
    let mut mark: std::ffi::OsString = steps.collect::<String>().into();
    mark.push(path.file_name().unwrap_or_default());
    mark.into()
}

fn make_file(mark: &Path, lock: &Path) -> io::Result<()> {
    use std::io::Write as _;
    let mut file = fs::File::create_new(lock)?;
    file.write_all(mark.as_os_str().as_encoded_bytes())
}

/// Removes a lock. It is renamed first: of two processes that remove the same lock, one fails.
fn remove(lock: &Path) -> io::Result<()> {
    let mut renamed = lock.as_os_str().to_owned();
    renamed.push(format!("{:032x}.rename", rand::rng().next_u64()));
    match fs::rename(lock, &renamed).and_then(|()| fs::remove_file(&renamed)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    const KINDS: [LockKind; 2] = [LockKind::Link, LockKind::Open];

    fn journal(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("hpo-shared-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("journal");
        fs::write(&path, "").unwrap();
        path
    }

    #[test]
    fn the_lock_leads_to_the_journal_and_is_removed() {
        let path = journal("leads");
        let lock = path.with_file_name("journal.lock");
        let guard = SharedGuard::wait(LockKind::Link, &path).unwrap();
        assert_eq!(fs::canonicalize(&lock).unwrap(), fs::canonicalize(&path).unwrap());
        drop(guard);
        assert!(fs::symlink_metadata(&lock).is_err());
        let guard = SharedGuard::wait(LockKind::Open, &path).unwrap();
        assert!(fs::symlink_metadata(&lock).unwrap().is_file());
        drop(guard);
        assert!(fs::symlink_metadata(&lock).is_err());
    }

    #[test]
    fn a_lock_whose_holder_writes_is_not_stolen() {
        let path = journal("writes");
        let guard = SharedGuard::wait(LockKind::Link, &path).unwrap();
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                let grace = Duration::from_millis(400);
                drop(SharedGuard::wait_at_most(LockKind::Link, &path, grace).unwrap());
            });
            for round in 0..20 {
                std::thread::sleep(Duration::from_millis(50));
                fs::write(&path, format!("{round}")).unwrap();
                assert!(guard.is_own() && !waiter.is_finished());
            }
            drop(guard);
        });
    }

    #[test]
    fn an_idle_lock_is_stolen_and_its_holder_leaves_that_of_the_thief() {
        for kind in KINDS {
            let path = journal("stolen");
            let lock = path.with_file_name("journal.lock");
            let idle = SharedGuard::wait(kind, &path).unwrap();
            let begin = Instant::now();
            let grace = Duration::from_millis(100);
            let thief = SharedGuard::wait_at_most(kind, &path, grace).unwrap();
            assert!(begin.elapsed() >= grace);
            drop(idle);
            assert!(thief.is_own());
            drop(thief);
            assert!(fs::symlink_metadata(&lock).is_err());
        }
    }

    #[test]
    fn threads_that_count_under_the_lock_lose_nothing() {
        for kind in KINDS {
            let path = journal("count");
            fs::write(&path, "0").unwrap();
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        for _ in 0..50 {
                            let _guard = SharedGuard::wait(kind, &path).unwrap();
                            let count: u32 = fs::read_to_string(&path).unwrap().parse().unwrap();
                            fs::write(&path, (count + 1).to_string()).unwrap();
                        }
                    });
                }
            });
            assert_eq!(fs::read_to_string(&path).unwrap(), "200");
        }
    }
}
