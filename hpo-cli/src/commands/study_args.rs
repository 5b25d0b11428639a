//! The study to which trials are added from the command line: an existing one or a new one.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context as _, Error, Result, bail};
use clap::{Args, ValueEnum};
use hpo_core::prelude::*;
use hpo_core::sampler::SamplerConfig;
use hpo_core::space::Params;
use hpo_core::space::{FlatSpace, Space};
use hpo_core::storage::{Storage, StudyRecord};
use hpo_core::study::Note;
use hpo_core::study::StudyBuilder;
use serde_json::Value as Json;

use super::trials::value_names;
use crate::screen::note;
use crate::source::{self, NoStudyYet};

/// What a study that is not there yet is made of.
#[derive(Debug, Args)]
pub(crate) struct StudyArgs {
    /// A file with the space as JSON, to create the study if it does not exist; see docs/cli.md
    #[arg(long, value_name = "FILE")]
    pub(crate) space: Option<PathBuf>,
    /// Whether to minimize or maximize, once per objective; needed for a new study
    #[arg(long, value_name = "DIRECTION", value_enum, value_delimiter = ',')]
    pub(crate) direction: Vec<DirectionArg>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DirectionArg {
    /// Small values are good
    Minimize,
    /// Large values are good
    Maximize,
}

/// A parameter with its value, `PATH=VALUE`. The value is JSON, or else text.
#[derive(Clone, Debug)]
pub(crate) struct FixedArg {
    path: String,
    value: Json,
}

impl FromStr for FixedArg {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (path, value) =
            text.split_once('=').ok_or("write a parameter and its value: lr=1e-3")?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        Ok(Self { path: path.trim().to_owned(), value })
    }
}

/// The settings by which the study proposes configs.
#[derive(Debug, Default)]
pub(crate) struct SamplerArgs {
    pub(crate) sampler: SamplerConfig,
    pub(crate) seed: Option<u64>,
    /// True if a new study starts with the defaults of its space.
    pub(crate) baseline: bool,
    /// The parameters that are not searched, with their values.
    pub(crate) fixed: Vec<FixedArg>,
}

/// The description of a study before it is opened; nothing is written until then.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) directions: Vec<Direction>,
    /// The accepted names for the value of each objective, the usual name first.
    pub(crate) value_names: Vec<Vec<String>>,
    pub(crate) space: Space,
    /// True if the config type forbids some configs, which only its own program can check.
    pub(crate) is_constrained: bool,
}

impl Plan {
    /// Opens the study, and creates it if it does not exist.
    pub(crate) fn open(
        self,
        storage: Arc<dyn Storage>,
        how: &SamplerArgs,
    ) -> Result<Study<Params>> {
        let builder = Study::<Params>::directions(self.directions)
            .space(self.space)
            .sampler(how.sampler.build());
        let builder = builder.storage(storage).name(self.name).baseline(how.baseline).ctrl_c(false);
        let builder = how.seed.into_iter().fold(builder, StudyBuilder::seed);
        let fix = |builder: StudyBuilder<Params>, fixed: &FixedArg| {
            builder.fix(&fixed.path, &fixed.value)
        };
        let builder = how.fixed.iter().fold(builder, fix);
        let study = builder.open()?;
        let relevant = study.notes().iter().filter(|entry| !matches!(entry, Note::Resumed { .. }));
        relevant.for_each(|entry| note(&entry.to_string()));
        Ok(study)
    }
}

impl StudyArgs {
    /// Opens the storage; with a space, creates it if it does not exist.
    pub(crate) fn storage(&self, url: &str) -> Result<Arc<dyn Storage>> {
        match (source::open(url), &self.space) {
            (Err(error), Some(space)) if error.is::<NoStudyYet>() => {
                // Whatever is wrong with a new study is told before its storage is there.
                self.directions(None)?;
                FlatSpace::new(&read_space(space)?)?;
                source::open_or_create(url)
            }
            (opened, Some(_)) => opened,
            (opened, None) => opened.map_err(with_not_created_hint),
        }
    }

    /// Returns the plan for the study with this name, or the only one; with a space, it may be a
    /// new study.
    pub(crate) fn plan(&self, storage: &dyn Storage, name: Option<&str>) -> Result<Plan> {
        let known = self.known(storage, name)?;
        let directions = self.directions(known.as_ref())?;
        let space = match &self.space {
            Some(file) => read_space(file)?,
            None => recorded_space(known.as_ref())?,
        };
        let metrics = known.as_ref().map_or_else(Vec::new, StudyRecord::metric_names);
        let value_names = value_names(directions.len(), &metrics);
        let is_constrained = known.as_ref().is_some_and(StudyRecord::is_constrained);
        let name = known.map_or_else(|| name.unwrap_or("study").to_owned(), |study| study.name);
        Ok(Plan { name, directions, value_names, space, is_constrained })
    }

    /// Returns the study, if it exists. A missing study is an error only if it cannot be created.
    fn known(&self, storage: &dyn Storage, name: Option<&str>) -> Result<Option<StudyRecord>> {
        let studies = storage.studies()?;
        let is_new =
            name.map_or(studies.is_empty(), |name| studies.iter().all(|study| study.name != name));
        if self.space.is_some() && is_new {
            return Ok(None);
        }
        let found = source::study(storage, name);
        found.map(Some).map_err(|error| if is_new { error.context(NOT_CREATED) } else { error })
    }

    fn directions(&self, known: Option<&StudyRecord>) -> Result<Vec<Direction>> {
        let direction = |arg: &DirectionArg| match arg {
            DirectionArg::Minimize => Direction::Minimize,
            DirectionArg::Maximize => Direction::Maximize,
        };
        match (known, &self.direction[..]) {
            (Some(known), []) => Ok(known.directions.clone()),
            (None, []) => {
                bail!("a new study needs --direction minimize or maximize, once per objective")
            }
            (_, given) => Ok(given.iter().map(direction).collect()),
        }
    }
}

const NOT_CREATED: &str = "a new study needs --space and --direction";

/// Adds the hint that nothing was created to an error about a missing storage or study, but not to
/// other errors.
fn with_not_created_hint(error: Error) -> Error {
    if error.is::<NoStudyYet>() { error.context(NOT_CREATED) } else { error }
}

fn read_space(file: &Path) -> Result<Space> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the space of {}", file.display()))?;
    Space::from_json(&text).with_context(|| format!("{} is not a valid space", file.display()))
}

fn recorded_space(known: Option<&StudyRecord>) -> Result<Space> {
    let text = known.and_then(StudyRecord::space_json);
    let text = text.context(
        "the study has no stored space, as another library created it: give one with --space FILE",
    )?;
    Ok(Space::from_json(text)?)
}
