//! Grid search: every combination, in order.
//!
//! It is the textbook's exhaustive search, over a tree: a parameter takes part only in the branches
//! in which it is active, so that no combination is tried twice in another form. Parameters with
//! levels (integers, grids, choices) take all of them; continuous ones are cut. The last parameter
//! changes fastest.
//!
//! Deviations: a continuum is cut evenly on its own scale (in ratios with `log`), end points
//! included; priors are not followed. The answer is the first grid point that was not tried, by
//! whomever: so a search goes on where it was left, workers share a grid, and trials that were
//! queued by hand are not repeated.

use std::sync::Arc;

use super::{AskContext, Proposal, SampleError, Sampler, SamplerConfig};
use crate::setting::{Owner, SettingError, is_its_settings};
use crate::space::{Cardinality, FlatSpace, GridPoints, GridResolution, Params};
use crate::trial::{History, HistoryCache, SpaceKey};

/// The largest number of values of a parameter, all of which are stored.
const MOST_CUTS: u64 = 100_000;

/// Tries every combination of values, in order, until all have been tried.
///
/// | setting | default | range | source |
/// | --- | --- | --- | --- |
/// | `points` | 10 | 1 to 100,000 | Keras Tuner's grid search cuts a continuum into 10 |
/// | `levels` | all | 1 to 100,000 | of our own |
///
/// `levels` exists because 16 to 512 units are 497 values, and few budgets have room for them.
///
/// ```
/// use hpo_core::sampler::Grid;
/// use hpo_core::space::{Cardinality, FlatSpace, Space};
///
/// let space = Space::from_json(
///     r#"{"all": {
///         "lr": {"float": {"low": 1e-4, "high": 1e-1, "log": true}},
///         "layers": {"int": {"low": 1, "high": 3}}
///     }}"#,
/// )?;
/// // The cost is known before the search starts: 4 learning rates times 3 depths.
/// let grid = Grid::builder().points(4).build()?;
/// assert_eq!(grid.size(&FlatSpace::new(&space)?), Cardinality::Finite(12));
/// # Ok::<(), hpo_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "GridBuilder", into = "GridBuilder")]
pub struct Grid {
    settings: GridBuilder,
    progress: HistoryCache<SpaceKey, GridProgress>,
}

/// Settings of a [`Grid`], not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use = "nothing happens before `build`"]
pub struct GridBuilder {
    points: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    levels: Option<u32>,
}

impl Default for GridBuilder {
    fn default() -> Self {
        Self { points: 10, levels: None }
    }
}

impl GridBuilder {
    /// Sets the number of points on every continuous parameter, from 1, its middle, to 100,000.
    /// Default 10.
    pub fn points(self, points: u32) -> Self {
        Self { points, ..self }
    }

    /// Sets the largest number of values of a range of integers or steps, from 1 to 100,000:
    /// evenly on its own scale, ends included. Default: all of them. Choices are always all there.
    ///
    /// ```
    /// use hpo_core::sampler::Grid;
    /// use hpo_core::space::{Cardinality, FlatSpace, Space};
    ///
    /// let space = Space::from_json(r#"{"int": {"low": 16, "high": 512}}"#)?;
    /// let grid = Grid::builder().levels(5).build()?;
    /// assert_eq!(grid.size(&FlatSpace::new(&space)?), Cardinality::Finite(5));
    /// # Ok::<(), hpo_core::Error>(())
    /// ```
    pub fn levels(self, most: u32) -> Self {
        Self { levels: Some(most), ..self }
    }

    /// Checks the settings and returns the sampler.
    ///
    /// # Errors
    /// Returns the first setting that is out of its range.
    pub fn build(self) -> Result<Grid, SettingError> {
        Owner::Sampler("grid").count("points", self.points, 1..=MOST_CUTS)?;
        Owner::Sampler("grid").count("levels", self.levels.unwrap_or(1), 1..=MOST_CUTS)?;
        Ok(Grid::with(self))
    }
}

is_its_settings!(Grid, GridBuilder, default);

/// The grid points that were tried. It holds for one collection of tried configs, which only
/// grows.
#[derive(Debug)]
struct GridProgress {
    grid_points: GridPoints,
    tried_id: u64,
    tried_count: usize,
    /// The first grid point that may be untried: all before it were tried.
    first: u128,
    /// The attempt and the index of the last answer, from which a later attempt continues. It is
    /// valid as long as nothing more is tried.
    last: Option<(u32, u128)>,
}

impl Grid {
    /// Returns a builder with every setting at its default.
    pub fn builder() -> GridBuilder {
        GridBuilder::default()
    }

    fn with(settings: GridBuilder) -> Self {
        Self { settings, progress: HistoryCache::default() }
    }

    /// Returns the number of points on every continuous parameter.
    #[must_use]
    pub fn points(&self) -> u32 {
        self.settings.points
    }

    /// Returns the number of configs that this grid has on a space: the cost of a full search.
    #[must_use]
    pub fn size(&self, flat: &Arc<FlatSpace>) -> Cardinality {
        Cardinality::Finite(GridPoints::new(flat, self.resolution()).count())
    }

    fn resolution(&self) -> GridResolution {
        GridResolution { points: self.settings.points, levels: self.settings.levels }
    }
}

impl Sampler for Grid {
    fn sample(&self, history: History<'_>, ask: AskContext) -> Result<Proposal, SampleError> {
        let new = || GridProgress::new(GridPoints::new(history.flat_space(), self.resolution()));
        let untried = self.progress.with(history.space_key(), new, |progress| {
            progress.sync(history);
            progress.untried(history, ask.attempt)
        });
        Ok(untried.map_or(Proposal::Exhausted, Proposal::Config))
    }

    fn name(&self) -> &'static str {
        "grid"
    }

    fn config(&self) -> Option<SamplerConfig> {
        Some(SamplerConfig::Grid(self.clone()))
    }

    fn is_exhaustive(&self) -> bool {
        true
    }
}

impl GridProgress {
    fn new(grid_points: GridPoints) -> Self {
        Self { grid_points, tried_id: u64::MAX, tried_count: 0, first: 0, last: None }
    }

    /// Drops progress that is not valid for this history.
    fn sync(&mut self, history: History<'_>) {
        let (id, count) = (history.tried_id(), history.tried_count());
        if self.tried_id != id {
            self.first = 0;
        }
        if (self.tried_id, self.tried_count) != (id, count) {
            self.last = None;
        }
        (self.tried_id, self.tried_count) = (id, count);
    }

    /// Returns the grid point with `attempt` untried ones before it; `None` if there are no more.
    fn untried(&mut self, history: History<'_>, attempt: u32) -> Option<Params> {
        let (mut index, mut ahead) = match self.last {
            Some((before, index)) if before <= attempt => (index, attempt - before),
            _ => (self.first, attempt),
        };
        loop {
            let config = self.grid_points.nth(index);
            if config.as_ref().is_none_or(|config| !history.tried(config)) {
                if attempt == 0 {
                    self.first = index;
                }
                if ahead == 0 || config.is_none() {
                    self.last = Some((attempt - ahead, index));
                    return config;
                }
                ahead -= 1;
            }
            index += 1;
        }
    }
}
