//! Names and messages of anybody's making: whatever they hold, a terminal and a spreadsheet show
//! them as they are.

use std::path::Path;

use hpo_core::prelude::*;
use hpo_core::sampler::Random;
use hpo_core::space::Params;
use hpo_core::space::{Categorical, Domain, Float, Part, Space};
use hpo_core::storage;

use proptest::prelude::*;

use super::{command, file, hpo, works};

/// Codes that clear a screen, set its title, turn a line around, ring, or hide: some that a cell of
/// CSV may hold.
const HOSTILE: [&str; 8] = [
    "\u{1b}[2J",
    "\u{9b}31m",
    "\u{202e}gnp.exe",
    "\u{1b}]0;title\u{7}",
    "a\rb",
    "\u{2066}\u{200f}x",
    "line\nhpo: all is well",
    "\u{7f}\u{85}\u{feff}\u{2028}",
];

fn is_hidden(letter: char) -> bool {
    let turns = letter == '\u{61c}'
        || ('\u{200b}'..='\u{200f}').contains(&letter)
        || ('\u{2028}'..='\u{202e}').contains(&letter);
    (letter.is_control() && !matches!(letter, '\n' | '\t'))
        || turns
        || ('\u{2066}'..='\u{2069}').contains(&letter)
        || letter == '\u{feff}'
}

/// Any text that an argument can hold, mostly of letters that a terminal obeys; some of it tries to
/// begin a line of its own.
fn codes() -> impl Strategy<Value = String> {
    let hidden: Vec<char> = ('\u{1}'..='\u{ffff}').filter(|letter| is_hidden(*letter)).collect();
    let letters = prop_oneof![2 => prop::sample::select(hidden), 1 => any::<char>(), 2 => prop::char::range(' ', '~')];
    let text = prop::collection::vec(
        letters.prop_filter("no argument holds it", |letter| *letter != '\0'),
        1..10,
    );
    let ends = prop_oneof![Just(""), Just("\nhpo: all is well")];
    (text, ends).prop_map(|(text, end)| String::from_iter(text) + end)
}

/// A study whose every text has the code in it.
fn study(folder: &Path, code: &str) -> (String, String) {
    let url = format!("journal:{}", folder.join("hostile.journal").display());
    let name = format!("s{code}");
    let choices = Categorical::new([format!("c{code}"), "=1+2".to_owned(), "plain".to_owned()]);
    let space = Space::All(vec![
        Part::new(
            format!("p{}", code.replace('.', "_")),
            Space::Leaf(Domain::Float(Float::new(0.0, 1.0))),
        ),
        Part::new("choice", Space::Leaf(Domain::Categorical(choices))),
    ]);
    let study = Study::<Params>::minimize()
        .space(space)
        .storage(&*url)
        .name(&*name)
        .metric_names([format!("m{code}")]);
    let study = study.sampler(Random).seed(3).open().unwrap();
    let objective = |_: Params, trial: &mut Trial<'_>| {
        trial.constraint(&format!("k{code}"), -1.0)?;
        match trial.number() {
            2 => Err(TrialError::failed(format!("because {code}"))),
            3 => Err(TrialError::failed("=HYPERLINK(\"http://x\")")),
            number => Ok(number as f64),
        }
    };
    study.optimize(6, objective).unwrap();
    study.add_trial(&study.flat_space().default_params(), 0.5).unwrap();
    study.ask().unwrap().unwrap();
    (url, name)
}

#[track_caller]
fn is_safe(arguments: &[&str]) -> String {
    let output = hpo(arguments);
    for stream in [&output.stdout, &output.stderr] {
        let text = String::from_utf8(stream.clone()).unwrap();
        let found = text.chars().find(|letter| is_hidden(*letter));
        assert!(found.is_none(), "{arguments:?} prints {found:?} in {text:?}");
    }
    // Each thing that is said begins a line of its own.
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains("\nhpo: all is well"), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10) })]

    #[test]
    fn nothing_of_a_storage_moves_a_terminal(code in codes()) {
        let code = code.as_str();
        let folder = tempfile::tempdir().unwrap();
        let (url, name) = study(folder.path(), code);
        let target = format!("journal:{}", folder.path().join("copy.journal").display());
        let path = format!("p{}", code.replace('.', "_"));
        for format in ["table", "json", "csv"] {
            for command in ["studies", "trials", "best", "importance"] {
                is_safe(&[command, &url, "--format", format]);
            }
            is_safe(&["trials", &url, "--format", format, "--columns", &format!("trial,{path}")]);
        }
        let shown = works(&["trials", &url, "--format", "json"]);
        let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert!(read[0]["params"][&path].is_number(), "JSON means the same names: {shown}");
        is_safe(&["trials", &url, "--where", &format!("{code}=1")]);
        is_safe(&["trials", &url, "--sort", code]);
        is_safe(&["trials", &url, "--study", code]);
        is_safe(&["trials", &url, "--state", code]);
        is_safe(&["best", &url, "--config"]);
        is_safe(&["export", &url]);
        is_safe(&["export", &url, "--format", "jsonl"]);
        is_safe(&["export", &url, "--to", &target]);
        is_safe(&["export", &url, "--to", &target]);
        is_safe(&["import", &target, &file(folder.path(), "t.csv", &format!("{code},value\n1,2\n"))]);
        is_safe(&["replay", &url]);
        is_safe(&["ask", &url]);
        is_safe(&["tell", &url, "--trial", "7", "--state", "failed", "--message", code]);
        is_safe(&["tell", &url, "--trial", "7", "--value", "1"]);
        is_safe(&["rm", &url, "--study", &name]);
        is_safe(&["rm", &url, "--study", &name, "--yes"]);
        is_safe(&[code]);
        is_safe(&["studies", &url, &format!("--{code}")]);
        is_safe(&["studies", &format!("none{code}")]);
        is_safe(&["trials", &url, "--limit", code]);
    }

    #[test]
    fn what_serve_answers_is_plain(code in codes()) {
        let name = format!("x{}", code.replace('.', "_"));
        let space = serde_json::json!([{"name": name, "type": "float", "low": 0, "high": 1}]);
        let [opening, unknown] = [serde_json::json!({ "space": space }), serde_json::json!({ &*code: 1 })];
        let output = super::fed(&["serve"], &format!("{opening}\n{{\"ask\": 1}}\n{unknown}\n"));
        let text = String::from_utf8(output.stdout).unwrap();
        prop_assert!(!text.contains(is_hidden), "{}", text);
        let asked: serde_json::Value = serde_json::from_str(text.lines().nth(1).unwrap()).unwrap();
        prop_assert!(asked["params"][&*name].is_number(), "JSON means the same name: {}", text);
    }
}

#[test]
fn a_spreadsheet_takes_no_cell_for_a_formula_and_import_reads_it_back() {
    let folder = tempfile::tempdir().unwrap();
    for (index, code) in HOSTILE.into_iter().enumerate() {
        let own = folder.path().join(index.to_string());
        std::fs::create_dir_all(&own).unwrap();
        let (url, name) = study(&own, code);
        let csv = works(&["trials", &url, "--format", "csv"]);
        assert!(csv.contains("'=1+2") && csv.contains("'=HYPERLINK"), "{csv}");
        let saved = file(&own, "trials.csv", &csv);
        let opened = storage::open(&url).unwrap();
        let record = opened.studies().unwrap().remove(0);
        let text = record.attributes.system["hpo:space"].as_str().unwrap();
        let space = file(&own, "space.json", text);
        let target = own.join("copy.journal").display().to_string();
        let named = command(&[
            "import",
            &target,
            &saved,
            "--study",
            &name,
            "--space",
            &space,
            "--direction",
            "minimize",
        ]);
        // The metric has no name in the new study: the column is one that is not known.
        let csv = csv.replacen(&csv.split(',').nth(2).unwrap().to_owned(), "value", 1);
        std::fs::write(&saved, csv).unwrap();
        let output = { named }.output().unwrap();
        super::worked(&output);
        let params = |url: &str| works(&["best", url, "--count", "9", "--config"]);
        assert_eq!(params(&target), params(&url));
    }
}
