//! The view of samplers, pruners and reports: the trials of a study, read through its space.
//!
//! A [`History`] is a borrowed view of the fold of all changes so far, and knows their number.
//! Folding the same number of changes again gives the same trials at any time and in any process;
//! this makes proposals replayable.

use std::sync::Arc;

use super::history_cache::SpaceKey;
use super::param_map::ParamMap;
use super::seen_configs::SeenConfigs;
use super::trials::Trials;
use super::{Direction, State};
use crate::rng::Rng;
use crate::space::{Cardinality, FixedParams, FlatSpace, Params, Value};

/// The number of configs that a thousand random draws find nearly all of.
const FEW_CONFIGS: u128 = 64;

/// A view of the present trials of a study, with its parameters as its space numbers them.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    trials: &'a Trials,
    map: &'a ParamMap,
    tried: &'a SeenConfigs,
    directions: &'a [Direction],
    constraint: fn(&Params) -> bool,
    fixed: Option<&'a FixedParams>,
}

/// One trial as a [`History`] shows it.
#[derive(Clone, Copy, Debug)]
pub struct VisibleTrials<'a> {
    history: History<'a>,
    number: u64,
}

impl<'a> History<'a> {
    /// Creates a view of the given trials.
    #[must_use]
    pub fn new(
        trials: &'a Trials,
        map: &'a ParamMap,
        tried: &'a SeenConfigs,
        directions: &'a [Direction],
    ) -> Self {
        Self { trials, map, tried, directions, constraint: |_| true, fixed: None }
    }

    /// Returns the view with a constraint on the space: configs for which `constraint` returns
    /// false are forbidden.
    #[must_use]
    pub fn under(self, constraint: fn(&Params) -> bool) -> Self {
        Self { constraint, ..self }
    }

    /// Returns the view for proposals that keep some parameters at one value.
    #[must_use]
    pub(crate) fn fixing(self, fixed: &'a FixedParams) -> Self {
        Self { fixed: Some(fixed).filter(|fixed| !fixed.is_empty()), ..self }
    }

    /// Returns the value that proposals must give to a parameter; `None` if it is searched.
    pub(crate) fn fixed_value(&self, parameter: u32) -> Option<Value> {
        self.fixed?.get(parameter)
    }

    /// Returns true if a config has the fixed values.
    pub(crate) fn has_fixed_values(&self, params: &Params) -> bool {
        self.fixed.is_none_or(|fixed| fixed.are_kept_by(params))
    }

    /// Returns true if the fixed values make parameters active that the config lacks.
    pub(crate) fn activates_more_than(&self, params: &Params) -> bool {
        self.fixed.is_some_and(|fixed| fixed.activate_more_than(params))
    }

    /// Returns true if the fixed values leave so few configs that a thousand draws find nearly all.
    pub(crate) fn has_few_free_configs(&self) -> bool {
        let Some(fixed) = self.fixed else { return false };
        let free = (0..).zip(self.flat_space().iter()).filter(|(id, _)| fixed.get(*id).is_none());
        let counts = free.map(|(_, parameter)| parameter.cardinality());
        let product = counts.into_iter().try_fold(1_u128, |product, own| match own {
            Cardinality::Finite(count) => product.checked_mul(count),
            Cardinality::Infinite => None,
        });
        product.is_some_and(|product| product <= FEW_CONFIGS)
    }

    /// Returns a config with the fixed values. Parameters that become active are drawn.
    pub(crate) fn with_fixed_values(&self, params: Params, rng: &mut Rng) -> Params {
        match self.fixed {
            Some(fixed) => fixed.applied_to(params, rng),
            None => params,
        }
    }

    /// Returns true if the space's own constraint allows a config. A forbidden config is never
    /// evaluated; a sampler that proposes one is asked again.
    #[must_use]
    pub fn allows(&self, params: &Params) -> bool {
        (self.constraint)(params)
    }

    /// Returns the number of different constraints that trials have reported.
    #[must_use]
    pub fn constraint_count(&self) -> usize {
        self.trials.constraint_count()
    }

    /// Returns the version of this view: the number of changes so far.
    /// [`Storage::replay_history`](crate::storage::Storage::replay_history) can restore it.
    #[must_use]
    pub fn moment(&self) -> u64 {
        self.trials.ordinal()
    }

    /// Returns the directions, one per objective.
    #[must_use]
    pub fn directions(&self) -> &'a [Direction] {
        self.directions
    }

    /// Returns the search space.
    #[must_use]
    pub fn flat_space(&self) -> &'a Arc<FlatSpace> {
        self.map.flat_space()
    }

    /// Returns the ended trials in the order in which they ended, without those of another space.
    /// The list only grows, so a cache may continue from the index up to which it has read.
    #[must_use]
    pub fn finished(&self) -> &'a [u64] {
        if self.map.sets_aside() { &self.tried.counting } else { self.trials.finished() }
    }

    /// Returns the results in the order in which they arrived, without those of another space: the
    /// number of each trial that ended, and of each that paused, with the last step that it had
    /// reported then. The list only grows.
    pub(crate) fn results(&self) -> impl Iterator<Item = (u64, Option<u64>)> + use<'a> {
        let sets_aside = self.map.sets_aside();
        let counting: &[_] = if sets_aside { &self.tried.results } else { &[] };
        let all = self.trials.results().take(if sets_aside { 0 } else { usize::MAX });
        all.chain(counting.iter().copied())
    }

    /// Returns the trials that have parameters but have not ended: the running, then the waiting,
    /// then the paused ones, each by number.
    pub fn pending(&self) -> impl Iterator<Item = VisibleTrials<'a>> + use<'a> {
        let (history, trials) = (*self, self.trials);
        let numbers = trials.running().iter().chain(trials.waiting()).chain(trials.paused());
        let counts = move |number: &&u64| {
            trials.is_sampled(**number) && history.map.counts(&trials.params(**number))
        };
        numbers.filter(counts).map(move |number| VisibleTrials { history, number: *number })
    }

    /// Returns true if some trial of this space is paused.
    pub(crate) fn has_paused(&self) -> bool {
        let mut paused = self.trials.paused().iter();
        paused.any(|number| self.map.counts(&self.trials.params(*number)))
    }

    /// Returns a trial by its number.
    #[must_use]
    pub fn trial(&self, number: u64) -> VisibleTrials<'a> {
        VisibleTrials { history: *self, number }
    }

    /// Returns true if some trial, ended or not, had these parameters.
    #[must_use]
    pub fn tried(&self, params: &Params) -> bool {
        self.tried.contains(params)
    }

    /// Returns the number of different configs tried.
    #[must_use]
    pub fn tried_count(&self) -> usize {
        self.tried.len()
    }

    /// Returns the id of the fold behind this view, unique within the process. As long as the id
    /// and the space stay the same, the entries that a cache has read of
    /// [`finished`](Self::finished) remain valid.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.trials.id()
    }

    /// Returns the key of a cache that depends only on the search space.
    pub(crate) fn space_key(&self) -> SpaceKey {
        SpaceKey(Arc::clone(self.flat_space()))
    }

    /// Returns the key of a cache of the trials in [`finished`](Self::finished).
    pub(crate) fn key(&self) -> (u64, SpaceKey) {
        (self.id(), self.space_key())
    }

    /// Returns the id of the collection of tried configs, unique within the process. A collection
    /// only grows: as long as the id stays the same, a config that was found in it remains in it.
    #[must_use]
    pub fn tried_id(&self) -> u64 {
        self.tried.id
    }
}

impl<'a> VisibleTrials<'a> {
    /// Returns the number of the trial.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns the state of the trial; `None` if it does not exist.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        self.history.trials.state(self.number)
    }

    /// Returns the values, one per objective; empty unless the trial is complete.
    #[must_use]
    pub fn values(&self) -> &'a [f64] {
        self.history.trials.values(self.number)
    }

    /// Returns the total violation of the constraints that the trial reported: 0 if it satisfied
    /// them, or has none.
    #[must_use]
    pub fn violation(&self) -> f64 {
        self.history.trials.violation(self.number)
    }

    /// Returns the constraints that the trial reported, each with its index, which is below
    /// [`History::constraint_count`]. A value above 0 is the violation, one below 0 the slack.
    #[must_use]
    pub fn constraints(&self) -> &'a [(u32, f64)] {
        self.history.trials.constraint_values(self.number)
    }

    /// Returns the active parameters by number, in the order in which they were sampled. Parameters
    /// that the space does not have are left out. Parameters that the trial lacks because it is of
    /// an earlier space have the value assumed for it.
    pub fn params(&self) -> impl Iterator<Item = (u32, Value)> + use<'a> {
        let History { map, trials, .. } = self.history;
        let stored = trials.params(self.number);
        let lacking = trials.is_sampled(self.number).then(|| map.lacking(stored.clone()));
        stored
            .filter_map(|(id, value)| map.parameter(id, value))
            .chain(lacking.into_iter().flatten())
    }

    /// Returns the reports, by step.
    #[must_use]
    pub fn reports(&self) -> &'a [(u64, f64)] {
        self.history.trials.reports(self.number)
    }
}
