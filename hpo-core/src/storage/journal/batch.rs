//! Requests on their way into the file: each is judged by the fold of all lines before it.

use super::Journal;
use super::replay::Replay;
use crate::storage::log::{Answer, Clerk, Creation, Lines, Request, Wish, Written};
use crate::storage::{StorageError, StudyId, StudyRecord};
use crate::trial::Attributes;

/// Lines that are about to be written, folded already.
pub(super) struct Batch<'a> {
    journal: &'a Journal,
    pub(super) replay: &'a mut Replay,
    pub(super) lines: Lines,
    /// How long the file was before them.
    pub(super) begin: u64,
}

impl<'a> Batch<'a> {
    /// Nothing yet, after the fold of the whole file.
    pub(super) fn new(journal: &'a Journal, replay: &'a mut Replay) -> Self {
        let (lines, begin) = (Lines::new(&journal.worker.name, Vec::new()), replay.offset);
        Self { journal, replay, lines, begin }
    }

    /// Adds a request's lines and folds them; if it is refused, nothing of it stays.
    pub(super) fn add(&mut self, request: Request) -> Written {
        let (begin, offset) = (self.lines.bytes.len(), self.replay.offset);
        let added = self.enter(request);
        if let Err(error) = &added {
            self.lines.cut(begin);
            if self.replay.offset != offset || matches!(error, StorageError::Corrupt { .. }) {
                *self.replay = self.replay.renewed();
                self.journal.catch_up(self.replay)?;
                self.fold()?;
            }
        }
        Ok((added?, self.replay.offset))
    }

    fn enter(&mut self, request: Request) -> Result<Answer, StorageError> {
        match request {
            Request::CreateStudy(creation) => return self.create(*creation),
            Request::Amend { seen, notes } => return self.amend(&seen, &notes),
            Request::Trials { study, wish } => return self.change(study, wish),
            Request::DeleteStudy { study } => {
                self.exists(study)?;
                self.lines.delete_study(study);
            }
            Request::StudyNote { study, scope, key, value } => {
                self.exists(study)?;
                self.lines.study_note(study, scope, &key, &value);
            }
        }
        self.fold()?;
        Ok(Answer::Done)
    }

    fn create(&mut self, creation: Creation) -> Result<Answer, StorageError> {
        let Creation { name, directions, attributes, params, past } = creation;
        if self.replay.studies().any(|study| study.record.name == name) {
            return Err(StorageError::StudyExists { name, location: self.journal.location.clone() });
        }
        let id = self.replay.studies_ever();
        if !attributes.is_empty() || !past.is_empty() {
            self.lines.begin_group();
        }
        self.lines.create_study(&name, &directions);
        for (scope, key, value) in attributes.iter() {
            self.lines.study_note(id, scope, key, value);
        }
        self.fold()?;
        if let Some(study) = self.replay.study_mut(id) {
            for param in &params {
                study.log.trials.declare(&param.path, &param.domain);
            }
        }
        for wish in past {
            self.propose(id, wish)?;
        }
        self.lines.end_group();
        Ok(Answer::Number(id))
    }

    fn amend(&mut self, seen: &StudyRecord, notes: &Attributes) -> Result<Answer, StorageError> {
        let found = self.replay.study(seen.id.0).ok_or_else(|| self.journal.no_such(seen.id))?;
        if found.record != *seen {
            return Ok(Answer::Amended(false));
        }
        if notes.iter().count() > 1 {
            self.lines.begin_group();
        }
        for (scope, key, value) in notes.iter() {
            self.lines.study_note(seen.id.0, scope, key, value);
        }
        self.lines.end_group();
        self.fold()?;
        Ok(Answer::Amended(true))
    }

    fn change(&mut self, study: u64, wish: Wish) -> Result<Answer, StorageError> {
        let (head, steps) = wish.split();
        if steps.len() > 1 {
            self.lines.begin_group();
        }
        let answer = self.propose(study, head)?;
        if let Answer::Number(first) = answer {
            for step in steps {
                self.propose(study, step.shifted(first))?;
            }
        }
        self.lines.end_group();
        Ok(answer)
    }

    fn propose(&mut self, study: u64, wish: Wish) -> Result<Answer, StorageError> {
        let found = self.replay.study_mut(study).ok_or_else(|| self.journal.no_such(StudyId(study)))?;
        let mut clerk = Clerk { lines: &mut self.lines, liveness: &self.journal.worker, stale: &[] };
        let answer = clerk.propose(&mut found.log, wish)?;
        self.fold()?;
        Ok(answer)
    }

    fn exists(&self, study: u64) -> Result<(), StorageError> {
        self.replay.study(study).map(drop).ok_or_else(|| self.journal.no_such(StudyId(study)))
    }

    /// Folds the lines that have been added since, so that what comes next is judged by them.
    fn fold(&mut self) -> Result<(), StorageError> {
        let folded = (self.replay.offset - self.begin) as usize;
        let applied = self.replay.apply(&self.lines.bytes[folded..]);
        applied.map_err(|bad| self.journal.file.corrupt(&bad))
    }
}
