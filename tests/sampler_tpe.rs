//! The tree-structured Parzen estimator: the contract, what it is worth, and what it does with
//! unusual trials.

use std::sync::Arc;

use hpo_core::sampler::{
    AskContext, Bandwidth, GoodWeights, Random, Sampler, SamplerConfig, Tpe, TpeBuilder,
};
use hpo_core::space::{FlatSpace, Params};
use hpo_core::testing::sampler::{Past, check, check_several};
use hpo_core::trial::{
    AttributeScope, Direction, Event, History, NewTrial, Outcome, ParamMap, SeenConfigs, Timestamp,
    Trials,
};
use hpo_tests::fixtures::{flat, proposed};
use hpo_tests::functions::{BRANIN, Function, HARTMANN, MIXED, STEEP};

const SQUARE: &str =
    r#"{"all": {"x": {"float": {"low": 0, "high": 1}}, "y": {"float": {"low": 0, "high": 1}}}}"#;

const TREE: &str = r#"{"all": {
    "lr": {"float": {"low": 1e-5, "high": 0.1, "log": true}},
    "units": {"int": {"low": 16, "high": 256}},
    "kind": {"one_of": {"adam": {"all": {}}, "sgd": {"all": {"momentum": {"float": {"low": 0, "high": 1}}}}}}
}}"#;

fn ask(number: u64) -> AskContext {
    AskContext { number, attempt: 0, seed: 42 }
}

/// The loss of a config of `TREE`.
fn loss(params: &Params) -> f64 {
    let momentum =
        params.float("kind.sgd.momentum").map_or(0.5, |momentum| (momentum - 0.8).powi(2));
    (params.float("lr").unwrap().ln() + 6.0).powi(2)
        + momentum
        + params.float("units").unwrap() / 100.0
}

/// How far a config of `SQUARE` lies from the place where it is best.
fn distance(params: &Params) -> f64 {
    let [x, y] = ["x", "y"].map(|path| params.float(path).unwrap());
    ((x - 0.3).powi(2) + (y - 0.6).powi(2)).sqrt()
}

/// A study of random configs.
fn random(json: &str, trials: u64, value: impl Fn(&Params) -> f64) -> Past {
    let flat = flat(json);
    let mut past = Past::new(&flat);
    for number in 0..trials {
        let params = flat.draw(&mut ask(number).rng());
        past.tell(&params, Some(Outcome::Complete(&[value(&params)])));
    }
    past
}

#[test]
fn it_keeps_the_contract() {
    check(|| Box::new(Tpe::default()));
    check_several(|| Box::new(Tpe::default()));
}

#[test]
fn it_keeps_the_contract_with_the_settings_of_optuna_and_with_a_model_at_once() {
    check(|| Box::new(Tpe::optuna()));
    check(|| {
        Box::new(
            Tpe::builder()
                .startup(0)
                .good_weights(GoodWeights::Improvement)
                .ends(1.0)
                .build()
                .unwrap(),
        )
    });
    check_several(|| Box::new(Tpe::builder().startup(0).candidates(1).build().unwrap()));
}

/// The median regret over ten seeds beside that of random search with four times as many trials.
fn assert_beats_random(function: &Function, sampler: &Tpe) {
    let found = function.median_regret(sampler, 100, 0..10);
    let random = function.median_regret(&Random, 400, 0..10);
    assert!(
        found < random,
        "{}: {found}, random search {random} after four times as many trials",
        function.name
    );
}

#[test]
fn it_beats_four_times_as_many_random_trials() {
    for function in [BRANIN, HARTMANN, STEEP] {
        assert_beats_random(&function, &Tpe::default());
    }
}

#[test]
fn with_the_settings_of_optuna_too() {
    for function in [BRANIN, HARTMANN, MIXED] {
        assert_beats_random(&function, &Tpe::optuna());
    }
}

/// Changed proposals silently change everybody's results: only with a new major version. Platforms
/// may differ in the last digits of a logarithm: six digits are compared.
#[test]
fn value_stability() {
    let past = random(TREE, 40, loss);
    let shown = |tpe: Tpe, attempt| {
        let params = proposed(&tpe, past.history(), AskContext { attempt, ..ask(40) });
        let values = params.labels().map(|(_, label)| match label {
            hpo_core::space::Label::Float(float) => format!("{float:.5e}"),
            label => label.to_string(),
        });
        values.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        [shown(Tpe::default(), 0), shown(Tpe::default(), 1), shown(Tpe::optuna(), 0)],
        [
            "3.27037e-3 24 sgd 6.08941e-1",
            "3.96319e-3 30 sgd 4.81900e-1",
            "5.18845e-3 43 sgd 6.48511e-1"
        ]
    );
}

/// What is kept is that of a sampler which sees all at once; also where trials are left out.
#[test]
fn thousands_of_trials_are_read_as_if_at_once() {
    let tpe = Tpe::default();
    let mut past = Past::new(&flat(TREE));
    let flat = Arc::clone(past.history().flat_space());
    for number in 0..4300 {
        let params = flat.draw(&mut ask(number).rng());
        past.tell(&params, Some(Outcome::Complete(&[loss(&params)])));
        if number % 300 == 0 || number.abs_diff(2000) < 3 {
            let own = proposed(&tpe, past.history(), ask(number));
            assert_eq!(own, proposed(&tpe.clone(), past.history(), ask(number)), "{number}");
        }
    }
}

#[test]
fn odd_values_make_no_odd_proposals() {
    let values: [fn(u64) -> f64; 5] = [
        |_| 3.0,
        |_| f64::INFINITY,
        |_| f64::NEG_INFINITY,
        |number| if number % 2 == 0 { f64::INFINITY } else { f64::NEG_INFINITY },
        |number| f64::MAX * ((number % 3) as f64 - 1.0),
    ];
    for (kind, value) in values.into_iter().enumerate() {
        for weights in [GoodWeights::Even, GoodWeights::Improvement] {
            let tpe = Tpe::builder().good_weights(weights).build().unwrap();
            let mut past = Past::new(&flat(TREE));
            for number in 0..40 {
                let params = past.propose(&tpe, 1).unwrap();
                past.tell(&params, Some(Outcome::Complete(&[value(number)])));
            }
            assert_eq!(past.history().tried_count(), 40, "values of kind {kind}");
        }
    }
}

#[test]
fn one_point_over_and_over_is_no_reason_to_stop() {
    let (flat, tpe) = (flat(SQUARE), Tpe::default());
    let mut past = Past::new(&flat);
    for _ in 0..60 {
        past.tell(&flat.decode(&[0.25, 1.0]), Some(Outcome::Complete(&[1.0])));
    }
    let proposed: Vec<Params> =
        (0..20).map(|number| proposed(&tpe, past.history(), ask(number))).collect();
    assert!(proposed.iter().any(|params| *params != proposed[0]));
}

/// Half of the space fails: after a while it is hardly tried any more.
#[test]
fn failures_are_kept_away_from() {
    let tpe = Tpe::default();
    let mut past = Past::new(&flat(SQUARE));
    let mut failures = 0;
    for number in 0..80 {
        let params = past.propose(&tpe, 3).unwrap();
        let fails = params.float("x").unwrap() > 0.5;
        let value = [distance(&params)];
        past.tell(
            &params,
            Some(if fails { Outcome::Failed("out of memory") } else { Outcome::Complete(&value) }),
        );
        failures += u32::from(fails && number >= 40);
    }
    assert!(failures <= 8, "{failures} of the last forty");
}

#[test]
fn a_study_without_any_result_goes_on_filling_the_space() {
    let tpe = Tpe::default();
    let mut past = Past::new(&flat(SQUARE));
    for _ in 0..32 {
        let params = past.propose(&tpe, 3).unwrap();
        past.tell(&params, Some(Outcome::Failed("no licence")));
    }
    assert_eq!(past.history().tried_count(), 32);
    let told = tpe.explain(past.history(), ask(32)).unwrap();
    assert_eq!(told, "tpe: one of the first, 0 results of 10");
}

/// Workers that ask at the same time are kept apart, unless they are not to know of each other.
#[test]
fn trials_under_way_keep_others_away() {
    let nearest = |liar: bool| {
        let tpe = Tpe::builder().liar(liar).build().unwrap();
        let mut past = random(SQUARE, 30, distance);
        let mut configs: Vec<Params> = Vec::new();
        for number in 30..50 {
            let params = proposed(&tpe, past.history(), ask(number));
            past.tell(&params, None);
            configs.push(params);
        }
        let apart = |a: &Params, b: &Params| {
            let gap = |path| a.float(path).unwrap() - b.float(path).unwrap();
            (gap("x").powi(2) + gap("y").powi(2)).sqrt()
        };
        let mut all: Vec<f64> = configs
            .iter()
            .enumerate()
            .flat_map(|(i, a)| configs[..i].iter().map(move |b| apart(a, b)))
            .collect();
        all.sort_unstable_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let (knowing, ignorant) = (nearest(true), nearest(false));
    assert!(
        knowing > 1.2 * ignorant,
        "{knowing} apart, {ignorant} if they do not know of each other"
    );
}

/// A study whose trials are told event by event.
struct Told {
    trials: Trials,
    map: ParamMap,
    tried: SeenConfigs,
    direction: Direction,
}

impl Told {
    fn new(flat: &Arc<FlatSpace>, direction: Direction) -> Self {
        let mut trials = Trials::new(1);
        for parameter in flat.iter() {
            trials.declare(parameter.path(), parameter.domain());
        }
        let map = ParamMap::new(flat, trials.declared());
        Self { trials, map, tried: SeenConfigs::default(), direction }
    }

    fn start(&mut self, params: &Params, reports: &[(u64, f64)]) -> u64 {
        let (at, seen) = (Timestamp(0), self.trials.ordinal());
        let number = self.trials.create(NewTrial::default(), at).unwrap();
        let params: Vec<_> =
            params.iter().map(|(parameter, value)| self.map.param(parameter, value)).collect();
        self.trials
            .apply(number, &Event::Sampled { params: &params, seen, explanation: "" })
            .unwrap();
        for (step, value) in reports {
            self.trials.apply(number, &Event::Reported { step: *step, value: *value }).unwrap();
        }
        number
    }

    fn end(&mut self, number: u64, outcome: Outcome<'_>) {
        self.trials.apply(number, &Event::Finished { outcome, at: Timestamp(0) }).unwrap();
    }

    fn break_by(&mut self, number: u64, violation: f64) {
        let (scope, value) = (AttributeScope::System, violation.into());
        self.trials
            .apply(number, &Event::Attribute { scope, key: "constraints:size", value: &value })
            .unwrap();
    }

    fn propose(&self, tpe: &Tpe) -> Params {
        let directions = [self.direction];
        let history = History::new(&self.trials, &self.map, &self.tried, &directions);
        proposed(tpe, history, ask(self.trials.len()))
    }
}

/// Turned around, the same values lead to the same proposals.
#[test]
fn maximising_is_minimising_the_opposite() {
    let flat = flat(TREE);
    let proposal = |sign: f64, direction: Direction| {
        let mut told = Told::new(&flat, direction);
        for number in 0..30 {
            let params = flat.draw(&mut ask(number).rng());
            let trial = told.start(&params, &[]);
            told.end(trial, Outcome::Complete(&[sign * loss(&params)]));
        }
        told.propose(&Tpe::default())
    };
    assert_eq!(proposal(1.0, Direction::Minimize), proposal(-1.0, Direction::Maximize));
    assert_ne!(proposal(1.0, Direction::Minimize), proposal(1.0, Direction::Maximize));
}

/// Values fall from step to step. Configs to the right begin lower, and end higher: taken for
/// final, the early values of those that were stopped, or are paused, would draw the search there.
#[test]
fn the_value_of_a_stopped_trial_is_not_taken_for_a_final_one() {
    let flat = flat(r#"{"float": {"low": 0, "high": 1}}"#);
    for is_paused in [false, true] {
        let mut told = Told::new(&flat, Direction::Minimize);
        for number in 0..60 {
            let place = f64::from(number) / 59.0;
            let curve: Vec<(u64, f64)> = (1..=9)
                .map(|step| (step, 10.0 - step as f64 + place * (step as f64 - 2.0)))
                .collect();
            let is_stopped = number % 3 > 0 && place > 0.4;
            let params = flat.decode(&[place]);
            let trial = told.start(&params, if is_stopped { &curve[..3] } else { &curve });
            match (is_stopped, is_paused) {
                (true, true) => told.trials.apply(trial, &Event::Paused).unwrap(),
                (true, false) => told.end(trial, Outcome::Pruned("slower than most")),
                _ => told.end(trial, Outcome::Complete(&[curve[8].1])),
            }
        }
        let proposed = (0..20).map(|seed| {
            let directions = [Direction::Minimize];
            let history = History::new(&told.trials, &told.map, &told.tried, &directions);
            proposed(&Tpe::default(), history, AskContext { number: 60, attempt: 0, seed })
                .float("value")
                .unwrap()
        });
        let far = proposed.filter(|place| *place > 0.4).count();
        assert!(
            far <= 2,
            "{far} of 20 proposals lie where values begin lower, paused: {is_paused}"
        );
    }
}

/// The best values break a constraint.
#[test]
fn what_breaks_constraints_is_not_good() {
    let flat = flat(r#"{"float": {"low": 0, "high": 1}}"#);
    let mut told = Told::new(&flat, Direction::Minimize);
    for number in 0..40 {
        let place = f64::from(number) / 39.0;
        let trial = told.start(&flat.decode(&[place]), &[]);
        told.break_by(trial, 0.5 - place);
        told.end(trial, Outcome::Complete(&[place]));
    }
    let proposed = told.propose(&Tpe::default()).float("value").unwrap();
    assert!((0.4..0.75).contains(&proposed), "{proposed}, the border lies at 0.5");
}

/// Both branches have a parameter of the same name, good in different places, and share one: what
/// is proposed is good in the branch where it lies, and the shared one is where it is good in
/// either.
#[test]
fn every_branch_has_kernels_of_its_own_and_shares_the_rest() {
    let json = r#"{"all": {
        "shared": {"float": {"low": 0, "high": 1}},
        "kind": {"one_of": {
            "a": {"all": {"x": {"float": {"low": 0, "high": 1}}}}, "b": {"all": {"x": {"float": {"low": 0, "high": 1}}}}
        }}
    }}"#;
    for handicap in [-0.3, 0.3] {
        let value = |params: &Params| {
            let own = match (params.float("kind.a.x"), params.float("kind.b.x")) {
                (Some(x), _) => (x - 0.2).abs() + handicap,
                (_, x) => (x.unwrap() - 0.9).abs(),
            };
            own + (params.float("shared").unwrap() - 0.5).abs()
        };
        let past = random(json, 200, value);
        let proposed = (0..50).map(|number| proposed(&Tpe::default(), past.history(), ask(number)));
        let mut values: Vec<f64> =
            proposed.map(|params| value(&params) - handicap.min(0.0)).collect();
        values.sort_unstable_by(f64::total_cmp);
        assert!(values[25] < 0.25 && values[49] < 0.45, "{values:?}");
    }
}

/// The lowest value lies in a corner: drawn within alone, it would only be neared.
#[test]
fn an_optimum_at_the_ends_of_ranges_is_reached() {
    let tpe = Tpe::default();
    let mut past = Past::new(&flat(SQUARE));
    let mut best = f64::INFINITY;
    for _ in 0..60 {
        let params = past.propose(&tpe, 3).unwrap();
        let value = params.float("x").unwrap() - params.float("y").unwrap();
        past.tell(&params, Some(Outcome::Complete(&[value])));
        best = best.min(value);
    }
    assert_eq!(best, -1.0);
}

#[test]
fn it_says_what_it_did() {
    let past = random(TREE, 57, loss);
    let told = Tpe::default().explain(past.history(), ask(57)).unwrap();
    assert_eq!(told, "tpe: the likeliest of 24 candidates, 6 good of 57 results");
    let told =
        Tpe::default().explain(past.history(), AskContext { attempt: 2, ..ask(57) }).unwrap();
    assert_eq!(told, "tpe: the likeliest of 24 candidates, 6 good of 57 results, 2 turned down");
}

#[test]
fn settings_out_of_range_are_refused_in_words() {
    let refused = |settings: TpeBuilder| settings.build().unwrap_err().to_string();
    let says =
        |setting: &str, given: f64| format!("the tpe sampler: `{setting}` is {given}: write");
    assert!(refused(Tpe::builder().candidates(0)).starts_with(&says("candidates", 0.0)));
    assert!(refused(Tpe::builder().most_good(0)).starts_with(&says("most_good", 0.0)));
    for share in [0.0, -0.1, 1.1, f64::NAN] {
        assert!(refused(Tpe::builder().good_share(share)).starts_with(&says("good_share", share)));
    }
    for weight in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = refused(Tpe::builder().prior_weight(weight));
        assert!(error.starts_with(&says("prior_weight", weight)), "{error}");
    }
    for share in [-0.1, 1.1, f64::NAN] {
        assert!(refused(Tpe::builder().ends(share)).starts_with(&says("ends", share)));
    }
    assert_eq!(
        Tpe::builder().bandwidth(Bandwidth::Floor(0.0)).build().unwrap_err().to_string(),
        "the tpe sampler: `bandwidth` is 0: write a floor from 0.001 to 1"
    );
}

#[test]
fn it_is_read_and_written() {
    assert_eq!("tpe".parse::<SamplerConfig>().unwrap(), SamplerConfig::Tpe(Tpe::default()));
    let text = r#"{"tpe": {"bandwidth": "magic", "ends": 0, "quasi_random": false}}"#;
    assert_eq!(text.parse::<SamplerConfig>().unwrap(), SamplerConfig::Tpe(Tpe::optuna()));
    for tpe in
        [Tpe::optuna(), Tpe::builder().bandwidth(Bandwidth::Floor(0.1)).startup(3).build().unwrap()]
    {
        let written = serde_json::to_string(&SamplerConfig::Tpe(tpe.clone())).unwrap();
        assert_eq!(written.parse::<SamplerConfig>().unwrap(), SamplerConfig::Tpe(tpe));
    }
    let error = r#"{"tpe": {"ends": 2}}"#.parse::<SamplerConfig>().unwrap_err().to_string();
    assert!(error.contains("the tpe sampler: `ends` is 2: write a number from 0 to 1"), "{error}");
}
