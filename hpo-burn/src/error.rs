//! The error of a training.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::store::RecordError;
use hpo_core::trial::ObjectiveError;

/// The reason why a network cannot be trained, saved or loaded. In a search only the trial fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A part of the data has no rows.
    #[error(
        "the {part} data has no rows: a search compares networks on validation rows that they \
         are not trained on"
    )]
    NoRows {
        /// The part: `training`, `validation`, or that of an evaluation.
        part: &'static str,
    },
    /// The rows of inputs and targets differ in number.
    #[error(
        "the {part} data has {inputs} rows of inputs and {targets} rows of targets: give one \
         target per input"
    )]
    UnequalRows {
        /// The part: `training` or `validation`.
        part: &'static str,
        /// The number of rows of inputs.
        inputs: usize,
        /// The number of rows of targets.
        targets: usize,
    },
    /// A setting is out of its range.
    #[error("`{setting}` is {value}: {remedy}")]
    Setting {
        /// The name of the setting.
        setting: &'static str,
        /// The value as text.
        value: String,
        /// The remedy.
        remedy: &'static str,
    },
    /// The objective is not among the logged metrics.
    #[error(
        "the objective `{objective}` is not logged: choose one of `{}`, or add it with \
         .metric(\"{objective}\", ..)", logged.join("`, `")
    )]
    UnknownObjective {
        /// The name of the objective.
        objective: String,
        /// The names that the network logs.
        logged: Vec<&'static str>,
    },
    /// The direction of the objective cannot be known from its name.
    #[error(transparent)]
    Direction(#[from] ObjectiveError),
    /// The study minimizes what is to be maximized, or the other way round.
    #[error(
        "the study is to {study} its values, but `{objective}` is to be {network}d: open it \
         with `Study::{network}()`, or choose another .objective(..)"
    )]
    OtherDirection {
        /// The name of the objective.
        objective: String,
        /// The direction of the study.
        study: hpo_core::trial::Direction,
        /// The direction of the objective.
        network: hpo_core::trial::Direction,
    },
    /// The network or its loss does not accept a batch of the data, or cannot be built.
    #[error("the network does not fit the {part}: {message}")]
    Unfit {
        /// The part: `training data`, `validation data`, `test data`, or `config`.
        part: &'static str,
        /// The message of the panic, which names the shapes if it is burn's.
        message: String,
    },
    /// The loss is not a single number.
    #[error("the loss has {numbers} numbers: return the mean of a batch, of shape [1]")]
    LossShape {
        /// The number of elements of the loss.
        numbers: usize,
    },
    /// The training has diverged.
    #[error(
        "{metric} is {value} after epoch {epoch}, with learning rate {learning_rate}: narrow the \
         range of the learning rate, or let such trials be pruned with .prune_diverged(true)"
    )]
    Diverged {
        /// The metric: `loss`, `val_loss`, or the objective.
        metric: String,
        /// The value: NaN or infinite.
        value: f64,
        /// The epoch, counted from 1.
        epoch: u64,
        /// The learning rate of the config, before its schedule.
        learning_rate: f64,
    },
    /// The weights cannot be written or read.
    #[error("the weights cannot be written or read: {0}")]
    Record(#[from] RecordError),
    /// The checkpoint was written for another network, or by another program.
    #[error("the checkpoint is of another network: {message}")]
    Checkpoint {
        /// The difference.
        message: String,
    },
    /// The study has no checkpoint of the trial.
    #[error(
        "trial {trial} has no checkpoint, so its network is lost: fit it again with \
         Network::train"
    )]
    NoCheckpoint {
        /// The number of the trial.
        trial: u64,
    },
    /// The study has no result, or its storage fails.
    #[error(transparent)]
    Study(#[from] hpo_core::Error),
}

/// Turns a panic of burn, whose message names the shapes, into an error.
pub(crate) fn fits<T>(part: &'static str, compute: impl FnOnce() -> T) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(compute))
        .map_err(|panic| Error::Unfit { part, message: message(&*panic) })
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
