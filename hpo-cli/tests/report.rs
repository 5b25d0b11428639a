//! `hpo report` on a journal that the library wrote.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use hpo_core::prelude::*;

#[derive(Debug, Clone, SearchSpace)]
struct Point {
    #[search_space(range = -5.0..=5.0)]
    x: f64,
    #[search_space(range = 1..=9)]
    n: u8,
}

fn journal(folder: &Path) -> String {
    let url = format!("journal:{}", folder.join("studies.journal").display());
    for name in ["a-1", "a-2"] {
        let study = Study::<Point>::minimize().sampler(Random).storage(&*url).name(name).seed(3);
        study.run(12, |point| point.x * point.x + f64::from(point.n)).expect("it runs");
    }
    url
}

fn report(url: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hpo")).args(["report", url]).args(arguments).output().expect("it starts")
}

#[test]
fn a_page_and_pictures_are_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = journal(folder.path());
    let place = |name: &str| folder.path().join(name).display().to_string();
    let output = report(&url, &["--study", "a-1", "--study", "a-2", "-o", &place("page.html"), "--svg", &place("svg")]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.starts_with(&place("page.html")), "{said}");
    assert!(said.contains("figures in "), "{said}");
    let page = std::fs::read_to_string(place("page.html")).expect("it is there");
    assert!(page.contains("a: mean best of 2 studies"), "both studies are in the history");
    assert!(page.contains("Best config: trial"));
    assert!(folder.path().join("svg/history.svg").is_file());
}

#[test]
fn a_missing_folder_and_a_missing_study_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = journal(folder.path());
    let output = report(&url, &["--study", "b"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no study `b`"));
    let output = report(&url, &["--study", "a-1", "-o", "no/such/folder/page.html"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("no/such/folder/page.html"));
}

#[test]
fn a_watched_study_is_written_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = journal(folder.path());
    let page = folder.path().join("page.html");
    let mut watching = Command::new(env!("CARGO_BIN_EXE_hpo"))
        .args(["report", &url, "--study", "a-1", "--watch", "1", "-o"])
        .arg(&page)
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let written = || std::fs::read_to_string(&page).unwrap_or_default();
    let wait = |sign: &str| {
        let started = Instant::now();
        while !written().contains(sign) && started.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(50));
        }
        written().contains(sign)
    };
    let first = wait("12: 12 complete");
    let study = Study::<Point>::minimize().sampler(Random).storage(&*url).name("a-1").seed(3);
    study.run(15, |point| point.x * point.x).expect("it runs");
    let second = wait("15: 15 complete");
    watching.kill().expect("it was running");
    watching.wait().expect("it ends");
    assert!(first && second, "the page follows the study");
    assert!(written().contains("http-equiv=\"refresh\" content=\"1\""));
}
