//! Streams of events, which tell pages that a study has changed.
//!
//! A stream is a task of the runtime, not a thread. One task looks at the studies that somebody
//! follows, a few times a second, and sleeps while nobody does.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{sleep, timeout};

use super::App;
use super::reply::{Problem, Reply};
use super::route::Asked;

/// The parameters of a stream.
pub(super) const QUERY: &[(&str, &str)] =
    &[("study", "the study to follow; without it, the list of studies is followed")];

/// The largest number of streams at a time.
const MOST: usize = 2_048;

/// The interval at which followed studies are looked at.
const LOOK: Duration = Duration::from_millis(200);

/// The interval after which an idle stream shows that it is alive.
const BEAT: Duration = Duration::from_secs(15);

/// What is followed: a study by its name, or the list of all studies.
type Followed = Option<String>;

/// The streams of a server.
pub(super) struct Events {
    followed: Mutex<HashMap<Followed, watch::Sender<String>>>,
    streams: Arc<Semaphore>,
}

impl Default for Events {
    fn default() -> Self {
        Self { followed: Mutex::default(), streams: Arc::new(Semaphore::new(MOST)) }
    }
}

/// Answers with a stream of events. The first one comes at once.
pub(super) fn stream(app: &App, asked: &Asked) -> Reply {
    let Ok(permit) = Arc::clone(&app.events.streams).try_acquire_owned() else {
        return Problem::new(503, "too many pages follow this server", "close some of them").into();
    };
    let study = asked.get("study");
    let state = match seen(app, study.as_deref()) {
        Ok(state) => state,
        Err(problem) => return problem.into(),
    };
    let changes = app.events.follow(study, state);
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(send(changes, sender, permit));
    Reply { stream: Some(receiver), ..Reply::bytes("text/event-stream", Vec::new()) }
}

/// Looks at what is followed until the server ends.
pub(super) async fn look(app: Arc<App>) {
    loop {
        let all: Vec<Followed> = app.events.still_followed();
        if all.is_empty() {
            sleep(LOOK).await;
            continue;
        }
        let begin = Instant::now();
        let own = Arc::clone(&app);
        let looked = tokio::task::spawn_blocking(move || {
            for followed in all {
                match seen(&own, followed.as_deref()) {
                    Ok(state) => own.events.tell(&followed, state),
                    Err(problem) if problem.status == 404 => {
                        own.events.tell(&followed, json!({ "removed": true }).to_string());
                    }
                    // What cannot be read now may be readable the next time.
                    Err(_) => {}
                }
            }
        });
        let _ = looked.await;
        sleep(LOOK.max(begin.elapsed() * 5)).await;
    }
}

impl Events {
    /// Ends all streams, so that the server can end.
    pub(super) fn close(&self) {
        self.streams.close();
        self.followed().clear();
    }

    fn follow(&self, followed: Followed, state: String) -> watch::Receiver<String> {
        let mut all = self.followed();
        let sender = all.entry(followed).or_insert_with(|| watch::channel(String::new()).0);
        set(sender, state);
        sender.subscribe()
    }

    fn still_followed(&self) -> Vec<Followed> {
        let mut all = self.followed();
        all.retain(|_, sender| sender.receiver_count() > 0);
        all.keys().cloned().collect()
    }

    fn tell(&self, followed: &Followed, state: String) {
        if let Some(sender) = self.followed().get(followed) {
            set(sender, state);
        }
    }

    fn followed(&self) -> MutexGuard<'_, HashMap<Followed, watch::Sender<String>>> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells a state to those who follow, if it is not the one that they know.
fn set(sender: &watch::Sender<String>, state: String) {
    sender.send_if_modified(|known| {
        let is_new = *known != state;
        *known = state;
        is_new
    });
}

/// Sends each new state, and a beat while there is none, until one of the two sides ends.
async fn send(
    mut changes: watch::Receiver<String>,
    sender: mpsc::Sender<Bytes>,
    _permit: OwnedSemaphorePermit,
) {
    loop {
        let event = format!("event: change\ndata: {}\n\n", *changes.borrow_and_update());
        if sender.send(event.into()).await.is_err() {
            return;
        }
        loop {
            match timeout(BEAT, changes.changed()).await {
                Ok(Ok(())) => break,
                Ok(Err(_)) => return,
                Err(_) if sender.send(Bytes::from_static(b": beat\n\n")).await.is_err() => return,
                Err(_) => {}
            }
        }
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Returns a text that changes whenever what is followed does.
fn seen(app: &App, study: Option<&str>) -> Result<String, Problem> {
    let storage = app.host.storage();
    let mut state = Vec::new();
    let mut found = false;
    for record in storage.studies()? {
        if study.is_some_and(|name| name != record.name) {
            continue;
        }
        found = true;
        let mut changes = 0;
        let read = storage.read(record.id, &mut |trials| changes = trials.ordinal());
        // It may have been deleted meanwhile.
        if read.is_ok() {
            state.push((record.id.0, changes, hash(&json!(record.attributes.user).to_string())));
        }
    }
    if !found && let Some(name) = study {
        return Err(super::lookup::missing(name));
    }
    Ok(json!({ "state": state }).to_string())
}
