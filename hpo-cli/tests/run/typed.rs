//! Programs whose config type derives `SearchSpace`: `examples/my_train.rs`.

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value as Json;

use super::{Place, texts};

/// The example, which Cargo builds with the tests only if all of them are built.
static EXAMPLE: LazyLock<PathBuf> = LazyLock::new(|| {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "hpo-cli", "--example", "my_train"]);
    // What this test got from Cargo would make some build scripts run again.
    let is_of_this_test = |name: &String| {
        ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|own| name.starts_with(own))
    };
    for name in std::env::vars().map(|(name, _)| name).filter(is_of_this_test) {
        cargo.env_remove(name);
    }
    assert!(cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap().success());
    PathBuf::from(env!("CARGO_BIN_EXE_hpo")).with_file_name("examples").join("my_train")
});

fn run(place: &Place, options: &str) -> (String, String) {
    let mut command = place.command(&["run", "--sampler", "random", "--seed", "1"]);
    let output =
        command.args(options.split_whitespace()).arg("--").arg(&*EXAMPLE).output().unwrap();
    let (stdout, stderr) = texts(&output);
    assert!(output.status.success(), "{stdout}{stderr}");
    (stdout, stderr)
}

#[test]
fn a_typed_program_needs_neither_a_space_nor_the_name_of_its_value() {
    let place = Place::new();
    let (best, _) = run(&place, "--trials 6");
    assert!(best.contains("loss ") && best.contains("learning_rate"), "{best}");
    let trials = place.trials();
    assert_eq!(trials[0]["params"]["learning_rate"], 0.01, "the default is tried first");
    let momentum = trials.iter().filter(|trial| trial["params"]["optimizer"] == "Momentum").count();
    assert!((1..6).contains(&momentum), "both branches were tried");
    let weight: f64 = place.read("runs/study/0000/weight.txt").parse().unwrap();
    assert_eq!(trials[0]["value"].as_f64(), Some(weight * weight), "a file of the trial is kept");
    let (_, said) = run(&place, "--trials 7");
    assert!(said.contains("resumed with 6 trials") && !said.contains("space"), "{said}");
}

#[test]
fn a_promoted_typed_program_continues_from_its_checkpoint() {
    let place = Place::new();
    run(&place, "--trials 9 --pruner asha --steps 27 --keep all");
    let output = place.command(&["export", "runs/studies.db", "-o", "all.json"]).output().unwrap();
    assert!(output.status.success());
    let all: Json = serde_json::from_str(&place.read("all.json")).unwrap();
    let trials = all["studies"][0]["trials"].as_array().unwrap();
    let complete: Vec<(usize, &Json)> =
        trials.iter().enumerate().filter(|(_, trial)| trial["state"] == "complete").collect();
    assert!(!complete.is_empty(), "{all}");
    for (number, trial) in complete {
        let steps: Vec<u64> = trial["reports"]
            .as_array()
            .unwrap()
            .iter()
            .map(|report| report[0].as_u64().unwrap())
            .collect();
        assert_eq!(steps, (1..=27).collect::<Vec<_>>(), "each step once, in all rounds together");
        let log = place.read(&format!("runs/study/{number:04}/stdout.log"));
        assert_eq!(log.matches("\"step\":").count(), 27, "{log}");
    }
}

#[test]
fn a_config_of_another_space_is_refused_by_the_program() {
    let place = Place::new();
    let mut command = place.command(&["run", "--trials", "2", "--param", "x=1..2"]);
    let output = command.args(["--minimize", "loss", "--"]).arg(&*EXAMPLE).output().unwrap();
    let (_, said) = texts(&output);
    assert!(said.contains("is not one of this program"), "{said}");
    assert!(said.contains("there is no parameter `x`"), "{said}");
}

#[test]
fn alone_it_runs_its_default_config() {
    let output = Command::new(&*EXAMPLE).output().unwrap();
    let (stdout, stderr) = texts(&output);
    assert!(stderr.starts_with("HPO_CONFIG is not set"), "{stderr}");
    assert_eq!(stdout.matches("\"step\":").count(), 27);
    assert!(stdout.lines().last().unwrap().starts_with("{\"loss\":"), "{stdout}");
    let output = Command::new(&*EXAMPLE).arg("--hpo-space").output().unwrap();
    let declared: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(declared["objectives"][0]["name"], "loss");
}
