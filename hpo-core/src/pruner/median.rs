//! Stops a trial whose best report is worse than the median of the complete trials' reports at the
//! same step. It is the 50 % [percentile](super::Percentile) pruner; see there for the rules and
//! their source.

use super::percentile::{PercentileBuilder, with_step_settings};
use super::settings::count;
use super::{Percentile, PruneContext, Pruner, PrunerConfig, StepDecision};
use crate::setting::{SettingError, is_its_settings};

/// Stops a trial whose best report is worse than the median of the complete trials' reports at the
/// same step.
///
/// | setting | default | range | source |
/// | --- | --- | --- | --- |
/// | `startup_trials` | 5 | from 0; no trial stops before one is complete | Optuna |
/// | `warmup_steps` | 0 | from 0, in steps | Optuna |
/// | `interval_steps` | 1 | from 1, in steps | Optuna |
/// | `min_trials` | 1 | from 1 | Optuna |
///
/// ```
/// use hpo_core::pruner::Median;
///
/// let patient = Median::builder().startup_trials(10).warmup_steps(3).build()?;
/// assert_eq!(Median::builder().build()?, Median::default());
/// # Ok::<(), hpo_core::error::SettingError>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "MedianBuilder", into = "MedianBuilder")]
pub struct Median {
    settings: MedianBuilder,
    rule: Percentile,
}

with_step_settings! {
    /// Settings of a [`Median`], not yet checked.
    #[derive(Eq)]
    MedianBuilder {}
}

is_its_settings!(Median, MedianBuilder, default);

impl Default for MedianBuilder {
    fn default() -> Self {
        Self { startup_trials: 5, warmup_steps: 0, interval_steps: 1, min_trials: 1 }
    }
}

impl Median {
    /// Returns a builder with every setting at its default.
    pub fn builder() -> MedianBuilder {
        MedianBuilder::default()
    }

    fn with(settings: MedianBuilder) -> Self {
        Self { settings, rule: Percentile::with(settings.rule()) }
    }
}

impl MedianBuilder {
    /// Checks the settings and returns the pruner.
    ///
    /// # Errors
    /// Returns the first setting that is out of its range.
    pub fn build(self) -> Result<Median, SettingError> {
        self.rule().check("median")?;
        Ok(Median::with(self))
    }

    /// Returns the settings of the 50 % percentile pruner that this one is.
    fn rule(self) -> PercentileBuilder {
        let Self { startup_trials, warmup_steps, interval_steps, min_trials } = self;
        PercentileBuilder {
            percentile: 50.0,
            startup_trials,
            warmup_steps,
            interval_steps,
            min_trials,
        }
    }
}

impl Pruner for Median {
    fn judge(&self, context: PruneContext<'_>, number: u64) -> StepDecision {
        self.rule.judge(context, number)
    }

    fn name(&self) -> &'static str {
        "median"
    }

    fn config(&self) -> Option<PrunerConfig> {
        Some(PrunerConfig::Median(self.clone()))
    }
}
