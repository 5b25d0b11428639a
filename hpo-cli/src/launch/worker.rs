//! A worker as a process, here or by ssh on another machine: its start, its log, and signals to it.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use super::job::Job;
use super::record::Process;
use super::script;
use super::storage::Variable;

/// The exit code of ssh when it cannot reach a machine, or loses it.
pub(super) const SSH_FAILED: i32 = 255;

/// A request to a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// Finish the running trial, and start no more.
    Drain,
    /// Return the running trial to the queue.
    End,
    Kill,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Drain => "INT",
            Self::End => "TERM",
            Self::Kill => "KILL",
        }
    }
}

/// Sends a signal to a worker, unless it has ended. Its id may belong to another process by then, so
/// the environment is looked at first.
///
/// # Errors
/// If its machine cannot be reached.
pub(super) fn send(process: &Process, signal: Signal) -> Result<()> {
    let (id, name) = (process.id, signal.name());
    let line = format!(
        "if [ ! -e /proc/self/environ ] || grep -qz '^HPO_WORKER=' /proc/{id}/environ; \
         then kill -s {name} {id}; fi"
    );
    let (mut words, line) = match &process.host {
        None => (Vec::new(), line),
        Some(host) => (script::ssh(&process.arguments, host), script::quote(&line)),
    };
    words.extend(["sh", "-c", &line].map(str::to_owned));
    let sent = Command::new(&words[0]).args(&words[1..]).stdin(Stdio::null()).output();
    let sent = sent.context("a signal was not sent")?;
    if let Some(host) = &process.host {
        let said = String::from_utf8_lossy(&sent.stderr);
        let is_sent = sent.status.code() != Some(SSH_FAILED);
        ensure!(is_sent, "process {id} of {host} did not get the signal {name}: {}", said.trim());
    }
    Ok(())
}

/// Returns the last line of a log, for a message.
pub(super) fn last_line(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().rev().find(|line| !line.trim().is_empty());
    line.map(|line| format!(": {}", line.chars().take(300).collect::<String>())).unwrap_or_default()
}

pub(super) fn log_of(job: &Job, number: u32) -> PathBuf {
    job.folder.join(format!("worker-{number}.log"))
}

pub(super) fn name_of(job: &Job, number: u32) -> String {
    format!("{}-{number}@{}", job.name, hostname())
}

fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "localhost".to_owned() } else { name.trim().to_owned() }
}

/// Returns the command that starts a worker, and its standard input. By ssh, a script comes over
/// standard input: neither its storage nor its words are seen in lists of processes.
pub(super) fn start_of(
    job: &Job,
    number: u32,
    variables: &[Variable],
) -> (Vec<String>, Option<String>) {
    let Some(host) = host_of(job, number) else { return (job.command.clone(), None) };
    let mut command = script::ssh(&job.arguments, host);
    command.extend(["sh", "-s"].map(str::to_owned));
    let worker = format!("{}-{number}@$(hostname)", job.name);
    let head = script::head(job, &worker, variables);
    let line = script::quoted(&job.command);
    (command, Some(format!("printf '\\n{MARK}%s\\n' $$\n{head}exec {line} 2>&1 < /dev/null\n")))
}

/// The beginning of the line with the process id of a worker on another machine.
const MARK: &str = "hpo-worker ";

fn host_of(job: &Job, number: u32) -> Option<&str> {
    let hosts = job.hosts.len().max(1);
    job.hosts.get((number as usize - 1) % hosts).map(String::as_str)
}

/// Starts a worker, whose output goes to its log.
///
/// # Errors
/// If it cannot be started, or its log cannot be written.
pub(super) fn start(job: &Job, number: u32) -> Result<(Child, Process)> {
    let (words, input) = start_of(job, number, &job.storage.variables());
    let log = log_of(job, number);
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&log)
        .with_context(|| format!("cannot write {}", log.display()))?;
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).current_dir(&job.directory).process_group(0);
    match input {
        None => start_here(job, number, command, log),
        Some(input) => start_there(job, number, command, log, &input),
    }
}

fn start_here(job: &Job, number: u32, mut command: Command, log: File) -> Result<(Child, Process)> {
    command.env("HPO_STORAGE", job.storage.secret()).env("HPO_WORKER", name_of(job, number));
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    let child = command.spawn().with_context(|| format!("cannot start {}", job.command[0]))?;
    let process = Process { host: None, id: child.id(), arguments: Vec::new() };
    Ok((child, process))
}

/// Starts a worker by ssh. It prints its process id on the other machine, maybe after other lines,
/// which the files that its shell reads at the start print.
fn start_there(
    job: &Job,
    number: u32,
    mut command: Command,
    log: File,
    input: &str,
) -> Result<(Child, Process)> {
    let host = host_of(job, number).unwrap_or_default().to_owned();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log.try_clone()?);
    let mut child = command.spawn().context("there is no `ssh` here: install an OpenSSH client")?;
    if let Some(mut stdin) = child.stdin.take() {
        // If ssh does not read it, its exit code says why.
        let _ = stdin.write_all(input.as_bytes());
    }
    let mut output = BufReader::new(child.stdout.take().context("ssh has no output")?);
    let mut log = log;
    let Some(id) = marked(&mut output, &mut log)? else {
        let _ = child.wait();
        bail!(
            "worker {number} was not started on {host}{}: `ssh -o BatchMode=yes {host} true` must \
             work without a question",
            last_line(&log_of(job, number))
        );
    };
    // The rest is copied as it comes, until ssh ends.
    std::thread::spawn(move || std::io::copy(&mut output, &mut log));
    Ok((child, Process { host: Some(host), id, arguments: job.arguments.clone() }))
}

/// Reads the lines up to the one with the process id, and returns the id; `None` if there is none.
/// The lines before are copied to the log.
fn marked(output: &mut impl BufRead, log: &mut impl Write) -> std::io::Result<Option<u32>> {
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        if let Some(id) = text.trim_end().strip_prefix(MARK).and_then(|id| id.parse().ok()) {
            return Ok(Some(id));
        }
        if !text.trim().is_empty() {
            log.write_all(&line)?;
        }
        line.clear();
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_id_is_found_after_what_a_shell_prints_at_its_start() {
        let found = |output: &[u8]| {
            let mut log = Vec::new();
            let id = marked(&mut &*output, &mut log).unwrap();
            (id, String::from_utf8_lossy(&log).into_owned())
        };
        assert_eq!(found(b"\nhpo-worker 17\nloss=1\n"), (Some(17), String::new()));
        let banner = b"Welcome \xff\n42\nno end\nhpo-worker 17\n";
        assert_eq!(found(banner), (Some(17), "Welcome \u{fffd}\n42\nno end\n".to_owned()));
        assert_eq!(found(b"sh: not found\n"), (None, "sh: not found\n".to_owned()));
    }
}
