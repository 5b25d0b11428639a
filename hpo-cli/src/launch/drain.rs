//! The end of a launch on request: workers finish their trials and start no more, or, with
//! `--now`, return them to the queue.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail, ensure};

use super::engine::Engine;
use super::follow;
use super::options::Drain;
use super::record::{self, Record};
use super::script;
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
            let signal = if options.now { follow::Signal::End } else { follow::Signal::Drain };
            for process in &record.processes {
                follow::send(process, signal);
            }
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

/// Makes the file for which the scripts of the workers look.
fn ask_by_file(folder: &Path) -> Result<()> {
    let file = folder.join("drain");
    std::fs::write(&file, "").with_context(|| format!("cannot write {}", file.display()))
}

/// Returns the commands of an engine that end a job.
fn commands(record: &Record, now: bool) -> Result<Vec<Vec<String>>> {
    ensure!(!record.id.is_empty(), "the launch has no record of its job: end it by the engine");
    let id = record.id.as_str();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
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
