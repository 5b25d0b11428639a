//! Ready-made callbacks. A callback listens to the events of a run, and may end the run or a trial.
//!
//! | callback | what it does | asks for |
//! | --- | --- | --- |
//! | [`EarlyStopping`] | ends a trial's training if its metric no longer improves | [`EndTrial`] |
//! | [`StopAtTarget`] | ends the run when the best value is good enough | [`Stop`] |
//! | [`StopOnStagnation`] | ends the run after a number of trials without improvement | [`Stop`] |
//! | [`TimeLimit`] | ends the run after a time, or after a total training time | [`Stop`] |
//! | [`CsvLog`], [`JsonLines`] | write a row for each trial, or for each report | |
//! | [`Table`] | shows the best trials and the running ones, every few seconds | |
//! | [`TensorBoard`] | writes event files: curves of all metrics, and the HPARAMS tab | |
//!
//! [`EndTrial`]: Flow::EndTrial
//! [`Stop`]: Flow::Stop
//!
//! [`Progress`](crate::study::Progress) is one line or a bar. A closure is a callback too: see
//! [`Callback`]. The best state of a model within a trial is not saved by a callback but by the
//! objective, through [`Trial::checkpoint`](crate::study::Trial::checkpoint), because only the
//! objective knows the state.
//!
//! Each callback is made by its builder, which checks the settings once, and is passed to
//! [`StudyBuilder::callback`](crate::study::StudyBuilder::callback):
//!
//! ```
//! use hpo_core::prelude::*;
//! use hpo_core::callback::{StopAtTarget, StopOnStagnation};
//!
//! #[derive(Clone, Debug, SearchSpace)]
//! struct Point {
//!     #[search_space(range = -1.0..=1.0)]
//!     x: f64,
//! }
//!
//! let study = Study::<Point>::minimize()
//!     .seed(1)
//!     .callback(StopAtTarget::builder(0.01).build()?)
//!     .callback(StopOnStagnation::builder().trials(50).build()?)
//!     .open()?;
//! study.optimize(10_000, |point, _| point.x * point.x)?;
//! assert!(study.best_value()? <= 0.01 && study.trials()?.len() < 100);
//! # Ok::<(), hpo_core::Error>(())
//! ```
//!
//! A write error (a full disk, a closed pipe) is logged once through [`tracing`]; the search goes
//! on.

mod early_stopping;
mod stop;
mod config;
mod log;
mod table;
mod tensorboard;

pub use config::CallbackConfig;
pub use early_stopping::{EarlyStopping, EarlyStoppingBuilder, Watched};
pub use log::{CsvLog, CsvLogBuilder, JsonLines, JsonLinesBuilder};
pub use stop::{
    StopAtTarget, StopAtTargetBuilder, StopOnStagnation, StopOnStagnationBuilder, TimeLimit,
    TimeLimitBuilder,
};
pub use table::{Table, TableBuilder};
pub use tensorboard::{TensorBoard, TensorBoardBuilder};

pub use crate::study::{Callback, Flow, RunEvent};

use crate::setting::{Owner, SettingError};

/// Checks the amount by which a value must be better to count as an improvement: at least 0, and
/// finite.
fn check_min_delta(owner: Owner, min_delta: f64) -> Result<(), SettingError> {
    let is_valid = min_delta.is_finite() && min_delta >= 0.0;
    owner.require("min_delta", is_valid, min_delta, "write 0 or a positive number")
}

/// Returns true if `value` is better than `than` by more than `min_delta`. NaN is never better.
fn is_better_by(direction: crate::trial::Direction, min_delta: f64, value: f64, than: f64) -> bool {
    use crate::trial::Direction;
    let bar = match direction {
        Direction::Minimize => than - min_delta,
        Direction::Maximize => than + min_delta,
    };
    direction.is_better(value, bar)
}
