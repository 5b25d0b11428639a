//! A worker that tests kill: it runs trials on a storage and prints the number of each one that was
//! acknowledged.
//!
//! `storage-worker URL THREADS TRIALS`; it ends by itself after so many trials a thread, or with
//! the error in words.

use std::io::Write as _;
use std::process::ExitCode;

use hpo_core::space::{Domain, Float, Value};
use hpo_core::storage::{self, Next, Storage, StorageError, StudyId};
use hpo_core::trial::{Direction, Event, Outcome, Param, ParamId, Timestamp};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("URL THREADS TRIALS are given");
    let (url, threads, trials) = (next(), next(), next());
    let number = |text: String| text.parse::<u64>().expect("a number is given");
    match work(&url, number(threads), number(trials)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error {error}");
            ExitCode::FAILURE
        }
    }
}

fn work(url: &str, threads: u64, trials: u64) -> Result<(), StorageError> {
    let storage = storage::open(url)?;
    let storage = &*storage;
    let study = match storage.studies()?.first() {
        Some(study) => study.id,
        None => match storage.create_study("kill", &[Direction::Minimize]) {
            Ok(id) => id,
            // Another worker was faster.
            Err(StorageError::StudyExists { .. }) => storage.studies()?[0].id,
            Err(error) => return Err(error),
        },
    };
    let domain = Domain::Float(Float::new(0.0, 1.0));
    let path = "x".to_owned();
    storage.declare(study, &[Param { path, domain }])?;
    storage.recover(study)?;
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| (0..trials).try_for_each(|_| trial(storage, study))))
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("no worker panics"))
    })
}

fn trial(storage: &dyn Storage, study: StudyId) -> Result<(), StorageError> {
    let (Next::New(number) | Next::Queued(number)) = storage.next_trial(study, None)? else {
        return Ok(());
    };
    let mut sampled = false;
    let mut seen = 0;
    storage.read(study, &mut |trials| {
        sampled = trials.is_sampled(number);
        seen = trials.ordinal();
    })?;
    if !sampled {
        let params = [(ParamId(0), Value::Float(number as f64 / 1e6))];
        let params = &params;
        storage.record(study, number, &Event::Sampled { params, seen, explanation: "" })?;
    }
    let outcome = Outcome::Complete(&[number as f64]);
    let at = Timestamp::now();
    storage.record(study, number, &Event::Finished { outcome, at })?;
    let mut out = std::io::stdout().lock();
    // Nobody listening any more is no reason to stop.
    let _ = writeln!(out, "{number}").and_then(|()| out.flush());
    Ok(())
}
