//! The errors of writing a report.

use std::path::PathBuf;

/// The reasons why a report cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A file could not be written.
    #[error(
        "{} cannot be written: give a file in a folder that exists and is writable",
        path.display()
    )]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// There is no font on this machine for the text of a PNG.
    #[error(
        "this machine has no font for the text of a PNG: install one (Debian: \
         fonts-dejavu-core), or write SVG"
    )]
    NoFont,
    /// A figure could not be drawn as PNG.
    #[error("the figure `{figure}` cannot be drawn as PNG: {problem}")]
    Picture {
        /// The name of the figure.
        figure: String,
        /// A description of the problem.
        problem: String,
    },
    /// The table of trials could not be written as Parquet.
    #[error("the table of trials cannot be written as Parquet: {problem}")]
    Parquet {
        /// A description of the problem.
        problem: String,
    },
}

impl ReportError {
    #[cfg(any(feature = "page", feature = "pictures"))]
    pub(super) fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        |source| Self::Io { path: path.to_owned(), source }
    }
}
