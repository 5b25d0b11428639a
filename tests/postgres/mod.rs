//! Studies in PostgreSQL, shared by processes that may die, over a network that may fail.

mod failures;
mod leases;
mod many;
mod opening;
mod optuna;

use std::sync::Arc;

use hpo_core::storage::{self, Next, Storage, StudyId};
use hpo_core::testing::storage::{CHECKS, StorageUnderTest};
use hpo_core::trial::{Direction, Event, Outcome, State, Timestamp, Trials};
use hpo_tests::Postgres;

#[test]
fn postgresql_keeps_the_contract() {
    let Some(database) = Postgres::new("the contract of storages on PostgreSQL") else { return };
    let open = || storage::open(&database.url()).unwrap();
    let fresh = || {
        database.empty();
        open()
    };
    for (name, check) in CHECKS {
        let subject = StorageUnderTest { fresh: &fresh, reopen: Some(&open) };
        crate::storage::within(name, || check(subject));
    }
}

fn open(database: &Postgres) -> Arc<dyn Storage> {
    storage::open(&database.url()).unwrap()
}

/// The same with a lease that a test can wait for.
fn open_leased(database: &Postgres) -> Arc<dyn Storage> {
    storage::open(&leased(database)).unwrap()
}

fn leased(database: &Postgres) -> String {
    format!("{}?hpo_lease=1s", database.url())
}

fn study(storage: &dyn Storage) -> StudyId {
    storage.create_study("shared", &[Direction::Minimize]).unwrap()
}

fn take(storage: &dyn Storage, study: StudyId) -> u64 {
    match storage.next_trial(study, None).unwrap() {
        Next::New(number) | Next::Queued(number) => number,
        Next::Enough => panic!("there is no limit"),
    }
}

fn tell(storage: &dyn Storage, study: StudyId, number: u64) {
    let outcome = Outcome::Complete(&[number as f64]);
    storage.record(study, number, &Event::Finished { outcome, at: Timestamp::now() }).unwrap();
}

fn look<T>(storage: &dyn Storage, study: StudyId, seen: impl Fn(&Trials) -> T) -> T {
    let mut found = None;
    storage.read(study, &mut |trials| found = Some(seen(trials))).unwrap();
    found.unwrap()
}

fn states(storage: &dyn Storage, study: StudyId) -> Vec<State> {
    look(storage, study, |trials| {
        (0..trials.len()).map(|number| trials.state(number).unwrap()).collect()
    })
}
