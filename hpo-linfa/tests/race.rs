//! Cross-validation as a race: what is reported, kept, and ended early.

use std::sync::atomic::{AtomicU64, Ordering};

use hpo_core::prelude::*;
use hpo_core::pruner::Wilcoxon;
use hpo_linfa::one_se::standard_error;
use hpo_linfa::race::{Reports, Score, cross_validate};

#[derive(Debug, SearchSpace)]
struct Skill {
    #[search_space(range = 0..=9)]
    level: u32,
}

/// Harder folds score lower, whoever is at it.
const HARDNESS: [f64; 8] = [0.3, 0.0, 0.5, 0.1, 0.2, 0.4, 0.25, 0.35];

fn score(skill: &Skill, hardness: f64) -> f64 {
    f64::from(skill.level) - hardness - 0.01 * f64::from(skill.level) * hardness
}

#[test]
fn a_trial_has_a_step_for_each_fold_the_mean_and_its_standard_error() {
    let study = Study::<Skill>::maximize().seed(1).open().unwrap();
    let folds = [1.0, 2.0, 6.0];
    study.optimize(1, |_, trial| cross_validate(trial, Reports::Folds, folds, Ok)).unwrap();
    let trial = &study.trials().unwrap()[0];
    assert_eq!(trial.reports, [(1, 1.0), (2, 2.0), (3, 6.0)]);
    assert_eq!(trial.value(), Some(3.0));
    // The variance of 1, 2, 6 is 7.
    assert!((standard_error(trial).unwrap() - (7.0_f64 / 3.0).sqrt()).abs() < 1e-12);
}

#[test]
fn means_so_far_may_be_reported_instead() {
    let study = Study::<Skill>::maximize().seed(1).open().unwrap();
    study
        .optimize(1, |_, trial| cross_validate(trial, Reports::Means, [1.0, 2.0, 6.0], Ok))
        .unwrap();
    assert_eq!(study.trials().unwrap()[0].reports, [(1, 1.0), (2, 1.5), (3, 3.0)]);
}

#[test]
fn a_single_fold_has_no_standard_error() {
    assert_eq!(Score { folds: vec![0.5] }.standard_error(), None);
    let study = Study::<Skill>::maximize().seed(1).open().unwrap();
    study.optimize(1, |_, trial| cross_validate(trial, Reports::Folds, [0.5], Ok)).unwrap();
    assert_eq!(standard_error(&study.trials().unwrap()[0]), None);
}

#[test]
fn a_fold_that_fails_or_is_nan_fails_the_trial_and_nothing_else() {
    let study = Study::<Skill>::maximize().seed(1).open().unwrap();
    let run = study
        .optimize(10, |skill, trial| {
            cross_validate(trial, Reports::Folds, [0, 1, 2], |fold| match (skill.level, fold) {
                (level, 1) if level < 3 => Ok(f64::NAN),
                (level, 2) if level > 6 => Err(TrialError::failed("no such fold")),
                _ => Ok(1.0),
            })
        })
        .unwrap();
    assert_eq!((run.complete, run.failed), (4, 6));
    let messages: Vec<String> =
        study.trials().unwrap().into_iter().filter_map(|trial| trial.message).collect();
    assert_eq!(
        messages.iter().filter(|message| *message == "the score of fold 2 is NaN").count(),
        3
    );
    assert_eq!(messages.iter().filter(|message| *message == "no such fold").count(), 3);
}

#[test]
fn a_race_ends_losers_early_and_finds_the_same_winner() {
    let race = |pruned: bool| {
        let fits = AtomicU64::new(0);
        let builder = Study::<Skill>::maximize().seed(3);
        let builder = if pruned { builder.pruner(Wilcoxon::default()) } else { builder };
        let study = builder.open().unwrap();
        let objective = |skill: Skill, trial: &mut Trial<'_>| {
            cross_validate(trial, Reports::Folds, HARDNESS, |hardness| {
                fits.fetch_add(1, Ordering::Relaxed);
                Ok(score(&skill, hardness))
            })
        };
        let run = study.optimize(10, objective).unwrap();
        (study.best_config().unwrap().level, fits.into_inner(), run.pruned)
    };
    let (full, raced) = (race(false), race(true));
    assert_eq!((full.0, full.1, full.2), (9, 80, 0));
    assert_eq!(raced.0, 9);
    // Four pairs, all worse, have p = 1/16: the first below 0.1.
    assert_eq!(raced.1, 80 - 4 * raced.2);
    assert!(raced.2 >= 3, "{raced:?}");
}
