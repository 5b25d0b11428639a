//! Typed hyperparameter search: a type is a search space.

extern crate self as hpo_core;

mod numeric;
pub mod rng;
pub mod sampler;
pub mod space;
pub mod storage;
#[cfg(feature = "testing")]
pub mod testing;
pub mod trial;
