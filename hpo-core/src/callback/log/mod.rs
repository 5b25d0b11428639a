//! Logs with a row for each trial that ends, or for each report, written as it happens.
//!
//! A row is written at once and as a whole, so that another program can follow the file. An
//! existing file is appended to. The storage is the record of a search; a log is a copy for
//! spreadsheets and scripts.

mod csv;
mod json_lines;

pub use csv::{CsvLog, CsvLogBuilder};
pub use json_lines::{JsonLines, JsonLinesBuilder};

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The kind of rows in a log: one per trial, or one per report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rows {
    Trials,
    Reports,
}

/// A text file, open for appending lines.
#[derive(Debug)]
struct Lines {
    path: PathBuf,
    file: File,
    /// True if a warning about a write error was given.
    has_warned: bool,
}

impl Lines {
    /// Opens a file for appending, and creates it and its folders if they are missing. Returns it
    /// positioned at the start of a new line, with the text that the file begins with.
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
        let (start, last) = start_and_last_byte(path).map_err(error("read the log"))?;
        let mut lines = Self { path: path.to_owned(), file, has_warned: false };
        if last.is_some_and(|last| last != b'\n') {
            // The last row was cut off.
            lines.append("\n");
        }
        Ok((lines, start))
    }

    /// Appends a line; `line` includes its line break.
    fn append(&mut self, line: &str) {
        if let Err(error) = self.file.write_all(line.as_bytes())
            && !std::mem::replace(&mut self.has_warned, true)
        {
            tracing::warn!(path = %self.path.display(), %error, "rows are missing in the log");
        }
    }
}

/// Returns the text at the beginning of a file, up to 1 MiB, which is enough for any header, and
/// its last byte. Devices and pipes are not read.
fn start_and_last_byte(path: &Path) -> io::Result<(String, Option<u8>)> {
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

/// Returns the value of a report; `None` if metrics were logged without the objective, in which
/// case the value is NaN.
fn reported(value: f64, metrics: &[(&str, f64)]) -> Option<f64> {
    (metrics.is_empty() || !value.is_nan()).then_some(value)
}
