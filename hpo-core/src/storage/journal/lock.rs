//! The lock of a journal: one writer at a time, among the processes of this library and of Optuna.
//!
//! The first part is the operating system's lock on the file. It excludes other processes of this
//! library, and is released when its holder dies. The second is the lock that Optuna makes, a
//! symbolic link `JOURNAL.lock`. Ours points to `./././JOURNAL`; no other program uses this
//! spelling. A process that holds the system's lock and finds such a link knows that its maker is
//! dead, and removes it at once. A link with another spelling is Optuna's. The process waits for
//! it, and steals it after thirty seconds without a write, as Optuna does.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::storage::{StorageError, io_error};

/// The time without a write after which a lock of Optuna's is stolen; Optuna's default.
const GRACE: Duration = Duration::from_secs(30);

/// A lock that is held. Dropping it releases it.
#[derive(Debug)]
pub(super) struct Guard {
    file: Arc<File>,
    link: PathBuf,
    mark: PathBuf,
}

impl Guard {
    /// Waits for the lock of the journal at `path`, whose open file is `file`.
    pub(super) fn wait(file: Arc<File>, path: &Path) -> Result<Self, StorageError> {
        Self::wait_at_most(file, path, GRACE)
    }

    fn wait_at_most(file: Arc<File>, path: &Path, grace: Duration) -> Result<Self, StorageError> {
        file.lock().map_err(|error| io_error(path, "lock", error))?;
        let mut link = path.as_os_str().to_owned();
        link.push(".lock");
        // If it is dropped after an error below, it releases the system's lock.
        let guard = Self {
            file,
            link: link.into(),
            mark: Path::new("././.").join(path.file_name().unwrap_or_default()),
        };
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
                tracing::warn!(lock = %self.link.display(), "stealing a lock whose holder has not \
                    written for 30 s");
                remove(&self.link)?;
                continue;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // If another process has stolen the lock, the link is no longer ours to remove.
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

/// Links need privileges here. So a file is created for exclusive use, as Optuna's other lock does;
/// its content is the mark.
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

/// Returns the time of the last write to the journal, seen through the link. For a dangling link,
/// it is the time of the link's creation.
fn last_write(link: &Path) -> Option<SystemTime> {
    let seen = fs::metadata(link).or_else(|_| fs::symlink_metadata(link));
    seen.and_then(|metadata| metadata.modified()).ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn journal(name: &str) -> (PathBuf, Arc<File>) {
        let folder = std::env::temp_dir().join(format!("hpo-lock-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("journal");
        let file = Arc::new(File::create(&path).unwrap());
        (path, file)
    }

    #[test]
    fn a_dead_holder_of_ours_costs_no_time() {
        let (path, file) = journal("dead");
        let link = path.with_file_name("journal.lock");
        make_mark(Path::new("./././journal"), &link).unwrap();
        let begin = Instant::now();
        drop(Guard::wait(file, &path).unwrap());
        assert!(begin.elapsed() < Duration::from_secs(1));
        assert!(fs::symlink_metadata(&link).is_err());
    }

    #[test]
    fn a_foreign_lock_is_waited_for_and_stolen_in_the_end() {
        let (path, file) = journal("foreign");
        let link = path.with_file_name("journal.lock");
        make_mark(&path, &link).unwrap();
        let begin = Instant::now();
        drop(Guard::wait_at_most(file, &path, Duration::from_millis(100)).unwrap());
        assert!(begin.elapsed() >= Duration::from_millis(100));
        assert!(fs::symlink_metadata(&link).is_err());
    }
}
