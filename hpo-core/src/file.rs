//! Files that are written completely or not at all.
//!
//! The bytes go to a new file beside the target, which is then renamed. The name of the new file
//! cannot be guessed and is always a new one, so that no other user can redirect it with a link.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

const HEAD: &str = ".hpo-";
const TAIL: &str = ".tmp";

/// The longest file name that file systems accept, in bytes.
const MOST_BYTES: usize = 255;

/// Writes a file, replacing an existing one. A concurrent reader sees the old file or the new one,
/// never a part of one, and if the write fails, the old one remains. A path that is not a regular
/// file, such as a pipe, is written to directly.
///
/// # Errors
/// If the operating system refuses.
pub fn replace(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        return write(&mut File::options().write(true).open(path)?);
    }
    let (mut file, unfinished) = Unfinished::beside(path)?;
    write(&mut file)?;
    file.sync_data()?;
    unfinished.rename(path)
}

/// Writes a file that does not exist yet. If the write fails, no file is left behind.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] if the path exists, and any error of the operating system.
pub fn create(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    let (mut file, unfinished) = Unfinished::beside(path)?;
    write(&mut file)?;
    file.sync_all()?;
    match fs::hard_link(&unfinished.0, path) {
        // Some file systems have no hard links.
        Err(error)
            if error.kind() != ErrorKind::AlreadyExists && fs::symlink_metadata(path).is_err() =>
        {
            unfinished.rename(path)
        }
        linked => linked,
    }
}

/// Checks that files can be created in a folder, and leaves none there.
///
/// # Errors
/// If the operating system refuses.
pub fn probe(folder: &Path) -> io::Result<()> {
    Unfinished::beside(&folder.join("probe")).map(drop)
}

/// Returns the reason why a name is not a valid file or folder name on every system, or leads out
/// of its folder.
pub(crate) fn name_problem(name: &str) -> Option<String> {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let is_device = matches!(&*stem, "CON" | "PRN" | "AUX" | "NUL")
        || (stem.len() == 4
            && (stem.starts_with("COM") || stem.starts_with("LPT"))
            && stem.ends_with(|end: char| end.is_ascii_digit()));
    let problem = if name.is_empty() {
        "is empty: give it a name"
    } else if name.contains(['/', '\\']) || name == "." || name == ".." {
        "leads to another folder: give it a plain name, and set its folder with .directory(..)"
    } else if name.contains(|letter: char| {
        letter.is_control() || matches!(letter, '<' | '>' | ':' | '"' | '|' | '?' | '*')
    }) {
        "has a character that file names cannot contain on every system: leave out control \
         characters and < > : \" | ? *"
    } else if name.len() > MOST_BYTES {
        "is too long for a file name: 255 bytes at most"
    } else if is_device || name.ends_with(['.', ' ']) || name.starts_with(' ') {
        "is not a file name on every system: leave out spaces around it, dots after it, and names \
         of devices"
    } else {
        return None;
    };
    Some(format!("{problem} (it is {name:?})"))
}

/// Returns true if the name is that of an unfinished file.
pub(crate) fn is_unfinished(name: &str) -> bool {
    let number = name.strip_prefix(HEAD).and_then(|name| name.strip_suffix(TAIL));
    number.is_some_and(|number| {
        number.len() == 16 && number.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// A new file, which is removed unless it is renamed.
struct Unfinished(PathBuf);

impl Unfinished {
    fn beside(path: &Path) -> io::Result<(File, Self)> {
        loop {
            let name = format!("{HEAD}{:016x}{TAIL}", rand::random::<u64>());
            let own = path.with_file_name(name);
            match File::create_new(&own) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => return made.map(|file| (file, Self(own))),
            }
        }
    }

    fn rename(self, path: &Path) -> io::Result<()> {
        fs::rename(&self.0, path)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After a rename the file does not exist any more.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("hpo-file-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_failed_write_leaves_what_was_there() {
        let folder = folder("failed");
        let path = folder.join("a");
        let fail = |file: &mut File| {
            file.write_all(b"half").and_then(|()| Err(io::Error::other("the disk is full")))
        };
        assert_eq!(create(&path, fail).unwrap_err().to_string(), "the disk is full");
        assert!(names(&folder).is_empty());
        create(&path, |file| file.write_all(b"one")).unwrap();
        replace(&path, fail).unwrap_err();
        assert_eq!((fs::read(&path).unwrap(), names(&folder).len()), (b"one".to_vec(), 1));
        replace(&path, |file| file.write_all(b"two")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_there_is_not_overwritten_by_a_new_file() {
        let folder = folder("new");
        let path = folder.join("a");
        fs::write(&path, "old").unwrap();
        let error = create(&path, |file| file.write_all(b"new")).unwrap_err();
        assert_eq!(
            (error.kind(), fs::read(&path).unwrap()),
            (ErrorKind::AlreadyExists, b"old".to_vec())
        );
        probe(&folder).unwrap();
        assert_eq!(names(&folder), ["a"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_nowhere_else() {
        let folder = folder("links");
        let (path, victim) = (folder.join("a"), folder.join("victim"));
        fs::write(&victim, "mine").unwrap();
        std::os::unix::fs::symlink(&victim, &path).unwrap();
        create(&path, |file| file.write_all(b"new")).unwrap_err();
        replace(&path, |file| file.write_all(b"new")).unwrap();
        assert_eq!(
            (fs::read(&victim).unwrap(), fs::read(&path).unwrap()),
            (b"mine".to_vec(), b"new".to_vec())
        );
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn names_that_lead_elsewhere_or_are_none_are_told() {
        let long = "x".repeat(256);
        for name in [
            "", ".", "..", "../x", "/abs", "a/b", "a\\b", "C:x", "a\0b", "a\nb", "NUL", "con.txt",
            "Com1", "x.", " x", "x ", &long,
        ] {
            assert!(name_problem(name).is_some(), "{name:?}");
        }
        for name in ["untitled_project", "..x", "a.b", "größe 3", "nullable", "com", &long[1..]] {
            assert_eq!(name_problem(name), None, "{name:?}");
        }
    }

    #[test]
    fn names_of_unfinished_files_are_known() {
        assert!(is_unfinished(".hpo-0123456789abcdef.tmp"));
        for name in ["a", ".hpo-.tmp", ".hpo-0123456789abcdeg.tmp", "hpo-0123456789abcdef.tmp"] {
            assert!(!is_unfinished(name));
        }
    }
}
