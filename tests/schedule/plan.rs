//! The tables of Keras Tuner's Hyperband: `ceil(ceil(1 + log_f(max)) / (s + 1) * f^(s - r))` trials
//! for `ceil(max / f^(s - r))` epochs; the first by running Keras Tuner 1.4.8, the others by its
//! formulas.

use hpo_core::pruner::{HyperbandSchedule, HyperbandScheduleBuilder};

fn check(max: u64, factor: u64, brackets: &[&[(u64, u64)]], rounds: u64, steps: u64) {
    let plan = HyperbandSchedule::builder()
        .max_resource(max)
        .factor(factor)
        .build()
        .unwrap()
        .table()
        .clone();
    let table: Vec<Vec<(u64, u64)>> = plan
        .brackets
        .iter()
        .map(|rounds| rounds.iter().map(|round| (round.trials, round.steps)).collect())
        .collect();
    assert_eq!(table, brackets, "{max} epochs by {factor}");
    assert_eq!((plan.rounds(), plan.steps()), (rounds, steps), "{max} epochs by {factor}");
}

#[test]
fn the_tables_are_those_of_keras_tuner() {
    check(9, 3, &[&[(9, 1), (3, 3), (1, 9)], &[(5, 3), (2, 9)], &[(3, 9)]], 23, 75);
    check(10, 3, &[&[(12, 2), (4, 4), (2, 10)], &[(6, 4), (2, 10)], &[(4, 10)]], 30, 120);
    check(
        27,
        3,
        &[
            &[(27, 1), (9, 3), (3, 9), (1, 27)],
            &[(12, 3), (4, 9), (2, 27)],
            &[(6, 9), (2, 27)],
            &[(4, 27)],
        ],
        70,
        375,
    );
    check(
        81,
        3,
        &[
            &[(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
            &[(34, 3), (12, 9), (4, 27), (2, 81)],
            &[(15, 9), (5, 27), (2, 81)],
            &[(8, 27), (3, 81)],
            &[(5, 81)],
        ],
        211,
        1767,
    );
    check(
        100,
        3,
        &[
            &[(98, 2), (33, 4), (11, 12), (4, 34), (2, 100)],
            &[(41, 4), (14, 12), (5, 34), (2, 100)],
            &[(18, 12), (6, 34), (2, 100)],
            &[(9, 34), (3, 100)],
            &[(6, 100)],
        ],
        254,
        2672,
    );
    check(50, 4, &[&[(22, 4), (6, 13), (2, 50)], &[(8, 13), (2, 50)], &[(4, 50)]], 44, 594);
}

#[test]
fn exact_powers_lose_no_rung() {
    for (power, brackets) in (1..=12).zip(2..) {
        let plan = HyperbandSchedule::builder()
            .max_resource(3_u64.pow(power))
            .build()
            .unwrap()
            .table()
            .clone();
        assert_eq!(plan.brackets.len(), brackets, "3^{power}");
        assert_eq!(plan.brackets[0][0].steps, 1);
    }
}

#[test]
fn fewer_brackets_begin_at_min() {
    let plan = HyperbandSchedule::builder()
        .max_resource(81)
        .min_resource(9)
        .build()
        .unwrap()
        .table()
        .clone();
    let firsts: Vec<(u64, u64)> =
        plan.brackets.iter().map(|rounds| (rounds[0].trials, rounds[0].steps)).collect();
    assert_eq!(firsts, [(9, 9), (5, 27), (3, 81)], "as 9 epochs by 3, each of them 9 long");
}

#[test]
fn what_cannot_be_names_the_setting() {
    let say = |brackets: HyperbandScheduleBuilder| brackets.build().unwrap_err().to_string();
    assert_eq!(
        say(HyperbandSchedule::builder().factor(1)),
        "the brackets pruner: `factor` is 1, and one trial in `factor` is promoted: write at least \
         2"
    );
    assert!(
        say(HyperbandSchedule::builder().max_resource(5).min_resource(6))
            .contains("`min_resource` is 6, more than the 5")
    );
    assert!(say(HyperbandSchedule::builder().min_resource(0)).contains("`min_resource` is 0"));
    assert!(say(HyperbandSchedule::builder().iterations(Some(0))).contains("`iterations` is 0"));
    assert!(
        say(HyperbandSchedule::builder().max_resource(u64::MAX)).contains("count in larger steps")
    );
}

#[test]
fn the_plan_tells_the_cost() {
    let plan = HyperbandSchedule::builder()
        .max_resource(9)
        .iterations(Some(2))
        .build()
        .unwrap()
        .table()
        .clone();
    assert_eq!(
        plan.to_string(),
        "bracket 1: 9 to step 1 -> 3 to step 3 -> 1 to step 9\n\
         bracket 2: 5 to step 3 -> 2 to step 9\n\
         bracket 3: 3 to step 9\n\
         17 configs, 75 steps (87 if the model keeps no checkpoints), 2 times"
    );
}
