//! Clauses on trials, one by one.

use serde_json::json;

use super::{StorageUnderTest, complete, declare, labels, new_trial, param, snapshot, with_trials};
use crate::space::{Categorical, Domain, Float, Int, Value};
use crate::storage::{Storage, StorageError};
use crate::trial::{
    AttributeScope, Attributes, Direction, Event, InitialTrial, NewTrial, Outcome, ParamId, State,
    StateError, Timestamp, Trials,
};

pub(super) fn values_of_all_kinds_are_kept(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let wide = Int::new(i128::from(i64::MIN), i128::from(i64::MAX));
    let ids = declare(
        &*storage,
        study,
        &[
            param("float", Domain::Float(Float::new(-1e308, 1e308))),
            param("int", Domain::Int(wide)),
            param("unsigned", Domain::Int(Int::new(0, i128::from(u64::MAX)))),
            param("flag", Domain::Categorical(Categorical::new([false, true]))),
        ],
    );
    let rows = [
        [
            Value::Float(0.1 + 0.2),
            Value::Int(i64::MIN),
            Value::Unsigned(u64::MAX),
            Value::Choice(0),
        ],
        [Value::Float(5e-324), Value::Int(i64::MAX), Value::Int((1 << 53) + 1), Value::Choice(1)],
        [Value::Float(-1e308), Value::Int(0), Value::Int(0), Value::Choice(1)],
    ];
    for row in rows {
        let number = new_trial(&*storage, study);
        let params: Vec<_> = ids.iter().copied().zip(row).collect();
        let seen = with_trials(&*storage, study, Trials::ordinal);
        storage
            .record(study, number, &Event::Sampled { params: &params, seen, explanation: "" })
            .unwrap();
        with_trials(&*storage, study, |trials| {
            assert_eq!(trials.params(number).collect::<Vec<_>>(), params);
            assert_eq!(trials.seen(number), seen);
        });
    }
    subject.same_again(&storage, study);
}

pub(super) fn explanations_are_kept(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let ids = declare(&*storage, study, &[param("x", Domain::Float(Float::new(0.0, 1.0)))]);
    let params = [(ids[0], Value::Float(0.5))];
    let explanations = ["random", "gp: \"57\" results, \u{3b2} = 2", "random", ""];
    for explanation in explanations {
        let number = new_trial(&*storage, study);
        storage
            .record(study, number, &Event::Sampled { params: &params, seen: 0, explanation })
            .unwrap();
    }
    let explained = |trials: &Trials| {
        (0..trials.len()).map(|number| trials.explain(number).to_owned()).collect::<Vec<_>>()
    };
    let expected = [&explanations[..3], &["nothing is known of how it was chosen"]].concat();
    assert_eq!(with_trials(&*storage, study, explained), expected);
    if let Some(reopen) = subject.reopen {
        assert_eq!(with_trials(&*reopen(), study, explained), expected);
    }
    subject.same_again(&storage, study);
}

pub(super) fn infinities_are_values(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    for value in [f64::INFINITY, f64::NEG_INFINITY, -0.0, f64::MAX] {
        let number = new_trial(&*storage, study);
        let reports = [(7, f64::NAN), (0, value), (3, 1.0), (3, f64::NEG_INFINITY)];
        for (step, value) in reports {
            storage.record(study, number, &Event::Reported { step, value }).unwrap();
        }
        let wrong = storage.record(study, number, &complete(&[f64::NAN]));
        assert!(
            matches!(wrong, Err(StorageError::State(StateError::NotANumber { .. }))),
            "{wrong:?}"
        );
        storage.record(study, number, &complete(&[value])).unwrap();
        with_trials(&*storage, study, |trials| {
            assert_eq!(trials.values(number), [value]);
            let reports = format!("{:?}", trials.reports(number));
            assert_eq!(reports, format!("[(0, {value:?}), (3, -inf), (7, NaN)]"));
        });
    }
    subject.same_again(&storage, study);
}

pub(super) fn ended_trials_never_change(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let at = Timestamp(3);
    let outcomes = [Outcome::Complete(&[1.0]), Outcome::Pruned("slow"), Outcome::Failed("broken")];
    for outcome in outcomes {
        let number = new_trial(&*storage, study);
        storage.record(study, number, &Event::Reported { step: 1, value: 0.5 }).unwrap();
        storage.record(study, number, &Event::Finished { outcome, at }).unwrap();
        let before = snapshot(&*storage, study);
        let value = json!(1);
        let changes = [
            complete(&[2.0]),
            Event::Started { at },
            Event::Requeued,
            Event::Reported { step: 2, value: 1.0 },
            Event::Sampled { params: &[], seen: 0, explanation: "" },
            Event::Attribute { scope: AttributeScope::User, key: "late", value: &value },
        ];
        for change in &changes {
            let refused = storage.record(study, number, change);
            assert!(
                matches!(refused, Err(StorageError::State(StateError::Finished { .. }))),
                "{change:?}: {refused:?}"
            );
        }
        assert_eq!(before, snapshot(&*storage, study));
    }
    with_trials(&*storage, study, |trials| {
        assert_eq!(trials.finished(), [0, 1, 2]);
        assert_eq!(trials.message(1), Some("slow"));
        assert_eq!(trials.message(2), Some("broken"));
    });
    subject.same_again(&storage, study);
}

pub(super) fn rules_are_kept(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let number = new_trial(&*storage, study);
    let before = snapshot(&*storage, study);
    let stray = [(ParamId(9), Value::Int(1))];
    let at = Timestamp(1);
    for (number, wrong) in [
        (99, Event::Requeued),
        (number, Event::Started { at }),
        (number, complete(&[])),
        (number, complete(&[1.0, 2.0])),
        (number, Event::Sampled { params: &stray, seen: 0, explanation: "" }),
    ] {
        let refused = storage.record(study, number, &wrong);
        assert!(matches!(refused, Err(StorageError::State(_))), "{wrong:?}: {refused:?}");
    }
    assert_eq!(before, snapshot(&*storage, study), "what is refused leaves nothing behind");
    storage
        .record(study, number, &Event::Sampled { params: &[], seen: 0, explanation: "" })
        .unwrap();
    let twice =
        storage.record(study, number, &Event::Sampled { params: &[], seen: 0, explanation: "" });
    assert!(
        matches!(twice, Err(StorageError::State(StateError::AlreadySampled { .. }))),
        "{twice:?}"
    );
    subject.same_again(&storage, study);
}

pub(super) fn imported_trials_are_whole(subject: StorageUnderTest<'_>) {
    let storage = (subject.fresh)();
    let directions = [Direction::Minimize, Direction::Maximize];
    let study = storage.create_study("two", &directions).unwrap();
    let ids = declare(
        &*storage,
        study,
        &[param("z", Domain::Int(Int::new(0, 9))), param("a", Domain::Float(Float::new(0.0, 1.0)))],
    );
    for state in [State::Complete, State::Pruned, State::Failed, State::Waiting] {
        let mut attributes = Attributes::default();
        attributes.insert(AttributeScope::User, "from", json!("elsewhere"));
        let initial = InitialTrial {
            state,
            params: vec![(ids[0], Value::Int(4)), (ids[1], Value::Float(0.25))],
            values: if state == State::Complete { vec![1.5, f64::INFINITY] } else { Vec::new() },
            reports: vec![(10, 0.5), (2, f64::NAN)],
        };
        let new = NewTrial { given: Some(initial), attributes };
        let number = storage.create_trial(study, new).unwrap();
        with_trials(&*storage, study, |trials| {
            assert_eq!(trials.state(number), Some(state));
            assert_eq!(trials.params(number).len(), 2);
            assert_eq!(
                trials.params(number).next(),
                Some((ids[0], Value::Int(4))),
                "in the order given"
            );
            assert_eq!(trials.reports(number)[1], (10, 0.5), "by step");
            assert_eq!(trials.attributes(number).unwrap().user["from"], json!("elsewhere"));
        });
    }
    let short = InitialTrial {
        state: State::Complete,
        params: Vec::new(),
        values: vec![1.0],
        reports: Vec::new(),
    };
    let new = NewTrial { given: Some(short), attributes: Attributes::default() };
    let refused = storage.create_trial(study, new);
    assert!(matches!(refused, Err(StorageError::State(_))), "{refused:?}");
    subject.same_again(&storage, study);
}

pub(super) fn choices_are_kept_by_label(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let kinds = |labels: &[&'static str]| {
        param("kind", Domain::Categorical(Categorical::new(labels.iter().copied())))
    };
    let ids = declare(&*storage, study, &[kinds(&["b", "a"])]);
    let record = |storage: &dyn Storage, number, index| {
        let params = [(ids[0], Value::Choice(index))];
        storage
            .record(study, number, &Event::Sampled { params: &params, seen: 0, explanation: "" })
            .unwrap();
    };
    let first = new_trial(&*storage, study);
    record(&*storage, first, 0);
    declare(&*storage, study, &[kinds(&["c", "a", "b"])]);
    let second = new_trial(&*storage, study);
    // b, a, c: choices are appended, so that old indices keep their meaning.
    record(&*storage, second, 2);
    let label = |trials: &Trials, number| labels(trials, number)[0].1.clone();
    with_trials(&*storage, study, |trials| {
        assert!(label(trials, first).contains("\"b\""));
        assert!(label(trials, second).contains("\"c\""));
    });
    subject.same_again(&storage, study);
}
