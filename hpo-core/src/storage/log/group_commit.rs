//! Group commit: many threads, one write, one flush.
//!
//! Threads put their requests into a queue and sleep. One of them leads: it writes all that wait in one go, answers those
//! that need not wait for the disk, hands the lead on, and flushes for the others. So the next batch is written while one
//! is flushed. A leader whose own request need not last leaves the flush to the first of those whose requests must: who
//! asks for a trial never waits for the disk.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};

use super::request::{Answer, Request};
use crate::storage::{StorageError, io_error};

/// What came of a request, and how long the file was after its lines.
pub(in crate::storage) type Written = Result<(Answer, u64), StorageError>;

/// Where batches go.
pub(in crate::storage) trait CommitTarget {
    /// Writes a batch; one answer a request, in order.
    fn write(&self, batch: Vec<Request>) -> Vec<Written>;

    /// Waits until all that was written is on the disk, up to this end at least; how much of the file that is.
    fn flush(&self, end: u64) -> Result<u64, StorageError>;
}

/// The requests of all threads.
#[derive(Debug, Default)]
pub(in crate::storage) struct GroupCommit {
    writing: Mutex<Writing>,
    flushing: Mutex<Flushing>,
    flushed: Condvar,
    /// Whether the storage may go down while those who use it live on, and forget what it had not flushed: then what a trial
    /// begins with has to last as well.
    may_forget: bool,
}

#[derive(Debug, Default)]
struct Writing {
    waiting: Vec<(Arc<Waiter>, Request)>,
    led: bool,
}

#[derive(Debug, Default)]
struct Flushing {
    /// How much of the file is on the disk.
    to: u64,
    led: bool,
    /// A flush has failed: the system may have dropped what it was to write, and would not say so a second time. So all who come later get
    /// the same error.
    broken: Option<StorageError>,
}

/// A thread that waits for its answer.
#[derive(Debug)]
struct Waiter {
    thread: Thread,
    durable: bool,
    answer: Mutex<Option<Result<Answer, StorageError>>>,
    /// A flush that it is to do, for itself and others.
    duty: Mutex<Option<FlushTask>>,
}

/// Written requests that wait for the disk, and how much of the file must be on it.
#[derive(Debug)]
struct FlushTask {
    seats: Vec<Arc<Waiter>>,
    answers: Vec<Answer>,
    end: u64,
}

impl Waiter {
    fn answer(&self, answer: Result<Answer, StorageError>) {
        *locked(&self.answer) = Some(answer);
        self.thread.unpark();
    }
}

impl GroupCommit {
    /// The queue of a storage that may go down while those who use it live on.
    #[cfg(feature = "postgres")]
    pub(in crate::storage) fn of_a_server() -> Self {
        Self { may_forget: true, ..Self::default() }
    }

    /// Gets a request written, and flushed if it is to last, together with those of other threads.
    pub(in crate::storage) fn submit(
        &self,
        request: Request,
        disk: &impl CommitTarget,
    ) -> Result<Answer, StorageError> {
        let seat = Arc::new(Waiter {
            thread: thread::current(),
            durable: request.is_durable() || (self.may_forget && request.begins_trial()),
            answer: Mutex::default(),
            duty: Mutex::default(),
        });
        let mut writing = locked(&self.writing);
        writing.waiting.push((Arc::clone(&seat), request));
        loop {
            let waits = |waiting: &(Arc<Waiter>, Request)| Arc::ptr_eq(&waiting.0, &seat);
            if !writing.led && writing.waiting.iter().any(waits) {
                writing.led = true;
                let batch = std::mem::take(&mut writing.waiting);
                drop(writing);
                self.lead(&seat, batch, disk);
            } else {
                drop(writing);
                thread::park();
            }
            let duty = locked(&seat.duty).take();
            if let Some(duty) = duty {
                self.finish(duty, disk);
            }
            if let Some(answer) = locked(&seat.answer).take() {
                return answer;
            }
            writing = locked(&self.writing);
        }
    }

    fn lead(&self, own: &Waiter, batch: Vec<(Arc<Waiter>, Request)>, disk: &impl CommitTarget) {
        let (seats, requests): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let mut lead = Leader { queue: self, seats, leads: true };
        let mut lasting = Vec::new();
        let mut end = 0;
        for written in disk.write(requests).into_iter().rev() {
            let Some(seat) = lead.seats.pop() else { break };
            match written {
                Ok((answer, to)) if seat.durable => {
                    end = to.max(end);
                    lasting.push((seat, answer));
                }
                written => seat.answer(written.map(|(answer, _)| answer)),
            }
        }
        lead.hand_on();
        let (seats, answers): (Vec<_>, Vec<_>) = lasting.into_iter().unzip();
        let duty = FlushTask { seats, answers, end };
        match duty.seats.first().cloned() {
            Some(first) if !own.durable => {
                *locked(&first.duty) = Some(duty);
                first.thread.unpark();
            }
            _ => self.finish(duty, disk),
        }
    }

    /// Flushes, and answers those who waited for it.
    fn finish(&self, duty: FlushTask, disk: &impl CommitTarget) {
        let FlushTask { seats, answers, end } = duty;
        let mut lead = Leader { queue: self, seats, leads: false };
        let flushed = if lead.seats.is_empty() { Ok(()) } else { self.flush(end, disk) };
        for (seat, answer) in lead.seats.drain(..).zip(answers) {
            seat.answer(match &flushed {
                Ok(()) => Ok(answer),
                Err(error) => Err(error.clone()),
            });
        }
    }

    /// Waits until the file is on the disk up to `end`, by a flush of this thread or of another leader.
    fn flush(&self, end: u64, disk: &impl CommitTarget) -> Result<(), StorageError> {
        let mut flushing = locked(&self.flushing);
        loop {
            if flushing.to >= end {
                return Ok(());
            }
            if let Some(error) = &flushing.broken {
                return Err(error.clone());
            }
            if flushing.led {
                let woken = self.flushed.wait(flushing);
                flushing = woken.unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            flushing.led = true;
            drop(flushing);
            let flushed = disk.flush(end);
            flushing = locked(&self.flushing);
            flushing.led = false;
            self.flushed.notify_all();
            match flushed {
                // This leader's own lines were written before the flush began.
                Ok(to) => flushing.to = flushing.to.max(to).max(end),
                Err(error @ StorageError::Io { .. }) => flushing.broken = Some(error),
                // What was lost is known: the others ask for their own.
                Err(error) => return Err(error),
            }
        }
    }
}

/// The lead over a batch. Whatever becomes of the leader, nobody waits for ever.
#[derive(Debug)]
struct Leader<'a> {
    queue: &'a GroupCommit,
    seats: Vec<Arc<Waiter>>,
    leads: bool,
}

impl Leader<'_> {
    /// Lets the first of those that have come since lead the next batch.
    fn hand_on(&mut self) {
        if std::mem::take(&mut self.leads) {
            let mut writing = locked(&self.queue.writing);
            writing.led = false;
            if let Some((next, _)) = writing.waiting.first() {
                next.thread.unpark();
            }
        }
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        self.hand_on();
        for seat in self.seats.drain(..) {
            let panicked = std::io::Error::other("the thread that was writing has panicked");
            seat.answer(Err(io_error(&PathBuf::new(), "write", panicked)));
        }
    }
}

/// A thread that panicked held nothing half done: every change under these locks is a single step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk on which every flush fails, as one that has broken does.
    #[derive(Debug)]
    struct Broken;

    impl CommitTarget for Broken {
        fn write(&self, batch: Vec<Request>) -> Vec<Written> {
            batch.into_iter().map(|_| Ok((Answer::Done, 1))).collect()
        }

        fn flush(&self, _end: u64) -> Result<u64, StorageError> {
            // Input/output error.
            Err(io_error(&PathBuf::from("a.journal"), "flush to the disk", std::io::Error::from_raw_os_error(5)))
        }
    }

    #[test]
    fn every_request_after_a_failed_flush_gets_its_cause() {
        let queue = GroupCommit::default();
        let told: Vec<String> =
            (0..3).map(|_| queue.submit(Request::DeleteStudy { study: 0 }, &Broken).unwrap_err().to_string()).collect();
        let cause = std::io::Error::from_raw_os_error(5);
        assert_eq!(told[0], format!("a.journal: cannot flush to the disk: {cause}"));
        assert!(told.iter().all(|error| *error == told[0]), "{told:?}");
    }
}
