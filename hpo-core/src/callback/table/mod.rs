//! A table of the search in a terminal: the best trials first, then the running ones.
//!
//! The contents, and the limits on rows and rate, are those of the console reporters of Ray Tune.

mod layout;
mod rows;

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rows::Leaderboard;

use crate::error::Result;
use crate::setting::Owner;
use crate::study::{Callback, Flow, RunEvent};
use crate::sync::lock;

/// Shows the best trials and the running ones every five seconds, if something has happened, and at
/// the end of the run.
///
/// The best trial is shown first; with several objectives, the trials that no other dominates are
/// shown, sorted by number. A running trial has its last step, value and metrics. If standard error
/// is a terminal, columns that do not fit are left out, and named below; otherwise the table is
/// plain text of any width.
///
/// ```
/// use std::time::Duration;
///
/// use hpo_core::prelude::*;
/// use hpo_core::callback::Table;
///
/// # #[derive(Clone, Debug, SearchSpace)]
/// # struct Net {
/// #     #[search_space(range = 1e-5..=1e-1, log)]
/// #     learning_rate: f64,
/// #     #[search_space(range = 1..=4)]
/// #     layers: usize,
/// # }
/// # let folder = std::env::temp_dir().join(format!("hpo-doc-table-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let file = std::fs::File::create(folder.join("table.txt"))?;
/// let table = Table::builder()
///     .max_rows(3)
///     .every(Duration::from_secs(1))
///     .parameters(["learning_rate"])
///     .output(file)
///     .build()?;
/// let study = Study::<Net>::minimize().seed(1).callback(table).open()?;
/// study.optimize(10, |net, _| net.learning_rate * net.layers as f64)?;
/// let text = std::fs::read_to_string(folder.join("table.txt"))?;
/// let mut lines = text.lines();
/// assert!(lines.next().unwrap().starts_with("study: 10 of 10 trials"));
/// let titles: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
/// assert_eq!(titles, ["trial", "state", "value", "seconds", "learning_rate"]);
/// // Three rows, how many more there are, and how the run ended.
/// assert_eq!(lines.count(), 3 + 2);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Table {
    settings: TableBuilder,
    state: Mutex<State>,
}

/// Settings of a [`Table`], not yet checked.
#[must_use = "nothing happens before `build`"]
pub struct TableBuilder {
    columns: ColumnSelection,
    max_rows: usize,
    every: Duration,
    width: Option<usize>,
    /// The output; `None` for standard error.
    output: Option<Mutex<Box<dyn Write + Send>>>,
}

/// The columns that the user has chosen; `None` shows all.
#[derive(Debug, Default)]
struct ColumnSelection {
    parameters: Option<Vec<String>>,
    metrics: Option<Vec<String>>,
}

#[derive(Debug, Default)]
struct State {
    leaderboard: Option<Leaderboard>,
    last_shown: Option<Instant>,
}

impl Default for Table {
    fn default() -> Self {
        Self::with(TableBuilder::default())
    }
}

impl Default for TableBuilder {
    fn default() -> Self {
        let (columns, every) = (ColumnSelection::default(), Duration::from_secs(5));
        Self { columns, max_rows: 20, every, width: None, output: None }
    }
}

impl TableBuilder {
    /// Sets the maximum number of rows of ended trials, and of running ones. Default 20, at least
    /// 1.
    pub fn max_rows(self, rows: usize) -> Self {
        Self { max_rows: rows, ..self }
    }

    /// Sets the minimum time between two tables. Default: five seconds.
    pub fn every(self, interval: Duration) -> Self {
        Self { every: interval, ..self }
    }

    /// Sets the parameters to show, by their dotted paths, in this order. Default: all.
    pub fn parameters<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.columns.parameters = Some(paths.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the metrics to show, by their names, in this order. Default: all that were logged, by
    /// name.
    pub fn metrics<M: Into<String>>(mut self, names: impl IntoIterator<Item = M>) -> Self {
        self.columns.metrics = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the maximum number of characters in a line, at least 1. Default: the width of the
    /// terminal; no limit if standard error is not a terminal.
    pub fn width(self, characters: usize) -> Self {
        Self { width: Some(characters), ..self }
    }

    /// Sets the output to write to. Default: standard error.
    pub fn output(self, output: impl Write + Send + 'static) -> Self {
        Self { output: Some(Mutex::new(Box::new(output))), ..self }
    }

    /// Checks the settings and returns the callback.
    ///
    /// # Errors
    /// Returns the first setting that is out of its range.
    pub fn build(self) -> Result<Table> {
        if self.max_rows == 0 {
            return Err(Owner::Callback("table")
                .error("max_rows", "is 0: no trial would be shown; write at least 1")
                .into());
        }
        if self.width == Some(0) {
            return Err(Owner::Callback("table")
                .error("width", "is 0: nothing fits; write at least 1, or leave it out")
                .into());
        }
        Ok(Table::with(self))
    }
}

impl Table {
    /// Returns a builder of a table on standard error, with all parameters and metrics.
    pub fn builder() -> TableBuilder {
        TableBuilder::default()
    }

    fn with(settings: TableBuilder) -> Self {
        Self { settings, state: Mutex::default() }
    }

    /// Writes the table. Write errors are ignored, because a closed output should not end a search.
    fn show(&self, leaderboard: &Leaderboard, end: Option<&str>) {
        let terminal = self.settings.output.is_none() && io::stderr().is_terminal();
        let width = self.settings.width.or_else(|| if terminal { terminal_width() } else { None });
        let mut lines = leaderboard.lines(&self.settings.columns, self.settings.max_rows, width);
        if terminal && let Some(headings) = lines.get_mut(1) {
            *headings = format!("\x1b[1m{headings}\x1b[0m");
        }
        lines.extend(end.map(str::to_owned));
        let text = lines.join("\n") + "\n";
        let _ = match &self.settings.output {
            Some(output) => {
                let mut output = lock(output);
                output.write_all(text.as_bytes()).and_then(|()| output.flush())
            }
            None => io::stderr().write_all(text.as_bytes()),
        };
    }
}

impl Callback for Table {
    fn notice(&self, event: &RunEvent<'_>) -> Flow {
        let State { leaderboard, last_shown } = &mut *lock(&self.state);
        if let RunEvent::Started { flat, .. } = event {
            self.settings.columns.check(flat);
            *leaderboard = Leaderboard::new(event);
            *last_shown = Some(Instant::now());
        }
        let Some(leaderboard) = leaderboard else {
            return Flow::Continue;
        };
        leaderboard.on_event(event, self.settings.max_rows);
        if let RunEvent::Ended { run, elapsed } = event {
            self.show(leaderboard, Some(&format!("{run} ({elapsed:.1?})")));
        } else if last_shown.is_none_or(|shown| shown.elapsed() >= self.settings.every)
            && !matches!(event, RunEvent::Started { .. } | RunEvent::Continued { .. })
        {
            self.show(leaderboard, None);
            *last_shown = Some(Instant::now());
        }
        Flow::Continue
    }
}

impl ColumnSelection {
    fn check(&self, flat: &crate::space::FlatSpace) {
        let unknown = |path: &&String| flat.find(path).is_none();
        for path in self.parameters.iter().flatten().filter(unknown) {
            tracing::warn!(
                "the table should show `{path}`, which is not a parameter of the space: its column \
                 stays empty"
            );
        }
    }
}

#[cfg(feature = "progress")]
fn terminal_width() -> Option<usize> {
    console::Term::stderr().size_checked().map(|(_, columns)| usize::from(columns))
}

/// Returns 80, the usual default width of terminals.
#[cfg(not(feature = "progress"))]
fn terminal_width() -> Option<usize> {
    Some(80)
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { settings, state } = self;
        f.debug_struct("Table").field("settings", settings).field("state", state).finish()
    }
}

impl fmt::Debug for TableBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableBuilder").field("columns", &self.columns).finish_non_exhaustive()
    }
}
