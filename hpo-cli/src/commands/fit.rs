//! `hpo fit`: finds, fits and saves a model for a table.

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum, ValueHint};
use hpo_core::space::counted;
use hpo_linfa::features::Learning;
use hpo_linfa::fit::{Phase, SearchProgress};
use hpo_linfa::table::Kind;
use hpo_linfa::training::TrainingTable;
use hpo_linfa::{Table, TableFit, TableMetric, TableSearch};

use crate::screen::{self, Screen};

/// Find, fit and save a model for a table
///
/// Reads a CSV, infers the types of its columns, searches for the best estimator with its settings,
/// and saves it, fitted to all rows. Ctrl-C ends the search; the best model so far is saved.
#[derive(Debug, Args)]
pub(crate) struct Fit {
    /// The table: a CSV with a header
    #[arg(value_name = "CSV", value_hint = ValueHint::FilePath)]
    table: PathBuf,
    /// The column to predict
    #[arg(long, value_name = "COLUMN")]
    target: String,
    /// The kind of learning [default: inferred from the target]
    #[arg(long, value_enum)]
    task: Option<Task>,
    /// The metric, such as accuracy, f1, r2 or rmse [default: accuracy or r2]
    #[arg(long)]
    metric: Option<String>,
    /// The time of the whole run: 90, 60s, 5m, 1h [default: 60s, or no limit with --trials]
    #[arg(long, value_parser = duration)]
    time: Option<Duration>,
    /// The largest number of configs to try
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    trials: Option<u64>,
    /// The number of configs tried in parallel
    #[arg(long, default_value_t = 1, value_name = "N")]
    workers: usize,
    /// Save a weighted mean of several models instead of the best one
    #[arg(long)]
    ensemble: bool,
    /// The seed of splits, sampler and models
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The storage of the study, to resume an interrupted run or to report on it
    #[arg(long, value_name = "STORAGE")]
    storage: Option<String>,
    /// The file of the model
    #[arg(short, long, default_value = "model.hpo", value_name = "FILE")]
    #[arg(value_hint = ValueHint::FilePath)]
    out: PathBuf,
    /// Also write a page on the model and its search, which needs no network
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    report: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

/// How a table is read.
#[derive(Debug, Args)]
pub(crate) struct Reading {
    /// A word that stands for a gap, besides an empty cell, NA, N/A, NaN, null and ?
    #[arg(long = "gap", value_name = "WORD", allow_hyphen_values = true)]
    gaps: Vec<String>,
    /// The type of a column: number, category, flag, date, or identifier, which is not learned from
    #[arg(long = "type", value_name = "COLUMN=TYPE", value_parser = column_type)]
    types: Vec<(String, Kind)>,
    /// The first line contains the names of the columns: yes or no [default: inferred]
    #[arg(long, value_name = "yes|no", value_parser = ["yes", "no"])]
    header: Option<String>,
}

/// The kind of learning.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Task {
    /// The target is one of several classes
    Classification,
    /// The target is a number
    Regression,
}

impl Fit {
    pub(super) fn run(&self, _: Screen) -> Result<ExitCode> {
        check_out(&self.out, &[&self.table], is_model)?;
        if let Some(report) = &self.report {
            check_out(report, &[&self.table, &self.out], |_| true)?;
        }
        let table = self.reading.read(&self.table)?;
        let training = self.training(&table)?;
        let search = self.search(training.learning())?;
        screen::print(&format!("{}\n\n", read(&table, &training)))?;
        let fit = search.run(&training)?;
        if std::io::stderr().is_terminal() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
        screen::print(&format!("{}\n", found(&fit)))?;
        fit.model().save(&self.out)?;
        screen::say(&format!("the model is in {}", self.out.display()))?;
        if let (Some(path), Some(report)) = (&self.report, fit.report()) {
            report.html(path)?;
            screen::say(&format!("the report is in {}", path.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn training(&self, table: &Table) -> Result<TrainingTable> {
        Ok(match self.task {
            None => table.target(&self.target)?,
            Some(Task::Classification) => table.learning(&self.target, Learning::Classification)?,
            Some(Task::Regression) => table.learning(&self.target, Learning::Regression)?,
        })
    }

    fn search(&self, learning: Learning) -> Result<TableSearch> {
        let mut search =
            TableSearch::new().workers(self.workers).ensemble(self.ensemble).seed(self.seed);
        search = search.report(self.report.is_some());
        if let Some(name) = &self.metric {
            search = search.metric(metric(name, learning)?);
        }
        if let Some(time) = self.time {
            search = search.time(time);
        }
        if let Some(trials) = self.trials {
            search = search.trials(trials);
        }
        if let Some(storage) = &self.storage {
            search = search.storage(storage);
        }
        let limit = self.time.or(self.trials.is_none().then_some(Duration::from_secs(60)));
        if std::io::stderr().is_terminal() {
            search = search.progress(move |now| show(now, limit));
        }
        Ok(search)
    }
}

impl Reading {
    /// Reads a table with these settings.
    pub(super) fn read(&self, path: &PathBuf) -> Result<Table> {
        let defaults = ["", "na", "n/a", "#n/a", "nan", "null", "?"].map(str::to_owned);
        let mut reader = Table::csv().gaps(defaults.into_iter().chain(self.gaps.clone()));
        if let Some(header) = &self.header {
            reader = reader.header(header == "yes");
        }
        for (column, kind) in &self.types {
            reader = reader.kind(column, *kind);
        }
        reader.read(path).with_context(|| path.display().to_string())
    }
}

/// Checks that a file can be written, before anything expensive: its folder exists, it is not one of
/// the inputs, and what it replaces is of its own kind.
pub(super) fn check_out(
    out: &Path,
    inputs: &[&PathBuf],
    is_own: impl Fn(&Path) -> bool,
) -> Result<()> {
    let shown = out.display();
    let same = |input: &&&PathBuf| match (out.canonicalize(), input.canonicalize()) {
        (Ok(out), Ok(input)) => out == input,
        _ => out == input.as_path(),
    };
    if inputs.iter().any(|input| same(&input)) {
        bail!("`{shown}` is an input: it would be overwritten, choose another file");
    }
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    hpo_core::file::probe(folder)
        .with_context(|| format!("`{shown}` cannot be written: {}", folder.display()))?;
    if out.is_dir() || out.is_file() && !is_own(out) {
        bail!("`{shown}` exists and is no file of this command: choose another one, or remove it");
    }
    Ok(())
}

/// Returns true if a file is empty, or a model of any version.
fn is_model(path: &Path) -> bool {
    let mut start = [0_u8; 12];
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut start));
    read.is_ok_and(|count| count == 0 || start.starts_with(b"{\"hpo_model\""))
}

fn metric(name: &str, learning: Learning) -> Result<TableMetric> {
    if let Some(metric) = TableMetric::named(name, learning) {
        return Ok(metric);
    }
    let names: Vec<String> = TableMetric::all(learning).iter().map(ToString::to_string).collect();
    bail!("there is no metric `{name}` for this target; there are {}", names.join(", "))
}

/// Describes what was read, and what is done with each column.
fn read(table: &Table, training: &TrainingTable) -> String {
    let target = training.target();
    let what = match training.learning() {
        Learning::Classification => format!("{} classes", target.labels.len()),
        Learning::Regression => "a number".to_owned(),
    };
    let mut text = format!(
        "{}, {}; target `{}`: {what}\n\n{}",
        counted(table.rows(), "row"),
        counted(table.columns().len(), "column"),
        target.name,
        table.describe()
    );
    for note in training.notes() {
        text.push('\n');
        text.push_str(note);
    }
    text
}

/// Describes the result of a search.
fn found(fit: &TableFit) -> String {
    let mut text = fit.summary();
    if fit.is_interrupted() {
        text = format!("interrupted: this is the best so far\n\n{text}");
    }
    text
}

/// Shows the state of a search in one line of a terminal.
fn show(now: &SearchProgress, limit: Option<Duration>) {
    let elapsed = now.elapsed.as_secs();
    let time = match limit {
        Some(limit) => format!("{} s left", limit.as_secs().saturating_sub(elapsed)),
        None => format!("{elapsed} s"),
    };
    let what = match now.phase {
        Phase::Search => "search",
        Phase::Finalists => "measuring the finalists",
        Phase::Report => "drawing the report",
        _ => "fitting to all rows",
    };
    let best = match now.best {
        Some((score, name)) => format!(", best {score:.4} ({name})"),
        None => String::new(),
    };
    let trials = counted(now.trials, "trial");
    let _ = write!(std::io::stderr(), "\r\x1b[K{what}: {trials}{best}, {time}");
}

/// Reads a time such as 90, 60s, 5m or 1h.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, factor) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) if text.ends_with('s') => (number, 1.0),
        Some(number) if text.ends_with('m') => (number, 60.0),
        Some(number) => (number, 3600.0),
        None => (text, 1.0),
    };
    let seconds = number.parse::<f64>().ok().map(|number| number * factor);
    let seconds = seconds.filter(|seconds| *seconds >= 1.0 && *seconds <= 1e7);
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "write 90, 60s, 5m or 1h".to_owned())
}

fn column_type(text: &str) -> Result<(String, Kind), String> {
    let kinds = [Kind::Number, Kind::Category, Kind::Flag, Kind::Date, Kind::Identifier];
    let found = text.rsplit_once('=').and_then(|(column, name)| {
        let kind = kinds.into_iter().find(|kind| kind.name() == name)?;
        Some((column.to_owned(), kind))
    });
    found.ok_or_else(|| {
        "write COLUMN=TYPE, with number, category, flag, date or identifier".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_of_seconds_minutes_and_hours() {
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7200)));
        for text in ["", "s", "-3", "0.2s", "nan", "1d", "inf"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
