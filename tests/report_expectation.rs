//! What to expect of the best config: intervals that hold the truth as often as they claim, and
//! silence where luck cannot be told.

use std::sync::atomic::{AtomicU64, Ordering};

use hpo_core::prelude::*;
use hpo_core::report::{EstimateBasis, ValueEstimate};
use hpo_core::rng::Rng;
use hpo_core::sampler::Sampler;
use hpo_core::sampler::{Auto, Random};
use hpo_core::space::{FlatSpace, Params, Space};
use hpo_tests::functions::{
    BRANIN, CONDITIONAL, Function, HARTMANN, LEVY, MIXED, NOISY, ROSENBROCK,
};

const FUNCTIONS: [Function; 6] = [BRANIN, HARTMANN, LEVY, MIXED, CONDITIONAL, ROSENBROCK];
/// None of them is one of those by which the rule was made.
const SEEDS: std::ops::Range<u64> = 500..504;

/// How far the best of 400 random configs lies below their median: a unit for noise.
fn unit(function: &Function) -> f64 {
    let flat = FlatSpace::new(&Space::from_json(function.space).unwrap()).unwrap();
    let mut values: Vec<f64> =
        (0..400).map(|number| (function.value)(&flat.draw(&mut Rng::derive(99, number)))).collect();
    values.sort_unstable_by(f64::total_cmp);
    values[200] - values[0]
}

/// The estimate after 60 trials of a function under noise, and the true value of the best config.
fn estimate_and_truth(
    function: &Function,
    noise: f64,
    sampler: impl Sampler + 'static,
    seed: u64,
) -> (Option<ValueEstimate>, f64) {
    let count = AtomicU64::new(0);
    let value = |params: Params| {
        let draw = Rng::derive(seed ^ 0xF00D, count.fetch_add(1, Ordering::Relaxed)).normal();
        (function.value)(&params) + noise * draw
    };
    let space = Space::from_json(function.space).unwrap();
    let study = Study::<Params>::minimize()
        .space(space)
        .sampler(sampler)
        .seed(seed)
        .run(60, value)
        .unwrap();
    (study.expectation().unwrap(), (function.value)(&study.best_config().unwrap()))
}

/// Of all studies with this noise, in units: how many they are, of how many something is told, in
/// how many of these the interval holds the truth, and how many are called lucky.
fn counted(noise: f64, with: fn(&Function, f64, u64) -> (Option<ValueEstimate>, f64)) -> [u32; 4] {
    let mut counts = [0; 4];
    for function in &FUNCTIONS {
        let noise = noise * unit(function);
        for seed in SEEDS {
            let (estimate, truth) = with(function, noise, seed);
            counts[0] += 1;
            if let Some(estimate) = estimate {
                counts[1] += 1;
                counts[2] +=
                    u32::from(estimate.interval.0 <= truth && truth <= estimate.interval.1);
                counts[3] += u32::from(estimate.is_lucky());
            }
        }
    }
    counts
}

fn random(function: &Function, noise: f64, seed: u64) -> (Option<ValueEstimate>, f64) {
    estimate_and_truth(function, noise, Random, seed)
}

fn auto(function: &Function, noise: f64, seed: u64) -> (Option<ValueEstimate>, f64) {
    estimate_and_truth(function, noise, Auto::default(), seed)
}

#[test]
fn intervals_hold_the_truth_about_as_often_as_they_claim() {
    for (name, with) in [("random", random as fn(&Function, f64, u64) -> _), ("auto", auto)] {
        let each = [0.0, 0.05, 0.3, 1.0].map(|noise| counted(noise, with));
        let [all, estimated, held, _] =
            [0, 1, 2, 3].map(|index| each.iter().map(|counts| counts[index]).sum::<u32>());
        assert!(
            10 * estimated >= 3 * all,
            "{name}: of {all} studies only {estimated} have an estimate"
        );
        assert!(
            100 * held >= 90 * estimated,
            "{name}: {held} of {estimated} hold the truth, {each:?}"
        );
        for counts in &each {
            assert!(100 * counts[2] >= 80 * counts[1], "{name}: {each:?}");
        }
        assert_eq!(each[0][3], 0, "{name}: without noise nothing was lucky");
        if name == "auto" {
            let [_, estimated, _, lucky] = each[2];
            assert!(
                10 * lucky >= 9 * estimated,
                "under large noise, {lucky} of {estimated} are found to be lucky"
            );
        }
    }
}

#[test]
fn nothing_is_told_of_noise_alone_or_of_few_trials() {
    for seed in 0..10 {
        let noise = |params: Params| Rng::derive(seed ^ params.key() as u64, 0).normal();
        let space = Space::from_json(NOISY.space).unwrap();
        let study = Study::<Params>::minimize().space(space.clone()).sampler(Random).seed(seed);
        assert_eq!(study.run(60, noise).unwrap().expectation().unwrap(), None, "seed {seed}");
        let few = Study::<Params>::minimize()
            .space(space)
            .seed(seed)
            .run(19, |params| (NOISY.value)(&params));
        assert_eq!(few.unwrap().expectation().unwrap(), None);
    }
}

#[test]
fn it_stands_beside_the_best_value_everywhere() {
    let noise = AtomicU64::new(0);
    let space = Space::from_json(BRANIN.space).unwrap();
    let value = |params: Params| {
        -(BRANIN.value)(&params)
            - 10.0 * Rng::derive(7, noise.fetch_add(1, Ordering::Relaxed)).normal()
    };
    let study = Study::<Params>::maximize().space(space).seed(1).run(80, value).unwrap();
    let estimate = study.expectation().unwrap().expect("it is told");
    assert!(
        estimate.is_lucky()
            && estimate.observed > estimate.interval.1
            && estimate.expected < estimate.observed,
        "{estimate:?}"
    );
    assert!(
        estimate.interval.0 < estimate.expected && estimate.expected < estimate.interval.1,
        "{estimate:?}"
    );
    assert_eq!(
        (estimate.observed, estimate.basis),
        (study.best_value().unwrap(), EstimateBasis::Process(80))
    );
    assert!(
        study.summary().unwrap().ends_with(&format!("\n    {estimate}")),
        "{}",
        study.summary().unwrap()
    );
    let sentences: Vec<String> = study.advice().unwrap().iter().map(ToString::to_string).collect();
    assert!(
        sentences
            .iter()
            .any(|text| text.ends_with(&format!("is probably a lucky one: {estimate}"))),
        "{sentences:?}"
    );
    let report = study.report().unwrap();
    assert_eq!(report.best().unwrap().expectation, Some(estimate));
    assert!(report.json()["best"]["expectation"]["interval"][0].is_number());
}

/// Configs that are all worth the same, each run twice or three times: the best of so many runs
/// says nothing of its config, the other ones do.
#[test]
fn what_other_runs_tell_of_the_best_config_holds_as_often_as_it_claims() {
    #[derive(Clone, Debug, SearchSpace)]
    struct Choice {
        #[search_space(range = 0..=59)]
        number: u32,
    }
    let (mut held, mut lucky) = (0, 0);
    for seed in 0..100 {
        let study = Study::<Choice>::minimize().open().unwrap();
        let (runs, mut rng) = (2 + seed as u32 % 2, Rng::derive(seed, 0));
        for number in (0..runs * 40).map(|trial| trial % 40) {
            study.add_trial(&Choice { number }, rng.normal()).unwrap();
        }
        let estimate = study.expectation().unwrap().expect("configs were repeated");
        assert_eq!(estimate.basis, EstimateBasis::Runs(u64::from(runs) - 1));
        held += u32::from(estimate.interval.0 <= 0.0 && 0.0 <= estimate.interval.1);
        lucky += u32::from(estimate.is_lucky());
    }
    assert!((90..=99).contains(&held), "95 % intervals hold the truth {held} times of 100");
    assert!(lucky > 90, "the best of 80 to 120 runs of noise is lucky: {lucky}");
}
