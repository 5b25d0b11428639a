//! Workers on this machine.

use std::process::Stdio;

use super::{Place, texts, worked};

#[test]
fn workers_share_the_trials_and_the_total_is_exact() {
    let place = Place::new();
    place.script("a.sh", "sleep 0.1; echo loss=$HPO_x");
    let mut command = place.launch("local -n 4 --storage a.db", "--trials 24", &["./a.sh"]);
    worked(&command.output().unwrap());
    place.expect_all_complete("a.db", 24);
    let top = place.works(&["top", "a.db", "--trials", "24"]);
    assert!(top.starts_with("study: 24 ended of 24; 24 complete\nbest: trial "), "{top}");
    let workers = top.lines().filter(|line| line.contains("hpo-1-")).count();
    assert!(workers >= 2, "{top}");
}

#[test]
fn a_worker_that_is_killed_is_started_again() {
    let place = Place::new();
    // The first trial kills its worker, `hpo run`, whose child is the shim, whose child it is.
    let kills = "if [ $HPO_TRIAL = 1 ] && mkdir killed 2>/dev/null; then
        kill -9 $(awk '/^PPid/ { print $2 }' /proc/$PPID/status); fi; sleep 0.1; echo loss=1";
    place.script("a.sh", kills);
    let mut command = place.launch("local -n 2 --storage a.db", "--trials 12", &["./a.sh"]);
    let output = command.output().unwrap();
    let (_, said) = texts(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("was killed by signal 9: it is started again"), "{said}");
    place.expect_all_complete("a.db", 12);
}

#[test]
fn a_worker_that_cannot_be_started_again_does_not_end_the_others() {
    let place = Place::new();
    place.script(
        "a.sh",
        "case $HPO_WORKER in
            *-1@*) until [ -e up ]; do sleep 0.05; done; mv a.sh b.sh; kill -9 $$ ;;
            *) touch up; until [ -e launched ]; do sleep 0.05; done; touch ended ;;
        esac",
    );
    let words = ["launch", "local", "-n", "2", "--storage", "a.db", "--", "./a.sh"];
    let mut command = place.command(&words);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    place.expect("the first worker's end", 20, |place| place.path("b.sh").exists());
    std::thread::sleep(std::time::Duration::from_millis(500));
    std::fs::write(place.path("launched"), "").unwrap();
    let output = child.wait_with_output().unwrap();
    let (_, said) = texts(&output);
    assert!(place.path("ended").exists(), "{said}");
    assert!(said.contains("worker 1 could not be started again: cannot start ./a.sh"), "{said}");
    assert!(said.contains("1 of 2 workers failed"), "{said}");
}

#[test]
fn a_launch_is_drained_from_elsewhere() {
    let place = Place::new();
    place
        .script("a.sh", "touch up.$HPO_TRIAL; while [ ! -e go ]; do sleep 0.05; done; echo loss=1");
    let mut command = place.launch("local -n 2 --storage a.db", "--trials 50", &["./a.sh"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    place.expect("two trials", 20, |place| {
        place.path("up.0").exists() && place.path("up.1").exists()
    });
    place.expect("the record", 20, |place| place.path("launches/hpo-1/launch.json").exists());
    let said = place.works(&["launch", "drain"]);
    assert_eq!(said, "draining hpo-1: its workers were told to end; they finish their trials\n");
    std::thread::sleep(std::time::Duration::from_millis(500));
    std::fs::write(place.path("go"), "").unwrap();
    let output = child.wait_with_output().unwrap();
    // The launch ends as after Ctrl-C, although the request came from elsewhere.
    let (_, said) = texts(&output);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(!said.contains("failed"), "{said}");
    place.expect_all_complete("a.db", 2);
}

#[test]
fn ctrl_c_drains_and_a_second_one_returns_trials_to_the_queue() {
    let place = Place::new();
    place.script("a.sh", "touch up.$HPO_TRIAL; sleep 600");
    let mut command = place.launch("local -n 2 --storage a.db", "--trials 50", &["./a.sh"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    place.expect("two trials", 20, |place| {
        place.path("up.0").exists() && place.path("up.1").exists()
    });
    place.expect("the record", 20, |place| place.path("launches/hpo-1/launch.json").exists());
    for _ in 0..2 {
        let id = child.id().to_string();
        std::process::Command::new("kill").args(["-s", "INT", &id]).status().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(700));
    }
    let output = child.wait_with_output().unwrap();
    let (_, said) = texts(&output);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("finishing running trials") && said.contains("ending running"), "{said}");
    assert!(place.trials("a.db").iter().all(|trial| trial["state"] == "waiting"));
}

#[test]
fn a_worker_that_fails_is_told_with_its_last_line() {
    let place = Place::new();
    place.script("a.sh", "echo no data here >&2; exit 3");
    let arguments = ["launch", "local", "-n", "2", "--storage", "a.db", "--", "./a.sh"];
    let message = super::failed(place.command(&arguments));
    assert!(message.contains("worker 1 ended with exit code 3: no data here"), "{message}");
    assert!(message.contains("2 of 2 workers failed"), "{message}");
    let time =
        ["launch", "local", "-n", "1", "--storage", "a.db", "--time", "1s", "--", "sleep", "60"];
    let output = place.command(&time).output().unwrap();
    assert!(texts(&output).1.contains("the time is up"), "{:?}", texts(&output));
}
