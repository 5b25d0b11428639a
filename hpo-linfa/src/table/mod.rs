//! Tables as people have them: named columns of text, read from a CSV, with inferred types.
//!
//! ```
//! use hpo_linfa::Table;
//!
//! let table = Table::from_csv_text("age,city,price\n31,Bern,5.5\n,Rome,7.25\n58,Bern,6.0\n")?;
//! assert_eq!((table.rows(), table.columns().len()), (3, 3));
//! println!("{}", table.describe());
//! # Ok::<(), hpo_linfa::table::TableError>(())
//! ```

mod column;
mod csv;
mod date;
mod error;
mod format;
mod kind;
mod lines;
#[cfg(feature = "parquet")]
mod parquet;

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use self::format::Evidence;

pub use self::column::Column;
pub use self::csv::CsvReader;
pub use self::date::DateOrder;
pub use self::error::TableError;
pub use self::format::Format;
pub use self::kind::{Inference, Kind};

pub(crate) use self::kind::{number, positive_word, shortened};

/// A table of named columns. Cells are kept as text; each column has an inferred type.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<Column>,
    /// The line of the file where each row starts.
    lines: Vec<u64>,
    has_header: bool,
    /// True if semicolons delimit the cells: then a lone comma is a decimal mark.
    has_semicolons: bool,
    /// The words of gaps, in small letters.
    gaps: Vec<String>,
}

impl Table {
    /// Reads a CSV file. The delimiter (`,`, `;`, tab or `|`), the header and the types of the
    /// columns are inferred.
    ///
    /// # Errors
    /// If the file cannot be read, is not UTF-8, is empty, or has rows of different lengths or two
    /// columns of the same name. The error names the line.
    pub fn from_csv(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::csv().read(path)
    }

    /// Reads a Parquet file of plain columns: numbers, text, flags, dates and times. It may be
    /// compressed by Snappy, or not at all.
    ///
    /// # Errors
    /// If the file cannot be read, has nested columns, or is compressed in another way.
    #[cfg(feature = "parquet")]
    pub fn from_parquet(path: impl AsRef<Path>) -> Result<Self, TableError> {
        Self::csv().read(path)
    }

    /// Reads the text of a CSV file.
    ///
    /// # Errors
    /// As [`from_csv`](Self::from_csv).
    pub fn from_csv_text(text: &str) -> Result<Self, TableError> {
        Self::csv().parse(text.as_bytes())
    }

    /// Returns a reader with settings: the delimiter, the words of gaps, the types of columns.
    pub fn csv() -> CsvReader {
        CsvReader::default()
    }

    /// Creates a table from rows of a serde type, such as a struct with named fields. `None` is a
    /// gap.
    ///
    /// ```
    /// #[derive(serde::Serialize)]
    /// struct House { rooms: u32, street: &'static str, area: Option<f64> }
    ///
    /// let house = House { rooms: 3, street: "Elm", area: None };
    /// let table = hpo_linfa::Table::from_rows([&house, &house])?;
    /// assert_eq!(table.columns()[1].name(), "street");
    /// # Ok::<(), hpo_linfa::table::TableError>(())
    /// ```
    ///
    /// # Errors
    /// If a row cannot be written as a line of a CSV, or there are none.
    pub fn from_rows<T: Serialize>(rows: impl IntoIterator<Item = T>) -> Result<Self, TableError> {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        for row in rows {
            writer.serialize(row).map_err(|error| TableError::Row(error.to_string()))?;
        }
        let text = writer.into_inner().map_err(|error| TableError::Row(error.to_string()))?;
        Self::csv().delimiter(b',').header(true).parse(&text)
    }

    /// Creates a table from numbers, one name per column; NaN is a gap.
    ///
    /// # Errors
    /// If the numbers of names and columns differ, a number is infinite, or there are no rows.
    pub fn from_array(names: &[&str], numbers: &ndarray::Array2<f64>) -> Result<Self, TableError> {
        if names.len() != numbers.ncols() {
            return Err(TableError::Row(format!(
                "{} names for {} columns: give one name per column",
                names.len(),
                numbers.ncols()
            )));
        }
        let mut columns: Vec<Column> = names.iter().map(|name| Column::new(*name)).collect();
        for row in numbers.rows() {
            for (column, value) in columns.iter_mut().zip(row) {
                let text = (!value.is_nan()).then(|| value.to_string());
                column.push(text.as_deref());
            }
        }
        Self::new(columns, (1..=numbers.nrows() as u64).collect(), true, false, &[])
    }

    pub(crate) fn new(
        mut columns: Vec<Column>,
        lines: Vec<u64>,
        has_header: bool,
        has_semicolons: bool,
        kinds: &[(String, Kind)],
    ) -> Result<Self, TableError> {
        if lines.is_empty() {
            return Err(TableError::NoRows);
        }
        for (name, kind) in kinds {
            let known: Vec<&str> = columns.iter().map(Column::name).collect();
            if !known.contains(&name.as_str()) {
                return Err(TableError::unknown_column(name, &known));
            }
            let named = columns.iter_mut().filter(|column| column.name() == name);
            named.for_each(|column| column.set_kind(*kind));
        }
        let found: Vec<Evidence> = columns.iter().map(Column::evidence).collect();
        let marks = || found.iter().filter_map(|found| found.decimal_comma);
        // A table has one decimal mark, unless its columns say otherwise.
        let comma = marks().next().filter(|first| marks().all(|mark| mark == *first));
        let may_count = columns.len() > 2;
        for (place, (column, found)) in columns.iter_mut().zip(found).enumerate() {
            let open_dates = found.has_open_dates;
            let format = found.decided(comma, has_semicolons);
            column.infer(format, open_dates, may_count && place == 0, &lines);
        }
        Ok(Self { columns, lines, has_header, has_semicolons, gaps: Vec::new() })
    }

    /// Stores the words that stood for gaps when the table was read.
    pub(crate) fn with_gaps(self, gaps: &[String]) -> Self {
        Self { gaps: gaps.to_vec(), ..self }
    }

    /// Returns the words that stood for gaps when the table was read, in small letters.
    pub(crate) fn gaps(&self) -> &[String] {
        &self.gaps
    }

    /// Returns the number of rows, without the header.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.lines.len()
    }

    /// Returns the columns, in the order of the file.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Returns the column of this name.
    ///
    /// # Errors
    /// If there is none; the error names the nearest one.
    pub fn column(&self, name: &str) -> Result<&Column, TableError> {
        let names = || self.columns.iter().map(Column::name).collect::<Vec<_>>();
        let found = self.columns.iter().find(|column| column.name() == name);
        found.ok_or_else(|| TableError::unknown_column(name, &names()))
    }

    /// Returns true if the first line of the file contained the names of the columns.
    #[must_use]
    pub fn has_header(&self) -> bool {
        self.has_header
    }

    /// Returns the line of the file where a row starts, from 1.
    ///
    /// # Panics
    /// If the row does not exist.
    #[must_use]
    pub fn line(&self, row: usize) -> u64 {
        self.lines[row]
    }

    /// Returns the rows with these numbers, in their order. Types are inferred again, except those
    /// that were set.
    ///
    /// # Errors
    /// If there are no rows.
    ///
    /// # Panics
    /// If a row does not exist.
    pub fn select(&self, rows: &[usize]) -> Result<Self, TableError> {
        let columns = self.columns.iter().map(|column| column.select(rows)).collect();
        let lines = rows.iter().map(|row| self.lines[*row]).collect();
        let selected = Self::new(columns, lines, self.has_header, self.has_semicolons, &[])?;
        Ok(selected.with_gaps(&self.gaps))
    }

    /// Returns the rows with these numbers, at least one, with the types and formats of all rows.
    pub(crate) fn kept(&self, rows: &[usize]) -> Self {
        let lines: Vec<u64> = rows.iter().map(|row| self.lines[*row]).collect();
        let column = |column: &Column| {
            let mut kept = column.select(rows);
            kept.set_kind(column.kind());
            kept.infer(column.format().clone(), false, false, &lines);
            kept
        };
        let columns = self.columns.iter().map(column).collect();
        let gaps = self.gaps.clone();
        Self { columns, lines, gaps, ..*self }
    }

    /// Returns a text with a line per column: its name, its type, its gaps and a note.
    #[must_use]
    pub fn describe(&self) -> String {
        let name = |column: &Column| shortened(column.name());
        let width = self.columns.iter().map(|column| name(column).chars().count()).max();
        let width = width.unwrap_or(0).clamp(6, 32);
        let mut text =
            format!("{:<width$}  {:<11}{:>8}{:>10}", "column", "type", "gaps", "distinct");
        for column in &self.columns {
            let Inference { gaps, distinct, note, .. } = column.inference();
            let kind = column.kind().name();
            let name = name(column);
            let _ = write!(text, "\n{name:<width$}  {kind:<11}{gaps:>8}{distinct:>10}");
            if let Some(note) = note {
                let _ = write!(text, "  {note}");
            }
        }
        text
    }
}
