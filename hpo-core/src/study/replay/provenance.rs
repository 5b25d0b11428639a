//! Provenance: the record of how proposals are made, so that each can be made again.
//!
//! A program that opens a study and makes proposals in another way than the last record says adds a
//! record, in a study attribute of its own. Records are never changed, so all ways are found, also
//! those of workers with other settings and of programs that resumed the study.

use serde_json::{Map, Value as Json};

use crate::numeric::crc32;
use crate::sampler::{Duplicates, Sampler};
use crate::space::{Absent, FlatSpace};
use crate::storage::StudyRecord;
use crate::trial::attribute_keys::SAMPLING;

/// The version of this library, which makes proposals here.
pub(in crate::study) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A way to make proposals, and the moment at which it begins.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(in crate::study) struct SamplerRecord {
    /// The number of changes in the study's history at that moment.
    pub(in crate::study) since: u64,
    /// The version of this library.
    pub(in crate::study) version: String,
    /// The seed as text, because JSON readers lose digits of large integers.
    seed: String,
    /// The name of the sampler.
    pub(in crate::study) sampler: String,
    /// The config of the sampler; `None` if it is not of this library.
    pub(in crate::study) config: Option<Json>,
    pub(in crate::study) duplicates: Duplicates,
    /// True if the type of the configs forbids some of them.
    pub(in crate::study) constrained: bool,
    /// The space as JSON text.
    pub(in crate::study) space: String,
    /// The values of parameters that trials lack, by path.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    absent: Map<String, Json>,
    /// The values of the parameters that are not searched, by path.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(in crate::study) fixed: Map<String, Json>,
}

impl SamplerRecord {
    pub(in crate::study) fn new(
        since: u64,
        seed: u64,
        sampler: &dyn Sampler,
        duplicates: Duplicates,
        constrained: bool,
        flat: &FlatSpace,
        absent: &Absent,
    ) -> Self {
        let config = sampler.config().and_then(|config| serde_json::to_value(config).ok());
        let (seed, sampler) = (seed.to_string(), sampler.name().to_owned());
        let (version, space) = (VERSION.to_owned(), flat.space().untyped().to_json());
        let absent = absent.to_json().as_object().cloned().unwrap_or_default();
        let fixed = Map::new();
        Self {
            since,
            version,
            seed,
            sampler,
            config,
            duplicates,
            constrained,
            space,
            absent,
            fixed,
        }
    }

    /// Returns the record with the values of parameters that are not searched.
    pub(in crate::study) fn fixing(self, fixed: &Map<String, Json>) -> Self {
        Self { fixed: fixed.clone(), ..self }
    }

    pub(in crate::study) fn absent(&self) -> Absent {
        Absent::from_json(&Json::Object(self.absent.clone()))
    }

    pub(in crate::study) fn seed(&self) -> Option<u64> {
        self.seed.parse().ok()
    }

    /// Returns all records of a study that can be read, the earliest first.
    pub(in crate::study) fn all(study: &StudyRecord) -> Vec<Self> {
        let attributes =
            study.attributes.system.iter().filter(|(key, _)| key.starts_with(SAMPLING));
        let mut all: Vec<Self> = attributes
            .filter_map(|(_, value)| serde_json::from_value(value.clone()).ok())
            .collect();
        all.sort_by_key(|sampling| sampling.since);
        all
    }

    /// Returns true if `other` makes proposals in the same way, whatever its moment.
    pub(in crate::study) fn is_like(&self, other: &Self) -> bool {
        Self { since: self.since, ..other.clone() } == *self
    }

    /// Returns the key and the value of the attribute that stores the record.
    pub(in crate::study) fn to_attribute(&self) -> (String, Json) {
        let value = serde_json::to_value(self).unwrap_or_default();
        (format!("{SAMPLING}{}:{:08x}", self.since, crc32(value.to_string().as_bytes())), value)
    }
}
