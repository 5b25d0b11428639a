//! Several classes by binary models: one model per class, which separates its members from all
//! other rows.
//!
//! Two classes need only one model. The scores of the models are divided by their sum, as usual
//! ([Rifkin & Klautau 2004](https://jmlr.org/papers/v5/rifkin04a.html) on why so simple a scheme
//! suffices).

use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::{FitError, PredictProba, normalized};
use crate::data::Dataset;

/// A model that separates the members of a class from other rows.
pub(crate) trait Membership: std::fmt::Debug + Send + Sync {
    /// Returns for each row the score of being a member, from 0 to 1.
    fn confidence(&self, records: &Array2<f64>) -> Array1<f64>;
}

/// One model per class; a single one for two classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OneVsRest<M>(Vec<M>);

impl<M> OneVsRest<M> {
    /// Fits a model to the members of each class, given with its number.
    pub(crate) fn fit(
        train: &Dataset<usize>,
        classes: usize,
        mut fit: impl FnMut(usize, &Dataset<bool>) -> Result<M, FitError>,
    ) -> Result<Self, FitError> {
        let models = told(classes).map(|class| {
            let members =
                Dataset::new(train.records.clone(), train.targets.mapv(|target| target == class));
            fit(class, &members)
        });
        Ok(Self(models.collect::<Result<_, _>>()?))
    }
}

/// Returns the classes that have a model: all of them, or the second of two.
pub(crate) fn told(classes: usize) -> std::ops::Range<usize> {
    if classes == 2 { 1..2 } else { 0..classes }
}

impl<M: Membership> PredictProba for OneVsRest<M> {
    fn predict_proba(&self, records: &Array2<f64>) -> Array2<f64> {
        together(self.0.iter().map(|model| model.confidence(records)).collect(), records.nrows())
    }
}

/// Returns the probabilities of all classes, from the scores of the models.
pub(crate) fn together(told: Vec<Array1<f64>>, rows: usize) -> Array2<f64> {
    let columns = match <[_; 1]>::try_from(told) {
        Ok([second]) => vec![1.0 - &second, second],
        Err(told) => told,
    };
    normalized(Array2::from_shape_fn((rows, columns.len()), |(row, class)| columns[class][row]))
}
