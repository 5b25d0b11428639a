//! Names of metrics, endings of files, what is said of damaged and empty ones.

use hpo_core::prelude::*;
use serde_json::{Value as Json, json};

use super::{Classifier, command, fails, file, hpo, json, space, worked, works};

#[test]
fn trials_are_shown_sorted_and_chosen_by_the_names_of_metrics() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("journal:{}", folder.path().join("a.journal").display());
    let study = |name: &str, metrics: &[&str], directions: &[Direction]| {
        let study =
            Study::<Classifier>::directions(directions.to_vec()).storage(&*url).name(name).seed(1);
        let study = study.metric_names(metrics.iter().map(ToString::to_string)).open().unwrap();
        for value in [0.5, 0.25, 0.75] {
            let values: Vec<f64> = directions.iter().map(|_| value).collect();
            study.add_trial(&Classifier::Svc { c: 1.0 }, values).unwrap();
        }
        drop(study);
        let header = works(&["trials", &url, "--study", name, "--format", "csv"]);
        header.lines().next().unwrap().to_owned()
    };
    let (small, large) = (Direction::Minimize, Direction::Maximize);
    assert!(
        study("one", &["val_loss"], &[small])
            .starts_with("trial,state,val_loss,seconds,params.kind")
    );
    assert!(study("none", &[], &[small]).starts_with("trial,state,value,seconds"));
    assert!(
        study("taken", &["seconds"], &[small]).starts_with("trial,state,value seconds,seconds")
    );
    assert!(study("two", &[], &[small, large]).starts_with("trial,state,value 0,value 1,seconds"));
    assert!(
        study("named", &["loss", "accuracy"], &[small, large])
            .starts_with("trial,state,loss,accuracy,seconds")
    );
    let first = |study: &str, arguments: &[&str]| -> Json {
        json(&[&["trials", &url, "--study", study, "--format", "json"][..], arguments].concat())[0]
            ["trial"]
            .clone()
    };
    for name in ["val_loss", "value", "value_0", "value 0"] {
        assert_eq!(first("one", &["--sort", name]), 1, "{name}");
        assert_eq!(first("one", &["--sort", name, "--desc"]), 2, "{name}");
        assert_eq!(first("one", &["--where", &format!("'{name}'>0.6")]), 2, "{name}");
        works(&["best", &url, "--study", "one", "--columns", name]);
    }
    assert_eq!(first("two", &["--where", "value_1<0.3"]), 1);
    assert_eq!(first("named", &["--where", "accuracy<0.3"]), 1);
    assert_eq!(json(&["best", &url, "--study", "one", "--format", "json"])[0]["val_loss"], 0.25);
    let (_, message) = fails(&["trials", &url, "--study", "one", "--sort", "val_los"]);
    assert!(message.contains("did you mean `val_loss`?"), "{message}");
    assert_eq!(
        works(&[
            "best",
            &url,
            "--study",
            "one",
            "--n",
            "2",
            "--format",
            "csv",
            "--columns",
            "trial"
        ]),
        "trial\n1\n0\n"
    );
    // What is printed by its name is read by it.
    let csv = file(
        folder.path(),
        "one.csv",
        &works(&["trials", &url, "--study", "named", "--format", "csv"]),
    );
    worked(&hpo(&["import", &url, &csv, "--study", "named"]));
    assert_eq!(
        json(&["trials", &url, "--study", "named", "--format", "json"]).as_array().unwrap().len(),
        6
    );
}

#[test]
fn the_ending_of_a_file_says_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let url = super::journal(folder.path());
    let path = |name: &str| folder.path().join(name).display().to_string();
    let written = |name: &str, more: &[&str]| {
        works(&[&["export", &url, "--study", "iris", "-o", &path(name)][..], more].concat());
        std::fs::read_to_string(path(name)).unwrap()
    };
    assert!(written("a.json", &[]).starts_with("{\"hpo-export\""));
    assert!(written("none", &[]).starts_with("{\"hpo-export\""));
    let csv = works(&["trials", &url, "--study", "iris", "--format", "csv"]);
    assert_eq!(written("a.csv", &[]), csv);
    assert_eq!(written("b.CSV", &["--format", "csv"]), csv);
    assert_eq!(works(&["export", &url, "--study", "iris", "--format", "csv"]), csv);
    assert_eq!(written("c", &["--format", "csv"]), csv);
    let lines = written("a.jsonl", &[]);
    let rows: Vec<Json> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(Json::from(rows), json(&["trials", &url, "--study", "iris", "--format", "json"]));
    for (name, more, told) in [
        ("d.txt", &[][..], "`.txt` is not a known format"),
        ("d.csv.gz", &[], "`.gz` is not a known format"),
        ("d.csv", &["--format", "json"], "the extension .csv contradicts --format"),
        ("d.json", &["--format", "parquet"], "the extension .json"),
    ] {
        let (code, message) =
            fails(&[&["export", &url, "--study", "iris", "-o", &path(name)][..], more].concat());
        assert!(code == Some(1) && message.contains(told), "{message}");
        assert!(!folder.path().join(name).exists());
    }
    assert!(
        fails(&["export", &url, "-o", &path("e.csv")]).1.contains("several studies"),
        "a table is of one"
    );
    assert!(
        fails(&["export", &url, "--study", "iris", "--study", "pair", "-o", &path("e.csv")])
            .1
            .contains("one study")
    );
}

#[derive(Debug, Clone, SearchSpace)]
#[search_space(constraint = Forbidding::fits)]
struct Forbidding {
    #[search_space(range = 1..=9)]
    heads: u32,
}

impl Forbidding {
    fn fits(&self) -> bool {
        self.heads != 5
    }
}

#[test]
fn ask_says_that_it_does_not_know_the_constraint_of_a_type() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("journal:{}", folder.path().join("a.journal").display());
    drop(Study::<Forbidding>::minimize().storage(&*url).name("s").seed(1).open().unwrap());
    for _ in 0..2 {
        let output = hpo(&["ask", &url]);
        let said = String::from_utf8(output.stderr.clone()).unwrap();
        worked(&output);
        assert!(said.contains("has a constraint that only its own program can check"), "{said}");
    }
    let free = format!("journal:{}", folder.path().join("b.journal").display());
    drop(Study::<Classifier>::minimize().storage(&*free).name("s").seed(1).open().unwrap());
    assert!(hpo(&["ask", &free]).stderr.is_empty());
}

#[test]
fn of_a_damaged_journal_the_journal_is_spoken() {
    let folder = tempfile::tempdir().unwrap();
    let url = super::journal(folder.path());
    let path = folder.path().join("studies.journal");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    std::fs::write(
        &path,
        format!("{}\nnonsense\n{}\n", lines[..3].join("\n"), lines[3..].join("\n")),
    )
    .unwrap();
    for arguments in [&["ask", &url][..], &["ask", &url, "--study", "iris"], &["studies", &url]] {
        let (_, message) = fails(arguments);
        assert!(message.contains("studies.journal") && !message.contains("--space"), "{message}");
    }
    let (_, message) = fails(&["ask", &folder.path().join("none.journal").display().to_string()]);
    assert!(message.contains("there is no journal") && message.contains("--space"), "{message}");
}

#[test]
fn one_is_not_many() {
    let folder = tempfile::tempdir().unwrap();
    let (url, space) =
        (folder.path().join("one.journal").display().to_string(), space(folder.path()));
    let table = file(
        folder.path(),
        "t.csv",
        "lr,optimizer,value,state\n0.01,adam,0.5,\n0.02,adam,,running\n",
    );
    let output = hpo(&[
        "import",
        &url,
        &table,
        "--study",
        "net",
        "--space",
        &space,
        "--direction",
        "minimize",
    ]);
    let mut said = String::from_utf8(output.stderr).unwrap();
    let to = folder.path().join("copy.journal").display().to_string();
    for arguments in [
        &["trials", &url, "--where", "value>9"][..],
        &["studies", &url, "--where", "trials>9"],
        &["export", &url, "--to", &to],
        &["tell", &url, "--trial", "0", "--value", "1,2"],
        &["rm", &url, "--study", "net"],
    ] {
        said += &String::from_utf8(hpo(arguments).stderr).unwrap();
    }
    assert!(
        said.contains("added 1 trial to `net`") && said.contains("left out 1 trial that has"),
        "{said}"
    );
    assert!(
        said.contains("copied `net` with 1 trial to") && said.contains("with 1 trial from"),
        "{said}"
    );
    let plural =
        said.split_whitespace().zip(said.split_whitespace().skip(1)).find(|(one, noun)| {
            *one == "1"
                && noun.trim_end_matches(|letter: char| !letter.is_alphabetic()).ends_with('s')
        });
    assert_eq!(plural, None, "{said}");
}

#[test]
fn an_empty_study_is_said_to_be_empty() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("journal:{}", folder.path().join("a.journal").display());
    let study = Study::<Classifier>::minimize().storage(&*url).name("s").seed(1).open().unwrap();
    let (_, message) = fails(&["best", &url]);
    assert_eq!(message, "hpo: no trial of `s` has completed: the study has no trials yet\n");
    assert!(
        String::from_utf8(hpo(&["trials", &url]).stderr).unwrap().contains("has no trials yet")
    );
    study.enqueue(&Classifier::Forest { depth: 3 }).unwrap();
    let (_, message) = fails(&["best", &url]);
    assert!(
        message.contains("no trial of `s` has completed") && !message.contains("constraint"),
        "{message}"
    );
}

#[test]
fn tables_that_say_two_things_or_nothing_are_refused_by_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let (url, space) =
        (folder.path().join("runs.journal").display().to_string(), space(folder.path()));
    for (text, told) in [
        ("lr,optimizer,value,value\n0.01,adam,1,2\n", "columns 3 and 4 are both `value`"),
        ("lr,optimizer,lr,value\n0.01,adam,0.02,2\n", "columns 1 and 3 are both `params.lr`"),
        (
            "lr,params.lr,optimizer,value\n0.01,0.02,adam,2\n",
            "columns 1 and 2 are both `params.lr`",
        ),
        ("lr,optimizer,value,value_0\n0.01,adam,1,2\n", "columns 3 and 4 are both `value`"),
        ("lr,optimizer,value,\n0.01,adam,1,\n", "column 4 has no name"),
        (
            "lr,optimizer,value\n0.01,adam,1\n0.02,adam,1e400\n",
            "line 3, column `value`: 1e400 is too large",
        ),
        ("lr,optimizer,value\n-1e999,adam,1\n", "line 2, column `params.lr`: -1e999 is too large"),
        (
            "lr,optimizer,value\n0.01,adam,1\n\n0.02,adam\n",
            "line 4 has 2 fields, the first line has 3",
        ),
        ("lr,optimizer,value\n0.01,adam,1,2\n", "line 2 has 4 fields, the first line has 3"),
        ("lr;optimizer;value\n0.01;adam;1\n", "the columns are separated by semicolons"),
        ("lr\toptimizer\tvalue\n0.01\tadam\t1\n", "the columns are separated by tabs"),
        ("lr,optimizer,value\n", "nothing below the names of the columns"),
        ("lr,optimizer,value\n\n  \n", "nothing below the names of the columns"),
        ("lr,optimizer,value,state\n0.01,adam,1,Done\n", "line 2: `state` is \"Done\""),
        ("lr,optimizer,value\n\"0,01\",adam,1\n", "line 2: the parameter `lr`"),
        ("lr,optimizer,value\n0.01,adam,1 000\n", "line 2: `value`: \"1 000\" is not a number"),
        (
            "{\"lr\": 0.01, \"optimizer\": \"adam\", \"value\": \"1e400\"}\n",
            "`value`: \"1e400\" is not a number",
        ),
    ] {
        let saved = file(folder.path(), "rows.csv", text);
        let (code, message) =
            fails(&["import", &url, &saved, "--space", &space, "--direction", "minimize"]);
        assert!(code == Some(1) && message.contains(told), "{text}: {message}");
        assert_eq!(
            works(&["studies", &url, "--format", "json"]),
            "[]\n",
            "no study is made for them"
        );
    }
    // Marks, blank lines and spaces that mean nothing.
    let text =
        "\u{feff}lr, optimizer ,value\r\n 0.01 , adam , 0.5 \r\n\r\n   \r\n0.02,adam,-inf\r\n";
    let saved = file(folder.path(), "rows.csv", text);
    let mut import = command(&[
        "import",
        &url,
        &saved,
        "--study",
        "net",
        "--space",
        &space,
        "--direction",
        "maximize",
    ]);
    worked(&import.output().unwrap());
    let trials = json(&["trials", &url, "--format", "json"]);
    assert_eq!(trials[0]["params"], json!({"lr": 0.01, "optimizer": "adam"}));
    assert_eq!((&trials[0]["value"], &trials[1]["value"]), (&json!(0.5), &json!("-inf")));
}
