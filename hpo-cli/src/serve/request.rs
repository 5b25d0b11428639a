//! The requests, one per line.

use std::collections::BTreeMap;
use std::str::FromStr;

use anyhow::{Context as _, Result, anyhow, bail};
use hpo_core::pruner::PrunerConfig;
use hpo_core::sampler::SamplerConfig;
use hpo_core::trial::Direction;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::keys;
use super::space::Parameter;
use crate::copy::Named;
use crate::nearest::nearest;

/// A request of the client.
pub(crate) enum Request {
    /// Starts a new study.
    Open(Box<Opening>),
    /// Asks for one trial.
    Ask,
    /// Asks for several trials at once.
    AskMany(u64),
    /// Asks why a trial has its config.
    Explain {
        number: u64,
    },
    Report {
        number: u64,
        step: u64,
        value: f64,
    },
    /// Ends a trial as failed.
    Fail {
        number: u64,
    },
    /// Ends a trial with its values.
    Tell {
        number: u64,
        result: TrialResult,
    },
}

/// The result of a trial.
pub(crate) struct TrialResult {
    /// The values, one per objective; `None` if the trial was stopped early.
    pub(crate) values: Option<Vec<f64>>,
    /// The constraints by name; a value above 0 is a violation.
    pub(super) constraints: BTreeMap<String, f64>,
}

/// The settings of a new study.
pub(crate) struct Opening {
    pub(super) space: Vec<Parameter>,
    /// The directions, one per objective.
    pub(super) directions: Vec<Direction>,
    /// The number of constraints of each result, if the client announced it.
    pub(super) ncon: Option<u64>,
    pub(super) sampler: SamplerConfig,
    pub(super) seed: u64,
    pub(super) pruner: Option<PrunerConfig>,
    /// The number of trials, or of whole trainings under a schedule, if the client announced it.
    pub(super) budget: Option<u64>,
}

/// The JSON form of any request.
#[derive(Deserialize)]
struct Line {
    space: Option<Vec<Named>>,
    direction: Option<String>,
    directions: Option<Vec<String>>,
    ncon: Option<u64>,
    sampler: Option<Json>,
    seed: Option<u64>,
    pruner: Option<Json>,
    budget: Option<u64>,
    ask: Option<u64>,
    explain: Option<u64>,
    report: Option<u64>,
    step: Option<u64>,
    tell: Option<u64>,
    state: Option<String>,
    #[serde(default)]
    value: TellValue,
    values: Option<Vec<f64>>,
    constraints: Option<BTreeMap<String, f64>>,
}

/// The requests, each identified by its key, with all keys that it allows.
const REQUESTS: [(&str, &[&str]); 5] = [
    ("space", &["space", "direction", "directions", "ncon", "sampler", "seed", "pruner", "budget"]),
    ("ask", &["ask"]),
    ("explain", &["explain"]),
    ("report", &["report", "step", "value"]),
    ("tell", &["tell", "value", "values", "constraints", "state"]),
];

/// The largest number of trials that can be asked for at once.
const MOST_ASKED: u64 = 1_000;

/// The value of the key `value`: `null` means that a trial was stopped.
#[derive(Clone, Copy, Default)]
enum TellValue {
    #[default]
    Nothing,
    Null,
    Number(f64),
}

impl<'de> Deserialize<'de> for TellValue {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(TellValue::Null, TellValue::Number))
    }
}

impl FromStr for Request {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        const HINT: &str =
            "this line is not a request (if a trial has no value, send `\"state\": \"failed\"`)";
        let object: Named = serde_json::from_str(text).context(HINT)?;
        let request = REQUESTS.iter().find(|(key, _)| object.0.iter().any(|(own, _)| own == key));
        let Some((kind, known)) = request else {
            bail!(
                "a line needs a `space`, an `ask`, an `explain`, a `report` or a `tell`{}",
                suggestion(&object)
            );
        };
        keys::check(&object, &format!("the request with `{kind}`"), known)?;
        let line: Line = serde_json::from_str(text).context(HINT)?;
        let request = Self::of(line, kind)?;
        keys::check_all(text)?;
        Ok(request)
    }
}

impl Request {
    fn of(line: Line, kind: &str) -> Result<Self> {
        match line {
            Line { space: Some(_), .. } => Ok(Request::Open(Box::new(line.try_into()?))),
            Line { ask: Some(1), .. } => Ok(Request::Ask),
            Line { ask: Some(count @ 2..=MOST_ASKED), .. } => Ok(Request::AskMany(count)),
            Line { ask: Some(count), .. } => {
                bail!("`ask` takes the number of trials, from 1 to {MOST_ASKED}, not {count}")
            }
            Line { explain: Some(number), .. } => Ok(Request::Explain { number }),
            Line {
                report: Some(number),
                step: Some(step),
                value: TellValue::Number(value),
                ..
            } => Ok(Request::Report { number, step, value }),
            Line { report: Some(number), .. } => {
                bail!("the report of trial {number} needs a `step` and a `value`")
            }
            Line { tell: Some(number), state: Some(state), ref value, .. } => {
                let is_alone = line.values.is_none() && line.constraints.is_none();
                match (state.as_str(), value) {
                    ("failed", TellValue::Nothing) if is_alone => Ok(Request::Fail { number }),
                    ("failed", _) => bail!(
                        "`tell` of trial {number} takes a `value` or the `state` failed, not both"
                    ),
                    _ => bail!("the state can only be \"failed\", not \"{state}\""),
                }
            }
            Line { tell: Some(number), value, values, constraints, .. } => {
                let values = tell_values(number, value, values)?;
                let constraints = constraints.unwrap_or_default();
                Ok(Request::Tell { number, result: TrialResult { values, constraints } })
            }
            _ => bail!("`{kind}` is null: give it a value"),
        }
    }
}

/// Returns the values of a trial, one per objective; `None` if it was stopped early.
fn tell_values(
    number: u64,
    value: TellValue,
    values: Option<Vec<f64>>,
) -> Result<Option<Vec<f64>>> {
    match (value, values) {
        (TellValue::Number(value), None) => Ok(Some(vec![value])),
        (TellValue::Null, None) => Ok(None),
        (TellValue::Nothing, Some(values)) => Ok(Some(values)),
        (TellValue::Nothing, None) => bail!(
            "`tell` of trial {number} needs a `value`, which is `null` if it was stopped, or \
             `values`, one for each of the `directions`"
        ),
        _ => bail!("`tell` of trial {number} takes a `value` or `values`, not both"),
    }
}

/// Returns a hint with the request that a mistyped key may have meant.
fn suggestion(object: &Named) -> String {
    let kinds = || REQUESTS.iter().map(|(key, _)| *key);
    let near = object.0.iter().find_map(|(key, _)| nearest(key, kinds()));
    near.map_or_else(String::new, |near| format!(": did you mean `{near}`?"))
}

impl TryFrom<Line> for Opening {
    type Error = anyhow::Error;

    fn try_from(line: Line) -> Result<Self> {
        let directions = match (line.direction, line.directions) {
            (None, None) => vec![Direction::Minimize],
            (Some(one), None) => vec![direction(&one)?],
            (None, Some(several)) if several.is_empty() => {
                bail!("`directions` is empty: list \"minimize\" or \"maximize\" per objective")
            }
            (None, Some(several)) => {
                several.iter().map(|one| direction(one)).collect::<Result<_>>()?
            }
            (Some(_), Some(_)) => bail!("a study has a `direction` or `directions`, not both"),
        };
        let sampler =
            line.sampler.as_ref().map(|json| with_hint(text(json).parse())).transpose()?;
        let pruner = line.pruner.as_ref().filter(|json| !json.is_null()).map(pruner).transpose()?;
        let seed = line.seed.unwrap_or_else(rand_seed);
        let space = line.space.ok_or_else(|| anyhow!("the first line needs a `space`"))?;
        let space = space.iter().map(Parameter::read).collect::<Result<_>>()?;
        Ok(Self {
            space,
            directions,
            ncon: line.ncon,
            sampler: sampler.unwrap_or_default(),
            seed,
            pruner,
            budget: line.budget,
        })
    }
}

fn direction(text: &str) -> Result<Direction> {
    match text {
        "minimize" => Ok(Direction::Minimize),
        "maximize" => Ok(Direction::Maximize),
        other => bail!("the direction is \"minimize\" or \"maximize\", not \"{other}\""),
    }
}

/// Converts an error about an unknown setting to one that suggests the nearest known setting.
fn with_hint<T>(parsed: Result<T, impl std::error::Error>) -> Result<T> {
    parsed.map_err(|error| anyhow!("{}", keys::with_hint(&error.to_string())))
}

/// Parses a pruner from its name or JSON. `asha` with its last step, `max_resource`, pauses trials.
/// Without it nothing can be planned, and trials are stopped at rungs that follow from the first
/// complete trial: two of them, because two stop fewer trials by mistake than many.
fn pruner(json: &Json) -> Result<PrunerConfig> {
    let settings = match json {
        Json::String(name) if name == "asha" => Some(Map::new()),
        Json::Object(object) if object.len() == 1 => match object.get("asha") {
            Some(Json::Object(settings)) => Some(settings.clone()),
            _ => None,
        },
        _ => None,
    };
    match settings {
        Some(settings) if !settings.contains_key("max_resource") => stopping_asha(settings),
        _ => with_hint(text(json).parse()),
    }
}

/// Returns the successive halving that stops trials, from settings by the names of `asha`.
fn stopping_asha(mut settings: Map<String, Json>) -> Result<PrunerConfig> {
    const KNOWN: [&str; 3] = ["max_resource", "min_resource", "factor"];
    if let Some(unknown) = settings.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        let near = nearest(unknown, KNOWN);
        let near = near.map_or_else(String::new, |near| format!(": did you mean `{near}`?"));
        bail!("`asha` does not take the setting `{unknown}`{near}");
    }
    let factor = settings.remove("factor").unwrap_or_else(|| 3.into());
    let mut halving = Map::from_iter([("reduction_factor".to_owned(), factor)]);
    match settings.remove("min_resource") {
        Some(first) => halving.insert("min_resource".to_owned(), first),
        None => halving.insert("rungs".to_owned(), 2.into()),
    };
    with_hint(json!({ "successive_halving": halving }).to_string().parse())
}

/// Returns a string as it is, anything else as JSON.
fn text(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

pub(super) fn rand_seed() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(0)
}
