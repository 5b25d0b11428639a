//! Storages under processes that die and disks that fill up.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hpo_core::rng::Rng;
use hpo_core::storage;
use hpo_core::trial::{State, Trials};
use hpo_tests::Folder;

const KILLS: u64 = 200;

fn worker(url: &str, threads: u64, trials: u64) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_storage-worker"));
    command.arg(url).args([threads.to_string(), trials.to_string()]);
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
fn assert_kept(url: &str, acknowledged: &BTreeSet<u64>) {
    let storage = storage::open(url).unwrap();
    let Some(study) = storage.studies().unwrap().first().map(|study| study.id) else {
        assert!(acknowledged.is_empty());
        return;
    };
    storage
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
fn nothing_acknowledged_is_lost_by_kills_of_workers_on_a_journal() {
    let folder = Folder::new("kill");
    kill(&format!("journal:{}", folder.path("a.journal").display()), KILLS);
}

#[test]
fn nothing_acknowledged_is_lost_by_kills_of_workers_on_sqlite() {
    let folder = Folder::new("kill");
    kill(&format!("sqlite:///{}", folder.path("a.db").display()), KILLS / 4);
}

/// Two workers at a time, so that one dies while the other writes.
fn kill(url: &str, kills: u64) {
    let mut rng = Rng::derive(1, 1);
    let mut kept = BTreeSet::new();
    for round in 0..kills / 2 {
        let mut children = [worker(url, 2, 1_000_000), worker(url, 1, 1_000_000)];
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
            assert_kept(url, &kept);
        }
    }
    assert_kept(url, &kept);
    assert!(!kept.is_empty(), "the workers have done something before they died");
    all_dead_trials_come_back(url);
}

fn all_dead_trials_come_back(url: &str) {
    let storage = storage::open(url).unwrap();
    let study = storage.studies().unwrap()[0].id;
    let mut running = Vec::new();
    let look = |numbers: &mut Vec<u64>| {
        let read = storage.read(study, &mut |trials| {
            numbers.clear();
            numbers.extend_from_slice(trials.running());
        });
        read.unwrap();
    };
    look(&mut running);
    assert_eq!(storage.recover(study).unwrap(), running);
    look(&mut running);
    assert!(running.is_empty(), "{running:?} are still running");
}

/// Four workers share a study; one after another is killed and replaced. In the end every trial has
/// ended, once, and the numbers are dense.
#[test]
fn kills_of_one_of_four_workers_leave_every_trial_with_one_end() {
    let folder = Folder::new("four");
    let url = format!("sqlite:///{}", folder.path("a.db").display());
    let mut rng = Rng::derive(2, 1);
    let mut workers: Vec<Child> = (0..4).map(|_| worker(&url, 1, 1_000_000)).collect();
    let mut kept = BTreeSet::new();
    let mut end = |child: &mut Child| {
        child.kill().unwrap();
        child.wait().unwrap();
        for number in acknowledged(child) {
            assert!(kept.insert(number), "trial {number} was run to its end twice");
        }
    };
    for _ in 0..KILLS {
        std::thread::sleep(Duration::from_micros(rng.below_or_at(20_000)));
        let place = rng.below_or_at(3) as usize;
        end(&mut workers[place]);
        workers[place] = worker(&url, 1, 1_000_000);
    }
    workers.iter_mut().for_each(&mut end);
    assert_kept(&url, &kept);
    // One more worker takes back what the dead have left.
    let mut last = worker(&url, 1, 200);
    assert!(last.wait().unwrap().success());
    let storage = storage::open(&url).unwrap();
    let study = storage.studies().unwrap()[0].id;
    let look = &mut |trials: &Trials| {
        assert!(
            trials.running().is_empty() && trials.waiting().is_empty(),
            "all trials have ended"
        );
        assert_eq!(trials.finished().len() as u64, trials.len(), "each of them once");
        assert!(
            (0..trials.len()).all(|number| trials.state(number).is_some_and(State::is_finished))
        );
    };
    storage.read(study, look).unwrap();
}

#[test]
fn a_killed_worker_is_known_to_be_dead_at_once_and_a_living_one_to_be_alive() {
    for (kind, file) in [("journal:", "a.journal"), ("sqlite:///", "a.db")] {
        let folder = Folder::new("alive");
        let url = format!("{kind}{}", folder.path(file).display());
        let mut child = worker(&url, 1, 1_000_000);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        lines.next().unwrap().unwrap();
        let storage = storage::open(&url).unwrap();
        let study = storage.studies().unwrap()[0].id;
        assert!(storage.recover(study).unwrap().is_empty());
        child.kill().unwrap();
        child.wait().unwrap();
        let mut running = Vec::new();
        storage.read(study, &mut |trials| running = trials.running().to_vec()).unwrap();
        assert_eq!(storage.recover(study).unwrap(), running);
        assert!(!folder.path(format!("{file}.workers")).exists());
    }
}

/// A shell's limit on the size of files stands for a full disk: the system tears the write and
/// refuses the rest.
#[cfg(unix)]
#[test]
fn a_full_disk_is_an_error_and_loses_nothing() {
    let folder = Folder::new("full");
    let path = folder.path("a.journal");
    let url = format!("journal:{}", path.display());
    let script = format!(
        "trap '' XFSZ; ulimit -f 64; exec {} {url} 3 1000000",
        env!("CARGO_BIN_EXE_storage-worker")
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (errors, numbers): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with("error"));
    assert!(errors[0].contains("a.journal: cannot append to"), "{text}");
    let kept: BTreeSet<u64> = numbers.iter().map(|line| line.parse().unwrap()).collect();
    assert!(kept.len() > 2, "{text}");
    assert_kept(&url, &kept);
    let whole = std::fs::read(&path).unwrap();
    assert!(whole.ends_with(b"\n"), "the torn line was cut off");
    // With room again, all goes on.
    let mut child = worker(&url, 1, 3);
    assert!(child.wait().unwrap().success());
    assert_eq!(acknowledged(&mut child).len(), 3);
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_an_error_of_sqlite_too_and_loses_nothing() {
    let folder = Folder::new("full-sqlite");
    let url = format!("sqlite:///{}", folder.path("a.db").display());
    let script = format!(
        "trap '' XFSZ; ulimit -f 2048; exec {} {url} 3 1000000",
        env!("CARGO_BIN_EXE_storage-worker")
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (errors, numbers): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with("error"));
    assert!(errors[0].contains("a.db: cannot write"), "{text}");
    let kept: BTreeSet<u64> = numbers.iter().map(|line| line.parse().unwrap()).collect();
    assert!(kept.len() > 2, "{text}");
    assert_kept(&url, &kept);
    let mut child = worker(&url, 1, 3);
    assert!(child.wait().unwrap().success());
    assert_eq!(acknowledged(&mut child).len(), 3);
}
