//! The columns of a model: their names, types and categories.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::features::{Feature, Features};
use crate::table::{Column, Format, Kind, Table, TableError, number, positive_word, shortened};

/// The columns that a model learned from, in the order of its features.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    columns: Vec<ColumnSchema>,
    /// The words of gaps, in small letters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    gaps: Vec<String>,
}

/// One column of a schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnSchema {
    /// The name.
    pub name: String,
    /// The type.
    pub kind: Kind,
    /// The categories of the training rows, in the order of their numbers; empty for other types.
    pub categories: Vec<String>,
    /// The reason why the column is not learned from, if it is not.
    pub left_out: Option<String>,
    /// The way in which numbers and dates are written.
    #[serde(default)]
    pub format: Format,
    /// The texts among numbers or dates that are taken as gaps, in the order of the alphabet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub odd: Vec<String>,
}

/// A table in the form of a schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    /// The features.
    pub features: Features,
    /// Remarks for the user: surplus columns and unknown categories.
    pub notes: Vec<String>,
}

const DAY: f64 = 86_400.0;

impl Schema {
    /// Learns the schema of the columns of a table, without the target.
    ///
    /// # Errors
    /// If no column is left to learn from.
    pub fn fit_model(table: &Table, target: &str) -> Result<Self, TableError> {
        let others = table.columns().iter().filter(|column| column.name() != target);
        let columns: Vec<ColumnSchema> = others.map(ColumnSchema::fit_model).collect();
        if columns.iter().all(|column| column.left_out.is_some()) {
            let reasons: Vec<String> = columns.iter().map(ColumnSchema::describe).collect();
            let reasons = if reasons.is_empty() {
                "the table has only the target".to_owned()
            } else {
                reasons.join("; ")
            };
            return Err(TableError::NoFeatures(reasons));
        }
        Ok(Self { columns, gaps: table.gaps().to_vec() })
    }

    /// Returns the columns, including those that are left out.
    #[must_use]
    pub fn columns(&self) -> &[ColumnSchema] {
        &self.columns
    }

    /// Returns the features of no rows.
    pub(crate) fn empty(&self) -> Features {
        let mut columns = Vec::new();
        let used = self.columns.iter().filter(|column| column.left_out.is_none());
        for column in used {
            let count = column.kind.features();
            let feature = Feature { name: column.name.clone(), categories: None, values: vec![] };
            columns.extend(std::iter::repeat_n(feature, count));
        }
        Features { rows: 0, columns }
    }

    /// Encodes a table with these columns. Categories that are not in the schema become gaps.
    ///
    /// # Errors
    /// If a column is missing, or a cell does not fit the type of its column.
    pub fn encode(&self, table: &Table, target: &str) -> Result<Encoded, TableError> {
        let mut notes = Vec::new();
        let mut columns = Vec::new();
        for schema in self.columns.iter().filter(|schema| schema.left_out.is_none()) {
            let column = table.column(&schema.name)?;
            let cells: Vec<Option<&str>> =
                column.cells().map(|cell| cell.filter(|cell| !self.is_gap(cell))).collect();
            schema.encode(table, &cells, &mut columns, &mut notes)?;
        }
        let known: BTreeSet<&str> = self.columns.iter().map(|column| &*column.name).collect();
        let surplus: Vec<&str> = table.columns().iter().map(Column::name).collect();
        let surplus = surplus.into_iter().filter(|name| *name != target && !known.contains(name));
        let surplus: Vec<String> = surplus.map(|name| format!("`{name}`")).collect();
        if !surplus.is_empty() {
            notes.push(format!("columns that the model does not know: {}", surplus.join(", ")));
        }
        Ok(Encoded { features: Features { rows: table.rows(), columns }, notes })
    }

    fn is_gap(&self, cell: &str) -> bool {
        self.gaps.iter().any(|gap| gap.eq_ignore_ascii_case(cell))
    }
}

impl ColumnSchema {
    fn fit_model(column: &Column) -> Self {
        let found = column.inference();
        let left_out = if found.distinct == 0 {
            Some("no values".to_owned())
        } else if found.distinct == 1 && found.gaps == 0 {
            Some("a single value".to_owned())
        } else if column.kind() == Kind::Identifier {
            let note = found.note.as_deref().and_then(|note| note.split_once("; "));
            let remedy = note.map_or_else(String::new, |(_, remedy)| format!(": {remedy}"));
            Some(format!("names the rows{remedy}"))
        } else {
            None
        };
        let categories = match (column.kind(), &left_out) {
            (Kind::Category, None) => {
                let distinct: BTreeSet<&str> = column.cells().flatten().collect();
                distinct.into_iter().map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        let (kind, format) = (column.kind(), column.format().clone());
        let odd = if found.odd > 0 { odd(column, kind, &format) } else { Vec::new() };
        Self { name: column.name().to_owned(), kind, categories, left_out, format, odd }
    }

    /// Returns the name of the column and what is done with it.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.left_out {
            Some(reason) => format!("`{}`: left out ({reason})", self.name),
            None if self.kind == Kind::Category => {
                format!("`{}`: {} categories", self.name, self.categories.len())
            }
            None => format!("`{}`: {}", self.name, self.kind.name()),
        }
    }

    fn encode(
        &self,
        table: &Table,
        cells: &[Option<&str>],
        features: &mut Vec<Feature>,
        notes: &mut Vec<String>,
    ) -> Result<(), TableError> {
        let name = self.name.clone();
        match self.kind {
            Kind::Category => {
                let values = self.codes(table, cells, notes);
                features.push(Feature { name, categories: Some(self.categories.len()), values });
            }
            Kind::Date => {
                let times = self.numbers(table, cells, Format::seconds)?;
                let days: Vec<f64> = times.iter().map(|time| time / DAY).collect();
                let part = |what: &str, values: Vec<f64>| Feature {
                    name: format!("{} ({what})", self.name),
                    categories: None,
                    values,
                };
                // 1970-01-01 was a Thursday.
                let weekday = days.iter().map(|day| (day.floor() + 3.0).rem_euclid(7.0)).collect();
                let season = days.iter().map(|day| day.rem_euclid(365.2425)).collect();
                features.push(part("weekday", weekday));
                features.push(part("day of the year", season));
                features.push(Feature { name, categories: None, values: days });
            }
            kind => {
                let read = if kind == Kind::Flag { flag } else { Format::number };
                let values = self.numbers(table, cells, read)?;
                features.push(Feature { name, categories: None, values });
            }
        }
        Ok(())
    }

    fn numbers(
        &self,
        table: &Table,
        cells: &[Option<&str>],
        read: impl Fn(&Format, &str) -> Option<f64>,
    ) -> Result<Vec<f64>, TableError> {
        let format = self.format.of(cells.iter().copied().flatten());
        let is_odd = |text: &str| self.odd.binary_search_by(|odd| odd.as_str().cmp(text)).is_ok();
        let value = |(row, cell): (usize, Option<&str>)| match cell {
            None => Ok(f64::NAN),
            Some(text) => match read(&format, text) {
                Some(value) => Ok(value),
                None if is_odd(text) => Ok(f64::NAN),
                None => Err(TableError::Cell {
                    line: table.line(row),
                    column: self.name.clone(),
                    text: text.to_owned(),
                    kind: self.kind.name(),
                }),
            },
        };
        cells.iter().copied().enumerate().map(value).collect()
    }

    fn codes(&self, table: &Table, cells: &[Option<&str>], notes: &mut Vec<String>) -> Vec<f64> {
        let known: HashMap<&str, usize> =
            self.categories.iter().enumerate().map(|(code, name)| (name.as_str(), code)).collect();
        // A column of numbers with gaps may be written as `1.0` in one file and `1` in another.
        let codes = self.categories.iter().enumerate();
        let numbers: HashMap<u64, usize> =
            codes.filter_map(|(code, name)| Some((bits(name)?, code))).collect();
        let mut unknown: Option<(u64, &str, usize)> = None;
        let codes = cells.iter().copied().enumerate().map(|(row, cell)| {
            let text = cell?;
            let code = known.get(text).or_else(|| numbers.get(&bits(text)?)).copied();
            if code.is_none() {
                let first = unknown.get_or_insert((table.line(row), text, 0));
                first.2 += 1;
            }
            code
        });
        let codes = codes.map(|code| code.map_or(f64::NAN, |code| code as f64)).collect();
        if let Some((line, text, count)) = unknown {
            notes.push(format!(
                "column `{}`: {} of a category that was not learned, first `{}` in line {line}: \
                 treated as gaps",
                self.name,
                hpo_core::space::counted(count, "cell"),
                shortened(text)
            ));
        }
        codes
    }
}

/// Returns 1 for a form of yes, 0 for a form of no. Another number is itself: a column of counts may
/// have had only 0 and 1 in the training rows.
fn flag(format: &Format, cell: &str) -> Option<f64> {
    positive_word(cell).map(|yes| f64::from(u8::from(yes))).or_else(|| format.number(cell))
}

/// Returns the bits of a number, the same for all ways to write it; `None` for other texts.
pub(crate) fn bits(text: &str) -> Option<u64> {
    number(text).map(|number| (number + 0.0).to_bits())
}

/// Returns the texts that are neither gaps nor of the type of the column.
fn odd(column: &Column, kind: Kind, format: &Format) -> Vec<String> {
    let is_odd = |text: &&str| match kind {
        Kind::Date => format.seconds(text).is_none(),
        _ => format.number(text).is_none(),
    };
    let texts: BTreeSet<&str> = column.cells().flatten().filter(is_odd).collect();
    texts.into_iter().map(str::to_owned).collect()
}
