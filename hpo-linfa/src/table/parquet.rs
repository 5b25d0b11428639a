//! Reading of Parquet files. Cells become text, as those of a CSV do, so that new rows may come
//! from either kind of file.

use std::fs::File;

use parquet::basic::Type as Physical;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use super::column::Column;
use super::kind::Kind;
use super::{Table, TableError};

/// Reads a Parquet file. `is_gap` tells the texts that stand for a gap.
pub(super) fn read(
    file: File,
    kinds: &[(String, Kind)],
    is_gap: impl Fn(&str) -> bool,
) -> Result<Table, TableError> {
    let problem = |error: ParquetError| TableError::Parquet(error.to_string());
    let reader = SerializedFileReader::new(file).map_err(problem)?;
    let fields = reader.metadata().file_metadata().schema().get_fields();
    if let Some(nested) = fields.iter().find(|field| !field.is_primitive()) {
        return Err(TableError::Parquet(format!(
            "the column `{}` is nested: flatten it into columns of numbers and text",
            nested.name()
        )));
    }
    let is_old_time = |kind: Physical| kind == Physical::INT96;
    if let Some(time) = fields.iter().find(|field| is_old_time(field.get_physical_type())) {
        return Err(TableError::Parquet(format!(
            "the column `{}` has times in the outdated form INT96: write it with timestamps in \
             microseconds",
            time.name()
        )));
    }
    let mut columns: Vec<Column> = fields.iter().map(|field| Column::new(field.name())).collect();
    let mut rows = 0;
    for row in reader.get_row_iter(None).map_err(problem)? {
        let row = row.map_err(problem)?;
        for (column, (_, field)) in columns.iter_mut().zip(row.get_column_iter()) {
            let cell = text(field);
            let cell = cell.as_deref().map(str::trim).filter(|cell| !is_gap(cell));
            column.push(cell);
        }
        rows += 1;
    }
    Table::new(columns, (1..=rows).collect(), true, false, kinds)
}

/// Returns the text of a cell; `None` for a gap.
fn text(field: &Field) -> Option<String> {
    match field {
        Field::Null => None,
        Field::Str(text) => Some(text.clone()),
        Field::Float(number) => (!number.is_nan()).then(|| number.to_string()),
        Field::Double(number) => (!number.is_nan()).then(|| number.to_string()),
        Field::Bytes(bytes) => Some(String::from_utf8_lossy(bytes.data()).into_owned()),
        // Times end with ` +00:00`.
        other => Some(other.to_string().trim_end_matches(" +00:00").to_owned()),
    }
}
