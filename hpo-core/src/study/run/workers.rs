//! Threads: the only place in the library that starts any.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::study::resources::WorkerResources;
use crate::sync::lock;

/// An action that is repeated at an interval beside the work, on its own thread.
pub(super) struct PeriodicTask<'a> {
    pub(super) interval: Duration,
    pub(super) action: &'a (dyn Fn() + Sync),
}

/// Does the work on the calling thread, with the heartbeat beside it.
pub(super) fn beside(task: Option<&PeriodicTask<'_>>, work: impl FnOnce()) {
    let Some(task) = task else {
        return work();
    };
    let end = WorkerEnd::default();
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("heartbeat".to_owned());
        if let Err(error) = thread.spawn_scoped(scope, || end.repeat_until_end(task)) {
            tracing::warn!(%error, "the system refused a thread for the heartbeat");
        }
        // The heartbeat must end even if the work panics.
        let _guard = FinishedWorker(&end);
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
    is_finished: Mutex<bool>,
    changed: Condvar,
}

impl WorkerEnd {
    fn repeat_until_end(&self, task: &PeriodicTask<'_>) {
        let mut is_finished = lock(&self.is_finished);
        loop {
            let waited =
                self.changed
                    .wait_timeout_while(is_finished, task.interval, |is_finished| !*is_finished);
            is_finished = waited.unwrap_or_else(PoisonError::into_inner).0;
            if *is_finished {
                return;
            }
            drop(is_finished);
            (task.action)();
            is_finished = lock(&self.is_finished);
        }
    }
}

struct FinishedWorker<'a>(&'a WorkerEnd);

impl Drop for FinishedWorker<'_> {
    fn drop(&mut self) {
        *lock(&self.0.is_finished) = true;
        self.0.changed.notify_all();
    }
}
