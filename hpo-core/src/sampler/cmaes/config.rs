//! The settings of the sampler, checked when it is built.

use super::Cmaes;
use crate::setting::{MOST_TRIALS, Owner, SettingError, is_its_settings};

/// The kind of restart after a run has converged or stagnates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restarts {
    /// Restart from a random point, with a population of the same size.
    Same,
    /// Restart with twice the population each time: IPOP, [Auger and Hansen
    /// 2005](https://doi.org/10.1109/CEC.2005.1554902).
    Growing,
    /// Growing and small populations in turn, each kind with half of the trials: BIPOP, [Hansen
    /// 2009](https://hal.inria.fr/inria-00382093).
    #[default]
    Both,
}

const OWNER: Owner = Owner::Sampler("cmaes");

/// Settings of a [`Cmaes`], not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use = "nothing happens before `build`"]
pub struct CmaesBuilder {
    pub(super) startup: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) population: Option<u32>,
    pub(super) width: f64,
    pub(super) restarts: Restarts,
}

impl Default for CmaesBuilder {
    fn default() -> Self {
        Self { startup: 0, population: None, width: 1.0 / 6.0, restarts: Restarts::default() }
    }
}

impl CmaesBuilder {
    /// Sets the number of trials, of any sampler, that must have ended before the search begins; it
    /// begins at the best tenth of them. Default 0: it begins in the middle. Until then the trials
    /// visit every branch and fill the space.
    pub fn startup(self, trials: u32) -> Self {
        Self { startup: trials, ..self }
    }

    /// Sets the number of trials in a generation, from 4 to 100,000. Default: `4 + floor(3 ln d)`
    /// for `d` parameters that are active on average.
    pub fn population(self, trials: u32) -> Self {
        Self { population: Some(trials), ..self }
    }

    /// Sets the initial standard deviation as a share of each parameter's range. Above 0 and up to
    /// 1, default 1/6.
    pub fn width(self, share: f64) -> Self {
        Self { width: share, ..self }
    }

    /// Sets the kind of restart after a run has converged. Default: [`Restarts::Both`].
    pub fn restarts(self, restarts: Restarts) -> Self {
        Self { restarts, ..self }
    }

    /// Checks the settings and returns the sampler.
    ///
    /// # Errors
    /// Returns the first setting that is out of its range.
    pub fn build(self) -> Result<Cmaes, SettingError> {
        OWNER.count("startup", self.startup, 0..=MOST_TRIALS)?;
        if let Some(population) = self.population {
            let is_valid = (4..=100_000).contains(&population);
            let remedy = "write 4 to 100000, or none to have it follow the number of parameters";
            OWNER.require("population", is_valid, population, remedy)?;
        }
        let is_share = self.width > 0.0 && self.width <= 1.0;
        let remedy = "write a share of each range, above 0 and at most 1; 0.167 is usual";
        OWNER.require("width", is_share, self.width, remedy)?;
        Ok(Cmaes::with(self))
    }
}

is_its_settings!(Cmaes, CmaesBuilder);
