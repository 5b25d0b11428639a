//! What is said of a storage that cannot be used: its place stands there just once, with what to
//! do.

use std::path::Path;

use hpo_core::prelude::*;
use hpo_core::storage;

use crate::{Classifier, fails, journal, works};

/// Storages that cannot be opened or read, made in a folder, and what is said of them.
fn broken(folder: &Path) -> Vec<(String, String, &'static str)> {
    let path = |name: &str| folder.join(name).display().to_string();
    let journal = journal(folder).trim_start_matches("journal:").to_owned();
    let database = path("whole.db");
    works(&["export", &journal, "--to", &database]);
    std::fs::create_dir(path("folder")).unwrap();
    std::fs::write(path("text.txt"), "hello").unwrap();
    let lines = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(path("damaged.journal"), lines.replacen('\n', "\nnonsense\n", 1)).unwrap();
    for (name, change) in [
        ("older.db", "UPDATE alembic_version SET version_num = 'v3.0.0.a'"),
        ("newer.db", "UPDATE hpo_version SET version = 99"),
        ("row.db", "UPDATE hpo_log SET text = 'nonsense'"),
    ] {
        std::fs::copy(&database, path(name)).unwrap();
        rusqlite::Connection::open(path(name)).unwrap().execute_batch(change).unwrap();
    }
    let url = |scheme: &str, name: &str| (format!("{scheme}{}", path(name)), path(name));
    [
        (url("journal:", "folder"), "directory"),
        (url("", "text.txt"), "this is not a journal"),
        (url("journal:", "whole.db"), "this is not a journal"),
        (url("sqlite:///", "text.txt"), "this is not an SQLite database"),
        (url("sqlite:///", "folder"), "cannot open"),
        (url("", "damaged.journal"), "line 2"),
        (url("", "older.db"), "optuna storage upgrade"),
        (url("", "newer.db"), "use the version of hpo that made it"),
        (url("", "row.db"), "is damaged"),
        (url("journal:", "text.txt/a.journal"), "cannot open"),
        (url("sqlite:///", "text.txt/a.db"), "cannot"),
    ]
    .map(|((url, path), told)| (url, path, told))
    .into()
}

#[test]
fn a_place_is_named_once() {
    let folder = tempfile::tempdir().unwrap();
    for (url, path, told) in broken(folder.path()) {
        let opened = storage::open(&url).and_then(|storage| {
            let study = storage.studies()?[0].id;
            storage.read(study, &mut |_| ())
        });
        let study = Study::<Classifier>::maximize().storage(&*url).name("iris").open().map(drop);
        let mut words = vec![opened.unwrap_err().to_string(), study.unwrap_err().to_string()];
        if Path::new(&path).exists() {
            words.push(fails(&["trials", &url, "--study", "iris"]).1);
        }
        for words in words {
            assert!(words.contains(told), "{url}: {words}");
            // Of a folder that is a file, one of the two is named.
            let place = path.split_inclusive("text.txt").next().unwrap_or(&path);
            assert_eq!(words.matches(place).count(), 1, "{url}: {words}");
        }
    }
}
