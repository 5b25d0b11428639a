//! Metrics: values by hand, scikit-learn's recorded ones, directions.
//!
//! The recorded values are those of `metric_values.py` beside this file.

use hpo_core::trial::Objective;
use hpo_linfa::metric::{Metric, RegressionMetric, Told};
use ndarray::{Array1, Array2, array};

const METRICS: [Metric; 5] = [Metric::Accuracy, Metric::BalancedAccuracy, Metric::F1, Metric::Mcc, Metric::LogLoss];

const REGRESSION_METRICS: [RegressionMetric; 6] = [
    RegressionMetric::R2,
    RegressionMetric::Rmse,
    RegressionMetric::Mae,
    RegressionMetric::MedianAbsoluteError,
    RegressionMetric::MaxError,
    RegressionMetric::ExplainedVariance,
];

fn sure(classes: &[usize], told: &[usize]) -> Told {
    let probabilities = Array2::from_shape_fn((told.len(), classes.len()), |(row, column)| {
        f64::from(u8::from(classes[column] == told[row]))
    });
    Told { classes: classes.to_vec(), probabilities }
}

#[test]
fn classes_score_as_in_scikit_learn() {
    let truth = array![3, 3, 3, 3, 5, 5, 5, 8, 8, 3];
    let told = sure(&[3, 5, 8], &[3, 3, 5, 3, 5, 5, 8, 8, 3, 3]);
    let recorded = [0.7, 0.655_555_555_555_555_6, 0.655_555_555_555_555_6, 0.516_129_032_258_064_5];
    for (metric, recorded) in METRICS.into_iter().zip(recorded) {
        assert!((metric.score(&truth, &told) - recorded).abs() < 1e-9, "{metric:?}");
    }
}

#[test]
fn log_loss_scores_as_in_scikit_learn() {
    let told = Told { classes: vec![0, 2], probabilities: array![[0.9, 0.1], [0.4, 0.6], [0.8, 0.2], [0.0, 1.0]] };
    assert!((Metric::LogLoss.score(&array![0, 2, 2, 2], &told) - 0.556_406_012_964_479_4).abs() < 1e-9);
    // A class that was never told of has the least probability.
    let missing = Metric::LogLoss.score(&array![1], &Told { classes: vec![0], probabilities: array![[1.0]] });
    assert!((missing - 1e15_f64.ln()).abs() < 1e-9);
}

#[test]
fn numbers_score_as_in_scikit_learn() {
    let (truth, told) = (array![3.0, -0.5, 2.0, 7.0, 4.2], array![2.5, 0.0, 2.0, 8.0, 4.0]);
    let recorded = [0.949_660_041_841_004_2, 0.554_977_477_020_464_3, 0.44, 0.5, 1.0, 0.953_844_142_259_414_2];
    for (metric, recorded) in REGRESSION_METRICS.into_iter().zip(recorded) {
        assert!((metric.score(&truth, &told) - recorded).abs() < 1e-12, "{metric:?} {}", metric.score(&truth, &told));
    }
}

#[test]
fn targets_that_are_all_alike_are_no_division_by_zero() {
    let truth = array![2.0, 2.0];
    assert_eq!(RegressionMetric::R2.score(&truth, &truth), 1.0);
    assert_eq!(RegressionMetric::R2.score(&truth, &array![2.0, 3.0]), 0.0);
    assert_eq!(RegressionMetric::ExplainedVariance.score(&truth, &array![3.0, 3.0]), 1.0);
    assert_eq!(Metric::Mcc.score(&array![1, 1], &sure(&[1], &[1, 1])), 0.0);
}

#[test]
fn nothing_told_is_worth_nothing_known() {
    let told = Told { classes: vec![0, 1], probabilities: Array2::zeros((0, 2)) };
    for metric in METRICS.into_iter().filter(|metric| *metric != Metric::Mcc) {
        assert!(metric.score(&Array1::zeros(0), &told).is_nan(), "{metric:?}");
    }
}

#[test]
fn a_perfect_prediction_is_better_than_any_other() {
    let truth = array![0, 1, 2, 0, 1, 2];
    let (right, wrong) = (sure(&[0, 1, 2], &[0, 1, 2, 0, 1, 2]), sure(&[0, 1, 2], &[0, 2, 2, 0, 1, 1]));
    for metric in METRICS {
        assert!(metric.direction().is_better(metric.score(&truth, &right), metric.score(&truth, &wrong)), "{metric:?}");
    }
    let (truth, wrong) = (array![1.0, 2.0, 4.0], array![1.0, 4.0, 3.0]);
    for metric in REGRESSION_METRICS {
        assert!(metric.direction().is_better(metric.score(&truth, &truth), metric.score(&truth, &wrong)), "{metric:?}");
    }
}

#[test]
fn the_core_infers_the_same_direction_from_each_name() {
    for objective in
        METRICS.map(Metric::objective).into_iter().chain(REGRESSION_METRICS.map(RegressionMetric::objective))
    {
        assert_eq!(Objective::infer(&objective.name), Ok(objective));
    }
}

#[test]
fn the_first_of_equally_sure_classes_is_told() {
    let told =
        Told { classes: vec![4, 6, 9], probabilities: array![[0.2, 0.4, 0.4], [1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0]] };
    assert_eq!(told.surest(), array![6, 4]);
}
