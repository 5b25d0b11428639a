//! Scaling: learnt from the training rows, and from no others.

use hpo_linfa::Splits;
use hpo_linfa::data::{Fold, folds};
use hpo_linfa::estimator::{Classify, Logistic, NearestNeighbours, Regress, Svr};
use hpo_linfa::scale::Scaling;
use ndarray::{Array2, Axis, array};

fn iris_fold() -> Fold<usize> {
    let iris = linfa_datasets::iris();
    let plan = Splits::Stratified { folds: 5 }.plan(150, iris.targets.as_slice(), 42).unwrap();
    folds(&iris, &plan).unwrap().swap_remove(0)
}

#[test]
fn the_training_rows_are_on_the_scale() {
    let train = iris_fold().train.records;
    let standard = Scaling::Standard.fit(&train).transform(&train);
    for column in standard.columns() {
        assert!(column.mean().unwrap().abs() < 1e-12);
        assert!((column.std(0.0) - 1.0).abs() < 1e-12);
    }
    let between = Scaling::MinMax.fit(&train).transform(&train);
    for column in between.columns() {
        assert_eq!(column.fold(f64::INFINITY, |a, b| a.min(*b)), 0.0);
        assert_eq!(column.fold(f64::NEG_INFINITY, |a, b| a.max(*b)), 1.0);
    }
    assert_eq!(Scaling::None.fit(&train).transform(&train), train);
}

/// A scaler that had seen the test rows would bring them near to the training rows: then other rows
/// were told otherwise.
#[test]
fn what_a_model_tells_of_a_row_hangs_on_no_other_row_that_is_tested() {
    let Fold { train, test } = iris_fold();
    let config: NearestNeighbours = default_of();
    let alone = Classify::fit(&config, &train, 0).unwrap();
    let predicted = alone.predict_proba(&test.records);
    let mut others = test.records.clone();
    others.rows_mut().into_iter().skip(1).for_each(|mut row| row.fill(1e6));
    let predicted_with_others = alone.predict_proba(&others);
    assert_eq!(predicted.probabilities.row(0), predicted_with_others.probabilities.row(0));
    // The scale is that of the training rows: the same rows by hand.
    let scaler = Scaling::Standard.fit(&train.records);
    let by_hand = NearestNeighbours { scaling: Scaling::None, ..config };
    let train = hpo_linfa::data::with_records(&train, scaler.transform(&train.records));
    let by_hand = Classify::fit(&by_hand, &train, 0).unwrap();
    assert_eq!(by_hand.predict_proba(&scaler.transform(&test.records)), predicted);
}

#[test]
fn a_constant_column_stays_finite() {
    let records = array![[1.0, 3.0], [2.0, 3.0], [4.0, 3.0]];
    for scaling in [Scaling::Standard, Scaling::MinMax] {
        let scaled = scaling.fit(&records).transform(&records);
        assert!(scaled.index_axis(Axis(1), 1).iter().all(|value| *value == 0.0), "{scaling:?}");
    }
}

#[test]
fn scaled_models_do_not_mind_the_units() {
    let iris = linfa_datasets::iris();
    let inches = hpo_linfa::data::with_records(&iris, &iris.records / 2.54);
    let config: Logistic = default_of();
    let (a, b) =
        (Classify::fit(&config, &iris, 0).unwrap(), Classify::fit(&config, &inches, 0).unwrap());
    let apart = a.predict_proba(&iris.records).probabilities
        - b.predict_proba(&inches.records).probabilities;
    assert!(apart.iter().all(|gap| gap.abs() < 1e-6));

    let diabetes = linfa_datasets::diabetes();
    let mut shifted = diabetes.clone();
    shifted.targets.mapv_inplace(|target| 10.0 * target - 500.0);
    let config: Svr = default_of();
    let (a, b) =
        (Regress::fit(&config, &diabetes, 0).unwrap(), Regress::fit(&config, &shifted, 0).unwrap());
    let apart = 10.0 * a.predict(&diabetes.records) - 500.0 - b.predict(&diabetes.records);
    assert!(apart.iter().all(|gap| gap.abs() < 5.0));
}

fn default_of<C: hpo_core::SearchSpace>() -> C {
    hpo_core::space::FlatSpace::new(&C::space()).unwrap().default_params().config().unwrap()
}

/// The mean of equal numbers may miss them by a rounding, whose spread is no scale.
#[test]
fn columns_of_one_value_are_only_shifted_and_no_scale_is_too_large_or_too_small() {
    for constant in (1..500).map(|n| f64::from(n) * 0.0137) {
        let scaler = Scaling::Standard.fit(&Array2::from_elem((7, 1), constant));
        let predicted = scaler.transform(&Array2::from_elem((1, 1), constant + 1.0));
        assert!((predicted[(0, 0)] - 1.0).abs() < 1e-9, "{constant}: {predicted}");
    }
    for scaling in [Scaling::Standard, Scaling::MinMax] {
        let plain = array![[1.0], [2.0], [5.0]];
        let expected = scaling.fit(&plain).transform(&plain);
        for power in [-900, -500, 500, 900] {
            let records = &plain * 2.0_f64.powi(power);
            assert_eq!(
                scaling.fit(&records).transform(&records),
                expected,
                "{scaling:?} at 2^{power}"
            );
        }
    }
}
