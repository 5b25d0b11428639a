//! Stops a trial whose best report is worse than the median of the complete trials' reports at the same step: the
//! [percentile](super::Percentile) of 50 %, which names the rules and their source.

use super::{Judgement, Percentile, Pruner, PrunerError, Race};

/// Stops a trial whose best report is worse than the median of the complete trials' reports at the same step.
///
/// | setting | default | range | source |
/// | --- | --- | --- | --- |
/// | `startup_trials` | 5 | from 0; nothing stops before one is complete | Optuna |
/// | `warmup_steps` | 0 | from 0, in steps | Optuna |
/// | `interval_steps` | 1 | from 1, in steps | Optuna |
/// | `min_trials` | 1 | from 1 | Optuna |
#[derive(Debug)]
pub struct Median(Percentile);

impl Default for Median {
    fn default() -> Self {
        Self(Percentile::new(50.0))
    }
}

impl Median {
    /// How many trials have to be complete before one is stopped. Default 5.
    #[must_use]
    pub fn startup_trials(self, count: u64) -> Self {
        Self(self.0.startup_trials(count))
    }

    /// The first step that is judged. Default 0.
    #[must_use]
    pub fn warmup_steps(self, steps: u64) -> Self {
        Self(self.0.warmup_steps(steps))
    }

    /// One report is judged in so many steps, counted from the warm-up. Default 1, at least 1.
    #[must_use]
    pub fn interval_steps(self, steps: u64) -> Self {
        Self(self.0.interval_steps(steps))
    }

    /// How many complete trials must have reported a step, NaN included, for it to be judged. Default 1, at least 1.
    #[must_use]
    pub fn min_trials(self, count: u64) -> Self {
        Self(self.0.min_trials(count))
    }
}

impl Pruner for Median {
    fn judge(&self, race: Race<'_>, number: u64) -> Judgement {
        self.0.judge(race, number)
    }

    fn name(&self) -> &'static str {
        "median"
    }

    fn check(&self) -> Result<(), PrunerError> {
        self.0.check_as(self.name())
    }
}
