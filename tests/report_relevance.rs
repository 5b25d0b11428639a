//! The relevance of parameters to a Gaussian process: beside what is known of functions, and where
//! it must not be told.

use hpo_core::report::StudyView;
use hpo_core::report::importance::{ImportanceError, Importances, Measure, Relevance};
use hpo_core::rng::Rng;
use hpo_core::space::{Categorical, Domain, Float, Value};
use hpo_core::trial::{Attributes, Direction, InitialTrial, NewTrial, State, Timestamp, Trials};

/// So many trials at random, in which a parameter is active if `active` says so of the values
/// before it.
fn random(
    domains: &[(&str, Domain)],
    count: usize,
    active: impl Fn(usize, &[f64]) -> bool,
    loss: impl Fn(&[f64], &mut Rng) -> f64,
) -> Trials {
    let mut trials = Trials::new(1);
    let ids: Vec<_> = domains.iter().map(|(path, domain)| trials.declare(path, domain)).collect();
    let mut rng = Rng::derive(3, 0);
    for _ in 0..count {
        let (mut point, mut params) = (Vec::new(), Vec::new());
        for (index, (_, domain)) in domains.iter().enumerate() {
            let value = match domain {
                Domain::Categorical(own) => {
                    Value::Choice(rng.below_or_at(own.choices.len() as u64 - 1) as u32)
                }
                _ => Value::Float(rng.unit()),
            };
            if active(index, &point) {
                params.push((ids[index], value));
            }
            point.push(
                value
                    .as_float()
                    .or(value.as_choice().map(f64::from))
                    .expect("a number or a choice"),
            );
        }
        let values = vec![loss(&point, &mut rng)];
        let given =
            Some(InitialTrial { state: State::Complete, params, values, reports: Vec::new() });
        trials
            .create(NewTrial { given, attributes: Attributes::default() }, Timestamp(0))
            .expect("a trial");
    }
    trials
}

fn unit() -> Domain {
    Domain::Float(Float::new(0.0, 1.0))
}

fn numbers(count: usize) -> Vec<(&'static str, Domain)> {
    ["a", "b", "c", "d", "e", "f"][..count].iter().map(|path| (*path, unit())).collect()
}

fn relevance(trials: &Trials) -> Result<Importances, ImportanceError> {
    let view = StudyView {
        name: "s",
        directions: &[Direction::Minimize],
        trials,
        flat: None,
        metrics: &[],
    };
    Measure::Gp(Relevance::default()).importances(&view, 0)
}

fn share(importances: &Importances, path: &str) -> f64 {
    importances.of.iter().find(|one| one.path == path).expect("a parameter of the study").share
}

/// Of `a + b / 2 + sin(12 c) / 10` the variances are 1/12, 1/48 and about 1/200. The length scale
/// of `c` is the shortest by far.
#[test]
fn it_is_how_far_a_parameter_moves_the_function_and_not_how_fast() {
    let trials =
        random(&numbers(4), 100, |_, _| true, |x, _| x[0] + 0.5 * x[1] + 0.1 * (12.0 * x[2]).sin());
    let importances = relevance(&trials).unwrap();
    let variances = [1.0 / 12.0, 1.0 / 48.0, 1.0 / 200.0, 0.0];
    let sum: f64 = variances.iter().sum();
    for (path, variance) in ["a", "b", "c", "d"].into_iter().zip(variances) {
        let (actual, expected) = (share(&importances, path), variance / sum);
        assert!((actual - expected).abs() < 0.06, "{path}: {actual} instead of {expected}");
    }
    assert!((importances.of.iter().map(|one| one.share).sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(importances.interactions.is_empty() && importances.alone.is_none());
}

#[test]
fn interactions_count_for_both() {
    let product = |x: &[f64], _: &mut Rng| (x[0] - 0.5) * (x[1] - 0.5) + 0.05 * x[2];
    let importances = relevance(&random(&numbers(4), 100, |_, _| true, product)).unwrap();
    for path in ["a", "b"] {
        assert!((share(&importances, path) - 0.5).abs() < 0.08, "{importances:?}");
    }
}

/// In each branch one parameter matters as much; the one is taken by three trials in four.
#[test]
fn a_parameter_of_a_branch_counts_by_its_trials() {
    let domains = [
        ("kind", Domain::Categorical(Categorical::new(["w", "x", "y", "z"]))),
        ("kind.often", unit()),
        ("kind.seldom", unit()),
    ];
    let is_often = |point: &[f64]| point[0] < 2.5;
    let trials = random(
        &domains,
        120,
        |index, point| index == 0 || (index == 1) == is_often(point),
        |x, _| if is_often(x) { x[1] } else { x[2] },
    );
    let importances = relevance(&trials).unwrap();
    let (often, seldom) = (share(&importances, "kind.often"), share(&importances, "kind.seldom"));
    assert!((often / seldom - 3.0).abs() < 1.2, "{importances:?}");
    // Between the middles of the branches there is no difference.
    assert!(share(&importances, "kind") < 0.1, "{importances:?}");
    assert_eq!(
        importances.of.iter().map(|one| one.trials).collect::<Vec<_>>().iter().max(),
        Some(&100)
    );
}

/// A few crashes do not drown the rest.
#[test]
fn values_far_worse_than_the_others_count_by_their_rank() {
    let crash = |x: &[f64], rng: &mut Rng| if rng.unit() < 0.05 { 1e9 } else { x[0] + 0.3 * x[1] };
    let importances = relevance(&random(&numbers(3), 100, |_, _| true, crash)).unwrap();
    assert!(share(&importances, "a") > 0.6 && share(&importances, "c") < 0.1, "{importances:?}");
}

#[test]
fn large_studies_are_sampled_and_say_so() {
    let trials = random(&numbers(3), 400, |_, _| true, |x, _| x[2]);
    let importances = relevance(&trials).unwrap();
    assert_eq!((importances.trials, importances.complete), (100, 400));
    assert_eq!(importances.of[0].path, "c");
    assert_eq!(importances, relevance(&trials).unwrap(), "the same trials, the same figures");
}

#[test]
fn nothing_is_told_of_noise_of_few_trials_or_of_too_many_parameters() {
    let noise = random(&numbers(3), 60, |_, _| true, |_, rng| rng.normal());
    assert_eq!(relevance(&noise), Err(ImportanceError::Unforeseen { trials: 60 }));
    let few = random(&numbers(2), 9, |_, _| true, |x, _| x[0]);
    assert_eq!(
        relevance(&few),
        Err(ImportanceError::TooFewTrials { found: 9, infinite: 0, needed: 10 })
    );
    let same = random(&numbers(2), 20, |_, _| true, |_, _| 1.0);
    assert_eq!(relevance(&same), Err(ImportanceError::Constant { trials: 20, value: 1.0 }));
    let names: Vec<String> = (0..300).map(|index| format!("x{index}")).collect();
    let many: Vec<(&str, Domain)> = names.iter().map(|name| (name.as_str(), unit())).collect();
    let many = relevance(&random(&many, 50, |_, _| true, |x, _| x[7])).unwrap_err();
    assert_eq!(many, ImportanceError::TooManyParams { found: 300, most: 200 });
    assert!(many.to_string().ends_with("there are 300: use `ped-anova` or `fanova`"), "{many}");
}
