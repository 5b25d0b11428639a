//! PED-ANOVA: the difference between the best trials and all trials, for each parameter.
//!
//! [Watanabe, Bansal and Hutter, IJCAI 2023](https://arxiv.org/abs/2304.10255): the importance of a
//! parameter is the Pearson divergence between its density among the best trials and its density
//! among all of them.
//!
//! A parameter that is active in some trials only is measured among those, as in the paper's sequel
//! for hierarchical spaces ([2026](https://arxiv.org/abs/2601.20800)): its divergence there is
//! multiplied by `a^2 / b`, where `a` is the share of the best trials in which it is active, and
//! `b` the share of all trials. So a parameter of a branch without good trials has no importance,
//! whatever its effect within the branch. The choice of the branch itself counts for the parameter
//! that makes it. If every parameter is active in every trial, both factors are 1.
//!
//! Defaults and constants are those of Optuna's `PedAnovaImportanceEvaluator`, and so are the
//! results. There is one exception: a parameter whose range was changed during the study is
//! measured in the last range, with values outside placed at its ends.

use super::data::{Data, ParamColumn};
use super::parzen::DensityGrid;
use super::{ImportanceError, RawImportances};
use crate::setting::Owner;

/// The difference between the best trials and the others: PED-ANOVA ([Watanabe et al.
/// 2023](https://arxiv.org/abs/2304.10255)), as in Optuna.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PedAnova {
    /// The share of the trials that count as the best, between 0 and `region`. The default is 0.1.
    pub target: f64,
    /// The share of the trials, from the best one on, with which these are compared; at most 1, the
    /// default.
    pub region: f64,
    /// True (the default) to compare the best trials with the trials in `region`, false to compare
    /// them with a uniform distribution over the space. The latter also counts what the sampler has
    /// learned to avoid.
    pub is_local: bool,
}

impl Default for PedAnova {
    fn default() -> Self {
        Self { target: 0.1, region: 1.0, is_local: true }
    }
}

/// The fewest trials in which a parameter has to be active to be measured.
const FEWEST_ACTIVE: usize = 2;

impl PedAnova {
    pub(super) fn measure(&self, data: &Data) -> Result<RawImportances, ImportanceError> {
        let Self { target, region, .. } = *self;
        let is_share = 0.0 < target && target < region && region <= 1.0;
        let remedy = format!("write 0 < target < region <= 1 (region is {region})");
        Owner::Measure("ped-anova").require("target", is_share, target, &remedy)?;
        let (target, region) = (limit(&data.losses, target), limit(&data.losses, region));
        let groups: Vec<LossGroup> =
            data.losses.iter().map(|loss| LossGroup::of(*loss, target, region)).collect();
        let weights: Vec<f64> =
            data.columns.iter().map(|column| self.weight(column, &groups)).collect();
        if weights.iter().all(|weight| *weight <= 0.0) {
            return Err(ImportanceError::Undecided { trials: data.losses.len() as u64 });
        }
        Ok(RawImportances { weights, ..RawImportances::default() })
    }

    fn weight(&self, column: &ParamColumn, groups: &[LossGroup]) -> f64 {
        let count = |is: &dyn Fn(&LossGroup) -> bool| {
            groups.iter().filter(|group| is(group)).count() as f64
        };
        let (all_best, all) = (
            count(&|group| *group == LossGroup::Best),
            count(&|group| *group != LossGroup::Outside),
        );
        let active = || {
            column
                .values
                .iter()
                .zip(groups)
                .filter_map(|(number, group)| Some(((*number)?, *group)))
        };
        let within: Vec<f64> = active()
            .filter(|(_, group)| *group != LossGroup::Outside)
            .map(|(number, _)| number)
            .collect();
        let best: Vec<f64> = active()
            .filter(|(_, group)| *group == LossGroup::Best)
            .map(|(number, _)| number)
            .collect();
        if column.is_constant() || within.len() < FEWEST_ACTIVE || best.is_empty() {
            return 0.0;
        }
        let (of_best, of_all) = (best.len() as f64 / all_best, within.len() as f64 / all);
        of_best * of_best / of_all * self.divergence(column, best, within)
    }

    /// Returns the Pearson divergence of the density of `best` from that of `within`.
    fn divergence(&self, column: &ParamColumn, best: Vec<f64>, within: Vec<f64>) -> f64 {
        let grid = DensityGrid::new(column.scale);
        let best = grid.density(best.into_iter());
        let within = if self.is_local {
            grid.density(within.into_iter())
        } else {
            vec![1.0 / grid.cells() as f64; grid.cells()]
        };
        best.iter().zip(&within).map(|(best, within)| within * (best / within - 1.0).powi(2)).sum()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LossGroup {
    Best,
    Within,
    Outside,
}

impl LossGroup {
    fn of(loss: f64, target: f64, region: f64) -> Self {
        if loss <= target {
            LossGroup::Best
        } else if loss <= region {
            LossGroup::Within
        } else {
            LossGroup::Outside
        }
    }
}

/// Returns the largest loss among the given share of the best trials.
fn limit(losses: &[f64], share: f64) -> f64 {
    let mut sorted = losses.to_vec();
    let index = ((share * losses.len() as f64).ceil() as usize).clamp(1, losses.len()) - 1;
    *sorted.select_nth_unstable_by(index, f64::total_cmp).1
}
