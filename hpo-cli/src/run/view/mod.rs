//! The view of a run on standard error: a live table on a terminal, a line per ended trial in a pipe.

mod table;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hpo_core::callback::Callback;
use hpo_core::callback::{Flow, RunEvent};
use hpo_core::terminal::one_line;
use hpo_core::trial::{State, TrialRecord};

use super::quantity::time_in_words;

/// A view of a run: its state, shown as a table or as lines.
#[derive(Debug)]
pub(crate) struct View {
    is_live: bool,
    board: Mutex<Board>,
}

/// The state of a run.
#[derive(Debug, Default)]
struct Board {
    study: String,
    /// The name of the first objective.
    metric: String,
    target: u64,
    finished: u64,
    /// The moment at which the run began, and the number of trials that had ended then.
    begin: Option<(Instant, u64)>,
    running: BTreeMap<u64, Row>,
    /// The best trial and its value, with one objective.
    best: Option<(u64, f64)>,
    failed: u64,
    pruned: u64,
    /// The number of lines of the table on the terminal.
    drawn: usize,
}

/// A running trial, as a row of the table.
#[derive(Clone, Debug)]
struct Row {
    began: Instant,
    step: Option<u64>,
    value: Option<f64>,
    memory: u64,
    config: String,
}

impl View {
    /// Returns a view on standard error.
    pub(crate) fn new() -> Self {
        let moves_cursor = std::env::var("TERM").is_ok_and(|term| term != "dumb");
        let is_live = std::io::stderr().is_terminal() && moves_cursor;
        Self { is_live, board: Mutex::default() }
    }

    /// Records a report of a running trial.
    pub(crate) fn reported(&self, number: u64, step: u64, value: f64) {
        if let Some(row) = self.board().running.get_mut(&number) {
            (row.step, row.value) = (Some(step), Some(value));
        }
    }

    /// Records the memory that a running trial uses.
    pub(crate) fn uses(&self, number: u64, memory: u64) {
        if let Some(row) = self.board().running.get_mut(&number) {
            row.memory = memory;
        }
    }

    /// Returns the numbers of the running trials.
    pub(crate) fn running(&self) -> Vec<u64> {
        self.board().running.keys().copied().collect()
    }

    /// Draws the table again, if there is one.
    pub(crate) fn draw(&self) {
        if self.is_live {
            let mut board = self.board();
            let lines = board.lines(width());
            board.show(&[], &lines);
        }
    }

    /// Writes a line, above the table if there is one.
    pub(crate) fn say(&self, line: &str) {
        self.board().say(self.is_live, line);
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Callback for View {
    fn notice(&self, event: &RunEvent<'_>) -> Flow {
        let mut board = self.board();
        match event {
            RunEvent::Started { study, metrics, trials, target, .. } => {
                board.study = one_line(study);
                board.metric = metrics.first().map(one_line).unwrap_or_default();
                (board.finished, board.target) = (*trials, *target);
                board.begin = Some((Instant::now(), *trials));
            }
            RunEvent::TrialStarted { number, params, .. } => {
                let config = one_line(params);
                board.running.insert(*number, Row::new(config));
            }
            RunEvent::TrialPaused { number, step, value } => {
                let row = board.running.remove(number);
                let age = row.map_or(Duration::ZERO, |row| row.began.elapsed());
                let line = format!(
                    "trial {number} paused at step {step}: {value} ({})",
                    time_in_words(age)
                );
                board.say(self.is_live, &line);
            }
            RunEvent::TrialEnded { trial, best, improved, finished, .. } => {
                board.finished = *finished;
                let known = best.and_then(|best| Some((best.number, best.value()?)));
                board.best = known.or(board.best);
                if let Some(line) = board.ended(trial, *improved, self.is_live) {
                    board.say(self.is_live, &line);
                }
            }
            RunEvent::Ended { .. } => {
                board.running.clear();
                if self.is_live {
                    board.show(&[], &[]);
                }
            }
            _ => {}
        }
        Flow::Continue
    }
}

impl Row {
    fn new(config: String) -> Self {
        Self { began: Instant::now(), step: None, value: None, memory: 0, config }
    }
}

impl Board {
    /// Counts an ended trial, and returns the line about it. On a terminal only improvements and
    /// failures have one, since the table shows the rest.
    fn ended(&mut self, trial: &TrialRecord, improved: bool, is_live: bool) -> Option<String> {
        let row = self.running.remove(&trial.number);
        let age = row.map_or(Duration::ZERO, |row| row.began.elapsed());
        let message = trial.message.as_deref().unwrap_or("without a message");
        let (words, is_news) = match trial.state {
            State::Failed => (format!("failed: {message}"), true),
            State::Pruned => (format!("pruned: {message}"), false),
            _ => {
                let values: Vec<String> = trial.values.iter().map(ToString::to_string).collect();
                let best = if improved { ", the best so far" } else { "" };
                (format!("{}{best}", values.join(", ")), improved)
            }
        };
        self.failed += u64::from(trial.state == State::Failed);
        self.pruned += u64::from(trial.state == State::Pruned);
        let line = format!("trial {}: {} ({})", trial.number, one_line(words), time_in_words(age));
        (is_news || !is_live).then_some(line)
    }

    fn say(&mut self, is_live: bool, line: &str) {
        if is_live {
            let table = self.lines(width());
            self.show(&[line.to_owned()], &table);
        } else {
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }

    /// Replaces the table on the terminal by lines that stay and a new table.
    fn show(&mut self, staying: &[String], table: &[String]) {
        let mut text = String::new();
        if self.drawn > 0 {
            // Back to the first line of the table, and clear from there.
            let _ = write!(text, "\x1b[{}A\x1b[J", self.drawn);
        }
        for line in staying.iter().chain(table) {
            text += line;
            text.push('\n');
        }
        self.drawn = table.len();
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}

/// Returns the width of the terminal.
fn width() -> usize {
    let set = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    set.or_else(|| comfy_table::Table::new().width().map(usize::from)).unwrap_or(80)
}
