//! Two processes that write one storage at once: each adds trials to a scratch study, and no
//! number may be given out twice or left out.

use std::fmt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use hpo_core::storage::Location;
use hpo_core::trial::{Direction, NewTrial};

use super::findings::{Finding, milliseconds};
use super::{Options, open};
use crate::source;

/// The number of trials that each process adds.
const TRIALS: u64 = 50;

/// Adds trials to a scratch study, and prints their numbers. This is run in processes of its own.
///
/// # Errors
/// If the storage refuses.
pub(super) fn write(url: &str, study: &str) -> Result<ExitCode> {
    let storage = source::open(url)?;
    let study = source::study(&*storage, Some(study))?;
    let mut numbers = Vec::new();
    for _ in 0..TRIALS {
        numbers.push(storage.create_trial(study.id, NewTrial::default())?);
    }
    crate::screen::say(&serde_json::to_string(&numbers)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Checks that two processes that write at once exclude each other.
pub(super) fn check(location: &Location, options: &Options) -> Finding {
    let begin = Instant::now();
    match tried(location, options) {
        Ok(()) => {
            let where_ = match &options.with {
                Some(host) => format!("here and on {host}"),
                None => "on this machine".to_owned(),
            };
            let each = begin.elapsed() / (2 * TRIALS as u32);
            let fact = format!(
                "2 processes {where_} wrote {} changes at once, {} each, and none was lost",
                2 * TRIALS,
                milliseconds(each)
            );
            Finding::good("exclusion", fact)
        }
        Err(error) => {
            let remedy = if error.is::<NotExclusive>() {
                "the locks do not hold here: use PostgreSQL, or, for a journal that machines \
                 share, `journal:PATH?lock=link`"
            } else if options.with.is_some() {
                "the message says what failed; on the other machine, `hpo` must have the same path"
            } else {
                "the message says what failed: the check itself, not the locks"
            };
            Finding::wrong("exclusion", format!("{error:#}"), remedy)
        }
    }
}

fn tried(location: &Location, options: &Options) -> Result<()> {
    let name = format!("hpo-doctor-{}-{}", std::process::id(), nanoseconds());
    let Some(file) = location.file() else {
        let storage = open(location)?;
        let study = storage.create_study(&name, &[Direction::Minimize])?;
        let tried = race(&options.storage.url, &name, options);
        storage.delete_study(study)?;
        return tried;
    };
    let folder = std::path::absolute(file)?.parent().map(PathBuf::from).unwrap_or_default();
    let scratch = folder.join(format!(".{name}"));
    let Some(location) = location.with_file(scratch.clone()) else { return Ok(()) };
    let tried = open(&location).and_then(|storage| {
        storage.create_study(&name, &[Direction::Minimize])?;
        race(&location.to_string(), &name, options)
    });
    remove(&scratch);
    tried
}

/// Runs two processes, and compares the numbers that they got.
fn race(url: &str, study: &str, options: &Options) -> Result<()> {
    let children =
        [start(url, study, None, &[])?, start(url, study, options.with.as_deref(), &options.arg)?];
    let mut numbers: Vec<u64> = Vec::new();
    for child in children {
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "one of two processes failed: {}", said.trim());
        let written: Vec<u64> =
            serde_json::from_slice(&output.stdout).context("one of two processes was cut off")?;
        numbers.extend(written);
    }
    numbers.sort_unstable();
    let twice = numbers.iter().zip(numbers.iter().skip(1)).find(|(one, next)| one == next);
    if let Some((number, _)) = twice {
        bail!(NotExclusive::Twice(*number));
    }
    let expected: Vec<u64> = (0..2 * TRIALS).collect();
    ensure!(numbers == expected, NotExclusive::Lost);
    Ok(())
}

/// The result of locks that do not hold.
#[derive(Debug)]
enum NotExclusive {
    /// Both processes got this number.
    Twice(u64),
    Lost,
}

impl std::error::Error for NotExclusive {}

impl fmt::Display for NotExclusive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("2 processes wrote at once, and ")?;
        match self {
            Self::Twice(number) => write!(f, "both got trial {number}"),
            Self::Lost => f.write_str("changes were lost"),
        }
    }
}

fn start(url: &str, study: &str, host: Option<&str>, arguments: &[String]) -> Result<Child> {
    let program = std::env::current_exe()?;
    let mut command = match host {
        None => Command::new(&program),
        Some(host) => {
            let words = crate::launch::ssh(arguments, host);
            let mut ssh = Command::new(&words[0]);
            ssh.args(&words[1..]).arg("sh").arg("-s");
            ssh
        }
    };
    let words = ["doctor", "--write-to", study];
    if host.is_none() {
        command.args(words).env("HPO_STORAGE", url);
    }
    command.stdin(if host.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("cannot start a second process")?;
    if let Some(mut input) = child.stdin.take() {
        use crate::launch::{quote, quoted};
        let line = format!(
            "export HPO_STORAGE={}; exec {} {}\n",
            quote(url),
            quote(&program.to_string_lossy()),
            quoted(&words)
        );
        // If ssh does not read it, its exit code says why.
        let _ = std::io::Write::write_all(&mut input, line.as_bytes());
    }
    Ok(child)
}

fn nanoseconds() -> u32 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map(|now| now.subsec_nanos()).unwrap_or_default()
}

/// Removes a scratch storage, with the files that locks and SQLite make beside it.
fn remove(scratch: &std::path::Path) {
    for end in ["", ".lock", "-wal", "-shm", "-journal"] {
        let mut path = scratch.as_os_str().to_owned();
        path.push(end);
        let _ = std::fs::remove_file(path);
    }
    let mut workers = scratch.as_os_str().to_owned();
    workers.push(".workers");
    let _ = std::fs::remove_dir_all(workers);
}
