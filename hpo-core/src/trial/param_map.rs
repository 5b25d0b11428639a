//! The mapping between the parameters of a space and those of a storage, which may be of this space
//! or of earlier ones of the same study.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::param::{Param, ParamId};
use crate::space::{Absent, Domain, Label, Params, Slots, Standing, Value};

/// For each stored choice its index in the space, if the space has it; `None` if the indices are
/// the same.
type Back = Option<Vec<Option<u32>>>;

/// The mapping between the parameters of a space and those of a storage, in both directions.
#[derive(Clone, Debug)]
pub struct ParamMap {
    id: u64,
    slots: Arc<Slots>,
    to_param: Vec<(ParamId, Option<Vec<u32>>)>,
    to_slot: Vec<Option<(u32, Back)>>,
    /// Parameters that the space no longer has.
    left: Vec<Left>,
    /// Parameters that trials may lack, and the values assumed for them.
    joined: Vec<(u32, Value)>,
}

/// A parameter that the space no longer has.
#[derive(Clone, Copy, Debug)]
struct Left {
    id: ParamId,
    /// The value at which it is now fixed; `None` if no trial can have that value.
    at: Option<Value>,
    /// True if another value is assumed for trials without one: then trials of this space store the
    /// value.
    is_written: bool,
}

impl Left {
    fn new(id: ParamId, domain: &Domain, standing: &Standing) -> Self {
        let at = standing.present().and_then(|label| stored(domain, label));
        Self { id, at, is_written: standing.now.is_some() }
    }

    /// Returns true if a trial has the value at which the parameter is now fixed.
    fn allows(&self, stored: &(impl Iterator<Item = (ParamId, Value)> + Clone)) -> bool {
        match stored.clone().find(|(id, _)| *id == self.id) {
            Some((_, value)) => self.at.is_some_and(|at| is_same(at, value)),
            None => !self.is_written,
        }
    }
}

impl ParamMap {
    /// Creates the map between a space and the parameters of a storage, which include all of the
    /// space's.
    ///
    /// # Panics
    /// If a parameter of the space was not declared.
    #[must_use]
    pub fn new(slots: &Arc<Slots>, declared: &[Param]) -> Self {
        Self::evolved(slots, declared, &Absent::default())
    }

    /// Creates the map of a space that was another one before.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    #[must_use]
    pub fn evolved(slots: &Arc<Slots>, declared: &[Param], absent: &Absent) -> Self {
        let (to_param, to_slot) = (Vec::new(), vec![None; declared.len()]);
        let mut map =
            Self { id: next_id(), slots: Arc::clone(slots), to_param, to_slot, left: Vec::new(), joined: Vec::new() };
        for (slot, index) in slots.iter().zip(0..) {
            let id = declared.iter().position(|param| param.path == slot.path());
            let id = id.expect("a space is declared before it is mapped");
            let (there, back) = choice_maps(slot.domain(), &declared[id].domain);
            map.to_param.push((ParamId(id as u32), there));
            map.to_slot[id] = Some((index, back));
        }
        for (path, standing) in absent.iter() {
            if let Some(slot) = slots.find(path) {
                let lacking = standing.lacking.as_ref().and_then(|at| slots.slot(slot).parse(&at.to_json()));
                map.joined.extend(lacking.map(|value| (slot, value)));
            } else if let Some(id) = declared.iter().position(|param| param.path == path) {
                map.left.push(Left::new(ParamId(id as u32), &declared[id].domain, standing));
            }
        }
        map.joined.sort_unstable_by_key(|(slot, _)| *slot);
        map
    }

    /// Returns the id of this map; only its clones share it.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Returns the search space.
    #[must_use]
    pub fn slots(&self) -> &Arc<Slots> {
        &self.slots
    }

    /// Returns true if trials may belong to another space.
    #[must_use]
    pub fn sets_aside(&self) -> bool {
        !self.left.is_empty()
    }

    /// Returns true if trials are read differently from how they were written.
    #[must_use]
    pub fn is_evolved(&self) -> bool {
        self.sets_aside() || !self.joined.is_empty()
    }

    /// Returns true if the space no longer has a parameter.
    pub(super) fn has_left(&self, id: ParamId) -> bool {
        self.left.iter().any(|left| left.id == id)
    }

    /// Returns true if a trial belongs to this space: its values of parameters that are no longer
    /// tuned equal those at which they are now fixed.
    #[must_use]
    pub fn counts(&self, stored: &(impl Iterator<Item = (ParamId, Value)> + Clone)) -> bool {
        self.left_elsewhere(stored).is_none()
    }

    /// Returns the first parameter that is no longer tuned, and of which a trial has a value other
    /// than the one at which it is now fixed.
    #[must_use]
    pub(crate) fn left_elsewhere(&self, stored: &(impl Iterator<Item = (ParamId, Value)> + Clone)) -> Option<ParamId> {
        self.left.iter().find(|left| !left.allows(stored)).map(|left| left.id)
    }

    /// Returns the active parameters that a trial has no value of, with the values assumed for
    /// them.
    pub fn lacking<S>(&self, stored: S) -> impl Iterator<Item = (u32, Value)> + use<'_, S>
    where
        S: Iterator<Item = (ParamId, Value)> + Clone,
    {
        let lacks =
            move |(slot, _): &(u32, Value)| self.told(*slot, &stored).is_none() && self.is_active(*slot, &stored);
        self.joined.iter().copied().filter(lacks)
    }

    /// Returns a trial's own value of a slot.
    fn told(&self, slot: u32, stored: &(impl Iterator<Item = (ParamId, Value)> + Clone)) -> Option<Value> {
        let own = self.to_param[slot as usize].0;
        stored.clone().find(|(id, _)| *id == own).and_then(|(id, value)| Some(self.slot(id, value)?.1))
    }

    fn is_active(&self, slot: u32, stored: &(impl Iterator<Item = (ParamId, Value)> + Clone)) -> bool {
        let Some(parent) = self.slots.slot(slot).parent() else { return true };
        let joined = || self.joined.iter().find(|(joined, _)| *joined == parent.slot).map(|(_, at)| *at);
        let decided = self.told(parent.slot, stored).or_else(joined);
        decided.is_some_and(|value| parent.condition.allows(value)) && self.is_active(parent.slot, stored)
    }

    /// Returns a config with the parameter numbers of the storage, and with the values to store of
    /// parameters that are no longer tuned.
    pub fn stored<'a>(&'a self, params: &'a Params) -> impl Iterator<Item = (ParamId, Value)> + use<'a> {
        let written = self.left.iter().filter(|left| left.is_written);
        let left = written.filter_map(|left| Some((left.id, left.at?)));
        params.iter().map(|(slot, value)| self.param(slot, value)).chain(left)
    }

    /// Converts a slot's value to the numbering of the storage.
    #[must_use]
    pub fn param(&self, slot: u32, value: Value) -> (ParamId, Value) {
        let (id, choices) = &self.to_param[slot as usize];
        match (choices, value) {
            (Some(choices), Value::Choice(index)) => (*id, Value::Choice(choices[index as usize])),
            _ => (*id, value),
        }
    }

    /// Converts a stored value to the numbering of the space; `None` if the space does not know it.
    #[must_use]
    pub fn slot(&self, id: ParamId, value: Value) -> Option<(u32, Value)> {
        let (slot, choices) = self.to_slot.get(id.0 as usize)?.as_ref()?;
        match (choices, value) {
            (Some(choices), Value::Choice(index)) => Some((*slot, Value::Choice((*choices.get(index as usize)?)?))),
            _ => Some((*slot, value)),
        }
    }

    /// Returns a trial's parameters as a point of the space; `None` if they do not form one.
    #[must_use]
    pub fn params(&self, stored: impl Iterator<Item = (ParamId, Value)> + Clone) -> Option<Params> {
        if !self.counts(&stored) {
            return None;
        }
        let lacking = self.lacking(stored.clone());
        let mut found: Vec<(u32, Value)> =
            stored.filter_map(|(id, value)| self.slot(id, value)).chain(lacking).collect();
        found.sort_unstable_by_key(|(slot, _)| *slot);
        let values: Vec<Value> = found.into_iter().map(|(_, value)| value).collect();
        Params::place(&self.slots, &values).ok()
    }
}

/// Returns the value that a label means, in the numbering of a storage; `None` if there is none.
fn stored(domain: &Domain, label: &Label) -> Option<Value> {
    match (domain, label) {
        (Domain::Categorical(categorical), label) => categorical.index_of(label).map(Value::Choice),
        (Domain::Float(_), Label::Float(float)) => Some(Value::Float(*float)),
        (Domain::Float(_), Label::Int(integer)) => Some(Value::Float(*integer as f64)),
        (Domain::Int(_), Label::Int(integer)) => Value::int(*integer),
        (Domain::Int(_), Label::Float(float)) if float.fract() == 0.0 => Value::int(*float as i128),
        _ => None,
    }
}

/// Returns true if a parameter has the value at which it was fixed. A value of an `f32` is compared
/// in single precision.
fn is_same(fixed: Value, value: Value) -> bool {
    match (fixed, value) {
        (Value::Float(fixed), Value::Float(value)) if f64::from(fixed as f32) == fixed => value as f32 == fixed as f32,
        _ => fixed.bits() == value.bits(),
    }
}

/// Returns the maps between two lists of choices, there and back; `None` if the indices are the
/// same.
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

fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Returns the reason why a trial does not belong to the present space of its study.
pub(crate) fn left_elsewhere(path: &str) -> String {
    format!("`{path}` is no longer tuned, and stands at another value now")
}
