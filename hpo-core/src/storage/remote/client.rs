//! The client's side: a storage that sends requests and folds the lines of a server.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::time::{Duration, Instant};

use super::follow::{Followed, Notes};
use super::host::VERSION;
use super::transport::{Failure, Transport};
use super::wire::{Cause, Envelope, Hello, WireAnswer, WireError, WireRequest, WireStudy};
use crate::storage::log::{Answer, GUEST, LogBackend, OwnedEvent, Request, StudyLog, TrialRequest};
use crate::storage::{Next, StorageError, StudyId, StudyRecord};
use crate::sync;
use crate::trial::Trials;

/// The time for which a request is sent again while the server cannot be reached.
const PATIENCE: Duration = Duration::from_secs(60);

/// The same time while the storage is opened: a wrong address should be told soon.
const OPENING: Duration = Duration::from_secs(5);

/// The pause after the first failure; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(20);

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A storage behind `hpo server`.
///
/// The token of the server is taken from the environment variable `HPO_TOKEN`.
#[derive(Debug)]
pub struct Remote {
    transport: Transport,
    location: String,
    guest: String,
    beat: Duration,
    /// The server that answered last, by its random name.
    instance: Mutex<String>,
    notes: Notes,
    studies: RwLock<HashMap<u64, Arc<Followed>>>,
}

impl Remote {
    /// Connects to the server at a URL such as `http://host:7000`.
    ///
    /// # Errors
    /// If it cannot be reached within five seconds, is no `hpo server` of this version, or refuses
    /// the token.
    pub fn open(url: &str) -> Result<Self, StorageError> {
        let token = std::env::var("HPO_TOKEN").ok().filter(|token| !token.is_empty());
        let transport = Transport::new(url, token.map(|token| token.trim().to_owned()));
        let location = crate::storage::redacted(url);
        let hello: Hello = patiently(&location, OPENING, || transport.get("/hello"))?;
        if hello.version != VERSION {
            return Err(StorageError::Schema {
                location,
                found: hello.version.to_string(),
                expected: VERSION.to_string(),
                remedy: "use one version of hpo on both sides",
            });
        }
        Ok(Self {
            transport,
            location,
            guest: format!("{GUEST}{:016x}", rand::random::<u64>()),
            beat: Duration::from_millis(hello.beat_ms.max(1)),
            instance: Mutex::new(hello.instance),
            notes: Notes::default(),
            studies: RwLock::default(),
        })
    }

    /// Sends a change until it has an answer.
    fn send(&self, request: &Request, key: u64) -> Result<Answer, StorageError> {
        let mut envelope = Envelope {
            guest: self.guest.clone(),
            key,
            settled: self.notes.first_pending(),
            tried: None,
            request: self.wire(request)?,
        };
        // Another thread may learn of a new server while this one waits.
        let first = self.instance().clone();
        let limit = self.limit(request);
        let mut waiting = Waiting::new(PATIENCE);
        let mut is_doubtful = false;
        loop {
            let answered = self.transport.post::<WireAnswer>("/changes", &envelope, limit);
            let failure = match answered {
                Ok(answer) => return answer.to(request).ok_or_else(|| self.odd(ANOTHER_ANSWER)),
                Err(failure) => failure,
            };
            let error = match failure {
                Failure::Unreachable(problem) => {
                    envelope.tried.get_or_insert_with(|| first.clone());
                    waiting.pause(&self.location, &problem)?;
                    continue;
                }
                Failure::Odd(problem) => return Err(self.odd(&problem)),
                Failure::Refused(error) => error,
            };
            if let Some(Cause::Restarted(instance)) = &error.cause {
                is_doubtful = true;
                instance.clone_into(&mut self.instance());
                envelope.tried = Some(instance.clone());
                if let Some(answer) = self.found(request, key)? {
                    return Ok(answer);
                }
                continue;
            }
            return match (request, error.cause.as_ref()) {
                // The server that has ended had deleted it.
                (Request::DeleteStudy { .. }, Some(Cause::NoSuchStudy(_))) if is_doubtful => {
                    Ok(Answer::Done)
                }
                _ => Err(self.error(*error)),
            };
        }
    }

    /// Returns the time in which an attempt must have an answer; `None` if it is as long as a
    /// server may need. A recovery is sent with each sign of life, so a server that is stuck with
    /// it must not delay the next ones.
    fn limit(&self, request: &Request) -> Option<Duration> {
        let is_recovery =
            matches!(request, Request::Trials { request: TrialRequest::Recover { .. }, .. });
        is_recovery.then_some(self.beat)
    }

    fn wire(&self, request: &Request) -> Result<WireRequest, StorageError> {
        let Request::Trials { study, .. } = request else {
            return Ok(WireRequest::of(request, &[])?);
        };
        let followed = self.followed(*study);
        followed.read(|log| Ok(WireRequest::of(request, log.trials.declared())?))
    }

    /// Returns the answer to a request that a server carried out before it ended; `None` if it did
    /// not.
    fn found(&self, request: &Request, key: u64) -> Result<Option<Answer>, StorageError> {
        let (study, request) = match request {
            Request::Trials { study, request, .. } => (*study, request),
            Request::CreateStudy(new) => {
                let identity = new.attributes.system.get(crate::storage::IDENTITY);
                let is_it = |record: &StudyRecord| {
                    record.name == new.name
                        && identity.is_some()
                        && record.attributes.system.get(crate::storage::IDENTITY) == identity
                };
                let found = self.records()?.into_iter().find(is_it);
                return Ok(found.map(|record| Answer::Number(record.id.0)));
            }
            _ => return Ok(None),
        };
        self.refresh(study)?;
        let Some(noted) = self.notes.found(key) else { return Ok(None) };
        Ok(match request {
            TrialRequest::Next { .. } => {
                let new = noted.created.map(Next::New);
                new.or(noted.moved.map(Next::Queued)).map(Answer::Next)
            }
            TrialRequest::Create { .. } | TrialRequest::Append { .. } => {
                noted.created.map(Answer::Number)
            }
            TrialRequest::Record { change, .. } => {
                let is_made = match change {
                    OwnedEvent::Sampled { .. } => noted.has_sampled,
                    OwnedEvent::Reported { .. } | OwnedEvent::Attribute { .. } => noted.has_changed,
                    _ => noted.moved.is_some(),
                };
                is_made.then_some(Answer::Done)
            }
            // What is still to be taken back is taken back now.
            TrialRequest::Recover { .. } => None,
        })
    }

    /// Returns the fold of a study, not yet up to date.
    fn followed(&self, study: u64) -> Arc<Followed> {
        let known = sync::read(&self.studies);
        if let Some(followed) = known.get(&study) {
            return Arc::clone(followed);
        }
        drop(known);
        let mut known = sync::write(&self.studies);
        Arc::clone(known.entry(study).or_insert_with(|| Arc::new(Followed::new(study))))
    }

    /// Folds the lines that are new since the last time.
    fn refresh(&self, study: u64) -> Result<Arc<Followed>, StorageError> {
        let followed = self.followed(study);
        let refreshed = followed
            .refresh(&self.guest, &self.notes, |epoch, after| self.page(study, epoch, after));
        if let Err(StorageError::NoSuchStudy { .. }) = &refreshed {
            sync::write(&self.studies).remove(&study);
        }
        refreshed.map(|()| followed).map_err(|error| error.at(&self.location))
    }

    fn page(&self, study: u64, epoch: &str, after: usize) -> Result<Vec<u8>, StorageError> {
        let path = format!("/studies/{study}/lines?epoch={epoch}&after={after}");
        self.patiently(|| self.transport.get_bytes(&path))
    }

    fn patiently<T>(&self, ask: impl FnMut() -> Result<T, Failure>) -> Result<T, StorageError> {
        patiently(&self.location, PATIENCE, ask)
    }

    fn instance(&self) -> MutexGuard<'_, String> {
        sync::lock(&self.instance)
    }

    fn error(&self, error: WireError) -> StorageError {
        told(&self.location, error)
    }

    fn odd(&self, problem: &str) -> StorageError {
        unusable(&self.location, problem.to_owned(), false)
    }
}

const ANOTHER_ANSWER: &str = "it answers another question: use one version of hpo on both sides";

impl LogBackend for Remote {
    fn submit(&self, request: Request) -> Result<Answer, StorageError> {
        let key = self.notes.begin();
        let answer = self.send(&request, key);
        self.notes.end(key);
        answer
    }

    fn records(&self) -> Result<Vec<StudyRecord>, StorageError> {
        let records: Vec<WireStudy> = self.patiently(|| self.transport.get("/studies"))?;
        Ok(records.into_iter().map(StudyRecord::from).collect())
    }

    fn record(&self, study: StudyId) -> Result<StudyRecord, StorageError> {
        let path = format!("/studies/{}", study.0);
        let record: WireStudy = self.patiently(|| self.transport.get(&path))?;
        Ok(record.into())
    }

    fn with_log(
        &self,
        study: StudyId,
        visit: &mut dyn FnMut(&StudyLog),
    ) -> Result<(), StorageError> {
        self.refresh(study.0)?.read(visit);
        Ok(())
    }

    fn replay_history(
        &self,
        study: StudyId,
        visit: &mut dyn FnMut(&Trials),
    ) -> Result<(), StorageError> {
        let again = Followed::new(study.0);
        again.replay(visit, |epoch, after| self.page(study.0, epoch, after))
    }

    fn change(
        &self,
        study: StudyId,
        change: &mut dyn FnMut(&mut StudyLog),
    ) -> Result<(), StorageError> {
        self.refresh(study.0)?.change(change);
        Ok(())
    }

    fn is_another_alive(&self, _worker: &str) -> bool {
        // Only the server knows: see `is_awaited`.
        false
    }

    fn is_awaited(&self, study: StudyId) -> Result<bool, StorageError> {
        let path = format!("/studies/{}/awaited?guest={}", study.0, self.guest);
        self.patiently(|| self.transport.get(&path))
    }

    fn interval(&self) -> Option<Duration> {
        Some(self.beat)
    }

    fn send_heartbeat(&self) -> Result<(), StorageError> {
        let beat = BTreeMap::from([("guest", &self.guest)]);
        patiently(&self.location, self.beat, || {
            self.transport.post("/beat", &beat, Some(self.beat))
        })
    }

    fn display_location(&self) -> String {
        self.location.clone()
    }
}

/// Asks again while the server cannot be reached.
fn patiently<T>(
    location: &str,
    patience: Duration,
    mut ask: impl FnMut() -> Result<T, Failure>,
) -> Result<T, StorageError> {
    let mut waiting = Waiting::new(patience);
    loop {
        match ask() {
            Ok(answer) => return Ok(answer),
            Err(Failure::Unreachable(problem)) => waiting.pause(location, &problem)?,
            Err(Failure::Refused(error)) => return Err(told(location, *error)),
            Err(Failure::Odd(problem)) => return Err(unusable(location, problem, false)),
        }
    }
}

/// The pauses between the attempts of one request.
struct Waiting {
    begun: Instant,
    patience: Duration,
    pause: Duration,
}

impl Waiting {
    fn new(patience: Duration) -> Self {
        Self { begun: Instant::now(), patience, pause: FIRST_PAUSE }
    }

    /// Waits before the next attempt, or returns the problem if there were enough.
    fn pause(&mut self, location: &str, problem: &str) -> Result<(), StorageError> {
        if self.begun.elapsed() > self.patience {
            let problem = format!("{problem}; check that `hpo server` runs at this address");
            return Err(unusable(location, problem, true));
        }
        tracing::warn!(location, problem, "trying again");
        // Clients that lost the same server should not come back all at once.
        std::thread::sleep(self.pause.mul_f64(rand::random_range(0.5..1.0)));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}

fn unusable(location: &str, problem: String, is_transient: bool) -> StorageError {
    StorageError::Database {
        location: location.to_owned(),
        action: "use the server",
        problem,
        is_transient,
    }
}

/// Returns an error of the server as one of this storage.
fn told(location: &str, error: WireError) -> StorageError {
    let location = location.to_owned();
    match error.cause {
        Some(Cause::State(state)) => StorageError::State(state),
        Some(Cause::NoSuchStudy(study)) => StorageError::NoSuchStudy { study, location },
        Some(Cause::StudyExists(name)) => StorageError::StudyExists { name, location },
        Some(Cause::Lost(problem)) => StorageError::Lost { location, problem },
        _ => unusable(&location, format!("{}; {}", error.error, error.remedy), false),
    }
}
