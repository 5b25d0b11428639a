//! Connections that break, and servers that stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hpo_core::storage::Storage;
use hpo_core::trial::{Event, Outcome, State, Timestamp};
use hpo_tests::{Postgres, Server};

use super::{look, open, states, study, take, tell};

/// Four workers tell trials while something is done to them; the numbers they were told are kept.
fn tells_while(
    storage: &dyn Storage,
    study: hpo_core::storage::StudyId,
    done: impl FnOnce(),
) -> Vec<u64> {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let work = || {
            let mut told = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                let number = take(storage, study);
                tell(storage, study, number);
                told.push(number);
            }
            told
        };
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        done();
        is_over.store(true, Ordering::Relaxed);
        let mut told: Vec<u64> =
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
        told.sort_unstable();
        told
    })
}

#[test]
fn a_cut_connection_loses_nothing_and_does_nothing_twice() {
    let Some(database) = Postgres::new("connections that are cut") else { return };
    let storage = open(&database);
    let study = study(&*storage);
    let told = tells_while(&*storage, study, || {
        let cut = |_| {
            std::thread::sleep(Duration::from_millis(150));
            database.cut()
        };
        assert!((0..15).map(cut).sum::<usize>() > 15);
    });
    assert_eq!(told, (0..told.len() as u64).collect::<Vec<_>>(), "no trial was made in vain");
    assert_eq!(states(&*storage, study), vec![State::Complete; told.len()]);
    assert_eq!(states(&*open(&database), study), vec![State::Complete; told.len()]);
}

#[test]
fn a_restart_of_the_server_in_mid_study_is_waited_for() {
    let Some(server) = Server::start("a restart of the server") else { return };
    let database = Postgres::on(&server.url);
    let storage = open(&database);
    let study = study(&*storage);
    let told = tells_while(&*storage, study, || {
        std::thread::sleep(Duration::from_millis(300));
        server.run("restart");
        std::thread::sleep(Duration::from_secs(1));
    });
    assert_eq!(told, (0..told.len() as u64).collect::<Vec<_>>());
    assert_eq!(states(&*open(&database), study), vec![State::Complete; told.len()]);
}

#[test]
fn what_is_acknowledged_while_the_server_crashes_is_kept() {
    let Some(server) = Server::start("a crash of the server in the midst of changes") else {
        return;
    };
    let database = Postgres::on(&server.url);
    let storage = open(&database);
    let study = study(&*storage);
    let is_over = AtomicBool::new(false);
    let work = || {
        let mut told = Vec::new();
        while !is_over.load(Ordering::Relaxed) {
            let outcome = |number: u64| [number as f64];
            // A trial that was just made may be lost, and is then nobody's.
            let number = take(&*storage, study);
            let ended = Event::Finished {
                outcome: Outcome::Complete(&outcome(number)),
                at: Timestamp::now(),
            };
            if storage.record(study, number, &ended).is_ok() {
                told.push(number);
            }
        }
        told
    };
    let mut told: Vec<u64> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(400));
            server.run("crash");
        }
        std::thread::sleep(Duration::from_secs(1));
        is_over.store(true, Ordering::Relaxed);
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    told.sort_unstable();
    assert!(told.windows(2).all(|pair| pair[0] < pair[1]), "no trial was ended twice");
    for storage in [storage, open(&database)] {
        look(&*storage, study, |trials| {
            for number in &told {
                assert_eq!(trials.values(*number), [*number as f64]);
            }
            assert!(
                told.len() as u64 > trials.len() / 2,
                "changes work again: {} of {}",
                told.len(),
                trials.len()
            );
        });
    }
}

#[test]
fn what_was_acknowledged_before_a_crash_of_the_server_is_there_after_it() {
    let Some(server) = Server::start("a crash of the server") else { return };
    let database = Postgres::on(&server.url);
    let storage = open(&database);
    let study = study(&*storage);
    for round in 0..5 {
        let mut told = Vec::new();
        for _ in 0..20 {
            let number = take(&*storage, study);
            tell(&*storage, study, number);
            told.push(number);
        }
        // Not acknowledged for good: it may be lost.
        let last = take(&*storage, study);
        server.run("crash");
        look(&*storage, study, |trials| {
            for number in &told {
                assert_eq!(trials.values(*number), [*number as f64], "round {round}");
            }
            assert!(trials.len() >= last, "round {round}");
        });
        let again = open(&database);
        assert_eq!(states(&*again, study), states(&*storage, study));
        drop(again);
        // Whatever was lost, changes work again.
        let number = take(&*storage, study);
        tell(&*storage, study, number);
    }
}
