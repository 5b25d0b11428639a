//! What the examples rely on: the list of examples, folds that are fair, scaling that does not leak.

use std::collections::BTreeSet;

use ndarray::{Array1, Array2, Axis};

use crate::data::{Scaler, Split, iris, stratified_folds};
use crate::models::{accuracy, fit_forest, fit_svc, svc_params};

/// Rows as text: floats have no order of their own.
fn rows(records: &Array2<f64>) -> Vec<String> {
    let mut rows: Vec<String> = (records.rows().into_iter()).map(|row| format!("{row}")).collect();
    rows.sort();
    rows
}

#[test]
fn every_example_is_listed() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let listed: BTreeSet<String> = (manifest.lines())
        .filter_map(|line| line.strip_prefix("path = \"")?.strip_suffix(".rs\""))
        .filter(|path| !path.contains('/'))
        .map(str::to_owned)
        .collect();
    let there: BTreeSet<String> = (std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(listed, there);
}

#[test]
fn iris_is_whole() {
    let table = iris();
    assert_eq!(table.records.dim(), (150, 4));
    let count = |class| table.targets.iter().filter(|target| **target == class).count();
    assert_eq!([count(0), count(1), count(2)], [50; 3]);
}

#[test]
fn folds_hold_every_row_once_and_keep_the_class_shares() {
    for k in [2, 3, 4, 5, 7] {
        let table = iris();
        let folds = stratified_folds(&table, k, 42);
        let tests: Vec<_> = folds.iter().map(|fold| fold.test.records.view()).collect();
        let all = ndarray::concatenate(Axis(0), &tests).unwrap();
        assert_eq!(rows(&all), rows(&table.records), "{k} folds");
        for Split { train, test } in &folds {
            let both = ndarray::concatenate![Axis(0), train.records, test.records];
            assert_eq!(rows(&both), rows(&table.records), "{k} folds");
            for class in 0..3 {
                let members = test.targets.iter().filter(|target| **target == class).count();
                assert!((50 / k..=50_usize.div_ceil(k)).contains(&members), "{k} folds: {members} of class {class}");
            }
        }
    }
}

#[test]
fn folds_hang_on_the_seed_alone() {
    let order = |seed| stratified_folds(&iris(), 5, seed)[0].test.records.clone();
    assert_eq!(order(1), order(1));
    assert_ne!(order(1), order(2));
}

#[test]
fn scaling_never_sees_the_test_part() {
    let mut split = stratified_folds(&iris(), 5, 42).swap_remove(0);
    let before = split.scaled();
    split.test.records.fill(1e6);
    let after = split.scaled();
    assert_eq!(before.train.records, after.train.records);
    assert_eq!(Scaler::fit(&split.train).scale(&split.test).records, after.test.records);
    for column in after.train.records.columns() {
        assert!(column.mean().unwrap().abs() < 1e-12);
        assert!((column.std(0.0) - 1.0).abs() < 1e-12);
    }
}

#[test]
fn a_constant_column_stays_finite() {
    let mut table = iris();
    table.records.column_mut(2).fill(3.0);
    let scaled = Scaler::fit(&table).scale(&table);
    assert!(scaled.records.column(2).iter().all(|value| *value == 0.0));
}

#[test]
fn both_classifiers_learn_iris() {
    let folds: Vec<Split> = stratified_folds(&iris(), 5, 42).iter().map(Split::scaled).collect();
    let mean = |score: &dyn Fn(&Split) -> f64| folds.iter().map(score).sum::<f64>() / 5.0;
    let svc = mean(&|fold| accuracy(&svc_of(fold), &fold.test));
    let forest = mean(&|fold| accuracy(&forest_of(fold), &fold.test));
    assert!(svc > 0.9 && forest > 0.9, "svc {svc}, forest {forest}");
}

#[test]
fn both_classifiers_repeat_themselves() {
    let fold = stratified_folds(&iris(), 5, 42)[0].scaled();
    let (svc, forest) = (svc_of(&fold), forest_of(&fold));
    for _ in 0..10 {
        assert_eq!(svc_of(&fold), svc);
        assert_eq!(forest_of(&fold), forest);
    }
}

fn svc_of(fold: &Split) -> Array1<usize> {
    fit_svc(&fold.train, &svc_params(1.0, 4.0)).unwrap().predict(&fold.test.records)
}

fn forest_of(fold: &Split) -> Array1<usize> {
    fit_forest(&fold.train, 4, 25, 7).unwrap().predict(&fold.test.records)
}

/// The program that README shows is the one that is run; its output there is compared by `.ci/run`.
#[test]
fn readme_shows_the_example() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    let (_, program) = include_str!("../net.rs").split_once("\n\n").unwrap();
    assert!(readme.contains(program), "examples/net.rs has changed: README.md shows it");
}
