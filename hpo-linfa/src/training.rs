//! A table with a target: what a search over tables learns from.

use std::collections::BTreeMap;

use crate::features::{Features, Learning, Targets};
use crate::schema::Schema;
use crate::table::{Column, Kind, Table, TableError, number, shortened};
use crate::target_schema::TargetSchema;

/// The largest number of classes that are learned: the cost of a fit grows with it.
const MOST_LEARNED: usize = 200;

/// The rows of a table that have a target, encoded for learning.
#[derive(Clone, Debug)]
pub struct TrainingTable {
    pub(crate) schema: Schema,
    pub(crate) target: TargetSchema,
    pub(crate) features: Features,
    pub(crate) targets: Targets,
    notes: Vec<String>,
}

/// A target of whole numbers with at most this many distinct values, each of several rows, is taken
/// for classes.
const MOST_CLASSES: usize = 20;

impl Table {
    /// Makes one column the target. Text, flags and up to 20 distinct whole numbers, at most a third
    /// of the rows, are classes; other numbers are the target of a regression. Rows without a target are left out.
    ///
    /// ```
    /// use hpo_linfa::Table;
    ///
    /// let table = Table::from_csv_text("age,vote\n31,yes\n42,no\n58,yes\n")?;
    /// assert_eq!(table.target("vote")?.target().labels, ["no", "yes"]);
    /// # Ok::<(), hpo_linfa::table::TableError>(())
    /// ```
    ///
    /// # Errors
    /// If there is no such column, it has no values or a single one, or no other column is left to
    /// learn from.
    pub fn target(&self, name: &str) -> Result<TrainingTable, TableError> {
        let column = self.column(name)?;
        self.learning(name, default_learning(column))
    }

    /// As [`target`](Self::target), with the kind of learning given.
    ///
    /// # Errors
    /// As [`target`](Self::target), and if the target of a regression has a value that is no
    /// number.
    pub fn learning(&self, name: &str, learning: Learning) -> Result<TrainingTable, TableError> {
        self.column(name)?;
        let (table, mut notes) = self.with_target(name)?;
        let column = table.column(name)?;
        let (targets, labels) = match learning {
            Learning::Classification => classes(&table, column, &mut notes)?,
            Learning::Regression => (numbers(&table, column)?, Vec::new()),
        };
        let schema = Schema::fit_model(&table, name)?;
        let features = schema.encode(&table, name)?.features;
        let notation = column.notation();
        let target = TargetSchema { name: name.to_owned(), labels, notation };
        Ok(TrainingTable { schema, target, features, targets, notes })
    }

    /// Returns the rows that have a value in the target, with a note on the others.
    pub(crate) fn with_target(&self, name: &str) -> Result<(Table, Vec<String>), TableError> {
        let column = self.column(name)?;
        let (rows, gaps): (Vec<usize>, Vec<usize>) =
            (0..self.rows()).partition(|row| column.cell(*row).is_some());
        let Some(first) = gaps.first() else { return Ok((self.clone(), Vec::new())) };
        if rows.is_empty() {
            return Err(problem(name, "has no values"));
        }
        let note = format!(
            "{} without a value of `{name}` left out, first line {}",
            hpo_core::space::counted(gaps.len(), "row"),
            self.line(*first)
        );
        Ok((self.select(&rows)?, vec![note]))
    }
}

impl TrainingTable {
    /// Returns the kind of learning.
    #[must_use]
    pub fn learning(&self) -> Learning {
        self.target.learning()
    }

    /// Returns the columns and what is done with them.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Returns the target.
    #[must_use]
    pub fn target(&self) -> &TargetSchema {
        &self.target
    }

    /// Returns the features of the rows with a target.
    #[must_use]
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// Returns the targets.
    #[must_use]
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// Returns remarks for the user: rows that were left out, rare classes.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// Returns the kind of learning that a target suggests.
fn default_learning(column: &Column) -> Learning {
    let read = |cell| column.notation().number(cell);
    let is_number = column.cells().flatten().all(|cell| read(cell).is_some());
    let is_whole = || column.cells().flatten().filter_map(read).all(|value| value.fract() == 0.0);
    let distinct = column.inference().distinct;
    // Classes have several rows each.
    let rows = column.cells().flatten().count();
    let few = distinct <= MOST_CLASSES && (distinct <= 2 || distinct * 3 <= rows);
    match column.kind() {
        Kind::Category | Kind::Flag => Learning::Classification,
        _ if !is_number || few && is_whole() => Learning::Classification,
        _ => Learning::Regression,
    }
}

fn problem(name: &str, problem: impl Into<String>) -> TableError {
    TableError::Target { name: name.to_owned(), problem: problem.into() }
}

fn classes(
    table: &Table,
    column: &Column,
    notes: &mut Vec<String>,
) -> Result<(Targets, Vec<String>), TableError> {
    let mut counts = BTreeMap::<&str, usize>::new();
    column.cells().flatten().for_each(|cell| *counts.entry(cell).or_default() += 1);
    let mut labels: Vec<&str> = counts.keys().copied().collect();
    if let [only] = labels[..] {
        let only = shortened(only);
        let text = format!("has only the class `{only}`: a classifier needs at least two");
        return Err(problem(column.name(), text));
    }
    if labels.len() > MOST_LEARNED {
        let text = format!(
            "has {} classes, at most {MOST_LEARNED} are learned: if they are numbers with a unit, \
             take the unit away; otherwise join rare classes",
            labels.len()
        );
        return Err(problem(column.name(), text));
    }
    if labels.len() * 2 > table.rows() && labels.len() > MOST_CLASSES {
        let text = format!(
            "has {} classes in {} rows: it is an identifier, or the target of a regression",
            labels.len(),
            table.rows()
        );
        return Err(problem(column.name(), text));
    }
    if let Some((label, _)) = counts.iter().find(|(_, count)| **count == 1) {
        let label = shortened(label);
        notes.push(format!("the class `{label}` has a single row: it cannot be validated"));
    }
    if labels.iter().all(|label| number(label).is_some()) {
        labels.sort_by(|a, b| number(a).unwrap_or(0.0).total_cmp(&number(b).unwrap_or(0.0)));
    }
    let place: BTreeMap<&str, usize> =
        labels.iter().enumerate().map(|(code, label)| (*label, code)).collect();
    let codes = column.cells().flatten().map(|cell| place[cell]).collect();
    let count = labels.len();
    Ok((Targets::Classes { codes, count }, labels.into_iter().map(str::to_owned).collect()))
}

fn numbers(table: &Table, column: &Column) -> Result<Targets, TableError> {
    let value = |(row, cell): (usize, &str)| {
        column.notation().number(cell).ok_or_else(|| TableError::Cell {
            line: table.line(row),
            column: column.name().to_owned(),
            text: shortened(cell),
            kind: "number: use a classification, or add the word to those of gaps",
        })
    };
    let numbers: Vec<f64> =
        column.cells().flatten().enumerate().map(value).collect::<Result<_, _>>()?;
    if crate::spread::is_constant(&numbers) {
        return Err(problem(column.name(), "has a single value: there is nothing to predict"));
    }
    Ok(Targets::Numbers(numbers))
}
