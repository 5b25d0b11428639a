//! Workers without an engine: processes of this machine or, by ssh, of others, which `hpo launch`
//! starts and follows itself.
//!
//! Each worker is in a process group of its own, so that Ctrl-C on the terminal reaches `hpo
//! launch` alone, which passes it on. A worker that is killed by a signal is started again.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitCode, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use signal_hook::consts::{SIGINT, SIGTERM};

use super::job::Job;
use super::record::{self, Process, Record};
use super::script;
use super::worker::{SSH_FAILED, Signal, last_line, log_of, name_of, send, start, start_of};
use crate::run::{INTERRUPTED, time_in_words};
use crate::screen::{note, print};

/// The interval at which workers and signals are looked at.
const INTERVAL: Duration = Duration::from_millis(100);

/// The number of times that a worker is started again after it was killed.
const RESTARTS: u32 = 5;

/// The time between two attempts to start a worker again.
const PAUSE: Duration = Duration::from_secs(2);

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
