//! From what was typed to an open storage and one of its studies.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use hpo_core::storage::{self, Storage, StudyRecord};

/// Opens what is there; unlike the library, it never makes a storage: a mistyped path is an error here.
pub(crate) fn open(text: &str) -> Result<Arc<dyn Storage>> {
    if text == "memory" {
        bail!("`memory` lives and dies with one process: give the path of a journal");
    }
    let path = match text.strip_prefix("journal:") {
        Some(path) => path,
        None if Path::new(text).exists() || !text.contains("://") => text,
        None => return storage::open(text).context("this is no storage that can be read"),
    };
    if !Path::new(path).exists() {
        bail!("there is no journal at {path}");
    }
    Ok(storage::open(&format!("journal:{path}"))?)
}

/// The study of this name, or the only one.
pub(crate) fn study(storage: &dyn Storage, name: Option<&str>) -> Result<StudyRecord> {
    let mut studies = storage.studies()?;
    let names = studies.iter().map(|study| format!("`{}`", study.name)).collect::<Vec<_>>().join(", ");
    if studies.is_empty() {
        bail!("there is no study in {}", storage.location());
    }
    let Some(name) = name else {
        if studies.len() > 1 {
            bail!("there are several studies, say which with --study: {names}");
        }
        return Ok(studies.remove(0));
    };
    let found = studies.into_iter().find(|study| study.name == name);
    found.with_context(|| format!("there is no study `{name}` in {}; there is {names}", storage.location()))
}
