//! Weights of classes in the loss, as part of the search space.

use hpo_core::SearchSpace;
use serde::{Deserialize, Serialize};

use crate::features::Targets;

/// The weights of classes in the loss of an estimator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SearchSpace, Serialize, Deserialize)]
pub enum ClassWeights {
    /// All rows count the same.
    #[default]
    #[search_space(default)]
    Equal,
    /// All classes count the same: a row counts the more, the fewer rows have its class.
    Balanced,
}

impl ClassWeights {
    /// Returns the weight of a row of each class; empty for numbers. A class without rows has a
    /// weight too, which counts for no row. The mean of the weights over the rows is 1.
    #[must_use]
    pub fn of(self, targets: &Targets) -> Vec<f64> {
        let Targets::Classes { codes, count } = targets else { return Vec::new() };
        if self == Self::Equal {
            return vec![1.0; *count];
        }
        let mut rows = vec![0_usize; *count];
        for code in codes {
            rows[*code] += 1;
        }
        let present = rows.iter().filter(|rows| **rows > 0).count().max(1);
        let even = codes.len() as f64 / present as f64;
        rows.iter().map(|rows| even / (*rows).max(1) as f64).collect()
    }
}

/// An estimator whose classes are weighted.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct Weighted<E> {
    /// The weights of the classes.
    pub class_weights: ClassWeights,
    /// The estimator, to which the weights are given when it is fitted.
    #[search_space(flatten)]
    #[serde(flatten)]
    pub estimator: E,
}

impl<E> Weighted<E> {
    /// Returns an estimator in which all rows count the same.
    #[must_use]
    pub fn equal(estimator: E) -> Self {
        Self { class_weights: ClassWeights::Equal, estimator }
    }
}
