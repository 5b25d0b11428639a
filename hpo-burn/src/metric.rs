//! Losses and metrics that most networks use. Any function of the same form will do as well.

use burn::nn::loss::{CrossEntropyLossConfig, MseLoss, Reduction};
use burn::tensor::{Int, Tensor};

/// The mean cross-entropy of scores of shape `[rows, classes]` (no softmax) and labels from 0, of
/// shape `[rows]`.
#[must_use]
pub fn cross_entropy(scores: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
    CrossEntropyLossConfig::new().init(&labels.device()).forward(scores, labels)
}

/// The mean squared error of outputs and targets of the same shape.
///
/// # Panics
/// If the shapes differ.
#[must_use]
pub fn mean_squared_error<const D: usize>(outputs: Tensor<D>, targets: Tensor<D>) -> Tensor<1> {
    assert_eq!(outputs.dims(), targets.dims(), "outputs and targets differ in shape");
    MseLoss::new().forward(outputs, targets, Reduction::Mean)
}

/// The share of rows whose largest score is that of their label, from 0 to 1. `scores`: `[rows,
/// classes]`, `labels`: `[rows]`.
#[must_use]
pub fn accuracy(scores: Tensor<2>, labels: Tensor<1, Int>) -> f64 {
    let [rows, _] = scores.dims();
    let right = scores.argmax(1).squeeze_dim::<1>(1).equal(labels).int().sum();
    right.into_scalar::<i64>() as f64 / rows as f64
}

/// The one number in a tensor.
pub(crate) fn number(tensor: Tensor<1>) -> f64 {
    f64::from(tensor.into_scalar::<f32>())
}
