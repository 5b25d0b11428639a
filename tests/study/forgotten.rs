//! An objective that drops the error of a report: its trials end as they were told to all the same,
//! and the run says so.

use std::time::Duration;

use hpo_core::prelude::*;
use hpo_core::pruner::Asha;
use hpo_core::pruner::Threshold;
use hpo_core::study::Run;
use hpo_core::trial::State;

use hpo_tests::Folder;
use hpo_tests::fixtures::fit_only;

use super::Point;

const ADVICE: &str = "return the error of Trial::report, as in `trial.report(step, value)?`";

fn pruned(objective: impl FnMut(Point, &mut Trial<'_>) -> f64) -> (Run, Study<Point>) {
    let study = Study::<Point>::minimize()
        .seed(1)
        .pruner(Threshold::builder().upper(2.0).build().unwrap())
        .open()
        .unwrap();
    (study.optimize(4, objective).unwrap(), study)
}

/// What a trial reports at a step: every other one is to be pruned at its third.
fn loss(trial: &Trial<'_>, step: u64) -> f64 {
    if trial.number() % 2 == 1 && step >= 3 { 9.0 } else { 1.0 }
}

#[test]
fn a_forgotten_question_mark_prunes_all_the_same_and_is_told() {
    let forms: [fn(&mut Trial<'_>, u64, f64); 3] = [
        |trial, step, value| {
            let _ = trial.report(step, value);
        },
        |trial, step, value| {
            trial.report(step, value).ok();
        },
        |trial, step, value| {
            drop(trial.log(step, &[("loss", value)]).and_then(|()| trial.report(step, value)));
        },
    ];
    for form in forms {
        let (run, study) = pruned(|_, trial| {
            for step in 1..=9 {
                let value = loss(trial, step);
                form(trial, step, value);
            }
            0.0
        });
        assert_eq!((run.complete, run.pruned, run.gone_on), (2, 2, 2), "{run}");
        assert!(run.to_string().contains(ADVICE) && run.to_string().contains("2 trials"), "{run}");
        let trials = study.trials().unwrap();
        assert_eq!(
            (trials[1].state, trials[1].reports.len()),
            (State::Pruned, 3),
            "what comes after is not noted"
        );
        assert!(study.results_summary(1).unwrap().contains(ADVICE));
    }
}

#[test]
fn who_ends_at_once_has_forgotten_nothing() {
    let (run, _) = pruned(|_, trial| {
        for step in 1..=9 {
            let value = loss(trial, step);
            if trial.report(step, value).is_err() {
                break;
            }
        }
        0.0
    });
    assert_eq!((run.complete, run.pruned, run.gone_on), (2, 2, 0));
    assert!(!run.to_string().contains("report"), "{run}");
}

/// The decision was there before the panic, and is its cause.
#[test]
fn an_unwrapped_verdict_is_no_failure() {
    let (run, _) = pruned(|_, trial| {
        for step in 1..=9 {
            let value = loss(trial, step);
            trial.report(step, value).unwrap();
        }
        0.0
    });
    assert_eq!((run.complete, run.pruned, run.failed), (2, 2, 0));
}

#[test]
fn a_trial_that_goes_on_beyond_its_budget_is_paused_with_what_it_had_there() {
    let study = Study::<Point>::minimize()
        .seed(1)
        .pruner(Asha::builder(9).factor(3).build().unwrap())
        .open()
        .unwrap();
    let run = study.optimize(3, |point, trial| {
        for step in 1..=9 {
            let _ = trial.report(step, point.x.abs() + 1.0 / step as f64);
        }
        -1.0
    });
    assert!(run.unwrap().gone_on > 0);
    let trials = study.trials().unwrap();
    let first =
        trials.iter().find(|trial| trial.state == State::Paused).expect("not all are promoted");
    let config: Point = first.config().unwrap();
    assert_eq!(first.reports, [(1, config.x.abs() + 1.0)]);
    assert!(trials.iter().all(|trial| trial.state != State::Complete || trial.values == [-1.0]));
}

#[test]
fn a_trial_that_goes_on_beyond_its_time_is_told_of_too() {
    let study = Study::<Point>::minimize().trial_timeout(Duration::from_millis(1)).open().unwrap();
    let run = study.optimize(1, |_, trial| {
        for step in 0..3 {
            std::thread::sleep(Duration::from_millis(2));
            let _ = trial.report(step, 0.0);
        }
        1.0
    });
    let run = run.unwrap();
    assert_eq!((run.failed, run.gone_on), (1, 1));
}

#[test]
fn a_tuner_tells_of_it_too() {
    let model = fit_only(|point: &Point, trial| {
        for epoch in 1..=9 {
            trial.log(epoch, &[("loss", if point.x > 0.0 { 9.0 } else { point.y })]).ok();
        }
        Ok(())
    });
    let builder = RandomSearch::new(model)
        .objective("loss")
        .max_trials(20)
        .seed(1)
        .pruner(Threshold::builder().upper(2.0).build().unwrap());
    let mut tuner = builder.build().unwrap();
    let run = tuner.search(&()).unwrap();
    assert!(run.pruned > 0 && run.complete > 0, "{run}");
    assert_eq!(run.gone_on, run.pruned);
    assert!(tuner.results_summary(1).unwrap().contains(ADVICE));
}

/// A storage that fails ends the run, whatever type of error an objective makes of that.
#[test]
fn what_the_storage_failed_with_ends_the_run_through_any_error() {
    type Objective = fn(&Point, &mut Trial<'_>) -> Result<f64, TrialError>;
    #[derive(Debug, thiserror::Error)]
    #[error("training broke off")]
    struct Own(#[from] hpo_core::TrialEnd);
    let forms: [Objective; 6] = [
        |_, trial| Ok(trial.report(1, 0.5).map(|()| 1.0)?),
        |_, trial| Ok(trial.report(1, 0.5).map_err(anyhow::Error::from).map(|()| 1.0)?),
        |_, trial| Ok(trial.set_attribute("note", 1).map_err(Own::from).map(|()| 1.0)?),
        |_, trial| {
            Ok(trial.constraint("memory", 1.0).map_err(|end| end.to_string()).map(|()| 1.0)?)
        },
        |_, trial| Ok(trial.report(1, 0.5).map_or(2.0, |()| 1.0)),
        |_, trial| {
            trial
                .report(1, 0.5)
                .map(|()| 1.0)
                .map_err(|_| TrialError::failed("the storage is full"))
        },
    ];
    for (form, objective) in forms.into_iter().enumerate() {
        let folder = Folder::new("failing");
        let path = folder.path("a.journal");
        let study =
            Study::<Point>::minimize().seed(1).storage(path.to_str().unwrap()).open().unwrap();
        let mut calls = 0;
        let ended = study.optimize(20, |point, trial| {
            calls += 1;
            if trial.number() == 3 {
                std::fs::File::options().write(true).open(&path).unwrap().set_len(10).unwrap();
            }
            objective(&point, trial)
        });
        let error = ended.expect_err("the storage has lost the study");
        assert!(matches!(error, hpo_core::Error::Storage(_)), "form {form}: {error}");
        assert_eq!(calls, 4, "form {form}");
    }
}
