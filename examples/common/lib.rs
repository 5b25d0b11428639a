//! What the examples share, and what watches over them: the code of README and `docs` compiles, and every example is listed.

/// The code in README.md compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// So does that of the pages in `docs`.
#[cfg(doctest)]
#[doc = include_str!("../../docs/training.md")]
pub struct Training;

#[cfg(doctest)]
#[doc = include_str!("../../docs/scikit-learn.md")]
pub struct ScikitLearn;

#[cfg(doctest)]
#[doc = include_str!("../../docs/coming-from.md")]
pub struct ComingFrom;

pub mod linear;

#[cfg(test)]
mod tests;
