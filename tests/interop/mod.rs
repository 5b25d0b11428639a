//! Storages between this library and Optuna, both ways, and those that were written long ago.
//!
//! The real Optuna runs here where `scripts/optuna.sh` has installed it. Where it has not, the
//! tests say what they leave out, and pass; with `HPO_REQUIRE_OPTUNA=1` they install it, and fail
//! if they cannot.

mod artifacts;
mod dashboard;
mod fossils;
mod seen;
mod written;

use hpo_core::prelude::*;
use hpo_core::space::Params;
use hpo_core::space::Space;
use hpo_core::storage::{self, Next};
use hpo_core::trial::{AttributeScope, Direction, Event, Outcome, Timestamp, TrialRecord, Trials};
use hpo_tests::{Folder, OPTUNA, Postgres};
use seen::{assert_same, run, seen_by_optuna, seen_by_us};
use serde_json::{Value as Json, json};
use written::{end, finish, next, params, point, write};

/// A new storage of each kind that both libraries know; PostgreSQL where there is a server.
fn places(folder: &Folder) -> Vec<Place> {
    let path = |name: &str| folder.path(name).display().to_string();
    let files = [
        format!("journal:{}", path("a.journal")),
        format!("journal:{}?lock=link", path("link.journal")),
        format!("journal:{}?lock=open", path("open.journal")),
        format!("sqlite:///{}", path("a.db")),
    ];
    let mut places: Vec<Place> =
        files.into_iter().map(|url| Place { url, database: None }).collect();
    if let Some(database) = Postgres::new("Optuna and this library over PostgreSQL") {
        if let Some(python) = OPTUNA.python("a driver for PostgreSQL") {
            has_driver(&python);
        }
        places.push(Place { url: database.url(), database: Some(database) });
    }
    places
}

/// A storage for one test.
struct Place {
    url: String,
    /// Is dropped with the place.
    #[expect(dead_code, reason = "it lives as long as the test")]
    database: Option<Postgres>,
}

/// Optuna needs one, which is installed beside it.
fn has_driver(python: &std::path::Path) {
    let run = |arguments: &[&str]| {
        std::process::Command::new(python).args(arguments).status().unwrap().success()
    };
    let code = "import importlib.util, sys; sys.exit(importlib.util.find_spec('psycopg2') is None)";
    let is_there =
        run(&["-c", code]) || run(&["-m", "pip", "install", "--quiet", "psycopg2-binary"]);
    assert!(is_there, "psycopg2 cannot be installed");
}

#[test]
fn we_read_what_optuna_writes() {
    let Some(python) = OPTUNA.python("reading a storage that Optuna has just written") else {
        return;
    };
    let folder = Folder::new("from-optuna");
    for Place { url, .. } in &places(&folder) {
        run(&python, "write.py", &[url]);
        let storage = storage::open(url).unwrap();
        assert_same(&seen_by_us(&*storage), &seen_by_optuna(&python, url, &[]));
        // A trial that Optuna queued is taken by us, and its parameters come from us.
        let study = storage.studies().unwrap()[0].id;
        assert_eq!(storage.next_trial(study, None).unwrap(), Next::Queued(8));
        let mut sampled = true;
        let look = |trials: &Trials| {
            sampled = trials.is_sampled(8);
            assert_eq!(
                trials.attributes(8).unwrap().system["fixed_params"],
                json!({"x": 0.75, "even": 4})
            );
        };
        storage.read(study, &mut { look }).unwrap();
        assert!(!sampled);
        assert!(storage.recover(study).unwrap().is_empty(), "Optuna's workers are left alone");
        assert_same(&seen_by_us(&*storage), &seen_by_optuna(&python, url, &[]));
    }
}

#[test]
fn optuna_reads_what_we_write_goes_on_and_we_read_on() {
    let Some(python) = OPTUNA.python("a study of ours in Optuna's hands") else {
        return;
    };
    let folder = Folder::new("to-optuna");
    for Place { url, .. } in &places(&folder) {
        let storage = storage::open(url).unwrap();
        let study = write(&*storage);
        assert_same(&seen_by_us(&*storage), &seen_by_optuna(&python, url, &[]));
        let before = seen_by_us(&*storage)[0]["trials"].as_array().unwrap().len();
        let theirs = seen_by_optuna(&python, url, &["--continue", "5"]);
        assert_same(&seen_by_us(&*storage), &theirs);
        let trials = theirs[0]["trials"].as_array().unwrap();
        let by_optuna = trials.iter().filter(|trial| trial["user"]["by"] == "optuna").count();
        assert_eq!(by_optuna, 5);
        assert_eq!(trials.len(), before + 3, "two were waiting");
        finish(&*storage, study);
        assert_same(&seen_by_us(&*storage), &seen_by_optuna(&python, url, &[]));
    }
}

/// To Optuna a paused trial waits in the queue, with its reports; the rungs are those of its own
/// successive halving.
#[test]
fn optuna_reads_pauses_and_goes_on_with_paused_trials() {
    let Some(python) = OPTUNA.python("paused trials in Optuna's hands") else {
        return;
    };
    let folder = Folder::new("paused");
    for Place { url, .. } in &places(&folder) {
        let storage = storage::open(url).unwrap();
        let study = storage.create_study("paused", &[Direction::Minimize]).unwrap();
        storage.declare(study, &params()).unwrap();
        for index in 0..3 {
            let number = next(&*storage, study);
            let params = point(index);
            storage
                .record(
                    study,
                    number,
                    &Event::Sampled { params: &params, seen: number, explanation: "" },
                )
                .unwrap();
            storage
                .record(study, number, &Event::Reported { step: 1, value: f64::from(index) })
                .unwrap();
            let (key, value) = (hpo_core::trial::rung_attribute(0), json!(f64::from(index)));
            storage
                .record(
                    study,
                    number,
                    &Event::Attribute { scope: AttributeScope::System, key: &key, value: &value },
                )
                .unwrap();
            storage.record(study, number, &Event::Paused).unwrap();
        }
        storage.record(study, 0, &Event::Started { at: Timestamp::now() }).unwrap();
        let theirs = seen_by_optuna(&python, url, &[]);
        assert_same(&seen_by_us(&*storage), &theirs);
        assert_eq!(theirs[0]["trials"][1]["system"]["completed_rung_0"], 1.0);
        // Its worker takes the two that are paused; to us they were promoted.
        let theirs = seen_by_optuna(&python, url, &["--continue", "2"]);
        assert_same(&seen_by_us(&*storage), &theirs);
        let states = [0, 1, 2].map(|number: usize| theirs[0]["trials"][number]["state"].clone());
        assert_eq!(states, ["RUNNING", "COMPLETE", "COMPLETE"]);
        storage
            .read(study, &mut |trials| {
                assert_eq!([0, 1, 2].map(|number| trials.promotions(number)), [1, 1, 1]);
            })
            .unwrap();
    }
}

/// Reported constraints are Optuna's, and so is the decision on which trial is the best.
#[test]
fn optuna_minds_the_constraints_that_we_report_and_the_reverse() {
    let Some(python) = OPTUNA.python("constraints in Optuna's hands and in ours") else {
        return;
    };
    let folder = Folder::new("constrained");
    for Place { url, .. } in &places(&folder) {
        let by = [0.25, 1e-9, -1.0, 0.0, 1e300];
        let objective = |_: Params, trial: &mut Trial<'_>| {
            let number = trial.number() as usize;
            trial.constraint("memory \u{fc}", by[number])?;
            trial.constraint("seconds", -1.0)?;
            Ok::<_, TrialError>(f64::from(number as u32))
        };
        let space =
            Space::from_json(r#"{"all": {"x": {"float": {"low": 0, "high": 1}}}}"#).unwrap();
        let study =
            Study::<Params>::minimize().space(space).storage(url.as_str()).seed(1).open().unwrap();
        study.optimize(5, objective).unwrap();
        let storage = storage::open(url).unwrap();
        let theirs = seen_by_optuna(&python, url, &[]);
        assert_same(&seen_by_us(&*storage), &theirs);
        assert_eq!(theirs[0]["best"], json!([2]));
        assert_eq!(
            theirs[0]["trials"][0]["constraints"],
            json!({"memory \u{fc}": 0.25, "seconds": -1.0})
        );
        // One by Optuna: the best by its value, and against a constraint.
        run(&python, "constrain.py", &[url]);
        let theirs = seen_by_optuna(&python, url, &[]);
        assert_same(&seen_by_us(&*storage), &theirs);
        assert_eq!(theirs[0]["best"], json!([2]));
        let violations: Vec<f64> =
            study.trials().unwrap()[5..].iter().map(TrialRecord::violation).collect();
        assert_eq!(violations, [0.5, f64::INFINITY, 2.0]);
        assert_eq!(study.best_trial().unwrap().number, 2);
    }
}

/// Who chose a trial's parameters is a note of ours among its system attributes.
#[test]
fn optuna_shows_explanations_and_we_read_them_on() {
    let Some(python) = OPTUNA.python("explanations in Optuna's hands") else {
        return;
    };
    let folder = Folder::new("explained");
    for Place { url, .. } in &places(&folder) {
        let storage = storage::open(url).unwrap();
        let study = storage.create_study("explained", &[Direction::Minimize]).unwrap();
        storage.declare(study, &params()).unwrap();
        let said = ["random", "gp: \"57\" results,\t\u{3b2} = 2"];
        for explanation in said {
            let number = next(&*storage, study);
            let sampled = Event::Sampled { params: &point(0), seen: number, explanation };
            storage.record(study, number, &sampled).unwrap();
            end(&*storage, study, number, Outcome::Complete(&[0.5]));
        }
        let told: Json =
            serde_json::from_str(&run(&python, "read.py", &[url, "--continue", "1"])).unwrap();
        for (trial, explanation) in told[0]["trials"].as_array().unwrap().iter().zip(said) {
            assert_eq!(trial["system"]["hpo:explanation"], explanation);
        }
        assert_same(&seen_by_us(&*storage), &seen_by_optuna(&python, url, &[]));
        let look = |trials: &Trials| {
            let explained: Vec<&str> = (0..3).map(|number| trials.explain(number)).collect();
            assert_eq!(explained, [said[0], said[1], "nothing is known of how it was chosen"]);
        };
        storage.read(study, &mut { look }).unwrap();
    }
}

#[test]
fn optuna_and_we_write_one_storage_at_once() {
    let Some(python) =
        OPTUNA.python("Optuna and this library writing one storage at the same time")
    else {
        return;
    };
    let folder = Folder::new("both");
    for Place { url, .. } in &places(&folder) {
        let storage = storage::open(url).unwrap();
        let study = write(&*storage);
        let theirs = std::thread::scope(|scope| {
            let optuna = scope.spawn(|| seen_by_optuna(&python, url, &["--continue", "30"]));
            let mut count = 0;
            while !optuna.is_finished() || count < 100 {
                finish(&*storage, study);
                count += 1;
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            optuna.join().unwrap()
        });
        let trials = theirs[0]["trials"].as_array().unwrap();
        assert!(trials.len() > 30);
        assert_same(&seen_by_us(&*storage), &seen_by_optuna(&python, url, &[]));
    }
}
