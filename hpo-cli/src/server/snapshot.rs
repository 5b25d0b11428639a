//! The trials of a study at one moment, copied, so that figures can be made while others tell.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hpo_core::report::StudyView;
use hpo_core::space::FlatSpace;
use hpo_core::storage::StudyRecord;
use hpo_core::study::seen_through;
use hpo_core::trial::Trials;

use super::reply::Problem;
use super::{App, lookup};

/// The largest number of snapshots that are kept.
const MOST: usize = 8;

/// The trials of a study at one moment.
pub(super) struct Snapshot {
    pub(super) record: StudyRecord,
    pub(super) trials: Trials,
    /// The number of changes of the trials so far.
    pub(super) changes: u64,
    flat: Option<Arc<FlatSpace>>,
    metrics: Vec<String>,
}

/// The latest snapshots, the last used one at the end.
#[derive(Default)]
pub(super) struct Snapshots {
    kept: Mutex<VecDeque<Arc<Snapshot>>>,
    /// Held while the trials of a study are copied.
    copying: Mutex<()>,
}

impl Snapshot {
    /// Returns the study for reports.
    pub(super) fn view(&self) -> StudyView<'_> {
        StudyView {
            name: &self.record.name,
            directions: &self.record.directions,
            trials: &self.trials,
            flat: self.flat.as_ref(),
            metrics: &self.metrics,
        }
    }

    /// Returns the recorded space, if there is one.
    pub(super) fn flat(&self) -> Option<&Arc<FlatSpace>> {
        self.flat.as_ref()
    }
}

/// Returns the present state of a study. Its trials are copied only if they have changed, by one
/// request at a time; the others use that copy.
pub(super) fn of(app: &App, name: &str) -> Result<Arc<Snapshot>, Problem> {
    let record = lookup::find(app, name)?;
    let mut changes = None;
    app.host.storage().read(record.id, &mut |trials| changes = Some(trials.ordinal()))?;
    let changes = changes.ok_or_else(unread)?;
    if let Some(kept) = app.snapshots.known(&record, changes) {
        return Ok(kept);
    }
    let _one_at_a_time = app.snapshots.copying.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kept) = app.snapshots.known(&record, changes) {
        return Ok(kept);
    }
    let snapshot = Arc::new(copied(app, record)?);
    app.snapshots.keep(&snapshot);
    Ok(snapshot)
}

fn copied(app: &App, record: StudyRecord) -> Result<Snapshot, Problem> {
    let mut copy = None;
    app.host.storage().read(record.id, &mut |trials| {
        copy = Some((trials.ordinal(), seen_through(&record, trials).into_owned()));
    })?;
    let (changes, trials) = copy.ok_or_else(unread)?;
    let (flat, metrics) = (record.flat_space(), record.metric_names());
    Ok(Snapshot { record, trials, changes, flat, metrics })
}

fn unread() -> Problem {
    Problem::new(500, "no trials were read", "try again")
}

impl Snapshots {
    /// Returns the snapshot of a study, if the record of the study is still the same and the
    /// snapshot shows at least so many changes.
    fn known(&self, record: &StudyRecord, changes: u64) -> Option<Arc<Snapshot>> {
        let mut kept = self.kept();
        let is_known = |one: &Arc<Snapshot>| one.record == *record && one.changes >= changes;
        let at = kept.iter().position(is_known)?;
        let found = kept.remove(at)?;
        kept.push_back(Arc::clone(&found));
        Some(found)
    }

    fn keep(&self, snapshot: &Arc<Snapshot>) {
        let mut kept = self.kept();
        kept.retain(|other| other.record.id != snapshot.record.id);
        kept.push_back(Arc::clone(snapshot));
        if kept.len() > MOST {
            kept.pop_front();
        }
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Arc<Snapshot>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
