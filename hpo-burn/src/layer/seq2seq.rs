//! Forecasts of sequences.

use burn::module::{Flag, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use super::{Recurrent, Rnn};

/// A recurrent encoder that reads a sequence, and a recurrent decoder that continues it.
///
/// In training each step is forecast from the true step before it (teacher forcing), otherwise
/// from the forecast of the step before.
///
/// ```
/// use burn::tensor::{Device, Distribution, Tensor};
/// use hpo_burn::{Cell, Recurrent, Seq2Seq};
///
/// let device = Device::default();
/// let network = Seq2Seq::new(1, &[Recurrent::new(Cell::Gru, 8)], &device);
/// let past = Tensor::random([5, 24, 1], Distribution::Default, &device);
/// // Only the number of steps counts, as this is no training.
/// let future = Tensor::zeros([5, 12, 1], &device);
/// assert_eq!(network.forward((past, future)).dims(), [5, 12, 1]);
/// ```
#[derive(Module, Debug)]
pub struct Seq2Seq {
    encoder: Rnn,
    decoder: Rnn,
    output: Linear,
    window: Option<usize>,
    training: Param<Flag>,
}

impl Seq2Seq {
    /// Creates a network for sequences of `features` numbers per step. Encoder and decoder have the
    /// same layers.
    #[must_use]
    pub fn new(features: usize, layers: &[Recurrent], device: &Device) -> Self {
        let width = layers.last().map_or(features, |layer| layer.units);
        Self {
            encoder: Rnn::new(features, layers, device),
            decoder: Rnn::new(features, layers, device),
            output: LinearConfig::new(width, features).init(device),
            window: None,
            training: Param::from_bool(true),
        }
    }

    /// Reads only the last steps of the past, at least 1 and at most as many as there are.
    #[must_use]
    pub fn window(self, steps: usize) -> Self {
        Self { window: Some(steps), ..self }
    }

    /// Continues the past of shape `[rows, steps, features]` by as many steps as the future has;
    /// its values are for training only. Returns a tensor of the shape of the future.
    #[must_use]
    pub fn forward(&self, (past, future): (Tensor<3>, Tensor<3>)) -> Tensor<3> {
        let ([_, steps, _], [_, horizon, _]) = (past.dims(), future.dims());
        let window = self.window.map_or(steps, |window| window.clamp(1, steps));
        let is_taught = self.training.is_enabled() && past.is_autodiff();
        let past = past.slice_dim(1, steps - window..steps);
        let mut before = past.clone().slice_dim(1, window - 1..window);
        let mut memory = self.encoder.forward(past, None).1;
        if is_taught {
            let taught =
                Tensor::cat(vec![before, future.slice_dim(1, 0..horizon.saturating_sub(1))], 1);
            return self.output.forward(self.decoder.forward(taught, Some(memory)).0);
        }
        let mut forecasts = Vec::with_capacity(horizon);
        for _ in 0..horizon {
            let (outputs, after) = self.decoder.forward(before, Some(memory));
            memory = after;
            before = self.output.forward(outputs);
            forecasts.push(before.clone());
        }
        Tensor::cat(forecasts, 1)
    }
}
