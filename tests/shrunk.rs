//! Storages whose file is cut, overwritten or replaced while it is open: nobody goes on as if
//! nothing had happened.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use hpo_core::prelude::*;
use hpo_core::space::Params;
use hpo_core::space::Space;
use hpo_core::storage::{self, Next, Storage, StorageError, StudyId};
use hpo_core::trial::{Event, Outcome, Timestamp};
use hpo_tests::Folder;

const FILES: [&str; 2] = ["a.journal", "a.db"];

/// An open storage with ten finished trials.
fn filled(path: &Path) -> (Arc<dyn Storage>, StudyId) {
    let storage = storage::open(path.to_str().unwrap()).unwrap();
    let study = storage.create_study("study", &[Direction::Minimize]).unwrap();
    for _ in 0..10 {
        trial(&*storage, study).unwrap();
    }
    (storage, study)
}

fn trial(storage: &dyn Storage, study: StudyId) -> Result<u64, StorageError> {
    let (Next::New(number) | Next::Queued(number)) = storage.next_trial(study, None)? else {
        panic!("nobody asked for a limit");
    };
    let outcome = Outcome::Complete(&[number as f64]);
    storage.record(study, number, &Event::Finished { outcome, at: Timestamp(7) })?;
    Ok(number)
}

fn is_told(error: &StorageError) {
    let words = error.to_string();
    let is_damage = words.contains("has lost data") || words.contains("restore it from a copy");
    assert!(is_damage || words.contains("moved or removed"), "{words}");
}

#[test]
fn the_next_change_and_the_next_look_tell_of_a_file_that_was_cut() {
    for file in FILES {
        for share in [0, 1, 30, 60, 90, 99] {
            let folder = Folder::new("cut");
            let path = folder.path(file);
            let (storage, study) = filled(&path);
            checkpointed(&path);
            let whole = fs::metadata(&path).unwrap().len();
            fs::File::options()
                .write(true)
                .open(&path)
                .unwrap()
                .set_len(whole * share / 100)
                .unwrap();
            is_told(
                &storage.read(study, &mut |_| ()).expect_err(&format!("{file} cut to {share} %")),
            );
            is_told(&trial(&*storage, study).expect_err(&format!("{file} cut to {share} %")));
            is_told(&trial(&*storage, study).expect_err("the second time too"));
        }
    }
}

/// Something that somebody does to a file.
type Harm = fn(&Path);

/// All ways to look at a storage.
const LOOKS: [&str; 6] =
    ["all studies", "one study", "trials", "the past", "parameters", "opening"];

fn look(look: &str, storage: &Arc<dyn Storage>, study: StudyId) -> Result<(), StorageError> {
    match look {
        "all studies" => storage.studies().map(drop),
        "one study" => storage.study(study).map(drop),
        "trials" => storage.read(study, &mut |_| ()),
        "the past" => storage.replay_history(study, &mut |_| ()),
        "parameters" => storage.declare(study, &[]),
        _ => match Study::<Params>::minimize()
            .space(space())
            .storage(Arc::clone(storage))
            .name("study")
            .open()
        {
            Err(hpo_core::Error::Storage(error)) => Err(error),
            Err(error) => panic!("{error}"),
            Ok(_) => Ok(()),
        },
    }
}

fn space() -> Space {
    Space::from_json(r#"{"all": {"x": {"float": {"low": 0, "high": 1}}}}"#).unwrap()
}

#[test]
fn whatever_look_is_the_first_one_tells_of_a_file_that_was_cut_removed_or_replaced() {
    let harm: [(&str, Harm); 3] = [
        ("cut", |path| {
            let file = fs::File::options().write(true).open(path).unwrap();
            file.set_len(file.metadata().unwrap().len() * 6 / 10).unwrap();
        }),
        ("removed", |path| fs::remove_file(path).unwrap()),
        ("replaced", |path| {
            let copy = path.with_extension("copy");
            fs::copy(path, &copy).unwrap();
            fs::rename(copy, path).unwrap();
        }),
    ];
    for file in FILES {
        for (harmed, harm) in harm {
            for first in 0..LOOKS.len() {
                let folder = Folder::new("looks");
                let path = folder.path(file);
                let (storage, study) = filled(&path);
                for name in LOOKS {
                    look(name, &storage, study).unwrap();
                }
                checkpointed(&path);
                harm(&path);
                // Each in turn is the first one.
                let mut order = LOOKS;
                order.rotate_left(first);
                for name in order {
                    is_told(
                        &look(name, &storage, study)
                            .expect_err(&format!("{file} was {harmed}: {name}")),
                    );
                }
            }
        }
    }
}

/// What stands in SQLite's log beside the database goes into the database.
fn checkpointed(path: &Path) {
    if path.extension().is_some_and(|ending| ending == "db") {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(())).unwrap();
    }
}

#[test]
fn a_journal_that_was_overwritten_is_told_even_if_it_is_as_long_or_longer() {
    let folder = Folder::new("overwritten");
    let path = folder.path("a.journal");
    let (storage, study) = filled(&path);
    let (other, _) = filled(&folder.path("b.journal"));
    let other_study = other.studies().unwrap()[0].id;
    trial(&*other, other_study).unwrap();
    let longer = fs::read(folder.path("b.journal")).unwrap();
    let own = fs::metadata(&path).unwrap().len() as usize;
    for content in [&longer[..own], &longer[..]] {
        fs::write(&path, content).unwrap();
        is_told(&trial(&*storage, study).unwrap_err());
    }
    is_told(&storage.read(study, &mut |_| ()).unwrap_err());
}

/// Another database is written over it, in place: of the same length, longer, and with and without
/// what stands in the log beside it.
#[test]
fn a_database_that_was_overwritten_by_another_one_is_told_even_if_it_is_as_long() {
    for (more, mode) in [(0, "FULL"), (0, "TRUNCATE"), (300, "FULL"), (300, "TRUNCATE")] {
        for is_reopened in [false, true] {
            let folder = Folder::new("another");
            let (path, other) = (folder.path("a.db"), folder.path("b.db"));
            let (mut storage, study) = filled(&path);
            checkpointed(&path);
            if is_reopened {
                drop(storage);
                storage = storage::open(path.to_str().unwrap()).unwrap();
            }
            trial(&*storage, study).unwrap();
            let packing = rusqlite::Connection::open(&path).unwrap();
            packing.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(())).unwrap();
            storage.read(study, &mut |_| ()).unwrap();
            let (another, its) = filled(&other);
            for _ in 0..=more {
                trial(&*another, its).unwrap();
            }
            checkpointed(&other);
            let content = fs::read(&other).unwrap();
            let told = format!(
                "{more} {mode} {is_reopened}: {} over {}",
                content.len(),
                fs::metadata(&path).unwrap().len()
            );
            assert!(
                more > 0 || content.len() as u64 == fs::metadata(&path).unwrap().len(),
                "{told}"
            );
            fs::write(&path, content).unwrap();
            is_told(&storage.read(study, &mut |_| ()).expect_err(&told));
            is_told(&trial(&*storage, study).expect_err(&told));
            is_told(&storage.studies().expect_err(&told));
        }
    }
}

/// A study with the first rows of the log goes, the file is touched: the database is the same.
#[test]
fn a_database_whose_first_study_was_deleted_is_the_same() {
    let folder = Folder::new("first");
    let path = folder.path("a.db");
    let (storage, first) = filled(&path);
    let (other, study) = (
        storage::open(path.to_str().unwrap()).unwrap(),
        storage.create_study("b", &[Direction::Minimize]),
    );
    let study = study.unwrap();
    for round in 0..4 {
        if round == 2 {
            other.delete_study(first).unwrap();
        }
        trial(&*other, study).unwrap();
        checkpointed(&path);
        fs::File::options()
            .append(true)
            .open(&path)
            .unwrap()
            .set_modified(std::time::SystemTime::UNIX_EPOCH)
            .unwrap();
        assert_eq!(trial(&*storage, study).unwrap(), 2 * round + 1);
    }
}

#[test]
fn a_file_that_was_removed_or_replaced_is_told_by_looks_and_changes() {
    for file in FILES {
        for is_replaced in [false, true] {
            let folder = Folder::new("replaced");
            let path = folder.path(file);
            let (storage, study) = filled(&path);
            let copy = folder.path(format!("copy-of-{file}"));
            fs::copy(&path, &copy).unwrap();
            if is_replaced {
                fs::rename(&copy, &path).unwrap();
            } else {
                fs::remove_file(&path).unwrap();
            }
            is_told(&storage.read(study, &mut |_| ()).unwrap_err());
            is_told(&trial(&*storage, study).unwrap_err());
        }
    }
}

/// Older content of the same storage, written over it.
#[test]
fn a_storage_that_was_set_back_is_told() {
    for file in FILES {
        let folder = Folder::new("back");
        let path = folder.path(file);
        let (storage, study) = filled(&path);
        checkpointed(&path);
        let before = fs::read(&path).unwrap();
        for _ in 0..300 {
            trial(&*storage, study).unwrap();
        }
        checkpointed(&path);
        fs::write(&path, before).unwrap();
        is_told(&trial(&*storage, study).expect_err(file));
    }
}

#[test]
fn vacuum_makes_a_database_shorter_and_loses_nothing() {
    let folder = Folder::new("vacuum");
    let path = folder.path("a.db");
    let (storage, study) = filled(&path);
    let other = storage.create_study("other", &[Direction::Minimize]).unwrap();
    for _ in 0..500 {
        trial(&*storage, other).unwrap();
    }
    storage.delete_study(other).unwrap();
    checkpointed(&path);
    let before = fs::metadata(&path).unwrap().len();
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    assert!(fs::metadata(&path).unwrap().len() < before);
    storage.read(study, &mut |_| ()).unwrap();
    assert_eq!(trial(&*storage, study).unwrap(), 10);
}

#[test]
fn a_worker_whose_file_is_cut_in_mid_run_ends_with_an_error_and_gives_no_number_twice() {
    for file in FILES {
        let folder = Folder::new("run");
        let path = folder.path(file);
        let mut command = Command::new(env!("CARGO_BIN_EXE_storage-worker"));
        command.arg(&path).args(["2", "1000000"]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut numbers = BTreeSet::new();
        for line in lines.by_ref().take(400) {
            assert!(numbers.insert(line.parse::<u64>().unwrap()));
        }
        let whole = fs::metadata(&path).unwrap().len();
        fs::File::options().write(true).open(&path).unwrap().set_len(whole / 2).unwrap();
        let rest: Vec<String> = lines.collect();
        assert!(!child.wait().unwrap().success(), "{file}: {rest:?}");
        let (errors, rest): (Vec<&String>, Vec<&String>) =
            rest.iter().partition(|line| line.starts_with("error"));
        assert_eq!(errors.len(), 1, "{rest:?}");
        assert!(rest.iter().all(|line| numbers.insert(line.parse().unwrap())), "{rest:?}");
    }
}
