//! The error of the measures of importance.

use crate::setting::SettingError;

/// The reasons why importance cannot be measured.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportanceError {
    /// The study has no objective with this number.
    #[error("there is no objective {objective}: the study has {count}, counted from 0")]
    NoSuchObjective {
        /// The requested objective, counted from 0.
        objective: usize,
        /// The number of objectives of the study.
        count: usize,
    },
    /// There are too few trials with an ordinary value.
    #[error(
        "importance needs {needed} complete trials with a finite value, there are {found} \
         ({infinite} more are infinite or absurd): run more trials"
    )]
    TooFewTrials {
        /// The number of complete trials with a finite value that is not absurd.
        found: u64,
        /// The number of complete trials whose value is infinite, or absurd compared with all
        /// others.
        infinite: u64,
        /// The number of trials that the measure needs.
        needed: u64,
    },
    /// No parameter has more than one value in these trials.
    #[error("no parameter of these trials had more than one value: there is nothing to measure")]
    NoParameters,
    /// All trials have the same value.
    #[error("all {trials} trials have the value {value}: no parameter made a difference")]
    Constant {
        /// The number of trials.
        trials: u64,
        /// The value of every trial.
        value: f64,
    },
    /// The trials that count as the best do not differ from the others.
    #[error(
        "by this measure the best of {trials} trials are no different from the others: run more \
         trials, or use another measure"
    )]
    Undecided {
        /// The number of trials.
        trials: u64,
    },
    /// A Gaussian process predicts next to nothing of the values.
    #[error(
        "a Gaussian process predicts next to nothing of the values of {trials} trials when each is \
         left out in turn: run more trials, or use `ped-anova`, which needs less"
    )]
    Unforeseen {
        /// The number of trials.
        trials: u64,
    },
    /// There are too many parameters for a Gaussian process.
    #[error(
        "a Gaussian process measures the relevance of at most {most} parameters, there are \
         {found}: use `ped-anova` or `fanova`"
    )]
    TooManyParams {
        /// The number of parameters of these trials.
        found: u64,
        /// The largest number of parameters that the measure accepts.
        most: u64,
    },
    /// A setting of the measure is out of its range.
    #[error(transparent)]
    Setting(#[from] SettingError),
}
