//! Programs whose output or end is not as it should be.

use serde_json::Value as Json;

use super::Place;

#[test]
fn an_end_without_a_value_says_what_was_looked_for() {
    let message = Place::new().message_of("", r#"echo '{"Loss": 1}'; echo hello"#);
    assert!(message.starts_with("it ended without a value of `loss`; looked for: "), "{message}");
    assert!(
        message.contains(r#"`{"loss": 0.5}` or `loss=0.5`, or the file $HPO_RESULT"#),
        "{message}"
    );
    assert!(message.ends_with("; the output has `Loss`"), "{message}");
}

#[test]
fn an_exit_code_is_told_with_the_last_line_of_the_error() {
    let message = Place::new().message_of("", "echo loss=1; echo 'no data: a.csv' >&2; exit 3");
    assert_eq!(message, "exit code 3: no data: a.csv");
    assert_eq!(Place::new().message_of("", "echo 'out only'; exit 1"), "exit code 1: out only");
    assert_eq!(Place::new().message_of("", "kill -SEGV $$"), "killed by SIGSEGV");
    let message = Place::new().message_of("", "kill -KILL $$");
    assert_eq!(message, "killed by SIGKILL, which `hpo run` did not send");
}

#[test]
fn nan_is_a_failure_and_infinity_a_value() {
    let python = r#"echo '{"loss": NaN}'"#;
    assert_eq!(Place::new().message_of("", python), "it reported NaN for `loss`");
    let place = Place::new();
    place.script("a.sh", "echo loss=-inf").works("--trials 1", &["./a.sh"]);
    assert_eq!(place.trials()[0]["value"], "-inf");
}

#[test]
fn megabytes_without_a_line_end_are_kept_and_do_no_harm() {
    let place = Place::new();
    place.script("a.sh", "head -c 5000000 /dev/zero | tr '\\0' x; echo; echo loss=1");
    place.works("--trials 1", &["./a.sh"]);
    assert_eq!(place.trials()[0]["value"], 1.0);
    assert_eq!(place.read("runs/study/0000/stdout.log").len(), 5_000_001 + 7);
    let message = Place::new().message_of("", "head -c 3000000 /dev/zero | tr '\\0' x");
    assert!(message.starts_with("it ended without a value"), "{message}");
}

#[test]
fn output_that_is_not_text_is_passed_over() {
    let place = Place::new();
    place.script("a.sh", "head -c 100000 /dev/urandom; echo; printf '\\377\\n'; echo loss=2");
    place.works("--trials 1", &["./a.sh"]);
    assert_eq!(place.trials()[0]["value"], 2.0);
}

#[test]
fn a_program_that_forks_and_exits_has_ended() {
    let place = Place::new();
    let message = place.message_of("", "(sleep 600; echo loss=1) & setsid sleep 600 & sleep 0.1");
    assert!(message.starts_with("it ended without a value of `loss` (it left "), "{message}");
    assert!(message.contains("run them in the foreground"), "{message}");
    place.expect_none_left();
    let place = Place::new();
    place.script("a.sh", "setsid sh -c 'sleep 600 & sleep 600' & echo loss=4");
    place.works("--trials 3", &["./a.sh"]);
    assert_eq!(place.trials()[2]["value"], 4.0);
    place.expect_none_left();
}

#[test]
fn a_program_may_close_its_output() {
    let place = Place::new();
    place.script("a.sh", "echo loss=5; exec >&- 2>&-; sleep 0.3");
    place.works("--trials 2", &["./a.sh"]);
    assert_eq!(place.trials()[1]["value"], 5.0);
}

#[test]
fn half_a_result_file_is_a_failure() {
    let message = Place::new().message_of("", r#"echo loss=1; printf '{"loss": 0.' > $HPO_RESULT"#);
    assert!(message.starts_with("the file $HPO_RESULT cannot be read as JSON: "), "{message}");
    let message = Place::new().message_of("", "echo '[1]' > $HPO_RESULT");
    assert!(message.ends_with("it is not a JSON object"), "{message}");
}

#[test]
fn reports_come_in_any_order_and_a_repeated_step_replaces() {
    let place = Place::new();
    let script = "echo step=5 loss=5; echo step=3 loss=3; echo step=5 loss=6; echo loss=9";
    place.script("a.sh", script).works("--trials 1", &["./a.sh"]);
    assert_eq!(place.trials()[0]["value"], 9.0);
    let output = place.command(&["export", "runs/studies.db", "-o", "all.json"]).output().unwrap();
    assert!(output.status.success());
    let all: Json = serde_json::from_str(&place.read("all.json")).unwrap();
    let mut reports = all["studies"][0]["trials"][0]["reports"].clone();
    reports.as_array_mut().unwrap().sort_by_key(|report| report[0].as_u64());
    assert_eq!(reports, serde_json::json!([[3, 3.0], [5, 6.0]]), "{all}");
}

#[test]
fn a_value_of_one_trial_is_never_that_of_the_next() {
    let place = Place::new();
    place.script("a.sh", "[ $HPO_TRIAL = 1 ] && printf loss= && exit 0; printf loss=$HPO_TRIAL");
    place.works("--trials 3", &["./a.sh"]);
    let trials = place.trials();
    assert_eq!((&trials[0]["value"], &trials[2]["value"]), (&Json::from(0.0), &Json::from(2.0)));
    assert_eq!(trials[1]["state"], "failed");
}

#[test]
fn attributes_constraints_and_the_own_decision_to_stop_are_taken_over() {
    let place = Place::new();
    let script = r#"echo '{"attributes": {"device": "cpu"}}'; echo '{"constraints": {"size": -2}}'
        [ $HPO_TRIAL = 1 ] && echo '{"pruned": "it diverges"}'; echo loss=1"#;
    place.script("a.sh", script).works("--trials 2", &["./a.sh"]);
    let trials = place.trials();
    assert_eq!(trials[0]["constraints"]["size"], -2.0, "{}", trials[0]);
    assert_eq!(
        (&trials[1]["state"], &trials[1]["message"]),
        (&Json::from("pruned"), &Json::from("it diverges"))
    );
}

#[test]
fn a_missing_value_is_explained_by_what_the_program_said() {
    let message = Place::new().message_of("", "echo 'KeyError: lr' >&2");
    assert!(message.ends_with("; its last error: KeyError: lr"), "{message}");
    let message = Place::new().message_of("", "echo 'epoch 3 loss: 0.5'");
    assert!(
        message
            .contains("the line `epoch 3 loss: 0.5` has the name: --metric 'loss: ([0-9.e+-]+)'"),
        "{message}"
    );
}

#[test]
fn a_result_file_may_prune() {
    let place = Place::new();
    place.script("a.sh", r#"echo '{"pruned": "it diverges"}' > $HPO_RESULT"#);
    place.run("--trials 1", &["./a.sh"]);
    let trial = &place.trials()[0];
    assert_eq!((&trial["state"], &trial["message"]), (&"pruned".into(), &"it diverges".into()));
}

#[test]
fn reports_that_all_come_at_the_end_are_noted_once() {
    let place = Place::new();
    place.script("a.sh", "sleep 1.2; for step in 1 2 3; do echo step=$step loss=1; done");
    let (_, said) = place.works("--trials 2", &["./a.sh"]);
    assert_eq!(said.matches("let the program flush its output").count(), 1, "{said}");
}
