//! Selecting: states, conditions, orders, columns, and what fits the terminal.

use serde_json::Value as Json;

use super::{command, fails, hpo, journal, worked, works};

fn numbers(url: &str, more: &[&str]) -> Vec<u64> {
    let arguments = [&["trials", url, "--study", "iris", "--format", "json"], more].concat();
    let trials: Json = serde_json::from_str(&works(&arguments)).unwrap();
    trials.as_array().unwrap().iter().map(|trial| trial["trial"].as_u64().unwrap()).collect()
}

#[test]
fn trials_are_filtered_and_sorted() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    assert_eq!(numbers(&url, &["--state", "complete"]), [0, 1]);
    assert_eq!(numbers(&url, &["--state", "failed,pruned"]), [2, 3]);
    assert_eq!(numbers(&url, &["--where", "value<0.3"]), [1], "-inf is less");
    assert_eq!(numbers(&url, &["--where", "number>0 and number<=2"]), [1, 2]);
    assert_eq!(numbers(&url, &["--where", "number>0", "--where", "state=failed"]), [2, 3]);
    assert_eq!(
        numbers(&url, &["--where", "params.Forest.depth=4 and kind=Forest and number<2"]),
        [1]
    );
    assert_eq!(numbers(&url, &["--sort", "value"])[..2], [1, 0]);
    assert_eq!(numbers(&url, &["--sort", "value", "--desc"])[..2], [0, 1]);
    assert_eq!(numbers(&url, &["--sort", "number", "--desc", "--limit", "2"]), [3, 2]);
    assert_eq!(numbers(&url, &["--sort", "seconds"]).len(), 4);
    let output = hpo(&["trials", &url, "--study", "iris", "--where", "value>2"]);
    assert!(worked(&output).is_empty());
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("none of the 4 trials of `iris` matches")
    );
}

#[test]
fn columns_are_chosen_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let chosen = |format: &str| {
        let columns = ["--columns", "value,trial,explanation", "--limit", "1", "--format", format];
        works(&[&["trials", &url, "--study", "iris"], &columns[..]].concat())
    };
    assert_eq!(chosen("csv"), "value,trial,explanation\n0.875,0,queued by hand\n");
    let object: Json = serde_json::from_str(&chosen("json")).unwrap();
    assert_eq!(
        object,
        serde_json::json!([{"value": 0.875, "trial": 0, "explanation": "queued by hand"}])
    );
    assert!(chosen("table").contains("queued by hand"));
    let pair = works(&[
        "best",
        &url,
        "--study",
        "pair",
        "--columns",
        "value_0,value_1",
        "--count",
        "1",
        "--format",
        "csv",
    ]);
    assert_eq!(pair, "value 0,value 1\n1.0,2.0\n");
}

#[test]
fn mistakes_name_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let cases = [
        ("--where", "value << 3", 2, "`<<`, at letter 7, is not one of <, <=, >, >=, =, !="),
        ("--where", "valeu < 3", 1, "there is no column `valeu`, did you mean `value`?"),
        ("--sort", "params.Svc.d", 1, "there is no column `params.Svc.d`"),
        (
            "--columns",
            "trial,nothing",
            1,
            "there is no column `nothing`; there is `trial`, `state`",
        ),
        ("--state", "done", 2, "a state is one of complete, pruned, failed"),
        ("--limit", "0", 2, "0 is not in 1.."),
    ];
    for (option, value, expected, told) in cases {
        let (code, message) = fails(&["trials", &url, "--study", "iris", option, value]);
        assert!(code == Some(expected) && message.contains(told), "{message}");
    }
    assert_eq!(fails(&["trials", &url, "--study", "iris", "--desc"]).0, Some(2));
}

#[test]
fn a_narrow_terminal_is_told_what_it_misses() {
    let folder = tempfile::tempdir().unwrap();
    let url = journal(folder.path());
    let narrow = |more: &[&str]| {
        let arguments = [&["trials", &url, "--study", "iris"], more].concat();
        command(&arguments).env("COLUMNS", "60").output().unwrap()
    };
    let output = narrow(&[]);
    let table = worked(&output);
    assert!(table.lines().all(|line| line.chars().count() <= 60), "{table}");
    assert!(table.contains('…') || table.contains("today"), "{table}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains(" of 8 columns are hidden (params.") && told.contains("--wide"),
        "{told}"
    );
    let output = narrow(&["--wide"]);
    assert_eq!(worked(&output), works(&["trials", &url, "--study", "iris"]), "a pipe has no width");
    assert!(output.stderr.is_empty());
    for format in ["csv", "json"] {
        let output = narrow(&["--format", format]);
        assert!(worked(&output).contains("Forest.depth") && output.stderr.is_empty());
    }
}
