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
        let study = Study::<Params>::minimize().space(Space::from_json(&text).unwrap()).baseline(false);
        study.storage(&*url).open().unwrap()
    };
    let study = open(r#", "m": {"float": {"low": 0, "high": 1, "default": 0.5}}"#);
    for (m, x) in [(0.25, 0.5), (0.5, 0.25), (0.75, 0.125)] {
        study.enqueue_json(&json!({"x": x, "m": m})).unwrap();
    }
    study.optimize(3, |params, _| params.float("x").unwrap()).unwrap();
    open(r#", "m": {"fixed": 0.25}, "y": {"int": {"low": 1, "high": 9, "default": 7}}"#);
    let best = works(&["best", &url, "--config"]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&best).unwrap(), json!({"x": 0.5, "y": 7}));
    assert_eq!(json(&["studies", &url, "--format", "json"])[0]["best"], json!(0.5));
    assert_eq!(json(&["trials", &url, "--format", "json"]).as_array().unwrap().len(), 3, "all are kept");
}
