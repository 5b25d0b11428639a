//! Typed hyperparameter search: **a type is a search space**.
//!
//! `#[derive(SearchSpace)]` turns annotated structs and enums into search spaces that the compiler
//! checks. A [`Study`] searches one with a closure. A [`Tuner`] builds and fits a [`HyperModel`]
//! and returns the best fitted model.
//!
//! ```
//! use hpo_core::prelude::*;
//!
//! #[derive(Debug, Clone, SearchSpace)]
//! enum Optimizer {
//!     Adam,
//!     Sgd {
//!         #[search_space(range = 0.0..=0.99)]
//!         momentum: f64,
//!     },
//! }
//!
//! #[derive(Debug, Clone, SearchSpace)]
//! struct Net {
//!     #[search_space(range = 1e-5..=1e-1, log)]
//!     learning_rate: f64,
//!     #[search_space(range = 1..=4)]
//!     layers: usize,
//!     optimizer: Optimizer,
//! }
//!
//! # fn train(net: &Net) -> f64 {
//! #     let speed = match net.optimizer {
//! #         Optimizer::Adam => 0.1,
//! #         Optimizer::Sgd { momentum } => 1.0 - momentum,
//! #     };
//! #     (net.learning_rate.log10() + 3.0).powi(2) + speed + net.layers as f64 * 0.01
//! # }
//! let study = Study::<Net>::minimize().seed(7).run(100, |net| train(&net))?;
//! println!("{:.3} with {:?}", study.best_value()?, study.best_config()?);
//! # assert!(study.best_value()? < 1.0);
//! # Ok::<(), hpo_core::Error>(())
//! ```
//!
//! # A tour
//!
//! - [`space`]: search spaces: the [`Space`](space::Space) tree, its checked form
//!   [`FlatSpace`](space::FlatSpace), points of it ([`Params`]).
//! - [`trial`]: trials as a fold of events, and the history that samplers see.
//! - [`sampler`]: samplers, which choose the next config: random, grid, quasi-random, Gaussian
//!   process, TPE; or your own.
//! - [`pruner`]: pruners, which stop a trial early: median, percentile, successive halving,
//!   Hyperband, ...; or your own.
//! - [`mod@file`]: files that are written whole or not at all.
//! - [`terminal`]: escaping of foreign text for a terminal.
//! - [`storage`]: storages of trials: memory, a crash-safe journal that Optuna can read, or a
//!   database.
//! - [`report`]: results of a search: figures as data, an HTML page, pictures, tables.
//! - [`study`]: searches with closures: [`Study`], runs on one or many threads, ask and tell.
//! - [`callback`]: early stopping, ends of a run, logs, a live table, TensorBoard.
//! - [`worker`]: programs that `hpo run` starts to evaluate a config.
//! - [`tuner`]: searches with models: [`HyperModel`], [`RandomSearch`], [`GridSearch`],
//!   [`BayesianOptimization`], [`Hyperband`].
//!
//! Modules are declared in the order of the layers; each uses only those above it.
//!
//! The library prints nothing on its own, except for a line that answers Ctrl-C. It starts threads
//! for [`workers`](study::StudyBuilder::workers) and for the upkeep of a run beside them. It
//! reports observations through [`tracing`] and [`Study::notes`].

// The derive writes `::hpo_core::..`, also when it is used in this crate.
extern crate self as hpo_core;

pub mod error;
mod numeric;
pub mod file;
pub mod terminal;
mod setting;
mod sync;
pub mod rng;
pub mod space;
mod gp;
pub mod trial;
pub mod sampler;
pub mod pruner;
pub mod checkpoint;
pub mod artifact;
pub mod storage;
pub mod report;
pub mod study;
pub mod tuner;
pub mod callback;
pub mod worker;
#[cfg(feature = "testing")]
pub mod testing;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use rand;

pub use error::{Error, Result};
pub use space::{Params, SearchSpace};
pub use study::{Study, Trial, TrialEnd, TrialError};
pub use tuner::{BayesianOptimization, GridSearch, HyperModel, Hyperband, RandomSearch, Tuner};

#[cfg(feature = "derive")]
#[doc = include_str!("derive.md")]
pub use hpo_macros::SearchSpace;

/// The items that most programs need: the derive, the study and the tuners with the types that
/// their objectives and models name, and the traits of samplers, pruners and callbacks.
pub mod prelude {
    pub use crate::callback::Callback;
    pub use crate::pruner::Pruner;
    pub use crate::sampler::Sampler;
    pub use crate::trial::Direction;
    pub use crate::{
        BayesianOptimization, GridSearch, HyperModel, Hyperband, RandomSearch, SearchSpace, Study,
        Trial, TrialEnd, TrialError, Tuner,
    };
}
