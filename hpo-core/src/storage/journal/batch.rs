//! Turns requests into lines of the file. Each is checked against the fold of all lines before it.

use std::io;

use super::Journal;
use super::state::{JournalState, LastLine};
use crate::storage::log::{Answer, Creation, Lines, Request, Transaction, TrialRequest, Written};
use crate::storage::{StorageError, StudyId, StudyRecord, io_error};
use crate::trial::Attributes;

/// Lines to be written, already folded.
pub(super) struct Batch<'a> {
    journal: &'a Journal,
    pub(super) state: &'a mut JournalState,
    pub(super) lines: Lines,
    /// The length of the file before them, in bytes, and its last line.
    pub(super) begin: u64,
    pub(super) last: LastLine,
    /// The number of studies ever created before them.
    pub(super) studies: u64,
}

impl<'a> Batch<'a> {
    /// Creates an empty batch, after the fold of the whole file.
    pub(super) fn new(journal: &'a Journal, state: &'a mut JournalState) -> Self {
        let lines = Lines::new(journal.worker.name(), Vec::new());
        let (begin, last, studies) = (state.offset, state.last().clone(), state.studies_ever());
        Self { journal, state, lines, begin, last, studies }
    }

    /// Adds the lines of a request and folds them. A refused request leaves nothing behind.
    ///
    /// # Errors
    /// If the fold cannot be read again without the refused request. Then nothing can be checked
    /// any more, and nothing must be written.
    pub(super) fn add(&mut self, request: Request) -> Result<Written, StorageError> {
        let (begin, offset, studies) =
            (self.lines.bytes.len(), self.state.offset, self.state.studies_ever());
        let added = self.add_request(request);
        if let Err(error) = &added {
            self.lines.cut(begin);
            if self.state.offset != offset || matches!(error, StorageError::Corrupt { .. }) {
                self.roll_back(studies)?;
            }
        }
        Ok(added.map(|answer| (answer, self.state.offset)))
    }

    /// Reads the fold again, without the refused request.
    fn roll_back(&mut self, studies: u64) -> Result<(), StorageError> {
        self.journal.renew(self.state, studies, self.last.clone())?;
        if self.state.offset != self.begin {
            let problem = io::Error::other("another program writes to it without its lock");
            return Err(io_error(&self.journal.file.path, "append to", problem));
        }
        self.apply_lines()
    }

    fn add_request(&mut self, request: Request) -> Result<Answer, StorageError> {
        self.lines.write_as(request.by().unwrap_or(self.journal.worker.name()));
        match request {
            Request::CreateStudy(creation) => return self.create(*creation),
            Request::Amend { seen, attributes } => return self.amend(&seen, &attributes),
            Request::Trials { study, request, .. } => return self.change(study, request),
            Request::DeleteStudy { study } => {
                self.exists(study)?;
                self.lines.delete_study(study);
            }
            Request::SetStudyAttribute { study, scope, key, value } => {
                self.exists(study)?;
                self.lines.study_attribute(study, scope, &key, &value);
            }
        }
        self.apply_lines()?;
        Ok(Answer::Done)
    }

    fn create(&mut self, creation: Creation) -> Result<Answer, StorageError> {
        let Creation { name, directions, attributes, params, past } = creation;
        if self.state.studies().any(|study| study.record.name == name) {
            return Err(StorageError::StudyExists {
                name,
                location: self.journal.location.clone(),
            });
        }
        let id = self.state.studies_ever();
        if !attributes.is_empty() || !past.is_empty() {
            self.lines.begin_group();
        }
        self.lines.create_study(&name, &directions);
        for (scope, key, value) in attributes.iter() {
            self.lines.study_attribute(id, scope, key, value);
        }
        self.apply_lines()?;
        if let Some(study) = self.state.study_mut(id) {
            for param in &params {
                study.log.trials.declare(&param.path, &param.domain);
            }
        }
        for request in past {
            self.propose(id, request)?;
        }
        self.lines.end_group();
        Ok(Answer::Number(id))
    }

    fn amend(
        &mut self,
        seen: &StudyRecord,
        attributes: &Attributes,
    ) -> Result<Answer, StorageError> {
        let found = self.state.study(seen.id.0).ok_or_else(|| self.journal.no_such(seen.id))?;
        if found.record != *seen {
            return Ok(Answer::Amended(false));
        }
        if attributes.iter().count() > 1 {
            self.lines.begin_group();
        }
        for (scope, key, value) in attributes.iter() {
            self.lines.study_attribute(seen.id.0, scope, key, value);
        }
        self.lines.end_group();
        self.apply_lines()?;
        Ok(Answer::Amended(true))
    }

    fn change(&mut self, study: u64, request: TrialRequest) -> Result<Answer, StorageError> {
        let (head, steps) = request.split();
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

    fn propose(&mut self, study: u64, request: TrialRequest) -> Result<Answer, StorageError> {
        let found =
            self.state.study_mut(study).ok_or_else(|| self.journal.no_such(StudyId(study)))?;
        let mut transaction = Transaction {
            lines: &mut self.lines,
            liveness: self.journal.worker.as_liveness(),
            stale: &[],
        };
        let answer = transaction.propose(&mut found.log, request)?;
        self.apply_lines()?;
        Ok(answer)
    }

    fn exists(&self, study: u64) -> Result<(), StorageError> {
        self.state.study(study).map(drop).ok_or_else(|| self.journal.no_such(StudyId(study)))
    }

    /// Folds the lines that have been added since, so that later requests are checked against them.
    fn apply_lines(&mut self) -> Result<(), StorageError> {
        let applied_len = (self.state.offset - self.begin) as usize;
        let applied = self.state.apply(&self.lines.bytes[applied_len..]);
        applied.map_err(|bad| self.journal.file.corrupt(&bad))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::space::{Domain, Space};
    use crate::storage::log::{CommitTarget as _, LogBackend as _, OwnedEvent};
    use crate::trial::{Direction, NewTrial, Param, Timestamp};

    /// A function that damages the bytes of a file: it returns what is left of them.
    type Damage = fn(&[u8]) -> Vec<u8>;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder =
                std::env::temp_dir().join(format!("hpo-batch-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        fn journal(&self, name: &str) -> Journal {
            Journal::open(self.0.join(name)).unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn param(path: &str) -> Param {
        let space = Space::from_json(r#"{"float": {"low": 0, "high": 1}}"#).unwrap();
        let Space::Leaf(Domain::Float(float)) = space else { panic!("{space:?} is no float") };
        Param { path: path.to_owned(), domain: Domain::Float(float) }
    }

    fn trial() -> TrialRequest {
        TrialRequest::Create { new: NewTrial::default(), at: Timestamp(0) }
    }

    /// A change of a trial that does not exist, which is refused.
    fn refused() -> TrialRequest {
        TrialRequest::Record {
            number: 7,
            change: OwnedEvent::Reported { step: 1, value: 0.5 },
            is_new: false,
        }
    }

    fn study(name: &str, params: &[&str], past: Vec<TrialRequest>) -> Request {
        let params = params.iter().map(|path| param(path)).collect();
        let (name, directions) = (name.to_owned(), vec![Direction::Minimize]);
        Request::CreateStudy(Box::new(Creation {
            name,
            directions,
            attributes: Attributes::default(),
            params,
            past,
        }))
    }

    fn steps(study: u64, steps: Vec<TrialRequest>) -> Request {
        Request::Trials { study, request: TrialRequest::Append { first: None, steps }, by: None }
    }

    /// The studies with their parameters and their numbers of trials.
    fn seen(journal: &Journal) -> Vec<(String, Vec<String>, u64)> {
        let records = journal.records().unwrap();
        let of = |record: StudyRecord| {
            let mut seen = (record.name, Vec::new(), 0);
            let visit = &mut |log: &crate::storage::log::StudyLog| {
                seen.1 = log.trials.declared().iter().map(|param| param.path.clone()).collect();
                seen.2 = log.trials.len();
            };
            journal.with_log(record.id, visit).unwrap();
            seen
        };
        records.into_iter().map(of).collect()
    }

    fn orders(of: usize) -> Vec<Vec<usize>> {
        if of == 0 {
            return vec![Vec::new()];
        }
        let put = |order: Vec<usize>| {
            (0..of).map(move |place| {
                let mut order = order.clone();
                order.insert(place, of - 1);
                order
            })
        };
        orders(of - 1).into_iter().flat_map(put).collect()
    }

    #[test]
    fn what_is_refused_leaves_nothing_in_whatever_order() {
        let folder = Folder::new("orders");
        let requests = [
            study("good", &["x"], vec![trial()]),
            study("bad", &["y", "z"], vec![trial(), refused()]),
            steps(0, vec![trial(), trial()]),
            steps(0, vec![trial(), refused()]),
            study("last", &[], Vec::new()),
        ];
        for (place, order) in orders(requests.len()).into_iter().enumerate() {
            let journal = folder.journal(&place.to_string());
            journal.submit(study("first", &["w"], Vec::new())).unwrap();
            let answers = journal.write(order.iter().map(|at| requests[*at].clone()).collect());
            for (at, answer) in order.iter().zip(&answers) {
                assert_eq!(answer.is_err(), [1, 3].contains(at), "{order:?}: {at} got {answer:?}");
            }
            let mut found = seen(&journal);
            let (first, names) = (found.remove(0), found);
            assert_eq!(first, ("first".to_owned(), vec!["w".to_owned()], 2), "{order:?}");
            let good = ("good".to_owned(), vec!["x".to_owned()], 1);
            let last = ("last".to_owned(), Vec::new(), 0);
            assert!(
                names.len() == 2 && names.contains(&good) && names.contains(&last),
                "{order:?}: {names:?}"
            );
            let again = folder.journal(&place.to_string());
            let counts = |journal: &Journal| {
                seen(journal).into_iter().map(|(name, _, trials)| (name, trials))
            };
            assert!(counts(&again).eq(counts(&journal)), "{order:?}");
        }
    }

    /// The file is damaged before a refused request makes the journal read it again, and repaired
    /// later.
    #[test]
    fn a_fold_that_cannot_be_read_again_judges_nothing() {
        let folder = Folder::new("again");
        let damages: [Damage; 4] = [
            |whole| [b"no line\n", &whole[8..]].concat(),
            |whole| whole[..whole.len() / 2].to_vec(),
            |whole| whole[..whole.len() - 1].to_vec(),
            |_| Vec::new(),
        ];
        for (place, damage) in damages.into_iter().enumerate() {
            let journal = folder.journal(&place.to_string());
            for name in ["a", "b", "c"] {
                journal.submit(study(name, &["x"], vec![trial()])).unwrap();
            }
            let (before, whole) = (seen(&journal), std::fs::read(&journal.file.path).unwrap());
            {
                let mut state = journal.state_mut();
                let mut batch = Batch::new(&journal, &mut state);
                batch.add(study("d", &[], Vec::new())).unwrap().unwrap();
                std::fs::write(&journal.file.path, damage(&whole)).unwrap();
                let refused = batch.add(steps(1, vec![trial(), refused()]));
                assert!(refused.is_err(), "damage {place}: the batch cannot go on: {refused:?}");
            }
            assert!(journal.records().is_err(), "damage {place} goes unnoticed");
            assert!(
                journal.submit(steps(1, vec![trial()])).is_err(),
                "damage {place} is written to"
            );
            std::fs::write(&journal.file.path, &whole).unwrap();
            assert_eq!(seen(&journal), before, "damage {place} was mended");
            journal.submit(steps(2, vec![trial()])).unwrap();
            assert_eq!(seen(&folder.journal(&place.to_string()))[2].2, 2, "damage {place}");
        }
    }

    #[test]
    fn lines_of_somebody_without_the_lock_are_not_taken_for_ours() {
        let folder = Folder::new("stranger");
        let (journal, other) = (folder.journal("a"), folder.journal("b"));
        journal.submit(study("a", &["x"], vec![trial()])).unwrap();
        other.submit(study("stranger", &[], Vec::new())).unwrap();
        {
            let mut state = journal.state_mut();
            let mut batch = Batch::new(&journal, &mut state);
            batch.add(study("b", &[], Vec::new())).unwrap().unwrap();
            let both = [&journal, &other].map(|journal| std::fs::read(&journal.file.path).unwrap());
            std::fs::write(&journal.file.path, both.concat()).unwrap();
            let error = batch.add(steps(0, vec![trial(), refused()])).unwrap_err().to_string();
            assert!(error.contains("without its lock"), "{error}");
        }
        let names: Vec<String> = seen(&journal).into_iter().map(|(name, ..)| name).collect();
        assert_eq!(names, ["a", "stranger"]);
    }
}
