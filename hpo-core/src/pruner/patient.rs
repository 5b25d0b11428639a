//! Stops a trial that no longer improves, or asks another pruner only then: Optuna 5.0's
//! `PatientPruner`. Early stopping with patience is older than any paper on it; see L. Prechelt,
//! *Early Stopping - But When?* (1998).

use std::sync::Arc;

use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::Value as Json;

use super::settings::refuse;
use super::{PruneContext, Pruner, PrunerConfig, StepDecision, best_of, is_worse};
use crate::numeric::format::significant;
use crate::setting::{self, SettingError, is_its_settings};
use crate::trial::Direction;

/// Stops a trial that has not improved for `patience` reports. If it wraps another pruner, it asks
/// that pruner instead of stopping the trial.
///
/// Once there are more than `patience + 1` reports, the best of the last `patience + 1` is compared
/// with the best of all earlier ones. If it is worse by more than `min_delta`, the patience is
/// exhausted. Equal is not worse. NaN is ignored; if one side has only NaN, the trial goes on.
///
/// | setting | default | range | source |
/// | --- | --- | --- | --- |
/// | `patience` | none | from 0, in reports | Optuna |
/// | `min_delta` | 0 | from 0, finite; in the unit of the reports | Optuna |
/// | `wrapping` | none: it stops trials by itself | any pruner that judges reports | Optuna |
///
/// ```
/// use hpo_core::pruner::{Median, Patient};
///
/// let pruner = Patient::builder(3).min_delta(1e-3).wrapping(Median::default()).build()?;
/// # Ok::<(), hpo_core::error::SettingError>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "PatientBuilder", into = "PatientBuilder")]
pub struct Patient {
    settings: PatientBuilder,
}

/// Settings of a [`Patient`], not yet checked.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "nothing happens before `build`"]
pub struct PatientBuilder {
    patience: u64,
    #[serde(default)]
    min_delta: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wrapped: Option<Wrapped>,
}

/// The pruner that is asked when the patience is exhausted. In JSON it is given by its settings or
/// its bare name.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(try_from = "Json")]
struct Wrapped(Arc<dyn Pruner>);

is_its_settings!(Patient, PatientBuilder);

impl PatientBuilder {
    /// Sets the amount by which recent reports may be worse than earlier ones: from 0, finite.
    /// Default 0.
    pub fn min_delta(self, delta: f64) -> Self {
        Self { min_delta: delta, ..self }
    }

    /// Leaves the decision to another pruner when the patience is exhausted. Default: none.
    pub fn wrapping(self, pruner: impl Pruner + 'static) -> Self {
        Self { wrapped: Some(Wrapped(Arc::new(pruner))), ..self }
    }

    /// Checks the settings and returns the pruner.
    ///
    /// # Errors
    /// Returns an error for `min_delta` if it is out of its range, and for `wrapping` if that
    /// pruner allots budgets.
    pub fn build(self) -> Result<Patient, SettingError> {
        if !self.min_delta.is_finite() || self.min_delta < 0.0 {
            let problem = format!("is {}: write 0 or a positive number", self.min_delta);
            return refuse("patient", "min_delta", problem);
        }
        if let Some(Wrapped(pruner)) = &self.wrapped
            && pruner.schedule().is_some()
        {
            let remedy = "which allots budgets: write a pruner that judges reports";
            return refuse("patient", "wrapping", format!("is {}, {remedy}", pruner.name()));
        }
        Ok(Patient::with(self))
    }
}

/// Pruners defined by the user have no config to compare, so they are equal only if they are the
/// same object.
impl PartialEq for Wrapped {
    fn eq(&self, other: &Self) -> bool {
        match (self.0.config(), other.0.config()) {
            (None, None) => Arc::ptr_eq(&self.0, &other.0),
            (one, other) => one == other,
        }
    }
}

impl Serialize for Wrapped {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let unknown =
            || S::Error::custom(format!("the wrapped pruner `{}` has no JSON", self.0.name()));
        self.0.config().ok_or_else(unknown)?.serialize(serializer)
    }
}

impl TryFrom<Json> for Wrapped {
    type Error = serde_json::Error;

    fn try_from(json: Json) -> Result<Self, serde_json::Error> {
        Ok(Self(setting::from_json::<PrunerConfig>(json)?.build().into()))
    }
}

impl Patient {
    /// Returns a builder of a pruner that waits for `patience` reports after the best one, from 0.
    /// It stops trials by itself, unless it [wraps](PatientBuilder::wrapping) another pruner.
    pub fn builder(patience: u64) -> PatientBuilder {
        PatientBuilder { patience, min_delta: 0.0, wrapped: None }
    }

    fn with(settings: PatientBuilder) -> Self {
        Self { settings }
    }

    /// Returns the best of the earlier reports, if the last `patience + 1` are worse.
    fn best_before_stall(&self, direction: Direction, reports: &[(u64, f64)]) -> Option<f64> {
        let recent = usize::try_from(self.settings.patience).ok()?.checked_add(1)?;
        let earlier = reports.len().checked_sub(recent).filter(|earlier| *earlier > 0)?;
        let (before, after) = reports.split_at(earlier);
        let (before, after) = (best_of(direction, before)?, best_of(direction, after)?);
        let threshold = match direction {
            Direction::Minimize => before + self.settings.min_delta,
            Direction::Maximize => before - self.settings.min_delta,
        };
        is_worse(direction, after, threshold).then_some(before)
    }
}

impl Pruner for Patient {
    fn judge(&self, context: PruneContext<'_>, number: u64) -> StepDecision {
        let reports = context.trials.reports(number);
        let Some(best) = self.best_before_stall(context.direction, reports) else {
            return StepDecision::go_on();
        };
        if let Some(Wrapped(wrapped)) = &self.settings.wrapped {
            return wrapped.judge(context, number);
        }
        let (step, recent) =
            (reports.last().map_or(0, |report| report.0), self.settings.patience + 1);
        let last = if recent == 1 {
            "the last report is".to_owned()
        } else {
            format!("the last {recent} reports are")
        };
        StepDecision::stop(format!(
            "step {step}: {last} worse than {} before",
            significant(best, 6)
        ))
    }

    fn name(&self) -> &'static str {
        "patient"
    }

    fn config(&self) -> Option<PrunerConfig> {
        let is_known = |Wrapped(pruner): &Wrapped| pruner.config().is_some();
        self.settings
            .wrapped
            .as_ref()
            .is_none_or(is_known)
            .then(|| PrunerConfig::Patient(self.clone()))
    }
}
