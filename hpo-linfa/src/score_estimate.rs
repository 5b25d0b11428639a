//! The expected score of a model, with an interval.

use serde::{Deserialize, Serialize};

/// The expected score of a model on new rows. All fields are NaN if it is not known, because there
/// are too few rows, or too few rows of a class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreEstimate {
    /// The expected score, corrected for the selection.
    pub score: f64,
    /// The lower end of the 95 % interval: the score on new rows, a third as many as the table has,
    /// lies between the ends in 95 of 100 cases.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}
