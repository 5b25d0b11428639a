//! Artifacts: files that belong to a trial, such as pictures, tables and models.
//!
//! They are kept as Optuna's `FileSystemArtifactStore` keeps them, and so that its dashboard shows
//! them: the file of an artifact is named by a random id, in one folder for all studies. A system
//! attribute of the trial, `artifacts:ID`, has the name that the user gave and the media type.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::file;
use crate::terminal::one_line;
use crate::trial::Attributes;
use crate::trial::attribute_keys::ARTIFACT;

/// The media types of common files, by the end of their names.
const MEDIA_TYPES: [(&str, &str); 16] = [
    ("csv", "text/csv"),
    ("gif", "image/gif"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("jsonl", "application/jsonl"),
    ("log", "text/plain"),
    ("md", "text/markdown"),
    ("mp4", "video/mp4"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain"),
    ("wav", "audio/wav"),
    ("zip", "application/zip"),
];

/// A file of a trial.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Artifact {
    /// The random name of the file in the folder of artifacts. A copy of a study that Optuna makes
    /// shares the files of the original.
    #[serde(rename = "artifact_id")]
    pub id: String,
    /// The name that the trial gave, such as `confusion.png`.
    #[serde(rename = "filename")]
    pub name: String,
    /// The media type, such as `image/png`.
    #[serde(rename = "mimetype")]
    pub media_type: String,
    /// The encoding of the contents, such as `gzip`; `None` if there is none.
    #[serde(default)]
    pub encoding: Option<String>,
}

/// The reason why an artifact cannot be kept or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The study has no folder for artifacts.
    #[error("there is no folder for artifacts: write .artifacts(\"artifacts\") before .open()")]
    NoFolder,
    /// The name is not one of a file.
    #[error("the name of the artifact {problem}")]
    Name {
        /// The problem with the name, and the remedy.
        problem: String,
    },
    /// The operating system refused an operation.
    #[error("{}: cannot {action} the artifact `{name}`", path.display(), name = one_line(name))]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The operation that failed.
        action: &'static str,
        /// The name of the artifact.
        name: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
}

impl Artifact {
    /// Creates the description of a new file of this name.
    ///
    /// # Errors
    /// If the name is not one of a file.
    pub(crate) fn new(name: &str) -> Result<Self, ArtifactError> {
        if let Some(problem) = file::name_problem(name) {
            return Err(ArtifactError::Name { problem });
        }
        let end = name.rsplit_once('.').map_or("", |(_, end)| end).to_ascii_lowercase();
        let known = MEDIA_TYPES.iter().find(|(known, _)| *known == end);
        let media_type = known.map_or("application/octet-stream", |(_, media_type)| media_type);
        Ok(Self {
            id: new_id(),
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            encoding: None,
        })
    }

    /// Returns the artifacts of a trial by name; Optuna's too. Of several with one name, the last
    /// one counts: a plain one, if there is one.
    pub(crate) fn all(attributes: &Attributes) -> Vec<Self> {
        let of_artifacts = attributes.system.iter().filter(|(key, _)| key.starts_with(ARTIFACT));
        let mut all: Vec<Self> = of_artifacts
            .filter_map(|(_, value)| serde_json::from_str(value.as_str()?).ok())
            .collect();
        let order = |artifact: &Self| (artifact.name.clone(), artifact.encoding.is_none());
        all.sort_by_key(order);
        all
    }

    /// Returns the key and the value of the attribute that records the artifact. As in Optuna, the
    /// value is JSON text.
    pub(crate) fn to_attribute(&self) -> (String, Json) {
        let text = serde_json::to_string(self).unwrap_or_default();
        (format!("{ARTIFACT}{}", self.id), text.into())
    }

    /// Writes the file, or replaces it. A reader sees the old contents or the new ones.
    pub(crate) fn write(&self, folder: &Path, bytes: &[u8]) -> Result<(), ArtifactError> {
        let path = self.path(folder)?;
        let written = fs::create_dir_all(folder)
            .and_then(|()| file::replace(&path, |file| file.write_all(bytes)));
        written.map_err(|source| self.error(path, "write", source))
    }

    /// Reads the file; `None` if it is not there any more.
    pub(crate) fn read(&self, folder: &Path) -> Result<Option<Vec<u8>>, ArtifactError> {
        let path = self.path(folder)?;
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.error(path, "read", error)),
        }
    }

    /// Removes the file of an artifact that could not be recorded.
    pub(crate) fn discard(&self, folder: &Path) {
        // A file that stays is never read: no record names it.
        let _ = self.path(folder).map(fs::remove_file);
    }

    /// Returns the path of the file. Another program may have written the record, so its id may
    /// lead out of the folder.
    fn path(&self, folder: &Path) -> Result<PathBuf, ArtifactError> {
        match file::name_problem(&self.id) {
            Some(problem) => Err(ArtifactError::Name { problem }),
            None => Ok(folder.join(&self.id)),
        }
    }

    fn error(&self, path: PathBuf, action: &'static str, source: std::io::Error) -> ArtifactError {
        ArtifactError::Io { path, action, name: self.name.clone(), source }
    }
}

/// Writes a file under its own name into a folder that belongs to one trial.
pub(crate) fn write_named(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), ArtifactError> {
    Artifact { id: name.to_owned(), ..Artifact::new(name)? }.write(folder, bytes)
}

/// Returns a random UUID of version 4.
fn new_id() -> String {
    let random: u128 = rand::random();
    let bits = random & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let digits = format!("{bits:032x}");
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}
