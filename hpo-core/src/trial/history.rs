//! What samplers, pruners and reports may see: the trials of a study through the eyes of its space.
//!
//! A [`History`] is a borrowed view of the fold of all changes so far, and says how many these are. A fold that stops after as
//! many shows the same trials for ever, whoever looks and whenever: that is what makes proposals replayable.

use std::sync::Arc;

use super::param_map::ParamMap;
use super::trials::Trials;
use super::tried::Tried;
use super::{Direction, State};
use crate::space::{Params, Slots, Value};

/// The trials of a study as they stand, their parameters by the slots of its space.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    trials: &'a Trials,
    map: &'a ParamMap,
    tried: &'a Tried,
    directions: &'a [Direction],
    constraint: fn(&Params) -> bool,
}

/// One trial as a [`History`] shows it.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    history: History<'a>,
    number: u64,
}

impl<'a> History<'a> {
    /// The view of these trials.
    #[must_use]
    pub fn new(trials: &'a Trials, map: &'a ParamMap, tried: &'a Tried, directions: &'a [Direction]) -> Self {
        Self { trials, map, tried, directions, constraint: |_| true }
    }

    /// The same, of a study whose space forbids some configs: those of which `constraint` is not true.
    #[must_use]
    pub fn under(self, constraint: fn(&Params) -> bool) -> Self {
        Self { constraint, ..self }
    }

    /// Whether the space's own constraint allows a config. One that it forbids is never evaluated; a sampler may propose it, and
    /// is asked again.
    #[must_use]
    pub fn allows(&self, params: &Params) -> bool {
        (self.constraint)(params)
    }

    /// The moment of this view: a count of changes. [`Storage::retrace`](crate::storage::Storage::retrace) comes by it once
    /// more.
    #[must_use]
    pub fn moment(&self) -> u64 {
        self.trials.ordinal()
    }

    /// One direction an objective.
    #[must_use]
    pub fn directions(&self) -> &'a [Direction] {
        self.directions
    }

    /// The space.
    #[must_use]
    pub fn slots(&self) -> &'a Arc<Slots> {
        self.map.slots()
    }

    /// The ended trials, in the order in which they ended: a cache may go on from the number it has already read. Those that are of
    /// another space are left out.
    #[must_use]
    pub fn finished(&self) -> &'a [u64] {
        if self.map.sets_aside() { &self.tried.counting } else { self.trials.finished() }
    }

    /// The trials that have their parameters but have not ended: those that run, that wait and that are paused, by number each.
    pub fn pending(&self) -> impl Iterator<Item = View<'a>> + use<'a> {
        let (history, trials) = (*self, self.trials);
        let numbers = trials.running().iter().chain(trials.waiting()).chain(trials.paused());
        let counts = move |number: &&u64| trials.is_sampled(**number) && history.map.counts(&trials.params(**number));
        numbers.filter(counts).map(move |number| View { history, number: *number })
    }

    /// A trial by its number.
    #[must_use]
    pub fn trial(&self, number: u64) -> View<'a> {
        View { history: *self, number }
    }

    /// Whether some trial, ended or not, had these parameters.
    #[must_use]
    pub fn tried(&self, params: &Params) -> bool {
        self.tried.contains(params)
    }

    /// How many different configs were tried.
    #[must_use]
    pub fn tried_count(&self) -> usize {
        self.tried.len()
    }

    /// Which fold of trials this is a view of, different for any two of one process: what a cache has read of
    /// [`finished`](Self::finished) stays so as long as this number, and the space, are the same.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.trials.id()
    }

    /// Which collection of tried configs this view asks, different for any two of one process. A collection only grows: so
    /// what a cache has found to be tried stays so as long as this number is the same.
    #[must_use]
    pub fn tried_id(&self) -> u64 {
        self.tried.id
    }
}

impl<'a> View<'a> {
    /// Its number.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its state; `None` if there is no such trial.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        self.history.trials.state(self.number)
    }

    /// Its values, one an objective; empty unless it is complete.
    #[must_use]
    pub fn values(&self) -> &'a [f64] {
        self.history.trials.values(self.number)
    }

    /// By how much it broke its constraints in all, as it reported: 0 if it kept them, or has none.
    #[must_use]
    pub fn violation(&self) -> f64 {
        self.history.trials.violation(self.number)
    }

    /// Its active parameters by slot, in the order in which they were sampled. What the space does not know is left out; what it
    /// knows and the trial does not, as it is of an earlier space, stands at its value of then.
    pub fn params(&self) -> impl Iterator<Item = (u32, Value)> + use<'a> {
        let History { map, trials, .. } = self.history;
        let stored = trials.params(self.number);
        let lacking = trials.is_sampled(self.number).then(|| map.lacking(stored.clone()));
        stored.filter_map(|(id, value)| map.slot(id, value)).chain(lacking.into_iter().flatten())
    }

    /// Its reports, by step.
    #[must_use]
    pub fn reports(&self) -> &'a [(u64, f64)] {
        self.history.trials.reports(self.number)
    }
}
