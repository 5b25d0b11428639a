//! What samplers, pruners and reports may see: the trials of a study through the eyes of its space.
//!
//! A [`History`] is a borrowed view of the fold of all changes so far, and says how many these are. A fold that stops after as
//! many shows the same trials for ever, whoever looks and whenever: that is what makes proposals replayable.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::trials::{Param, ParamId, Trials};
use super::{Direction, State};
use crate::space::{Domain, Params, Slots, Value};

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
        &self.map.slots
    }

    /// The ended trials, in the order in which they ended: a cache may go on from the number it has already read.
    #[must_use]
    pub fn finished(&self) -> &'a [u64] {
        self.trials.finished()
    }

    /// The trials that have their parameters but have not ended: those that run, that wait and that are paused, by number each.
    pub fn pending(&self) -> impl Iterator<Item = View<'a>> + use<'a> {
        let (history, trials) = (*self, self.trials);
        let numbers = trials.running().iter().chain(trials.waiting()).chain(trials.paused());
        numbers.filter(|number| trials.is_sampled(**number)).map(move |number| View { history, number: *number })
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

    /// Its active parameters by slot, in the order in which they were sampled. What the space does not know is left out.
    pub fn params(&self) -> impl Iterator<Item = (u32, Value)> + use<'a> {
        let map = self.history.map;
        self.history.trials.params(self.number).filter_map(|(id, value)| map.slot(id, value))
    }

    /// Its reports, by step.
    #[must_use]
    pub fn reports(&self) -> &'a [(u64, f64)] {
        self.history.trials.reports(self.number)
    }
}

/// For each stored choice the index in the space, if it has it; `None` where the indices are the same.
type Back = Option<Vec<Option<u32>>>;

/// The parameters of a space and those of a storage, either way.
#[derive(Clone, Debug)]
pub struct ParamMap {
    slots: Arc<Slots>,
    to_param: Vec<(ParamId, Option<Vec<u32>>)>,
    to_slot: Vec<Option<(u32, Back)>>,
}

impl ParamMap {
    /// The map between a space and the parameters that a storage holds, all of the space's among them.
    ///
    /// # Panics
    /// If a parameter of the space was not declared.
    #[must_use]
    pub fn new(slots: &Arc<Slots>, declared: &[Param]) -> Self {
        let mut map = Self { slots: Arc::clone(slots), to_param: Vec::new(), to_slot: vec![None; declared.len()] };
        for (slot, index) in slots.iter().zip(0..) {
            let id = declared.iter().position(|param| param.path == slot.path());
            let id = id.expect("a space is declared before it is mapped");
            let (there, back) = choice_maps(slot.domain(), &declared[id].domain);
            map.to_param.push((ParamId(id as u32), there));
            map.to_slot[id] = Some((index, back));
        }
        map
    }

    /// The space.
    #[must_use]
    pub fn slots(&self) -> &Arc<Slots> {
        &self.slots
    }

    /// A slot's value as the storage numbers it.
    #[must_use]
    pub fn param(&self, slot: u32, value: Value) -> (ParamId, Value) {
        let (id, choices) = &self.to_param[slot as usize];
        match (choices, value) {
            (Some(choices), Value::Choice(index)) => (*id, Value::Choice(choices[index as usize])),
            _ => (*id, value),
        }
    }

    /// A stored value as the space numbers it; `None` for what the space does not know.
    #[must_use]
    pub fn slot(&self, id: ParamId, value: Value) -> Option<(u32, Value)> {
        let (slot, choices) = self.to_slot.get(id.0 as usize)?.as_ref()?;
        match (choices, value) {
            (Some(choices), Value::Choice(index)) => Some((*slot, Value::Choice((*choices.get(index as usize)?)?))),
            _ => Some((*slot, value)),
        }
    }

    /// A trial's parameters as a point of the space; `None` if they do not form one.
    #[must_use]
    pub fn params(&self, stored: impl Iterator<Item = (ParamId, Value)>) -> Option<Params> {
        let mut found: Vec<(u32, Value)> = stored.filter_map(|(id, value)| self.slot(id, value)).collect();
        found.sort_unstable_by_key(|(slot, _)| *slot);
        let values: Vec<Value> = found.into_iter().map(|(_, value)| value).collect();
        Params::place(&self.slots, &values).ok()
    }
}

/// Between two lists of choices, there and back; `None` where the indices are the same.
fn choice_maps(here: &Domain, there: &Domain) -> (Option<Vec<u32>>, Back) {
    let (Domain::Categorical(here), Domain::Categorical(there)) = (here, there) else {
        return (None, None);
    };
    if here.choices == there.choices {
        return (None, None);
    }
    let forth = here.choices.iter().map(|label| there.index_of(label).expect("choices are declared")).collect();
    let back = there.choices.iter().map(|label| here.index_of(label)).collect();
    (Some(forth), Some(back))
}

/// The configs tried so far: what the duplicate policy asks. Half of each key is kept: among a million configs, the
/// chance that any new one is taken for an old one is below one in ten million.
#[derive(Debug)]
pub struct Tried {
    keys: HashSet<u64, BuildHasherDefault<KeyHasher>>,
    id: u64,
}

impl Default for Tried {
    fn default() -> Self {
        Self { keys: HashSet::default(), id: next_id() }
    }
}

impl Clone for Tried {
    /// The same configs, under an identity of its own: from now on the two may differ.
    fn clone(&self) -> Self {
        Self { keys: self.keys.clone(), id: next_id() }
    }
}

fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Tried {
    /// Adds a config; whether it is new.
    pub fn insert(&mut self, params: &Params) -> bool {
        self.keys.insert(params.key() as u64)
    }

    /// Whether it was tried.
    #[must_use]
    pub fn contains(&self, params: &Params) -> bool {
        self.keys.contains(&(params.key() as u64))
    }

    /// How many different ones.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether none was tried.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// The keys are hashes already.
#[derive(Clone, Copy, Debug, Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
