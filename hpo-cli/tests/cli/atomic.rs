//! Imports and openings are there wholly or not at all, whoever kills them and whoever else is at
//! work.

use std::process::Stdio;
use std::time::Duration;

use hpo_core::prelude::*;
use hpo_core::sampler::{Duplicates, Random};
use hpo_core::storage;
use serde_json::Value as Json;

use super::{Classifier, command, file, json, space, works};

/// An export of one study with so many trials.
fn export(folder: &std::path::Path, trials: u64) -> String {
    let url = format!("journal:{}", folder.join("source.journal").display());
    let study = Study::<Classifier>::minimize()
        .sampler(Random)
        .duplicates(Duplicates::Allow)
        .seed(1)
        .storage(&*url);
    study.open().unwrap().optimize(trials, |_, trial| trial.number() as f64).unwrap();
    let saved = folder.join("saved.json").display().to_string();
    works(&["export", &url, "-o", &saved]);
    saved
}

fn urls(folder: &std::path::Path, round: usize) -> [String; 2] {
    let folder = folder.display();
    [format!("journal:{folder}/{round}.journal"), format!("sqlite:///{folder}/{round}.db")]
}

#[test]
fn an_import_that_is_killed_leaves_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let saved = export(folder.path(), 300);
    let mut ends = [0; 2];
    for (round, delay) in
        [0, 5, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 3_000].into_iter().enumerate()
    {
        for url in urls(folder.path(), round) {
            let mut child =
                command(&["import", &url, &saved]).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(delay));
            // It may have ended by itself.
            let _ = child.kill();
            child.wait().unwrap();
            let target = storage::open(&url).unwrap();
            let studies = target.studies().unwrap();
            assert!(studies.len() < 2);
            for study in &studies {
                let mut complete = 0;
                target.read(study.id, &mut |trials| complete = trials.complete().count()).unwrap();
                assert_eq!(complete, 300, "{url} after {delay} ms");
            }
            ends[studies.len()] += 1;
            drop(target);
            if studies.is_empty() {
                works(&["import", &url, &saved]);
            }
        }
    }
    assert!(ends[0] > 0 && ends[1] > 0, "{ends:?}: nothing was killed, or everything");
}

#[test]
fn an_export_of_an_import_is_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    let saved = export(folder.path(), 20);
    let url = format!("journal:{}/copy.journal", folder.path().display());
    works(&["import", &url, &saved]);
    let without_moments = |text: &str| {
        let mut document: Json = serde_json::from_str(text).unwrap();
        for trial in document["studies"][0]["trials"].as_array_mut().unwrap() {
            // The numbers of changes are those of a study that lived through other events.
            trial["ordinals"].take();
            trial["seen"].take();
        }
        document
    };
    let (first, second) = (std::fs::read_to_string(&saved).unwrap(), works(&["export", &url]));
    assert_eq!(without_moments(&first), without_moments(&second));
    let third = format!("journal:{}/third.journal", folder.path().display());
    let again = file(folder.path(), "again.json", &second);
    works(&["import", &third, &again]);
    assert_eq!(works(&["export", &third]), second, "from then on every byte is the same");
}

#[test]
fn of_two_processes_that_contradict_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let space = space(folder.path());
    for round in 0..6 {
        for url in urls(folder.path(), round) {
            let ask = |direction| {
                let arguments = ["ask", &url, "--space", &space, "--direction", direction];
                command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            };
            let both =
                [ask("minimize"), ask("maximize")].map(|child| child.wait_with_output().unwrap());
            let refused: Vec<_> = both.iter().filter(|output| !output.status.success()).collect();
            assert_eq!(refused.len(), 1, "{url}");
            let told = String::from_utf8_lossy(&refused[0].stderr);
            assert!(told.contains("was made to"), "{told}");
            assert_eq!(storage::open(&url).unwrap().studies().unwrap().len(), 1, "{url}");
        }
    }
}

#[test]
fn processes_that_ask_together_have_one_seed() {
    let folder = tempfile::tempdir().unwrap();
    let space = space(folder.path());
    for url in urls(folder.path(), 0) {
        let arguments = ["ask", &url, "--space", &space, "--direction", "minimize"];
        let ask =
            || command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let children: Vec<_> = (0..6).map(|_| ask()).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let record = storage::open(&url).unwrap().studies().unwrap().remove(0);
        let seeds: std::collections::BTreeSet<_> = record
            .attributes
            .system
            .iter()
            .filter(|(key, _)| key.starts_with("hpo:sampling:"))
            .map(|(_, note)| note["seed"].to_string())
            .collect();
        assert_eq!(seeds.len(), 1, "{url}: {seeds:?}");
        assert_eq!(
            json(&["trials", &url, "--format", "json"]).as_array().unwrap().len(),
            6,
            "{url}"
        );
    }
}
