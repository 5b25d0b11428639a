//! The estimator that a config has chosen, for classes and for numbers alike.

use super::fitted::FittedModel;
use super::pipeline::{FittedPipeline, Pipeline};
use crate::class_weights::ClassWeights;
use crate::context::FitContext;
use crate::estimator::{Dense, FitError};
use crate::features::{Features, Targets};
use crate::stages::Stages;
use crate::trees::{Boosting, Forest, Thresholds};

/// The estimator that a config has chosen.
pub(super) enum Chosen<'a> {
    Boosting(&'a Boosting, ClassWeights),
    Forest(&'a Forest, ClassWeights),
    Pipeline(&'a dyn FitPipeline),
}

/// Preprocessing with an estimator of any type.
pub(super) trait FitPipeline {
    fn fit_pipeline(
        &self,
        features: &Features,
        targets: &Targets,
        context: FitContext<'_>,
    ) -> Result<FittedPipeline, FitError>;

    fn name(&self) -> &'static str;
}

impl<E: Dense> FitPipeline for Pipeline<E> {
    fn fit_pipeline(
        &self,
        features: &Features,
        targets: &Targets,
        context: FitContext<'_>,
    ) -> Result<FittedPipeline, FitError> {
        self.fit(features, targets, context)
    }

    fn name(&self) -> &'static str {
        self.estimator.name()
    }
}

impl Chosen<'_> {
    pub(super) fn fit(
        &self,
        features: &Features,
        targets: &Targets,
        rounds: usize,
        context: FitContext<'_>,
    ) -> Result<FittedModel, FitError> {
        Ok(match self {
            Self::Boosting(own, weights) => {
                let targets = (targets, *weights);
                FittedModel::Boosting(own.fit_weighted(features, targets, rounds, context)?)
            }
            Self::Forest(own, weights) => {
                FittedModel::Forest(own.fit_weighted(features, (targets, *weights), context)?)
            }
            Self::Pipeline(own) => {
                FittedModel::Pipeline(own.fit_pipeline(features, targets, context)?)
            }
        })
    }

    pub(super) fn stages(
        &self,
        train: (&Features, &Targets),
        test: (&Features, &Targets),
        context: FitContext<'_>,
    ) -> Result<Stages, FitError> {
        match self {
            Self::Boosting(own, weights) => own.stages_weighted(train, test, *weights, context),
            _ => Ok(Stages::single(self.fit(train.0, train.1, 0, context)?.predict(test.0))),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Boosting(..) => "boosting",
            Self::Forest(own, _) if own.thresholds == Thresholds::Random => "extra trees",
            Self::Forest(..) => "random forest",
            Self::Pipeline(own) => own.name(),
        }
    }
}
