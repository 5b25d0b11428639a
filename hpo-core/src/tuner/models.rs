//! The best fitted models of a search: in memory, and on disk where the model can be saved.

use std::sync::{Arc, Mutex, PoisonError};

use super::project::Project;
use crate::error::Result;
use crate::study::TrialError;
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
    fitted: Arc<F>,
}

impl<F> Models<F> {
    pub(super) fn new(most: usize, direction: Direction) -> Self {
        Self { most, direction, kept: Mutex::default() }
    }

    /// Keeps a model if it is among the best; `save` is called for it, and the model that falls out is removed.
    pub(super) fn keep(
        &self,
        (trial, value): (u64, f64),
        fitted: F,
        project: Option<&Project>,
        save: impl FnOnce(&F, &Project) -> Result<(), TrialError>,
    ) -> Result<(), TrialError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.partition_point(|other| !self.direction.is_better(value, other.value));
        if place >= self.most {
            return Ok(());
        }
        if let Some(project) = project {
            save(&fitted, project)?;
        }
        kept.insert(place, Kept { trial, value, fitted: Arc::new(fitted) });
        if kept.len() > self.most
            && let (Some(worst), Some(project)) = (kept.pop(), project)
        {
            project.remove_model(worst.trial)?;
        }
        Ok(())
    }

    /// The model of a trial, if it was kept in this process.
    pub(super) fn get(&self, trial: u64) -> Option<Arc<F>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|kept| kept.trial == trial).map(|kept| Arc::clone(&kept.fitted))
    }
}
