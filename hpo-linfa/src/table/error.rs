//! Problems of tables, with the line and the column of the user's own file.

use std::path::PathBuf;

use hpo_core::space::counted;

/// The reason why a table cannot be read or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The file cannot be read.
    #[error("`{}` cannot be read", path.display())]
    File {
        /// The path.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The file is empty.
    #[error("the file is empty: a table needs a header and rows")]
    Empty,
    /// There is a header, but no rows.
    #[error("the table has no rows")]
    NoRows,
    /// The file is not UTF-8.
    #[error(
        "line {line}, column {column} is not UTF-8: save the file as UTF-8 (for example with \
         `iconv -f latin1 -t utf-8`)"
    )]
    NotUtf8 {
        /// The line, from 1.
        line: u64,
        /// The column, from 1.
        column: usize,
    },
    /// The file is UTF-16.
    #[error("the file is UTF-16: save it as UTF-8 (for example with `iconv -f utf-16 -t utf-8`)")]
    Utf16,
    /// A quote that opens a cell is never closed, so that the rest of the file is one cell.
    #[error(
        "line {line}: a cell opens with a quote that is never closed: close it, or write a quote \
         within a cell twice"
    )]
    OpenQuote {
        /// The line where the cell starts, from 1.
        line: u64,
    },
    /// A row has another number of cells than the header.
    #[error(
        "line {line} has {}, the header has {expected}: a cell that contains the delimiter `{}` \
         needs quotes", counted(found, "cell"), delimiter.escape_default()
    )]
    Ragged {
        /// The line, from 1.
        line: u64,
        /// The number of cells in the row.
        found: usize,
        /// The number of cells in the header.
        expected: usize,
        /// The delimiter.
        delimiter: char,
    },
    /// Two columns have the same name.
    #[error("columns {first} and {second} are both called `{name}`: rename one of them")]
    DuplicateColumn {
        /// The name.
        name: String,
        /// The first column, from 1.
        first: usize,
        /// The second column, from 1.
        second: usize,
    },
    /// A column does not exist.
    #[error("there is no column `{name}`{hint}")]
    NoColumn {
        /// The name.
        name: String,
        /// The nearest names.
        hint: String,
    },
    /// A cell does not fit the type of its column.
    #[error("line {line}, column `{column}`: `{text}` is no {kind}")]
    Cell {
        /// The line, from 1.
        line: u64,
        /// The name of the column.
        column: String,
        /// The text of the cell.
        text: String,
        /// The type of the column.
        kind: &'static str,
    },
    /// A row of a serde type cannot be a line of a table.
    #[error("the rows are no table: {0}")]
    Row(String),
    /// A Parquet file cannot be read.
    #[error("the Parquet file cannot be read: {0}")]
    Parquet(String),
    /// No column is left to learn from.
    #[error("no column is left to learn from: {0}")]
    NoFeatures(String),
    /// The target cannot be predicted.
    #[error("the target `{name}` {problem}")]
    Target {
        /// The name of the target.
        name: String,
        /// The problem, with its remedy.
        problem: String,
    },
}

impl TableError {
    pub(crate) fn unknown_column(name: &str, known: &[&str]) -> Self {
        Self::NoColumn { name: name.to_owned(), hint: hint(name, known) }
    }
}

/// Returns ", did you mean `x`?", or a list of the names.
fn hint(name: &str, known: &[&str]) -> String {
    const MOST: usize = 12;
    let lower = name.to_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&lower, &known.to_lowercase());
    let nearest = known.iter().map(|known| (distance(known), known)).min();
    if let Some((far, nearest)) = nearest
        && far <= (name.chars().count() / 3).max(1)
    {
        return format!(", did you mean `{nearest}`?");
    }
    let listed: Vec<String> = known.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    let more = if known.len() > MOST { ", ..." } else { "" };
    format!("; there are {}{more}", listed.join(", "))
}
