//! The folder of a tuner: the journal of its trials, and a folder for each kept model.

use std::fs;
use std::path::{Path, PathBuf};

use crate::checkpoint::is_checkpoint;
use crate::error::{Error, Result};

const JOURNAL: &str = "trials.journal";
const CHECKPOINTS: &str = "checkpoints";

/// The folder of a tuner.
#[derive(Clone, Debug)]
pub(super) struct Project {
    folder: PathBuf,
}

impl Project {
    /// Creates the folder or opens an existing one; with `overwrite`, empties it first.
    pub(super) fn open(folder: PathBuf, overwrite: bool) -> Result<Self> {
        let project = Self { folder };
        if overwrite && project.folder.is_dir() {
            project.clear()?;
        }
        fs::create_dir_all(&project.folder)
            .map_err(|source| project.error("create the folder", source))?;
        Ok(project)
    }

    /// Returns the path of the journal.
    pub(super) fn journal(&self) -> PathBuf {
        self.folder.join(JOURNAL)
    }

    /// Returns the folder of the checkpoints.
    pub(super) fn checkpoints(&self) -> PathBuf {
        self.folder.join(CHECKPOINTS)
    }

    /// Returns the folder of a trial's model.
    pub(super) fn model(&self, trial: u64) -> PathBuf {
        self.folder.join(format!("trial_{trial:04}"))
    }

    /// Creates an empty folder for a trial's model.
    pub(super) fn new_model(&self, trial: u64) -> Result<PathBuf> {
        self.remove_model(trial)?;
        let folder = self.model(trial);
        fs::create_dir_all(&folder)
            .map_err(|source| self.error("create a model's folder", source))?;
        Ok(folder)
    }

    /// Removes a trial's model, if it exists.
    pub(super) fn remove_model(&self, trial: u64) -> Result<()> {
        let folder = self.model(trial);
        if !folder.exists() {
            return Ok(());
        }
        fs::remove_dir_all(folder).map_err(|source| self.error("remove a model's folder", source))
    }

    /// Removes the files of a tuner, and nothing else: a wrong path must not delete a user's files.
    fn clear(&self) -> Result<()> {
        let entries =
            fs::read_dir(&self.folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let entries = entries.map_err(|source| self.error("list the folder", source))?;
        let paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
        if !paths.iter().all(|path| is_ours(path)) {
            return Err(Error::NotAProject { path: self.folder.clone() });
        }
        for path in paths {
            let removed =
                if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.map_err(|source| self.error("empty the folder", source))?;
        }
        Ok(())
    }

    fn error(&self, action: &'static str, source: std::io::Error) -> Error {
        Error::Io { path: self.folder.clone(), action, source }
    }
}

fn is_ours(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_model = || {
        name.strip_prefix("trial_")
            .is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    name.starts_with(JOURNAL) || is_model() || (name == CHECKPOINTS && holds_checkpoints_only(path))
}

/// Returns true if a folder, and the folders of studies in it, contain only checkpoints.
fn holds_checkpoints_only(folder: &Path) -> bool {
    let Ok(mut entries) = fs::read_dir(folder) else {
        return false;
    };
    entries.all(|entry| {
        entry.is_ok_and(|entry| {
            let is_one = || entry.file_name().to_str().is_some_and(is_checkpoint);
            if entry.path().is_dir() { holds_checkpoints_only(&entry.path()) } else { is_one() }
        })
    })
}
