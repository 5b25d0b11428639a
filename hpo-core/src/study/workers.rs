//! Threads: the only place of the library that starts any.

use super::resources::Share;

/// Runs the same work on a thread for each share at once, and waits for all. A single worker is the calling thread itself.
pub(super) fn run(shares: &[Share], work: &(dyn Fn(&Share) + Sync)) {
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
