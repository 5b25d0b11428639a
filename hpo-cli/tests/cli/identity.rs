//! A study that is moved finds its checkpoints; two studies of one storage never share them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hpo_core::prelude::*;
use hpo_core::pruner::Asha;
use hpo_core::sampler::Random;
use hpo_core::storage::{self, NewStudy, Storage};
use hpo_core::study::StudyBuilder;
use hpo_core::trial::Attributes;

use super::{Classifier, file, hpo, worked, works};

fn url(folder: &Path, file: &str) -> String {
    let place = folder.join(file).display().to_string();
    if file.ends_with("db") { format!("sqlite:///{place}") } else { format!("journal:{place}") }
}

fn study(folder: &Path, url: &str) -> StudyBuilder<Classifier> {
    let study = Study::minimize().storage(url).name("net").seed(3).sampler(Random);
    study
        .pruner(Asha::builder(4).factor(2).build().unwrap())
        .checkpoints(folder.join("checkpoints"))
}

/// Goes on up to so many trials of up to four epochs; which epochs of which trials were trained.
fn train(study: &Study<Classifier>, trials: u64) -> Vec<(u64, u64)> {
    let mut trained = Vec::new();
    let run = study.optimize(trials, |_, trial| {
        let mut last: f64 = trial.restore()?.unwrap_or(1.0);
        for epoch in trial.steps(4) {
            trained.push((trial.number(), epoch));
            last = (trial.number() % 7) as f64 + 1.0 / epoch as f64;
            trial.report(epoch, last)?;
            trial.checkpoint(epoch, &last)?;
        }
        Ok::<_, TrialError>(last)
    });
    run.unwrap();
    trained
}

fn folders(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(folder.join("checkpoints")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn identities(storage: &Arc<dyn Storage>) -> Vec<String> {
    let studies = storage.studies().unwrap();
    studies.iter().map(|study| study.identity().unwrap_or("none").to_owned()).collect()
}

#[test]
fn a_study_that_was_moved_goes_on_from_its_checkpoints() {
    for (from, to) in
        [("a.journal", "b.journal"), ("a.journal", "b.db"), ("a.db", "b.journal"), ("a.db", "b.db")]
    {
        for is_direct in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let folder = folder.path();
            let (source, target, saved) =
                (url(folder, from), url(folder, to), folder.join("all.json"));
            let before = train(&study(folder, &source).open().unwrap(), 6);
            if is_direct {
                works(&["export", &source, "--to", &target]);
            } else {
                works(&["export", &source, "-o", saved.to_str().unwrap()]);
                works(&["import", &target, saved.to_str().unwrap()]);
            }
            let after = train(&study(folder, &target).open().unwrap(), 24);
            assert_eq!(folders(folder).len(), 1, "{from} to {to}");
            let promoted = after
                .iter()
                .filter(|(trial, _)| before.iter().any(|(other, _)| other == trial))
                .count();
            assert!(promoted > 0, "{from} to {to}: nothing of before was promoted");
            let twice: Vec<_> = after.iter().filter(|epoch| before.contains(epoch)).collect();
            assert!(twice.is_empty(), "{from} to {to}: trained again: {twice:?}");
        }
    }
}

/// Checkpoints in one folder and two studies that use them: that is said once, where there are any.
#[test]
fn it_is_said_that_a_copy_shares_its_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let source = url(folder, "a.journal");
    study(folder, &source).open().unwrap();
    let copied = |to: &str| {
        let output = hpo(&["export", &source, "--to", &url(folder, to)]);
        worked(&output);
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(!copied("b.journal").contains("checkpoints"));
    train(&study(folder, &source).open().unwrap(), 2);
    let told = copied("c.journal");
    assert!(
        told.contains("`net` uses the checkpoints of the original: continue one of the two"),
        "{told}"
    );
}

#[test]
fn another_name_is_another_study() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (source, target, saved) =
        (url(folder, "a.journal"), url(folder, "b.db"), folder.join("all.json"));
    train(&study(folder, &source).open().unwrap(), 6);
    works(&["export", &source, "-o", saved.to_str().unwrap()]);
    for names in [&["--as", "second"][..], &["--as", "net"], &["--as", "third"]] {
        let output = hpo(&[&["import", &target, saved.to_str().unwrap()], names].concat());
        worked(&output);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(told.contains("uses the checkpoints"), names[1] == "net", "{told}");
    }
    let kept = identities(&storage::open(&source).unwrap());
    let copies = identities(&storage::open(&target).unwrap());
    assert_eq!(copies.iter().collect::<BTreeSet<_>>().len(), 3, "{copies:?}");
    assert_eq!(copies[1], kept[0], "the name that it had is no other name");
    train(&study(folder, &target).name("second").open().unwrap(), 12);
    assert_eq!(folders(folder).len(), 2);
}

/// Files that somebody has edited, and exports of several storages that went into one.
#[test]
fn no_two_studies_of_a_storage_get_one_identity() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (source, target) = (url(folder, "a.journal"), url(folder, "b.journal"));
    study(folder, &source).open().unwrap();
    let text = works(&["export", &source]);
    let renamed = text.replace("\"name\":\"net\"", "\"name\":\"other\"");
    let twice = text.replace("\"studies\":[", &format!("\"studies\":[{},", studies(&renamed)));
    works(&["import", &target, &file(folder, "twice.json", &twice)]);
    works(&[
        "import",
        &target,
        &file(folder, "third.json", &text.replace("\"name\":\"net\"", "\"name\":\"third\"")),
    ]);
    let copies = identities(&storage::open(&target).unwrap());
    assert_eq!(copies.iter().collect::<BTreeSet<_>>().len(), 3, "{copies:?}");
}

fn studies(text: &str) -> &str {
    text.trim().split_once("\"studies\":[").unwrap().1.strip_suffix("]}").unwrap()
}

/// Optuna's `copy_study` copies all notes, so that two studies of one storage have one identity
/// until the copy is opened here.
#[test]
fn of_two_studies_with_one_identity_the_later_one_gets_its_own() {
    for file in ["a.journal", "a.db"] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let url = url(folder, file);
        let open = |name: &str| drop(study(folder, &url).name(name).open().unwrap());
        open("net");
        let storage = storage::open(&url).unwrap();
        let attributes: Attributes = storage.studies().unwrap().remove(0).attributes;
        storage
            .create(&NewStudy { attributes, ..NewStudy::new("copied", &[Direction::Minimize]) })
            .unwrap();
        let original = identities(&storage).remove(0);
        for name in ["net", "copied", "net", "copied"] {
            open(name);
        }
        let now = identities(&storage);
        assert!(now[0] == original && now[1] != original, "{file}: {now:?}");
        assert_eq!(folders(folder).len(), 2, "{file}");
    }
}

/// Older versions named the folder by the study's name and seed, and noted no identity.
#[test]
fn a_study_of_an_older_version_finds_its_folder_after_a_move() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (source, target) = (url(folder, "a.journal"), url(folder, "b.journal"));
    let mut attributes = Attributes::default();
    attributes.insert(hpo_core::trial::AttributeScope::System, "hpo:seed", serde_json::json!("3"));
    let storage = storage::open(&source).unwrap();
    storage
        .create(&NewStudy { attributes, ..NewStudy::new("net", &[Direction::Minimize]) })
        .unwrap();
    works(&["export", &source, "--to", &target]);
    study(folder, &target).seed(4).open().unwrap();
    let before = folders(folder);
    study(folder, &source).open().unwrap();
    assert_eq!((folders(folder).len(), folders(folder)), (1, before));
}
