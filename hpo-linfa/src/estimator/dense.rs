//! Estimators of finite numbers whose fitted models can be saved.
//!
//! Some models of linfa are left out, because they have no serialised form that stays readable:
//! its trees, forests and naive Bayes, PLS and FTRL. The trees of [`trees`](crate::trees) take
//! their place.

use std::fmt::Debug;

use hpo_core::SearchSpace;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::elastic_net::Weights;
use super::logistic::{self, Softmax};
use super::neighbours::Memory;
use super::one_vs_rest::OneVsRest;
use super::svm::{Machine, Regression};
use super::{
    ElasticNet, FitError, Logistic, NearestNeighbours, PredictProba, PredictValues, Scaled, Svc,
    Svr,
};
use crate::context::FitContext;
use crate::data::Dataset;
use crate::features::Targets;

/// The settings of an estimator of finite numbers whose fitted model can be saved.
pub trait Dense: SearchSpace + Clone + Debug + Send + Sync + 'static {
    /// Fits the model. `records` has shape `(rows, features)`.
    ///
    /// # Errors
    /// If linfa refuses the settings, its solver fails, the time of the context is over, or the
    /// estimator cannot predict such targets.
    fn fit(
        &self,
        records: Array2<f64>,
        targets: &Targets,
        context: FitContext<'_>,
    ) -> Result<DenseModel, FitError>;

    /// Returns the estimator's name in summaries.
    fn name(&self) -> &'static str;
}

/// A fitted model of finite numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DenseModel(Inner);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Inner {
    Linear(Scaled<Weights>),
    Logistic(Scaled<Softmax>),
    Neighbours(Scaled<Memory<f64>>),
    NeighbourClasses(Scaled<Memory<usize>>),
    Svc(Scaled<OneVsRest<Machine>>),
    Svr(Scaled<Regression>),
}

impl DenseModel {
    /// Returns the predictions of each row: the probability of each class, or one number.
    ///
    /// # Panics
    /// If the rows have another number of features than those of the training.
    #[must_use]
    pub fn predict(&self, records: &Array2<f64>) -> Vec<f64> {
        let flat = |probabilities: Array2<f64>| probabilities.iter().copied().collect();
        match &self.0 {
            Inner::Linear(model) => model.predict_values(records).to_vec(),
            Inner::Neighbours(model) => model.predict_values(records).to_vec(),
            Inner::Svr(model) => model.predict_values(records).to_vec(),
            Inner::Logistic(model) => flat(model.predict_proba(records)),
            Inner::NeighbourClasses(model) => flat(model.predict_proba(records)),
            Inner::Svc(model) => flat(model.predict_proba(records)),
        }
    }
}

/// Returns rows with classes, or the error that the estimator cannot predict numbers.
fn classes(
    records: Array2<f64>,
    targets: &Targets,
    estimator: &'static str,
) -> Result<(Dataset<usize>, usize), FitError> {
    match targets {
        Targets::Classes { codes, count } => {
            Ok((Dataset::new(records, Array1::from_vec(codes.clone())), *count))
        }
        Targets::Numbers(_) => Err(FitError::WrongTarget { estimator }),
    }
}

fn numbers(
    records: Array2<f64>,
    targets: &Targets,
    estimator: &'static str,
) -> Result<Dataset<f64>, FitError> {
    match targets {
        Targets::Numbers(numbers) => Ok(Dataset::new(records, Array1::from_vec(numbers.clone()))),
        Targets::Classes { .. } => Err(FitError::WrongTarget { estimator }),
    }
}

impl Dense for Logistic {
    fn fit(
        &self,
        records: Array2<f64>,
        targets: &Targets,
        context: FitContext<'_>,
    ) -> Result<DenseModel, FitError> {
        let (train, count) = classes(records, targets, self.name())?;
        let train = logistic::affordable(&train, count, context.seed);
        Ok(DenseModel(Inner::Logistic(self.learn_scores(&train, count)?)))
    }

    fn name(&self) -> &'static str {
        "logistic regression"
    }
}

impl Dense for ElasticNet {
    fn fit(
        &self,
        records: Array2<f64>,
        targets: &Targets,
        _: FitContext<'_>,
    ) -> Result<DenseModel, FitError> {
        let train = numbers(records, targets, self.name())?;
        Ok(DenseModel(Inner::Linear(self.learn_weights(&train)?)))
    }

    fn name(&self) -> &'static str {
        "elastic net"
    }
}

impl Dense for NearestNeighbours {
    fn fit(
        &self,
        records: Array2<f64>,
        targets: &Targets,
        _: FitContext<'_>,
    ) -> Result<DenseModel, FitError> {
        Ok(DenseModel(match targets {
            Targets::Numbers(_) => {
                let train = numbers(records, targets, self.name())?;
                Inner::Neighbours(self.remember(&train, 0)?)
            }
            Targets::Classes { .. } => {
                let (train, count) = classes(records, targets, self.name())?;
                Inner::NeighbourClasses(self.remember(&train, count)?)
            }
        }))
    }

    fn name(&self) -> &'static str {
        "nearest neighbours"
    }
}

impl Dense for Svc {
    fn fit(
        &self,
        records: Array2<f64>,
        targets: &Targets,
        context: FitContext<'_>,
    ) -> Result<DenseModel, FitError> {
        let (train, count) = classes(records, targets, self.name())?;
        Ok(DenseModel(Inner::Svc(self.learn_machines(&train, count, context)?)))
    }

    fn name(&self) -> &'static str {
        "SVC"
    }
}

impl Dense for Svr {
    fn fit(
        &self,
        records: Array2<f64>,
        targets: &Targets,
        context: FitContext<'_>,
    ) -> Result<DenseModel, FitError> {
        let train = numbers(records, targets, self.name())?;
        Ok(DenseModel(Inner::Svr(self.learn_machine(&train, context.seed)?)))
    }

    fn name(&self) -> &'static str {
        "SVR"
    }
}
