//! The fold of a journal: all its lines, applied in order.
//!
//! Writers apply their own lines in the same way, so every process has the same trials with the
//! same numbers. Like Optuna, the fold skips records that the rules forbid (the loser of a race for
//! a queued trial). Only a line that cannot be understood is an error.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json};

use super::group;
use crate::storage::log::{Change, Record, StudyLog, read};
use crate::storage::{StudyId, StudyRecord};
use crate::trial::{AttributeScope, Attributes, Direction, Param};

/// The fold of a journal, with all its studies.
#[derive(Debug, Default)]
pub(super) struct JournalState {
    studies: Vec<Option<Study>>,
    /// The names of the studies that have not been deleted.
    names: HashSet<String>,
    /// The study of every trial of the file, and its number in that study.
    trials: Vec<(u32, u64)>,
    /// The number of bytes applied.
    pub(super) offset: u64,
    /// The number of lines applied.
    pub(super) lines: u64,
    /// The last line applied, or a later one that a former fold has read.
    last: LastLine,
    /// The position of a group that will never be whole, in bytes.
    broken: Option<u64>,
    /// True if each study keeps the lines of its fold.
    keeps_lines: bool,
    /// The parameters of each study in a former fold of the same file, in its order, so that they
    /// keep their numbers.
    declared: HashMap<u64, Vec<Param>>,
}

/// A line as it was read from the file. If it is still there, the file is still the same.
#[derive(Clone, Debug, Default)]
pub(super) struct LastLine {
    /// The number of the line, from 1.
    pub(super) number: u64,
    /// The position of its end in the file, in bytes.
    pub(super) end: u64,
    pub(super) bytes: Vec<u8>,
}

/// A study with its record and its log.
#[derive(Debug)]
pub(super) struct Study {
    pub(super) record: StudyRecord,
    pub(super) log: StudyLog,
}

/// A line that cannot be understood.
#[derive(Debug)]
pub(super) struct BadLine {
    /// The number of the line, from 1.
    pub(super) line: u64,
    pub(super) reason: String,
}

impl JournalState {
    /// Creates an empty fold whose studies keep their lines.
    #[cfg(feature = "http")]
    pub(super) fn keeping_lines() -> Self {
        Self { keeps_lines: true, ..Self::default() }
    }

    /// Returns an empty fold of the same file, which must contain `last`. The first `studies`
    /// studies keep the numbers of their parameters.
    pub(super) fn renewed(&self, studies: u64, last: LastLine) -> Self {
        let mut declared = self.declared.clone();
        let found = self.studies.iter().zip(0..);
        declared.extend(
            found.filter_map(|(study, id)| {
                Some((id, study.as_ref()?.log.trials.declared().to_vec()))
            }),
        );
        declared.retain(|id, _| *id < studies);
        Self { last, declared, keeps_lines: self.keeps_lines, ..Self::default() }
    }

    /// Returns an empty fold of the same file, which must contain all lines of this one.
    pub(super) fn emptied(&self) -> Self {
        Self { last: self.last.clone(), ..Self::default() }
    }

    /// Accepts the lines of the next group although it is torn, because another worker has written
    /// after it.
    pub(super) fn pass_group(&mut self) {
        self.broken = Some(self.offset);
    }

    /// Returns the last line that is known to be in the file.
    pub(super) fn last(&self) -> &LastLine {
        &self.last
    }

    /// Returns true if the last line lacks only its line break.
    pub(super) fn lacks_end(&self) -> bool {
        self.offset == self.last.end && self.last.bytes.last().is_some_and(|byte| *byte != b'\n')
    }

    /// Applies a last line that lacks only its line break, which an editor may have stripped.
    pub(super) fn apply_last(
        &mut self,
        line: &[u8],
        visit: &mut impl FnMut(&Self),
    ) -> Result<(), BadLine> {
        self.apply_line(line, line.len(), visit)?;
        self.note_last(line);
        Ok(())
    }

    /// Applies the whole lines at the start of some bytes. Leaves the rest after the last line
    /// break, or after the last whole group.
    pub(super) fn apply(&mut self, bytes: &[u8]) -> Result<(), BadLine> {
        self.apply_shown(bytes, &mut |_| ())
    }

    /// Does the same as [`apply`](Self::apply), and passes the fold to `visit` after each line.
    pub(super) fn apply_shown(
        &mut self,
        bytes: &[u8],
        visit: &mut impl FnMut(&Self),
    ) -> Result<(), BadLine> {
        let mut rest = bytes;
        if self.lacks_end() && rest.first() == Some(&b'\n') {
            rest = &rest[1..];
            self.offset += 1;
            self.last.end += 1;
            self.last.bytes.push(b'\n');
        }
        let mut last = None;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = (&rest[..end], &rest[end + 1..]);
            if self.broken != Some(self.offset) && !group::is_whole(line, after) {
                break;
            }
            self.apply_line(line, end + 1, visit)?;
            last = Some(&rest[..=end]);
            rest = after;
        }
        if let Some(line) = last {
            self.note_last(line);
        }
        Ok(())
    }

    fn note_last(&mut self, line: &[u8]) {
        if self.offset < self.last.end {
            return;
        }
        (self.last.number, self.last.end) = (self.lines, self.offset);
        self.last.bytes.clear();
        self.last.bytes.extend_from_slice(line);
    }

    /// Applies a line that takes `bytes` bytes of the file.
    fn apply_line(
        &mut self,
        line: &[u8],
        bytes: usize,
        visit: &mut impl FnMut(&Self),
    ) -> Result<(), BadLine> {
        read(line, |line| self.change(line))
            .map_err(|reason| BadLine { line: self.lines + 1, reason })?;
        self.offset += bytes as u64;
        self.lines += 1;
        visit(self);
        Ok(())
    }

    fn change(&mut self, line: Record<'_>) -> Result<(), String> {
        let worker = line.worker;
        match line.change {
            Change::CreateTrial { study, started, template, .. } => {
                // Trials of a deleted study get no number, neither here nor in Optuna.
                if let Some(Some(found)) = self.studies.get_mut(study as usize) {
                    let next = self.trials.len() as u64;
                    let number = found.log.create(
                        &worker,
                        next,
                        started,
                        template.map(|template| *template),
                    )?;
                    self.trials.push((study as u32, number));
                }
            }
            Change::CreateStudy { name, directions } => self.create_study(name, directions),
            Change::DeleteStudy { study } => {
                if let Some(gone) = self.studies.get_mut(study as usize).and_then(Option::take) {
                    self.names.remove(&gone.record.name);
                }
            }
            Change::StudyAttributes { study, scope, attributes } => {
                self.set_study_attributes(study, scope, attributes);
            }
            change => {
                let found = change.trial().and_then(|trial| self.trial(trial));
                if let Some((log, number)) = found {
                    log.apply(&worker, number, change)?;
                }
            }
        }
        Ok(())
    }

    fn create_study(&mut self, name: String, directions: Vec<Direction>) {
        if !self.names.insert(name.clone()) {
            return;
        }
        let id = self.studies.len() as u64;
        let declared = self.declared.remove(&id).unwrap_or_default();
        let mut log = StudyLog::new(id, directions.len(), &declared);
        if self.keeps_lines {
            log.keep_lines();
        }
        let record =
            StudyRecord { id: StudyId(id), name, directions, attributes: Attributes::default() };
        self.studies.push(Some(Study { record, log }));
    }

    fn set_study_attributes(
        &mut self,
        study: u64,
        scope: AttributeScope,
        attributes: Map<String, Json>,
    ) {
        if let Some(study) = self.study_mut(study) {
            for (key, value) in attributes {
                study.record.attributes.insert(scope, &key, value);
            }
        }
    }

    fn trial(&mut self, trial: u64) -> Option<(&mut StudyLog, u64)> {
        let (study, number) = *self.trials.get(usize::try_from(trial).ok()?)?;
        Some((&mut self.studies.get_mut(study as usize)?.as_mut()?.log, number))
    }

    /// Returns all studies that have not been deleted.
    pub(super) fn studies(&self) -> impl Iterator<Item = &Study> {
        self.studies.iter().flatten()
    }

    /// Returns a study, unless it is deleted.
    pub(super) fn study(&self, id: u64) -> Option<&Study> {
        self.studies.get(usize::try_from(id).ok()?)?.as_ref()
    }

    /// Returns a study for changes, unless it is deleted.
    pub(super) fn study_mut(&mut self, id: u64) -> Option<&mut Study> {
        self.studies.get_mut(usize::try_from(id).ok()?)?.as_mut()
    }

    /// Returns the number of studies ever created, which is the number of the next one.
    pub(super) fn studies_ever(&self) -> u64 {
        self.studies.len() as u64
    }
}
