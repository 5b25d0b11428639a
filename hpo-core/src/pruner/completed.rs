//! Caches of what a pruner has computed from the ended trials.

use super::{ContextId, PruneContext};
use crate::trial::{HistoryCache, State};

/// A cache of the complete trials.
pub(super) type CompletedCache<T> = HistoryCache<ContextId, T>;

/// Adds the complete trials that have ended since the last call, in the order in which they ended,
/// and passes the accumulated result to `read`.
pub(super) fn with_completed<T: Default, A>(
    cache: &CompletedCache<T>,
    context: PruneContext<'_>,
    mut add: impl FnMut(&mut T, u64),
    read: impl FnOnce(&T) -> A,
) -> A {
    let add = |value: &mut T, number: &u64| {
        if context.trials.state(*number) == Some(State::Complete) && context.counts(*number) {
            add(value, *number);
        }
    };
    let ended = context.trials.finished();
    cache.fold(context.id(), ended, T::default, add, |value| read(value))
}

/// The length of a full trial: the last step of the first complete trial that has reports.
///
/// Optuna takes the furthest of the trials that are complete when it first asks. With one worker
/// that asks after each report, there is at most one such trial. The value used here is the same
/// for every worker, and after a restart.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct StepReached(CompletedCache<Option<u64>>);

impl StepReached {
    pub(super) fn last_step(&self, context: PruneContext<'_>) -> Option<u64> {
        let add = |value: &mut Option<u64>, number| {
            *value = value.or_else(|| context.last_report(number).map(|(step, _)| step));
        };
        with_completed(&self.0, context, add, |value| *value)
    }
}
