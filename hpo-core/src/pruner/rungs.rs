//! Rungs as integer steps, and the ranking of trials at each rung.
//!
//! Steps are computed by repeated multiplication, because a logarithm in floating point loses the
//! top rung at exact powers.

use std::collections::HashMap;

use super::settings::refuse;
use super::{ContextId, PruneContext};
use crate::setting::SettingError;
use crate::trial::{Direction, HistoryCache, RungEntry};

/// Returns the step `min * factor^exponent`; `None` if it exceeds `u64`.
#[must_use]
pub fn rung_step(min: u64, factor: u64, exponent: u32) -> Option<u64> {
    factor.checked_pow(exponent)?.checked_mul(min)
}

/// Checks the settings that all ladders share: a factor of at least 2, and a first step from 1 to
/// the last one.
pub(super) fn check_rung_settings(
    pruner: &'static str,
    min: u64,
    max: u64,
    factor: u64,
) -> Result<(), SettingError> {
    if factor < 2 {
        return refuse(
            pruner,
            "factor",
            format!("is {factor}, and one trial in `factor` is promoted: write at least 2"),
        );
    }
    if max == 0 {
        return refuse(pruner, "max_resource", "is 0: a full training has at least 1 step");
    }
    if min == 0 {
        return refuse(pruner, "min_resource", "is 0: the shortest round has at least 1 step");
    }
    if min > max {
        return refuse(
            pruner,
            "min_resource",
            format!("is {min}, more than the {max} of max_resource"),
        );
    }
    Ok(())
}

/// The values recorded at each rung, best first. This is a cache of
/// [`Trials::rungs`](crate::trial::Trials::rungs): each call reads only the new entries. Its key is
/// the context and the study's name, on which cohorts may depend.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RungTable(HistoryCache<(ContextId, String), Rungs>);

/// The results by cohort and rung.
type Rungs = HashMap<(u32, u32), RungResults>;

/// The values at one rung of one cohort.
#[derive(Debug, Default)]
pub struct RungResults {
    ranked: Vec<(f64, u64)>,
    values: HashMap<u64, f64>,
}

impl RungTable {
    /// Passes the results at a rung of a cohort to `look`. A cohort is a set of trials that are
    /// compared only with each other; `cohort_of` returns the cohort of a trial by its number.
    pub fn look<T>(
        &self,
        context: PruneContext<'_>,
        cohort_of: impl Fn(u64) -> u32,
        (cohort, rung): (u32, u32),
        look: impl FnOnce(&RungResults) -> T,
    ) -> T {
        let add = |rungs: &mut Rungs, entry: &RungEntry| {
            if context.counts(entry.number) {
                let results = rungs.entry((cohort_of(entry.number), entry.rung)).or_default();
                results.insert(context.direction, *entry);
            }
        };
        let key = (context.id(), context.study.to_owned());
        self.0.fold(key, context.trials.rungs(), Rungs::new, add, |rungs| {
            look(rungs.entry((cohort, rung)).or_default())
        })
    }
}

impl RungResults {
    /// Returns the value and number of each trial at this rung, best first. Equal values are sorted
    /// by number.
    #[must_use]
    pub fn ranked(&self) -> &[(f64, u64)] {
        &self.ranked
    }

    /// Returns the rank of a value at this rung, from 0: the number of better values.
    #[must_use]
    pub fn place(&self, direction: Direction, value: f64) -> usize {
        let value = unsigned_zero(value);
        self.ranked.partition_point(|(other, _)| direction.is_better(*other, value))
    }

    /// Returns the rank, from 0, of a trial that has just reached this rung with `value`, and the
    /// number of trials at the rung, including itself. A value from an earlier attempt of the same
    /// trial does not count.
    #[must_use]
    pub fn placed(&self, direction: Direction, number: u64, value: f64) -> (usize, usize) {
        let (rank, count) = (self.place(direction, value), self.ranked.len());
        match self.value(number) {
            Some(former) if direction.is_better(former, unsigned_zero(value)) => (rank - 1, count),
            Some(_) => (rank, count),
            None => (rank, count + 1),
        }
    }

    /// Returns the rank of a trial at this rung, from 0. Equal values are ranked by number. If the
    /// trial is not at this rung, the rank is the number of trials there.
    #[must_use]
    pub fn place_of(&self, direction: Direction, number: u64) -> usize {
        let Some(value) = self.value(number) else {
            return self.ranked.len();
        };
        self.ranked
            .partition_point(|at| direction.order(at.0, value).then(at.1.cmp(&number)).is_lt())
    }

    /// Returns the value of a trial, if it has reached this rung.
    #[must_use]
    pub fn value(&self, number: u64) -> Option<f64> {
        self.values.get(&number).copied()
    }

    fn insert(&mut self, direction: Direction, RungEntry { number, value, .. }: RungEntry) {
        let value = unsigned_zero(value);
        let order = |at: &(f64, u64), value: f64| {
            direction.order(at.0, value).then(at.1.cmp(&number)).is_lt()
        };
        if let Some(former) = self.values.insert(number, value) {
            let rank = self.ranked.partition_point(|at| order(at, former));
            self.ranked.remove(rank);
        }
        let rank = self.ranked.partition_point(|at| order(at, value));
        self.ranked.insert(rank, (value, number));
    }
}

/// Returns the value with -0.0 replaced by 0.0, which the total order of floats would tell apart.
fn unsigned_zero(value: f64) -> f64 {
    value + 0.0
}

#[cfg(test)]
mod tests {
    use super::rung_step;

    #[test]
    fn steps_are_exact_and_end() {
        let steps: Vec<_> = (0..6).map(|rung| rung_step(1, 3, rung)).collect();
        assert_eq!(steps, [1, 3, 9, 27, 81, 243].map(Some));
        assert_eq!(rung_step(2, 10, 19), None, "2e19 is beyond u64");
    }
}
