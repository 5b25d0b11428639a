//! Callbacks that end a run: at a target value, on stagnation, or after a time. The running trials
//! end as usual.

use std::time::{Duration, Instant};

use super::{check_min_delta, is_better_by};
use crate::setting::{Owner, SettingError, is_its_settings};
use crate::study::{Callback, Flow, RunEvent};
use crate::sync::Transient;
use crate::trial::{Direction, State, TrialRecord};

/// Ends a run as soon as the best value is at least as good as a target. Trials of earlier runs
/// count too.
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_core::callback::StopAtTarget;
/// use hpo_core::study::Ended;
///
/// # #[derive(Clone, Debug, SearchSpace)]
/// # struct Point {
/// #     #[search_space(range = 0.0..=1.0)]
/// #     x: f64,
/// # }
/// let target = StopAtTarget::builder(0.9).build()?;
/// let study = Study::<Point>::maximize().seed(3).callback(target).open()?;
/// let run = study.optimize(1000, |point, _| point.x)?;
/// assert_eq!(run.ended, Ended::Stopped);
/// assert!(study.best_value()? >= 0.9);
/// # Ok::<(), hpo_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "StopAtTargetBuilder", into = "StopAtTargetBuilder")]
pub struct StopAtTarget {
    settings: StopAtTargetBuilder,
    direction: Transient<Option<Direction>>,
}

/// Settings of a [`StopAtTarget`], not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "nothing happens before `build`"]
pub struct StopAtTargetBuilder {
    target: f64,
}

is_its_settings!(StopAtTarget, StopAtTargetBuilder);

impl StopAtTarget {
    /// Returns a builder with the target value, in the unit of the objective: not NaN. The
    /// direction of the study decides whether the value must be at most or at least the target.
    pub fn builder(target: f64) -> StopAtTargetBuilder {
        StopAtTargetBuilder { target }
    }
}

impl StopAtTargetBuilder {
    /// Checks the settings and returns the callback.
    ///
    /// # Errors
    /// Returns an error if `target` is NaN: no value reaches it.
    pub fn build(self) -> Result<StopAtTarget, SettingError> {
        if self.target.is_nan() {
            return Err(Owner::Callback("stop_at_target")
                .error("target", "is NaN: no value reaches it; write a number"));
        }
        Ok(StopAtTarget { settings: self, direction: Transient::default() })
    }
}

impl Callback for StopAtTarget {
    fn notice(&self, event: &RunEvent<'_>) -> Flow {
        let mut direction = self.direction.lock();
        match event {
            RunEvent::Started { directions, .. } => {
                *direction = single_direction(directions, "StopAtTarget");
            }
            RunEvent::TrialEnded { best: Some(best), .. } => {
                let misses = |direction: Direction, best: f64| {
                    direction.is_better(self.settings.target, best)
                };
                let reached = direction
                    .zip(best.value())
                    .is_some_and(|(direction, best)| !misses(direction, best));
                return if reached { Flow::Stop } else { Flow::Continue };
            }
            _ => {}
        }
        Flow::Continue
    }
}

/// Ends a run whose best value has stayed the same over a number of trials.
///
/// Complete and pruned trials of the present run are counted, because their configs were tried;
/// failed ones are not. The rule is that of Optuna's `BestValueStagnationEvaluator`.
///
/// | setting | default | range | source |
/// | --- | --- | --- | --- |
/// | `trials` | 30 | from 1 | Optuna |
/// | `min_delta` | 0 | from 0, finite; in the unit of the objective | |
///
/// ```
/// use hpo_core::prelude::*;
/// use hpo_core::callback::StopOnStagnation;
///
/// # #[derive(Clone, Debug, SearchSpace)]
/// # struct Point {
/// #     #[search_space(range = 0.0..=1.0)]
/// #     x: f64,
/// # }
/// let stagnation = StopOnStagnation::builder().trials(10).min_delta(0.001).build()?;
/// let study = Study::<Point>::minimize().seed(3).callback(stagnation).open()?;
/// study.optimize(1000, |_, _| 0.5)?;
/// assert_eq!(study.trials()?.len(), 11);      // the first is the best, and ten are no better
/// # Ok::<(), hpo_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "StopOnStagnationBuilder", into = "StopOnStagnationBuilder")]
pub struct StopOnStagnation {
    settings: StopOnStagnationBuilder,
    state: Transient<StagnationState>,
}

/// Settings of a [`StopOnStagnation`], not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use = "nothing happens before `build`"]
pub struct StopOnStagnationBuilder {
    trials: u64,
    min_delta: f64,
}

is_its_settings!(StopOnStagnation, StopOnStagnationBuilder, default);

#[derive(Debug, Default)]
struct StagnationState {
    direction: Option<Direction>,
    /// The best value at the last improvement by more than `min_delta`.
    best: Option<f64>,
    trials: u64,
}

impl Default for StopOnStagnationBuilder {
    fn default() -> Self {
        Self { trials: 30, min_delta: 0.0 }
    }
}

impl StopOnStagnation {
    /// Returns a builder with every setting at its default.
    pub fn builder() -> StopOnStagnationBuilder {
        StopOnStagnationBuilder::default()
    }

    fn with(settings: StopOnStagnationBuilder) -> Self {
        Self { settings, state: Transient::default() }
    }
}

impl StopOnStagnationBuilder {
    /// Sets the number of trials without improvement after which the run ends. Default 30, at
    /// least 1.
    pub fn trials(self, trials: u64) -> Self {
        Self { trials, ..self }
    }

    /// Sets the amount by which a value must be better to count as an improvement, in the unit of
    /// the objective: from 0, finite. Default 0.
    pub fn min_delta(self, min_delta: f64) -> Self {
        Self { min_delta, ..self }
    }

    /// Checks the settings and returns the callback.
    ///
    /// # Errors
    /// Returns the first setting that is out of its range.
    pub fn build(self) -> Result<StopOnStagnation, SettingError> {
        if self.trials == 0 {
            return Err(Owner::Callback("stop_on_stagnation").error(
                "trials",
                "is 0: the run would end with its first trial; write at least 1",
            ));
        }
        check_min_delta(Owner::Callback("stop_on_stagnation"), self.min_delta)?;
        Ok(StopOnStagnation::with(self))
    }
}

impl Callback for StopOnStagnation {
    fn notice(&self, event: &RunEvent<'_>) -> Flow {
        let mut state = self.state.lock();
        match event {
            RunEvent::Started { directions, .. } => {
                *state = StagnationState {
                    direction: single_direction(directions, "StopOnStagnation"),
                    ..StagnationState::default()
                };
                Flow::Continue
            }
            RunEvent::TrialEnded { trial, best, .. } if trial.state != State::Failed => {
                state.count(&self.settings, best.and_then(TrialRecord::value));
                if state.trials >= self.settings.trials { Flow::Stop } else { Flow::Continue }
            }
            _ => Flow::Continue,
        }
    }
}

impl StagnationState {
    fn count(&mut self, settings: &StopOnStagnationBuilder, best: Option<f64>) {
        let Some(direction) = self.direction else {
            return;
        };
        let improved = match (best, self.best) {
            (Some(best), Some(previous)) => {
                is_better_by(direction, settings.min_delta, best, previous)
            }
            (best, _) => best.is_some(),
        };
        if improved {
            self.best = best;
            self.trials = 0;
        } else {
            self.trials += 1;
        }
    }
}

/// Ends a run after a time: wall-clock time, or the total time of all trials.
///
/// [`StudyBuilder::timeout`](crate::study::StudyBuilder::timeout) limits the wall-clock time too;
/// this one is a callback, and checks the clock at each report. With several workers, the total
/// time of trials passes faster than the wall-clock time: a limit on it is a budget of computation.
///
/// ```
/// use std::time::Duration;
///
/// use hpo_core::prelude::*;
/// use hpo_core::callback::TimeLimit;
///
/// # #[derive(Clone, Debug, SearchSpace)]
/// # struct Point {
/// #     #[search_space(range = 0.0..=1.0)]
/// #     x: f64,
/// # }
/// let study = Study::<Point>::minimize()
///     .callback(TimeLimit::builder(Duration::from_secs(3600)).build()?)
///     .callback(TimeLimit::builder(Duration::from_millis(20)).of_trials().build()?)
///     .open()?;
/// study.optimize(u64::MAX, |point, _| {
///     std::thread::sleep(Duration::from_millis(5));
///     point.x
/// })?;
/// assert!(study.trials()?.len() <= 5);
/// # Ok::<(), hpo_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "TimeLimitBuilder", into = "TimeLimitBuilder")]
pub struct TimeLimit {
    settings: TimeLimitBuilder,
    spent: Transient<SpentTime>,
}

/// The time that the present run has taken.
#[derive(Clone, Copy, Debug, Default)]
struct SpentTime {
    began: Option<Instant>,
    /// The total time of the trials that have ended.
    trials: Duration,
}

/// Settings of a [`TimeLimit`], not yet checked. In JSON the limit is a number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "nothing happens before `build`"]
pub struct TimeLimitBuilder {
    #[serde(with = "seconds")]
    limit: Duration,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    of_trials: bool,
}

is_its_settings!(TimeLimit, TimeLimitBuilder);

impl TimeLimit {
    /// Returns a builder with a limit on the time since the beginning of the run. With 0, the run
    /// ends before its first trial.
    pub fn builder(limit: Duration) -> TimeLimitBuilder {
        TimeLimitBuilder { limit, of_trials: false }
    }
}

impl TimeLimitBuilder {
    /// Limits the time of trials instead: the sum over those that have ended in this run.
    pub fn of_trials(self) -> Self {
        Self { of_trials: true, ..self }
    }

    /// Checks the settings and returns the callback.
    ///
    /// # Errors
    /// Returns no error at present: every duration is valid.
    pub fn build(self) -> Result<TimeLimit, SettingError> {
        Ok(TimeLimit { settings: self, spent: Transient::default() })
    }
}

impl Callback for TimeLimit {
    fn notice(&self, event: &RunEvent<'_>) -> Flow {
        let mut spent = self.spent.lock();
        match event {
            RunEvent::Started { .. } => {
                *spent = SpentTime { began: Some(Instant::now()), trials: Duration::ZERO };
            }
            RunEvent::TrialEnded { trial, .. } => {
                spent.trials = spent.trials.saturating_add(trial.duration().unwrap_or_default());
            }
            _ => {}
        }
        let wall_clock = || spent.began.map_or(Duration::ZERO, |began| began.elapsed());
        let time = if self.settings.of_trials { spent.trials } else { wall_clock() };
        if time >= self.settings.limit { Flow::Stop } else { Flow::Continue }
    }
}

/// A duration as a number of seconds.
mod seconds {
    use std::time::Duration;

    use serde::de::{Deserialize, Deserializer, Error as _};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(duration.as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Duration::try_from_secs_f64(seconds).map_err(|_| {
            D::Error::custom(format!("{seconds} is not a time: write a number of seconds, from 0"))
        })
    }
}

/// Returns the direction of a study with one objective. Studies with several objectives have no
/// best value, which is logged as a warning.
fn single_direction(directions: &[Direction], callback: &str) -> Option<Direction> {
    if let [direction] = directions {
        return Some(*direction);
    }
    tracing::warn!(
        callback,
        objectives = directions.len(),
        "the study has no single best value, so this never stops it"
    );
    None
}
