//! One parameter at a time: places, values, levels, draws.

use std::sync::Arc;

use hpo_core::rng::Rng;
use hpo_core::space::{
    Cardinality, Categorical, Domain, FlatSpace, Float, Int, Prior, Space, Value,
};
use proptest::prelude::*;

fn alone(domain: Domain) -> Arc<FlatSpace> {
    FlatSpace::new(&Space::Leaf(domain)).unwrap()
}

fn float(low: f64, high: f64, log: bool, step: Option<f64>) -> Arc<FlatSpace> {
    alone(Domain::Float(Float { log, step, ..Float::new(low, high) }))
}

fn int(low: i128, high: i128, log: bool, step: Option<i128>) -> Arc<FlatSpace> {
    alone(Domain::Int(Int { log, step, ..Int::new(low, high) }))
}

fn as_float(value: Value) -> f64 {
    value.as_float().or_else(|| value.as_int().map(|integer| integer as f64)).unwrap()
}

/// Bounds at 0 and 1, also where a logarithm or a sum would miss them; places beyond are moved to
/// the ends.
#[test]
fn ends_are_exact() {
    let floats = [
        (0.0, 0.1, false, None),
        (1e-5, 0.1, true, None),
        (1e-300, 1e300, true, None),
        (-1.7e308, 1.7e308, false, None),
        (0.0, 5e-324, false, None),
        (5e-324, 1.0, true, None),
        (1e300, 1e300_f64.next_up(), true, None),
        (0.0, 0.3, false, Some(0.1)),
        (0.001, 1000.0, true, Some(10.0)),
        (-1.5e308, 1.5e308, false, Some(0.75e308)),
        (2.0, 2.0, true, None),
    ];
    for (low, high, log, step) in floats {
        let flat = float(low, high, log, step);
        let ends = [-1.0, 0.0, 1.0, 7.0].map(|place| flat.parameter(0).decode(place));
        assert_eq!(ends, [low, low, high, high].map(Value::Float), "{flat}");
        assert_eq!(flat.parameter(0).decode(f64::NAN), Value::Float(low));
    }
    let ints = [
        (i128::from(i64::MIN), i128::from(i64::MAX), false, None),
        (0, i128::from(u64::MAX), false, None),
        (1, i128::from(u64::MAX), true, None),
        (9_007_199_254_740_993, 9_007_199_254_740_995, true, None),
        (1, 1 << 63, true, Some(2)),
        (-7, 5, false, Some(3)),
    ];
    for (low, high, log, step) in ints {
        let flat = int(low, high, log, step);
        let ends = [0.0, 1.0].map(|place| flat.parameter(0).decode(place));
        assert_eq!(ends, [low, high].map(|end| Value::int(end).unwrap()), "{flat}");
    }
}

#[test]
fn a_continuum_of_one_value_has_its_place_in_the_middle() {
    for log in [false, true] {
        let flat = float(3.0, 3.0, log, None);
        assert_eq!(flat.parameter(0).encode(Value::Float(3.0)), Some(0.5));
        assert_eq!(flat.cardinality(), Cardinality::Finite(1));
    }
    // Neighbours whose logarithms are the same number.
    let flat = float(1e300, 1e300_f64.next_up(), true, None);
    assert_eq!(flat.parameter(0).encode(Value::Float(1e300)), Some(0.5));
}

#[test]
fn values_outside_have_no_place() {
    let flat = float(0.0, 1.0, false, None);
    for value in [Value::Float(1.1), Value::Float(f64::NAN), Value::Int(1), Value::Choice(0)] {
        assert_eq!(flat.parameter(0).encode(value), None);
        assert!(!flat.parameter(0).contains(value));
    }
    let flat = int(-10, 10, false, Some(10));
    for integer in [-20, -13, -3, 3, 7, 20] {
        assert!(!flat.parameter(0).contains(Value::Int(integer)), "{integer}");
    }
    assert!(flat.parameter(0).contains(Value::Int(-10)));
}

/// Far from 0 the levels of a fine grid are rounded by more than a millionth of the step, and still
/// are levels.
#[test]
fn grids_hold_their_own_levels() {
    for (low, high, log, step) in [
        (1e9, 1e9 + 1.0, false, 1e-3),
        (-0.3, 0.3, false, 0.1),
        (1e-300, 1e300, true, 1e100),
        (1.0, 1.5_f64.powi(900), true, 1.5),
        (-1.5e308, 1.5e308, false, 0.75e308),
    ] {
        let flat = float(low, high, log, Some(step));
        let Cardinality::Finite(count) = flat.cardinality() else {
            panic!("a grid is finite");
        };
        for index in 0..count {
            let value = flat.nth(index).unwrap().values()[0];
            assert!(flat.parameter(0).contains(value), "{flat}: {value:?}");
            let place = flat.parameter(0).encode(value).unwrap();
            assert_eq!(flat.parameter(0).decode(place), value, "{flat}");
        }
    }
}

/// A uniform place gives each level of a linear parameter the same share, and each integer of a
/// log-uniform one the share of its neighbourhood in log space: chi-square below its 99.9 %
/// quantile.
#[test]
fn ends_have_their_full_mass() {
    let shares = |flat: &Arc<FlatSpace>| -> Vec<f64> {
        let domain = flat.parameter(0).domain().clone();
        let Cardinality::Finite(count) = flat.cardinality() else {
            panic!("levels are finite");
        };
        match domain {
            Domain::Int(Int { low, high, log: true, step: None, .. }) => {
                let ln = |x: i128, half: f64| (x as f64 + half).ln();
                let all = ln(high, 0.5) - ln(low, -0.5);
                (low..=high).map(|i| (ln(i, 0.5) - ln(i, -0.5)) / all).collect()
            }
            _ => vec![1.0 / count as f64; count as usize],
        }
    };
    for flat in [
        int(0, 9, false, None),
        int(1, 10, true, None),
        int(1, 512, true, Some(2)),
        float(0.0, 0.9, false, Some(0.1)),
        float(1e-5, 1e4, true, Some(10.0)),
        alone(Domain::Categorical(Categorical::new((0..10).map(|i| i.to_string())))),
    ] {
        let (shares, draws) = (shares(&flat), 100_000);
        let mut rng = Rng::derive(9, 9);
        for decoded in [false, true] {
            let mut counts = vec![0.0; shares.len()];
            for _ in 0..draws {
                let parameter = flat.parameter(0);
                let value =
                    if decoded { parameter.decode(rng.unit()) } else { parameter.draw(&mut rng) };
                let at =
                    (0..shares.len()).find(|i| flat.nth(*i as u128).unwrap().values()[0] == value);
                counts[at.unwrap()] += 1.0;
            }
            let chi_square: f64 = shares
                .iter()
                .zip(&counts)
                .map(|(share, count)| {
                    (count - share * f64::from(draws)).powi(2) / (share * f64::from(draws))
                })
                .sum();
            assert!(chi_square < 27.88, "{flat}: {chi_square}, {counts:?}");
        }
    }
}

fn drawn(domain: Domain) -> Vec<f64> {
    let flat = alone(domain);
    let mut rng = Rng::derive(21, 4);
    (0..50_000).map(|_| as_float(flat.parameter(0).draw(&mut rng))).collect()
}

fn moments(draws: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = draws.clone().count() as f64;
    let mean = draws.clone().sum::<f64>() / count;
    (mean, (draws.map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt())
}

#[test]
fn continua_are_uniform_on_their_scale() {
    let (mean, deviation) = moments(drawn(Domain::Float(Float::new(-3.0, 5.0))).into_iter());
    assert!((mean - 1.0).abs() < 0.04 && (deviation - 8.0 / 12_f64.sqrt()).abs() < 0.02);
    let log = drawn(Domain::Float(Float { log: true, ..Float::new(1e-4, 1e4) }));
    let (mean, deviation) = moments(log.iter().map(|x| x.log10()));
    assert!(mean.abs() < 0.04 && (deviation - 8.0 / 12_f64.sqrt()).abs() < 0.02);
}

#[test]
fn priors_have_their_center_and_spread() {
    let prior = |center, spread| Some(Prior { center, spread });
    // Not cut: the ends are five deviations away.
    let inner = Float { prior: prior(2.0, 0.5), ..Float::new(-1.0, 5.0) };
    let (mean, deviation) = moments(drawn(Domain::Float(inner)).into_iter());
    assert!((mean - 2.0).abs() < 0.01 && (deviation - 0.5).abs() < 0.01, "{mean} {deviation}");
    // Cut in the middle: a half-normal distribution, of mean sqrt(2/pi) and deviation sqrt(1 -
    // 2/pi).
    let half = Float { prior: prior(0.0, 1.0), ..Float::new(0.0, 50.0) };
    let (mean, deviation) = moments(drawn(Domain::Float(half)).into_iter());
    assert!(
        (mean - 0.7979).abs() < 0.012 && (deviation - 0.6028).abs() < 0.01,
        "{mean} {deviation}"
    );
    // The spread of a log scale is a factor.
    let log = Float { log: true, prior: prior(0.01, 10.0), ..Float::new(1e-9, 1e5) };
    let draws = drawn(Domain::Float(log));
    let (mean, deviation) = moments(draws.iter().map(|x| x.log10()));
    assert!((mean + 2.0).abs() < 0.02 && (deviation - 1.0).abs() < 0.015, "{mean} {deviation}");
}

/// Parameters with levels have priors too, grids and powers included; their mean stays at the
/// center.
#[test]
fn priors_of_levels_are_not_skewed() {
    let prior = |center, spread| Some(Prior { center, spread });
    let domains = [
        Domain::Int(Int { prior: prior(3.0, 1.0), ..Int::new(-20, 40) }),
        Domain::Int(Int { prior: prior(3.0, 3.0), step: Some(3), ..Int::new(-30, 60) }),
        Domain::Float(Float { prior: prior(3.0, 1.0), step: Some(0.5), ..Float::new(-20.0, 40.0) }),
    ];
    for domain in domains {
        let (mean, _) = moments(drawn(domain.clone()).into_iter());
        assert!((mean - 3.0).abs() < 0.06, "{domain}: {mean}");
    }
    let powers = [
        Domain::Int(Int { log: true, step: Some(2), prior: prior(64.0, 2.0), ..Int::new(1, 4096) }),
        Domain::Int(Int { log: true, prior: prior(64.0, 2.0), ..Int::new(1, 4096) }),
        Domain::Float(Float {
            log: true,
            step: Some(2.0),
            prior: prior(64.0, 2.0),
            ..Float::new(1.0, 4096.0)
        }),
    ];
    for domain in powers {
        let (mean, deviation) = moments(drawn(domain.clone()).iter().map(|x| x.log2()));
        assert!(
            (mean - 6.0).abs() < 0.02 && (deviation - 1.0).abs() < 0.06,
            "{domain}: {mean} {deviation}"
        );
    }
    // At the edge, the lowest level takes half a step of the bell, as it takes half a step of the
    // axis.
    let edge = Int { prior: prior(0.0, 1.0), ..Int::new(0, 10) };
    let lowest = drawn(Domain::Int(edge)).iter().filter(|x| **x == 0.0).count() as f64 / 50_000.0;
    assert!((lowest - 0.5538).abs() < 0.01, "{lowest}");
}

#[test]
fn a_prior_far_wider_than_the_domain_is_none() {
    for spread in [1e4, 1e20, 1e308] {
        let wide = Float { prior: Some(Prior { center: 0.2, spread }), ..Float::new(0.0, 1.0) };
        let (mean, deviation) = moments(drawn(Domain::Float(wide)).into_iter());
        assert!((mean - 0.5).abs() < 0.006 && (deviation - 0.2887).abs() < 0.003, "{spread}");
    }
    let narrow =
        Float { prior: Some(Prior { center: 0.2, spread: 5e-324 }), ..Float::new(0.0, 1.0) };
    assert!(drawn(Domain::Float(narrow)).iter().all(|x| (x - 0.2).abs() < 1e-12));
}

/// Domains of every kind, with bounds from small to absurd.
fn domains() -> impl Strategy<Value = Domain> {
    let magnitude = prop_oneof![
        -1e3..1e3_f64,
        (-300.0..300.0_f64).prop_map(|e| 10_f64.powf(e)),
        (-300.0..300.0_f64).prop_map(|e| -10_f64.powf(e)),
    ];
    let linear = (magnitude.clone(), magnitude)
        .prop_map(|(a, b): (f64, f64)| Domain::Float(Float::new(a.min(b), a.max(b))));
    let log = (-300.0..300.0_f64, 0.0..300.0_f64).prop_map(|(low, width)| {
        let (low, high) = (10_f64.powf(low), 10_f64.powf((low + width).min(308.0)));
        Domain::Float(Float { log: true, ..Float::new(low, high) })
    });
    let grid = (-1e6..1e6_f64, 1e-3..1e3_f64, 0..1000_u32).prop_map(|(low, step, count)| {
        let high = low + step * f64::from(count);
        Domain::Float(Float { step: Some(step), ..Float::new(low, high) })
    });
    let powers = (1e-9..1e9_f64, 1.01..10.0_f64, 0..50_i32).prop_map(|(low, factor, count)| {
        let high = low * factor.powi(count);
        Domain::Float(Float { log: true, step: Some(factor), ..Float::new(low, high) })
    });
    let steps = (any::<i64>(), any::<i64>(), 1..1000_i128).prop_map(|(a, b, step)| {
        let (low, high) = (i128::from(a.min(b)), i128::from(a.max(b)));
        Domain::Int(Int { step: Some(step), ..Int::new(low, high - (high - low) % step) })
    });
    let unsigned = (any::<u64>(), any::<u64>(), any::<bool>()).prop_map(|(a, b, log)| {
        Domain::Int(Int {
            log,
            ..Int::new(i128::from(a.min(b).max(1)), i128::from(a.max(b).max(1)))
        })
    });
    let small = (1..1000_i128, 0..100_000_i128, any::<bool>())
        .prop_map(|(low, width, log)| Domain::Int(Int { log, ..Int::new(low, low + width) }));
    let doubling = (1..100_i128, 2..5_i128, 0..20_u32).prop_map(|(low, factor, count)| {
        Domain::Int(Int { log: true, step: Some(factor), ..Int::new(low, low * factor.pow(count)) })
    });
    let choices = (1..50_u32)
        .prop_map(|count| Domain::Categorical(Categorical::new((0..count).map(|i| i.to_string()))));
    prop_oneof![linear, log, grid, powers, steps, unsigned, small, doubling, choices]
}

/// How near a value must come back after having been a place: exact for levels that 53 bits tell
/// apart.
fn comes_back(domain: &Domain, levels: Cardinality, value: Value, back: Value) -> bool {
    let (a, b) = match (value, back) {
        (Value::Choice(a), Value::Choice(b)) => return a == b,
        _ => (as_float(value), as_float(back)),
    };
    let (log, span) = match domain {
        Domain::Float(Float { log, low, high, .. }) => (*log, high / 2.0 - low / 2.0),
        Domain::Int(Int { log, low, high, .. }) => (*log, (high - low) as f64 / 2.0),
        Domain::Categorical(_) => (false, 0.0),
    };
    let exact = match levels {
        Cardinality::Finite(count) => count < 1 << 40,
        Cardinality::Infinite => false,
    };
    value == back
        || !exact
            && if log {
                (a / b).ln().abs() < 1e-11
            } else {
                (a / 2.0 - b / 2.0).abs() <= span * 1e-12
            }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn places_and_values_agree(domain in domains(), place in 0.0..=1.0_f64, seed in any::<u64>()) {
        let flat = alone(domain.clone());
        let parameter = flat.parameter(0);
        let mut rng = Rng::derive(seed, 0);
        for value in [parameter.decode(place), parameter.draw(&mut rng), parameter.default_value(), parameter.quantile(place)] {
            prop_assert!(parameter.contains(value), "{domain} does not hold {value:?}");
            let encoded = parameter.encode(value).unwrap();
            prop_assert!((0.0..=1.0).contains(&encoded), "{domain}: {value:?} at {encoded}");
            let back = parameter.decode(encoded);
            prop_assert!(comes_back(&domain, parameter.cardinality(), value, back), "{domain}: {value:?}, {back:?}");
        }
    }

    #[test]
    fn decoding_is_monotonic(domain in domains(), a in 0.0..=1.0_f64, b in 0.0..=1.0_f64) {
        let flat = alone(domain);
        let at = |place| match flat.parameter(0).decode(place) {
            Value::Choice(index) => f64::from(index),
            other => as_float(other),
        };
        prop_assert!(at(a.min(b)) <= at(a.max(b)));
    }

    #[test]
    fn every_level_is_its_own(domain in domains(), index in any::<u64>()) {
        let flat = alone(domain.clone());
        if let Cardinality::Finite(count) = flat.cardinality() {
            let params = flat.nth(u128::from(index) % count).unwrap();
            prop_assert!(flat.parameter(0).contains(params.values()[0]), "{domain}: {params}");
            prop_assert_eq!(flat.nth(count), None);
        }
    }
}
