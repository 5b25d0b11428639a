//! How proposals are made: what a study records of it, so that each can be made again.
//!
//! Whoever opens a study and makes its proposals otherwise than they were made last adds a record, in a study attribute of
//! its own. None is ever changed: workers with other settings, and programs that took the study up with them, are all found.

use serde_json::{Map, Value as Json};

use crate::numeric::crc32;
use crate::sampler::{Duplicates, Sampler};
use crate::space::{Absent, Slots};
use crate::storage::StudyRecord;
use crate::trial::attribute_keys::SAMPLING;

/// The version that makes proposals here.
pub(in crate::study) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How proposals are made, and since when.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(in crate::study) struct Sampling {
    /// How many changes the study had seen.
    pub(in crate::study) since: u64,
    /// The version of this library.
    pub(in crate::study) version: String,
    /// As text: JSON readers lose digits of large integers.
    seed: String,
    /// The sampler's name.
    pub(in crate::study) sampler: String,
    /// The sampler's config, if it is one of this library's.
    pub(in crate::study) config: Option<Json>,
    pub(in crate::study) duplicates: Duplicates,
    /// Whether the type of the configs forbids some of them.
    pub(in crate::study) constrained: bool,
    /// The space as JSON text.
    pub(in crate::study) space: String,
    /// What parameters stand at where nothing is said of them, by path.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    absent: Map<String, Json>,
}

impl Sampling {
    pub(in crate::study) fn new(
        since: u64,
        seed: u64,
        sampler: &dyn Sampler,
        duplicates: Duplicates,
        constrained: bool,
        slots: &Slots,
        absent: &Absent,
    ) -> Self {
        let config = sampler.config().and_then(|config| serde_json::to_value(config).ok());
        let (seed, sampler) = (seed.to_string(), sampler.name().to_owned());
        let (version, space) = (VERSION.to_owned(), slots.space().untyped().to_json());
        let absent = absent.to_json().as_object().cloned().unwrap_or_default();
        Self { since, version, seed, sampler, config, duplicates, constrained, space, absent }
    }

    pub(in crate::study) fn absent(&self) -> Absent {
        Absent::from_json(&Json::Object(self.absent.clone()))
    }

    pub(in crate::study) fn seed(&self) -> Option<u64> {
        self.seed.parse().ok()
    }

    /// All records of a study that can be read, the earliest first.
    pub(in crate::study) fn all(study: &StudyRecord) -> Vec<Self> {
        let notes = study.attributes.system.iter().filter(|(key, _)| key.starts_with(SAMPLING));
        let mut all: Vec<Self> = notes.filter_map(|(_, note)| serde_json::from_value(note.clone()).ok()).collect();
        all.sort_by_key(|sampling| sampling.since);
        all
    }

    /// Whether proposals are made as by another record, whenever that was.
    pub(in crate::study) fn is_like(&self, other: &Self) -> bool {
        Self { since: self.since, ..other.clone() } == *self
    }

    /// The attribute that holds it: its key and what it says.
    pub(in crate::study) fn note(&self) -> (String, Json) {
        let note = serde_json::to_value(self).unwrap_or_default();
        (format!("{SAMPLING}{}:{:08x}", self.since, crc32(note.to_string().as_bytes())), note)
    }
}
