//! Models that earlier versions have saved (`tests/format`): they load, and predict the same bits.
//!
//! `HPO_FOSSILS=write cargo test -p hpo-linfa fossils` writes those of the present version, if the
//! format changes: under a new name, since the old ones stay.

use std::path::PathBuf;

use super::{Member, Model};
use crate::Table;
use crate::context::FitContext;
use crate::learner::{RegressionEstimator, TableClassifier, TableEstimator, TableRegressor};
use crate::score_estimate::ScoreEstimate;
use crate::table_metric::TableMetric;
use crate::training::TrainingTable;

fn place(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/format").join(name)
}

/// A table of a number with gaps, a date, a flag, a category and three targets.
fn table() -> Table {
    let row = |row: u32| {
        let size = row * 37 % 101;
        let age = if row.is_multiple_of(5) { String::new() } else { (row * 13 % 50).to_string() };
        let city = ["Bern", "Rome", "Oslo, Norway"][(row * 7 % 3) as usize];
        let day = format!("2024-{:02}-{:02}", 1 + row % 12, 1 + row * 11 % 28);
        let flag = if row % 4 < 2 { "yes" } else { "no" };
        let price = f64::from(size) * 1.5 + f64::from(row * 7 % 3) * 20.0;
        let zone = ["inner", "outer", "rural"][(size / 35) as usize];
        let sold = if price > 90.0 { "sold" } else { "kept" };
        format!("{size},{age},\"{city}\",{day},{flag},{price},{zone},{sold}\n")
    };
    let text = (0..40).map(row).collect::<String>();
    Table::from_csv_text(&format!("size,age,city,day,flag,price,zone,sold\n{text}")).unwrap()
}

/// Fits all configs, with few trees, as the members of one model.
fn model<E: TableEstimator>(training: &TrainingTable, configs: &[E]) -> Model {
    let fit = |config: &E| {
        let context = FitContext::new(3);
        let fitted = config.fit(&training.features, &training.targets, 4, context).unwrap();
        Member::new(1.0 / configs.len() as f64, config.name(), config, fitted).unwrap()
    };
    let estimate = ScoreEstimate { score: 0.5, low: 0.25, high: 0.75 };
    let metric = TableMetric::default_of(training.learning());
    Model::new(training, metric, estimate, configs.iter().map(fit).collect())
}

fn classifiers() -> Vec<TableClassifier> {
    let mut configs = TableClassifier::starters(40);
    for config in &mut configs {
        if let TableClassifier::Forest(forest) = config {
            forest.estimator.n_estimators = 3;
        }
    }
    configs
}

fn regressors() -> Vec<TableRegressor> {
    let mut configs = TableRegressor::starters(40);
    for config in &mut configs {
        if let RegressionEstimator::Forest(forest) = &mut config.estimator {
            forest.n_estimators = 3;
        }
    }
    configs
}

fn of_target(target: &str) -> Model {
    let training = table().target(target).unwrap();
    match target {
        "price" => model(&training, &regressors()),
        _ => model(&training, &classifiers()),
    }
}

fn bits(model: &Model) -> String {
    let predictions = model.predict(&table()).unwrap();
    let rows = (0..predictions.rows()).flat_map(|row| predictions.probabilities(row).to_vec());
    rows.map(|value| format!("{:016x}\n", value.to_bits())).collect::<Vec<_>>().concat()
}

#[test]
fn models_of_version_1_predict_the_same_bits() {
    for target in ["price", "zone", "sold"] {
        let (file, predictions) =
            (place(&format!("v1-{target}.hpo")), place(&format!("v1-{target}.predictions")));
        if std::env::var_os("HPO_FOSSILS").is_some_and(|word| word == "write") {
            let model = of_target(target);
            model.save(&file).unwrap();
            std::fs::write(&predictions, bits(&model)).unwrap();
        }
        let model = Model::load(&file).unwrap();
        assert_eq!(bits(&model), std::fs::read_to_string(&predictions).unwrap(), "{target}");
        assert_eq!(model.target().name, target);
        assert!(model.members().len() >= 8);
    }
}
