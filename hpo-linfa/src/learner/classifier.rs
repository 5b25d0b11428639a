//! All classifiers of tables as one search space.

use hpo_core::SearchSpace;
use serde::{Deserialize, Serialize};

use super::TableEstimator;
use super::fitted::{FittedEstimator, FittedModel};
use super::pipeline::Pipeline;
use crate::classifier::default_of;
use crate::context::FitContext;
use crate::estimator::{FitError, Logistic, NearestNeighbours, Svc};
use crate::features::{Features, Targets};
use crate::preprocess::FittedTargetTransform;
use crate::stages::Stages;
use crate::trees::{Boosting, Forest, Thresholds};

/// Any classifier of tables.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub enum TableClassifier {
    /// Gradient boosting of decision trees.
    #[search_space(default)]
    Boosting(Boosting),
    /// A random forest, or extremely randomised trees.
    Forest(Forest),
    /// Logistic regression with an L2 penalty.
    Logistic(Pipeline<Logistic>),
    /// Classification by the nearest neighbours.
    NearestNeighbours(Pipeline<NearestNeighbours>),
    /// A support vector machine.
    Svc(Pipeline<Svc>),
}

impl TableEstimator for TableClassifier {
    fn fit(
        &self,
        features: &Features,
        targets: &Targets,
        rounds: usize,
        context: FitContext<'_>,
    ) -> Result<FittedEstimator, FitError> {
        let model = match self {
            Self::Boosting(own) => {
                FittedModel::Boosting(own.fit(features, targets, rounds, context)?)
            }
            Self::Forest(own) => FittedModel::Forest(own.fit(features, targets, context)?),
            Self::Logistic(own) => FittedModel::Pipeline(own.fit(features, targets, context)?),
            Self::NearestNeighbours(own) => {
                FittedModel::Pipeline(own.fit(features, targets, context)?)
            }
            Self::Svc(own) => FittedModel::Pipeline(own.fit(features, targets, context)?),
        };
        Ok(FittedEstimator::new(FittedTargetTransform::None, model))
    }

    fn stages(
        &self,
        train: (&Features, &Targets),
        test: (&Features, &Targets),
        context: FitContext<'_>,
    ) -> Result<Stages, FitError> {
        match self {
            Self::Boosting(own) => own.stages(train, test, context),
            _ => Ok(Stages::single(self.fit(train.0, train.1, 0, context)?.predict(test.0))),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Boosting(_) => "boosting",
            Self::Forest(own) if own.thresholds == Thresholds::Random => "extra trees",
            Self::Forest(_) => "random forest",
            Self::Logistic(_) => "logistic regression",
            Self::NearestNeighbours(_) => "nearest neighbours",
            Self::Svc(_) => "SVC",
        }
    }

    fn starters(rows: usize) -> Vec<Self> {
        let boosting = default_of::<Boosting>();
        let forest = default_of::<Forest>();
        let random = Forest { thresholds: Thresholds::Random, min_rows: 1, ..forest.clone() };
        let slow =
            Boosting { learning_rate: 0.04, max_leaves: 8, column_share: 0.5, ..boosting.clone() };
        let mut starters = vec![
            Self::Logistic(default_of()),
            Self::Boosting(boosting.clone()),
            Self::Forest(random),
            Self::Boosting(Boosting { max_leaves: 4, ..boosting }),
            Self::Forest(forest),
            Self::Boosting(slow),
            Self::NearestNeighbours(default_of()),
        ];
        if rows <= MOST_ROWS_OF_MACHINES {
            starters.push(Self::Svc(default_of()));
        }
        starters
    }
}

/// The number of rows up to which support vector machines are tried first.
pub(super) const MOST_ROWS_OF_MACHINES: usize = 5000;
