//! Reading of CSV files: delimiter and header are sniffed, errors name the line.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};

use super::column::Column;
use super::error::TableError;
use super::format::Format;
use super::kind::{self, Kind};
use super::lines::{self, LineCounter};
use super::{DateOrder, Table, date};

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
    /// its cells is a number or a date, if it has text above numbers or a number above text, or if
    /// it counts the columns. Without a header, columns are called `column1` and so on.
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
        let mut bytes = Vec::new();
        file.by_ref().take(4).read_to_end(&mut bytes).map_err(failed)?;
        if bytes == b"PAR1" {
            return self.read_parquet(file);
        }
        file.read_to_end(&mut bytes).map_err(failed)?;
        self.parse(&bytes)
    }

    #[cfg(feature = "parquet")]
    fn read_parquet(&self, file: File) -> Result<Table, TableError> {
        let is_gap = |cell: &str| self.gaps.iter().any(|gap| gap.eq_ignore_ascii_case(cell));
        Ok(super::parquet::read(file, &self.kinds, is_gap)?.with_gaps(&self.gaps))
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
        if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
            return Err(TableError::Utf16);
        }
        let delimiter = self.delimiter.unwrap_or_else(|| sniffed(bytes));
        if let Some(line) = lines::open_quote(bytes, delimiter) {
            return Err(TableError::OpenQuote { line });
        }
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(bytes);
        let (mut record, mut place) = (ByteRecord::new(), LineCounter::new(bytes));
        if !next(&mut reader, &mut record)? {
            return Err(TableError::Empty);
        }
        let line = place.of(&record);
        let first = texts(&record, line)?.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let has_header = self.header.unwrap_or_else(|| self.is_header(&first, bytes, delimiter));
        let names = if has_header { named(&first)? } else { numbered(first.len()) };
        let mut columns: Vec<Column> = names.into_iter().map(Column::new).collect();
        let mut lines = Vec::new();
        let mut more = !has_header || next(&mut reader, &mut record)?;
        while more {
            let line = place.of(&record);
            self.add(&mut columns, &record, line, delimiter)?;
            lines.push(line);
            more = next(&mut reader, &mut record)?;
        }
        let table = Table::new(columns, lines, has_header, delimiter == b';', &self.kinds)?;
        Ok(table.with_gaps(&self.gaps))
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

    /// Returns true if the first line is a header, from itself and the lines below.
    fn is_header(&self, first: &[String], bytes: &[u8], delimiter: u8) -> bool {
        if first.iter().all(|cell| !is_value(cell)) {
            return true;
        }
        let mut names: Vec<&str> = first.iter().map(|cell| cell.trim()).collect();
        if counts_up(&names) {
            return true;
        }
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return false;
        }
        let mut reader = ReaderBuilder::new();
        reader.delimiter(delimiter).has_headers(false).flexible(true);
        let records = reader.from_reader(bytes).into_byte_records().skip(1).take(SNIFFED);
        let below: Vec<ByteRecord> = records.flatten().collect();
        (0..first.len()).any(|column| self.differs(&first[column], column, &below))
    }

    /// Returns true if a first cell is text above values only, or a value above text only.
    fn differs(&self, first: &str, column: usize, below: &[ByteRecord]) -> bool {
        let text = |record: &ByteRecord| {
            let cell = String::from_utf8_lossy(record.get(column)?).trim().to_owned();
            (!self.is_gap(&cell)).then_some(cell)
        };
        let cells: Vec<String> = below.iter().filter_map(text).collect();
        let is_own_value = is_value(first);
        !self.is_gap(first.trim())
            && !cells.is_empty()
            && cells.iter().all(|cell| is_value(cell) != is_own_value)
    }
}

fn next(reader: &mut csv::Reader<&[u8]>, record: &mut ByteRecord) -> Result<bool, TableError> {
    reader.read_byte_record(record).map_err(|error| TableError::Row(error.to_string()))
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

/// Returns true for a number with either decimal mark, and for a date.
fn is_value(cell: &str) -> bool {
    let comma = Format { decimal_comma: true, ..Format::default() };
    let is_date = |order| date::seconds(cell, order).is_some();
    kind::number(cell).is_some()
        || comma.number(cell).is_some()
        || is_date(DateOrder::DayFirst)
        || is_date(DateOrder::MonthFirst)
}

/// Returns true for at least three whole numbers of which each is one more than the one before, as
/// in a header of years or of numbers of columns.
fn counts_up(cells: &[&str]) -> bool {
    let numbers: Option<Vec<f64>> = cells.iter().map(|cell| kind::number(cell)).collect();
    numbers.is_some_and(|numbers| {
        numbers.len() > 2
            && numbers[0].fract() == 0.0
            && numbers.windows(2).all(|pair| pair[1] - pair[0] == 1.0)
    })
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
