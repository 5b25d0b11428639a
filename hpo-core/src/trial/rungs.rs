//! Rungs: the steps at which trials are compared with each other, and who has reached which with what value.
//!
//! A rung is noted as the system attribute that Optuna's successive halving writes, `completed_rung_K`: so both libraries'
//! workers compare their trials with each other's.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::attribute_keys::RUNG;

/// The system attribute of a rung, counted from 0.
#[must_use]
pub fn rung_attribute(rung: u32) -> String {
    format!("{RUNG}{rung}")
}

/// A trial reached a rung. A later entry of the same trial and rung replaces an earlier one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RungEntry {
    /// The trial.
    pub number: u64,
    /// The rung, from 0.
    pub rung: u32,
    /// Its value there; NaN if what was noted is no number.
    pub value: f64,
}

/// The rungs of all trials of a study.
#[derive(Clone, Debug, Default)]
pub(super) struct Rungs {
    log: Vec<RungEntry>,
    climbs: HashMap<u64, Climb>,
}

/// How far a trial has come.
#[derive(Clone, Copy, Debug, Default)]
struct Climb {
    reached: u32,
    promotions: u32,
}

impl Rungs {
    /// Notes a system attribute, if it is a rung's.
    pub(super) fn note(&mut self, number: u64, key: &str, value: &Json) {
        let Some(rung) = key.strip_prefix(RUNG).and_then(|rung| rung.parse().ok()) else {
            return;
        };
        self.log.push(RungEntry { number, rung, value: value.as_f64().unwrap_or(f64::NAN) });
        let reached = &mut self.climbs.entry(number).or_default().reached;
        *reached = (*reached).max(rung.saturating_add(1));
    }

    /// A trial begins anew: it has reached nothing yet. Promotions stay, as they were granted for good.
    pub(super) fn restart(&mut self, number: u64) {
        if let Some(climb) = self.climbs.get_mut(&number) {
            climb.reached = 0;
        }
    }

    pub(super) fn promote(&mut self, number: u64) {
        self.climbs.entry(number).or_default().promotions += 1;
    }

    pub(super) fn log(&self) -> &[RungEntry] {
        &self.log
    }

    pub(super) fn reached(&self, number: u64) -> u32 {
        self.climbs.get(&number).map_or(0, |climb| climb.reached)
    }

    pub(super) fn promotions(&self, number: u64) -> u32 {
        self.climbs.get(&number).map_or(0, |climb| climb.promotions)
    }
}
