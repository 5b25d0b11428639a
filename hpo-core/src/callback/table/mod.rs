//! A table of the search for people: the best trials first, then those that run.
//!
//! What it shows, and its bounds of rows and rate, are those of the console reporters of Ray Tune.

mod layout;
mod rows;

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rows::Standings;

use super::noted;
use crate::study::{Callback, Flow, Notice};

/// Shows the best trials and the running ones: every five seconds, if something happened, and at the end of the run.
///
/// The best trial stands first; with several objectives, those that no other dominates, by number. A running trial has its
/// last step, value and metrics. Where standard error is a terminal, columns that do not fit are left out, and named below; elsewhere
/// it is plain text of any width.
///
/// ```
/// use std::time::Duration;
///
/// use hpo_core::prelude::*;
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
/// let table = Table::new().max_rows(3).every(Duration::from_secs(1)).parameters(["learning_rate"]).output(file);
/// let study = Study::<Net>::minimize().seed(1).callback(table).open()?;
/// study.optimize(10, |net, _| net.learning_rate * net.layers as f64)?;
/// let text = std::fs::read_to_string(folder.join("table.txt"))?;
/// let mut lines = text.lines();
/// assert!(lines.next().unwrap().starts_with("study: 10 of 10 trials"));
/// assert_eq!(lines.next().unwrap().split_whitespace().collect::<Vec<_>>(), ["trial", "state", "value", "seconds", "learning_rate"]);
/// assert_eq!(lines.count(), 3 + 2);       // three rows, how many more there are, and how the run ended
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Table {
    choice: Columns,
    max_rows: usize,
    every: Duration,
    width: Option<usize>,
    /// `None` for standard error.
    output: Option<Mutex<Box<dyn Write + Send>>>,
    state: Mutex<State>,
}

/// The columns that the user has chosen; `None` for all.
#[derive(Debug, Default)]
struct Columns {
    parameters: Option<Vec<String>>,
    metrics: Option<Vec<String>>,
}

#[derive(Debug, Default)]
struct State {
    standings: Option<Standings>,
    shown: Option<Instant>,
}

impl Default for Table {
    fn default() -> Self {
        Self::new()
    }
}

impl Table {
    /// On standard error, with all parameters and metrics.
    #[must_use]
    pub fn new() -> Self {
        Self {
            choice: Columns::default(),
            max_rows: 20,
            every: Duration::from_secs(5),
            width: None,
            output: None,
            state: Mutex::default(),
        }
    }

    /// At most so many rows of ended trials, and so many of running ones. Default: 20.
    #[must_use]
    pub fn max_rows(mut self, rows: usize) -> Self {
        self.max_rows = rows;
        self
    }

    /// How long to wait, at least, from one table to the next. Default: five seconds.
    #[must_use]
    pub fn every(mut self, interval: Duration) -> Self {
        self.every = interval;
        self
    }

    /// The parameters to show, by their dotted paths, in this order. Default: all.
    #[must_use]
    pub fn parameters<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.choice.parameters = Some(paths.into_iter().map(Into::into).collect());
        self
    }

    /// The metrics to show, by their names, in this order. Default: all that were logged, by name.
    #[must_use]
    pub fn metrics<M: Into<String>>(mut self, names: impl IntoIterator<Item = M>) -> Self {
        self.choice.metrics = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// How many characters a line may have. Default: the width of the terminal; elsewhere any number.
    #[must_use]
    pub fn width(mut self, characters: usize) -> Self {
        self.width = Some(characters);
        self
    }

    /// Where to write. Default: standard error.
    #[must_use]
    pub fn output(mut self, output: impl Write + Send + 'static) -> Self {
        self.output = Some(Mutex::new(Box::new(output)));
        self
    }

    /// A reader that has gone away is no reason to end a search.
    fn show(&self, standings: &Standings, end: Option<&str>) {
        let terminal = self.output.is_none() && io::stderr().is_terminal();
        let width = self.width.or_else(|| if terminal { terminal_width() } else { None });
        let mut lines = standings.lines(&self.choice, self.max_rows, width);
        if terminal && let Some(headings) = lines.get_mut(1) {
            *headings = format!("\x1b[1m{headings}\x1b[0m");
        }
        lines.extend(end.map(str::to_owned));
        let text = lines.join("\n") + "\n";
        let _ = match &self.output {
            Some(output) => {
                let mut output = noted(output);
                output.write_all(text.as_bytes()).and_then(|()| output.flush())
            }
            None => io::stderr().write_all(text.as_bytes()),
        };
    }
}

impl Callback for Table {
    fn notice(&self, notice: &Notice<'_>) -> Flow {
        let State { standings, shown } = &mut *noted(&self.state);
        if let Notice::Started { slots, .. } = notice {
            self.choice.check(slots);
            *standings = Standings::new(notice);
            *shown = Some(Instant::now());
        }
        let Some(standings) = standings else {
            return Flow::Continue;
        };
        standings.hear(notice, self.max_rows);
        if let Notice::Ended { run, elapsed } = notice {
            self.show(standings, Some(&format!("{run} ({elapsed:.1?})")));
        } else if shown.is_none_or(|shown| shown.elapsed() >= self.every) && !matches!(notice, Notice::Started { .. }) {
            self.show(standings, None);
            *shown = Some(Instant::now());
        }
        Flow::Continue
    }
}

impl Columns {
    fn check(&self, slots: &crate::space::Slots) {
        let unknown = |path: &&String| slots.find(path).is_none();
        for path in self.parameters.iter().flatten().filter(unknown) {
            tracing::warn!("the table is to show `{path}`, which is no parameter of the space: its column stays empty");
        }
    }
}

#[cfg(feature = "progress")]
fn terminal_width() -> Option<usize> {
    console::Term::stderr().size_checked().map(|(_, columns)| usize::from(columns))
}

/// What terminals have that nobody has made wider.
#[cfg(not(feature = "progress"))]
fn terminal_width() -> Option<usize> {
    Some(80)
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("columns", &self.choice).field("state", &self.state).finish_non_exhaustive()
    }
}
