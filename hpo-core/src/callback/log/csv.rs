//! A log of trials or reports as comma-separated values (CSV).

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::{Lines, Rows, reported};
use crate::error::Result;
use crate::report::{TrialRow, TrialTable, csv, value_columns};
use crate::study::{Callback, Flow, RunEvent};
use crate::sync::lock;
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
    /// The columns of trials, without rows.
    trials: TrialTable,
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
        let header = csv::records(&start).next().and_then(Result::ok).unwrap_or_default().1;
        let names = header.iter().map(|field| csv::plain(field).to_owned()).collect();
        let table = CsvTable { lines, names, has_warned: false, trials: TrialTable::default() };
        Ok(Self { rows, table: Mutex::new(table) })
    }
}

impl Callback for CsvLog {
    fn notice(&self, event: &RunEvent<'_>) -> Flow {
        let mut table = lock(&self.table);
        match (self.rows, *event) {
            (Rows::Trials, RunEvent::Started { flat, directions, metrics, .. }) => {
                table.trials.values = table.value_columns(directions.len(), metrics);
                table.trials.params = flat.iter().map(|param| param.path().to_owned()).collect();
                let header = table.trials.columns();
                table.write_header(&header);
            }
            (Rows::Trials, RunEvent::TrialEnded { trial, .. }) => {
                let row = table.trial(trial);
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

    /// Returns the row of a trial.
    fn trial(&self, trial: &TrialRecord) -> Vec<CsvField> {
        let param = |path: &String| trial.params.as_ref()?.get(path);
        let row = TrialRow {
            number: trial.number,
            state: trial.state,
            values: trial.values.clone(),
            seconds: trial.duration().map(|duration| duration.as_secs_f64()),
            params: self.trials.params.iter().map(param).collect(),
            constraints: Vec::new(),
            message: trial.message.clone(),
        };
        self.trials.columns().into_iter().zip(self.trials.fields(&row)).collect()
    }

    /// Writes the header of a new file, and warns once about columns that an old file lacks.
    fn write_header(&mut self, columns: &[String]) {
        if self.names.is_empty() {
            self.names = columns.to_vec();
            let header = csv::line(&self.names);
            self.lines.append(&header);
        }
        let lacking: Vec<&str> =
            columns.iter().filter(|name| !self.names.contains(name)).map(String::as_str).collect();
        if !lacking.is_empty() && !std::mem::replace(&mut self.has_warned, true) {
            let (path, lacking) = (self.lines.path.display(), lacking.join(", "));
            tracing::warn!(%path, "the log has no column for {lacking}: these are left out; a new \
                file would have them");
        }
    }

    fn append(&mut self, row: &[CsvField]) {
        self.write_header(&row.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
        let field = |name: &String| {
            row.iter().find(|(it, _)| it == name).map_or("", |(_, field)| field.as_str())
        };
        let line = csv::line(self.names.iter().map(field));
        self.lines.append(&line);
    }
}
