//! Studies: what a run does with results, failures, limits and requests.

mod ask;
mod bad_input;
mod branches;
mod closures;
mod constraints;
mod cost;
mod determinism;
mod empty;
mod evolution;
mod evolved;
mod evolved_walk;
mod explain;
mod failures;
mod finite;
mod fixed;
mod fixed_params;
mod forgotten;
mod found;
mod identity;
mod objectives;
mod on_disk;
mod opening;
mod outcomes;
mod replay;
mod replay_foreign;
mod run;

use std::sync::Arc;

use hpo_core::SearchSpace;
use hpo_core::storage::{Storage, open};

/// Two numbers: enough for most questions.
#[derive(Clone, Debug, PartialEq, SearchSpace)]
pub(crate) struct Point {
    #[search_space(range = -1.0..=1.0)]
    pub(crate) x: f64,
    #[search_space(range = -1.0..=1.0)]
    pub(crate) y: f64,
}

impl Point {
    pub(crate) fn square(&self) -> f64 {
        self.x * self.x + self.y * self.y
    }
}

/// A storage that outlives its studies.
pub(crate) fn memory() -> Arc<dyn Storage> {
    open("memory").expect("memory is always there")
}
