//! Checks of the file system on which a journal or an SQLite database lies.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Result;
use hpo_core::storage::Location;

use super::findings::{self, Finding};
use crate::run::bytes_in_words;

/// The number of flushes that are timed.
const FLUSHES: usize = 20;

/// The free space below which a storage is about to fail, and below which that is not far.
const LEAST_SPACE: u64 = 100 << 20;
const LITTLE_SPACE: u64 = 1 << 30;

/// File systems that several machines share, by the beginnings of their names.
const NETWORK: [&str; 18] = [
    "nfs",
    "cifs",
    "smb",
    "lustre",
    "gpfs",
    "beegfs",
    "ceph",
    "fuse.gluster",
    "fuse.sshfs",
    "fuse.ceph",
    "9p",
    "afs",
    "panfs",
    "wekafs",
    "orangefs",
    "ocfs2",
    "gfs",
    "fuse.juicefs",
];

/// Checks the file system of a storage that is a file. Returns false if its folder is missing, which
/// no other check must make.
pub(super) fn check(location: &Location, file: &Path, found: &mut Vec<Finding>) -> bool {
    let folder = match folder(file) {
        Ok(folder) => folder,
        Err(finding) => {
            found.push(finding);
            return false;
        }
    };
    found.push(kind(location, file, &folder));
    found.push(space(&folder));
    match probe(&folder) {
        Ok((flush, skew)) => {
            found.push(findings::flush(flush));
            found.push(findings::clock("the file system", skew));
        }
        Err(error) => found.push(Finding::wrong(
            "flush",
            format!("{}: cannot write: {error}", folder.display()),
            "give the user of the workers the right to write this folder, and look at quotas",
        )),
    }
    true
}

fn folder(file: &Path) -> Result<PathBuf, Finding> {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let folder = absolute.parent().unwrap_or(Path::new("/")).to_owned();
    if folder.is_dir() {
        return Ok(folder);
    }
    let fact = format!("there is no folder {}", folder.display());
    Err(Finding::wrong("folder", fact, "make the folder, on the file system that all workers see"))
}

/// Judges the kind of the file system beside the locks of the storage.
fn kind(location: &Location, file: &Path, folder: &Path) -> Finding {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    judge(location, file, mount(&mounts, &folder))
}

fn judge(location: &Location, file: &Path, mounted: Option<(String, String)>) -> Finding {
    let Some((kind, place)) = mounted else {
        return Finding::good("file system", "its kind is not known here".to_owned());
    };
    let fact = format!("{kind}, mounted at {place}");
    let is_network = NETWORK.iter().any(|name| kind.starts_with(name));
    if is_network && !location.spans_machines() {
        let remedy = if location.is_database() {
            "SQLite may be damaged when machines share it over a network: use PostgreSQL \
             (postgresql://USER@HOST/NAME), or `journal:PATH?lock=link` for few workers"
                .to_owned()
        } else {
            format!(
                "its lock may not exclude other machines: write `journal:{}?lock=link`, for all \
                 workers",
                file.display()
            )
        };
        return Finding::wrong("file system", fact, &remedy);
    }
    if kind == "tmpfs" || kind == "ramfs" {
        let remedy =
            "it is in memory, and gone when the machine restarts: choose a folder on a disk";
        return Finding::doubtful("file system", fact, remedy);
    }
    if kind == "overlay" {
        let remedy = "it is that of a container, and ends with it: mount a volume there";
        return Finding::doubtful("file system", fact, remedy);
    }
    if !is_network && location.spans_machines() {
        let remedy = format!(
            "{kind} is a local file system: unless this machine shares it (as an NFS server does), \
             other machines do not see the journal"
        );
        return Finding::doubtful("file system", fact, &remedy);
    }
    Finding::good("file system", fact)
}

/// Returns the kind of the file system of a folder and the place of its mount, from the text of
/// `/proc/self/mountinfo`.
fn mount(mounts: &str, folder: &Path) -> Option<(String, String)> {
    let parsed = mounts.lines().filter_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let place = before.split(' ').nth(4)?.replace("\\040", " ");
        Some((after.split(' ').next()?.to_owned(), place))
    });
    let holds = |place: &str| folder.starts_with(place);
    // A later mount at the same place covers an earlier one.
    parsed.filter(|(_, place)| holds(place)).max_by_key(|(_, place)| place.len())
}

fn space(folder: &Path) -> Finding {
    let Ok(status) = rustix::fs::statvfs(folder) else {
        return Finding::good("free space", "not known here".to_owned());
    };
    let free = status.f_bavail.saturating_mul(status.f_frsize);
    let fact = bytes_in_words(free);
    let remedy = "make room: a storage that is full refuses the ends of trials";
    match free {
        0..LEAST_SPACE => Finding::wrong("free space", fact, remedy),
        LEAST_SPACE..LITTLE_SPACE => Finding::doubtful("free space", fact, remedy),
        _ => Finding::good("free space", fact),
    }
}

/// Returns the median time of a small write with a flush, and the difference between the clock of
/// the file system and that of this machine.
fn probe(folder: &Path) -> std::io::Result<(Duration, Duration)> {
    let path = folder.join(format!(".hpo-doctor-{}", std::process::id()));
    let probed = probe_file(&path);
    let _ = std::fs::remove_file(&path);
    probed
}

fn probe_file(path: &Path) -> std::io::Result<(Duration, Duration)> {
    let mut file = File::create_new(path)?;
    let mut times = Vec::with_capacity(FLUSHES);
    for _ in 0..FLUSHES {
        let begin = Instant::now();
        file.write_all(&[b'x'; 300])?;
        file.sync_data()?;
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    let modified = file.metadata()?.modified()?;
    let now = SystemTime::now();
    let skew = now.duration_since(modified).unwrap_or_else(|error| error.duration());
    // The last write was at most this long ago, which is no difference of clocks.
    let skew = skew.saturating_sub(times[FLUSHES - 1] + Duration::from_millis(10));
    Ok((times[FLUSHES / 2], skew))
}

#[cfg(test)]
mod tests {
    use super::super::findings::Level;
    use super::*;

    const MOUNTS: &str = "\
        22 1 0:20 / / rw - ext4 /dev/root rw\n\
        23 22 0:21 / /home rw,relatime shared:1 - nfs4 server:/home rw\n\
        24 23 0:22 / /home/a\\040b rw - lustre mgs:/x rw\n\
        25 22 0:23 / /tmp rw - tmpfs tmpfs rw\n";

    fn level(url: &str, folder: &str) -> Level {
        let location = Location::parse(url).unwrap();
        judge(&location, Path::new("x"), mount(MOUNTS, Path::new(folder))).level
    }

    #[test]
    fn the_kind_of_a_file_system_is_that_of_the_nearest_mount() {
        let kind = |folder: &str| mount(MOUNTS, Path::new(folder)).unwrap().0;
        assert_eq!(
            [kind("/home/ann"), kind("/homes"), kind("/home/a b/c")],
            ["nfs4", "ext4", "lustre"]
        );
        assert_eq!(mount("", Path::new("/")), None);
    }

    #[test]
    fn files_on_a_network_need_a_lock_that_holds_there() {
        assert_eq!(level("sqlite:////home/a.db", "/home"), Level::Wrong);
        assert_eq!(level("journal:/home/a", "/home"), Level::Wrong);
        assert_eq!(level("journal:/home/a?lock=link", "/home"), Level::Good);
        assert_eq!(level("journal:/data/a?lock=link", "/data"), Level::Doubtful);
        assert_eq!(level("sqlite:////data/a.db", "/data"), Level::Good);
        assert_eq!(level("sqlite:////tmp/a.db", "/tmp"), Level::Doubtful);
    }
}
