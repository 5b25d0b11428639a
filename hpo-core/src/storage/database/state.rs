//! The fold of a study's log: our own lines, and rows that triggers have written for changes of
//! other libraries.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::connection::{Cell, Connection, SqlRow};
use super::finished_trials::{self, FinishedTrial};
use super::projection::project;
use super::schema::{self, FOUND};
use crate::storage::log::{Change, Record, StudyLog, TrialTemplate, read};
use crate::storage::optuna::{self, JsonNumber};
use crate::storage::{StorageError, StudyId};
use crate::trial::{AttributeScope, Param, State, Timestamp, Trials};

/// The worker of rows that triggers write, which is none of this library's.
const SOMEBODY: &str = "";

const NEW: &str = "SELECT id, trial_id, kind, step, name, number, text FROM hpo_log \
                   WHERE study_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3";

/// The number of rows of the log read at a time. All rows of a long study at once would take more
/// memory than its trials.
const PAGE: usize = 1_000;

/// Finds the end of a former study with the same number.
const FORMER: &str = "SELECT max(id) FROM hpo_log WHERE study_id = ?1 AND kind = 'gone'";
const OBJECTIVES: &str = "SELECT count(*) FROM study_directions WHERE study_id = ?1";

/// The part of a study's log that has been read.
#[derive(Debug)]
pub(super) struct StudyState {
    pub(super) log: StudyLog,
    /// The number of each trial in the study, by its number in the storage.
    places: HashMap<u64, u64>,
    /// The last row that was read.
    cursor: i64,
    /// The version of the storage when it was read.
    pub(super) version: Option<u64>,
    /// True if the study was deleted.
    is_gone: bool,
    /// True if the storage has a log; otherwise Optuna's tables are read.
    has_log: bool,
    /// True if lines of the log leave out what earlier lines have.
    is_terse: bool,
}

/// A row of the log that is applied later.
struct Entry {
    id: i64,
    trial: u64,
    kind: String,
    step: Option<i64>,
    name: Option<String>,
    number: Option<f64>,
    text: Option<String>,
}

impl StudyState {
    /// Creates the empty fold of a study, of which nothing has been read; `None` if there is no
    /// such study.
    pub(super) fn new(
        connection: &mut dyn Connection,
        study: StudyId,
        declared: &[Param],
        has_log: bool,
    ) -> Result<Option<Self>, StorageError> {
        if !has_log && !schema::has(connection, "studies")? {
            return Ok(None);
        }
        // The order matters: if the study is deleted after this query, a row follows `former`.
        let former = if has_log { connection.number(FORMER, &[Cell::id(study.0)])? } else { None };
        let objectives = connection.number(OBJECTIVES, &[Cell::id(study.0)])?.unwrap_or(0);
        let is_terse = has_log && schema::version(connection)? >= schema::TERSE;
        Ok((objectives > 0).then(|| Self {
            log: StudyLog::new(study.0, objectives as usize, declared),
            places: HashMap::new(),
            cursor: former.unwrap_or(0),
            version: None,
            is_gone: false,
            has_log,
            is_terse,
        }))
    }

    /// Makes the fold keep its lines.
    pub(super) fn keep_lines(&mut self) {
        self.log.keep_lines();
    }

    /// Returns true if the study has not been deleted.
    pub(super) fn is_there(&self) -> bool {
        !self.is_gone
    }

    /// Returns true if the fold can be updated by reading on.
    pub(super) fn is_of_log(&self) -> bool {
        self.has_log
    }

    /// Makes the next reader start from the beginning, because the last changes were not kept.
    pub(super) fn forget(&mut self) {
        self.has_log = false;
        self.version = None;
    }

    /// Reads the new rows of the log. Returns true if one of them equals `expected`, a row of ours
    /// that may or may not have reached the server.
    pub(super) fn catch_up(
        &mut self,
        connection: &mut dyn Connection,
        expected: Option<(i64, &str)>,
    ) -> Result<bool, StorageError> {
        let mut has_come = false;
        self.read(
            connection,
            &mut |id, lines| has_come |= expected == Some((id, lines)),
            &mut |_| {},
        )?;
        Ok(has_come)
    }

    /// Reads the log, and shows the trials to `visit` after each change. Returns true if the study
    /// still exists.
    pub(super) fn replay_history(
        &mut self,
        connection: &mut dyn Connection,
        visit: &mut dyn FnMut(&Trials),
    ) -> Result<bool, StorageError> {
        self.read(connection, &mut |_, _| {}, visit)?;
        Ok(self.is_there())
    }

    fn read(
        &mut self,
        connection: &mut dyn Connection,
        found: &mut dyn FnMut(i64, &str),
        visit: &mut dyn FnMut(&Trials),
    ) -> Result<(), StorageError> {
        let mut is_all = false;
        while !is_all && !self.is_gone {
            is_all = self.read_page(connection, found, visit)? < PAGE || !self.has_log;
        }
        Ok(())
    }

    /// Reads the next rows of the log, or else all of Optuna's tables. Returns the number of rows
    /// read.
    fn read_page(
        &mut self,
        connection: &mut dyn Connection,
        found: &mut dyn FnMut(i64, &str),
        visit: &mut dyn FnMut(&Trials),
    ) -> Result<usize, StorageError> {
        let cells = [Cell::id(self.log.study), Cell::Int(self.cursor), Cell::id(PAGE as u64)];
        let (sql, cells) = if self.has_log { (NEW, &cells[..]) } else { (FOUND, &cells[..1]) };
        let mut count = 0;
        let mut entries: Vec<Entry> = Vec::new();
        connection.query(sql, cells, &mut |row| {
            count += 1;
            if row.text(2) == Some("lines") {
                found(row.int(0).unwrap_or_default(), row.text(6).unwrap_or_default());
            }
            if !entries.is_empty() || row.text(2) != Some("lines") {
                entries.push(Entry::new(row));
                return Ok(());
            }
            self.apply_row(row.int(0).unwrap_or_default(), row.text(6).unwrap_or_default(), visit)
        })?;
        self.apply_entries(connection, entries, visit)?;
        self.is_gone = self.is_gone || (!self.has_log && !self.exists(connection)?);
        Ok(count)
    }

    /// Returns true if the study has not been deleted. Then the rows read from several tables
    /// belong together.
    fn exists(&self, connection: &mut dyn Connection) -> Result<bool, StorageError> {
        Ok(connection.number(OBJECTIVES, &[Cell::id(self.log.study)])? > Some(0))
    }

    /// Writes the rows of our lines, folds the lines, and adds to `log_text` the form in which the
    /// log stores them.
    pub(super) fn write(
        &mut self,
        connection: &mut dyn Connection,
        lines: &str,
        log_text: &mut String,
    ) -> Result<(), StorageError> {
        lines.lines().try_for_each(|text| {
            let mut failed = Ok(());
            let applied = read(text.as_bytes(), |line| {
                if let Some(number) = self.number(&line.change) {
                    failed = project(connection, &self.log, number, &line.change);
                }
                *log_text += &self.terse(text, &line.change);
                *log_text += "\n";
                if failed.is_err() { Ok(()) } else { self.change(line) }
            });
            failed?;
            applied.map_err(|reason| damaged(0, reason))
        })
    }

    /// Returns a line without the distributions of its parameters if they equal those that the log
    /// had last. They would be more than half of it.
    fn terse<'a>(&self, text: &'a str, change: &Change<'_>) -> Cow<'a, str> {
        let shorter = if self.is_terse { self.without_distributions(text, change) } else { None };
        shorter.map_or(text.into(), Cow::Owned)
    }

    fn without_distributions(&self, text: &str, change: &Change<'_>) -> Option<String> {
        match change {
            Change::Param { name, distribution, .. } if self.log.has_read(name, distribution) => {
                let head = text
                    .strip_suffix('}')?
                    .strip_suffix(distribution)?
                    .strip_suffix(r#","distribution":"#)?;
                Some(format!("{head}}}"))
            }
            Change::CreateTrial { template: Some(template), .. }
                if template
                    .params
                    .iter()
                    .all(|(name, _, distribution)| self.log.has_read(name, distribution)) =>
            {
                let distributions = template.params.iter().map(|(name, _, distribution)| {
                    format!("{}:{distribution}", Json::from(name.as_str()))
                });
                let distributions = distributions.collect::<Vec<_>>().join(",");
                let object = format!(r#","distributions":{{{distributions}}},"#);
                let (head, rest) = text.split_once(&object)?;
                Some(format!(r#"{head},"distributions":{{}},{rest}"#))
            }
            _ => None,
        }
    }

    /// Sets the number of the row that was folded last. Fails if that number was read before: then
    /// that row and all after it were lost.
    pub(super) fn advance(&mut self, row: i64, location: &str) -> Result<(), StorageError> {
        if row <= self.cursor {
            let problem =
                format!("its log ends before row {row}, and row {} has been read", self.cursor);
            return Err(StorageError::Lost { location: location.to_owned(), problem });
        }
        self.cursor = row;
        Ok(())
    }

    /// Makes the error of a damaged entry, in the log or else in Optuna's tables.
    fn damaged(&self, entry: &Entry, reason: String) -> StorageError {
        if self.has_log {
            return damaged(entry.id, reason);
        }
        StorageError::CorruptRow {
            location: String::new(),
            table: "trials",
            row: entry.trial.cast_signed(),
            reason,
        }
    }

    fn apply_row(
        &mut self,
        row: i64,
        lines: &str,
        visit: &mut dyn FnMut(&Trials),
    ) -> Result<(), StorageError> {
        let applied = each_line(lines, |line| {
            self.change(line)?;
            visit(&self.log.trials);
            Ok(())
        });
        applied.map_err(|reason| damaged(row, reason))?;
        self.cursor = row;
        Ok(())
    }

    fn number(&self, change: &Change<'_>) -> Option<u64> {
        match change {
            Change::CreateTrial { .. } => Some(self.log.trials.len()),
            change => self.places.get(&change.trial()?).copied(),
        }
    }

    fn change(&mut self, line: Record<'_>) -> Result<(), String> {
        let number = self.number(&line.change);
        match (line.change, number) {
            (Change::CreateTrial { id, started, template, .. }, _) => {
                let id = id.ok_or("a new trial has no `trial_id`")?;
                let number = self.log.create(
                    &line.worker,
                    id,
                    started,
                    template.map(|template| *template),
                )?;
                self.places.insert(id, number);
                Ok(())
            }
            (change, Some(number)) => self.log.apply(&line.worker, number, change),
            _ => Ok(()),
        }
    }

    fn apply_entries(
        &mut self,
        connection: &mut dyn Connection,
        entries: Vec<Entry>,
        visit: &mut dyn FnMut(&Trials),
    ) -> Result<(), StorageError> {
        let needed = entries.iter().filter(|entry| entry.needs_final()).map(|entry| entry.trial);
        let range = needed.clone().min().zip(needed.max());
        let finished_trials = match range {
            Some(range) => finished_trials::load(connection, self.log.study, range)?,
            None => HashMap::new(),
        };
        if range.is_some() && !self.exists(connection)? {
            self.is_gone = true;
            return Ok(());
        }
        for entry in entries {
            match entry.kind.as_str() {
                "lines" => {
                    self.apply_row(entry.id, entry.text.as_deref().unwrap_or_default(), visit)?;
                }
                "gone" => self.is_gone = true,
                _ => {
                    let place = |reason| self.damaged(&entry, reason);
                    let change = entry.change(finished_trials.get(&entry.trial)).map_err(place)?;
                    let line = Record { worker: SOMEBODY.into(), change };
                    self.change(line).map_err(|reason| self.damaged(&entry, reason))?;
                    visit(&self.log.trials);
                }
            }
            self.cursor = entry.id;
        }
        Ok(())
    }
}

impl Entry {
    fn new(row: &dyn SqlRow) -> Self {
        let text = |column| row.text(column).map(str::to_owned);
        Self {
            id: row.int(0).unwrap_or_default(),
            trial: row.int(1).unwrap_or_default() as u64,
            kind: text(2).unwrap_or_default(),
            step: row.int(3),
            name: text(4),
            number: row.real(5),
            text: match row.text(2) {
                // This is the spelling in lines.
                Some("param") => row.text(6).map(|text| Json::from(text).to_string()),
                _ => text(6),
            },
        }
    }

    fn state(&self) -> Result<State, String> {
        let name = self.text.as_deref().unwrap_or_default();
        optuna::named_state(name).ok_or_else(|| format!("`{name}` is not the state of a trial"))
    }

    /// Returns true if the rest of the trial, which is final, must be read.
    fn needs_final(&self) -> bool {
        let is_finished = self.state().is_ok_and(State::is_finished);
        matches!(self.kind.as_str(), "trial" | "state") && is_finished
    }

    fn change<'a>(&'a self, end: Option<&'a FinishedTrial>) -> Result<Change<'a>, String> {
        let trial = self.trial;
        let name = self.name.as_deref().unwrap_or_default();
        match self.kind.as_str() {
            "trial" => self.creation(end),
            "state" => {
                let state = self.state()?;
                let values = end.filter(|_| state == State::Complete).map(|end| end.values.clone());
                Ok(Change::State { trial, state, values, at: Timestamp::parse(name) })
            }
            "param" => {
                let value = JsonNumber::Real(self.number.unwrap_or(f64::NAN));
                let distribution = self.text.as_deref().unwrap_or_default();
                Ok(Change::Param { trial, name: name.into(), value, distribution })
            }
            "report" => {
                let value = finished_trials::real(self.number, self.name.as_deref());
                Ok(Change::Report { trial, step: self.step.unwrap_or(-1), value })
            }
            "user" | "system" => {
                let scope =
                    if self.kind == "user" { AttributeScope::User } else { AttributeScope::System };
                let note = (name.to_owned(), finished_trials::json(self.text.as_deref()));
                Ok(Change::TrialAttributes { trial, scope, attributes: Map::from_iter([note]) })
            }
            kind => Err(format!("`{kind}` is not a kind of change")),
        }
    }

    fn creation<'a>(&'a self, end: Option<&'a FinishedTrial>) -> Result<Change<'a>, String> {
        let state = self.state()?;
        let template = match (state, end) {
            (State::Running, _) => None,
            (state, Some(end)) if state.is_finished() => Some(Box::new(end.template(state))),
            _ => Some(Box::new(TrialTemplate::new(state))),
        };
        let started = self.name.as_deref().and_then(Timestamp::parse);
        Ok(Change::CreateTrial { study: 0, id: Some(self.trial), started, template })
    }
}

/// Parses every line, and passes it to `apply`.
fn each_line(
    lines: &str,
    mut apply: impl FnMut(Record<'_>) -> Result<(), String>,
) -> Result<(), String> {
    lines.lines().try_for_each(|line| read(line.as_bytes(), &mut apply))
}

fn damaged(row: i64, reason: String) -> StorageError {
    StorageError::CorruptRow { location: String::new(), table: "hpo_log", row, reason }
}
