//! The server's side: a storage whose guests are workers on other machines.
//!
//! The caller brings the network: each method takes and returns the bytes of a request.

use std::fmt;
use std::sync::Arc;

use super::answers::{Answers, Entered};
use super::refusal::{Refusal, json};
use super::wire::{
    Cause, Envelope, Hello, PageHead, WireAnswer, WireError, WireRequest, WireStudy,
    WireTrialRequest,
};
use crate::storage::lease::BEATS;
use crate::storage::log::{GUEST, GuestBackend, Request, StudyLog, name_of};
use crate::storage::{Storage, StudyId};

/// The version of the requests.
pub(super) const VERSION: u64 = 1;

/// The size of a page of lines, in bytes.
const PAGE: usize = 4 << 20;

/// A storage that a server opens to its clients, which use it by the URL of the server.
pub struct Host {
    log: Arc<dyn GuestBackend>,
    storage: Arc<dyn Storage>,
    instance: String,
    answers: Answers,
}

impl Host {
    /// Opens a storage to clients.
    pub(in crate::storage) fn of<B: GuestBackend + 'static>(backend: Arc<B>) -> Self {
        Self {
            log: Arc::clone(&backend) as Arc<dyn GuestBackend>,
            storage: backend,
            instance: format!("{:016x}", rand::random::<u64>()),
            answers: Answers::default(),
        }
    }

    /// Returns the storage, for the server's own use.
    #[must_use]
    pub fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    /// Returns the greeting: the version of the requests, and what a client needs to know.
    #[must_use]
    pub fn hello(&self) -> Vec<u8> {
        let beat = self.log.guest_lease() / BEATS;
        json(&Hello {
            version: VERSION,
            instance: self.instance.clone(),
            beat_ms: u64::try_from(beat.as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// Returns the records of all studies.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub fn studies(&self) -> Result<Vec<u8>, Refusal> {
        let records = self.log.records()?;
        Ok(json(&records.iter().map(WireStudy::from).collect::<Vec<_>>()))
    }

    /// Returns the record of a study.
    ///
    /// # Errors
    /// If there is no such study, or the storage cannot be read.
    pub fn study(&self, study: u64) -> Result<Vec<u8>, Refusal> {
        Ok(json(&WireStudy::from(&self.log.record(StudyId(study))?)))
    }

    /// Returns the lines of a study after the first `after` bytes of the fold `epoch`, or from the
    /// beginning of another fold. The first line says where the next page begins.
    ///
    /// # Errors
    /// If there is no such study, or the storage cannot be read.
    pub fn lines(&self, study: u64, epoch: &str, after: usize) -> Result<Vec<u8>, Refusal> {
        let mut page = Vec::new();
        self.log.with_log(StudyId(study), &mut |log| {
            let Some(kept) = log.kept_lines() else { return };
            let name = format!("{:016x}", kept.epoch);
            let start = if name == epoch { after } else { 0 };
            let (lines, more) = kept.after(start, PAGE);
            let next = start + lines.len();
            let objectives = log.trials.objectives();
            page = json(&PageHead { epoch: name, next, more, objectives });
            page.push(b'\n');
            page.extend_from_slice(lines);
        })?;
        Ok(page)
    }

    /// Carries out a change, or gives the answer again if it was carried out before.
    ///
    /// # Errors
    /// If the request is invalid, the storage refuses it, or a server that has ended may have
    /// carried it out.
    pub fn change(&self, body: &[u8]) -> Result<Vec<u8>, Refusal> {
        let envelope: Envelope = serde_json::from_slice(body).map_err(Refusal::bad)?;
        let guest = checked_guest(&envelope.guest)?;
        let entry = match self.answers.enter(guest, envelope.key, envelope.settled) {
            Entered::Known(answer) => return answer,
            Entered::New(entry) => entry,
        };
        if envelope.tried.is_some_and(|tried| tried != self.instance) {
            return Err(self.restarted());
        }
        let answer = self
            .request(guest, envelope.key, envelope.request)
            .and_then(|request| Ok(json(&WireAnswer::from(self.log.submit(request)?))));
        entry.keep(&answer);
        answer
    }

    /// Returns true if a guest other than `guest` is known to be alive and is running a trial.
    ///
    /// # Errors
    /// If there is no such study, or that cannot be determined.
    pub fn is_awaited(&self, study: u64, guest: &str) -> Result<Vec<u8>, Refusal> {
        let guest = checked_guest(guest)?;
        let mut is_awaited = false;
        self.log.refresh_workers()?;
        self.log.with_log(StudyId(study), &mut |log| {
            let mut others = log.running().filter(|(_, worker)| name_of(worker) != guest);
            is_awaited = others.any(|(_, worker)| self.log.is_another_alive(worker));
        })?;
        Ok(json(&is_awaited))
    }

    /// Notes a sign of life of a guest.
    ///
    /// # Errors
    /// If that cannot be written.
    pub fn beat(&self, guest: &str) -> Result<(), Refusal> {
        Ok(self.log.renew_guest(checked_guest(guest)?)?)
    }

    /// Returns the request as this process makes it.
    fn request(&self, guest: &str, key: u64, request: WireRequest) -> Result<Request, Refusal> {
        Ok(match request {
            WireRequest::CreateStudy { name, directions, attributes, params, past } => {
                let creation =
                    WireRequest::into_creation(name, directions, attributes, params, past);
                Request::CreateStudy(Box::new(creation.map_err(Refusal::bad)?))
            }
            WireRequest::DeleteStudy { study } => Request::DeleteStudy { study },
            WireRequest::SetAttribute { study, scope, key, value } => {
                Request::SetStudyAttribute { study, scope: scope.into(), key, value }
            }
            WireRequest::Amend { seen, attributes } => {
                Request::Amend { seen: seen.into(), attributes: attributes.into() }
            }
            WireRequest::Trials { study, request } => {
                let mut wire = Some(request);
                let mut resolved = None;
                if wire.as_ref().is_some_and(WireTrialRequest::has_params) {
                    self.log.change(StudyId(study), &mut |log| {
                        resolved = wire.take().map(|wire| wire.resolve(log));
                    })?;
                } else {
                    // Nothing of it depends on the fold.
                    let mut log = StudyLog::new(study, 1, &[]);
                    resolved = wire.take().map(|wire| wire.resolve(&mut log));
                }
                let request = resolved.unwrap_or_else(|| Err("the study is gone".to_owned()));
                let request = request.map_err(Refusal::bad)?;
                Request::Trials { study, request, by: Some(format!("{guest}:{key}").into()) }
            }
        })
    }

    fn restarted(&self) -> Refusal {
        let error = WireError {
            error: "the server was started again, and the one before may have made this change"
                .to_owned(),
            remedy: "look for it in the log, and send it again if it is not there".to_owned(),
            cause: Some(Cause::Restarted(self.instance.clone())),
        };
        Refusal { status: 409, body: json(&error) }
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("storage", &self.storage)
            .field("instance", &self.instance)
            .finish_non_exhaustive()
    }
}

/// Returns the name of a guest if it has the form that clients give themselves. It becomes the name
/// of a file.
fn checked_guest(name: &str) -> Result<&str, Refusal> {
    let digits = name.strip_prefix(GUEST).unwrap_or_default();
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if digits.len() == 16 && digits.bytes().all(is_digit) {
        return Ok(name);
    }
    Err(Refusal::bad(format!("the name of a guest is `{GUEST}` and 16 hexadecimal digits")))
}
