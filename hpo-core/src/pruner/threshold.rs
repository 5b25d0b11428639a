//! Stops a trial whose last report lies outside fixed bounds, or is NaN: Optuna 5.0's `ThresholdPruner`.

use super::moments::Moments;
use super::words::shown;
use super::{Judgement, Pruner, PrunerError, Race};

/// Stops a trial whose last report lies outside fixed bounds, or is NaN. Whether small or large values are good does not
/// matter, nor what other trials have reported.
///
/// | setting | default | range | source |
/// | --- | --- | --- | --- |
/// | `lower`, `upper` | none; one must be given | not NaN, `lower <= upper` | Optuna |
/// | `warmup_steps` | 0 | from 0, in steps | Optuna |
/// | `interval_steps` | 1 | from 1, in steps | Optuna |
///
/// ```
/// use hpo_core::pruner::{Pruner, Threshold};
///
/// assert!(Threshold::new().upper(1e3).check().is_ok());
/// assert!(Threshold::new().check().is_err());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Threshold {
    lower: Option<f64>,
    upper: Option<f64>,
    moments: Moments,
}

impl Threshold {
    /// Without bounds yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The smallest value with which a trial goes on.
    #[must_use]
    pub fn lower(mut self, bound: f64) -> Self {
        self.lower = Some(bound);
        self
    }

    /// The largest value with which a trial goes on.
    #[must_use]
    pub fn upper(mut self, bound: f64) -> Self {
        self.upper = Some(bound);
        self
    }

    /// The first step that is judged. Default 0.
    #[must_use]
    pub fn warmup_steps(mut self, steps: u64) -> Self {
        self.moments.warmup_steps = steps;
        self
    }

    /// One report is judged in so many steps, counted from the warm-up. Default 1, at least 1.
    #[must_use]
    pub fn interval_steps(mut self, steps: u64) -> Self {
        self.moments.interval_steps = steps;
        self
    }
}

impl Pruner for Threshold {
    fn judge(&self, race: Race<'_>, number: u64) -> Judgement {
        let reports = race.trials.reports(number);
        let Some((step, value)) = race.last_report(number).filter(|_| self.moments.include(reports)) else {
            return Judgement::go_on();
        };
        if value.is_nan() {
            return Judgement::stop(format!("step {step}: the value is NaN"));
        }
        if let Some(lower) = self.lower.filter(|lower| value < *lower) {
            return Judgement::stop(format!("step {step}: {} lies below {}", shown(value), shown(lower)));
        }
        if let Some(upper) = self.upper.filter(|upper| value > *upper) {
            return Judgement::stop(format!("step {step}: {} lies above {}", shown(value), shown(upper)));
        }
        Judgement::go_on()
    }

    fn name(&self) -> &'static str {
        "threshold"
    }

    fn check(&self) -> Result<(), PrunerError> {
        for (setting, bound) in [("lower", self.lower), ("upper", self.upper)] {
            if bound.is_some_and(f64::is_nan) {
                return Err(PrunerError::new(self.name(), setting, "is NaN: write a number, or leave it out"));
            }
        }
        match (self.lower, self.upper) {
            (None, None) => Err(PrunerError::new(self.name(), "lower", "and `upper` are missing: write one of them")),
            (Some(lower), Some(upper)) if lower > upper => {
                let problem = format!("is {lower}, above `upper`, which is {upper}: write the smaller one as `lower`");
                Err(PrunerError::new(self.name(), "lower", problem))
            }
            _ => self.moments.check(self.name()),
        }
    }
}
