//! Conversion of flat lists of parameters with conditions, as other tools write spaces, to a tree.
//!
//! A parameter with dependent parameters becomes a choice between variants, and these become parts
//! of the variants: of a single one or, if they depend on several values, shared by those. Names
//! may contain any letters; inside the tree they are numbers.

use std::collections::HashMap;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use hpo_core::space::{
    Categorical, Domain, FlatSpace, Float, Int, Label, OneOf, Params, Part, Shared, Space, Value,
};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::keys;
use crate::copy::Named;

/// A parameter of the list.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Parameter {
    name: String,
    #[serde(flatten)]
    kind: Kind,
    condition: Option<Condition>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Kind {
    Float {
        low: f64,
        high: f64,
        #[serde(default)]
        log: bool,
        step: Option<f64>,
    },
    Int {
        low: i64,
        high: i64,
        #[serde(default)]
        log: bool,
        step: Option<i64>,
    },
    Categorical {
        choices: Vec<Label>,
    },
}

/// The condition under which a parameter is active: its parent is active and has one of these
/// values.
#[derive(Clone, Debug, Deserialize)]
struct Condition {
    param: String,
    values: Vec<Json>,
}

/// The largest number of values of an integer with dependent parameters.
const MOST_VARIANTS: i64 = 1_000;

/// The largest depth of nested conditions.
const MOST_NESTED: usize = 100;

/// The largest number of values of a parameter that share dependent parameters.
const MOST_SHARING: u32 = 64;

/// The client's names of the parameters and their choices.
pub(super) struct Names {
    parameters: Vec<String>,
    /// The original choices of a parameter that became variants.
    choices: HashMap<usize, Vec<Label>>,
    /// The index of the parameter of each slot.
    by_parameter: Vec<usize>,
}

/// Returns the space, and the names in it. With `keeps_plain`, a parameter whose name is plain has it in
/// the space too, so that reports show it; without, all are called by their numbers.
pub(super) fn read(parameters: &[Parameter], keeps_plain: bool) -> Result<(Space, Names)> {
    let mut index: HashMap<&str, usize> = HashMap::new();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); parameters.len()];
    let mut roots = Vec::new();
    for (own, parameter) in parameters.iter().enumerate() {
        let name = &parameter.name;
        match &parameter.condition {
            None => roots.push(own),
            Some(condition) => {
                let parent = index.get(condition.param.as_str()).copied();
                let parent = parent.with_context(|| {
                    format!(
                        "`{name}` depends on `{}`, which is not listed before it",
                        condition.param
                    )
                })?;
                children[parent].push(own);
            }
        }
        ensure!(index.insert(name.as_str(), own).is_none(), "two parameters are called `{name}`");
    }
    ensure!(!parameters.is_empty(), "the `space` has no parameters");
    let mut reader =
        Reader { parameters, children: &children, choices: HashMap::new(), keeps_plain };
    let parts = roots.into_iter().map(|root| reader.part(root, 0)).collect::<Result<_>>()?;
    let names = parameters.iter().map(|parameter| parameter.name.clone()).collect();
    Ok((
        Space::All(parts),
        Names { parameters: names, choices: reader.choices, by_parameter: Vec::new() },
    ))
}

struct Reader<'a> {
    parameters: &'a [Parameter],
    children: &'a [Vec<usize>],
    choices: HashMap<usize, Vec<Label>>,
    keeps_plain: bool,
}

impl Reader<'_> {
    /// Returns the name of a parameter in the space.
    fn segment(&self, own: usize) -> String {
        let name = &self.parameters[own].name;
        if self.keeps_plain && is_plain(name) { name.clone() } else { own.to_string() }
    }

    fn part(&mut self, own: usize, depth: usize) -> Result<Part> {
        let name = &self.parameters[own].name;
        ensure!(depth < MOST_NESTED, "`{name}` is nested under more than {MOST_NESTED} conditions");
        let space = if self.children[own].is_empty() {
            Space::Leaf(self.parameters[own].kind.domain())
        } else {
            Space::OneOf(self.one_of(own, depth)?)
        };
        Ok(Part::new(self.segment(own), space))
    }

    fn one_of(&mut self, own: usize, depth: usize) -> Result<OneOf> {
        let name = &self.parameters[own].name;
        let labels = self.parameters[own]
            .kind
            .labels()
            .with_context(|| format!("`{name}` has dependent parameters"))?;
        let mut parts: Vec<Vec<Part>> = vec![Vec::new(); labels.len()];
        let mut shared = Vec::new();
        for &child in &self.children[own] {
            let part = self.part(child, depth + 1)?;
            match self.variants(child, &labels)?[..] {
                [] => {}
                [only] => parts[only as usize].push(part),
                ref variants if variants.iter().any(|variant| *variant >= MOST_SHARING) => bail!(
                    "`{}` depends on several values of `{name}`: such a condition may list only \
                     the first {MOST_SHARING} values",
                    self.parameters[child].name
                ),
                ref variants => shared.push(Shared { variants: variants.to_vec(), part }),
            }
        }
        self.choices.insert(own, labels);
        let variants = parts.into_iter().enumerate();
        let variants = variants
            .map(|(index, parts)| Part::new(format!("v{index}"), Space::All(parts)))
            .collect();
        // A tag of its own, so that the path of the choice contains the index of its parameter.
        Ok(OneOf { variants, tag: Some(self.segment(own)), default: None, shared })
    }

    /// Returns the indices of the values under which a parameter is active, in order.
    fn variants(&self, child: usize, labels: &[Label]) -> Result<Vec<u32>> {
        let Parameter { name, condition: Some(condition), .. } = &self.parameters[child] else {
            return Ok(Vec::new());
        };
        for value in &condition.values {
            let is_known = labels.iter().any(|label| label_is(label, value));
            ensure!(
                is_known,
                "`{name}` depends on `{}` being {value}, which is not one of its values",
                condition.param
            );
        }
        let is_kept = |label: &Label| condition.values.iter().any(|value| label_is(label, value));
        Ok(labels
            .iter()
            .zip(0..)
            .filter(|(label, _)| is_kept(label))
            .map(|(_, index)| index)
            .collect())
    }
}

impl Parameter {
    /// Reads a parameter of the list.
    pub(super) fn read(object: &Named) -> Result<Self> {
        let get = |key: &str| object.0.iter().find(|(own, _)| own == key).map(|(_, value)| value);
        let what = match get("name").and_then(Json::as_str) {
            Some(name) => format!("the parameter `{name}`"),
            None => "a parameter of the `space`".to_owned(),
        };
        let is_choice = get("type").and_then(Json::as_str) == Some("categorical");
        let known: &[&str] = if is_choice {
            &["name", "type", "choices", "condition"]
        } else {
            &["name", "type", "low", "high", "log", "step", "condition"]
        };
        keys::check(object, &what, known)?;
        if let Some(condition) = get("condition").and_then(keys::object) {
            keys::check(&condition, &format!("the condition of {what}"), &["param", "values"])?;
        }
        let object = Json::Object(object.0.iter().cloned().collect());
        serde_json::from_value(object)
            .map_err(|error| anyhow!("{what}: {}", keys::with_hint(&error.to_string())))
    }
}

impl Kind {
    fn domain(&self) -> Domain {
        match self.clone() {
            Kind::Float { low, high, log, step } => {
                Domain::Float(Float { log, step, ..Float::new(low, high) })
            }
            Kind::Int { low, high, log, step } => {
                // A step of 1 on a log scale means every integer, not powers of 1.
                let step = step.filter(|step| *step != 1).map(i128::from);
                Domain::Int(Int { log, step, ..Int::new(low.into(), high.into()) })
            }
            Kind::Categorical { choices } => Domain::Categorical(Categorical::new(choices)),
        }
    }

    /// Returns all values of a parameter with dependent parameters.
    fn labels(&self) -> Result<Vec<Label>> {
        match self {
            Kind::Categorical { choices } => Ok(choices.clone()),
            Kind::Int { low, high, step, .. } if high.saturating_sub(*low) < MOST_VARIANTS => {
                let step = usize::try_from(step.unwrap_or(1))
                    .ok()
                    .filter(|step| *step > 0)
                    .context("`step` must be above 0")?;
                Ok((*low..=*high).step_by(step).map(Label::from).collect())
            }
            Kind::Int { .. } => bail!("it may have at most {MOST_VARIANTS} values"),
            Kind::Float { .. } => bail!("it must be categorical or an integer"),
        }
    }
}

impl Names {
    /// Adds the parameters of the checked space.
    pub(super) fn on(mut self, flat: &FlatSpace) -> Self {
        let last = |path: &str| self.index(path);
        self.by_parameter = flat
            .iter()
            .map(|slot| last(slot.path()).expect("every part is called by its number or its name"))
            .collect();
        self
    }

    /// Converts an error about the space to one with the client's name of the parameter.
    pub(super) fn with_client_name(&self, error: hpo_core::Error) -> anyhow::Error {
        let hpo_core::Error::Space(space) = &error else { return error.into() };
        match self.index(&space.path).and_then(|own| self.parameters.get(own)) {
            Some(name) => anyhow::anyhow!("the parameter `{name}`: {}", space.kind),
            None => error.into(),
        }
    }

    /// Returns the index of the parameter at a path.
    fn index(&self, path: &str) -> Option<usize> {
        let segment = path.rsplit('.').next()?;
        let named = || self.parameters.iter().position(|name| name == segment);
        segment.parse().ok().or_else(named)
    }

    /// Returns a config in the client's form.
    pub(super) fn to_client(&self, params: &Params) -> Map<String, Json> {
        let entries = params.iter().zip(params.labels()).map(|((slot, value), (_, label))| {
            let own = self.by_parameter[slot as usize];
            let label = match (self.choices.get(&own), value) {
                (Some(labels), Value::Choice(index)) => labels[index as usize].clone(),
                _ => label,
            };
            (self.parameters[own].clone(), label.to_json())
        });
        entries.collect()
    }
}

/// Returns true if a name can be a part of a path, and is neither a number nor that of a variant.
fn is_plain(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_variant = name.strip_prefix('v').is_some_and(|rest| rest.parse::<u64>().is_ok());
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(is_letter)
        && !is_variant
}

fn label_is(label: &Label, json: &Json) -> bool {
    let own = label.to_json();
    own == *json || (own.is_number() && own.as_f64() == json.as_f64())
}
