//! Programs that take too much of something.

use super::Place;

#[test]
fn a_trial_that_takes_too_long_is_ended() {
    let place = Place::new();
    let message = place.message_of("--trial-timeout 300ms", "sleep 600 & sleep 600");
    assert_eq!(message, "it took longer than its limit of 0.3s (--trial-timeout)");
    place.expect_none_left();
}

#[test]
fn a_child_that_ignores_sigterm_is_killed_after_the_grace_period() {
    let place = Place::new();
    let script = "trap 'echo got > term' TERM; touch up; while :; do sleep 0.1; done";
    let message = place.message_of("--trial-timeout 500ms --grace 500ms", script);
    assert!(message.contains("--trial-timeout"), "{message}");
    assert_eq!(place.read("term"), "got\n", "it was asked first");
    place.expect_none_left();
}

#[test]
fn memory_is_that_of_the_program_and_its_children() {
    let place = Place::new();
    let hog = "import time\na = [bytearray(1 << 20) for _ in range(90)]\ntime.sleep(600)";
    place.file("hog.py", hog);
    let message = place.message_of("--trial-memory 150MiB", "python3 hog.py & python3 hog.py");
    assert!(message.starts_with("it ran out of memory: it used "), "{message}");
    assert!(message.ends_with("more than its limit of 150 MiB (--trial-memory)"), "{message}");
    place.expect_none_left();
}

#[test]
fn one_large_allocation_is_refused() {
    let place = Place::new();
    let script = "python3 -c 'bytearray(1 << 32)'";
    let message = place.message_of("--trial-memory 200MiB", script);
    assert_eq!(message, "exit code 1: MemoryError");
}

#[test]
fn processor_time_and_processes_are_limited() {
    let message = Place::new().message_of("--trial-cpu-time 300ms", "while :; do :; done");
    assert!(message.contains("of processor time, more than its limit of 0.3s"), "{message}");
    let place = Place::new();
    let script = "for i in 1 2 3 4 5 6 7 8; do sleep 600 & done; wait";
    let message = place.message_of("--trial-processes 5", script);
    assert_eq!(message, "it had 9 processes, more than its limit of 5 (--trial-processes)");
    place.expect_none_left();
}

#[test]
fn a_failed_trial_is_tried_again_under_its_number() {
    let place = Place::new();
    place.script(
        "a.sh",
        "echo try >> $HPO_TRIAL_DIR/tries; [ $(wc -l < $HPO_TRIAL_DIR/tries) = 3 ] && echo loss=1",
    );
    place.works("--trials 2 --retries 2", &["./a.sh"]);
    let trials = place.trials();
    assert!(trials.len() == 2 && trials.iter().all(|trial| trial["state"] == "complete"));
    place.script("a.sh", "exit 1").works("--trials 3 --retries 1", &["./a.sh"]);
    assert_eq!(place.trials()[2]["message"], "exit code 1");
}

#[test]
fn a_run_ends_when_its_time_is_up() {
    let place = Place::new();
    place.script("a.sh", "sleep 0.3; echo loss=1");
    let (_, said) = place.works("--time 200ms", &["./a.sh"]);
    assert!(said.contains("the time is up"), "{said}");
    assert_eq!(place.trials().len(), 1);
}

#[test]
fn what_goes_into_the_background_counts_too() {
    let place = Place::new();
    let hog = "import time\na = [bytearray(1 << 20) for _ in range(90)]\ntime.sleep(600)";
    place.file("hog.py", hog);
    let script = "(python3 hog.py &); sleep 600";
    let message = place.message_of("--trial-memory 60MiB", script);
    assert!(message.starts_with("it ran out of memory: it used "), "{message}");
    let place = Place::new();
    let script = "for i in 1 2 3 4 5 6 7 8; do (sleep 600 &); done; sleep 600";
    let message = place.message_of("--trial-processes 5", script);
    assert!(message.contains("more than its limit of 5 (--trial-processes)"), "{message}");
    let place = Place::new();
    let message =
        place.message_of("--trial-cpu-time 300ms", "(sh -c 'while :; do :; done' &); sleep 600");
    assert!(message.contains("of processor time"), "{message}");
    place.expect_none_left();
}

#[test]
fn a_program_that_ends_is_still_watched() {
    let place = Place::new();
    let script = "trap 'for i in 1 2 3 4 5 6 7 8; do sleep 600 & done; touch up; wait' TERM
    sleep 0.2; while :; do sleep 0.1; done";
    place.script("a.sh", script);
    let options = "--trials 1 --trial-timeout 300ms --trial-processes 5 --grace 10m";
    place.run(options, &["./a.sh"]);
    assert!(place.message().contains("--trial-timeout"), "{}", place.message());
    place.expect_none_left();
}

#[test]
fn the_processor_time_of_one_trial_is_not_that_of_the_next() {
    let place = Place::new();
    place.script("a.sh", "i=0; while [ $i -lt 60000 ]; do i=$((i + 1)); done; echo loss=1");
    place.works("--trials 12 --trial-cpu-time 2s", &["./a.sh"]);
    assert!(place.trials().iter().all(|trial| trial["state"] == "complete"));
}
