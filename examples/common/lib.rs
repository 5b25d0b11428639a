//! What the examples share, and what watches over them: README's code compiles, and every example is listed.

pub mod data;
pub mod options;
#[cfg(feature = "nn")]
pub mod nn;

/// The code in README.md compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// So does that of the pages in `docs`.
#[cfg(doctest)]
#[doc = include_str!("../../docs/training.md")]
pub struct Training;

#[cfg(doctest)]
#[doc = include_str!("../../docs/time-series.md")]
pub struct TimeSeries;

#[cfg(doctest)]
#[doc = include_str!("../../docs/image-classifier.md")]
pub struct ImageClassifier;

#[cfg(doctest)]
#[doc = include_str!("../../docs/text-generation.md")]
pub struct TextGeneration;

#[cfg(doctest)]
#[doc = include_str!("../../docs/keras-tuner.md")]
pub struct KerasTuner;

#[cfg(test)]
mod tests;
