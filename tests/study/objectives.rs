//! Values are a vector from the first day.

use hpo_core::prelude::*;

use super::Point;

fn two() -> Study<Point> {
    let study = Study::<Point>::directions([Direction::Minimize, Direction::Maximize])
        .seed(4)
        .open()
        .unwrap();
    study.optimize(60, |point, _| [point.x, point.y]).unwrap();
    study
}

#[test]
fn the_best_of_several_objectives_are_those_that_none_dominates() {
    let study = two();
    let best = study.best_trials(usize::MAX).unwrap();
    let all = study.trials().unwrap();
    let beats = |other: &[f64], values: &[f64]| {
        other[0] <= values[0] && other[1] >= values[1] && other != values
    };
    let dominated = |values: &[f64]| all.iter().any(|other| beats(&other.values, values));
    assert!(!best.is_empty() && best.iter().all(|trial| !dominated(&trial.values)));
    let others = all.iter().filter(|trial| !best.contains(trial));
    assert!(others.into_iter().all(|trial| dominated(&trial.values)));
}

#[test]
fn there_is_no_one_best_of_several() {
    let error = two().best_value().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the study `study` has 2 objectives, so there is no one best trial: use best_trials()"
    );
}

#[test]
fn tuples_and_vectors_are_values_too() {
    let study = Study::<Point>::directions([Direction::Minimize; 2]).open().unwrap();
    study
        .optimize(
            2,
            |point, trial| {
                if trial.number() == 0 { vec![point.x, 1.0] } else { vec![point.y, 2.0] }
            },
        )
        .unwrap();
    study.optimize(3, |point, _| (point.x, point.y)).unwrap();
    assert!(study.trials().unwrap().iter().all(|trial| trial.values.len() == 2));
}

/// Reports are of one objective only: trials that have not come to their end are compared by
/// nothing, and stand in nobody's way.
#[test]
fn trials_under_way_may_have_reported() {
    for sampler in ["tpe", "gp", "nsga2", "auto"] {
        let sampler = sampler.parse::<hpo_core::sampler::SamplerConfig>().unwrap().build();
        let study = Study::<Point>::directions([Direction::Minimize; 2])
            .sampler(sampler)
            .seed(1)
            .open()
            .unwrap();
        for number in 0..30 {
            let asked = study.ask().unwrap().unwrap();
            let _ = study.report_step(asked.number, 1, asked.config.x).unwrap();
            match number % 6 {
                2 => study.prune(asked.number, "slow").unwrap(),
                4 => {}
                _ => study.tell(asked.number, [asked.config.x, -asked.config.x]).unwrap(),
            }
        }
    }
}
