//! What can go wrong before a search, or with its winner. What goes wrong in a trial is recorded there.

use crate::data::DataError;
use crate::estimator::FitError;
use crate::split::SplitError;

/// Why a search gave nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The rows cannot be learnt from.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The rows cannot be split so.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The recorded search was over something else.
    #[error("the study `{study}` is a search with another {what}: choose another name, or another storage")]
    OtherSearch {
        /// The study.
        study: String,
        /// What differs: table, splits, metric, encoding.
        what: &'static str,
    },
    /// The winner could not be fitted to all rows.
    #[error("the best config could not be fitted to all rows")]
    Refit(#[source] FitError),
    /// The search failed, or nothing in it succeeded.
    #[error(transparent)]
    Search(#[from] hpo_core::Error),
}
