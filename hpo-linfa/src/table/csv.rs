//! Reading of CSV files: delimiter and header are sniffed, errors name the line.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};

use super::column::Column;
use super::error::TableError;
use super::kind::Kind;
use super::{Table, date};

/// The words that stand for a gap, by default. Letters of either case are the same.
pub(super) const GAPS: [&str; 7] = ["", "na", "n/a", "#n/a", "nan", "null", "?"];

/// The delimiters that are sniffed.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The number of lines from which the delimiter is sniffed.
const SNIFFED: usize = 50;

/// The settings of reading a CSV. What is not set is inferred from the file.
///
/// ```
/// use hpo_linfa::table::{Kind, Table};
///
/// let reader = Table::csv().gaps(["", "-99"]).kind("zip", Kind::Category);
/// let table = reader.parse(b"zip;size\n3011;80\n8001;-99\n")?;
/// assert_eq!(table.column("size")?.inference().gaps, 1);
/// # Ok::<(), hpo_linfa::table::TableError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a reader reads nothing before .read() or .parse()"]
pub struct CsvReader {
    delimiter: Option<u8>,
    header: Option<bool>,
    gaps: Vec<String>,
    kinds: Vec<(String, Kind)>,
}

impl Default for CsvReader {
    fn default() -> Self {
        let gaps = GAPS.iter().map(|&gap| gap.to_owned()).collect();
        Self { delimiter: None, header: None, gaps, kinds: Vec::new() }
    }
}

impl CsvReader {
    /// Sets the delimiter. Default: the one of `,`, `;`, tab and `|` that fits the first lines.
    pub fn delimiter(self, delimiter: u8) -> Self {
        Self { delimiter: Some(delimiter), ..self }
    }

    /// Sets whether the first line contains the names of the columns. Default: it does if none of
    /// its cells is a number or a date. Without a header, columns are called `column1` and so on.
    pub fn header(self, header: bool) -> Self {
        Self { header: Some(header), ..self }
    }

    /// Sets the words that stand for a gap, in letters of either case. Default: an empty cell,
    /// `NA`, `N/A`, `#N/A`, `NaN`, `null` and `?`.
    pub fn gaps<T: Into<String>>(self, gaps: impl IntoIterator<Item = T>) -> Self {
        Self { gaps: gaps.into_iter().map(|gap| gap.into().to_lowercase()).collect(), ..self }
    }

    /// Sets the type of a column, which is then not inferred.
    pub fn kind(mut self, column: impl Into<String>, kind: Kind) -> Self {
        self.kinds.push((column.into(), kind));
        self
    }

    /// Reads a file: a CSV or, with the feature `parquet`, a Parquet file.
    ///
    /// # Errors
    /// If the file cannot be read, is not UTF-8, is empty, or has rows of different lengths or two
    /// columns of the same name. The error names the line.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Table, TableError> {
        let path = path.as_ref();
        let failed = |source| TableError::File { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(failed)?;
        let mut start = Vec::new();
        file.by_ref().take(4).read_to_end(&mut start).map_err(failed)?;
        if start == b"PAR1" {
            return self.read_parquet(file);
        }
        let mut bytes = start;
        file.read_to_end(&mut bytes).map_err(failed)?;
        self.parse(&bytes)
    }

    #[cfg(feature = "parquet")]
    fn read_parquet(&self, file: File) -> Result<Table, TableError> {
        let table = super::parquet::read(file, &self.kinds, |cell| self.is_gap(cell))?;
        Ok(table.with_gaps(&self.gaps))
    }

    #[cfg(not(feature = "parquet"))]
    fn read_parquet(&self, _: File) -> Result<Table, TableError> {
        Err(TableError::Parquet(
            "this program was built without the feature `parquet`: build it with the feature, or \
             write the table as CSV"
                .to_owned(),
        ))
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// As [`read`](Self::read), except that there is no file.
    pub fn parse(&self, bytes: &[u8]) -> Result<Table, TableError> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let delimiter = self.delimiter.unwrap_or_else(|| sniffed(bytes));
        if let Some(line) = unclosed_quote(bytes, delimiter) {
            return Err(TableError::Unclosed { line });
        }
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(bytes);
        let mut record = ByteRecord::new();
        if !next(&mut reader, &mut record)? {
            return Err(TableError::Empty);
        }
        let first = texts(&record, line(bytes, &record))?
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        let has_header = self.header.unwrap_or_else(|| is_header(&first));
        let names = if has_header { named(&first)? } else { numbered(first.len()) };
        let has_commas = delimiter == b',';
        let column = |name: String| Column::new(name).has_commas(has_commas);
        let mut columns: Vec<Column> = names.into_iter().map(column).collect();
        let mut lines = Vec::new();
        let mut more = !has_header || next(&mut reader, &mut record)?;
        while more {
            let line = line(bytes, &record);
            self.add(&mut columns, &record, line, delimiter)?;
            lines.push(line);
            more = next(&mut reader, &mut record)?;
        }
        Ok(Table::new(columns, lines, has_header, &self.kinds)?.with_gaps(&self.gaps))
    }

    fn add(
        &self,
        columns: &mut [Column],
        record: &ByteRecord,
        line: u64,
        delimiter: u8,
    ) -> Result<(), TableError> {
        let (found, expected) = (record.len(), columns.len());
        if found != expected {
            let delimiter = char::from(delimiter);
            return Err(TableError::Ragged { line, found, expected, delimiter });
        }
        for (column, cell) in columns.iter_mut().zip(texts(record, line)?) {
            let cell = cell.trim();
            column.push((!self.is_gap(cell)).then_some(cell));
        }
        Ok(())
    }

    fn is_gap(&self, cell: &str) -> bool {
        self.gaps.iter().any(|gap| gap.eq_ignore_ascii_case(cell))
    }
}

fn next(reader: &mut csv::Reader<&[u8]>, record: &mut ByteRecord) -> Result<bool, TableError> {
    reader.read_byte_record(record).map_err(|error| TableError::Row(error.to_string()))
}

/// Returns the line where a record starts. The reader's position is before the line end and the
/// blank lines that come first.
fn line(bytes: &[u8], record: &ByteRecord) -> u64 {
    let Some(position) = record.position() else { return 0 };
    let rest = usize::try_from(position.byte()).ok().and_then(|begin| bytes.get(begin..));
    let ends = rest.unwrap_or_default().iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position.line() + ends.filter(|byte| **byte == b'\n').count() as u64
}

/// Returns the line of a quote that opens a cell and is never closed.
fn unclosed_quote(bytes: &[u8], delimiter: u8) -> Option<u64> {
    let (mut line, mut begin) = (1, 0);
    let (mut is_open, mut is_start, mut was_closed) = (false, true, false);
    for byte in bytes {
        if *byte == b'"' && is_open {
            (is_open, was_closed, is_start) = (false, true, false);
            continue;
        }
        if *byte == b'"' && (is_start || was_closed) {
            // Two quotes within a cell close it and open it again.
            begin = if was_closed { begin } else { line };
            is_open = true;
        }
        line += u64::from(*byte == b'\n');
        was_closed = false;
        is_start = *byte == delimiter || matches!(byte, b'\r' | b'\n');
    }
    is_open.then_some(begin)
}

/// Returns the cells of a line as text.
fn texts(record: &ByteRecord, line: u64) -> Result<Vec<&str>, TableError> {
    let text = |(column, cell)| {
        std::str::from_utf8(cell).map_err(|_| TableError::NotUtf8 { line, column: column + 1 })
    };
    record.iter().enumerate().map(text).collect()
}

/// Returns the delimiter with which the first lines have the most cells, all the same number. If
/// none has more than one, it is the comma.
fn sniffed(bytes: &[u8]) -> u8 {
    let cells = |delimiter: &u8| {
        let mut reader = ReaderBuilder::new();
        reader.delimiter(*delimiter).has_headers(false).flexible(true);
        let records = reader.from_reader(bytes).into_byte_records().take(SNIFFED);
        let lengths: Vec<usize> = records.flatten().map(|record| record.len()).collect();
        let first = lengths.first().copied().unwrap_or(0);
        let even = lengths.iter().filter(|length| **length == first).count();
        // A ragged file has some lines of another length: most lines decide.
        if first > 1 && even * 10 >= lengths.len() * 8 { first } else { 0 }
    };
    let best = DELIMITERS.iter().rev().max_by_key(|delimiter| cells(delimiter));
    best.copied().filter(|delimiter| cells(delimiter) > 0).unwrap_or(b',')
}

fn is_header(cells: &[String]) -> bool {
    cells.iter().all(|cell| super::number(cell).is_none() && date::seconds(cell).is_none())
}

/// Returns the names of a header; an empty one becomes the number of the column.
fn named(header: &[String]) -> Result<Vec<String>, TableError> {
    let numbered = numbered(header.len());
    let names: Vec<String> = header
        .iter()
        .zip(numbered)
        .map(|(name, number)| if name.trim().is_empty() { number } else { name.trim().to_owned() })
        .collect();
    for (second, name) in names.iter().enumerate() {
        if let Some(first) = names[..second].iter().position(|other| other == name) {
            let (first, second) = (first + 1, second + 1);
            return Err(TableError::DuplicateColumn { name: name.clone(), first, second });
        }
    }
    Ok(names)
}

fn numbered(columns: usize) -> Vec<String> {
    (1..=columns).map(|number| format!("column{number}")).collect()
}
