//! What is said of studies with nothing in them, and of one thing.

use hpo_core::prelude::*;
use hpo_core::report::Overview;

use super::{Point, memory};

fn best_in_words(study: &Study<Point>) -> String {
    let summary = study.summary().expect("a summary");
    summary
        .lines()
        .find_map(|line| line.strip_prefix("  best: "))
        .expect("a line of the best")
        .to_owned()
}

#[test]
fn an_empty_study_speaks_of_no_failures_and_no_constraints() {
    let study = Study::<Point>::minimize().name("s").open().expect("a study");
    assert_eq!(study.best_value().unwrap_err().to_string(), "no trial of `s` has completed yet");
    assert_eq!(best_in_words(&study), "there are no trials yet");
    study.optimize(1, |_, _| Err::<f64, _>(TrialError::failed("no data"))).expect("it runs");
    let told = study.best_value().unwrap_err().to_string();
    assert_eq!(told, "no trial of `s` has completed: 1 failed, the last with: no data");
    assert_eq!(best_in_words(&study), "no trial is complete");
    let broken = |_: Point, trial: &mut Trial<'_>| trial.constraint("memory", 1.0).map(|()| 1.0);
    study.optimize(2, broken).expect("it runs");
    assert_eq!(best_in_words(&study), "no complete trial keeps its constraints");
    let told = study.results_summary(1).expect("a summary");
    assert!(
        told.contains("1 trial breaks its constraints\n1 trial failed, the last with"),
        "{told}"
    );
}

#[test]
fn one_trial_is_no_trials() {
    let storage = memory();
    let open = || {
        Study::<Point>::minimize().storage(std::sync::Arc::clone(&storage)).name("s").seed(1).open()
    };
    open().expect("a study").optimize(1, |point, _| point.square()).expect("it runs");
    let study = open().expect("the study");
    let notes: Vec<String> = study.notes().iter().map(ToString::to_string).collect();
    assert_eq!(notes, ["resumed with 1 trial"]);
    assert!(study.results_summary(1).expect("a summary").starts_with("1 trial to minimize\n"));
    let (trials, directions) = (study.trials().expect("trials").len(), [Direction::Minimize]);
    assert_eq!((trials, directions.len()), (1, study.oracle().directions().len()));
    let overview = |study: &Study<Point>| study.report().expect("a report").overviews()[0].clone();
    let Overview { best, .. } = overview(&study);
    assert_eq!(best, [0]);
}
