//! Clauses on the replay of earlier versions.

use std::collections::BTreeMap;

use super::{StorageUnderTest, complete, declare, enqueue, new_trial, param, snapshot, transcript};
use crate::space::{Domain, Float, Value};
use crate::storage::StorageError;
use crate::trial::{AttributeScope, Event, Outcome, Timestamp};

/// Checks that a storage that keeps its changes shows the trials at each version as they were then,
/// including data that was overwritten, dropped or removed later.
pub(super) fn the_past_comes_by_once_more(subject: StorageUnderTest<'_>) {
    let (storage, study) = subject.study();
    let storage = &*storage;
    let ids = declare(storage, study, &[param("x", Domain::Float(Float::new(0.0, 1.0)))]);
    let (first, params) = (new_trial(storage, study), [(ids[0], Value::Float(0.25))]);
    let second = enqueue(storage, study, vec![(ids[0], Value::Float(0.5))]);
    let broken = |by: i32| serde_json::json!(by);
    let (lightly, badly, at) = (broken(1), broken(5), Timestamp(3));
    let constraint = |value| Event::Attribute {
        scope: AttributeScope::System,
        key: "constraints:memory",
        value,
    };
    let changes = [
        (first, Event::Sampled { params: &params, seen: 0, explanation: "random" }),
        (first, Event::Reported { step: 1, value: 2.0 }),
        (first, Event::Reported { step: 1, value: 1.0 }),
        (first, Event::Requeued),
        (first, Event::Started { at }),
        (second, Event::Started { at }),
        (second, constraint(&lightly)),
        (second, constraint(&badly)),
        (first, Event::Paused),
        (second, Event::Finished { outcome: Outcome::Failed("no memory"), at }),
        (first, Event::Started { at }),
        (first, complete(&[0.5])),
    ];
    let mut lived = BTreeMap::new();
    for (number, event) in changes {
        let ordinal = super::with_trials(storage, study, crate::trial::Trials::ordinal);
        lived.insert(ordinal, snapshot(storage, study));
        storage.record(study, number, &event).unwrap();
    }
    lived.insert(lived.last_key_value().map_or(0, |(last, _)| last + 1), snapshot(storage, study));
    let mut again = BTreeMap::new();
    let retraced = storage.replay_history(study, &mut |trials| {
        again.entry(trials.ordinal()).or_insert_with(|| transcript(trials));
    });
    match retraced {
        Err(StorageError::HistoryNotKept { .. }) => {
            assert!(again.is_empty(), "there is a past, or none");
        }
        Err(error) => panic!("{error}"),
        Ok(()) => {
            for (ordinal, trials) in lived {
                assert_eq!(again.get(&ordinal), Some(&trials), "after {ordinal} changes");
            }
        }
    }
}
