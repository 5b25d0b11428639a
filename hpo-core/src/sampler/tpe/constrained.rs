//! The densities of the trials that kept each constraint and of those that broke it.
//!
//! S. Watanabe and F. Hutter, *c-TPE: Tree-structured Parzen Estimator with Inequality Constraints
//! for Expensive Hyperparameter Optimization* ([IJCAI 2023](https://arxiv.org/abs/2211.14411)). The
//! acquisition value is a product of relative density ratios, one for the objective and one for
//! each constraint: `1 / (q + (1 - q) g(x) / l(x))`, where `q` is the share of trials in `l`. A
//! constraint that most trials keep has a `q` near 1, and its ratio hardly matters.
//!
//! Candidates are drawn from the `l` of the objective and of every constraint.
//!
//! Deviations, with measurements in `ABLATIONS.md`: the objective's good trials are the best
//! feasible ones, and then those of the least violation; the paper takes the best by loss, whether
//! feasible or not, up to the last of the best feasible ones. A constraint that no trial has kept
//! is split at the `good_share` quantile of its values; the authors' code has only the prior there.
//! Of more than [`MOST_CONSTRAINTS`] constraints, those count that were broken most often.

use std::sync::Arc;

use super::above::by_age;
use super::column::ParamColumn;
use super::estimator::Estimator;
use super::kernel_settings::KernelSettings;
use crate::numeric::mix;

/// The largest number of trials that are kept. Beyond it, every other one is left out.
const MOST: usize = 1000;

/// The largest number of constraints that count.
pub(super) const MOST_CONSTRAINTS: usize = 8;

/// The trials that reported constraints, and two densities for each constraint.
#[derive(Debug)]
pub(super) struct Constraints {
    columns: Arc<[ParamColumn]>,
    shape: KernelSettings,
    trials: Vec<Reported>,
    /// One per constraint, by its index.
    ratios: Vec<Ratio>,
    /// A trial is kept if at least this many trailing bits of its hash are zero.
    level: u32,
}

/// The constraints of a trial, each with its index, and its encoded parameters, shape `(d,)`.
#[derive(Clone, Debug)]
struct Reported {
    number: u64,
    values: Vec<(u32, f64)>,
    point: Vec<f64>,
}

/// Two densities, and the numbers of trials in them.
#[derive(Clone, Debug)]
pub(super) struct Ratio {
    /// l(x): the trials that kept the constraint.
    pub(super) kept: Estimator,
    /// g(x): the others.
    pub(super) broken: Estimator,
}

impl Constraints {
    pub(super) fn new(columns: &Arc<[ParamColumn]>, shape: KernelSettings) -> Self {
        let columns = Arc::clone(columns);
        Self { columns, shape, trials: Vec::new(), ratios: Vec::new(), level: 0 }
    }

    /// Adds an ended trial with its constraints.
    pub(super) fn add(&mut self, number: u64, values: &[(u32, f64)], point: Vec<f64>) {
        if mix(number).trailing_zeros() < self.level {
            return;
        }
        let trial = Reported { number, values: values.to_vec(), point };
        self.insert(&trial);
        self.trials.push(trial);
        if self.trials.len() > MOST {
            self.thin();
        }
    }

    fn insert(&mut self, trial: &Reported) {
        for (index, value) in &trial.values {
            while self.ratios.len() <= *index as usize {
                self.ratios.push(Ratio::new(&self.columns, self.shape));
            }
            // NaN is a violation.
            self.ratios[*index as usize].insert(*value <= 0.0, &trial.point);
        }
    }

    fn thin(&mut self) {
        self.level += 1;
        self.ratios.clear();
        let trials = std::mem::take(&mut self.trials);
        for trial in trials {
            self.add(trial.number, &trial.values, trial.point);
        }
    }

    /// Returns the ratios of the constraints that count: those that some trial broke, the ones
    /// broken most often first. `good` is the share of trials in `l` of a constraint that no trial
    /// has kept.
    pub(super) fn ratios(&mut self, good: impl Fn(usize) -> usize) -> Vec<Ratio> {
        let mut order: Vec<usize> = (0..self.ratios.len()).collect();
        order.retain(|index| self.ratios[*index].broken.len() > 0);
        order.sort_by_key(|index| std::cmp::Reverse(self.ratios[*index].broken.len()));
        order.truncate(MOST_CONSTRAINTS);
        let ratio = |index: usize| {
            let own = &self.ratios[index];
            let mut ratio =
                if own.kept.len() == 0 { self.by_quantile(index, &good) } else { own.clone() };
            ratio.weigh(self.shape.prior_weight);
            ratio
        };
        order.into_iter().map(ratio).collect()
    }

    /// Splits a constraint that no trial kept at a quantile of its values.
    fn by_quantile(&self, index: usize, good: impl Fn(usize) -> usize) -> Ratio {
        let own = |trial: &Reported| {
            trial.values.iter().find(|(own, _)| *own as usize == index).map(|(_, value)| *value)
        };
        let mut order: Vec<(f64, usize)> = (self.trials.iter().enumerate())
            .filter_map(|(row, trial)| Some((own(trial)?, row)))
            .collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        let count = good(order.len());
        let mut ratio = Ratio::new(&self.columns, self.shape);
        for (rank, (_, row)) in order.into_iter().enumerate() {
            ratio.insert(rank < count, &self.trials[row].point);
        }
        ratio
    }
}

impl Ratio {
    fn new(columns: &[ParamColumn], shape: KernelSettings) -> Self {
        let density = |has_prior| Estimator::new(columns, shape, has_prior);
        Self { kept: density(true), broken: density(false) }
    }

    fn insert(&mut self, is_kept: bool, point: &[f64]) {
        let density = if is_kept { &mut self.kept } else { &mut self.broken };
        let row = density.push();
        density.insert_kernel(row, point);
    }

    fn weigh(&mut self, prior: f64) {
        for density in [&mut self.kept, &mut self.broken] {
            let count = density.len();
            density.weigh(prior, |index| by_age(index, count));
        }
    }

    /// Returns the share of the trials in `l`.
    pub(super) fn share(&self) -> f64 {
        let kept = self.kept.len() as f64;
        kept / (kept + self.broken.len() as f64)
    }
}

/// Returns the logarithm of the relative density ratio `1 / (q + (1 - q) g / l)`, given the
/// logarithm of `l / g`.
pub(super) fn log_relative_ratio(share: f64, log_ratio: f64) -> f64 {
    let (a, b) = (share.ln(), (1.0 - share).ln() - log_ratio);
    let most = a.max(b);
    -(most + ((a - most).exp() + (b - most).exp()).ln())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_that_of_the_paper_and_stays_finite() {
        for (share, l, g) in [(0.1, 3.0, 0.5), (0.5, 0.01, 2.0), (0.9, 1.0, 1.0)] {
            let expected = f64::ln(1.0 / (share + (1.0 - share) * g / l));
            let found = log_relative_ratio(share, f64::ln(l / g));
            assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
        }
        assert_eq!(log_relative_ratio(1.0, -500.0), 0.0);
        assert!((log_relative_ratio(0.5, 5_000.0) - std::f64::consts::LN_2).abs() < 1e-12);
        assert!((log_relative_ratio(0.5, -5_000.0) + 5_000.0 - 0.5_f64.recip().ln()).abs() < 1e-9);
    }
}
