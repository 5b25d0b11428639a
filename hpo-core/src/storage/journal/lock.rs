//! The lock of a journal: one writer at a time, among our processes and Optuna's.
//!
//! First the system's own lock on the file, which excludes our processes and which dies with its holder. Then the lock
//! that Optuna makes, `JOURNAL.lock`, a symbolic link. Ours points to `./././JOURNAL`: no other program spells it so.
//! Whoever holds the system's lock and finds such a link knows that its maker is dead, and removes it at once. A link of
//! another spelling is Optuna's; it is waited for, and stolen after thirty seconds without a write, as Optuna does.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::storage::{StorageError, io_error};

/// After how long without a write a lock of Optuna's is stolen; Optuna's default.
const GRACE: Duration = Duration::from_secs(30);

/// The lock, held.
#[derive(Debug)]
pub(super) struct Guard<'a> {
    file: &'a File,
    link: PathBuf,
    mark: PathBuf,
}

impl<'a> Guard<'a> {
    /// Waits for the lock of the journal at `path`, whose file this is.
    pub(super) fn wait(file: &'a File, path: &Path) -> Result<Self, StorageError> {
        Self::wait_at_most(file, path, GRACE)
    }

    fn wait_at_most(file: &'a File, path: &Path, grace: Duration) -> Result<Self, StorageError> {
        file.lock().map_err(|error| io_error(path, "lock", error))?;
        let mut link = path.as_os_str().to_owned();
        link.push(".lock");
        // Dropped on an error below, it lets go of the system's lock.
        let guard =
            Self { file, link: link.into(), mark: Path::new("././.").join(path.file_name().unwrap_or_default()) };
        guard.make_link(grace).map_err(|error| io_error(&guard.link, "make the lock", error))?;
        Ok(guard)
    }

    fn make_link(&self, grace: Duration) -> io::Result<()> {
        let mut pause = Duration::from_millis(1);
        let mut last = (None, Instant::now());
        loop {
            match make_mark(&self.mark, &self.link) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => return made,
            }
            if is_mark(&self.mark, &self.link) {
                remove(&self.link)?;
                continue;
            }
            let written = last_write(&self.link);
            if written != last.0 {
                last = (written, Instant::now());
            } else if last.1.elapsed() > grace {
                tracing::warn!(lock = %self.link.display(), "stealing a lock whose holder has not written for 30 s");
                remove(&self.link)?;
                continue;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        // Somebody may have stolen it, and it is no longer ours to remove.
        if is_mark(&self.mark, &self.link) {
            let _ = remove(&self.link);
        }
        let _ = self.file.unlock();
    }
}

#[cfg(unix)]
fn make_mark(mark: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(mark, link)
}

#[cfg(unix)]
fn is_mark(mark: &Path, link: &Path) -> bool {
    fs::read_link(link).is_ok_and(|target| target.as_os_str() == mark.as_os_str())
}

/// Where links need privileges, a file made for exclusive use, as Optuna's other lock does; its content is the mark.
#[cfg(not(unix))]
fn make_mark(mark: &Path, link: &Path) -> io::Result<()> {
    use std::io::Write as _;
    let mut file = File::create_new(link)?;
    file.write_all(mark.as_os_str().as_encoded_bytes())
}

#[cfg(not(unix))]
fn is_mark(mark: &Path, link: &Path) -> bool {
    fs::read(link).is_ok_and(|content| content == mark.as_os_str().as_encoded_bytes())
}

fn remove(link: &Path) -> io::Result<()> {
    match fs::remove_file(link) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// When the journal was last written to, seen through the link; of a link into the void, when it was made.
fn last_write(link: &Path) -> Option<SystemTime> {
    let seen = fs::metadata(link).or_else(|_| fs::symlink_metadata(link));
    seen.and_then(|metadata| metadata.modified()).ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn journal(name: &str) -> (PathBuf, File) {
        let folder = std::env::temp_dir().join(format!("hpo-lock-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("journal");
        let file = File::create(&path).unwrap();
        (path, file)
    }

    #[test]
    fn a_dead_holder_of_ours_costs_no_time() {
        let (path, file) = journal("dead");
        let link = path.with_file_name("journal.lock");
        make_mark(Path::new("./././journal"), &link).unwrap();
        let begin = Instant::now();
        drop(Guard::wait(&file, &path).unwrap());
        assert!(begin.elapsed() < Duration::from_secs(1));
        assert!(fs::symlink_metadata(&link).is_err());
    }

    #[test]
    fn a_foreign_lock_is_waited_for_and_stolen_in_the_end() {
        let (path, file) = journal("foreign");
        let link = path.with_file_name("journal.lock");
        make_mark(&path, &link).unwrap();
        let begin = Instant::now();
        drop(Guard::wait_at_most(&file, &path, Duration::from_millis(100)).unwrap());
        assert!(begin.elapsed() >= Duration::from_millis(100));
        assert!(fs::symlink_metadata(&link).is_err());
    }
}
