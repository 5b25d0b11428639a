//! The best fitted models of a search: in memory, and on disk where the model can be saved.

use std::cmp::Ordering;
use std::sync::{Arc, Mutex};

use super::project::Project;
use crate::error::Result;
use crate::study::TrialError;
use crate::sync::lock;
use crate::trial::Direction;

/// The best fitted models, best first.
#[derive(Debug)]
pub(super) struct Models<F> {
    most: usize,
    direction: Direction,
    kept: Mutex<Vec<Kept<F>>>,
}

#[derive(Debug)]
struct Kept<F> {
    trial: u64,
    value: f64,
    /// The fitted model; `None` if it is only on disk, from an earlier search.
    fitted: Option<Arc<F>>,
}

impl<F> Models<F> {
    /// Creates the list with the models that an earlier search has left on disk: trials and their
    /// values, best first.
    pub(super) fn new(
        most: usize,
        direction: Direction,
        saved: impl Iterator<Item = (u64, f64)>,
    ) -> Self {
        let saved = saved.take(most).map(|(trial, value)| Kept { trial, value, fitted: None });
        Self { most, direction, kept: Mutex::new(saved.collect()) }
    }

    /// Keeps a model if it is among the best; of equal values, that of the lower trial number is
    /// better. Calls `save` for it, and removes the model that it displaces.
    pub(super) fn keep(
        &self,
        (trial, value): (u64, f64),
        fitted: F,
        project: Option<&Project>,
        save: impl FnOnce(&F, &Project) -> Result<(), TrialError>,
    ) -> Result<(), TrialError> {
        let mut kept = lock(&self.kept);
        // An attempt that failed in the end may have kept its model already.
        kept.retain(|other| other.trial != trial);
        let place = kept.partition_point(|other| match self.direction.order(other.value, value) {
            Ordering::Equal => other.trial < trial,
            order => order == Ordering::Less,
        });
        if place >= self.most {
            return Ok(());
        }
        if let Some(project) = project {
            save(&fitted, project)?;
        }
        kept.insert(place, Kept { trial, value, fitted: Some(Arc::new(fitted)) });
        if kept.len() > self.most
            && let (Some(worst), Some(project)) = (kept.pop(), project)
        {
            project.remove_model(worst.trial)?;
        }
        Ok(())
    }

    /// Returns the model of a trial, if it was kept in this process.
    pub(super) fn get(&self, trial: u64) -> Option<Arc<F>> {
        let kept = lock(&self.kept);
        kept.iter().find(|kept| kept.trial == trial)?.fitted.clone()
    }
}
