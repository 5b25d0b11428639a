//! Early stopping: when the patience with a training ends.

use std::fs;

use hpo_core::callback::EarlyStoppingBuilder;
use hpo_core::callback::{CsvLog, EarlyStopping, Flow, JsonLines, RunEvent};
use hpo_core::prelude::*;
use hpo_core::trial::Objective;
use hpo_tests::Folder;
use hpo_tests::fixtures::fit_only;

use super::{EventFeed, Net, warnings};

/// The step at which a training with these losses is ended.
fn ended_at(stopping: EarlyStoppingBuilder, losses: &[f64]) -> Option<usize> {
    let stopper = stopping.build().unwrap();
    let feed = EventFeed::minimize(&stopper);
    let ends = |step: &usize| {
        feed.log(0, *step as u64, &[("loss", losses[*step]), ("time", 1.0)]) == Flow::EndTrial
    };
    (0..losses.len()).find(ends)
}

#[test]
fn patience_counts_reports_since_the_best() {
    let losses = [1.0, 0.8, 0.9, 0.85, 0.8, 0.1];
    assert_eq!(ended_at(EarlyStopping::builder("loss").patience(3), &losses), Some(4));
    assert_eq!(ended_at(EarlyStopping::builder("loss").patience(4), &losses), None);
    assert_eq!(
        ended_at(EarlyStopping::builder("loss"), &[0.5; 9]),
        Some(5),
        "the first report, and five that are no better"
    );
}

#[test]
fn the_direction_is_that_of_the_metric() {
    let rising = [0.1, 0.2, 0.3, 0.4];
    assert_eq!(
        ended_at(EarlyStopping::builder(Objective::maximize("loss")).patience(1), &rising),
        None
    );
    assert_eq!(
        ended_at(EarlyStopping::builder(Objective::minimize("loss")).patience(2), &rising),
        Some(2)
    );
}

#[test]
fn small_improvements_do_not_count() {
    let losses = [1.0, 0.95, 0.9, 0.85, 0.8];
    assert_eq!(ended_at(EarlyStopping::builder("loss").patience(2).min_delta(0.09), &losses), None);
    assert_eq!(
        ended_at(EarlyStopping::builder("loss").patience(2).min_delta(0.3), &losses),
        Some(2)
    );
    assert_eq!(
        ended_at(EarlyStopping::builder("loss").patience(1).min_delta(0.5), &[1.0, 0.5]),
        Some(1)
    );
}

#[test]
fn steps_before_the_start_are_not_looked_at() {
    let losses = [0.1, 1.0, 1.0, 0.9, 0.9, 0.9];
    assert_eq!(
        ended_at(EarlyStopping::builder("loss").patience(2).start_from(2), &losses),
        Some(5)
    );
}

#[test]
fn a_baseline_must_be_beaten_within_the_patience() {
    assert_eq!(
        ended_at(EarlyStopping::builder("loss").patience(3).baseline(0.5), &[0.9, 0.8, 0.7, 0.4]),
        Some(2)
    );
    assert_eq!(
        ended_at(EarlyStopping::builder("loss").patience(3).baseline(0.5), &[0.9, 0.4, 0.5, 0.5]),
        None
    );
}

#[test]
fn nan_is_never_an_improvement() {
    assert_eq!(ended_at(EarlyStopping::builder("loss").patience(3), &[f64::NAN; 4]), Some(2));
    assert_eq!(
        ended_at(EarlyStopping::builder("loss").patience(2), &[f64::NAN, 1.0, f64::NAN, 0.5]),
        None
    );
    assert_eq!(
        ended_at(EarlyStopping::builder("loss").patience(2), &[f64::NEG_INFINITY, 0.0, 0.0]),
        Some(2)
    );
}

#[test]
fn every_execution_has_a_patience_of_its_own() {
    let stopper = EarlyStopping::builder("loss").patience(1).build().unwrap();
    let feed = EventFeed::minimize(&stopper);
    let log = |number, execution, loss| {
        let metrics: &[(&str, f64)] = &[("loss", loss)];
        feed.send(&RunEvent::Reported { number, execution, step: 0, value: loss, metrics })
    };
    assert_eq!(log(0, 0, 0.5), Flow::Continue);
    assert_eq!(log(0, 1, 0.6), Flow::Continue);
    assert_eq!(log(1, 0, 0.7), Flow::Continue);
    assert_eq!(log(0, 1, 0.6), Flow::EndTrial);
    assert_eq!(log(0, 0, 0.4), Flow::Continue);
}

#[test]
fn what_is_noted_of_a_trial_ends_with_it_but_not_with_a_pause() {
    let stopper = EarlyStopping::builder(Direction::Minimize).patience(2).build().unwrap();
    let mut feed = EventFeed::minimize(&stopper);
    assert_eq!(feed.report(0, 1, 0.1), Flow::Continue);
    assert_eq!(feed.report(0, 2, 0.5), Flow::Continue);
    let _ = feed.send(&RunEvent::TrialPaused { number: 0, step: 2, value: 0.5 });
    assert_eq!(feed.report(0, 3, 0.5), Flow::EndTrial);
    let _ = feed.end(&Net::sgd(), &[0.5]);
    assert_eq!(feed.report(0, 1, 0.7), Flow::Continue);
    assert_eq!(feed.report(0, 2, 0.8), Flow::Continue);
    let _ = feed.start(0, &Net::sgd());
    assert_eq!(feed.report(0, 1, 0.9), Flow::Continue, "a trial that is tried again begins anew");
    assert_eq!(feed.report(0, 2, 0.9), Flow::Continue);
}

#[test]
fn plain_reports_are_judged_where_that_was_asked_for() {
    let by_name = EarlyStopping::builder("loss").patience(1).build().unwrap();
    let feed = EventFeed::minimize(&by_name);
    assert!((0..5).all(|step| feed.report(0, step, 1.0) == Flow::Continue));
    let by_report = EarlyStopping::builder(Direction::Maximize).patience(1).build().unwrap();
    let feed = EventFeed::minimize(&by_report);
    assert!((0..5).all(|step| feed.report(0, step, step as f64) == Flow::Continue));
    assert_eq!(feed.report(0, 5, 4.0), Flow::EndTrial);
}

#[test]
fn a_metric_that_is_not_logged_is_told_once() {
    let stopper = EarlyStopping::builder("val_loss").build().unwrap();
    let words = warnings(|| {
        let mut feed = EventFeed::minimize(&stopper);
        let _ = feed.log(0, 0, &[("accuracy", 0.5), ("loss", 1.0)]);
        let _ = feed.fail("broken");
        let _ = feed.end(&Net::sgd(), &[0.5]);
        let _ = feed.end(&Net::adam(), &[0.5]);
    });
    assert_eq!(words.len(), 1, "{words:?}");
    assert!(words[0].contains("`val_loss`") && words[0].contains("accuracy, loss"), "{words:?}");

    let words = warnings(|| {
        let mut feed = EventFeed::minimize(&stopper);
        let _ = feed.log(0, 0, &[("val_loss", 0.5)]);
        let _ = feed.end(&Net::sgd(), &[0.5]);
    });
    assert!(words.is_empty(), "{words:?}");
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let refused = |stopping: EarlyStoppingBuilder| stopping.build().unwrap_err().to_string();
    assert!(refused(EarlyStopping::builder("my_own")).contains("Objective::maximize(\"my_own\")"));
    assert_eq!(
        refused(EarlyStopping::builder("loss").patience(0)),
        "the early_stopping callback: `patience` is 0: every training would end at once; write at least 1"
    );
    for min_delta in [f64::NAN, -0.1, f64::INFINITY] {
        assert!(
            refused(EarlyStopping::builder("loss").min_delta(min_delta))
                .starts_with("the early_stopping callback: `min_delta` is ")
        );
    }
    assert!(
        refused(EarlyStopping::builder("loss").baseline(f64::NAN))
            .starts_with("the early_stopping callback: `baseline` is NaN")
    );
}

/// A weight that goes on beyond its best place, which it reaches after ten steps.
fn train(net: &Net, trial: &mut Trial<'_>) -> Result<f64, TrialError> {
    let mut weight = net.rate;
    for epoch in trial.steps(100) {
        weight = epoch as f64 / 10.0;
        trial.checkpoint(epoch, &weight)?;
        trial.report(epoch, (1.0 - weight).abs())?;
    }
    Ok((1.0 - trial.best_checkpoint()?.unwrap_or(weight)).abs())
}

#[test]
fn a_trial_ends_early_and_completes_with_its_best() {
    let stopper = EarlyStopping::builder(Direction::Minimize).patience(4).build().unwrap();
    let study = Study::<Net>::minimize().workers(2).callback(stopper).open().unwrap();
    let run = study.optimize(4, |net, trial| train(&net, trial)).unwrap();
    assert_eq!(run.complete, 4);
    for trial in study.trials().unwrap() {
        assert_eq!(trial.reports.len(), 14);
        assert_eq!(trial.value(), Some(0.0));
    }
}

#[test]
fn logged_metrics_reach_the_callbacks() {
    let folder = Folder::new("early");
    let stopper = EarlyStopping::builder("val_loss").patience(2).build().unwrap();
    let log = JsonLines::builder(folder.path("trials.jsonl")).build().unwrap();
    let study = Study::<Net>::minimize().callback(stopper).callback(log).open().unwrap();
    let words = warnings(|| {
        let run = study.optimize(2, |_, trial| {
            let mut epochs = 0;
            for epoch in trial.steps(50) {
                trial.log(epoch, &[("loss", -(epoch as f64)), ("val_loss", epoch as f64)])?;
                epochs = epoch;
            }
            Ok::<_, TrialError>(epochs as f64)
        });
        assert_eq!(run.unwrap().complete, 2);
    });
    assert!(words.is_empty(), "{words:?}");
    assert_eq!(study.trials().unwrap()[1].value(), Some(3.0));
    let text = fs::read_to_string(folder.path("trials.jsonl")).unwrap();
    assert!(
        text.lines().all(|line| line.contains(r#""metrics":{"loss":-3.0,"val_loss":3.0}"#)),
        "{text}"
    );
}

#[test]
fn a_tuner_ends_every_execution_early() {
    let folder = Folder::new("early");
    let stopper = EarlyStopping::builder("val_loss").patience(2).build().unwrap();
    let log = CsvLog::builder(folder.path("reports.csv")).reports().build().unwrap();
    // The loss gets better for five epochs, and the validation loss for three.
    let overfitting = fit_only(|_: &Net, trial| {
        for epoch in trial.steps(50) {
            let far = |best: f64| (epoch as f64 - best).abs();
            trial.log(epoch, &[("loss", far(5.0)), ("val_loss", far(3.0))])?;
        }
        Ok(())
    });
    let tuner =
        RandomSearch::new(overfitting).objective("val_loss").max_trials(2).executions_per_trial(3);
    let mut tuner = tuner.callback(stopper).callback(log).build().unwrap();
    assert_eq!(tuner.search(&()).unwrap().complete, 2);
    let text = fs::read_to_string(folder.path("reports.csv")).unwrap();
    let steps = |trial: u64, execution: u32| {
        let prefix = format!("{trial},{execution},");
        text.lines()
            .filter_map(|line| Some(line.strip_prefix(&prefix)?.split_once(',')?.0))
            .collect::<Vec<_>>()
    };
    for (trial, execution) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 2)] {
        assert_eq!(steps(trial, execution), ["1", "2", "3", "4", "5"], "{text}");
    }
    assert_eq!(tuner.study().best_value().unwrap(), 0.0);
}
