//! What we put into a storage: everything that there is.

use hpo_core::space::{Categorical, Domain, Float, Int, Label, Value};
use hpo_core::storage::{Next, Storage, StudyId};
use hpo_core::trial::{
    AttributeScope, Attributes, Direction, Event, InitialTrial, NewTrial, Outcome, Param, ParamId,
    State, Timestamp,
};
use serde_json::json;

pub(super) fn params() -> Vec<Param> {
    let float = Float::new(0.0, 1.0);
    let log = Float { log: true, ..Float::new(1e-5, 1.0) };
    let grid = Float { step: Some(0.25), ..Float::new(-1.0, 1.0) };
    let powers = Int { log: true, step: Some(2), ..Int::new(1, 1024) };
    let even = Int { step: Some(2), ..Int::new(2, 20) };
    let wide = Int::new(i128::from(i64::MIN), i128::from(u64::MAX) / 2);
    let labels = [
        Label::from("a"),
        Label::from("\u{fc} \"q\""),
        Label::Null,
        Label::Bool(true),
        Label::Float(1.5),
        Label::Int(7),
    ];
    let domains = [
        ("float", Domain::Float(float)),
        ("deep.log", Domain::Float(log)),
        ("deep.grid", Domain::Float(grid)),
        ("powers", Domain::Int(powers)),
        ("even", Domain::Int(even)),
        ("wide", Domain::Int(wide)),
        ("kind", Domain::Categorical(Categorical::new(labels))),
    ];
    let named = domains.into_iter();
    named.map(|(path, domain)| Param { path: path.to_owned(), domain }).collect()
}

pub(super) fn point(index: u32) -> Vec<(ParamId, Value)> {
    let values = [
        Value::Float(0.1 + 0.2),
        Value::Float(1e-5),
        Value::Float(-0.75),
        Value::Int(256),
        Value::Int(6),
        Value::Int(i64::MIN + 1),
        Value::Choice(index % 6),
    ];
    (0..).map(ParamId).zip(values).collect()
}

pub(super) fn next(storage: &dyn Storage, study: StudyId) -> u64 {
    let (Next::New(number) | Next::Queued(number)) = storage.next_trial(study, None).unwrap()
    else {
        panic!("nobody asked for a limit");
    };
    number
}

/// Runs one trial to its end, sampled here unless it has its parameters.
pub(super) fn finish(storage: &dyn Storage, study: StudyId) {
    let number = next(storage, study);
    let mut sampled = false;
    storage.read(study, &mut |trials| sampled = trials.is_sampled(number)).unwrap();
    let params = point(number as u32);
    if !sampled {
        storage
            .record(
                study,
                number,
                &Event::Sampled { params: &params, seen: number, explanation: "" },
            )
            .unwrap();
    }
    end(storage, study, number, Outcome::Complete(&[0.25]));
}

pub(super) fn end(storage: &dyn Storage, study: StudyId, number: u64, outcome: Outcome<'_>) {
    let at = Timestamp::now();
    storage.record(study, number, &Event::Finished { outcome, at }).unwrap();
}

/// A study with everything that we put into one.
pub(super) fn write(storage: &dyn Storage) -> StudyId {
    let study = storage.create_study("ours \u{fc} \"q\"\n", &[Direction::Maximize]).unwrap();
    storage.set_attribute(study, AttributeScope::User, "who", &json!({"a": [1, null]})).unwrap();
    storage.set_attribute(study, AttributeScope::System, "space", &json!("tree")).unwrap();
    storage.declare(study, &params()).unwrap();
    finish(storage, study);
    let outcomes = [
        Outcome::Pruned("slow"),
        Outcome::Failed("no \u{fc} \"q\""),
        Outcome::Complete(&[f64::INFINITY]),
        Outcome::Complete(&[f64::NEG_INFINITY]),
    ];
    for outcome in outcomes {
        let number = next(storage, study);
        let params = point(number as u32);
        storage
            .record(study, number, &Event::Sampled { params: &params, seen: 3, explanation: "" })
            .unwrap();
        for (step, value) in [(5, 0.5), (0, f64::NAN), (1, f64::INFINITY)] {
            storage.record(study, number, &Event::Reported { step, value }).unwrap();
        }
        let value = json!({"deep": [1.5, "text"]});
        storage
            .record(
                study,
                number,
                &Event::Attribute { scope: AttributeScope::User, key: "k\"\n", value: &value },
            )
            .unwrap();
        end(storage, study, number, outcome);
    }
    for state in [State::Complete, State::Pruned, State::Failed, State::Waiting] {
        let given = InitialTrial {
            state,
            params: point(2),
            values: if state == State::Complete { vec![1.5] } else { Vec::new() },
            reports: if state.is_finished() { vec![(3, 0.5)] } else { Vec::new() },
        };
        let mut attributes = Attributes::default();
        attributes.insert(AttributeScope::User, "from", json!("elsewhere"));
        storage.create_trial(study, NewTrial { given: Some(given), attributes }).unwrap();
    }
    // A running trial goes back into the queue behind the one that waits, and another stays
    // running.
    let back = next(storage, study);
    next(storage, study);
    let spare = next(storage, study);
    for number in [back, spare] {
        storage.record(study, number, &Event::Requeued).unwrap();
    }
    study
}
