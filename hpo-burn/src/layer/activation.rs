//! Activation functions as a choice.

use burn::nn::activation::{Activation as Layer, ActivationConfig};
use burn::tensor::Device;
use hpo_core::SearchSpace;

/// An activation function without parameters. Default: `Relu`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SearchSpace)]
#[non_exhaustive]
pub enum Activation {
    /// `max(0, x)`.
    #[default]
    #[search_space(default)]
    Relu,
    /// `x` times the normal distribution function of `x`.
    Gelu,
    /// The hyperbolic tangent.
    Tanh,
}

impl Activation {
    /// Returns burn's layer.
    #[must_use]
    pub fn init(self, device: &Device) -> Layer {
        match self {
            Self::Relu => ActivationConfig::Relu,
            Self::Gelu => ActivationConfig::Gelu,
            Self::Tanh => ActivationConfig::Tanh,
        }
        .init(device)
    }
}
