//! Workers without an engine: processes of this machine or, by ssh, of others, which `hpo launch`
//! starts and follows itself.
//!
//! Each worker is in a process group of its own, so that Ctrl-C on the terminal reaches `hpo
//! launch` alone, which passes it on. A worker that is killed by a signal is started again.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use signal_hook::consts::{SIGINT, SIGTERM};

use super::job::Job;
use super::record::{self, Process, Record};
use super::script;
use super::storage::Variable;
use crate::run::{INTERRUPTED, time_in_words};
use crate::screen::{note, print};

/// The interval at which workers and signals are looked at.
const INTERVAL: Duration = Duration::from_millis(100);

/// The number of times that a worker is started again after it was killed.
const RESTARTS: u32 = 5;

/// The time between two attempts to start a worker again.
const PAUSE: Duration = Duration::from_secs(2);

/// The exit code of ssh when it cannot reach a machine, or loses it.
const SSH_FAILED: i32 = 255;

/// A request to a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
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

/// Prints what would be started.
///
/// # Errors
/// If standard output cannot be written.
pub(crate) fn show(job: &Job) -> Result<ExitCode> {
    let starts: Vec<String> = (1..=job.count).map(|number| shown(job, number)).collect();
    print(&starts.concat())?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the start of a worker as lines of a shell.
fn shown(job: &Job, number: u32) -> String {
    let (command, input) = start_of(job, number, &job.storage.shown_variables());
    let log = script::quote(&log_of(job, number).to_string_lossy());
    let line = script::quoted(&command);
    match input {
        Some(input) => format!("# worker {number}\n{line} > {log} <<'END'\n{input}END\n"),
        None => format!(
            "# worker {number}\nHPO_WORKER={} HPO_STORAGE={} {line} > {log}\n",
            name_of(job, number),
            script::quote(&job.storage.shown())
        ),
    }
}

/// Starts the workers, and follows them to their end.
///
/// # Errors
/// If they cannot be started, or one of them failed.
pub(crate) fn run(job: &Job) -> Result<ExitCode> {
    std::fs::create_dir_all(&job.folder)
        .with_context(|| format!("cannot make the folder {}", job.folder.display()))?;
    let signals: [Arc<AtomicBool>; 2] = Default::default();
    for (signal, flag) in [SIGINT, SIGTERM].into_iter().zip(&signals) {
        signal_hook::flag::register(signal, Arc::clone(flag))?;
    }
    // A folder of this name may be left from a launch that was drained.
    let _ = std::fs::remove_file(record::drain_file(&job.folder));
    let mut crew = Crew { job, workers: Vec::new(), failed: 0, told: None };
    for number in 1..=job.count {
        let started = crew.start(number);
        if started.is_err() {
            crew.tell(Signal::End);
        }
        started?;
    }
    crew.record()?;
    note(&format!(
        "{} workers started; their output is in {}/worker-*.log; Ctrl-C drains them",
        job.count,
        job.folder.display()
    ));
    crew.follow(&signals)
}

/// Sends a signal to a worker, unless it has ended. Its id may belong to another process by then, so
/// the environment is looked at first.
///
/// # Errors
/// If its machine cannot be reached.
pub(crate) fn send(process: &Process, signal: Signal) -> Result<()> {
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

/// A worker that was started here.
struct Worker {
    number: u32,
    child: Child,
    process: Process,
    restarts: u32,
    /// The time before which it is not started again, after a start that failed.
    pause: Option<Instant>,
}

/// The workers of a job that run.
struct Crew<'a> {
    job: &'a Job,
    workers: Vec<Worker>,
    failed: u32,
    told: Option<Signal>,
}

impl Crew<'_> {
    fn start(&mut self, number: u32) -> Result<()> {
        let (child, process) = start(self.job, number)?;
        self.workers.push(Worker { number, child, process, restarts: 0, pause: None });
        Ok(())
    }

    fn record(&self) -> Result<()> {
        let processes = self.workers.iter().map(|worker| worker.process.clone()).collect();
        let record = Record {
            engine: self.job.engine,
            id: String::new(),
            cluster: None,
            arguments: Vec::new(),
            processes,
        };
        record::write(&self.job.folder, &record)
    }

    fn tell(&mut self, signal: Signal) {
        self.told = Some(signal);
        for worker in &self.workers {
            if let Err(error) = send(&worker.process, signal) {
                note(&format!("{error:#}"));
            }
        }
    }

    /// Returns true if the workers were told to end, here or by `hpo launch drain`.
    fn is_told(&self) -> bool {
        self.told.is_some() || record::drain_file(&self.job.folder).exists()
    }

    fn follow(&mut self, signals: &[Arc<AtomicBool>; 2]) -> Result<ExitCode> {
        let begin = Instant::now();
        while !self.workers.is_empty() {
            std::thread::sleep(INTERVAL);
            let [interrupted, terminated] =
                [0, 1].map(|index: usize| signals[index].swap(false, Ordering::Relaxed));
            if interrupted || terminated {
                self.answer(terminated);
            }
            if self.told.is_none() && self.job.time.is_some_and(|time| begin.elapsed() >= time) {
                note("the time is up: running trials go back to the queue");
                self.tell(Signal::End);
            }
            self.collect()?;
        }
        note(&format!("all workers have ended ({})", time_in_words(begin.elapsed())));
        match (self.is_told(), self.failed) {
            (true, _) => Ok(ExitCode::from(INTERRUPTED)),
            (false, 0) => Ok(ExitCode::SUCCESS),
            (false, failed) => bail!(
                "{failed} of {} workers failed: the end of {} says why",
                self.job.count,
                self.job.folder.join("worker-N.log").display()
            ),
        }
    }

    /// Passes a signal on. SIGTERM does what the second Ctrl-C does, as in `hpo run`.
    fn answer(&mut self, is_term: bool) {
        let next = match self.told {
            None if is_term => Signal::End,
            None => Signal::Drain,
            Some(Signal::Drain) => Signal::End,
            Some(_) => Signal::Kill,
        };
        note(match next {
            Signal::Drain => "finishing running trials; press Ctrl-C again to end them now",
            Signal::End => "ending running trials, which go back to the queue; press again to kill",
            Signal::Kill => "killing the workers",
        });
        self.tell(next);
    }

    /// Takes note of the workers that have ended, and starts those again that were killed.
    fn collect(&mut self) -> Result<()> {
        let mut index = 0;
        while index < self.workers.len() {
            match self.workers[index].child.try_wait()? {
                Some(status) if !self.goes_on(index, status) => {
                    self.workers.remove(index);
                }
                _ => index += 1,
            }
        }
        Ok(())
    }

    /// Decides about a worker that has ended. Returns true if it was started again, or will be: a
    /// start that fails, since a machine is down, is tried again, and never ends the others.
    fn goes_on(&mut self, index: usize, status: ExitStatus) -> bool {
        let is_told = self.is_told();
        let worker = &mut self.workers[index];
        let was_killed = status.signal().is_some()
            || worker.process.host.is_some() && status.code() == Some(SSH_FAILED);
        let (number, how) = (worker.number, ending(status));
        if !was_killed || is_told || worker.restarts >= RESTARTS {
            if !status.success() && !is_told {
                self.failed += 1;
                note(&format!("worker {number} {how}{}", last_line(&log_of(self.job, number))));
            }
            return false;
        }
        if worker.pause.is_some_and(|end| Instant::now() < end) {
            return true;
        }
        worker.restarts += 1;
        if worker.pause.is_none() {
            note(&format!("worker {number} {how}: it is started again"));
        }
        match start(self.job, number) {
            Ok((child, process)) => {
                (worker.child, worker.process, worker.pause) = (child, process, None);
                if let Err(error) = self.record() {
                    note(&format!("`hpo launch drain` will not find worker {number}: {error:#}"));
                }
            }
            Err(error) => {
                worker.pause = Some(Instant::now() + PAUSE);
                note(&format!("worker {number} could not be started again: {error:#}"));
            }
        }
        true
    }
}

fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(0), _) => "has ended".to_owned(),
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, signal) => format!("was killed by signal {}", signal.unwrap_or_default()),
    }
}

/// Returns the last line of a log, for a message.
fn last_line(log: &std::path::Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().rev().find(|line| !line.trim().is_empty());
    line.map(|line| format!(": {}", line.chars().take(300).collect::<String>())).unwrap_or_default()
}

fn log_of(job: &Job, number: u32) -> PathBuf {
    job.folder.join(format!("worker-{number}.log"))
}

fn name_of(job: &Job, number: u32) -> String {
    format!("{}-{number}@{}", job.name, hostname())
}

fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "localhost".to_owned() } else { name.trim().to_owned() }
}

/// Returns the command that starts a worker, and its standard input. By ssh, a script comes over
/// standard input: neither its storage nor its words are seen in lists of processes.
fn start_of(job: &Job, number: u32, variables: &[Variable]) -> (Vec<String>, Option<String>) {
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

fn start(job: &Job, number: u32) -> Result<(Child, Process)> {
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
