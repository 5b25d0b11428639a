//! The contents of a table: the best trials so far, the running ones, and counts of all.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::ColumnSelection;
use super::layout::{TextTable, number};
use crate::space::{Label, Params, counted};
use crate::study::RunEvent;
use crate::terminal::one_line;
use crate::trial::{Direction, State, TrialRecord, dominates};

/// The trials to show, computed from the events of a run.
#[derive(Debug)]
pub(super) struct Leaderboard {
    study: String,
    directions: Vec<Direction>,
    /// The dotted paths of the parameters, in the order of the space.
    parameters: Vec<String>,
    target: u64,
    finished: u64,
    began: Instant,
    /// The numbers of complete, pruned and failed trials of this run.
    counts: [u64; 3],
    /// The number of complete trials that violate their constraints, which are not shown among the
    /// best.
    infeasible: u64,
    /// The best trials, best first, no more than are shown; with several objectives, all trials
    /// that no other dominates, by number.
    best: Vec<TableRow>,
    /// The running and paused trials, by number.
    open: BTreeMap<u64, TableRow>,
    metrics: BTreeSet<String>,
}

#[derive(Clone, Debug)]
struct TableRow {
    number: u64,
    state: State,
    /// The values of an ended trial, or the last report of a running one.
    values: Vec<f64>,
    step: Option<u64>,
    params: Option<Params>,
    metrics: BTreeMap<String, f64>,
    began: Instant,
    took: Option<Duration>,
}

impl Leaderboard {
    /// Returns the table at the beginning of a run; `None` for any other event.
    pub(super) fn new(started: &RunEvent<'_>) -> Option<Self> {
        let RunEvent::Started { study, directions, flat, trials, target, .. } = *started else {
            return None;
        };
        Some(Self {
            study: one_line(study),
            directions: directions.to_vec(),
            parameters: flat.iter().map(|parameter| parameter.path().to_owned()).collect(),
            target,
            finished: trials,
            began: Instant::now(),
            counts: [0; 3],
            infeasible: 0,
            best: Vec::new(),
            open: BTreeMap::new(),
            metrics: BTreeSet::new(),
        })
    }

    pub(super) fn on_event(&mut self, event: &RunEvent<'_>, max_rows: usize) {
        match *event {
            RunEvent::TrialStarted { number, round, params } => {
                let row = self.open.entry(number).or_insert_with(|| TableRow::new(number));
                if round == 0 {
                    *row = TableRow::new(number);
                }
                row.state = State::Running;
                row.params = Some(params.clone());
            }
            RunEvent::Reported { number, step, value, metrics, .. } => {
                let row = self.open.entry(number).or_insert_with(|| TableRow::new(number));
                row.step = Some(step);
                if metrics.is_empty() || !value.is_nan() {
                    row.values = vec![value];
                }
                for (name, value) in metrics {
                    row.metrics.insert((*name).to_owned(), *value);
                    self.metrics.insert((*name).to_owned());
                }
            }
            RunEvent::TrialPaused { number, .. } => {
                if let Some(row) = self.open.get_mut(&number) {
                    row.state = State::Paused;
                }
            }
            RunEvent::TrialEnded { trial, best, finished, .. } => {
                self.finished = finished;
                self.end(trial, max_rows);
                // The best trial may be from an earlier run, whose events were not received.
                if let Some(best) =
                    best.filter(|best| self.best.iter().all(|row| row.number != best.number))
                {
                    self.insert_ranked(TableRow::new(best.number).ended(best), max_rows);
                }
            }
            // Running trials that were interrupted are in the queue again.
            RunEvent::Ended { .. } => self.open.retain(|_, row| row.state == State::Paused),
            _ => {}
        }
    }

    fn end(&mut self, trial: &TrialRecord, max_rows: usize) {
        let row = self
            .open
            .remove(&trial.number)
            .unwrap_or_else(|| TableRow::new(trial.number))
            .ended(trial);
        match trial.state {
            State::Complete => self.counts[0] += 1,
            State::Pruned => self.counts[1] += 1,
            _ => self.counts[2] += 1,
        }
        if !trial.is_feasible() {
            self.infeasible += u64::from(trial.state == State::Complete);
        } else if trial.values.len() == self.directions.len() {
            self.insert_ranked(row, max_rows);
        }
    }

    /// Inserts a complete trial at its rank.
    fn insert_ranked(&mut self, row: TableRow, max_rows: usize) {
        let position = if let [direction] = self.directions[..] {
            self.best
                .partition_point(|other| direction.order(other.values[0], row.values[0]).is_le())
        } else {
            let dominated =
                |a: &TableRow, b: &TableRow| dominates(&self.directions, &b.values, &a.values);
            if self.best.iter().any(|other| dominated(&row, other)) {
                return;
            }
            self.best.retain(|other| !dominated(other, &row));
            self.best.partition_point(|other| other.number < row.number)
        };
        self.best.insert(position, row);
        if self.directions.len() == 1 {
            self.best.truncate(max_rows);
        }
    }

    /// Returns the lines to print: a summary, the table, and notes on the rows and columns that it
    /// leaves out.
    pub(super) fn lines(
        &self,
        columns: &ColumnSelection,
        max_rows: usize,
        width: Option<usize>,
    ) -> Vec<String> {
        let running = || self.open.values().filter(|row| row.state == State::Running);
        let rows: Vec<&TableRow> =
            self.best.iter().take(max_rows).chain(running().take(max_rows)).collect();
        let text_table = self.text_table(columns, &rows);
        let (table, left_out) = text_table.lines(width);
        let mut lines = vec![self.summary(running().count())];
        if !rows.is_empty() {
            lines.extend(table);
        }
        let more = [
            (self.comparable().saturating_sub(max_rows as u64), "complete"),
            ((running().count() as u64).saturating_sub(max_rows as u64), "running"),
        ];
        lines.extend(
            more.iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, word)| format!("and {count} more {word}")),
        );
        if !left_out.is_empty() {
            lines.push(format!("too wide to show: {}", left_out.join(", ")));
        }
        lines
    }

    /// Returns the number of trials that the upper part of the table could show.
    fn comparable(&self) -> u64 {
        let shown = self.best.len() as u64;
        if self.directions.len() == 1 {
            (self.counts[0] - self.infeasible).max(shown)
        } else {
            shown
        }
    }

    /// Returns the summary, such as `iris: 12 of 100 trials, in this run 9 complete, 2 pruned, 1
    /// failed; 3 running, 0 paused; 83 s`.
    fn summary(&self, running: usize) -> String {
        let Self { study, finished, counts: [complete, pruned, failed], .. } = self;
        let trials = match self.target {
            u64::MAX => counted(finished, "trial"),
            target => format!("{finished} of {}", counted(target, "trial")),
        };
        let paused = self.open.len() - running;
        let infeasible = match self.infeasible {
            0 => String::new(),
            count => format!(" ({count} infeasible)"),
        };
        let seconds = self.began.elapsed().as_secs();
        format!(
            "{study}: {trials}, in this run {complete} complete{infeasible}, {pruned} pruned, \
             {failed} failed; {running} running, {paused} paused; {seconds} s"
        )
    }

    fn text_table(&self, columns: &ColumnSelection, rows: &[&TableRow]) -> TextTable {
        let metrics =
            columns.metrics.clone().unwrap_or_else(|| self.metrics.iter().cloned().collect());
        let parameters = columns.parameters.as_ref().unwrap_or(&self.parameters);
        let stepped = rows.iter().any(|row| row.step.is_some());
        let mut headings = vec!["trial".to_owned(), "state".to_owned()];
        match self.directions.len() {
            1 => headings.push("value".to_owned()),
            several => headings.extend((0..several).map(|index| format!("value {index}"))),
        }
        headings.extend(stepped.then(|| "step".to_owned()));
        headings.extend(metrics.iter().map(one_line));
        headings.push("seconds".to_owned());
        headings.extend(parameters.iter().map(one_line));
        let cells = |row: &&TableRow| {
            let mut cells = vec![row.number.to_string(), row.state.to_string()];
            cells.extend(
                (0..self.directions.len()).map(|index| row.value(index, self.directions.len())),
            );
            cells.extend(
                stepped.then(|| row.step.map_or_else(String::new, |step| step.to_string())),
            );
            cells.extend(metrics.iter().map(|name| {
                row.metrics.get(name).map_or_else(String::new, |value| number(*value))
            }));
            cells.push(format!(
                "{:.1}",
                row.took.unwrap_or_else(|| row.began.elapsed()).as_secs_f64()
            ));
            cells.extend(parameters.iter().map(|path| row.parameter(path)));
            cells
        };
        TextTable { headings, rows: rows.iter().map(cells).collect() }
    }
}

impl TableRow {
    fn new(number: u64) -> Self {
        Self {
            number,
            state: State::Running,
            values: Vec::new(),
            step: None,
            params: None,
            metrics: BTreeMap::new(),
            began: Instant::now(),
            took: None,
        }
    }

    fn ended(mut self, trial: &TrialRecord) -> Self {
        self.state = trial.state;
        self.values.clone_from(&trial.values);
        self.params.clone_from(&trial.params);
        self.step = self.step.or_else(|| trial.reports.iter().map(|(step, _)| *step).max());
        self.took = trial.duration();
        self
    }

    /// Returns a value as text. It is empty for a running trial with several objectives, because
    /// its report is a single number.
    fn value(&self, index: usize, objectives: usize) -> String {
        let known = self.values.len() == objectives;
        self.values.get(index).filter(|_| known).map_or_else(String::new, |value| number(*value))
    }

    fn parameter(&self, path: &str) -> String {
        match self.params.as_ref().and_then(|params| params.get(path)) {
            Some(Label::Float(float)) => number(float),
            Some(label) => one_line(label),
            None => String::new(),
        }
    }
}
