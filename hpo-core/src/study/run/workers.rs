//! Threads: the only place of the library that starts any.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::study::resources::Share;

/// What is done now and then beside the work, on a thread of its own.
pub(super) struct Heartbeat<'a> {
    pub(super) interval: Duration,
    pub(super) beat: &'a (dyn Fn() + Sync),
}

/// Does the work on the calling thread, and beats beside it.
pub(super) fn beside(heartbeat: Option<&Heartbeat<'_>>, work: impl FnOnce()) {
    let Some(heartbeat) = heartbeat else {
        return work();
    };
    let end = End::default();
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("heartbeat".to_owned());
        if let Err(error) = thread.spawn_scoped(scope, || end.beat_until(heartbeat)) {
            tracing::warn!(%error, "the system refused a thread for the heartbeat");
        }
        // However the work ends.
        let _told = Told(&end);
        work();
    });
}

/// Runs the same work on a thread for each share at once, and waits for all. A single worker is the calling thread itself.
pub(super) fn side_by_side(shares: &[Share], work: &(dyn Fn(&Share) + Sync)) {
    if let [share] = shares {
        return work(share);
    }
    std::thread::scope(|scope| {
        for share in shares {
            let worker = share.worker;
            let thread = std::thread::Builder::new().name(format!("worker-{worker}"));
            // A thread that the system refuses leaves its share to the others; the first must be there.
            if let Err(error) = thread.spawn_scoped(scope, || work(share)) {
                tracing::warn!(%error, worker, "the system refused a thread");
                if worker == 0 {
                    return work(share);
                }
            }
        }
    });
}

/// The end of the work, which the heartbeat waits for.
#[derive(Default)]
struct End {
    has_come: Mutex<bool>,
    told: Condvar,
}

impl End {
    fn beat_until(&self, heartbeat: &Heartbeat<'_>) {
        let mut has_come = self.has_come.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let waited = self.told.wait_timeout_while(has_come, heartbeat.interval, |has_come| !*has_come);
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

struct Told<'a>(&'a End);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        *self.0.has_come.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.told.notify_all();
    }
}
