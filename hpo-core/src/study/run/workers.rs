//! Threads: the only place in the library that starts any.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::study::resources::WorkerResources;

/// An action that is repeated at an interval beside the work, on its own thread.
pub(super) struct Heartbeat<'a> {
    pub(super) interval: Duration,
    pub(super) beat: &'a (dyn Fn() + Sync),
}

/// Does the work on the calling thread, with the heartbeat beside it.
pub(super) fn beside(heartbeat: Option<&Heartbeat<'_>>, work: impl FnOnce()) {
    let Some(heartbeat) = heartbeat else {
        return work();
    };
    let end = WorkerEnd::default();
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("heartbeat".to_owned());
        if let Err(error) = thread.spawn_scoped(scope, || end.beat_until(heartbeat)) {
            tracing::warn!(%error, "the system refused a thread for the heartbeat");
        }
        // The heartbeat must end even if the work panics.
        let _told = FinishedWorker(&end);
        work();
    });
}

/// Runs the same work on one thread per share at once, and waits for all. A single worker runs on
/// the calling thread.
pub(super) fn side_by_side(shares: &[WorkerResources], work: &(dyn Fn(&WorkerResources) + Sync)) {
    if let [share] = shares {
        return work(share);
    }
    std::thread::scope(|scope| {
        for share in shares {
            let worker = share.worker;
            let thread = std::thread::Builder::new().name(format!("worker-{worker}"));
            // If the system refuses a thread, the others do its work; the first one must exist.
            if let Err(error) = thread.spawn_scoped(scope, || work(share)) {
                tracing::warn!(%error, worker, "the system refused a thread");
                if worker == 0 {
                    return work(share);
                }
            }
        }
    });
}

/// The end of the work, for which the heartbeat waits.
#[derive(Default)]
struct WorkerEnd {
    has_come: Mutex<bool>,
    told: Condvar,
}

impl WorkerEnd {
    fn beat_until(&self, heartbeat: &Heartbeat<'_>) {
        let mut has_come = self.has_come.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let waited =
                self.told.wait_timeout_while(has_come, heartbeat.interval, |has_come| !*has_come);
            has_come = waited.unwrap_or_else(PoisonError::into_inner).0;
            if *has_come {
                return;
            }
            drop(has_come);
            (heartbeat.beat)();
            has_come = self.has_come.lock().unwrap_or_else(PoisonError::into_inner);
        }
    }
}

struct FinishedWorker<'a>(&'a WorkerEnd);

impl Drop for FinishedWorker<'_> {
    fn drop(&mut self) {
        *self.0.has_come.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.told.notify_all();
    }
}
