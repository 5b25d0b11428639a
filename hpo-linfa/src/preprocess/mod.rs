//! Preparation of features for estimators that need finite numbers, as part of the search space.
//!
//! Everything is learned from the training rows of a fold. Statistics of the target are computed
//! out of fold, so that no row sees its own target.

mod category;
mod number;
mod target;

use hpo_core::SearchSpace;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

pub use self::category::CategoryEncoding;
pub use self::number::NumberTransform;
pub use self::target::{FittedTargetTransform, TargetTransform};

pub(crate) use self::category::FittedCategories;
use self::number::FittedNumber;
use crate::features::{Feature, Features, Targets};

/// The values that replace gaps. Gaps among categories are a category of their own, so this applies
/// to numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, SearchSpace, Serialize, Deserialize)]
pub enum Imputation {
    /// The mean of the training rows.
    Mean,
    /// The median of the training rows.
    #[search_space(default)]
    Median,
    /// The most frequent value of the training rows; of several the smallest.
    MostFrequent,
}

/// The preparation of features.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct Preprocessing {
    /// The values that replace gaps among numbers.
    pub imputation: Imputation,
    /// True if each number that has gaps gets a column of zeros and ones that marks them.
    #[search_space(default = true)]
    pub gap_indicators: bool,
    /// The encoding of categories.
    pub categories: CategoryEncoding,
    /// The transform of skewed numbers.
    pub numbers: NumberTransform,
}

/// A learned preparation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedPreprocessing {
    features: Vec<FittedFeature>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum FittedFeature {
    Number { fill: f64, indicator: bool, transform: FittedNumber },
    Categories(FittedCategories),
}

impl Preprocessing {
    /// Learns the preparation from training rows, and returns their prepared features. These may
    /// differ from those of [`FittedPreprocessing::transform`]: statistics of the target are
    /// computed out of fold.
    #[must_use]
    pub fn fit(
        &self,
        features: &Features,
        targets: &Targets,
        seed: u64,
    ) -> (FittedPreprocessing, Array2<f64>) {
        let mut fitted = Vec::new();
        let mut columns = Vec::new();
        for feature in &features.columns {
            if let Some(count) = feature.categories {
                let (own, prepared) = self.categories.fit(&feature.values, count, targets, seed);
                fitted.push(FittedFeature::Categories(own));
                columns.extend(prepared);
            } else {
                let own = self.fit_number(feature);
                own.transform(&feature.values, &mut columns);
                fitted.push(own);
            }
        }
        (FittedPreprocessing { features: fitted }, matrix(features.rows, &columns))
    }

    fn fit_number(&self, feature: &Feature) -> FittedFeature {
        let mut sorted: Vec<f64> =
            feature.values.iter().copied().filter(|value| !value.is_nan()).collect();
        let has_gaps = sorted.len() < feature.values.len();
        sorted.sort_by(f64::total_cmp);
        let fill = match self.imputation {
            Imputation::Mean => {
                let count = sorted.len().max(1) as f64;
                sorted.iter().map(|value| value / count).sum()
            }
            Imputation::Median => sorted.get(sorted.len() / 2).copied().unwrap_or(0.0),
            Imputation::MostFrequent => most_frequent(&sorted),
        };
        let transform = self.numbers.fit(&sorted);
        FittedFeature::Number { fill, indicator: has_gaps && self.gap_indicators, transform }
    }
}

impl FittedPreprocessing {
    /// Prepares any rows: shape `(rows, prepared features)`, finite.
    #[must_use]
    pub fn transform(&self, features: &Features) -> Array2<f64> {
        let mut columns = Vec::new();
        for (fitted, feature) in self.features.iter().zip(&features.columns) {
            fitted.transform(&feature.values, &mut columns);
        }
        matrix(features.rows, &columns)
    }
}

impl FittedFeature {
    fn transform(&self, values: &[f64], columns: &mut Vec<Vec<f64>>) {
        match self {
            FittedFeature::Number { fill, indicator, transform } => {
                let filled = |value: &f64| if value.is_nan() { *fill } else { *value };
                columns.push(values.iter().map(|value| transform.apply(filled(value))).collect());
                if *indicator {
                    let gap = |value: &f64| f64::from(u8::from(value.is_nan()));
                    columns.push(values.iter().map(gap).collect());
                }
            }
            FittedFeature::Categories(categories) => columns.extend(categories.transform(values)),
        }
    }
}

fn most_frequent(sorted: &[f64]) -> f64 {
    let mut best = (0, 0.0);
    for equal in sorted.chunk_by(|a, b| a == b) {
        if equal.len() > best.0 {
            best = (equal.len(), equal[0]);
        }
    }
    best.1
}

fn matrix(rows: usize, columns: &[Vec<f64>]) -> Array2<f64> {
    Array2::from_shape_fn((rows, columns.len()), |(row, column)| columns[column][row])
}
