//! What a parameter stands at in trials that have no value of it, and in a space that does not tune it.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::Label;

/// What parameters stand at where they are not tuned, by dotted path: in trials from before a parameter was there, and in a space
/// that has it no more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Absent(BTreeMap<String, Standing>);

/// What a parameter stands at where it is not tuned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Standing {
    /// What trials without a value of it stand at. It never changes; `None` if that is not the same for all of them.
    pub(crate) lacking: Option<Label>,
    /// What it stands at in the present space, where that is another value: trials of that space have it written down.
    pub(crate) now: Option<Label>,
    /// Whether it hangs on another parameter: then a trial may lack it since it was not active.
    pub(crate) is_conditional: bool,
}

impl Standing {
    pub(super) fn at(label: Label, is_conditional: bool) -> Self {
        Self { lacking: Some(label), now: None, is_conditional }
    }

    /// What it stands at in the present space.
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

    /// `None` for what is neither a scalar nor an object.
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
    /// What is known of a parameter.
    pub(crate) fn get(&self, path: &str) -> Option<&Standing> {
        self.0.get(path)
    }

    pub(super) fn insert(&mut self, path: &str, standing: Standing) {
        self.0.insert(path.to_owned(), standing);
    }

    /// All of them, by path.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Standing)> {
        self.0.iter().map(|(path, standing)| (path.as_str(), standing))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A JSON object, by path.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::Object(self.0.iter().map(|(path, standing)| (path.clone(), standing.to_json())).collect())
    }

    /// The same again; what cannot be read is left out.
    #[must_use]
    pub fn from_json(json: &Json) -> Self {
        let entries = json.as_object().into_iter().flatten();
        Self(entries.filter_map(|(path, value)| Some((path.clone(), Standing::from_json(value)?))).collect())
    }
}
