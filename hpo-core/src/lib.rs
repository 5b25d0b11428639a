//! Typed hyperparameter search: a type is a search space.

extern crate self as hpo_core;

pub mod space;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use space::SearchSpace;

#[cfg(feature = "derive")]
#[doc = include_str!("derive.md")]
pub use hpo_macros::SearchSpace;
