//! Fits that do not depend on each other, on several threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Returns `work(0)`, `work(1)`, .. up to `count`, in this order, computed by at most `workers`
/// threads; `None` where it panicked, as solvers do on data that they did not expect.
pub(crate) fn in_parallel<T: Send>(
    count: usize,
    workers: usize,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<Option<T>> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let run = || {
        while let Some(place) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|n| *n < count) {
            let result = catch_unwind(AssertUnwindSafe(|| work(place))).ok();
            found.lock().unwrap_or_else(PoisonError::into_inner).push((place, result));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..workers.min(count) {
            scope.spawn(run);
        }
        run();
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_and_a_panic_is_one_of_them() {
        let work = |place: usize| if place == 3 { panic!("no such fold") } else { place * place };
        for workers in [0, 1, 2, 9] {
            let results = in_parallel(5, workers, work);
            assert_eq!(results, [Some(0), Some(1), Some(4), None, Some(16)], "{workers}");
        }
        assert_eq!(in_parallel(0, 2, work), []);
    }
}
