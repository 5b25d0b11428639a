//! A study to look at.

use std::sync::Arc;

use crate::space::{Label, Slots, Value};
use crate::trial::{Direction, Param, ParamId, State, Trials};

/// A study to look at: borrowed, as it stands.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Its name.
    pub name: &'a str,
    /// One direction an objective.
    pub directions: &'a [Direction],
    /// Its trials.
    pub trials: &'a Trials,
    /// Its space; none if it is not recorded, as in studies of other libraries.
    pub slots: Option<&'a Arc<Slots>>,
    /// What the values are called, one name an objective; empty where nobody has said it.
    pub metrics: &'a [String],
}

/// The columns of the values in tables: as [`Subject::value_name`]. A metric that is called like another column, `seconds` say, is one
/// `value seconds`.
#[must_use]
pub fn value_columns(objectives: usize, metrics: &[String]) -> Vec<String> {
    let is_taken = |name: &str| ["trial", "state", "seconds", "message"].contains(&name);
    let name = |name: String| if is_taken(&name) { format!("value {name}") } else { name };
    (0..objectives).map(|objective| name(value_name(objectives, metrics, objective))).collect()
}

fn value_name(objectives: usize, metrics: &[String], objective: usize) -> String {
    match metrics.get(objective) {
        Some(metric) => metric.clone(),
        None if objectives <= 1 => "value".to_owned(),
        None => format!("value {objective}"),
    }
}

impl<'a> Subject<'a> {
    /// What the values of an objective are called: by its metric, or else `value`, or `value 0` where there are several objectives.
    #[must_use]
    pub fn value_name(&self, objective: usize) -> String {
        value_name(self.directions.len(), self.metrics, objective)
    }

    /// The complete trials, by number, with a value of an objective each: infinities are values.
    pub fn complete(&self, objective: usize) -> impl Iterator<Item = (u64, f64)> + use<'a> {
        let trials = self.trials;
        trials.complete().map(move |number| (number, trials.values(number)[objective]))
    }

    /// The parameters that some trial has, in the order of the space where there is one, others after them.
    #[must_use]
    pub fn params(&self) -> Vec<ParamId> {
        let declared = self.trials.declared();
        let mut is_used = vec![false; declared.len()];
        for number in 0..self.trials.len() {
            for (id, _) in self.trials.params(number) {
                is_used[id.0 as usize] = true;
            }
        }
        let place = |param: &Param| self.slots.and_then(|slots| slots.find(&param.path)).unwrap_or(u32::MAX);
        let mut params: Vec<ParamId> =
            (0..declared.len() as u32).map(ParamId).filter(|id| is_used[id.0 as usize]).collect();
        params.sort_by_key(|id| place(&declared[id.0 as usize]));
        params
    }

    /// A parameter.
    #[must_use]
    pub fn param(&self, id: ParamId) -> &'a Param {
        &self.trials.declared()[id.0 as usize]
    }

    /// A trial's value of a parameter; none if the parameter was not active.
    #[must_use]
    pub fn value(&self, number: u64, id: ParamId) -> Option<Value> {
        self.trials.params(number).find(|(param, _)| *param == id).map(|(_, value)| value)
    }

    /// A value of a parameter as a user wrote it: a choice by its label.
    #[must_use]
    pub fn label(&self, id: ParamId, value: Value) -> Label {
        self.param(id).domain.label(value)
    }

    /// How many trials are in a state.
    #[must_use]
    pub fn count(&self, state: State) -> u64 {
        (0..self.trials.len()).filter(|number| self.trials.state(*number) == Some(state)).count() as u64
    }
}
