//! Journals that machines share: `?lock=link` and `?lock=open`.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hpo_core::storage::{self as storages, Location, Next, Storage};
use hpo_core::testing::storage::{CHECKS, StorageUnderTest};
use hpo_core::trial::{Direction, State};
use hpo_tests::Folder;

use crate::storage::within;

const LOCKS: [&str; 2] = ["link", "open"];

fn url(folder: &Folder, name: &str, settings: &str) -> String {
    format!("journal:{}?{settings}", folder.path(name).display())
}

#[test]
fn shared_journals_keep_the_contract() {
    for lock in LOCKS {
        let folder = Folder::new("shared-contract");
        let count = Cell::new(0);
        let open = || -> Arc<dyn Storage> {
            let name = format!("{}.journal", count.get());
            storages::open(&url(&folder, &name, &format!("lock={lock}"))).unwrap()
        };
        let fresh = || {
            count.set(count.get() + 1);
            open()
        };
        for (name, check) in CHECKS {
            let subject = StorageUnderTest { fresh: &fresh, reopen: Some(&open) };
            within(name, || check(subject));
        }
    }
}

#[test]
fn the_settings_are_part_of_the_location() {
    for text in ["journal:a?lock=link", "journal:/a?lock=open&hpo_lease=5s"] {
        let location = Location::parse(text).unwrap();
        assert_eq!(location.to_string(), text);
        assert!(location.spans_machines());
    }
    let location = Location::parse("journal:a?lock=system").unwrap();
    assert_eq!((location.to_string(), location.spans_machines()), ("journal:a".to_owned(), false));
    for wrong in ["journal:a?lock=fcntl", "journal:a?", "journal:a?password=s3cret", "a?lock=link"]
    {
        let error = Location::parse(wrong).unwrap_err().to_string();
        assert!(!error.contains("s3cret") && error.contains("leave out `?`"), "{error}");
    }
}

#[test]
fn many_processes_write_one_shared_journal() {
    for lock in LOCKS {
        let folder = Folder::new("shared-many");
        let url = url(&folder, "a.journal", &format!("lock={lock}"));
        let children: Vec<_> = (0..6)
            .map(|_| {
                let mut command = Command::new(env!("CARGO_BIN_EXE_storage-worker"));
                command.args([&url, "2", "15"]).stdout(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        let mut kept = BTreeSet::new();
        for child in children {
            let output = child.wait_with_output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success(), "{text}");
            for line in text.lines() {
                assert!(kept.insert(line.parse::<u64>().unwrap()), "trial {line} ran twice");
            }
        }
        assert_eq!(kept, (0..180).collect());
        let storage = storages::open(&url).unwrap();
        let study = storage.studies().unwrap()[0].id;
        let mut complete = 0;
        storage.read(study, &mut |trials| complete = trials.complete().count()).unwrap();
        assert_eq!(complete, 180);
        drop(storage);
        let left = std::fs::read_dir(folder.path("")).unwrap().flatten();
        let names: Vec<_> = left.map(|entry| entry.file_name()).collect();
        assert_eq!(names, ["a.journal"], "locks and files of workers are removed");
    }
}

#[test]
fn the_trial_of_a_silent_worker_returns_to_the_queue_after_the_lease() {
    let folder = Folder::new("shared-silent");
    let lease = Duration::from_millis(900);
    let url = url(&folder, "a.journal", "lock=link&hpo_lease=900ms");
    let open = || storages::open(&url).unwrap();
    let (alive, silent) = (open(), open());
    let study = alive.create_study("study", &[Direction::Minimize]).unwrap();
    assert_eq!(alive.next_trial(study, None).unwrap(), Next::New(0));
    assert_eq!(silent.next_trial(study, None).unwrap(), Next::New(1));
    // A worker that was killed sends no heartbeat, and does not take its file away.
    std::mem::forget(silent);
    let observer = open();
    let begin = Instant::now();
    assert!(observer.recover(study).unwrap().is_empty(), "nothing is known of it yet");
    assert!(observer.is_awaited(study).unwrap());
    let mut recovered = Vec::new();
    while recovered.is_empty() {
        std::thread::sleep(observer.heartbeat().unwrap());
        alive.beat().unwrap();
        recovered = observer.recover(study).unwrap();
    }
    assert_eq!(recovered, [1]);
    assert!(begin.elapsed() >= lease);
    observer.read(study, &mut |trials| assert_eq!(trials.state(0), Some(State::Running))).unwrap();
    assert_eq!(observer.next_trial(study, None).unwrap(), Next::Queued(1));
}
