//! All regressions of tables as one search space.

use hpo_core::SearchSpace;
use serde::{Deserialize, Serialize};

use super::TableEstimator;
use super::chosen::Chosen;
use super::classifier::MOST_ROWS_OF_MACHINES;
use super::fitted::FittedEstimator;
use super::pipeline::Pipeline;
use crate::class_weights::ClassWeights;
use crate::classifier::default_of;
use crate::context::FitContext;
use crate::estimator::{ElasticNet, FitError, NearestNeighbours, Svr};
use crate::features::{Features, Targets};
use crate::preprocess::TargetTransform;
use crate::stages::Stages;
use crate::trees::{Boosting, Forest, Thresholds};

/// Any regression of tables, on a target that may be transformed.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub struct TableRegressor {
    /// The transform of the target.
    pub target: TargetTransform,
    /// The estimator.
    pub estimator: RegressionEstimator,
}

/// The estimator of a regression.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub enum RegressionEstimator {
    /// Gradient boosting of decision trees.
    #[search_space(default)]
    Boosting(Boosting),
    /// A random forest, or extremely randomised trees.
    Forest(Forest),
    /// Linear regression with L1 and L2 penalties.
    ElasticNet(Pipeline<ElasticNet>),
    /// Regression by the nearest neighbours.
    NearestNeighbours(Pipeline<NearestNeighbours>),
    /// Support vector regression.
    Svr(Pipeline<Svr>),
}

impl RegressionEstimator {
    fn chosen(&self) -> Chosen<'_> {
        match self {
            Self::Boosting(own) => Chosen::Boosting(own, ClassWeights::Equal),
            Self::Forest(own) => Chosen::Forest(own, ClassWeights::Equal),
            Self::ElasticNet(own) => Chosen::Pipeline(own),
            Self::NearestNeighbours(own) => Chosen::Pipeline(own),
            Self::Svr(own) => Chosen::Pipeline(own),
        }
    }
}

impl TableEstimator for TableRegressor {
    fn fit(
        &self,
        features: &Features,
        targets: &Targets,
        rounds: usize,
        context: FitContext<'_>,
    ) -> Result<FittedEstimator, FitError> {
        let transform = self.target.fit(targets);
        let targets = &transform.apply(targets);
        let model = self.estimator.chosen().fit(features, targets, rounds, context)?;
        Ok(FittedEstimator::new(transform, model))
    }

    fn stages(
        &self,
        train: (&Features, &Targets),
        test: (&Features, &Targets),
        context: FitContext<'_>,
    ) -> Result<Stages, FitError> {
        let transform = self.target.fit(train.1);
        let (inner, outer) = (transform.apply(train.1), transform.apply(test.1));
        let estimator = self.estimator.chosen();
        let mut stages = estimator.stages((train.0, &inner), (test.0, &outer), context)?;
        stages.stages.iter_mut().for_each(|(_, predictions)| transform.undo(predictions));
        Ok(stages)
    }

    fn name(&self) -> &'static str {
        self.estimator.chosen().name()
    }

    fn starters(rows: usize) -> Vec<Self> {
        let plain = |estimator| Self { target: TargetTransform::None, estimator };
        let log = |estimator| Self { target: TargetTransform::Log, estimator };
        let boosting = default_of::<Boosting>();
        let forest = default_of::<Forest>();
        let random = Forest { thresholds: Thresholds::Random, column_share: 0.7, ..forest.clone() };
        let slow =
            Boosting { learning_rate: 0.04, max_leaves: 8, column_share: 0.5, ..boosting.clone() };
        let mut starters = vec![
            plain(RegressionEstimator::ElasticNet(default_of())),
            plain(RegressionEstimator::Boosting(boosting.clone())),
            log(RegressionEstimator::Boosting(boosting)),
            plain(RegressionEstimator::Boosting(slow)),
            plain(RegressionEstimator::Forest(random)),
            plain(RegressionEstimator::Forest(forest)),
            plain(RegressionEstimator::NearestNeighbours(default_of())),
        ];
        if rows <= MOST_ROWS_OF_MACHINES {
            starters.push(log(RegressionEstimator::Svr(default_of())));
            starters.push(plain(RegressionEstimator::Svr(default_of())));
        }
        starters
    }
}
