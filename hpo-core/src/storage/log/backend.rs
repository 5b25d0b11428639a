//! The storage contract, implemented for every backend that keeps logs.

use std::fmt::Debug;
use std::time::Duration;

use serde_json::Value as Json;

use super::request::{Answer, OwnedEvent, Request, TrialRequest};
use super::study::StudyLog;
use crate::storage::{NewStudy, Next, Step, Storage, StorageError, StudyId, StudyRecord};
use crate::trial::{AttributeScope, Attributes, Event, NewTrial, Param, Timestamp, Trials};

/// A backend that keeps the logs of studies, in any form.
pub(in crate::storage) trait LogBackend: Debug + Send + Sync {
    /// Carries out a request.
    fn submit(&self, request: Request) -> Result<Answer, StorageError>;

    /// Returns the present records of all studies, in the order of their creation.
    fn records(&self) -> Result<Vec<StudyRecord>, StorageError>;

    /// Returns the present record of a study.
    fn record(&self, study: StudyId) -> Result<StudyRecord, StorageError>;

    /// Passes the present log of a study to `visit`.
    fn with_log(
        &self,
        study: StudyId,
        visit: &mut dyn FnMut(&StudyLog),
    ) -> Result<(), StorageError>;

    /// Passes the trials of a study to `visit` after each of its changes, from the first.
    fn replay_history(
        &self,
        study: StudyId,
        visit: &mut dyn FnMut(&Trials),
    ) -> Result<(), StorageError>;

    /// Changes the state of a study that only this process knows.
    fn change(
        &self,
        study: StudyId,
        change: &mut dyn FnMut(&mut StudyLog),
    ) -> Result<(), StorageError>;

    /// Returns true if a worker is known to be alive and is not this one.
    fn is_another_alive(&self, worker: &str) -> bool;

    /// Updates the list of live workers, if the backend does not know it at all times.
    fn refresh_workers(&self) -> Result<(), StorageError> {
        Ok(())
    }

    /// Returns true if another worker, known to be alive, is running a trial of the study.
    fn is_awaited(&self, study: StudyId) -> Result<bool, StorageError> {
        let mut is_awaited = false;
        self.refresh_workers()?;
        self.with_log(study, &mut |log| {
            is_awaited = log.running().any(|(_, worker)| self.is_another_alive(worker));
        })?;
        Ok(is_awaited)
    }

    /// Returns the interval of this worker's heartbeats; `None` if it needs none.
    fn interval(&self) -> Option<Duration> {
        None
    }

    /// Sends a heartbeat of this worker.
    fn send_heartbeat(&self) -> Result<(), StorageError> {
        Ok(())
    }

    /// Returns the location for messages.
    fn display_location(&self) -> String;
}

/// A backend that serves workers of other machines, its guests.
#[cfg(feature = "http")]
pub(in crate::storage) trait GuestBackend: LogBackend {
    /// Renews the lease of a guest.
    fn renew_guest(&self, guest: &str) -> Result<(), StorageError>;

    /// Returns the lease of guests.
    fn guest_lease(&self) -> Duration;
}

impl<K: LogBackend> Storage for K {
    fn create(&self, new: &NewStudy<'_>) -> Result<StudyId, StorageError> {
        match self.submit(Request::CreateStudy(Box::new(new.into())))? {
            Answer::Number(id) => Ok(StudyId(id)),
            _ => unreachable!("a new study has a number"),
        }
    }

    fn studies(&self) -> Result<Vec<StudyRecord>, StorageError> {
        self.records()
    }

    fn study(&self, study: StudyId) -> Result<StudyRecord, StorageError> {
        LogBackend::record(self, study)
    }

    fn delete_study(&self, study: StudyId) -> Result<(), StorageError> {
        self.submit(Request::DeleteStudy { study: study.0 }).map(drop)
    }

    fn set_attribute(
        &self,
        study: StudyId,
        scope: AttributeScope,
        key: &str,
        value: &Json,
    ) -> Result<(), StorageError> {
        let request = Request::SetStudyAttribute {
            study: study.0,
            scope,
            key: key.to_owned(),
            value: value.clone(),
        };
        self.submit(request).map(drop)
    }

    fn amend(&self, seen: &StudyRecord, attributes: &Attributes) -> Result<bool, StorageError> {
        match self.submit(Request::Amend { seen: seen.clone(), attributes: attributes.clone() })? {
            Answer::Amended(is_done) => Ok(is_done),
            _ => unreachable!("an amendment is made or not"),
        }
    }

    fn declare(&self, study: StudyId, params: &[Param]) -> Result<(), StorageError> {
        self.change(study, &mut |log| {
            for param in params {
                log.trials.declare(&param.path, &param.domain);
            }
        })
    }

    fn create_trial(&self, study: StudyId, new: NewTrial) -> Result<u64, StorageError> {
        match self.submit(trials(study, TrialRequest::Create { new, at: Timestamp::now() }))? {
            Answer::Number(number) => Ok(number),
            _ => unreachable!("a new trial has a number"),
        }
    }

    fn append(
        &self,
        study: StudyId,
        first: Option<u64>,
        steps: &[Step<'_>],
    ) -> Result<u64, StorageError> {
        let steps = steps.iter().map(TrialRequest::from).collect();
        match self.submit(trials(study, TrialRequest::Append { first, steps }))? {
            Answer::Number(number) => Ok(number),
            _ => unreachable!("new trials have numbers"),
        }
    }

    fn next_trial(&self, study: StudyId, most: Option<u64>) -> Result<Next, StorageError> {
        match self.submit(trials(study, TrialRequest::Next { most, at: Timestamp::now() }))? {
            Answer::Next(next) => Ok(next),
            _ => unreachable!("who asks for a trial gets one, or the word that there is none"),
        }
    }

    fn record(&self, study: StudyId, number: u64, event: &Event<'_>) -> Result<(), StorageError> {
        let request =
            TrialRequest::Record { number, change: OwnedEvent::from(event), is_new: false };
        self.submit(trials(study, request)).map(drop)
    }

    fn record_new(
        &self,
        study: StudyId,
        number: u64,
        event: &Event<'_>,
    ) -> Result<(), StorageError> {
        let request =
            TrialRequest::Record { number, change: OwnedEvent::from(event), is_new: true };
        self.submit(trials(study, request)).map(drop)
    }

    fn read(&self, study: StudyId, visit: &mut dyn FnMut(&Trials)) -> Result<(), StorageError> {
        self.with_log(study, &mut |log| visit(&log.trials))
    }

    fn replay_history(
        &self,
        study: StudyId,
        visit: &mut dyn FnMut(&Trials),
    ) -> Result<(), StorageError> {
        LogBackend::replay_history(self, study, visit)
    }

    fn recover(&self, study: StudyId) -> Result<Vec<u64>, StorageError> {
        match self.submit(trials(study, TrialRequest::Recover { at: Timestamp::now() }))? {
            Answer::Recovered(numbers) => Ok(numbers),
            _ => unreachable!("recovery yields numbers"),
        }
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn is_awaited(&self, study: StudyId) -> Result<bool, StorageError> {
        LogBackend::is_awaited(self, study)
    }

    fn heartbeat(&self) -> Option<Duration> {
        self.interval()
    }

    fn beat(&self) -> Result<(), StorageError> {
        self.send_heartbeat()
    }

    fn location(&self) -> String {
        self.display_location()
    }
}

fn trials(study: StudyId, request: TrialRequest) -> Request {
    Request::Trials { study: study.0, request, by: None }
}
