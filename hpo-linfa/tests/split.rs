//! Splits: every row is tested as often as it should be, classes keep their shares, time runs
//! forward.

use hpo_linfa::split::{Split, SplitError, SplitPlan, Splits};
use proptest::prelude::*;

fn sorted(mut rows: Vec<usize>) -> Vec<usize> {
    rows.sort_unstable();
    rows
}

fn tested(plan: &SplitPlan) -> Vec<usize> {
    sorted(plan.splits().iter().flat_map(|split| split.test.clone()).collect())
}

proptest! {
    #[test]
    fn k_folds_test_every_row_once_and_train_on_all_others(rows in 2..200_usize, folds in 2..12_usize, seed: u64) {
        prop_assume!(rows >= folds);
        let plan = Splits::KFold { folds }.plan(rows, None, seed).unwrap();
        prop_assert_eq!(plan.splits().len(), folds);
        prop_assert_eq!(tested(&plan), (0..rows).collect::<Vec<_>>());
        for Split { train, test } in plan.splits() {
            let both = [train.clone(), test.clone()].concat();
            prop_assert_eq!(sorted(both), (0..rows).collect::<Vec<_>>());
            prop_assert!((rows / folds..=rows.div_ceil(folds)).contains(&test.len()));
        }
    }

    #[test]
    fn stratified_folds_keep_the_shares_of_the_classes(
        classes in prop::collection::vec(0..3_usize, 30..120),
        folds in 2..6_usize,
        seed: u64,
    ) {
        let count = |rows: &[usize], class| rows.iter().filter(|row| classes[**row] == class).count();
        let all: Vec<usize> = (0..classes.len()).collect();
        prop_assume!((0..3).all(|class| count(&all, class) >= folds));
        let plan = Splits::Stratified { folds }.plan(classes.len(), Some(&classes), seed).unwrap();
        prop_assert_eq!(tested(&plan), all.clone());
        for split in plan.splits() {
            for class in 0..3 {
                let (members, fair) = (count(&split.test, class), count(&all, class));
                prop_assert!((fair / folds..=fair.div_ceil(folds)).contains(&members), "{members} of {fair}");
            }
        }
    }

    #[test]
    fn repeated_folds_test_every_row_once_a_round_in_other_company(times in 2..5_usize, seed: u64) {
        let plan = Splits::Repeated { folds: 4, times }.plan(40, None, seed).unwrap();
        prop_assert_eq!(plan.splits().len(), 4 * times);
        for round in plan.splits().chunks(4) {
            let rows = round.iter().flat_map(|split| split.test.clone()).collect();
            prop_assert_eq!(sorted(rows), (0..40).collect::<Vec<_>>());
        }
        prop_assert_ne!(&plan.splits()[0], &plan.splits()[4]);
    }

    #[test]
    fn time_series_never_look_ahead(rows in 4..200_usize, folds in 1..8_usize, gap in 0..5_usize) {
        prop_assume!(rows / (folds + 1) > 0);
        let Ok(plan) = Splits::TimeSeries { folds, gap }.plan(rows, None, 0) else {
            prop_assert!(gap >= rows - folds * (rows / (folds + 1)));
            return Ok(());
        };
        prop_assert_eq!(plan.splits().len(), folds);
        prop_assert_eq!(*plan.splits()[folds - 1].test.last().unwrap(), rows - 1);
        for Split { train, test } in plan.splits() {
            prop_assert!(train.last().unwrap() + gap < test[0]);
        }
        for pair in plan.splits().windows(2) {
            prop_assert_eq!(pair[0].test.last().unwrap() + 1, pair[1].test[0]);
        }
    }

    #[test]
    fn a_holdout_has_its_share_of_every_class(share in 0.1..0.9_f64, seed: u64) {
        let classes: Vec<usize> = (0..100).map(|row| usize::from(row % 5 == 0)).collect();
        let plan = Splits::Holdout { test: share }.plan(100, Some(&classes), seed).unwrap();
        let Split { train, test } = &plan.splits()[0];
        prop_assert_eq!(test.len(), (100.0 * share).round() as usize);
        prop_assert_eq!(train.len() + test.len(), 100);
        let rare = test.iter().filter(|row| classes[**row] == 1).count() as f64;
        prop_assert!((rare - 20.0 * share).abs() <= 1.5);
    }
}

#[test]
fn a_plan_hangs_on_the_seed_alone() {
    let plan = |seed| {
        Splits::Stratified { folds: 3 }.plan(9, Some(&[0, 0, 0, 1, 1, 1, 2, 2, 2]), seed).unwrap()
    };
    assert_eq!(plan(1), plan(1));
    assert_ne!(plan(1), plan(2));
}

#[test]
fn what_cannot_be_split_is_said() {
    let error_text =
        |splits: Splits, rows, classes| splits.plan(rows, classes, 0).unwrap_err().to_string();
    assert_eq!(
        error_text(Splits::KFold { folds: 0 }, 9, None),
        "0 folds make no cross-validation: write at least 2"
    );
    assert_eq!(
        error_text(Splits::KFold { folds: 10 }, 9, None),
        "9 rows cannot be split into 10 folds: write fewer folds"
    );
    assert_eq!(
        error_text(Splits::Stratified { folds: 3 }, 7, Some(&[0, 0, 0, 0, 0, 8, 8])),
        "class 8 has 2 rows, too few for 3 folds that all hold it: write fewer folds, or Splits::KFold"
    );
    assert!(matches!(
        Splits::Repeated { folds: 2, times: 0 }.plan(9, None, 0),
        Err(SplitError::NoRounds)
    ));
    for test in [0.0, 1.0, -0.5, f64::NAN, 1e-9] {
        assert!(
            matches!(Splits::Holdout { test }.plan(9, None, 0), Err(SplitError::Share { .. })),
            "{test}"
        );
    }
    assert!(matches!(
        Splits::TimeSeries { folds: 3, gap: 2 }.plan(8, None, 0),
        Err(SplitError::Gap { .. })
    ));
    assert!(matches!(
        Splits::TimeSeries { folds: 8, gap: 0 }.plan(8, None, 0),
        Err(SplitError::TooFewRows { .. })
    ));
}

#[test]
fn a_plan_of_ones_own_is_checked() {
    let plan = |train: &[usize], test: &[usize]| {
        SplitPlan::new(4, vec![Split { train: train.to_vec(), test: test.to_vec() }])
            .map_err(|error| error.to_string())
    };
    assert!(plan(&[0, 1], &[2, 3]).is_ok());
    assert!(plan(&[0, 1], &[1, 2]).unwrap_err().contains("measures a row that it was fitted to"));
    assert!(plan(&[0, 1], &[4]).unwrap_err().contains("does not exist"));
    assert!(plan(&[], &[1]).unwrap_err().contains("empty part"));
    assert!(SplitPlan::new(4, Vec::new()).is_err());
}

#[test]
fn absurd_counts_are_refused_at_once() {
    let plan = |splits: Splits| splits.plan(100, None, 1).unwrap_err().to_string();
    let most = usize::MAX;
    assert!(plan(Splits::Repeated { folds: 5, times: most }).ends_with("write 1 to 1000"));
    for splits in [
        Splits::KFold { folds: most },
        Splits::Stratified { folds: most },
        Splits::Repeated { folds: most, times: 2 },
        Splits::TimeSeries { folds: most, gap: 0 },
    ] {
        assert!(plan(splits).ends_with("write fewer folds"), "{splits:?}");
    }
    assert!(plan(Splits::TimeSeries { folds: 3, gap: most }).ends_with("a smaller gap"));
}
