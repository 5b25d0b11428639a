//! Servers and clients that are killed at any moment: what was acknowledged is kept, once.

use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hpo_core::prelude::*;
use hpo_core::sampler::Random;
use hpo_core::space::{Params, Space};
use hpo_core::storage;
use hpo_core::study::AskOutcome;
use hpo_core::trial::{Outcome, State, TrialRecord};

use super::{Server, sqlite};

const SPACE: &str = r#"{"all": {"x": {"float": {"low": 0.0, "high": 1.0}}}}"#;

/// The number of kills: few in every run, many by `scripts/server_kills.sh`.
fn kills() -> u64 {
    std::env::var("HPO_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(4)
}

fn open(url: &str) -> Study<Params> {
    let space = Space::from_json(SPACE).unwrap();
    let study = Study::<Params>::minimize().space(space).sampler(Random).storage(url).seed(7);
    study.ctrl_c(false).open().unwrap()
}

#[test]
fn a_killed_server_loses_and_repeats_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::new(&sqlite(folder.path()));
    let url = server.url.clone();
    open(&url);
    let (done, told) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let study = open(&url);
                while !done.load(Ordering::Relaxed) {
                    let AskOutcome::Trial(job) = study.oracle().ask(None).unwrap() else {
                        panic!("a space of reals is never exhausted")
                    };
                    let value = job.params.to_json()["x"].as_f64().unwrap();
                    study.oracle().tell(job.number, Outcome::Complete(&[value])).unwrap();
                    told.lock().unwrap().push((job.number, value));
                }
            });
        }
        for kill in 0..kills() {
            thread::sleep(Duration::from_millis(100 + kill * 37 % 200));
            let address = std::mem::replace(&mut server, idle()).kill();
            server = Server::at(&sqlite(folder.path()), &address, &[]);
        }
        thread::sleep(Duration::from_millis(200));
        done.store(true, Ordering::Relaxed);
    });
    let told = told.into_inner().unwrap();
    let study = open(&url);
    let trials = study.oracle().trials().unwrap();
    for (number, value) in &told {
        let trial = &trials[*number as usize];
        assert_eq!((trial.state, trial.value()), (State::Complete, Some(*value)), "{number}");
    }
    assert_eq!(trials.len(), told.len(), "no trial was given out twice or forgotten");
    let mut numbers: Vec<u64> = told.iter().map(|(number, _)| *number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), told.len(), "nobody told a trial of another");
    let replay = study.replay().unwrap();
    assert_eq!((replay.different, replay.equal), (0, told.len() as u64));
    eprintln!("{} kills, {} trials", kills(), told.len());
}

#[test]
fn trials_of_killed_clients_are_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::with(&sqlite(folder.path()), &["--lease", "2"]);
    let study = open(&server.url);
    let (workers, goal) = (3, 40 + kills() * 5);
    let mut clients: Vec<Child> = (0..workers).map(|_| client(&server.url, goal)).collect();
    for kill in 0..kills() {
        thread::sleep(Duration::from_millis(150 + kill * 53 % 250));
        let which = (kill % workers) as usize;
        clients[which].kill().unwrap();
        clients[which].wait().unwrap();
        clients[which] = client(&server.url, goal);
    }
    for client in &mut clients {
        assert!(client.wait().unwrap().success());
    }
    // The trials of the last dead clients are taken back after their leases.
    let begin = Instant::now();
    let is_running = |trial: &TrialRecord| trial.state == State::Running;
    while study.oracle().trials().unwrap().iter().any(is_running) {
        assert!(begin.elapsed() < Duration::from_secs(60), "a trial stays with a dead client");
        thread::sleep(Duration::from_millis(200));
        assert!(client(&server.url, goal).wait().unwrap().success());
    }
    let trials = study.oracle().trials().unwrap();
    assert_eq!(trials.len() as u64, goal);
    for trial in &trials {
        let x = trial.params.as_ref().and_then(|params| params.to_json()["x"].as_f64());
        let is_given_up = trial.state == State::Failed;
        assert!(is_given_up || (x.is_some() && trial.value() == x), "{trial:?}");
    }
    let complete = trials.iter().filter(|trial| trial.state == State::Complete).count() as u64;
    eprintln!("{} kills, {complete} of {goal} trials complete", kills());
    assert!(complete + kills() / 3 >= goal, "only {complete} are complete");
}

/// Starts this test program as a client that works until the study has `goal` trials.
fn client(url: &str, goal: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "restart::works_as_a_client"])
        .env("HPO_TEST_URL", url)
        .env("HPO_TEST_GOAL", goal.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
#[ignore = "the body of a client process"]
fn works_as_a_client() {
    let Ok(url) = std::env::var("HPO_TEST_URL") else { return };
    let goal = std::env::var("HPO_TEST_GOAL").unwrap().parse().unwrap();
    let objective = |params: Params, _: &mut Trial<'_>| {
        thread::sleep(Duration::from_millis(20));
        params.to_json()["x"].as_f64().unwrap()
    };
    open(&url).optimize(goal, objective).unwrap();
}

/// A stand-in while the server is being replaced.
fn idle() -> Server {
    let process = Command::new("true").spawn().unwrap();
    Server { process, url: String::new() }
}

#[test]
fn a_client_waits_for_a_server_that_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    let storage = storage::open(&server.url).unwrap();
    let address = server.kill();
    thread::scope(|scope| {
        let asked = scope.spawn(|| storage.studies());
        thread::sleep(Duration::from_millis(300));
        assert!(!asked.is_finished(), "it tries again");
        let _server = Server::at(&sqlite(folder.path()), &address, &[]);
        assert!(asked.join().unwrap().unwrap().is_empty());
    });
}
