//! The mapping between the parameters of a space and those of a storage, which may belong to this
//! space or to earlier ones of the same study.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::param::{Param, ParamId};
use crate::space::{Absent, Accepts, Domain, FlatSpace, Label, OffSpace, Params, Value, When};

/// The index in the space of each stored choice, if the space has it; `None` if the indices are the
/// same.
type ChoiceMap = Option<Vec<Option<u32>>>;

/// The mapping between the parameters of a space and those of a storage, in both directions.
#[derive(Clone, Debug)]
pub struct ParamMap {
    id: u64,
    flat: Arc<FlatSpace>,
    /// True if trials may not be points of the space, because another library created the study.
    is_adopted: bool,
    to_param: Vec<(ParamId, Option<Vec<u32>>)>,
    to_parameter: Vec<Option<(u32, ChoiceMap)>>,
    /// The parameters that the space no longer has.
    removed: Vec<Removed>,
    /// The parameters that trials may lack, and the values assumed for them.
    added: Vec<(u32, Value)>,
}

/// A parameter that the space no longer has.
#[derive(Clone, Debug)]
struct Removed {
    id: ParamId,
    /// Its value in the present space; `None` for a value that no trial can have.
    at: Option<Value>,
    /// True if trials without a stored value had another one. Then trials of the present space
    /// store the value explicitly.
    is_written: bool,
    /// The condition under which it is active; `None` if it always is.
    gate: Option<Gate>,
}

/// The condition under which a parameter is active in a stored trial.
#[derive(Clone, Debug)]
struct Gate {
    /// The deciding parameter, if it was ever tuned.
    id: Option<ParamId>,
    accepts: Accepted,
    /// True if the condition holds in trials in which the deciding parameter is active but has no
    /// stored value.
    holds_if_missing: bool,
    parent: Option<Box<Gate>>,
}

/// The accepted values of a deciding parameter, in the numbering of the storage.
#[derive(Clone, Debug)]
enum Accepted {
    Choices(Vec<u32>),
    Over(u32),
}

impl Removed {
    fn new(id: ParamId, declared: &[Param], absent: &Absent, off_space: &OffSpace) -> Self {
        let at =
            off_space.present().and_then(|label| stored(&declared[id.0 as usize].domain, label));
        let gate = off_space.when.as_ref().map(|when| Gate::new(when, declared, absent));
        Self { id, at, is_written: off_space.is_written(), gate }
    }

    fn depth(&self) -> usize {
        std::iter::successors(self.gate.as_ref(), |gate| gate.parent.as_deref()).count()
    }

    fn is_active(&self, stored: &(impl Iterator<Item = (ParamId, Value)> + Clone)) -> bool {
        self.gate.as_ref().is_none_or(|gate| gate.is_open(stored))
    }

    /// Returns true if a trial's value of this parameter equals the one in the present space.
    fn allows(&self, stored: &(impl Iterator<Item = (ParamId, Value)> + Clone)) -> bool {
        match stored.clone().find(|(id, _)| *id == self.id) {
            Some((_, value)) => self.at.is_some_and(|at| is_same(at, value)),
            None => !self.is_written || !self.is_active(stored),
        }
    }
}

impl Gate {
    fn new(when: &When, declared: &[Param], absent: &Absent) -> Self {
        let id = declared.iter().position(|param| param.path == when.under);
        let accepts = match &when.accepts {
            Accepts::LengthAbove(index) => Accepted::Over(*index),
            Accepts::Labels(labels) => {
                let index = |label: &Label| match &declared[id?].domain {
                    Domain::Categorical(categorical) => categorical.index_of(label),
                    _ => None,
                };
                Accepted::Choices(labels.iter().filter_map(index).collect())
            }
        };
        let off_space = absent.get(&when.under);
        let lacking = off_space.and_then(|off_space| off_space.lacking.label());
        let parent = off_space.and_then(|off_space| off_space.when.as_ref());
        Self {
            id: id.map(|id| ParamId(id as u32)),
            accepts,
            holds_if_missing: lacking.is_some_and(|label| when.accepts.holds(label)),
            parent: parent.map(|when| Box::new(Gate::new(when, declared, absent))),
        }
    }

    fn is_open(&self, stored: &(impl Iterator<Item = (ParamId, Value)> + Clone)) -> bool {
        let decided = stored.clone().find(|(id, _)| Some(*id) == self.id);
        match (decided, &self.accepts) {
            (Some((_, value)), Accepted::Choices(choices)) => {
                value.as_choice().is_some_and(|choice| choices.contains(&choice))
            }
            (Some((_, value)), Accepted::Over(index)) => {
                value.as_int().is_some_and(|length| length > i128::from(*index))
            }
            (None, _) => {
                self.holds_if_missing
                    && self.parent.as_ref().is_none_or(|gate| gate.is_open(stored))
            }
        }
    }
}

impl ParamMap {
    /// Creates the map between a space and the parameters of a storage, which must include all of
    /// the space's.
    ///
    /// # Panics
    /// If a parameter of the space was not declared.
    #[must_use]
    pub fn new(flat: &Arc<FlatSpace>, declared: &[Param]) -> Self {
        Self::evolved(flat, declared, &Absent::default())
    }

    /// Creates the map of a space that has changed since the study was created. `absent` holds the
    /// values assumed for parameters that are not tuned.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    #[must_use]
    pub fn evolved(flat: &Arc<FlatSpace>, declared: &[Param], absent: &Absent) -> Self {
        let (to_param, to_parameter) = (Vec::new(), vec![None; declared.len()]);
        let mut map = Self {
            id: next_id(),
            flat: Arc::clone(flat),
            is_adopted: absent.is_adopted,
            to_param,
            to_parameter,
            removed: Vec::new(),
            added: Vec::new(),
        };
        for (parameter, index) in flat.iter().zip(0..) {
            let id = declared.iter().position(|param| param.path == parameter.path());
            let id = id.expect("a space is declared before it is mapped");
            let (forward, back) = choice_maps(parameter.domain(), &declared[id].domain);
            map.to_param.push((ParamId(id as u32), forward));
            map.to_parameter[id] = Some((index, back));
        }
        for (path, off_space) in absent.iter() {
            if let Some(parameter) = flat.find(path) {
                let lacking = off_space
                    .lacking
                    .label()
                    .and_then(|at| flat.parameter(parameter).parse(&at.to_json()));
                map.added.extend(lacking.map(|value| (parameter, value)));
            } else if let Some(id) = declared.iter().position(|param| param.path == path) {
                map.removed.push(Removed::new(ParamId(id as u32), declared, absent, off_space));
            }
        }
        map.added.sort_unstable_by_key(|(parameter, _)| *parameter);
        // Deciding parameters come before those that depend on them.
        map.removed.sort_by_key(Removed::depth);
        map
    }

    /// Returns the id of this map; only its clones share it.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Returns the search space.
    #[must_use]
    pub fn flat_space(&self) -> &Arc<FlatSpace> {
        &self.flat
    }

    /// Returns true if trials may belong to another space.
    #[must_use]
    pub fn sets_aside(&self) -> bool {
        self.is_adopted || !self.removed.is_empty()
    }

    /// Returns true if trials are read differently from how they were written.
    #[must_use]
    pub fn is_evolved(&self) -> bool {
        self.sets_aside() || !self.added.is_empty()
    }

    /// Returns true if the space no longer has a parameter.
    pub(super) fn is_removed(&self, id: ParamId) -> bool {
        self.removed.iter().any(|removed| removed.id == id)
    }

    /// Returns true if a trial belongs to this space: its values of parameters that are no longer
    /// tuned equal those at which they are now fixed.
    #[must_use]
    pub fn counts(&self, stored: &(impl Iterator<Item = (ParamId, Value)> + Clone)) -> bool {
        self.unfit(stored).is_none()
    }

    /// Returns the reason why a trial does not belong to this space; `None` if it does.
    #[must_use]
    pub(crate) fn unfit(
        &self,
        stored: &(impl Iterator<Item = (ParamId, Value)> + Clone),
    ) -> Option<Unfit> {
        if let Some(removed) = self.removed.iter().find(|removed| !removed.allows(stored)) {
            return Some(Unfit::Removed(removed.id));
        }
        (self.is_adopted && !self.is_point(stored)).then_some(Unfit::NoPoint)
    }

    /// Returns true if a trial that another library created is a point of the space and has no
    /// other parameters.
    fn is_point(&self, stored: &(impl Iterator<Item = (ParamId, Value)> + Clone)) -> bool {
        let is_removed = |id: ParamId| self.removed.iter().any(|removed| removed.id == id);
        let is_known =
            |(id, value): (ParamId, Value)| is_removed(id) || self.parameter(id, value).is_some();
        stored.clone().all(is_known) && self.to_params(stored.clone()).is_some()
    }

    /// Returns the active parameters that a trial has no value of, with the values assumed for
    /// them.
    pub fn lacking<S>(&self, stored: S) -> impl Iterator<Item = (u32, Value)> + use<'_, S>
    where
        S: Iterator<Item = (ParamId, Value)> + Clone,
    {
        let lacks = move |(parameter, _): &(u32, Value)| {
            self.own_value(*parameter, &stored).is_none() && self.is_active(*parameter, &stored)
        };
        self.added.iter().copied().filter(lacks)
    }

    /// Returns a trial's own value of a parameter.
    fn own_value(
        &self,
        parameter: u32,
        stored: &(impl Iterator<Item = (ParamId, Value)> + Clone),
    ) -> Option<Value> {
        let own = self.to_param[parameter as usize].0;
        stored
            .clone()
            .find(|(id, _)| *id == own)
            .and_then(|(id, value)| Some(self.parameter(id, value)?.1))
    }

    fn is_active(
        &self,
        parameter: u32,
        stored: &(impl Iterator<Item = (ParamId, Value)> + Clone),
    ) -> bool {
        let Some(parent) = self.flat.parameter(parameter).parent() else { return true };
        let added =
            || self.added.iter().find(|(added, _)| *added == parent.parameter).map(|(_, at)| *at);
        let decided = self.own_value(parent.parameter, stored).or_else(added);
        decided.is_some_and(|value| parent.condition.allows(value))
            && self.is_active(parent.parameter, stored)
    }

    /// Appends a config in the numbering of the storage, with the values that must be stored for
    /// parameters that are no longer tuned.
    pub(crate) fn store(&self, params: &Params, stored: &mut Vec<(ParamId, Value)>) {
        stored.extend(params.iter().map(|(parameter, value)| self.param(parameter, value)));
        self.complete(stored);
    }

    /// Appends the values of parameters that the space no longer tunes but whose values trials of
    /// this space store explicitly, unless `stored` has them already.
    pub(crate) fn complete(&self, stored: &mut Vec<(ParamId, Value)>) {
        for removed in self.removed.iter().filter(|removed| removed.is_written) {
            let is_given = stored.iter().any(|(id, _)| *id == removed.id);
            if let Some(at) =
                removed.at.filter(|_| !is_given && removed.is_active(&stored.iter().copied()))
            {
                stored.push((removed.id, at));
            }
        }
    }

    /// Converts a parameter's value to the numbering of the storage.
    #[must_use]
    pub fn param(&self, parameter: u32, value: Value) -> (ParamId, Value) {
        let (id, choices) = &self.to_param[parameter as usize];
        match (choices, value) {
            (Some(choices), Value::Choice(index)) => (*id, Value::Choice(choices[index as usize])),
            _ => (*id, value),
        }
    }

    /// Converts a stored value to the numbering of the space; `None` if the space does not know it.
    #[must_use]
    pub fn parameter(&self, id: ParamId, value: Value) -> Option<(u32, Value)> {
        let (parameter, choices) = self.to_parameter.get(id.0 as usize)?.as_ref()?;
        match (choices, value) {
            (Some(choices), Value::Choice(index)) => {
                Some((*parameter, Value::Choice((*choices.get(index as usize)?)?)))
            }
            _ => Some((*parameter, value)),
        }
    }

    /// Returns a trial's parameters as a point of the space; `None` if they do not form one.
    #[must_use]
    pub fn params(&self, stored: impl Iterator<Item = (ParamId, Value)> + Clone) -> Option<Params> {
        if self.removed.iter().any(|removed| !removed.allows(&stored)) {
            return None;
        }
        self.to_params(stored)
    }

    fn to_params(&self, stored: impl Iterator<Item = (ParamId, Value)> + Clone) -> Option<Params> {
        let lacking = self.lacking(stored.clone());
        let mut found: Vec<(u32, Value)> =
            stored.filter_map(|(id, value)| self.parameter(id, value)).chain(lacking).collect();
        found.sort_unstable_by_key(|(parameter, _)| *parameter);
        let values: Vec<Value> = found.into_iter().map(|(_, value)| value).collect();
        Params::place(&self.flat, &values).ok()
    }
}

/// Returns the value of a label in the numbering of a storage; `None` if the domain has no such
/// value.
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
        (Value::Float(fixed), Value::Float(value)) if f64::from(fixed as f32) == fixed => {
            value as f32 == fixed as f32
        }
        _ => fixed.bits() == value.bits(),
    }
}

/// Returns the maps between two lists of choices, there and back; `None` if the indices are the
/// same.
fn choice_maps(here: &Domain, there: &Domain) -> (Option<Vec<u32>>, ChoiceMap) {
    let (Domain::Categorical(here), Domain::Categorical(there)) = (here, there) else {
        return (None, None);
    };
    if here.choices == there.choices {
        return (None, None);
    }
    let forth = here
        .choices
        .iter()
        .map(|label| there.index_of(label).expect("choices are declared"))
        .collect();
    let back = there.choices.iter().map(|label| here.index_of(label)).collect();
    (Some(forth), Some(back))
}

fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The reason why a trial does not belong to the present space of its study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// This parameter is no longer tuned, and the trial had another value of it.
    Removed(ParamId),
    /// The trial's parameters are not a point of the space.
    NoPoint,
}

impl Unfit {
    /// Returns the message for the user.
    pub(crate) fn reason(self, declared: &[Param]) -> String {
        match self {
            Unfit::Removed(id) => {
                let path = &declared[id.0 as usize].path;
                format!("`{path}` is no longer tuned, and is now fixed at another value")
            }
            Unfit::NoPoint => "its parameters are not a point of the study's space".to_owned(),
        }
    }
}
