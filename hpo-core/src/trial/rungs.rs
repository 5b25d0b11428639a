//! Rungs: the steps at which trials are compared with each other, and the values of the trials that
//! reached them.
//!
//! A rung is stored as the system attribute that Optuna's successive halving writes,
//! `completed_rung_K`, so that workers of both libraries compare their trials with each other's.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::attribute_keys::RUNG;

/// Returns the key of the system attribute of a rung, counted from 0.
#[must_use]
pub fn rung_attribute(rung: u32) -> String {
    format!("{RUNG}{rung}")
}

/// The value of a trial at a rung. A later entry of the same trial and rung replaces an earlier
/// one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RungEntry {
    /// The number of the trial.
    pub number: u64,
    /// The rung, counted from 0.
    pub rung: u32,
    /// The value at the rung; NaN if the stored value is not a number.
    pub value: f64,
}

/// The rungs of all trials of a study.
#[derive(Clone, Debug, Default)]
pub(super) struct Rungs {
    log: Vec<RungEntry>,
    progress: HashMap<u64, RungProgress>,
}

/// The progress of a trial through the rungs.
#[derive(Clone, Copy, Debug, Default)]
struct RungProgress {
    reached: u32,
    promotions: u32,
}

impl Rungs {
    /// Records a system attribute if it is that of a rung.
    pub(super) fn record(&mut self, number: u64, key: &str, value: &Json) {
        let Some(rung) = key.strip_prefix(RUNG).and_then(|rung| rung.parse().ok()) else {
            return;
        };
        self.log.push(RungEntry { number, rung, value: value.as_f64().unwrap_or(f64::NAN) });
        let reached = &mut self.progress.entry(number).or_default().reached;
        *reached = (*reached).max(rung.saturating_add(1));
    }

    /// Resets the rungs that a trial has reached, because it starts again. Its promotions remain:
    /// they are permanent.
    pub(super) fn restart(&mut self, number: u64) {
        if let Some(progress) = self.progress.get_mut(&number) {
            progress.reached = 0;
        }
    }

    pub(super) fn promote(&mut self, number: u64) {
        self.progress.entry(number).or_default().promotions += 1;
    }

    pub(super) fn log(&self) -> &[RungEntry] {
        &self.log
    }

    pub(super) fn reached(&self, number: u64) -> u32 {
        self.progress.get(&number).map_or(0, |progress| progress.reached)
    }

    pub(super) fn promotions(&self, number: u64) -> u32 {
        self.progress.get(&number).map_or(0, |progress| progress.promotions)
    }
}
