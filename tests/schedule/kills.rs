//! A search whose process is killed again and again ends as one that never was, and goes on from
//! its checkpoints.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Duration;

use hpo_core::prelude::*;
use hpo_core::rng::Rng;
use hpo_core::trial::State;
use hpo_tests::Folder;

use super::Rate;

/// What every trial came to: its state, its reports, and the words on its end.
type Ends = Vec<(State, Vec<(u64, f64)>, Option<String>)>;

/// Runs the subject to its end, killed `kills` times on the way; the ends, and how often each epoch
/// was trained.
fn search(kills: u64, seed: u64) -> (Ends, BTreeMap<String, u64>) {
    let folder = Folder::new("kills");
    let subject = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_epochs"));
        command.arg(folder.path("")).stderr(Stdio::null()).spawn().expect("the subject starts")
    };
    let mut rng = Rng::derive(seed, 1);
    let lines = || {
        std::fs::read_to_string(folder.path("trained.log"))
            .map_or(0, |log| log.lines().count() as u64)
    };
    for _ in 0..kills {
        // Two epochs at least, so that the first of them is kept: a trial whose workers die without
        // progress is given up.
        let (before, more) = (lines(), 2 + rng.below_or_at(3));
        let mut child = subject();
        while lines() < before + more && child.try_wait().expect("a child").is_none() {
            std::thread::sleep(Duration::from_micros(100));
        }
        std::thread::sleep(Duration::from_micros(rng.below_or_at(2_500)));
        child.kill().expect("it is killed, or has ended");
        child.wait().expect("it is gone");
    }
    assert!(subject().wait().expect("it ends").success());
    let log = std::fs::read_to_string(folder.path("trained.log")).expect("the log");
    let mut trained = BTreeMap::new();
    for line in log.lines() {
        *trained.entry(line.to_owned()).or_default() += 1;
    }
    let study = Study::<Rate>::minimize().name("loss");
    let study = study
        .storage(format!("journal:{}", folder.path("slow/trials.journal").display()))
        .open()
        .unwrap();
    let replay = study.replay().unwrap();
    assert_eq!((replay.different, &replay.unknown[..]), (0, &[][..]), "{replay:?}");
    assert!(replay.equal > 0 && replay.open == 0, "{replay:?}");
    let ends = study
        .trials()
        .unwrap()
        .into_iter()
        .map(|trial| (trial.state, trial.reports, trial.message));
    (ends.collect(), trained)
}

#[test]
fn a_search_that_is_killed_ends_as_if_it_had_not_been() {
    let (whole, trained) = search(0, 0);
    assert_eq!(trained.values().sum::<u64>(), 75);
    for seed in 1..=3 {
        let (ends, again) = search(12, seed);
        assert_eq!(ends, whole, "seed {seed}");
        assert!(again.keys().eq(trained.keys()), "every epoch was trained, and no other");
        let repeated = again.values().sum::<u64>() - 75;
        assert!(
            repeated <= 12,
            "a kill costs one epoch at most, and {repeated} were trained again"
        );
    }
}
