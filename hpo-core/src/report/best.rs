//! The best config: as JSON, and as it may be written in Rust.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::{Expectation, Subject};
use crate::space::{Label, OneOf, Part, Space};
use crate::trial::Trials;

/// The config of the best trial.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BestConfig {
    /// The trial.
    pub number: u64,
    /// Its value.
    pub value: f64,
    /// The active parameters by path, as `Study::enqueue_json` takes them.
    pub json: Json,
    /// The same as a literal of Rust, with the names of fields and variants of the recorded space. Names of types are not recorded:
    /// structs stand as `Config { .. }` or `_ { .. }`, variants by their own names. None if no space is recorded.
    pub rust: Option<String>,
    /// What to expect of it; none where that cannot be told.
    pub expectation: Option<Expectation>,
}

impl BestConfig {
    /// Of the best complete trial that keeps its constraints, of a study with one objective.
    #[must_use]
    pub fn of(subject: &Subject<'_>) -> Option<Self> {
        Self::with(subject, Expectation::of(subject))
    }

    /// The same, with what is to be expected of it, which is dear to compute.
    pub(super) fn with(subject: &Subject<'_>, expectation: Option<Expectation>) -> Option<Self> {
        if subject.directions.len() != 1 {
            return None;
        }
        let number = *best_trials(subject).first()?;
        let value = *subject.trials.values(number).first()?;
        let mut json = Map::new();
        for (id, value) in subject.trials.params(number) {
            json.insert(subject.param(id).path.clone(), subject.label(id, value).to_json());
        }
        let rust = subject.slots.and_then(|slots| Literal { subject, number }.node(slots.space(), "", 0));
        Some(Self { number, value, json: Json::Object(json), rust, expectation })
    }
}

/// The best trials, as [`Trials::best`]; with several objectives it compares with the front alone.
pub(super) fn best_trials(subject: &Subject<'_>) -> Vec<u64> {
    let trials: &Trials = subject.trials;
    if subject.directions.len() == 1 {
        return trials.best(subject.directions);
    }
    super::figure::front(subject, &trials.complete().collect::<Vec<_>>())
}

/// Writes the config of one trial.
struct Literal<'a> {
    subject: &'a Subject<'a>,
    number: u64,
}

impl Literal<'_> {
    fn label(&self, path: &str) -> Option<Label> {
        let id = self.subject.trials.param_id(path)?;
        Some(self.subject.label(id, self.subject.value(self.number, id)?))
    }

    fn node(&self, space: &Space, path: &str, depth: usize) -> Option<String> {
        match space {
            Space::Leaf(_) => Some(written(&self.label(if path.is_empty() { "value" } else { path })?)),
            Space::Fixed(label) => Some(written(label)),
            Space::All(parts) => {
                let name = if depth == 0 { "Config" } else { "_" };
                Some(format!("{name}{}", self.fields(parts, path, depth)?))
            }
            Space::OneOf(one_of) => self.one_of(one_of, path, depth),
            Space::List(list) => {
                let Label::Int(len) = self.label(if path.is_empty() { "len" } else { path })? else { return None };
                let element = |index| self.node(&list.element, &join(path, &format!("{index}")), depth + 1);
                Some(format!("vec![{}]", (0..len).map(element).collect::<Option<Vec<_>>>()?.join(", ")))
            }
        }
    }

    fn one_of(&self, one_of: &OneOf, path: &str, depth: usize) -> Option<String> {
        let tag = match &one_of.tag {
            Some(tag) => join(path, tag),
            None if path.is_empty() => "kind".to_owned(),
            None => path.to_owned(),
        };
        let Label::Text(chosen) = self.label(&tag)? else { return None };
        let index = one_of.variants.iter().position(|variant| variant.name == *chosen)?;
        let variant = &one_of.variants[index];
        let own = join(path, &variant.name);
        let is_option = one_of.variants.iter().map(|variant| variant.name.as_str()).eq(["off", "on"]);
        if is_option {
            return if index == 0 {
                Some("None".to_owned())
            } else {
                Some(format!("Some({})", self.node(&variant.space, &own, depth)?))
            };
        }
        let shared = one_of.shared.iter().filter(|shared| shared.variants.contains(&(index as u32)));
        let shared: Vec<(String, &Space)> =
            shared.map(|shared| (join(path, &shared.part.name), &shared.part.space)).collect();
        let inner = match &variant.space {
            Space::All(parts) if shared.is_empty() => self.fields(parts, &own, depth)?,
            Space::All(parts) => {
                let own = parts.iter().map(|part| (part.name.clone(), join(&own, &part.name), &part.space));
                let all = own.chain(shared.into_iter().map(|(path, space)| (last(&path).to_owned(), path, space)));
                self.written_fields(all.collect(), depth)?
            }
            space => format!("({})", self.node(space, &own, depth + 1)?),
        };
        Some(format!("{}{inner}", pascal(&variant.name)))
    }

    fn fields(&self, parts: &[Part], path: &str, depth: usize) -> Option<String> {
        let parts = parts.iter().map(|part| (part.name.clone(), join(path, &part.name), &part.space));
        self.written_fields(parts.collect(), depth)
    }

    /// ` { a: 1, .. }`, `(1, 2)` for fields that are numbered, nothing for none.
    fn written_fields(&self, parts: Vec<(String, String, &Space)>, depth: usize) -> Option<String> {
        if parts.is_empty() {
            return Some(String::new());
        }
        let is_tuple = parts.iter().enumerate().all(|(index, part)| part.0 == index.to_string());
        let mut fields = Vec::new();
        for (name, path, space) in parts {
            let value = self.node(space, &path, depth + 1)?;
            let is_flattened = name.is_empty();
            fields.push(if is_tuple {
                value
            } else if is_flattened {
                format!("/* flattened */ _: {value}")
            } else {
                format!("{name}: {value}")
            });
        }
        if is_tuple {
            return Some(format!("({})", fields.join(", ")));
        }
        let (inner, outer) = ("    ".repeat(depth + 1), "    ".repeat(depth));
        let lines: Vec<String> = fields.into_iter().map(|field| format!("{inner}{field},\n")).collect();
        Some(format!(" {{\n{}{outer}}}", lines.concat()))
    }
}

fn join(path: &str, name: &str) -> String {
    match (path.is_empty(), name.is_empty()) {
        (_, true) => path.to_owned(),
        (true, false) => name.to_owned(),
        (false, false) => format!("{path}.{name}"),
    }
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// `random-forest` and `random_forest` as `RandomForest`: a renamed variant is called so in Rust, most often.
fn pascal(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    words.map(|word| if word.is_char_boundary(1) { capital(word) } else { word.to_owned() }).collect()
}

fn written(label: &Label) -> String {
    match label {
        Label::Null => "None".to_owned(),
        Label::Text(text) => format!("{text:?}"),
        label => label.to_string(),
    }
}
