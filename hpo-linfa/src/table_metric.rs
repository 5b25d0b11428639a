//! The metric of a search over tables, for classes or for numbers.

use std::fmt;

use hpo_core::trial::{Direction, Objective};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use crate::features::{Learning, Targets};
use crate::metric::{Metric, Probabilities, RegressionMetric};

/// The metric of a search over tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TableMetric {
    /// A metric of classes.
    Classes(Metric),
    /// A metric of numbers.
    Numbers(RegressionMetric),
}

const CLASSES: [Metric; 5] =
    [Metric::Accuracy, Metric::BalancedAccuracy, Metric::F1, Metric::Mcc, Metric::LogLoss];

const NUMBERS: [RegressionMetric; 6] = [
    RegressionMetric::R2,
    RegressionMetric::Rmse,
    RegressionMetric::Mae,
    RegressionMetric::MedianAbsoluteError,
    RegressionMetric::MaxError,
    RegressionMetric::ExplainedVariance,
];

impl TableMetric {
    /// Returns the default: accuracy, or R².
    #[must_use]
    pub fn default_of(learning: Learning) -> Self {
        match learning {
            Learning::Classification => TableMetric::Classes(Metric::default()),
            Learning::Regression => TableMetric::Numbers(RegressionMetric::default()),
        }
    }

    /// Returns the metric of this name; `None` if there is none for this kind of learning.
    #[must_use]
    pub fn named(name: &str, learning: Learning) -> Option<Self> {
        Self::all(learning).into_iter().find(|metric| metric.objective().name == name)
    }

    /// Returns all metrics of a kind of learning.
    #[must_use]
    pub fn all(learning: Learning) -> Vec<Self> {
        match learning {
            Learning::Classification => CLASSES.map(TableMetric::Classes).to_vec(),
            Learning::Regression => NUMBERS.map(TableMetric::Numbers).to_vec(),
        }
    }

    /// Returns the name and direction.
    #[must_use]
    pub fn objective(self) -> Objective {
        match self {
            TableMetric::Classes(metric) => metric.objective(),
            TableMetric::Numbers(metric) => metric.objective(),
        }
    }

    /// Returns true if the first score is better than the second.
    #[must_use]
    pub fn is_better(self, score: f64, than: f64) -> bool {
        self.objective().direction.is_better(score, than)
    }

    pub(crate) fn direction(self) -> Direction {
        self.objective().direction
    }

    /// Returns true if the metric compares classes, so that it is computed over the rows of all
    /// folds together: a single fold may lack rare classes.
    pub(crate) fn is_pooled(self) -> bool {
        matches!(self, TableMetric::Classes(Metric::BalancedAccuracy | Metric::F1 | Metric::Mcc))
    }

    /// Returns the kind of learning that the metric belongs to.
    #[must_use]
    pub fn learning(self) -> Learning {
        match self {
            TableMetric::Classes(_) => Learning::Classification,
            TableMetric::Numbers(_) => Learning::Regression,
        }
    }

    /// Returns the score of predictions, `outputs` per row; NaN for a metric of the other kind.
    ///
    /// # Panics
    /// If the numbers of predictions and targets do not fit.
    #[must_use]
    pub fn score(self, targets: &Targets, predictions: &[f64]) -> f64 {
        match (self, targets) {
            (TableMetric::Classes(metric), Targets::Classes { codes, count }) => {
                let shape = (codes.len(), *count);
                let probabilities = Array2::from_shape_vec(shape, predictions.to_vec())
                    .expect("each row has a prediction per class");
                let told = Probabilities { classes: (0..*count).collect(), probabilities };
                metric.score(&Array1::from_vec(codes.clone()), &told)
            }
            (TableMetric::Numbers(metric), Targets::Numbers(numbers)) => metric
                .score(&Array1::from_vec(numbers.clone()), &Array1::from_vec(predictions.to_vec())),
            _ => f64::NAN,
        }
    }
}

impl fmt::Display for TableMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.objective().name)
    }
}
