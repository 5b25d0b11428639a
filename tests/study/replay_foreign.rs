//! Replays of studies in which other libraries and versions have chosen parameters.

use std::io::Write as _;

use hpo_core::prelude::*;
use hpo_core::sampler::Grid;
use hpo_core::space::Params;
use hpo_core::study::Reason;
use hpo_tests::Folder;

use super::replay::{from_disk, on_disk};

#[test]
fn trials_of_other_libraries_and_versions_are_told() {
    let folder = Folder::new("replay");
    for file in ["hpo-0.1.0.journal", "optuna-5.0.0.journal"] {
        let journal = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("format").join(file);
        std::fs::copy(journal, folder.path("a.journal")).unwrap();
        let found = from_disk(&folder);
        assert_eq!((found.equal, found.different), (0, 0), "{found:?}");
        assert!(
            found.unknown.iter().any(|unknown| unknown.reason == Reason::Unexplained),
            "{found:?}"
        );
    }
}

/// Optuna's workers choose one parameter after the other. Whoever looks in between must not take
/// that for all.
#[test]
fn what_others_choose_piece_by_piece_is_minded_once_it_is_whole() {
    let folder = Folder::new("replay");
    let space = hpo_core::space::Space::from_json(
        r#"{"all": {"n": {"int": {"low": 0, "high": 3}}, "m": {"int": {"low": 0, "high": 1}}}}"#,
    );
    let study = on_disk(Study::<Params>::minimize(), &folder)
        .space(space.unwrap())
        .sampler(Grid::default());
    let study = study.open().unwrap();
    let append = |line: &str| {
        let file = std::fs::OpenOptions::new().append(true).open(folder.path("a.journal"));
        writeln!(file.unwrap(), "{line}").unwrap();
    };
    let chosen = |name: &str, high: u64| {
        let domain = format!(
            r#"{{\"name\": \"IntDistribution\", \"attributes\": {{\"log\": false, \"step\": 1, \"low\": 0, \"high\": {high}}}}}"#
        );
        append(&format!(
            r#"{{"op_code":5,"worker_id":"other","trial_id":0,"param_name":"{name}","param_value_internal":1,"distribution":"{domain}"}}"#
        ));
    };
    append(
        r#"{"op_code":4,"worker_id":"other","study_id":0,"datetime_start":"2026-11-21T11:45:06.185364"}"#,
    );
    study.optimize(3, |params, _| params.int("n").unwrap() as f64).unwrap();
    chosen("n", 3);
    study.optimize(4, |params, _| params.int("n").unwrap() as f64).unwrap();
    chosen("m", 1);
    study.optimize(20, |params, _| params.int("n").unwrap() as f64).unwrap();
    let configs: Vec<_> = study
        .trials()
        .unwrap()
        .into_iter()
        .map(|trial| trial.params.unwrap().to_string())
        .collect();
    let different: std::collections::HashSet<_> = configs.iter().collect();
    assert_eq!((configs.len(), different.len()), (8, 8), "{configs:?}");
    let found = from_disk(&folder);
    assert_eq!((found.equal, found.different, found.unknown.len()), (7, 0, 1), "{found:?}");
}
