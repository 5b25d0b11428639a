//! Opens the storage and the study that the user named.

use std::fmt;
use std::sync::Arc;

use anyhow::{Result, bail};
use hpo_core::storage::{Location, Storage, StudyRecord};

use crate::nearest::hint;

/// An error for a storage or study that does not exist but can be created.
#[derive(Debug)]
pub(crate) struct NoStudyYet(String);

impl fmt::Display for NoStudyYet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoStudyYet {}

/// Opens an existing storage. Unlike the library it never creates one: a mistyped path is an error
/// here.
pub(crate) fn open(text: &str) -> Result<Arc<dyn Storage>> {
    let location = location(text)?;
    if let Some(path) = location.file().filter(|path| !path.exists()) {
        let kind = if location.is_database() { "database" } else { "journal" };
        return Err(NoStudyYet(format!("there is no {kind} at {}", path.display())).into());
    }
    Ok(location.open()?)
}

/// Opens a storage, and creates it if it does not exist.
pub(crate) fn open_or_create(text: &str) -> Result<Arc<dyn Storage>> {
    Ok(location(text)?.open()?)
}

/// Returns the location of a storage that outlives the process.
pub(crate) fn location(text: &str) -> Result<Location> {
    let location = Location::parse(text)?;
    if location.is_memory() {
        bail!("`memory` ends with the process: give the path of a journal");
    }
    Ok(location)
}

/// Returns the study with this name, or the only one.
pub(crate) fn study(storage: &dyn Storage, name: Option<&str>) -> Result<StudyRecord> {
    let mut studies = storage.studies()?;
    let location = storage.location();
    if studies.is_empty() {
        let message = format!(
            "there is no study in {location} yet: create one with a program, `hpo ask --space` or \
             `hpo import`"
        );
        return Err(NoStudyYet(message).into());
    }
    let names = || studies.iter().map(|study| study.name.as_str());
    match name {
        Some(name) => match studies.iter().position(|study| study.name == name) {
            Some(found) => Ok(studies.swap_remove(found)),
            None => bail!("there is no study `{name}` in {location}{}", hint(name, names())),
        },
        None if studies.len() > 1 => {
            let names: Vec<String> = names().map(|name| format!("`{name}`")).collect();
            bail!(
                "there are several studies in {location}, select one with --study: {}",
                names.join(", ")
            )
        }
        None => Ok(studies.swap_remove(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_dies_with_the_process_is_no_storage_of_a_command() {
        assert!(open("memory").unwrap_err().to_string().contains("give the path of a journal"));
        let message = open("none/a.db").unwrap_err();
        assert_eq!(message.to_string(), "there is no database at none/a.db");
        assert!(message.is::<NoStudyYet>());
    }
}
