//! Both storages under the contract that holds for all.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;

use hpo_core::storage::{self, Database, Journal, Memory, Next, Storage, StorageError};
use hpo_core::testing::storage::{CHECKS, StorageUnderTest};
use hpo_core::trial::{Direction, Event};

use hpo_tests::Folder;

#[test]
fn memory_keeps_the_contract() {
    let fresh = || Arc::new(Memory::new()) as Arc<dyn Storage>;
    for (name, check) in CHECKS {
        let subject = StorageUnderTest { fresh: &fresh, reopen: None };
        within(name, || check(subject));
    }
}

#[test]
fn the_journal_keeps_the_contract() {
    a_file_keeps_the_contract(|path| Arc::new(Journal::open(path).unwrap()));
}

#[test]
fn sqlite_keeps_the_contract() {
    a_file_keeps_the_contract(|path| Arc::new(Database::sqlite(path).unwrap()));
}

fn a_file_keeps_the_contract(open: impl Fn(PathBuf) -> Arc<dyn Storage>) {
    let folder = Folder::new("contract");
    let count = Cell::new(0);
    let path = || folder.path(format!("{}.storage", count.get()));
    let fresh = || {
        count.set(count.get() + 1);
        open(path())
    };
    let reopen = || open(path());
    for (name, check) in CHECKS {
        let subject = StorageUnderTest { fresh: &fresh, reopen: Some(&reopen) };
        within(name, || check(subject));
    }
}

/// Says which clause it was that failed.
pub(crate) fn within(name: &str, check: impl FnOnce()) {
    if let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)) {
        eprintln!("broken: {name}");
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn a_log_of_many_rows_is_read_whole() {
    let folder = Folder::new("long");
    let open = || Database::sqlite(folder.path("a.db")).unwrap();
    let storage = open();
    let study = storage.create_study("long", &[Direction::Minimize]).unwrap();
    let Next::New(number) = storage.next_trial(study, None).unwrap() else {
        panic!("nothing is queued")
    };
    // Together with the trial itself two pages and a half, and just two.
    for step in 0..2_500 {
        storage.record(study, number, &Event::Reported { step, value: step as f64 }).unwrap();
        if [1_998, 1_999, 2_499].contains(&step) {
            open()
                .read(study, &mut |trials| {
                    assert_eq!(trials.reports(number).len() as u64, step + 1);
                })
                .unwrap();
        }
    }
}

#[test]
fn clones_of_memory_share_their_studies() {
    let memory = Memory::new();
    memory.clone().create_study("one", &[]).unwrap();
    assert_eq!(memory.studies().unwrap().len(), 1);
}

#[test]
fn urls_open_what_they_name() {
    let folder = Folder::new("urls");
    let path = folder.path("deep/down/a.journal");
    assert_eq!(storage::open("memory").unwrap().location(), "memory");
    let url = format!("journal:{}", path.display());
    let journal = storage::open(&url).unwrap();
    assert_eq!(journal.location(), url);
    assert!(path.is_file());
    for url in ["", "memory:", "journal:", "journal", "mysql://x"] {
        let error = storage::open(url).unwrap_err();
        assert!(matches!(error, StorageError::UnknownUrl { .. }), "{error}");
        assert!(error.to_string().contains("journal:PATH"), "{error}");
    }
}
