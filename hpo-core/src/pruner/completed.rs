//! Caches of what a pruner has computed from the ended trials.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::{ContextId, PruneContext};
use crate::trial::State;

/// A cache of the complete trials. Each trial is read once, in the order in which they ended. The
/// cache is reset when the context has another fold of trials.
pub(super) struct CompletedCache<T>(Mutex<CacheState<T>>);

struct CacheState<T> {
    context_id: Option<ContextId>,
    ended: usize,
    value: T,
}

impl<T: Default> CompletedCache<T> {
    /// Adds the trials that have ended since the last call, and passes the accumulated result to
    /// `read`.
    pub(super) fn with_value<A>(
        &self,
        context: PruneContext<'_>,
        mut add: impl FnMut(&mut T, u64),
        read: impl FnOnce(&T) -> A,
    ) -> A {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let context_id = Some(context.id());
        if cache.context_id != context_id {
            *cache = CacheState { context_id, ..CacheState::default() };
        }
        let ended = context.trials.finished();
        for number in &ended[cache.ended..] {
            if context.trials.state(*number) == Some(State::Complete) && context.counts(*number) {
                add(&mut cache.value, *number);
            }
        }
        cache.ended = ended.len();
        read(&cache.value)
    }
}

impl<T: Default> Default for CacheState<T> {
    fn default() -> Self {
        Self { context_id: None, ended: 0, value: T::default() }
    }
}

impl<T: Default> Default for CompletedCache<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// The contents are not printed, since they may be all reports of a study.
impl<T> fmt::Debug for CompletedCache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CompletedCache(..)")
    }
}

/// The length of a full trial: the last step of the first complete trial that has reports.
///
/// Optuna takes the furthest of the trials that are complete when it first asks. With one worker
/// that asks after each report, there is at most one such trial. The value used here is the same
/// for every worker, and after a restart.
#[derive(Debug, Default)]
pub(super) struct StepReached(CompletedCache<Option<u64>>);

impl StepReached {
    pub(super) fn last_step(&self, context: PruneContext<'_>) -> Option<u64> {
        let add = |value: &mut Option<u64>, number| {
            *value = value.or_else(|| context.last_report(number).map(|(step, _)| step));
        };
        self.0.with_value(context, add, |value| *value)
    }
}
