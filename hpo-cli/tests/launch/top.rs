//! `hpo top`.

use std::process::Stdio;

use super::Place;

#[test]
fn running_trials_are_shown_with_their_workers() {
    let place = Place::new();
    place.script(
        "a.sh",
        "[ $HPO_TRIAL = 0 ] && echo loss=0.5 && exit
        echo step=3 loss=0.25; touch up.$HPO_TRIAL; while [ ! -e go ]; do sleep 0.05; done; echo loss=1",
    );
    let mut command = place.launch("local -n 2 --storage a.db", "--trials 3", &["./a.sh"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    place.expect("two trials", 20, |place| {
        place.path("up.1").exists() && place.path("up.2").exists()
    });
    std::thread::sleep(std::time::Duration::from_millis(500));
    let top = place.works(&["top", "a.db", "--trials", "3"]);
    std::fs::write(place.path("go"), "").unwrap();
    child.wait_with_output().unwrap();
    assert!(top.starts_with("study: 1 ended of 3; 1 complete; 2 running\n"), "{top}");
    assert!(top.contains("best: trial 0, loss 0.5\nno trial has ended lately\n"), "{top}");
    let rows = |word: &str| top.lines().filter(|line| line.contains(word)).count();
    assert_eq!(rows("hpo-1-1@") + rows("hpo-1-2@"), 4, "two workers, two trials: {top}");
    assert_eq!(rows("x = "), 2, "{top}");
    assert!(top.contains(" 3   ") && top.contains("0.25"), "the last report: {top}");
    assert!(!top.contains('\u{1b}'), "a pipe is no terminal");
    let top = place.works(&["top", "a.db", "--trials", "30"]);
    assert!(top.contains(" trials a minute over the last "), "{top}");
    assert!(top.contains(" left\n"), "{top}");
}

#[test]
fn a_terminal_is_drawn_again() {
    let place = Place::new();
    place.script("a.sh", "echo loss=1");
    let mut command = place.launch("local -n 1 --storage a.db", "--trials 2", &["./a.sh"]);
    assert!(command.output().unwrap().status.success());
    let line = format!("timeout 3 {} top a.db", env!("CARGO_BIN_EXE_hpo"));
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).current_dir(place.path("")).env("TERM", "xterm");
    let Ok(output) = script.env_remove("HPO_STORAGE").stdin(Stdio::null()).output() else {
        eprintln!("left out: there is no `script` here");
        return;
    };
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.matches("\u{1b}[H\u{1b}[Jstudy: 2 ended").count() >= 2, "{shown:?}");
}
