//! The densities compared with Optuna's, and incremental ones compared with ones computed from
//! scratch.

use std::sync::Arc;

use super::TpeBuilder;
use super::above::by_age;
use super::column::ParamColumn;
use super::estimator::Estimator;
use crate::rng::Rng;
use crate::space::{FlatSpace, Space};

/// The space of `reference.py`: parameters of width 1 on their scale.
const SPACE: &str = r#"{"all": {
    "a": {"float": {"low": 0, "high": 1}},
    "b": {"float": {"low": 1, "high": 2.718281828459045, "log": true}},
    "c": {"float": {"low": 0, "high": 1, "step": 0.25}}, "d": {"int": {"low": 1, "high": 5}},
    "e": {"int": {"low": 1, "high": 12, "log": true}},
    "f": {"categorical": {"choices": ["x", "y", "z"]}}
}}"#;

fn columns(json: &str) -> Vec<ParamColumn> {
    let flat: Arc<FlatSpace> = FlatSpace::new(&Space::from_json(json).unwrap()).unwrap();
    flat.iter().map(ParamColumn::new).collect()
}

fn log_densities(columns: &[ParamColumn], density: &Estimator, points: &[Vec<f64>]) -> Vec<f64> {
    let encoded = |point: &Vec<f64>| {
        columns
            .iter()
            .zip(point)
            .map(|(column, position)| column.encoded(*position))
            .collect::<Vec<_>>()
    };
    points
        .iter()
        .map(|point| density.log_density(&encoded(point), f64::INFINITY).unwrap())
        .collect()
}

fn log_position(level: u32) -> f64 {
    (f64::from(level) / 0.5).ln() / (12.5_f64 / 0.5).ln()
}

/// The point of `reference.py`, as positions.
fn point(i: u32) -> Vec<f64> {
    vec![
        f64::from((7 * i * i + 3 * i) % 101) / 101.0,
        f64::from((5 * i * i + 11 * i) % 97) / 97.0,
        (f64::from(i * i % 5) + 0.5) / 5.0,
        (f64::from((3 * i * i + i) % 5) + 0.5) / 5.0,
        log_position(1 + (7 * i + i * i) % 12),
        f64::from((i * i + i / 2) % 3),
    ]
}

/// A point near the other one.
fn near(i: u32) -> Vec<f64> {
    let mut moved = point(i);
    moved[0] = 0.98 * moved[0] + 0.01;
    moved[1] = 0.98 * moved[1] + 0.01;
    moved[3] = (moved[3] - 0.2).max(0.1);
    moved
}

/// `_ParzenEstimator.log_pdf` of Optuna 5.0.0, by `reference.py`.
#[test]
fn densities_are_those_of_optuna() {
    let columns = columns(SPACE);
    let queries: Vec<Vec<f64>> = (0..6).map(|i| near(3 * i)).collect();
    for (count, recorded) in RECORDED {
        let mut density = Estimator::new(&columns, TpeBuilder::optuna().kernel_settings(), false);
        for i in 0..count {
            let row = density.push();
            density.insert_kernel(row, &point(i));
        }
        density.weigh(1.0, |index| by_age(index, count as usize));
        for (found, recorded) in
            log_densities(&columns, &density, &queries).into_iter().zip(recorded)
        {
            assert!((found - recorded).abs() < 2e-5, "{found} instead of {recorded}, of {count}");
        }
    }
}

/// The result is bit for bit the same, whatever was added and removed before, in any order.
#[test]
fn rows_that_came_and_went_leave_no_trace() {
    let columns = columns(SPACE);
    let settings = TpeBuilder::optuna().kernel_settings();
    let mut rng = Rng::derive(1, 1);
    let mut density = Estimator::new(&columns, settings, false);
    let mut present = [false; 40];
    for _ in &present {
        density.push();
    }
    for step in 0..400 {
        let row = rng.below_or_at(39) as usize;
        if present[row] {
            density.remove_kernel(row + 1);
        } else {
            density.insert_kernel(row + 1, &point(row as u32 / 2));
        }
        present[row] = !present[row];
        let mut rebuilt = Estimator::new(&columns, settings, false);
        for (row, _) in present.iter().enumerate() {
            rebuilt.push();
            if present[row] {
                rebuilt.insert_kernel(row + 1, &point(row as u32 / 2));
            }
        }
        for density in [&mut density, &mut rebuilt] {
            density.weigh(1.0, |index| 1.0 + index as f64);
        }
        let queries: Vec<Vec<f64>> = (0..4).map(near).collect();
        let mut at_once = Estimator::new(&columns, settings, false);
        let nothing = vec![f64::NAN; columns.len()];
        let of = |row: usize| if present[row] { point(row as u32 / 2) } else { nothing.clone() };
        at_once
            .exchange(&[], &(0..present.len()).map(|row| (row + 1, of(row))).collect::<Vec<_>>());
        let before = |row: usize| present[..row].iter().filter(|present| **present).count() as f64;
        at_once.weigh(1.0, |row| if present[row] { 1.0 + before(row) } else { 0.0 });
        assert_eq!(
            log_densities(&columns, &at_once, &queries),
            log_densities(&columns, &rebuilt, &queries),
            "after {step} steps"
        );
        assert_eq!(
            log_densities(&columns, &density, &queries),
            log_densities(&columns, &rebuilt, &queries),
            "after {step} steps"
        );
    }
}

/// A density whose rows are exchanged is bit for bit that of a new one.
#[test]
fn exchanged_rows_are_as_if_they_had_always_been_there() {
    let columns = columns(SPACE);
    let mut rng = Rng::derive(2, 1);
    for settings in
        [TpeBuilder::optuna().kernel_settings(), TpeBuilder::default().kernel_settings()]
    {
        let rebuild = |rows: &[u32]| {
            let mut density = Estimator::new(&columns, settings, true);
            density
                .exchange(&[], &(1..).zip(rows.iter().map(|row| point(*row))).collect::<Vec<_>>());
            density
        };
        let mut rows: Vec<u32> = (0..12).collect();
        let mut density = rebuild(&rows);
        for step in 0..60 {
            let [first, second] = [0, 1].map(|_| rng.below_or_at(rows.len() as u64 - 2) as usize);
            let index = rng.below_or_at(rows.len() as u64 - 2) as usize;
            rows.remove(first + 1);
            rows.remove(second);
            rows.insert(index, 12 + step);
            rows.insert(index + 1, step / 2);
            density.exchange(
                &[first + 2, second + 1],
                &[(index + 1, point(12 + step)), (index + 2, point(step / 2))],
            );
            let mut fresh = rebuild(&rows);
            for density in [&mut density, &mut fresh] {
                density.weigh(1.0, |index| 1.0 + index as f64);
            }
            let queries: Vec<Vec<f64>> = (0..4).map(near).collect();
            let [updated, expected] =
                [&density, &fresh].map(|density| log_densities(&columns, density, &queries));
            assert_eq!(updated, expected, "after {step} steps");
        }
    }
}

/// A density integrates to one: by Simpson's rule on a numeric parameter, by sums over choices and
/// levels.
#[test]
fn densities_add_up_to_one() {
    for json in [
        r#"{"float": {"low": 0, "high": 1}}"#,
        r#"{"float": {"low": 0, "high": 1, "prior": {"center": 0.9, "spread": 0.1}}}"#,
        r#"{"int": {"low": 0, "high": 9}}"#,
        r#"{"categorical": {"choices": [1, 2, 3]}}"#,
    ] {
        let columns = columns(json);
        let mut density = Estimator::new(&columns, TpeBuilder::optuna().kernel_settings(), true);
        for position in [0.03, 0.031, 0.6, 1.0] {
            let row = density.push();
            density.insert_kernel(
                row,
                &[if matches!(columns[0], ParamColumn::Choices(_)) { 1.0 } else { position }],
            );
        }
        density.weigh(1.0, |_| 0.5);
        let sum = |positions: &[f64]| {
            let points: Vec<Vec<f64>> = positions.iter().map(|position| vec![*position]).collect();
            log_densities(&columns, &density, &points).into_iter().map(f64::exp).collect::<Vec<_>>()
        };
        let all: f64 = match &columns[0] {
            ParamColumn::Choices(count) => {
                sum(&(0..*count).map(f64::from).collect::<Vec<_>>()).iter().sum()
            }
            ParamColumn::Numeric(numeric) if numeric.is_discrete() => {
                sum(&(0..10).map(|i| (f64::from(i) + 0.5) / 10.0).collect::<Vec<_>>()).iter().sum()
            }
            ParamColumn::Numeric(_) => {
                let found = sum(&(0..=2000).map(|i| f64::from(i) / 2000.0).collect::<Vec<_>>());
                found
                    .windows(3)
                    .step_by(2)
                    .map(|ends| (ends[0] + 4.0 * ends[1] + ends[2]) / 6000.0)
                    .sum()
            }
        };
        assert!((all - 1.0).abs() < 1e-5, "{json}: {all}");
    }
}

const RECORDED: [(u32, [f64; 6]); 6] = [
    (0, [-5.649_037_04, -7.505_787_96, -7.335_054_79, -5.403_525_93, -5.400_548_76, -7.560_805_69]),
    (1, [-4.604_129_06, -7.881_596_35, -7.178_220_15, -5.520_959_79, -5.227_095_53, -7.567_809_75]),
    (2, [-2.266_328_46, -8.601_988_42, -8.241_357_31, -6.392_132_48, -6.490_279_93, -5.724_799_61]),
    (7, [0.609_232_022, -3.006_294_44, -6.122_774_18, -7.482_966_03, -7.395_198_03, -6.416_616_87]),
    (
        60,
        [-0.487_119_865, 0.045_691_331_6, -11.114_492_8, -9.182_960_9, -9.179_982_36, 1.301_724_89],
    ),
    (
        150,
        [
            -1.752_420_86,
            -0.934_021_245,
            -11.822_754_4,
            -9.891_225_54,
            -9.888_248_37,
            -0.095_094_728,
        ],
    ),
];
