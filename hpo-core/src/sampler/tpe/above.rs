//! The density of the trials that are not good, kept from ask to ask.
//!
//! Every ended trial has a row, in the order of their ends; the rows of good ones are put aside. Of very many trials some are left
//! out, by a hash of their number, so that an ask costs the same for ever. Trials under way are added for one ask.

use std::sync::Arc;

use super::column::Column;
use super::estimator::Estimator;
use super::kernel_settings::KernelSettings;
use super::split::Ranked;
use crate::numeric::mix;

/// The most trials that are kept. From more, every other one is left out.
const MOST: usize = 2000;

/// Trials, the latest ones, that weigh the most.
const RECENT: usize = 25;

/// The trials that are not good.
#[derive(Debug)]
pub(super) struct Above {
    columns: Arc<[Column]>,
    shape: KernelSettings,
    density: Estimator,
    /// The row of each ended trial, by its place in the order of ends; 0 if it was left out.
    rows: Vec<u32>,
    kept: usize,
    aside: Vec<Ranked>,
    /// A trial is kept if so many bits of its hash are zero.
    level: u32,
}

impl Above {
    pub(super) fn new(columns: &Arc<[Column]>, shape: KernelSettings) -> Self {
        let density = Estimator::new(columns, shape, false);
        Self { columns: Arc::clone(columns), shape, density, rows: Vec::new(), kept: 0, aside: Vec::new(), level: 0 }
    }

    /// Adds an ended trial, aside for the time being, as it may be a good one; `false` if there are too many now, and
    /// [`thin`](Self::thin) is due.
    pub(super) fn add(&mut self, ranked: Ranked) -> bool {
        if !self.keeps(ranked.number) {
            self.rows.push(0);
            return true;
        }
        self.rows.push(self.density.push() as u32);
        self.aside.push(ranked);
        self.kept += 1;
        self.kept <= MOST
    }

    /// Forgets all trials, to keep half as many from now on.
    pub(super) fn thin(&mut self) {
        let level = self.level + 1;
        *self = Self { level, ..Self::new(&self.columns, self.shape) };
    }

    fn keeps(&self, number: u64) -> bool {
        mix(number).trailing_zeros() >= self.level
    }

    /// Puts these trials aside, and takes all others back.
    pub(super) fn put_aside(&mut self, good: &[Ranked], point: impl Fn(&Ranked) -> Vec<f64>) {
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

    fn row(&self, ranked: &Ranked) -> Option<usize> {
        let row = *self.rows.get(ranked.index as usize)?;
        (row > 0).then_some(row as usize)
    }

    /// The density with these points beside the others for a while.
    pub(super) fn with<T>(&mut self, lies: &[&[f64]], work: impl FnOnce(&Estimator) -> T) -> T {
        for point in lies {
            let row = self.density.push();
            self.density.insert_kernel(row, point);
        }
        let count = self.density.len();
        self.density.weigh(self.shape.prior_weight, |index| by_age(index, count));
        let done = work(&self.density);
        for _ in lies {
            self.density.pop();
        }
        done
    }
}

/// Optuna's weights of so many trials: the latest 25 weigh 1, those before less the older they are.
pub(super) fn by_age(index: usize, count: usize) -> f64 {
    let old = count.saturating_sub(RECENT);
    if index >= old {
        return 1.0;
    }
    let first = 1.0 / count as f64;
    if old == 1 { first } else { first + (1.0 - first) * index as f64 / (old - 1) as f64 }
}
