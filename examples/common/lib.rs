//! What the examples share: data, folds, scaling and the two classifiers.
//!
//! The parts stand here so that each example shows a search and nothing else; none of them is part of `hpo-core`.

pub mod data;
pub mod models;

/// The code in README.md compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

#[cfg(test)]
mod tests;
