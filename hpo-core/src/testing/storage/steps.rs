//! Clauses on atomic changes under concurrent access.

use std::sync::{Arc, Barrier};

use serde_json::{Value as Json, json};

use super::{StorageUnderTest, complete, param, snapshot, with_trials};
use crate::space::{Domain, Float, Value};
use crate::storage::{NewStudy, Step, Storage, StorageError, StudyRecord};
use crate::trial::{
    AttributeScope, Attributes, Direction, Event, InitialTrial, NewTrial, Outcome, Param, ParamId,
    State, StateError, Timestamp, Trials,
};

/// The number of concurrent threads.
const THREADS: usize = 6;

pub(super) fn a_study_is_made_with_all_it_brings(subject: StorageUnderTest<'_>) {
    let storage = (subject.fresh)();
    storage.create_study("before", &[Direction::Minimize]).unwrap();
    let params = [(ParamId(0), Value::Float(0.25)), (ParamId(1), Value::Float(0.5))];
    let past = life(&params);
    let directions = [Direction::Maximize];
    let study = storage.create(&NewStudy { past, ..new_study("whole", &directions) }).unwrap();
    let record = storage.study(study).unwrap();
    assert_eq!(
        (record.directions.as_slice(), &record.attributes),
        (&directions[..], &attributes("whole"))
    );
    with_trials(&*storage, study, |trials| {
        assert_eq!(trials.len(), 2);
        assert_eq!(
            (trials.state(0), trials.state(1)),
            (Some(State::Waiting), Some(State::Complete))
        );
        assert_eq!((trials.values(1), trials.reports(1)), (&[2.5][..], &[(1, 4.0), (2, 3.0)][..]));
        assert_eq!(trials.seen(1), 1);
        assert_eq!(trials.times(1), (Some(Timestamp(5_000_000)), Some(Timestamp(9_000_000))));
        let paths: Vec<&str> = trials
            .params(1)
            .map(|(id, _)| trials.declared()[id.0 as usize].path.as_str())
            .collect();
        assert_eq!(paths, ["a", "b"]);
    });
    subject.same_again(&storage, study);
}

pub(super) fn what_cannot_be_made_whole_is_not_made(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let broken =
        |past| storage.create(&NewStudy { past, ..new_study("broken", &[Direction::Minimize]) });
    let params = [(ParamId(0), Value::Float(0.25)), (ParamId(1), Value::Float(0.5))];
    let twice = Step::Change { trial: 1, event: complete(&[1.0]) };
    let undeclared = [(ParamId(9), Value::Float(0.5))];
    for last in [twice, sampled(0, &undeclared), Step::Change { trial: 7, event: Event::Requeued }]
    {
        let mut past = life(&params);
        past.push(last);
        let created = broken(past);
        assert!(matches!(created, Err(StorageError::State(_))), "{created:?}");
        assert_eq!(storage.studies().unwrap().len(), 1);
    }
    let before = snapshot(&*storage, study);
    let steps = [create(State::Running), Step::Change { trial: 0, event: complete(&[1.0, 2.0]) }];
    let added = storage.append(study, None, &steps);
    assert!(matches!(added, Err(StorageError::State(StateError::ValueCount { .. }))), "{added:?}");
    assert_eq!(snapshot(&*storage, study), before);
    broken(life(&params)).unwrap();
    subject.same_again(&storage, study);
}

pub(super) fn one_of_many_makes_a_study(subject: StorageUnderTest<'_>) {
    let storage = (subject.fresh)();
    let created = at_once(subject, &storage, |storage, thread| {
        let directions = [if thread % 2 == 0 { Direction::Minimize } else { Direction::Maximize }];
        let text = thread.to_string();
        let past = vec![create(State::Waiting); thread + 1];
        let new = NewStudy {
            name: "study",
            attributes: attributes(&text),
            past,
            ..new_study(&text, &directions)
        };
        match storage.create(&new) {
            Ok(study) => Some((study, thread)),
            Err(StorageError::StudyExists { .. }) => None,
            Err(error) => panic!("{error}"),
        }
    });
    let [(study, thread)] = created.into_iter().flatten().collect::<Vec<_>>()[..] else {
        panic!("one has made it")
    };
    assert_eq!(storage.studies().unwrap().len(), 1);
    let record = storage.study(study).unwrap();
    assert_eq!(record.attributes, attributes(&thread.to_string()));
    assert_eq!(
        record.directions,
        [if thread % 2 == 0 { Direction::Minimize } else { Direction::Maximize }]
    );
    assert_eq!(with_trials(&*storage, study, Trials::len), thread as u64 + 1);
    subject.same_again(&storage, study);
}

pub(super) fn notes_are_amended_as_they_were_seen(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let count = |record: &StudyRecord| {
        record.attributes.system.get("count").and_then(Json::as_u64).unwrap_or(0)
    };
    let lost = at_once(subject, &storage, |storage, _| {
        let (mut done, mut lost) = (0, 0);
        while done < 5 {
            let seen = storage.study(study).unwrap();
            let mut attributes = Attributes::default();
            attributes.insert(AttributeScope::System, "count", json!(count(&seen) + 1));
            attributes.insert(AttributeScope::User, "last", json!({"was": count(&seen)}));
            if storage.amend(&seen, &attributes).unwrap() { done += 1 } else { lost += 1 }
        }
        lost
    });
    let record = storage.study(study).unwrap();
    assert_eq!(count(&record), 5 * THREADS as u64, "{lost:?} were refused");
    assert_eq!(record.attributes.user["last"], json!({"was": 5 * THREADS - 1}));
    let old = StudyRecord { attributes: Attributes::default(), ..record.clone() };
    assert!(!storage.amend(&old, &attributes("late")).unwrap());
    assert_eq!(storage.study(study).unwrap(), record);
    storage.delete_study(study).unwrap();
    let gone = storage.amend(&record, &attributes("late"));
    assert!(matches!(gone, Err(StorageError::NoSuchStudy { .. })), "{gone:?}");
}

pub(super) fn trials_are_added_together(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let steps = [
        create(State::Running),
        create(State::Running),
        Step::Change { trial: 1, event: complete(&[1.0]) },
    ];
    let first =
        at_once(subject, &storage, |storage, _| storage.append(study, None, &steps).unwrap());
    let mut sorted = first.clone();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        (0..THREADS as u64).map(|thread| thread * 2).collect::<Vec<_>>(),
        "each pair is together"
    );
    let next = 2 * THREADS as u64;
    let added = at_once(subject, &storage, |storage, _| {
        match storage.append(study, Some(next), &steps[..1]) {
            Ok(number) => Some(number),
            Err(StorageError::State(StateError::NotNext { .. })) => None,
            Err(error) => panic!("{error}"),
        }
    });
    assert_eq!(added.into_iter().flatten().collect::<Vec<_>>(), [next]);
    assert_eq!(with_trials(&*storage, study, |trials| trials.complete().count()), THREADS);
    subject.same_again(&storage, study);
}

/// Runs `work` in threads that start together and returns their results. Half of them have a handle
/// of their own, where several handles are possible.
fn at_once<T: Send>(
    subject: StorageUnderTest<'_>,
    storage: &Arc<dyn Storage>,
    work: impl Fn(&dyn Storage, usize) -> T + Sync,
) -> Vec<T> {
    let own = |thread| {
        subject
            .reopen
            .filter(|_| thread % 2 == 1)
            .map_or_else(|| Arc::clone(storage), |reopen| reopen())
    };
    let handles: Vec<Arc<dyn Storage>> = (0..THREADS).map(own).collect();
    let (barrier, work) = (Barrier::new(THREADS), &work);
    std::thread::scope(|scope| {
        let start = |(thread, storage): (usize, &Arc<dyn Storage>)| {
            let (storage, barrier) = (Arc::clone(storage), &barrier);
            scope.spawn(move || {
                barrier.wait();
                work(&*storage, thread)
            })
        };
        let threads: Vec<_> = handles.iter().enumerate().map(start).collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    })
}

fn new_study<'a>(name: &'a str, directions: &'a [Direction]) -> NewStudy<'a> {
    let float = |path| -> Param { param(path, Domain::Float(Float::new(0.0, 1.0))) };
    NewStudy {
        attributes: attributes(name),
        params: vec![float("a"), float("b")],
        ..NewStudy::new(name, directions)
    }
}

fn attributes(text: &str) -> Attributes {
    let mut attributes = Attributes::default();
    attributes.insert(AttributeScope::User, "text", json!(text));
    attributes.insert(AttributeScope::System, "text", json!({"deep": [text, 1.5]}));
    attributes
}

fn create(state: State) -> Step<'static> {
    let initial =
        InitialTrial { state, params: Vec::new(), values: Vec::new(), reports: Vec::new() };
    Step::Create {
        new: NewTrial { given: Some(initial), ..NewTrial::default() },
        at: Timestamp(1_000_000),
    }
}

fn sampled(trial: usize, params: &[(ParamId, Value)]) -> Step<'_> {
    Step::Change { trial, event: Event::Sampled { params, seen: 1, explanation: "by hand" } }
}

/// Returns the steps that create a waiting trial and a complete one.
fn life(params: &[(ParamId, Value)]) -> Vec<Step<'_>> {
    let change = |event| Step::Change { trial: 1, event };
    let outcome = Outcome::Complete(&[2.5]);
    vec![
        create(State::Waiting),
        create(State::Waiting),
        change(Event::Started { at: Timestamp(5_000_000) }),
        sampled(1, params),
        change(Event::Reported { step: 1, value: 4.0 }),
        change(Event::Reported { step: 2, value: 3.0 }),
        change(Event::Finished { outcome, at: Timestamp(9_000_000) }),
    ]
}
