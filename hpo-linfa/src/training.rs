//! A table with a target: what a search over tables learns from.

use std::collections::{BTreeMap, BTreeSet};

use crate::features::{Features, Learning, Targets};
use crate::schema::{Schema, bits};
use crate::table::{Column, Kind, Table, TableError, number, positive_word, shortened};
use crate::target_schema::TargetSchema;

/// The rows of a table that have a target, encoded for learning.
#[derive(Clone, Debug)]
pub struct TrainingTable {
    pub(crate) schema: Schema,
    pub(crate) target: TargetSchema,
    pub(crate) features: Features,
    pub(crate) targets: Targets,
    notes: Vec<String>,
}

/// A target of whole numbers with at most this many distinct values is taken for classes.
const MOST_NUMBERS: usize = 20;

/// The smallest number of rows per class of whole numbers: values that hardly repeat are a measure.
const LEAST_PER_CLASS: usize = 3;

/// The number of classes above which it is told that they are many.
const MANY_CLASSES: usize = 100;

/// The largest number of classes: models and predictions have a number for each.
const MOST_CLASSES: usize = 1000;

/// The number of categories above which trees tell only the most frequent ones apart.
const MOST_CATEGORIES: usize = 255;

impl Table {
    /// Makes one column the target. Text, flags and up to 20 distinct whole numbers, each in three
    /// rows on average, are classes; other numbers are the target of a regression. Rows without a
    /// target are left out. Classes are the same if their numbers are, such as `1` and `1.0`, or
    /// both mean yes or no, such as `Yes` and `yes`.
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
    /// If there is no such column, it has no values, a single one or too many classes, or no other
    /// column is left to learn from.
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
        let format = column.format().clone();
        let schema = Schema::fit_model(&table, name)?;
        let features = schema.encode(&table, name)?.features;
        let many = schema.columns().iter().filter(|own| own.categories.len() > MOST_CATEGORIES);
        notes.extend(many.map(|own| {
            format!(
                "column `{}`: of {} categories, trees tell the 254 most frequent apart, and use \
                 the target means of all",
                own.name,
                own.categories.len()
            )
        }));
        let target = TargetSchema { name: name.to_owned(), labels, format };
        Ok(TrainingTable { schema, target, features, targets, notes })
    }

    /// Returns the rows that have a value in the target, with a note on the others.
    pub(crate) fn with_target(&self, name: &str) -> Result<(Table, Vec<String>), TableError> {
        let column = self.column(name)?;
        let is_number = column.kind() == Kind::Number && column.inference().odd > 0;
        let is_filled = |text: &str| !is_number || column.format().number(text).is_some();
        let (rows, gaps): (Vec<usize>, Vec<usize>) =
            (0..self.rows()).partition(|row| column.cell(*row).is_some_and(is_filled));
        let Some(first) = gaps.first() else { return Ok((self.clone(), Vec::new())) };
        if rows.is_empty() {
            return Err(problem(name, "has no values"));
        }
        let note = format!(
            "{} without a value of `{name}` left out, first line {}",
            hpo_core::space::counted(gaps.len(), "row"),
            self.line(*first)
        );
        Ok((self.kept(&rows), vec![note]))
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

    /// Returns the column of the target.
    #[must_use]
    pub fn target(&self) -> &TargetSchema {
        &self.target
    }

    /// Returns the features of the rows with a target.
    #[must_use]
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// Returns the targets of all rows.
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
    let values = || column.cells().flatten().filter_map(|cell| column.format().number(cell));
    let distinct: BTreeSet<u64> = values().map(|value| (value + 0.0).to_bits()).collect();
    let few = distinct.len() <= MOST_NUMBERS;
    let repeat = || values().count() >= distinct.len() * LEAST_PER_CLASS;
    match column.kind() {
        Kind::Category | Kind::Flag | Kind::Date => Learning::Classification,
        _ if values().next().is_none() => Learning::Classification,
        _ if few && values().all(|value| value.fract() == 0.0) && repeat() => {
            Learning::Classification
        }
        _ => Learning::Regression,
    }
}

fn problem(name: &str, problem: impl Into<String>) -> TableError {
    TableError::Target { name: name.to_owned(), problem: problem.into() }
}

/// The form in which two texts of the same class are equal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Label<'a> {
    Flag(bool),
    Number(u64),
    Text(&'a str),
}

impl<'a> Label<'a> {
    fn new(text: &'a str, is_flag: bool) -> Self {
        if let Some(yes) = positive_word(text).filter(|_| is_flag) {
            return Label::Flag(yes);
        }
        bits(text).map_or(Label::Text(text), Label::Number)
    }
}

impl TargetSchema {
    /// Returns the number of the class of a text, from 0; `None` if it was not learned.
    pub(crate) fn class(&self, text: &str) -> Option<usize> {
        let exact = self.labels.iter().position(|label| label == text);
        let flags: Vec<Option<bool>> =
            self.labels.iter().map(|label| positive_word(label)).collect();
        let is_flag = matches!(flags[..], [Some(first), Some(second)] if first != second);
        let own = Label::new(text, is_flag);
        exact.or_else(|| self.labels.iter().position(|label| Label::new(label, is_flag) == own))
    }
}

fn classes(
    table: &Table,
    column: &Column,
    notes: &mut Vec<String>,
) -> Result<(Targets, Vec<String>), TableError> {
    let is_flag = column.kind() == Kind::Flag;
    // For each class its first text and its number of rows.
    let mut counts = BTreeMap::<Label<'_>, (&str, usize)>::new();
    for cell in column.cells().flatten() {
        counts.entry(Label::new(cell, is_flag)).or_insert((cell, 0)).1 += 1;
    }
    check_classes(table, column, &counts.values().copied().collect::<Vec<_>>(), notes)?;
    let mut labels: Vec<(Label<'_>, &str)> =
        counts.iter().map(|(label, (text, _))| (*label, *text)).collect();
    labels.sort_by_key(|(_, text)| *text);
    if labels.iter().all(|(_, text)| number(text).is_some()) {
        let value = |text: &str| number(text).unwrap_or(0.0);
        labels.sort_by(|a, b| value(a.1).total_cmp(&value(b.1)));
    }
    let place: BTreeMap<Label<'_>, usize> =
        labels.iter().enumerate().map(|(code, (label, _))| (*label, code)).collect();
    let cells = column.cells().flatten();
    let codes = cells.map(|cell| place[&Label::new(cell, is_flag)]).collect();
    let count = labels.len();
    let labels = labels.into_iter().map(|(_, text)| text.to_owned()).collect();
    Ok((Targets::Classes { codes, count }, labels))
}

/// Checks the classes, each with its number of rows, and notes what is unusual.
fn check_classes(
    table: &Table,
    column: &Column,
    classes: &[(&str, usize)],
    notes: &mut Vec<String>,
) -> Result<(), TableError> {
    let (count, rows) = (classes.len(), table.rows());
    if let [(only, _)] = classes {
        let only = shortened(only);
        let text = format!("has only the class `{only}`: a classifier needs at least two");
        return Err(problem(column.name(), text));
    }
    if count * 2 > rows && count > MOST_NUMBERS {
        let text = format!(
            "has {count} classes in {rows} rows: choose another target, or `--task regression` if \
             it is a measure"
        );
        return Err(problem(column.name(), text));
    }
    if count > MOST_CLASSES {
        let text = format!(
            "has {count} classes, more than {MOST_CLASSES}: group them, choose another target, or \
             `--task regression` if it is a measure"
        );
        return Err(problem(column.name(), text));
    }
    if count > MANY_CLASSES {
        notes
            .push(format!("{count} classes are many: fits take long, and each class has few rows"));
    }
    if column.kind() == Kind::Number {
        notes.push(format!(
            "the {count} whole numbers of `{}` are taken for classes; `--task regression` predicts \
             a number",
            column.name()
        ));
    }
    if let Some((label, _)) = classes.iter().find(|(_, count)| *count == 1) {
        let label = shortened(label);
        notes.push(format!("the class `{label}` has a single row: it cannot be validated"));
    }
    notes.extend(alike(classes));
    Ok(())
}

/// Returns a note on two classes that differ only in the case of letters.
fn alike(classes: &[(&str, usize)]) -> Option<String> {
    let mut seen = BTreeMap::new();
    classes.iter().find_map(|(label, _)| {
        let other = seen.insert(label.to_lowercase(), *label)?;
        let (other, label) = (shortened(other), shortened(label));
        Some(format!("`{other}` and `{label}` are two classes: write them alike if they are one"))
    })
}

fn numbers(table: &Table, column: &Column) -> Result<Targets, TableError> {
    let value = |(row, cell): (usize, &str)| {
        column.format().number(cell).ok_or_else(|| TableError::Cell {
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
