//! Whatever an objective does, it ends as data.

use std::time::Duration;

use hpo_core::callback::{Flow, RunEvent};
use hpo_core::prelude::*;
use hpo_core::study::Evaluation;
use hpo_core::trial::State;
use hpo_core::trial::TrialRecord;

use super::Point;

/// One trial of an objective, as recorded.
fn only_trial<E: Evaluation<Kind>, Kind>(
    objective: impl FnMut(Point, &mut Trial<'_>) -> E,
) -> TrialRecord {
    let study = Study::<Point>::minimize().seed(1).open().unwrap();
    study.optimize(1, objective).unwrap();
    study.trials().unwrap().remove(0)
}

#[test]
fn a_value_completes() {
    let trial = only_trial(|_, _| 1.5);
    assert_eq!((trial.state, trial.values), (State::Complete, vec![1.5]));
}

#[test]
fn infinities_are_values() {
    assert_eq!(only_trial(|_, _| f64::INFINITY).values, [f64::INFINITY]);
    assert_eq!(only_trial(|_, _| f64::NEG_INFINITY).state, State::Complete);
}

#[test]
fn nan_fails() {
    let trial = only_trial(|_, _| f64::NAN);
    assert_eq!(trial.state, State::Failed);
    assert_eq!(trial.message.as_deref(), Some("the objective gave NaN"));
}

#[test]
fn an_error_fails_with_its_message_and_its_causes() {
    #[derive(Debug, thiserror::Error)]
    #[error("training failed")]
    struct Training(#[source] std::num::ParseIntError);

    let trial = only_trial(|_, _| {
        let epochs: u32 = "many".parse().map_err(Training)?;
        Ok::<_, TrialError>(f64::from(epochs))
    });
    assert_eq!(trial.state, State::Failed);
    assert_eq!(trial.message.as_deref(), Some("training failed: invalid digit found in string"));
}

#[test]
fn a_panic_fails_with_its_message() {
    let trial = only_trial(|point, _| -> f64 { panic!("no model for x = {}", point.x > 2.0) });
    assert_eq!(trial.state, State::Failed);
    assert_eq!(trial.message.as_deref(), Some("panicked: no model for x = false"));
}

#[test]
fn the_objective_may_prune_itself() {
    let trial = only_trial(|_, _| Err::<f64, _>(TrialError::pruned("hopeless")));
    assert_eq!((trial.state, trial.message.as_deref()), (State::Pruned, Some("hopeless")));
}

#[test]
fn reports_and_notes_are_kept() {
    let trial = only_trial(|_, trial| {
        trial.report(1, 0.5)?;
        trial.report(3, f64::NAN)?;
        trial.report(1, 0.25)?;
        trial.set_attribute("epochs", 3)?;
        Ok::<_, TrialError>(0.0)
    });
    assert_eq!(trial.reports[0], (1, 0.25), "a repeated step replaces its value");
    assert!(trial.reports[1].0 == 3 && trial.reports[1].1.is_nan());
    assert_eq!(trial.attributes.user["epochs"], 3);
}

#[test]
fn a_trial_beyond_its_time_fails_at_its_next_report() {
    let study = Study::<Point>::minimize().trial_timeout(Duration::from_millis(1)).open().unwrap();
    let run = study.optimize(1, |_, trial| {
        for step in 0.. {
            std::thread::sleep(Duration::from_millis(2));
            trial.report(step, 0.0)?;
        }
        Ok::<_, TrialError>(0.0)
    });
    assert_eq!(run.unwrap().failed, 1);
    assert_eq!(
        study.trials().unwrap()[0].message.as_deref(),
        Some("it took longer than its limit of 1ms")
    );
}

#[test]
fn a_trial_beyond_its_time_fails_at_its_end_too() {
    let study = Study::<Point>::minimize().trial_timeout(Duration::from_millis(1)).open().unwrap();
    study
        .optimize(1, |_, _| {
            std::thread::sleep(Duration::from_millis(5));
            1.0
        })
        .unwrap();
    assert_eq!(study.trials().unwrap()[0].state, State::Failed);
}

#[test]
fn failures_are_tried_again_as_often_as_asked() {
    let study = Study::<Point>::minimize().retries(2).open().unwrap();
    let attempts = std::sync::atomic::AtomicU64::new(0);
    study
        .optimize(1, |_, _| match attempts.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 | 1 => Err(TrialError::failed("not yet")),
            _ => Ok(1.0),
        })
        .unwrap();
    let trials = study.trials().unwrap();
    assert_eq!((trials.len(), trials[0].state), (1, State::Complete));
    assert_eq!(attempts.into_inner(), 3);
}

#[test]
fn the_same_config_is_tried_again() {
    let study = Study::<Point>::minimize().retries(1).open().unwrap();
    let seen = std::sync::Mutex::new(Vec::new());
    let run = study.optimize(1, |point, _| {
        seen.lock().unwrap().push(point);
        Err::<f64, _>(TrialError::failed("never"))
    });
    assert_eq!(run.unwrap().failed, 1);
    let seen = seen.into_inner().unwrap();
    assert!(seen.len() == 2 && seen[0] == seen[1]);
    assert_eq!(study.trials().unwrap()[0].state, State::Failed);
}

#[test]
fn when_all_fail_the_error_says_why() {
    let study =
        Study::<Point>::minimize().name("iris").max_consecutive_failures(u64::MAX).open().unwrap();
    let run = study.optimize(4, |_, _| Err::<f64, _>(TrialError::failed("no data"))).unwrap();
    assert_eq!((run.complete, run.failed), (0, 4));
    let error = study.best_value().unwrap_err();
    assert_eq!(
        error.to_string(),
        "no trial of `iris` has completed: 4 failed, the last with: no data"
    );
}

#[test]
fn panics_in_every_thread_are_failed_trials() {
    let study =
        Study::<Point>::minimize().workers(4).max_consecutive_failures(u64::MAX).open().unwrap();
    let run = study.optimize(40, |_, _| -> f64 { panic!("all of them") }).unwrap();
    assert_eq!(run.failed, 40);
    assert!(
        study
            .trials()
            .unwrap()
            .iter()
            .all(|trial| trial.message.as_deref() == Some("panicked: all of them"))
    );
}

/// What a callback does wrong must neither leave a trial running for ever nor be paid for by all
/// the others.
#[test]
fn a_callback_that_panics_leaves_no_trial_running() {
    let study =
        Study::<Point>::minimize().workers(2).callback(|notice: &RunEvent<'_>| match notice {
            RunEvent::TrialStarted { number: 3, .. } => panic!("a typo in the log line"),
            _ => Flow::Continue,
        });
    let study = study.open().unwrap();
    assert_eq!(study.optimize(6, |point, _| point.x).unwrap().failed, 1);
    let trial = &study.trials().unwrap()[3];
    assert_eq!(
        (trial.state, trial.message.as_deref()),
        (State::Failed, Some("panicked: a typo in the log line"))
    );
}

#[test]
fn a_worker_that_panics_ends_the_run_for_all() {
    let study =
        Study::<Point>::minimize().workers(2).callback(|notice: &RunEvent<'_>| match notice {
            RunEvent::TrialEnded { trial, .. } if trial.number == 3 => panic!("out of paper"),
            _ => Flow::Continue,
        });
    let study = study.open().unwrap();
    let run = || study.optimize(100_000, |point, _| point.x);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
    assert!(study.trials().unwrap().len() < 100_000);
    assert!(study.trials().unwrap().iter().all(|trial| trial.state.is_finished()));
}

#[test]
fn what_a_failed_attempt_reported_goes_with_it() {
    let study = Study::<Point>::minimize().retries(1).open().unwrap();
    let attempts = std::sync::atomic::AtomicU64::new(0);
    let attempt = |_, trial: &mut Trial<'_>| {
        if attempts.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 {
            trial.report(9, 0.0)?;
            return Err(TrialError::failed("not yet"));
        }
        trial.report(1, 0.5)?;
        Ok(1.0)
    };
    study.optimize(1, attempt).unwrap();
    assert_eq!(study.trials().unwrap()[0].reports, [(1, 0.5)]);
}

#[test]
fn a_trial_that_was_ended_by_others_does_not_end_the_run() {
    let study = Study::<Point>::minimize().open().unwrap();
    let run = study.optimize(3, |_, trial| {
        study.tell(trial.number(), 7.0).unwrap();
        1.0
    });
    assert_eq!(run.unwrap().ended, hpo_core::study::Ended::Enough);
    assert!(study.trials().unwrap().iter().all(|trial| trial.values == [7.0]), "their end stands");
}

#[test]
fn a_trial_that_is_returned_each_time_fails_and_one_that_works_at_last_does_not() {
    let study = Study::<Point>::minimize().open().unwrap();
    let calls = std::sync::atomic::AtomicU64::new(0);
    let run = study.optimize(2, |_, trial| {
        let calls = calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let works = trial.number() == 0 && calls == 25;
        if works { Ok(1.0) } else { Err(TrialError::interrupted()) }
    });
    assert_eq!(run.unwrap().failed, 1);
    let trials = study.trials().unwrap();
    assert_eq!((trials[0].state, trials[1].state), (State::Complete, State::Failed));
    let message = trials[1].message.clone().unwrap();
    assert!(message.starts_with("its objective returned it to the queue 25 times"), "{message}");
    assert_eq!(calls.into_inner(), 26 + 26);
}
