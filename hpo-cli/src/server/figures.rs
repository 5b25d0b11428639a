//! Figures and advice of a study as JSON, made when a page asks for them.
//!
//! What is made is kept with the number of changes that it shows. While a study changes, it is made
//! again only after ten times as long as that took, so watching costs at most a tenth of one
//! processor for each kind. One figure, one set of importances and one advice are made at a time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hpo_core::report::figure::Measured;
use hpo_core::report::served;
use hpo_core::storage::StudyId;
use serde_json::{Value as Json, json};

use super::reply::{JSON, Problem, Reply};
use super::route::Asked;
use super::snapshot::{self, Snapshot};
use super::{App, page};

/// The largest number of requests that wait for one cache: each occupies a thread.
const MOST_WAITING: usize = 16;

/// The largest number of parts that a cache keeps.
const MOST_PARTS: usize = 256;

/// The time after which a part of a study that changes is made again at the earliest.
const LEAST_AGE: Duration = Duration::from_millis(300);

/// What has been made for pages.
#[derive(Default)]
pub(super) struct Made {
    figures: Cache<Vec<u8>>,
    measures: Cache<Vec<Measured>>,
    advice: Cache<Vec<u8>>,
}

/// Answers with all figures of a study, in the form of the data of a report's page.
pub(super) fn all(app: &App, asked: &Asked) -> Reply {
    let made = page::exclusively(|| {
        let snapshot = snapshot::of(app, &asked.names[0])?;
        Ok(served::comparison(&[snapshot.view()]))
    });
    made.map_or_else(Reply::from, |json| Reply::json(&json))
}

/// Answers with the figures of one kind.
pub(super) fn of_kind(app: &App, asked: &Asked) -> Reply {
    kind(app, &asked.names[0], &asked.names[1]).map_or_else(Reply::from, reply)
}

/// Answers with the advice for a study and its best config.
pub(super) fn advice(app: &App, asked: &Asked) -> Reply {
    let made = snapshot::of(app, &asked.names[0]).and_then(|snapshot| {
        app.made
            .advice
            .get(&snapshot, "advice", || labelled(served::advice(&snapshot.view()), &snapshot))
    });
    made.map_or_else(Reply::from, reply)
}

fn kind(app: &App, name: &str, kind: &str) -> Result<Arc<Vec<u8>>, Problem> {
    if !served::is_kind(kind) {
        let problem = "there is no such kind of figure";
        return Err(Problem::new(404, problem, "use one of docs/server.md"));
    }
    let snapshot = snapshot::of(app, name)?;
    // The parameters of these figures are chosen and sorted by their importance.
    let needed = ["importances", "slice", "parallel_coordinates", "contour", "rank"];
    let measures = if needed.contains(&kind) {
        app.made.measures.get(&snapshot, "", || served::measures(&snapshot.view()))?
    } else {
        Arc::default()
    };
    app.made.figures.get(&snapshot, kind, || {
        labelled(served::figures(&snapshot.view(), kind, &measures), &snapshot)
    })
}

/// Returns JSON with the number of changes that it shows.
fn labelled(mut json: Json, snapshot: &Snapshot) -> Vec<u8> {
    json["changes"] = json!(snapshot.changes);
    json.to_string().into_bytes()
}

fn reply(body: Arc<Vec<u8>>) -> Reply {
    Reply::bytes(JSON, Arc::unwrap_or_clone(body))
}

/// Parts by study and name, made one at a time.
struct Cache<T> {
    parts: Mutex<HashMap<(StudyId, String), Part<T>>>,
    gate: Mutex<()>,
    waiting: AtomicUsize,
}

/// Something that was made of a study.
struct Part<T> {
    changes: u64,
    made: Instant,
    cost: Duration,
    result: Arc<T>,
}

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self { parts: Mutex::default(), gate: Mutex::default(), waiting: AtomicUsize::new(0) }
    }
}

impl<T> Cache<T> {
    /// Returns the part of this name, made now or lately.
    fn get(
        &self,
        snapshot: &Snapshot,
        name: &str,
        make: impl FnOnce() -> T,
    ) -> Result<Arc<T>, Problem> {
        let key = (snapshot.record.id, name.to_owned());
        if let Some(known) = self.known(&key, snapshot.changes) {
            return Ok(known);
        }
        let waiting = Waiting(&self.waiting, self.waiting.fetch_add(1, Ordering::Relaxed));
        if waiting.1 >= MOST_WAITING {
            return Err(page::busy());
        }
        let _gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = self.known(&key, snapshot.changes) {
            return Ok(known);
        }
        let begin = Instant::now();
        let result = Arc::new(make());
        let part = Part {
            changes: snapshot.changes,
            made: Instant::now(),
            cost: begin.elapsed(),
            result: Arc::clone(&result),
        };
        self.insert(key, part);
        Ok(result)
    }

    /// Returns a part that shows all changes, or was made too short a time ago to be made again.
    fn known(&self, key: &(StudyId, String), changes: u64) -> Option<Arc<T>> {
        let parts = self.parts();
        let part = parts.get(key)?;
        let is_fresh = part.changes == changes
            || part.changes < changes && part.made.elapsed() < LEAST_AGE.max(part.cost * 10);
        is_fresh.then(|| Arc::clone(&part.result))
    }

    fn insert(&self, key: (StudyId, String), part: Part<T>) {
        let mut parts = self.parts();
        parts.insert(key, part);
        if parts.len() > MOST_PARTS {
            let oldest = parts.iter().min_by_key(|(_, part)| part.made).map(|(key, _)| key.clone());
            oldest.and_then(|key| parts.remove(&key));
        }
    }

    fn parts(&self) -> MutexGuard<'_, HashMap<(StudyId, String), Part<T>>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that waits, with the number of those before it.
struct Waiting<'a>(&'a AtomicUsize, usize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
