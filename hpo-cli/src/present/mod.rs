//! Tables of values, and their formats: for people, for programs, for spreadsheets.

mod pretty;

use anyhow::{Error, Result, anyhow};
use clap::{Args, ValueEnum};
use hpo_core::report::csv;
pub(crate) use hpo_core::report::json_number as number;
use serde_json::{Map, Value as Json};

use crate::nearest::{hint, nearest};
use crate::screen::{self, Screen};

/// The format of a table.
#[derive(Debug, Args)]
pub(crate) struct View {
    /// The format of the output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// The columns to show, in this order, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// Show all columns in full, however wide the terminal is
    #[arg(long)]
    pub(crate) wide: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: rounded numbers, as wide as the terminal
    Table,
    /// For programs: a list of objects, numbers in full
    Json,
    /// For spreadsheets: a header and one line per row, numbers in full
    Csv,
}

/// A cell of a table: a JSON scalar; `None` if it is empty.
pub(crate) type Cell = Option<Json>;

/// A table of JSON scalars, with named columns.
#[derive(Debug, Default)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

/// A column. Columns of a group are in an object of their own in JSON, and have a prefix in CSV.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    group: Option<&'static str>,
    name: String,
    /// Other names by which the user may request it.
    aliases: Vec<String>,
    /// True if it is only for programs, unless requested: a sentence, which would not fit one line
    /// per trial.
    is_detail: bool,
    /// True if 0 is not worth showing.
    is_count: bool,
}

impl Column {
    pub(crate) fn plain(name: &str) -> Self {
        Self {
            group: None,
            name: name.to_owned(),
            aliases: Vec::new(),
            is_detail: false,
            is_count: false,
        }
    }

    pub(crate) fn of(group: &'static str, name: &str) -> Self {
        Self { group: Some(group), ..Self::plain(name) }
    }

    /// Creates a column whose first name is shown and whose other names are aliases.
    pub(crate) fn called(names: &[String]) -> Self {
        let (name, aliases) =
            names.split_first().map_or(("value", &[][..]), |(name, others)| (name, others));
        Self { aliases: aliases.to_vec(), ..Self::plain(name) }
    }

    /// Creates a column that is shown in JSON only.
    pub(crate) fn detail(name: &str) -> Self {
        Self { is_detail: true, ..Self::plain(name) }
    }

    /// Creates a column of counts. The format for people leaves it out if all of them are 0.
    pub(crate) fn count(name: &str) -> Self {
        Self { is_count: true, ..Self::plain(name) }
    }

    fn full_name(&self) -> String {
        match self.group {
            Some(group) => format!("{group}.{}", self.name),
            None => self.name.clone(),
        }
    }
}

impl Table {
    pub(crate) fn new(columns: Vec<Column>) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row with one value per column.
    pub(crate) fn push(&mut self, row: Vec<Cell>) {
        debug_assert_eq!(row.len(), self.columns.len());
        self.rows.push(row);
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn rows_mut(&mut self) -> &mut Vec<Vec<Cell>> {
        &mut self.rows
    }

    /// Returns the index of a column by its name: in full, without its group, or the end of its
    /// path if no other path ends the same. `number` means a trial's number.
    pub(crate) fn find(&self, name: &str) -> Result<usize> {
        let index = |is: &dyn Fn(&Column) -> bool| self.columns.iter().position(is);
        let by_name = index(&|column| column.full_name() == name)
            .or_else(|| index(&|column| column.name == name));
        let is_suffix = |column: &Column| {
            column.name.strip_suffix(name).is_some_and(|path| path.ends_with('.'))
        };
        let is_only = self.columns.iter().filter(|column| is_suffix(column)).count() == 1;
        let by_end = || index(&is_suffix).filter(|_| is_only);
        let by_number = || index(&|column| name == "number" && column.name == "trial");
        let by_alias = || index(&|column| column.aliases.iter().any(|alias| alias == name));
        by_name
            .or_else(by_end)
            .or_else(by_number)
            .or_else(by_alias)
            .ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> Error {
        let bare = self.columns.iter().map(|column| column.name.as_str());
        let names: Vec<String> = self.columns.iter().map(Column::full_name).collect();
        let suggestion = match nearest(name, bare) {
            Some(near) => format!(", did you mean `{near}`?"),
            None => hint(name, names.iter().map(String::as_str)),
        };
        anyhow!("there is no column `{name}`{suggestion}")
    }

    /// Keeps only these columns, in this order; all of them if none is named.
    fn choose(self, names: &[String]) -> Result<Self> {
        if names.is_empty() {
            return Ok(self);
        }
        let indices: Vec<usize> =
            names.iter().map(|name| self.find(name.trim())).collect::<Result<_>>()?;
        let shown = |index: &usize| Column { is_detail: false, ..self.columns[*index].clone() };
        let columns = indices.iter().map(shown).collect();
        let rows = self
            .rows
            .iter()
            .map(|row| indices.iter().map(|index| row[*index].clone()).collect())
            .collect();
        Ok(Self { columns, rows })
    }

    /// Prints the table in the requested format.
    pub(crate) fn show(self, view: &View, screen: Screen) -> Result<()> {
        let table = self.choose(&view.columns)?;
        match view.format {
            Format::Json => screen::print(&table.to_json()),
            Format::Csv => screen::print(&table.csv()),
            Format::Table => {
                let width = screen.width.filter(|_| !view.wide);
                let page = table.pretty(width, screen.colours, !view.columns.is_empty());
                screen::print_as_it_is(&page.text)?;
                page.hidden.iter().for_each(|hidden| screen::note(hidden));
                Ok(())
            }
        }
    }

    /// Returns the table as text for people, as wide as the terminal.
    #[cfg(unix)]
    pub(crate) fn text(&self, screen: Screen) -> String {
        self.pretty(screen.width, screen.colours, false).text
    }

    fn to_json(&self) -> String {
        let rows = self.rows.iter().map(|row| Json::Object(self.object(row))).collect();
        format!("{:#}\n", Json::Array(rows))
    }

    /// Returns a row as an object. A group has no member for an empty cell: an inactive parameter
    /// is absent, not null.
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

    /// Returns one JSON object per line.
    pub(crate) fn json_lines(&self) -> String {
        let lines = self.rows.iter().map(|row| Json::Object(self.object(row)).to_string() + "\n");
        lines.collect()
    }

    /// Returns lines of CSV, below the names of the columns.
    pub(crate) fn csv(&self) -> String {
        let shown = || (0..self.columns.len()).filter(|index| !self.columns[*index].is_detail);
        let mut text = csv::line(shown().map(|index| self.columns[index].full_name()));
        for row in &self.rows {
            text += &csv::line(
                shown().map(|index| row[index].as_ref().map_or_else(String::new, in_full)),
            );
        }
        text
    }
}

/// Returns a value as text, without rounding.
pub(crate) fn in_full(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
