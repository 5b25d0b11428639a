//! Carries out the plan of an engine with a queue: writes its files, submits, says how to go on.

use std::io::{ErrorKind, Write as _};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use super::engine::Engine;
use super::job::Job;
use super::plan::{Input, Plan};
use super::record::{self, Record};
use super::script;
use super::storage;
use crate::screen::print;

/// Submits a job, or prints its plan.
///
/// # Errors
/// If a file cannot be written, or the engine is missing or refuses.
pub(crate) fn run(job: &Job, plan: &Plan) -> Result<ExitCode> {
    if job.is_dry_run {
        print(&text(plan))?;
        return Ok(ExitCode::SUCCESS);
    }
    std::fs::create_dir_all(&job.folder)
        .with_context(|| format!("cannot make the folder {}", job.folder.display()))?;
    let submitted = submit(job, plan);
    if submitted.is_err() {
        remove_unused(job, plan);
    }
    let (id, cluster) = submitted?;
    let record = Record {
        engine: job.engine,
        id: id.clone(),
        cluster,
        arguments: super::drain::connection(job.engine, &job.arguments),
        processes: Vec::new(),
    };
    record::write(&job.folder, &record)?;
    print(&next_steps(job, plan, &id))?;
    Ok(ExitCode::SUCCESS)
}

/// Returns what would be written and run.
fn text(plan: &Plan) -> String {
    let file = |(path, contents): &(_, String)| {
        let path: &std::path::PathBuf = path;
        format!("# {}\n{contents}\n", path.display())
    };
    let files: String = plan.files.iter().map(file).collect();
    let command = script::quoted(&plan.command);
    let input = match &plan.input {
        Input::Nothing => String::new(),
        Input::Secret { shown, .. } => format!("\n# its standard input\n{shown}"),
    };
    format!("{files}# the command\n{command}\n{input}")
}

/// Submits the job, and returns its id, and its cluster if the engine has named it.
fn submit(job: &Job, plan: &Plan) -> Result<(String, Option<String>)> {
    for (path, contents) in &plan.files {
        std::fs::write(path, contents)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let program = &plan.command[0];
    let mut command = Command::new(program);
    command.args(&plan.command[1..]).env("HPO_STORAGE", job.storage.secret());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("there is no program `{program}` here: {}", plan.remedy)
        }
        spawned => spawned.with_context(|| format!("cannot start `{program}`"))?,
    };
    if let Some(mut input) = child.stdin.take() {
        // If the program does not read it, its own error says why.
        let _ = match &plan.input {
            Input::Nothing => Ok(()),
            Input::Secret { text, .. } => input.write_all(text.as_bytes()),
        };
    }
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    ensure!(output.status.success(), "{}", refused(plan, &said));
    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
    // Slurm answers `ID` or `ID;CLUSTER`, HyperQueue the id as the last word.
    let id = answer.split_whitespace().last().unwrap_or_default();
    let (id, cluster) = match id.split_once(';') {
        Some((id, cluster)) => (id, Some(cluster.to_owned())),
        None => (id, None),
    };
    let id = if job.engine == Engine::Kubernetes { &job.name } else { id };
    Ok((id.to_owned(), cluster))
}

fn refused(plan: &Plan, said: &str) -> String {
    let program = &plan.command[0];
    let said = said.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("; ");
    format!(
        "`{program}` refused: {said}. Nothing was submitted: change an option, add one of \
         `{program}` as --arg=--OPTION=VALUE, or look at all of it with --dry-run"
    )
}

/// Removes the files of a launch that was not submitted, so that its name is free.
fn remove_unused(job: &Job, plan: &Plan) {
    for (path, _) in &plan.files {
        let _ = std::fs::remove_file(path);
    }
    // This fails if there is anything else in it.
    let _ = std::fs::remove_dir(&job.folder);
}

fn next_steps(job: &Job, plan: &Plan, id: &str) -> String {
    let workers =
        if job.count == 1 { "1 worker".to_owned() } else { format!("{} workers", job.count) };
    let job_id = if id == job.name { String::new() } else { format!(", as job {id}") };
    let top = script::quoted(&storage::top(&job.command, &job.storage));
    let mut lines = vec![
        format!("submitted {}: {workers}{job_id}", job.name),
        format!("workers and trials  {top}"),
        format!("the queue           {}", plan.status.replace("{id}", id)),
    ];
    if job.engine != Engine::Kubernetes {
        lines.push(format!("output              {}/worker-*.log", job.folder.display()));
    }
    lines.push(format!("end                 hpo launch drain {}", job.name));
    lines.join("\n") + "\n"
}
