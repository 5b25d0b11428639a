//! The end of a launch on request: workers finish their trials and start no more, or, with
//! `--now`, return them to the queue.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail, ensure};

use super::engine::Engine;
use super::options::Drain;
use super::record::{self, Record};
use super::script;
use super::worker::{self, Signal};
use crate::screen::say;

/// Ends the workers of a launch.
///
/// # Errors
/// If there is no such launch, or its engine refuses.
pub(crate) fn run(options: &Drain) -> Result<ExitCode> {
    let (folder, record) = record::read(&options.dir, options.name.as_deref())?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match record.engine {
        Engine::Local | Engine::Ssh => {
            // For the process that follows them, so that it starts none again.
            ask_by_file(&folder)?;
            let signal = if options.now { Signal::End } else { Signal::Drain };
            signal_all(&record, signal)?;
        }
        Engine::Hyperqueue if !options.now => ask_by_file(&folder)?,
        _ => {
            for command in commands(&record, options.now)? {
                execute(&command)?;
            }
        }
    }
    let what =
        if options.now { "their trials go back to the queue" } else { "they finish their trials" };
    say(&format!("draining {name}: its workers were told to end; {what}"))?;
    Ok(ExitCode::SUCCESS)
}

/// Sends a signal to all workers that can be reached.
fn signal_all(record: &Record, signal: Signal) -> Result<()> {
    let sent = record.processes.iter().map(|process| worker::send(process, signal));
    let failed: Vec<String> =
        sent.filter_map(Result::err).map(|error| format!("{error:#}")).collect();
    ensure!(failed.is_empty(), "{}; the other workers were told to end", failed.join("; "));
    Ok(())
}

/// Makes the file for which the scripts of the workers look.
fn ask_by_file(folder: &Path) -> Result<()> {
    let file = record::drain_file(folder);
    std::fs::write(&file, "").with_context(|| format!("cannot write {}", file.display()))
}

/// The options by which a command finds its server, with values, by engine. Others, such as limits,
/// are for the submission only. A token is a secret, so it is not among them: it would be recorded.
const OF_HYPERQUEUE: &[&str] = &["--server-dir"];
const OF_KUBERNETES: &[&str] = &[
    "-n",
    "--namespace",
    "--context",
    "--cluster",
    "--kubeconfig",
    "--user",
    "--server",
    "-s",
    "--as",
    "--certificate-authority",
];

/// Returns those of the arguments of the submission that say where the job is.
pub(super) fn connection(engine: Engine, arguments: &[String]) -> Vec<String> {
    let known = match engine {
        Engine::Hyperqueue => OF_HYPERQUEUE,
        Engine::Kubernetes => OF_KUBERNETES,
        Engine::Local | Engine::Ssh | Engine::Slurm => &[],
    };
    let mut words = Vec::new();
    let mut rest = arguments.iter().cloned();
    while let Some(word) = rest.next() {
        let (name, has_value) = match word.split_once('=') {
            Some((name, _)) => (name, true),
            None => (word.as_str(), false),
        };
        if known.contains(&name) {
            let value = if has_value { None } else { rest.next() };
            words.push(word);
            words.extend(value);
        }
    }
    words
}

/// Returns the commands of an engine that end a job.
fn commands(record: &Record, now: bool) -> Result<Vec<Vec<String>>> {
    ensure!(!record.id.is_empty(), "the launch has no record of its job: end it by the engine");
    let id = record.id.as_str();
    let mut place = connection(record.engine, &record.arguments);
    place.extend(record.cluster.iter().map(|cluster| format!("--clusters={cluster}")));
    let words = |words: &[&str]| {
        let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        words.splice(1..1, place.iter().cloned());
        words
    };
    Ok(match (record.engine, now) {
        (Engine::Slurm, false) => vec![
            words(&["scancel", "--state=PENDING", id]),
            words(&["scancel", "--signal=INT", "--batch", id]),
        ],
        (Engine::Slurm, true) => vec![words(&["scancel", id])],
        (Engine::Hyperqueue, _) => vec![words(&["hq", "job", "cancel", id])],
        (Engine::Kubernetes, true) => {
            vec![words(&["kubectl", "delete", "job,secret", id, "--wait=false"])]
        }
        (Engine::Kubernetes, false) => bail!(
            "Kubernetes ends pods by SIGTERM only: `hpo launch drain {id} --now` returns running \
             trials to the queue"
        ),
        (Engine::Local | Engine::Ssh, _) => Vec::new(),
    })
}

fn execute(command: &[String]) -> Result<()> {
    let line = script::quoted(command);
    let output = Command::new(&command[0])
        .args(&command[1..])
        .output()
        .with_context(|| format!("cannot run `{line}`"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{line}` failed: {}", said.trim());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(engine: Engine, cluster: Option<&str>, arguments: &[&str]) -> Vec<String> {
        let arguments = arguments.iter().map(|word| (*word).to_owned()).collect();
        let (cluster, processes) = (cluster.map(str::to_owned), Vec::new());
        let record = Record { engine, id: "7".to_owned(), cluster, arguments, processes };
        commands(&record, true).unwrap().iter().map(|words| script::quoted(words)).collect()
    }

    #[test]
    fn a_job_is_ended_where_it_was_submitted() {
        assert_eq!(
            lines(Engine::Slurm, Some("gpu"), &["--partition=a", "--clusters=gpu,cpu"]),
            ["scancel --clusters=gpu 7"]
        );
        assert_eq!(
            lines(Engine::Kubernetes, None, &["-n", "team", "--server-side", "--context=a"]),
            ["kubectl -n team --context=a delete job,secret 7 --wait=false"]
        );
        assert_eq!(
            lines(Engine::Hyperqueue, None, &["--server-dir=/hq", "--priority", "3"]),
            ["hq --server-dir=/hq job cancel 7"]
        );
    }
}
