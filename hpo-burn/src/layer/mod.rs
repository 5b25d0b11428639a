//! Layers as search spaces, and the stacks that they build.

mod activation;
mod cnn;
mod dense;
mod dropout;
mod normalization;
mod rnn;
mod seq2seq;

pub use activation::Activation;
pub use cnn::{Cnn, Conv};
pub use dense::{Dense, Mlp};
pub use dropout::Dropout;
pub use normalization::Normalization;
pub use rnn::{Cell, Recurrent, Rnn, RnnState};
pub use seq2seq::Seq2Seq;
