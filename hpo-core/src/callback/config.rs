//! Callbacks by name, for JSON and command lines.

use std::str::FromStr;

use super::{Callback, EarlyStopping, StopAtTarget, StopOnStagnation, TimeLimit};
use crate::setting::{self, ConfigError};

/// A callback and its settings as JSON: `{"stop_at_target": {"target": 0.1}}`,
/// `{"stop_on_stagnation": {"trials": 50}}`. Settings that are left out have their defaults. When a
/// text is parsed, the bare name is enough. Callbacks that write or show something have an output,
/// which JSON cannot contain.
///
/// ```
/// use std::time::Duration;
///
/// use hpo_core::callback::{CallbackConfig, TimeLimit};
/// use hpo_core::prelude::*;
///
/// # #[derive(Clone, Debug, SearchSpace)]
/// # struct Point {
/// #     #[search_space(range = 0.0..=1.0)]
/// #     x: f64,
/// # }
/// let hour: CallbackConfig = r#"{"time_limit": {"limit": 3600}}"#.parse()?;
/// let limit = TimeLimit::builder(Duration::from_secs(3600)).build()?;
/// assert_eq!(hour, CallbackConfig::TimeLimit(limit));
/// let study = Study::<Point>::minimize().callback(hour.build()).open()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum CallbackConfig {
    /// [`EarlyStopping`]: `watched` must be given (`{"name": "val_loss"}`, `{"reports":
    /// "minimize"}`, `{"metric": {"name": "profit", "direction": "maximize"}}`).
    EarlyStopping(EarlyStopping),
    /// [`StopAtTarget`]: `target` must be given, and is finite.
    StopAtTarget(StopAtTarget),
    /// [`StopOnStagnation`]: `trials` and `min_delta`.
    StopOnStagnation(StopOnStagnation),
    /// [`TimeLimit`]: `limit` in seconds must be given; with `"of_trials": true` it limits the time
    /// of trials.
    TimeLimit(TimeLimit),
}

impl CallbackConfig {
    /// Builds the callback that this config describes.
    #[must_use]
    pub fn build(&self) -> Box<dyn Callback> {
        match self {
            Self::EarlyStopping(callback) => Box::new(callback.clone()),
            Self::StopAtTarget(callback) => Box::new(callback.clone()),
            Self::StopOnStagnation(callback) => Box::new(callback.clone()),
            Self::TimeLimit(callback) => Box::new(callback.clone()),
        }
    }
}

impl FromStr for CallbackConfig {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        setting::parse("callback", text)
    }
}
