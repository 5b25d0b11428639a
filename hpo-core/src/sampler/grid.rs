//! Grid search: every combination, in order.
//!
//! The textbook's exhaustive search, over a tree: a parameter takes part only in the branches in which it is active, so
//! that no combination is tried twice under another name. Parameters with levels (integers, grids, choices) take all of
//! them; continua are cut. The last parameter changes fastest.
//!
//! | parameter | default | range | source |
//! | --- | --- | --- | --- |
//! | `points` | 10 | 1 to 100,000 | Keras Tuner's grid search cuts a continuum into 10 |
//! | `levels` | all | 1 to 100,000 | of our own: 16 to 512 units are 497 values, and few budgets have room for them |
//!
//! Deviations: a continuum is cut evenly on its own scale (in ratios with `log`), end points included; priors are not
//! followed. The answer is the first grid point that was not tried, by whomever: so a search goes on where it was left,
//! workers share a grid, and trials that were queued by hand are not repeated.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Ask, Proposal, SampleError, Sampler, SamplerConfig};
use crate::numeric::count::{self, CountError};
use crate::space::{Cardinality, Cut, Mesh, Params, Slots};
use crate::trial::History;

/// The most values of a parameter: all levels are kept.
const MOST_CUTS: u64 = 100_000;

/// Every combination of values, in order, until all were tried.
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

/// How far the grid has been gone through. It holds for one collection of tried configs, which only grows.
#[derive(Debug)]
struct Cache {
    mesh: Mesh,
    tried_id: u64,
    tried_count: usize,
    /// All grid points below were tried.
    first: u128,
    /// The last answer, for an attempt that goes on from it: valid while nothing more is tried.
    last: Option<(u32, u128)>,
}

impl Grid {
    /// A grid with so many points on every continuous parameter: from 1, its middle, to 100,000; 0 is taken as 1. With more it
    /// refuses every space.
    #[must_use]
    pub fn new(points: u32) -> Self {
        Self::cut(Cut { points: points.max(1), levels: None })
    }

    /// The same with at most so many values, from 1 to 100,000, of every range of integers or steps: evenly on its own scale, ends included.
    /// Default: all of them. Choices are always all there.
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

    /// The same with so many points on every continuous parameter.
    pub(crate) fn with_points(self, points: u32) -> Self {
        Self::cut(Cut { points: points.max(1), ..self.cut })
    }

    /// Whether the cuts are fine enough to be told apart, and few enough to be kept.
    pub(super) fn check(&self) -> Result<(), CountError> {
        count::within("points", self.cut.points, 1..=MOST_CUTS)?;
        count::within("levels", self.cut.levels.unwrap_or(1), 1..=MOST_CUTS)
    }

    fn cut(cut: Cut) -> Self {
        Self { cut, cache: Mutex::new(None) }
    }

    /// The points on every continuous parameter.
    #[must_use]
    pub fn points(&self) -> u32 {
        self.cut.points
    }

    /// How many configs this grid has on a space: what a full search costs.
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

    /// Forgets what does not hold for this history.
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

    /// The grid point with `attempt` untried ones before it.
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
