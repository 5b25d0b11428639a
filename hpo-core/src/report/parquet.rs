//! The table of trials as a Parquet file, for data frames (pandas, polars, `DuckDB`, R's arrow).
//!
//! The columns and their names are those of the CSV file. The column of a parameter has its own
//! type: 64-bit integers, doubles, booleans or text; choices of mixed types are text. A cell is
//! null where the parameter is inactive, and for a choice that is itself `null`. Infinities are
//! doubles. The file has one row group, dictionaries where they save space, and no compression: the
//! crate `parquet` is used without its features, and so without Arrow.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::{ReportError, TrialRow, TrialTable};
use crate::space::Label;

/// A column of cells; `None` for an empty cell.
enum ParquetColumn {
    Integers(Vec<Option<i64>>),
    Doubles(Vec<Option<f64>>),
    Flags(Vec<Option<bool>>),
    Texts(Vec<Option<String>>),
}

impl TrialTable {
    /// Writes the table as a Parquet file: one row per trial, and one typed column per parameter,
    /// null where it is inactive.
    ///
    /// ```
    /// use hpo_core::prelude::*;
    ///
    /// #[derive(Debug, Clone, SearchSpace)]
    /// struct Net {
    ///     #[search_space(range = 1e-5..=1e-1, log)]
    ///     rate: f64,
    ///     #[search_space(range = 1..=4)]
    ///     layers: usize,
    /// }
    ///
    /// let study = Study::<Net>::minimize().seed(1).run(20, |net| net.rate * net.layers as f64)?;
    /// let mut file = Vec::new();
    /// study.table()?.write_parquet(&mut file)?;
    /// assert!(file.starts_with(b"PAR1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Fails if `file` cannot be written.
    pub fn write_parquet(&self, file: impl Write + Send) -> Result<(), ReportError> {
        self.written(file).map_err(|error| ReportError::Parquet { problem: error.to_string() })
    }

    fn written(&self, file: impl Write + Send) -> Result<(), ParquetError> {
        let columns = self.parquet_columns();
        let fields = columns.iter().map(|(name, column)| column.field(name).map(Arc::new));
        let schema = Type::group_type_builder("trials")
            .with_fields(fields.collect::<Result<_, _>>()?)
            .build()?;
        let mut writer =
            SerializedFileWriter::new(file, Arc::new(schema), Arc::new(WriterProperties::new()))?;
        let mut rows = writer.next_row_group()?;
        for (_, column) in columns {
            let Some(writer) = rows.next_column()? else { break };
            column.write(writer)?;
        }
        rows.close()?;
        writer.close()?;
        Ok(())
    }

    fn parquet_columns(&self) -> Vec<(String, ParquetColumn)> {
        let each = |cell: &dyn Fn(&TrialRow) -> Option<f64>| {
            ParquetColumn::Doubles(self.rows.iter().map(cell).collect())
        };
        let text = |cell: &dyn Fn(&TrialRow) -> Option<String>| {
            ParquetColumn::Texts(self.rows.iter().map(cell).collect())
        };
        let numbers = self.rows.iter().map(|row| i64::try_from(row.number).ok()).collect();
        let mut columns = vec![ParquetColumn::Integers(numbers)];
        columns.push(text(&|row| Some(row.state.to_string())));
        for objective in 0..self.values.len() {
            columns.push(each(&|row| row.values.get(objective).copied()));
        }
        columns.push(each(&|row| row.seconds));
        for index in 0..self.params.len() {
            let labels: Vec<Option<&Label>> =
                self.rows.iter().map(|row| row.params[index].as_ref()).collect();
            columns.push(ParquetColumn::of(&labels));
        }
        for index in 0..self.constraints.len() {
            columns.push(each(&|row| row.constraints[index]));
        }
        columns.push(text(&|row| row.message.clone()));
        self.columns().into_iter().zip(columns).collect()
    }
}

impl ParquetColumn {
    /// Returns a column of the narrowest type that holds all labels.
    fn of(labels: &[Option<&Label>]) -> Self {
        let labels: Vec<Option<&Label>> =
            labels.iter().map(|label| label.filter(|label| **label != Label::Null)).collect();
        let integer = |label: &Label| {
            if let Label::Int(own) = label { i64::try_from(*own).ok() } else { None }
        };
        let double = |label: &Label| if let Label::Float(own) = label { Some(*own) } else { None };
        let flag = |label: &Label| if let Label::Bool(own) = label { Some(*own) } else { None };
        all(&labels, integer)
            .map(ParquetColumn::Integers)
            .or_else(|| all(&labels, double).map(ParquetColumn::Doubles))
            .or_else(|| all(&labels, flag).map(ParquetColumn::Flags))
            .unwrap_or_else(|| {
                ParquetColumn::Texts(
                    labels.iter().map(|label| label.map(Label::to_string)).collect(),
                )
            })
    }

    fn field(&self, name: &str) -> Result<Type, ParquetError> {
        let (physical, logical) = match self {
            ParquetColumn::Integers(_) => (Physical::INT64, None),
            ParquetColumn::Doubles(_) => (Physical::DOUBLE, None),
            ParquetColumn::Flags(_) => (Physical::BOOLEAN, None),
            ParquetColumn::Texts(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        };
        let field = Type::primitive_type_builder(name, physical).with_logical_type(logical);
        field.with_repetition(Repetition::OPTIONAL).build()
    }

    fn write(self, writer: SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        match self {
            ParquetColumn::Integers(cells) => write::<Int64Type>(cells, writer),
            ParquetColumn::Doubles(cells) => write::<DoubleType>(cells, writer),
            ParquetColumn::Flags(cells) => write::<BoolType>(cells, writer),
            ParquetColumn::Texts(cells) => {
                let bytes = |text: String| ByteArray::from(text.into_bytes());
                write::<ByteArrayType>(
                    cells.into_iter().map(|cell| cell.map(bytes)).collect(),
                    writer,
                )
            }
        }
    }
}

/// Returns the cells of all labels, or `None` if one of the labels has another type.
fn all<T>(labels: &[Option<&Label>], cell: impl Fn(&Label) -> Option<T>) -> Option<Vec<Option<T>>> {
    labels.iter().map(|label| label.map_or(Some(None), |label| cell(label).map(Some))).collect()
}

fn write<T: DataType>(
    cells: Vec<Option<T::T>>,
    mut writer: SerializedColumnWriter<'_>,
) -> Result<(), ParquetError> {
    let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let values: Vec<T::T> = cells.into_iter().flatten().collect();
    writer.typed::<T>().write_batch(&values, Some(&levels), None)?;
    writer.close()
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::Field;

    use super::*;
    use crate::trial::State;

    fn row(number: u64, params: Vec<Option<Label>>) -> TrialRow {
        let (values, constraints) = (vec![f64::INFINITY], Vec::new());
        TrialRow {
            number,
            state: State::Complete,
            values,
            seconds: None,
            params,
            constraints,
            message: None,
        }
    }

    #[test]
    fn columns_come_back_with_their_types_and_nulls() {
        let text = |text: &'static str| Some(Label::Text(text.into()));
        let first = vec![
            Some(Label::Float(0.5)),
            Some(Label::Int(3)),
            None,
            text("a,\"b\""),
            Some(Label::Int(1)),
        ];
        let second = vec![
            Some(Label::Float(1.0)),
            None,
            Some(Label::Bool(true)),
            Some(Label::Null),
            Some(Label::Bool(false)),
        ];
        let table = TrialTable {
            objectives: 1,
            values: vec!["value".to_owned()],
            params: ["rate", "depth", "flag", "kind", "mixed"].map(str::to_owned).to_vec(),
            constraints: Vec::new(),
            rows: vec![row(0, first), row(7, second)],
            of: 2,
        };
        let mut file = Vec::new();
        table.write_parquet(&mut file).unwrap();
        let path = std::env::temp_dir().join(format!("hpo-table-{}.parquet", std::process::id()));
        std::fs::write(&path, &file).unwrap();
        let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
        std::fs::remove_file(&path).unwrap();
        let rows: Vec<Vec<(String, Field)>> =
            reader.get_row_iter(None).unwrap().map(|row| row.unwrap().into_columns()).collect();
        let cells = |row: usize, name: &str| {
            rows[row].iter().find(|(own, _)| own == name).unwrap().1.clone()
        };
        assert_eq!(
            rows[0].iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" "),
            "trial state value seconds params.rate params.depth params.flag params.kind \
             params.mixed message"
        );
        assert_eq!(
            (cells(1, "trial"), cells(0, "value")),
            (Field::Long(7), Field::Double(f64::INFINITY))
        );
        assert_eq!(
            (cells(0, "params.rate"), cells(0, "params.depth")),
            (Field::Double(0.5), Field::Long(3))
        );
        assert_eq!(
            (cells(1, "params.depth"), cells(1, "params.flag")),
            (Field::Null, Field::Bool(true))
        );
        assert_eq!(
            (cells(0, "params.kind"), cells(1, "params.kind")),
            (Field::Str("a,\"b\"".to_owned()), Field::Null)
        );
        let mixed = [cells(0, "params.mixed"), cells(1, "params.mixed")];
        assert_eq!(mixed, [Field::Str("1".to_owned()), Field::Str("false".to_owned())]);
        assert_eq!(
            (cells(0, "state"), cells(0, "message")),
            (Field::Str("complete".to_owned()), Field::Null)
        );
    }
}
