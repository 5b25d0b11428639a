//! Ctrl-C: once gracefully, twice at once. With a real process and real signals.
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

use hpo_core::prelude::*;
use hpo_core::space::Params;
use hpo_core::space::Space;
use hpo_core::trial::State;

const SIGINT: i32 = 2;

struct StudyView {
    child: Child,
    said: BufReader<ChildStdout>,
    warned: BufReader<ChildStderr>,
    journal: PathBuf,
}

impl StudyView {
    fn start(name: &str, how: &str) -> Self {
        let journal = std::env::temp_dir()
            .join(format!("hpo-interrupt-{name}-{}.journal", std::process::id()));
        let _ = std::fs::remove_file(&journal);
        let mut child = Command::new(env!("CARGO_BIN_EXE_interrupted"))
            .args([journal.as_path(), Path::new(how)])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the subject starts");
        let said = BufReader::new(child.stdout.take().expect("its output is piped"));
        let warned = BufReader::new(child.stderr.take().expect("its errors are piped"));
        Self { child, said, warned, journal }
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("the subject speaks");
        line.trim_end().to_owned()
    }

    fn hear_a_warning(&mut self) -> String {
        let mut line = String::new();
        self.warned.read_line(&mut line).expect("the subject warns");
        line.trim_end().to_owned()
    }

    fn signal(&self) {
        let sent = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(sent.expect("kill is there").success());
    }

    fn states(&self) -> Vec<State> {
        let space = Space::from_json(r#"{"all": {"x": {"float": {"low": 0, "high": 1}}}}"#)
            .expect("a space");
        let study = Study::<Params>::minimize()
            .space(space)
            .storage(format!("journal:{}", self.journal.display()));
        study
            .open()
            .expect("it opens again")
            .trials()
            .expect("trials")
            .iter()
            .map(|trial| trial.state)
            .collect()
    }
}

impl Drop for StudyView {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.journal);
        let _ = std::fs::remove_file(self.journal.with_extension("journal.lock"));
    }
}

const THREE_AND_ONE_QUEUED: [State; 4] =
    [State::Complete, State::Complete, State::Complete, State::Waiting];

#[test]
fn the_first_signal_ends_the_run_and_returns_its_trials_to_the_queue() {
    let mut subject = StudyView::start("once", "reporting");
    assert_eq!(subject.hear(), "running");
    subject.signal();
    assert_eq!(
        subject.hear(),
        "3 complete, 0 pruned, 0 failed: interrupted; the same call continues from here"
    );
    assert!(subject.child.wait().expect("it ends").success());
    assert_eq!(subject.states(), THREE_AND_ONE_QUEUED);
}

#[test]
fn the_second_signal_ends_the_process_at_once_and_nothing_is_lost() {
    let mut subject = StudyView::start("twice", "silent");
    assert_eq!(subject.hear(), "running");
    subject.signal();
    // The trial never reports, so the process cannot end by itself; signals of one kind merge, so
    // the second must come later.
    assert_eq!(subject.hear_a_warning(), "finishing trial 3; press Ctrl-C again to abort");
    assert!(subject.child.try_wait().expect("a child").is_none());
    subject.signal();
    assert_eq!(subject.child.wait().expect("it ends").signal(), Some(SIGINT));
    assert_eq!(subject.states(), THREE_AND_ONE_QUEUED);
}

/// Several trials are named together, and the study that `run` gives back tells of the signal.
#[test]
fn the_study_tells_that_its_run_was_interrupted() {
    let mut subject = StudyView::start("study", "study");
    assert_eq!(subject.hear(), "running");
    assert_eq!(subject.hear(), "running");
    subject.signal();
    assert_eq!(subject.hear_a_warning(), "finishing trials 0, 1; press Ctrl-C again to abort");
    assert_eq!(subject.hear(), "interrupted after 2 trials");
}

/// An objective with an error type of its own cannot hand the library's on.
#[test]
fn a_trial_that_wraps_the_interruption_goes_back_to_the_queue_too() {
    let mut subject = StudyView::start("wrapping", "wrapping");
    assert_eq!(subject.hear(), "running");
    subject.signal();
    assert_eq!(
        subject.hear(),
        "3 complete, 0 pruned, 0 failed: interrupted; the same call continues from here"
    );
    assert_eq!(subject.states(), THREE_AND_ONE_QUEUED);
}

#[test]
fn a_run_whose_last_trial_is_interrupted_has_not_done_all() {
    let mut subject = StudyView::start("last", "last");
    assert_eq!(subject.hear(), "running");
    // Long enough for the other worker to find nothing left to do.
    std::thread::sleep(std::time::Duration::from_millis(300));
    subject.signal();
    assert_eq!(
        subject.hear(),
        "3 complete, 0 pruned, 0 failed: interrupted; the same call continues from here"
    );
    assert_eq!(subject.states(), THREE_AND_ONE_QUEUED);
}
