//! Asking, telling, removing.

use std::process::{Child, Stdio};

use serde_json::Value as Json;

use super::{Classifier, command, fails, file, hpo, journal, json, space, works};
use hpo_core::prelude::*;
use hpo_core::sampler::Random;

fn asked(arguments: &[&str]) -> Json {
    let line = works(arguments);
    assert!(line.starts_with("{\"number\":") && line.lines().count() == 1, "{line}");
    serde_json::from_str(&line).unwrap()
}

#[test]
fn a_search_can_be_run_from_a_shell() {
    let folder = tempfile::tempdir().unwrap();
    let (url, space) =
        (folder.path().join("runs.journal").display().to_string(), space(folder.path()));
    let first = [
        "ask",
        &url,
        "--study",
        "net",
        "--space",
        &space,
        "--direction",
        "minimize",
        "--sampler",
        "tpe",
        "--seed",
        "7",
    ];
    let mut trial = asked(&first);
    assert_eq!(trial["number"], 0);
    assert!(trial["explanation"].as_str().unwrap().starts_with("tpe"), "{trial}");
    for number in 0..12 {
        let lr = trial["params"]["lr"].as_f64().unwrap();
        assert!((1e-5..=0.1).contains(&lr));
        assert_eq!(
            trial["params"]["optimizer"] == "sgd",
            !trial["params"]["optimizer.sgd.momentum"].is_null()
        );
        let value = ((lr.log10() + 3.0).powi(2) - 1.0).to_string();
        let told = works(&["tell", &url, "--trial", &number.to_string(), "--value", &value]);
        assert_eq!(told, format!("trial {number} of `net` is complete: {value}\n"));
        trial = asked(&["ask", &url, "--sampler", "tpe"]);
        assert_eq!(trial["number"], number + 1);
    }
    let best = json(&["best", &url, "--format", "json"]);
    assert!(best[0]["value"].as_f64().unwrap() < 0.0, "{best}");
    let studies = json(&["studies", &url, "--format", "json"]);
    assert_eq!(
        (&studies[0]["complete"], &studies[0]["running"]),
        (&Json::from(12), &Json::from(1))
    );
}

#[test]
fn the_seed_of_a_study_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let space = space(folder.path());
    let run = |name: &str, seed: &[&str]| -> Vec<Json> {
        let url = folder.path().join(name).display().to_string();
        let make =
            ["ask", &url, "--space", &space, "--direction", "minimize", "--sampler", "random"];
        let first = asked(&[&make[..], seed].concat());
        vec![
            first["params"].clone(),
            asked(&["ask", &url, "--sampler", "random"])["params"].clone(),
        ]
    };
    let one = run("a", &["--seed", "5"]);
    assert_eq!(one, run("b", &["--seed", "5"]));
    assert_ne!(one, run("c", &["--seed", "6"]));
    assert_ne!(one[0], one[1]);
}

#[test]
fn trials_that_were_asked_for_wait_for_their_end() {
    let folder = tempfile::tempdir().unwrap();
    let (url, space) =
        (folder.path().join("runs.journal").display().to_string(), space(folder.path()));
    assert_eq!(asked(&["ask", &url, "--space", &space, "--direction", "maximize"])["number"], 0);
    for number in 1..4 {
        assert_eq!(
            asked(&["ask", &url])["number"],
            number,
            "nobody takes the others for a dead worker's"
        );
    }
    assert!(
        works(&["tell", &url, "--trial", "2", "--state", "failed", "--message", "out of memory"])
            .contains("is failed")
    );
    assert!(works(&["tell", &url, "--trial", "1", "--state", "pruned"]).contains("is pruned"));
    works(&["tell", &url, "--trial", "0", "--value", "-inf"]);
    let trials = json(&["trials", &url, "--format", "json"]);
    let states: Vec<&str> =
        (0..4).map(|number: usize| trials[number]["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["complete", "pruned", "failed", "running"]);
    assert_eq!(
        (&trials[2]["message"], &trials[0]["value"]),
        (&Json::from("out of memory"), &Json::from("-inf"))
    );
    let study = hpo_core::storage::open(&format!("journal:{url}")).unwrap();
    let id = study.studies().unwrap()[0].id;
    let mut noted = Vec::new();
    let note = |trials: &hpo_core::trial::Trials, number| {
        trials.attributes(number).unwrap().system["hpo:detached"].clone()
    };
    study
        .read(id, &mut |trials| noted = (0..4).map(|number| note(trials, number)).collect())
        .unwrap();
    assert_eq!(noted, [true; 4]);
}

#[test]
fn what_is_told_wrongly_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (url, space) =
        (folder.path().join("runs.journal").display().to_string(), space(folder.path()));
    let directions = ["--direction", "minimize,maximize"];
    asked(&[&["ask", &url, "--space", &space][..], &directions].concat());
    let before = std::fs::read(&url).unwrap();
    for (arguments, code, told) in [
        (
            &["--trial", "0", "--value", "1"][..],
            1,
            "trial 0 has 1 value, and the study has 2 objectives",
        ),
        (&["--trial", "9", "--value", "1,2"], 1, "there is no trial 9"),
        (
            &["--trial", "0", "--value", "1", "--value", "nan"],
            1,
            "NaN is not a value: end the trial with --state failed",
        ),
        (&["--trial", "0"], 2, "--value <VALUE>"),
        (&["--trial", "0", "--value", "1,2", "--state", "failed"], 2, "cannot be used with"),
        (&["--trial", "0", "--value", "1,2", "--message", "why"], 2, "cannot be used with"),
        (&["--trial", "0", "--message", "why"], 2, "required"),
        (&["--value", "1"], 2, "--trial"),
    ] {
        let (found, message) = fails(&[&["tell", &url][..], arguments].concat());
        assert!(found == Some(code) && message.contains(told), "{message}");
    }
    assert_eq!(std::fs::read(&url).unwrap(), before);
    works(&["tell", &url, "--trial", "0", "--value", "-1.5", "--value", "2"]);
    let (code, message) = fails(&["tell", &url, "--trial", "0", "--value", "1,2"]);
    assert!(code == Some(1) && message.contains("cannot change any more"), "{message}");
}

#[test]
fn asking_ends_with_a_code_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("runs.journal").display().to_string();
    let space = file(
        folder.path(),
        "coin.json",
        r#"{"all": {"side": {"categorical": {"choices": ["heads", "tails"]}}}}"#,
    );
    asked(&["ask", &url, "--space", &space, "--direction", "minimize", "--most", "1"]);
    let (code, message) = fails(&["ask", &url, "--most", "1"]);
    assert_eq!(
        (code, message.as_str()),
        (Some(3), "hpo: the study has reached the limit of --most\n")
    );
    asked(&["ask", &url]);
    let (code, message) = fails(&["ask", &url]);
    assert_eq!(
        (code, message.as_str()),
        (Some(3), "hpo: every config of the space has been tried\n")
    );
}

#[test]
fn what_is_missing_for_a_new_study_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let coin = file(
        folder.path(),
        "coin.json",
        r#"{"all": {"side": {"categorical": {"choices": ["heads"]}}}}"#,
    );
    let bad =
        file(folder.path(), "bad.json", r#"{"all": {"x": {"float": {"low": 1, "high": 0}}}}"#);
    let torn = file(folder.path(), "torn.json", "{");
    let before = std::fs::read(folder.path().join("studies.journal")).unwrap();
    for (arguments, told) in [
        (
            &["--study", "new"][..],
            "a new study needs --space and --direction: there is no study `new`",
        ),
        (&["--study", "new", "--space", &coin], "a new study needs --direction"),
        (
            &["--study", "new", "--space", "none.json", "--direction", "minimize"],
            "cannot read the space of none.json",
        ),
        (
            &["--study", "new", "--space", &torn, "--direction", "minimize"],
            "torn.json is not a valid space",
        ),
        (&["--study", "new", "--space", &bad, "--direction", "minimize"], "the range"),
        (&["--study", "iris", "--space", &coin], "has changed"),
        (&["--study", "iris", "--direction", "minimize"], "maximize"),
    ] {
        let (code, message) = fails(&[&["ask", &url][..], arguments].concat());
        assert!(code == Some(1) && message.contains(told), "{message}");
    }
    assert_eq!(fails(&["ask", &url, "--study", "iris", "--sampler", "tpee"]).0, Some(2));
    assert_eq!(std::fs::read(folder.path().join("studies.journal")).unwrap(), before);
    let place = folder.path().join("studies.db").display().to_string();
    works(&["ask", &place, "--space", &coin, "--direction", "minimize"]);
    assert!(
        std::fs::read(&place).unwrap().starts_with(b"SQLite format 3"),
        "the ending tells what is made"
    );
}

/// What a program began goes on from the shell, and the other way round.
#[test]
fn programs_and_shells_share_a_study() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let trial = asked(&["ask", &url, "--study", "iris", "--sampler", "random"]);
    assert_eq!(trial["number"], 4);
    works(&["tell", &url, "--study", "iris", "--trial", "4", "--value", "0.9"]);
    let study =
        Study::<Classifier>::maximize().sampler(Random).storage(&*url).name("iris").open().unwrap();
    assert_eq!(study.best_value().unwrap(), 0.9);
    let best = study.best_trial().unwrap();
    assert_eq!(best.params.unwrap().to_json(), trial["params"]);
}

#[test]
fn a_study_is_removed_when_that_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let (code, message) = fails(&["rm", &url, "--study", "iris"]);
    assert!(
        code == Some(1)
            && message.contains("would remove the study `iris` with 4 trials")
            && message.contains("--yes")
    );
    assert_eq!(fails(&["rm", &url, "--yes"]).0, Some(2), "which one is always said");
    assert!(fails(&["rm", &url, "--study", "irsi", "--yes"]).1.contains("did you mean `iris`?"));
    assert_eq!(
        works(&["rm", &url, "--study", "iris", "--yes"]),
        format!("removed the study `iris` with 4 trials from {url}\n")
    );
    let left = json(&["studies", &url, "--format", "json"]);
    assert_eq!((&left[0]["study"], &left[1]), (&Json::from("pair"), &Json::Null));
    assert_eq!(hpo(&["trials", &url, "--study", "iris"]).status.code(), Some(1));
}

#[test]
fn many_may_ask_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (url, space) =
        (folder.path().join("runs.journal").display().to_string(), space(folder.path()));
    asked(&["ask", &url, "--space", &space, "--direction", "minimize", "--sampler", "random"]);
    let ask =
        || command(&["ask", &url, "--sampler", "random"]).stdout(Stdio::piped()).spawn().unwrap();
    let children: Vec<Child> = (0..8).map(|_| ask()).collect();
    let mut numbers: Vec<u64> = Vec::new();
    for child in children {
        let answer: Json =
            serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
        numbers.push(answer["number"].as_u64().unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..9).collect::<Vec<_>>(), "each has a trial of its own");
}

#[test]
#[cfg(target_os = "linux")]
fn on_a_terminal_removing_is_a_question() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let answered = |typed: &str| super::on_terminal(&format!("hpo rm '{url}' --study iris"), typed);
    let Some((shown, has_worked)) = answered("n\n") else { return };
    assert!(
        !has_worked
            && shown.contains("remove the study `iris` with 4 trials")
            && shown.contains("[y/N]"),
        "{shown}"
    );
    assert!(shown.contains("nothing was removed"), "{shown}");
    let (shown, has_worked) = answered("y\n").unwrap();
    assert!(has_worked && shown.contains("removed the study `iris`"), "{shown}");
    assert_eq!(json(&["studies", &url, "--format", "json"])[0]["study"], "pair");
}

/// What is wrong with a new study is told before there is anything of it.
#[test]
fn a_study_that_cannot_be_made_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (
        space(folder.path()),
        file(folder.path(), "bad.json", r#"{"float": {"low": 2, "high": 1}}"#),
    );
    for name in ["new/a.journal", "new/a.db"] {
        let url = folder.path().join(name).display().to_string();
        for arguments in [vec!["--space", &good], vec!["--space", &bad, "--direction", "minimize"]]
        {
            fails(&[vec!["ask", &url, "--study", "net"], arguments].concat());
            assert!(!folder.path().join("new").exists(), "{name}");
        }
    }
}

/// The words of settings are what scripts hold on to: a name in the code may change, they may not.
#[test]
fn the_words_of_settings_stay() {
    let folder = tempfile::tempdir().unwrap();
    let (url, space) =
        (folder.path().join("a.journal").display().to_string(), space(folder.path()));
    asked(&["ask", &url, "--study", "net", "--space", &space, "--direction", "minimize"]);
    for word in ["auto", "always", "never"] {
        works(&["studies", &url, "--color", word]);
    }
    for word in ["table", "json", "csv"] {
        works(&["studies", &url, "--format", word]);
    }
}

#[test]
fn a_fixed_parameter_keeps_its_value() {
    let folder = tempfile::tempdir().unwrap();
    let (url, space) =
        (folder.path().join("a.journal").display().to_string(), space(folder.path()));
    asked(&["ask", &url, "--space", &space, "--direction", "minimize"]);
    let fix = ["ask", &url, "--fix", "lr=1e-3", "--fix", "optimizer=sgd"];
    for _ in 0..3 {
        let trial = asked(&fix);
        assert_eq!(trial["params"]["lr"], 1e-3);
        assert_eq!(trial["params"]["optimizer"], "sgd");
        assert!(trial["params"]["optimizer.sgd.momentum"].is_number(), "{trial}");
    }
    assert_ne!(asked(&["ask", &url])["params"]["lr"], 1e-3);
    let (_, wrong) = fails(&["ask", &url, "--fix", "lrr=1"]);
    assert!(wrong.contains("there is no parameter `lrr`, did you mean `lr`?"), "{wrong}");
    let (_, wrong) = fails(&["ask", &url, "--fix", "lr"]);
    assert!(wrong.contains("write a parameter and its value: lr=1e-3"), "{wrong}");
}
