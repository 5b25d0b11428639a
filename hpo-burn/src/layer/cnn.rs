//! Convolutional networks for pictures.

use burn::module::Module;
use burn::nn::PaddingConfig2d;
use burn::nn::activation::Activation as ActivationLayer;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::tensor::{Device, Tensor};
use hpo_core::SearchSpace;

use super::{Activation, Dense, Dropout, Mlp};

/// A convolution of stride 1 that keeps height and width, with its activation function, pooling
/// and dropout.
#[derive(Clone, Debug, PartialEq, SearchSpace)]
pub struct Conv {
    /// Filters, from 8 to 128 in powers of two; default 16.
    #[search_space(range = 8..=128, log, step = 2, default = 16)]
    pub channels: usize,
    /// Height and width of a filter: 3 (default), 5 or 7.
    #[search_space(choices = [3, 5, 7], ordered, default = 3)]
    pub kernel_size: usize,
    /// Applied to the outputs.
    pub activation: Activation,
    /// If true (default), the largest of each 2 x 2 pixels is kept, as far as there are two.
    #[search_space(default = true)]
    pub pool: bool,
    /// The share of outputs that a training step sets to 0. From 0 to 0.5; default 0.
    #[search_space(range = 0.0..=0.5, default = 0.0)]
    pub dropout: f64,
}

impl Conv {
    /// Describes a convolution of 3 x 3 pixels with `Relu` and pooling, without dropout.
    #[must_use]
    pub fn new(channels: usize) -> Self {
        let activation = Activation::Relu;
        Self { channels, kernel_size: 3, activation, pool: true, dropout: 0.0 }
    }
}

/// A convolutional network: convolutions, then a multilayer perceptron on all that remains.
///
/// ```
/// use burn::tensor::{Device, Distribution, Tensor};
/// use hpo_burn::{Cnn, Conv, Dense};
///
/// let device = Device::default();
/// let network = Cnn::new([1, 8, 8], &[Conv::new(8), Conv::new(16)], &[Dense::new(32)], 10, &device);
/// let pictures = Tensor::random([5, 1, 8, 8], Distribution::Default, &device);
/// assert_eq!(network.forward(pictures).dims(), [5, 10]);
/// ```
#[derive(Module, Debug)]
pub struct Cnn {
    blocks: Vec<Block>,
    head: Mlp,
}

#[derive(Module, Debug)]
struct Block {
    conv: Conv2d,
    activation: ActivationLayer,
    pool: Option<MaxPool2d>,
    dropout: Dropout,
}

impl Cnn {
    /// Creates a network from pictures of `[channels, height, width]` to `outputs` numbers.
    #[must_use]
    pub fn new(
        picture: [usize; 3],
        convolutions: &[Conv],
        head: &[Dense],
        outputs: usize,
        device: &Device,
    ) -> Self {
        let mut shape = picture;
        let blocks = convolutions.iter().map(|layer| Block::new(&mut shape, layer, device));
        let blocks = blocks.collect();
        Self { blocks, head: Mlp::new(shape.iter().product(), head, outputs, device) }
    }

    /// Computes the outputs, `[rows, outputs]`, of pictures `[rows, channels, height, width]`.
    #[must_use]
    pub fn forward(&self, pictures: Tensor<4>) -> Tensor<2> {
        let features = self.blocks.iter().fold(pictures, |inputs, block| block.forward(inputs));
        self.head.forward(features.flatten(1, 3))
    }
}

impl Block {
    /// Creates a block, and replaces the shape of its inputs by that of its outputs.
    fn new(shape: &mut [usize; 3], layer: &Conv, device: &Device) -> Self {
        let [channels, height, width] = *shape;
        let conv = Conv2dConfig::new([channels, layer.channels], [layer.kernel_size; 2])
            .with_padding(PaddingConfig2d::Same)
            .init(device);
        let pool = layer.pool && height >= 2 && width >= 2;
        *shape = if pool {
            [layer.channels, height / 2, width / 2]
        } else {
            [layer.channels, height, width]
        };
        Self {
            conv,
            activation: layer.activation.init(device),
            pool: pool.then(|| MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init()),
            dropout: Dropout::new(layer.dropout),
        }
    }

    fn forward(&self, inputs: Tensor<4>) -> Tensor<4> {
        let outputs = self.activation.forward(self.conv.forward(inputs));
        let pooled = match &self.pool {
            Some(pool) => pool.forward(outputs),
            None => outputs,
        };
        self.dropout.forward(pooled)
    }
}
