//! The rule of one standard error: choose the simplest of the good configs.
//!
//! The best of many noisy scores is partly the luckiest.
//! [Breiman et al. 1984](https://doi.org/10.1201/9781315139470) take the simplest model whose score
//! lies within one standard error of the best one's: it is as good as the data can show, and easier
//! to trust.

use hpo_core::Result;
use hpo_core::SearchSpace;
use hpo_core::study::Study;
use hpo_core::trial::{Direction, TrialRecord};

use crate::race::STANDARD_ERROR;

/// Returns the simplest complete trial within one standard error of the best; of several such the
/// best. `complexity` returns the complexity of a config: larger is more complex.
///
/// The standard error is the one that [`cross_validate`](crate::race::cross_validate) stored on the
/// best trial. If there is none, the best trial itself is chosen.
///
/// # Errors
/// If no trial has completed, the study has several objectives, a config is of another space, or
/// the storage fails.
pub fn one_se_choice<C: SearchSpace, W>(
    study: &Study<C, W>,
    complexity: impl Fn(&C) -> f64,
) -> Result<TrialRecord> {
    let best = study.best_trial()?;
    let direction = study.oracle().directions()[0];
    let mut chosen: Option<(f64, TrialRecord)> = None;
    for trial in study.best_trials(usize::MAX)? {
        if !is_within(&trial, &best, direction) {
            break;
        }
        let complexity = complexity(&trial.config::<C>()?);
        // The trials are sorted best first, so an equally simple one is no better.
        if chosen.as_ref().is_none_or(|(least, _)| complexity < *least) {
            chosen = Some((complexity, trial));
        }
    }
    Ok(chosen.map_or(best, |(_, trial)| trial))
}

/// Returns the standard error stored on a trial.
#[must_use]
pub fn standard_error(trial: &TrialRecord) -> Option<f64> {
    trial.attributes.user.get(STANDARD_ERROR)?.as_f64()
}

fn is_within(trial: &TrialRecord, best: &TrialRecord, direction: Direction) -> bool {
    let (Some(value), Some(best_value)) = (trial.value(), best.value()) else {
        return false;
    };
    let error = standard_error(best).unwrap_or(0.0);
    match direction {
        Direction::Maximize => value >= best_value - error,
        Direction::Minimize => value <= best_value + error,
    }
}
