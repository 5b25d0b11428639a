//! Dropout that can be repeated.

use burn::module::{Flag, Module, Param};
use burn::tensor::{Tensor, TensorData};

use crate::seed;

/// Dropout whose random numbers follow from the seed and the epoch of the training, also if
/// several networks are trained at once. burn's own layer draws from the device, which all threads
/// share.
#[derive(Module, Debug)]
pub struct Dropout {
    rate: f64,
    training: Param<Flag>,
}

impl Dropout {
    /// Creates a layer that sets a share `rate` of its inputs to 0 in training.
    ///
    /// # Panics
    /// If the rate is not from 0 to below 1.
    #[must_use]
    pub fn new(rate: f64) -> Self {
        assert!((0.0..1.0).contains(&rate), "the dropout rate is {rate}: write 0 to below 1");
        Self { rate, training: Param::from_bool(true) }
    }

    /// Returns the inputs unchanged, or in training with some of them 0 and the others larger.
    #[must_use]
    pub fn forward<const D: usize>(&self, inputs: Tensor<D>) -> Tensor<D> {
        let is_off = self.rate == 0.0 || !self.training.is_enabled();
        if is_off || !inputs.is_autodiff() {
            return inputs;
        }
        let shape = inputs.shape();
        let mask = seed::mask(self.rate, shape.num_elements());
        inputs.clone() * Tensor::from_data(TensorData::new(mask, shape), &inputs.device())
    }
}
