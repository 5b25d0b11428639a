//! The settings of the sampler, checked when it is built.

use super::{Acquisition, Gp, Outputs};
use crate::setting::{MOST_TRIALS, Owner, SettingError, is_its_settings};

/// The number of trials before the model is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Startup {
    /// Twice the mean number of active parameters, from 4 to 10; or three per branch, up to 12, if
    /// that is more.
    #[default]
    Few,
    /// This number of trials per parameter of the space, active or not, and at least this number.
    /// Keras Tuner takes 3.
    PerParameter(u32),
    /// Exactly this number of trials.
    Trials(u32),
}

const OWNER: Owner = Owner::Sampler("gp");

/// Settings of a [`Gp`], not yet checked.
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

impl GpBuilder {
    /// Sets the number of trials before the model is used. Default: [`Startup::Few`].
    pub fn startup(self, startup: Startup) -> Self {
        Self { startup, ..self }
    }

    /// Sets the variance of the noise on standardized values, from 1e-10 to 10. By default it is
    /// fitted.
    pub fn noise(self, variance: f64) -> Self {
        Self { noise: Some(variance), ..self }
    }

    /// Sets the acquisition function. Default: [`Acquisition::Portfolio`].
    pub fn acquisition(self, acquisition: Acquisition) -> Self {
        Self { acquisition, ..self }
    }

    /// Sets the transform of the values before they are modeled. Default: [`Outputs::Alternating`].
    pub fn outputs(self, outputs: Outputs) -> Self {
        Self { outputs, ..self }
    }

    /// Checks the settings and returns the sampler.
    ///
    /// # Errors
    /// Returns the first setting that is out of its range.
    pub fn build(self) -> Result<Gp, SettingError> {
        if let Startup::Trials(count) | Startup::PerParameter(count) = self.startup {
            OWNER.count("startup", count, 0..=MOST_TRIALS)?;
        }
        if let Some(noise) = self.noise {
            let remedy = "write a variance of standardised values from 1e-10 to 10, or none \
                to have it fitted";
            OWNER.require("noise", (1e-10..=10.0).contains(&noise), noise, remedy)?;
        }
        if let Acquisition::LowerBound { beta } = self.acquisition {
            let is_valid = (0.0..f64::INFINITY).contains(&beta);
            OWNER.require("beta", is_valid, beta, "write a finite number of at least 0")?;
        }
        Ok(Gp::with(self))
    }
}

is_its_settings!(Gp, GpBuilder);
