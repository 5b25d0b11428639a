//! Constraints where something is missing: infinite losses before any trial is feasible, known and
//! reported constraints at once, constraints of one branch.

use std::sync::Arc;

use hpo_core::sampler::{AskContext, Auto, Gp, Proposal, Sampler};
use hpo_core::space::{FlatSpace, Params};
use hpo_core::testing::sampler::Past;
use hpo_core::trial::Outcome;
use hpo_tests::fixtures::flat;

const SQUARE: &str = r#"{"all": {
    "x": {"float": {"low": 0, "high": 1}}, "y": {"float": {"low": 0, "high": 1}}
}}"#;

fn place(params: &Params) -> [f64; 2] {
    ["x", "y"].map(|name| params.float(name).unwrap())
}

fn first_trials(sampler: &dyn Sampler, past: &Past, seed: u64) -> bool {
    let ask = AskContext { number: past.next_number(), attempt: 0, seed };
    sampler.explain(past.history(), ask).unwrap().contains("a first trial")
}

/// A loss of infinity where a constraint is broken, and the constraint reported: its value is
/// learned from before there is any finite loss.
#[test]
fn infinite_losses_do_not_hide_the_constraints() {
    for seed in 0..3 {
        let (gp, mut past) = (Gp::default(), Past::new(&flat(SQUARE)));
        let mut first_feasible = None;
        for number in 0..30 {
            assert!(number < 12 || !first_trials(&gp, &past, seed), "seed {seed}: {number}");
            let params = past.propose(&gp, seed).unwrap();
            let [x, y] = place(&params);
            let broken = (x - 0.83).hypot(y - 0.21) - 0.03;
            let loss = if broken > 0.0 { f64::INFINITY } else { x };
            let constraints = [("distance", broken)];
            past.tell_constrained(&params, Some(Outcome::Complete(&[loss])), &constraints);
            if broken <= 0.0 && first_feasible.is_none() {
                first_feasible = Some(number);
            }
        }
        assert!(first_feasible.is_some(), "seed {seed}: a 350th of the square, never found");
    }
}

fn is_left(params: &Params) -> bool {
    params.float("x").is_some_and(|x| x <= 0.6)
}

/// The minimum is where both constraints end: on the line that is known, and on a circle.
#[test]
fn known_and_reported_constraints_are_followed_together() {
    let mut regrets: Vec<f64> = (0..3)
        .map(|seed| {
            let (gp, mut past) = (Gp::default(), Past::new(&flat(SQUARE)));
            let mut best = f64::INFINITY;
            for _ in 0..35 {
                let number = past.next_number();
                let propose = |attempt| {
                    let ask = AskContext { number, attempt, seed };
                    match gp.sample(past.history().under(is_left), ask).unwrap() {
                        Proposal::Config(params) => params,
                        Proposal::Exhausted => panic!("a square is never exhausted"),
                    }
                };
                let params = (0..1_000).map(propose).find(is_left).unwrap();
                let [x, y] = place(&params);
                let broken = x * x + y * y - 0.61;
                let loss = -2.0 * x - y;
                let constraints = [("circle", broken)];
                past.tell_constrained(&params, Some(Outcome::Complete(&[loss])), &constraints);
                if broken <= 0.0 {
                    best = best.min(loss);
                }
            }
            best + 1.7
        })
        .collect();
    regrets.sort_by(f64::total_cmp);
    assert!(regrets[1] < 1e-3, "{regrets:?}");
}

/// One branch reports a constraint, and the best configs are all in the other one.
#[test]
fn a_constraint_that_no_near_trial_reported_is_no_matter() {
    let tree: Arc<FlatSpace> = flat(
        r#"{"one_of": {
            "forest": {"all": {"depth": {"float": {"low": 0, "high": 1}}}},
            "linear": {"all": {"rate": {"float": {"low": 0, "high": 1}}}}
        }}"#,
    );
    let mut past = Past::new(&tree);
    let mut number = 0;
    let mut draw = |branch: &str| loop {
        let params = tree.draw(&mut hpo_core::rng::Rng::derive(7, number));
        number += 1;
        if params.get(branch).is_some() {
            break params;
        }
    };
    for index in 0..30 {
        let params = draw("forest.depth");
        let broken = [("memory", if index % 3 == 0 { -1.0 } else { 1.0 })];
        past.tell_constrained(&params, Some(Outcome::Complete(&[5.0])), &broken);
    }
    for index in 0..140 {
        let params = draw("linear.rate");
        let rate = params.float("linear.rate").unwrap();
        past.tell(&params, (index < 135).then_some(Outcome::Complete(&[rate])));
    }
    let auto = Auto::builder().modelled(15).build().unwrap();
    for _ in 0..12 {
        let params = past.propose(&auto, 5).unwrap();
        let place = ["forest.depth", "linear.rate"].map(|path| params.float(path));
        assert!(place.into_iter().flatten().all(f64::is_finite), "{params}");
        past.tell(&params, None);
    }
}
