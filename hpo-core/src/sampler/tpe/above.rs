//! The density g(x) of the trials that are not good, kept from ask to ask.
//!
//! Every ended trial has a row, in the order in which they ended; the kernels of good ones are
//! removed for the time being. If there are very many trials, some are left out, by a hash of their
//! number, so that the cost of an ask is bounded. Running trials are added for one ask only.

use std::sync::Arc;

use super::column::ParamColumn;
use super::estimator::Estimator;
use super::kernel_settings::KernelSettings;
use super::split::RankedTrial;
use crate::numeric::mix;

/// The largest number of trials that are kept. Beyond it, every other one is left out.
const MOST: usize = 2000;

/// The number of latest trials with full weight.
const RECENT: usize = 25;

/// The trials that are not good.
#[derive(Debug)]
pub(super) struct Above {
    columns: Arc<[ParamColumn]>,
    settings: KernelSettings,
    density: Estimator,
    /// The row of each ended trial, in the order in which they ended; 0 if it was left out.
    rows: Vec<u32>,
    row_count: usize,
    aside: Vec<RankedTrial>,
    /// A trial is kept if at least this many trailing bits of its hash are zero.
    level: u32,
}

impl Above {
    pub(super) fn new(columns: &Arc<[ParamColumn]>, settings: KernelSettings) -> Self {
        let density = Estimator::new(columns, settings, false);
        Self {
            columns: Arc::clone(columns),
            settings,
            density,
            rows: Vec::new(),
            row_count: 0,
            aside: Vec::new(),
            level: 0,
        }
    }

    /// Adds an ended trial, set aside at first because it may be a good one. Returns `false` if
    /// there are now too many, and [`thin`](Self::thin) has to be called.
    pub(super) fn add(&mut self, ranked: RankedTrial) -> bool {
        if !self.keeps(ranked.number) {
            self.rows.push(0);
            return true;
        }
        self.rows.push(self.density.push() as u32);
        self.aside.push(ranked);
        self.row_count += 1;
        self.row_count <= MOST
    }

    /// Removes all trials, and keeps only half as many of those added from now on.
    pub(super) fn thin(&mut self) {
        let level = self.level + 1;
        *self = Self { level, ..Self::new(&self.columns, self.settings) };
    }

    fn keeps(&self, number: u64) -> bool {
        mix(number).trailing_zeros() >= self.level
    }

    /// Sets the good trials aside, and adds the others that were set aside before.
    pub(super) fn put_aside(
        &mut self,
        good: &[RankedTrial],
        point: impl Fn(&RankedTrial) -> Vec<f64>,
    ) {
        for back in self.aside.iter().filter(|ranked| !good.contains(ranked)) {
            if let Some(row) = self.row(back) {
                self.density.insert_kernel(row, &point(back));
            }
        }
        for good in good.iter().filter(|ranked| !self.aside.contains(ranked)) {
            if let Some(row) = self.row(good) {
                self.density.remove_kernel(row);
            }
        }
        self.aside.clear();
        self.aside.extend_from_slice(good);
    }

    fn row(&self, ranked: &RankedTrial) -> Option<usize> {
        let row = *self.rows.get(ranked.index as usize)?;
        (row > 0).then_some(row as usize)
    }

    /// Runs `work` on the density with additional trials at the points `pending`, which are removed
    /// afterwards.
    pub(super) fn with_pending<T>(
        &mut self,
        pending: &[&[f64]],
        work: impl FnOnce(&Estimator) -> T,
    ) -> T {
        for point in pending {
            let row = self.density.push();
            self.density.insert_kernel(row, point);
        }
        let count = self.density.len();
        self.density.weigh(self.settings.prior_weight, |index| by_age(index, count));
        let result = work(&self.density);
        for _ in pending {
            self.density.pop();
        }
        result
    }
}

/// Returns Optuna's weight of trial `index` of `count`: the latest 25 weigh 1, earlier ones
/// linearly less with age.
pub(super) fn by_age(index: usize, count: usize) -> f64 {
    let old = count.saturating_sub(RECENT);
    if index >= old {
        return 1.0;
    }
    let first = 1.0 / count as f64;
    if old == 1 { first } else { first + (1.0 - first) * index as f64 / (old - 1) as f64 }
}
