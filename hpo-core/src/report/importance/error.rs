//! Why importance cannot be told.

use crate::numeric::count::CountError;

/// Why importance cannot be told.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportanceError {
    /// There is no such objective.
    #[error("there is no objective {objective}: the study has {count}, counted from 0")]
    NoSuchObjective {
        /// What was asked for.
        objective: usize,
        /// How many there are.
        count: usize,
    },
    /// There are too few trials.
    #[error(
        "importance needs {needed} complete trials with a finite value, there are {found} \
         ({infinite} more are infinite or absurd): run more trials"
    )]
    TooFewTrials {
        /// How many there are.
        found: u64,
        /// How many complete ones have an infinite value, or one that is absurd beside all others.
        infinite: u64,
        /// How many it takes.
        needed: u64,
    },
    /// No parameter could vary.
    #[error("no parameter of these trials had more than one value: there is nothing to measure")]
    NoParameters,
    /// All trials have one value.
    #[error("all {trials} trials have the value {value}: no parameter made a difference")]
    Constant {
        /// How many they are.
        trials: u64,
        /// Their value.
        value: f64,
    },
    /// Those that count as the best are no different from the others.
    #[error(
        "by this measure the best of {trials} trials are no different from the others: run more trials, or use another measure"
    )]
    Undecided {
        /// How many they are.
        trials: u64,
    },
    /// A Gaussian process foresees nothing of the values.
    #[error(
        "a Gaussian process foresees next to nothing of the values of {trials} trials, each being left out in turn: run more trials, or \
         use `ped-anova`, which asks less"
    )]
    Unforeseen {
        /// How many they are.
        trials: u64,
    },
    /// There are too many parameters for a Gaussian process.
    #[error(
        "a Gaussian process tells the relevance of at most {most} parameters, there are {found}: use `ped-anova` or `fanova`"
    )]
    TooManyParams {
        /// How many there are.
        found: u64,
        /// How many it takes at most.
        most: u64,
    },
    /// A setting of the relevance makes no sense.
    #[error("a Gaussian process needs a sample of at least {needed} trials")]
    Sample {
        /// The fewest trials.
        needed: u64,
    },
    /// A setting of PED-ANOVA makes no sense.
    #[error("quantiles have to be 0 < target < region <= 1, but are {target} and {region}")]
    Quantiles {
        /// The share of trials that count as the best.
        target: f64,
        /// The share of trials with which they are compared.
        region: f64,
    },
    /// A count beyond its bounds.
    #[error(transparent)]
    Count(#[from] CountError),
    /// A setting of fANOVA makes no sense.
    #[error("a forest needs at least one tree, and a sample of at least {needed} trials")]
    Forest {
        /// The fewest trials.
        needed: u64,
    },
}
