//! Predictions of test rows after several numbers of rounds.

use crate::class_weights::ClassWeights;
use crate::features::Targets;

/// The predictions of test rows after each of several numbers of rounds, in ascending order. A
/// model that is not trained in rounds has a single stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stages {
    /// For each stage, the number of rounds and the predictions, `outputs` per row.
    pub stages: Vec<(usize, Vec<f64>)>,
    /// The weights of classes in the loss that decides on the number of rounds.
    pub weights: ClassWeights,
}

impl Stages {
    /// Creates a single stage.
    #[must_use]
    pub fn single(predictions: Vec<f64>) -> Self {
        Self { stages: vec![(0, predictions)], weights: ClassWeights::Equal }
    }

    /// Returns the number of rounds and the predictions after the largest number of rounds that is
    /// at most `rounds`; if there is none, after the smallest.
    ///
    /// # Panics
    /// If there are no stages.
    #[must_use]
    pub fn at(&self, rounds: usize) -> (usize, &[f64]) {
        let (rounds, predictions) = &self.stages[self.place(rounds)];
        (*rounds, predictions)
    }

    /// Returns the loss of predictions that decides on the number of rounds: the mean log loss of
    /// classes with their weights, or the mean squared error.
    ///
    /// # Panics
    /// If the numbers of predictions and targets differ.
    #[must_use]
    pub fn loss(&self, targets: &Targets, predictions: &[f64]) -> f64 {
        weighted_loss(targets, predictions, self.weights)
    }

    /// Returns the place of the stage that [`at`](Self::at) returns.
    #[must_use]
    pub fn place(&self, rounds: usize) -> usize {
        self.stages.partition_point(|(own, _)| *own <= rounds).max(1) - 1
    }
}

/// Returns true for the numbers of rounds whose predictions are kept: all of the first 40, then in
/// steps of 2.5 to 5 %.
#[must_use]
pub fn is_stage(rounds: usize) -> bool {
    rounds > 0 && rounds.is_multiple_of(1 << (rounds / 20).max(1).ilog2())
}

/// Returns the loss that decides on the number of rounds: the mean log loss of classes, or the mean
/// squared error.
///
/// # Panics
/// If the numbers of predictions and targets differ.
#[must_use]
pub fn loss(targets: &Targets, predictions: &[f64]) -> f64 {
    weighted_loss(targets, predictions, ClassWeights::Equal)
}

fn weighted_loss(targets: &Targets, predictions: &[f64], weights: ClassWeights) -> f64 {
    let rows = targets.len().max(1) as f64;
    let weights = weights.of(targets);
    let sum: f64 = match targets {
        Targets::Numbers(numbers) => numbers
            .iter()
            .zip(predictions)
            .map(|(truth, predicted)| (truth - predicted).powi(2))
            .sum(),
        Targets::Classes { codes, count } => codes
            .iter()
            .zip(predictions.chunks_exact(*count))
            .map(|(code, own)| -own[*code].clamp(1e-15, 1.0).ln() * weights[*code])
            .sum(),
    };
    sum / rows
}
