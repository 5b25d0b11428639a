//! The file of passwords, `~/.pgpass`, as libpq reads it. Each line is
//! `HOST:PORT:DATABASE:USER:PASSWORD`, and the first line that matches counts.

use std::fs;
use std::path::{Path, PathBuf};

/// The target of a connection, in the terms of the file's lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    /// The name of the host; `localhost` for the socket of this machine.
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) database: &'a str,
    pub(super) user: &'a str,
}

/// Returns the path of the file that the environment names, or else of the one in the user's home.
pub(super) fn usual() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("PGPASSFILE").or_else(|| {
        if cfg!(windows) {
            set("APPDATA").map(|folder| folder.join("postgresql").join("pgpass.conf"))
        } else {
            set("HOME").map(|home| home.join(".pgpass"))
        }
    })
}

/// Returns the password for a target. A file that others may read is ignored, as libpq does.
pub(super) fn password(file: &Path, target: Target<'_>) -> Option<String> {
    let metadata = fs::metadata(file).ok()?;
    if !metadata.is_file() {
        tracing::warn!(file = %file.display(), "the password file is not a regular file");
        return None;
    }
    if is_open_to_others(&metadata) {
        tracing::warn!(file = %file.display(), "other users may read the password file, so it is \
            not used: give it the permissions 0600");
        return None;
    }
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| line_password(line, target))
}

#[cfg(unix)]
fn is_open_to_others(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_metadata: &fs::Metadata) -> bool {
    false
}

fn line_password(line: &str, target: Target<'_>) -> Option<String> {
    let port = target.port.to_string();
    let mut rest = line.strip_suffix('\r').unwrap_or(line);
    if rest.starts_with('#') {
        return None;
    }
    for expected in [target.host, &port, target.database, target.user] {
        let (field, is_any, after) = field(rest)?;
        if !is_any && field != expected {
            return None;
        }
        rest = after;
    }
    let mut password = String::new();
    let mut letters = rest.chars();
    // An unescaped colon ends the password.
    while let Some(letter) = letters.next().filter(|letter| *letter != ':') {
        password.push(if letter == '\\' { letters.next().unwrap_or(letter) } else { letter });
    }
    (!password.is_empty()).then_some(password)
}

/// Returns the first field of a line without its escapes, true if it is `*`, and the rest after its
/// colon.
fn field(line: &str) -> Option<(String, bool, &str)> {
    let mut field = String::new();
    let mut letters = line.char_indices();
    while let Some((position, letter)) = letters.next() {
        match letter {
            ':' => return Some((field, &line[..position] == "*", &line[position + 1..])),
            '\\' => field.extend(letters.next().map(|(_, letter)| letter)),
            letter => field.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: Target<'_> = Target { host: "db", port: 5432, database: "hpo", user: "ann" };

    #[test]
    fn lines_fit_as_in_libpq() {
        for (line, password) in [
            ("db:5432:hpo:ann:s3cret", Some("s3cret")),
            ("*:*:*:*:s3cret", Some("s3cret")),
            ("db:5432:hpo:ann:a\\:b\\\\c", Some("a:b\\c")),
            ("db:5432:hpo:ann:a b#c\r", Some("a b#c")),
            ("db:5432:hpo:ann:a:b", Some("a")),
            ("db:*:hpo:ann:", None),
            ("db:5433:hpo:ann:s3cret", None),
            ("other:5432:hpo:ann:s3cret", None),
            ("db:5432:hpo:bob:s3cret", None),
            ("db:5432:hpo:\\*:s3cret", None),
            ("#db:5432:hpo:ann:s3cret", None),
            (" db:5432:hpo:ann:s3cret", None),
            ("db:5432:hpo", None),
            ("", None),
        ] {
            assert_eq!(line_password(line, TARGET).as_deref(), password, "{line}");
        }
        let odd = Target { host: "::1", database: "a\\b", ..TARGET };
        assert_eq!(line_password("\\:\\:1:5432:a\\\\b:ann:s3cret", odd).as_deref(), Some("s3cret"));
    }

    #[cfg(unix)]
    #[test]
    fn the_first_line_that_fits_counts_and_a_file_that_others_may_read_does_not() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = std::env::temp_dir().join(format!("hpo-pgpass-{}", std::process::id()));
        fs::write(&file, "# mine\nother:*:*:*:none\ndb:*:*:ann:first\n*:*:*:*:second\n").unwrap();
        let with = |mode: u32| {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            password(&file, TARGET)
        };
        assert_eq!(with(0o600).as_deref(), Some("first"));
        assert_eq!(with(0o400).as_deref(), Some("first"));
        for mode in [0o644, 0o640, 0o660, 0o604] {
            assert_eq!(with(mode), None, "{mode:o}");
        }
        fs::remove_file(&file).unwrap();
        assert_eq!(password(&file, TARGET), None);
    }
}
