//! Small cases by hand: who stops, and in what words.

use hpo_core::pruner::{
    Decision, Hyperband, Median, Patient, Percentile, SuccessiveHalving, Threshold, Wilcoxon,
};
use hpo_core::testing::pruner::Field;
use hpo_core::trial::{Direction, Event, Outcome};

use super::{decisions, run_to_the_end, with_complete};

const FIVE: [&[f64]; 5] = [&[0.5, 0.1], &[0.6, 0.2], &[0.7, 0.3], &[0.8, 0.4], &[0.9]];

#[test]
fn the_median_compares_the_best_so_far_with_this_step() {
    let median = Median::default();
    let mut field = with_complete(Direction::Minimize, &FIVE);
    // Of 0.1, 0.2, 0.3 and 0.4 the median is 0.25, and 0.7 is no worse than the 0.7 before.
    assert_eq!(
        decisions(&mut field, &median, &[(0, 0.7), (1, 0.9)]),
        [".", "step 1: best 0.7 is worse than the median 0.25 of 4 trials"]
    );
    assert_eq!(decisions(&mut field, &median, &[(0, 0.2), (1, 0.9)]), [".", "."]);
    assert_eq!(decisions(&mut field, &median, &[(2, 9.0)]), ["."], "nobody else came so far");
    assert_eq!(decisions(&mut field, &median, &[(0, f64::NAN)]), ["step 0: every report is NaN"]);
    let mut early = with_complete(Direction::Minimize, &FIVE[1..]);
    assert_eq!(
        decisions(&mut early, &median, &[(0, 9.0), (1, 9.0)]),
        [".", "."],
        "four trials are not five"
    );
}

#[test]
fn a_percentile_keeps_the_best_share_in_either_direction() {
    let quarter = || Percentile::builder(25.0).build().unwrap();
    let mut small = with_complete(Direction::Minimize, &[&[1.0], &[2.0], &[3.0], &[4.0], &[5.0]]);
    assert_eq!(decisions(&mut small, &quarter(), &[(0, 2.0)]), ["."]);
    assert_eq!(
        decisions(&mut small, &quarter(), &[(0, 2.5)]),
        ["step 0: best 2.5 is worse than the 25 % percentile 2 of 5 trials"]
    );
    let mut large = with_complete(Direction::Maximize, &[&[1.0], &[2.0], &[3.0], &[4.0], &[5.0]]);
    assert_eq!(decisions(&mut large, &quarter(), &[(0, 4.0)]), ["."]);
    assert_eq!(
        decisions(&mut large, &quarter(), &[(0, 3.5)]),
        ["step 0: best 3.5 is worse than the 25 % percentile 4 of 5 trials"]
    );
}

/// Here Optuna's percentile is NaN, so that one diverged trial would spare all others.
#[test]
fn infinite_reports_of_complete_trials_are_numbers() {
    let infinite = f64::INFINITY;
    let median = || Median::builder().startup_trials(1).build().unwrap();
    let mut field = with_complete(Direction::Minimize, &[&[1.0], &[2.0], &[infinite]]);
    let reason = "step 0: best 3 is worse than the median 2 of 3 trials";
    assert_eq!(decisions(&mut field, &median(), &[(0, 3.0)]), [reason]);
    run_to_the_end(&mut field, &[infinite]);
    assert_eq!(
        decisions(&mut field, &median(), &[(0, 1e300)]),
        ["."],
        "half of the others are infinite"
    );
}

#[test]
fn warm_ups_and_intervals_choose_the_reports_that_are_judged() {
    let pruner = Threshold::builder().upper(1.0).warmup_steps(2).interval_steps(3).build().unwrap();
    let mut field = Field::new(Direction::Minimize, "iris");
    // Judged: the first reports of 2 to 4, 5 to 7, 8 to 10.
    let good = [(0, 9.0), (1, 9.0), (3, 0.0), (4, 9.0), (6, 0.0), (7, 9.0)];
    assert_eq!(decisions(&mut field, &pruner, &good), [".", ".", ".", ".", ".", "."]);
    assert_eq!(
        decisions(&mut field, &pruner, &[(3, 0.0), (8, 9.0)]),
        [".", "step 8: 9 lies above 1"]
    );
}

#[test]
fn a_threshold_stops_outside_and_without_a_number() {
    let pruner = Threshold::builder().lower(-1.0).upper(1.5).build().unwrap();
    let mut field = Field::new(Direction::Maximize, "iris");
    assert_eq!(
        decisions(&mut field, &pruner, &[(3, 1.5), (4, 1.7)]),
        [".", "step 4: 1.7 lies above 1.5"]
    );
    assert_eq!(
        decisions(&mut field, &pruner, &[(0, -1.0), (1, -2.0)]),
        [".", "step 1: -2 lies below -1"]
    );
    assert_eq!(decisions(&mut field, &pruner, &[(7, f64::NAN)]), ["step 7: the value is NaN"]);
}

#[test]
fn patience_ends_when_the_last_reports_are_all_worse() {
    let mut field = Field::new(Direction::Minimize, "iris");
    let curve = [(0, 0.5), (1, 0.3), (2, 0.4), (3, 0.35), (4, 0.32)];
    assert_eq!(
        decisions(&mut field, &Patient::builder(2).build().unwrap(), &curve),
        [".", ".", ".", ".", "step 4: the last 3 reports are worse than 0.3 before"]
    );
    assert_eq!(
        decisions(&mut field, &Patient::builder(2).min_delta(0.05).build().unwrap(), &curve)
            .last()
            .unwrap(),
        "."
    );
    assert_eq!(
        decisions(&mut field, &Patient::builder(u64::MAX).build().unwrap(), &curve).last().unwrap(),
        "."
    );
    let wrapping = Patient::builder(0)
        .wrapping(Threshold::builder().upper(0.38).build().unwrap())
        .build()
        .unwrap();
    assert_eq!(decisions(&mut field, &wrapping, &curve), [".", ".", "step 2: 0.4 lies above 0.38"]);
}

#[test]
fn at_each_rung_the_best_share_goes_on() {
    let pruner = SuccessiveHalving::builder().min_resource(1).reduction_factor(2).build().unwrap();
    let mut field = Field::new(Direction::Minimize, "iris");
    // Alone at both rungs; then 2nd of 2; then best; then 2nd of 4, of which two go on, but 2nd of
    // 3 above, of which one does.
    for (curve, expected) in [
        ([(1, 0.5), (2, 0.4)], vec![".", "."]),
        ([(1, 0.6), (2, 0.3)], vec!["rung 1: 2nd of 2"]),
        ([(1, 0.4), (2, 0.3)], vec![".", "."]),
        ([(1, 0.45), (2, 0.35)], vec![".", "rung 2: 2nd of 3"]),
    ] {
        assert_eq!(decisions(&mut field, &pruner, &curve), expected);
    }
    assert_eq!(
        decisions(&mut field, &pruner, &[(0, 9.0), (1, f64::NAN)]),
        [".", "rung 1: the value is NaN"]
    );
    // One jump over three rungs: first at 1, best at 2, alone at 4.
    let number = field.start();
    let judgement = field.report(&pruner, number, 5, 0.1);
    assert_eq!(
        (judgement.action, judgement.rungs),
        (Decision::Continue, vec![(0, 0.1), (1, 0.1), (2, 0.1)])
    );
}

#[test]
fn the_first_trials_give_their_lives_to_a_bootstrap() {
    let pruner = SuccessiveHalving::builder().min_resource(1).bootstrap_count(2).build().unwrap();
    let mut field = Field::new(Direction::Minimize, "iris");
    let reason = "rung 1: one of the first 2, all of which stop here";
    assert_eq!(decisions(&mut field, &pruner, &[(1, 0.2)]), [reason]);
    assert_eq!(decisions(&mut field, &pruner, &[(1, 0.1)]), [reason]);
    assert_eq!(decisions(&mut field, &pruner, &[(1, 0.0)]), ["."]);
}

#[test]
fn nobody_is_halved_before_the_first_complete_trial_tells_how_far_trials_go() {
    let pruner = SuccessiveHalving::default();
    let mut field = Field::new(Direction::Minimize, "iris");
    assert_eq!(decisions(&mut field, &pruner, &[(400, 0.0)]), ["."]);
    run_to_the_end(&mut field, &[]);
    let number = field.start();
    let _ = field.report(&pruner, number, 250, 0.5);
    field.end(number, Outcome::Complete(&[0.5]));
    // The first rung is at 250 / 100 = 2.
    assert_eq!(decisions(&mut field, &pruner, &[(1, 0.5), (2, 0.5)]), [".", "."]);
    assert_eq!(decisions(&mut field, &pruner, &[(1, 0.9), (2, 0.9)]), [".", "rung 2: 2nd of 2"]);
}

/// A trial that lost its worker begins anew: it is not compared with what it reached before.
#[test]
fn a_second_attempt_does_not_race_its_first() {
    let pruner = SuccessiveHalving::builder().min_resource(1).build().unwrap();
    let mut field = Field::new(Direction::Minimize, "iris");
    let number = field.start();
    assert_eq!(field.report(&pruner, number, 1, 0.1).action, Decision::Continue);
    field.apply(number, &Event::Requeued);
    field.apply(number, &Event::Started { at: hpo_core::trial::Timestamp(0) });
    assert_eq!(field.report(&pruner, number, 1, 0.2).action, Decision::Continue, "it is alone");
    assert_eq!(
        decisions(&mut field, &pruner, &[(1, 0.15)]),
        ["."],
        "the 0.1 of the first attempt is gone"
    );
}

#[test]
fn infinite_values_are_noted_as_the_largest_numbers() {
    let pruner = SuccessiveHalving::builder().min_resource(1).build().unwrap();
    let mut field = Field::new(Direction::Minimize, "iris");
    let number = field.start();
    let judgement = field.report(&pruner, number, 1, f64::INFINITY);
    assert_eq!(judgement.rungs, [(0, f64::MAX)]);
    assert_eq!(decisions(&mut field, &pruner, &[(1, f64::INFINITY)]), ["."], "they are equal");
    assert_eq!(decisions(&mut field, &pruner, &[(1, f64::NEG_INFINITY)]), ["."]);
    assert_eq!(decisions(&mut field, &pruner, &[(1, f64::INFINITY)]), ["rung 1: 2nd of 4"]);
}

#[test]
fn hyperband_compares_within_brackets_only() {
    let pruner = Hyperband::builder().max_resource(9).build().unwrap();
    assert_eq!(pruner.brackets(9), [9, 5, 3]);
    let mut field = Field::new(Direction::Minimize, "iris");
    // By zlib.crc32(b"iris_0") % 17 and so on, the brackets of the trials are 2, 0, 2, 0, 2, 1, 1;
    // their first rungs lie at 9, 1, ...
    let stops = (0..7).map(|worse| {
        decisions(&mut field, &pruner, &[(1, worse.into()), (3, worse.into())]).join(" ")
    });
    assert_eq!(
        stops.collect::<Vec<_>>(),
        [". .", ". .", ". .", "rung 1: 2nd of 2", ". .", ". .", ". rung 3: 2nd of 2"]
    );
}

#[test]
fn wilcoxon_compares_with_the_best_trial_on_the_same_steps() {
    let pruner = Wilcoxon::default();
    let mut field = with_complete(Direction::Minimize, &[&[0.5; 6]]);
    let number = field.start();
    for step in 0..5 {
        let _ = field.report(&pruner, number, step, [0.1, 0.2, 0.3, 0.2, 0.1][step as usize]);
    }
    field.end(number, Outcome::Complete(&[0.2]));
    // All of n differences positive and distinct: p = 2^-n.
    let worse = [(0, 0.2), (1, 0.4), (2, 0.6), (3, 0.6), (4, 0.6), (9, 0.6)];
    assert_eq!(
        decisions(&mut field, &pruner, &worse),
        [".", ".", ".", "p = 0.0625 over 4 steps against trial 1"]
    );
    let elsewhere = [(7, 9.0), (8, 9.0), (9, 9.0), (10, 9.0), (11, 9.0)];
    assert_eq!(
        decisions(&mut field, &pruner, &elsewhere),
        [".", ".", ".", ".", "."],
        "no step in common"
    );
    let patient = Wilcoxon::builder().startup_steps(5).build().unwrap();
    assert_eq!(
        decisions(&mut field, &patient, &worse).last().unwrap(),
        "p = 0.03125 over 5 steps against trial 1"
    );
    let infinite = [(0, 9.0), (1, f64::INFINITY), (2, 9.0), (3, 9.0), (4, 9.0)];
    assert_eq!(decisions(&mut field, &pruner, &infinite), [".", ".", ".", ".", "."]);
}
