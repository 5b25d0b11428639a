//! Asynchronous successive halving that stops trials: L. Li et al., *A System for Massively
//! Parallel Hyperparameter Tuning* (Proceedings of Machine Learning and Systems 2, 2020), in the
//! form of Optuna 5.0's `SuccessiveHalvingPruner`, which never pauses a trial.
//!
//! Rung `k` is at the step `min_resource * reduction_factor^(min_early_stopping_rate + k)`, in
//! integers. When a trial reports this step or a later one, the value of its last step is compared
//! with the values of all trials that reached the rung before. The trial goes on if it is among the
//! best `1/reduction_factor` of them, itself included, and always if no value is better. A step
//! beyond several rungs is judged at each of them in turn, with the same value. A trial whose value
//! is NaN stops at the first rung.
//!
//! The rungs and values are stored on the trial as Optuna stores them, so that workers of both
//! libraries can share a study. JSON has no infinity, so infinite values are stored as the largest
//! finite numbers.

use super::completed::StepReached;
use super::settings::{refuse, steps_or_auto};
use super::{Decision, PruneContext, Pruner, PrunerConfig, RungTable, StepDecision, rung_step};
use crate::numeric::format::ordinal;
use crate::setting::{SettingError, is_its_settings};

/// Asynchronous successive halving: at steps that grow by a factor, the best fraction of the trials
/// goes on and the others stop.
///
/// | setting | default | range | source |
/// | --- | --- | --- | --- |
/// | `min_resource` | see below | from 1, in steps | Optuna (`"auto"`) |
/// | `rungs` | – | from 1, and no `min_resource` | measured in `sampler/ABLATIONS.md` |
/// | `reduction_factor` | 4 | from 2 | Li et al. |
/// | `min_early_stopping_rate` | 0 | from 0: the rungs skipped at the bottom | Li et al. |
/// | `bootstrap_count` | 0 | from 0; must be 0 without a `min_resource` | Optuna |
///
/// With `rungs`, the first rung is at the last step of the first complete trial, divided by
/// `reduction_factor^rungs`; fewer rungs stop fewer trials by mistake. The first `bootstrap_count`
/// trials at each rung stop there.
///
/// The default of `min_resource` is a hundredth of the last step of the first complete trial that
/// has reports, at least 1; no trial stops before then. Optuna takes the furthest of the trials
/// that are complete when it first asks. With one worker that asks after each report, that is the
/// first complete trial.
///
/// ```
/// use hpo_core::pruner::SuccessiveHalving;
///
/// // Rungs at 1, 3, 9, 27, ...
/// let pruner = SuccessiveHalving::builder().min_resource(1).reduction_factor(3).build()?;
/// # Ok::<(), hpo_core::error::SettingError>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "SuccessiveHalvingBuilder", into = "SuccessiveHalvingBuilder")]
pub struct SuccessiveHalving {
    settings: SuccessiveHalvingBuilder,
    reach: StepReached,
    rung_table: RungTable,
}

/// Settings of a [`SuccessiveHalving`], not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use = "nothing happens before `build`"]
pub struct SuccessiveHalvingBuilder {
    #[serde(deserialize_with = "steps_or_auto", skip_serializing_if = "Option::is_none")]
    min_resource: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rungs: Option<u32>,
    reduction_factor: u64,
    min_early_stopping_rate: u32,
    bootstrap_count: u64,
}

is_its_settings!(SuccessiveHalving, SuccessiveHalvingBuilder, default);

impl Default for SuccessiveHalvingBuilder {
    fn default() -> Self {
        let (min_resource, rungs) = (None, None);
        Self {
            min_resource,
            rungs,
            reduction_factor: 4,
            min_early_stopping_rate: 0,
            bootstrap_count: 0,
        }
    }
}

impl SuccessiveHalving {
    /// Returns a builder with every setting at its default.
    pub fn builder() -> SuccessiveHalvingBuilder {
        SuccessiveHalvingBuilder::default()
    }

    fn with(settings: SuccessiveHalvingBuilder) -> Self {
        Self { settings, reach: StepReached::default(), rung_table: RungTable::default() }
    }

    /// Returns the step of the first rung, as a fraction of the length of the first complete trial.
    fn inferred_min_resource(&self, context: PruneContext<'_>) -> Option<u64> {
        let SuccessiveHalvingBuilder { rungs, reduction_factor, .. } = self.settings;
        let share = rungs.map_or(100, |rungs| reduction_factor.saturating_pow(rungs));
        self.reach.last_step(context).map(|step| (step / share).max(1))
    }
}

impl SuccessiveHalvingBuilder {
    /// Sets the step of the first rung, if `min_early_stopping_rate` is 0: from 1. Default: a
    /// hundredth of the last step of the first complete trial.
    pub fn min_resource(self, steps: u64) -> Self {
        Self { min_resource: Some(steps), ..self }
    }

    /// Sets the number of rungs below the full training, from 1, instead of `min_resource`. The
    /// full training is as long as the first complete trial, before which no trial stops; with a
    /// factor of 3, 2 rungs are at a ninth and a third of it. Fewer rungs stop fewer trials that
    /// only learn slowly. Default: none; the first rung is at a hundredth, as in Optuna.
    pub fn rungs(self, count: u32) -> Self {
        Self { rungs: Some(count), ..self }
    }

    /// Sets the factor from rung to rung: one in `factor` trials at a rung goes on. Default 4, at
    /// least 2.
    pub fn reduction_factor(self, factor: u64) -> Self {
        Self { reduction_factor: factor, ..self }
    }

    /// Sets the number of rungs that are skipped at the bottom. Default 0.
    pub fn min_early_stopping_rate(self, rate: u32) -> Self {
        Self { min_early_stopping_rate: rate, ..self }
    }

    /// Sets the number of trials that stop at each rung before any goes on, so that later trials
    /// have something to be compared with. Default 0; a value above 0 requires `min_resource`.
    pub fn bootstrap_count(self, count: u64) -> Self {
        Self { bootstrap_count: count, ..self }
    }

    /// Checks the settings and returns the pruner.
    ///
    /// # Errors
    /// Returns the first setting that is out of its range.
    pub fn build(self) -> Result<SuccessiveHalving, SettingError> {
        if self.min_resource.is_some() && self.rungs.is_some() {
            let problem = "sets the first rung, and so does `min_resource`: write one of them";
            return refuse("successive_halving", "rungs", problem);
        }
        if self.rungs == Some(0) {
            return refuse(
                "successive_halving",
                "rungs",
                "is 0, which stops nothing: write at least 1",
            );
        }
        if self.min_resource.is_none() && self.bootstrap_count > 0 {
            let remedy =
                "which needs rungs from the first trial on: write a `min_resource` too, or 0";
            return refuse(
                "successive_halving",
                "bootstrap_count",
                format!("is {}, {remedy}", self.bootstrap_count),
            );
        }
        self.halving_rule(self.min_resource.unwrap_or(1)).check("successive_halving")?;
        Ok(SuccessiveHalving::with(self))
    }

    fn halving_rule(self, min_resource: u64) -> HalvingRule {
        let Self { reduction_factor, min_early_stopping_rate, bootstrap_count, .. } = self;
        HalvingRule { min_resource, reduction_factor, min_early_stopping_rate, bootstrap_count }
    }
}

impl Pruner for SuccessiveHalving {
    fn judge(&self, context: PruneContext<'_>, number: u64) -> StepDecision {
        match self.settings.min_resource.or_else(|| self.inferred_min_resource(context)) {
            Some(min_resource) => self.settings.halving_rule(min_resource).check_rungs(
                context,
                number,
                &self.rung_table,
                0,
                |_| 0,
            ),
            None => StepDecision::go_on(),
        }
    }

    fn name(&self) -> &'static str {
        "successive_halving"
    }

    fn config(&self) -> Option<PrunerConfig> {
        Some(PrunerConfig::SuccessiveHalving(self.clone()))
    }
}

/// The rungs of a set of trials that are compared with each other, and the rule at each rung.
#[derive(Clone, Copy, Debug)]
pub(super) struct HalvingRule {
    pub(super) min_resource: u64,
    pub(super) reduction_factor: u64,
    pub(super) min_early_stopping_rate: u32,
    pub(super) bootstrap_count: u64,
}

impl HalvingRule {
    /// Judges a trial at each rung that its last report has reached, from its next rung up.
    pub(super) fn check_rungs(
        self,
        context: PruneContext<'_>,
        number: u64,
        rung_table: &RungTable,
        cohort: u32,
        cohort_of: impl Fn(u64) -> u32,
    ) -> StepDecision {
        let mut decision = StepDecision::go_on();
        let Some((last, value)) = context.last_report(number) else {
            return decision;
        };
        let value = value.clamp(f64::MIN, f64::MAX);
        for rung in context.trials.rungs_reached(number).. {
            let Some(step) = self.step(rung).filter(|step| *step <= last) else {
                break;
            };
            if value.is_nan() {
                decision.action = Decision::Stop(format!("rung {step}: the value is NaN"));
                break;
            }
            decision.rungs.push((rung, value));
            let rank_and_count = rung_table.look(context, &cohort_of, (cohort, rung), |results| {
                results.placed(context.direction, number, value)
            });
            if let Some(reason) = self.stop_reason(step, rank_and_count) {
                decision.action = Decision::Stop(reason);
                break;
            }
        }
        decision
    }

    fn step(self, rung: u32) -> Option<u64> {
        let exponent = self.min_early_stopping_rate.checked_add(rung)?;
        rung_step(self.min_resource, self.reduction_factor, exponent)
    }

    /// Returns the reason why a trial stops at a rung, if it does. `rank` is its rank from 0, and
    /// `count` the number of trials at the rung, including itself.
    fn stop_reason(self, step: u64, (rank, count): (usize, usize)) -> Option<String> {
        if count as u64 <= self.bootstrap_count {
            return Some(format!(
                "rung {step}: one of the first {}, all of which stop here",
                self.bootstrap_count
            ));
        }
        let promoted = (count as u64 / self.reduction_factor).max(1);
        let reason = || format!("rung {step}: {} of {count}", ordinal(rank + 1));
        (rank as u64 >= promoted).then(reason)
    }

    pub(super) fn check(self, pruner: &'static str) -> Result<(), SettingError> {
        if self.min_resource == 0 {
            return refuse(pruner, "min_resource", "is 0: write at least 1");
        }
        if self.reduction_factor < 2 {
            let problem = format!("is {}: write at least 2", self.reduction_factor);
            return refuse(pruner, "reduction_factor", problem);
        }
        Ok(())
    }
}
