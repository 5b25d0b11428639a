//! The identity of a search, recorded in its study: scores of another table, other folds or another
//! metric cannot be compared with its own.

use std::collections::BTreeMap;

use hpo_core::Study;
use hpo_core::study::{Config, StudyBuilder};

use crate::checksum::fnv;
use crate::error::Error;

/// The study's attribute that stores the fingerprint.
const FINGERPRINT: &str = "hpo-linfa:search";

/// The identity of a search: its parts, each with its name.
pub(crate) struct Fingerprint(Vec<(&'static str, String)>);

impl Fingerprint {
    pub(crate) fn new(parts: impl Into<Vec<(&'static str, String)>>) -> Self {
        Self(parts.into())
    }

    /// Records the fingerprint on a study that has none.
    pub(crate) fn record<C: Config, W>(&self, study: StudyBuilder<C, W>) -> StudyBuilder<C, W> {
        let now: BTreeMap<&str, &str> =
            self.0.iter().map(|(what, text)| (*what, text.as_str())).collect();
        study.attribute(FINGERPRINT, now)
    }

    /// Compares the fingerprint with the recorded one.
    pub(crate) fn check<C: Config, W>(&self, study: &Study<C, W>) -> Result<(), Error> {
        let recorded = study.attribute(FINGERPRINT)?.unwrap_or_default();
        match self.0.iter().find(|(what, text)| recorded[*what] != text.as_str()) {
            Some((what, _)) => {
                Err(Error::OtherSearch { study: study.oracle().name().to_owned(), what })
            }
            None => Ok(()),
        }
    }
}

/// Returns a checksum as text.
pub(crate) fn checksum(bytes: impl Iterator<Item = u8>) -> String {
    format!("{:016x}", fnv(bytes))
}
