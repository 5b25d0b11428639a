//! The settings of the sampler, checked once.

use super::{Acquisition, Gp, Outputs};
use crate::numeric::count::{self, CountError, MOST_TRIALS};

/// How many trials precede the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Startup {
    /// Twice the parameters that are active on average, but from 4 to 10; and three for each branch, but 12 at most.
    #[default]
    Few,
    /// So many for each parameter of the space, active or not, and as many at least. Keras Tuner takes 3.
    PerParameter(u32),
    /// So many.
    Trials(u32),
}

/// Settings of a [`Gp`] that are yet to be checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use = "nothing happens before `build`"]
pub struct GpBuilder {
    pub(super) startup: Startup,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) noise: Option<f64>,
    pub(super) acquisition: Acquisition,
    pub(super) outputs: Outputs,
}

/// A setting out of its range.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GpError {
    /// A count beyond its bounds.
    #[error(transparent)]
    Count(#[from] CountError),
    /// The noise is no variance.
    #[error(
        "a noise of {noise} is no variance of standardised values: give one from 1e-10 to 10, or none to have it fitted"
    )]
    Noise {
        /// What was given.
        noise: f64,
    },
    /// The lower bound is none.
    #[error("a beta of {beta} makes no lower bound: give a finite number from 0")]
    Beta {
        /// What was given.
        beta: f64,
    },
}

impl GpBuilder {
    /// How many trials precede the model: default [`Startup::Few`].
    pub fn startup(self, startup: Startup) -> Self {
        Self { startup, ..self }
    }

    /// The variance of the noise on standardised values, from 1e-10 to 10; by default it is fitted.
    pub fn noise(self, variance: f64) -> Self {
        Self { noise: Some(variance), ..self }
    }

    /// What makes a config worth a trial: default [`Acquisition::Portfolio`].
    pub fn acquisition(self, acquisition: Acquisition) -> Self {
        Self { acquisition, ..self }
    }

    /// What becomes of the values before the model sees them: default [`Outputs::Alternating`].
    pub fn outputs(self, outputs: Outputs) -> Self {
        Self { outputs, ..self }
    }

    /// The sampler.
    ///
    /// # Errors
    /// The first setting out of its range.
    pub fn build(self) -> Result<Gp, GpError> {
        if let Startup::Trials(count) | Startup::PerParameter(count) = self.startup {
            count::within("startup", count, 0..=MOST_TRIALS)?;
        }
        if let Some(noise) = self.noise
            && !(1e-10..=10.0).contains(&noise)
        {
            return Err(GpError::Noise { noise });
        }
        if let Acquisition::LowerBound { beta } = self.acquisition
            && !(0.0..f64::INFINITY).contains(&beta)
        {
            return Err(GpError::Beta { beta });
        }
        Ok(Gp::with(self))
    }
}

impl TryFrom<GpBuilder> for Gp {
    type Error = GpError;

    fn try_from(settings: GpBuilder) -> Result<Self, GpError> {
        settings.build()
    }
}

impl From<Gp> for GpBuilder {
    fn from(gp: Gp) -> Self {
        gp.settings
    }
}
