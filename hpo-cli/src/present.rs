//! Tables of values, and how they are written: for people, for programs, for spreadsheets.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, presets};
use serde_json::{Map, Value as Json};

use crate::args::Format;

/// What stands in a row of a table: a JSON scalar, or nothing.
pub(crate) type Cell = Option<Json>;

/// A table of JSON scalars.
#[derive(Debug, Default)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

/// A column; one of a group stands in an object of its own in JSON, and has a prefix in CSV.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    group: Option<&'static str>,
    name: String,
    /// Whether it is for programs only: a sentence, where others read a line a trial.
    is_detail: bool,
}

impl Column {
    pub(crate) fn plain(name: &str) -> Self {
        Self { group: None, name: name.to_owned(), is_detail: false }
    }

    pub(crate) fn of(group: &'static str, name: &str) -> Self {
        Self { group: Some(group), name: name.to_owned(), is_detail: false }
    }

    /// A column that only JSON has.
    pub(crate) fn detail(name: &str) -> Self {
        Self { is_detail: true, ..Self::plain(name) }
    }

    fn full_name(&self) -> String {
        match self.group {
            Some(group) => format!("{group}.{}", self.name),
            None => self.name.clone(),
        }
    }
}

/// A number; infinities, which JSON has no word for, become text.
pub(crate) fn number(value: f64) -> Json {
    serde_json::Number::from_f64(value).map_or_else(|| Json::from(value.to_string()), Json::Number)
}

impl Table {
    pub(crate) fn new(columns: Vec<Column>) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row, a value a column.
    pub(crate) fn push(&mut self, row: Vec<Cell>) {
        debug_assert_eq!(row.len(), self.columns.len());
        self.rows.push(row);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, ended by a newline.
    pub(crate) fn render(&self, format: Format) -> String {
        match format {
            Format::Table => self.for_people(),
            Format::Json => self.for_programs(),
            Format::Csv => self.for_spreadsheets(),
        }
    }

    /// Columns in which no row has anything are left out: they would only take room.
    fn for_people(&self) -> String {
        let used: Vec<usize> = (0..self.columns.len())
            .filter(|index| !self.columns[*index].is_detail)
            .filter(|index| self.rows.is_empty() || self.rows.iter().any(|row| row[*index].is_some()))
            .collect();
        let mut table = comfy_table::Table::new();
        let style = presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none());
        table.load_style(style).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(used.iter().map(|index| self.columns[*index].name.as_str()));
        for row in &self.rows {
            table.add_row(used.iter().map(|index| row[*index].as_ref().map_or_else(String::new, rounded)));
        }
        for (place, index) in used.iter().enumerate() {
            let numeric = self.rows.iter().all(|row| row[*index].as_ref().is_none_or(Json::is_number));
            if let (true, Some(column)) = (numeric, table.column_mut(place)) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        format!("{}\n", table.trim_fmt().trim_end())
    }

    fn for_programs(&self) -> String {
        let rows = self.rows.iter().map(|row| Json::Object(self.object(row))).collect();
        format!("{:#}\n", Json::Array(rows))
    }

    /// A row as an object. What is absent in a group is no member of it: an inactive parameter is not null.
    fn object(&self, row: &[Cell]) -> Map<String, Json> {
        let mut object = Map::new();
        for (column, value) in self.columns.iter().zip(row) {
            let Some(group) = column.group else {
                object.insert(column.name.clone(), value.clone().unwrap_or_default());
                continue;
            };
            let members = object.entry(group).or_insert_with(|| Json::Object(Map::new()));
            if let (Json::Object(members), Some(value)) = (members, value) {
                members.insert(column.name.clone(), value.clone());
            }
        }
        object
    }

    fn for_spreadsheets(&self) -> String {
        let told = || (0..self.columns.len()).filter(|index| !self.columns[*index].is_detail);
        let mut text = line(told().map(|index| self.columns[index].full_name()));
        for row in &self.rows {
            text += &line(told().map(|index| row[index].as_ref().map_or_else(String::new, in_full)));
        }
        text
    }
}

fn line(fields: impl Iterator<Item = String>) -> String {
    fields.map(|field| quoted(&field)).collect::<Vec<_>>().join(",") + "\n"
}

/// A CSV field as RFC 4180 wants it.
fn quoted(field: &str) -> String {
    if field.contains(['"', ',', '\n', '\r']) {
        return format!("\"{}\"", field.replace('"', "\"\""));
    }
    field.to_owned()
}

fn in_full(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Six digits of a real number: more is noise to the eye.
fn rounded(value: &Json) -> String {
    let Some(float) = value.as_f64().filter(|_| value.is_f64()) else {
        return in_full(value);
    };
    let decimals = 5 - if float == 0.0 { 0 } else { float.abs().log10().floor() as i32 };
    if (1..=9).contains(&decimals) {
        return without_zeros(&format!("{float:.*}", decimals as usize)).to_owned();
    }
    let text = format!("{float:.5e}");
    match text.split_once('e') {
        Some((digits, power)) => format!("{}e{power}", without_zeros(digits)),
        None => text,
    }
}

/// Decimals without the zeros at their end.
fn without_zeros(decimals: &str) -> &str {
    decimals.trim_end_matches('0').trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_be_read() {
        let cases = [
            (0.0, "0"),
            (1.0, "1"),
            (-0.25, "-0.25"),
            (0.1 + 0.2, "0.3"),
            (1_234.567_891, "1234.57"),
            (99_999.96, "100000"),
            (123_456.7, "1.23457e5"),
            (2.5e-4, "0.00025"),
            (7.8e-5, "7.8e-5"),
            (1e-10, "1e-10"),
        ];
        for (value, text) in cases {
            assert_eq!(rounded(&number(value)), text);
        }
        assert_eq!(rounded(&number(f64::INFINITY)), "inf");
        assert_eq!(rounded(&Json::from(10_000_000)), "10000000");
    }

    #[test]
    fn csv_fields_are_quoted_where_they_must_be() {
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(quoted("a,b"), "\"a,b\"");
        assert_eq!(quoted("say \"no\"\n"), "\"say \"\"no\"\"\n\"");
    }
}
