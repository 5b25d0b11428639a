//! The command line, as its users run it: the real program on journals that the library wrote.

mod asking;
mod atomic;
mod counts;
mod evolved;
#[cfg(feature = "fit")]
mod fitting;
mod hostile;
mod identity;
mod looking;
mod moving;
mod naming;
#[cfg(unix)]
mod page;
mod pages;
mod places;
mod selecting;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use hpo_core::prelude::*;
use hpo_core::sampler::Random;
use serde_json::Value as Json;

#[derive(Debug, Clone, PartialEq, SearchSpace)]
enum Classifier {
    Svc {
        #[search_space(range = 1e-3..=1e3, log)]
        c: f64,
    },
    Forest {
        #[search_space(range = 2..=8)]
        depth: usize,
    },
}

/// A journal of two studies: `iris`, of which two trials failed, and `pair`, of two objectives.
fn journal(folder: &Path) -> String {
    let url = format!("journal:{}", folder.join("studies.journal").display());
    let study = Study::<Classifier>::maximize()
        .sampler(Random)
        .storage(&*url)
        .name("iris")
        .seed(3)
        .open()
        .unwrap();
    study.enqueue(&Classifier::Svc { c: 1.0 }).unwrap();
    study.enqueue(&Classifier::Forest { depth: 4 }).unwrap();
    let objective = |classifier: Classifier, trial: &mut Trial<'_>| match classifier {
        Classifier::Svc { c: 1.0 } => Ok(0.875),
        _ if trial.number() == 1 => Ok(f64::NEG_INFINITY),
        _ => Err(TrialError::failed("no \"luck\", today")),
    };
    study.optimize(4, objective).unwrap();
    let pair =
        Study::<Classifier>::directions([Direction::Minimize, Direction::Maximize]).storage(&*url);
    pair.name("pair").seed(1).run(3, |_| [1.0, 2.0]).unwrap();
    url
}

/// A space of a rate and an optimizer, in a file of the folder.
fn space(folder: &Path) -> String {
    let text = r#"{"all": {
        "lr": {"float": {"low": 1e-5, "high": 0.1, "log": true}},
        "optimizer": {"one_of": {
            "adam": {"all": {}},
            "sgd": {"all": {"momentum": {"float": {"low": 0, "high": 0.99}}}}
        }}
    }}"#;
    file(folder, "space.json", text)
}

fn file(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// The program, with an environment of its own.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hpo"));
    for name in ["HPO_STORAGE", "COLUMNS", "NO_COLOR"] {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

fn hpo(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// The program, with something on its standard input.
fn fed(arguments: &[&str], input: &str) -> Output {
    let command = &mut command(arguments);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// What a line of a shell shows on a terminal, to which this is typed, and whether it works. `None`
/// where there is no `script`, which makes a terminal.
#[cfg(target_os = "linux")]
fn on_terminal(line: &str, typed: &str) -> Option<(String, bool)> {
    let folder = Path::new(env!("CARGO_BIN_EXE_hpo")).parent().unwrap().display();
    let line = format!("PATH=\"{folder}:$PATH\"; {line}");
    let mut script = Command::new("script");
    script
        .args(["-qec", &line, "/dev/null"])
        .env_remove("NO_COLOR")
        .env_remove("COLUMNS")
        .env("TERM", "xterm");
    let spawned =
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = spawned else {
        eprintln!("left out: there is no `script` here");
        return None;
    };
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Some((String::from_utf8_lossy(&output.stdout).into_owned(), output.status.success()))
}

/// What a command prints when it works.
#[track_caller]
fn works(arguments: &[&str]) -> String {
    worked(&hpo(arguments))
}

#[track_caller]
fn worked(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it prints as JSON.
#[track_caller]
fn json(arguments: &[&str]) -> Json {
    serde_json::from_str(&works(arguments)).unwrap()
}

/// Its exit code and what it says when it does not.
#[track_caller]
fn fails(arguments: &[&str]) -> (Option<i32>, String) {
    let output = hpo(arguments);
    assert!(
        output.stdout.is_empty() && !output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}
