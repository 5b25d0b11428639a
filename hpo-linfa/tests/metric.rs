//! Metrics: values by hand, scikit-learn's recorded ones, directions.
//!
//! The recorded values are those of `metric_values.py` beside this file.

use hpo_core::trial::Objective;
use hpo_linfa::metric::{Metric, Probabilities, RegressionMetric};
use ndarray::{Array1, Array2, array};
use proptest::collection::vec;
use proptest::prelude::{prop_assert, proptest};

const METRICS: [Metric; 5] =
    [Metric::Accuracy, Metric::BalancedAccuracy, Metric::F1, Metric::Mcc, Metric::LogLoss];

const REGRESSION_METRICS: [RegressionMetric; 6] = [
    RegressionMetric::R2,
    RegressionMetric::Rmse,
    RegressionMetric::Mae,
    RegressionMetric::MedianAbsoluteError,
    RegressionMetric::MaxError,
    RegressionMetric::ExplainedVariance,
];

fn one_hot(classes: &[usize], predicted: &[usize]) -> Probabilities {
    let probabilities = Array2::from_shape_fn((predicted.len(), classes.len()), |(row, column)| {
        f64::from(u8::from(classes[column] == predicted[row]))
    });
    Probabilities { classes: classes.to_vec(), probabilities }
}

#[test]
fn classes_score_as_in_scikit_learn() {
    let truth = array![3, 3, 3, 3, 5, 5, 5, 8, 8, 3];
    let predicted = one_hot(&[3, 5, 8], &[3, 3, 5, 3, 5, 5, 8, 8, 3, 3]);
    let recorded = [0.7, 0.655_555_555_555_555_6, 0.655_555_555_555_555_6, 0.516_129_032_258_064_5];
    for (metric, recorded) in METRICS.into_iter().zip(recorded) {
        assert!((metric.score(&truth, &predicted) - recorded).abs() < 1e-9, "{metric:?}");
    }
}

#[test]
fn log_loss_scores_as_in_scikit_learn() {
    let predicted = Probabilities {
        classes: vec![0, 2],
        probabilities: array![[0.9, 0.1], [0.4, 0.6], [0.8, 0.2], [0.0, 1.0]],
    };
    assert!(
        (Metric::LogLoss.score(&array![0, 2, 2, 2], &predicted) - 0.556_406_012_964_479_4).abs()
            < 1e-9
    );
    // A class that was never told of has the least probability.
    let missing = Metric::LogLoss
        .score(&array![1], &Probabilities { classes: vec![0], probabilities: array![[1.0]] });
    assert!((missing - 1e15_f64.ln()).abs() < 1e-9);
}

#[test]
fn numbers_score_as_in_scikit_learn() {
    let (truth, predicted) = (array![3.0, -0.5, 2.0, 7.0, 4.2], array![2.5, 0.0, 2.0, 8.0, 4.0]);
    let recorded =
        [0.949_660_041_841_004_2, 0.554_977_477_020_464_3, 0.44, 0.5, 1.0, 0.953_844_142_259_414_2];
    for (metric, recorded) in REGRESSION_METRICS.into_iter().zip(recorded) {
        assert!(
            (metric.score(&truth, &predicted) - recorded).abs() < 1e-12,
            "{metric:?} {}",
            metric.score(&truth, &predicted)
        );
    }
}

#[test]
fn targets_that_are_all_alike_are_no_division_by_zero() {
    let truth = array![2.0, 2.0];
    assert_eq!(RegressionMetric::R2.score(&truth, &truth), 1.0);
    assert_eq!(RegressionMetric::R2.score(&truth, &array![2.0, 3.0]), 0.0);
    assert_eq!(RegressionMetric::ExplainedVariance.score(&truth, &array![3.0, 3.0]), 1.0);
    assert_eq!(Metric::Mcc.score(&array![1, 1], &one_hot(&[1], &[1, 1])), 0.0);
}

#[test]
fn nothing_told_is_worth_nothing_known() {
    let predicted = Probabilities { classes: vec![0, 1], probabilities: Array2::zeros((0, 2)) };
    for metric in METRICS.into_iter().filter(|metric| *metric != Metric::Mcc) {
        assert!(metric.score(&Array1::zeros(0), &predicted).is_nan(), "{metric:?}");
    }
}

#[test]
fn a_perfect_prediction_is_better_than_any_other() {
    let truth = array![0, 1, 2, 0, 1, 2];
    let (right, wrong) =
        (one_hot(&[0, 1, 2], &[0, 1, 2, 0, 1, 2]), one_hot(&[0, 1, 2], &[0, 2, 2, 0, 1, 1]));
    for metric in METRICS {
        assert!(
            metric
                .direction()
                .is_better(metric.score(&truth, &right), metric.score(&truth, &wrong)),
            "{metric:?}"
        );
    }
    let (truth, wrong) = (array![1.0, 2.0, 4.0], array![1.0, 4.0, 3.0]);
    for metric in REGRESSION_METRICS {
        assert!(
            metric
                .direction()
                .is_better(metric.score(&truth, &truth), metric.score(&truth, &wrong)),
            "{metric:?}"
        );
    }
}

#[test]
fn the_core_infers_the_same_direction_from_each_name() {
    for objective in METRICS
        .map(Metric::objective)
        .into_iter()
        .chain(REGRESSION_METRICS.map(RegressionMetric::objective))
    {
        assert_eq!(Objective::infer(&objective.name), Ok(objective));
    }
}

#[test]
fn the_first_of_equally_sure_classes_is_told() {
    let predicted = Probabilities {
        classes: vec![4, 6, 9],
        probabilities: array![[0.2, 0.4, 0.4], [1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0]],
    };
    assert_eq!(predicted.argmax(), array![6, 4]);
}

/// What scikit-learn gives: 1 for a perfect prediction of a constant, 0 for any other. A sum of
/// such targets is not exact, so that their mean misses them by a rounding.
#[test]
fn a_constant_truth_is_no_variance() {
    for metric in [RegressionMetric::R2, RegressionMetric::ExplainedVariance] {
        for constant in
            (1..2000).map(|n| f64::from(n) * 0.0137).chain([1e-200, -3e200, 1e-310, 0.0, f64::MAX])
        {
            for count in [2, 3, 7, 10] {
                let truth = Array1::from_elem(count, constant);
                assert_eq!(
                    metric.score(&truth, &truth),
                    1.0,
                    "{metric:?} of {count} times {constant}"
                );
                let mut predicted = &truth * 1.01;
                predicted[0] = if constant == 0.0 { 1.0 } else { constant * 0.9 };
                assert_eq!(
                    metric.score(&truth, &predicted),
                    0.0,
                    "{metric:?} of {count} times {constant}"
                );
            }
        }
        // Zeros have no unit beside which an error is small.
        for error in [1e-16, 1e-200] {
            let (truth, predicted) = (Array1::zeros(3), Array1::from_vec(vec![error, 0.0, 0.0]));
            assert_eq!(
                metric.score(&truth, &predicted),
                0.0,
                "{metric:?} of zeros missed by {error}"
            );
        }
        // A constant that was computed in two ways.
        let rounded = array![0.3, 0.1 + 0.2, 0.3];
        assert_eq!(metric.score(&rounded, &array![0.3, 0.3, 0.3]), 1.0);
        assert_eq!(metric.score(&rounded, &array![0.3, 0.3, 0.4]), 0.0);
        assert!(metric.score(&rounded, &array![0.3, f64::NAN, 0.3]).is_nan());
    }
}

proptest! {
    /// In another unit, a share is the same, and an error that unit times as large, up to the ends
    /// of all numbers.
    #[test]
    fn units_do_not_matter(rows in vec((-1.0..1.0_f64, -1.0..1.0_f64), 3..20), power in -1000..1000_i32) {
        let unit = 2.0_f64.powi(power);
        let column = |pick: fn(&(f64, f64)) -> f64, unit: f64| rows.iter().map(|row| pick(row) * unit).collect::<Array1<f64>>();
        let score = |metric: RegressionMetric, unit: f64| {
            metric.score(&column(|row| row.0, unit), &column(|row| row.1, unit))
        };
        for metric in REGRESSION_METRICS {
            let is_share = matches!(metric, RegressionMetric::R2 | RegressionMetric::ExplainedVariance);
            let expected = score(metric, 1.0) * if is_share { 1.0 } else { unit };
            let found = score(metric, unit);
            prop_assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{metric:?} in {unit}: {found}, not {expected}");
        }
    }

    /// The definition of scikit-learn, in a place where nothing rounds badly: whole numbers.
    #[test]
    fn shares_are_those_of_the_definition(rows in vec((-50..50_i32, -50..50_i32), 1..20)) {
        let truth: Array1<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
        let predicted: Array1<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
        // Sums of squares times the count are whole numbers.
        let count = i64::try_from(rows.len()).unwrap();
        let spread = |values: &dyn Fn(&(i32, i32)) -> i64| {
            let (sum, squares) = rows.iter().fold((0, 0), |(sum, squares), row| (sum + values(row), squares + values(row).pow(2)));
            count * squares - sum * sum
        };
        let error = |row: &(i32, i32)| i64::from(row.0 - row.1);
        let squares = count * rows.iter().map(|row| error(row).pow(2)).sum::<i64>();
        let total = spread(&|row| i64::from(row.0));
        for (metric, unexplained) in [(RegressionMetric::R2, squares), (RegressionMetric::ExplainedVariance, spread(&error))] {
            let expected = match (unexplained, total) {
                (0, 0) => 1.0,
                (_, 0) => 0.0,
                (unexplained, total) => 1.0 - unexplained as f64 / total as f64,
            };
            let found = metric.score(&truth, &predicted);
            prop_assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{metric:?}: {found}, not {expected}");
        }
    }

    /// Whatever classes are there or told: a number within its range, 1 for a perfect prediction of
    /// several classes.
    #[test]
    fn absent_classes_divide_nothing_by_zero(rows in vec((0..4_usize, 0..4_usize), 1..30)) {
        let truth: Array1<usize> = rows.iter().map(|row| row.0).collect();
        let predicted: Vec<usize> = rows.iter().map(|row| row.1).collect();
        for metric in [Metric::Accuracy, Metric::BalancedAccuracy, Metric::F1, Metric::Mcc] {
            let found = metric.score(&truth, &one_hot(&[0, 1, 2, 3], &predicted));
            prop_assert!((-1.0..=1.0).contains(&found), "{metric:?}: {found}");
            let perfect = metric.score(&truth, &one_hot(&[0, 1, 2, 3], &truth.to_vec()));
            let is_constant = truth.iter().all(|class| *class == truth[0]);
            let expected = if metric == Metric::Mcc && is_constant { 0.0 } else { 1.0 };
            prop_assert!((perfect - expected).abs() < 1e-12, "{metric:?}: {perfect}");
        }
    }
}

#[test]
fn nan_is_never_passed_over() {
    let (truth, predicted) = (array![1.0, 2.0, 4.0], array![1.0, f64::NAN, 4.0]);
    for metric in REGRESSION_METRICS {
        assert!(metric.score(&truth, &predicted).is_nan(), "{metric:?}");
    }
    let predicted =
        Probabilities { classes: vec![0, 1], probabilities: array![[0.5, 0.5], [f64::NAN, 0.5]] };
    assert!(Metric::LogLoss.score(&array![0, 0], &predicted).is_nan());
    // A rounding above 1 is no gain.
    let certain = Probabilities { classes: vec![0], probabilities: array![[1.0 + f64::EPSILON]] };
    assert_eq!(Metric::LogLoss.score(&array![0], &certain), 0.0);
}
