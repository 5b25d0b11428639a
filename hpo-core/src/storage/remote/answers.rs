//! The answers of a server, remembered for requests that are sent again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::refusal::Refusal;
use crate::sync;

/// The number of guests above which the answers of silent ones are forgotten.
const MOST_GUESTS: usize = 1_000;

/// The time for which the answers of a silent guest are remembered at least: longer than a client
/// sends a request again.
const REMEMBERED: Duration = Duration::from_secs(600);

/// The answers of requests that may be sent again, by guest and number.
#[derive(Debug, Default)]
pub(super) struct Answers {
    known: Mutex<HashMap<String, OfGuest>>,
    changed: Condvar,
}

/// The answers of one guest; `None` for a request that is being carried out.
#[derive(Debug)]
struct OfGuest {
    used: Instant,
    answers: BTreeMap<u64, Option<Answered>>,
}

pub(super) type Answered = Result<Vec<u8>, Refusal>;

impl OfGuest {
    fn new() -> Self {
        Self { used: Instant::now(), answers: BTreeMap::new() }
    }
}

pub(super) enum Entered<'a> {
    Known(Answered),
    New(Entry<'a>),
}

/// A request that is being carried out. If it ends without an answer that lasts, the next one of
/// the same number is carried out instead.
pub(super) struct Entry<'a> {
    answers: &'a Answers,
    guest: &'a str,
    key: u64,
    answer: Option<Answered>,
}

impl Answers {
    /// Begins a request, after waiting for one of the same number. Forgets those below `settled`.
    pub(super) fn enter<'a>(&'a self, guest: &'a str, key: u64, settled: u64) -> Entered<'a> {
        let mut known = self.known();
        if known.len() > MOST_GUESTS {
            known.retain(|_, of_guest| of_guest.used.elapsed() < REMEMBERED);
        }
        loop {
            let of_guest = known.entry(guest.to_owned()).or_insert_with(OfGuest::new);
            of_guest.used = Instant::now();
            of_guest.answers = of_guest.answers.split_off(&settled.min(key));
            match of_guest.answers.get(&key) {
                None => {
                    of_guest.answers.insert(key, None);
                    return Entered::New(Entry { answers: self, guest, key, answer: None });
                }
                Some(Some(answer)) => return Entered::Known(answer.clone()),
                Some(None) => known = sync::wait(&self.changed, known),
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, OfGuest>> {
        sync::lock(&self.known)
    }
}

impl Entry<'_> {
    /// Keeps an answer, unless the same request may have another one later.
    pub(super) fn keep(mut self, answer: &Answered) {
        if !matches!(answer, Err(refusal) if refusal.is_transient()) {
            self.answer = Some(answer.clone());
        }
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let mut known = self.answers.known();
        let of_guest = known.entry(self.guest.to_owned()).or_insert_with(OfGuest::new);
        match self.answer.take() {
            Some(answer) => drop(of_guest.answers.insert(self.key, Some(answer))),
            None => drop(of_guest.answers.remove(&self.key)),
        }
        self.answers.changed.notify_all();
    }
}
