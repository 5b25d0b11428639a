//! `hpo run` with real programs: small shell scripts that report, hang, crash and multiply.
#![cfg(target_os = "linux")]

#[path = "../place/mod.rs"]
mod place;

mod folders;
mod killing;
mod limits;
mod output;
mod passing;
mod pruning;
mod refused;
mod signals;
mod typed;

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value as Json;

use place::{Place, texts};

impl Place {
    fn file(&self, name: &str, text: &str) -> &Self {
        std::fs::write(self.path(name), text).unwrap();
        self
    }

    /// `hpo run` of a program in this folder, by options and a command.
    fn run(&self, options: &str, program: &[&str]) -> Output {
        self.run_command(options, program).output().unwrap()
    }

    fn run_command(&self, options: &str, program: &[&str]) -> Command {
        let mut arguments = vec!["run", "--sampler", "random", "--seed", "1"];
        arguments.extend(options.split_whitespace());
        if !options.contains("--space") && !options.contains("--param") {
            arguments.extend(["--param", "x=0..1000"]);
        }
        if !options.contains("imize") {
            arguments.extend(["--minimize", "loss"]);
        }
        arguments.push("--");
        arguments.extend(program);
        self.command(&arguments)
    }

    /// What it prints, if it works.
    #[track_caller]
    fn works(&self, options: &str, program: &[&str]) -> (String, String) {
        let output = self.run(options, program);
        let (stdout, stderr) = texts(&output);
        assert!(output.status.success(), "{stdout}{stderr}");
        (stdout, stderr)
    }

    /// What it says, if it does not work.
    #[track_caller]
    fn fails(&self, options: &str, program: &[&str]) -> String {
        let output = self.run(options, program);
        let (stdout, stderr) = texts(&output);
        assert_eq!(output.status.code(), Some(1), "{stdout}{stderr}");
        stderr
    }

    /// The trials of the study.
    fn trials(&self) -> Vec<Json> {
        let output =
            self.command(&["trials", "runs/studies.db", "--format", "json"]).output().unwrap();
        let (stdout, stderr) = texts(&output);
        let trials: Result<Vec<Json>, _> = serde_json::from_str(&stdout);
        let mut trials = trials.unwrap_or_else(|_| panic!("{stdout}{stderr}"));
        for trial in &mut trials {
            trial["value"] = trial["loss"].clone();
        }
        trials
    }

    /// The message of the only trial, which has failed.
    #[track_caller]
    fn message(&self) -> String {
        let trials = self.trials();
        assert_eq!((trials.len(), &trials[0]["state"]), (1, &Json::from("failed")), "{trials:?}");
        trials[0]["message"].as_str().unwrap().to_owned()
    }

    /// The message with which the only trial of a script fails.
    #[track_caller]
    fn message_of(&self, options: &str, script: &str) -> String {
        self.script("a.sh", script);
        let output = self.run(&format!("--trials 1 {options}"), &["./a.sh"]);
        assert!(output.status.code().is_some(), "{:?}", texts(&output));
        self.message()
    }

    /// The processes that were started below `hpo run` in this folder and still live.
    fn left(&self) -> Vec<u32> {
        let mark = format!("HPO_TEST_PLACE={}\0", self.folder.path().display());
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let is_ours = |id: &u32| {
            let environment = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
            environment.windows(mark.len()).any(|window| window == mark.as_bytes())
        };
        ids.filter(is_ours).collect()
    }

    /// Waits until no process is left.
    #[track_caller]
    fn expect_none_left(&self) {
        let mut left = self.left();
        for _ in 0..200 {
            if left.is_empty() {
                return;
            }
            pause();
            left = self.left();
        }
        let names = left.iter().map(|id| std::fs::read_to_string(format!("/proc/{id}/cmdline")));
        panic!("left: {:?}", names.collect::<Vec<_>>());
    }

    fn start(&self, options: &str, program: &[&str]) -> Child {
        let mut command = self.run_command(options, program);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Waits for a file.
    #[track_caller]
    fn expect_file(&self, name: &str) {
        for _ in 0..600 {
            if self.path(name).exists() {
                return;
            }
            pause();
        }
        panic!("{name} does not come");
    }
}

fn pause() {
    std::thread::sleep(std::time::Duration::from_millis(50));
}

/// Sends a signal to a process.
fn signal(name: &str, process: u32) {
    let status = Command::new("kill").args(["-s", name, &process.to_string()]).status().unwrap();
    assert!(status.success());
}

/// Kills a process, unless it has ended.
fn kill(process: u32) {
    let mut command = Command::new("kill");
    command.args(["-s", "KILL", &process.to_string()]).stderr(Stdio::null()).status().unwrap();
}

fn has(path: &Path) -> bool {
    path.exists()
}
