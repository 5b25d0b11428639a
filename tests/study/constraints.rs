//! Constraints that only a finished config can break: reported by its trial, kept with it, and
//! minded by whoever looks for the best.

use std::sync::Mutex;

use hpo_core::Error;
use hpo_core::callback::{Flow, JsonLines, StopAtTarget};
use hpo_core::prelude::*;
use hpo_core::sampler::{Gp, Random};
use hpo_core::study::{Ended, RunEvent, StudyBuilder};
use hpo_core::trial::TrialRecord;
use hpo_tests::Folder;
use serde_json::json;

use super::Point;

/// Values by number, each with what it reports of two constraints.
const TRIALS: [(f64, f64, f64); 5] =
    [(5.0, 0.5, -1.0), (4.0, 0.25, 0.5), (3.0, 0.0, -2.0), (1.0, 1e-9, 0.0), (2.0, -1.0, -1.0)];

fn report(trial: &mut Trial<'_>, count: usize) -> Result<f64, TrialError> {
    let (value, memory, seconds) = TRIALS[trial.number() as usize % count];
    trial.constraint("memory", memory)?;
    trial.constraint("seconds", seconds)?;
    Ok(value)
}

#[test]
fn the_best_trial_keeps_its_constraints() {
    let folder = Folder::new("constraints");
    let url = format!("journal:{}", folder.path("a.journal").display());
    let open = || Study::<Point>::minimize().storage(&*url).seed(1).open().unwrap();
    open().optimize(5, |_, trial| report(trial, 5)).unwrap();
    let study = open();
    assert_eq!((study.best_trial().unwrap().number, study.best_value().unwrap()), (4, 2.0));
    let best: Vec<u64> = study.best_trials(9).unwrap().iter().map(|trial| trial.number).collect();
    assert_eq!(best, [4, 2]);
    assert_eq!(study.best_configs(9).unwrap().len(), 2);
    let trials = study.trials().unwrap();
    let violations: Vec<f64> = trials.iter().map(TrialRecord::violation).collect();
    assert_eq!(violations, [0.5, 0.75, 0.0, 1e-9, 0.0]);
    assert_eq!(
        trials[1].constraints().into_iter().collect::<Vec<_>>(),
        [("memory".into(), 0.25), ("seconds".into(), 0.5)]
    );
    let summary = trials[0].summary();
    assert!(
        summary.ends_with("\n  constraint memory: 0.5, broken\n  constraint seconds: -1, kept"),
        "{summary}"
    );
}

#[test]
fn of_several_objectives_only_feasible_trials_are_compared() {
    let study = Study::<Point>::directions([Direction::Minimize; 2]).seed(1).open().unwrap();
    study.optimize(5, |_, trial| report(trial, 5).map(|value| [value, -value])).unwrap();
    let best: Vec<u64> = study.best_trials(9).unwrap().iter().map(|trial| trial.number).collect();
    assert_eq!(best, [2, 4]);
}

#[test]
fn where_nothing_is_feasible_the_nearest_is_named() {
    let study = Study::<Point>::minimize().seed(1).open().unwrap();
    study.optimize(6, |_, trial| report(trial, 2)).unwrap();
    assert!(study.best_trials(9).unwrap().is_empty());
    let error = study.best_trial().unwrap_err();
    assert!(matches!(error, Error::NoFeasibleTrial { nearest: 0, complete: 6, .. }));
    assert_eq!(
        error.to_string(),
        "no trial of `study` keeps its constraints: of 6 that completed, trial 0 comes closest, \
         with a violation of 0.5 in `memory`: run more trials, or loosen the constraints"
    );
    study.optimize(7, |_, _| 9.0).unwrap();
    assert_eq!(study.best_value().unwrap(), 9.0, "who reports nothing breaks nothing");
}

#[test]
fn what_is_told_on_the_way_agrees() {
    let improved = std::sync::Arc::new(Mutex::new(Vec::new()));
    let heard = std::sync::Arc::clone(&improved);
    let study = Study::<Point>::minimize()
        .callback(StopAtTarget::builder(2.0).build().unwrap())
        .callback(move |notice: &RunEvent<'_>| {
            if let RunEvent::Improved { trial, .. } = notice {
                heard.lock().unwrap().push(trial.number);
            }
            Flow::Continue
        })
        .seed(1)
        .open()
        .unwrap();
    let run = study.optimize(50, |_, trial| report(trial, 5)).unwrap();
    assert_eq!(*improved.lock().unwrap(), [2, 4]);
    // The value of 1 that breaks its constraints by a billionth does not reach the target.
    assert_eq!((run.ended, run.complete), (Ended::Stopped, 5));
}

#[test]
fn nan_is_a_mistake_and_infinity_a_violation() {
    let study = Study::<Point>::minimize().seed(1).open().unwrap();
    let by = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    study
        .optimize(3, |_, trial| {
            trial.constraint("memory", by[trial.number() as usize])?;
            Ok::<_, TrialError>(1.0)
        })
        .unwrap();
    let trials = study.trials().unwrap();
    assert_eq!(
        trials[0].message.as_deref(),
        Some(
            "trial 0 reports NaN for its constraint `memory`: report the amount by which it is \
             broken, or 0 or less if it is kept"
        )
    );
    assert_eq!([1, 2].map(|number: usize| trials[number].is_feasible()), [false, true]);
    assert_eq!(study.best_trial().unwrap().number, 2);
}

#[test]
fn ask_and_tell_report_them_too() {
    let study = Study::<Point>::minimize().seed(1).open().unwrap();
    let [broken, kept] = [0.5, 0.0].map(|by| {
        let number = study.ask().unwrap().unwrap().number;
        study.constraint(number, "memory", 7.0).unwrap();
        study.constraint(number, "memory", by).unwrap();
        study.tell(number, 0.0).unwrap();
        number
    });
    let violations =
        [broken, kept].map(|number| study.oracle().trial(number).unwrap().unwrap().violation());
    assert_eq!(violations, [0.5, 0.0], "the last report of a name counts");
    let nan = study.constraint(kept, "memory", f64::NAN).unwrap_err();
    assert!(matches!(nan, Error::ConstraintNotANumber { .. }), "{nan}");
    let late = study.constraint(kept, "memory", 1.0).unwrap_err();
    assert_eq!(
        late.to_string(),
        format!("trial {kept} has ended as Complete and cannot change any more")
    );
}

#[test]
fn a_log_of_trials_has_them() {
    let folder = Folder::new("constraints");
    let path = folder.path("trials.jsonl");
    let log = JsonLines::builder(&path).build().unwrap();
    let study = Study::<Point>::minimize().callback(log).seed(1).open().unwrap();
    study.optimize(1, |_, trial| report(trial, 1)).unwrap();
    let row: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(row["constraints"], json!({"memory": 0.5, "seconds": -1.0}));
}

/// On how many of five seeds a search finds a trial that keeps a constraint which one config in two
/// hundred keeps.
fn found(builder: impl Fn() -> StudyBuilder<Point>) -> usize {
    let found = |seed: &u64| {
        let study = builder().seed(*seed).open().unwrap();
        let run = study.optimize(30, |point, trial| {
            let distance = ((point.x - 0.6).powi(2) + (point.y + 0.4).powi(2)).sqrt();
            trial.constraint("distance", distance - 0.08)?;
            Ok::<_, TrialError>(point.x)
        });
        assert_eq!(run.unwrap().complete, 30);
        study.best_trial().is_ok()
    };
    (0..5).filter(found).count()
}

#[test]
fn a_gaussian_process_looks_for_what_is_feasible_first() {
    let random = found(|| Study::<Point>::minimize().sampler(Random));
    let gp = found(|| Study::<Point>::minimize().sampler(Gp::default()));
    assert!(
        gp == 5 && random < 4,
        "feasible trials were found on {gp} seeds, by chance on {random}"
    );
}

/// A trial that breaks a constraint is nothing to be improved on, however good it looks: here three
/// times as good as what is allowed.
#[test]
fn a_gaussian_process_is_not_drawn_into_what_is_forbidden() {
    let lowest = |seed| {
        let study = Study::<Point>::minimize().sampler(Gp::default()).seed(seed).open().unwrap();
        let bump = |point: &Point, place: f64| {
            (-5.0 * ((point.x - place).powi(2) + (point.y - place).powi(2))).exp()
        };
        let run = study.optimize(40, |point, trial| {
            trial.constraint("side", point.x + point.y - 0.4)?;
            Ok::<_, TrialError>(-bump(&point, -0.6) - 3.0 * bump(&point, 0.6))
        });
        assert_eq!(run.unwrap().complete, 40);
        study.best_value().unwrap()
    };
    let mut lowest: Vec<f64> = (0..5).map(lowest).collect();
    lowest.sort_by(f64::total_cmp);
    // At the middle of the allowed bump; on the edge of what is forbidden it is -0.7 at best.
    assert!(lowest[2] < -0.98, "{lowest:?}");
}
