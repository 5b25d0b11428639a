//! The state of a running search, which its parts share.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hpo_core::Study;
use hpo_core::study::{Parallel, Watch};

use super::folds::OutOfFold;
use super::{Phase, SearchProgress, TableSearch};
use crate::learner::TableEstimator;
use crate::table_metric::TableMetric;
use crate::training::TrainingTable;

/// A search over a table that is running.
pub(super) struct Running<'a, E: TableEstimator> {
    pub(super) settings: &'a TableSearch,
    pub(super) table: &'a TrainingTable,
    pub(super) metric: TableMetric,
    pub(super) clock: Clock,
    pub(super) study: Study<E, Parallel>,
    /// The out-of-fold predictions of complete trials, by their numbers.
    pub(super) out_of_fold: Mutex<BTreeMap<u64, OutOfFold>>,
    /// Catches Ctrl-C from the first trial to the fit to all rows.
    pub(super) watch: Watch,
    pub(super) best: Mutex<Option<(f64, &'static str)>>,
}

/// The parts of the time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub(super) started: Instant,
    pub(super) limit: Option<Duration>,
}

/// The share of the time in which configs are tried.
pub(super) const SEARCH_SHARE: f64 = 0.72;

/// The share of the time after which finalists are no longer measured; the rest is for the fit to
/// all rows.
const FINALISTS_SHARE: f64 = 0.92;

impl Clock {
    pub(super) fn at(&self, share: f64) -> Option<Duration> {
        self.limit.map(|limit| limit.mul_f64(share))
    }

    pub(super) fn is_past(&self, share: f64) -> bool {
        self.at(share).is_some_and(|limit| self.started.elapsed() >= limit)
    }

    /// Returns true if the finalists have to be chosen now, given the expected time of the fit to
    /// all rows.
    pub(super) fn is_late(&self, refit: Duration) -> bool {
        let is_short = |limit: Duration| self.started.elapsed() + refit >= limit;
        self.is_past(FINALISTS_SHARE) || self.limit.is_some_and(is_short)
    }
}

impl<E: TableEstimator> Running<'_, E> {
    pub(super) fn out_of_fold(&self) -> MutexGuard<'_, BTreeMap<u64, OutOfFold>> {
        self.out_of_fold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note(&self, score: f64, name: &'static str) {
        let mut best = self.best.lock().unwrap_or_else(PoisonError::into_inner);
        if best.is_none_or(|(best, _)| self.metric.is_better(score, best)) {
            *best = Some((score, name));
        }
    }

    pub(super) fn notify(&self, phase: Phase, trials: u64) {
        if let Some(progress) = &self.settings.progress {
            let best = *self.best.lock().unwrap_or_else(PoisonError::into_inner);
            let elapsed = self.clock.started.elapsed();
            progress(&SearchProgress { phase, trials, best, elapsed });
        }
    }
}
