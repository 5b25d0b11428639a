//! How a study is opened: made anew, or taken up where it stood.

use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use serde_json::Value as Json;

use super::sampling::Sampling;
use super::settings::{Settings, refuse, run_settings};
use super::{Config, Note, Oracle, Parallel, Sequential, Study, Trial, outcome::Evaluation};
use crate::checkpoint::Checkpoints;
use crate::error::{Error, Result};
use crate::numeric::crc32;
use crate::pruner::Pruner;
use crate::sampler::{Auto, Duplicates, Sampler};
use crate::space::{Changes, Params, Slots, Space};
use crate::storage::{self, METRIC_NAMES, Storage, StudyRecord};
use crate::trial::{Direction, Param, ParamMap, Scope};

/// The study attribute that holds the recorded space.
pub(super) const SPACE: &str = "hpo:space";

/// The study attribute that holds the seed, as text: JSON readers lose digits of large integers.
const SEED: &str = "hpo:seed";

/// How a study is to be opened. Every setting has a default; [`open`](Self::open) checks them all.
#[must_use = "a study does nothing before .open() or .run()"]
pub struct StudyBuilder<C, W = Sequential> {
    directions: Vec<Direction>,
    space: Option<Space>,
    sampler: Arc<dyn Sampler>,
    duplicates: Duplicates,
    storage: Source,
    name: String,
    metrics: Vec<String>,
    baseline: bool,
    judged: Option<usize>,
    checkpoints: Option<PathBuf>,
    settings: Settings,
    config: PhantomData<fn() -> (C, W)>,
}

/// A storage: open already, or by its URL.
#[derive(Clone, Debug)]
pub enum Source {
    /// By its URL: `memory`, `journal:PATH`.
    Url(String),
    /// Open.
    Open(Arc<dyn Storage>),
}

impl From<&str> for Source {
    fn from(url: &str) -> Self {
        Source::Url(url.to_owned())
    }
}

impl From<String> for Source {
    fn from(url: String) -> Self {
        Source::Url(url)
    }
}

impl From<Arc<dyn Storage>> for Source {
    fn from(storage: Arc<dyn Storage>) -> Self {
        Source::Open(storage)
    }
}

impl<S: Storage + 'static> From<Arc<S>> for Source {
    fn from(storage: Arc<S>) -> Self {
        Source::Open(storage)
    }
}

impl<C: Config, W> StudyBuilder<C, W> {
    pub(super) fn new(directions: Vec<Direction>) -> Self {
        Self {
            directions,
            space: None,
            sampler: Arc::new(Auto::default()),
            duplicates: Duplicates::default(),
            storage: Source::Url("memory".to_owned()),
            name: "study".to_owned(),
            metrics: Vec::new(),
            baseline: true,
            judged: None,
            checkpoints: None,
            settings: Settings::default(),
            config: PhantomData,
        }
    }

    /// Who chooses the configs. Default: [`Auto`].
    pub fn sampler(mut self, sampler: impl Sampler + 'static) -> Self {
        self.sampler = Arc::new(sampler);
        self
    }

    pub(crate) fn shared_sampler(mut self, sampler: Arc<dyn Sampler>) -> Self {
        self.sampler = sampler;
        self
    }

    /// What to do about configs that were tried before. Default: never try one twice.
    pub fn duplicates(mut self, duplicates: Duplicates) -> Self {
        self.duplicates = duplicates;
        self
    }

    /// Where the trials live: a URL (`memory`, `journal:PATH`) or an open storage. Default: `memory`.
    pub fn storage(mut self, storage: impl Into<Source>) -> Self {
        self.storage = storage.into();
        self
    }

    /// The study's name in its storage. A study that is there is taken up. Default: `study`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// What the values are called in reports and tables, one name an objective: recorded as Optuna's `set_metric_names` does.
    /// Default: the recorded names, or `value`.
    pub fn metric_names<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.metrics = names.into_iter().map(Into::into).collect();
        self
    }

    /// Whether a new study begins with the defaults of its space, if it has any. Default: yes.
    pub fn baseline(mut self, baseline: bool) -> Self {
        self.baseline = baseline;
        self
    }

    /// Who judges trials before their end. Default: nobody.
    pub fn pruner(mut self, pruner: impl Pruner + 'static) -> Self {
        self.settings.pruner = Some(Arc::new(pruner));
        self
    }

    /// By which objective trials are judged before their end, counted from 0: their reports are of that one. Required where
    /// there are several objectives and a pruner.
    pub fn prune_on(mut self, objective: usize) -> Self {
        self.judged = Some(objective);
        self
    }

    /// The folder for checkpoints: with it, trials of a killed process go on from their last one. Default: they are kept in
    /// memory.
    pub fn checkpoints(mut self, folder: impl Into<PathBuf>) -> Self {
        self.checkpoints = Some(folder.into());
        self
    }

    /// How often a failed trial is tried again before it counts as failed. Default: 0.
    pub fn retries(mut self, retries: u32) -> Self {
        self.settings.retries = retries;
        self
    }

    run_settings!(StudyBuilder<C, Parallel>);

    /// The same study, whose objective may be called on several threads at once, however many there will be:
    /// [`workers`](Self::workers) and [`resources_per_trial`](Self::resources_per_trial) imply it.
    pub fn parallel(self) -> StudyBuilder<C, Parallel> {
        StudyBuilder {
            directions: self.directions,
            space: self.space,
            sampler: self.sampler,
            duplicates: self.duplicates,
            storage: self.storage,
            name: self.name,
            metrics: self.metrics,
            baseline: self.baseline,
            judged: self.judged,
            checkpoints: self.checkpoints,
            settings: self.settings,
            config: PhantomData,
        }
    }

    pub(crate) fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Opens the study: makes it, or takes it up where it stood.
    ///
    /// # Errors
    /// A setting that makes no sense, a space that cannot be searched, a storage that cannot be opened, a recorded
    /// study that optimises something else or whose space has changed too far.
    pub fn open(mut self) -> Result<Study<C, W>> {
        self.settings.check()?;
        let judged = self.check()?;
        let space = self.space.or_else(C::declared_space).ok_or(Error::NoSpace)?;
        let slots = Slots::new(&space)?;
        let storage = match self.storage {
            Source::Url(url) => storage::open(&url)?,
            Source::Open(storage) => storage,
        };
        let opening = Opening { storage: &*storage, name: &self.name, directions: &self.directions, slots: &slots };
        let (record, mut notes) = opening.study()?;
        let seed = opening.seed(&record, self.settings.seed, &mut notes)?;
        let metrics = opening.metrics(&record, self.metrics)?;
        let map = opening.declare(&record)?;
        let own = own_folder(&*storage, &self.name, seed);
        let place = |folder: PathBuf| Checkpoints::in_folder(folder.join(&own));
        let oracle = Oracle {
            study: record.id,
            name: self.name,
            directions: self.directions,
            metrics,
            sampler: self.sampler,
            duplicates: self.duplicates,
            pruner: self.settings.pruner.clone(),
            judged,
            checkpoints: self.checkpoints.map(place).transpose()?.unwrap_or_default(),
            seed,
            map,
            feasible: |params| C::from_params(params).is_ok_and(|config| config.violation() <= 0.0),
            storage,
            asking: Mutex::default(),
        };
        take_up(&oracle, self.baseline, &mut notes)?;
        record_sampling(&oracle, &record, C::is_constrained(), &mut notes)?;
        for note in &notes {
            tracing::info!(study = oracle.name(), "{note}");
        }
        let stop = Arc::new(AtomicBool::new(false));
        let mut study =
            Study { oracle, settings: self.settings, notes, stop, last_run: Mutex::default(), config: PhantomData };
        if let Some(pruner) = study.oracle.pruner.clone() {
            study.remember(&[("pruner", pruner.name().into())])?;
            study.remember(&pruner.settings())?;
        }
        Ok(study)
    }

    /// The objective by which trials are judged, once everything else makes sense.
    fn check(&self) -> Result<usize> {
        if self.directions.is_empty() {
            return refuse("directions", "is empty: give one direction an objective");
        }
        if self.name.is_empty() {
            return refuse("name", "is empty: a study needs a name");
        }
        let objectives = self.directions.len();
        let metrics = self.metrics.len();
        if metrics > 0 && (metrics != objectives || self.metrics.iter().any(String::is_empty)) {
            return refuse(
                "metric_names",
                &format!("are {:?}: give one name an objective, {objectives} in all", self.metrics),
            );
        }
        if let Some(twice) = (1..metrics).find(|index| self.metrics[..*index].contains(&self.metrics[*index])) {
            let name = &self.metrics[twice];
            return refuse("metric_names", &format!("has `{name}` twice: give each objective a name of its own"));
        }
        match self.judged {
            Some(judged) if judged >= objectives => {
                refuse("prune_on", &format!("is {judged}, and there are {objectives} objectives, counted from 0"))
            }
            None if objectives > 1 && self.settings.pruner.is_some() => {
                refuse("prune_on", "is missing: say by which of the objectives to prune, as .prune_on(0)")
            }
            judged => Ok(judged.unwrap_or(0)),
        }
    }
}

impl<C: Config> StudyBuilder<C> {
    /// Opens the study and runs it until it has `n` trials, for objectives that need the config only.
    ///
    /// # Errors
    /// As [`open`](Self::open) and [`Study::optimize`].
    pub fn run<E: Evaluation<Kind>, Kind>(self, n: u64, mut objective: impl FnMut(C) -> E) -> Result<Study<C>> {
        let study = self.open()?;
        study.optimize(n, |config, _: &mut Trial<'_>| objective(config))?;
        Ok(study)
    }
}

impl<C: Config> StudyBuilder<C, Parallel> {
    /// Opens the study and runs it until it has `n` trials, for objectives that need the config only, and that threads may share.
    ///
    /// # Errors
    /// As [`open`](Self::open) and [`Study::optimize`].
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
    /// The space of a study whose configs are [`Params`].
    pub fn space(mut self, space: Space) -> Self {
        self.space = Some(space);
        self
    }
}

impl<C, W> std::fmt::Debug for StudyBuilder<C, W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StudyBuilder").field("name", &self.name).field("storage", &self.storage).finish_non_exhaustive()
    }
}

/// The folder of a study's own among the checkpoints of several: the same one when it is taken up, another one for every
/// study in memory, which cannot be.
fn own_folder(storage: &dyn Storage, name: &str, seed: u64) -> String {
    if storage.is_shared() {
        format!("{:08x}-{seed:016x}", crc32(name.as_bytes()))
    } else {
        format!("{:016x}", rand::random::<u64>())
    }
}

/// What is needed to find or make a study.
struct Opening<'a> {
    storage: &'a dyn Storage,
    name: &'a str,
    directions: &'a [Direction],
    slots: &'a Arc<Slots>,
}

impl Opening<'_> {
    /// The recorded study, checked against what is asked for, or a new one.
    fn study(&self) -> Result<(StudyRecord, Vec<Note>)> {
        let Some(record) = self.find()? else {
            let made = self.storage.create_study(self.name, self.directions);
            // Another process may have made it just now: then it is there.
            if let (Err(error), None) = (made, self.find()?) {
                return Err(error.into());
            }
            let record = self.find()?.expect("a study that was made is there");
            self.record_space(&record)?;
            return Ok((record, Vec::new()));
        };
        if record.directions != self.directions {
            let (recorded, asked) = (record.directions, self.directions.to_vec());
            return Err(Error::OtherDirections { study: self.name.to_owned(), recorded, asked });
        }
        let notes = self.compare(&record)?;
        Ok((record, notes))
    }

    fn find(&self) -> Result<Option<StudyRecord>> {
        Ok(self.storage.studies()?.into_iter().find(|study| study.name == self.name))
    }

    /// The recorded space against the present one.
    fn compare(&self, record: &StudyRecord) -> Result<Vec<Note>> {
        let Some(recorded) = record.attributes.system.get(SPACE).and_then(Json::as_str) else {
            self.record_space(record)?;
            return Ok(vec![Note::SpaceAdopted]);
        };
        let recorded = Slots::new(&Space::from_json(recorded)?)?;
        let Changes { accepted, refused } = Changes::between(&recorded, self.slots);
        if !refused.is_empty() {
            return Err(Error::OtherSpace { study: self.name.to_owned(), refused });
        }
        if recorded.space() != self.slots.space() {
            self.record_space(record)?;
        }
        Ok(accepted.into_iter().map(Note::SpaceChanged).collect())
    }

    /// The space is kept as text, so that no other reader loses the order of its names or digits of its numbers.
    fn record_space(&self, record: &StudyRecord) -> Result<()> {
        let space = Json::String(self.slots.space().to_json());
        Ok(self.storage.set_attribute(record.id, Scope::System, SPACE, &space)?)
    }

    fn seed(&self, record: &StudyRecord, asked: Option<u64>, notes: &mut Vec<Note>) -> Result<u64> {
        let recorded = record.attributes.system.get(SEED).and_then(Json::as_str).and_then(|text| text.parse().ok());
        let seed = asked.or(recorded).unwrap_or_else(rand::random);
        if recorded != Some(seed) {
            self.storage.set_attribute(record.id, Scope::System, SEED, &Json::String(seed.to_string()))?;
        }
        if let Some(recorded) = recorded.filter(|recorded| *recorded != seed) {
            notes.push(Note::SeedChanged { from: recorded, to: seed });
        }
        Ok(seed)
    }

    /// The names of the values as asked for, which are recorded; or else as recorded.
    fn metrics(&self, record: &StudyRecord, asked: Vec<String>) -> Result<Vec<String>> {
        let recorded = record.metric_names();
        if asked.is_empty() || asked == recorded {
            return Ok(recorded);
        }
        self.storage.set_attribute(record.id, Scope::System, METRIC_NAMES, &asked.clone().into())?;
        Ok(asked)
    }

    /// Makes the parameters known to the storage.
    fn declare(&self, record: &StudyRecord) -> Result<ParamMap> {
        let params: Vec<Param> = (self.slots.iter())
            .map(|slot| Param { path: slot.path().to_owned(), domain: slot.domain().clone() })
            .collect();
        self.storage.declare(record.id, &params)?;
        let mut map = None;
        self.storage.read(record.id, &mut |trials| map = Some(ParamMap::new(self.slots, trials.declared())))?;
        Ok(map.expect("a storage shows the trials just once"))
    }
}

/// Records how proposals are made from now on; that it is by another sampler than before is worth a note.
fn record_sampling(oracle: &Oracle, record: &StudyRecord, constrained: bool, notes: &mut Vec<Note>) -> Result<()> {
    let (since, space) = (oracle.look(crate::trial::Trials::ordinal)?, oracle.slots().space().to_json());
    let sampling = Sampling::new(since, oracle.seed, &*oracle.sampler, oracle.duplicates, constrained, space);
    let before = sampling.record(&*oracle.storage, record)?;
    if let Some(before) = before.filter(|before| before.sampler != sampling.sampler) {
        let (from, to) = (Json::from(before.sampler), Json::from(sampling.sampler));
        notes.push(Note::SettingChanged { setting: "sampler".to_owned(), from, to });
    }
    Ok(())
}

/// Returns the trials of dead workers to the queue, and queues the baseline of a new study.
fn take_up(oracle: &Oracle, baseline: bool, notes: &mut Vec<Note>) -> Result<()> {
    let recovered = oracle.storage.recover(oracle.study)?;
    let trials = oracle.look(crate::trial::Trials::len)?;
    if trials > 0 {
        notes.push(Note::Resumed { trials });
    }
    if !recovered.is_empty() {
        notes.push(Note::Recovered { trials: recovered });
    }
    if trials == 0 && baseline && oracle.slots().has_defaults() {
        let params = oracle.slots().default_params();
        if (oracle.feasible)(&params) {
            oracle.enqueue_as(&params, "the defaults of the space")?;
        }
    }
    Ok(())
}
