//! What a search began with, and what it found by other measures than its values.

use hpo_core::prelude::*;
use hpo_core::pruner::Asha;
use hpo_core::trial::{State, TrialRecord};

use super::Point;

/// A trial whose reports are those of its number.
fn told(curves: &[&[f64]], direction: Direction) -> Study<Point> {
    let study = Study::<Point>::directions([direction]).seed(1).open().unwrap();
    let objective = |_: Point, trial: &mut Trial<'_>| {
        let curve = curves[trial.number() as usize];
        for (step, value) in curve.iter().enumerate() {
            trial.report(step as u64 + 1, *value)?;
        }
        curve.last().copied().ok_or_else(|| TrialError::failed("nothing to tell"))
    };
    study.optimize(curves.len() as u64, objective).unwrap();
    study
}

fn last(trial: &TrialRecord) -> Option<f64> {
    Some(trial.last_report()?.1)
}

#[test]
fn the_last_and_the_best_report_may_be_those_of_different_trials() {
    let study = told(&[&[0.5, 0.4], &[0.1, 0.9], &[]], Direction::Minimize);
    assert_eq!(study.best_by(last).unwrap().unwrap().number, 0);
    let best = |trial: &TrialRecord| Some(trial.best_report(Direction::Minimize)?.1);
    let by_best = study.best_by(best).unwrap().unwrap();
    assert_eq!((by_best.number, by_best.best_report(Direction::Minimize)), (1, Some((1, 0.1))));
    assert_eq!(by_best.best_report(Direction::Maximize), Some((2, 0.9)));
}

#[test]
fn the_last_reports_are_averaged() {
    let study = told(&[&[4.0, 2.0, 0.0], &[1.0], &[]], Direction::Minimize);
    let trials = study.trials().unwrap();
    let means =
        |count| -> Vec<_> { trials.iter().map(|trial| trial.mean_of_last(count)).collect() };
    assert_eq!(means(2), [Some(1.0), Some(1.0), None]);
    assert_eq!(means(9), [Some(2.0), Some(1.0), None]);
    assert_eq!(means(0), [None; 3]);
}

#[test]
fn it_is_the_direction_of_the_study_that_counts() {
    let study = told(&[&[0.5], &[0.7]], Direction::Maximize);
    assert_eq!(study.best_by(last).unwrap().unwrap().number, 1);
}

#[test]
fn the_first_of_equals_is_the_best_and_nan_never_is() {
    let study = told(&[&[f64::NAN, 0.5], &[0.5, 0.5]], Direction::Minimize);
    assert_eq!(study.best_by(last).unwrap().unwrap().number, 0);
    let first = study.trials().unwrap().remove(0);
    assert_eq!(first.best_report(Direction::Minimize), Some((2, 0.5)));
    assert_eq!(study.trials().unwrap()[1].best_report(Direction::Maximize), Some((1, 0.5)));
    assert!(study.best_by(|trial| (trial.number > 0).then_some(f64::NAN)).unwrap().is_none());
    assert!(study.best_by(|_| None).unwrap().is_none());
}

#[test]
fn a_trial_that_breaks_a_constraint_is_never_the_best() {
    let study = Study::<Point>::minimize().seed(1).open().unwrap();
    let objective = |_: Point, trial: &mut Trial<'_>| {
        let number = trial.number() as f64;
        trial.report(1, number)?;
        trial.constraint("memory", 1.0 - number)?;
        Ok::<_, TrialError>(number)
    };
    study.optimize(3, objective).unwrap();
    assert_eq!(study.best_by(last).unwrap().unwrap().number, 1);
}

#[test]
fn paused_trials_count_with_their_reports_and_have_checkpoints() {
    let study = Study::<Point>::minimize()
        .seed(1)
        .pruner(Asha::builder(4).factor(2).build().unwrap())
        .open()
        .unwrap();
    let objective = |_: Point, trial: &mut Trial<'_>| {
        let number = trial.number();
        for epoch in trial.steps(4) {
            // The trial that begins best gets no better.
            trial.report(
                epoch,
                if number == 3 { 0.0 } else { 10.0 - number as f64 - epoch as f64 },
            )?;
            trial.checkpoint(epoch, &(number, epoch))?;
        }
        Ok::<_, TrialError>(1.0)
    };
    study.optimize(6, objective).unwrap();
    let best = study.best_by(last).unwrap().unwrap();
    assert_eq!(best.number, 3);
    let (number, epoch): (u64, u64) = study.checkpoint(3).unwrap().unwrap().decode().unwrap();
    assert_eq!((number, epoch), (3, 1), "the first of its equal reports");
    let paused =
        study.trials().unwrap().into_iter().find(|trial| trial.state == State::Paused).unwrap();
    assert!(study.checkpoint(paused.number).unwrap().is_some());
    assert!(study.checkpoint(99).unwrap().is_none(), "there is no such trial");
}

#[test]
fn the_default_config_is_the_one_that_a_search_begins_with() {
    #[derive(Clone, Debug, PartialEq, SearchSpace)]
    enum Model {
        Linear,
        #[search_space(default)]
        Forest {
            #[search_space(range = 1..=100, default = 10)]
            trees: u32,
            #[search_space(range = 0.0..=1.0)]
            share: f64,
        },
    }
    let study = Study::<Model>::maximize().seed(1).open().unwrap();
    assert_eq!(study.default_config().unwrap(), Model::Forest { trees: 10, share: 0.5 });
    study.optimize(1, |_, _| 0.0).unwrap();
    assert_eq!(study.best_config().unwrap(), study.default_config().unwrap());
}
