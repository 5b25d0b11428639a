//! Clauses on rounds: pauses, promotions, rungs and checkpoints.

use serde_json::{Value as Json, json};

use super::{StorageUnderTest, complete, new_trial, with_trials};
use crate::storage::{Next, Storage, StorageError, StudyId};
use crate::trial::{
    AttributeScope, CHECKPOINT, Event, State, StateError, Timestamp, rung_attribute,
};

const AT: Timestamp = Timestamp(5);

pub(super) fn a_paused_trial_is_no_queued_one(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let number = new_trial(&*storage, study);
    report(&*storage, study, number, 1);
    set_attribute(&*storage, study, number, &rung_attribute(0), &json!(0.5));
    storage.record(study, number, &Event::Paused).unwrap();
    subject.same_again(&storage, study);
    assert_eq!(
        storage.next_trial(study, None).unwrap(),
        Next::New(1),
        "it waits for its promotion"
    );
    assert!(storage.recover(study).unwrap().is_empty(), "nobody runs it");
    with_trials(&*storage, study, |trials| {
        assert_eq!(
            (trials.state(0), trials.paused(), trials.waiting()),
            (Some(State::Paused), &[0][..], &[][..])
        );
        assert_eq!(trials.reports(0), [(1, 1.0)], "it keeps what it has reported");
        assert_eq!((trials.rungs_reached(0), trials.promotions(0)), (1, 0));
        assert_eq!(
            (trials.rungs()[0].number, trials.rungs()[0].rung, trials.rungs()[0].value),
            (0, 0, 0.5)
        );
    });
    let again = storage.record(study, number, &Event::Paused);
    assert!(matches!(again, Err(StorageError::State(StateError::WrongState { .. }))), "{again:?}");
    storage.record(study, number, &Event::Started { at: AT }).unwrap();
    let twice = storage.record(study, number, &Event::Started { at: AT });
    assert!(
        matches!(twice, Err(StorageError::State(StateError::WrongState { .. }))),
        "one promotion each: {twice:?}"
    );
    with_trials(&*storage, study, |trials| {
        assert_eq!((trials.promotions(0), trials.running()), (1, &[0, 1][..]));
    });
    storage.record(study, number, &complete(&[1.0])).unwrap();
    subject.same_again(&storage, study);
}

pub(super) fn a_broken_round_goes_back_to_its_checkpoint(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let number = new_trial(&*storage, study);
    for step in 1..=3 {
        report(&*storage, study, number, step);
    }
    set_attribute(&*storage, study, number, CHECKPOINT, &json!(2));
    storage.record(study, number, &Event::Requeued).unwrap();
    with_trials(&*storage, study, |trials| assert_eq!(trials.reports(0), [(1, 1.0), (2, 2.0)]));
    subject.same_again(&storage, study);
    assert_eq!(storage.next_trial(study, None).unwrap(), Next::Queued(number));
    set_attribute(&*storage, study, number, CHECKPOINT, &Json::Null);
    storage.record(study, number, &Event::Requeued).unwrap();
    with_trials(&*storage, study, |trials| {
        assert!(trials.reports(0).is_empty(), "without a checkpoint it begins anew");
        assert_eq!(trials.promotions(0), 0, "to be taken from the queue is no promotion");
    });
    subject.same_again(&storage, study);
}

fn report(storage: &dyn Storage, study: StudyId, number: u64, step: u64) {
    storage.record(study, number, &Event::Reported { step, value: step as f64 }).unwrap();
}

fn set_attribute(storage: &dyn Storage, study: StudyId, number: u64, key: &str, value: &Json) {
    storage
        .record(study, number, &Event::Attribute { scope: AttributeScope::System, key, value })
        .unwrap();
}
