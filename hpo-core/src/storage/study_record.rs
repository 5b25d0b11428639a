//! The record of a study in a storage, without its trials.

use std::sync::Arc;

use super::StudyId;
use crate::numeric::crc32;
use crate::space::{FlatSpace, Space};
use crate::trial::attribute_keys::{IDENTITY, METRIC_NAMES, SAMPLING, SPACE};
use crate::trial::{Attributes, Direction};

/// The record of a study in a storage, without its trials.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyRecord {
    /// The number of the study.
    pub id: StudyId,
    /// The name, unique in the storage.
    pub name: String,
    /// The directions, one per objective.
    pub directions: Vec<Direction>,
    /// The attributes of the study.
    pub attributes: Attributes,
}

/// Returns a new [identity](IDENTITY) for a study of this name.
#[must_use]
pub fn new_identity(name: &str) -> String {
    format!("{:08x}-{:016x}", crc32(name.as_bytes()), rand::random::<u64>())
}

impl StudyRecord {
    /// Returns the text that distinguishes this study from all others. It consists of at most 64
    /// ASCII letters, digits and hyphens, so it can name a file. Returns `None` if the study has
    /// none.
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        let stored = self.attributes.system.get(IDENTITY)?.as_str()?;
        let is_plain = stored.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (is_plain && (1..=64).contains(&stored.len())).then_some(stored)
    }

    /// Returns the recorded space as JSON text; `None` for a study of another library.
    #[must_use]
    pub fn space_json(&self) -> Option<&str> {
        self.attributes.system.get(SPACE)?.as_str()
    }

    /// Returns the recorded space; `None` if there is none that this version can read.
    #[must_use]
    pub fn flat_space(&self) -> Option<Arc<FlatSpace>> {
        FlatSpace::new(&Space::from_json(self.space_json()?).ok()?).ok()
    }

    /// Returns true if some program has opened the study with a type that forbids some of its
    /// configs.
    #[must_use]
    pub fn is_constrained(&self) -> bool {
        let mut records =
            self.attributes.system.iter().filter(|(key, _)| key.starts_with(SAMPLING));
        records.any(|(_, record)| record["constrained"] == true)
    }

    /// Returns the names of the values, one per objective; empty if none were recorded. Optuna's
    /// `set_metric_names` records them too.
    #[must_use]
    pub fn metric_names(&self) -> Vec<String> {
        let stored = self.attributes.system.get(METRIC_NAMES);
        let names: Option<Vec<String>> =
            stored.and_then(|names| serde_json::from_value(names.clone()).ok());
        names.filter(|names| names.len() == self.directions.len()).unwrap_or_default()
    }
}
