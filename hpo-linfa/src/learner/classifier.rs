//! All classifiers of tables as one search space.

use hpo_core::SearchSpace;
use serde::{Deserialize, Serialize};

use super::TableEstimator;
use super::chosen::Chosen;
use super::fitted::FittedEstimator;
use super::pipeline::Pipeline;
use crate::class_weights::Weighted;
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
    Boosting(Weighted<Boosting>),
    /// A random forest, or extremely randomised trees.
    Forest(Weighted<Forest>),
    /// Logistic regression with an L2 penalty.
    Logistic(Pipeline<Logistic>),
    /// Classification by the nearest neighbours.
    NearestNeighbours(Pipeline<NearestNeighbours>),
    /// A support vector machine.
    Svc(Pipeline<Svc>),
}

impl TableClassifier {
    fn chosen(&self) -> Chosen<'_> {
        match self {
            Self::Boosting(own) => Chosen::Boosting(&own.estimator, own.class_weights),
            Self::Forest(own) => Chosen::Forest(&own.estimator, own.class_weights),
            Self::Logistic(own) => Chosen::Pipeline(own),
            Self::NearestNeighbours(own) => Chosen::Pipeline(own),
            Self::Svc(own) => Chosen::Pipeline(own),
        }
    }
}

impl TableEstimator for TableClassifier {
    fn fit(
        &self,
        features: &Features,
        targets: &Targets,
        rounds: usize,
        context: FitContext<'_>,
    ) -> Result<FittedEstimator, FitError> {
        let model = self.chosen().fit(features, targets, rounds, context)?;
        Ok(FittedEstimator::new(FittedTargetTransform::None, model))
    }

    fn stages(
        &self,
        train: (&Features, &Targets),
        test: (&Features, &Targets),
        context: FitContext<'_>,
    ) -> Result<Stages, FitError> {
        self.chosen().stages(train, test, context)
    }

    fn name(&self) -> &'static str {
        self.chosen().name()
    }

    fn starters(rows: usize) -> Vec<Self> {
        let boosting = default_of::<Boosting>();
        let forest = default_of::<Forest>();
        let random = Forest { thresholds: Thresholds::Random, min_rows: 1, ..forest.clone() };
        let slow =
            Boosting { learning_rate: 0.04, max_leaves: 8, column_share: 0.5, ..boosting.clone() };
        let boosting_of = |own| Self::Boosting(Weighted::equal(own));
        let forest_of = |own| Self::Forest(Weighted::equal(own));
        let mut starters = vec![
            Self::Logistic(default_of()),
            boosting_of(boosting.clone()),
            forest_of(random),
            boosting_of(Boosting { max_leaves: 4, ..boosting }),
            forest_of(forest),
            boosting_of(slow),
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
