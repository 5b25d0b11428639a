//! Preprocessing and an estimator of finite numbers, as one estimator of tables.

use hpo_core::SearchSpace;
use serde::{Deserialize, Serialize};

use crate::context::FitContext;
use crate::estimator::{Dense, DenseModel, FitError};
use crate::features::{Features, Targets};
use crate::preprocess::{FittedPreprocessing, Preprocessing};

/// Preprocessing, then an estimator. Both are learned from the same rows.
///
/// ```
/// use hpo_core::SearchSpace;
/// use hpo_linfa::estimator::Logistic;
/// use hpo_linfa::learner::Pipeline;
///
/// let space = format!("{:?}", Pipeline::<Logistic>::space());
/// assert!(space.contains("imputation") && space.contains("alpha"));
/// ```
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct Pipeline<E> {
    /// The preparation of features.
    pub preprocessing: Preprocessing,
    /// The estimator behind the preparation.
    pub estimator: E,
}

/// A pipeline that is fitted to rows of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedPipeline {
    preprocessing: FittedPreprocessing,
    /// The classes of the training rows; empty for a regression.
    classes: Vec<usize>,
    outputs: usize,
    /// None if all training rows have the same class.
    model: Option<DenseModel>,
}

impl<E: Dense> Pipeline<E> {
    /// Fits preprocessing and estimator to the same rows.
    ///
    /// # Errors
    /// If the estimator cannot be fitted.
    pub fn fit(
        &self,
        features: &Features,
        targets: &Targets,
        context: FitContext<'_>,
    ) -> Result<FittedPipeline, FitError> {
        let (targets, classes, outputs) = present(targets);
        let (preprocessing, records) = self.preprocessing.fit(features, &targets, context.seed);
        let model = if classes.len() == 1 {
            None
        } else {
            Some(self.estimator.fit(records, &targets, context)?)
        };
        Ok(FittedPipeline { preprocessing, classes, outputs, model })
    }
}

/// Returns the targets with only those classes that occur, these classes, and the number of
/// predictions per row.
fn present(targets: &Targets) -> (Targets, Vec<usize>, usize) {
    let Targets::Classes { codes, count } = targets else {
        return (targets.clone(), Vec::new(), 1);
    };
    let mut classes = codes.clone();
    classes.sort_unstable();
    classes.dedup();
    let place = |code: &usize| classes.partition_point(|class| class < code);
    let codes = codes.iter().map(place).collect();
    (Targets::Classes { codes, count: classes.len() }, classes, *count)
}

impl FittedPipeline {
    /// Returns the predictions of each row: the probability of each class, or one number.
    #[must_use]
    pub fn predict(&self, features: &Features) -> Vec<f64> {
        let predicted = match &self.model {
            Some(model) => model.predict(&self.preprocessing.transform(features)),
            None => vec![1.0; features.rows],
        };
        if self.classes.is_empty() || self.classes.len() == self.outputs {
            return predicted;
        }
        let mut predictions = vec![0.0; features.rows * self.outputs];
        let rows = predictions.chunks_exact_mut(self.outputs);
        for (row, predicted) in rows.zip(predicted.chunks_exact(self.classes.len())) {
            self.classes.iter().zip(predicted).for_each(|(class, value)| row[*class] = *value);
        }
        predictions
    }
}
