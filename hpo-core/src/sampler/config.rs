//! Samplers by name, for JSON and command lines.

use std::str::FromStr;

use super::{Auto, Cmaes, Gp, Grid, Nsga2, Qmc, Random, Sampler, Tpe};
use crate::setting::{self, ConfigError};

/// A sampler and its settings as text: `{"random": {}}`, `{"grid": {"points": 10}}`, `{"qmc": {}}`.
/// Settings that are left out have their defaults. When a text is parsed, the bare name is
/// sufficient.
///
/// ```
/// use hpo_core::sampler::{Grid, SamplerConfig};
///
/// let grid: SamplerConfig = "grid".parse()?;
/// assert_eq!(grid, SamplerConfig::Grid(Grid::default()));
/// assert_eq!(grid, r#"{"grid": {}}"#.parse()?);
/// assert_eq!(grid.build().name(), "grid");
/// # Ok::<(), hpo_core::error::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
#[allow(clippy::large_enum_variant, reason = "one a study")]
pub enum SamplerConfig {
    /// The [`Auto`] sampler, with its setting `modelled`.
    Auto(Auto),
    /// The [`Random`] sampler, which has no settings.
    Random {},
    /// [`Grid`]: `points` and `levels`.
    Grid(Grid),
    /// [`Qmc`].
    Qmc {},
    /// The [`Gp`] sampler: `startup` (`"few"`, `{"per_parameter": 3}`, `{"trials": 10}`), `noise`,
    /// `acquisition` (`"portfolio"`, `"log_expected_improvement"`,
    /// `{"lower_bound": {"beta": 2.6}}`) and `outputs` (`"alternating"`, `"warped"`, `"plain"`).
    Gp(Gp),
    /// The [`Tpe`] sampler, with its settings by their names.
    Tpe(Tpe),
    /// The [`Cmaes`] sampler: `startup`, `population`, `width` and `restarts` (`"both"`,
    /// `"growing"`, `"same"`).
    Cmaes(Cmaes),
    /// The [`Nsga2`] sampler: `population`, `startup`, `generation` (a number, or `null`),
    /// `crossover`, `mutation` and `blend`.
    Nsga2(Nsga2),
}

impl SamplerConfig {
    /// Builds the sampler that this text describes.
    #[must_use]
    pub fn build(&self) -> Box<dyn Sampler> {
        match self {
            Self::Auto(auto) => Box::new(auto.clone()),
            Self::Random {} => Box::new(Random),
            Self::Grid(grid) => Box::new(grid.clone()),
            Self::Qmc {} => Box::new(Qmc),
            Self::Gp(gp) => Box::new(gp.clone()),
            Self::Tpe(tpe) => Box::new(tpe.clone()),
            Self::Cmaes(cmaes) => Box::new(cmaes.clone()),
            Self::Nsga2(nsga2) => Box::new(nsga2.clone()),
        }
    }
}

impl Default for SamplerConfig {
    fn default() -> Self {
        Self::Auto(Auto::default())
    }
}

impl FromStr for SamplerConfig {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        setting::parse("sampler", text)
    }
}
