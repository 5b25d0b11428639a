//! Looking: what `studies`, `trials` and `best` show, and that it changes nothing.

use std::path::Path;

use hpo_core::prelude::*;
use hpo_core::sampler::Random;
use serde_json::Value as Json;

use super::{Classifier, command, fails, file, hpo, journal, json, worked, works};

#[test]
fn studies_are_listed_with_their_best() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let studies: Json =
        serde_json::from_str(&works(&["studies", &url, "--format", "json"])).unwrap();
    assert_eq!(studies[0]["study"], "iris");
    assert_eq!(studies[0]["best"], 0.875);
    assert_eq!(studies[0]["failed"], 2);
    assert_eq!(studies[1]["directions"], "minimize, maximize");
    assert_eq!(studies[1]["best"], Json::Null);
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
    assert!(
        !works(&["trials", &url, "--study", "iris"]).contains("queued by hand"),
        "only for programs"
    );
}

#[test]
fn csv_quotes_what_needs_it() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let text = works(&["trials", &url, "--study", "iris", "--format", "csv"]);
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("trial,state,value,seconds,params.kind,params.Svc.c,params.Forest.depth,message")
    );
    assert!(lines.next().unwrap().starts_with("0,complete,0.875,"));
    assert!(lines.nth(1).unwrap().ends_with(",\"no \"\"luck\"\", today\""));
}

#[test]
fn best_is_one_trial_or_the_front() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let best = works(&["best", &url, "--study", "iris"]);
    assert!(
        best.contains("0.875") && best.contains("Svc.c") && !best.contains("Forest.depth"),
        "{best}"
    );
    let best: Json = serde_json::from_str(&works(&[
        "best", &url, "--study", "iris", "--count", "9", "--format", "json",
    ]))
    .unwrap();
    assert_eq!(
        [&best[0]["trial"], &best[1]["trial"], &best[2]],
        [&Json::from(0), &Json::from(1), &Json::Null]
    );
    let front: Json =
        serde_json::from_str(&works(&["best", &url, "--study", "pair", "--format", "json"]))
            .unwrap();
    assert_eq!(front.as_array().unwrap().len(), 3);
}

#[test]
fn what_breaks_its_constraints_is_not_the_best() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("journal:{}", folder.path().join("studies.journal").display());
    let study = Study::<Classifier>::maximize()
        .sampler(Random)
        .storage(&*url)
        .name("iris")
        .seed(3)
        .open()
        .unwrap();
    let by = [0.5, 0.25, -1.0];
    let objective = |_: Classifier, trial: &mut Trial<'_>| {
        let number = trial.number() as usize;
        trial.constraint("memory", by[number])?;
        Ok::<_, TrialError>(-(number as f64))
    };
    study.optimize(2, objective).unwrap();
    let (code, message) = fails(&["best", &url, "--study", "iris"]);
    assert!(
        code == Some(1)
            && message.contains("trial 1 comes closest, with a violation of 0.25 in `memory`"),
        "{message}"
    );
    study.optimize(3, objective).unwrap();
    let best: Json = serde_json::from_str(&works(&[
        "best", &url, "--study", "iris", "--count", "9", "--format", "json",
    ]))
    .unwrap();
    assert_eq!((&best[0]["trial"], &best[1]), (&Json::from(2), &Json::Null));
    assert_eq!(best[0]["constraints"], serde_json::json!({"memory": -1.0}));
    assert!(
        works(&["trials", &url, "--study", "iris", "--format", "csv"])
            .contains(",constraints.memory,message\n0,")
    );
    let studies: Json =
        serde_json::from_str(&works(&["studies", &url, "--format", "json"])).unwrap();
    assert_eq!(studies[0]["best"], -2.0);
}

#[test]
fn a_plain_path_will_do_and_nothing_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let path = url.strip_prefix("journal:").unwrap();
    let listing = || {
        let mut names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        (names, std::fs::read(path).unwrap())
    };
    let before = listing();
    assert_eq!(works(&["studies", path]), works(&["studies", &url]));
    works(&["trials", path, "--study", "iris"]);
    works(&["best", path, "--study", "iris"]);
    works(&["best", path, "--study", "iris", "--config"]);
    works(&["export", path]);
    for nothing in
        ["studies", "trials", "best", "export", "tell --trial 0 --value 1", "rm --study x --yes"]
    {
        let missing = folder.path().join("none.journal").display().to_string();
        let mut arguments: Vec<&str> = nothing.split(' ').collect();
        arguments.insert(1, &missing);
        assert_eq!(
            fails(&arguments),
            (Some(1), format!("hpo: there is no journal at {missing}\n"))
        );
    }
    let (code, message) =
        fails(&["ask", &folder.path().join("none.journal").display().to_string()]);
    assert!(
        code == Some(1)
            && message.contains("a new study needs --space and --direction: there is no journal")
    );
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
    assert!(
        code == Some(1)
            && message.contains("no study `irsi`")
            && message.contains("did you mean `iris`?"),
        "{message}"
    );
    let (code, message) = fails(&["best", &url, "--study", "digits"]);
    assert!(code == Some(1) && message.contains("there is `iris`, `pair`"), "{message}");
    let (code, message) = fails(&["best", &url]);
    assert!(code == Some(1) && message.contains("--study"), "{message}");
    let (code, message) = fails(&["studies", "sqlite:///none/studies.db"]);
    assert_eq!(
        (code, message),
        (Some(1), "hpo: there is no database at none/studies.db\n".to_owned())
    );
    let (code, message) = fails(&["studies", "ftp://example.org"]);
    assert!(code == Some(1) && message.contains("journal:PATH"), "{message}");
    let (code, _) = fails(&["best", &url, "--study", "iris", "--count", "0"]);
    assert_eq!(code, Some(2));
}

#[test]
fn the_storage_may_stand_in_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let by_variable =
        |arguments: &[&str]| command(arguments).env("HPO_STORAGE", &url).output().unwrap();
    let named = works(&["trials", &url, "--study", "iris"]);
    assert_eq!(worked(&by_variable(&["trials", "--study", "iris"])), named);
    let other = folder.path().join("none").display().to_string();
    let typed = by_variable(&["trials", &other]);
    assert!(
        String::from_utf8_lossy(&typed.stderr).contains("no journal at"),
        "what is typed comes first"
    );
    assert_eq!(hpo(&["studies"]).status.code(), Some(2), "without either it is a misuse");
    assert_eq!(
        command(&["studies"]).env("HPO_STORAGE", "").output().unwrap().status.code(),
        Some(2)
    );
}

#[test]
fn no_password_is_printed() {
    let secret = "postgresql://ann:s3cr3t@localhost:1/studies";
    let told = |arguments: &[&str]| {
        let output = command(arguments).env("HPO_STORAGE", secret).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    for arguments in [
        &["studies"][..],
        &["studies", "--help"],
        &["studies", secret],
        &["studies", secret, secret],
        &["tell", secret],
        &["import", secret, "none.json"],
        &["export", "--to", secret],
        &["ask", "--space", "none.json", "--direction", "minimize"],
    ] {
        let told = told(arguments);
        assert!(!told.is_empty() && !told.contains("s3cr3t"), "{arguments:?}: {told}");
    }
    assert!(
        told(&["studies"]).contains("hpo: postgresql://ann@localhost:1/studies: cannot connect")
    );
}

/// However a location is mistyped, and wherever among the arguments: its password is hidden, and no
/// file gets its name.
#[test]
fn no_password_of_a_mistyped_location_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let space = folder.path().join("space.json");
    std::fs::write(&space, r#"{"all": {"x": {"float": {"low": 0, "high": 1}}}}"#).unwrap();
    let ask = ["--space", space.to_str().unwrap(), "--direction", "minimize"];
    for secret in [
        "postgresql:/u:s3cr3t@h/x",
        "postgres//u:s3cr3t@h/x",
        "postgresql://u:s3cr3t",
        "postgresql://127.0.0.1:1/x?user=u&PASSWORD=s3cr3t",
        "host=h password='a s3cr3t'",
        "host=h password='a \" s3cr3t'",
        "sqlite://u:s3cr3t@h/x",
        "journal:u:s3cr3t@h/x",
        "mysql://u:'s3cr3t'@h/x",
    ] {
        for arguments in [
            &["ask", secret, ask[0], ask[1], ask[2], ask[3]][..],
            &["studies", secret],
            &["studies", "a.journal", secret],
            &["studies", "--format", secret],
            &[&format!("--color={secret}"), "studies"],
            &[secret],
        ] {
            let output = command(arguments).current_dir(folder.path()).output().unwrap();
            let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            assert!(!output.status.success() && !told.contains("s3cr3t"), "{arguments:?}: {told}");
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no file was made");
}

#[test]
fn studies_tell_when_they_lived() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let studies = json(&["studies", &url, "--format", "json"]);
    let [started, last] =
        ["started", "last_activity"].map(|key| studies[0][key].as_str().unwrap().to_owned());
    assert!(
        started.len() == 20 && started.ends_with('Z') && started <= last && "2026" <= &*started,
        "{started} {last}"
    );
    let table = works(&["studies", &url]);
    assert!(
        table.contains("failed") && !table.contains("pruned"),
        "what never happened takes no room: {table}"
    );
    let sorted = json(&["studies", &url, "--sort", "trials", "--limit", "1", "--format", "json"]);
    assert_eq!((&sorted[0]["study"], &sorted[1]), (&Json::from("pair"), &Json::Null));
}

#[test]
fn what_is_empty_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let url = file(folder.path(), "empty.journal", "");
    for (format, text) in [("table", ""), ("json", "[]\n")] {
        let output = hpo(&["studies", &url, "--format", format]);
        assert_eq!(worked(&output), text);
        assert!(String::from_utf8_lossy(&output.stderr).contains("there is no study in"));
    }
    for looking in ["trials", "best"] {
        let (code, message) = fails(&[looking, &url]);
        assert!(code == Some(1) && message.contains("there is no study in"), "{message}");
    }
    Study::<Classifier>::minimize().storage(format!("journal:{url}")).name("new").open().unwrap();
    let output = hpo(&["trials", &url]);
    assert!(
        worked(&output).is_empty()
            && String::from_utf8_lossy(&output.stderr).contains("`new` has no trials yet")
    );
    assert!(fails(&["best", &url]).1.contains("no trial of `new` has completed"));
}

#[test]
fn the_best_config_is_there_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    assert_eq!(
        works(&["best", &url, "--study", "iris", "--config"]),
        "{\"kind\":\"Svc\",\"Svc.c\":1.0}\n"
    );
    let two = works(&["best", &url, "--study", "iris", "--config", "--count", "2"]);
    assert_eq!(two.lines().nth(1), Some("{\"kind\":\"Forest\",\"Forest.depth\":4}"));
    assert_eq!(works(&["best", &url, "--study", "pair", "--config"]).lines().count(), 3);
    assert_eq!(fails(&["best", &url, "--config", "--format", "csv"]).0, Some(2));
}

#[test]
fn a_reader_may_leave() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    for arguments in
        [&["studies", &url][..], &["trials", &url, "--study", "iris"], &["export", &url]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(arguments).stdout(writer).output().unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn replay_tells_whether_every_proposal_comes_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let found: Json =
        serde_json::from_str(&works(&["replay", &url, "--study", "iris", "--format", "json"]))
            .unwrap();
    let row = |outcome: &str| {
        found.as_array().unwrap().iter().find(|row| row["outcome"] == outcome).unwrap()
    };
    assert_eq!(
        [&row("equal")["trials"], &row("different")["trials"], &row("given by hand")["trials"]],
        [2, 0, 2]
    );
    assert!(works(&["replay", &url, "--study", "pair"]).contains("equal"));

    // Another seed than the one with which they were made.
    let path = folder.path().join("studies.journal");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace(r#""seed":"3""#, r#""seed":"4""#)).unwrap();
    let output = hpo(&["replay", &url, "--study", "iris", "--format", "csv"]);
    assert_eq!(output.status.code(), Some(1));
    let (table, said) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(
        table.contains("\ndifferent,2,2,") && table.contains("\ndifference,,3,random,"),
        "{table}"
    );
    assert_eq!(said, "hpo: 2 of 2 proposals of `iris` did not match the stored ones\n");
}

#[test]
fn importance_is_a_share_a_parameter() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("journal:{}", folder.path().join("many.journal").display());
    let study = Study::<Classifier>::minimize().sampler(Random).storage(&*url).name("many").seed(3);
    let loss = |classifier: Classifier| match classifier {
        Classifier::Svc { c } => c.log10().abs(),
        Classifier::Forest { depth } => 4.0 + 0.1 * depth as f64,
    };
    study.run(60, loss).unwrap();
    let found = json(&["importance", &url, "--format", "json"]);
    // That one branch is worse by far is what explains most; what makes the best trials is another
    // question.
    assert_ne!(found[0]["parameter"], "Svc.c");
    assert!(found[0]["gp"].is_number() && found[0]["ped-anova"].is_number(), "{found}");
    let best = json(&["importance", &url, "--measure", "ped-anova", "--format", "json"]);
    assert_eq!(best[0]["parameter"], "Svc.c");
    let sum: f64 = found.as_array().unwrap().iter().map(|row| row["share"].as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{found}");
    let pairs = json(&["importance", &url, "--measure", "fanova", "--format", "json"]);
    assert!(pairs.as_array().unwrap().iter().any(|row| row["with"].is_string()), "{pairs}");
    let (code, told) = fails(&["importance", &url, "--objective", "1"]);
    assert!(code == Some(1) && told.contains("there is no objective 1: the study has 1"), "{told}");
    let (_, told) = fails(&["importance", &journal(folder.path()), "--study", "iris"]);
    assert!(
        told.contains(
            "importance needs 4 complete trials with a finite value, there are 1 (1 more are infinite or absurd)"
        ),
        "{told}"
    );
}
