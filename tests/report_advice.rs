//! Advice: each rule speaks where it should, with its figures, and is silent where it should be.

use hpo_core::prelude::*;
use hpo_core::report::advice::Advice;
use hpo_core::report::{EstimateBasis, StudyView, ValueEstimate};
use hpo_core::rng::Rng;
use hpo_core::space::{Categorical, Domain, FlatSpace, Float, Int, Space, Value};
use hpo_core::trial::State;
use hpo_core::trial::{Attributes, InitialTrial, NewTrial, ParamId, Timestamp, Trials};

/// A study with so many trials: what each is comes from `trial`, which draws places of the
/// parameters.
struct TestStudy {
    trials: Trials,
    ids: Vec<ParamId>,
    domains: Vec<Domain>,
    rng: Rng,
}

impl TestStudy {
    fn new(params: &[(&str, Domain)]) -> Self {
        let mut trials = Trials::new(1);
        let ids = params.iter().map(|(path, domain)| trials.declare(path, domain)).collect();
        Self {
            trials,
            ids,
            domains: params.iter().map(|(_, domain)| domain.clone()).collect(),
            rng: Rng::derive(11, 0),
        }
    }

    fn add(&mut self, state: State, values: &[Value], reports: Vec<(u64, f64)>, value: f64) {
        let params = self.ids.iter().copied().zip(values.iter().copied()).collect();
        let values = if state == State::Complete { vec![value] } else { Vec::new() };
        let given = Some(InitialTrial { state, params, values, reports });
        self.trials
            .create(NewTrial { given, attributes: Attributes::default() }, Timestamp(0))
            .expect("a trial");
    }

    fn draw(&mut self) -> Vec<Value> {
        let parameter =
            |domain: &Domain| FlatSpace::new(&Space::Leaf(domain.clone())).expect("a domain");
        let rng = &mut self.rng;
        self.domains.iter().map(|domain| parameter(domain).parameter(0).draw(rng)).collect()
    }

    /// Complete trials at random.
    fn random(mut self, count: usize, loss: impl Fn(&[Value], &mut Rng) -> f64) -> Self {
        for _ in 0..count {
            let point = self.draw();
            let value = loss(&point, &mut self.rng);
            self.add(State::Complete, &point, Vec::new(), value);
        }
        self
    }

    fn advice(&self) -> Vec<Advice> {
        Advice::on(&StudyView {
            name: "s",
            directions: &[Direction::Minimize],
            trials: &self.trials,
            flat: None,
            metrics: &[],
        })
    }

    fn sentences(&self) -> Vec<String> {
        self.advice().iter().map(ToString::to_string).collect()
    }
}

fn unit() -> Domain {
    Domain::Float(Float::new(0.0, 1.0))
}

fn float(value: Value) -> f64 {
    value.as_float().expect("a real number")
}

fn widened(domain: Domain, at: impl Fn(&Domain) -> Value) -> Option<String> {
    let edge = at(&domain);
    let mut study = TestStudy::new(&[("x", domain)]);
    // The nearer to the edge, the better: by rank of the draw, whatever the scale.
    let flat = FlatSpace::new(&Space::Leaf(study.domains[0].clone())).expect("a domain");
    let encode = |value: Value| flat.parameter(0).encode(value).expect("a value of the domain");
    study = study.random(200, |point, _| (encode(point[0]) - encode(edge)).abs());
    study.advice().into_iter().find_map(|advice| match advice {
        Advice::Widen { range, attribute, path, .. } => {
            assert_eq!(
                (path.as_str(), attribute),
                ("x", None),
                "there is no type to write it over"
            );
            Some(range)
        }
        _ => None,
    })
}

fn low(domain: &Domain) -> Value {
    match domain {
        Domain::Float(float) => Value::Float(float.low),
        Domain::Int(int) => Value::int(int.low).expect("it fits"),
        Domain::Categorical(_) => Value::Choice(0),
    }
}

fn high(domain: &Domain) -> Value {
    match domain {
        Domain::Float(float) => Value::Float(float.high),
        Domain::Int(int) => Value::int(int.high).expect("it fits"),
        Domain::Categorical(_) => Value::Choice(0),
    }
}

#[test]
fn a_range_is_widened_where_the_best_sit_at_its_edge() {
    let text = |range: &str| Some(range.to_owned());
    let log = Float { log: true, ..Float::new(1e-5, 1e-2) };
    assert_eq!(widened(Domain::Float(log.clone()), high), text("1e-5..=0.1, log"));
    assert_eq!(widened(Domain::Float(log), low), text("1e-6..=0.01, log"));
    assert_eq!(widened(Domain::Float(Float::new(-4.0, 4.0)), low), text("-8.0..=4.0"));
    let grid = Float { step: Some(0.5), ..Float::new(2.0, 8.0) };
    assert_eq!(widened(Domain::Float(grid), high), text("2.0..=11.0, step 0.5"));
    assert_eq!(widened(Domain::Int(Int::new(1, 9)), high), text("1..=13"));
    let powers = Int { log: true, step: Some(2), ..Int::new(16, 256) };
    assert_eq!(widened(Domain::Int(powers.clone()), high), text("16..=1024, log, step 2"));
    assert_eq!(widened(Domain::Int(powers), low), text("8..=256, log, step 2"));
}

/// What is proposed has to be a range that the search accepts.
#[test]
fn every_range_proposed_is_one_that_can_be_searched() {
    let floats = [
        (1e-7, 3.0, true, None),
        (1.0, 64.0, true, Some(4.0)),
        (-3.0, 7.0, false, None),
        (0.1, 0.9, false, Some(0.1)),
    ];
    for (low_end, high_end, log, step) in floats {
        let domain = Domain::Float(Float { log, step, ..Float::new(low_end, high_end) });
        for end in [low, high] {
            let text = widened(domain.clone(), end).expect("it is widened");
            let range = text.split(',').next().expect("a range");
            let bounds: Vec<f64> =
                range.split("..=").map(|bound| bound.parse().expect("a number")).collect();
            let wider = Domain::Float(Float { log, step, ..Float::new(bounds[0], bounds[1]) });
            assert!(FlatSpace::new(&Space::Leaf(wider)).is_ok(), "{text}");
            assert!(
                bounds[0] <= low_end
                    && bounds[1] >= high_end
                    && bounds[1] - bounds[0] > high_end - low_end,
                "{text}"
            );
        }
    }
}

#[test]
fn natural_ends_and_optima_within_are_left_alone() {
    assert_eq!(widened(unit(), low), None, "no share is below 0");
    assert_eq!(widened(unit(), high), None, "or above 1");
    assert_eq!(widened(Domain::Int(Int::new(1, 9)), low), None);
    let middle = |_: &Domain| Value::Float(0.5);
    assert_eq!(widened(Domain::Float(Float::new(-4.0, 4.0)), middle), None);
}

/// One lucky trial at an edge is no reason.
#[test]
fn it_takes_most_of_the_best_tenth_to_widen_a_range() {
    let mut study = TestStudy::new(&[("x", Domain::Float(Float::new(-4.0, 4.0)))]);
    study = study.random(100, |point, _| float(point[0]).abs());
    study.add(State::Complete, &[Value::Float(4.0)], Vec::new(), -1.0);
    assert!(!study.advice().iter().any(|advice| matches!(advice, Advice::Widen { .. })));
}

/// What is to be fixed.
fn fixed(study: &TestStudy) -> Vec<String> {
    let fixed = study.advice().into_iter().filter_map(|advice| match advice {
        Advice::Fix { path, attribute, value, .. } => {
            assert!(value.is_some() && attribute.is_none());
            Some(path)
        }
        _ => None,
    });
    fixed.collect()
}

#[test]
fn parameters_far_below_a_shuffled_copy_are_to_be_fixed() {
    let choice = || Domain::Categorical(Categorical::new(["x", "y"]));
    let domains = [
        ("a", unit()),
        ("b", unit()),
        ("idle 1", unit()),
        ("idle 2", unit()),
        ("idle 3", choice()),
        ("idle 4", choice()),
    ];
    let study =
        TestStudy::new(&domains).random(500, |point, _| float(point[0]) + 0.5 * float(point[1]));
    let fixed = fixed(&study);
    assert!(fixed.len() >= 2 && fixed.iter().all(|path| path.starts_with("idle")), "{fixed:?}");
}

#[test]
fn parameters_that_matter_only_together_are_not_to_be_fixed() {
    let study =
        TestStudy::new(&[("a", unit()), ("b", unit()), ("c", unit())]).random(300, |point, _| {
            let [a, b, c] = [0, 1, 2].map(|index| float(point[index]));
            a + 2.0 * f64::from((b > 0.5) != (c > 0.5))
        });
    assert_eq!(fixed(&study), [""; 0]);
}

#[test]
fn a_choice_that_decides_on_others_is_never_to_be_fixed() {
    let domains =
        [("kind", Domain::Categorical(Categorical::new(["x", "y"]))), ("kind.x.a", unit())];
    let study = TestStudy::new(&domains).random(200, |point, _| float(point[1]));
    assert!(
        !study.advice().iter().any(|advice| matches!(advice, Advice::Fix { .. })),
        "{:?}",
        study.sentences()
    );
}

#[test]
fn failures_in_a_region_are_told_with_their_counts() {
    let mut study = TestStudy::new(&[("rate", unit()), ("depth", Domain::Int(Int::new(1, 9)))]);
    for index in 0..100 {
        let point = study.draw();
        let state =
            if float(point[0]) > 0.8 && index % 10 != 0 { State::Failed } else { State::Complete };
        study.add(state, &point, Vec::new(), f64::from(index));
    }
    let Some(Advice::Avoid { path, region, failed, ended, failed_elsewhere, ended_elsewhere }) =
        study.advice().into_iter().find(|advice| matches!(advice, Advice::Avoid { .. }))
    else {
        panic!("{:?}", study.sentences());
    };
    assert!(path == "rate" && region.starts_with("`rate` > 0."), "{region}");
    assert!(
        ended + ended_elsewhere == 100 && failed_elsewhere <= 2,
        "{failed_elsewhere} elsewhere"
    );
    assert!(failed >= 10 && ended <= failed + 12, "{failed} of {ended}");
}

#[test]
fn failures_of_one_choice_name_it() {
    let mut study = TestStudy::new(&[
        ("solver", Domain::Categorical(Categorical::new(["lu", "qr", "svd"]))),
        ("x", unit()),
    ]);
    for index in 0..60 {
        let point = study.draw();
        let state = if point[0] == Value::Choice(1) { State::Failed } else { State::Complete };
        study.add(state, &point, Vec::new(), f64::from(index));
    }
    assert!(
        study
            .sentences()
            .iter()
            .any(|text| text.contains("trials with `solver` = qr failed, elsewhere 0 of "))
    );
}

#[test]
fn failures_that_fall_anywhere_are_no_region() {
    for seed in 0..10 {
        let mut study = TestStudy::new(&[("rate", unit()), ("depth", Domain::Int(Int::new(1, 9)))]);
        study.rng = Rng::derive(seed, 1);
        for index in 0..100 {
            let point = study.draw();
            let state = if study.rng.unit() < 0.2 { State::Failed } else { State::Complete };
            study.add(state, &point, Vec::new(), f64::from(index));
        }
        assert!(
            !study.advice().iter().any(|advice| matches!(advice, Advice::Avoid { .. })),
            "{:?}",
            study.sentences()
        );
    }
}

#[test]
fn the_curve_says_whether_to_go_on() {
    let curve = |loss: fn(u32) -> f64| {
        let mut study = TestStudy::new(&[("x", unit())]);
        for index in 0..60 {
            let point = study.draw();
            study.add(State::Complete, &point, Vec::new(), loss(index));
        }
        study
            .advice()
            .into_iter()
            .find(|one| matches!(one, Advice::GoOn { .. } | Advice::Stop { .. }))
            .expect("it speaks")
    };
    assert_eq!(
        curve(|index| -f64::from(index)),
        Advice::GoOn { from: -39.0, to: -59.0, trials: 20 }
    );
    assert_eq!(curve(f64::from), Advice::Stop { best: 0.0, trials: 20 });
    let sentence = curve(|index| -f64::from(index)).to_string();
    assert_eq!(
        sentence,
        "the best value still improved from -39 to -59 in the last 20 trials: more trials may help"
    );
}

#[test]
fn repeats_tell_how_lucky_the_best_value_was() {
    let mut study = TestStudy::new(&[("x", unit())]);
    for index in 0..30 {
        let noise = study.rng.normal();
        study.add(
            State::Complete,
            &[Value::Float(f64::from(index % 3) / 4.0)],
            Vec::new(),
            f64::from(index % 3) + noise,
        );
    }
    let Some(Advice::Mistrust(estimate)) =
        study.advice().into_iter().find(|one| matches!(one, Advice::Mistrust(_)))
    else {
        panic!("{:?}", study.sentences());
    };
    let ValueEstimate { observed, expected, interval, basis, .. } = estimate;
    assert_eq!(basis, EstimateBasis::Runs(9));
    assert!(observed < -1.0 && interval.0 < 0.0 && interval.1 > 0.0, "{observed}, {interval:?}");
    assert!((expected - 0.0).abs() < 0.9);
    let exact = TestStudy::new(&[("x", Domain::Int(Int::new(0, 4)))])
        .random(60, |point, _| point[0].as_int().unwrap() as f64);
    assert!(
        !exact.advice().iter().any(|one| matches!(one, Advice::Mistrust(_))),
        "nothing was lucky"
    );
}

#[test]
fn duplicates_and_pruning_are_told_with_their_counts() {
    let mut study = TestStudy::new(&[("x", unit())]);
    for index in 0..40 {
        study.add(
            State::Complete,
            &[Value::Float(f64::from(index % 10) / 10.0)],
            vec![(0, 1.0), (1, 1.0)],
            1.0,
        );
    }
    let advice = study.advice();
    assert!(advice.contains(&Advice::Duplicates { repeated: 30, complete: 40 }));
    assert!(advice.contains(&Advice::PrunedNone { reported: 40 }));
    for _ in 0..400 {
        study.add(State::Pruned, &[Value::Float(0.5)], vec![(0, 1.0)], 0.0);
    }
    assert!(study.advice().contains(&Advice::PrunedMost { pruned: 400, ended: 440 }));
}

#[test]
fn too_few_trials_are_said_to_be_too_few() {
    let study = TestStudy::new(&[("x", Domain::Float(Float::new(-4.0, 4.0)))])
        .random(12, |point, _| float(point[0]));
    assert_eq!(study.advice(), [Advice::TooFew { complete: 12, needed: 50 }]);
    assert_eq!(study.sentences(), ["most advice needs 50 complete trials: there are 12"]);
    assert_eq!(TestStudy::new(&[]).advice(), [Advice::TooFew { complete: 0, needed: 50 }]);
}
