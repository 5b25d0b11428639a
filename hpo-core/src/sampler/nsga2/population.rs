//! The parents as a fold over the finished trials, in the order in which they ended.

use std::sync::Arc;

use super::config::Nsga2Builder;
use crate::numeric::pareto;
use crate::sampler::absurd;
use crate::space::{FlatSpace, Value};
use crate::trial::{Direction, History, State, VisibleTrials};

/// The best trials so far, by front and crowding distance.
#[derive(Clone, Debug)]
pub(super) struct Population {
    flat: Arc<FlatSpace>,
    settings: Nsga2Builder,
    /// The best trials, as of the end of the last generation.
    pub(super) parents: Vec<Parent>,
    /// The members of the generation that is not complete yet.
    recent: Vec<Parent>,
    /// The number of complete trials with a valid config.
    pub(super) usable: usize,
}

/// A complete trial, which may be a parent.
#[derive(Clone, Debug)]
pub(super) struct Parent {
    /// The values by parameter; `None` where a parameter is inactive.
    pub(super) values: Vec<Option<Value>>,
    /// The objective values, with their signs turned so that small is good.
    losses: Vec<f64>,
    violation: f64,
    /// The index of the front; 0 is the nondominated one.
    pub(super) front: usize,
    pub(super) crowding: f64,
}

impl AsRef<[f64]> for Parent {
    fn as_ref(&self) -> &[f64] {
        &self.losses
    }
}

impl Population {
    pub(super) fn new(flat: &Arc<FlatSpace>, settings: Nsga2Builder) -> Self {
        let (parents, recent) = (Vec::new(), Vec::new());
        Self { flat: Arc::clone(flat), settings, parents, recent, usable: 0 }
    }

    pub(super) fn flat_space(&self) -> &Arc<FlatSpace> {
        &self.flat
    }

    /// Reads the next trial that has ended.
    pub(super) fn read(&mut self, history: History<'_>, number: u64) {
        let parent = Parent::of(history.trial(number), &self.flat, history.directions());
        let Some(parent) = parent else {
            return;
        };
        self.usable += 1;
        self.recent.push(parent);
        let needed = if self.parents.is_empty() {
            self.settings.startup.max(1)
        } else {
            self.settings.generation.unwrap_or(self.settings.population)
        };
        if self.recent.len() >= needed as usize {
            self.parents.append(&mut self.recent);
            select(&mut self.parents, self.settings.population as usize);
        }
    }
}

impl Parent {
    /// Creates a parent; `None` for a trial that is not complete, or is not a point of the space.
    fn of(trial: VisibleTrials<'_>, flat: &FlatSpace, directions: &[Direction]) -> Option<Self> {
        if trial.state()? != State::Complete {
            return None;
        }
        let mut values = vec![None; flat.len()];
        for (id, value) in trial.params() {
            if !flat.parameter(id).contains(value) {
                return None;
            }
            values[id as usize] = Some(value);
        }
        let values_and_directions = trial.values().iter().zip(directions);
        let losses =
            values_and_directions.map(|(value, direction)| direction.loss(*value)).collect();
        let violation = trial.violation().max(0.0);
        Some(Self { values, losses, violation, front: 0, crowding: 0.0 })
    }
}

/// Keeps the best trials. Feasible ones come first, by front and then by decreasing crowding
/// distance; then the infeasible ones, by increasing violation.
fn select(parents: &mut Vec<Parent>, size: usize) {
    // A trial that was absurdly good has no offspring, as if it had failed.
    for row in absurd::point_indices(parents).into_iter().rev() {
        parents.remove(row);
    }
    let (mut feasible, mut broken): (Vec<Parent>, Vec<Parent>) =
        parents.drain(..).partition(|parent| parent.violation <= 0.0);
    rank(&mut feasible);
    feasible.sort_by(|a, b| a.front.cmp(&b.front).then(b.crowding.total_cmp(&a.crowding)));
    let last = feasible.last().map_or(0, |parent| parent.front + 1);
    broken.sort_by(|a, b| a.violation.total_cmp(&b.violation));
    for (index, parent) in broken.iter_mut().enumerate() {
        (parent.front, parent.crowding) = (last + index, 0.0);
    }
    parents.append(&mut feasible);
    parents.append(&mut broken);
    parents.truncate(size);
}

fn rank(parents: &mut [Parent]) {
    let fronts = pareto::fronts(parents);
    for front in 0..=fronts.iter().copied().max().unwrap_or(0) {
        let members: Vec<usize> =
            (0..parents.len()).filter(|index| fronts[*index] == front).collect();
        let losses: Vec<&[f64]> = members.iter().map(|index| parents[*index].as_ref()).collect();
        let crowding = pareto::crowding(&losses);
        for (index, crowding) in members.into_iter().zip(crowding) {
            (parents[index].front, parents[index].crowding) = (front, crowding);
        }
    }
}
