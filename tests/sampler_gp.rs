//! The Gaussian-process sampler: the contract, what it promises beyond, and how it does beside
//! random search.

use hpo_core::sampler::{
    Acquisition, AskContext, Auto, Gp, Outputs, Random, Sampler, SamplerConfig, Startup,
};
use hpo_core::space::Params;
use hpo_core::testing::sampler::{Past, check};
use hpo_core::trial::{Direction, History, Outcome, ParamMap, SeenConfigs, Trials};
use hpo_tests::fixtures::{flat, proposed};
use hpo_tests::functions::{BRANIN, CONDITIONAL, Function, HARTMANN, MIXED, NOISY};

/// Keras Tuner's habit.
fn keras() -> Gp {
    let settings =
        Gp::builder().noise(1e-4).outputs(Outputs::Plain).startup(Startup::PerParameter(3));
    settings.acquisition(Acquisition::LowerBound { beta: 2.6 }).build().unwrap()
}

fn asked(sampler: &dyn Sampler, past: &Past, attempt: u32) -> Params {
    let ask = AskContext { number: past.next_number(), attempt, seed: 42 };
    proposed(sampler, past.history(), ask)
}

#[test]
fn it_keeps_the_contract() {
    check(|| Box::new(Gp::default()));
}

#[test]
fn it_keeps_the_contract_with_the_settings_of_keras_tuner_and_with_a_model_at_once() {
    check(|| Box::new(keras()));
    check(|| Box::new(Gp::builder().startup(Startup::Trials(0)).build().unwrap()));
}

/// The median regret over ten seeds beside that of random search with four times as many trials.
fn assert_beats_random(function: &Function, trials: usize, most: f64) {
    let found = function.median_regret(&Gp::default(), trials, 0..10);
    let random = function.median_regret(&Random, 4 * trials, 0..10);
    assert!(
        found < random,
        "{}: {found} after {trials} trials, random search {random} after four times as many",
        function.name
    );
    assert!(found < most, "{}: {found} after {trials} trials", function.name);
}

#[test]
fn it_beats_four_times_as_many_random_trials_on_branin() {
    assert_beats_random(&BRANIN, 25, 0.05);
}

#[test]
fn it_beats_four_times_as_many_random_trials_on_hartmann() {
    assert_beats_random(&HARTMANN, 40, 0.5);
}

#[test]
fn it_beats_four_times_as_many_random_trials_on_a_conditional_space() {
    assert_beats_random(&CONDITIONAL, 50, 0.1);
}

#[test]
fn it_beats_four_times_as_many_random_trials_on_a_mixed_space() {
    assert_beats_random(&MIXED, 50, 0.3);
}

#[test]
fn it_beats_four_times_as_many_random_trials_under_noise() {
    assert_beats_random(&NOISY, 40, 0.25);
}

#[test]
fn the_settings_of_keras_tuner_beat_random_search_once_its_first_trials_are_done() {
    for function in [BRANIN, CONDITIONAL] {
        let found = function.median_regret(&keras(), 60, 0..6);
        let random = function.median_regret(&Random, 240, 0..6);
        assert!(found < random, "{}: {found}, random search {random}", function.name);
    }
}

const MIXED_TREE: &str = r#"{"all": {
    "lr": {"float": {"low": 1e-5, "high": 0.1, "log": true}},
    "units": {"int": {"low": 16, "high": 256}},
    "kind": {"one_of": {"adam": {"all": {}}, "sgd": {"all": {"momentum": {"float": {"low": 0, "high": 1}}}}}}
}}"#;

fn loss(params: &Params) -> f64 {
    let momentum =
        params.float("kind.sgd.momentum").map_or(0.5, |momentum| (momentum - 0.8).powi(2));
    (params.float("lr").unwrap().ln() + 6.0).powi(2)
        + momentum
        + params.float("units").unwrap() / 100.0
}

/// A study of so many trials.
fn study(sampler: &dyn Sampler, trials: usize) -> Past {
    let mut past = Past::new(&flat(MIXED_TREE));
    for _ in 0..trials {
        let params = past.propose(sampler, 42).unwrap();
        past.tell(&params, Some(Outcome::Complete(&[loss(&params)])));
    }
    past
}

/// Changed proposals silently change everybody's results: only with a new major version. Platforms
/// may differ in the last digits of a logarithm, and what is searched by gradients with them: six
/// digits are compared.
#[test]
fn value_stability() {
    let past = study(&Random, 12);
    let shown = |gp: Gp, attempt| {
        let params = asked(&gp, &past, attempt);
        let values = params.labels().map(|(_, label)| match label {
            hpo_core::space::Label::Float(float) => format!("{float:.5e}"),
            label => label.to_string(),
        });
        values.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        [shown(Gp::default(), 0), shown(Gp::default(), 1), shown(keras(), 0)],
        ["2.73321e-3 121 adam", "2.78753e-3 184 adam", "1.76999e-3 16 sgd 1.00000e0"]
    );
}

#[test]
fn beyond_what_it_models_auto_keeps_the_contract() {
    check(|| Box::new(Auto::builder().modelled(3).build().unwrap()));
}

#[test]
fn beyond_what_it_models_half_of_autos_trials_come_from_around_the_best() {
    let auto = Auto::builder().modelled(20).build().unwrap();
    let past = study(&auto, 60);
    let number = past.next_number();
    let told = (0..60)
        .filter_map(|seed| auto.explain(past.history(), AskContext { number, attempt: 0, seed }));
    let told: Vec<String> = told.filter(|text| text.contains("; too many results")).collect();
    let local = told
        .iter()
        .filter(|text| text.contains("near the best config by the 60 results around it"));
    assert_eq!(told.len(), 60);
    assert!((15..=45).contains(&local.count()), "{told:?}");
    assert!(told.iter().any(|text| text.contains("tpe")), "{told:?}");
}

#[test]
fn what_was_turned_down_is_followed_by_other_configs_that_are_good_too() {
    let past = study(&Gp::default(), 30);
    let gp = Gp::default();
    let answers: Vec<Params> = (0..20).map(|attempt| asked(&gp, &past, attempt)).collect();
    for (index, answer) in answers.iter().enumerate() {
        assert!(!answers[..index].contains(answer), "attempt {index} repeats {answer}");
        assert!(!past.history().tried(answer), "attempt {index} proposes what was tried");
    }
    let mean = |losses: &mut dyn Iterator<Item = f64>| losses.sum::<f64>() / 20.0;
    let next = mean(&mut answers.iter().map(loss));
    let random = mean(&mut (0..20).map(|number| {
        loss(
            &past
                .history()
                .flat_space()
                .draw(&mut AskContext { number, attempt: 0, seed: 9 }.rng()),
        )
    }));
    assert!(next < 0.7 * random, "{next} against {random}");
}

/// Workers that ask at the same time get configs that are apart, though no result has come in
/// between.
#[test]
fn running_trials_keep_others_away() {
    let spread = |told: bool| {
        let mut past = study(&Random, 15);
        let mut batch: Vec<f64> = Vec::new();
        for _ in 0..8 {
            let params = asked(&Gp::default(), &past, 0);
            batch.push(params.float("lr").unwrap().ln());
            // What runs instead of it, if the proposal is not told, lies in a corner.
            let corner = flat(MIXED_TREE).decode(&[0.0; 4]);
            past.tell(if told { &params } else { &corner }, None);
        }
        batch.sort_unstable_by(f64::total_cmp);
        batch.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min)
    };
    let (with, without) = (spread(true), spread(false));
    assert!(with > 10.0 * without, "{with} if workers know of each other, {without} if not");
}

/// Half of the space fails: after a while it is no longer tried.
#[test]
fn failures_and_pruned_trials_are_kept_away_from() {
    for outcome in [Outcome::Failed("out of memory"), Outcome::Pruned("slower than most")] {
        let gp = Gp::default();
        let mut past = Past::new(&flat(
            r#"{"all": {"x": {"float": {"low": 0, "high": 1}}, "y": {"float": {"low": 0, "high": 1}}}}"#,
        ));
        let mut ended = Vec::new();
        for _ in 0..40 {
            let params = past.propose(&gp, 3).unwrap();
            let (x, y) = (params.float("x").unwrap(), params.float("y").unwrap());
            let fails = x > 0.5;
            let value = [(x - 0.3).powi(2) + (y - 0.3).powi(2)];
            past.tell(&params, Some(if fails { outcome } else { Outcome::Complete(&value) }));
            ended.push(fails);
        }
        let late = ended[20..].iter().filter(|failed| **failed).count();
        assert!(late <= 4, "{outcome:?}: {late} of the last twenty");
    }
}

#[test]
fn a_study_without_any_finite_value_goes_on_with_points_that_fill_the_space() {
    let mut past = Past::new(&flat(MIXED_TREE));
    for _ in 0..12 {
        let params = past.propose(&Gp::default(), 1).unwrap();
        past.tell(&params, Some(Outcome::Failed("no data")));
    }
    let ask = AskContext { number: past.next_number(), attempt: 0, seed: 42 };
    let told = Gp::default().explain(past.history(), ask).unwrap();
    assert_eq!(told, "gp: a first trial, to fill the space before there is a model");
}

/// Turned around, the same values lead to the same proposals.
#[test]
fn maximising_is_minimising_the_opposite() {
    let flat = flat(MIXED_TREE);
    let proposal = |sign: f64, direction: Direction| {
        let mut trials = Trials::new(1);
        for parameter in flat.iter() {
            trials.declare(parameter.path(), parameter.domain());
        }
        let map = ParamMap::new(&flat, trials.declared());
        let mut tried = SeenConfigs::default();
        for number in 0..15 {
            let params = flat.draw(&mut AskContext { number, attempt: 0, seed: 2 }.rng());
            tell(&mut trials, &map, &params, &[sign * loss(&params)]);
            tried.insert(&params);
        }
        let directions = [direction];
        let history = History::new(&trials, &map, &tried, &directions);
        Gp::default().sample(history, AskContext { number: 15, attempt: 0, seed: 2 }).unwrap()
    };
    assert_eq!(proposal(1.0, Direction::Minimize), proposal(-1.0, Direction::Maximize));
    assert_ne!(proposal(1.0, Direction::Minimize), proposal(1.0, Direction::Maximize));
}

fn tell(trials: &mut Trials, map: &ParamMap, params: &Params, values: &[f64]) {
    use hpo_core::trial::{Event, NewTrial, Timestamp};
    let (at, seen) = (Timestamp(0), trials.ordinal());
    let number = trials.create(NewTrial::default(), at).unwrap();
    let params: Vec<_> =
        params.iter().map(|(parameter, value)| map.param(parameter, value)).collect();
    trials.apply(number, &Event::Sampled { params: &params, seen, explanation: "" }).unwrap();
    trials.apply(number, &Event::Finished { outcome: Outcome::Complete(values), at }).unwrap();
}

/// Of more results than the model holds, it holds the best: the proposal lies where they do.
#[test]
fn beyond_what_the_model_holds_it_goes_on() {
    let past = study(&Random, 700);
    let proposed = loss(&asked(&Gp::default(), &past, 0));
    let mut losses: Vec<f64> = past
        .history()
        .finished()
        .iter()
        .map(|number| past.history().trial(*number).values()[0])
        .collect();
    losses.sort_unstable_by(f64::total_cmp);
    assert!(
        proposed < losses[7],
        "{proposed} is not among the best hundredth, which ends at {}",
        losses[7]
    );
}

#[test]
fn settings_out_of_range_are_refused_in_words() {
    for noise in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = Gp::builder().noise(noise).build().unwrap_err().to_string();
        assert!(error.starts_with(&format!("the gp sampler: `noise` is {noise}: ")), "{error}");
    }
    let refused =
        Gp::builder().acquisition(Acquisition::LowerBound { beta: -1.0 }).build().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the gp sampler: `beta` is -1: write a finite number of at least 0"
    );
    let refused = Gp::builder().noise(0.0).build().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the gp sampler: `noise` is 0: write a variance of standardised values from 1e-10 to 10, \
         or none to have it fitted"
    );
}

#[test]
fn it_is_read_and_written() {
    assert_eq!("gp".parse::<SamplerConfig>().unwrap(), SamplerConfig::Gp(Gp::default()));
    assert_eq!("gp".parse::<SamplerConfig>().unwrap().build().name(), "gp");
    let text = r#"{"gp": {"noise": 1e-4, "startup": {"per_parameter": 3}, "outputs": "plain", "acquisition": {"lower_bound": {"beta": 2.6}}}}"#;
    assert_eq!(text.parse::<SamplerConfig>().unwrap(), SamplerConfig::Gp(keras()));
    for gp in [keras(), Gp::default()] {
        let written = serde_json::to_string(&SamplerConfig::Gp(gp.clone())).unwrap();
        assert_eq!(written.parse::<SamplerConfig>().unwrap(), SamplerConfig::Gp(gp));
    }
    for (text, reason) in [
        (r#"{"gp":{"noise":0}}"#, "`noise` is 0: write"),
        (r#"{"gp":{"nose":1}}"#, "unknown field `nose`"),
        (r#"{"gp":{"acquisition":{"lower_bound":{"beta":-1}}}}"#, "`beta` is -1: write"),
    ] {
        let error = text.parse::<SamplerConfig>().unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

/// Failed trials have no result: they do not use up what the process can model.
#[test]
fn failed_trials_do_not_count_as_results() {
    let auto = Auto::builder().modelled(12).build().unwrap();
    let mut past = Past::new(&flat(MIXED_TREE));
    let tell = |past: &mut Past, is_failed: bool| {
        let params = past.propose(&Random, 42).unwrap();
        let values = [loss(&params)];
        let outcome =
            if is_failed { Outcome::Failed("out of memory") } else { Outcome::Complete(&values) };
        past.tell(&params, Some(outcome));
    };
    let explained = |past: &Past| {
        let ask = AskContext { number: past.next_number(), attempt: 0, seed: 42 };
        auto.explain(past.history(), ask).unwrap()
    };
    (0..30).for_each(|number| tell(&mut past, number % 3 > 0));
    assert!(!explained(&past).contains("too many results"), "{}", explained(&past));
    (0..3).for_each(|_| tell(&mut past, false));
    assert!(explained(&past).contains("too many results"), "{}", explained(&past));
}
