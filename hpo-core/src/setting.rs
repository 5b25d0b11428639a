//! Settings of samplers, pruners, schedules, callbacks and importance measures: the error of one
//! that is out of its range, and the checks that return it.

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use crate::terminal::one_line;

/// The largest number of trials that a setting accepts.
pub(crate) const MOST_TRIALS: u64 = 1_000_000;

/// A setting that is out of its range. Every builder's `build` returns the first one.
///
/// ```
/// use hpo_core::sampler::Tpe;
///
/// let error = Tpe::builder().candidates(0).build().unwrap_err();
/// assert_eq!((error.owner.to_string().as_str(), error.setting), ("tpe sampler", "candidates"));
/// assert_eq!(error.to_string(), "the tpe sampler: `candidates` is 0: write 1 to 10000");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {owner}: `{setting}` {problem}")]
#[non_exhaustive]
pub struct SettingError {
    /// The object that is configured, as its name in JSON and its kind: `tpe sampler`.
    pub owner: Owner,
    /// The name of the setting.
    pub setting: &'static str,
    /// The problem, and what to write instead: `is 1: write at least 2`.
    pub problem: String,
}

/// A text that does not describe a sampler, a pruner or a callback.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {kind}: {reason}", text = one_line(text))]
#[non_exhaustive]
pub struct ConfigError {
    /// The kind of object: `sampler`, `pruner` or `callback`.
    pub kind: &'static str,
    /// The text that was given, unchanged.
    pub text: String,
    /// The reason why the text was rejected.
    pub reason: String,
}

/// An object with settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Owner {
    /// A sampler, by its name.
    Sampler(&'static str),
    /// A pruner or schedule, by its name.
    Pruner(&'static str),
    /// A callback, by its name.
    Callback(&'static str),
    /// A measure of importance, by its name.
    Measure(&'static str),
}

impl Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sampler(name) => write!(f, "{name} sampler"),
            Self::Pruner(name) => write!(f, "{name} pruner"),
            Self::Callback(name) => write!(f, "{name} callback"),
            Self::Measure(name) => write!(f, "{name} measure"),
        }
    }
}

impl Owner {
    /// Returns the error of one of its settings. `problem` follows the name of the setting: `is 1:
    /// write at least 2`.
    #[must_use]
    pub fn error(self, setting: &'static str, problem: impl Into<String>) -> SettingError {
        SettingError { owner: self, setting, problem: problem.into() }
    }

    /// Returns an error with the given value and the remedy, unless the value is valid.
    pub(crate) fn require(
        self,
        setting: &'static str,
        is_valid: bool,
        given: impl Display,
        remedy: &str,
    ) -> Result<(), SettingError> {
        if is_valid { Ok(()) } else { Err(self.error(setting, format!("is {given}: {remedy}"))) }
    }

    /// Returns an error unless a count is within its bounds.
    pub(crate) fn count(
        self,
        setting: &'static str,
        given: impl TryInto<u64>,
        bounds: RangeInclusive<u64>,
    ) -> Result<(), SettingError> {
        count(given, bounds).map_err(|problem| self.error(setting, problem))
    }
}

/// Checks that a count is within its bounds.
///
/// # Errors
/// The problem and the remedy: `is 0: write 1 to 10`. A count above the bounds is most likely a
/// typing error, and would exhaust the machine.
pub(crate) fn count(given: impl TryInto<u64>, bounds: RangeInclusive<u64>) -> Result<(), String> {
    let given = given.try_into().unwrap_or(u64::MAX);
    let (least, most) = (bounds.start(), bounds.end());
    if bounds.contains(&given) {
        Ok(())
    } else {
        Err(format!("is {given}: write {least} to {most}"))
    }
}

/// Reads an object with its settings from JSON, by its name. A bare name means all defaults.
pub(crate) fn from_json<C: DeserializeOwned>(json: Json) -> Result<C, serde_json::Error> {
    serde_json::from_value(match json {
        Json::String(name) => Map::from_iter([(name, Map::new().into())]).into(),
        json => json,
    })
}

/// Reads an object of this kind with its settings from a text: JSON, or the bare name.
pub(crate) fn parse<C: DeserializeOwned>(kind: &'static str, text: &str) -> Result<C, ConfigError> {
    let parsed = if text.trim_start().starts_with('{') {
        serde_json::from_str(text)
    } else {
        from_json(text.into())
    };
    parsed.map_err(|error| ConfigError { kind, text: text.to_owned(), reason: error.to_string() })
}

/// Implements conversions between an object and its settings, for JSON: an object is read and
/// written as its settings. With `default`, it also implements `Default`, for objects whose
/// settings all have defaults.
macro_rules! is_its_settings {
    ($object:ident, $builder:ident, default) => {
        is_its_settings!($object, $builder);

        impl Default for $object {
            fn default() -> Self {
                Self::with($builder::default())
            }
        }
    };
    ($object:ident, $builder:ident) => {
        is_its_settings!($object, $builder, error = SettingError);
    };
    ($object:ident, $builder:ident, error = $error:ident) => {
        impl TryFrom<$builder> for $object {
            type Error = $error;

            fn try_from(settings: $builder) -> Result<Self, $error> {
                settings.build()
            }
        }

        impl From<$object> for $builder {
            fn from(object: $object) -> Self {
                object.settings
            }
        }
    };
}

pub(crate) use is_its_settings;
