//! Fully connected layers.

use burn::module::Module;
use burn::nn::activation::Activation as ActivationLayer;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use hpo_core::SearchSpace;

use super::{Activation, Dropout};

/// A fully connected layer, with its activation function and dropout.
#[derive(Clone, Debug, PartialEq, SearchSpace)]
pub struct Dense {
    /// From 16 to 512 in powers of two; default 64.
    #[search_space(range = 16..=512, log, step = 2, default = 64)]
    pub units: usize,
    /// Applied to the outputs.
    pub activation: Activation,
    /// The share of outputs that a training step sets to 0. From 0 to 0.5; default 0.
    #[search_space(range = 0.0..=0.5, default = 0.0)]
    pub dropout: f64,
}

impl Dense {
    /// Describes a layer with `Relu` and without dropout.
    #[must_use]
    pub fn new(units: usize) -> Self {
        Self { units, activation: Activation::Relu, dropout: 0.0 }
    }
}

/// A multilayer perceptron: dense layers, and a linear one for the outputs.
///
/// ```
/// use burn::tensor::{Device, Distribution, Tensor};
/// use hpo_burn::{Dense, Mlp};
///
/// let device = Device::default();
/// let network = Mlp::new(64, &[Dense::new(32), Dense::new(16)], 10, &device);
/// let inputs = Tensor::random([5, 64], Distribution::Default, &device);
/// assert_eq!(network.forward(inputs).dims(), [5, 10]);
/// ```
#[derive(Module, Debug)]
pub struct Mlp {
    hidden: Vec<Hidden>,
    output: Linear,
}

#[derive(Module, Debug)]
struct Hidden {
    linear: Linear,
    activation: ActivationLayer,
    dropout: Dropout,
}

impl Mlp {
    /// Creates a network from `inputs` features to `outputs` numbers.
    #[must_use]
    pub fn new(inputs: usize, layers: &[Dense], outputs: usize, device: &Device) -> Self {
        let mut width = inputs;
        let hidden = layers.iter().map(|layer| {
            let below = std::mem::replace(&mut width, layer.units);
            Hidden {
                linear: LinearConfig::new(below, layer.units).init(device),
                activation: layer.activation.init(device),
                dropout: Dropout::new(layer.dropout),
            }
        });
        let hidden = hidden.collect();
        Self { hidden, output: LinearConfig::new(width, outputs).init(device) }
    }

    /// Computes the outputs, `[rows, outputs]`, of inputs of shape `[rows, inputs]`.
    #[must_use]
    pub fn forward(&self, inputs: Tensor<2>) -> Tensor<2> {
        let hidden = self.hidden.iter().fold(inputs, |inputs, layer| {
            layer.dropout.forward(layer.activation.forward(layer.linear.forward(inputs)))
        });
        self.output.forward(hidden)
    }
}
