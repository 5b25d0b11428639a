//! Recurrent networks for sequences.

use burn::module::Module;
use burn::nn::{
    Gru, GruConfig, Lstm, LstmConfig, LstmState, Rnn as Simple, RnnConfig, RnnState as SimpleState,
};
use burn::tensor::{Device, Tensor};
use hpo_core::SearchSpace;

use super::Dropout;

/// The kind of a recurrent layer. Default: `Lstm`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, SearchSpace)]
#[non_exhaustive]
pub enum Cell {
    /// A layer without gates.
    Simple,
    /// Gated recurrent units.
    Gru,
    /// Long short-term memory.
    #[default]
    #[search_space(default)]
    Lstm,
}

/// A recurrent layer and its dropout.
#[derive(Clone, Debug, PartialEq, SearchSpace)]
pub struct Recurrent {
    /// The kind of the layer.
    pub cell: Cell,
    /// From 16 to 512 in powers of two; default 64.
    #[search_space(range = 16..=512, log, step = 2, default = 64)]
    pub units: usize,
    /// The share of outputs that a training step sets to 0. From 0 to 0.5; default 0.
    #[search_space(range = 0.0..=0.5, default = 0.0)]
    pub dropout: f64,
}

impl Recurrent {
    /// Describes a layer without dropout.
    #[must_use]
    pub fn new(cell: Cell, units: usize) -> Self {
        Self { cell, units, dropout: 0.0 }
    }
}

/// Recurrent layers, each of which reads the outputs of the one before.
///
/// ```
/// use burn::tensor::{Device, Distribution, Tensor};
/// use hpo_burn::{Cell, Recurrent, Rnn};
///
/// let device = Device::default();
/// let layers = [Recurrent::new(Cell::Gru, 8), Recurrent::new(Cell::Lstm, 6)];
/// let network = Rnn::new(3, &layers, &device);
/// let sequences = Tensor::random([5, 12, 3], Distribution::Default, &device);
/// let (outputs, state) = network.forward(sequences, None);
/// assert_eq!((outputs.dims(), state.len()), ([5, 12, 6], 2));
/// ```
#[derive(Module, Debug)]
pub struct Rnn {
    layers: Vec<Layer>,
}

/// The memory of a recurrent layer after a sequence.
#[derive(Clone, Debug)]
pub struct RnnState {
    hidden: Tensor<2>,
    /// The second memory that only `Lstm` has.
    cell: Option<Tensor<2>>,
}

#[derive(Module, Debug)]
struct Layer {
    kind: Kind,
    dropout: Dropout,
}

#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "a network has few layers, on the heap anyway")]
enum Kind {
    Simple(Simple),
    Gru(Gru),
    Lstm(Lstm),
}

impl Rnn {
    /// Creates a network for sequences of `inputs` numbers per step. Its outputs are those of the
    /// last layer.
    #[must_use]
    pub fn new(inputs: usize, layers: &[Recurrent], device: &Device) -> Self {
        let mut width = inputs;
        let layers = layers.iter().map(|layer| {
            let below = std::mem::replace(&mut width, layer.units);
            Layer {
                kind: Kind::new(layer.cell, below, layer.units, device),
                dropout: Dropout::new(layer.dropout),
            }
        });
        Self { layers: layers.collect() }
    }

    /// Reads sequences of shape `[rows, steps, inputs]`, from a state or from nothing. Returns the
    /// outputs of all steps, `[rows, steps, units]`, and the state of each layer after the last.
    #[must_use]
    pub fn forward(
        &self,
        sequences: Tensor<3>,
        state: Option<Vec<RnnState>>,
    ) -> (Tensor<3>, Vec<RnnState>) {
        let mut before = state.unwrap_or_default().into_iter();
        let mut outputs = sequences;
        let mut after = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let (read, state) = layer.kind.forward(outputs, before.next());
            outputs = layer.dropout.forward(read);
            after.push(state);
        }
        (outputs, after)
    }
}

impl Kind {
    fn new(cell: Cell, inputs: usize, units: usize, device: &Device) -> Self {
        match cell {
            Cell::Simple => Self::Simple(RnnConfig::new(inputs, units, true).init(device)),
            Cell::Gru => Self::Gru(GruConfig::new(inputs, units, true).init(device)),
            Cell::Lstm => Self::Lstm(LstmConfig::new(inputs, units, true).init(device)),
        }
    }

    fn forward(&self, inputs: Tensor<3>, state: Option<RnnState>) -> (Tensor<3>, RnnState) {
        match self {
            Self::Simple(layer) => {
                let state = state.map(|state| SimpleState::new(state.hidden));
                let (outputs, state) = layer.forward(inputs, state);
                (outputs, RnnState { hidden: state.hidden, cell: None })
            }
            Self::Gru(layer) => {
                let outputs = layer.forward(inputs, state.map(|state| state.hidden));
                let hidden = outputs.clone().slice_dim(1, -1..).squeeze_dim(1);
                (outputs, RnnState { hidden, cell: None })
            }
            Self::Lstm(layer) => {
                let state = state.and_then(|state| Some(LstmState::new(state.cell?, state.hidden)));
                let (outputs, state) = layer.forward(inputs, state);
                (outputs, RnnState { hidden: state.hidden, cell: Some(state.cell) })
            }
        }
    }
}
