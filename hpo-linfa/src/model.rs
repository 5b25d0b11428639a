//! linfa's estimators for a tuner: a [`HyperModel`] that is cross-validated and then fitted to all
//! rows.

use std::marker::PhantomData;

use hpo_core::HyperModel;
use hpo_core::study::{Trial, TrialError};

use crate::prepared::Prepared;
use crate::race::{Reports, cross_validate};
use crate::task::{Classification, Regression, Task};

/// A classifier of type `C` for a tuner.
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_linfa::estimator::GaussianNb;
/// use hpo_linfa::metric::Metric;
/// use hpo_linfa::model::ClassifierModel;
/// use hpo_linfa::split::Splits;
///
/// let iris = linfa_datasets::iris();
/// let model = ClassifierModel::<GaussianNb>::new(Metric::Accuracy, 1);
/// let data = model.prepare(&iris, Splits::Stratified { folds: 5 })?;
/// let mut tuner = RandomSearch::new(model).objective(Metric::Accuracy.objective()).max_trials(5).seed(1).build()?;
/// tuner.search(&data)?;
/// let best = &tuner.best_models(1)?[0];
/// assert_eq!(best.predict(&iris.records).len(), 150);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type ClassifierModel<C> = CrossValidated<Classification<C>>;

/// A regression of type `C` for a tuner.
pub type RegressorModel<C> = CrossValidated<Regression<C>>;

/// A model that is cross-validated and then fitted to all rows. It reports its score under the name
/// of the metric.
#[derive(Debug)]
pub struct CrossValidated<K: Task> {
    metric: K::Metric,
    reports: Reports,
    seed: u64,
    task: PhantomData<fn() -> K>,
}

impl<K: Task> CrossValidated<K> {
    /// Creates a model that is scored by this metric. `seed` is used for the splits and for random
    /// draws of the models, so that configs are compared on the same draws.
    #[must_use]
    pub fn new(metric: K::Metric, seed: u64) -> Self {
        Self { metric, reports: Reports::default(), seed, task: PhantomData }
    }

    /// Sets the value that a trial reports after each fold. Default: the score of the fold.
    #[must_use]
    pub fn reports(self, reports: Reports) -> Self {
        Self { reports, ..self }
    }

    /// Prepares a table for the tuner's `search`.
    ///
    /// # Errors
    /// If the table cannot be used for training, or cannot be split in this way.
    pub fn prepare(
        &self,
        table: &crate::data::Dataset<K::Target>,
        splits: crate::split::Splits,
    ) -> Result<Prepared<K::Target>, crate::Error> {
        Prepared::new::<K>(table, splits, &crate::prepared::Categories::default(), self.seed)
    }
}

impl<K: Task> HyperModel for CrossValidated<K> {
    type Config = K::Config;
    type Data = Prepared<K::Target>;
    type Model = ();
    type Fitted = K::Fitted;
    type Error = TrialError;

    /// Does nothing: linfa checks the settings when it fits.
    fn build(&self, _: &K::Config) -> Result<(), TrialError> {
        Ok(())
    }

    fn fit(
        &self,
        config: &K::Config,
        (): (),
        data: &Prepared<K::Target>,
        trial: &mut Trial<'_>,
    ) -> Result<K::Fitted, TrialError> {
        let score = cross_validate(trial, self.reports, &data.folds, |fold| {
            let fitted = K::fit(config, &fold.train, self.seed)?;
            Ok(K::score(self.metric, &fitted, &fold.test))
        })?;
        trial.metric(&K::objective(self.metric).name, score.mean());
        Ok(K::fit(config, &data.all, self.seed)?)
    }
}
