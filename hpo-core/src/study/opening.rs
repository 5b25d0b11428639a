//! Opening of a study. A study is created in one step with all its attributes, or it is found,
//! compared and amended in one step.
//!
//! The second program to open a study compares its settings with the recorded state. So two
//! programs that open a study at the same moment get the same notes as if one had opened it a
//! second later.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value as Json;

use super::Note;
use super::oracle::{BASELINE, queued};
use super::replay::SamplerRecord;
use crate::error::{Error, Result};
use crate::numeric::crc32;
use crate::space::{Absent, FlatSpace, Parameter, Params, Space, SpaceDiff};
use crate::storage::{NewStudy, Step, Storage, StorageError, StudyId, StudyRecord, new_identity};
use crate::trial::attribute_keys::{ABSENT, IDENTITY, METRIC_NAMES, SEED, SETTING, SPACE};
use crate::trial::{
    AttributeScope, Attributes, Direction, NewTrial, Param, ParamId, ParamMap, Timestamp, Trials,
};

/// The settings with which a program opens a study.
pub(super) struct Definition<'a> {
    pub(super) storage: &'a dyn Storage,
    pub(super) name: &'a str,
    pub(super) directions: &'a [Direction],
    pub(super) flat: &'a Arc<FlatSpace>,
    /// True if an existing study of this name is refused.
    pub(super) must_be_new: bool,
    pub(super) seed: Option<u64>,
    /// The names of the metrics; empty if not given.
    pub(super) metrics: &'a [String],
    /// The attributes that a study gets if it has none of this name.
    pub(super) attributes: &'a [(String, Json)],
    pub(super) settings: &'a [(String, Json)],
    /// Returns the record of how proposals are made. Its arguments are the moment at which it takes
    /// effect, the seed, and the values of parameters that trials lack.
    pub(super) sampling: &'a dyn Fn(u64, u64, &Absent) -> SamplerRecord,
    /// The parameters of the first trial of a new study, if there is one.
    pub(super) baseline: Option<&'a Params>,
}

/// A study after it was opened.
pub(super) struct Opened {
    pub(super) study: StudyId,
    /// True if it was created just now.
    pub(super) is_new: bool,
    pub(super) seed: u64,
    pub(super) metrics: Vec<String>,
    /// The identity of the study, after which its checkpoints are named.
    pub(super) identity: String,
    /// The values of parameters that a trial lacks.
    pub(super) absent: Absent,
    /// The notes on changes of the study itself.
    pub(super) notes: Vec<Note>,
    /// The notes on changes of settings.
    pub(super) settings: Vec<Note>,
}

impl Definition<'_> {
    /// Creates the study, or finds and amends it.
    pub(super) fn open(&self) -> Result<Opened> {
        loop {
            let opened = match self.find()? {
                None => self.create()?,
                Some(_) if self.must_be_new => {
                    let (name, location) = (self.name.to_owned(), self.storage.location());
                    return Err(StorageError::StudyExists { name, location }.into());
                }
                Some((record, is_copy)) => self.join(record, is_copy)?,
            };
            // `None` means that another program was faster, and the new state must be read.
            if let Some(opened) = opened {
                return Ok(opened);
            }
        }
    }

    /// Returns the study of this name. The flag is true if its identity is that of an earlier
    /// study, because Optuna's `copy_study` copies all attributes.
    fn find(&self) -> Result<Option<(StudyRecord, bool)>> {
        let mut studies = self.storage.studies()?;
        let Some(place) = studies.iter().position(|study| study.name == self.name) else {
            return Ok(None);
        };
        let record = studies.swap_remove(place);
        let is_copy = record.identity().is_some_and(|identity| {
            studies.iter().any(|other| other.id < record.id && other.identity() == Some(identity))
        });
        Ok(Some((record, is_copy)))
    }

    /// Creates the study. Returns `None` if a study of this name exists by now.
    fn create(&self) -> Result<Option<Opened>> {
        let seed = self.seed.unwrap_or_else(rand::random);
        let identity = new_identity(self.name);
        let mut attributes = Attributes::default();
        let mut insert =
            |key: &str, value: Json| attributes.insert(AttributeScope::System, key, value);
        insert(SPACE, self.space());
        insert(SEED, seed.to_string().into());
        insert(IDENTITY, identity.clone().into());
        if !self.metrics.is_empty() {
            insert(METRIC_NAMES, self.metrics.into());
        }
        self.settings
            .iter()
            .for_each(|(name, value)| insert(&format!("{SETTING}{name}"), value.clone()));
        let (key, sampling) = (self.sampling)(0, seed, &Absent::default()).to_attribute();
        insert(&key, sampling);
        attributes.user.extend(self.attributes.iter().cloned());
        let past = self
            .baseline
            .map(|params| Step::Create { new: first_trial(params), at: Timestamp::now() });
        let new = NewStudy {
            name: self.name,
            directions: self.directions,
            attributes,
            params: params_of(self.flat),
            past: past.into_iter().collect(),
        };
        let id = match self.storage.create(&new) {
            Err(StorageError::StudyExists { .. }) if self.find()?.is_some() => return Ok(None),
            made => made?,
        };
        let (metrics, absent, notes) = (self.metrics.to_vec(), Absent::default(), Vec::new());
        Ok(Some(Opened {
            study: id,
            is_new: true,
            seed,
            metrics,
            identity,
            absent,
            notes,
            settings: Vec::new(),
        }))
    }

    /// Amends the existing study. Returns `None` if it was changed in the meantime.
    fn join(&self, record: StudyRecord, is_copy: bool) -> Result<Option<Opened>> {
        if record.directions != self.directions {
            let (recorded, asked) = (record.directions, self.directions.to_vec());
            return Err(Error::OtherDirections { study: self.name.to_owned(), recorded, asked });
        }
        let (mut declared, mut since) = (Vec::new(), 0);
        let look = &mut |trials: &Trials| {
            (declared, since) = (trials.declared().to_vec(), trials.ordinal());
        };
        match self.storage.read(record.id, look) {
            Err(StorageError::NoSuchStudy { .. }) => return Ok(None),
            read => read?,
        }
        let mut changes = Attributes::default();
        let (absent, mut notes) = self.compare_space(&record, &declared, &mut changes)?;
        let seed = self.compare_seed(&record, &mut changes, &mut notes);
        let identity = self.identity(&record, is_copy, &mut changes);
        let recorded = record.metric_names();
        let metrics =
            if self.metrics.is_empty() { recorded.clone() } else { self.metrics.to_vec() };
        if metrics != recorded {
            changes.insert(AttributeScope::System, METRIC_NAMES, metrics.clone().into());
        }
        let missing =
            self.attributes.iter().filter(|(key, _)| !record.attributes.user.contains_key(key));
        changes.user.extend(missing.cloned());
        let sampling = (self.sampling)(since, seed, &absent);
        let settings = self.compare_settings(&record, &sampling, &mut changes);
        if !changes.is_empty() {
            match self.storage.amend(&record, &changes) {
                Ok(true) => {}
                Ok(false) | Err(StorageError::NoSuchStudy { .. }) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Some(Opened {
            study: record.id,
            is_new: false,
            seed,
            metrics,
            identity,
            absent,
            notes,
            settings,
        }))
    }

    /// Compares the recorded space with the present one, and adds the attributes to write to
    /// `changes`.
    fn compare_space(
        &self,
        record: &StudyRecord,
        declared: &[Param],
        changes: &mut Attributes,
    ) -> Result<(Absent, Vec<Note>)> {
        let known = recorded_absent(record);
        let Some(json) = text(record, SPACE) else {
            changes.insert(AttributeScope::System, SPACE, self.space());
            let found: Vec<_> =
                declared.iter().map(|param| (param.path.clone(), param.domain.clone())).collect();
            let SpaceDiff { accepted, absent, .. } = SpaceDiff::adopting(self.flat, &found);
            changes.insert(AttributeScope::System, ABSENT, absent.to_json());
            let notes = std::iter::once(Note::SpaceAdopted)
                .chain(accepted.into_iter().map(Note::SpaceChanged));
            return Ok((absent, notes.collect()));
        };
        let (recorded, present) = (FlatSpace::new(&Space::from_json(json)?)?, self.flat.space());
        let declared =
            |path: &str| Some(declared.iter().find(|param| param.path == path)?.domain.clone());
        let SpaceDiff { accepted, refused, absent } =
            SpaceDiff::after(&recorded, self.flat, &known, &declared);
        if !refused.is_empty() {
            return Err(Error::OtherSpace { study: self.name.to_owned(), refused });
        }
        // Equal spaces may have different Rust names, which reports show.
        if recorded.space() != present || (present.rust().is_some() && present.to_json() != *json) {
            changes.insert(AttributeScope::System, SPACE, self.space());
        }
        if absent != known {
            changes.insert(AttributeScope::System, ABSENT, absent.to_json());
        }
        Ok((absent, accepted.into_iter().map(Note::SpaceChanged).collect()))
    }

    /// Returns the space as text, so that no other reader loses the order of its names or the
    /// digits of its numbers.
    fn space(&self) -> Json {
        Json::String(self.flat.space().to_json())
    }

    fn compare_seed(
        &self,
        record: &StudyRecord,
        changes: &mut Attributes,
        notes: &mut Vec<Note>,
    ) -> u64 {
        let recorded = recorded_seed(record);
        let seed = self.seed.or(recorded).unwrap_or_else(rand::random);
        if recorded != Some(seed) {
            changes.insert(AttributeScope::System, SEED, seed.to_string().into());
        }
        if let Some(recorded) = recorded.filter(|recorded| *recorded != seed) {
            notes.push(Note::SeedChanged { from: recorded, to: seed });
        }
        seed
    }

    /// Returns the identity, which names the study's checkpoints. Older versions named them by the
    /// seed, and existing checkpoints keep that name.
    fn identity(&self, record: &StudyRecord, is_copy: bool, changes: &mut Attributes) -> String {
        let by_seed = |seed| format!("{:08x}-{seed:016x}", crc32(self.name.as_bytes()));
        let identity = match record.identity() {
            Some(known) if !is_copy => return known.to_owned(),
            Some(_) => new_identity(self.name),
            None => recorded_seed(record).map_or_else(|| new_identity(self.name), by_seed),
        };
        changes.insert(AttributeScope::System, IDENTITY, identity.clone().into());
        identity
    }

    /// Returns notes on the settings that differ from the recorded ones.
    fn compare_settings(
        &self,
        record: &StudyRecord,
        sampling: &SamplerRecord,
        changes: &mut Attributes,
    ) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut differs = |setting: &str, from: Json, to: Json| {
            notes.push(Note::SettingChanged { setting: setting.to_owned(), from, to });
        };
        let before = SamplerRecord::all(record).pop();
        if before.as_ref().is_none_or(|before| !sampling.is_like(before)) {
            let (key, value) = sampling.to_attribute();
            changes.insert(AttributeScope::System, &key, value);
        }
        if let Some(before) = before.filter(|before| before.sampler != sampling.sampler) {
            differs("sampler", before.sampler.into(), sampling.sampler.clone().into());
        }
        for (name, value) in self.settings {
            let key = format!("{SETTING}{name}");
            match record.attributes.system.get(&key) {
                Some(recorded) if recorded == value => continue,
                Some(recorded) => differs(name, recorded.clone(), value.clone()),
                None => {}
            }
            changes.insert(AttributeScope::System, &key, value.clone());
        }
        notes
    }
}

fn text<'a>(record: &'a StudyRecord, key: &str) -> Option<&'a str> {
    record.attributes.system.get(key).and_then(Json::as_str)
}

/// Returns the recorded values of parameters that trials of a study lack.
fn recorded_absent(record: &StudyRecord) -> Absent {
    record.attributes.system.get(ABSENT).map(Absent::from_json).unwrap_or_default()
}

/// Returns the trials of a study as its recorded space reads them. If the space has not changed or
/// is unknown, they are returned as they are.
#[must_use]
pub fn seen_through<'a>(record: &StudyRecord, trials: &'a Trials) -> Cow<'a, Trials> {
    let absent = recorded_absent(record);
    let space = text(record, SPACE)
        .filter(|_| !absent.is_empty())
        .and_then(|text| Space::from_json(text).ok());
    let Some(flat) = space.and_then(|space| FlatSpace::new(&space).ok()) else {
        return Cow::Borrowed(trials);
    };
    let mut all = trials.clone();
    for param in params_of(&flat) {
        all.declare(&param.path, &param.domain);
    }
    let map = ParamMap::evolved(&flat, all.declared(), &absent);
    Cow::Owned(all.seen_through(&map))
}

fn recorded_seed(record: &StudyRecord) -> Option<u64> {
    text(record, SEED)?.parse().ok()
}

/// Returns the parameters of a space as a storage declares them.
pub(super) fn params_of(flat: &FlatSpace) -> Vec<Param> {
    let param = |parameter: &Parameter| Param {
        path: parameter.path().to_owned(),
        domain: parameter.domain().clone(),
    };
    flat.iter().map(param).collect()
}

/// Returns the first trial of a study whose parameters are declared in the order of its space.
fn first_trial(params: &Params) -> NewTrial {
    queued(
        params,
        params.iter().map(|(parameter, value)| (ParamId(parameter), value)).collect(),
        BASELINE,
    )
}
