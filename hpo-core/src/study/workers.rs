//! Threads: the only place of the library that starts any.

/// Runs the same work on so many threads at once, and waits for all. One worker is the calling thread itself.
pub(super) fn run(workers: usize, work: &(dyn Fn() + Sync)) {
    if workers <= 1 {
        return work();
    }
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let thread = std::thread::Builder::new().name(format!("worker-{worker}"));
            // A thread that the system refuses leaves its share to the others; the first must be there.
            if let Err(error) = thread.spawn_scoped(scope, work) {
                tracing::warn!(%error, worker, "the system refused a thread");
                if worker == 0 {
                    return work();
                }
            }
        }
    });
}
