//! Clauses on studies, and on what is written beside trials.

use serde_json::json;

use super::{StorageUnderTest, complete, declare, new_trial, param, with_trials};
use crate::space::{Categorical, Domain, Label, Value};
use crate::storage::StorageError;
use crate::trial::{AttributeScope, Direction, Event, Outcome, Timestamp};

pub(super) fn studies_have_unique_names(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let again = storage.create_study("study", &[Direction::Maximize]);
    assert!(matches!(again, Err(StorageError::StudyExists { .. })), "{again:?}");
    let directions = [Direction::Maximize, Direction::Minimize];
    let second = storage.create_study("second", &directions).unwrap();
    assert_ne!(study, second);
    let names: Vec<String> = storage.studies().unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["study", "second"]);
    assert_eq!(storage.study(second).unwrap().directions, directions);
    new_trial(&*storage, study);
    assert_eq!(new_trial(&*storage, second), 0, "each study counts for itself");
    subject.same_again(&storage, second);
}

pub(super) fn deleted_studies_are_gone(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let other = storage.create_study("kept", &[Direction::Minimize]).unwrap();
    new_trial(&*storage, study);
    let number = new_trial(&*storage, other);
    storage.delete_study(study).unwrap();
    storage.record(other, number, &complete(&[1.0])).unwrap();
    let gone = |result: Result<(), StorageError>| {
        assert!(matches!(result, Err(StorageError::NoSuchStudy { .. })), "{result:?}");
    };
    gone(storage.study(study).map(drop));
    gone(storage.delete_study(study));
    gone(storage.read(study, &mut |_| ()));
    gone(storage.next_trial(study, None).map(drop));
    gone(storage.record(study, 0, &complete(&[1.0])));
    gone(storage.recover(study).map(drop));
    gone(storage.declare(study, &[]));
    let again = storage.create_study("study", &[Direction::Minimize]).unwrap();
    assert_ne!(again, study, "numbers of studies are not used twice");
    assert_eq!(new_trial(&*storage, again), 0);
    subject.same_again(&storage, other);
    subject.same_again(&storage, again);
}

pub(super) fn attributes_are_kept(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let nested = json!({"deep": [1, 2.5, null, "text"], "big": u64::MAX});
    storage.set_attribute(study, AttributeScope::User, "a", &json!(1)).unwrap();
    storage.set_attribute(study, AttributeScope::User, "a", &nested).unwrap();
    storage.set_attribute(study, AttributeScope::System, "a", &json!("other")).unwrap();
    let attributes = storage.study(study).unwrap().attributes;
    assert_eq!(attributes.user["a"], nested);
    assert_eq!(attributes.system["a"], json!("other"));
    let number = new_trial(&*storage, study);
    for value in [&json!(false), &nested] {
        let (scope, key) = (AttributeScope::System, "b");
        let event = Event::Attribute { scope, key, value };
        storage.record(study, number, &event).unwrap();
    }
    let stored = with_trials(&*storage, study, |trials| trials.attributes(number).cloned());
    assert_eq!(stored.unwrap().system["b"], nested);
    subject.same_again(&storage, study);
}

pub(super) fn odd_names_are_kept(subject: StorageUnderTest<'_>) {
    let storage = (subject.fresh)();
    let odd = "it's \"quoted\" \\ a\nline, ünï\u{1F600}, '; DROP TABLE studies; --\u{1}\t?1";
    let study = storage.create_study(odd, &[Direction::Minimize]).unwrap();
    let domain = Domain::Categorical(Categorical::new([Label::from(odd.to_owned())]));
    let ids = declare(&*storage, study, &[param(odd, domain)]);
    let number = new_trial(&*storage, study);
    let params = [(ids[0], Value::Choice(0))];
    let sampled = Event::Sampled { params: &params, seen: 0, explanation: "" };
    storage.record(study, number, &sampled).unwrap();
    let value = json!({ odd: odd });
    let event = Event::Attribute { scope: AttributeScope::User, key: odd, value: &value };
    storage.record(study, number, &event).unwrap();
    let failed = Event::Finished { outcome: Outcome::Failed(odd), at: Timestamp(1) };
    storage.record(study, number, &failed).unwrap();
    assert_eq!(storage.study(study).unwrap().name, odd);
    with_trials(&*storage, study, |trials| {
        assert_eq!(trials.message(number), Some(odd));
        assert_eq!(trials.attributes(number).unwrap().user[odd], value);
    });
    subject.same_again(&storage, study);
}

pub(super) fn a_name_with_nul_is_kept_or_refused(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let odd = "a\u{0}b";
    let number = new_trial(&*storage, study);
    let value = json!(odd);
    let set = |key: &str| {
        storage.record(
            study,
            number,
            &Event::Attribute { scope: AttributeScope::User, key, value: &value },
        )
    };
    let is_accepted = set(odd).is_ok();
    set("plain").unwrap();
    let created = storage.create_study(odd, &[Direction::Minimize]);
    let names: Vec<String> = storage.studies().unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(names.contains(&odd.to_owned()), created.is_ok());
    assert_eq!(names.len(), 1 + usize::from(created.is_ok()));
    with_trials(&*storage, study, |trials| {
        let user = &trials.attributes(number).unwrap().user;
        assert_eq!(user.contains_key(odd), is_accepted);
        assert_eq!(user["plain"], value);
    });
    subject.same_again(&storage, study);
}
