//! The studies whose trials are asked for and told over HTTP, as `hpo serve` has one of them.
//!
//! A study keeps the request that opened it in an attribute. So a server that starts again goes on
//! with the same sampler, pruner and names.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use hpo_core::storage::StudyId;
use hpo_core::trial::AttributeScope;
use serde_json::Value as Json;

use super::reply::Problem;
use super::{App, lookup};
use crate::serve::{Request, Session};

/// The system attribute of a study with the request that opened it.
pub(super) const OPENED: &str = "hpo:serve";

/// The largest number of answers that are remembered.
const MOST_ANSWERS: usize = 10_000;

/// The studies that clients have opened.
#[derive(Default)]
pub(super) struct Sessions {
    open: Mutex<HashMap<String, Arc<Open>>>,
    answers: Mutex<Answers>,
    changed: Condvar,
}

/// A study that a client has opened.
pub(super) struct Open {
    pub(super) session: Session,
    pub(super) id: StudyId,
    /// The request that opened it.
    text: String,
}

/// Answers by study and key; `None` while a request is being carried out.
#[derive(Default)]
struct Answers {
    known: HashMap<(String, String), Option<Json>>,
    order: VecDeque<(String, String)>,
}

impl Sessions {
    /// Opens a study by the request `text`, and keeps the request in the study. A study that is open
    /// by the same request stays as it is, with what it knows of its budget and its trials.
    pub(super) fn begin(&self, app: &App, name: &str, text: &str) -> Result<Arc<Open>, Problem> {
        let known = self.open().get(name).map(Arc::clone);
        if let Some(open) = known.filter(|open| open.text == text)
            && lookup::find(app, name).is_ok_and(|record| record.id == open.id)
        {
            return Ok(open);
        }
        let open = Arc::new(opened(app, name, text)?);
        let storage = app.host.storage();
        let record = storage.study(open.id)?;
        let is_kept = record
            .attributes
            .system
            .get(OPENED)
            .and_then(Json::as_str)
            .is_some_and(|it| it == text);
        if !is_kept {
            storage.set_attribute(open.id, AttributeScope::System, OPENED, &Json::from(text))?;
        }
        self.open().insert(name.to_owned(), Arc::clone(&open));
        Ok(open)
    }

    /// Returns an open study, or opens it as it was opened before.
    pub(super) fn get(&self, app: &App, name: &str) -> Result<Arc<Open>, Problem> {
        if let Some(open) = self.open().get(name) {
            return Ok(Arc::clone(open));
        }
        let record = lookup::find(app, name)?;
        let text =
            record.attributes.system.get(OPENED).and_then(Json::as_str).ok_or_else(|| {
                Problem::new(
                    409,
                    "this study was not opened over HTTP, so its sampler is not known here",
                    "open it by a POST to /api/v1/studies with its name, space and directions",
                )
            })?;
        let open = Arc::new(opened(app, name, text)?);
        // If two requests open it at once, both use the first one.
        Ok(Arc::clone(self.open().entry(name.to_owned()).or_insert(open)))
    }

    /// Forgets a study that was deleted.
    pub(super) fn forget(&self, name: &str) {
        self.open().remove(name);
    }

    /// Carries out a request with a key once, and gives its answer again later. A request without
    /// a key, or with an error, is not remembered.
    pub(super) fn once(
        &self,
        study: &str,
        key: Option<&str>,
        work: impl FnOnce() -> Result<Json, Problem>,
    ) -> Result<Json, Problem> {
        let Some(key) = key else { return work() };
        let key = (study.to_owned(), key.to_owned());
        let mut answers = self.answers();
        loop {
            match answers.known.get(&key) {
                None => break,
                Some(Some(answer)) => return Ok(answer.clone()),
                Some(None) => {
                    answers = self.changed.wait(answers).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
        answers.known.insert(key.clone(), None);
        drop(answers);
        let entry = Entry { sessions: self, key: Some(key) };
        let answer = work();
        if let Ok(answer) = &answer {
            entry.keep(answer.clone());
        }
        answer
    }

    fn open(&self) -> MutexGuard<'_, HashMap<String, Arc<Open>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request with a key that is being carried out.
struct Entry<'a> {
    sessions: &'a Sessions,
    key: Option<(String, String)>,
}

impl Entry<'_> {
    fn keep(mut self, answer: Json) {
        let Some(key) = self.key.take() else { return };
        let mut answers = self.sessions.answers();
        answers.known.insert(key.clone(), Some(answer));
        answers.order.push_back(key);
        if answers.order.len() > MOST_ANSWERS
            && let Some(oldest) = answers.order.pop_front()
        {
            answers.known.remove(&oldest);
        }
        self.sessions.changed.notify_all();
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.sessions.answers().known.remove(&key);
            self.sessions.changed.notify_all();
        }
    }
}

fn opened(app: &App, name: &str, text: &str) -> Result<Open, Problem> {
    let Request::Open(opening) = text.parse().map_err(Problem::from)? else {
        return Err(Problem::new(400, "a new study needs a `space`", "see docs/server.md"));
    };
    let storage = Arc::clone(app.host.storage());
    let session = Session::open(*opening, Some((storage, name)))?;
    Ok(Open { session, id: lookup::find(app, name)?.id, text: text.to_owned() })
}
