//! What a parameter stands at where nothing is said of it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Label;

/// What parameters stand at where nothing is said of them: in trials from before a parameter was there, and in a space that has it
/// no more. By dotted path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Absent(BTreeMap<String, Label>);

impl Absent {
    /// What a parameter stands at; `None` if that is not known.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Label> {
        self.0.get(path)
    }

    pub(super) fn insert(&mut self, path: &str, label: Label) {
        self.0.insert(path.to_owned(), label);
    }

    /// All of them, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Label)> {
        self.0.iter().map(|(path, label)| (path.as_str(), label))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A JSON object, by path.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::Object(self.0.iter().map(|(path, label)| (path.clone(), label.to_json())).collect())
    }

    /// The same again; what is no scalar is left out.
    #[must_use]
    pub fn from_json(json: &Json) -> Self {
        let entries = json.as_object().into_iter().flatten();
        let scalar =
            |(path, value): (&String, &Json)| Some((path.clone(), serde_json::from_value(value.clone()).ok()?));
        Self(entries.filter_map(scalar).collect())
    }
}
