//! Parsing of pruners by name, for JSON and command lines.

use std::str::FromStr;

use super::{
    Asha, Hyperband, HyperbandSchedule, Median, Nop, Patient, Percentile, Pruner,
    SuccessiveHalving, Threshold, Wilcoxon,
};
use crate::setting::{self, ConfigError};

/// A pruner and its settings as JSON: `{"median": {}}`, `{"hyperband": {"max_resource": 81}}`.
/// Omitted settings take their defaults. When parsed from text, the bare name is enough. Optuna's
/// names of counts, such as `n_startup_trials`, are accepted too.
///
/// ```
/// use hpo_core::pruner::PrunerConfig;
///
/// let median: PrunerConfig = "median".parse()?;
/// assert_eq!(median, r#"{"median": {"startup_trials": 5}}"#.parse()?);
/// assert_eq!(median.build().name(), "median");
/// let patient: PrunerConfig = r#"{"patient": {"patience": 3, "wrapped": "median"}}"#.parse()?;
/// assert_eq!(patient.build().name(), "patient");
/// # Ok::<(), hpo_core::error::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(clippy::large_enum_variant, reason = "one a study")]
#[non_exhaustive]
pub enum PrunerConfig {
    /// The [`Nop`] pruner, which has no settings.
    None {},
    /// The [`Median`] pruner, with its settings by their names.
    Median(Median),
    /// The [`Percentile`] pruner; `percentile` must be given.
    Percentile(Percentile),
    /// The [`Threshold`] pruner; `lower` or `upper` must be given.
    Threshold(Threshold),
    /// The [`Patient`] pruner; `patience` must be given, `wrapped` is a pruner or its bare name.
    Patient(Patient),
    /// The [`SuccessiveHalving`] pruner; a `min_resource` left out is `"auto"`.
    SuccessiveHalving(SuccessiveHalving),
    /// The [`Hyperband`] pruner; a `max_resource` left out is `"auto"`.
    Hyperband(Hyperband),
    /// The [`Wilcoxon`] pruner, with its settings by their names.
    Wilcoxon(Wilcoxon),
    /// The [`Asha`] schedule, which pauses and promotes; `max_resource` must be given.
    Asha(Asha),
    /// The [`HyperbandSchedule`] schedule, the Hyperband that pauses and promotes; if `iterations`
    /// is `null`, it runs until the search is stopped.
    #[serde(rename = "brackets")]
    HyperbandSchedule(HyperbandSchedule),
}

impl PrunerConfig {
    /// Builds the pruner that this config describes.
    #[must_use]
    pub fn build(&self) -> Box<dyn Pruner> {
        match self {
            Self::None {} => Box::new(Nop),
            Self::Median(pruner) => Box::new(pruner.clone()),
            Self::Percentile(pruner) => Box::new(pruner.clone()),
            Self::Threshold(pruner) => Box::new(pruner.clone()),
            Self::Patient(pruner) => Box::new(pruner.clone()),
            Self::SuccessiveHalving(pruner) => Box::new(pruner.clone()),
            Self::Hyperband(pruner) => Box::new(pruner.clone()),
            Self::Wilcoxon(pruner) => Box::new(pruner.clone()),
            Self::Asha(pruner) => Box::new(pruner.clone()),
            Self::HyperbandSchedule(pruner) => Box::new(pruner.clone()),
        }
    }
}

impl Default for PrunerConfig {
    fn default() -> Self {
        Self::None {}
    }
}

impl FromStr for PrunerConfig {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        setting::parse("pruner", text)
    }
}
