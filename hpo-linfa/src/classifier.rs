//! All classifiers of linfa as one search space: the estimator and its settings.

use hpo_core::SearchSpace;
use serde::{Deserialize, Serialize};

use crate::data::Dataset;
use crate::estimator::{
    AdaBoost, BernoulliNb, Classify, FitError, Ftrl, GaussianNb, Logistic, MultinomialNb,
    NearestNeighbours, PredictProba, RandomForest, Svc, Tree,
};

/// Any classifier of linfa.
#[derive(Clone, Debug, PartialEq, SearchSpace, Serialize, Deserialize)]
pub enum Classifier {
    /// Naive Bayes on normally distributed features.
    GaussianNb(GaussianNb),
    /// Naive Bayes on binary features (above or below a threshold).
    BernoulliNb(BernoulliNb),
    /// Naive Bayes on counts.
    MultinomialNb(MultinomialNb),
    /// Logistic regression with an L2 penalty.
    #[search_space(default)]
    Logistic(Logistic),
    /// Follow the regularised leader (FTRL).
    Ftrl(Ftrl),
    /// A single decision tree.
    Tree(Tree),
    /// Classification by the nearest neighbours.
    NearestNeighbours(NearestNeighbours),
    /// A support vector machine.
    Svc(Svc),
    /// `AdaBoost` on small decision trees.
    AdaBoost(AdaBoost),
    /// A random forest of decision trees.
    RandomForest(RandomForest),
}

/// Evaluates the same expression for any estimator.
macro_rules! each {
    ($classifier:expr, $inner:ident => $answer:expr) => {
        match $classifier {
            Classifier::GaussianNb($inner) => $answer,
            Classifier::BernoulliNb($inner) => $answer,
            Classifier::MultinomialNb($inner) => $answer,
            Classifier::Logistic($inner) => $answer,
            Classifier::Ftrl($inner) => $answer,
            Classifier::Tree($inner) => $answer,
            Classifier::NearestNeighbours($inner) => $answer,
            Classifier::Svc($inner) => $answer,
            Classifier::AdaBoost($inner) => $answer,
            Classifier::RandomForest($inner) => $answer,
        }
    };
}

impl Classify for Classifier {
    fn fit_model(
        &self,
        train: &Dataset<usize>,
        classes: usize,
        seed: u64,
    ) -> Result<Box<dyn PredictProba>, FitError> {
        each!(self, estimator => estimator.fit_model(train, classes, seed))
    }

    /// Ranks estimators by their flexibility, in the order of the variants, and configs of one
    /// estimator by its own measure.
    fn complexity(&self) -> f64 {
        let own = each!(self, estimator => Classify::complexity(estimator)).max(0.0);
        self.rank() + own / (1.0 + own)
    }

    fn name(&self) -> &'static str {
        each!(self, estimator => Classify::name(estimator))
    }

    /// Returns each estimator with its own defaults, except for a larger learning rate of FTRL:
    /// linfa's default is meant for many passes.
    fn starters() -> Vec<Self> {
        vec![
            Classifier::Logistic(default_of()),
            Classifier::GaussianNb(default_of()),
            Classifier::NearestNeighbours(default_of()),
            Classifier::RandomForest(default_of()),
            Classifier::Svc(default_of()),
            Classifier::Tree(default_of()),
            Classifier::AdaBoost(default_of()),
            Classifier::Ftrl(Ftrl { alpha: 0.1, ..default_of() }),
            Classifier::BernoulliNb(default_of()),
            Classifier::MultinomialNb(default_of()),
        ]
    }
}

impl Classifier {
    fn rank(&self) -> f64 {
        match self {
            Classifier::GaussianNb(_) => 0.0,
            Classifier::BernoulliNb(_) => 1.0,
            Classifier::MultinomialNb(_) => 2.0,
            Classifier::Logistic(_) => 3.0,
            Classifier::Ftrl(_) => 4.0,
            Classifier::Tree(_) => 5.0,
            Classifier::NearestNeighbours(_) => 6.0,
            Classifier::Svc(_) => 7.0,
            Classifier::AdaBoost(_) => 8.0,
            Classifier::RandomForest(_) => 9.0,
        }
    }
}

/// Returns the config of a space's defaults.
pub(crate) fn default_of<C: SearchSpace>() -> C {
    let flat = hpo_core::space::FlatSpace::new(&C::space())
        .expect("a derived space was checked by the compiler");
    flat.default_params().config().expect("the defaults of a space are a point of it")
}
