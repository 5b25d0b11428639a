//! A study to report on.

use std::sync::Arc;

use crate::space::{FlatSpace, Label, Value};
use crate::trial::{Direction, Param, ParamId, State, Trials};

/// A study to report on: borrowed, in its present state.
#[derive(Clone, Copy, Debug)]
pub struct StudyView<'a> {
    /// The name of the study.
    pub name: &'a str,
    /// The direction of each objective.
    pub directions: &'a [Direction],
    /// The trials of the study.
    pub trials: &'a Trials,
    /// The search space; `None` if it is not recorded, as in studies of other libraries.
    pub flat: Option<&'a Arc<FlatSpace>>,
    /// The name of each objective's values; empty if no names were given.
    pub metrics: &'a [String],
}

/// Returns the names of the value columns in tables, as in [`StudyView::value_name`]. A metric with
/// the name of another column, such as `seconds`, gets the column `value seconds`.
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

impl<'a> StudyView<'a> {
    /// Returns the name of an objective's values: that of its metric, or else `value`, or `value 0`
    /// with several objectives.
    #[must_use]
    pub fn value_name(&self, objective: usize) -> String {
        value_name(self.directions.len(), self.metrics, objective)
    }

    /// Returns the complete trials by number, each with its value of one objective. Infinite values
    /// are included.
    pub fn complete(&self, objective: usize) -> impl Iterator<Item = (u64, f64)> + use<'a> {
        let trials = self.trials;
        trials.complete().map(move |number| (number, trials.values(number)[objective]))
    }

    /// Returns the parameters that some trial has, in the order of the space. Parameters that are
    /// not in the space come last.
    #[must_use]
    pub fn params(&self) -> Vec<ParamId> {
        let mut is_used = vec![false; self.trials.declared().len()];
        for number in 0..self.trials.len() {
            for (id, _) in self.trials.params(number) {
                is_used[id.0 as usize] = true;
            }
        }
        self.declared_params().into_iter().filter(|id| is_used[id.0 as usize]).collect()
    }

    /// Returns all declared parameters, in the same order.
    #[doc(hidden)]
    #[must_use]
    pub fn declared_params(&self) -> Vec<ParamId> {
        let index_of =
            |param: &Param| self.flat.and_then(|flat| flat.find(&param.path)).unwrap_or(u32::MAX);
        let mut params: Vec<ParamId> =
            (0..self.trials.declared().len() as u32).map(ParamId).collect();
        params.sort_by_key(|id| index_of(self.param(*id)));
        params
    }

    /// Returns the declaration of a parameter.
    #[must_use]
    pub fn param(&self, id: ParamId) -> &'a Param {
        &self.trials.declared()[id.0 as usize]
    }

    /// Returns a trial's value of a parameter, or `None` if the parameter was inactive.
    #[must_use]
    pub fn value(&self, number: u64, id: ParamId) -> Option<Value> {
        self.trials.params(number).find(|(param, _)| *param == id).map(|(_, value)| value)
    }

    /// Returns a value as the user wrote it: a choice by its label.
    #[must_use]
    pub fn label(&self, id: ParamId, value: Value) -> Label {
        self.param(id).domain.label(value)
    }

    /// Returns the number of trials in a state.
    #[must_use]
    pub fn count(&self, state: State) -> u64 {
        (0..self.trials.len()).filter(|number| self.trials.state(*number) == Some(state)).count()
            as u64
    }
}
