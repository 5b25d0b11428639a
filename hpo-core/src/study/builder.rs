//! The builder of studies: it creates a study, or resumes an existing one.

use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::opening::{Definition, Opened, params_of};
use super::replay::SamplerRecord;
use super::run::{Settings, refuse, run_settings};
use super::source::Source;
use super::{
    Config, Note, Oracle, Parallel, Sequential, Study, Trial, attribute, outcome::Evaluation,
};
use crate::checkpoint::Checkpoints;
use crate::error::{Error, Result};
use crate::pruner::Pruner;
use crate::sampler::{Auto, Duplicates, Sampler};
use crate::space::{Absent, FixedParams, FlatSpace, Params, Space};
use crate::storage::{Storage, StudyId};
use crate::trial::{Direction, ParamMap, Trials};

/// A builder of a [`Study`]. Every setting has a default; [`open`](Self::open) checks them all.
#[must_use = "a study does nothing before .open() or .run()"]
pub struct StudyBuilder<C, W = Sequential> {
    directions: Vec<Direction>,
    space: Option<Space>,
    sampler: Arc<dyn Sampler>,
    duplicates: Duplicates,
    fixed: Vec<Result<(String, Json)>>,
    must_be_new: bool,
    storage: Source,
    name: String,
    metrics: Vec<String>,
    attributes: Vec<Result<(String, Json)>>,
    /// Settings other than the pruner's that are recorded.
    remembered: Vec<(String, Json)>,
    baseline: bool,
    pruning_objective: Option<usize>,
    checkpoints: Option<PathBuf>,
    artifacts: Option<PathBuf>,
    settings: Settings,
    config: PhantomData<fn() -> (C, W)>,
}

impl<C: Config, W> StudyBuilder<C, W> {
    pub(super) fn new(directions: Vec<Direction>) -> Self {
        Self {
            directions,
            space: None,
            sampler: Arc::new(Auto::default()),
            duplicates: Duplicates::default(),
            fixed: Vec::new(),
            must_be_new: false,
            storage: Source::Url("memory".to_owned()),
            name: "study".to_owned(),
            metrics: Vec::new(),
            attributes: Vec::new(),
            remembered: Vec::new(),
            baseline: true,
            pruning_objective: None,
            checkpoints: None,
            artifacts: None,
            settings: Settings::default(),
            config: PhantomData,
        }
    }

    /// Sets the sampler, which chooses the configs. Default: [`Auto`].
    pub fn sampler(mut self, sampler: impl Sampler + 'static) -> Self {
        self.sampler = Arc::new(sampler);
        self
    }

    pub(crate) fn shared_sampler(mut self, sampler: Arc<dyn Sampler>) -> Self {
        self.sampler = sampler;
        self
    }

    /// Sets the policy for configs that were tried before. Default: never try one twice.
    pub fn duplicates(mut self, duplicates: Duplicates) -> Self {
        self.duplicates = duplicates;
        self
    }

    /// Keeps a parameter at one value: proposals of this program have it wherever the parameter is
    /// active, and search the others. Trials with other values stay part of the study, and samplers
    /// learn from them. Queued trials keep their own values, and a first trial of the defaults is
    /// left out if they differ. The parameter is named by its path: `lr`, `model.c`. Default: all
    /// parameters are searched.
    ///
    /// ```
    /// use hpo_core::prelude::*;
    ///
    /// #[derive(Clone, Debug, SearchSpace)]
    /// struct Config {
    ///     #[search_space(range = 1e-5..=1e-1, log)]
    ///     lr: f64,
    ///     #[search_space(range = 1..=8)]
    ///     layers: u32,
    /// }
    ///
    /// let study = Study::<Config>::minimize().fix("layers", 3).open()?;
    /// study.optimize(20, |config, _| (config.lr.log10() + 3.0).powi(2))?;
    /// assert_eq!(study.best_config()?.layers, 3);
    /// # Ok::<(), hpo_core::Error>(())
    /// ```
    pub fn fix(mut self, path: &str, value: impl Serialize) -> Self {
        let json = serde_json::to_value(value).map_err(|error| Error::Setting {
            setting: "fix",
            problem: format!("`{path}` cannot be written as JSON: {error}"),
        });
        self.fixed.push(json.map(|value| (path.to_owned(), value)));
        self
    }

    /// Sets the storage of the trials: a URL or a path (`memory`, `runs.db`, `journal:PATH`, see
    /// [`storage::open`](crate::storage::open)) or an open storage. Default: `memory`.
    pub fn storage(mut self, storage: impl Into<Source>) -> Self {
        self.storage = storage.into();
        self
    }

    /// Sets the name of the study in its storage. An existing study of this name is resumed.
    /// Default: `study`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the names of the values in reports and tables, one per objective. They are recorded as
    /// Optuna's `set_metric_names` does. Default: the recorded names, or `value`.
    pub fn metric_names<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.metrics = names.into_iter().map(Into::into).collect();
        self
    }

    /// Adds an attribute with which the study is created, like those of [`Study::set_attribute`].
    /// An existing study that has an attribute of this name keeps its own. If several programs open
    /// a new study at once, the attribute of one of them is kept, and all can
    /// [read](Study::attribute) it. Default: none.
    pub fn attribute(mut self, key: &str, value: impl Serialize) -> Self {
        self.attributes.push(attribute(key, value));
        self
    }

    /// Records settings by name. A setting that differs from the recorded one makes a [`Note`].
    pub(crate) fn remember(
        mut self,
        settings: impl IntoIterator<Item = (&'static str, Json)>,
    ) -> Self {
        self.remembered.extend(settings.into_iter().map(|(name, value)| (name.to_owned(), value)));
        self
    }

    /// Sets whether a new study begins with the defaults of its space, if it has any. Default:
    /// true.
    pub fn baseline(mut self, baseline: bool) -> Self {
        self.baseline = baseline;
        self
    }

    /// Sets the pruner, which may stop trials before their end. Default: none.
    pub fn pruner(mut self, pruner: impl Pruner + 'static) -> Self {
        self.settings.pruner = Some(Arc::new(pruner));
        self
    }

    /// Sets the objective by which trials are pruned, counted from 0: their reports are values of
    /// this objective. Required for a pruner with several objectives.
    pub fn prune_on(mut self, objective: usize) -> Self {
        self.pruning_objective = Some(objective);
        self
    }

    /// Sets the folder for checkpoints. With it, trials of a killed process continue from their
    /// last checkpoint. Default: checkpoints are kept in memory.
    pub fn checkpoints(mut self, folder: impl Into<PathBuf>) -> Self {
        self.checkpoints = Some(folder.into());
        self
    }

    /// Sets the folder for [artifacts](Trial::artifact), which several studies may share. Optuna's
    /// dashboard shows them if it is given the same folder. Default: none.
    pub fn artifacts(mut self, folder: impl Into<PathBuf>) -> Self {
        self.artifacts = Some(folder.into());
        self
    }

    /// Sets the number of retries of a failed trial before it counts as failed. Default: 0.
    pub fn retries(mut self, retries: u32) -> Self {
        self.settings.retries = retries;
        self
    }

    run_settings!(StudyBuilder<C, Parallel>);

    /// Returns a builder of a study whose objective may be called on several threads at once,
    /// whatever their number. [`workers`](Self::workers) and
    /// [`resources_per_trial`](Self::resources_per_trial) imply it.
    pub fn parallel(self) -> StudyBuilder<C, Parallel> {
        StudyBuilder {
            directions: self.directions,
            space: self.space,
            sampler: self.sampler,
            duplicates: self.duplicates,
            fixed: self.fixed,
            must_be_new: self.must_be_new,
            storage: self.storage,
            name: self.name,
            metrics: self.metrics,
            attributes: self.attributes,
            remembered: self.remembered,
            baseline: self.baseline,
            pruning_objective: self.pruning_objective,
            checkpoints: self.checkpoints,
            artifacts: self.artifacts,
            settings: self.settings,
            config: PhantomData,
        }
    }

    pub(crate) fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Creates the study, and refuses one that exists: Optuna's `load_if_exists=False`.
    ///
    /// # Errors
    /// If the storage has a study of this name, and as [`open`](Self::open).
    pub fn create(mut self) -> Result<Study<C, W>> {
        self.must_be_new = true;
        self.open()
    }

    /// Opens the study: creates it, or resumes an existing one.
    ///
    /// # Errors
    /// If a setting is invalid, the space cannot be searched, the storage cannot be opened, or a
    /// recorded study has other directions or a space that has changed too much.
    pub fn open(mut self) -> Result<Study<C, W>> {
        self.settings.check()?;
        let pruning_objective = self.check()?;
        let space = self.space.take().or_else(C::declared_space).ok_or(Error::NoSpace)?;
        let flat = FlatSpace::new(&space)?;
        let attributes: Vec<_> =
            std::mem::take(&mut self.attributes).into_iter().collect::<Result<_>>()?;
        let by_path = std::mem::take(&mut self.fixed).into_iter().collect::<Result<_>>()?;
        let fixed = FixedParams::new(&flat, &by_path)?;
        let storage = self.storage.open()?;
        let feasible: fn(&Params) -> bool = is_feasible::<C>;
        let baseline = (self.baseline && flat.has_defaults()).then(|| flat.default_params());
        let is_wanted = |params: &Params| fixed.are_kept_by(params) && feasible(params);
        let baseline = baseline.filter(is_wanted);
        let opened = self.define(&*storage, &flat, &attributes, &by_path, baseline.as_ref())?;
        let map = declare(&*storage, opened.study, &flat, &opened.absent)?;
        let place = |folder: PathBuf| Checkpoints::in_folder(folder.join(&opened.identity));
        let oracle = Oracle {
            study: opened.study,
            name: self.name,
            directions: self.directions,
            metrics: opened.metrics,
            sampler: self.sampler,
            duplicates: self.duplicates,
            pruner: self.settings.pruner.clone(),
            pruning_objective,
            checkpoints: self.checkpoints.map(place).transpose()?.unwrap_or_default(),
            artifacts: self.artifacts,
            seed: opened.seed,
            map,
            feasible,
            fixed,
            storage,
            asking: Mutex::default(),
        };
        let mut notes = opened.notes;
        if !opened.is_new {
            resume(&oracle, baseline.as_ref(), &mut notes)?;
        }
        notes.extend(opened.settings);
        log(oracle.name(), &notes);
        Ok(Study {
            oracle,
            settings: self.settings,
            notes,
            stop: Arc::default(),
            last_run: Mutex::default(),
            config: PhantomData,
        })
    }

    /// Creates the study in its storage, or amends the existing one.
    fn define(
        &mut self,
        storage: &dyn Storage,
        flat: &Arc<FlatSpace>,
        attributes: &[(String, Json)],
        fixed: &Map<String, Json>,
        baseline: Option<&Params>,
    ) -> Result<Opened> {
        let mut settings = self.settings.pruner.as_deref().map(pruner_settings).unwrap_or_default();
        settings.append(&mut self.remembered);
        let sampling = |since, seed, absent: &Absent| {
            let (sampler, constrained) = (&*self.sampler, C::is_constrained());
            SamplerRecord::new(since, seed, sampler, self.duplicates, constrained, flat, absent)
                .fixing(fixed)
        };
        let definition = Definition {
            storage,
            name: &self.name,
            directions: &self.directions,
            flat,
            must_be_new: self.must_be_new,
            seed: self.settings.seed,
            metrics: &self.metrics,
            attributes,
            settings: &settings,
            sampling: &sampling,
            baseline,
        };
        definition.open()
    }

    /// Checks the settings, and returns the objective by which trials are pruned.
    fn check(&self) -> Result<usize> {
        if self.directions.is_empty() {
            return refuse("directions", "is empty: give one direction per objective");
        }
        if self.name.is_empty() {
            return refuse("name", "is empty: a study needs a name");
        }
        let objectives = self.directions.len();
        let metrics = self.metrics.len();
        if metrics > 0 && (metrics != objectives || self.metrics.iter().any(String::is_empty)) {
            return refuse(
                "metric_names",
                &format!(
                    "are {:?}: give one name per objective, {objectives} in all",
                    self.metrics
                ),
            );
        }
        if let Some(twice) =
            (1..metrics).find(|index| self.metrics[..*index].contains(&self.metrics[*index]))
        {
            let name = &self.metrics[twice];
            return refuse(
                "metric_names",
                &format!("has `{name}` twice: give each objective a name of its own"),
            );
        }
        match self.pruning_objective {
            Some(pruning_objective) if pruning_objective >= objectives => refuse(
                "prune_on",
                &format!(
                    "is {pruning_objective}, and there are {objectives} objectives, counted from 0"
                ),
            ),
            None if objectives > 1 && self.settings.pruner.is_some() => {
                refuse("prune_on", "is missing: set the objective to prune by, as in .prune_on(0)")
            }
            pruning_objective => Ok(pruning_objective.unwrap_or(0)),
        }
    }
}

impl<C: Config> StudyBuilder<C> {
    /// Opens the study and runs it until it has `n` trials, for objectives that need only the
    /// config.
    ///
    /// # Errors
    /// See [`open`](Self::open) and [`Study::optimize`].
    pub fn run<E: Evaluation<Kind>, Kind>(
        self,
        n: u64,
        mut objective: impl FnMut(C) -> E,
    ) -> Result<Study<C>> {
        let study = self.open()?;
        study.optimize(n, |config, _: &mut Trial<'_>| objective(config))?;
        Ok(study)
    }
}

impl<C: Config> StudyBuilder<C, Parallel> {
    /// Opens the study and runs it until it has `n` trials, for objectives that need only the
    /// config and can be shared by threads.
    ///
    /// # Errors
    /// See [`open`](Self::open) and [`Study::optimize`].
    pub fn run<E: Evaluation<Kind>, Kind>(
        self,
        n: u64,
        objective: impl Fn(C) -> E + Sync,
    ) -> Result<Study<C, Parallel>> {
        let study = self.open()?;
        study.optimize(n, |config, _: &mut Trial<'_>| objective(config))?;
        Ok(study)
    }
}

impl<W> StudyBuilder<Params, W> {
    /// Sets the space of a study whose configs are [`Params`].
    pub fn space(mut self, space: Space) -> Self {
        self.space = Some(space);
        self
    }
}

impl<C, W> std::fmt::Debug for StudyBuilder<C, W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StudyBuilder")
            .field("name", &self.name)
            .field("storage", &self.storage)
            .finish_non_exhaustive()
    }
}

/// Returns the settings of a pruner that are recorded.
fn pruner_settings(pruner: &dyn Pruner) -> Vec<(String, Json)> {
    let name = ("pruner".to_owned(), pruner.name().into());
    std::iter::once(name).chain(pruner.settings()).collect()
}

/// Declares the parameters in the storage.
fn declare(
    storage: &dyn Storage,
    study: StudyId,
    flat: &Arc<FlatSpace>,
    absent: &Absent,
) -> Result<ParamMap> {
    storage.declare(study, &params_of(flat))?;
    let mut map = None;
    storage.read(study, &mut |trials| {
        map = Some(ParamMap::evolved(flat, trials.declared(), absent));
    })?;
    Ok(map.expect("a storage shows the trials just once"))
}

/// Returns the trials of dead workers to the queue, and queues the baseline of a study without
/// trials.
fn resume(oracle: &Oracle, baseline: Option<&Params>, notes: &mut Vec<Note>) -> Result<()> {
    let recovered = oracle.storage.recover(oracle.study)?;
    let trials = oracle.with_trials(Trials::len)?;
    if trials > 0 {
        notes.push(Note::Resumed { trials });
    }
    if oracle.map.sets_aside() {
        let is_other = |trials: &Trials, number: &u64| {
            trials.is_sampled(*number) && !oracle.map.counts(&trials.params(*number))
        };
        let others = oracle.with_trials(|trials| {
            (0..trials.len()).filter(|number| is_other(trials, number)).count()
        })?;
        notes.extend((others > 0).then_some(Note::SetAside { trials: others as u64 }));
    }
    if !recovered.is_empty() {
        notes.push(Note::Recovered { trials: recovered });
    }
    match baseline {
        Some(params) if trials == 0 => oracle.enqueue_first(params),
        _ => Ok(()),
    }
}

fn is_feasible<C: Config>(params: &Params) -> bool {
    C::from_params(params).is_ok_and(|config| config.violation() <= 0.0)
}

fn log(study: &str, notes: &[Note]) {
    for note in notes {
        tracing::info!(study, "{note}");
    }
}
