//! Turns requests into rows of the tables, each within a transaction that the caller begins and
//! ends.

use super::connection::{Cell, Connection};
use super::guests::Signed;
use super::state::StudyState;
use super::{Attempt, Database, studies};
use crate::storage::log::{Answer, Creation, Lines, Transaction, TrialRequest, Written};
use crate::storage::{StorageError, StudyId, StudyRecord};
use crate::trial::Attributes;
use std::sync::atomic::Ordering;

const LINES: &str = "INSERT INTO hpo_log (id, study_id, kind, text) VALUES (?1, ?2, 'lines', ?3)";

/// The number of changes of a new study per row of the log.
const PAGE: usize = 1_000;

impl Database {
    /// Creates a study with all its contents.
    pub(super) fn create(
        &self,
        connection: &mut dyn Connection,
        new: &Creation,
    ) -> Result<Answer, StorageError> {
        Self::within(connection, None, |connection| {
            let study = studies::create(connection, &new.name, &new.directions, &self.location)?;
            studies::write_attributes(connection, study, &new.attributes)?;
            if new.past.is_empty() {
                return Ok(Answer::Number(study));
            }
            // This fold is temporary: the study does not exist before the transaction ends.
            let state = StudyState::new(connection, StudyId(study), &new.params, true)?;
            let mut state = state.ok_or_else(|| self.no_such(study))?;
            for page in new.past.chunks(PAGE) {
                let page: Vec<Signed> = page
                    .iter()
                    .map(|request| Signed { request: request.clone(), by: None })
                    .collect();
                let entered = self.write_changes(connection, &mut state, &page)?;
                entered.answers.into_iter().try_for_each(|answer| answer.map(drop))?;
            }
            Ok(Answer::Number(study))
        })
    }

    /// Writes attributes of a study if it is still as it was `seen`.
    pub(super) fn amend_seen(
        &self,
        connection: &mut dyn Connection,
        seen: &StudyRecord,
        attributes: &Attributes,
    ) -> Result<Answer, StorageError> {
        Self::within(connection, Some(seen.id.0), |connection| {
            let now = studies::records(connection, Some(seen.id))?
                .pop()
                .ok_or_else(|| self.no_such(seen.id.0))?;
            let is_same = now == *seen;
            if is_same {
                studies::write_attributes(connection, seen.id.0, attributes)?;
            }
            Ok(Answer::Amended(is_same))
        })
    }

    /// Folds changes of a study's trials and writes their rows. Returns one answer per change.
    pub(super) fn write_changes(
        &self,
        connection: &mut dyn Connection,
        state: &mut StudyState,
        requests: &[Signed],
    ) -> Result<Attempt, StorageError> {
        let study = state.log.study;
        self.worker.prepare(connection, requests)?;
        let stale_ids = studies::stale_trials(connection, study, requests)?;
        let new: usize = requests.iter().map(|signed| signed.request.new_trials()).sum();
        let ids = studies::new_trials(connection, new + stale_ids.len())?;
        let mut lines = Lines::new(self.worker.name(), ids);
        let (mut answers, mut log_text) = (Vec::with_capacity(requests.len()), String::new());
        for Signed { request, by } in requests {
            lines.write_as(by.as_deref().unwrap_or(self.worker.name()));
            let (head, steps) = request.clone().split();
            let answer =
                self.propose(connection, state, (&mut lines, &mut log_text), &stale_ids, head)?;
            if let Ok(Answer::Number(first)) = answer {
                for step in steps {
                    // If a step is refused, the steps before it must not stay: the transaction is
                    // rolled back.
                    self.propose(
                        connection,
                        state,
                        (&mut lines, &mut log_text),
                        &stale_ids,
                        step.shifted(first),
                    )??;
                }
            }
            answers.push(answer);
        }
        let lines = log_text;
        // Requests that changed nothing need no row.
        let row = if lines.is_empty() { 0 } else { connection.new_line()? };
        if row > 0 {
            connection.execute(LINES, &[Cell::Int(row), Cell::id(study), Cell::Text(&lines)])?;
            state.advance(row, &self.location)?;
            self.last.store(row as u64, Ordering::Release);
        }
        let answers: Vec<Written> =
            answers.into_iter().map(|answer| Ok((answer?, row as u64))).collect();
        Ok(Attempt { row, lines, answers })
    }

    /// Checks one change, and folds it unless it is refused.
    fn propose(
        &self,
        connection: &mut dyn Connection,
        state: &mut StudyState,
        (lines, log_text): (&mut Lines, &mut String),
        stale_ids: &[u64],
        request: TrialRequest,
    ) -> Result<Result<Answer, StorageError>, StorageError> {
        let begin = lines.bytes.len();
        let mut transaction =
            Transaction { lines, liveness: self.worker.as_liveness(), stale: stale_ids };
        let proposed = transaction.propose(&mut state.log, request);
        if proposed.is_err() {
            lines.cut(begin);
        }
        state.write(connection, &String::from_utf8_lossy(&lines.bytes[begin..]), log_text)?;
        Ok(proposed)
    }
}
