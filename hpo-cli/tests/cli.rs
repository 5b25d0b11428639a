//! The command line on journals that the library wrote.

use std::path::Path;
use std::process::{Command, Output};

use hpo_core::prelude::*;
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

fn journal(folder: &Path) -> String {
    let url = format!("journal:{}", folder.join("studies.journal").display());
    let study = Study::<Classifier>::maximize().sampler(Random).storage(&*url).name("iris").seed(3).open().unwrap();
    study.enqueue(&Classifier::Svc { c: 1.0 }).unwrap();
    study.enqueue(&Classifier::Forest { depth: 4 }).unwrap();
    let objective = |classifier: Classifier, trial: &mut Trial<'_>| match classifier {
        Classifier::Svc { c: 1.0 } => Ok(0.875),
        _ if trial.number() == 1 => Ok(f64::NEG_INFINITY),
        _ => Err(TrialError::failed("no \"luck\", today")),
    };
    study.optimize(4, objective).unwrap();
    let pair = Study::<Classifier>::directions([Direction::Minimize, Direction::Maximize]).storage(&*url);
    pair.name("pair").seed(1).run(3, |_| [1.0, 2.0]).unwrap();
    url
}

fn hpo(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hpo")).args(arguments).output().unwrap()
}

/// What a command prints when it works.
#[track_caller]
fn works(arguments: &[&str]) -> String {
    let output = hpo(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Its exit code and what it says when it does not.
#[track_caller]
fn fails(arguments: &[&str]) -> (Option<i32>, String) {
    let output = hpo(arguments);
    assert!(output.stdout.is_empty());
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn studies_are_listed_with_their_best() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let studies: Json = serde_json::from_str(&works(&["studies", &url, "--format", "json"])).unwrap();
    assert_eq!(studies[0]["study"], "iris");
    assert_eq!(studies[0]["best"], 0.875);
    assert_eq!(studies[0]["failed"], 2);
    assert_eq!(studies[1]["directions"], "minimize, maximize");
    assert_eq!(studies[1]["best"], Json::Null);
}

#[test]
fn replay_tells_whether_every_proposal_comes_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let found: Json = serde_json::from_str(&works(&["replay", &url, "--study", "iris", "--format", "json"])).unwrap();
    let row = |outcome: &str| found.as_array().unwrap().iter().find(|row| row["outcome"] == outcome).unwrap();
    assert_eq!([&row("equal")["trials"], &row("different")["trials"], &row("given by hand")["trials"]], [2, 0, 2]);
    assert!(works(&["replay", &url, "--study", "pair"]).contains("equal"));

    // Another seed than the one with which they were made.
    let path = folder.path().join("studies.journal");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace(r#""seed":"3""#, r#""seed":"4""#)).unwrap();
    let output = hpo(&["replay", &url, "--study", "iris", "--format", "csv"]);
    assert_eq!(output.status.code(), Some(1));
    let (table, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(table.contains("\ndifferent,2,2,") && table.contains("\ndifference,,3,random,"), "{table}");
    assert_eq!(said, "hpo: 2 of 2 proposals of `iris` came out otherwise than they are stored\n");
}

#[test]
fn trials_keep_inactive_parameters_apart_from_null() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let text = works(&["trials", &url, "--study", "iris", "--format", "json"]);
    let trials: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(trials[0]["params"], serde_json::json!({"kind": "Svc", "Svc.c": 1.0}));
    assert_eq!(trials[1]["params"], serde_json::json!({"kind": "Forest", "Forest.depth": 4}));
    assert_eq!(trials[1]["value"], "-inf");
    assert_eq!(trials[2]["state"], "failed");
    assert_eq!(trials[2]["value"], Json::Null);
    assert_eq!(trials.as_array().unwrap().len(), 4);
    let explained = [0, 3].map(|number: usize| trials[number]["explanation"].clone());
    assert_eq!(explained, ["queued by hand", "random"]);
    assert!(!works(&["trials", &url, "--study", "iris"]).contains("queued by hand"), "only for programs");
}

#[test]
fn csv_quotes_what_needs_it() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let text = works(&["trials", &url, "--study", "iris", "--format", "csv"]);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("trial,state,value,seconds,params.kind,params.Svc.c,params.Forest.depth,message"));
    assert!(lines.next().unwrap().starts_with("0,complete,0.875,"));
    assert!(lines.nth(1).unwrap().ends_with(",\"no \"\"luck\"\", today\""));
}

#[test]
fn best_is_one_trial_or_the_front() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let best = works(&["best", &url, "--study", "iris"]);
    assert!(best.contains("0.875") && best.contains("Svc.c") && !best.contains("Forest.depth"), "{best}");
    let best: Json =
        serde_json::from_str(&works(&["best", &url, "--study", "iris", "--count", "9", "--format", "json"])).unwrap();
    assert_eq!([&best[0]["trial"], &best[1]["trial"], &best[2]], [&Json::from(0), &Json::from(1), &Json::Null]);
    let front: Json = serde_json::from_str(&works(&["best", &url, "--study", "pair", "--format", "json"])).unwrap();
    assert_eq!(front.as_array().unwrap().len(), 3);
}

#[test]
fn what_breaks_its_constraints_is_not_the_best() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("journal:{}", folder.path().join("studies.journal").display());
    let study = Study::<Classifier>::maximize().sampler(Random).storage(&*url).name("iris").seed(3).open().unwrap();
    let by = [0.5, 0.25, -1.0];
    let objective = |_: Classifier, trial: &mut Trial<'_>| {
        let number = trial.number() as usize;
        trial.constraint("memory", by[number])?;
        Ok::<_, TrialError>(-(number as f64))
    };
    study.optimize(2, objective).unwrap();
    let (code, message) = fails(&["best", &url, "--study", "iris"]);
    assert!(code == Some(1) && message.contains("trial 1 misses them least, by 0.25 in `memory`"), "{message}");
    study.optimize(3, objective).unwrap();
    let best: Json =
        serde_json::from_str(&works(&["best", &url, "--study", "iris", "--count", "9", "--format", "json"])).unwrap();
    assert_eq!((&best[0]["trial"], &best[1]), (&Json::from(2), &Json::Null));
    assert_eq!(best[0]["constraints"], serde_json::json!({"memory": -1.0}));
    assert!(works(&["trials", &url, "--study", "iris", "--format", "csv"]).contains(",constraints.memory,message\n0,"));
    let studies: Json = serde_json::from_str(&works(&["studies", &url, "--format", "json"])).unwrap();
    assert_eq!(studies[0]["best"], -2.0);
}

#[test]
fn a_plain_path_will_do_and_nothing_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let path = url.strip_prefix("journal:").unwrap();
    let listing = || {
        let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        (names, std::fs::read(path).unwrap())
    };
    let before = listing();
    assert_eq!(works(&["studies", path]), works(&["studies", &url]));
    works(&["trials", path, "--study", "iris"]);
    works(&["best", path, "--study", "iris"]);
    assert_eq!(listing(), before);
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let missing = folder.path().join("none.journal").display().to_string();
    let (code, message) = fails(&["studies", &missing]);
    assert_eq!((code, message), (Some(1), format!("hpo: there is no journal at {missing}\n")));
    assert!(!Path::new(&missing).exists());
    let (code, message) = fails(&["best", &url, "--study", "irsi"]);
    assert!(code == Some(1) && message.contains("`irsi`") && message.contains("`iris`, `pair`"), "{message}");
    let (code, message) = fails(&["best", &url]);
    assert!(code == Some(1) && message.contains("--study"), "{message}");
    let (code, message) = fails(&["studies", "sqlite:///studies.db"]);
    assert!(code == Some(1) && message.contains("journal:PATH"), "{message}");
    let (code, _) = fails(&["best", &url, "--study", "iris", "--count", "0"]);
    assert_eq!(code, Some(2));
}
