//! The fold of a journal: all its lines, applied in order.
//!
//! Writers apply their own lines by this same way after writing them, so that every process holds the same trials with the
//! same ordinals. As Optuna does, it passes over records that the rules forbid (the loser of a race for a queued trial);
//! only what cannot be understood is an error.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::line::{Change, Line, Template};
use super::scan::scan;
use super::study::StudyLog;
use crate::storage::optuna;
use crate::trial::{Direction, Event, Param, Scope, State, Timestamp};

/// All studies of a journal.
#[derive(Debug, Default)]
pub(super) struct Replay {
    studies: Vec<Option<StudyLog>>,
    /// The study, and the number in it, of every trial of the file.
    trials: Vec<(u32, u64)>,
    workers: Workers,
    /// Bytes applied.
    pub(super) offset: u64,
    /// Lines applied.
    pub(super) lines: u64,
    /// Parameters of a former fold of the same file, in its order, so that their numbers stay.
    declared: HashMap<u64, Vec<Param>>,
}

/// A line that cannot be understood.
#[derive(Debug)]
pub(super) struct BadLine {
    /// Its number, from 1.
    pub(super) line: u64,
    pub(super) reason: String,
}

/// Names of workers by number.
#[derive(Debug, Default)]
struct Workers {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Workers {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }
}

impl Replay {
    /// An empty fold that numbers parameters as this one does.
    pub(super) fn renewed(&self) -> Self {
        let studies = self.studies.iter().zip(0..);
        let declared =
            studies.filter_map(|(study, id)| Some((id, study.as_ref()?.trials.declared().to_vec()))).collect();
        Self { declared, ..Self::default() }
    }

    /// Applies the whole lines at the head of some bytes; what follows the last line break is left.
    pub(super) fn apply(&mut self, bytes: &[u8]) -> Result<(), BadLine> {
        self.apply_shown(bytes, &mut |_| ())
    }

    /// The same, and shows the fold after each line.
    pub(super) fn apply_shown(&mut self, bytes: &[u8], look: &mut impl FnMut(&Self)) -> Result<(), BadLine> {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.apply_line(&rest[..end]).map_err(|reason| BadLine { line: self.lines + 1, reason })?;
            rest = &rest[end + 1..];
            self.offset += end as u64 + 1;
            self.lines += 1;
            look(self);
        }
        Ok(())
    }

    fn apply_line(&mut self, bytes: &[u8]) -> Result<(), String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "not a record: bytes, not text".to_owned())?;
        if let Some(line) = scan(text) {
            return self.change(&line.worker, line.change);
        }
        match Line::read(text) {
            Ok(line) => self.change(&line.worker, line.change),
            Err(reason) => {
                let strict = optuna::strict(text).ok_or(reason)?;
                let line = Line::read(&strict)?;
                self.change(&line.worker, line.change)
            }
        }
    }

    fn change(&mut self, worker: &str, change: Change<'_>) -> Result<(), String> {
        match change {
            Change::Param { trial, name, value, distribution } => {
                if let Some((study, number)) = self.trial(trial) {
                    study.param(number, worker, &name, value, distribution)?;
                }
            }
            Change::CreateTrial { study, started, template } => self.create_trial(worker, study, started, template)?,
            Change::State { trial, state, values, at } => {
                let worker = self.workers.number(worker);
                if let Some((study, number)) = self.trial(trial) {
                    study.state(number, worker, state, values, at);
                }
            }
            Change::Seen { trial, seen } => self.seen(trial, seen),
            Change::Explained { trial, explanation } => {
                if let Some((study, number)) = self.trial(trial) {
                    study.explained(number, &explanation);
                }
            }
            Change::Report { trial, step, value } => self.report(trial, step, value),
            Change::Notes { trial, scope, notes } => self.notes(trial, scope, &notes),
            Change::CreateStudy { name, directions } => self.create_study(name, directions),
            Change::DeleteStudy { study } => {
                if let Some(place) = self.studies.get_mut(study as usize) {
                    *place = None;
                }
            }
            Change::StudyNotes { study, scope, notes } => self.study_notes(study, scope, notes),
            Change::Nothing => {}
        }
        Ok(())
    }

    fn create_study(&mut self, name: String, directions: Vec<Direction>) {
        if self.studies().any(|study| study.record.name == name) {
            return;
        }
        let id = self.studies.len() as u64;
        let mut study = StudyLog::new(id, name, directions);
        for param in self.declared.remove(&id).unwrap_or_default() {
            study.trials.declare(&param.path, &param.domain);
        }
        self.studies.push(Some(study));
    }

    fn create_trial(
        &mut self,
        worker: &str,
        id: u64,
        started: Option<Timestamp>,
        template: Option<Box<Template<'_>>>,
    ) -> Result<(), String> {
        let owner = self.workers.number(worker);
        let next = self.trials.len() as u64;
        // Trials of a study that is gone get no number, neither here nor in Optuna.
        let Some(Some(study)) = self.studies.get_mut(id as usize) else {
            return Ok(());
        };
        let number = match template {
            None => study.create(owner, started),
            Some(template) => study.create_from(worker, owner, started, *template)?,
        };
        study.ids.push(next);
        self.trials.push((id as u32, number));
        Ok(())
    }

    fn seen(&mut self, trial: u64, seen: u64) {
        if let Some((study, number)) = self.trial(trial) {
            study.seen(number, seen);
        }
    }

    fn report(&mut self, trial: u64, step: i64, value: f64) {
        let Ok(step) = u64::try_from(step) else {
            return;
        };
        if let Some((study, number)) = self.trial(trial) {
            // Refused by the rules means passed over.
            let _ = study.trials.apply(number, &Event::Reported { step, value });
        }
    }

    fn notes(&mut self, trial: u64, scope: Scope, notes: &Map<String, Json>) {
        if let Some((study, number)) = self.trial(trial) {
            for (key, value) in notes {
                study.note(number, scope, key, value);
            }
        }
    }

    fn study_notes(&mut self, study: u64, scope: Scope, notes: Map<String, Json>) {
        if let Some(study) = self.study_mut(study) {
            for (key, value) in notes {
                study.record.attributes.insert(scope, &key, value);
            }
        }
    }

    fn trial(&mut self, trial: u64) -> Option<(&mut StudyLog, u64)> {
        let (study, number) = *self.trials.get(usize::try_from(trial).ok()?)?;
        Some((self.studies.get_mut(study as usize)?.as_mut()?, number))
    }

    /// All studies that are left.
    pub(super) fn studies(&self) -> impl Iterator<Item = &StudyLog> {
        self.studies.iter().flatten()
    }

    /// A study, unless it is gone.
    pub(super) fn study(&self, id: u64) -> Option<&StudyLog> {
        self.studies.get(usize::try_from(id).ok()?)?.as_ref()
    }

    /// A study to be written to, unless it is gone.
    pub(super) fn study_mut(&mut self, id: u64) -> Option<&mut StudyLog> {
        self.studies.get_mut(usize::try_from(id).ok()?)?.as_mut()
    }

    /// How many studies there have been: the number of the next one.
    pub(super) fn studies_ever(&self) -> u64 {
        self.studies.len() as u64
    }

    /// The running trials of a study with the names of their workers.
    pub(super) fn running(&self, id: u64) -> Vec<(u64, String)> {
        let Some(study) = self.study(id) else {
            return Vec::new();
        };
        let running = study.trials.running().iter();
        running
            .filter(|number| study.trials.state(**number) == Some(State::Running))
            .filter_map(|number| {
                let worker = study.owners.get(number)?;
                Some((*number, self.workers.names[*worker as usize].clone()))
            })
            .collect()
    }
}
