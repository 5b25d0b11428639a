#![doc = include_str!("guide.md")]

mod checkpoint;
mod compiled;
mod dataset;
mod error;
mod fit;
mod fitted;
mod layer;
mod metric;
mod network;
mod seed;
mod space;

pub use dataset::{Data, Dataset};
pub use error::Error;
pub use fitted::{Fitted, Metrics};
pub use layer::{Activation, Cnn, Conv, Dense, Dropout, Mlp, Normalization, Recurrent, Rnn};
pub use layer::{Cell, RnnState, Seq2Seq};
pub use metric::{accuracy, cross_entropy, mean_squared_error};
pub use network::{Network, NetworkBuilder};
pub use space::{LrSchedule, Optimizer};
