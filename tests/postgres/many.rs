//! Many workers on one study.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};

use hpo_core::storage::Storage;
use hpo_core::trial::{InitialTrial, NewTrial, State};
use hpo_tests::Postgres;

use super::{look, open, states, study, take, tell};

const PROCESSES: u64 = 8;
const THREADS: u64 = 4;
const TRIALS: u64 = 5;

/// A worker in a process of its own.
pub(super) fn worker(url: &str, threads: u64, trials: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lease-holder"));
    command.args([url, &threads.to_string(), trials]).stdout(Stdio::piped());
    command.spawn().unwrap()
}

#[test]
fn numbers_are_dense_and_the_queue_is_taken_once() {
    let Some(database) = Postgres::new("32 workers on one study") else { return };
    let storage = open(&database);
    let study = study(&*storage);
    for _ in 0..20 {
        let given = InitialTrial {
            state: State::Waiting,
            params: Vec::new(),
            values: Vec::new(),
            reports: Vec::new(),
        };
        storage
            .create_trial(study, NewTrial { given: Some(given), ..NewTrial::default() })
            .unwrap();
    }
    let url = database.url();
    let workers: Vec<Child> =
        (0..PROCESSES).map(|_| worker(&url, THREADS, &TRIALS.to_string())).collect();
    let mut told = BTreeSet::new();
    for worker in workers {
        let output = worker.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        for line in text.lines() {
            assert!(told.insert(line.parse::<u64>().unwrap()), "trial {line} was run twice");
        }
    }
    let all = PROCESSES * THREADS * TRIALS;
    assert_eq!(told, (0..all).collect());
    assert_eq!(states(&*storage, study), vec![State::Complete; all as usize]);
    look(&*storage, study, |trials| {
        for number in 0..trials.len() {
            assert_eq!(trials.values(number), [number as f64]);
        }
    });
    let numbers =
        database.query("SELECT number FROM trials WHERE state = 'COMPLETE' ORDER BY trial_id");
    assert_eq!(numbers, (0..all).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn handles_of_one_study_see_each_others_changes() {
    let Some(database) = Postgres::new("two handles of one study") else { return };
    let (one, two) = (open(&database), open(&database));
    let study = study(&*one);
    for round in 0..10 {
        let (first, second) = if round % 2 == 0 { (&one, &two) } else { (&two, &one) };
        assert_eq!(take(&**first, study), round);
        tell(&**second, study, round);
        assert_eq!(states(&**first, study), states(&**second, study));
    }
    let whole = open(&database);
    let transcript =
        |storage: &dyn Storage| look(storage, study, hpo_core::testing::storage::transcript);
    assert_eq!(transcript(&*whole), transcript(&*one));
}
