//! A storage through the eyes of both libraries, as JSON.

use std::path::Path;
use std::process::Command;

use hpo_core::space::{Domain, Label, Value};
use hpo_core::storage::Storage;
use hpo_core::trial::{State, Trials};
use serde_json::{Map, Value as Json, json};

const HERE: &str = env!("CARGO_MANIFEST_DIR");

pub(super) fn run(python: &Path, script: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(python);
    command.arg(Path::new(HERE).join("interop").join(script));
    let output = command.args(arguments).output().expect("python runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// The studies of a storage as Optuna sees them.
pub(super) fn seen_by_optuna(python: &Path, url: &str, more: &[&str]) -> Json {
    let arguments = [&[url], more].concat();
    let mut studies: Json = serde_json::from_str(&run(python, "read.py", &arguments)).unwrap();
    for study in studies.as_array_mut().unwrap() {
        for trial in study["trials"].as_array_mut().unwrap() {
            let system = trial["system"].as_object_mut().unwrap();
            system.retain(|key, _| is_shared(key));
            if trial["state"] == "PRUNED" {
                trial["values"] = json!([]);
            }
        }
    }
    studies
}

/// Whether a system attribute is one that both libraries show. Constraints are shown apart,
/// infinities by name.
pub(super) fn is_shared(key: &str) -> bool {
    !key.starts_with("hpo:") && !key.starts_with("constraints:") && key != "fixed_params"
}

/// The same, as we see them.
pub(super) fn seen_by_us(storage: &dyn Storage) -> Json {
    let studies = storage.studies().unwrap();
    // The tables of a database hold all parameters as floats.
    let is_exact = storage.location().starts_with("journal");
    let study = |record: &hpo_core::storage::StudyRecord| {
        let mut trials = Json::Null;
        let read = storage.read(record.id, &mut |all| {
            trials = (0..all.len()).map(|number| trial(all, number, is_exact)).collect();
        });
        read.unwrap();
        let mut best = Vec::new();
        storage.read(record.id, &mut |all| best = all.best(&record.directions)).unwrap();
        if record.directions.len() == 1 {
            best.truncate(1);
        }
        let mut user = record.attributes.user.clone();
        user.remove("note");
        let directions = record.directions.iter();
        json!({
            "name": record.name,
            "directions": directions.map(|it| it.to_string().to_uppercase()).collect::<Vec<_>>(),
            "user": user,
            "system": record.attributes.system,
            "best": best,
            "trials": trials,
        })
    };
    studies.iter().map(study).collect()
}

pub(super) fn trial(trials: &Trials, number: u64, is_exact: bool) -> Json {
    let attributes = trials.attributes(number).cloned().unwrap_or_default();
    let mut system = attributes.system;
    system.retain(|key, _| is_shared(key));
    let (started, ended) = trials.times(number);
    let params = trials.params(number).map(|(id, value)| {
        let param = &trials.declared()[id.0 as usize];
        (param.path.clone(), label(&param.domain, value, is_exact))
    });
    let reports = trials.reports(number).iter();
    json!({
        "number": number,
        "state": match trials.state(number).unwrap() {
            State::Running => "RUNNING",
            State::Complete => "COMPLETE",
            State::Pruned => "PRUNED",
            State::Failed => "FAIL",
            // To Optuna a paused trial waits.
            State::Waiting | State::Paused => "WAITING",
        },
        "values": trials.values(number).iter().map(|value| plain(*value)).collect::<Vec<_>>(),
        "params": params.collect::<Map<_, _>>(),
        "reports": reports.map(|(step, value)| (step.to_string(), plain(*value))).collect::<Map<_, _>>(),
        "constraints": trials.constraints(number).into_iter().map(|(name, by)| (name, plain(by))).collect::<Map<_, _>>(),
        "user": attributes.user,
        "system": system,
        "started": started.map(|at| at.0),
        "ended": ended.map(|at| at.0),
    })
}

pub(super) fn label(domain: &Domain, value: Value, is_exact: bool) -> Json {
    match (domain, value) {
        (Domain::Categorical(categorical), Value::Choice(index)) => {
            categorical.choices[index as usize].to_json()
        }
        (_, Value::Float(float)) => plain(float),
        (_, value) if is_exact => Label::Int(value.as_int().unwrap()).to_json(),
        (_, value) => Label::Int(value.as_int().unwrap() as f64 as i128).to_json(),
    }
}

/// A number, or Python's name for it where JSON has none.
pub(super) fn plain(value: f64) -> Json {
    if value.is_finite() { json!(value) } else { json!(value.to_string().to_lowercase()) }
}

pub(super) fn assert_same(ours: &Json, theirs: &Json) {
    let empty = Vec::new();
    for (ours, theirs) in ours.as_array().unwrap().iter().zip(theirs.as_array().unwrap()) {
        let trials = |study: &Json| study["trials"].as_array().unwrap_or(&empty).clone();
        for (ours, theirs) in trials(ours).iter().zip(trials(theirs)) {
            assert_eq!(*ours, theirs);
        }
    }
    assert_eq!(ours, theirs);
}
