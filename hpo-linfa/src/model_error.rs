//! Problems of model files.

use std::path::PathBuf;

/// The version of the format that is written.
pub(crate) const VERSION: u32 = 1;

/// The reason why a model cannot be saved or loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The file cannot be read or written.
    #[error("`{}` cannot be read or written", path.display())]
    File {
        /// The path of the model file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The file is no model.
    #[error("`{}` is no model of `hpo fit`", path.display())]
    NoModel {
        /// The path of the model file.
        path: PathBuf,
    },
    /// The file is of a later version.
    #[error(
        "`{}` has version {version} of the format, this program reads up to {VERSION}: use the \
         program that wrote it, or a later one",
        path.display()
    )]
    Version {
        /// The path of the model file.
        path: PathBuf,
        /// The version of the file.
        version: u32,
    },
    /// The file is damaged.
    #[error("`{}` is damaged: {problem}; fit the model again, or restore the file", path.display())]
    Damaged {
        /// The path of the model file.
        path: PathBuf,
        /// The problem that was found in it.
        problem: String,
    },
    /// The model contains a number that cannot be saved.
    #[error("the model cannot be saved: {0}")]
    Unsaved(String),
}
