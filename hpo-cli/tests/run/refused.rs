//! What is refused before anything runs.

use super::Place;

#[track_caller]
fn refused(options: &str, program: &[&str], words: &[&str]) {
    let place = Place::new();
    place.script("a.sh", "touch ran; echo loss=1").file("plain", "x");
    let error = place.fails(options, program);
    for word in words {
        assert!(error.contains(word), "`{word}` is not in {error}");
    }
    assert!(!place.path("runs").exists() && !place.path("ran").exists(), "nothing ran");
}

#[test]
fn programs_that_do_not_exist_are_named() {
    refused("", &["./none.sh", "{x}"], &["there is no program ./none.sh"]);
    refused("", &["no-such-program"], &["there is no program `no-such-program` in PATH"]);
    refused("", &["a.sh"], &["for the file here write ./a.sh"]);
    refused("", &["./"], &["is a folder"]);
}

#[test]
fn a_program_that_cannot_be_executed_fails_its_trials_with_the_remedy() {
    let place = Place::new();
    place.file("plain", "echo loss=1");
    let error = place.fails("--trials 3", &["./plain"]);
    assert!(error.contains("is it executable (`chmod +x`)?"), "{error}");
}

#[test]
fn placeholders_and_spaces_must_match() {
    refused("", &["./a.sh", "{y}"], &["`{y}`", "there is no parameter `y`"]);
    refused("--param a=1..x", &["./a.sh"], &["--param 'a=1..x'", "`x` is not a number"]);
    refused("--param a=2..1", &["./a.sh"], &["`a`"]);
    refused("--space none.json", &["./a.sh"], &["cannot read the space of none.json"]);
    refused("--space plain", &["./a.sh"], &["plain is not a valid space"]);
}

#[test]
fn values_must_have_names() {
    refused("--minimize loss --maximize loss", &["./a.sh"], &["`loss` is given twice"]);
    refused("--pruner median --prune-on acc", &["./a.sh"], &["--prune-on acc", "`loss`"]);
    refused("--metric (", &["./a.sh"], &["--metric ("]);
    let place = Place::new();
    place.script("a.sh", "echo loss=1");
    let output = place.command(&["run", "--param", "x=1..2", "--", "./a.sh"]).output().unwrap();
    assert!(super::texts(&output).1.contains("--minimize loss, or --maximize accuracy"));
    let output = place.command(&["run", "--minimize", "loss", "--", "./a.sh"]).output().unwrap();
    let error = super::texts(&output).1;
    assert!(error.contains("say what to tune") && error.contains("./a.sh --hpo-space"), "{error}");
}

#[test]
fn numbers_must_have_units() {
    let place = Place::new();
    for (option, value, word) in [
        ("--trial-timeout", "10", "write it with its unit"),
        ("--trial-memory", "lots", "512MiB or 4GiB"),
        ("--constraint", "a<3", "is not a constraint"),
        ("--keep", "some", "a number or `all`"),
        ("--trials", "0", "0 is not in"),
    ] {
        let output = place.run(&format!("{option} {value}"), &["./a.sh"]);
        let error = super::texts(&output).1;
        assert!(output.status.code() == Some(2) && error.contains(word), "{error}");
    }
}

#[test]
fn a_study_with_other_objectives_is_refused() {
    let place = Place::new();
    place.script("a.sh", "echo loss=1; echo acc=1").works("--trials 1", &["./a.sh"]);
    let error = place.fails("--maximize acc", &["./a.sh"]);
    assert!(error.contains("study"), "{error}");
}

#[test]
fn a_space_that_nobody_can_print_is_not_waited_for() {
    let place = Place::new();
    place.script("a.sh", "echo \"$@\" >> asked; exit 1");
    let output =
        place.command(&["run", "--minimize", "loss", "--", "./a.sh", "b"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(place.read("asked"), "b --hpo-space\n");
    assert!(super::texts(&output).1.contains("it ended with exit code 1"));
    place.script("a.sh", "printf 'reading\n25 files'");
    let output = place.command(&["run", "--minimize", "loss", "--", "./a.sh"]).output().unwrap();
    let error = super::texts(&output).1;
    assert!(error.contains("it printed 2 other lines instead of its space"), "{error}");
}

#[test]
fn an_answer_without_an_end_of_line_is_a_space() {
    let place = Place::new();
    let answer = r#"{"hpo-space": 1, "space": "{\"all\": {\"x\": {\"int\": {\"low\": 1, \"high\": 3}}}}",
        "objectives": []}"#;
    let answer = answer.replace("\n        ", "");
    place
        .file("answer", &answer)
        .script("a.sh", r#"if [ "$1" = --hpo-space ]; then cat answer; else echo loss=1; fi"#);
    let words = ["run", "--minimize", "loss", "--trials", "1", "--", "./a.sh"];
    let output = place.command(&words).output().unwrap();
    assert!(output.status.success(), "{}", super::texts(&output).1);
    assert_eq!(place.trials().len(), 1);
}

#[test]
fn numbers_that_make_no_sense_are_usage_errors() {
    let place = Place::new();
    place.script("a.sh", "echo loss=1");
    for (option, value, word) in [
        ("--workers", "0", "write a number from 1"),
        ("--gpus", "0", "at least 1/32"),
        ("--gpus", "nan", "at least 1/32"),
        ("--max-failures", "0", "or `all`"),
    ] {
        let output = place.run(&format!("{option} {value}"), &["./a.sh"]);
        let error = super::texts(&output).1;
        assert!(output.status.code() == Some(2) && error.contains(word), "{error}");
    }
}

#[test]
fn a_program_without_a_name_for_some_config_is_refused() {
    let place = Place::new();
    place.file(
        "space.json",
        r#"{"all": {"o": {"one_of": {"a": {"all": {}}, "b": {"all": {"m": {"int": {"low": 1, "high": 2}}}}}}}}"#,
    );
    let error = place.fails("--space space.json", &["./solver-{m}", "./a.sh"]);
    assert!(error.contains("`{o.b.m?}`"), "{error}");
}

#[test]
fn an_interpreter_that_does_not_exist_is_named() {
    for (first, words) in [
        ("#!/no/such/shell", "names `/no/such/shell`, which does not exist"),
        ("#!/bin/sh\r", "names `/bin/sh\\r`, which does not exist: save the script with Unix"),
    ] {
        let place = Place::new();
        place.script("a.sh", "").file("a.sh", &format!("{first}\necho loss=1\n"));
        place.run("--trials 1", &["./a.sh"]);
        assert!(place.message().contains(words), "{}", place.message());
    }
}

#[test]
fn too_many_failures_are_told_in_words_of_the_command() {
    let place = Place::new();
    place.script("a.sh", "exit 1");
    let error = place.fails("--trials 30 --max-failures 3", &["./a.sh"]);
    assert!(error.contains("its output is in runs/study/0000"), "{error}");
    assert!(error.contains("--max-failures all") && place.trials().len() == 3, "{error}");
    let output = place.run("--trials 6 --max-failures all", &["./a.sh"]);
    assert_eq!(output.status.code(), Some(1), "no trial has a value");
    assert_eq!(place.trials().len(), 6);
}

#[test]
fn a_program_that_does_not_know_the_question_is_ended() {
    let place = Place::new();
    place.script("a.sh", "yes");
    let output = place.command(&["run", "--minimize", "loss", "--", "./a.sh"]).output().unwrap();
    let error = super::texts(&output).1;
    assert!(error.contains("say what to tune"), "{error}");
    place.expect_none_left();
}
