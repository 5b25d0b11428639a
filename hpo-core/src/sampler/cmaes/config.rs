//! The settings of the sampler, checked once.

use super::Cmaes;
use crate::numeric::count::{self, CountError, MOST_TRIALS};

/// What follows when a search has converged, or does not get on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restarts {
    /// Another one from a random place, with a population of the same size.
    Same,
    /// One with twice the population each time: IPOP, [Auger and Hansen 2005](https://doi.org/10.1109/CEC.2005.1554902).
    Growing,
    /// Growing and small populations in turn, each kind getting half of the trials: BIPOP,
    /// [Hansen 2009](https://hal.inria.fr/inria-00382093).
    #[default]
    Both,
}

/// Settings of a [`Cmaes`] that are yet to be checked.
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

/// A setting out of its range.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CmaesError {
    /// A count beyond its bounds.
    #[error(transparent)]
    Count(#[from] CountError),
    /// A population that cannot be sorted into better and worse.
    #[error(
        "a population of {population} is too small or too large: give 4 to 100000, or none to have it follow from the space"
    )]
    Population {
        /// What was given.
        population: u32,
    },
    /// No first step.
    #[error("a width of {width} is no share of the axes: give one above 0, up to 1; 1/6 is usual")]
    Width {
        /// What was given.
        width: f64,
    },
}

impl Default for CmaesBuilder {
    fn default() -> Self {
        Self { startup: 0, population: None, width: 1.0 / 6.0, restarts: Restarts::default() }
    }
}

impl CmaesBuilder {
    /// How many trials must have ended before the search begins, by whatever sampler: from their best tenth it does. Default 0:
    /// it begins in the middle. Until then the trials visit every branch and fill the space.
    pub fn startup(self, trials: u32) -> Self {
        Self { startup: trials, ..self }
    }

    /// Trials in a generation, from 4 on: by default `4 + floor(3 ln d)` for `d` parameters that are active on average.
    pub fn population(self, trials: u32) -> Self {
        Self { population: Some(trials), ..self }
    }

    /// The first standard deviation as a share of each axis, above 0 and up to 1: default 1/6.
    pub fn width(self, share: f64) -> Self {
        Self { width: share, ..self }
    }

    /// What follows when a search has converged: default [`Restarts::Both`].
    pub fn restarts(self, restarts: Restarts) -> Self {
        Self { restarts, ..self }
    }

    /// The sampler.
    ///
    /// # Errors
    /// The first setting out of its range.
    pub fn build(self) -> Result<Cmaes, CmaesError> {
        count::within("startup", self.startup, 0..=MOST_TRIALS)?;
        if let Some(population) = self.population
            && !(4..=100_000).contains(&population)
        {
            return Err(CmaesError::Population { population });
        }
        if !(self.width > 0.0 && self.width <= 1.0) {
            return Err(CmaesError::Width { width: self.width });
        }
        Ok(Cmaes::with(self))
    }
}

impl TryFrom<CmaesBuilder> for Cmaes {
    type Error = CmaesError;

    fn try_from(settings: CmaesBuilder) -> Result<Self, CmaesError> {
        settings.build()
    }
}

impl From<Cmaes> for CmaesBuilder {
    fn from(cmaes: Cmaes) -> Self {
        cmaes.settings
    }
}
