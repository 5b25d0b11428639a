//! Group commit: many threads, one write, one flush.
//!
//! Threads put their requests into a queue and sleep. One of them leads: it writes all waiting
//! requests at once, answers those that need not wait for the disk, hands the lead on, and flushes
//! for the others. So the next batch is written while one is flushed. A leader whose own request
//! need not be durable leaves the flush to the first thread whose request must be: a request for a
//! trial never waits for the disk.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, Thread};

use super::request::{Answer, Request};
use crate::storage::{StorageError, io_error};
use crate::sync::{lock, wait};

/// The answer to a request, and the length of the file after its lines, in bytes.
pub(in crate::storage) type Written = Result<(Answer, u64), StorageError>;

/// The destination of batches.
pub(in crate::storage) trait CommitTarget {
    /// Writes a batch. Returns one answer per request, in order.
    fn write(&self, batch: Vec<Request>) -> Vec<Written>;

    /// Waits until all written bytes are on the disk, at least up to `end`. Returns the length of
    /// the file that is on the disk.
    fn flush(&self, end: u64) -> Result<u64, StorageError>;
}

/// The queue of the requests of all threads.
#[derive(Debug, Default)]
pub(in crate::storage) struct GroupCommit {
    writing: Mutex<Writing>,
    flushing: Mutex<Flushing>,
    flushed: Condvar,
    /// True if the storage may crash while its clients live on, and forget what it had not flushed.
    /// Then the start of a trial must be durable as well.
    may_forget: bool,
}

#[derive(Debug, Default)]
struct Writing {
    waiting: Vec<(Arc<Waiter>, Request)>,
    has_leader: bool,
}

#[derive(Debug, Default)]
struct Flushing {
    /// The length of the file that is on the disk, in bytes.
    to: u64,
    has_leader: bool,
    /// The error of a failed flush. The system may have dropped the data, and would not report it a
    /// second time, so all later requests get the same error.
    broken: Option<StorageError>,
}

/// A thread that waits for its answer.
#[derive(Debug)]
struct Waiter {
    thread: Thread,
    durable: bool,
    answer: Mutex<Option<Result<Answer, StorageError>>>,
    /// A flush that the thread must do, for itself and others.
    flush_task: Mutex<Option<FlushTask>>,
}

/// Written requests that wait for the disk, up to byte `end` of the file.
#[derive(Debug)]
struct FlushTask {
    waiters: Vec<Arc<Waiter>>,
    answers: Vec<Answer>,
    end: u64,
}

impl Waiter {
    fn answer(&self, answer: Result<Answer, StorageError>) {
        *lock(&self.answer) = Some(answer);
        self.thread.unpark();
    }
}

impl GroupCommit {
    /// Creates the queue of a storage that may crash while its clients live on.
    #[cfg(feature = "postgres")]
    pub(in crate::storage) fn of_a_server() -> Self {
        Self { may_forget: true, ..Self::default() }
    }

    /// Writes a request, and flushes it if it must be durable, together with those of other
    /// threads.
    pub(in crate::storage) fn submit(
        &self,
        request: Request,
        disk: &impl CommitTarget,
    ) -> Result<Answer, StorageError> {
        let waiter = Arc::new(Waiter {
            thread: thread::current(),
            durable: request.is_durable() || (self.may_forget && request.begins_trial()),
            answer: Mutex::default(),
            flush_task: Mutex::default(),
        });
        let mut writing = lock(&self.writing);
        writing.waiting.push((Arc::clone(&waiter), request));
        loop {
            let waits = |waiting: &(Arc<Waiter>, Request)| Arc::ptr_eq(&waiting.0, &waiter);
            if !writing.has_leader && writing.waiting.iter().any(waits) {
                writing.has_leader = true;
                let batch = std::mem::take(&mut writing.waiting);
                drop(writing);
                self.lead(&waiter, batch, disk);
            } else {
                drop(writing);
                thread::park();
            }
            let flush_task = lock(&waiter.flush_task).take();
            if let Some(flush_task) = flush_task {
                self.finish(flush_task, disk);
            }
            if let Some(answer) = lock(&waiter.answer).take() {
                return answer;
            }
            writing = lock(&self.writing);
        }
    }

    fn lead(&self, own: &Waiter, batch: Vec<(Arc<Waiter>, Request)>, disk: &impl CommitTarget) {
        let (waiters, requests): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let mut lead = Leader { queue: self, waiters, is_leading: true };
        let mut durable = Vec::new();
        let mut end = 0;
        for written in disk.write(requests).into_iter().rev() {
            let Some(waiter) = lead.waiters.pop() else { break };
            match written {
                Ok((answer, to)) if waiter.durable => {
                    end = to.max(end);
                    durable.push((waiter, answer));
                }
                written => waiter.answer(written.map(|(answer, _)| answer)),
            }
        }
        lead.hand_over();
        let (waiters, answers): (Vec<_>, Vec<_>) = durable.into_iter().unzip();
        let flush_task = FlushTask { waiters, answers, end };
        match flush_task.waiters.first().cloned() {
            Some(first) if !own.durable => {
                *lock(&first.flush_task) = Some(flush_task);
                first.thread.unpark();
            }
            _ => self.finish(flush_task, disk),
        }
    }

    /// Flushes, and answers the threads that waited for it.
    fn finish(&self, flush_task: FlushTask, disk: &impl CommitTarget) {
        let FlushTask { waiters, answers, end } = flush_task;
        let mut lead = Leader { queue: self, waiters, is_leading: false };
        let flushed = if lead.waiters.is_empty() { Ok(()) } else { self.flush(end, disk) };
        for (waiter, answer) in lead.waiters.drain(..).zip(answers) {
            waiter.answer(match &flushed {
                Ok(()) => Ok(answer),
                Err(error) => Err(error.clone()),
            });
        }
    }

    /// Waits until the file is on the disk up to `end`, by a flush of this thread or of another
    /// leader.
    fn flush(&self, end: u64, disk: &impl CommitTarget) -> Result<(), StorageError> {
        let mut flushing = lock(&self.flushing);
        loop {
            if flushing.to >= end {
                return Ok(());
            }
            if let Some(error) = &flushing.broken {
                return Err(error.clone());
            }
            if flushing.has_leader {
                flushing = wait(&self.flushed, flushing);
                continue;
            }
            flushing.has_leader = true;
            drop(flushing);
            let flushed = disk.flush(end);
            flushing = lock(&self.flushing);
            flushing.has_leader = false;
            self.flushed.notify_all();
            match flushed {
                // This leader's own lines were written before the flush began.
                Ok(to) => flushing.to = flushing.to.max(to).max(end),
                Err(error @ StorageError::Io { .. }) => flushing.broken = Some(error),
                // A lost file is detected without this flush: the other threads do their own.
                Err(error) => return Err(error),
            }
        }
    }
}

/// The lead over a batch. If the leader panics, its drop answers all who wait.
#[derive(Debug)]
struct Leader<'a> {
    queue: &'a GroupCommit,
    waiters: Vec<Arc<Waiter>>,
    is_leading: bool,
}

impl Leader<'_> {
    /// Wakes the first thread that has queued since, to lead the next batch.
    fn hand_over(&mut self) {
        if std::mem::take(&mut self.is_leading) {
            let mut writing = lock(&self.queue.writing);
            writing.has_leader = false;
            if let Some((next, _)) = writing.waiting.first() {
                next.thread.unpark();
            }
        }
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        self.hand_over();
        for waiter in self.waiters.drain(..) {
            let panicked = std::io::Error::other("the thread that was writing has panicked");
            waiter.answer(Err(io_error(&PathBuf::new(), "write", panicked)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk on which every flush fails, like a broken one.
    #[derive(Debug)]
    struct Broken;

    impl CommitTarget for Broken {
        fn write(&self, batch: Vec<Request>) -> Vec<Written> {
            batch.into_iter().map(|_| Ok((Answer::Done, 1))).collect()
        }

        fn flush(&self, _end: u64) -> Result<u64, StorageError> {
            // EIO, the error of a broken disk.
            Err(io_error(
                &PathBuf::from("a.journal"),
                "flush to the disk",
                std::io::Error::from_raw_os_error(5),
            ))
        }
    }

    #[test]
    fn every_request_after_a_failed_flush_gets_its_cause() {
        let queue = GroupCommit::default();
        let errors: Vec<String> = (0..3)
            .map(|_| {
                queue.submit(Request::DeleteStudy { study: 0 }, &Broken).unwrap_err().to_string()
            })
            .collect();
        let cause = std::io::Error::from_raw_os_error(5);
        assert_eq!(errors[0], format!("a.journal: cannot flush to the disk: {cause}"));
        assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
    }
}
