//! The result of an objective: values, or the reason why there are none.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::checkpoint::CheckpointError;
use crate::error::Error;

/// The reason why a running trial must end. [`Trial::report`](super::Trial::report) and the other
/// methods of a trial return it, and the objective passes it on with `?`.
///
/// It is a [`std::error::Error`], so `?` converts it to any error type: [`TrialError`],
/// `anyhow::Error`, `Box<dyn Error>`, or your own with thiserror's `#[from]`. Whatever error an
/// objective makes of it, the trial ends for this reason.
#[derive(Debug)]
pub struct TrialEnd(pub(crate) Cause);

/// The reason why a trial ends without values, for objectives without an error type of their own:
/// `?` converts any error to it.
///
/// To allow that, it is not a [`std::error::Error`] itself. A function that is not only called by
/// objectives should return its own error, `anyhow::Error` or `Box<dyn Error>`: all of these become
/// a `TrialError`. (A `Box<dyn Error + Send + Sync>` does so by `.map_err(TrialError::failed)?`, or
/// can be the error type of the objective.)
#[derive(Debug)]
pub struct TrialError(pub(crate) Cause);

/// The cause of a trial's end without values.
#[derive(Debug)]
pub(crate) enum Cause {
    /// The objective failed, with this message.
    Failed(String),
    /// The trial was stopped as pruned, for this reason.
    Pruned(String),
    /// The trial has reached the end of its budget, with this value.
    Paused(f64),
    /// The run was interrupted; the trial goes back to the queue.
    Interrupted,
    /// The trial took longer than this limit.
    TimedOut(Duration),
    /// An error after which the run cannot go on.
    Fatal(Box<Error>),
}

impl Cause {
    /// Returns a copy. An error of the run becomes a failure with its message: only the original
    /// ends the run.
    pub(super) fn again(&self) -> Self {
        match self {
            Cause::Failed(words) => Cause::Failed(words.clone()),
            Cause::Pruned(reason) => Cause::Pruned(reason.clone()),
            Cause::Paused(value) => Cause::Paused(*value),
            Cause::Interrupted => Cause::Interrupted,
            Cause::TimedOut(limit) => Cause::TimedOut(*limit),
            Cause::Fatal(error) => Cause::Failed(error.to_string()),
        }
    }

    /// Returns the cause of an error: the end of a trial if that is the error or among its sources,
    /// or else a failure.
    fn of(error: &(dyn StdError + 'static)) -> Self {
        let chain = || std::iter::successors(Some(error), |error| (**error).source());
        if let Some(end) = chain().find_map(|error| error.downcast_ref::<TrialEnd>()) {
            return end.0.again();
        }
        let words: Vec<String> = chain().map(ToString::to_string).collect();
        Cause::Failed(words.join(": "))
    }
}

impl TrialError {
    /// Makes the failure of an objective from text or from an error.
    pub fn failed(reason: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Cause::of(&*reason.into()))
    }

    /// Makes a failure after which no other trial can succeed: it ends the run.
    pub(crate) fn fatal(error: Error) -> Self {
        Self(Cause::Fatal(Box::new(error)))
    }

    /// Returns the end of an evaluation that could not be finished through no fault of the config,
    /// such as the end of the machine's allocation: the trial goes back to the queue, and neither
    /// this run's counts nor its retries change. A trial that is returned for the 26th time in one
    /// run fails.
    #[must_use]
    pub fn interrupted() -> Self {
        Self(Cause::Interrupted)
    }

    /// Makes the objective's own decision to stop early: the trial counts as pruned, not as failed.
    /// An objective with an error type of its own can use [`Trial::prune`](super::Trial::prune).
    pub fn pruned(reason: impl Into<String>) -> Self {
        Self(Cause::Pruned(reason.into()))
    }
}

impl TrialEnd {
    pub(crate) fn failed(error: &(dyn StdError + 'static)) -> Self {
        Self(Cause::of(error))
    }
}

impl<E: Into<Box<dyn StdError>>> From<E> for TrialError {
    fn from(error: E) -> Self {
        match error.into().downcast::<TrialEnd>() {
            Ok(end) => Self(end.0),
            Err(error) => Self(Cause::of(&*error)),
        }
    }
}

impl From<TrialError> for TrialEnd {
    fn from(error: TrialError) -> Self {
        Self(error.0)
    }
}

impl From<TrialError> for Box<dyn StdError + Send + Sync> {
    fn from(error: TrialError) -> Self {
        Box::new(TrialEnd(error.0))
    }
}

impl From<CheckpointError> for TrialEnd {
    fn from(error: CheckpointError) -> Self {
        Self::failed(&error)
    }
}

impl StdError for TrialEnd {}

impl fmt::Display for TrialEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for TrialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Failed(words) => f.write_str(words),
            Cause::Pruned(reason) => write!(f, "pruned: {reason}"),
            Cause::Paused(value) => write!(f, "paused at the end of its budget, at {value}"),
            Cause::Interrupted => f.write_str("interrupted"),
            Cause::TimedOut(limit) => write!(f, "it took longer than its limit of {limit:?}"),
            Cause::Fatal(error) => write!(f, "{error}"),
        }
    }
}

/// The values of a trial, one per objective.
#[diagnostic::on_unimplemented(
    message = "an objective returns numbers, not `{Self}`",
    note = "return f64, or [f64; N] or Vec<f64> for several objectives, or a `Result` of these",
    note = "the error of the `Result` may be `TrialError`, `anyhow::Error`, `Box<dyn Error>`, or \
        any `std::error::Error`"
)]
pub trait Values {
    /// Returns the values, one per objective.
    fn values(self) -> Vec<f64>;
}

impl Values for f64 {
    fn values(self) -> Vec<f64> {
        vec![self]
    }
}

impl Values for f32 {
    fn values(self) -> Vec<f64> {
        vec![f64::from(self)]
    }
}

impl Values for Vec<f64> {
    fn values(self) -> Vec<f64> {
        self
    }
}

impl<const N: usize> Values for [f64; N] {
    fn values(self) -> Vec<f64> {
        self.to_vec()
    }
}

impl Values for (f64, f64) {
    fn values(self) -> Vec<f64> {
        vec![self.0, self.1]
    }
}

impl Values for (f64, f64, f64) {
    fn values(self) -> Vec<f64> {
        vec![self.0, self.1, self.2]
    }
}

/// A type that an objective may return: [`Values`], or a `Result` of them with any error.
///
/// `Kind` distinguishes the forms, and the compiler infers it. A closure that uses `?` must name
/// its error type at its end: `Ok::<_, TrialError>(loss)`.
#[diagnostic::on_unimplemented(
    message = "an objective returns numbers, not `{Self}`",
    note = "return f64, or [f64; N] or Vec<f64> for several objectives, or a `Result` of these",
    note = "the error of the `Result` may be `TrialError`, `anyhow::Error`, `Box<dyn Error>`, or \
        any `std::error::Error`"
)]
pub trait Evaluation<Kind> {
    /// Returns the values, or the reason why there are none.
    ///
    /// # Errors
    /// The error of the objective.
    fn evaluation(self) -> Result<Vec<f64>, TrialError>;
}

/// The forms of an [`Evaluation`]: types without a value that distinguish its implementations.
pub mod kind {
    /// Plain values, without a `Result`.
    #[derive(Debug)]
    pub enum Plain {}

    /// A `Result` whose error becomes a [`TrialError`](super::TrialError) through `?`.
    #[derive(Debug)]
    pub enum Fallible {}

    /// A `Result` with `Box<dyn Error + Send + Sync>`, which `?` cannot convert to another error
    /// type.
    #[derive(Debug)]
    pub enum Boxed {}
}

impl<V: Values> Evaluation<kind::Plain> for V {
    fn evaluation(self) -> Result<Vec<f64>, TrialError> {
        Ok(self.values())
    }
}

impl<V: Values, E: Into<TrialError>> Evaluation<kind::Fallible> for Result<V, E> {
    fn evaluation(self) -> Result<Vec<f64>, TrialError> {
        self.map(Values::values).map_err(Into::into)
    }
}

impl<V: Values> Evaluation<kind::Boxed> for Result<V, Box<dyn StdError + Send + Sync>> {
    fn evaluation(self) -> Result<Vec<f64>, TrialError> {
        self.map(Values::values).map_err(|error| match error.downcast::<TrialEnd>() {
            Ok(end) => TrialError(end.0),
            Err(error) => TrialError(Cause::of(&*error)),
        })
    }
}

/// Returns the values if there is one per objective and none is NaN.
pub(super) fn check_values(values: Vec<f64>, objectives: usize) -> Result<Vec<f64>, TrialError> {
    if values.len() != objectives {
        return Err(TrialError::fatal(Error::ValueCount { given: values.len(), objectives }));
    }
    if values.iter().any(|value| value.is_nan()) {
        return Err(TrialError::failed("the objective gave NaN"));
    }
    Ok(values)
}
