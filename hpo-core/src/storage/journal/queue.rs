//! Group commit: many threads, one write, one flush.
//!
//! Threads put their requests into a queue. One of them leads: it writes all that wait in one go while the others sleep.
//! Flushing to the disk is a second stage, so that requests that need not wait for the disk never do, and while one batch
//! is flushed the next one is written. Whoever waits for a flush that another thread is doing gets the next.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::request::{Answer, Request};
use crate::storage::StorageError;

/// What came of a request, and how long the file was after its lines.
pub(super) type Written = Result<(Answer, u64), StorageError>;

/// The two stages.
#[derive(Debug, Default)]
pub(super) struct Queue {
    writing: Mutex<Writing>,
    written: Condvar,
    flushing: Mutex<Flushing>,
    flushed: Condvar,
}

#[derive(Debug, Default)]
struct Writing {
    waiting: Vec<(u64, Request)>,
    answers: HashMap<u64, Written>,
    next: u64,
    led: bool,
}

#[derive(Debug, Default)]
struct Flushing {
    /// How much of the file is on the disk.
    to: u64,
    led: bool,
    /// A flush has failed: the system may have dropped what it was to write, and would not say so a second time.
    broken: Option<std::io::ErrorKind>,
}

impl Queue {
    /// Gets a request written by `write`, together with those of other threads.
    pub(super) fn submit(&self, request: Request, write: impl Fn(Vec<Request>) -> Vec<Written>) -> Written {
        let mut writing = locked(&self.writing);
        let ticket = writing.next;
        writing.next += 1;
        writing.waiting.push((ticket, request));
        loop {
            if let Some(answer) = writing.answers.remove(&ticket) {
                return answer;
            }
            if writing.led {
                writing = wait(&self.written, writing);
                continue;
            }
            writing.led = true;
            let (tickets, requests) = std::mem::take(&mut writing.waiting).into_iter().unzip();
            drop(writing);
            let mut lead = Lead { queue: self, tickets, answers: Vec::new() };
            lead.answers = write(requests);
            drop(lead);
            writing = locked(&self.writing);
        }
    }

    /// Waits until the file is on the disk up to `end`; `flush` flushes all of it and says how much that was.
    pub(super) fn flush(
        &self,
        end: u64,
        flush: impl Fn() -> Result<u64, StorageError>,
        broken: impl Fn(std::io::ErrorKind) -> StorageError,
    ) -> Result<(), StorageError> {
        let mut flushing = locked(&self.flushing);
        loop {
            if flushing.to >= end {
                return Ok(());
            }
            if let Some(kind) = flushing.broken {
                return Err(broken(kind));
            }
            if flushing.led {
                flushing = wait(&self.flushed, flushing);
                continue;
            }
            flushing.led = true;
            drop(flushing);
            let flushed = flush();
            flushing = locked(&self.flushing);
            flushing.led = false;
            match flushed {
                // This thread's own lines were written before the flush began.
                Ok(to) => flushing.to = flushing.to.max(to).max(end),
                Err(StorageError::Io { source, .. }) => flushing.broken = Some(source.kind()),
                Err(_) => flushing.broken = Some(std::io::ErrorKind::Other),
            }
            self.flushed.notify_all();
        }
    }
}

/// A batch in the hands of its leader. Whatever becomes of the leader, nobody waits for ever.
#[derive(Debug)]
struct Lead<'a> {
    queue: &'a Queue,
    tickets: Vec<u64>,
    answers: Vec<Written>,
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        let panicked = || {
            Err(StorageError::Io {
                path: std::path::PathBuf::new(),
                action: "write",
                source: std::io::Error::other("the thread that was writing has panicked"),
            })
        };
        let answers = self.answers.drain(..).chain(std::iter::repeat_with(panicked));
        let mut writing = locked(&self.queue.writing);
        writing.answers.extend(self.tickets.drain(..).zip(answers));
        writing.led = false;
        self.queue.written.notify_all();
    }
}

/// A thread that panicked held nothing half done: every change under these locks is a single step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait<'a, T>(condvar: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
}
