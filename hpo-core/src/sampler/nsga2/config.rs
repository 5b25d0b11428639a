//! The settings of the sampler, checked when it is built.

use super::Nsga2;
use crate::setting::{MOST_TRIALS, Owner, SettingError, is_its_settings};

const OWNER: Owner = Owner::Sampler("nsga2");

/// Settings of an [`Nsga2`], not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use = "nothing happens before `build`"]
pub struct Nsga2Builder {
    pub(super) population: u32,
    pub(super) startup: u32,
    pub(super) generation: Option<u32>,
    pub(super) crossover: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mutation: Option<f64>,
    pub(super) blend: bool,
}

impl Default for Nsga2Builder {
    fn default() -> Self {
        Self {
            population: 30,
            startup: 20,
            generation: Some(1),
            crossover: 0.9,
            mutation: None,
            blend: true,
        }
    }
}

impl Nsga2Builder {
    /// Sets the number of trials that are kept as parents, from 2 to 10,000. Default: 30.
    pub fn population(self, trials: u32) -> Self {
        Self { population: trials, ..self }
    }

    /// Sets the number of trials that must have completed before the first child, at least 1.
    /// Default: 20. With fewer, children come earlier but have fewer parents.
    pub fn startup(self, trials: u32) -> Self {
        Self { startup: trials, ..self }
    }

    /// Sets the number of trials that must have ended before the parents are selected again, at
    /// least 1. Default: 1. `None` takes the population, as in the paper.
    pub fn generation(self, trials: Option<u32>) -> Self {
        Self { generation: trials, ..self }
    }

    /// Sets the probability that a child has two parents, from 0 to 1. Default: 0.9.
    pub fn crossover(self, probability: f64) -> Self {
        Self { crossover: probability, ..self }
    }

    /// Sets the probability that a parameter mutates, from 0 to 1. By default, one of the active
    /// parameters does on average.
    pub fn mutation(self, probability: f64) -> Self {
        Self { mutation: Some(probability), ..self }
    }

    /// Sets whether numbers of two parents are blended and mutate to near values (default), or are
    /// swapped and drawn again, as in Optuna.
    pub fn blend(self, blend: bool) -> Self {
        Self { blend, ..self }
    }

    /// Checks the settings and returns the sampler.
    ///
    /// # Errors
    /// Returns the first setting that is out of its range.
    pub fn build(self) -> Result<Nsga2, SettingError> {
        OWNER.count("startup", self.startup, 0..=MOST_TRIALS)?;
        OWNER.count("generation", self.generation.unwrap_or(1), 1..=MOST_TRIALS)?;
        OWNER.count("population", self.population, 2..=10_000)?;
        for (setting, value) in
            [("crossover", self.crossover), ("mutation", self.mutation.unwrap_or(0.0))]
        {
            let is_probability = (0.0..=1.0).contains(&value);
            OWNER.require(setting, is_probability, value, "write a probability from 0 to 1")?;
        }
        Ok(Nsga2::with(self))
    }
}

is_its_settings!(Nsga2, Nsga2Builder);
