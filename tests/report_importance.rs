//! Importance of parameters: the figures of Optuna 5.0 in `tests/golden/importance.json`, which
//! `tests/golden/importance.py` recorded; and what is said of studies of which nothing can be told.

use hpo_core::report::StudyView;
use hpo_core::report::importance::{Fanova, ImportanceError, Importances, Measure, PedAnova};
use hpo_core::space::{Domain, FlatSpace, Float, Space, Value};
use hpo_core::trial::{Attributes, Direction, InitialTrial, NewTrial, State, Timestamp, Trials};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

#[derive(Deserialize)]
struct Golden {
    name: String,
    direction: Direction,
    space: Vec<(String, Json)>,
    trials: Vec<(Vec<Json>, Json)>,
    ped_anova: Vec<Measured>,
    fanova: Option<Forests>,
    encodings: Option<Encodings>,
}

#[derive(Deserialize)]
struct Measured {
    settings: Map<String, Json>,
    shares: Map<String, Json>,
}

#[derive(Deserialize)]
struct Encodings {
    optuna: Map<String, Json>,
    one_column: Map<String, Json>,
}

#[derive(Deserialize)]
struct Forests {
    mean: Map<String, Json>,
    spread: Map<String, Json>,
}

fn recorded() -> Vec<Golden> {
    serde_json::from_str(include_str!("golden/importance.json"))
        .expect("the recorded figures are JSON")
}

fn domain(text: &str) -> Domain {
    let flat = FlatSpace::new(&Space::from_json(text).expect("a space"))
        .expect("one that can be searched");
    flat.parameter(0).domain().clone()
}

fn value(domain: &Domain, json: &Json) -> Value {
    match domain {
        Domain::Float(_) => Value::Float(json.as_f64().expect("a number")),
        Domain::Int(_) => Value::Int(json.as_i64().expect("an integer")),
        Domain::Categorical(_) => Value::Choice(json.as_u64().expect("an index") as u32),
    }
}

fn ended(
    state: State,
    params: Vec<(hpo_core::trial::ParamId, Value)>,
    values: Vec<f64>,
) -> NewTrial {
    NewTrial {
        given: Some(InitialTrial { state, params, values, reports: Vec::new() }),
        attributes: Attributes::default(),
    }
}

/// The trials of a recorded study.
fn trials(golden: &Golden) -> Trials {
    let mut trials = Trials::new(1);
    let domains: Vec<Domain> =
        golden.space.iter().map(|(_, json)| domain(&json.to_string())).collect();
    let ids: Vec<_> = golden
        .space
        .iter()
        .zip(&domains)
        .map(|((path, _), domain)| trials.declare(path, domain))
        .collect();
    for (params, loss) in &golden.trials {
        let active = params.iter().enumerate().filter(|(_, json)| !json.is_null());
        let params =
            active.map(|(index, json)| (ids[index], value(&domains[index], json))).collect();
        let loss = loss.as_f64().unwrap_or(f64::INFINITY);
        trials
            .create(ended(State::Complete, params, vec![loss]), Timestamp(0))
            .expect("a trial of the study");
    }
    trials
}

fn measured(
    trials: &Trials,
    direction: Direction,
    measure: Measure,
) -> Result<Importances, ImportanceError> {
    let view = StudyView { name: "s", directions: &[direction], trials, flat: None, metrics: &[] };
    measure.importances(&view, 0)
}

fn share(importances: &Importances, path: &str) -> f64 {
    importances.of.iter().find(|one| one.path == path).unwrap_or_else(|| panic!("no {path}")).share
}

fn ped_anova(settings: &Map<String, Json>) -> PedAnova {
    let number =
        |key: &str, default: f64| settings.get(key).and_then(Json::as_f64).unwrap_or(default);
    PedAnova {
        target: number("target_quantile", 0.1),
        region: number("region_quantile", 1.0),
        is_local: settings.get("evaluate_on_local").and_then(Json::as_bool).unwrap_or(true),
    }
}

#[test]
fn ped_anova_has_the_figures_of_optuna() {
    let studies = recorded();
    assert_eq!(studies.len(), 10);
    for golden in studies {
        let trials = trials(&golden);
        for expected in &golden.ped_anova {
            let measure = Measure::PedAnova(ped_anova(&expected.settings));
            let importances =
                measured(&trials, golden.direction, measure).expect("it can be measured");
            assert_eq!(importances.of.len(), expected.shares.len());
            for (path, expected) in &expected.shares {
                let (actual, expected) =
                    (share(&importances, path), expected.as_f64().expect("a share"));
                assert!(
                    (actual - expected).abs() < 1e-8,
                    "{} {path}: {actual}, Optuna {expected}",
                    golden.name
                );
            }
        }
    }
}

/// Forests are random: means over as many seeds are compared. Parameters on plain scales, and
/// choices between two, are the same in both; what is left are the random ties, the weight of
/// integers at the ends, and mixtures of choices.
#[test]
fn fanova_agrees_with_optuna_on_plain_scales() {
    const SEEDS: u64 = 12;
    let mut compared = 0;
    for golden in recorded() {
        let Some(forests) = &golden.fanova else { continue };
        let trials = trials(&golden);
        let importances: Vec<Importances> = (0..SEEDS)
            .map(|seed| Measure::Fanova(Fanova { seed, ..Fanova::default() }))
            .map(|measure| {
                measured(&trials, golden.direction, measure).expect("it can be measured")
            })
            .collect();
        for (path, expected) in &forests.mean {
            let mean = importances.iter().map(|one| share(one, path)).sum::<f64>() / SEEDS as f64;
            let (expected, spread) =
                (expected.as_f64().expect("a share"), forests.spread[path].as_f64().expect("one"));
            let tolerance = 0.02 + spread;
            assert!(
                (mean - expected).abs() < tolerance,
                "{} {path}: {mean}, Optuna {expected}",
                golden.name
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 14);
}

/// A choice between two lines that cross in the middle explains nothing by itself: its true share
/// is 0. Optuna tells twice what the same trees tell whose choice is one column: its two columns of
/// zeros and ones span mixtures of choices, in which no trial lies. Ours is that of the one column.
#[test]
fn of_a_choice_that_matters_by_a_crossing_alone_fanova_tells_less_than_optuna() {
    let golden =
        recorded().into_iter().find(|golden| golden.name == "crossed").expect("it is recorded");
    let (trials, encodings) = (trials(&golden), golden.encodings.expect("both are recorded"));
    let of = |seed| Measure::Fanova(Fanova { seed, ..Fanova::default() });
    let shares = (0..12)
        .map(|seed| share(&measured(&trials, golden.direction, of(seed)).expect("a share"), "k"));
    let mean = shares.sum::<f64>() / 12.0;
    let [optuna, one_column] = [&encodings.optuna, &encodings.one_column]
        .map(|shares| shares["k"].as_f64().expect("a share"));
    assert!((mean - one_column).abs() < 0.012, "{mean}, with one column {one_column}");
    assert!(mean < 0.6 * optuna, "{mean}, Optuna {optuna}");
}

/// So many trials of so many numbers between 0 and 1, their values by `loss`.
fn random(params: usize, count: usize, loss: impl Fn(&[f64]) -> f64) -> Trials {
    let mut trials = Trials::new(1);
    let domain = Domain::Float(Float::new(0.0, 1.0));
    let ids: Vec<_> =
        (0..params).map(|index| trials.declare(&format!("x{index}"), &domain)).collect();
    let mut rng = hpo_core::rng::Rng::derive(3, 0);
    for _ in 0..count {
        let point: Vec<f64> = ids.iter().map(|_| rng.unit()).collect();
        let params = ids.iter().zip(&point).map(|(id, x)| (*id, Value::Float(*x))).collect();
        trials
            .create(ended(State::Complete, params, vec![loss(&point)]), Timestamp(0))
            .expect("a trial");
    }
    trials
}

const BOTH: [fn() -> Measure; 2] = [Measure::default, || Measure::Fanova(Fanova::default())];

fn minimized(trials: &Trials, measure: Measure) -> Result<Importances, ImportanceError> {
    measured(trials, Direction::Minimize, measure)
}

#[test]
fn shares_sum_to_one_and_the_most_important_comes_first() {
    for measure in BOTH {
        let importances = minimized(&random(5, 200, |x| 1.5 * x[3] + x[1]), measure()).unwrap();
        assert!((importances.of.iter().map(|one| one.share).sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(importances.of.is_sorted_by(|a, b| a.share >= b.share));
        assert_eq!([&importances.of[0].path, &importances.of[1].path], ["x3", "x1"]);
        assert_eq!((importances.trials, importances.complete, importances.infinite), (200, 200, 0));
    }
}

#[test]
fn a_pair_that_matters_only_together_is_an_interaction() {
    let either = |x: &[f64]| f64::from((x[0] > 0.5) != (x[2] > 0.5)) + 0.3 * x[1];
    let importances =
        minimized(&random(4, 400, either), Measure::Fanova(Fanova::default())).unwrap();
    let strongest = &importances.interactions[0];
    let mut paths = strongest.paths.clone();
    paths.sort();
    assert_eq!(paths, ["x0", "x2"]);
    assert!(strongest.share > 0.4 && strongest.share < 1.0, "{strongest:?}");
    assert!(importances.alone.unwrap() < 0.55);
    let sum =
        minimized(&random(4, 400, |x| x[0] + x[1]), Measure::Fanova(Fanova::default())).unwrap();
    assert!(sum.alone.unwrap() > 0.8, "{:?}", sum.alone);
}

#[test]
fn nothing_is_told_where_there_is_nothing_to_tell() {
    for measure in BOTH.map(|measure| measure()) {
        let few = minimized(&random(2, 3, |x| x[0]), measure).unwrap_err();
        assert_eq!(few, ImportanceError::TooFewTrials { found: 3, infinite: 0, needed: 4 });
        let same = measured(&random(2, 30, |_| 7.0), Direction::Maximize, measure).unwrap_err();
        assert_eq!(same, ImportanceError::Constant { trials: 30, value: 7.0 });
        let infinite = minimized(&random(2, 30, |_| f64::INFINITY), measure).unwrap_err();
        assert_eq!(infinite, ImportanceError::TooFewTrials { found: 0, infinite: 30, needed: 4 });
        assert_eq!(
            minimized(&random(0, 30, |_| 1.0), measure).unwrap_err(),
            ImportanceError::NoParameters
        );
        let trials = random(1, 30, |x| x[0]);
        let view = StudyView {
            name: "s",
            directions: &[Direction::Minimize],
            trials: &trials,
            flat: None,
            metrics: &[],
        };
        let none = measure.importances(&view, 1).unwrap_err();
        assert_eq!(none, ImportanceError::NoSuchObjective { objective: 1, count: 1 });
    }
    let mut failed = Trials::new(1);
    let id = failed.declare("x", &Domain::Float(Float::new(0.0, 1.0)));
    for _ in 0..9 {
        failed
            .create(ended(State::Failed, vec![(id, Value::Float(0.5))], Vec::new()), Timestamp(0))
            .unwrap();
    }
    assert!(matches!(
        minimized(&failed, Measure::default()),
        Err(ImportanceError::TooFewTrials { found: 0, .. })
    ));
}

#[test]
fn settings_without_sense_are_refused() {
    let trials = random(2, 30, |x| x[0]);
    let quantiles = PedAnova { target: 0.5, region: 0.2, is_local: true };
    let error = minimized(&trials, Measure::PedAnova(quantiles)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the ped-anova measure: `target` is 0.5: write 0 < target < region <= 1 (region is 0.2)"
    );
    let none = Measure::Fanova(Fanova { trees: 0, ..Fanova::default() });
    assert_eq!(
        minimized(&trials, none).unwrap_err().to_string(),
        "the fanova measure: `trees` is 0: write 1 to 10000"
    );
}

#[test]
fn the_only_parameter_has_all_the_importance() {
    for measure in BOTH {
        let importances = minimized(&random(1, 30, |x| x[0]), measure()).unwrap();
        assert_eq!(importances.of.len(), 1);
        assert!((importances.of[0].share - 1.0).abs() < 1e-12);
    }
}

#[test]
fn infinite_values_are_left_out_and_counted() {
    let trials = random(2, 80, |x| if x[1] > 0.7 { f64::INFINITY } else { x[0] });
    for measure in BOTH {
        let importances = minimized(&trials, measure()).unwrap();
        assert!(
            importances.infinite > 10 && importances.trials + importances.infinite == 80,
            "{importances:?}"
        );
        assert_eq!(importances.of[0].path, "x0");
    }
}

#[test]
fn large_studies_are_sampled_and_say_so() {
    let trials = random(3, 3_000, |x| x[2]);
    let all = minimized(&trials, Measure::PedAnova(PedAnova::default())).unwrap();
    assert_eq!((all.trials, all.complete), (3_000, 3_000));
    let few = Fanova { trees: 4, sample: 500, ..Fanova::default() };
    let sample = minimized(&trials, Measure::Fanova(few)).unwrap();
    assert_eq!((sample.trials, sample.complete), (500, 3_000));
    assert_eq!(sample.of[0].path, "x2");
    assert_eq!(
        sample,
        minimized(&trials, Measure::Fanova(few)).unwrap(),
        "the same seed, the same figures"
    );
}

#[test]
fn many_parameters_are_told_apart() {
    let trials = random(200, 300, |x| x[120] + 0.2 * x[7]);
    for measure in [
        Measure::PedAnova(PedAnova::default()),
        Measure::Fanova(Fanova { trees: 8, ..Fanova::default() }),
    ] {
        let importances = minimized(&trials, measure).unwrap();
        assert_eq!((importances.of.len(), importances.of[0].path.as_str()), (200, "x120"));
    }
}

#[test]
fn each_objective_has_its_own() {
    let mut trials = Trials::new(2);
    let ids = ["a", "b"].map(|path| trials.declare(path, &Domain::Float(Float::new(0.0, 1.0))));
    let mut rng = hpo_core::rng::Rng::derive(5, 0);
    for _ in 0..100 {
        let [a, b] = [rng.unit(), rng.unit()];
        let params = vec![(ids[0], Value::Float(a)), (ids[1], Value::Float(b))];
        trials.create(ended(State::Complete, params, vec![a, b]), Timestamp(0)).unwrap();
    }
    let directions = [Direction::Minimize, Direction::Maximize];
    let view =
        StudyView { name: "s", directions: &directions, trials: &trials, flat: None, metrics: &[] };
    for measure in BOTH {
        let most = |objective| measure().importances(&view, objective).unwrap().of[0].path.clone();
        assert_eq!([most(0), most(1)], ["a", "b"]);
    }
}

#[test]
fn huge_and_tiny_values_do_not_overflow() {
    for scale in [1e-300, f64::MAX / 2.0] {
        for measure in BOTH {
            let importances =
                minimized(&random(2, 60, |x| scale * (x[0] - 0.5)), measure()).unwrap();
            assert!(
                importances.of[0].path == "x0" && importances.of[0].share > 0.8,
                "{importances:?}"
            );
        }
    }
}

/// A parameter of a single value, and one that could have moved but did not, in whatever kind of
/// range.
#[test]
fn what_never_moved_has_a_share_of_zero_by_every_measure() {
    let single = [
        r#"{"float": {"low": 0.5, "high": 0.5}}"#,
        r#"{"float": {"low": 0.5, "high": 0.5, "log": true}}"#,
        r#"{"int": {"low": 3, "high": 3}}"#,
        r#"{"int": {"low": 3, "high": 3, "log": true}}"#,
        r#"{"categorical": {"choices": ["a"]}}"#,
    ];
    let still = [
        (r#"{"float": {"low": 0, "high": 1}}"#, Value::Float(0.25)),
        (r#"{"float": {"low": 1e-5, "high": 1, "log": true}}"#, Value::Float(0.1)),
        (r#"{"int": {"low": 0, "high": 9}}"#, Value::Int(4)),
        (r#"{"int": {"low": 1, "high": 100, "log": true}}"#, Value::Int(4)),
        (r#"{"categorical": {"choices": ["a", "b", "c"]}}"#, Value::Choice(1)),
    ];
    let mut trials = Trials::new(1);
    let x = trials.declare("x", &domain(r#"{"float": {"low": 0, "high": 1}}"#));
    let y = trials.declare("y", &domain(r#"{"int": {"low": 0, "high": 9}}"#));
    let mut constants = Vec::new();
    for (index, text) in single.iter().enumerate() {
        let value = hpo_core::space::FlatSpace::new(&Space::from_json(text).unwrap())
            .unwrap()
            .decode(&[0.0])
            .values()[0];
        constants.push((trials.declare(&format!("single{index}"), &domain(text)), value));
    }
    for (index, (text, value)) in still.iter().enumerate() {
        constants.push((trials.declare(&format!("still{index}"), &domain(text)), *value));
    }
    for trial in 0..80_i64 {
        let place = (trial * 37 % 80) as f64 / 80.0;
        let mut params = vec![(x, Value::Float(place)), (y, Value::Int(trial % 10))];
        // Half of the constants are active in some trials only: what decides on that has the
        // effect.
        let kept =
            constants.iter().enumerate().filter(|(index, _)| index % 2 == 0 || trial % 3 > 0);
        params.extend(kept.map(|(_, constant)| *constant));
        let value = 3.0 * (place - 0.4).powi(2) + f64::from(u8::from(trial % 3 > 0));
        trials.create(ended(State::Complete, params, vec![value]), Timestamp(0)).unwrap();
    }
    for measure in Measure::ALL {
        let importances = minimized(&trials, measure).unwrap();
        for one in importances.of.iter().filter(|one| one.path != "x" && one.path != "y") {
            assert_eq!(one.share, 0.0, "{} of {}", one.path, measure.name());
        }
        assert!((importances.of.iter().map(|one| one.share).sum::<f64>() - 1.0).abs() < 1e-9);
        assert_eq!(importances.of[0].path, "x", "{}", measure.name());
    }
}

/// The issue's case: 150 trials of samplers that concentrate, of which two parameters matter.
#[test]
fn the_default_measure_finds_what_matters_where_a_sampler_concentrates() {
    use hpo_core::prelude::*;
    use hpo_core::sampler::Tpe;
    use hpo_core::space::Params;
    let space = r#"{"all": {"lr": {"float": {"low": 1e-5, "high": 0.1, "log": true}}, "layers": {"int": {"low": 1, "high": 8}},
        "dropout": {"float": {"low": 0, "high": 0.5}}, "batch": {"categorical": {"choices": [16, 32, 64, 128]}},
        "opt": {"categorical": {"choices": ["sgd", "adam", "rms"]}}}}"#;
    let loss = |params: Params| {
        let wrong = match params.get("opt").unwrap().to_string().as_str() {
            "sgd" => 1.5,
            "rms" => 0.5,
            _ => 0.0,
        };
        (params.float("lr").unwrap().log10() + 3.0).powi(2) + wrong
    };
    for seed in 0..3 {
        let study = Study::<Params>::minimize()
            .space(Space::from_json(space).unwrap())
            .sampler(Tpe::default());
        let study = study.seed(seed).run(150, loss).unwrap();
        let importances = study.importances(&Measure::default(), 0).unwrap();
        let first: Vec<&str> = importances.of[..2].iter().map(|one| one.path.as_str()).collect();
        assert_eq!(first, ["lr", "opt"], "{importances:?}");
        assert!(
            importances.of[2..].iter().map(|one| one.share).sum::<f64>() < 0.15,
            "{importances:?}"
        );
    }
}
