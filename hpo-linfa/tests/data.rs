//! What is wrong with a table is told by the rows and columns of the table, however it is cut.

use hpo_linfa::data::{DataError, Dataset, folds, select, with_records};
use hpo_linfa::estimator::{Classify, Regress};
use hpo_linfa::split::Splits;
use hpo_linfa::{Classifier, ClassifierSearch, Regressor, RegressorSearch};
use ndarray::{Array1, Array2};

const NAMES: [&str; 3] = ["acidity", "sugar", "alcohol"];

fn classes(rows: usize) -> Dataset<usize> {
    let records = Array2::from_shape_fn((rows, 3), |(row, column)| (row * 3 + column) as f64);
    Dataset::new(records, Array1::from_shape_fn(rows, |row| row % 2))
        .with_feature_names(NAMES.to_vec())
}

fn numbers(rows: usize) -> Dataset<f64> {
    let table = classes(rows);
    let targets = table.targets.mapv(|class| class as f64);
    Dataset::new(table.records, targets).with_feature_names(NAMES.to_vec())
}

/// All ways to cut a table of so many rows.
fn cuts() -> [Splits; 4] {
    [
        Splits::KFold { folds: 5 },
        Splits::Stratified { folds: 5 },
        Splits::TimeSeries { folds: 4, gap: 0 },
        Splits::Holdout { test: 0.3 },
    ]
}

#[test]
fn a_feature_is_told_by_the_row_of_the_table_and_its_name() {
    for (row, column, value) in
        [(0, 0, f64::NAN), (14, 1, f64::NAN), (29, 2, f64::INFINITY), (7, 1, f64::NEG_INFINITY)]
    {
        let (mut table, mut wines) = (classes(30), numbers(30));
        (table.records[(row, column)], wines.records[(row, column)]) = (value, value);
        let name = NAMES[column];
        let expected = format!(
            "row {row}, counted from 0, has {value} for feature {column} (`{name}`): fill the gap, or leave the row out"
        );
        for splits in cuts() {
            for seed in 0..3 {
                let plan = splits.plan(30, table.targets.as_slice(), seed).unwrap();
                assert_eq!(folds(&table, &plan).unwrap_err().to_string(), expected);
                assert_eq!(folds(&wines, &plan).unwrap_err().to_string(), expected);
            }
            let said = |error: hpo_linfa::Error| error.to_string();
            let search = ClassifierSearch::new().trials(2).splits(splits).run(&table);
            assert_eq!(said(search.expect_err("it is refused")), expected);
            let search = RegressorSearch::new().trials(2).splits(splits).run(&wines);
            assert_eq!(said(search.expect_err("it is refused")), expected);
        }
        assert_eq!(Classifier::starters()[0].fit(&table, 0).err().unwrap().to_string(), expected);
        assert_eq!(Regressor::starters()[0].fit(&wines, 0).err().unwrap().to_string(), expected);
    }
}

#[test]
fn a_target_is_told_by_the_row_of_the_table() {
    let mut wines = numbers(30);
    wines.targets[17] = f64::NAN;
    let plan = Splits::KFold { folds: 5 }.plan(30, None, 1).unwrap();
    let said = folds(&wines, &plan).unwrap_err().to_string();
    assert_eq!(said, "row 17, counted from 0, has NaN for its target: leave the row out");
}

#[test]
fn features_keep_their_names_in_what_is_cut() {
    let table = classes(30);
    let plan = Splits::KFold { folds: 5 }.plan(30, None, 1).unwrap();
    for fold in folds(&table, &plan).unwrap() {
        assert_eq!(
            (fold.train.feature_names(), fold.test.feature_names()),
            (&NAMES.map(String::from)[..], &NAMES.map(String::from)[..])
        );
    }
    assert_eq!(select(&table, &[3, 1]).feature_names(), NAMES);
    assert_eq!(with_records(&table, table.records.clone()).feature_names(), NAMES);
    assert!(
        with_records(&table, Array2::zeros((30, 7))).feature_names().is_empty(),
        "they are other features"
    );
}

#[test]
fn a_table_without_names_has_numbers() {
    let mut table = Dataset::new(Array2::zeros((4, 2)), Array1::from_vec(vec![0, 1, 0, 1]));
    table.records[(2, 1)] = f64::NAN;
    let plan = Splits::KFold { folds: 2 }.plan(4, None, 1).unwrap();
    let error = folds(&table, &plan).unwrap_err();
    assert!(matches!(error, DataError::Feature { row: 2, column: 1, name: None, .. }), "{error}");
    assert!(error.to_string().contains("for feature 1:"), "{error}");
}
