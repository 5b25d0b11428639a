//! From a request to its lines: judged by the fold, written by nobody yet.

use serde_json::Value as Json;

use super::replay::Replay;
use super::request::{Answer, Owned, Request};
use super::study::StudyLog;
use super::workers::Worker;
use super::write::{Lines, MESSAGE, SEEN, Spelling, last_report};
use crate::storage::{DEATHS, Next, StorageError, Turn, turn};
use crate::trial::{EXPLANATION, Given, NewTrial, Scope, State, Timestamp};

/// After how many dead workers a trial is given up.
const MOST_DEATHS: u64 = 3;

/// Writes the lines of requests.
#[derive(Debug)]
pub(super) struct Clerk<'a> {
    pub(super) lines: &'a mut Lines,
    pub(super) worker: &'a Worker,
    pub(super) location: &'a str,
}

impl Clerk<'_> {
    /// Adds the lines of a request, or says why there are none. The fold is not changed: applying the lines does that.
    pub(super) fn propose(&mut self, replay: &mut Replay, request: Request) -> Result<Answer, StorageError> {
        match request {
            Request::CreateStudy { name, directions } => {
                if replay.studies().any(|study| study.record.name == name) {
                    let location = self.location.to_owned();
                    return Err(StorageError::StudyExists { name, location });
                }
                self.lines.create_study(&name, &directions);
                Ok(Answer::Number(replay.studies_ever()))
            }
            Request::DeleteStudy { study } => {
                self.study(replay, study)?;
                self.lines.delete_study(study);
                Ok(Answer::Done)
            }
            Request::StudyNote { study, scope, key, value } => {
                self.study(replay, study)?;
                self.lines.study_note(study, scope, &key, &value);
                Ok(Answer::Done)
            }
            Request::CreateTrial { study, new, at } => {
                let log = self.study(replay, study)?;
                log.trials.check_new(&new)?;
                let number = log.trials.len();
                self.create_trial(log, new, at)?;
                Ok(Answer::Number(number))
            }
            Request::Next { study, most, at } => {
                let log = self.study(replay, study)?;
                self.next(log, most, at).map(Answer::Next)
            }
            Request::Record { study, number, change } => {
                let log = self.study(replay, study)?;
                log.trials.check(number, &change.event())?;
                self.record(log, number, &change)?;
                Ok(Answer::Done)
            }
            Request::Recover { study, at } => self.recover(replay, study, at),
        }
    }

    fn study<'r>(&self, replay: &'r mut Replay, id: u64) -> Result<&'r mut StudyLog, StorageError> {
        replay
            .study_mut(id)
            .ok_or_else(|| StorageError::NoSuchStudy { study: id.to_string(), location: self.location.to_owned() })
    }

    fn create_trial(&mut self, log: &StudyLog, new: NewTrial, at: Timestamp) -> Result<(), StorageError> {
        let study = log.record.id.0;
        let state = new.given.as_ref().map_or(State::Running, |given| given.state);
        if state == State::Running {
            self.worker.hold()?;
        }
        if new.given.is_none() && new.attributes.is_empty() {
            self.lines.create_trial(study, at);
            return Ok(());
        }
        let given = new.given.unwrap_or(Given { state, params: Vec::new(), values: Vec::new(), reports: Vec::new() });
        let declared = log.trials.declared();
        self.lines.create_given(study, &given, &new.attributes, declared, at);
        Ok(())
    }

    fn next(&mut self, log: &StudyLog, most: Option<u64>, at: Timestamp) -> Result<Next, StorageError> {
        match turn(&log.trials, most) {
            Turn::Enough => Ok(Next::Enough),
            Turn::Queued(number) => {
                self.worker.hold()?;
                let trial = log.ids[number as usize];
                self.lines.state(trial, State::Running, &[], Some(at));
                Ok(Next::Queued(number))
            }
            Turn::New => {
                self.worker.hold()?;
                self.lines.create_trial(log.record.id.0, at);
                Ok(Next::New(log.trials.len()))
            }
        }
    }

    fn record(&mut self, log: &mut StudyLog, number: u64, change: &Owned) -> Result<(), StorageError> {
        let trial = log.ids[number as usize];
        match change {
            Owned::Sampled { params, seen, explanation } => {
                for (id, value) in params {
                    let index = id.0 as usize;
                    let param = &log.trials.declared()[index];
                    let spelling = Spelling::of(&mut log.spellings, index, param);
                    self.lines.param(trial, spelling, *value);
                }
                if !explanation.is_empty() {
                    let explanation = Json::from(explanation.as_str());
                    self.lines.trial_note(trial, Scope::System, EXPLANATION, &explanation);
                }
                let seen = Json::from(*seen);
                self.lines.trial_note(trial, Scope::System, SEEN, &seen);
            }
            Owned::Started { at } => {
                self.worker.hold()?;
                self.lines.state(trial, State::Running, &[], Some(*at));
            }
            Owned::Reported { step, value } => self.lines.report(trial, *step, *value),
            Owned::Attribute { scope, key, value } => {
                self.lines.trial_note(trial, *scope, key, value);
            }
            Owned::Requeued => self.lines.state(trial, State::Waiting, &[], None),
            Owned::Paused => self.lines.state(trial, State::Paused, &[], None),
            Owned::Finished { state, values, message, at } => {
                let last = last_report(log.trials.reports(number));
                let last = last.filter(|_| *state == State::Pruned && log.trials.objectives() == 1);
                let values = last.as_ref().map_or(values.as_slice(), std::slice::from_ref);
                self.end(trial, *state, values, message, *at);
            }
        }
        Ok(())
    }

    fn end(&mut self, trial: u64, state: State, values: &[f64], message: &str, at: Timestamp) {
        if !message.is_empty() {
            let message = Json::from(message);
            self.lines.trial_note(trial, Scope::System, MESSAGE, &message);
        }
        self.lines.state(trial, state, values, Some(at));
    }

    fn recover(&mut self, replay: &mut Replay, study: u64, at: Timestamp) -> Result<Answer, StorageError> {
        let running = replay.running(study);
        let log = self.study(replay, study)?;
        let mut recovered = Vec::new();
        for (number, worker) in running {
            if !self.worker.is_dead(&worker) {
                continue;
            }
            let trial = log.ids[number as usize];
            let noted = log.trials.attributes(number);
            let deaths = noted.and_then(|noted| noted.system.get(DEATHS)?.as_u64());
            let deaths = deaths.unwrap_or(0) + 1;
            let count = Json::from(deaths);
            self.lines.trial_note(trial, Scope::System, DEATHS, &count);
            if deaths < MOST_DEATHS {
                self.lines.state(trial, State::Waiting, &[], None);
            } else {
                let message = format!("its worker died {deaths} times");
                self.end(trial, State::Failed, &[], &message, at);
            }
            recovered.push(number);
        }
        self.worker.clean();
        Ok(Answer::Recovered(recovered))
    }
}
