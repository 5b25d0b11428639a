//! What can go wrong when a report is written.

use std::path::PathBuf;

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A file could not be written.
    #[error("{} cannot be written: is there such a folder, and may you write there?", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A picture of dots needs a font for its words.
    #[error(
        "there is no font on this machine to write the words of a PNG with: install one (Debian: fonts-dejavu-core), or write SVG"
    )]
    NoFont,
    /// A picture could not be drawn.
    #[error("the figure `{figure}` cannot be drawn as PNG: {problem}")]
    Picture {
        /// The figure.
        figure: String,
        /// What is wrong.
        problem: String,
    },
    /// A table could not be written as Parquet.
    #[error("the table of trials cannot be written as Parquet: {problem}")]
    Parquet {
        /// What is wrong.
        problem: String,
    },
}

impl ReportError {
    #[cfg(any(feature = "page", feature = "pictures"))]
    pub(super) fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        |source| Self::Io { path: path.to_owned(), source }
    }
}
