//! The best config: as JSON, and as it may be written in Rust.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::literal::Literal;
use super::{Expectation, Subject};
use crate::trial::Trials;

/// The config of the best trial.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BestConfig {
    /// The trial.
    pub number: u64,
    /// Its value.
    pub value: f64,
    /// The active parameters by path, as `Study::enqueue_json` takes them.
    pub json: Json,
    /// The same as an expression of Rust: it compiles where the types are in scope. Fields that are skipped by the search have their
    /// `Default`. None if the recorded space is not that of a type which derives it, or was recorded before the names of types were.
    pub rust: Option<String>,
    /// What to expect of it; none where that cannot be told.
    pub expectation: Option<Expectation>,
}

impl BestConfig {
    /// Of the best complete trial that keeps its constraints, of a study with one objective.
    #[must_use]
    pub fn of(subject: &Subject<'_>) -> Option<Self> {
        Self::with(subject, Expectation::of(subject))
    }

    /// The same, with what is to be expected of it, which is dear to compute.
    pub(super) fn with(subject: &Subject<'_>, expectation: Option<Expectation>) -> Option<Self> {
        if subject.directions.len() != 1 {
            return None;
        }
        let number = *best_trials(subject).first()?;
        let value = *subject.trials.values(number).first()?;
        let mut json = Map::new();
        for (id, value) in subject.trials.params(number) {
            json.insert(subject.param(id).path.clone(), subject.label(id, value).to_json());
        }
        let literal = Literal { subject, number, is_flat: false };
        let rust = subject.slots.and_then(|slots| literal.of(slots.space(), "", 0));
        Some(Self { number, value, json: Json::Object(json), rust, expectation })
    }
}

/// The best trials, as [`Trials::best`]; with several objectives it compares with the front alone.
pub(super) fn best_trials(subject: &Subject<'_>) -> Vec<u64> {
    let trials: &Trials = subject.trials;
    if subject.directions.len() == 1 {
        return trials.best(subject.directions);
    }
    super::figure::front(subject, &trials.complete().collect::<Vec<_>>())
}
