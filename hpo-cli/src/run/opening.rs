//! The study of a run: what it tunes, what it optimizes, and how it is opened.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use hpo_core::prelude::*;
use hpo_core::pruner::{Asha, HyperbandSchedule, PrunerConfig};
use hpo_core::space::Params;
use hpo_core::space::{FlatSpace, Space};
use hpo_core::storage::{Storage, StudyRecord};
use hpo_core::study::{Parallel, Resources, StudyBuilder};

use super::declared::{self, Declared};
use super::options::Options;
use super::param;
use super::placement::Placement;
use super::process::Shims;
use crate::screen::note;
use crate::source::{self, NoStudyYet};

/// A study before it is opened; nothing is written until then.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) objectives: Vec<(String, Direction)>,
    pub(crate) flat: Arc<FlatSpace>,
    /// The study, if it exists already.
    pub(crate) known: Option<StudyRecord>,
}

impl Plan {
    /// Finds out what is to be tuned: from the options, the existing study, or the program.
    ///
    /// # Errors
    /// If that is not known, or is no space; if the study has other objectives.
    pub(crate) fn new(options: &Options, url: &str, shims: &Shims) -> Result<Self> {
        let known = known(url, options.study.as_deref())?;
        let recorded = known.as_ref().and_then(StudyRecord::space_json);
        let is_given = options.space.is_some() || !options.param.is_empty();
        let recorded = recorded.map(Space::from_json).transpose()?;
        let mut declared = None;
        let space = if let Some(file) = &options.space {
            super::read_space(file)?
        } else if is_given {
            param::space(&options.param)?
        // A space of a Rust type names its parts: the program can say if it has changed.
        } else if let Some(recorded) = recorded.filter(|space| space.rust().is_none()) {
            recorded
        } else {
            let Declared { space, objectives } = declared::ask(&options.command, shims)?;
            declared = Some(objectives);
            space
        };
        let flat = FlatSpace::new(&space)?;
        let name = known.as_ref().map(|study| study.name.clone());
        let name = name.or_else(|| options.study.clone()).unwrap_or_else(|| "study".to_owned());
        let objectives = objectives(options, declared, known.as_ref())?;
        Ok(Self { name, objectives, flat, known })
    }

    /// Returns the study as it is now: another worker may have created it since the plan was made.
    ///
    /// # Errors
    /// If the storage cannot be read.
    pub(crate) fn present(&self, url: &str) -> Result<Option<StudyRecord>> {
        known(url, Some(&self.name))
    }

    /// Returns the directions, one per objective.
    pub(crate) fn directions(&self) -> Vec<Direction> {
        self.objectives.iter().map(|(_, direction)| *direction).collect()
    }

    /// Returns the names of the metrics, one per objective.
    pub(crate) fn names(&self) -> Vec<String> {
        self.objectives.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Returns the objective by which trials are pruned, counted from 0.
    pub(crate) fn pruning_objective(&self, prune_on: Option<&str>) -> Result<usize> {
        let Some(name) = prune_on else { return Ok(0) };
        let place = self.objectives.iter().position(|(own, _)| own == name);
        place.with_context(|| {
            format!("--prune-on {name}: the objectives are `{}`", self.names().join("`, `"))
        })
    }

    /// Returns the builder of the study.
    pub(crate) fn builder(
        &self,
        options: &Options,
        storage: Arc<dyn Storage>,
        placement: &Placement,
    ) -> Result<StudyBuilder<Params, Parallel>> {
        let builder = Study::<Params>::directions(self.directions())
            .space(self.flat.space().clone())
            .metric_names(self.names())
            .sampler(options.sampler.build())
            .storage(storage)
            .name(&self.name)
            .retries(options.retries)
            .ctrl_c(false);
        let builder = options.seed.into_iter().fold(builder, StudyBuilder::seed);
        let builder = options.time.into_iter().fold(builder, StudyBuilder::timeout);
        let builder = match &options.pruner {
            Some(pruner) => {
                let objective = self.pruning_objective(options.prune_on.as_deref())?;
                builder.pruner(pruner_of(pruner, options.steps)?.build()).prune_on(objective)
            }
            None => builder,
        };
        let builder =
            options.max_failures.into_iter().fold(builder, StudyBuilder::max_consecutive_failures);
        Ok(match options.gpus {
            Some(gpus) => {
                // Cards alone bound the number of workers, as processors do not without them.
                let machine = Resources::new().cpus(MOST_WORKERS).gpus(placement.count() as f64);
                let builder = builder.machine(machine);
                let builder = builder.resources_per_trial(Resources::new().gpus(gpus));
                options.workers.into_iter().fold(builder, StudyBuilder::workers)
            }
            None => builder.workers(options.workers.unwrap_or(1)),
        })
    }
}

/// More processors than any machine has.
const MOST_WORKERS: f64 = 10_000.0;

/// Parses a pruner. Schedules by their bare names take the number of steps from `--steps`.
pub(crate) fn pruner_of(text: &str, steps: Option<u64>) -> Result<PrunerConfig> {
    match (text, steps) {
        ("asha", Some(steps)) => Ok(PrunerConfig::Asha(Asha::builder(steps).build()?)),
        ("brackets", Some(steps)) => Ok(PrunerConfig::HyperbandSchedule(
            HyperbandSchedule::builder().max_resource(steps).build()?,
        )),
        ("asha" | "brackets", None) => bail!(
            "--pruner {text} pauses trials and promotes the best, so it must know the steps of a \
             whole trial: add --steps 27, or take successive_halving, which only stops trials"
        ),
        _ => Ok(text.parse()?),
    }
}

/// Returns the study, if it exists.
fn known(url: &str, name: Option<&str>) -> Result<Option<StudyRecord>> {
    let storage = match source::open(url) {
        Ok(storage) => storage,
        Err(error) if error.is::<NoStudyYet>() => return Ok(None),
        Err(error) => return Err(error),
    };
    let studies = storage.studies()?;
    match name {
        Some(name) => Ok(studies.into_iter().find(|study| study.name == name)),
        None if studies.is_empty() => Ok(None),
        None => source::study(&*storage, None).map(Some),
    }
}

/// Returns the objectives: those of the options, of the program, or of the study, in the order of
/// the study if it exists.
fn objectives(
    options: &Options,
    declared: Option<Vec<(String, Direction)>>,
    known: Option<&StudyRecord>,
) -> Result<Vec<(String, Direction)>> {
    let named = |names: &[String], direction| {
        names.iter().map(move |name| (name.clone(), direction)).collect::<Vec<_>>()
    };
    let mut given = named(&options.minimize, Direction::Minimize);
    given.extend(named(&options.maximize, Direction::Maximize));
    let recorded = known.map(|study| {
        study.metric_names().into_iter().zip(study.directions.iter().copied()).collect::<Vec<_>>()
    });
    let recorded = recorded.unwrap_or_default();
    let mut wanted = match (given.is_empty(), declared) {
        (false, _) => given,
        (true, Some(declared)) => declared,
        (true, None) => recorded.clone(),
    };
    ensure!(
        !wanted.is_empty(),
        "name the value that the program reports: --minimize loss, or --maximize accuracy"
    );
    if let Some(twice) =
        (1..wanted.len()).find(|own| wanted[..*own].iter().any(|(name, _)| *name == wanted[*own].0))
    {
        bail!("the objective `{}` is given twice", wanted[twice].0);
    }
    let place = |name: &str| recorded.iter().position(|(own, _)| own == name);
    wanted.sort_by_key(|(name, _)| place(name).unwrap_or(usize::MAX));
    Ok(wanted)
}

/// Opens the study, and creates it if it does not exist.
pub(crate) fn open(builder: StudyBuilder<Params, Parallel>) -> Result<Study<Params, Parallel>> {
    let study = builder.open()?;
    for found in study.notes() {
        note(&found.to_string());
    }
    Ok(study)
}
