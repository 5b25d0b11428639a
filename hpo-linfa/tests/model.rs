//! Estimators in a tuner.

use hpo_core::prelude::*;
use hpo_linfa::Splits;
use hpo_linfa::estimator::{GaussianNb, Ridge};
use hpo_linfa::metric::{Metric, RegressionMetric};
use hpo_linfa::model::{ClassifierModel, RegressorModel};

#[test]
fn a_tuner_cross_validates_and_gives_back_a_model_of_all_rows() {
    let iris = linfa_datasets::iris();
    let model = ClassifierModel::<GaussianNb>::new(Metric::LogLoss, 3);
    let data = model.prepare(&iris, Splits::Stratified { folds: 5 }).unwrap();
    let builder = RandomSearch::new(model).objective(Metric::LogLoss.objective());
    let mut tuner = builder.max_trials(6).seed(1).build().unwrap();
    tuner.search(&data).unwrap();
    let best = &tuner.best_models(1).unwrap()[0];
    assert_eq!(best.predict_proba(&iris.records).probabilities.dim(), (150, 3));
    let trial = tuner.study().best_trial().unwrap();
    let mean = trial.reports.iter().map(|(_, score)| score).sum::<f64>() / 5.0;
    // The value is the mean of the folds, not the best of them.
    assert!((trial.value().unwrap() - mean).abs() < 1e-12);
    assert!(trial.attributes.user.contains_key("standard_error"));
}

#[test]
fn a_regression_is_tuned_the_same_way() {
    let diabetes = linfa_datasets::diabetes();
    let model = RegressorModel::<Ridge>::new(RegressionMetric::R2, 3);
    let data = model.prepare(&diabetes, Splits::KFold { folds: 4 }).unwrap();
    let builder = RandomSearch::new(model).objective(RegressionMetric::R2.objective());
    let mut tuner = builder.max_trials(6).seed(1).build().unwrap();
    tuner.search(&data).unwrap();
    assert!(tuner.study().best_value().unwrap() > 0.4);
}

#[test]
fn rows_that_cannot_be_split_are_refused_before_any_training() {
    let model = ClassifierModel::<GaussianNb>::new(Metric::Accuracy, 3);
    let error = model.prepare(&linfa_datasets::iris(), Splits::KFold { folds: 151 }).unwrap_err();
    assert_eq!(error.to_string(), "150 rows cannot be split into 151 folds: write fewer folds");
}
