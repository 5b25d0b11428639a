//! Stops a trial that has stopped to improve, or asks another pruner about it only then: Optuna 5.0's `PatientPruner`. Early
//! stopping with patience is older than any paper on it; see L. Prechelt, *Early Stopping - But When?* (1998).

use super::words::shown;
use super::{Judgement, Pruner, PrunerError, Race, best_of, is_worse};
use crate::trial::Direction;

/// Stops a trial that has not improved for `patience` reports; or, wrapping another pruner, asks that one only then.
///
/// With more than `patience + 1` reports, the best of the last `patience + 1` is compared with the best of all before. If it is
/// worse by more than `min_delta`, patience is at its end. Equal is not worse. NaN is left out; if nothing else is
/// left on one side, the trial goes on.
///
/// | setting | default | range | source |
/// | --- | --- | --- | --- |
/// | `patience` | none | from 0, in reports | Optuna |
/// | `min_delta` | 0 | from 0, finite; in the unit of the reports | Optuna |
/// | `wrapping` | none: it stops trials by itself | any pruner that judges reports | Optuna |
///
/// ```
/// use hpo_core::pruner::{Median, Patient, Pruner};
///
/// let pruner = Patient::new(3).min_delta(1e-3).wrapping(Median::default());
/// assert!(pruner.check().is_ok());
/// ```
#[derive(Debug)]
pub struct Patient {
    patience: u64,
    min_delta: f64,
    wrapped: Option<Box<dyn Pruner>>,
}

impl Patient {
    /// Waits for so many reports after the best one. Stops trials by itself, unless it [wraps](Self::wrapping) another pruner.
    #[must_use]
    pub fn new(patience: u64) -> Self {
        Self { patience, min_delta: 0.0, wrapped: None }
    }

    /// How much worse than before reports may be. Default 0.
    #[must_use]
    pub fn min_delta(mut self, delta: f64) -> Self {
        self.min_delta = delta;
        self
    }

    /// Leaves the decision to another pruner, when patience is at its end.
    #[must_use]
    pub fn wrapping(mut self, pruner: impl Pruner + 'static) -> Self {
        self.wrapped = Some(Box::new(pruner));
        self
    }

    /// The best report before the last ones, if these are worse.
    fn missed(&self, direction: Direction, reports: &[(u64, f64)]) -> Option<f64> {
        let recent = usize::try_from(self.patience).ok()?.checked_add(1)?;
        let earlier = reports.len().checked_sub(recent).filter(|earlier| *earlier > 0)?;
        let (before, after) = reports.split_at(earlier);
        let (before, after) = (best_of(direction, before)?, best_of(direction, after)?);
        let bar = match direction {
            Direction::Minimize => before + self.min_delta,
            Direction::Maximize => before - self.min_delta,
        };
        is_worse(direction, after, bar).then_some(before)
    }
}

impl Pruner for Patient {
    fn judge(&self, race: Race<'_>, number: u64) -> Judgement {
        let reports = race.trials.reports(number);
        let Some(best) = self.missed(race.direction, reports) else {
            return Judgement::go_on();
        };
        if let Some(wrapped) = &self.wrapped {
            return wrapped.judge(race, number);
        }
        let (step, recent) = (reports.last().map_or(0, |report| report.0), self.patience + 1);
        let last = if recent == 1 { "the last report is".to_owned() } else { format!("the last {recent} reports are") };
        Judgement::stop(format!("step {step}: {last} worse than {} before", shown(best)))
    }

    fn name(&self) -> &'static str {
        "patient"
    }

    fn check(&self) -> Result<(), PrunerError> {
        if !self.min_delta.is_finite() || self.min_delta < 0.0 {
            let problem = format!("is {}: write 0 or a positive number", self.min_delta);
            return Err(PrunerError::new(self.name(), "min_delta", problem));
        }
        let Some(wrapped) = &self.wrapped else {
            return Ok(());
        };
        if wrapped.schedule().is_some() {
            let problem = format!("is {}, which allots budgets: write a pruner that judges reports", wrapped.name());
            return Err(PrunerError::new(self.name(), "wrapping", problem));
        }
        wrapped.check()
    }
}
