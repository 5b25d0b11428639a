//! A study as a storage knows it, without its trials.

use std::sync::Arc;

use super::StudyId;
use crate::numeric::crc32;
use crate::space::{Slots, Space};
use crate::trial::attribute_keys::{IDENTITY, METRIC_NAMES, SAMPLING, SPACE};
use crate::trial::{Attributes, Direction};

/// What a storage knows of a study, its trials apart.
#[derive(Clone, Debug, PartialEq)]
pub struct StudyRecord {
    /// Its number.
    pub id: StudyId,
    /// Its name, unique in the storage.
    pub name: String,
    /// One direction an objective.
    pub directions: Vec<Direction>,
    /// Notes on it.
    pub attributes: Attributes,
}

/// A new [identity](IDENTITY) for a study of this name.
#[must_use]
pub fn new_identity(name: &str) -> String {
    format!("{:08x}-{:016x}", crc32(name.as_bytes()), rand::random::<u64>())
}

impl StudyRecord {
    /// What tells it from all other studies: letters, digits and hyphens that may name a file. `None` if nobody has given it one.
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        let noted = self.attributes.system.get(IDENTITY)?.as_str()?;
        let is_plain = noted.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (is_plain && (1..=64).contains(&noted.len())).then_some(noted)
    }

    /// The recorded space as JSON text; `None` for a study of another library.
    #[must_use]
    pub fn space_json(&self) -> Option<&str> {
        self.attributes.system.get(SPACE)?.as_str()
    }

    /// The recorded space; `None` if there is none that this version reads.
    #[must_use]
    pub fn slots(&self) -> Option<Arc<Slots>> {
        Slots::new(&Space::from_json(self.space_json()?).ok()?).ok()
    }

    /// Whether some program has opened the study with a type that forbids some of its configs.
    #[must_use]
    pub fn is_constrained(&self) -> bool {
        let mut records = self.attributes.system.iter().filter(|(key, _)| key.starts_with(SAMPLING));
        records.any(|(_, record)| record["constrained"] == true)
    }

    /// What the values are called, one name an objective, where somebody has said it; Optuna's `set_metric_names` says it too.
    #[must_use]
    pub fn metric_names(&self) -> Vec<String> {
        let noted = self.attributes.system.get(METRIC_NAMES);
        let names: Option<Vec<String>> = noted.and_then(|names| serde_json::from_value(names.clone()).ok());
        names.filter(|names| names.len() == self.directions.len()).unwrap_or_default()
    }
}
