//! Grid search: every combination, in order.
//!
//! It is the textbook's exhaustive search, over a tree: a parameter takes part only in the branches
//! in which it is active, so that no combination is tried twice in another form. Parameters with
//! levels (integers, grids, choices) take all of them; continuous ones are cut. The last parameter
//! changes fastest.
//!
//! | setting | default | range | source |
//! | --- | --- | --- | --- |
//! | `points` | 10 | 1 to 100,000 | Keras Tuner's grid search cuts a continuum into 10 |
//! | `levels` | all | 1 to 100,000 | our own: 16 to 512 units are 497 values, too many for most budgets |
//!
//! Deviations: a continuous parameter is cut evenly on its own scale (in ratios with `log`),
//! including the end points; priors are ignored. The result is the first grid point that was not
//! tried, by any sampler. So a search resumes where it ended, workers share a grid, and trials
//! that were queued by hand are not repeated.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Ask, Proposal, SampleError, Sampler, SamplerConfig};
use crate::numeric::count::{self, CountError};
use crate::space::{Cardinality, Cut, Mesh, Params, Slots};
use crate::trial::History;

/// The largest number of values of a parameter, all of which are stored.
const MOST_CUTS: u64 = 100_000;

/// Tries every combination of values, in order, until all have been tried.
///
/// ```
/// use hpo_core::sampler::Grid;
/// use hpo_core::space::{Cardinality, Slots, Space};
///
/// let space = Space::from_json(
///     r#"{"all": {
///         "lr": {"float": {"low": 1e-4, "high": 1e-1, "log": true}},
///         "layers": {"int": {"low": 1, "high": 3}}
///     }}"#,
/// )?;
/// // What it would cost, before the search starts: 4 learning rates times 3 depths.
/// assert_eq!(Grid::new(4).size(&Slots::new(&space)?), Cardinality::Finite(12));
/// # Ok::<(), hpo_core::space::SpaceError>(())
/// ```
#[derive(Debug)]
pub struct Grid {
    cut: Cut,
    cache: Mutex<Option<Cache>>,
}

/// The progress through the grid. It is valid for one collection of tried configs, which only
/// grows.
#[derive(Debug)]
struct Cache {
    mesh: Mesh,
    tried_id: u64,
    tried_count: usize,
    /// The first grid point that may be untried: all before it were tried.
    first: u128,
    /// The attempt and the index of the last answer, from which a later attempt continues. It is
    /// valid as long as nothing more is tried.
    last: Option<(u32, u128)>,
}

impl Grid {
    /// Creates a grid with this number of points on every continuous parameter: from 1, the middle,
    /// to 100,000. 0 counts as 1. With more than 100,000 points the grid refuses every space.
    #[must_use]
    pub fn new(points: u32) -> Self {
        Self::cut(Cut { points: points.max(1), levels: None })
    }

    /// Limits every range of integers or steps to at most this number of values, from 1 to 100,000:
    /// evenly on its own scale, including the ends. Default: all values. Choices are never left
    /// out.
    ///
    /// ```
    /// use hpo_core::sampler::Grid;
    /// use hpo_core::space::{Cardinality, Slots, Space};
    ///
    /// let space = Space::from_json(r#"{"int": {"low": 16, "high": 512}}"#)?;
    /// assert_eq!(Grid::new(5).levels(5).size(&Slots::new(&space)?), Cardinality::Finite(5));
    /// # Ok::<(), hpo_core::space::SpaceError>(())
    /// ```
    #[must_use]
    pub fn levels(self, most: u32) -> Self {
        Self::cut(Cut { levels: Some(most.max(1)), ..self.cut })
    }

    /// Returns the same grid with this number of points on every continuous parameter.
    pub(crate) fn with_points(self, points: u32) -> Self {
        Self::cut(Cut { points: points.max(1), ..self.cut })
    }

    /// Checks the numbers of points and levels: few enough to be stored, and at least 1.
    pub(super) fn check(&self) -> Result<(), CountError> {
        count::within("points", self.cut.points, 1..=MOST_CUTS)?;
        count::within("levels", self.cut.levels.unwrap_or(1), 1..=MOST_CUTS)
    }

    fn cut(cut: Cut) -> Self {
        Self { cut, cache: Mutex::new(None) }
    }

    /// Returns the number of points on every continuous parameter.
    #[must_use]
    pub fn points(&self) -> u32 {
        self.cut.points
    }

    /// Returns the number of configs of this grid on a space: the cost of a full search.
    #[must_use]
    pub fn size(&self, slots: &Arc<Slots>) -> Cardinality {
        let levels = self.cut.levels.map(|levels| levels.min(MOST_CUTS as u32));
        Cardinality::Finite(Mesh::new(slots, Cut { levels, ..self.cut }).count())
    }
}

impl Default for Grid {
    fn default() -> Self {
        Self::new(10)
    }
}

impl Clone for Grid {
    fn clone(&self) -> Self {
        Self::cut(self.cut)
    }
}

impl Sampler for Grid {
    fn sample(&self, history: History<'_>, ask: Ask) -> Result<Proposal, SampleError> {
        self.check().map_err(|error| SampleError::Unsuitable { sampler: "grid", reason: error.to_string() })?;
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let cache = match &mut *cache {
            Some(cache) if Arc::ptr_eq(cache.mesh.slots(), history.slots()) => cache,
            other => other.insert(Cache::new(Mesh::new(history.slots(), self.cut))),
        };
        cache.look_at(history);
        Ok(cache.untried(history, ask.attempt).map_or(Proposal::Exhausted, Proposal::Config))
    }

    fn name(&self) -> &'static str {
        "grid"
    }

    fn config(&self) -> Option<SamplerConfig> {
        Some(SamplerConfig::Grid { points: self.cut.points, levels: self.cut.levels.and_then(NonZeroU32::new) })
    }

    fn goes_in_order(&self) -> bool {
        true
    }
}

impl Cache {
    fn new(mesh: Mesh) -> Self {
        Self { mesh, tried_id: u64::MAX, tried_count: 0, first: 0, last: None }
    }

    /// Drops progress that is not valid for this history.
    fn look_at(&mut self, history: History<'_>) {
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
            let config = self.mesh.nth(index);
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
