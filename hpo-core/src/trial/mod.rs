//! Trials: evaluations of configs, stored as a fold of events.
//!
//! [`Trials`] stores all trials of one study in columns. Only [`Trials::create`] and
//! [`Trials::apply`] change it. They check every change by one set of rules: a finished trial never
//! changes. Storages write the events down and fold them; samplers, pruners and reports read the
//! fold through a [`History`].

pub(crate) mod attribute_keys;
mod param_store;
mod event;
mod explanations;
mod history;
mod history_cache;
mod param;
mod param_map;
mod timestamp;
mod seen_configs;
mod sorted_ids;
mod objective;
mod record;
mod rungs;
mod trials;
mod violations;

pub(crate) use attribute_keys::FIXED_PARAMS;
#[doc(hidden)]
pub use attribute_keys::{CHECKPOINT, EXPLANATION};
pub use event::{AttributeScope, Attributes, Event, InitialTrial, NewTrial, Outcome, StateError};
pub use history::{History, VisibleTrials};
pub(crate) use history_cache::{HistoryCache, SpaceKey};
pub use objective::{Direction, Objective, ObjectiveError, dominates, hypervolume, pareto};
pub use param::{Param, ParamId};
#[doc(hidden)]
pub use param_map::ParamMap;
pub use record::TrialRecord;
#[doc(hidden)]
pub use rungs::{RungEntry, rung_attribute};
#[doc(hidden)]
pub use seen_configs::SeenConfigs;
pub use timestamp::Timestamp;
pub use trials::Trials;
#[doc(hidden)]
pub use violations::constraint_attribute;

/// The explanation of a trial whose parameters came from the queue.
pub(crate) const QUEUED: &str = "queued by hand";

/// The explanation of a trial whose parameters came without one.
pub(crate) const UNEXPLAINED: &str = "nothing is known of how it was chosen";

/// The state of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The trial is being evaluated.
    Running,
    /// The trial has ended with its values.
    Complete,
    /// A pruner stopped the trial early; its last report serves as its value.
    Pruned,
    /// The trial ended by an error, a panic, a time limit or a value that is not a number.
    Failed,
    /// The trial is queued: its parameters are given, and no worker evaluates it yet.
    Waiting,
    /// The trial was stopped at the end of its budget and keeps its reports; it continues if it is
    /// promoted.
    Paused,
}

impl State {
    /// All states, in the order in which reports show them.
    pub(crate) const ALL: [State; 6] = [
        State::Complete,
        State::Pruned,
        State::Failed,
        State::Running,
        State::Paused,
        State::Waiting,
    ];

    /// Returns true if the trial has ended and will not change any more.
    #[must_use]
    pub fn is_finished(self) -> bool {
        matches!(self, State::Complete | State::Pruned | State::Failed)
    }
}
