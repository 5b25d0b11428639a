//! `hpo top`: who works on a study, and how far it is.
//!
//! A snapshot is read from the storage as data (`snapshot.rs`), and then written as text.

mod snapshot;

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use hpo_core::storage::{Storage, StudyRecord};
use hpo_core::trial::Timestamp;
use serde_json::Value as Json;

use crate::present::{Column, Table, number};
use crate::run::time_in_words;
use crate::screen::{self, Screen};
use snapshot::Snapshot;

/// The interval at which a terminal is drawn again.
const INTERVAL: Duration = Duration::from_secs(2);

/// The largest number of rows of a table.
const MOST_ROWS: usize = 20;

/// Clears a terminal, and goes to its first line.
const CLEAR: &str = "\x1b[H\x1b[J";

/// Shows a study, again and again on a terminal.
///
/// # Errors
/// If the storage cannot be read.
pub(crate) fn run(
    storage: &dyn Storage,
    study: &StudyRecord,
    target: Option<u64>,
    once: bool,
    screen: Screen,
) -> Result<ExitCode> {
    let moves_cursor = std::env::var("TERM").is_ok_and(|term| term != "dumb");
    let is_live = !once && std::io::stdout().is_terminal() && moves_cursor;
    loop {
        let snapshot = Snapshot::read(storage, study, Timestamp::now())?;
        let text = text(&snapshot, target, screen);
        if !is_live {
            screen::print_as_it_is(&text)?;
            return Ok(ExitCode::SUCCESS);
        }
        screen::print_as_it_is(&format!("{CLEAR}{text}"))?;
        std::thread::sleep(INTERVAL);
    }
}

fn text(snapshot: &Snapshot, target: Option<u64>, screen: Screen) -> String {
    let mut lines = vec![summary(snapshot, target)];
    if let Some((trial, value)) = snapshot.best {
        lines.push(format!("best: trial {trial}, {} {value}", snapshot.metric));
    }
    lines.push(pace(snapshot, target));
    let mut text = lines.join("\n") + "\n";
    for (table, more) in [workers(snapshot), running(snapshot)] {
        if !table.is_empty() {
            text.push('\n');
            text += &table.text(screen);
            text += &more;
        }
    }
    text
}

/// Returns the counts in one line: `net: 7 of 100 trials: 6 complete, 1 failed; 2 running`.
fn summary(snapshot: &Snapshot, target: Option<u64>) -> String {
    let of = target.map(|target| format!(" of {target}")).unwrap_or_default();
    let words = |counts: &[(u64, &str)]| -> String {
        let counted = counts.iter().filter(|(count, _)| *count > 0);
        counted.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
    };
    let ended = words(&[
        (snapshot.complete, "complete"),
        (snapshot.pruned, "pruned"),
        (snapshot.failed, "failed"),
    ]);
    let open = words(&[
        (snapshot.running.len() as u64, "running"),
        (snapshot.waiting, "waiting"),
        (snapshot.paused, "paused"),
    ]);
    let parts = [format!("{} ended{of}", snapshot.ended()), ended, open];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{}: {}", snapshot.study, parts.join("; "))
}

/// Returns the throughput, and the time left if the number of trials is known.
fn pace(snapshot: &Snapshot, target: Option<u64>) -> String {
    let Some(pace) = &snapshot.pace else { return "no trial has ended lately".to_owned() };
    let window = time_in_words(Duration::from_secs(pace.window.as_secs()));
    let mut line = format!("{:.1} trials a minute over the last {window}", pace.per_minute);
    if let Some(left) = target.map(|target| target.saturating_sub(snapshot.ended()))
        && left > 0
    {
        let seconds = (left as f64 / pace.per_minute * 60.0).min(1e9);
        line += ", about ";
        line += &time_in_words(Duration::from_secs(seconds as u64));
        line += " left";
    }
    line
}

fn workers(snapshot: &Snapshot) -> (Table, String) {
    let columns = ["worker", "running", "ended", "failed", "silent"].map(Column::plain);
    let mut table = Table::new(columns.to_vec());
    for worker in snapshot.workers.iter().take(MOST_ROWS) {
        table.push(vec![
            Some(Json::from(worker.name.as_str())),
            Some(Json::from(worker.running)),
            Some(Json::from(worker.ended)),
            Some(Json::from(worker.failed)),
            worker.silent.map(|silent| Json::from(seconds(silent))),
        ]);
    }
    (table, more(snapshot.workers.len()))
}

fn running(snapshot: &Snapshot) -> (Table, String) {
    let columns = ["trial", "worker", "step", "value", "age", "config"].map(Column::plain);
    let mut table = Table::new(columns.to_vec());
    for trial in snapshot.running.iter().take(MOST_ROWS) {
        table.push(vec![
            Some(Json::from(trial.number)),
            trial.worker.as_deref().map(Json::from),
            trial.report.map(|(step, _)| Json::from(step)),
            trial.report.map(|(_, value)| number(value)),
            trial.age.map(|age| Json::from(seconds(age))),
            Some(Json::from(trial.config.as_str())),
        ]);
    }
    (table, more(snapshot.running.len()))
}

fn more(rows: usize) -> String {
    match rows.checked_sub(MOST_ROWS) {
        Some(more @ 1..) => format!("and {more} more\n"),
        _ => String::new(),
    }
}

fn seconds(time: Duration) -> String {
    time_in_words(Duration::from_secs(time.as_secs()))
}
