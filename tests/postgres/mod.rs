//! Studies in PostgreSQL, shared by processes that may die, over a network that may fail.

mod opening;

use std::cell::RefCell;
use std::sync::Arc;

use hpo_core::storage::{self, Storage};
use hpo_core::testing::storage::{CHECKS, Subject};
use hpo_tests::Postgres;

#[test]
fn postgresql_keeps_the_contract() {
    if Postgres::new("the contract of storages on PostgreSQL").is_none() {
        return;
    }
    let databases = RefCell::new(Vec::new());
    let open = |database: &Postgres| storage::open(&database.url()).unwrap();
    let fresh = || {
        databases.borrow_mut().push(Postgres::new("").unwrap());
        open(databases.borrow().last().unwrap())
    };
    let reopen = || -> Arc<dyn Storage> { open(databases.borrow().last().unwrap()) };
    for (name, check) in CHECKS {
        let subject = Subject { fresh: &fresh, reopen: Some(&reopen) };
        crate::storage::within(name, || check(subject));
    }
}
