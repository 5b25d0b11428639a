//! When a run gives up over failures, and what it says of them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use hpo_core::callback::{Flow, RunEvent};
use hpo_core::prelude::*;
use hpo_core::sampler::Random;
use hpo_core::study::Run;
use hpo_core::trial::State;
use proptest::prelude::*;

use super::{Point, memory};

/// A run of which some trials fail, by their numbers.
fn run(study: &Study<Point>, n: u64, fails: impl Fn(u64) -> bool) -> hpo_core::Result<Run> {
    study.optimize(n, |point, trial| {
        let number = trial.number();
        if fails(number) {
            Err(TrialError::failed(format!("no data for {number}")))
        } else {
            Ok(point.x)
        }
    })
}

fn open() -> Study<Point> {
    Study::<Point>::minimize().seed(1).open().unwrap()
}

#[test]
fn a_run_whose_first_trials_all_fail_ends_with_the_first_failure() {
    let study = open();
    let error = run(&study, 300, |_| true).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "10 trials failed in a row; the first, trial 0, failed with: no data for 0"
        ),
        "{error}"
    );
    assert!(error.contains(".max_consecutive_failures(n)"), "{error}");
    assert_eq!(study.trials().unwrap().len(), 10);
}

/// A run that came to nothing says so, however short it was; one trial that fails is a value.
#[test]
fn a_short_run_in_which_all_trials_fail_ends_with_the_first_failure() {
    for n in 2..10 {
        let study = open();
        let error = run(&study, n, |_| true).unwrap_err().to_string();
        let beginning =
            format!("{n} trials failed in a row; the first, trial 0, failed with: no data for 0");
        assert!(error.starts_with(&beginning), "{error}");
        assert_eq!(
            run(&study, n + 3, |number| number % 2 == 0).unwrap().ended,
            hpo_core::study::Ended::Enough
        );
        assert!(
            run(&study, n + 8, |_| true).is_ok(),
            "some trial came to something before, and five failures are few"
        );
    }
    assert_eq!(run(&open(), 1, |_| true).unwrap().failed, 1);
    let never = Study::<Point>::minimize().max_consecutive_failures(u64::MAX).open().unwrap();
    assert_eq!(run(&never, 5, |_| true).unwrap().failed, 5);
}

#[test]
fn many_failures_in_a_row_end_a_run_that_began_well() {
    let study = open();
    let error = run(&study, 300, |number| number > 4).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "25 trials failed in a row; the first, trial 5, failed with: no data for 5"
        ),
        "{error}"
    );
    assert_eq!(study.trials().unwrap().len(), 30);
}

#[test]
fn the_first_trials_of_each_run_are_looked_at() {
    let storage = memory();
    let open = || Study::<Point>::minimize().seed(1).storage(Arc::clone(&storage)).open().unwrap();
    assert!(run(&open(), 100, |_| true).is_err(), "the bug");
    assert_eq!(
        run(&open(), 20, |_| false).unwrap().complete,
        10,
        "once it is mended, old failures count for nothing"
    );
    let error = run(&open(), 100, |_| true).unwrap_err().to_string();
    assert!(error.starts_with("10 trials failed in a row; the first, trial 20,"), "{error}");
}

/// A program that is started again finds nothing to do, and must not look as if all were well.
#[test]
fn a_broken_program_fails_each_time_it_is_started() {
    let storage = memory();
    for _ in 0..3 {
        let study =
            Study::<Point>::minimize().seed(1).storage(Arc::clone(&storage)).open().unwrap();
        let error = run(&study, 4, |_| true).unwrap_err().to_string();
        assert!(error.starts_with("4 trials failed in a row; the first, trial 0,"), "{error}");
    }
}

#[test]
fn the_number_is_for_the_user_to_say() {
    let three = Study::<Point>::minimize().max_consecutive_failures(3).open().unwrap();
    assert!(
        run(&three, 100, |_| true).unwrap_err().to_string().starts_with("3 trials failed in a row")
    );
    assert_eq!(three.trials().unwrap().len(), 3);
    let never = Study::<Point>::minimize().max_consecutive_failures(u64::MAX).open().unwrap();
    assert_eq!(run(&never, 100, |_| true).unwrap().failed, 100);
}

#[test]
fn a_trial_that_is_tried_again_counts_once() {
    let study = Study::<Point>::minimize().retries(2).max_consecutive_failures(4).open().unwrap();
    assert!(run(&study, 100, |_| true).is_err());
    assert_eq!(study.trials().unwrap().len(), 4);
}

#[test]
fn pruned_trials_are_no_failures() {
    let study = open();
    let run = study.optimize(60, |_, trial| match trial.number() % 10 {
        9 => Err::<f64, _>(TrialError::pruned("worse")),
        _ => Err(TrialError::failed("no data")),
    });
    let run = run.unwrap();
    assert_eq!((run.pruned, run.failed), (6, 54), "nine in a row at the most");
}

/// Trials that fail at once must not stand in a row while good ones take their time beside them.
#[test]
fn quick_failures_beside_slow_successes_are_not_in_a_row() {
    let study = Study::<Point>::minimize().workers(2).open().unwrap();
    let (failed, told) = (Mutex::new(0), std::sync::Condvar::new());
    let run = study.optimize(40, |point, trial| {
        if trial.number() % 2 == 1 {
            *failed.lock().unwrap() += 1;
            told.notify_all();
            return Err(TrialError::failed("at once"));
        }
        // Not before all that will fail have failed, or as many as there can be.
        let (guard, _) = told
            .wait_timeout_while(
                failed.lock().unwrap(),
                std::time::Duration::from_millis(1),
                |failed| *failed < 20,
            )
            .unwrap();
        drop(guard);
        Ok(point.x)
    });
    assert_eq!(run.unwrap().failed, 20);
}

#[test]
fn workers_that_all_fail_end_the_run() {
    let study = Study::<Point>::minimize().workers(4).open().unwrap();
    assert!(study.optimize(300, |_, _| Err::<f64, _>("no data")).is_err());
    // They count in the order in which they began: one that is slow keeps the others going.
    assert!(study.trials().unwrap().len() < 300);
    assert!(study.trials().unwrap().iter().all(|trial| trial.state.is_finished()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// A space of which a third fails goes on to its end.
    #[test]
    fn a_third_may_fail(seed in any::<u64>(), workers in 1_usize..5) {
        let study = Study::<Point>::minimize().seed(seed).sampler(Random).workers(workers).open().unwrap();
        let run = study.optimize(60, |point, _| {
            if point.x > 1.0 / 3.0 { Err(TrialError::failed("out of memory")) } else { Ok(point.y) }
        });
        prop_assert_eq!(run.unwrap().complete + study.oracle().trials().unwrap().iter().filter(|trial| trial.state == State::Failed).count() as u64, 60);
    }
}

#[test]
fn a_run_says_why_its_trials_failed() {
    let study = open();
    let run = run(&study, 20, |number| number % 4 == 1).unwrap();
    assert_eq!(run.failure, Some((1, "no data for 1".to_owned())));
    assert_eq!(
        run.to_string(),
        "15 complete, 0 pruned, 5 failed: all trials done. The first failure, in trial 1: no data for 1"
    );
}

#[test]
fn a_run_that_gives_up_says_so_to_its_callbacks() {
    let said = Arc::new(Mutex::new(BTreeSet::new()));
    let heard = Arc::clone(&said);
    let callback = move |notice: &RunEvent<'_>| {
        if let RunEvent::Ended { run, .. } = notice {
            heard.lock().unwrap().insert(run.to_string());
        }
        Flow::Continue
    };
    let study = Study::<Point>::minimize().callback(callback).open().unwrap();
    assert!(run(&study, 50, |_| true).is_err());
    let said = said.lock().unwrap().pop_first().unwrap();
    assert!(said.starts_with(
        "0 complete, 0 pruned, 10 failed: ended by an error. The first failure, in trial 0"
    ));
}

/// What is wrong with the program is not the config's fault.
#[test]
fn another_number_of_values_is_an_error_of_the_program_at_once() {
    let study = open();
    let error = study.optimize(300, |point, _| [point.x, point.y]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the objective returned 2 values, and the study has 1 objective: return one value per \
         objective, or open the study with 2 directions (Study::directions)"
    );
    let trials = study.trials().unwrap();
    assert_eq!((trials.len(), trials[0].state), (1, State::Waiting));
    assert_eq!(
        study.optimize(1, |point, _| point.x).unwrap().complete,
        1,
        "the same config, once it is mended"
    );

    let two = Study::<Point>::directions([Direction::Minimize; 2]).workers(3).open().unwrap();
    for values in [vec![], vec![1.0], vec![1.0, 2.0, 3.0], vec![f64::NAN]] {
        let error = two.optimize(300, |_, _| values.clone()).unwrap_err().to_string();
        assert!(error.contains("and the study has 2 objectives"), "{error}");
    }
    assert!(two.trials().unwrap().iter().all(|trial| trial.state == State::Waiting));
}
