//! The values of parameters that a space does not tune: in trials from before a parameter was
//! added, and in trials of a space that no longer has it.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::flat_space::{FlatSpace, Parameter, Parent};
use super::{Condition, Label};
use crate::space::Domain;

/// The values of parameters that are not tuned, by dotted path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Absent {
    entries: BTreeMap<String, OffSpace>,
    /// True if trials may not be points of the space, because another library created the study.
    pub(crate) is_adopted: bool,
}

/// The values of one parameter that is not tuned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OffSpace {
    pub(crate) lacking: ImpliedValue,
    /// The value in the present space, if it differs from the one that trials without a value had.
    /// Trials of the present space store it explicitly.
    pub(crate) now: Option<Label>,
    /// The condition under which the parameter is active; `None` if it always is.
    pub(crate) when: Option<When>,
}

/// The value of the parameter in trials in which it was active but not stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ImpliedValue {
    /// All these trials had this value.
    At(Label),
    /// These trials had several values, and it is not known which trial had which.
    Several,
    /// There are no such trials: the parameter was removed together with its branch.
    NoTrial,
}

/// The condition under which a parameter is active, in terms that are valid in all spaces of the
/// study.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct When {
    /// The path of the deciding parameter.
    pub(crate) under: String,
    pub(crate) accepts: Accepts,
}

/// The values of the deciding parameter for which the dependent one is active.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Accepts {
    /// The deciding parameter has one of these choices.
    Labels(Vec<Label>),
    /// The deciding parameter is a length above this index.
    LengthAbove(u32),
}

impl OffSpace {
    pub(super) fn at(label: Label, when: Option<When>) -> Self {
        Self { lacking: ImpliedValue::At(label), now: None, when }
    }

    /// Returns the value in the present space, if it is known.
    pub(crate) fn present(&self) -> Option<&Label> {
        self.now.as_ref().or(self.lacking.label())
    }

    /// Returns true if trials of the present space store the value explicitly.
    pub(crate) fn is_written(&self) -> bool {
        self.now.is_some() && self.lacking.label().is_some()
    }

    fn to_json(&self) -> Json {
        if let Self { lacking: ImpliedValue::At(label), now: None, when: None } = self {
            return label.to_json();
        }
        let mut json = Map::new();
        match &self.lacking {
            ImpliedValue::At(label) => drop(json.insert("lacking".to_owned(), label.to_json())),
            ImpliedValue::Several => drop(json.insert("several".to_owned(), true.into())),
            ImpliedValue::NoTrial => {}
        }
        if let Some(label) = &self.now {
            json.insert("now".to_owned(), label.to_json());
        }
        if let Some(when) = &self.when {
            json.insert("under".to_owned(), when.under.clone().into());
            let (key, accepts) = match &when.accepts {
                Accepts::Labels(labels) => ("is", labels.iter().map(Label::to_json).collect()),
                Accepts::LengthAbove(index) => ("over", Json::from(*index)),
            };
            json.insert(key.to_owned(), accepts);
        }
        Json::Object(json)
    }

    /// Reads an entry; `None` if the JSON is neither a scalar nor an object.
    fn from_json(json: &Json) -> Option<Self> {
        let Some(object) = json.as_object() else { return Some(Self::at(scalar(json)?, None)) };
        let lacking = match object.get("lacking").and_then(scalar) {
            Some(label) => ImpliedValue::At(label),
            None if object.contains_key("several") => ImpliedValue::Several,
            None => ImpliedValue::NoTrial,
        };
        Some(Self {
            lacking,
            now: object.get("now").and_then(scalar),
            when: When::from_json(object),
        })
    }
}

impl ImpliedValue {
    pub(crate) fn label(&self) -> Option<&Label> {
        if let ImpliedValue::At(label) = self { Some(label) } else { None }
    }
}

impl When {
    /// Returns the condition of a parameter of a space; `None` if it is always active.
    pub(super) fn of(parameter: &Parameter, flat: &FlatSpace) -> Option<Self> {
        let Parent { parameter: parent, condition } = parameter.parent()?;
        let deciding = flat.parameter(parent);
        let accepts = match (condition, deciding.domain()) {
            (Condition::LengthAbove(index), _) => Accepts::LengthAbove(index),
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
            None => Accepts::LengthAbove(u32::try_from(object.get("over")?.as_u64()?).ok()?),
        };
        Some(Self { under, accepts })
    }
}

impl Accepts {
    /// Returns true if a value of the deciding parameter makes the dependent one active.
    pub(crate) fn holds(&self, at: &Label) -> bool {
        match (self, at) {
            (Accepts::Labels(labels), at) => {
                labels.iter().any(|label| label.matches(&at.to_json()))
            }
            (Accepts::LengthAbove(index), Label::Int(length)) => *length > i128::from(*index),
            (Accepts::LengthAbove(_), _) => false,
        }
    }
}

fn scalar(json: &Json) -> Option<Label> {
    serde_json::from_value(json.clone()).ok()
}

/// The JSON key that marks a study as adopted from another library. It cannot be a path, because no
/// path is empty.
const ADOPTED: &str = "";

impl Absent {
    /// Returns the entries of a study that another library created: none yet.
    pub(super) fn adopted() -> Self {
        Self { is_adopted: true, ..Self::default() }
    }

    pub(crate) fn get(&self, path: &str) -> Option<&OffSpace> {
        self.entries.get(path)
    }

    pub(super) fn insert(&mut self, path: &str, entry: OffSpace) {
        self.entries.insert(path.to_owned(), entry);
    }

    pub(super) fn remove(&mut self, path: &str) {
        self.entries.remove(path);
    }

    /// Returns all parameters that are not tuned, sorted by path.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &OffSpace)> {
        self.entries.iter().map(|(path, entry)| (path.as_str(), entry))
    }

    /// Returns true if all trials are points of the space as they are stored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && !self.is_adopted
    }

    /// Returns the entries as a JSON object, by path.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut json: Map<String, Json> =
            self.entries.iter().map(|(path, entry)| (path.clone(), entry.to_json())).collect();
        if self.is_adopted {
            json.insert(ADOPTED.to_owned(), true.into());
        }
        Json::Object(json)
    }

    /// Reads the output of [`to_json`](Self::to_json). Entries that cannot be read are skipped.
    #[must_use]
    pub fn from_json(json: &Json) -> Self {
        let entries = || json.as_object().into_iter().flatten();
        let is_adopted = entries().any(|(path, _)| path == ADOPTED);
        let entry =
            |(path, value): (&String, &Json)| Some((path.clone(), OffSpace::from_json(value)?));
        let entries = entries().filter(|(path, _)| *path != ADOPTED).filter_map(entry).collect();
        Self { entries, is_adopted }
    }
}
