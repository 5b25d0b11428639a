//! From what was typed to an open storage and one of its studies.

use std::fmt;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use hpo_core::space::{Slots, Space};
use hpo_core::storage::{self, Storage, StudyRecord};
use serde_json::Value as Json;

use crate::nearest::hint;
use crate::redact::redacted_url;

/// The study attribute that holds the space as JSON text.
pub(crate) const SPACE: &str = "hpo:space";

/// The space of a study, where one is recorded that this version reads.
pub(crate) fn slots(study: &StudyRecord) -> Option<Arc<Slots>> {
    let text = study.attributes.system.get(SPACE).and_then(Json::as_str)?;
    Slots::new(&Space::from_json(text).ok()?).ok()
}

/// Whether some program has opened the study with a type that forbids some of its configs.
pub(crate) fn is_constrained(study: &StudyRecord) -> bool {
    let notes = study.attributes.system.iter().filter(|(key, _)| key.starts_with("hpo:sampling:"));
    notes.into_iter().any(|(_, note)| note["constrained"] == true)
}

const SQLITE: &str = "sqlite:///";

/// What is not there, and may come to be.
#[derive(Debug)]
pub(crate) struct NotYet(String);

impl fmt::Display for NotYet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotYet {}

/// Opens what is there; unlike the library, it never makes a storage: a mistyped path is an error here.
pub(crate) fn open(text: &str) -> Result<Arc<dyn Storage>> {
    let url = url(text)?;
    let file = url.strip_prefix("journal:").map(|path| ("journal", path));
    let file =
        file.or_else(|| url.strip_prefix(SQLITE).map(|path| ("database", path.split('?').next().unwrap_or(path))));
    if let Some((kind, path)) = file.filter(|(_, path)| !Path::new(path).exists()) {
        return Err(NotYet(format!("there is no {kind} at {path}")).into());
    }
    opened(&url)
}

/// Opens a storage, made if it is not there.
pub(crate) fn open_or_make(text: &str) -> Result<Arc<dyn Storage>> {
    if !text.contains(':') && !Path::new(text).exists() {
        let ending = Path::new(text).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if ["db", "sqlite", "sqlite3"].contains(&ending) {
            bail!("write {SQLITE}{text} for a database, or journal:{text} for a journal of this name");
        }
    }
    opened(&url(text)?)
}

fn opened(url: &str) -> Result<Arc<dyn Storage>> {
    storage::open(url).with_context(|| format!("cannot open {}", redacted_url(url)))
}

/// The URL of what was typed: a plain path is that of a journal, or of a database file that is there.
fn url(text: &str) -> Result<String> {
    if text == "memory" {
        bail!("`memory` lives and dies with one process: give the path of a journal");
    }
    let path = Path::new(text);
    if text.starts_with("journal:") || (text.contains("://") && !path.exists()) {
        return Ok(text.to_owned());
    }
    Ok(if is_sqlite(path) { format!("{SQLITE}{text}") } else { format!("journal:{text}") })
}

/// Whether a file begins as all databases of `SQLite` do.
fn is_sqlite(path: &Path) -> bool {
    let mut head = [0; 16];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && &head == b"SQLite format 3\0"
}

/// The study of this name, or the only one.
pub(crate) fn study(storage: &dyn Storage, name: Option<&str>) -> Result<StudyRecord> {
    let mut studies = storage.studies()?;
    let place = storage.location();
    if studies.is_empty() {
        let told = format!("there is no study in {place} yet: a program makes one, `hpo ask --space` or `hpo import`");
        return Err(NotYet(told).into());
    }
    let names = || studies.iter().map(|study| study.name.as_str());
    match name {
        Some(name) => match studies.iter().position(|study| study.name == name) {
            Some(found) => Ok(studies.swap_remove(found)),
            None => bail!("there is no study `{name}` in {place}{}", hint(name, names())),
        },
        None if studies.len() > 1 => {
            let names: Vec<String> = names().map(|name| format!("`{name}`")).collect();
            bail!("there are several studies in {place}, say which with --study: {}", names.join(", "))
        }
        None => Ok(studies.swap_remove(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_are_journals_or_databases() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(path("a.db"), b"SQLite format 3\0and more").unwrap();
        std::fs::write(path("b.db"), b"{}").unwrap();
        assert_eq!(url(&path("a.db")).unwrap(), format!("sqlite:///{}", path("a.db")));
        for name in ["b.db", "none"] {
            assert_eq!(url(&path(name)).unwrap(), format!("journal:{}", path(name)));
        }
        assert_eq!(url("postgresql://h/x").unwrap(), "postgresql://h/x");
        assert!(url("memory").is_err());
    }

    #[test]
    fn a_password_does_not_get_into_an_error() {
        let error = open("ftp://ann:s3cret@db/x").unwrap_err();
        assert_eq!(error.to_string(), "cannot open ftp://ann:***@db/x");
        let told = open("sqlite:///none.db?password=s3cret").unwrap_err().to_string();
        assert_eq!(told, "there is no database at none.db");
    }
}
