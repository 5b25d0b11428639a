//! A worker that tests kill: it runs trials of a study in any storage and prints the number of each
//! one that was acknowledged.
//!
//! `lease-holder URL THREADS TRIALS`; each thread ends after so many trials. With `hold` for
//! `TRIALS`, it takes one trial, prints its number, and beats until it is killed.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use hpo_core::space::{Domain, Float, Value};
use hpo_core::storage::{self, Next, Storage, StorageError, StudyId};
use hpo_core::trial::{Direction, Event, Outcome, Param, ParamId, Timestamp};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("URL THREADS TRIALS are given");
    let (url, threads, trials) = (next(), next(), next());
    match work(&url, threads.parse().expect("a number is given"), trials.parse().ok()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error {error}");
            ExitCode::FAILURE
        }
    }
}

fn work(url: &str, threads: u64, trials: Option<u64>) -> Result<(), StorageError> {
    let storage = storage::open(url)?;
    let study = match storage.create_study("shared", &[Direction::Minimize]) {
        Ok(study) => study,
        // Another worker was faster.
        Err(StorageError::StudyExists { .. }) => storage.studies()?[0].id,
        Err(error) => return Err(error),
    };
    let domain = Domain::Float(Float::new(0.0, 1.0));
    storage.declare(study, &[Param { path: "x".to_owned(), domain }])?;
    let Some(trials) = trials else { return hold(&storage, study) };
    std::thread::scope(|scope| {
        let run = || (0..trials).try_for_each(|_| trial(&*storage, study));
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("no worker panics"))
    })
}

fn hold(storage: &Arc<dyn Storage>, study: StudyId) -> Result<(), StorageError> {
    tell(&format!("{:?}", storage.next_trial(study, None)?));
    loop {
        std::thread::sleep(storage.heartbeat().expect("a storage with leases"));
        storage.beat()?;
    }
}

fn trial(storage: &dyn Storage, study: StudyId) -> Result<(), StorageError> {
    let (Next::New(number) | Next::Queued(number)) = storage.next_trial(study, None)? else {
        return Ok(());
    };
    let (mut sampled, mut seen) = (false, 0);
    storage.read(study, &mut |trials| {
        (sampled, seen) = (trials.is_sampled(number), trials.ordinal());
    })?;
    if !sampled {
        let params = &[(ParamId(0), Value::Float(number as f64 / 1e6))];
        storage.record(study, number, &Event::Sampled { params, seen, explanation: "" })?;
    }
    let outcome = Outcome::Complete(&[number as f64]);
    storage.record(study, number, &Event::Finished { outcome, at: Timestamp::now() })?;
    tell(&number.to_string());
    Ok(())
}

fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody listening any more is no reason to stop.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
