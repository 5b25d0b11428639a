//! The best config, as JSON and as Rust code.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::literal::Literal;
use super::{StudyView, ValueEstimate};
use crate::trial::Trials;

/// The config of the best trial.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BestConfig {
    /// The number of the trial.
    pub number: u64,
    /// The value of the trial.
    pub value: f64,
    /// The active parameters by path, in the form that `Study::enqueue_json` accepts.
    pub json: Json,
    /// The config as a Rust expression, which compiles if its types are in scope. Fields that the
    /// search skips have their `Default`. `None` if the recorded space does not come from a type
    /// that derives it, or was recorded before the names of types were.
    pub rust: Option<String>,
    /// The expected value of the config; `None` if the data do not suffice.
    pub expectation: Option<ValueEstimate>,
}

impl BestConfig {
    /// Returns the config of the best complete trial that keeps its constraints, or `None` if there
    /// is no such trial or the study has several objectives.
    #[must_use]
    pub fn of(view: &StudyView<'_>) -> Option<Self> {
        Self::with(view, ValueEstimate::of(view))
    }

    /// Returns the best config, given the expectation for it, which is expensive to compute.
    pub(super) fn with(view: &StudyView<'_>, expectation: Option<ValueEstimate>) -> Option<Self> {
        if view.directions.len() != 1 {
            return None;
        }
        let number = *best_trials(view).first()?;
        let value = *view.trials.values(number).first()?;
        let mut json = Map::new();
        for (id, value) in view.trials.params(number) {
            json.insert(view.param(id).path.clone(), view.label(id, value).to_json());
        }
        let literal = Literal { view, number, is_flat: false };
        let rust = view.flat.and_then(|flat| literal.of(flat.space(), "", 0));
        Some(Self { number, value, json: Json::Object(json), rust, expectation })
    }
}

/// Returns the same trials as [`Trials::best`]; with several objectives, each trial is compared
/// only with the front.
pub(super) fn best_trials(view: &StudyView<'_>) -> Vec<u64> {
    let trials: &Trials = view.trials;
    if view.directions.len() == 1 {
        return trials.best(view.directions);
    }
    super::figure::front(view, &trials.complete().collect::<Vec<_>>())
}
