//! The keys of all attributes that this library reads and writes, of studies and of trials.
//!
//! Keys that begin with `hpo:` are our own, and Optuna ignores them. The others are Optuna's, with
//! its meaning.

/// Study: the space as JSON text.
pub(crate) const SPACE: &str = "hpo:space";

/// Study: the values assumed for parameters where they are not tuned
/// ([`Absent`](crate::space::Absent)).
pub(crate) const ABSENT: &str = "hpo:absent";

/// Study: the seed as text. JSON readers lose digits of large integers.
pub(crate) const SEED: &str = "hpo:seed";

/// Study: the prefix of the keys of settings; the name of the setting follows.
pub(crate) const SETTING: &str = "hpo:setting:";

/// Study: the prefix of the keys that record how proposals are made; the moment and a checksum
/// follow.
pub(crate) const SAMPLING: &str = "hpo:sampling:";

/// Study: the names of its values, one per objective. Optuna's key.
pub(crate) const METRIC_NAMES: &str = "study:metric_names";

/// Study: an id that is unique among all studies, whatever their names. It moves with the study to
/// another storage; no two studies of one storage share it.
pub const IDENTITY: &str = "hpo:id";

/// Trial: the number of workers that died while running it since its last checkpoint.
pub(crate) const DEATHS: &str = "hpo:deaths";

/// Trial: `true` if its evaluation outlives the process that asked for it. Then the end of that
/// process does not count as the death of its worker.
pub const DETACHED: &str = "hpo:detached";

/// Trial: the number of times it failed and was retried.
pub(crate) const FAILURES: &str = "hpo:failures";

/// Trial: it was promoted and fitted again from the beginning.
pub(crate) const REFITTED: &str = "hpo:refitted";

/// Trial: it trained without asking for its budget.
pub(crate) const IGNORED_BUDGET: &str = "hpo:ignored_budget";

/// Trial: it continued after it was asked to stop.
pub(crate) const WENT_ON: &str = "hpo:went_on";

/// Trial: the reason why it is about to be stopped.
pub(crate) const STOPPED: &str = "hpo:stopped";

/// Trial: the step of its last checkpoint.
pub const CHECKPOINT: &str = "hpo:checkpoint";

/// Trial: the prefix of the keys that record its artifacts; the id follows. Optuna's key.
pub(crate) const ARTIFACT: &str = "artifacts:";

/// Trial: the sampler that chose its parameters, and why, in one line.
pub const EXPLANATION: &str = "hpo:explanation";

/// Trial: the parameters that were fixed when it was queued. Optuna's key.
pub(crate) const FIXED_PARAMS: &str = "fixed_params";

/// Trial: the prefix of the keys of rungs; the number of the rung follows. Optuna's key.
pub(crate) const RUNG: &str = "completed_rung_";

/// Trial: the constraints as a list. Optuna's key.
pub(crate) const CONSTRAINTS: &str = "constraints";

/// Trial: the prefix of the keys of named constraints; the name follows.
pub(crate) const CONSTRAINT: &str = "constraints:";
