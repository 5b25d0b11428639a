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
