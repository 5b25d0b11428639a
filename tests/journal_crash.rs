//! The journal under processes that die and disks that fill up.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hpo_core::rng::Rng;
use hpo_core::storage::{Journal, Storage};
use hpo_core::trial::State;
use hpo_tests::Folder;

const KILLS: u64 = 200;

fn worker(path: &Path, threads: u64, trials: u64) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_journal-worker"));
    command.arg(path).args([threads.to_string(), trials.to_string()]);
    command.stdout(Stdio::piped()).spawn().unwrap()
}

/// The numbers a dead worker has printed, whole lines only.
fn acknowledged(child: &mut Child) -> Vec<u64> {
    let mut text = String::new();
    let out = child.stdout.as_mut().unwrap();
    out.read_to_string(&mut text).unwrap();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(|line| line.parse().expect(line)).collect()
}

/// Every acknowledged trial has ended, and none but those that died on the way has not.
fn assert_kept(path: &Path, acknowledged: &BTreeSet<u64>) {
    let journal = Journal::open(path).unwrap();
    let Some(study) = journal.studies().unwrap().first().map(|study| study.id) else {
        assert!(acknowledged.is_empty());
        return;
    };
    journal
        .read(study, &mut |trials| {
            for number in acknowledged {
                let state = trials.state(*number);
                assert_eq!(state, Some(State::Complete), "trial {number} was acknowledged");
                assert_eq!(trials.values(*number), [*number as f64]);
                assert_eq!(trials.params(*number).len(), 1);
            }
        })
        .unwrap();
}

#[test]
fn nothing_acknowledged_is_lost_by_kills() {
    let folder = Folder::new("kill");
    let path = folder.path("a.journal");
    let mut rng = Rng::derive(1, 1);
    let mut kept = BTreeSet::new();
    for round in 0..KILLS / 2 {
        // Two at a time, so that one dies while the other writes.
        let mut children = [worker(&path, 2, 1_000_000), worker(&path, 1, 1_000_000)];
        for child in &mut children {
            std::thread::sleep(Duration::from_micros(rng.below_or_at(50_000)));
            child.kill().unwrap();
        }
        for child in &mut children {
            child.wait().unwrap();
            for number in acknowledged(child) {
                assert!(kept.insert(number), "trial {number} was run to its end twice");
            }
        }
        if round % 20 == 19 {
            assert_kept(&path, &kept);
        }
    }
    assert_kept(&path, &kept);
    assert!(!kept.is_empty(), "the workers have done something before they died");
    all_dead_trials_come_back(&path);
}

fn all_dead_trials_come_back(path: &Path) {
    let journal = Journal::open(path).unwrap();
    let study = journal.studies().unwrap()[0].id;
    let mut running = Vec::new();
    let look = |numbers: &mut Vec<u64>| {
        let read = journal.read(study, &mut |trials| {
            numbers.clear();
            numbers.extend_from_slice(trials.running());
        });
        read.unwrap();
    };
    look(&mut running);
    assert_eq!(journal.recover(study).unwrap(), running);
    look(&mut running);
    assert!(running.is_empty(), "{running:?} are still running");
}

#[test]
fn a_killed_worker_is_known_to_be_dead_at_once_and_a_living_one_to_be_alive() {
    let folder = Folder::new("alive");
    let path = folder.path("a.journal");
    let mut child = worker(&path, 1, 1_000_000);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    let journal = Journal::open(&path).unwrap();
    let study = journal.studies().unwrap()[0].id;
    assert!(journal.recover(study).unwrap().is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
    let mut running = Vec::new();
    journal.read(study, &mut |trials| running = trials.running().to_vec()).unwrap();
    assert_eq!(journal.recover(study).unwrap(), running);
    assert!(!folder.path("a.journal.workers").exists());
}

/// A shell's limit on the size of files stands for a full disk: the system tears the write and refuses the rest.
#[cfg(unix)]
#[test]
fn a_full_disk_is_an_error_and_loses_nothing() {
    let folder = Folder::new("full");
    let path = folder.path("a.journal");
    let script = format!(
        "trap '' XFSZ; ulimit -f 64; exec {} {} 3 1000000",
        env!("CARGO_BIN_EXE_journal-worker"),
        path.display()
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (errors, numbers): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with("error"));
    assert!(errors[0].contains("a.journal: cannot append to"), "{text}");
    let kept: BTreeSet<u64> = numbers.iter().map(|line| line.parse().unwrap()).collect();
    assert!(kept.len() > 2, "{text}");
    assert_kept(&path, &kept);
    let whole = std::fs::read(&path).unwrap();
    assert!(whole.ends_with(b"\n"), "the torn line was cut off");
    // With room again, all goes on.
    let mut child = worker(&path, 1, 3);
    assert!(child.wait().unwrap().success());
    assert_eq!(acknowledged(&mut child).len(), 3);
}
