//! The process compared with another library's, and its gradients with finite differences.

use std::sync::Arc;

use super::training_data::TrainingSet;
use crate::gp::encoding::Encoding;
use crate::gp::fit::{LengthScalePrior, LogPosterior, fit};
use crate::gp::kernel::Hyperparameters;
use crate::gp::posterior::Posterior;
use crate::rng::Rng;
use crate::space::{FlatSpace, Space};

const CUBE: &str = r#"{"all": {
    "a": {"float": {"low": 0, "high": 1}},
    "b": {"float": {"low": 0, "high": 1}},
    "c": {"float": {"low": 0, "high": 1}}
}}"#;

const TREE: &str = r#"{"all": {
    "rate": {"float": {"low": 1e-5, "high": 1, "log": true}},
    "kind": {"one_of": {
        "adam": {"all": {}},
        "sgd": {"all": {
            "momentum": {"float": {"low": 0, "high": 1}},
            "nesterov": {"categorical": {"choices": ["a", "b", "c"]}}
        }}
    }}
}}"#;

fn flat(json: &str) -> Arc<FlatSpace> {
    FlatSpace::new(&Space::from_json(json).unwrap()).unwrap()
}

/// Nine points and values, made as in `reference.py`.
fn data() -> (Vec<Vec<f64>>, Vec<f64>) {
    let point = |i: u32| (0..3).map(move |j| f64::from((7 * i + 3 * j * j + i * j) % 11) / 10.0);
    // The last coordinate is the lag: all results are final.
    let points: Vec<Vec<f64>> = (0..9_u32).map(|i| point(i).chain([0.0]).collect()).collect();
    let values = points.iter().map(|x| (3.0 * x[0]).sin() + x[1] * x[1] - 0.5 * x[2]).collect();
    (points, values)
}

fn hyperparameters() -> Hyperparameters {
    Hyperparameters {
        weights: [0.3_f64, 0.7, 1.9].map(|length| length.powi(-2)).to_vec(),
        signal: 1.7,
        lag_variance: 0.0,
        noise: vec![0.02],
    }
}

fn borrowed(points: &[Vec<f64>]) -> Vec<&[f64]> {
    points.iter().map(Vec::as_slice).collect()
}

fn random_points(encoding: &Encoding, count: u64) -> Vec<Vec<f64>> {
    let draw = |number| encoding.flat_space().draw(&mut Rng::derive(5, number));
    (0..count).map(|number| encoding.point(draw(number).iter()).unwrap()).collect()
}

fn assert_close(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance * expected.abs().max(1.0),
        "{found} instead of {expected}"
    );
}

/// `sklearn.gaussian_process.GaussianProcessRegressor`, scikit-learn 1.9.1, by `reference.py`.
#[test]
fn means_and_variances_are_those_of_scikit_learn() {
    let ((points, values), hyper) = (data(), hyperparameters());
    let encoding = Encoding::new(&flat(CUBE));
    let posterior = Posterior::new(&encoding, &hyper, &borrowed(&points), &values).unwrap();
    let queries = [vec![0.15, 0.25, 0.35, 0.0], vec![0.9, 0.1, 0.5, 0.0], vec![0.4, 0.4, 0.4, 0.0]];
    let recorded = [
        (0.212_537_517_101_181_74, 0.191_178_440_005_983_08),
        (0.169_556_730_144_040_68, 0.460_936_830_574_971_87),
        (0.755_303_987_653_372_5, 0.266_807_092_033_345_7),
    ];
    for (prediction, (mean, variance)) in posterior.predict(&queries).into_iter().zip(recorded) {
        assert_close(prediction.mean, mean, 1e-12);
        assert_close(prediction.variance, variance, 1e-12);
    }
}

/// The values of the same library, without the priors.
#[test]
fn the_likelihood_and_its_gradient_are_those_of_scikit_learn() {
    let (points, values) = data();
    let encoding = Encoding::new(&flat(CUBE));
    let points = borrowed(&points);
    let density = LogPosterior::new(&encoding, &points, &values, None, LengthScalePrior::Short);
    let logarithms = [0.3_f64, 0.7, 1.9, 1.7, 0.02].map(f64::ln);
    let (mut gradient, mut prior) = ([0.0; 5], [0.0; 5]);
    let cost = density.cost(&logarithms, Some(&mut gradient));
    let likelihood = -cost - density.log_prior(&logarithms, Some(&mut prior));
    let constant = 4.5 * (2.0 * std::f64::consts::PI).ln();
    assert_close(likelihood - constant, -8.894_095_135_490_044, 1e-12);
    let recorded = [
        2.006_357_859_297_15,
        1.258_090_281_576_643,
        0.908_553_862_277_223_1,
        -3.035_947_094_407_935,
        -0.151_461_651_576_159_62,
    ];
    for ((found, prior), recorded) in gradient.iter().zip(prior).zip(recorded) {
        assert_close(prior - found, recorded, 1e-12);
    }
}

#[test]
fn the_gradient_of_the_fit_agrees_with_finite_differences_on_a_tree() {
    let encoding = Encoding::new(&flat(TREE));
    let mut points = random_points(&encoding, 14);
    let values: Vec<f64> = (0..14).map(|i| f64::from(i * i % 7) / 2.0 - 1.0).collect();
    for (noise, lags) in [(None, false), (Some(0.01), false), (None, true)] {
        for (index, point) in points.iter_mut().enumerate() {
            *point.last_mut().unwrap() = if lags { (index % 3) as f64 / 2.0 } else { 0.0 };
        }
        let points = borrowed(&points);
        let density = LogPosterior::new(&encoding, &points, &values, noise, LengthScalePrior::Long);
        let mut logarithms = vec![-0.5, 0.2, 0.7, -0.3, 0.1];
        logarithms.extend(lags.then_some(-0.4));
        // One noise for each of the two kinds.
        logarithms.extend(noise.is_none().then_some([-3.0, -1.5]).into_iter().flatten());
        let mut gradient = vec![0.0; logarithms.len()];
        density.cost(&logarithms, Some(&mut gradient));
        for index in 0..logarithms.len() {
            let at = |offset: f64| {
                let mut moved = logarithms.clone();
                moved[index] += offset;
                density.cost(&moved, None)
            };
            assert_close(gradient[index], (at(1e-4) - at(-1e-4)) / 2e-4, 1e-6);
        }
    }
}

#[test]
fn the_slopes_of_a_belief_agree_with_finite_differences_on_a_tree() {
    let encoding = Encoding::new(&flat(TREE));
    let hyper = Hyperparameters {
        weights: vec![4.0, 1.0, 9.0, 2.0],
        signal: 1.3,
        lag_variance: 0.0,
        noise: vec![1e-3; 2],
    };
    let points = random_points(&encoding, 14);
    let values: Vec<f64> = (0..12).map(|i| f64::from(i * i % 7) / 2.0 - 1.0).collect();
    let posterior = Posterior::new(&encoding, &hyper, &borrowed(&points), &values).unwrap();
    let query = [0.3, 1.0, 0.8, 2.0, 0.0];
    let (prediction, slopes) = posterior.predict_with_gradient(&query, &[0, 2]);
    assert_eq!(posterior.predict(&[query.to_vec()]), [prediction]);
    for (column, [mean, variance]) in [0, 2].into_iter().zip(slopes) {
        let at = |offset: f64| {
            let mut moved = query.to_vec();
            moved[column] += offset;
            posterior.predict(&[moved])[0]
        };
        let (above, below) = (at(1e-5), at(-1e-5));
        assert_close(mean, (above.mean - below.mean) / 2e-5, 1e-7);
        assert_close(variance, (above.variance - below.variance) / 2e-5, 1e-7);
    }
}

#[test]
fn what_is_under_way_lowers_the_variance_and_leaves_the_means() {
    let encoding = Encoding::new(&flat(TREE));
    let hyper = Hyperparameters {
        weights: vec![400.0, 1.0, 9.0, 2.0],
        signal: 1.0,
        lag_variance: 0.0,
        noise: vec![1e-4; 2],
    };
    let points = random_points(&encoding, 11);
    let values: Vec<f64> = (0..10).map(f64::from).collect();
    let without = Posterior::new(&encoding, &hyper, &borrowed(&points[..10]), &values).unwrap();
    let with = Posterior::new(&encoding, &hyper, &borrowed(&points), &values).unwrap();
    let [before, after] = [&without, &with].map(|posterior| posterior.predict(&points[10..])[0]);
    assert_close(before.mean, after.mean, 1e-12);
    assert!(before.variance > 0.1 && after.variance < 2e-4, "{before:?} {after:?}");
}

/// A cached factor that is extended equals one that is computed from scratch.
#[test]
fn a_posterior_that_is_extended_is_the_same() {
    let encoding = Encoding::new(&flat(TREE));
    let hyper = Hyperparameters {
        weights: vec![4.0, 1.0, 9.0, 2.0],
        signal: 1.3,
        lag_variance: 0.4,
        noise: vec![1e-3, 1e-2],
    };
    let mut points = random_points(&encoding, 12);
    *points[2].last_mut().unwrap() = 0.5;
    *points[8].last_mut().unwrap() = 1.0;
    let values: Vec<f64> = (0..10).map(|i| f64::from(i * i % 7) / 2.0 - 1.0).collect();
    let points = borrowed(&points);
    let base = Posterior::base(&encoding, &hyper, &points[..7]).unwrap();
    let extended = Posterior::extended(&encoding, &hyper, &base, &points, &values).unwrap();
    let anew = Posterior::new(&encoding, &hyper, &points, &values).unwrap();
    assert_close(extended.incumbent(), anew.incumbent(), 1e-12);
    let queries: Vec<Vec<f64>> = random_points(&encoding, 20).split_off(15);
    for (extended, anew) in extended.predict(&queries).into_iter().zip(anew.predict(&queries)) {
        assert_close(extended.mean, anew.mean, 1e-11);
        assert_close(extended.variance, anew.variance, 1e-11);
    }
}

/// A trial that was stopped early is weaker evidence of final values than a complete one.
#[test]
fn what_lags_is_believed_less() {
    let encoding = Encoding::new(&flat(CUBE));
    let hyper = Hyperparameters { lag_variance: 1.0, ..hyperparameters() };
    let variance = |lag: f64| {
        let posterior =
            Posterior::new(&encoding, &hyper, &[&[0.5, 0.5, 0.5, lag]], &[1.0]).unwrap();
        posterior.predict(&[vec![0.5, 0.5, 0.5, 0.0]])[0].variance
    };
    assert!(variance(0.0) < 0.05 && variance(0.5) > 0.2 && variance(1.0) > variance(0.5));
}

/// The value that is imputed for an inactive parameter neither connects branches nor separates
/// equal configs.
#[test]
fn branches_are_apart_and_agree_in_what_they_share() {
    let flat = flat(TREE);
    let encoding = Encoding::new(&flat);
    let config = |places: &[f64]| encoding.point(flat.decode(places).iter()).unwrap();
    let distance = |a: &[f64], b: &[f64]| -> f64 {
        encoding
            .columns()
            .iter()
            .zip(a.iter().zip(b))
            .map(|(column, (a, b))| column.distance(*a, *b))
            .sum()
    };
    let adam = config(&[0.5, 0.0, 0.3, 0.2]);
    assert_eq!(
        distance(&adam, &config(&[0.5, 0.0, 0.9, 0.8])),
        0.0,
        "what is inactive says nothing"
    );
    let middle = config(&[0.5, 1.0, 0.5, 0.2]);
    assert!(
        distance(&adam, &middle) >= 1.0,
        "the middle of an inactive parameter is not the parameter being inactive"
    );
    assert_close(distance(&middle, &config(&[0.5, 1.0, 0.7, 0.2])), 0.04, 1e-12);
    assert!((encoding.active() - 3.0).abs() < 1e-12, "two always, two in one of two variants");
}

/// Only the first parameter matters, so the other length scales grow.
#[test]
fn a_fit_finds_out_what_matters() {
    let encoding = Encoding::new(&flat(CUBE));
    let points = random_points(&encoding, 40);
    let values: Vec<f64> = points.iter().map(|point| (6.0 * point[0]).sin()).collect();
    let hyper = fit(&encoding, &borrowed(&points), &values, None, LengthScalePrior::Short);
    assert!(hyper.weights[0] > 20.0 * hyper.weights[1].max(hyper.weights[2]), "{hyper:?}");
    assert!(hyper.noise[0] < 1e-2, "{hyper:?}");
}

#[test]
fn the_rows_nearest_to_the_best_one_keep_their_order_and_their_constraints() {
    let encoding = Encoding::new(&flat(CUBE));
    let points: Vec<Vec<f64>> =
        [0.0, 0.9, 0.4, 0.5, 0.6].iter().map(|x| vec![*x, 0.5, 0.5, 0.0]).collect();
    let losses = vec![3.0, 0.0, 2.0, 1.0, 4.0];
    // The lowest loss belongs to a trial that violated its constraints.
    let violations = vec![0.0, 1.0, 0.0, 0.0, 0.2];
    let constraints = vec![vec![-1.0, 5.0, -2.0, -3.0, 1.0]];
    let rows = TrainingSet { points: points.clone(), losses, violations, constraints };
    let nearest = rows.nearest(&encoding, 3);
    assert_eq!(nearest.points, points[2..]);
    assert_eq!((nearest.losses, nearest.violations), (vec![2.0, 1.0, 4.0], vec![0.0, 0.0, 0.2]));
    assert_eq!(nearest.constraints, [[-2.0, -3.0, 1.0]]);
}

/// A row that violates a constraint is behind those that do not, whatever the scale of the losses.
#[test]
fn infeasible_rows_are_last_in_order_even_if_the_worst_loss_is_zero() {
    for shift in [0.0, 1.0, -3.0, 1e-300, 1e300] {
        let losses: Vec<f64> = [-2.0, 0.0, -4.0, -1.0, -3.0].map(|loss| loss + shift).to_vec();
        let rows = TrainingSet {
            points: vec![vec![0.5, 0.0]; 5],
            losses,
            violations: vec![0.0, 0.0, 1e-9, 0.0, 2.0],
            constraints: Vec::new(),
        };
        let keys = rows.order();
        let worst = [0, 1, 3].map(|row: usize| keys[row]).into_iter().fold(f64::MIN, f64::max);
        assert!(worst < keys[2] && keys[2] < keys[4], "{shift}: {keys:?}");
    }
}

/// As long as nothing is feasible, the constraints decide which rows a model keeps.
#[test]
fn infeasible_rows_alone_are_in_the_order_of_their_violations() {
    let rows = TrainingSet {
        points: vec![vec![0.5, 0.0]; 3],
        losses: vec![-5.0, 1.0, 0.0],
        violations: vec![3.0, 0.5, 2.0],
        constraints: Vec::new(),
    };
    let keys = rows.order();
    assert!(keys[1] < keys[2] && keys[2] < keys[0], "{keys:?}");
}
