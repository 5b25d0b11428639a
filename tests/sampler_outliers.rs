//! Absurd but finite values, in either direction: what they cost a search is at most what as many
//! failed trials cost it.

use std::ops::Range;

use hpo_core::prelude::*;
use hpo_core::sampler::Random;
use hpo_core::sampler::{Sampler, SamplerConfig};
use hpo_core::space::Params;
use hpo_core::space::{FlatSpace, Space};
use hpo_core::testing::sampler::Past;
use hpo_core::trial::{Outcome, hypervolume};
use hpo_tests::functions::median;

const SQUARE: &str =
    r#"{"all": {"x": {"float": {"low": 0, "high": 1}}, "y": {"float": {"low": 0, "high": 1}}}}"#;
const SEEDS: Range<u64> = 0..7;

fn point(params: &Params) -> [f64; 2] {
    [0, 1].map(|parameter| params.values()[parameter].as_float().unwrap())
}

fn bowl(params: &Params) -> f64 {
    let [x, y] = point(params);
    20.0 * ((x - 0.3).powi(2) + (y - 0.4).powi(2))
}

/// Which trials are spoiled.
type Spoiled = fn(u64, &Params) -> bool;

const THRICE: Spoiled = |number, _| [2, 9, 17].contains(&number);
const QUARTER: Spoiled = |_, params| point(params).iter().all(|place| *place > 0.5);

/// What the spoiled ones tell instead, in turn; nothing if they fail.
const ABSURD: [&[f64]; 9] = [
    &[1e6],
    &[1e30],
    &[1e300],
    &[f64::MAX],
    &[-1e30],
    &[-1e300],
    &[f64::MIN],
    &[f64::MIN, f64::MAX],
    &[1e6, 1e300, 1e3, f64::MAX, 1e30],
];

/// The best of the other trials.
fn regret(sampler: &dyn Sampler, trials: u64, seed: u64, spoiled: Spoiled, told: &[f64]) -> f64 {
    let mut past = Past::new(&FlatSpace::new(&Space::from_json(SQUARE).unwrap()).unwrap());
    let (mut best, mut turn) = (f64::INFINITY, 0);
    for number in 0..trials {
        let params = past.propose(sampler, seed).unwrap();
        let mut value = bowl(&params);
        if spoiled(number, &params) {
            let Some(absurd) = told.get(turn % told.len().max(1)) else {
                past.tell(&params, Some(Outcome::Failed("it broke")));
                continue;
            };
            (value, turn) = (*absurd, turn + 1);
        } else {
            best = best.min(value);
        }
        past.tell(&params, Some(Outcome::Complete(&[value])));
    }
    best
}

fn costs_no_more_than_failures(name: &str, trials: u64) {
    let config: SamplerConfig = name.parse().unwrap();
    for (which, spoiled) in [("three trials", THRICE), ("a quarter of the square", QUARTER)] {
        let found = |told: &[f64]| {
            median(
                SEEDS.map(|seed| regret(&*config.build(), trials, seed, spoiled, told)).collect(),
            )
        };
        let failed = found(&[]);
        for told in ABSURD {
            let found = found(told);
            assert!(
                found <= 4.0 * failed + 5e-3,
                "{name}, {told:?} for {which}: {found}, if they fail {failed}"
            );
        }
    }
}

#[test]
fn they_cost_a_gaussian_process_no_more_than_failures() {
    costs_no_more_than_failures("gp", 32);
}

#[test]
fn they_cost_auto_no_more_than_failures() {
    costs_no_more_than_failures("auto", 32);
}

#[test]
fn they_cost_a_parzen_estimator_no_more_than_failures() {
    costs_no_more_than_failures("tpe", 60);
    costs_no_more_than_failures(r#"{"tpe": {"good_weights": "improvement"}}"#, 60);
}

#[test]
fn they_cost_evolution_no_more_than_failures() {
    costs_no_more_than_failures("cmaes", 80);
    costs_no_more_than_failures("nsga2", 80);
}

/// The hypervolume of the other trials, where some tell absurd values in one objective or in both.
fn volume(sampler: &dyn Sampler, seed: u64, told: Option<[f64; 2]>) -> f64 {
    let flat = FlatSpace::new(&Space::from_json(SQUARE).unwrap()).unwrap();
    let directions = [Direction::Minimize; 2];
    let mut past = Past::with_directions(&flat, &directions);
    let mut found = Vec::new();
    for number in 0..40 {
        let params = past.propose(sampler, seed).unwrap();
        let [x, y] = point(&params);
        let values = [4.0 * x * x + 3.0 * y, 4.0 * (x - 1.0).powi(2) + 3.0 * y];
        let outcome = match told {
            _ if number % 9 != 4 => {
                found.push(values);
                Outcome::Complete(&values)
            }
            Some(ref absurd) => Outcome::Complete(absurd),
            None => Outcome::Failed("it broke"),
        };
        past.tell(&params, Some(outcome));
    }
    let points: Vec<&[f64]> = found.iter().map(<[f64; 2]>::as_slice).collect();
    hypervolume(&directions, &points, &[4.0, 4.0])
}

#[test]
fn with_two_objectives_the_front_is_found_all_the_same() {
    for name in ["gp", "auto", "tpe", "nsga2"] {
        let config: SamplerConfig = name.parse().unwrap();
        let found =
            |told| median((0..5).map(|seed| volume(&*config.build(), seed, told)).collect());
        let failed = found(None);
        for told in
            [[1e6; 2], [f64::MAX; 2], [-1.0, 1e300], [1e9, -1.0], [f64::MIN; 2], [f64::MIN, 1.0]]
        {
            let found = found(Some(told));
            assert!(found > 0.9 * failed, "{name}, {told:?}: {found}, if they fail {failed}");
        }
    }
}

/// Trials that are under way or stopped, and report what is absurd.
#[test]
fn absurd_reports_cost_no_more_than_failures() {
    for name in ["gp", "tpe"] {
        let config: SamplerConfig = name.parse().unwrap();
        let found = |told: Option<f64>| {
            let found = SEEDS.map(|seed| {
                let study = Study::<Params>::minimize().space(Space::from_json(SQUARE).unwrap());
                let study = study.sampler(config.build()).seed(seed).open().unwrap();
                let mut best = f64::INFINITY;
                for turn in 0..32 {
                    let asked = study.ask().unwrap().unwrap();
                    let value = bowl(&asked.config);
                    let report =
                        |step, value| drop(study.report_step(asked.number, step, value).unwrap());
                    match told {
                        _ if turn % 7 != 3 => {
                            report(1, value + 3.0);
                            report(2, value);
                            best = best.min(value);
                            study.tell(asked.number, value).unwrap();
                        }
                        Some(told) => {
                            report(1, told);
                            study.prune(asked.number, "it diverged").unwrap();
                        }
                        None => study
                            .tell(asked.number, Err::<f64, _>(TrialError::failed("it broke")))
                            .unwrap(),
                    }
                }
                best
            });
            median(found.collect())
        };
        let failed = found(None);
        for told in [1e9, f64::MAX, f64::MIN] {
            let found = found(Some(told));
            assert!(found <= 4.0 * failed + 0.02, "{name}, {told}: {found}, if they fail {failed}");
        }
    }
}

#[test]
fn importances_and_expectations_are_those_without_them() {
    use hpo_core::report::importance::{Fanova, Measure, PedAnova, Relevance};
    let measures = [
        Measure::PedAnova(PedAnova::default()),
        Measure::Fanova(Fanova::default()),
        Measure::Gp(Relevance::default()),
    ];
    let told = |absurd: Option<f64>| {
        let study = Study::<Params>::minimize()
            .space(Space::from_json(SQUARE).unwrap())
            .sampler(Random)
            .seed(4);
        let study = study.run(80, |params: Params| match absurd {
            _ if point(&params)[1] < 0.95 => {
                Ok(50.0 * (point(&params)[0] - 0.3).powi(2) - 48.0 + 3.0 * point(&params)[1])
            }
            Some(absurd) => Ok(absurd),
            None => Err(TrialError::failed("it broke")),
        });
        let study = study.unwrap();
        let shares = measures.map(|measure| study.importances(&measure, 0).unwrap().of[0].share);
        (study.expectation().unwrap(), shares)
    };
    let (failed, failed_shares) = told(None);
    let expected = failed.unwrap();
    assert!((expected.expected - expected.observed).abs() < 0.1, "{expected}");
    for absurd in [1e3, 1e6, 1e300, f64::MAX, f64::MIN] {
        let (found, shares) = told(Some(absurd));
        if absurd > 0.0 {
            assert_eq!(found.unwrap(), expected, "{absurd}");
        }
        for ((share, failed), measure) in shares.iter().zip(failed_shares).zip(measures) {
            assert!(
                (share - failed).abs() < 0.15,
                "{} of {absurd}: {share}, if they fail {failed}",
                measure.name()
            );
        }
    }
}
