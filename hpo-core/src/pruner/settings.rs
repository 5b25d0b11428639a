//! Helpers that the settings of all pruners share.

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::{Map, Value as Json};

use crate::setting::{Owner, SettingError};

/// Returns an error for a setting: `problem` says what is wrong with it, and what to write instead.
pub(super) fn refuse<T>(
    pruner: &'static str,
    setting: &'static str,
    problem: impl Into<String>,
) -> Result<T, SettingError> {
    Err(Owner::Pruner(pruner).error(setting, problem))
}

/// Returns the default of a setting that JSON leaves out.
pub(super) fn count<const COUNT: u64>() -> u64 {
    COUNT
}

/// Reads a number of steps; `"auto"` and `null` are `None`.
pub(super) fn steps_or_auto<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u64>, D::Error> {
    match Json::deserialize(deserializer)? {
        Json::Null => Ok(None),
        Json::String(word) if word == "auto" => Ok(None),
        json => match json.as_u64() {
            Some(steps) => Ok(Some(steps)),
            None => Err(D::Error::custom(format!(
                "{json} is not a number of steps: write a whole number, or \"auto\""
            ))),
        },
    }
}

/// Returns the settings by their names in JSON.
pub(super) fn named(settings: &impl Serialize) -> Map<String, Json> {
    match serde_json::to_value(settings) {
        Ok(Json::Object(settings)) => settings,
        _ => Map::new(),
    }
}
