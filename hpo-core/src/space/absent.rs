//! The values of parameters that a space does not tune: in trials from before a parameter joined,
//! and in trials of a space that no longer has it.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::slots::{Parent, Slot, Slots};
use super::{Condition, Label};
use crate::space::Domain;

/// The values of parameters where they are not tuned, by dotted path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Absent {
    standings: BTreeMap<String, Standing>,
    /// True if trials may be no points of the space: another library made the study.
    pub(crate) is_adopted: bool,
}

/// The values of one parameter where it is not tuned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Standing {
    pub(crate) lacking: Lacking,
    /// The value in the present space, if that differs from what trials without a value had. Trials
    /// of the present space have it written down.
    pub(crate) now: Option<Label>,
    /// The condition under which the parameter is active; `None` if it always is.
    pub(crate) when: Option<When>,
}

/// The value that trials had which were active and have no value of the parameter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Lacking {
    /// All of them had this one.
    At(Label),
    /// They had several, and it is not known which trial had which.
    Several,
    /// There are no such trials: it left together with the branch that it is in.
    Nop,
}

/// The condition of a parameter that hangs on another one, in words that hold across spaces.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct When {
    /// The path of the deciding parameter.
    pub(crate) under: String,
    pub(crate) accepts: Accepts,
}

/// The values of a deciding parameter for which another one is active.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Accepts {
    /// One of these choices.
    Labels(Vec<Label>),
    /// A length above this index.
    Over(u32),
}

impl Standing {
    pub(super) fn at(label: Label, when: Option<When>) -> Self {
        Self { lacking: Lacking::At(label), now: None, when }
    }

    /// The value in the present space, if it is known.
    pub(crate) fn present(&self) -> Option<&Label> {
        self.now.as_ref().or(self.lacking.label())
    }

    /// True if trials of the present space have the value written down.
    pub(crate) fn is_written(&self) -> bool {
        self.now.is_some() && self.lacking.label().is_some()
    }

    fn to_json(&self) -> Json {
        if let Self { lacking: Lacking::At(label), now: None, when: None } = self {
            return label.to_json();
        }
        let mut json = Map::new();
        match &self.lacking {
            Lacking::At(label) => drop(json.insert("lacking".to_owned(), label.to_json())),
            Lacking::Several => drop(json.insert("several".to_owned(), true.into())),
            Lacking::Nop => {}
        }
        if let Some(label) = &self.now {
            json.insert("now".to_owned(), label.to_json());
        }
        if let Some(when) = &self.when {
            json.insert("under".to_owned(), when.under.clone().into());
            let (key, accepts) = match &when.accepts {
                Accepts::Labels(labels) => ("is", labels.iter().map(Label::to_json).collect()),
                Accepts::Over(index) => ("over", Json::from(*index)),
            };
            json.insert(key.to_owned(), accepts);
        }
        Json::Object(json)
    }

    /// Reads an entry; `None` if the JSON is neither a scalar nor an object.
    fn from_json(json: &Json) -> Option<Self> {
        let Some(object) = json.as_object() else { return Some(Self::at(scalar(json)?, None)) };
        let lacking = match object.get("lacking").and_then(scalar) {
            Some(label) => Lacking::At(label),
            None if object.contains_key("several") => Lacking::Several,
            None => Lacking::Nop,
        };
        Some(Self {
            lacking,
            now: object.get("now").and_then(scalar),
            when: When::from_json(object),
        })
    }
}

impl Lacking {
    pub(crate) fn label(&self) -> Option<&Label> {
        if let Lacking::At(label) = self { Some(label) } else { None }
    }
}

impl When {
    /// The condition of a parameter of a space.
    pub(super) fn of(slot: &Slot, slots: &Slots) -> Option<Self> {
        let Parent { slot: parent, condition } = slot.parent()?;
        let deciding = slots.slot(parent);
        let accepts = match (condition, deciding.domain()) {
            (Condition::Over(index), _) => Accepts::Over(index),
            (condition, Domain::Categorical(categorical)) => {
                let chosen = categorical.choices.iter().zip(0..);
                let chosen = chosen.filter(|(_, index)| condition.holds(*index));
                Accepts::Labels(chosen.map(|(label, _)| label.clone()).collect())
            }
            _ => Accepts::Labels(Vec::new()),
        };
        Some(Self { under: deciding.path().to_owned(), accepts })
    }

    fn from_json(object: &Map<String, Json>) -> Option<Self> {
        let under = object.get("under")?.as_str()?.to_owned();
        let labels = object.get("is").and_then(Json::as_array);
        let accepts = match labels {
            Some(labels) => Accepts::Labels(labels.iter().filter_map(scalar).collect()),
            None => Accepts::Over(u32::try_from(object.get("over")?.as_u64()?).ok()?),
        };
        Some(Self { under, accepts })
    }
}

impl Accepts {
    /// True if a value of the deciding parameter makes the other one active.
    pub(crate) fn holds(&self, at: &Label) -> bool {
        match (self, at) {
            (Accepts::Labels(labels), at) => {
                labels.iter().any(|label| label.matches(&at.to_json()))
            }
            (Accepts::Over(index), Label::Int(length)) => *length > i128::from(*index),
            (Accepts::Over(_), _) => false,
        }
    }
}

fn scalar(json: &Json) -> Option<Label> {
    serde_json::from_value(json.clone()).ok()
}

/// The key of a JSON object that says that the study was adopted: no path is empty.
const ADOPTED: &str = "";

impl Absent {
    /// Of a study that another library made.
    pub(super) fn adopted() -> Self {
        Self { is_adopted: true, ..Self::default() }
    }

    pub(crate) fn get(&self, path: &str) -> Option<&Standing> {
        self.standings.get(path)
    }

    pub(super) fn insert(&mut self, path: &str, standing: Standing) {
        self.standings.insert(path.to_owned(), standing);
    }

    pub(super) fn remove(&mut self, path: &str) {
        self.standings.remove(path);
    }

    /// All parameters that are not tuned, by path.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Standing)> {
        self.standings.iter().map(|(path, standing)| (path.as_str(), standing))
    }

    /// True if all trials are points of the space as they stand.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.standings.is_empty() && !self.is_adopted
    }

    /// Returns the entries as a JSON object, by path.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut json: Map<String, Json> = self
            .standings
            .iter()
            .map(|(path, standing)| (path.clone(), standing.to_json()))
            .collect();
        if self.is_adopted {
            json.insert(ADOPTED.to_owned(), true.into());
        }
        Json::Object(json)
    }

    /// Reads [`to_json`](Self::to_json); leaves out what cannot be read.
    #[must_use]
    pub fn from_json(json: &Json) -> Self {
        let entries = || json.as_object().into_iter().flatten();
        let is_adopted = entries().any(|(path, _)| path == ADOPTED);
        let standing =
            |(path, value): (&String, &Json)| Some((path.clone(), Standing::from_json(value)?));
        let standings =
            entries().filter(|(path, _)| *path != ADOPTED).filter_map(standing).collect();
        Self { standings, is_adopted }
    }
}
