//! Features with more categories than a tree can tell apart.
//!
//! The most frequent ones keep their own numbers, the others share one. What the others say of the
//! target is not lost: the mean of the target in each category, computed out of fold for training
//! rows, is one more feature.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::bins::MOST;
use crate::features::{Feature, Features, Targets};
use crate::preprocess::{CategoryEncoding, FittedCategories};

/// The number of rows of the overall mean that are added to the mean of each category.
const SMOOTHING: f64 = 10.0;

/// The learned grouping of all features that have too many categories.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct RareCategories(Vec<Grouped>);

/// The grouping of one feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Grouped {
    /// The place of the feature.
    feature: usize,
    /// The categories with a number of their own, in ascending order.
    frequent: Vec<u32>,
    means: FittedCategories,
}

impl RareCategories {
    /// Learns the grouping, and returns the training rows in this form. Without native categories,
    /// nothing is grouped.
    pub(super) fn fit<'a>(
        features: &'a Features,
        targets: &Targets,
        native_categories: bool,
        seed: u64,
    ) -> (Self, Cow<'a, Features>) {
        let mut groups = Vec::new();
        let mut means = Vec::new();
        for (place, feature) in features.columns.iter().enumerate() {
            let Some(count) = feature.categories.filter(|count| *count > MOST) else { continue };
            if native_categories {
                let encoding = CategoryEncoding::TargetMean { smoothing: SMOOTHING };
                let (fitted, own) = encoding.fit(&feature.values, count, targets, seed);
                let frequent = frequent(&feature.values, count);
                groups.push(Grouped { feature: place, frequent, means: fitted });
                means.extend(own);
            }
        }
        let rare = Self(groups);
        let features = rare.grouped(features, means);
        (rare, features)
    }

    /// Returns any rows in this form.
    pub(super) fn apply<'a>(&self, features: &'a Features) -> Cow<'a, Features> {
        let own = |group: &Grouped| group.means.transform(&features.columns[group.feature].values);
        self.grouped(features, self.0.iter().flat_map(own).collect())
    }

    fn grouped<'a>(&self, features: &'a Features, means: Vec<Vec<f64>>) -> Cow<'a, Features> {
        if self.is_none() {
            return Cow::Borrowed(features);
        }
        let mut features = features.clone();
        for group in &self.0 {
            let feature = &mut features.columns[group.feature];
            feature.categories = Some(group.frequent.len() + 1);
            feature.values.iter_mut().for_each(|value| *value = group.number(*value));
        }
        let added = means.into_iter();
        let mean = |values| Feature { name: "mean".to_owned(), categories: None, values };
        features.columns.extend(added.map(mean));
        Cow::Owned(features)
    }

    /// Returns true if no feature is grouped.
    pub(super) fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the number of features of the form that [`apply`](Self::apply) returns for so many
    /// features; `None` if one of the grouped ones is not there.
    pub(super) fn features(&self, features: usize) -> Option<usize> {
        let exist = self.0.iter().all(|group| group.feature < features);
        let added: usize = self.0.iter().map(|group| group.means.columns()).sum();
        exist.then_some(features + added)
    }
}

impl Grouped {
    /// Returns the number of a category among the frequent ones, or the number that the others
    /// share. A gap stays a gap.
    fn number(&self, value: f64) -> f64 {
        if value.is_nan() {
            return value;
        }
        self.frequent.binary_search(&(value as u32)).unwrap_or(self.frequent.len()) as f64
    }
}

/// Returns the most frequent categories, in ascending order; of equally frequent ones the first.
fn frequent(values: &[f64], count: usize) -> Vec<u32> {
    let mut rows = vec![0_usize; count];
    let filled = values.iter().filter(|value| !value.is_nan());
    filled.for_each(|value| rows[*value as usize] += 1);
    let mut order: Vec<u32> = (0..count as u32).collect();
    order.sort_by_key(|code| std::cmp::Reverse(rows[*code as usize]));
    order.truncate(MOST - 1);
    order.sort_unstable();
    order
}
