//! Samplers: the contract, the policy on duplicates and constraints, and what each one promises
//! beyond.

use std::sync::Arc;

use hpo_core::sampler::{
    AskContext, Duplicates, Grid, Proposal, Qmc, Random, SampleError, Sampler, SamplerConfig,
    Suggested, propose,
};
use hpo_core::space::{Cardinality, FlatSpace, Params};
use hpo_core::testing::sampler::{Past, check};
use hpo_core::trial::Outcome;
use hpo_tests::fixtures::flat;

const MIXED: &str = r#"{"all": {
    "lr": {"float": {"low": 1e-5, "high": 0.1, "log": true}},
    "units": {"int": {"low": 16, "high": 256}},
    "kind": {"one_of": {"adam": {"all": {}}, "sgd": {"all": {"momentum": {"float": {"low": 0, "high": 1}}}}}}
}}"#;

const SQUARE: &str =
    r#"{"all": {"x": {"int": {"low": 0, "high": 9}}, "y": {"int": {"low": 0, "high": 9}}}}"#;

fn shown(sampler: &dyn Sampler, flat: &Arc<FlatSpace>, number: u64, attempt: u32) -> String {
    let ask = AskContext { number, attempt, seed: 42 };
    match sampler.sample(Past::new(flat).history(), ask) {
        Ok(Proposal::Config(params)) => params.to_string(),
        other => format!("{other:?}"),
    }
}

/// Runs a search to its end, or to `most` trials, under a constraint.
fn run(
    sampler: &dyn Sampler,
    flat: &Arc<FlatSpace>,
    most: usize,
    policy: Duplicates,
    feasible: &mut dyn FnMut(&Params) -> bool,
) -> (Vec<Params>, Option<SampleError>) {
    let (mut past, mut found) = (Past::new(flat), Vec::new());
    while found.len() < most {
        match propose(sampler, past.history(), past.next_number(), 3, policy, feasible) {
            Ok(Some(Suggested { params, .. })) => {
                past.tell(&params, Some(Outcome::Complete(&[0.0])));
                found.push(params);
            }
            Ok(None) => break,
            Err(error) => return (found, Some(error)),
        }
    }
    (found, None)
}

#[test]
fn random_keeps_the_contract() {
    check(|| Box::new(Random));
}

#[test]
fn qmc_keeps_the_contract() {
    check(|| Box::new(Qmc));
}

#[test]
fn grid_keeps_the_contract() {
    check(|| Box::new(Grid::default()));
    check(|| Box::new(Grid::builder().points(1).build().unwrap()));
}

/// Changed proposals silently change everybody's results: only with a new major version.
#[test]
fn value_stability() {
    let flat = flat(MIXED);
    let trials = |sampler: &dyn Sampler| [0, 1, 2].map(|number| shown(sampler, &flat, number, 0));
    assert_eq!(
        trials(&Random),
        [
            "lr = 0.04926943998044253, units = 83, kind = adam",
            "lr = 0.029821092270062743, units = 39, kind = adam",
            "lr = 0.0030869466350645905, units = 130, kind = adam",
        ]
    );
    assert_eq!(
        trials(&Qmc),
        [
            "lr = 1.5381414320347888e-5, units = 23, kind = adam",
            "lr = 0.0984871251628305, units = 188, kind = sgd, kind.sgd.momentum = 0.49407491673504",
            "lr = 0.0007196694500211434, units = 255, kind = sgd, kind.sgd.momentum = 0.013118416893742602",
        ]
    );
    assert_eq!(
        [0, 1, 2, 3, 4].map(|attempt| shown(
            &Grid::builder().points(3).build().unwrap(),
            &flat,
            0,
            attempt
        )),
        [
            "lr = 1e-5, units = 16, kind = adam",
            "lr = 1e-5, units = 16, kind = sgd, kind.sgd.momentum = 0.0",
            "lr = 1e-5, units = 16, kind = sgd, kind.sgd.momentum = 0.5",
            "lr = 1e-5, units = 16, kind = sgd, kind.sgd.momentum = 1.0",
            "lr = 1e-5, units = 17, kind = adam",
        ]
    );
}

#[test]
fn a_grid_runs_in_order_with_the_last_parameter_fastest() {
    let flat = flat(
        r#"{"one_of": {
            "a": {"all": {"x": {"float": {"low": 1, "high": 100, "log": true}}, "y": {"int": {"low": 0, "high": 1}}}},
            "b": {"all": {"z": {"float": {"low": 0, "high": 1}}}}
        }}"#,
    );
    let grid = Grid::builder().points(3).build().unwrap();
    assert_eq!(grid.size(&flat), Cardinality::Finite(9));
    let (found, _) = run(&grid, &flat, 100, Duplicates::Avoid, &mut |_| true);
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "kind = a, a.x = 1.0, a.y = 0",
            "kind = a, a.x = 1.0, a.y = 1",
            "kind = a, a.x = 10.000000000000002, a.y = 0",
            "kind = a, a.x = 10.000000000000002, a.y = 1",
            "kind = a, a.x = 100.0, a.y = 0",
            "kind = a, a.x = 100.0, a.y = 1",
            "kind = b, b.z = 0.0",
            "kind = b, b.z = 0.5",
            "kind = b, b.z = 1.0",
        ]
    );
}

#[test]
fn a_grid_takes_so_many_levels_of_a_long_range_evenly_on_its_own_scale() {
    let flat = flat(
        r#"{"one_of": {
            "linear": {"int": {"low": 16, "high": 512}},
            "log": {"int": {"low": 1, "high": 10000, "log": true}},
            "crowded": {"int": {"low": 1, "high": 8, "log": true}},
            "steps": {"float": {"low": 0, "high": 1, "step": 0.05}},
            "short": {"int": {"low": 1, "high": 4}},
            "choices": {"categorical": {"choices": ["a", "b", "c", "d", "e", "f"]}},
            "list": {"list": {"len": {"low": 1, "high": 7}, "of": {"int": {"low": 3, "high": 3}}}}
        }}"#,
    );
    // A length is not cut: what it holds hangs on it.
    let grid = Grid::builder().levels(5).build().unwrap();
    let (found, _) = run(&grid, &flat, 100, Duplicates::Avoid, &mut |_| true);
    let of = |branch: &str| -> Vec<String> {
        found.iter().filter_map(|params| Some(params.get(branch)?.to_string())).collect()
    };
    assert_eq!(of("linear"), ["16", "140", "264", "388", "512"]);
    assert_eq!(of("log"), ["1", "10", "100", "1000", "10000"]);
    assert_eq!(of("crowded"), ["1", "2", "3", "5", "8"]);
    assert_eq!(of("steps"), ["0.0", "0.25", "0.5", "0.75", "1.0"]);
    assert_eq!(of("short"), ["1", "2", "3", "4"]);
    assert_eq!(of("choices").len(), 6);
    assert_eq!(grid.size(&flat), Cardinality::Finite(37));
    let middle = Grid::builder().levels(1).build().unwrap();
    assert_eq!(middle.size(&flat), Cardinality::Finite(18));
}

#[test]
fn a_grid_skips_what_was_queued_by_hand_and_goes_on_after_a_restart() {
    let flat = flat(SQUARE);
    let mut past = Past::new(&flat);
    past.tell(&flat.nth(1).unwrap(), None);
    for expected in [0, 2, 3] {
        let params = past.propose(&Grid::default(), 0).unwrap();
        assert_eq!(params, flat.nth(expected).unwrap());
        past.tell(&params, None);
    }
}

#[test]
fn a_grid_beyond_every_integer_type_starts_at_once() {
    let parts: Vec<String> =
        (0..200).map(|i| format!(r#""x{i}": {{"float": {{"low": 0, "high": 1}}}}"#)).collect();
    let flat = flat(&format!(r#"{{"all": {{{}}}}}"#, parts.join(",")));
    let grid = Grid::default();
    assert_eq!(grid.size(&flat).to_string(), "more than 10^38");
    let (found, _) = run(&grid, &flat, 20, Duplicates::Avoid, &mut |_| true);
    assert_eq!(found[0].float("x199"), Some(0.0));
    assert_eq!(found[1].float("x199"), Some(1.0 / 9.0));
    assert_eq!(found[10].float("x198"), Some(1.0 / 9.0));
}

#[test]
fn a_grid_under_a_constraint_visits_every_feasible_point_in_order() {
    let flat = flat(SQUARE);
    let mut feasible = |params: &Params| params.int("x") > params.int("y");
    let (found, error) = run(&Grid::default(), &flat, 1000, Duplicates::Avoid, &mut feasible);
    let expected: Vec<Params> = (0..100).filter_map(|i| flat.nth(i)).filter(feasible).collect();
    assert_eq!((found, error), (expected, None));
}

#[test]
fn finite_spaces_under_a_constraint_are_exhausted_and_end() {
    let flat = flat(SQUARE);
    for sampler in [&Random as &dyn Sampler, &Qmc] {
        let mut feasible = |params: &Params| params.int("x") > params.int("y");
        let (found, error) = run(sampler, &flat, 1000, Duplicates::Avoid, &mut feasible);
        assert_eq!((found.len(), error), (45, None), "{}", sampler.name());
    }
}

#[test]
fn a_constraint_that_rejects_everything_is_an_error_that_says_so() {
    let none = &mut |_: &Params| false;
    for (json, sampler, rejected) in [
        (SQUARE, &Random as &dyn Sampler, 100),
        (SQUARE, &Grid::default(), 100),
        (MIXED, &Qmc, 100_000),
    ] {
        let (found, error) = run(sampler, &flat(json), 9, Duplicates::Avoid, none);
        assert_eq!((found.len(), error), (0, Some(SampleError::Infeasible { rejected })));
    }
    assert_eq!(
        SampleError::Infeasible { rejected: 1000 }.to_string(),
        "the constraint rejected all 1000 configs proposed for one trial: widen the space, or loosen the constraint"
    );
}

/// Not one proposal in a hundred is feasible, in a continuum: the sampler is asked until one is.
#[test]
fn a_narrow_constraint_on_a_continuum_is_met() {
    let mut narrow = |params: &Params| params.float("lr").is_some_and(|lr| lr > 0.095);
    for sampler in [&Random as &dyn Sampler, &Qmc] {
        let (found, error) = run(sampler, &flat(MIXED), 10, Duplicates::Avoid, &mut narrow);
        assert_eq!((found.len(), error), (10, None));
    }
}

/// Six numbers in order: the constraint of one config in 720.
fn is_in_order(params: &Params) -> bool {
    let values = (0..6).map(|index| params.float(&format!("x{index}")));
    values.collect::<Vec<_>>().is_sorted()
}

fn six(part: &str) -> Arc<FlatSpace> {
    let parts: Vec<String> = (0..6).map(|i| format!(r#""x{i}": {part}"#)).collect();
    flat(&format!(r#"{{"all": {{{}}}}}"#, parts.join(",")))
}

#[test]
fn one_config_in_720_is_found() {
    for part in [r#"{"float": {"low": 0, "high": 1}}"#, r#"{"int": {"low": 0, "high": 99}}"#] {
        for sampler in [&Random as &dyn Sampler, &Qmc] {
            let feasible = &mut |params: &Params| is_in_order(params);
            let (found, error) = run(sampler, &six(part), 12, Duplicates::Avoid, feasible);
            assert_eq!((found.len(), error), (12, None), "{} {part}", sampler.name());
        }
    }
}

#[test]
fn first_trials_keep_the_constraint_of_the_space() {
    let flat = six(r#"{"float": {"low": 0, "high": 1}}"#);
    let past = Past::new(&flat);
    for name in ["gp", "tpe", "cmaes", "nsga2", "auto"] {
        let sampler = name.parse::<SamplerConfig>().unwrap().build();
        let sampler = match name {
            "cmaes" => r#"{"cmaes": {"startup": 10}}"#.parse::<SamplerConfig>().unwrap().build(),
            _ => sampler,
        };
        let kept = |number| {
            let ask = AskContext { number, attempt: 0, seed: 3 };
            match sampler.sample(past.history().under(is_in_order), ask).unwrap() {
                Proposal::Config(params) => is_in_order(&params),
                Proposal::Exhausted => false,
            }
        };
        assert!((0..10).all(kept), "{name}");
    }
}

#[test]
fn duplicates_are_allowed_where_asked_for() {
    let flat = flat(r#"{"categorical": {"choices": ["a", "b"]}}"#);
    let (found, error) = run(&Random, &flat, 50, Duplicates::Allow, &mut |_| true);
    assert_eq!((found.len(), error), (50, None));
    let mut only_b = |params: &Params| params.values() == flat.nth(1).unwrap().values();
    let (found, error) = run(&Random, &flat, 50, Duplicates::Allow, &mut only_b);
    assert_eq!((found.len(), error), (50, None));
}

/// A sampler stuck on one config.
#[derive(Debug)]
struct Stuck;

impl Sampler for Stuck {
    fn sample(
        &self,
        history: hpo_core::trial::History<'_>,
        _: AskContext,
    ) -> Result<Proposal, SampleError> {
        Ok(Proposal::Config(history.flat_space().default_params()))
    }

    fn name(&self) -> &'static str {
        "stuck"
    }
}

/// A random sampler that counts its own questions instead of looking at what it is asked.
#[derive(Debug, Default)]
struct Counting(std::sync::atomic::AtomicU64);

impl Sampler for Counting {
    fn sample(
        &self,
        history: hpo_core::trial::History<'_>,
        ask: AskContext,
    ) -> Result<Proposal, SampleError> {
        let number = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Random.sample(history, AskContext { number, ..ask })
    }

    fn name(&self) -> &'static str {
        "counting"
    }
}

#[test]
#[should_panic(expected = "the answer hangs on what the sampler was asked before")]
fn the_contract_catches_a_sampler_with_a_memory() {
    check(|| Box::new(Counting::default()));
}

/// A sampler of configs of another space, made anew for every answer.
#[derive(Debug)]
struct Elsewhere;

impl Sampler for Elsewhere {
    fn sample(
        &self,
        history: hpo_core::trial::History<'_>,
        ask: AskContext,
    ) -> Result<Proposal, SampleError> {
        let other = FlatSpace::new(history.flat_space().space()).unwrap();
        Ok(Proposal::Config(other.draw(&mut ask.rng())))
    }

    fn name(&self) -> &'static str {
        "elsewhere"
    }
}

#[test]
#[should_panic(expected = "is of another space")]
fn the_contract_catches_configs_of_another_space() {
    check(|| Box::new(Elsewhere));
}

#[test]
fn an_axis_of_one_point_or_none_is_searched_once() {
    for json in [r#"{"all": {}}"#, r#"{"float": {"low": 2, "high": 2}}"#] {
        for sampler in [&Random as &dyn Sampler, &Qmc, &Grid::default()] {
            let (found, error) = run(sampler, &flat(json), 9, Duplicates::Avoid, &mut |_| true);
            assert_eq!((found.len(), error), (1, None), "{json}");
        }
    }
}

#[test]
fn a_stuck_sampler_is_helped_out() {
    let (found, _) = run(&Stuck, &flat(SQUARE), 1000, Duplicates::Avoid, &mut |_| true);
    assert_eq!(found.len(), 100);
    let (found, error) = run(&Stuck, &flat(MIXED), 3, Duplicates::Avoid, &mut |_| true);
    assert_eq!((found.len(), error), (3, None));
    assert!(found[0] != found[1] && found[1] != found[2] && found[0] != found[2]);
}

/// A model may insist on what it never saw: there, what the constraint forbids.
#[test]
fn every_sampler_gets_along_with_a_narrow_constraint() {
    let flat = flat(
        r#"{"all": {"x": {"float": {"low": 0, "high": 1}}, "y": {"float": {"low": 0, "high": 1}}}}"#,
    );
    let sum = |params: &Params| params.float("x").unwrap() + params.float("y").unwrap();
    for name in ["random", "qmc", "tpe", "gp", "cmaes", "nsga2", "auto"] {
        let sampler = name.parse::<SamplerConfig>().unwrap().build();
        let mut past = Past::new(&flat);
        for _ in 0..60 {
            let mut is_close = |params: &Params| (sum(params) - 0.5).abs() < 0.05;
            let number = past.next_number();
            let proposed =
                propose(&*sampler, past.history(), number, 5, Duplicates::Avoid, &mut is_close);
            let choice =
                proposed.unwrap_or_else(|error| panic!("{name}, trial {number}: {error}")).unwrap();
            past.tell(
                &choice.params,
                Some(Outcome::Complete(&[-choice.params.float("x").unwrap()])),
            );
        }
    }
}

/// What a scan picks of the rest is spread over the space, not the neighbours of where it fell.
#[test]
fn the_rest_of_a_finite_space_is_drawn_fairly() {
    let flat = flat(SQUARE);
    let mut past = Past::new(&flat);
    for index in (0..100).filter(|index| index % 10 != 0) {
        past.tell(&flat.nth(index).unwrap(), None);
    }
    let mut counts = [0_u32; 10];
    for seed in 0..2000 {
        let params = past.propose(&Stuck, seed).unwrap();
        counts[usize::try_from(params.int("x").unwrap()).unwrap()] += 1;
    }
    // 180 to 220 would be one and a half standard deviations.
    let even = counts[1..].iter().all(|count| count.abs_diff(counts.iter().sum::<u32>() / 10) < 80);
    assert!(even, "{counts:?}");
}

#[test]
fn qmc_is_more_even_than_random() {
    let flat = flat(
        r#"{"all": {"x": {"float": {"low": 0, "high": 1}}, "k": {"categorical": {"choices": ["a", "b", "c", "d"]}}}}"#,
    );
    let cells = |sampler: &dyn Sampler| {
        let (found, _) = run(sampler, &flat, 64, Duplicates::Avoid, &mut |_| true);
        let cells = found.iter().map(|params| {
            let values = params.values();
            let column = (values[0].as_float().unwrap() * 16.0) as u32;
            column * 4 + values[1].as_choice().unwrap()
        });
        cells.collect::<std::collections::BTreeSet<u32>>().len()
    };
    // Of 64 cells of the same size, 64 points of a net hit every one; random points miss a third.
    assert_eq!(cells(&Qmc), 64);
    assert!(cells(&Random) < 50);
}

/// Probabilities, not places: a prior holds for quasi-random points as it does for random ones.
#[test]
fn qmc_follows_priors() {
    let flat =
        flat(r#"{"float": {"low": 0, "high": 1, "prior": {"center": 0.9, "spread": 0.05}}}"#);
    let (found, _) = run(&Qmc, &flat, 256, Duplicates::Avoid, &mut |_| true);
    let near = found.iter().filter(|params| (params.float("value").unwrap() - 0.9).abs() < 0.05);
    // One standard deviation holds 68.3 % of a normal distribution, of the one cut at 2 deviations
    // 69.9 %.
    assert!((near.count() as f64 / 256.0 - 0.699).abs() < 0.01);
}

#[test]
fn sampler_configs_are_read_and_written() {
    for (text, config) in [
        ("random", SamplerConfig::Random {}),
        ("qmc", SamplerConfig::Qmc {}),
        ("grid", SamplerConfig::Grid(Grid::default())),
        (r#"{"random":{}}"#, SamplerConfig::Random {}),
        (
            r#"{"grid":{"points":5}}"#,
            SamplerConfig::Grid(Grid::builder().points(5).build().unwrap()),
        ),
        (
            r#"{"grid":{"levels":4}}"#,
            SamplerConfig::Grid(Grid::builder().levels(4).build().unwrap()),
        ),
    ] {
        let parsed: SamplerConfig = text.parse().unwrap();
        assert_eq!(parsed, config);
        let written = serde_json::to_string(&config).unwrap();
        assert_eq!(written.parse::<SamplerConfig>().unwrap(), config);
    }
    assert_eq!(serde_json::to_string(&SamplerConfig::Qmc {}).unwrap(), r#"{"qmc":{}}"#);
    for (text, reason) in [
        (
            "rnadom",
            "unknown variant `rnadom`, expected one of `auto`, `random`, `grid`, `qmc`, `gp`, `tpe`, `cmaes`, `nsga2`",
        ),
        (r#"{"grid":{"points":0}}"#, "the grid sampler: `points` is 0: write 1 to 100000"),
        (r#"{"grid":{"pionts":3}}"#, "unknown field `pionts`, expected `points` or `levels`"),
        (r#"{"qmc":{"points":3}}"#, "unknown field `points`"),
    ] {
        let error = text.parse::<SamplerConfig>().unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}
