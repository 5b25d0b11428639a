//! Pruners by name, for JSON and command lines.

use std::str::FromStr;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::Value as Json;

use super::{
    Asha, Brackets, Hyperband, Median, Never, Patient, Percentile, Pruner, SuccessiveHalving, Threshold, Wilcoxon,
};
use crate::terminal::one_line;

/// A pruner and its settings as text: `{"median": {}}`, `{"hyperband": {"max_resource": 81}}`; settings left out take
/// their defaults. Where a text is parsed, the bare name will do. Optuna's names of counts are read too: `n_startup_trials`.
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
#[non_exhaustive]
pub enum PrunerConfig {
    /// [`Never`].
    None {},
    /// [`Median`].
    Median {
        /// Complete trials before one is stopped.
        #[serde(default = "five", alias = "n_startup_trials")]
        startup_trials: u64,
        /// The first step that is judged.
        #[serde(default, alias = "n_warmup_steps")]
        warmup_steps: u64,
        /// One report is judged in so many steps.
        #[serde(default = "one")]
        interval_steps: u64,
        /// Complete trials that must have reported a step.
        #[serde(default = "one", alias = "n_min_trials")]
        min_trials: u64,
    },
    /// [`Percentile`].
    Percentile {
        /// The share that is kept, from 0 to 100.
        percentile: f64,
        /// Complete trials before one is stopped.
        #[serde(default = "five", alias = "n_startup_trials")]
        startup_trials: u64,
        /// The first step that is judged.
        #[serde(default, alias = "n_warmup_steps")]
        warmup_steps: u64,
        /// One report is judged in so many steps.
        #[serde(default = "one")]
        interval_steps: u64,
        /// Complete trials that must have reported a step.
        #[serde(default = "one", alias = "n_min_trials")]
        min_trials: u64,
    },
    /// [`Threshold`].
    Threshold {
        /// The smallest value with which a trial goes on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lower: Option<f64>,
        /// The largest value with which a trial goes on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        upper: Option<f64>,
        /// The first step that is judged.
        #[serde(default, alias = "n_warmup_steps")]
        warmup_steps: u64,
        /// One report is judged in so many steps.
        #[serde(default = "one")]
        interval_steps: u64,
    },
    /// [`Patient`].
    Patient {
        /// Reports to wait for.
        patience: u64,
        /// How much worse than before they may be.
        #[serde(default)]
        min_delta: f64,
        /// The pruner that is asked when patience is at its end; by its bare name, too.
        #[serde(default, deserialize_with = "named_within", skip_serializing_if = "Option::is_none")]
        wrapped: Option<Box<PrunerConfig>>,
    },
    /// [`SuccessiveHalving`].
    SuccessiveHalving {
        /// The step of the first rung; `"auto"` if it is left out.
        #[serde(default, deserialize_with = "steps_or_auto", skip_serializing_if = "Option::is_none")]
        min_resource: Option<u64>,
        /// Instead of that: how many rungs there are below the full training.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rungs: Option<u32>,
        /// The factor from rung to rung.
        #[serde(default = "four")]
        reduction_factor: u64,
        /// Rungs that are left out at the bottom.
        #[serde(default)]
        min_early_stopping_rate: u32,
        /// Trials that stop at each rung before one goes on.
        #[serde(default)]
        bootstrap_count: u64,
    },
    /// [`Hyperband`].
    Hyperband {
        /// The step of the first rung of the first bracket.
        #[serde(default = "one")]
        min_resource: u64,
        /// The steps of a trial that is not stopped; `"auto"` if they are left out.
        #[serde(default, deserialize_with = "steps_or_auto", skip_serializing_if = "Option::is_none")]
        max_resource: Option<u64>,
        /// The factor from rung to rung.
        #[serde(default = "three")]
        reduction_factor: u64,
        /// Trials that stop at each rung before one goes on.
        #[serde(default)]
        bootstrap_count: u64,
    },
    /// [`Wilcoxon`].
    Wilcoxon {
        /// The p-value below which a trial stops.
        #[serde(default = "tenth")]
        p_threshold: f64,
        /// Steps in common with the best trial.
        #[serde(default = "two", alias = "n_startup_steps")]
        startup_steps: u64,
    },
    /// [`Asha`], which pauses and promotes.
    Asha {
        /// The last step of a trial that is promoted to the end.
        max_resource: u64,
        /// The step of the first rung.
        #[serde(default = "one")]
        min_resource: u64,
        /// One in how many trials of a rung is promoted.
        #[serde(default = "four")]
        factor: u64,
    },
    /// [`Brackets`], the Hyperband that pauses and promotes.
    Brackets {
        /// The last step of a trial that is promoted to the end.
        #[serde(default = "hundred")]
        max_resource: u64,
        /// The fewest steps of a first round.
        #[serde(default = "one")]
        min_resource: u64,
        /// One in how many trials is promoted.
        #[serde(default = "three")]
        factor: u64,
        /// How often all brackets are gone through; `null`: until the search is stopped.
        #[serde(default = "once")]
        iterations: Option<u64>,
    },
}

/// A text that names no pruner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a pruner: {reason}", text = one_line(text))]
pub struct PrunerConfigError {
    /// The text given.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl PrunerConfig {
    /// The pruner that this text describes. Its settings are [checked](Pruner::check) when it is parsed, and when a study is
    /// opened with it.
    #[must_use]
    pub fn build(&self) -> Box<dyn Pruner> {
        match self.clone() {
            Self::None {} => Box::new(Never),
            Self::Median { startup_trials, warmup_steps, interval_steps, min_trials } => Box::new(
                Median::default()
                    .startup_trials(startup_trials)
                    .warmup_steps(warmup_steps)
                    .interval_steps(interval_steps)
                    .min_trials(min_trials),
            ),
            Self::Percentile { percentile, startup_trials, warmup_steps, interval_steps, min_trials } => Box::new(
                Percentile::new(percentile)
                    .startup_trials(startup_trials)
                    .warmup_steps(warmup_steps)
                    .interval_steps(interval_steps)
                    .min_trials(min_trials),
            ),
            Self::Threshold { lower, upper, warmup_steps, interval_steps } => {
                let pruner = Threshold::new().warmup_steps(warmup_steps).interval_steps(interval_steps);
                let pruner = lower.into_iter().fold(pruner, Threshold::lower);
                Box::new(upper.into_iter().fold(pruner, Threshold::upper))
            }
            Self::Patient { patience, min_delta, wrapped } => {
                let pruner = Patient::new(patience).min_delta(min_delta);
                Box::new(wrapped.into_iter().fold(pruner, |pruner, wrapped| pruner.wrapping(wrapped.build())))
            }
            Self::SuccessiveHalving {
                min_resource,
                rungs,
                reduction_factor,
                min_early_stopping_rate,
                bootstrap_count,
            } => {
                let pruner = rungs
                    .into_iter()
                    .fold(SuccessiveHalving::default(), SuccessiveHalving::rungs)
                    .reduction_factor(reduction_factor)
                    .min_early_stopping_rate(min_early_stopping_rate)
                    .bootstrap_count(bootstrap_count);
                Box::new(min_resource.into_iter().fold(pruner, SuccessiveHalving::min_resource))
            }
            Self::Hyperband { min_resource, max_resource, reduction_factor, bootstrap_count } => {
                let pruner = Hyperband::default()
                    .min_resource(min_resource)
                    .reduction_factor(reduction_factor)
                    .bootstrap_count(bootstrap_count);
                Box::new(max_resource.into_iter().fold(pruner, Hyperband::max_resource))
            }
            Self::Wilcoxon { p_threshold, startup_steps } => {
                Box::new(Wilcoxon::default().p_threshold(p_threshold).startup_steps(startup_steps))
            }
            Self::Asha { max_resource, min_resource, factor } => {
                Box::new(Asha::new(max_resource).min_resource(min_resource).factor(factor))
            }
            Self::Brackets { max_resource, min_resource, factor, iterations } => Box::new(
                Brackets::new()
                    .max_resource(max_resource)
                    .min_resource(min_resource)
                    .factor(factor)
                    .iterations(iterations),
            ),
        }
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
        let refuse = |reason: String| PrunerConfigError { text: text.to_owned(), reason };
        let parsed = if text.trim_start().starts_with('{') {
            serde_json::from_str(text)
        } else {
            serde_json::from_value(with_defaults(text.to_owned()))
        };
        let config: Self = parsed.map_err(|error| refuse(error.to_string()))?;
        config.build().check().map_err(|error| refuse(error.to_string()))?;
        Ok(config)
    }
}

/// `"median"` as `{"median": {}}`.
fn with_defaults(name: String) -> Json {
    let mut named = serde_json::Map::new();
    named.insert(name, serde_json::Map::new().into());
    named.into()
}

fn named_within<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<PrunerConfig>>, D::Error> {
    let json = match Json::deserialize(deserializer)? {
        Json::Null => return Ok(None),
        Json::String(name) => with_defaults(name),
        json => json,
    };
    serde_json::from_value(json).map(Some).map_err(D::Error::custom)
}

fn steps_or_auto<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    match Json::deserialize(deserializer)? {
        Json::Null => Ok(None),
        Json::String(word) if word == "auto" => Ok(None),
        json => match json.as_u64() {
            Some(steps) => Ok(Some(steps)),
            None => Err(D::Error::custom(format!("{json} is no number of steps: write a whole number, or \"auto\""))),
        },
    }
}

fn one() -> u64 {
    1
}

fn two() -> u64 {
    2
}

fn three() -> u64 {
    3
}

fn four() -> u64 {
    4
}

fn five() -> u64 {
    5
}

fn hundred() -> u64 {
    100
}

#[expect(clippy::unnecessary_wraps, reason = "the default of an optional setting")]
fn once() -> Option<u64> {
    Some(1)
}

fn tenth() -> f64 {
    0.1
}
