//! Moving studies between storages and files.

use std::path::Path;
use std::sync::Arc;

use hpo_core::prelude::*;
use hpo_core::pruner::Asha;
use hpo_core::sampler::Tpe;
use hpo_core::storage::{self, Storage};
use hpo_core::testing::storage::transcript;
use hpo_core::trial::AttributeScope;
use serde_json::{Value as Json, json};

use super::{Classifier, command, fails, fed, file, hpo, journal, json, space, worked, works};

/// Everything that can be seen of a storage's studies and trials, but for the numbers of changes.
fn seen(storage: &Arc<dyn Storage>) -> String {
    let mut all: Vec<String> = Vec::new();
    for study in storage.studies().unwrap() {
        all.push(format!("{} {:?} {:?}", study.name, study.directions, study.attributes));
        let show = &mut |trials: &hpo_core::trial::Trials| {
            all.push(format!("{:?}", trials.declared()));
            for line in transcript(trials).lines() {
                // The order of rungs is that of changes.
                let line =
                    without(&without(line, " seen ", " reports"), " ordinals ", " attributes");
                all.push(without(&line, " rungs ", " climbs"));
            }
            all.extend((0..trials.len()).map(|number| trials.explain(number).to_owned()));
        };
        storage.read(study.id, show).unwrap();
    }
    let text = all.join("\n");
    // The last line of a transcript ends with the number of changes.
    let lines = text.lines().map(|line| match line.rsplit_once("] ") {
        Some((lists, number)) if number.parse::<u64>().is_ok() => lists,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn without(line: &str, from: &str, to: &str) -> String {
    match (line.find(from), line.find(to)) {
        (Some(start), Some(end)) if start < end => format!("{}{}", &line[..start], &line[end..]),
        _ => line.to_owned(),
    }
}

fn open(path: &Path) -> Arc<dyn Storage> {
    storage::open(&format!("journal:{}", path.display())).unwrap()
}

/// Studies with all that trials can have: a queue, reports, notes, constraints, failures, pauses,
/// several objectives.
fn full(folder: &Path) -> String {
    let url = journal(folder);
    let halving = Asha::builder(9).factor(3).build().unwrap();
    let study = Study::<Classifier>::minimize()
        .pruner(halving)
        .storage(&*url)
        .name("halving")
        .seed(2)
        .open()
        .unwrap();
    study.set_attribute("owner", json!({"name": "ann", "since": 2024})).unwrap();
    let objective = |_: Classifier, trial: &mut Trial<'_>| {
        trial.set_attribute("note", [1.5, 2.5])?;
        trial.constraint("memory", f64::from(trial.number() as u32) - 5.0)?;
        for step in 1..=9_u32 {
            let value = if trial.number() == 3 {
                f64::NAN
            } else {
                (trial.number() as f64) / 7.0 + 1.0 / f64::from(step)
            };
            trial.report(u64::from(step), value)?;
        }
        Ok::<_, TrialError>(trial.number() as f64 / 7.0)
    };
    study.optimize(9, objective).unwrap();
    let paused = study.ask().unwrap().unwrap().number;
    let _ = study.report_step(paused, 1, 3.0).unwrap();
    study.tell(paused, 3.0).unwrap();
    let other = Study::<Classifier>::minimize().storage(&*url).name("open").seed(2).open().unwrap();
    other.add_trial(&Classifier::Svc { c: 0.1 + 0.2 }, 1e-300).unwrap();
    other.enqueue(&Classifier::Forest { depth: 3 }).unwrap();
    let asked = [(); 3].map(|()| other.ask().unwrap().unwrap().number);
    let _ = other.report_step(asked[2], 1, f64::INFINITY).unwrap();
    other.tell(asked[1], 0.5).unwrap();
    other.prune(asked[2], "enough").unwrap();
    other.enqueue(&Classifier::Forest { depth: 5 }).unwrap();
    other.oracle().note(asked[0], AttributeScope::System, "hpo:detached", &json!(true)).unwrap();
    other.ask().unwrap().unwrap();
    other.oracle().requeue(4).unwrap();
    url
}

#[test]
fn a_file_brings_everything_back() {
    let folder = tempfile::tempdir().unwrap();
    let url = full(folder.path());
    let saved = folder.path().join("all.json").display().to_string();
    works(&["export", &url, "-o", &saved]);
    assert_eq!(std::fs::read_to_string(&saved).unwrap(), works(&["export", &url]));
    let target = folder.path().join("copy.journal");
    let told = hpo(&["import", target.to_str().unwrap(), &saved]);
    worked(&told);
    assert_eq!(String::from_utf8_lossy(&told.stderr).lines().count(), 4);
    let source = storage::open(&url).unwrap();
    let before = seen(&source);
    assert!(
        ["Paused", "Waiting", "Running", "Pruned", "Failed", "-inf", "NaN"]
            .iter()
            .all(|word| before.contains(word)),
        "{before}"
    );
    assert_eq!(seen(&open(&target)), before);
    for to in ["copy.journal", "copy.db"].map(|name| folder.path().join(name).display().to_string())
    {
        if to.ends_with("db") {
            works(&["import", &to, &saved]);
        }
        assert_eq!(
            works(&["export", &to]),
            std::fs::read_to_string(&saved).unwrap(),
            "an export of an import is the same"
        );
    }
}

/// A file that cannot be written whole is not there, and does not stand in the way of the next try.
#[cfg(unix)]
#[test]
fn an_export_that_finds_no_room_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let url = full(folder.path());
    let out = folder.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let saved = out.join("all.json").display().to_string();
    let script = format!(
        "trap '' XFSZ; ulimit -f 1; exec {} export {url} -o {saved}",
        env!("CARGO_BIN_EXE_hpo")
    );
    let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && told.contains("cannot write"), "{told}");
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0);
    works(&["export", &url, "-o", &saved]);
    let (_, again) = fails(&["export", &url, "-o", &saved]);
    assert!(again.contains("exists"), "{again}");
}

/// Journals that Optuna, and the first version of this library, wrote: with all that they know, and
/// some names that are odd.
#[test]
fn journals_of_others_come_back_too() {
    for name in ["optuna-5.0.0", "hpo-0.1.0"] {
        let folder = tempfile::tempdir().unwrap();
        let kept = format!("{}/../tests/format/{name}.journal", env!("CARGO_MANIFEST_DIR"));
        let url = folder.path().join("old.journal");
        std::fs::copy(kept, &url).unwrap();
        let target = folder.path().join("copy.journal");
        works(&["export", url.to_str().unwrap(), "--to", target.to_str().unwrap()]);
        assert_eq!(seen(&open(&target)), seen(&open(&url)), "{name}");
        let written = std::fs::read_to_string(&target).unwrap();
        assert!(!written.contains("nothing is known of how"), "what is not known is not noted");
    }
}

#[test]
fn a_study_is_copied_to_another_storage() {
    let folder = tempfile::tempdir().unwrap();
    let url = full(folder.path());
    let target = folder.path().join("copy.journal");
    works(&[
        "export",
        &url,
        "--study",
        "halving",
        "--study",
        "iris",
        "--to",
        target.to_str().unwrap(),
    ]);
    works(&["export", &url, "--study", "pair", "--to", target.to_str().unwrap()]);
    works(&["export", &url, "--study", "open", "--to", target.to_str().unwrap()]);
    let shown =
        |url: &str, name: &str| works(&["trials", url, "--study", name, "--format", "json"]);
    for name in ["halving", "iris", "pair", "open"] {
        assert_eq!(shown(target.to_str().unwrap(), name), shown(&url, name));
    }
    let (code, message) = fails(&["export", &url, "--to", target.to_str().unwrap()]);
    assert!(code == Some(1) && message.contains("there is a study `iris` in"), "{message}");
}

/// What a sampler had seen is told in the changes of the copy: the copy of a copy is the copy.
#[test]
fn how_much_a_sampler_saw_keeps_its_meaning() {
    let folder = tempfile::tempdir().unwrap();
    let url = full(folder.path());
    let before = |url: &str| -> Vec<Vec<usize>> {
        let storage = storage::open(url).unwrap();
        let study =
            storage.studies().unwrap().into_iter().find(|study| study.name == "iris").unwrap();
        let mut ended = Vec::new();
        let show = &mut |trials: &hpo_core::trial::Trials| {
            let ended_before = |moment: u64| {
                (0..trials.len())
                    .filter(|other| trials.ordinals(*other)[2].is_some_and(|end| end < moment))
                    .count()
            };
            let made_before = |moment: u64| {
                (0..trials.len()).filter(|other| trials.ordinals(*other)[0] < Some(moment)).count()
            };
            let both =
                |number| vec![ended_before(trials.seen(number)), made_before(trials.seen(number))];
            ended = (0..trials.len()).map(both).collect();
        };
        storage.read(study.id, show).unwrap();
        ended
    };
    let copy = folder.path().join("copy.journal").display().to_string();
    works(&["export", &url, "--to", &copy]);
    let seen = before(&url);
    assert_eq!(before(&format!("journal:{copy}")), seen);
    assert!(seen[3][0] > seen[2][0], "{seen:?}");
}

#[test]
fn a_study_goes_on_in_its_copy() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let copy = format!("journal:{}", folder.path().join("copy.journal").display());
    works(&["export", &url, "--study", "pair", "--to", &copy]);
    let run = |url: &str| {
        let builder = Study::<Classifier>::directions([Direction::Minimize, Direction::Maximize])
            .storage(url)
            .name("pair");
        let study = builder.sampler(Tpe::default()).run(20, |_| [1.0, 2.0]).unwrap();
        study.trials().unwrap().into_iter().map(|trial| trial.params.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(run(&copy), run(&url), "the same seed, the same space, the same history");
}

#[test]
fn pipes_names_and_choices() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let target = folder.path().join("copy.journal").display().to_string();
    let text = works(&["export", &url]);
    let import = |more: &[&str]| fed(&[&["import", &target, "-"], more].concat(), &text);
    worked(&import(&["--study", "iris", "--as", "flowers"]));
    let from_variable =
        command(&["import", "none.json"]).env("HPO_STORAGE", &target).output().unwrap();
    assert!(
        String::from_utf8_lossy(&from_variable.stderr).contains("cannot read none.json"),
        "one argument is the file"
    );
    worked(&import(&["--study", "iris"]));
    let names: Vec<Json> =
        json(&["studies", &target, "--format", "json"]).as_array().unwrap().clone();
    assert_eq!(
        names.iter().map(|study| study["study"].as_str().unwrap()).collect::<Vec<_>>(),
        ["flowers", "iris"]
    );
    for (more, told) in [
        (&["--study", "iris"][..], "there is a study `iris`"),
        (&[], "there is a study `iris`"),
        (&["--as", "x"], "--as renames one study"),
        (&["--study", "irsi"], "did you mean `iris`?"),
        (&["--direction", "minimize"], "an export contains its space and directions"),
    ] {
        let output = import(more);
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && message.contains(told), "{message}");
    }
    assert_eq!(
        json(&["studies", &target, "--format", "json"]).as_array().unwrap().len(),
        2,
        "all or none"
    );
    let saved = file(folder.path(), "there.json", "mine");
    assert!(fails(&["export", &url, "-o", &saved]).1.contains("cannot write"));
    assert_eq!(std::fs::read_to_string(&saved).unwrap(), "mine", "no file is written over");
}

#[test]
fn broken_files_are_refused_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let target = folder.path().join("copy.journal").display().to_string();
    let text = works(&["export", &url]);
    for (change, told) in [
        (text.replace("\"hpo-export\":1", "\"hpo-export\":9"), "has version 9"),
        (
            text.replace("\"directions\":[\"maximize\"]", "\"directions\":[\"up\"]"),
            "cannot be read as an export",
        ),
        (
            text.replace("\"kind\":\"Svc\"", "\"kind\":\"Boost\""),
            "the parameter `kind` cannot be \"Boost\"",
        ),
        (
            text.replace("\"values\":[0.875]", "\"values\":[0.875,1.0]"),
            "trial 0 has 2 values, and the study has 1 objective",
        ),
        (text[..text.len() / 2].to_owned(), "cannot be read as an export"),
    ] {
        let broken = file(folder.path(), "broken.json", &change);
        let (code, message) = fails(&["import", &target, &broken, "--study", "iris"]);
        assert!(code == Some(1) && message.contains(told), "{message}");
        assert!(
            !Path::new(&target).exists()
                || works(&["studies", &target, "--format", "json"]) == "[]\n"
        );
    }
}

#[test]
fn trials_made_elsewhere_are_added() {
    let folder = tempfile::tempdir().unwrap();
    let (url, space) =
        (folder.path().join("runs.journal").display().to_string(), space(folder.path()));
    let table = "lr,optimizer,optimizer.sgd.momentum,value,state,message,constraints.memory\n\
        0.01,adam,,0.5,,,-1.5\n1e-3,sgd,0.9,0.25,complete,,2\n0.1,adam,,,failed,\"out of\nmemory\",\n0.05,adam,,,waiting,,\n0.02,adam,,,running,,\n";
    let csv = file(folder.path(), "old.csv", table);
    let output = hpo(&[
        "import",
        &url,
        &csv,
        "--study",
        "net",
        "--space",
        &space,
        "--direction",
        "minimize",
    ]);
    worked(&output);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("added 4 trials to `net`") && told.contains("left out 1 trial that has"),
        "{told}"
    );
    let trials = json(&["trials", &url, "--format", "json"]);
    assert_eq!(
        trials[1]["params"],
        json!({"lr": 1e-3, "optimizer": "sgd", "optimizer.sgd.momentum": 0.9})
    );
    assert_eq!(
        (&trials[2]["message"], &trials[3]["state"]),
        (&json!("out of\nmemory"), &json!("waiting"))
    );
    assert_eq!(
        (&trials[1]["constraints"], &trials[0]["explanation"]),
        (&json!({"memory": 2.0}), &json!("imported from old.csv"))
    );
    let best = json(&["best", &url, "--format", "json"]);
    assert_eq!(best[0]["trial"], 0, "the better one breaks its constraint");
    let next: Json = serde_json::from_str(&works(&["ask", &url])).unwrap();
    assert_eq!(
        (&next["number"], &next["params"]["lr"]),
        (&json!(3), &json!(0.05)),
        "what waits comes first"
    );
    let more = fed(
        &["import", &url, "-"],
        "{\"lr\": 0.03, \"optimizer\": \"adam\", \"value\": 0.75}\n{\"params\": {\"lr\": 0.04, \"optimizer\": \"adam\"}, \"value\": \"inf\"}",
    );
    worked(&more);
    assert_eq!(
        json(&["trials", &url, "--where", "value>0.6", "--format", "json"])
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn what_trials_prints_can_be_imported() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    for format in ["csv", "json"] {
        let text = works(&["trials", &url, "--study", "iris", "--format", format]);
        let saved = file(folder.path(), "saved", &text);
        let study = Study::<Classifier>::maximize().storage(&*url).name(format).baseline(false);
        study.open().unwrap();
        works(&["import", &url, &saved, "--study", format]);
        let shown = |name: &str| {
            let columns = [
                "--columns",
                "trial,state,value,kind,Svc.c,Forest.depth,message",
                "--format",
                "csv",
            ];
            works(&[&["trials", &url, "--study", name], &columns[..]].concat())
        };
        assert_eq!(shown(format), shown("iris"));
    }
}

#[test]
fn rows_that_are_no_trials_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (url, space) =
        (folder.path().join("runs.journal").display().to_string(), space(folder.path()));
    for (text, told) in [
        (
            "lr,optimizer,value\n0.01,adam,1\n0.01,adam\n",
            "line 3 has 2 fields, the first line has 3",
        ),
        ("lr,optimizer,value\n0.01,adam,1\n5,adam,1\n", "line 3: the parameter `lr`"),
        (
            "lr,optimiser,value\n0.01,adam,1\n",
            "line 2: there is no parameter `optimiser`, did you mean `optimizer`?",
        ),
        ("lr,optimizer\n0.01,adam\n", "line 2: there is no `value`"),
        ("lr,optimizer,value\n0.01,adam,much\n", "line 2: `value`: \"much\" is not a number"),
        ("lr,optimizer,value\n0.01,adam,nan\n", "line 2: `value` is NaN"),
        ("lr,optimizer,state\n0.01,adam,done\n", "line 2: `state` is \"done\""),
        (
            "[{\"lr\": 0.01, \"optimizer\": \"adam\", \"value\": 1}, 7]",
            "trial 2 of the list is 7, not an object",
        ),
        ("[{\"lr\": 0.01", "this is not valid JSON"),
        ("", "the file is empty"),
    ] {
        let saved = file(folder.path(), "rows", text);
        let make = ["import", &url, &saved, "--space", &space, "--direction", "minimize"];
        let (code, message) = fails(&make);
        assert!(code == Some(1) && message.contains(told), "{message}");
        assert_eq!(
            works(&["studies", &url, "--format", "json"]),
            "[]\n",
            "no study is made for them"
        );
    }
}

#[test]
fn a_table_for_data_frames_is_parquet_or_an_error_that_names_the_feature() {
    let folder = tempfile::tempdir().unwrap();
    let (url, to) = (journal(folder.path()), folder.path().join("trials.parquet"));
    let output = hpo(&["export", &url, "--study", "iris", "-o", to.to_str().unwrap()]);
    if cfg!(feature = "parquet") {
        worked(&output);
        assert!(std::fs::read(&to).unwrap().starts_with(b"PAR1"));
    } else {
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("--features parquet") && !to.exists(), "{said}");
    }
}
