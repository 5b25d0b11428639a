//! Errors before a search, or of its winner. Errors of a trial are recorded in the trial.

use crate::data::DataError;
use crate::estimator::FitError;
use crate::split::SplitError;

/// The reason why a search gave no model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The table cannot be used for training.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The rows cannot be split in this way.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The recorded search used another table, split, metric or encoding.
    #[error(
        "the study `{study}` is a search with another {what}: choose another name, or another \
         storage"
    )]
    OtherSearch {
        /// The name of the study.
        study: String,
        /// The part that differs: table, splits, metric or encoding.
        what: &'static str,
    },
    /// The metric is of another kind of learning.
    #[error("`{metric}` cannot score such a target: choose one of {}", names.join(", "))]
    Metric {
        /// The metric.
        metric: String,
        /// The metrics that can.
        names: Vec<String>,
    },
    /// No trial has completed.
    #[error("no trial has completed in time: give the search more time")]
    NoModel,
    /// The model cannot be saved.
    #[error(transparent)]
    Model(#[from] crate::model_error::ModelError),
    /// The winner could not be fitted to all rows.
    #[error("the best config could not be fitted to all rows")]
    Refit(#[source] FitError),
    /// The search failed, or no trial in it succeeded.
    #[error(transparent)]
    Search(#[from] hpo_core::Error),
}
