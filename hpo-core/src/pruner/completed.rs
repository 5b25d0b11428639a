//! Caches of what a pruner has computed from the ended trials.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::{ContextId, PruneContext};
use crate::trial::State;

/// A cache of the complete trials. Each trial is read once, in the order in which they ended. The
/// cache is reset when the context has another fold of trials.
pub(super) struct Complete<T>(Mutex<Read<T>>);

struct Read<T> {
    of: Option<ContextId>,
    ended: usize,
    found: T,
}

impl<T: Default> Complete<T> {
    /// Adds the trials that have ended since the last call, and passes the accumulated result to
    /// `look`.
    pub(super) fn look<A>(
        &self,
        context: PruneContext<'_>,
        mut add: impl FnMut(&mut T, u64),
        look: impl FnOnce(&T) -> A,
    ) -> A {
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = Some(context.id());
        if read.of != of {
            *read = Read { of, ..Read::default() };
        }
        let ended = context.trials.finished();
        for number in &ended[read.ended..] {
            if context.trials.state(*number) == Some(State::Complete) && context.counts(*number) {
                add(&mut read.found, *number);
            }
        }
        read.ended = ended.len();
        look(&read.found)
    }
}

impl<T: Default> Default for Read<T> {
    fn default() -> Self {
        Self { of: None, ended: 0, found: T::default() }
    }
}

impl<T: Default> Default for Complete<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// The contents are not printed, since they may be all reports of a study.
impl<T> fmt::Debug for Complete<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Complete(..)")
    }
}

/// The length of a full trial: the last step of the first complete trial that has reports.
///
/// Optuna takes the furthest of the trials that are complete when it first asks. With one worker
/// that asks after each report, there is at most one such trial. The value used here is the same
/// for every worker, and after a restart.
#[derive(Debug, Default)]
pub(super) struct StepReached(Complete<Option<u64>>);

impl StepReached {
    pub(super) fn last_step(&self, context: PruneContext<'_>) -> Option<u64> {
        let add = |found: &mut Option<u64>, number| {
            *found = found.or_else(|| context.last_report(number).map(|(step, _)| step));
        };
        self.0.look(context, add, |found| *found)
    }
}
