//! Typed hyperparameter search: a type is a search space.

extern crate self as hpo_core;

pub mod error;
pub mod rng;
pub mod sampler;
pub mod space;
pub mod storage;
pub mod study;
pub mod trial;
pub use error::{Error, Result};
