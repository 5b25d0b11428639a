//! Trials that outlive the process which asked for them.
//!
//! Who asks on the command line is gone when the trial is evaluated. Such a trial bears the note [`DETACHED`]; it is told, by
//! another process, however long that takes.

use std::sync::Arc;

use hpo_core::storage::{Next, Storage, StorageError, StudyId, StudyRecord};
use hpo_core::trial::{Direction, Event, NewTrial, Param, Scope, Trials};
use serde_json::Value as Json;

/// The system attribute of a trial that nobody's death ends.
pub(super) const DETACHED: &str = "hpo:detached";

/// A storage in which detached trials are not taken for those of dead workers, whatever the storage itself knows of them.
#[derive(Debug)]
pub(super) struct Attended(pub(super) Arc<dyn Storage>);

impl Storage for Attended {
    fn create_study(&self, name: &str, directions: &[Direction]) -> Result<StudyId, StorageError> {
        self.0.create_study(name, directions)
    }

    fn studies(&self) -> Result<Vec<StudyRecord>, StorageError> {
        self.0.studies()
    }

    fn study(&self, study: StudyId) -> Result<StudyRecord, StorageError> {
        self.0.study(study)
    }

    fn delete_study(&self, study: StudyId) -> Result<(), StorageError> {
        self.0.delete_study(study)
    }

    fn set_attribute(&self, study: StudyId, scope: Scope, key: &str, value: &Json) -> Result<(), StorageError> {
        self.0.set_attribute(study, scope, key, value)
    }

    fn declare(&self, study: StudyId, params: &[Param]) -> Result<(), StorageError> {
        self.0.declare(study, params)
    }

    fn create_trial(&self, study: StudyId, new: NewTrial) -> Result<u64, StorageError> {
        self.0.create_trial(study, new)
    }

    fn next_trial(&self, study: StudyId, most: Option<u64>) -> Result<Next, StorageError> {
        self.0.next_trial(study, most)
    }

    fn record(&self, study: StudyId, number: u64, event: &Event<'_>) -> Result<(), StorageError> {
        self.0.record(study, number, event)
    }

    fn read(&self, study: StudyId, look: &mut dyn FnMut(&Trials)) -> Result<(), StorageError> {
        self.0.read(study, look)
    }

    /// Nobody's, as long as there are detached ones: a run returns the trials of dead workers to the queue.
    fn recover(&self, study: StudyId) -> Result<Vec<u64>, StorageError> {
        let mut is_any = false;
        self.read(study, &mut |trials| is_any = trials.running().iter().any(|number| is_detached(trials, *number)))?;
        if is_any { Ok(Vec::new()) } else { self.0.recover(study) }
    }

    fn is_shared(&self) -> bool {
        self.0.is_shared()
    }

    fn is_awaited(&self, study: StudyId) -> Result<bool, StorageError> {
        self.0.is_awaited(study)
    }

    fn location(&self) -> String {
        self.0.location()
    }
}

fn is_detached(trials: &Trials, number: u64) -> bool {
    trials.attributes(number).is_some_and(|notes| notes.system.get(DETACHED) == Some(&Json::Bool(true)))
}
