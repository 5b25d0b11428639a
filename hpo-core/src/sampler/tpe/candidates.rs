//! Candidates: configs drawn from the density of the good trials, each by one walk through the
//! tree.
//!
//! A candidate follows one trial, or the prior. If the walk enters a branch that this trial does
//! not have, it continues with another trial that has it, so that good combinations stay together
//! there too.

use std::sync::Arc;

use super::column::{Encoded, ParamColumn};
use super::estimator::Estimator;
use crate::rng::Rng;
use crate::space::{Condition, FlatSpace, Params, Parent, Value};
use crate::trial::History;

/// The candidates, one after another: positions and values by parameter.
#[derive(Debug)]
pub(super) struct Candidates<'a> {
    flat: &'a Arc<FlatSpace>,
    columns: &'a [ParamColumn],
    history: History<'a>,
    encoded: Vec<Encoded>,
    /// `None` if the position determines the value, and for inactive parameters.
    values: Vec<Option<Value>>,
}

impl<'a> Candidates<'a> {
    /// Draws `count` candidates from the density of the good trials.
    pub(super) fn draw(
        flat: &'a Arc<FlatSpace>,
        columns: &'a [ParamColumn],
        history: History<'a>,
        below: &Estimator,
        count: u32,
        rng: &mut Rng,
    ) -> Self {
        let size = count as usize * flat.len();
        let mut drawn = Self {
            flat,
            columns,
            history,
            encoded: Vec::with_capacity(size),
            values: Vec::with_capacity(size),
        };
        for _ in 0..count {
            drawn.add(below, rng);
        }
        drawn
    }

    fn add(&mut self, below: &Estimator, rng: &mut Rng) {
        let start = self.encoded.len();
        let row = below.row(rng.unit(), |_| true);
        let mut other = 0;
        for (index, parameter) in self.flat.iter().enumerate() {
            let (encoded, value) = if !self.is_active(start, parameter.parent()) {
                (Encoded::NONE, None)
            } else if let Some(value) = self.history.fixed_value(index as u32) {
                (self.columns[index].encoded_value(parameter, value), Some(value))
            } else {
                let kernels = below.kernels(index);
                let follows = |row: usize| row == 0 || kernels.has(row);
                if !follows(row) && (other == 0 || !follows(other)) {
                    other = below.row(rng.unit(), follows);
                }
                let followed = if follows(row) { row } else { other };
                self.columns[index].snapped(
                    parameter,
                    kernels.draw(followed, below.settings(), &mut || rng.unit()),
                )
            };
            self.encoded.push(encoded);
            self.values.push(value);
        }
    }

    /// Returns true if the candidate that begins at `start` has the parameters below `parent`.
    fn is_active(&self, start: usize, parent: Option<Parent>) -> bool {
        let Some(Parent { parameter, condition }) = parent else {
            return true;
        };
        let Some(value) = self.values[start + parameter as usize] else {
            return false;
        };
        match condition {
            Condition::LengthAbove(element) => {
                value.as_int().is_some_and(|len| len > i128::from(element))
            }
            condition => value.as_choice().is_some_and(|choice| condition.holds(choice)),
        }
    }

    /// Draws `count` more candidates, from another density.
    pub(super) fn draw_more(&mut self, good: &Estimator, count: u32, rng: &mut Rng) {
        for _ in 0..count {
            self.add(good, rng);
        }
    }

    /// Returns the number of candidates.
    pub(super) fn len(&self) -> usize {
        self.encoded.len() / self.flat.len().max(1)
    }

    /// Returns the position of a candidate, by parameter.
    pub(super) fn point(&self, index: usize) -> &[Encoded] {
        &self.encoded[index * self.flat.len()..][..self.flat.len()]
    }

    /// Returns the allowed candidate that maximizes l(x) / g(x) (Bergstra et al. 2011), computed by
    /// logarithms. Returns the first candidate if none is allowed.
    pub(super) fn best_candidate(
        &self,
        below: &Estimator,
        above: &Estimator,
        is_allowed: &dyn Fn(usize) -> bool,
    ) -> usize {
        let density = |index| below.log_density(self.point(index), f64::INFINITY).unwrap_or(0.0);
        let densities =
            (0..self.len()).filter(|index| is_allowed(*index)).map(|index| (density(index), index));
        let mut densities: Vec<(f64, usize)> = densities.collect();
        densities.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut best = (f64::NEG_INFINITY, 0);
        for (density, index) in densities {
            if let Some(above) = above.log_density(self.point(index), density - best.0)
                && density - above > best.0
            {
                best = (density - above, index);
            }
        }
        best.1
    }

    /// Returns the config of a candidate.
    pub(super) fn params(&self, index: usize) -> Params {
        let start = index * self.flat.len();
        self.flat.fill(|id, parameter| {
            let at = start + id as usize;
            self.values[at].unwrap_or_else(|| parameter.decode(self.encoded[at].position))
        })
    }
}
