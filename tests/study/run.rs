//! Runs: how many trials, how many at once, and when they end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use hpo_core::callback::{Flow, RunEvent};
use hpo_core::prelude::*;
use hpo_core::space::Params;
use hpo_core::study::Ended;

use super::{Point, memory};

#[test]
fn n_counts_the_trials_of_the_study() {
    let storage = memory();
    let open = || Study::<Point>::minimize().storage(Arc::clone(&storage)).open().unwrap();
    assert_eq!(open().optimize(7, |point, _| point.square()).unwrap().complete, 7);
    let study = open();
    assert_eq!(study.optimize(10, |point, _| point.square()).unwrap().complete, 3);
    assert_eq!(study.optimize(10, |point, _| point.square()).unwrap().complete, 0);
    assert_eq!(study.trials().unwrap().len(), 10);
}

#[test]
fn failed_and_added_trials_count_too() {
    let study = Study::<Point>::minimize().open().unwrap();
    study.add_trial(&Point { x: 0.5, y: 0.5 }, 0.5).unwrap();
    let run = study.optimize(3, |_, _| f64::NAN).unwrap();
    assert_eq!((run.failed, study.trials().unwrap().len()), (2, 3));
}

#[test]
fn workers_run_side_by_side() {
    // Nobody passes the barrier before four are there at once.
    let barrier = Barrier::new(4);
    let study = Study::<Point>::minimize().workers(4).open().unwrap();
    let run = study.optimize(8, |point, _| {
        barrier.wait();
        point.square()
    });
    assert_eq!(run.unwrap().complete, 8);
}

#[test]
fn numbers_are_dense_under_workers() {
    let study = Study::<Point>::minimize().workers(8).open().unwrap();
    study.optimize(200, |point, _| point.square()).unwrap();
    let numbers: Vec<u64> = study.trials().unwrap().iter().map(|trial| trial.number).collect();
    assert_eq!(numbers, (0..200).collect::<Vec<_>>());
}

#[test]
fn the_time_limit_ends_a_run() {
    let study = Study::<Point>::minimize().timeout(Duration::from_millis(20)).open().unwrap();
    let run = study.optimize(u64::MAX, |_, _| {
        std::thread::sleep(Duration::from_millis(5));
        0.0
    });
    let run = run.unwrap();
    assert_eq!(run.ended, Ended::TimedOut);
    assert!(run.complete >= 1);
}

#[test]
fn the_objective_may_stop_the_run() {
    let study = Study::<Point>::minimize().open().unwrap();
    let run = study.optimize(100, |_, trial| {
        if trial.number() == 4 {
            study.stop();
        }
        0.0
    });
    let run = run.unwrap();
    assert_eq!((run.complete, run.ended), (5, Ended::Stopped));
    assert_eq!(study.optimize(7, |_, _| 0.0).unwrap().complete, 2, "a stop is not for ever");
}

#[test]
fn callbacks_hear_all_and_may_stop_the_run() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heard);
    let study = Study::<Point>::minimize()
        .callback(move |notice: &RunEvent<'_>| {
            let (word, flow) = match notice {
                RunEvent::Started { trials, target, .. } => {
                    (format!("start {trials} of {target}"), Flow::Continue)
                }
                RunEvent::TrialStarted { number, .. } => {
                    (format!("trial {number}"), Flow::Continue)
                }
                RunEvent::Reported { number, step, value, .. } => {
                    (format!("report {number} {step} {value}"), Flow::Continue)
                }
                RunEvent::TrialEnded { trial, improved, finished, .. } => {
                    let flow = if *finished == 2 { Flow::Stop } else { Flow::Continue };
                    (format!("ended {} improved {improved}", trial.number), flow)
                }
                RunEvent::Ended { run, .. } => (format!("{run}"), Flow::Continue),
                _ => return Flow::Continue,
            };
            log.lock().unwrap().push(word);
            flow
        })
        .open()
        .unwrap();
    study
        .optimize(100, |_, trial| {
            trial.report(1, 9.0)?;
            Ok::<_, TrialError>(trial.number() as f64)
        })
        .unwrap();
    let expected = [
        "start 0 of 100",
        "trial 0",
        "report 0 1 9",
        "ended 0 improved true",
        "trial 1",
        "report 1 1 9",
        "ended 1 improved false",
        "2 complete, 0 pruned, 0 failed: stopped on request",
    ];
    assert_eq!(*heard.lock().unwrap(), expected);
}

#[test]
fn run_is_the_short_form() {
    let study = Study::<Point>::minimize().seed(3).run(50, |point| point.square()).unwrap();
    let best = study.best_config().unwrap();
    assert_eq!(best.square(), study.best_value().unwrap());
    assert!(study.trials().unwrap().iter().all(|trial| trial.values[0] >= best.square()));
}

#[test]
fn maximize_turns_everything_around() {
    let study = Study::<Point>::maximize().seed(3).run(50, |point| point.square()).unwrap();
    let best = study.best_value().unwrap();
    assert!(study.trials().unwrap().iter().all(|trial| trial.values[0] <= best));
    let values: Vec<f64> =
        study.best_trials(5).unwrap().iter().map(|trial| trial.values[0]).collect();
    assert!(values.is_sorted_by(|a, b| a >= b));
}

#[test]
fn a_dynamic_study_takes_the_same_path() {
    let space = Point::space();
    let dynamic = Study::<Params>::minimize().space(space).seed(5).open().unwrap();
    dynamic
        .optimize(20, |params, _| {
            params.float("x").unwrap().powi(2) + params.float("y").unwrap().powi(2)
        })
        .unwrap();
    let typed = Study::<Point>::minimize().seed(5).run(20, |point| point.square()).unwrap();
    let configs = |trials: Vec<hpo_core::trial::TrialRecord>| {
        trials.into_iter().map(|trial| trial.params).collect::<Vec<_>>()
    };
    assert_eq!(configs(dynamic.trials().unwrap()), configs(typed.trials().unwrap()));
}

#[test]
fn workers_share_one_objective() {
    let calls = AtomicU64::new(0);
    let study = Study::<Point>::minimize().workers(3).open().unwrap();
    study.optimize(30, |_, _| calls.fetch_add(1, Ordering::Relaxed) as f64).unwrap();
    assert_eq!(calls.into_inner(), 30);
}

/// Runs of other threads begin and end all the time: none of them is a signal.
#[test]
fn runs_that_end_elsewhere_interrupt_nobody() {
    let short_runs = || {
        for _ in 0..20_000 {
            let study = Study::<Point>::minimize().seed(1).open().unwrap();
            assert_eq!(study.optimize(1, |point, _| point.x).unwrap().ended, Ended::Enough);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(short_runs);
        }
    });
}

#[test]
fn callbacks_are_called_one_at_a_time() {
    let (inside, together) = (AtomicU64::new(0), AtomicU64::new(0));
    let counts = Arc::new((inside, together));
    let heard = Arc::clone(&counts);
    let callback = move |_: &RunEvent<'_>| {
        if heard.0.fetch_add(1, Ordering::SeqCst) > 0 {
            heard.1.fetch_add(1, Ordering::SeqCst);
        }
        std::thread::sleep(Duration::from_micros(200));
        heard.0.fetch_sub(1, Ordering::SeqCst);
        Flow::Continue
    };
    let study = Study::<Point>::minimize().workers(4).callback(callback).open().unwrap();
    let run = study.optimize(20, |point, trial| {
        trial.report(0, point.x)?;
        Ok::<_, TrialError>(point.x)
    });
    assert_eq!(run.unwrap().complete, 20);
    assert_eq!(counts.1.load(Ordering::SeqCst), 0);
}
