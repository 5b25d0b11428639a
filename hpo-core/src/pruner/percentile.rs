//! Stops a trial whose best report is worse than a percentile of the complete trials' reports at
//! the same step.
//!
//! With 50 % this is the median stopping rule of D. Golovin et al., *Google Vizier: A Service for
//! Black-Box Optimization* (KDD 2017), in the form of Optuna 5.0's `PercentilePruner`: the other
//! trials count by their value at this step, not by a mean over their steps. The rules apply in
//! order; a trial goes on unless rule 3 or rule 5 stops it:
//!
//! 1. At least `startup_trials` trials are complete. Pruned and failed trials do not count, here
//!    and below.
//! 2. The step is at least `warmup_steps`, and is the first reported one in its interval of
//!    `interval_steps` steps.
//! 3. A trial that has reported only NaN stops.
//! 4. At least `min_trials` complete trials have reported exactly this step.
//! 5. The trial stops if its best report so far is worse than the percentile of theirs: the value
//!    that `percentile` percent of them reach or better, with linear interpolation. NaN among them
//!    is ignored. Equal is not worse.
//!
//! Deviation: an infinite report counts as the number it is. Optuna's percentile is NaN if an
//! infinite report is next to the percentile's position, and then no trial is pruned.

use std::collections::HashMap;

use super::completed::{CompletedCache, with_completed};
use super::interval::CheckInterval;
use super::settings::{count, refuse};
use super::{PruneContext, Pruner, PrunerConfig, StepDecision, is_worse};
use crate::numeric::format::significant;
use crate::setting::{SettingError, is_its_settings};
use crate::trial::Direction;

/// Stops a trial whose best report is worse than a percentile of the complete trials' reports at
/// the same step.
///
/// | setting | default | range | source |
/// | --- | --- | --- | --- |
/// | `percentile` | none | 0 to 100; 25 keeps the best quarter | Optuna |
/// | `startup_trials` | 5 | from 0; no trial stops before one is complete | Optuna |
/// | `warmup_steps` | 0 | from 0, in steps | Optuna |
/// | `interval_steps` | 1 | from 1, in steps | Optuna |
/// | `min_trials` | 1 | from 1 | Optuna |
///
/// ```
/// use hpo_core::pruner::Percentile;
///
/// let quarter = Percentile::builder(25.0).startup_trials(10).warmup_steps(3).build()?;
/// assert!(Percentile::builder(101.0).build().is_err());
/// # Ok::<(), hpo_core::error::SettingError>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "PercentileBuilder", into = "PercentileBuilder")]
pub struct Percentile {
    settings: PercentileBuilder,
    by_step: CompletedCache<ReportsByStep>,
}

/// Defines a builder with the settings that [`Percentile`] and [`Median`](super::Median) share,
/// after those of its own.
macro_rules! with_step_settings {
    ($(#[$attribute:meta])* $builder:ident { $($own:tt)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[must_use = "nothing happens before `build`"]
        pub struct $builder {
            $($own)*
            #[serde(default = "count::<5>", alias = "n_startup_trials")]
            pub(super) startup_trials: u64,
            #[serde(default, alias = "n_warmup_steps")]
            pub(super) warmup_steps: u64,
            #[serde(default = "count::<1>")]
            pub(super) interval_steps: u64,
            #[serde(default = "count::<1>", alias = "n_min_trials")]
            pub(super) min_trials: u64,
        }

        impl $builder {
            /// Sets the number of trials that must be complete before any trial is stopped.
            /// Default 5.
            pub fn startup_trials(self, count: u64) -> Self {
                Self { startup_trials: count, ..self }
            }

            /// Sets the first step that is judged. Default 0.
            pub fn warmup_steps(self, steps: u64) -> Self {
                Self { warmup_steps: steps, ..self }
            }

            /// Sets the number of steps in an interval, counted from the warm-up. The first report
            /// of each interval is judged. Default 1, at least 1.
            pub fn interval_steps(self, steps: u64) -> Self {
                Self { interval_steps: steps, ..self }
            }

            /// Sets the number of complete trials that must have reported a step, NaN included, for
            /// it to be judged. Default 1, at least 1.
            pub fn min_trials(self, count: u64) -> Self {
                Self { min_trials: count, ..self }
            }
        }
    };
}

pub(super) use with_step_settings;

with_step_settings! {
    /// Settings of a [`Percentile`], not yet checked.
    PercentileBuilder { pub(super) percentile: f64, }
}

is_its_settings!(Percentile, PercentileBuilder);

impl PercentileBuilder {
    /// Checks the settings and returns the pruner.
    ///
    /// # Errors
    /// Returns the first setting that is out of its range.
    pub fn build(self) -> Result<Percentile, SettingError> {
        self.check("percentile")?;
        Ok(Percentile::with(self))
    }

    pub(super) fn check(self, pruner: &'static str) -> Result<(), SettingError> {
        if !(0.0..=100.0).contains(&self.percentile) {
            let problem = format!("is {}: write a number from 0 to 100", self.percentile);
            return refuse(pruner, "percentile", problem);
        }
        if self.min_trials == 0 {
            return refuse(pruner, "min_trials", "is 0: write at least 1");
        }
        self.check_interval().check(pruner)
    }

    fn check_interval(self) -> CheckInterval {
        CheckInterval { warmup_steps: self.warmup_steps, interval_steps: self.interval_steps }
    }
}

impl Percentile {
    /// Returns a builder of a pruner that keeps the best `percentile` percent of trials, 0 to 100,
    /// with the other settings at their defaults.
    pub fn builder(percentile: f64) -> PercentileBuilder {
        PercentileBuilder {
            percentile,
            startup_trials: 5,
            warmup_steps: 0,
            interval_steps: 1,
            min_trials: 1,
        }
    }

    pub(super) fn with(settings: PercentileBuilder) -> Self {
        Self { settings, by_step: CompletedCache::default() }
    }

    fn compare(
        &self,
        context: PruneContext<'_>,
        by_step: &ReportsByStep,
        step: u64,
        best: Option<f64>,
    ) -> StepDecision {
        if by_step.complete < self.settings.startup_trials.max(1) {
            return StepDecision::go_on();
        }
        let Some(best) = best else {
            return StepDecision::stop(format!("step {step}: every report is NaN"));
        };
        let Some(at_step) = by_step
            .steps
            .get(&step)
            .filter(|at_step| at_step.reports() >= self.settings.min_trials)
        else {
            return StepDecision::go_on();
        };
        let share = self.settings.percentile;
        let threshold = at_step.percentile(context.direction, share);
        if !is_worse(context.direction, best, threshold) {
            return StepDecision::go_on();
        }
        let (best, threshold, count) =
            (significant(best, 6), significant(threshold, 6), at_step.values.len());
        let trials = crate::space::counted(count, "trial");
        let percentile =
            if share == 50.0 { "median".to_owned() } else { format!("{share} % percentile") };
        StepDecision::stop(format!(
            "step {step}: best {best} is worse than the {percentile} {threshold} of {trials}"
        ))
    }
}

impl Pruner for Percentile {
    fn judge(&self, context: PruneContext<'_>, number: u64) -> StepDecision {
        let reports = context.trials.reports(number);
        let Some((step, _)) =
            context.last_report(number).filter(|_| self.settings.check_interval().include(reports))
        else {
            return StepDecision::go_on();
        };
        let best = context.best_report(number);
        let add = |by_step: &mut ReportsByStep, number| by_step.add(context.trials.reports(number));
        with_completed(&self.by_step, context, add, |by_step| {
            self.compare(context, by_step, step, best)
        })
    }

    fn name(&self) -> &'static str {
        "percentile"
    }

    fn config(&self) -> Option<PrunerConfig> {
        Some(PrunerConfig::Percentile(self.clone()))
    }
}

/// The reports of the complete trials, by step.
#[derive(Default)]
struct ReportsByStep {
    complete: u64,
    steps: HashMap<u64, StepReports>,
}

/// The reports at one step.
#[derive(Default)]
struct StepReports {
    /// The reported values in ascending order, without NaN.
    values: Vec<f64>,
    nans: u64,
}

impl ReportsByStep {
    fn add(&mut self, reports: &[(u64, f64)]) {
        self.complete += 1;
        for (step, value) in reports {
            self.steps.entry(*step).or_default().add(*value);
        }
    }
}

impl StepReports {
    fn add(&mut self, value: f64) {
        if value.is_nan() {
            self.nans += 1;
            return;
        }
        let index = self.values.partition_point(|other| *other <= value);
        self.values.insert(index, value);
    }

    fn reports(&self) -> u64 {
        self.values.len() as u64 + self.nans
    }

    /// Returns the value that `percent` percent of the reports reach or better; NaN if there are no
    /// values.
    fn percentile(&self, direction: Direction, percent: f64) -> f64 {
        let percent = match direction {
            Direction::Minimize => percent,
            Direction::Maximize => 100.0 - percent,
        };
        let Some(last) = self.values.len().checked_sub(1) else {
            return f64::NAN;
        };
        let position = last as f64 * (percent / 100.0);
        let below = (position.floor() as usize).min(last);
        between(self.values[below], self.values[(below + 1).min(last)], position - position.floor())
    }
}

/// Interpolates linearly: returns the point at `share` (0 to 1) of the way from `low` to `high`,
/// computed from the nearer end, as numpy does.
fn between(low: f64, high: f64, share: f64) -> f64 {
    if share == 0.0 || low == high {
        low
    } else if low.is_infinite() || high.is_infinite() {
        low + high
    } else if share < 0.5 {
        low + (high - low) * share
    } else {
        high - (high - low) * (1.0 - share)
    }
}
