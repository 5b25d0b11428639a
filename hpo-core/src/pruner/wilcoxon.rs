//! Stops a trial that is worse than the best one on the same steps, by the signed-rank test: Optuna
//! 5.0's `WilcoxonPruner`. It is meant for steps that are folds, seeds or instances of one problem,
//! where the value of a trial is the mean of its reports.
//!
//! The trial is compared with the complete trial that has the best value; ties go to the lowest
//! number. With several objectives, the best trial is the one with the best mean of its reports,
//! since the direction is that of the reports. The rules apply in order; a trial goes on unless the
//! last one stops it:
//!
//! 1. There is a best trial, it has reports, and all its reports and those of the running trial are
//!    finite.
//! 2. The mean of the running trial's reports is worse than that of the best trial's reports.
//!    (Otherwise the steps still to come decide.)
//! 3. They have at least `startup_steps` steps in common, and at least 2.
//! 4. The trial stops if the one-sided p-value of its differences from the best trial, on these
//!    steps, is below `p_threshold`. Ranks of zeros are split (`zsplit`). The p-value is exact for
//!    few steps and uses the normal approximation for many, with the same switch as `scipy` 1.17.

use std::collections::HashMap;

use super::completed::{CompletedCache, with_completed};
use super::settings::refuse;
use super::{ContextId, PruneContext, Pruner, PrunerConfig, StepDecision, is_worse};
use crate::numeric::format::significant;
use crate::numeric::signed_rank::SignedRanks;
use crate::setting::{SettingError, is_its_settings};
use crate::trial::{Direction, HistoryCache, State};

/// Stops a trial that is worse than the best one on the same steps, by F. Wilcoxon's signed-rank
/// test: for folds, seeds or instances. The order of the steps should differ from trial to trial if
/// some steps are harder than others.
///
/// | setting | default | range | source |
/// | --- | --- | --- | --- |
/// | `p_threshold` | 0.1 | above 0, below 1; larger stops more | Optuna |
/// | `startup_steps` | 2 | from 0; values below 2 are taken as 2 | Optuna |
///
/// ```
/// use hpo_core::pruner::Wilcoxon;
///
/// let pruner = Wilcoxon::builder().p_threshold(0.05).build()?;
/// assert!(Wilcoxon::builder().p_threshold(5.0).build().is_err());
/// # Ok::<(), hpo_core::error::SettingError>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "WilcoxonBuilder", into = "WilcoxonBuilder")]
pub struct Wilcoxon {
    settings: WilcoxonBuilder,
    best: CompletedCache<Option<Best>>,
    /// The differences and ranks of the running trials, by trial number.
    ranked: HistoryCache<ContextId, HashMap<u64, RankedDifferences>>,
}

/// Settings of a [`Wilcoxon`], not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use = "nothing happens before `build`"]
pub struct WilcoxonBuilder {
    p_threshold: f64,
    #[serde(alias = "n_startup_steps")]
    startup_steps: u64,
}

is_its_settings!(Wilcoxon, WilcoxonBuilder, default);

impl Default for WilcoxonBuilder {
    fn default() -> Self {
        Self { p_threshold: 0.1, startup_steps: 2 }
    }
}

impl WilcoxonBuilder {
    /// Sets the p-value below which a trial stops: above 0 and below 1. Default 0.1.
    pub fn p_threshold(self, p: f64) -> Self {
        Self { p_threshold: p, ..self }
    }

    /// Sets the number of steps that a trial must have in common with the best trial. Default 2;
    /// values below 2 are taken as 2.
    pub fn startup_steps(self, count: u64) -> Self {
        Self { startup_steps: count, ..self }
    }

    /// Checks the settings and returns the pruner.
    ///
    /// # Errors
    /// Returns an error if `p_threshold` is out of its range.
    pub fn build(self) -> Result<Wilcoxon, SettingError> {
        if self.p_threshold > 0.0 && self.p_threshold < 1.0 {
            return Ok(Wilcoxon::with(self));
        }
        let problem = format!("is {}: write a probability above 0 and below 1", self.p_threshold);
        refuse("wilcoxon", "p_threshold", problem)
    }
}

impl Wilcoxon {
    /// Returns a builder with every setting at its default.
    pub fn builder() -> WilcoxonBuilder {
        WilcoxonBuilder::default()
    }

    fn with(settings: WilcoxonBuilder) -> Self {
        Self { settings, best: CompletedCache::default(), ranked: HistoryCache::default() }
    }

    /// Returns the p-value of `differences`. If they extend those of the last call for this trial,
    /// only the new ones are ranked.
    fn p_value(&self, context: PruneContext<'_>, number: u64, differences: Vec<f64>) -> f64 {
        self.ranked.with(context.id(), HashMap::default, |all| {
            if all.len() > 2 * context.trials.running().len() + 16 {
                all.retain(|number, _| context.trials.state(*number) == Some(State::Running));
            }
            let ranked: &mut RankedDifferences = all.entry(number).or_default();
            match differences.strip_prefix(ranked.differences.as_slice()) {
                Some(new) => new.iter().for_each(|difference| ranked.ranks.insert(*difference)),
                None => ranked.ranks = SignedRanks::of(&differences),
            }
            ranked.differences = differences;
            ranked.ranks.p_value()
        })
    }
}

impl Pruner for Wilcoxon {
    fn judge(&self, context: PruneContext<'_>, number: u64) -> StepDecision {
        let reports = context.trials.reports(number);
        let (Some(mean), Some(best)) =
            (finite_mean(reports), with_completed(&self.best, context, add(context), |best| *best))
        else {
            return StepDecision::go_on();
        };
        if !best.mean.is_some_and(|best| is_worse(context.direction, mean, best)) {
            return StepDecision::go_on();
        }
        let differences =
            differences(context.direction, reports, context.trials.reports(best.number));
        let count = differences.len();
        if (count as u64) < self.settings.startup_steps.max(2) {
            return StepDecision::go_on();
        }
        let p = self.p_value(context, number, differences);
        if p < self.settings.p_threshold {
            return StepDecision::stop(format!(
                "p = {} over {count} steps against trial {}",
                significant(p, 6),
                best.number
            ));
        }
        StepDecision::go_on()
    }

    fn name(&self) -> &'static str {
        "wilcoxon"
    }

    fn config(&self) -> Option<PrunerConfig> {
        Some(PrunerConfig::Wilcoxon(self.clone()))
    }
}

/// The differences between a running trial and the best one, and their ranks.
#[derive(Debug, Default)]
struct RankedDifferences {
    differences: Vec<f64>,
    ranks: SignedRanks,
}

/// The best complete trial so far.
#[derive(Clone, Copy)]
struct Best {
    number: u64,
    value: f64,
    /// The mean of its reports; `None` if it has no reports or one is not finite.
    mean: Option<f64>,
}

/// Returns a function that replaces the best trial so far if the given one is better.
fn add(context: PruneContext<'_>) -> impl FnMut(&mut Option<Best>, u64) {
    move |best, number| {
        let mean = finite_mean(context.trials.reports(number));
        let value = if let [value] = context.trials.values(number) { Some(*value) } else { mean };
        let Some(value) = value else {
            return;
        };
        let is_better = |best: &Best| {
            is_worse(context.direction, best.value, value)
                || (best.value == value && best.number > number)
        };
        if best.as_ref().is_none_or(is_better) {
            *best = Some(Best { number, value, mean });
        }
    }
}

/// Returns the mean of reports; `None` if there are none, or one is not finite.
fn finite_mean(reports: &[(u64, f64)]) -> Option<f64> {
    if reports.is_empty() || reports.iter().any(|(_, value)| !value.is_finite()) {
        return None;
    }
    Some(reports.iter().map(|(_, value)| value).sum::<f64>() / reports.len() as f64)
}

/// Returns how much worse the reports are than those of the best trial, on the steps that both
/// have. Both are sorted by step.
fn differences(direction: Direction, reports: &[(u64, f64)], best: &[(u64, f64)]) -> Vec<f64> {
    let mut differences = Vec::with_capacity(reports.len());
    let mut best = best.iter().peekable();
    for (step, value) in reports {
        while best.next_if(|(other, _)| other < step).is_some() {}
        if let Some((_, other)) = best.next_if(|(other, _)| other == step) {
            differences.push(match direction {
                Direction::Minimize => value - other,
                Direction::Maximize => other - value,
            });
        }
    }
    differences
}
