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

#[cfg(test)]
mod tests;
