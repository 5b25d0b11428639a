//! `hpo launch`, `hpo top` and `hpo doctor` with real processes, and with the real engines where
//! they are there.
//!
//! `SLURM_CONF` (`scripts/slurm.sh`), `HQ_SERVER_DIR` (`scripts/hyperqueue.sh`) and
//! `HPO_TEST_SSH_CONFIG` (`scripts/sshd.sh`) name engines that may be used.
//! `scripts/cluster_engines.sh` starts them, and runs these tests.
#![cfg(target_os = "linux")]

#[path = "../place/mod.rs"]
mod place;

mod doctor;
mod dry;
mod engines;
mod local;
mod refused;
mod top;

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use place::{Place, texts};

/// The options of `hpo run` in these tests.
const RUN: &str = "run --sampler random --seed 1 --param x=0..1000 --minimize loss";

impl Place {
    /// `hpo launch` with options, of workers that are `hpo run` of a program with options.
    fn launch(&self, options: &str, run: &str, program: &[&str]) -> Command {
        let mut arguments = vec!["launch"];
        arguments.extend(options.split_whitespace());
        arguments.extend(["--", env!("CARGO_BIN_EXE_hpo")]);
        arguments.extend(RUN.split_whitespace());
        arguments.extend(run.split_whitespace());
        arguments.push("--");
        arguments.extend(program);
        self.command(&arguments)
    }

    /// What a command prints, if it works.
    #[track_caller]
    fn works(&self, arguments: &[&str]) -> String {
        worked(&self.command(arguments).output().unwrap())
    }

    /// The trials of a storage.
    fn trials(&self, url: &str) -> Vec<Json> {
        serde_json::from_str(&self.works(&["trials", url, "--format", "json"])).unwrap()
    }

    /// Waits until something holds.
    #[track_caller]
    fn expect(&self, what: &str, seconds: u64, holds: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !holds(self) {
            assert!(begin.elapsed() < Duration::from_secs(seconds), "it does not come: {what}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The storage has exactly this many trials, all complete.
    #[track_caller]
    fn expect_all_complete(&self, url: &str, count: usize) {
        let trials = self.trials(url);
        let states: Vec<&Json> = trials.iter().map(|trial| &trial["state"]).collect();
        assert!(trials.iter().all(|trial| trial["state"] == "complete"), "{states:?}");
        assert_eq!(trials.len(), count);
    }
}

#[track_caller]
fn worked(output: &Output) -> String {
    let (stdout, stderr) = texts(output);
    assert!(output.status.success(), "{stdout}{stderr}");
    stdout
}

/// The error of a command that does not work.
#[track_caller]
fn failed(mut command: Command) -> String {
    let output = command.output().unwrap();
    let (stdout, stderr) = texts(&output);
    assert_eq!(output.status.code(), Some(1), "{stdout}{stderr}");
    stderr
}
