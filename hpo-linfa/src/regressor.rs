//! All regressions of linfa as one search space: the estimator and its settings.

use hpo_core::SearchSpace;
use serde::{Deserialize, Serialize};

use crate::classifier::default_of;
use crate::data::Dataset;
use crate::estimator::{
    ElasticNet, FitError, Linear, NearestNeighbours, Pls, PredictValues, Regress, Ridge, Svr,
};

/// Any regression of linfa with one target.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub enum Regressor {
    /// Ordinary least squares (OLS).
    Linear(Linear),
    /// Linear regression with an L2 penalty.
    #[search_space(default)]
    Ridge(Ridge),
    /// Linear regression with L1 and L2 penalties.
    ElasticNet(ElasticNet),
    /// Partial least squares regression.
    Pls(Pls),
    /// Regression by the nearest neighbours.
    NearestNeighbours(NearestNeighbours),
    /// Support vector regression (SVR).
    Svr(Svr),
}

/// Evaluates the same expression for any estimator.
macro_rules! each {
    ($regressor:expr, $inner:ident => $answer:expr) => {
        match $regressor {
            Regressor::Linear($inner) => $answer,
            Regressor::Ridge($inner) => $answer,
            Regressor::ElasticNet($inner) => $answer,
            Regressor::Pls($inner) => $answer,
            Regressor::NearestNeighbours($inner) => $answer,
            Regressor::Svr($inner) => $answer,
        }
    };
}

impl Regress for Regressor {
    fn fit_model(
        &self,
        train: &Dataset<f64>,
        seed: u64,
    ) -> Result<Box<dyn PredictValues>, FitError> {
        each!(self, estimator => estimator.fit_model(train, seed))
    }

    /// Ranks estimators by their flexibility, in the order of the variants, and configs of one
    /// estimator by its own measure.
    fn complexity(&self) -> f64 {
        let own = each!(self, estimator => Regress::complexity(estimator)).max(0.0);
        self.rank() + own / (1.0 + own)
    }

    fn name(&self) -> &'static str {
        each!(self, estimator => Regress::name(estimator))
    }

    /// Returns each estimator with its own defaults.
    fn starters() -> Vec<Self> {
        vec![
            Regressor::Linear(default_of()),
            Regressor::Ridge(default_of()),
            Regressor::ElasticNet(default_of()),
            Regressor::Pls(default_of()),
            Regressor::NearestNeighbours(default_of()),
            Regressor::Svr(default_of()),
        ]
    }
}

impl Regressor {
    fn rank(&self) -> f64 {
        match self {
            Regressor::Linear(_) => 0.0,
            Regressor::Ridge(_) => 1.0,
            Regressor::ElasticNet(_) => 2.0,
            Regressor::Pls(_) => 3.0,
            Regressor::NearestNeighbours(_) => 4.0,
            Regressor::Svr(_) => 5.0,
        }
    }
}
