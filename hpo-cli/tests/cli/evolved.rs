//! A study whose space has changed, as the command line shows it.

use hpo_core::prelude::*;
use hpo_core::space::{Params, Space};
use serde_json::json;

use super::{json, works};

#[test]
fn the_best_is_of_the_space_as_it_is_now() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("journal:{}/a.journal", folder.path().display());
    let open = |fields: &str| {
        let text = format!(r#"{{"all": {{"x": {{"float": {{"low": 0, "high": 1}}}}{fields}}}}}"#);
        let study =
            Study::<Params>::minimize().space(Space::from_json(&text).unwrap()).baseline(false);
        study.storage(&*url).open().unwrap()
    };
    let study = open(r#", "m": {"float": {"low": 0, "high": 1, "default": 0.5}}"#);
    for (m, x) in [(0.25, 0.5), (0.5, 0.25), (0.75, 0.125)] {
        study.enqueue_json(&json!({"x": x, "m": m})).unwrap();
    }
    study.optimize(3, |params, _| params.float("x").unwrap()).unwrap();
    open(r#", "m": {"fixed": 0.25}, "y": {"int": {"low": 1, "high": 9, "default": 7}}"#);
    let best = works(&["best", &url, "--config"]);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&best).unwrap(),
        json!({"x": 0.5, "y": 7})
    );
    assert_eq!(json(&["studies", &url, "--format", "json"])[0]["best"], json!(0.5));
    assert_eq!(
        json(&["trials", &url, "--format", "json"]).as_array().unwrap().len(),
        3,
        "all are kept"
    );
}

/// Rows that are imported have the value at which a parameter stands now, like trials that are run.
#[test]
fn imported_rows_are_of_the_space_as_it_is_now() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.journal", "a.db"] {
        let url = folder.path().join(name).display().to_string();
        let open = |m: &str| {
            let text =
                format!(r#"{{"all": {{"x": {{"float": {{"low": 0, "high": 1}}}}, "m": {m}}}}}"#);
            let study =
                Study::<Params>::minimize().space(Space::from_json(&text).unwrap()).baseline(false);
            study.storage(&*url).open().unwrap()
        };
        let tuned = r#"{"float": {"low": 0, "high": 1, "default": 0.5}}"#;
        for m in [tuned, r#"{"fixed": 0.25}"#, r#"{"fixed": 0.75}"#] {
            let study = open(m);
            study.optimize(study.trials().unwrap().len() as u64 + 1, |_, _| 1.0).unwrap();
        }
        let rows = folder.path().join("rows.csv");
        std::fs::write(&rows, "x,value\n0.875,0.25\n").unwrap();
        works(&["import", &url, rows.to_str().unwrap(), "--study", "study"]);
        let best = works(&["best", &url, "--config"]);
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&best).unwrap(),
            json!({"x": 0.875}),
            "{name}"
        );
        let m = open(tuned).trials().unwrap()[3].params.as_ref().unwrap().float("m");
        assert_eq!(m, Some(0.75), "{name}");
    }
}
