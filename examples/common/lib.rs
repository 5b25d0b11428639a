//! What the examples share, and what watches over them: the code of README and `docs` compiles, and
//! every example is listed.

pub mod data;
pub mod linear;
#[cfg(feature = "nn")]
pub mod nn;
pub mod options;

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

#[cfg(doctest)]
#[doc = include_str!("../../docs/scikit-learn.md")]
pub struct ScikitLearn;

#[cfg(doctest)]
#[doc = include_str!("../../docs/coming-from.md")]
pub struct ComingFrom;

#[cfg(all(doctest, feature = "nn"))]
#[doc = include_str!("../../docs/networks.md")]
pub struct Networks;

#[cfg(test)]
mod tests;
