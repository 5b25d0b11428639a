//! Losses of boosting: raw scores to predictions, gradients and hessians.

use serde::{Deserialize, Serialize};

use crate::features::Targets;

/// The loss that boosting minimises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Loss {
    /// Half the squared error, on a target of mean 0 and standard deviation 1.
    Squared,
    /// The log loss of two classes; one score.
    Logistic,
    /// The log loss of several classes; one score per class.
    Softmax,
}

impl Loss {
    pub(super) fn of(targets: &Targets) -> Self {
        match targets {
            Targets::Numbers(_) => Loss::Squared,
            Targets::Classes { count: 2, .. } => Loss::Logistic,
            Targets::Classes { .. } => Loss::Softmax,
        }
    }

    /// Returns the number of scores per row.
    pub(super) fn scores(self, targets: &Targets) -> usize {
        match self {
            Loss::Squared | Loss::Logistic => 1,
            Loss::Softmax => targets.outputs(),
        }
    }

    /// Returns the scores before the first tree: those of the weighted class shares, or 0.
    pub(super) fn start(self, targets: &Targets, weights: &[f64]) -> Vec<f64> {
        let Targets::Classes { codes, count } = targets else { return vec![0.0] };
        let mut rows: Vec<f64> = vec![0.5; *count];
        for code in codes {
            rows[*code] += weights[*code];
        }
        if self == Loss::Logistic {
            return vec![(rows[1] / rows[0]).ln()];
        }
        let sum: f64 = rows.iter().sum();
        rows.iter().map(|rows| (rows / sum).ln()).collect()
    }

    /// Turns the scores of a row into its predictions: probabilities of classes.
    pub(super) fn predict(self, scores: &[f64], predictions: &mut [f64]) {
        match self {
            Loss::Squared => predictions[0] = scores[0],
            Loss::Logistic => {
                predictions[1] = sigmoid(scores[0]);
                predictions[0] = 1.0 - predictions[1];
            }
            Loss::Softmax => softmax(scores, predictions),
        }
    }
}

pub(super) fn sigmoid(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

/// Writes the probabilities of scores, which sum to 1.
pub(super) fn softmax(scores: &[f64], probabilities: &mut [f64]) {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for (probability, score) in probabilities.iter_mut().zip(scores) {
        *probability = (score - most).exp();
        sum += *probability;
    }
    for probability in probabilities {
        *probability /= sum;
    }
}
