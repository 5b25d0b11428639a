//! Clauses on the assignment of trials to workers, and on threads.

use std::sync::Arc;
use std::thread;

use super::{StorageUnderTest, complete, declare, enqueue, new_trial, param, with_trials};
use crate::space::{Domain, Float, Value};
use crate::storage::{Next, Storage, StorageError};
use crate::trial::{Event, StateError, Trials};

pub(super) fn the_queue_comes_first(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let ids = declare(&*storage, study, &[param("x", Domain::Float(Float::new(0.0, 1.0)))]);
    let running = new_trial(&*storage, study);
    let with_params = enqueue(&*storage, study, vec![(ids[0], Value::Float(0.5))]);
    let bare = enqueue(&*storage, study, Vec::new());
    storage.record(study, running, &Event::Requeued).unwrap();
    for number in [running, with_params, bare] {
        assert_eq!(storage.next_trial(study, None).unwrap(), Next::Queued(number));
    }
    with_trials(&*storage, study, |trials| {
        assert!(trials.is_sampled(with_params));
        assert!(!trials.is_sampled(bare), "parameters are still to be chosen");
        assert!(trials.waiting().is_empty());
    });
    let sampled =
        Event::Sampled { params: &[(ids[0], Value::Float(0.1))], seen: 0, explanation: "" };
    storage.record(study, bare, &sampled).unwrap();
    assert_eq!(storage.next_trial(study, None).unwrap(), Next::New(3));
    subject.same_again(&storage, study);
}

pub(super) fn a_new_config_is_nobody_elses(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let ids = declare(&*storage, study, &[param("x", Domain::Float(Float::new(0.0, 1.0)))]);
    let [first, second] = [(); 2].map(|()| new_trial(&*storage, study));
    let seen = with_trials(&*storage, study, Trials::ordinal);
    let params = [(ids[0], Value::Float(0.5))];
    let sampled = |seen| Event::Sampled { params: &params, seen, explanation: "" };
    storage.record_new(study, first, &sampled(seen)).unwrap();
    let taken = storage.record_new(study, second, &sampled(seen)).unwrap_err();
    assert!(
        matches!(taken, StorageError::State(StateError::DuplicateParams { by: 0, .. })),
        "{taken}"
    );
    storage.record(study, first, &complete(&[1.0])).unwrap();
    let taken = storage.record_new(study, second, &sampled(seen)).unwrap_err();
    assert!(
        matches!(taken, StorageError::State(StateError::DuplicateParams { by: 0, .. })),
        "{taken}"
    );
    // A sampler that knew of the other trial repeats it on purpose.
    let seen = with_trials(&*storage, study, Trials::ordinal);
    storage.record_new(study, second, &sampled(seen)).unwrap();
    subject.same_again(&storage, study);
}

pub(super) fn no_more_than_asked_for(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    assert_eq!(storage.next_trial(study, Some(0)).unwrap(), Next::Enough);
    assert_eq!(storage.next_trial(study, Some(2)).unwrap(), Next::New(0));
    assert_eq!(storage.next_trial(study, Some(2)).unwrap(), Next::New(1));
    assert_eq!(storage.next_trial(study, Some(2)).unwrap(), Next::Enough);
    storage.record(study, 0, &Event::Requeued).unwrap();
    assert_eq!(storage.next_trial(study, Some(2)).unwrap(), Next::Queued(0), "not taken any more");
    assert_eq!(storage.next_trial(study, Some(2)).unwrap(), Next::Enough);
    subject.same_again(&storage, study);
}

pub(super) fn numbers_are_dense_under_threads(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let most = 60;
    let mut numbers: Vec<u64> = thread::scope(|scope| {
        let worker = || {
            let mut numbers = Vec::new();
            while let Next::New(number) = storage.next_trial(study, Some(most)).unwrap() {
                storage
                    .record(
                        study,
                        number,
                        &Event::Sampled { params: &[], seen: 0, explanation: "" },
                    )
                    .unwrap();
                storage.record(study, number, &complete(&[1.0])).unwrap();
                numbers.push(number);
            }
            numbers
        };
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    numbers.sort_unstable();
    assert_eq!(numbers, (0..most).collect::<Vec<_>>());
    with_trials(&*storage, study, |trials| {
        assert_eq!(trials.finished().len(), 60);
    });
    subject.same_again(&storage, study);
}

pub(super) fn the_queue_is_taken_once(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let count = 40;
    for _ in 0..count {
        enqueue(&*storage, study, Vec::new());
    }
    let other = subject.reopen.map_or_else(|| Arc::clone(&storage), |reopen| reopen());
    let mut taken: Vec<u64> = thread::scope(|scope| {
        let take = |storage: &dyn Storage| {
            let mut taken = Vec::new();
            while let Next::Queued(number) = storage.next_trial(study, Some(count)).unwrap() {
                taken.push(number);
            }
            taken
        };
        let handles = [&storage, &other, &storage, &other];
        let workers: Vec<_> = handles.map(|handle| scope.spawn(move || take(&**handle))).into();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    taken.sort_unstable();
    assert_eq!(taken, (0..count).collect::<Vec<_>>());
    subject.same_again(&storage, study);
}
