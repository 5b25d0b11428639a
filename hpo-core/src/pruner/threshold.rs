//! Stops a trial whose last report lies outside fixed bounds, or is NaN: Optuna 5.0's
//! `ThresholdPruner`.

use super::interval::CheckInterval;
use super::settings::refuse;
use super::{PruneContext, Pruner, PrunerConfig, StepDecision};
use crate::numeric::format::significant;
use crate::setting::{SettingError, is_its_settings};

/// Stops a trial whose last report lies outside fixed bounds, or is NaN. The direction of the
/// objective and the reports of other trials do not matter.
///
/// | setting | default | range | source |
/// | --- | --- | --- | --- |
/// | `lower`, `upper` | none; one must be given | not NaN, `lower <= upper` | Optuna |
/// | `warmup_steps` | 0 | from 0, in steps | Optuna |
/// | `interval_steps` | 1 | from 1, in steps | Optuna |
///
/// ```
/// use hpo_core::pruner::Threshold;
///
/// let pruner = Threshold::builder().upper(1e3).build()?;
/// assert!(Threshold::builder().build().is_err());
/// # Ok::<(), hpo_core::error::SettingError>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "ThresholdBuilder", into = "ThresholdBuilder")]
pub struct Threshold {
    settings: ThresholdBuilder,
}

/// Settings of a [`Threshold`], not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use = "nothing happens before `build`"]
pub struct ThresholdBuilder {
    #[serde(skip_serializing_if = "Option::is_none")]
    lower: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upper: Option<f64>,
    #[serde(alias = "n_warmup_steps")]
    warmup_steps: u64,
    interval_steps: u64,
}

is_its_settings!(Threshold, ThresholdBuilder);

impl Default for ThresholdBuilder {
    fn default() -> Self {
        Self { lower: None, upper: None, warmup_steps: 0, interval_steps: 1 }
    }
}

impl Threshold {
    /// Returns a builder without bounds, of which at least one must be set, and with the other
    /// settings at their defaults.
    pub fn builder() -> ThresholdBuilder {
        ThresholdBuilder::default()
    }

    fn with(settings: ThresholdBuilder) -> Self {
        Self { settings }
    }
}

impl ThresholdBuilder {
    /// Sets the smallest value at which a trial goes on.
    pub fn lower(self, bound: f64) -> Self {
        Self { lower: Some(bound), ..self }
    }

    /// Sets the largest value at which a trial goes on.
    pub fn upper(self, bound: f64) -> Self {
        Self { upper: Some(bound), ..self }
    }

    /// Sets the first step that is judged. Default 0.
    pub fn warmup_steps(self, steps: u64) -> Self {
        Self { warmup_steps: steps, ..self }
    }

    /// Sets the number of steps in an interval, counted from the warm-up. The first report of each
    /// interval is judged. Default 1, at least 1.
    pub fn interval_steps(self, steps: u64) -> Self {
        Self { interval_steps: steps, ..self }
    }

    /// Checks the settings and returns the pruner.
    ///
    /// # Errors
    /// Returns the first setting that is out of its range, or `lower` if it is above `upper` or
    /// both are missing.
    pub fn build(self) -> Result<Threshold, SettingError> {
        for (setting, bound) in [("lower", self.lower), ("upper", self.upper)] {
            if bound.is_some_and(f64::is_nan) {
                return refuse("threshold", setting, "is NaN: write a number, or leave it out");
            }
        }
        match (self.lower, self.upper) {
            (None, None) => {
                return refuse("threshold", "lower", "and `upper` are missing: write one of them");
            }
            (Some(lower), Some(upper)) if lower > upper => {
                let remedy = "write the smaller one as `lower`";
                return refuse(
                    "threshold",
                    "lower",
                    format!("is {lower}, above `upper`, which is {upper}: {remedy}"),
                );
            }
            _ => {}
        }
        self.check_interval().check("threshold")?;
        Ok(Threshold::with(self))
    }

    fn check_interval(self) -> CheckInterval {
        CheckInterval { warmup_steps: self.warmup_steps, interval_steps: self.interval_steps }
    }
}

impl Pruner for Threshold {
    fn judge(&self, context: PruneContext<'_>, number: u64) -> StepDecision {
        let reports = context.trials.reports(number);
        let Some((step, value)) =
            context.last_report(number).filter(|_| self.settings.check_interval().include(reports))
        else {
            return StepDecision::go_on();
        };
        if value.is_nan() {
            return StepDecision::stop(format!("step {step}: the value is NaN"));
        }
        if let Some(lower) = self.settings.lower.filter(|lower| value < *lower) {
            return StepDecision::stop(format!(
                "step {step}: {} lies below {}",
                significant(value, 6),
                significant(lower, 6)
            ));
        }
        if let Some(upper) = self.settings.upper.filter(|upper| value > *upper) {
            return StepDecision::stop(format!(
                "step {step}: {} lies above {}",
                significant(value, 6),
                significant(upper, 6)
            ));
        }
        StepDecision::go_on()
    }

    fn name(&self) -> &'static str {
        "threshold"
    }

    fn config(&self) -> Option<PrunerConfig> {
        Some(PrunerConfig::Threshold(self.clone()))
    }
}
