//! The error of the measures of importance.

use crate::numeric::count::CountError;

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
    /// The sample size of `Relevance` is too small.
    #[error("a Gaussian process needs a sample of at least {needed} trials")]
    Sample {
        /// The smallest sample size.
        needed: u64,
    },
    /// The quantiles of `PedAnova` are out of order or out of range.
    #[error("quantiles have to be 0 < target < region <= 1, but are {target} and {region}")]
    Quantiles {
        /// The share of trials that count as the best.
        target: f64,
        /// The share of trials with which they are compared.
        region: f64,
    },
    /// A count is outside its bounds.
    #[error(transparent)]
    Count(#[from] CountError),
    /// `Fanova` has no trees, or its sample size is too small.
    #[error("a forest needs at least one tree, and a sample of at least {needed} trials")]
    Forest {
        /// The smallest sample size.
        needed: u64,
    },
}
