//! A storage in memory: fast, and lost with the process.

use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::Value as Json;

use super::{NewStudy, Next, Step, Storage, StorageError, StudyId, StudyRecord};
use crate::sync;
use crate::trial::{AttributeScope, Attributes, Event, NewTrial, Param, Timestamp, Trials};

/// A storage in memory. Clones share their studies.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<RwLock<Studies>>);

/// Studies, indexed by number; `None` for deleted ones.
type Studies = Vec<Option<StudyTrials>>;

#[derive(Debug)]
struct StudyTrials {
    record: StudyRecord,
    trials: Trials,
}

impl Memory {
    /// Creates an empty storage.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    // A thread that panics while it holds the lock can only be a sampler that reads, so the data is
    // intact.
    fn studies(&self) -> RwLockReadGuard<'_, Studies> {
        sync::read(&self.0)
    }

    fn studies_mut(&self) -> RwLockWriteGuard<'_, Studies> {
        sync::write(&self.0)
    }
}

fn find(studies: &Studies, id: StudyId) -> Result<&StudyTrials, StorageError> {
    let study = studies.get(id.0 as usize).and_then(Option::as_ref);
    study.ok_or_else(|| no_such(id))
}

fn find_mut(studies: &mut Studies, id: StudyId) -> Result<&mut StudyTrials, StorageError> {
    let study = studies.get_mut(id.0 as usize).and_then(Option::as_mut);
    study.ok_or_else(|| no_such(id))
}

fn no_such(id: StudyId) -> StorageError {
    StorageError::NoSuchStudy { study: id.0.to_string(), location: "memory".to_owned() }
}

impl Storage for Memory {
    fn create(&self, new: &NewStudy<'_>) -> Result<StudyId, StorageError> {
        let mut trials = Trials::new(new.directions.len());
        for param in &new.params {
            trials.declare(&param.path, &param.domain);
        }
        trials.append(&new.past)?;
        let mut studies = self.studies_mut();
        let name = new.name.to_owned();
        if studies.iter().flatten().any(|study| study.record.name == name) {
            return Err(StorageError::StudyExists { name, location: "memory".to_owned() });
        }
        let id = StudyId(studies.len() as u64);
        let (directions, attributes) = (new.directions.to_vec(), new.attributes.clone());
        studies.push(Some(StudyTrials {
            record: StudyRecord { id, name, directions, attributes },
            trials,
        }));
        Ok(id)
    }

    fn studies(&self) -> Result<Vec<StudyRecord>, StorageError> {
        let studies = self.studies();
        let records = studies.iter().flatten().map(|study| study.record.clone());
        Ok(records.collect())
    }

    fn study(&self, study: StudyId) -> Result<StudyRecord, StorageError> {
        find(&self.studies(), study).map(|study| study.record.clone())
    }

    fn delete_study(&self, study: StudyId) -> Result<(), StorageError> {
        let mut studies = self.studies_mut();
        find(&studies, study)?;
        studies[study.0 as usize] = None;
        Ok(())
    }

    fn set_attribute(
        &self,
        study: StudyId,
        scope: AttributeScope,
        key: &str,
        value: &Json,
    ) -> Result<(), StorageError> {
        let mut studies = self.studies_mut();
        let attributes = &mut find_mut(&mut studies, study)?.record.attributes;
        attributes.insert(scope, key, value.clone());
        Ok(())
    }

    fn amend(&self, seen: &StudyRecord, attributes: &Attributes) -> Result<bool, StorageError> {
        let mut studies = self.studies_mut();
        let record = &mut find_mut(&mut studies, seen.id)?.record;
        let is_same = record == seen;
        if is_same {
            record.attributes.extend(attributes);
        }
        Ok(is_same)
    }

    fn declare(&self, study: StudyId, params: &[Param]) -> Result<(), StorageError> {
        let mut studies = self.studies_mut();
        let trials = &mut find_mut(&mut studies, study)?.trials;
        for param in params {
            trials.declare(&param.path, &param.domain);
        }
        Ok(())
    }

    fn create_trial(&self, study: StudyId, new: NewTrial) -> Result<u64, StorageError> {
        let mut studies = self.studies_mut();
        let trials = &mut find_mut(&mut studies, study)?.trials;
        Ok(trials.create(new, Timestamp::now())?)
    }

    fn append(
        &self,
        study: StudyId,
        first: Option<u64>,
        steps: &[Step<'_>],
    ) -> Result<u64, StorageError> {
        let mut studies = self.studies_mut();
        let trials = &mut find_mut(&mut studies, study)?.trials;
        first.map_or(Ok(()), |first| trials.check_next(first))?;
        if steps.len() < 2 {
            return Ok(trials.append(steps)?);
        }
        // If a step is refused, none of the steps before it may remain.
        let mut next = trials.clone();
        let first = next.append(steps)?;
        *trials = next;
        Ok(first)
    }

    fn next_trial(&self, study: StudyId, most: Option<u64>) -> Result<Next, StorageError> {
        let at = Timestamp::now();
        let mut studies = self.studies_mut();
        let trials = &mut find_mut(&mut studies, study)?.trials;
        let next = Next::of(trials, most);
        match next {
            Next::Enough => {}
            Next::New(_) => drop(trials.create(NewTrial::default(), at)?),
            Next::Queued(number) => trials.apply(number, &Event::Started { at })?,
        }
        Ok(next)
    }

    fn record(&self, study: StudyId, number: u64, event: &Event<'_>) -> Result<(), StorageError> {
        let mut studies = self.studies_mut();
        Ok(find_mut(&mut studies, study)?.trials.apply(number, event)?)
    }

    fn record_new(
        &self,
        study: StudyId,
        number: u64,
        event: &Event<'_>,
    ) -> Result<(), StorageError> {
        let mut studies = self.studies_mut();
        let trials = &mut find_mut(&mut studies, study)?.trials;
        if let Event::Sampled { params, seen, .. } = event {
            trials.check_taken(number, params, *seen)?;
        }
        Ok(trials.apply(number, event)?)
    }

    fn read(&self, study: StudyId, visit: &mut dyn FnMut(&Trials)) -> Result<(), StorageError> {
        let studies = self.studies();
        visit(&find(&studies, study)?.trials);
        Ok(())
    }

    /// Returns no trials: workers are threads of this process, and die with the storage.
    fn recover(&self, study: StudyId) -> Result<Vec<u64>, StorageError> {
        find(&self.studies(), study).map(|_| Vec::new())
    }

    fn location(&self) -> String {
        "memory".to_owned()
    }
}
