//! Parsing of pruners by name, for JSON and command lines.

use std::str::FromStr;

use serde_json::{Map, Value as Json};

use super::{
    Asha, Hyperband, HyperbandSchedule, Median, Nop, Patient, Percentile, Pruner,
    SuccessiveHalving, Threshold, Wilcoxon,
};
use crate::terminal::one_line;

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
/// # Ok::<(), hpo_core::pruner::PrunerConfigError>(())
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

/// The error for a text that does not describe a pruner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a pruner: {reason}", text = one_line(text))]
pub struct PrunerConfigError {
    /// The text that was given, unchanged.
    pub text: String,
    /// The reason why the text was rejected.
    pub reason: String,
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

    /// Reads a pruner from JSON. A bare name means a pruner with its defaults.
    pub(super) fn from_json(json: Json) -> Result<Self, serde_json::Error> {
        serde_json::from_value(match json {
            Json::String(name) => Map::from_iter([(name, Map::new().into())]).into(),
            json => json,
        })
    }
}

impl Default for PrunerConfig {
    fn default() -> Self {
        Self::None {}
    }
}

impl FromStr for PrunerConfig {
    type Err = PrunerConfigError;

    fn from_str(text: &str) -> Result<Self, PrunerConfigError> {
        let parsed = if text.trim_start().starts_with('{') {
            serde_json::from_str(text)
        } else {
            Self::from_json(text.into())
        };
        parsed
            .map_err(|error| PrunerConfigError { text: text.to_owned(), reason: error.to_string() })
    }
}
