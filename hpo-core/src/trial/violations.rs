//! Reported constraints: those that are known only after a config has been evaluated, such as its
//! use of memory.
//!
//! A constraint is stored as Optuna 5 stores it, in the system attribute `constraints:NAME`: a
//! value above 0 is the violation. Optuna 4 wrote all of them as one list under `constraints`; that
//! form is read too.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;

use super::attribute_keys::{CONSTRAINT, CONSTRAINTS};

/// Returns the key of the system attribute of a constraint.
#[must_use]
pub fn constraint_attribute(name: &str) -> String {
    format!("{CONSTRAINT}{name}")
}

/// Returns the constraints among a trial's system attributes, by name; those of a list are named by
/// their index.
pub(super) fn constraints(system: &BTreeMap<String, Json>) -> BTreeMap<String, f64> {
    let list = system.get(CONSTRAINTS).and_then(Json::as_array).into_iter().flatten();
    let listed = list.enumerate().map(|(place, value)| (place.to_string(), real(value)));
    let named = system
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix(CONSTRAINT)?.to_owned(), real(value))));
    listed.chain(named).collect()
}

/// Returns the total constraint violation. NaN counts as infinite.
pub(super) fn total(constraints: &BTreeMap<String, f64>) -> f64 {
    constraints
        .values()
        .map(|value| if value.is_nan() { f64::INFINITY } else { value.max(0.0) })
        .sum()
}

/// Reads a number in any form that Python may have written.
fn real(value: &Json) -> f64 {
    match value.as_str() {
        Some("Infinity") => f64::INFINITY,
        Some("-Infinity") => f64::NEG_INFINITY,
        _ => value.as_f64().unwrap_or(f64::NAN),
    }
}

/// The constraints of each trial that reported any.
#[derive(Clone, Debug, Default)]
pub(super) struct Violations {
    /// The names of all constraints, in the order in which they were first reported.
    names: Vec<String>,
    by_trial: HashMap<u64, Reported>,
}

/// The constraints of one trial.
#[derive(Clone, Debug)]
struct Reported {
    /// The value of each constraint, by the index of its name.
    values: Vec<(u32, f64)>,
    total: f64,
}

impl Violations {
    /// Updates the constraints after a system attribute was written, if it is a constraint.
    pub(super) fn update(&mut self, number: u64, key: &str, system: &BTreeMap<String, Json>) {
        if key == CONSTRAINTS || key.starts_with(CONSTRAINT) {
            let constraints = constraints(system);
            let total = total(&constraints);
            let values =
                constraints.into_iter().map(|(name, value)| (self.index(name), value)).collect();
            self.by_trial.insert(number, Reported { values, total });
        }
    }

    fn index(&mut self, name: String) -> u32 {
        let known = self.names.iter().position(|own| *own == name);
        known.unwrap_or_else(|| {
            self.names.push(name);
            self.names.len() - 1
        }) as u32
    }

    /// Returns the number of different constraints.
    pub(super) fn count(&self) -> usize {
        self.names.len()
    }

    /// Returns the total violation of a trial.
    pub(super) fn of(&self, number: u64) -> f64 {
        self.by_trial.get(&number).map_or(0.0, |reported| reported.total)
    }

    /// Returns the constraints of a trial, each with the index of its name.
    pub(super) fn values(&self, number: u64) -> &[(u32, f64)] {
        self.by_trial.get(&number).map_or(&[], |reported| &reported.values)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn violation(attributes: &[(&str, Json)]) -> f64 {
        let (mut violations, mut system) = (Violations::default(), BTreeMap::new());
        for (key, value) in attributes {
            system.insert((*key).to_owned(), value.clone());
            violations.update(3, key, &system);
        }
        assert_eq!(violations.of(4), 0.0);
        violations.of(3)
    }

    #[test]
    fn only_what_is_broken_counts() {
        assert_eq!(violation(&[]), 0.0);
        assert_eq!(violation(&[("constraints:a", json!(-5)), ("constraints:b", json!(0))]), 0.0);
        assert_eq!(
            violation(&[("constraints:a", json!(-5)), ("constraints:b", json!(0.25))]),
            0.25
        );
        assert_eq!(violation(&[("constraints:a", json!(1)), ("constraints:a", json!(0.5))]), 0.5);
        assert_eq!(violation(&[("constraint", json!(1)), ("constraintsx", json!(1))]), 0.0);
    }

    #[test]
    fn each_constraint_keeps_its_slack_and_its_index() {
        let (mut violations, mut system) = (Violations::default(), BTreeMap::new());
        for (number, key, value) in
            [(0, "constraints:b", -2.0), (0, "constraints:a", 0.5), (1, "constraints:a", -1.0)]
        {
            if number == 1 {
                system.clear();
            }
            system.insert(key.to_owned(), json!(value));
            violations.update(number, key, &system);
        }
        assert_eq!(violations.values(0), [(1, 0.5), (0, -2.0)]);
        assert_eq!(violations.values(1), [(1, -1.0)]);
        assert_eq!((violations.values(2), violations.count()), (&[][..], 2));
        assert_eq!([0, 1].map(|number| violations.of(number)), [0.5, 0.0]);
    }

    #[test]
    fn lists_of_optuna_4_and_numbers_of_python_are_read() {
        assert_eq!(violation(&[("constraints", json!([1.5, -2.0, 0.5]))]), 2.0);
        assert_eq!(
            violation(&[("constraints", json!([1.5, 1.0])), ("constraints:0", json!(0.5))]),
            1.5
        );
        assert_eq!(violation(&[("constraints", Json::Null)]), 0.0);
        assert_eq!(violation(&[("constraints:a", json!("Infinity"))]), f64::INFINITY);
        assert_eq!(violation(&[("constraints:a", json!("-Infinity"))]), 0.0);
        for odd in [json!("NaN"), Json::Null, json!("much")] {
            assert_eq!(violation(&[("constraints:a", odd)]), f64::INFINITY);
        }
    }
}
