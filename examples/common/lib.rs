//! What the examples share: data, folds, scaling and the two classifiers.
//!
//! The parts stand here so that each example shows a search and nothing else; none of them is part of `hpo-core`.

pub mod data;
pub mod models;

#[cfg(test)]
mod tests;
