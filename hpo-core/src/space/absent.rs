//! The values assumed for parameters that a trial has no value of, or that a space does not tune.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::Label;

/// The assumed values of parameters where they are not tuned, by dotted path: in trials older than
/// a parameter, and in a space that no longer has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Absent(BTreeMap<String, Standing>);

/// The assumed value of one parameter where it is not tuned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Standing {
    /// The value assumed for trials without a value of this parameter. It never changes; `None` if
    /// it is not the same for all of them.
    pub(crate) lacking: Option<Label>,
    /// The value assumed in the present space, if it differs from `lacking`: trials of the present
    /// space have it stored.
    pub(crate) now: Option<Label>,
    /// True if the parameter depends on another one: a trial may then lack it because it was
    /// inactive.
    pub(crate) is_conditional: bool,
}

impl Standing {
    pub(super) fn at(label: Label, is_conditional: bool) -> Self {
        Self { lacking: Some(label), now: None, is_conditional }
    }

    /// Returns the value assumed in the present space.
    pub(crate) fn present(&self) -> Option<&Label> {
        self.now.as_ref().or(self.lacking.as_ref())
    }

    fn to_json(&self) -> Json {
        match self {
            Self { lacking: Some(label), now: None, is_conditional: false } => label.to_json(),
            Self { lacking, now, is_conditional } => {
                let mut json = json!({});
                for (key, label) in [("lacking", lacking), ("now", now)] {
                    if let Some(label) = label {
                        json[key] = label.to_json();
                    }
                }
                if *is_conditional {
                    json["conditional"] = true.into();
                }
                json
            }
        }
    }

    /// Reads an entry; `None` if the JSON is neither a scalar nor an object.
    fn from_json(json: &Json) -> Option<Self> {
        let scalar = |json: &Json| serde_json::from_value(json.clone()).ok();
        if json.is_object() {
            let [lacking, now] = ["lacking", "now"].map(|key| json.get(key).and_then(scalar));
            return Some(Self { lacking, now, is_conditional: json["conditional"] == true });
        }
        Some(Self::at(scalar(json)?, false))
    }
}

impl Absent {
    /// Returns the assumed value of a parameter, if one is recorded.
    pub(crate) fn get(&self, path: &str) -> Option<&Standing> {
        self.0.get(path)
    }

    pub(super) fn insert(&mut self, path: &str, standing: Standing) {
        self.0.insert(path.to_owned(), standing);
    }

    /// Returns all entries, by path.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Standing)> {
        self.0.iter().map(|(path, standing)| (path.as_str(), standing))
    }

    /// Returns true if no value is recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the entries as a JSON object, by path.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::Object(self.0.iter().map(|(path, standing)| (path.clone(), standing.to_json())).collect())
    }

    /// Reads the JSON object of [`to_json`](Self::to_json); entries that cannot be read are left
    /// out.
    #[must_use]
    pub fn from_json(json: &Json) -> Self {
        let entries = json.as_object().into_iter().flatten();
        Self(entries.filter_map(|(path, value)| Some((path.clone(), Standing::from_json(value)?))).collect())
    }
}
