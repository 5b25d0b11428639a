//! Clauses on studies, and on what is written beside trials.

use serde_json::json;

use super::{StorageUnderTest, complete, declare, look, new_trial, param};
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
    let kept = storage.create_study("kept", &[Direction::Minimize]).unwrap();
    new_trial(&*storage, study);
    let number = new_trial(&*storage, kept);
    storage.delete_study(study).unwrap();
    storage.record(kept, number, &complete(&[1.0])).unwrap();
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
    subject.same_again(&storage, kept);
    subject.same_again(&storage, again);
}

pub(super) fn attributes_are_kept(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let note = json!({"deep": [1, 2.5, null, "text"], "big": u64::MAX});
    storage.set_attribute(study, AttributeScope::User, "a", &json!(1)).unwrap();
    storage.set_attribute(study, AttributeScope::User, "a", &note).unwrap();
    storage.set_attribute(study, AttributeScope::System, "a", &json!("other")).unwrap();
    let attributes = storage.study(study).unwrap().attributes;
    assert_eq!(attributes.user["a"], note);
    assert_eq!(attributes.system["a"], json!("other"));
    let number = new_trial(&*storage, study);
    for value in [&json!(false), &note] {
        let (scope, key) = (AttributeScope::System, "b");
        let event = Event::Attribute { scope, key, value };
        storage.record(study, number, &event).unwrap();
    }
    let kept = look(&*storage, study, |trials| trials.attributes(number).cloned());
    assert_eq!(kept.unwrap().system["b"], note);
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
    let note = Event::Attribute { scope: AttributeScope::User, key: odd, value: &value };
    storage.record(study, number, &note).unwrap();
    let failed = Event::Finished { outcome: Outcome::Failed(odd), at: Timestamp(1) };
    storage.record(study, number, &failed).unwrap();
    assert_eq!(storage.study(study).unwrap().name, odd);
    look(&*storage, study, |trials| {
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
    let note = |key: &str| {
        storage.record(
            study,
            number,
            &Event::Attribute { scope: AttributeScope::User, key, value: &value },
        )
    };
    let noted = note(odd).is_ok();
    note("plain").unwrap();
    let made = storage.create_study(odd, &[Direction::Minimize]);
    let names: Vec<String> = storage.studies().unwrap().into_iter().map(|it| it.name).collect();
    assert_eq!(names.contains(&odd.to_owned()), made.is_ok());
    assert_eq!(names.len(), 1 + usize::from(made.is_ok()));
    look(&*storage, study, |trials| {
        let user = &trials.attributes(number).unwrap().user;
        assert_eq!(user.contains_key(odd), noted);
        assert_eq!(user["plain"], value);
    });
    subject.same_again(&storage, study);
}
