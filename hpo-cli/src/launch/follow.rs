//! Workers without an engine: processes of this machine or, by ssh, of others, which `hpo launch`
//! starts and follows itself.
//!
//! Each worker is in a process group of its own, so that Ctrl-C on the terminal reaches `hpo
//! launch` alone, which passes it on. A worker that is killed by a signal is started again.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use signal_hook::consts::{SIGINT, SIGTERM};

use super::job::Job;
use super::record::{self, Process, Record};
use super::script;
use crate::run::{INTERRUPTED, time_in_words};
use crate::screen::{note, print};

/// The interval at which workers and signals are looked at.
const INTERVAL: Duration = Duration::from_millis(100);

/// The number of times that a worker is started again after it was killed.
const RESTARTS: u32 = 5;

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
    let storage = job.storage.shown();
    let (command, input) = start_of(job, number, &storage);
    let log = script::quote(&log_of(job, number).to_string_lossy());
    let line = script::quoted(&command);
    match input {
        Some(input) => format!("# worker {number}\n{line} > {log} <<'END'\n{input}END\n"),
        None => format!(
            "# worker {number}\nHPO_WORKER={} HPO_STORAGE={} {line} > {log}\n",
            name_of(job, number),
            script::quote(&storage)
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
pub(crate) fn send(process: &Process, signal: Signal) {
    let (id, name) = (process.id, signal.name());
    let line = format!(
        "if [ ! -e /proc/self/environ ] || grep -qz '^HPO_WORKER=' /proc/{id}/environ; \
         then kill -s {name} {id}; fi"
    );
    let mut command = match &process.host {
        None => Command::new("sh"),
        Some(host) => {
            let mut ssh = Command::new("ssh");
            ssh.args(["-o", "BatchMode=yes"]).args(&process.arguments).args([host, "sh"]);
            ssh
        }
    };
    let line = if process.host.is_some() { script::quote(&line) } else { line };
    let sent = command.args(["-c", &line]).stdin(Stdio::null()).output();
    if let Err(error) = sent {
        note(&format!("a signal was not sent: {error}"));
    }
}

/// A worker that was started here.
struct Worker {
    number: u32,
    child: Child,
    process: Process,
    restarts: u32,
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
        self.workers.push(Worker { number, child, process, restarts: 0 });
        Ok(())
    }

    fn record(&self) -> Result<()> {
        let processes = self.workers.iter().map(|worker| worker.process.clone()).collect();
        let record = Record { engine: self.job.engine, id: String::new(), processes };
        record::write(&self.job.folder, &record)
    }

    fn tell(&mut self, signal: Signal) {
        self.told = Some(signal);
        for worker in &self.workers {
            send(&worker.process, signal);
        }
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
        match (self.told, self.failed) {
            (Some(_), _) => Ok(ExitCode::from(INTERRUPTED)),
            (None, 0) => Ok(ExitCode::SUCCESS),
            (None, failed) => bail!(
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
            let worker = &mut self.workers[index];
            let Some(status) = worker.child.try_wait()? else {
                index += 1;
                continue;
            };
            let was_killed = status.signal().is_some()
                || worker.process.host.is_some() && status.code() == Some(SSH_FAILED);
            let (number, how) = (worker.number, ending(status));
            if was_killed && self.told.is_none() && worker.restarts < RESTARTS {
                worker.restarts += 1;
                note(&format!("worker {number} {how}: it is started again"));
                (worker.child, worker.process) = start(self.job, number)?;
                self.record()?;
                continue;
            }
            if !status.success() && self.told.is_none() {
                self.failed += 1;
                note(&format!("worker {number} {how}{}", last_line(&log_of(self.job, number))));
            }
            self.workers.remove(index);
        }
        Ok(())
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
fn start_of(job: &Job, number: u32, storage: &str) -> (Vec<String>, Option<String>) {
    let Some(host) = host_of(job, number) else { return (job.command.clone(), None) };
    let mut command: Vec<String> = ["ssh", "-o", "BatchMode=yes"].map(str::to_owned).to_vec();
    command.extend(job.arguments.iter().cloned());
    command.extend([host.to_owned(), "sh".to_owned(), "-s".to_owned()]);
    let worker = format!("{}-{number}@$(hostname)", job.name);
    let head = script::head(job, &worker, storage);
    let line = script::quoted(&job.command);
    (command, Some(format!("echo $$\n{head}exec {line} 2>&1 < /dev/null\n")))
}

fn host_of(job: &Job, number: u32) -> Option<&str> {
    let hosts = job.hosts.len().max(1);
    job.hosts.get((number as usize - 1) % hosts).map(String::as_str)
}

fn start(job: &Job, number: u32) -> Result<(Child, Process)> {
    let (words, input) = start_of(job, number, job.storage.secret());
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

/// Starts a worker by ssh. The first line that it prints is its process id on the other machine.
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
    let mut first = String::new();
    output.read_line(&mut first)?;
    let Ok(id) = first.trim().parse() else {
        let _ = child.wait();
        bail!(
            "worker {number} was not started on {host}{}: `ssh -o BatchMode=yes {host} true` must \
             work without a question",
            last_line(&log_of(job, number))
        );
    };
    let mut log = log;
    // The rest is copied as it comes, until ssh ends.
    std::thread::spawn(move || std::io::copy(&mut output, &mut log));
    Ok((child, Process { host: Some(host), id, arguments: job.arguments.clone() }))
}
