//! The lines that are read.

use std::str::FromStr;

use anyhow::{Context as _, Result, anyhow, bail};
use hpo_core::pruner::PrunerConfig;
use hpo_core::sampler::SamplerConfig;
use hpo_core::trial::Direction;
use serde::Deserialize;
use serde_json::Value as Json;

use super::space::Parameter;

/// One line.
pub(super) enum Request {
    /// A new study.
    Open(Box<Opening>),
    Ask,
    Report {
        number: u64,
        step: u64,
        value: f64,
    },
    /// The end of a trial that failed.
    Fail {
        number: u64,
    },
    /// The end of a trial; without a value, of one that was stopped.
    Tell {
        number: u64,
        value: Option<f64>,
    },
}

/// How a study begins.
pub(super) struct Opening {
    pub(super) space: Vec<Parameter>,
    pub(super) direction: Direction,
    pub(super) sampler: SamplerConfig,
    pub(super) seed: u64,
    pub(super) pruner: Option<PrunerConfig>,
}

/// Any line, as it stands in JSON. What is not known is passed over.
#[derive(Deserialize)]
struct Line {
    space: Option<Vec<Parameter>>,
    direction: Option<String>,
    sampler: Option<Json>,
    seed: Option<u64>,
    pruner: Option<Json>,
    ask: Option<Json>,
    report: Option<u64>,
    step: Option<u64>,
    tell: Option<u64>,
    state: Option<String>,
    #[serde(default)]
    value: Told,
}

/// What stands behind `value`: `null` says that a trial was stopped.
#[derive(Clone, Copy, Default)]
enum Told {
    #[default]
    Nothing,
    Null,
    Number(f64),
}

impl<'de> Deserialize<'de> for Told {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Told::Null, Told::Number))
    }
}

impl FromStr for Request {
    type Err = anyhow::Error;

    fn from_str(line: &str) -> Result<Self> {
        let line: Line = serde_json::from_str(line)
            .context("this line is no request (for a trial without a number, tell `\"state\": \"failed\"`)")?;
        if line.space.is_some() {
            return Ok(Request::Open(Box::new(line.try_into()?)));
        }
        match line {
            Line { ask: Some(_), .. } => Ok(Request::Ask),
            Line { report: Some(number), step: Some(step), value: Told::Number(value), .. } => {
                Ok(Request::Report { number, step, value })
            }
            Line { report: Some(number), .. } => bail!("the report of trial {number} needs a `step` and a `value`"),
            Line { tell: Some(number), state: Some(state), .. } if state == "failed" => Ok(Request::Fail { number }),
            Line { state: Some(state), .. } => bail!("the state may be \"failed\", not \"{state}\""),
            Line { tell: Some(number), value, .. } => match value {
                Told::Number(value) => Ok(Request::Tell { number, value: Some(value) }),
                Told::Null => Ok(Request::Tell { number, value: None }),
                Told::Nothing => bail!("the end of trial {number} needs a `value`, which is `null` if it was stopped"),
            },
            _ => bail!("a line has a `space`, an `ask`, a `report` or a `tell`"),
        }
    }
}

impl TryFrom<Line> for Opening {
    type Error = anyhow::Error;

    fn try_from(line: Line) -> Result<Self> {
        let direction = match line.direction.as_deref() {
            None | Some("minimize") => Direction::Minimize,
            Some("maximize") => Direction::Maximize,
            Some(other) => bail!("the direction is \"minimize\" or \"maximize\", not \"{other}\""),
        };
        let sampler = line.sampler.as_ref().map(|json| text(json).parse()).transpose()?;
        let pruner = line.pruner.as_ref().filter(|json| !json.is_null()).map(pruner).transpose()?;
        let seed = line.seed.unwrap_or_else(rand_seed);
        let space = line.space.ok_or_else(|| anyhow!("the first line gives the `space`"))?;
        Ok(Self { space, direction, sampler: sampler.unwrap_or_default(), seed, pruner })
    }
}

/// A pruner by its name or as JSON. Where trials end for good when they stop, ASHA is the successive halving that stops them;
/// with two rungs, for these stop fewer trials by mistake than many.
fn pruner(json: &Json) -> Result<PrunerConfig> {
    match text(json).as_str() {
        "asha" => Ok(r#"{"successive_halving": {"rungs": 2, "reduction_factor": 3}}"#.parse()?),
        other => Ok(other.parse()?),
    }
}

/// A name as it is, anything else as JSON.
fn text(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

fn rand_seed() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(0)
}
