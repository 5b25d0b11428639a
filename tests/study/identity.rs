//! A study's checkpoints are found by what the study is: not by its seed, and not by its name
//! alone.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Barrier, Mutex};

use hpo_core::prelude::*;
use hpo_core::pruner::Asha;
use hpo_core::storage::{self, NewStudy, Storage};
use hpo_core::study::StudyBuilder;
use hpo_core::trial::{AttributeScope, Attributes};
use hpo_tests::Folder;
use serde_json::json;

use super::Point;

fn url(folder: &Folder, file: &str) -> String {
    if file.ends_with("db") {
        format!("sqlite:///{}", folder.path(file).display())
    } else {
        format!("journal:{}", folder.path(file).display())
    }
}

fn study(folder: &Folder, file: &str) -> StudyBuilder<Point> {
    Study::minimize().storage(url(folder, file)).checkpoints(folder.path("checkpoints"))
}

fn folders(folder: &Folder) -> BTreeSet<String> {
    let entries = fs::read_dir(folder.path("checkpoints")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn another_seed_is_the_same_study() {
    let folder = Folder::new("identity");
    for file in ["a.journal", "a.db"] {
        let before = study(&folder, file).open().map(|_| folders(&folder)).unwrap();
        for seed in [1, 2, 1] {
            study(&folder, file).seed(seed).open().unwrap();
        }
        assert_eq!(folders(&folder), before, "{file}");
    }
    assert_eq!(
        folders(&folder).len(),
        2,
        "two storages are two studies, of whatever name and seed"
    );
}

#[test]
fn a_study_that_was_made_anew_is_another_one() {
    let folder = Folder::new("identity");
    for file in ["a.journal", "a.db"] {
        study(&folder, file).seed(1).open().unwrap();
        let before = folders(&folder);
        let storage = storage::open(&url(&folder, file)).unwrap();
        storage.delete_study(storage.studies().unwrap()[0].id).unwrap();
        study(&folder, file).seed(1).open().unwrap();
        assert_eq!(folders(&folder).difference(&before).count(), 1, "{file}");
    }
}

#[test]
fn in_memory_too() {
    let folder = Folder::new("identity");
    let memory = storage::open("memory").unwrap();
    let open = |storage: &Arc<dyn Storage>| {
        let study = Study::<Point>::minimize().storage(Arc::clone(storage)).seed(1);
        study.checkpoints(folder.path("checkpoints")).open().unwrap();
    };
    open(&memory);
    open(&memory);
    assert_eq!(folders(&folder).len(), 1);
    open(&storage::open("memory").unwrap());
    assert_eq!(folders(&folder).len(), 2);
}

/// Older versions recorded no identity, and named the folder by the study's name and its seed.
#[test]
fn the_folder_of_an_older_version_is_found_and_kept() {
    let folder = Folder::new("identity");
    let mut attributes = Attributes::default();
    attributes.insert(AttributeScope::System, "hpo:seed", json!("7"));
    let storage = storage::open(&url(&folder, "a.journal")).unwrap();
    storage
        .create(&NewStudy { attributes, ..NewStudy::new("study", &[Direction::Minimize]) })
        .unwrap();
    for seed in [8, 9] {
        study(&folder, "a.journal").seed(seed).open().unwrap();
        assert_eq!(folders(&folder), BTreeSet::from(["e67f9749-0000000000000007".to_owned()]));
    }
}

#[test]
fn an_identity_that_is_no_name_of_a_folder_is_replaced() {
    for odd in [json!("../../x"), json!(""), json!("a/b"), json!(7), json!("x".repeat(65))] {
        let folder = Folder::new("identity");
        let mut attributes = Attributes::default();
        attributes.insert(AttributeScope::System, "hpo:id", odd.clone());
        let storage = storage::open(&url(&folder, "a.journal")).unwrap();
        storage
            .create(&NewStudy { attributes, ..NewStudy::new("study", &[Direction::Minimize]) })
            .unwrap();
        study(&folder, "a.journal").open().unwrap();
        study(&folder, "a.journal").open().unwrap();
        assert_eq!(folders(&folder).len(), 1, "{odd}");
        assert_eq!(
            folders(&folder).first().map(String::as_str),
            storage.studies().unwrap()[0].identity(),
            "{odd}"
        );
    }
}

/// Trains up to four epochs, and notes each that is trained.
fn train(study: &Study<Point>, trials: u64, trained: &Mutex<Vec<(u64, u64)>>) {
    let run = study.optimize(trials, |point, trial| {
        let mut last: f64 = trial.restore()?.unwrap_or(1.0);
        for epoch in trial.steps(4) {
            trained.lock().unwrap().push((trial.number(), epoch));
            last = point.square() + 1.0 / epoch as f64;
            trial.report(epoch, last)?;
            trial.checkpoint(epoch, &last)?;
        }
        Ok::<_, TrialError>(last)
    });
    run.unwrap();
}

fn is_each_once(trained: &Mutex<Vec<(u64, u64)>>) -> bool {
    let trained = trained.lock().unwrap();
    trained.iter().collect::<BTreeSet<_>>().len() == trained.len()
}

#[test]
fn no_epoch_is_trained_twice_after_a_change_of_seed() {
    let folder = Folder::new("identity");
    let trained = Mutex::default();
    for (seed, trials) in [(1, 6), (2, 12), (3, 24)] {
        let study = study(&folder, "a.journal")
            .seed(seed)
            .pruner(Asha::builder(4).factor(2).build().unwrap())
            .open()
            .unwrap();
        train(&study, trials, &trained);
    }
    assert!(is_each_once(&trained), "{trained:?}");
}

#[test]
fn workers_that_begin_together_share_their_checkpoints() {
    for file in ["a.journal", "a.db"] {
        let folder = Folder::new("identity");
        let (barrier, trained) = (Barrier::new(6), Mutex::default());
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    let builder =
                        study(&folder, file).pruner(Asha::builder(4).factor(2).build().unwrap());
                    barrier.wait();
                    train(&builder.open().unwrap(), 24, &trained);
                });
            }
        });
        assert_eq!(folders(&folder).len(), 1, "{file}");
        assert!(is_each_once(&trained), "{file}: {trained:?}");
    }
}
