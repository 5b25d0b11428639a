//! `hpo report` on a journal that the library wrote.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use hpo_core::prelude::*;
use hpo_core::sampler::Random;

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
    Command::new(env!("CARGO_BIN_EXE_hpo"))
        .args(["report", url])
        .args(arguments)
        .output()
        .expect("it starts")
}

#[test]
fn a_page_and_pictures_are_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = journal(folder.path());
    let place = |name: &str| folder.path().join(name).display().to_string();
    let output = report(
        &url,
        &["--study", "a-1", "--study", "a-2", "-o", &place("page.html"), "--svg", &place("svg")],
    );
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

/// `hpo report --watch` on a study, with its page.
struct Watching {
    child: Child,
    page: PathBuf,
}

impl Watching {
    fn start(url: &str, study: &str, page: PathBuf) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hpo"));
        command.args(["report", url, "--study", study, "--watch", "1", "-o"]).arg(&page);
        let child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        Self { child, page }
    }

    fn written(&self) -> String {
        std::fs::read_to_string(&self.page).unwrap_or_default()
    }

    /// Whether the page has some words, now or soon.
    fn has(&self, sign: &str) -> bool {
        let started = Instant::now();
        while !self.written().contains(sign) && started.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(50));
        }
        self.written().contains(sign)
    }

    fn interrupt(&self) {
        let kill = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(kill.expect("there is a kill").success());
    }

    /// How it ended, and what it said on standard error.
    fn end(mut self) -> (ExitStatus, String) {
        let mut said = String::new();
        self.child.stderr.take().expect("it is piped").read_to_string(&mut said).expect("text");
        (self.child.wait().expect("it ends"), said)
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_watched_study_is_written_again_and_an_interrupt_leaves_a_plain_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = journal(folder.path());
    let watching = Watching::start(&url, "a-1", folder.path().join("page.html"));
    assert!(watching.has("12: 12 complete"));
    assert!(watching.written().contains("http-equiv=\"refresh\" content=\"1\""));
    let study = Study::<Point>::minimize().sampler(Random).storage(&*url).name("a-1").seed(3);
    study.run(15, |point| point.x * point.x).expect("it runs");
    assert!(watching.has("15: 15 complete"), "the page follows the study");
    watching.interrupt();
    let page = watching.page.clone();
    let (status, _) = watching.end();
    assert!(status.success(), "{status}");
    let page = std::fs::read_to_string(page).expect("it is there");
    assert!(
        page.contains("15: 15 complete") && !page.contains("http-equiv=\"refresh\""),
        "it loads itself no more"
    );
}

#[test]
fn a_watch_waits_for_what_is_not_there_yet() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("journal:{}", folder.path().join("studies.journal").display());
    let watching = Watching::start(&url, "a-1", folder.path().join("page.html"));
    std::thread::sleep(Duration::from_millis(300));
    journal(folder.path());
    assert!(watching.has("12: 12 complete"), "the study has come to be");
    watching.interrupt();
    let (status, said) = watching.end();
    assert!(
        status.success()
            && said.contains("there is no journal at ")
            && said.contains("trying again in 1 s"),
        "{said}"
    );
}

#[test]
fn a_watch_of_a_study_that_others_stand_beside_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = journal(folder.path());
    let (status, said) = Watching::start(&url, "b", folder.path().join("page.html")).end();
    assert!(status.code() == Some(1) && said.contains("there is no study `b`"), "{said}");
}
