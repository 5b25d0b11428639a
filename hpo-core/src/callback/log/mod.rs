//! Logs: a row for each trial that ended, or for each report, as it happens.
//!
//! A row is handed to the system at once and as a whole, so that another program may follow the
//! file. A file that is there is appended to. What counts as the record of a search is its storage;
//! a log is a copy for spreadsheets and scripts.

mod csv;
mod json_lines;

pub use csv::{CsvLog, CsvLogBuilder};
pub use json_lines::{JsonLines, JsonLinesBuilder};

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rows {
    Trials,
    Reports,
}

/// A file of lines, open at its end.
#[derive(Debug)]
struct Lines {
    path: PathBuf,
    file: File,
    /// Whether an error was told already.
    told: bool,
}

impl Lines {
    /// Opens a file, made if need be with its folders, at the beginning of a new line; with the
    /// text that it begins with.
    fn open(path: &Path) -> Result<(Self, String)> {
        let error = |action| move |source| Error::Io { path: path.to_owned(), action, source };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(error("make the folder of the log"))?;
        }
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(error("open the log"))?;
        let (start, last) = ends(path).map_err(error("read the log"))?;
        let mut lines = Self { path: path.to_owned(), file, told: false };
        if last.is_some_and(|last| last != b'\n') {
            // The writer of the last row was cut off.
            lines.append("\n");
        }
        Ok((lines, start))
    }

    /// Appends a line, given with its end.
    fn append(&mut self, line: &str) {
        if let Err(error) = self.file.write_all(line.as_bytes())
            && !std::mem::replace(&mut self.told, true)
        {
            tracing::warn!(path = %self.path.display(), %error, "rows are missing in the log");
        }
    }
}

/// The text at the beginning of a file, long enough for any header, and its last byte. Devices and
/// pipes are not read.
fn ends(path: &Path) -> io::Result<(String, Option<u8>)> {
    if !fs::metadata(path)?.is_file() {
        return Ok((String::new(), None));
    }
    let mut file = File::open(path)?;
    let (mut start, mut last) = (Vec::new(), Vec::new());
    Read::by_ref(&mut file).take(1 << 20).read_to_end(&mut start)?;
    if !start.is_empty() {
        file.seek(SeekFrom::End(-1))?;
        file.read_to_end(&mut last)?;
    }
    Ok((String::from_utf8_lossy(&start).into_owned(), last.last().copied()))
}

/// The value of a report; metrics that are logged without the objective have none, and come with
/// NaN.
fn reported(value: f64, metrics: &[(&str, f64)]) -> Option<f64> {
    (metrics.is_empty() || !value.is_nan()).then_some(value)
}
