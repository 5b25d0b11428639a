//! Turns requests into lines: they are checked against the fold, but not yet written to the
//! storage.

use serde_json::Value as Json;

use super::request::{Answer, OwnedEvent, TrialRequest};
use super::study::StudyLog;
use super::workers::Liveness;
use super::write::{Lines, MESSAGE, ParamEncoding, SEEN, last_report};
use crate::storage::{Next, StorageError};
use crate::trial::attribute_keys::{DEATHS, DETACHED};
use crate::trial::{AttributeScope, EXPLANATION, InitialTrial, NewTrial, State, Timestamp};

/// The number of dead workers after which a trial is given up.
const MOST_DEATHS: u64 = 3;

/// Optuna's system attributes of a trial that retries a failed one: the first failed trial, and all
/// of them.
const FAILED_TRIAL: &str = "failed_trial";
const RETRIES: &str = "retry_history";

/// The writer of the lines of requests.
#[derive(Debug)]
pub(in crate::storage) struct Transaction<'a> {
    pub(in crate::storage) lines: &'a mut Lines,
    pub(in crate::storage) liveness: &'a dyn Liveness,
    /// Running trials of other libraries whose worker is taken to be dead, by their numbers in the
    /// whole storage.
    pub(in crate::storage) stale: &'a [u64],
}

impl Transaction<'_> {
    /// Adds the lines of a request, or returns the reason why it is refused. The fold changes only
    /// when the lines are applied.
    pub(in crate::storage) fn propose(
        &mut self,
        log: &mut StudyLog,
        request: TrialRequest,
    ) -> Result<Answer, StorageError> {
        match request {
            TrialRequest::Create { new, at } => {
                log.trials.check_new(&new)?;
                let number = log.trials.len();
                self.create_trial(log, new, at)?;
                Ok(Answer::Number(number))
            }
            TrialRequest::Next { most, at } => self.next(log, most, at).map(Answer::Next),
            TrialRequest::Record { number, change, is_new } => {
                log.trials.check(number, &change.event())?;
                if let (OwnedEvent::Sampled { params, seen, .. }, true) = (&change, is_new) {
                    log.trials.check_taken(number, params, *seen)?;
                }
                self.record(log, number, &change)?;
                Ok(Answer::Done)
            }
            TrialRequest::Recover { at } => Ok(self.recover(log, at)),
            // The steps are proposed one after the other, each to the fold after the steps before
            // it.
            TrialRequest::Append { first, .. } => {
                first.map_or(Ok(()), |first| log.trials.check_next(first))?;
                Ok(Answer::Number(log.trials.len()))
            }
        }
    }

    fn create_trial(
        &mut self,
        log: &StudyLog,
        new: NewTrial,
        at: Timestamp,
    ) -> Result<(), StorageError> {
        let study = log.study;
        let state = new.given.as_ref().map_or(State::Running, |given| given.state);
        if state == State::Running {
            self.liveness.renew(self.lines.worker())?;
        }
        if new.given.is_none() && new.attributes.is_empty() {
            self.lines.create_trial(study, at);
            return Ok(());
        }
        let given = new.given.unwrap_or(InitialTrial {
            state,
            params: Vec::new(),
            values: Vec::new(),
            reports: Vec::new(),
        });
        let declared = log.trials.declared();
        self.lines.create_with_contents(study, &given, &new.attributes, declared, at);
        Ok(())
    }

    fn next(
        &mut self,
        log: &StudyLog,
        most: Option<u64>,
        at: Timestamp,
    ) -> Result<Next, StorageError> {
        let next = Next::of(&log.trials, most);
        if next != Next::Enough {
            self.liveness.renew(self.lines.worker())?;
        }
        match next {
            Next::Enough => {}
            Next::Queued(number) => {
                self.lines.state(log.ids[number as usize], State::Running, &[], Some(at));
            }
            Next::New(_) => self.lines.create_trial(log.study, at),
        }
        Ok(next)
    }

    fn record(
        &mut self,
        log: &mut StudyLog,
        number: u64,
        change: &OwnedEvent,
    ) -> Result<(), StorageError> {
        let trial = log.ids[number as usize];
        match change {
            OwnedEvent::Sampled { params, seen, explanation } => {
                for (id, value) in params {
                    let index = id.0 as usize;
                    let param = &log.trials.declared()[index];
                    let encoding = ParamEncoding::of(&mut log.encodings, index, param);
                    self.lines.param(trial, encoding, *value);
                }
                if !explanation.is_empty() {
                    let explanation = Json::from(explanation.as_str());
                    self.lines.trial_attribute(
                        trial,
                        AttributeScope::System,
                        EXPLANATION,
                        &explanation,
                    );
                }
                let seen = Json::from(*seen);
                self.lines.trial_attribute(trial, AttributeScope::System, SEEN, &seen);
            }
            OwnedEvent::Started { at } => {
                self.liveness.renew(self.lines.worker())?;
                self.lines.state(trial, State::Running, &[], Some(*at));
            }
            OwnedEvent::Reported { step, value } => self.lines.report(trial, *step, *value),
            OwnedEvent::Attribute { scope, key, value } => {
                self.lines.trial_attribute(trial, *scope, key, value);
            }
            OwnedEvent::Requeued => self.lines.state(trial, State::Waiting, &[], None),
            OwnedEvent::Paused => self.lines.state(trial, State::Paused, &[], None),
            OwnedEvent::Finished { state, values, message, at } => {
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
            self.lines.trial_attribute(trial, AttributeScope::System, MESSAGE, &message);
        }
        self.lines.state(trial, state, values, Some(at));
    }

    fn recover(&mut self, log: &StudyLog, at: Timestamp) -> Answer {
        let is_abandoned = |(number, worker): &(u64, &str)| {
            self.liveness.is_dead(worker) && !is_detached(log, *number)
        };
        let mut abandoned: Vec<u64> =
            log.running().filter(is_abandoned).map(|(number, _)| number).collect();
        for number in &abandoned {
            let trial = log.ids[*number as usize];
            let deaths =
                system_attribute(log, *number, DEATHS).and_then(Json::as_u64).unwrap_or(0) + 1;
            self.lines.trial_attribute(trial, AttributeScope::System, DEATHS, &Json::from(deaths));
            if deaths < MOST_DEATHS {
                self.lines.state(trial, State::Waiting, &[], None);
            } else {
                let message = format!("its worker died {deaths} times");
                self.end(trial, State::Failed, &[], &message, at);
            }
        }
        let is_stale = |number: &u64| self.stale.contains(&log.ids[*number as usize]);
        let others =
            log.running().filter(|(_, worker)| worker.is_empty()).map(|(number, _)| number);
        for number in others.filter(is_stale).collect::<Vec<u64>>() {
            self.replace(log, number, at);
            abandoned.push(number);
        }
        self.liveness.clean();
        Answer::Recovered(abandoned)
    }

    /// Fails a trial whose worker let its heartbeat lapse, and queues a copy, as Optuna's
    /// `RetryFailedTrialCallback` does.
    fn replace(&mut self, log: &StudyLog, number: u64, at: Timestamp) {
        self.end(
            log.ids[number as usize],
            State::Failed,
            &[],
            "the heartbeat of its worker has stopped",
            at,
        );
        let mut attributes = log.trials.attributes(number).cloned().unwrap_or_default();
        let mut history =
            attributes.system.get(RETRIES).and_then(Json::as_array).cloned().unwrap_or_default();
        history.push(number.into());
        if history.len() as u64 >= MOST_DEATHS {
            return;
        }
        attributes.system.entry(FAILED_TRIAL.to_owned()).or_insert_with(|| number.into());
        attributes.insert(AttributeScope::System, RETRIES, Json::from(history));
        let params = log.trials.params(number).collect();
        let given =
            InitialTrial { state: State::Waiting, params, values: Vec::new(), reports: Vec::new() };
        self.lines.create_with_contents(log.study, &given, &attributes, log.trials.declared(), at);
    }
}

/// Returns true if a trial was given to a caller that need not stay alive until its end.
fn is_detached(log: &StudyLog, number: u64) -> bool {
    system_attribute(log, number, DETACHED) == Some(&Json::Bool(true))
}

fn system_attribute<'a>(log: &'a StudyLog, number: u64, key: &str) -> Option<&'a Json> {
    log.trials.attributes(number)?.system.get(key)
}
