//! What watches over the examples: README's code compiles, and every example is listed.

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
