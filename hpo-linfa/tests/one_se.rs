//! The rule of one standard error.

use hpo_core::prelude::*;
use hpo_linfa::one_se::one_se_choice;
use hpo_linfa::race::{Reports, cross_validate};

#[derive(Debug, SearchSpace)]
struct Depth {
    #[search_space(range = 1..=6)]
    depth: u32,
}

fn complexity(config: &Depth) -> f64 {
    f64::from(config.depth)
}

/// Mean scores 1 to 6 by depth, with this much between the two folds.
fn study(spread: f64, minimize: bool) -> Study<Depth> {
    let builder = if minimize { Study::<Depth>::minimize() } else { Study::<Depth>::maximize() };
    let study = builder.seed(1).open().unwrap();
    let sign = if minimize { -1.0 } else { 1.0 };
    study
        .optimize(6, |config, trial| {
            let mean = sign * f64::from(config.depth);
            cross_validate(trial, Reports::Folds, [mean - spread, mean + spread], Ok)
        })
        .unwrap();
    study
}

#[test]
fn the_simplest_within_one_standard_error_is_chosen() {
    // Two folds at mean ± s have a standard error of s.
    for minimize in [false, true] {
        let chosen = |spread| {
            one_se_choice(&study(spread, minimize), complexity)
                .unwrap()
                .config::<Depth>()
                .unwrap()
                .depth
        };
        assert_eq!(chosen(0.5), 6);
        assert_eq!(chosen(1.5), 5);
        assert_eq!(chosen(2.5), 4);
        assert_eq!(chosen(100.0), 1);
    }
}

#[test]
fn of_equally_simple_ones_the_best_is_chosen() {
    let chosen = one_se_choice(&study(100.0, false), |_: &Depth| 1.0).unwrap();
    assert_eq!(chosen.value(), Some(6.0));
}

#[test]
fn without_a_standard_error_it_is_the_best() {
    let study =
        Study::<Depth>::maximize().seed(1).run(6, |config| f64::from(config.depth)).unwrap();
    assert_eq!(one_se_choice(&study, complexity).unwrap().value(), Some(6.0));
}

#[test]
fn without_a_complete_trial_there_is_no_choice() {
    let study = Study::<Depth>::maximize().open().unwrap();
    assert!(matches!(
        one_se_choice(&study, complexity),
        Err(hpo_core::Error::NoCompleteTrial { .. })
    ));
}
