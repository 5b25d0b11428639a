//! The trials of a study at one moment, copied, so that figures can be made while others tell.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

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
pub(super) struct Snapshots(Mutex<VecDeque<Arc<Snapshot>>>);

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

/// Returns the present state of a study. Its trials are copied only if they have changed.
pub(super) fn of(app: &App, name: &str) -> Result<Arc<Snapshot>, Problem> {
    let record = lookup::find(app, name)?;
    let kept = app.snapshots.known(&record);
    let mut copy = None;
    app.host.storage().read(record.id, &mut |trials| {
        let is_same = kept.as_ref().is_some_and(|kept| kept.changes == trials.ordinal());
        if !is_same {
            copy = Some((trials.ordinal(), seen_through(&record, trials).into_owned()));
        }
    })?;
    let snapshot = match (copy, kept) {
        (None, Some(kept)) => kept,
        (None, None) => return Err(Problem::new(500, "no trials were read", "try again")),
        (Some((changes, trials)), _) => {
            let (flat, metrics) = (record.flat_space(), record.metric_names());
            Arc::new(Snapshot { record, trials, changes, flat, metrics })
        }
    };
    app.snapshots.keep(&snapshot);
    Ok(snapshot)
}

impl Snapshots {
    /// Returns the snapshot of a study, if the record of the study is still the same.
    fn known(&self, record: &StudyRecord) -> Option<Arc<Snapshot>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|kept| kept.record == *record).cloned()
    }

    fn keep(&self, snapshot: &Arc<Snapshot>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|other| other.record.id != snapshot.record.id);
        kept.push_back(Arc::clone(snapshot));
        if kept.len() > MOST {
            kept.pop_front();
        }
    }
}
