//! Ctrl-C, and the deaths of the driver and of what watches for it.

use std::process::Child;

use serde_json::Value as Json;

use super::{Place, pause, signal, texts};

/// A program that runs until the file `go` is there, and notes that it was told to end.
const WAITS: &str = "trap 'echo $HPO_TRIAL >> ended; exit 1' TERM
touch up.$HPO_TRIAL; while [ ! -e go ]; do sleep 0.05; done; echo loss=$HPO_TRIAL";

fn end(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    (output.status.code(), texts(&output).1)
}

#[test]
fn the_first_ctrl_c_lets_running_trials_finish() {
    let place = Place::new();
    place.script("a.sh", WAITS);
    let child = place.start("--trials 50 --workers 2", &["./a.sh"]);
    place.expect_file("up.0");
    place.expect_file("up.1");
    signal("INT", child.id());
    pause();
    pause();
    pause();
    place.file("go", "");
    let (code, said) = end(child);
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("finishing trials 0, 1; press Ctrl-C again"), "{said}");
    assert!(said.contains("the same command continues from here"), "{said}");
    let trials = place.trials();
    assert_eq!(trials.len(), 2);
    assert!(trials.iter().all(|trial| trial["state"] == "complete"), "{trials:?}");
    assert_eq!(place.read("ended"), "");
}

#[test]
fn the_second_ctrl_c_ends_them_and_their_trials_go_back_to_the_queue() {
    let place = Place::new();
    place.script("a.sh", WAITS);
    let child = place.start("--trials 3 --workers 2", &["./a.sh"]);
    place.expect_file("up.1");
    place.expect_file("up.0");
    signal("INT", child.id());
    (0..4).for_each(|_| pause());
    signal("INT", child.id());
    let (code, said) = end(child);
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("ending trials 0, 1"), "{said}");
    assert_eq!(place.read("ended").lines().count(), 2);
    assert!(place.trials().iter().all(|trial| trial["state"] == "waiting"));
    place.expect_none_left();
    place.file("go", "").works("--trials 3 --workers 2", &["./a.sh"]);
    let trials = place.trials();
    assert_eq!(trials.len(), 3, "the same trials, under their numbers");
    assert!(trials.iter().all(|trial| trial["state"] == "complete"), "{trials:?}");
}

#[test]
fn sigterm_ends_running_trials_at_once() {
    let place = Place::new();
    place.script("a.sh", WAITS);
    let child = place.start("--trials 3", &["./a.sh"]);
    place.expect_file("up.0");
    signal("TERM", child.id());
    assert_eq!(end(child).0, Some(130));
    assert_eq!(place.trials()[0]["state"], "waiting");
    place.expect_none_left();
}

#[test]
fn a_third_ctrl_c_kills_what_ignores_sigterm() {
    let place = Place::new();
    place.script("a.sh", "trap '' TERM; touch up; while :; do sleep 0.1; done");
    let child = place.start("--grace 10m", &["./a.sh"]);
    place.expect_file("up");
    for _ in 0..3 {
        signal("INT", child.id());
        (0..4).for_each(|_| pause());
    }
    assert_eq!(end(child).0, Some(130));
    place.expect_none_left();
}

/// A program with children in other groups and sessions.
const FAMILY: &str = "setsid sh -c 'sleep 600 & sleep 600' & (trap '' TERM HUP; sleep 600) &
sleep 600 & touch up; wait";

#[test]
fn a_killed_driver_leaves_no_process_and_its_trials_are_run_again() {
    let place = Place::new();
    place.script("a.sh", FAMILY);
    let mut child = place.start("--trials 2 --workers 2", &["./a.sh"]);
    place.expect_file("up");
    assert!(place.left().len() > 4);
    child.kill().unwrap();
    child.wait().unwrap();
    place.expect_none_left();
    place.script("a.sh", "echo loss=1");
    let (_, said) = place.works("--trials 2", &["./a.sh"]);
    assert!(said.contains("back into the queue") || said.contains("queue"), "{said}");
    let states: Vec<Json> = place.trials().iter().map(|trial| trial["state"].clone()).collect();
    assert_eq!(states, ["complete", "complete"]);
}

#[test]
fn the_trial_of_a_killed_shim_is_run_again_and_nothing_is_left() {
    let place = Place::new();
    place.script("a.sh", &format!("[ -e up ] && echo loss=1 && exit\n{FAMILY}"));
    let child = place.start("--trials 2", &["./a.sh"]);
    place.expect_file("up");
    let is_shim = |id: &&u32| {
        let words = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        words.split(|byte| *byte == 0).nth(1) == Some(b"run-shim")
    };
    let left = place.left();
    signal("KILL", **left.iter().filter(is_shim).collect::<Vec<_>>().first().unwrap());
    let (code, said) = end(child);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(place.trials().len(), 2);
    assert!(place.trials().iter().all(|trial| trial["state"] == "complete"));
    place.expect_none_left();
}

#[test]
fn on_a_terminal_there_is_a_table_of_running_trials() {
    let place = Place::new();
    place
        .script("a.sh", "echo step=7 loss=0.25; sleep 1.5; echo loss=$1; exit $((HPO_TRIAL == 1))");
    let options = "run --sampler random --seed 1 --param x=0..9 --minimize loss --trials 2";
    let line = format!("{} {options} -- ./a.sh '{{x}}'", env!("CARGO_BIN_EXE_hpo"));
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).current_dir(place.path(""));
    let output = script.env("TERM", "xterm").env("COLUMNS", "100").output();
    let Ok(output) = output else {
        eprintln!("left out: there is no `script` here");
        return;
    };
    let (shown, _) = texts(&output);
    assert!(shown.contains("study: 0 of 2 trials, "), "{shown:?}");
    assert!(shown.contains("trial   step         loss      age    memory  config"), "{shown:?}");
    assert!(shown.contains("     0      7     0.250000"), "{shown:?}");
    assert!(shown.contains("iB  x = "), "the memory is there: {shown:?}");
    assert!(shown.contains("\u{1b}[3A\u{1b}[J"), "the table is replaced: {shown:?}");
    assert!(shown.contains(", the best so far") && shown.contains("trial 1: failed: exit code 1"));
    assert!(shown.contains("1 complete, 0 pruned, 1 failed"), "{shown:?}");
}

#[test]
fn a_shim_that_is_killed_between_two_trials_costs_no_trial() {
    let place = Place::new();
    // The program kills the shim of the other worker, which waits for its next trial or runs one.
    place.script(
        "a.sh",
        "driver=$(awk '/^PPid/ { print $2 }' /proc/$PPID/status)
        if [ $HPO_TRIAL = 3 ]; then for shim in $(cat /proc/$driver/task/*/children); do
            [ $shim = $PPID ] || kill -9 $shim; done; fi; sleep 0.05; echo loss=1",
    );
    place.works("--trials 12 --workers 2", &["./a.sh"]);
    let trials = place.trials();
    assert_eq!(trials.len(), 12);
    assert!(trials.iter().all(|trial| trial["state"] == "complete"), "{trials:?}");
    place.expect_none_left();
}

#[test]
fn a_value_that_a_program_still_reports_at_its_end_counts() {
    let place = Place::new();
    place.script(
        "a.sh",
        "trap 'echo loss=7; exit 0' TERM; echo step=1 loss=9; touch up; while :; do sleep 0.1; done",
    );
    let child = place.start("--trials 3", &["./a.sh"]);
    place.expect_file("up");
    signal("TERM", child.id());
    assert_eq!(end(child).0, Some(130));
    assert_eq!((place.trials().len(), &place.trials()[0]["value"]), (1, &Json::from(7.0)));
}

#[test]
fn two_signals_at_once_count_twice() {
    let place = Place::new();
    place.script("a.sh", WAITS);
    let child = place.start("--trials 3", &["./a.sh"]);
    place.expect_file("up.0");
    signal("INT", child.id());
    pause();
    signal("INT", child.id());
    assert_eq!(end(child).0, Some(130));
    assert_eq!(place.trials()[0]["state"], "waiting");
}

#[test]
fn a_program_has_no_terminal_to_wait_at() {
    let place = Place::new();
    place.script("a.sh", "read answer < /dev/tty || echo loss=3");
    let options = "run --sampler random --seed 1 --param x=0..9 --minimize loss --trials 1";
    let line = format!("{} {options} -- ./a.sh", env!("CARGO_BIN_EXE_hpo"));
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).current_dir(place.path(""));
    if script.output().is_err() {
        eprintln!("left out: there is no `script` here");
        return;
    }
    assert_eq!(place.trials()[0]["value"], 3.0);
}
