//! The keys of all attributes that this library reads and writes, of studies and of trials.
//!
//! Keys that begin with `hpo:` are our own; Optuna passes over them. The others are Optuna's, with its meaning.

/// Study: the space as JSON text.
pub(crate) const SPACE: &str = "hpo:space";

/// Study: what parameters stand at where they are not tuned ([`Absent`](crate::space::Absent)).
pub(crate) const ABSENT: &str = "hpo:absent";

/// Study: the seed as text. JSON readers lose digits of large integers.
pub(crate) const SEED: &str = "hpo:seed";

/// Study: the beginning of the keys of settings; the name of the setting follows.
pub(crate) const SETTING: &str = "hpo:setting:";

/// Study: the beginning of the keys that say how proposals are made; the moment and a checksum follow.
pub(crate) const SAMPLING: &str = "hpo:sampling:";

/// Study: the names of its values, one an objective. Optuna's.
pub(crate) const METRIC_NAMES: &str = "study:metric_names";

/// Study: what tells it from all others, of whatever name. It moves with the study to another storage; no two studies of one
/// storage keep the same.
pub const IDENTITY: &str = "hpo:id";

/// Trial: how many workers have died over it since its last checkpoint.
pub(crate) const DEATHS: &str = "hpo:deaths";

/// Trial: `true` if its evaluation outlives the process that asked for it. Then the end of that process is not the death of its
/// worker.
pub const DETACHED: &str = "hpo:detached";

/// Trial: how often it has failed and was tried again.
pub(crate) const FAILURES: &str = "hpo:failures";

/// Trial: it was promoted, and fitted from the beginning again.
pub(crate) const REFITTED: &str = "hpo:refitted";

/// Trial: it trained without asking how far it was to go.
pub(crate) const IGNORED_BUDGET: &str = "hpo:ignored_budget";

/// Trial: it went on after it had been told to end.
pub(crate) const WENT_ON: &str = "hpo:went_on";

/// Trial: why it is about to be stopped.
pub(crate) const STOPPED: &str = "hpo:stopped";

/// Trial: the step of its last checkpoint.
pub const CHECKPOINT: &str = "hpo:checkpoint";

/// Trial: who chose its parameters and why, in one line.
pub const EXPLANATION: &str = "hpo:explanation";

/// Trial: what was fixed of its parameters when it was queued. Optuna's.
pub(crate) const FIXED_PARAMS: &str = "fixed_params";

/// Trial: the beginning of the keys of rungs; the number of the rung follows. Optuna's.
pub(crate) const RUNG: &str = "completed_rung_";

/// Trial: the constraints as a list. Optuna's.
pub(crate) const CONSTRAINTS: &str = "constraints";

/// Trial: the beginning of the keys of constraints by name; the name follows.
pub(crate) const CONSTRAINT: &str = "constraints:";
