//! What an objective gives back: values, or the reason why there are none.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::error::Error;

/// Why a trial ends without values. Any error becomes one through `?`; so does the end of a trial that
/// [`Trial::report`](super::Trial::report) calls for.
///
/// So that any error becomes one, it is no [`std::error::Error`] itself, and thiserror's `#[from]` cannot take it into an
/// error type of your own: write `impl From<TrialError>` there. An interrupted trial goes back to the queue all the same; what
/// was [`pruned`](Self::pruned) counts as failed unless it comes back as a `TrialError`.
#[derive(Debug)]
pub struct TrialError(pub(crate) Cause);

/// What stood behind it.
#[derive(Debug)]
pub(crate) enum Cause {
    /// The objective failed.
    Failed(Box<dyn StdError + Send + Sync>),
    /// A pruner stopped the trial.
    Pruned(String),
    /// The trial has come to the end of its budget, with this value.
    Paused(f64),
    /// The run was interrupted: the trial goes back to the queue.
    Interrupted,
    /// The trial took longer than it may.
    TimedOut(Duration),
    /// The run cannot go on.
    Fatal(Box<Error>),
}

impl TrialError {
    /// The failure of an objective, from text or from an error that is not `std`'s (`anyhow`'s, say).
    pub fn failed(reason: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Cause::Failed(reason.into()))
    }

    /// A failure after which no other trial can succeed: the run ends with it.
    pub(crate) fn fatal(error: Error) -> Self {
        Self(Cause::Fatal(Box::new(error)))
    }

    /// The objective's own decision to stop early: the trial counts as pruned, not as failed.
    pub fn pruned(reason: impl Into<String>) -> Self {
        Self(Cause::Pruned(reason.into()))
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for TrialError {
    fn from(error: E) -> Self {
        Self(Cause::Failed(Box::new(error)))
    }
}

impl fmt::Display for TrialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Cause::Failed(error) => {
                write!(f, "{error}")?;
                let mut source = error.source();
                while let Some(cause) = source {
                    write!(f, ": {cause}")?;
                    source = cause.source();
                }
                Ok(())
            }
            Cause::Pruned(reason) => write!(f, "pruned: {reason}"),
            Cause::Paused(value) => write!(f, "paused at the end of its budget, at {value}"),
            Cause::Interrupted => f.write_str("interrupted"),
            Cause::TimedOut(limit) => write!(f, "it took longer than its limit of {limit:?}"),
            Cause::Fatal(error) => write!(f, "{error}"),
        }
    }
}

/// The values of a trial, one an objective.
#[diagnostic::on_unimplemented(
    message = "an objective gives back numbers, not `{Self}`",
    note = "return f64, or [f64; N] or Vec<f64> for several objectives, or a Result of these with TrialError",
    note = "errors that are no std::error::Error, such as anyhow's, become one by `.map_err(TrialError::failed)?`"
)]
pub trait Values {
    /// The values.
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

/// What an objective may give back: [`Values`], or a `Result` of them.
#[diagnostic::on_unimplemented(
    message = "an objective gives back numbers, not `{Self}`",
    note = "return f64, or [f64; N] or Vec<f64> for several objectives, or a Result of these with TrialError",
    note = "errors that are no std::error::Error, such as anyhow's, become one by `.map_err(TrialError::failed)?`"
)]
pub trait Evaluation {
    /// The values, or why there are none.
    ///
    /// # Errors
    /// As the objective says.
    fn evaluation(self) -> Result<Vec<f64>, TrialError>;
}

impl<V: Values> Evaluation for V {
    fn evaluation(self) -> Result<Vec<f64>, TrialError> {
        Ok(self.values())
    }
}

impl<V: Values> Evaluation for Result<V, TrialError> {
    fn evaluation(self) -> Result<Vec<f64>, TrialError> {
        self.map(Values::values)
    }
}
