//! The server as a storage: the contract of every storage, over a real connection.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use hpo_core::prelude::*;
use hpo_core::space::{Params, Space};
use hpo_core::storage::{self, Storage, StorageError};
use hpo_core::testing::storage::{CHECKS, StorageUnderTest, transcript};

use super::{Server, journal, sqlite};

const SPACE: &str = r#"{"all": {
    "lr": {"float": {"low": 1e-5, "high": 1.0, "log": true}}, "layers": {"int": {"low": 1, "high": 8}}
}}"#;

/// Checks every clause against servers in front of a new storage each.
fn check(location: fn(&std::path::Path) -> String) {
    let state: Mutex<Option<(tempfile::TempDir, Server)>> = Mutex::new(None);
    let fresh = || -> Arc<dyn Storage> {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::new(&location(folder.path()));
        let storage = storage::open(&server.url).unwrap();
        *state.lock().unwrap() = Some((folder, server));
        storage
    };
    let reopen = || -> Arc<dyn Storage> {
        let state = state.lock().unwrap();
        storage::open(&state.as_ref().unwrap().1.url).unwrap()
    };
    for (name, clause) in CHECKS {
        eprintln!("{name}");
        clause(StorageUnderTest { fresh: &fresh, reopen: Some(&reopen) });
    }
}

#[test]
fn a_server_of_a_journal_keeps_the_contract() {
    check(journal);
}

#[test]
fn a_server_of_a_database_keeps_the_contract() {
    check(sqlite);
}

fn study(storage: &str, n: u64) -> Study<Params> {
    let space = Space::from_json(SPACE).unwrap();
    let study = Study::<Params>::minimize().space(space).storage(storage).seed(7).ctrl_c(false);
    let study = study.open().unwrap();
    study
        .optimize(n, |params: Params, trial: &mut Trial<'_>| {
            let json = params.to_json();
            let (lr, layers) = (json["lr"].as_f64().unwrap(), json["layers"].as_f64().unwrap());
            trial.report(1, lr)?;
            Ok::<f64, TrialError>((lr.ln() + 4.0).powi(2) + layers)
        })
        .unwrap();
    study
}

#[test]
fn proposals_and_replays_are_those_of_the_storage_behind() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    let (here, there) = (study("memory", 40), study(&server.url, 40));
    let configs = |study: &Study<Params>| -> Vec<String> {
        let trials = study.oracle().trials().unwrap();
        trials.iter().map(|trial| trial.params.as_ref().unwrap().to_json().to_string()).collect()
    };
    assert_eq!(configs(&here), configs(&there), "bit for bit");
    let replay = there.replay().unwrap();
    assert_eq!((replay.different, replay.unknown.len(), replay.trials()), (0, 0, 40));
    // Whoever reads the database itself sees the same trials.
    let direct = storage::open(&sqlite(folder.path())).unwrap();
    let texts = [storage::open(&server.url).unwrap(), direct].map(|storage| {
        let study = storage.studies().unwrap()[0].id;
        let mut text = String::new();
        storage.read(study, &mut |trials| text = transcript(trials)).unwrap();
        text
    });
    assert_eq!(texts[0], texts[1]);
}

#[test]
fn changes_behind_the_server_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    study(&server.url, 3);
    study(&sqlite(folder.path()), 6);
    let all = study(&server.url, 9);
    assert_eq!(all.oracle().trials().unwrap().len(), 9);
}

#[test]
fn a_wrong_address_is_told() {
    let error = |url: &str| storage::open(url).unwrap_err().to_string();
    assert!(error("http://ann:secret@host:7000").contains("HPO_TOKEN"));
    assert!(!error("http://ann:secret@host:7000").contains("secret"));
    assert!(error("http://host:7000/?token=secret").contains("HPO_TOKEN"));
    assert!(error("http://").contains("http://HOST:PORT") || error("http://").contains("write"));
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    let error = storage::open(&format!("{}/elsewhere", server.url)).unwrap_err();
    assert!(matches!(error, StorageError::Database { is_transient: false, .. }), "{error}");
}

/// Files of earlier versions and of Optuna, with changes that this library does not make.
const FORMAT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/format");

#[test]
fn files_of_optuna_and_of_earlier_versions_are_served_as_they_are() {
    for name in ["hpo-0.1.0.db", "hpo-0.1.0.journal", "optuna-5.0.0.db", "optuna-5.0.0.journal"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::copy(format!("{FORMAT}/{name}"), &path).unwrap();
        let path = path.to_str().unwrap();
        let server = Server::new(path);
        let texts = [&*server.url, path].map(|url| {
            let storage = storage::open(url).unwrap();
            let mut text = String::new();
            for record in storage.studies().unwrap() {
                let _ = writeln!(text, "{record:?}");
                storage.read(record.id, &mut |trials| text += &transcript(trials)).unwrap();
            }
            text
        });
        assert!(texts[0].len() > 1_000, "{name}: {}", texts[0]);
        assert_eq!(texts[0], texts[1], "{name}");
    }
}
