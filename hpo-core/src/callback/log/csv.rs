//! A log of trials or reports as comma-separated values (CSV).

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::{Lines, Rows, reported};
use crate::callback::lock_state;
use crate::error::Result;
use crate::report::csv::{line, plain};
use crate::report::value_columns;
use crate::study::{Callback, Flow, RunEvent};
use crate::trial::TrialRecord;

/// Writes a row of comma-separated values for each trial that ends, or for each report.
///
/// The columns of trials are those of `hpo trials --format csv`: `trial`, `state`, the names of the
/// metrics (without names `value`, or `value 0`, `value 1`, ... for several objectives), `seconds`,
/// a `params.` column for every parameter of the space, `message`. There are no columns for
/// constraints, because their names are not known beforehand; [`JsonLines`](super::JsonLines)
/// writes them. Inactive or absent values are empty. The columns of reports are `trial`,
/// `execution`, `step`, `value`, and the metrics of the first report; metrics that appear later are
/// left out, with one warning through [`tracing`].
///
/// An existing file is appended to, with the columns that it has.
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_core::callback::CsvLog;
///
/// # #[derive(Clone, Debug, SearchSpace)]
/// # struct Point {
/// #     #[search_space(range = 0.0..=1.0)]
/// #     x: f64,
/// # }
/// # let folder = std::env::temp_dir().join(format!("hpo-doc-csv-{}", std::process::id()));
/// let path = folder.join("trials.csv");
/// let study = Study::<Point>::minimize().callback(CsvLog::builder(&path).build()?).open()?;
/// study.optimize(3, |point, _| point.x)?;
/// let text = std::fs::read_to_string(&path)?;
/// assert_eq!(text.lines().next(), Some("trial,state,value,seconds,params.x,message"));
/// assert_eq!(text.lines().count(), 1 + 3);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CsvLog {
    rows: Rows,
    table: Mutex<CsvTable>,
}

/// Settings of a [`CsvLog`], whose file is not yet open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "nothing happens before `build`"]
pub struct CsvLogBuilder {
    path: PathBuf,
    rows: Rows,
}

impl CsvLogBuilder {
    /// Writes a row for each report of a trial instead. A step that is repeated after a crash gets
    /// another row: the last one counts.
    pub fn reports(self) -> Self {
        Self { rows: Rows::Reports, ..self }
    }

    /// Opens the file and returns the callback.
    ///
    /// # Errors
    /// Returns an error if the file cannot be opened for reading and writing.
    pub fn build(self) -> Result<CsvLog> {
        CsvLog::open(&self.path, self.rows)
    }
}

/// The file and its columns. There are no columns while the file is empty.
#[derive(Debug)]
struct CsvTable {
    lines: Lines,
    names: Vec<String>,
    /// True if the warning that the file lacks a column was given.
    has_warned: bool,
    /// The names of the columns of objective values.
    values: Vec<String>,
    /// The paths of the parameters.
    params: Vec<String>,
}

/// The name of a column, and the text of its field.
type CsvField = (String, String);

impl CsvLog {
    /// Returns a builder of a log with a row for each trial that ends, in the file at `path`.
    /// Missing folders are created.
    pub fn builder(path: impl AsRef<Path>) -> CsvLogBuilder {
        CsvLogBuilder { path: path.as_ref().to_owned(), rows: Rows::Trials }
    }

    fn open(path: &Path, rows: Rows) -> Result<Self> {
        let (lines, start) = Lines::open(path)?;
        let names = first_row(&start);
        let table =
            CsvTable { lines, names, has_warned: false, values: Vec::new(), params: Vec::new() };
        Ok(Self { rows, table: Mutex::new(table) })
    }
}

impl Callback for CsvLog {
    fn notice(&self, event: &RunEvent<'_>) -> Flow {
        let mut table = lock_state(&self.table);
        match (self.rows, *event) {
            (Rows::Trials, RunEvent::Started { flat, directions, metrics, .. }) => {
                table.values = table.value_columns(directions.len(), metrics);
                table.params = flat.iter().map(|parameter| parameter.path().to_owned()).collect();
                let header = table.trial(None);
                table.write_header(&header);
            }
            (Rows::Trials, RunEvent::TrialEnded { trial, .. }) => {
                let row = table.trial(Some(trial));
                table.append(&row);
            }
            (Rows::Reports, RunEvent::Reported { number, execution, step, value, metrics }) => {
                let row = [("trial", number), ("execution", execution.into()), ("step", step)];
                let row = row.map(|(name, count)| (name.to_owned(), count.to_string())).into_iter();
                let value =
                    reported(value, metrics).map_or_else(String::new, |value| format!("{value:?}"));
                let value = [("value".to_owned(), value)];
                let metrics =
                    metrics.iter().map(|(name, value)| ((*name).to_owned(), format!("{value:?}")));
                table.append(&row.chain(value).chain(metrics).collect::<Vec<_>>());
            }
            _ => {}
        }
        Flow::Continue
    }
}

impl CsvTable {
    /// Returns the columns of the objective values: the names of the metrics, or the unnamed
    /// columns if the file was begun before the metrics had names.
    fn value_columns(&self, objectives: usize, metrics: &[String]) -> Vec<String> {
        let has = |name: &String| self.names.contains(name);
        let named =
            value_columns(objectives, metrics).into_iter().zip(value_columns(objectives, &[]));
        named.map(|(name, bare)| if has(&bare) && !has(&name) { bare } else { name }).collect()
    }

    /// Returns the row of a trial; without a trial, all fields are empty.
    fn trial(&self, trial: Option<&TrialRecord>) -> Vec<CsvField> {
        let field = |show: &dyn Fn(&TrialRecord) -> Option<String>| {
            trial.and_then(show).unwrap_or_default()
        };
        let mut row = vec![
            ("trial".to_owned(), field(&|trial| Some(trial.number.to_string()))),
            ("state".to_owned(), field(&|trial| Some(trial.state.to_string()))),
        ];
        for (index, name) in self.values.iter().enumerate() {
            row.push((
                name.clone(),
                field(&|trial| trial.values.get(index).map(|value| format!("{value:?}"))),
            ));
        }
        row.push((
            "seconds".to_owned(),
            field(&|trial| Some(trial.duration()?.as_secs_f64().to_string())),
        ));
        for path in &self.params {
            let value = field(&|trial| Some(trial.params.as_ref()?.get(path)?.to_string()));
            row.push((format!("params.{path}"), value));
        }
        row.push(("message".to_owned(), field(&|trial| trial.message.clone())));
        row
    }

    /// Writes the header of a new file, and warns once about columns that an old file lacks.
    fn write_header(&mut self, row: &[CsvField]) {
        if self.names.is_empty() {
            self.names = row.iter().map(|(name, _)| name.clone()).collect();
            let header = line(self.names.iter().map(String::as_str));
            self.lines.append(&header);
        }
        let lacking: Vec<&str> = row
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| !self.names.iter().any(|it| it == name))
            .collect();
        if !lacking.is_empty() && !std::mem::replace(&mut self.has_warned, true) {
            let (path, lacking) = (self.lines.path.display(), lacking.join(", "));
            tracing::warn!(%path, "the log has no column for {lacking}: these are left out; a new \
                file would have them");
        }
    }

    fn append(&mut self, row: &[CsvField]) {
        self.write_header(row);
        let field = |name: &String| {
            row.iter().find(|(it, _)| it == name).map_or("", |(_, field)| field.as_str())
        };
        let line = line(self.names.iter().map(field));
        self.lines.append(&line);
    }
}

/// Returns the unescaped fields of the first row of a text; none if the text is empty.
fn first_row(text: &str) -> Vec<String> {
    let (mut fields, mut field, mut within) = (Vec::new(), String::new(), false);
    if text.is_empty() {
        return fields;
    }
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if within && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' => within = !within,
            ',' if !within => fields.push(plain(&std::mem::take(&mut field)).to_owned()),
            '\r' | '\n' if !within => break,
            other => field.push(other),
        }
    }
    fields.push(plain(&field).to_owned());
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_as_it_was_written() {
        let names = ["plain", "=1+2", "a,b", "say \"no\"", "two\nlines", "", "\""];
        let text = line(names) + "1,2\n";
        assert!(
            text.starts_with("plain,'=1+2,\"a,b\",\"say \"\"no\"\"\",\"two\nlines\",,\"\"\"\"\n")
        );
        assert_eq!(first_row(&text), names);
        assert!(first_row("").is_empty());
    }
}
