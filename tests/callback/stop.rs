//! Ends of a run: at a target, on stagnation, by time.

use std::time::Duration;

use hpo_core::callback::{Flow, StopAtTarget, StopOnStagnation, TimeLimit};
use hpo_core::prelude::*;
use hpo_core::study::{Callback, Ended};
use hpo_core::trial::Timestamp;

use super::{EventFeed, Net, warnings};

/// After how many trials with these values a run is stopped.
fn stopped_after(callback: &dyn Callback, direction: Direction, values: &[f64]) -> Option<usize> {
    let mut feed = EventFeed::begin(callback, &[direction]);
    values
        .iter()
        .position(|value| feed.end(&Net::sgd(), &[*value]) == Flow::Stop)
        .map(|place| place + 1)
}

#[test]
fn the_target_is_reached_from_either_side() {
    let target = StopAtTarget::builder(0.5).build().unwrap();
    assert_eq!(stopped_after(&target, Direction::Minimize, &[0.9, 0.6, 0.5, 0.4]), Some(3));
    assert_eq!(stopped_after(&target, Direction::Maximize, &[0.1, 0.4, 0.51]), Some(3));
    assert_eq!(stopped_after(&target, Direction::Maximize, &[0.1, 0.4]), None);
}

#[test]
fn a_target_that_an_earlier_run_has_reached_stops_at_the_first_trial() {
    let target = StopAtTarget::builder(0.5).build().unwrap();
    let study = Study::<Net>::minimize().callback(target).open().unwrap();
    study.add_trial(&Net::sgd(), 0.1).unwrap();
    let run = study.optimize(50, |_, _| 0.9).unwrap();
    assert_eq!((run.complete, run.ended), (1, Ended::Stopped));
}

#[test]
fn a_target_is_a_number() {
    let words = StopAtTarget::builder(f64::NAN).build().unwrap_err().to_string();
    assert_eq!(
        words,
        "the stop_at_target callback: `target` is NaN: no value reaches it; write a number"
    );
}

#[test]
fn stagnation_counts_trials_since_the_last_improvement() {
    let stagnation = || StopOnStagnation::builder().trials(3).build().unwrap();
    assert_eq!(
        stopped_after(&stagnation(), Direction::Minimize, &[1.0, 1.0, 1.0, 1.0, 1.0]),
        Some(4)
    );
    assert_eq!(
        stopped_after(&stagnation(), Direction::Minimize, &[1.0, 2.0, 2.0, 0.5, 1.0, 1.0, 1.0]),
        Some(7)
    );
    assert_eq!(
        stopped_after(&stagnation(), Direction::Maximize, &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
        None
    );
}

#[test]
fn many_small_improvements_are_one_in_the_end() {
    let values = [1.0, 0.96, 0.92, 0.88, 0.84, 0.8];
    let stagnation =
        |min_delta| StopOnStagnation::builder().trials(2).min_delta(min_delta).build().unwrap();
    assert_eq!(stopped_after(&stagnation(0.07), Direction::Minimize, &values), None);
    assert_eq!(stopped_after(&stagnation(0.1), Direction::Minimize, &values), Some(3));
}

#[test]
fn a_failed_trial_is_no_sign_of_stagnation() {
    let stagnation = StopOnStagnation::builder().trials(2).build().unwrap();
    let mut feed = EventFeed::minimize(&stagnation);
    assert_eq!(feed.end(&Net::sgd(), &[1.0]), Flow::Continue);
    assert!((0..5).all(|_| feed.fail("broken") == Flow::Continue));
    assert_eq!(feed.end(&Net::sgd(), &[1.0]), Flow::Continue);
    assert_eq!(feed.end(&Net::sgd(), &[1.0]), Flow::Stop);
}

#[test]
fn a_new_run_begins_to_count_anew() {
    let stagnation = StopOnStagnation::builder().trials(3).build().unwrap();
    assert_eq!(stopped_after(&stagnation, Direction::Minimize, &[1.0, 1.0, 1.0]), None);
    assert_eq!(stopped_after(&stagnation, Direction::Minimize, &[1.0, 1.0, 1.0, 1.0]), Some(4));
}

#[test]
fn settings_of_stagnation_are_checked() {
    let words = StopOnStagnation::builder().trials(0).build().unwrap_err().to_string();
    assert_eq!(
        words,
        "the stop_on_stagnation callback: `trials` is 0: the run would end with its first trial; write at least 1"
    );
    assert!(StopOnStagnation::builder().min_delta(f64::NAN).build().is_err());
}

#[test]
fn without_a_single_best_value_nothing_stops_and_that_is_told() {
    let both = [Direction::Minimize, Direction::Minimize];
    let stagnation = StopOnStagnation::builder().trials(1).build().unwrap();
    let target = StopAtTarget::builder(1.0).build().unwrap();
    let words = warnings(|| {
        for callback in [&stagnation as &dyn Callback, &target] {
            let mut feed = EventFeed::begin(callback, &both);
            assert!((0..4).all(|_| feed.end(&Net::sgd(), &[0.0, 0.0]) == Flow::Continue));
        }
    });
    assert_eq!(words.len(), 2, "{words:?}");
    assert!(
        words[0].contains("StopOnStagnation") && words[1].contains("StopAtTarget"),
        "{words:?}"
    );
}

#[test]
fn the_time_of_trials_is_summed() {
    let limit = TimeLimit::builder(Duration::from_secs(10)).of_trials().build().unwrap();
    let mut feed = EventFeed::minimize(&limit);
    for (seconds, flow) in [(4, Flow::Continue), (5, Flow::Continue), (1, Flow::Stop)] {
        let number = feed.study.add_trial(&Net::sgd(), 1.0).unwrap();
        let mut trial = feed.study.oracle().trial(number).unwrap().unwrap();
        (trial.started, trial.finished) =
            (Some(Timestamp(0)), Some(Timestamp(seconds * 1_000_000)));
        assert_eq!(feed.ended(&trial), flow);
    }
}

#[test]
fn a_time_that_is_up_starts_no_more_trials() {
    let open = |limit| {
        Study::<Net>::minimize()
            .callback(TimeLimit::builder(limit).build().unwrap())
            .open()
            .unwrap()
    };
    let run = open(Duration::ZERO).optimize(5, |_, _| 0.0).unwrap();
    assert_eq!((run.complete, run.ended), (0, Ended::Stopped));
    let run = open(Duration::from_secs(3600)).optimize(5, |_, _| 0.0).unwrap();
    assert_eq!((run.complete, run.ended), (5, Ended::Enough));
}
