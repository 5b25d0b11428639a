//! The fold of a study whose lines a server sends.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, RwLock};

use super::wire::PageHead;
use crate::storage::StorageError;
use crate::storage::log::{Change, StudyLog, read};
use crate::sync;
use crate::trial::Trials;

/// A study of a server, folded up to a point of its lines.
#[derive(Debug)]
pub(super) struct Followed {
    study: u64,
    log: RwLock<StudyLog>,
    /// The point up to which lines are folded. Locked while lines are fetched.
    point: Mutex<Point>,
    /// The number of fetches that have begun.
    begun: AtomicU64,
}

#[derive(Debug, Default)]
struct Point {
    epoch: String,
    after: usize,
    /// The number of the last fetch that has ended.
    ended: u64,
}

/// The requests of this client that wait for an answer, and what was found of them in the log.
#[derive(Debug, Default)]
pub(super) struct Notes(Mutex<Pending>);

#[derive(Debug, Default)]
struct Pending {
    keys: BTreeSet<u64>,
    found: HashMap<u64, Noted>,
    last: u64,
}

/// The lines of a request that were read. A crash may have torn its lines, so each kind counts by
/// itself: the parameters of a trial are complete with the line of what its sampler had seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Noted {
    /// The first trial that the request created.
    pub(super) created: Option<u64>,
    /// The trial whose state it changed.
    pub(super) moved: Option<u64>,
    /// True if it completed the parameters of a trial.
    pub(super) has_sampled: bool,
    /// True if it made any other change.
    pub(super) has_changed: bool,
}

impl Noted {
    fn add(&mut self, number: u64, change: &Change<'_>) {
        match change {
            Change::CreateTrial { .. } => drop(self.created.get_or_insert(number)),
            Change::State { .. } => self.moved = Some(number),
            Change::Seen { .. } => self.has_sampled = true,
            _ => self.has_changed = true,
        }
    }
}

impl Followed {
    pub(super) fn new(study: u64) -> Self {
        Self {
            study,
            log: RwLock::new(StudyLog::new(study, 1, &[])),
            point: Mutex::default(),
            begun: AtomicU64::new(0),
        }
    }

    /// Passes the fold to `look`.
    pub(super) fn read<T>(&self, look: impl FnOnce(&StudyLog) -> T) -> T {
        look(&sync::read(&self.log))
    }

    /// Passes the fold to `change`.
    pub(super) fn change(&self, change: &mut dyn FnMut(&mut StudyLog)) {
        change(&mut sync::write(&self.log));
    }

    /// Folds all lines that the server had when this was called. Threads that wait for each other
    /// share a fetch.
    pub(super) fn refresh(
        &self,
        guest: &str,
        notes: &Notes,
        mut page: impl FnMut(&str, usize) -> Result<Vec<u8>, StorageError>,
    ) -> Result<(), StorageError> {
        let before = self.begun.load(Ordering::Acquire);
        let mut point = sync::lock(&self.point);
        if point.ended > before {
            return Ok(());
        }
        let fetch = self.begun.fetch_add(1, Ordering::AcqRel) + 1;
        loop {
            let page = page(&point.epoch, point.after)?;
            let mut log = sync::write(&self.log);
            let fold = |log: &mut StudyLog, lines: &[u8]| {
                let mut note = |worker: &str, number, change: &Change<'_>| {
                    notes.note(guest, worker, |noted| noted.add(number, change));
                };
                fold(log, lines, &mut note, &mut |_| ())
            };
            if !self.turn_page(&mut point, &mut log, &page, fold)? {
                break;
            }
        }
        point.ended = fetch;
        Ok(())
    }

    /// Folds all lines from the first, and passes the trials to `visit` after each.
    pub(super) fn replay(
        &self,
        visit: &mut dyn FnMut(&Trials),
        mut page: impl FnMut(&str, usize) -> Result<Vec<u8>, StorageError>,
    ) -> Result<(), StorageError> {
        let mut point = sync::lock(&self.point);
        let mut log = sync::write(&self.log);
        loop {
            let page = page(&point.epoch, point.after)?;
            let is_more = self.turn_page(&mut point, &mut log, &page, |log, lines| {
                fold(log, lines, &mut |_, _, _| (), visit)
            })?;
            if !is_more {
                return Ok(());
            }
        }
    }

    /// Folds the lines of a page. Returns true if there are more pages.
    fn turn_page(
        &self,
        point: &mut Point,
        log: &mut StudyLog,
        page: &[u8],
        fold: impl FnOnce(&mut StudyLog, &[u8]) -> Result<(), String>,
    ) -> Result<bool, StorageError> {
        let end = page.iter().position(|byte| *byte == b'\n').unwrap_or(page.len());
        let (head, lines) = page.split_at(end);
        let damaged = |problem: String| StorageError::CorruptRow {
            // The client knows it.
            location: String::new(),
            table: "lines of the server",
            row: self.study.cast_signed(),
            reason: problem,
        };
        let head: PageHead = serde_json::from_slice(head)
            .map_err(|error| damaged(format!("the page has no head: {error}")))?;
        if head.epoch != point.epoch {
            // Parameters keep their numbers.
            let declared = log.trials.declared().to_vec();
            *log = StudyLog::new(self.study, head.objectives, &declared);
            point.epoch.clone_from(&head.epoch);
        }
        let folded = fold(log, lines.get(1..).unwrap_or_default());
        if folded.is_err() {
            // The next reader starts from the beginning.
            point.epoch.clear();
        }
        folded.map_err(damaged)?;
        point.after = head.next;
        Ok(head.more)
    }
}

/// Folds lines. Passes the worker and the change of each to `note`, and the trials to `visit`.
fn fold(
    log: &mut StudyLog,
    lines: &[u8],
    note: &mut dyn FnMut(&str, u64, &Change<'_>),
    visit: &mut dyn FnMut(&Trials),
) -> Result<(), String> {
    for line in lines.split(|byte| *byte == b'\n') {
        read(line, |record| {
            let (worker, next) = (record.worker, log.trials.len());
            let is_new = matches!(record.change, Change::CreateTrial { .. });
            let number = if is_new { Some(next) } else { record.change.trial() };
            let Some(number) = number else { return Ok(()) };
            note(&worker, number, &record.change);
            match record.change {
                Change::CreateTrial { started, template, .. } => {
                    log.create(&worker, next, started, template.map(|template| *template))?;
                }
                change => log.apply(&worker, number, change)?,
            }
            visit(&log.trials);
            Ok(())
        })?;
    }
    Ok(())
}

impl Notes {
    /// Returns the number of a new request, and begins to look for its lines. Both happen under one
    /// lock: otherwise a request of a higher number could declare this one answered.
    pub(super) fn begin(&self) -> u64 {
        let mut pending = self.pending();
        pending.last += 1;
        let key = pending.last;
        pending.keys.insert(key);
        key
    }

    /// Returns the number below which all requests have been answered.
    pub(super) fn first_pending(&self) -> u64 {
        let pending = self.pending();
        pending.keys.first().copied().unwrap_or(pending.last)
    }

    /// Returns what a request did, if its lines were read while it had no answer.
    pub(super) fn found(&self, key: u64) -> Option<Noted> {
        self.pending().found.get(&key).copied()
    }

    /// Forgets a request that has been answered.
    pub(super) fn end(&self, key: u64) {
        let mut pending = self.pending();
        pending.keys.remove(&key);
        pending.found.remove(&key);
    }

    fn note(&self, guest: &str, worker: &str, add: impl FnOnce(&mut Noted)) {
        let own = worker.strip_prefix(guest).and_then(|rest| rest.strip_prefix(':'));
        let Some(key) = own.and_then(|key| key.parse().ok()) else { return };
        let mut pending = self.pending();
        if pending.keys.contains(&key) {
            add(pending.found.entry(key).or_default());
        }
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        sync::lock(&self.0)
    }
}
