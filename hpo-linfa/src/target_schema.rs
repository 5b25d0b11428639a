//! The target of a model: its name and the labels of its classes.

use serde::{Deserialize, Serialize};

use crate::features::{Learning, Targets};
use crate::table::{Format, Table, TableError, shortened};

/// The target of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetSchema {
    /// The name of the column.
    pub name: String,
    /// The labels of the classes, in the order of their numbers; empty for a regression.
    pub labels: Vec<String>,
    /// The way in which the numbers of a regression are written.
    #[serde(default)]
    pub format: Format,
}

impl TargetSchema {
    /// Returns the kind of learning.
    #[must_use]
    pub fn learning(&self) -> Learning {
        if self.labels.is_empty() { Learning::Regression } else { Learning::Classification }
    }

    /// Encodes the target of a table.
    ///
    /// # Errors
    /// If the column is missing, has gaps, or has a class that was not learned.
    pub fn encode(&self, table: &Table) -> Result<Targets, TableError> {
        let column = table.column(&self.name)?;
        let problem = |row: usize, text: &str, kind| TableError::Cell {
            line: table.line(row),
            column: self.name.clone(),
            text: shortened(text),
            kind,
        };
        let cells = || column.cells().enumerate().map(|(row, cell)| (row, cell.unwrap_or("")));
        if self.labels.is_empty() {
            let format = self.format.of(column.cells().flatten());
            let number = |(row, cell): (usize, &str)| {
                format.number(cell).ok_or_else(|| problem(row, cell, "number"))
            };
            return Ok(Targets::Numbers(cells().map(number).collect::<Result<_, _>>()?));
        }
        let code = |(row, cell): (usize, &str)| {
            self.class(cell).ok_or_else(|| problem(row, cell, "class that was learned"))
        };
        let codes = cells().map(code).collect::<Result<_, _>>()?;
        Ok(Targets::Classes { codes, count: self.labels.len() })
    }
}
