//! A fitted estimator of tables, in the form in which it is saved.

use serde::{Deserialize, Serialize};

use super::pipeline::FittedPipeline;
use crate::features::Features;
use crate::preprocess::FittedTargetTransform;
use crate::trees::{Boosted, GrownForest};

/// A fitted estimator of tables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedEstimator {
    target: FittedTargetTransform,
    model: FittedModel,
}

#[expect(clippy::large_enum_variant, reason = "a model has only a few of them")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum FittedModel {
    Boosting(Boosted),
    Forest(GrownForest),
    Pipeline(FittedPipeline),
}

impl FittedModel {
    /// Returns the predictions of each row, on the scale of the targets that were learned.
    pub(super) fn predict(&self, features: &Features) -> Vec<f64> {
        match self {
            Self::Boosting(model) => model.predict(features),
            Self::Forest(model) => model.predict(features),
            Self::Pipeline(model) => model.predict(features),
        }
    }
}

impl FittedEstimator {
    pub(crate) fn new(target: FittedTargetTransform, model: FittedModel) -> Self {
        Self { target, model }
    }

    /// Returns the predictions of each row: the probability of each class, or one number.
    ///
    /// # Panics
    /// If the features are not those of the training.
    #[must_use]
    pub fn predict(&self, features: &Features) -> Vec<f64> {
        let mut predictions = self.model.predict(features);
        self.target.undo(&mut predictions);
        predictions
    }

    /// Returns true if no tree uses a feature that is not there or a node that is not there.
    #[must_use]
    pub fn is_valid(&self, features: usize) -> bool {
        match &self.model {
            FittedModel::Boosting(model) => model.is_valid(features),
            FittedModel::Forest(model) => model.is_valid(features),
            FittedModel::Pipeline(_) => true,
        }
    }
}
